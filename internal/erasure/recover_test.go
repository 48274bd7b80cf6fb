package erasure

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
)

const keys = "keyring.bin"

// backup copies everything but the keys while nothing runs.
func (w *world) backup() string {
	w.t.Helper()
	copied := filepath.Join(w.t.TempDir(), "backup")
	w.close()
	must(w.t, os.CopyFS(copied, os.DirFS(w.dir)))
	must(w.t, os.Remove(filepath.Join(copied, keys)))
	w.open()
	return copied
}

// restore puts a copy in the place of everything but the keys.
func (w *world) restore(copied string) {
	w.t.Helper()
	w.close()
	list, err := os.ReadDir(w.dir)
	must(w.t, err)
	for _, d := range list {
		if d.Name() != keys {
			must(w.t, os.RemoveAll(filepath.Join(w.dir, d.Name())))
		}
	}
	must(w.t, os.CopyFS(w.dir, os.DirFS(copied)))
	w.open()
}

// reads tries to read an object as its owner would.
func (w *world) reads(o store.Object) error {
	w.t.Helper()
	lease, err := w.Vault.Lend(w.t.Context(), o.Ref, w.clock.Now().Add(time.Hour), vault.Reading{Why: vault.ForSubject})
	if err != nil {
		return err
	}
	r, err := lease.Open()
	if err != nil {
		return err
	}
	return r.Close()
}

func (w *world) receipt(o store.Object) store.Receipt {
	w.t.Helper()
	r, err := w.DB.App(o.App).ReceiptOf(w.t.Context(), o.Subject, o.Object)
	must(w.t, err)
	return r
}

func TestWhatWasErasedAfterABackupIsErasedAgainWhenItIsPutBack(t *testing.T) {
	t.Parallel()
	for _, why := range []Reason{SubjectRequest, Declined, TaskEnded, AtDeadline, NeverUsed} {
		w := newWorld(t)
		s := w.person("pixplus")
		gone, stays := w.upload("pixplus", s), w.upload("pixplus", s)
		copied := w.backup()
		_, err := w.Object(t.Context(), gone, why, nil)
		must(t, err)

		w.restore(copied)
		must(t, w.reads(stays))
		if _, err := w.DB.App("pixplus").Object(t.Context(), s, gone.Object); err != nil {
			t.Fatalf("control: the backup does not bring the row back: %v", err)
		}
		if left, err := w.Vault.Left(t.Context(), gone.Ref); err != nil || !left {
			t.Fatalf("control: the backup does not bring the header back: %v", err)
		}
		if err := w.reads(gone); !errors.Is(err, vault.ErrErased) {
			t.Errorf("%s: it can be read before it is erased again: %v", why, err)
		}
		must(t, w.Recover(t.Context()))
		if r := w.receipt(gone); r.Reason != string(Restored) || r.Method != "key_destroyed" {
			t.Errorf("%s: %+v", why, r)
		}
		if left, err := w.Vault.Left(t.Context(), gone.Ref); err != nil || left || w.held() != 1 {
			t.Errorf("%s: the header is left: %v, %v", why, left, err)
		}
		must(t, w.reads(stays))
		must(t, w.Recover(t.Context())) // the second time finds nothing
		if size, err := w.DB.Log().Size(t.Context()); err != nil || size != 1 {
			t.Errorf("%s: %d leaves, %v", why, size, err)
		}
	}
}

func TestABatchThatTheSweepErasedStaysErased(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.person("pixplus")
	var all []store.Object
	for range 20 {
		all = append(all, w.upload("pixplus", s))
	}
	copied := w.backup()
	w.write(func(tx *store.Tx) error { // the person's wish comes after the backup, whose rows name a later end
		for _, o := range all[1:] {
			if err := tx.EndObject(t.Context(), o.App, o.Object, string(TaskEnded), w.clock.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	if n := w.sweep(); n != len(all)-1 {
		t.Fatalf("%d things went", n)
	}
	w.restore(copied)
	must(t, w.Recover(t.Context()))
	for _, o := range all[1:] {
		if r := w.receipt(o); r.Reason != string(Restored) {
			t.Errorf("%+v", r)
		}
	}
	must(t, w.reads(all[0]))
}

func TestAnAccountThatWasErasedAfterABackupDoesNotComeBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, other, without := w.person("pixplus"), w.person("pixplus"), w.person("pixplus")
	o, kept := w.upload("pixplus", s), w.upload("pixplus", other)
	w.write(func(tx *store.Tx) error {
		return tx.InsertSession(t.Context(), store.Session{ID: "ses_1", App: "pixplus", Subject: s, ExpiresAt: w.clock.Now().Add(time.Hour)}, []byte("digest"), w.clock.Now())
	})
	copied := w.backup()
	for _, who := range []privacy.SubjectID{s, without} {
		_, err := w.Subject(t.Context(), "pixplus", who)
		must(t, err)
	}
	w.restore(copied)
	if _, err := w.DB.SessionByDigest(t.Context(), []byte("digest")); err != nil || w.left(s) == 0 {
		t.Fatalf("control: the backup does not bring the account back: %v", err)
	}
	must(t, w.Recover(t.Context()))
	for _, who := range []privacy.SubjectID{s, without} {
		if n := w.left(who); n != 0 || w.Ring.HasSubject("pixplus", who) {
			t.Errorf("%d rows came back", n)
		}
		if _, err := w.DB.App("pixplus").Subject(t.Context(), who); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the account came back: %v", err)
		}
	}
	if _, err := w.DB.SessionByDigest(t.Context(), []byte("digest")); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the session came back: %v", err)
	}
	if left, err := w.Vault.Left(t.Context(), o.Ref); err != nil || left {
		t.Errorf("the header came back: %v, %v", left, err)
	}
	must(t, w.reads(kept))
}

func TestAnAccountSealedByAnOrderDoesNotComeBackEither(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.person("pixplus")
	held, free := w.upload("pixplus", s), w.upload("pixplus", s)
	w.kept(held, store.HoldOrder, w.clock.Now().Add(time.Hour))
	copied := w.backup()
	_, err := w.Subject(t.Context(), "pixplus", s)
	must(t, err)
	must(t, w.Recover(t.Context())) // an ordinary start leaves the order alone
	must(t, w.reads(held))

	w.restore(copied)
	must(t, w.Recover(t.Context()))
	if list, err := w.DB.App("pixplus").Objects(t.Context(), s); err != nil || len(list) != 1 || w.clock.Now().Before(list[0].Due()) {
		t.Errorf("what the order keeps: %+v, %v", list, err)
	}
	if account, err := w.DB.App("pixplus").Subject(t.Context(), s); err != nil || w.clock.Now().Before(account.ExpiresAt) {
		t.Errorf("the account is open again: %+v, %v", account, err)
	}
	must(t, w.reads(held))
	if err := w.reads(free); !errors.Is(err, vault.ErrErased) {
		t.Errorf("what the order does not keep came back: %v", err)
	}
	w.clock.Advance(time.Hour)
	w.sweep()
	if n := w.left(s); n != 0 || w.Ring.HasSubject("pixplus", s) {
		t.Errorf("%d rows are left after the order", n)
	}
}

func TestAnOrderOfABackupKeepsNothingThatWasErasedSince(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.person("pixplus")
	held := w.upload("pixplus", s)
	w.kept(held, store.HoldOrder, w.clock.Now().Add(4*time.Hour))
	copied := w.backup()
	w.write(func(tx *store.Tx) error { // the order is lifted
		_, err := tx.SQL().ExecContext(t.Context(), `UPDATE objects SET hold = '', hold_until = NULL`)
		return err
	})
	_, err := w.Subject(t.Context(), "pixplus", s)
	must(t, err)
	w.restore(copied)
	must(t, w.Recover(t.Context()))
	if n := w.left(s); n != 0 || w.held() != 0 {
		t.Errorf("%d rows, %d files came back", n, w.held())
	}
}

func TestAnErasureThatWasCutOffKeepsItsOwnReason(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"erase.marked", "erase.destroyed"} {
		w := newWorld(t)
		o := w.upload("pixplus", w.person("pixplus"))
		w.stop = func(at string) {
			if at == point {
				panic("crash")
			}
		}
		func() {
			defer func() { _ = recover() }() // the process ends here
			_, err := w.Object(t.Context(), o, SubjectRequest, nil)
			must(t, err)
		}()
		w.stop = nil
		w.close()
		w.open()
		must(t, w.Recover(t.Context()))
		w.sweep()
		if r := w.receipt(o); r.Reason != string(SubjectRequest) || w.held() != 0 {
			t.Errorf("%s: %+v", point, r)
		}
	}
}

func TestARingThatCannotRememberStopsTheErasureAndNotTheDestruction(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.person("pixplus")
	o := w.upload("pixplus", s)
	must(t, w.Ring.Close()) // nothing can be written any more
	if _, err := w.Object(t.Context(), o, SubjectRequest, nil); err == nil {
		t.Error("the erasure counts as done")
	}
	if left, err := w.Vault.Left(t.Context(), o.Ref); err != nil || left {
		t.Errorf("the header is left: %v", err)
	}
	if _, err := w.DB.App("pixplus").ReceiptOf(t.Context(), s, o.Object); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("there is a receipt: %v", err)
	}
	w.close()
	w.open()
	if n := w.sweep(); n != 1 || w.receipt(o).Reason != string(SubjectRequest) {
		t.Errorf("%d things went", n)
	}
}
