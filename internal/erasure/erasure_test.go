package erasure

import (
	"bytes"
	"crypto/rand"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"vow.example/vow/apps"
	"vow.example/vow/internal/blob"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/book"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
)

// world is an Eraser on real parts under a clock that stands still.
type world struct {
	*Eraser
	t     *testing.T
	clock *clock.Adjustable
	dir   string
	root  [32]byte
	blobs *blob.File
	stop  func(point string) // called at every point
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, clock: clock.NewFake(time.Date(2026, 11, 21, 14, 10, 0, 0, time.UTC)), dir: t.TempDir()}
	_, _ = rand.Read(w.root[:])
	w.open()
	t.Cleanup(w.close)
	return w
}

// open opens the parts on the folder.
func (w *world) open() {
	w.t.Helper()
	ring, err := keyring.Open(filepath.Join(w.dir, "keyring.bin"), keyring.RootFromBytes(w.root))
	must(w.t, err)
	db, err := store.Open(w.t.Context(), filepath.Join(w.dir, "vow.db"), [64]byte{1, 2, 3})
	must(w.t, err)
	w.blobs, err = blob.NewFile(filepath.Join(w.dir, "objects"))
	must(w.t, err)
	policies, err := policy.LoadFS(apps.FS)
	must(w.t, err)
	w.Eraser = New(Options{
		DB: db, Vault: vault.New(ring, w.blobs, w.clock, 1<<20), Ring: ring, Clock: w.clock, Log: log.Logger{}, Policies: book.Fixed(policies),
		At: func(point string) {
			if w.stop != nil {
				w.stop(point)
			}
		},
	})
}

func (w *world) close() { must(w.t, errors.Join(w.DB.Close(), w.blobs.Close(), w.Ring.Close())) }

func (w *world) policy(app privacy.AppID) *policy.Policy {
	w.t.Helper()
	p, ok := w.Policies.InForce(app, w.clock.Now())
	if !ok {
		w.t.Fatalf("no policy of %s", app)
	}
	return p
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) write(f func(*store.Tx) error) {
	w.t.Helper()
	must(w.t, w.DB.Write(w.t.Context(), f))
}

// person starts an account that ends with its idle clock.
func (w *world) person(app privacy.AppID) privacy.SubjectID {
	w.t.Helper()
	s := store.Subject{ID: privacy.SubjectID(privacy.NewID(privacy.PrefixSubject)), Locale: "en", CreatedAt: w.clock.Now()}
	d, err := retention.For(w.policy(app), "account", policy.LastActive, w.clock.Now())
	must(w.t, err)
	s.ExpiresAt = d.At()
	w.write(func(tx *store.Tx) error { return tx.InsertSubject(w.t.Context(), app, s) })
	return s.ID
}

// upload stores a photo that nobody has used.
func (w *world) upload(app privacy.AppID, s privacy.SubjectID) store.Object {
	w.t.Helper()
	p, now := w.policy(app), w.clock.Now()
	d, err := retention.Ceiling(p, "source_photo", now)
	must(w.t, err)
	idle, _ := retention.Idle(p, "source_photo", now)
	o := store.Object{WrittenAt: now, Storage: p.StorageOf("source_photo"), Orientation: 1}
	o.Ref, err = w.Vault.Put(w.t.Context(), vault.Spec{
		App: app, Subject: s, Object: privacy.ObjectID(privacy.NewID(privacy.PrefixUpload)), Category: "source_photo",
		MediaType: "image/jpeg", Storage: o.Storage, PolicyHash: p.Hash(),
	}, d, bytes.NewReader([]byte("a picture of somebody")))
	must(w.t, err)
	w.write(func(tx *store.Tx) error { return tx.InsertObject(w.t.Context(), o, d, idle) })
	o, err = w.DB.App(app).Object(w.t.Context(), s, o.Object)
	must(w.t, err)
	return o
}

// failed is a task that used an object, sent it or not, and failed.
func (w *world) failed(o store.Object, outcome string) store.Task {
	w.t.Helper()
	now := w.clock.Now()
	k := store.Task{
		ID: privacy.TaskID(privacy.NewID(privacy.PrefixTask)), App: o.App, Subject: o.Subject, Feature: "avatar", State: store.Failed,
		CreatedAt: now, OverdueAt: now, ExpiresAt: now.AddDate(0, 1, 0), EndedAt: now,
	}
	e := disclosure.Entry{ID: privacy.TransferID(privacy.NewID(privacy.PrefixTransfer)), App: o.App, Subject: o.Subject, Task: k.ID, Recipient: "runninghub", At: now}
	w.write(func(tx *store.Tx) error {
		return errors.Join(
			tx.InsertTask(w.t.Context(), k), tx.TakeObject(w.t.Context(), o.App, o.Subject, o.Object, k.ID, "photo", "avatar"),
			tx.InsertTransfer(w.t.Context(), e, now.AddDate(1, 0, 0)), tx.FinishTransfer(w.t.Context(), e.ID, outcome, 0, time.Time{}),
		)
	})
	return k
}

func (w *world) held() (n int) {
	w.t.Helper()
	for _, err := range w.blobs.List(w.t.Context()) {
		must(w.t, err)
		n++
	}
	return n
}

// sweep runs a full pass.
func (w *world) sweep() (total int) {
	w.t.Helper()
	for {
		n, err := w.Sweep(w.t.Context(), w.clock.Now())
		must(w.t, err)
		if total += n; n == 0 {
			return total
		}
	}
}

func TestAnObjectIsErasedOnceAndEveryOtherAskerGetsTheSameReceipt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.upload("pixplus", w.person("pixplus"))
	first, err := w.Object(t.Context(), o, SubjectRequest, nil)
	must(t, err)
	second, err := w.Object(t.Context(), o, AtDeadline, nil)
	if err != nil || second.ID != first.ID || second.Reason != string(SubjectRequest) || w.held() != 0 || w.Vault.Holds(t.Context(), o.Ref) {
		t.Errorf("%+v, then %+v, %v", first, second, err)
	}
	if size, err := w.DB.Log().Size(t.Context()); err != nil || size != 1 {
		t.Errorf("%d leaves, %v", size, err)
	}
}

func TestAnUnusedUploadIsGoneAtItsMomentAndNotLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.upload("pixplus", w.person("pixplus"))
	w.clock.Advance(24*time.Hour - retention.Margin - time.Second)
	if n := w.sweep(); n != 0 || !w.Vault.Holds(t.Context(), o.Ref) {
		t.Fatalf("%d things went too early", n)
	}
	w.clock.Advance(time.Second) // a ceiling is destroyed before its moment, so that it is gone at it
	if n := w.sweep(); n != 1 || w.held() != 0 {
		t.Fatalf("%d things went, %d are held", n, w.held())
	}
	r, err := w.DB.App(o.App).ReceiptOf(t.Context(), o.Subject, o.Object)
	if err != nil || r.Reason != string(NeverUsed) || !r.DueAt.Equal(o.WrittenAt.Add(24*time.Hour)) || r.DeletedAt.After(r.DueAt) {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestAReceiptNamesEveryoneWhoHadTheObject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.person("pixplus")
	for name, c := range map[string]struct {
		tries []string
		want  privacy.RecipientID
	}{
		"nothing was sent":                {[]string{"refused"}, ""},
		"the only try sent it":            {[]string{"sent"}, "runninghub"},
		"an answer was lost":              {[]string{"unknown"}, "runninghub"},
		"the first of two tries sent it":  {[]string{"sent", "refused"}, "runninghub"},
		"the first of many tries sent it": {[]string{"sent", "refused", "refused"}, "runninghub"},
		"no try came to sending":          {[]string{"prepared", "refused"}, ""},
	} {
		o := w.upload("pixplus", s)
		for _, outcome := range c.tries {
			w.failed(o, outcome)
		}
		o, err := w.DB.App(o.App).Object(t.Context(), s, o.Object)
		must(t, err)
		if r, err := w.Object(t.Context(), o, AtDeadline, nil); err != nil || r.Recipient != c.want {
			t.Errorf("%s: %q, %v", name, r.Recipient, err)
		}
	}
}

func TestAnErasureThatIsInterruptedIsFinishedByTheNextSweep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.person("pixplus")
	for _, point := range []string{"erase.marked", "erase.destroyed"} {
		o := w.upload("pixplus", s)
		died := errors.New("the process died")
		w.stop = func(at string) {
			if at == point {
				panic(died)
			}
		}
		func() {
			defer func() {
				if got := recover(); got != died { //nolint:errorlint // the very value
					t.Errorf("%s: %v", point, got)
				}
			}()
			_, err := w.Object(t.Context(), o, SubjectRequest, nil)
			t.Errorf("%s: went on: %v", point, err)
		}()
		w.stop = nil
		if n := w.sweep(); n != 1 || w.held() != 0 {
			t.Errorf("%s: %d things went, %d are held", point, n, w.held())
		}
		if r, err := w.DB.App(o.App).ReceiptOf(t.Context(), s, o.Object); err != nil || r.Reason != string(SubjectRequest) {
			t.Errorf("%s: %+v, %v", point, r, err)
		}
	}
}

func TestASweepWithNothingToDoTakesTheWriterFromNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.upload("pixplus", w.person("pixplus"))
	w.write(func(*store.Tx) error { // a second transaction would wait for this one for ever
		n, err := w.Sweep(t.Context(), w.clock.Now())
		if n != 0 {
			t.Errorf("%d things went", n)
		}
		return err
	})
}
