package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"vow.example/vow/internal/blob"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/media"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/book"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task"
)

// intake is everything that takes an upload in, without HTTP: the rooms as the server wires them.
type intake struct {
	policy *policy.Policy
	clock  clock.Real
	vault  *vault.Vault
	db     *store.DB
	tasks  *task.Service
	eraser *erasure.Eraser
	who    task.Who
}

func newIntake(t testing.TB, dir string) *intake {
	t.Helper()
	in := &intake{policy: policytest.PixPlus(t)}
	ring, err := keyring.Open(filepath.Join(dir, "keyring.bin"), keyring.RootFromBytes([32]byte([]byte("0123456789abcdefghijklmnopqrstuv"))))
	if err != nil {
		t.Fatal(err)
	}
	blobs, err := blob.NewFile(filepath.Join(dir, "objects"))
	if err != nil {
		t.Fatal(err)
	}
	if in.db, err = store.Open(context.Background(), filepath.Join(dir, "vow.db"), [64]byte{2}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(in.db.Close(), blobs.Close(), ring.Close()); err != nil {
			t.Error(err)
		}
	})
	policies := map[privacy.AppID]*policy.Policy{in.policy.App(): in.policy}
	logger := log.New(io.Discard)
	in.vault = vault.New(ring, blobs, in.clock, 256<<20)
	in.eraser = erasure.New(erasure.Options{DB: in.db, Vault: in.vault, Ring: ring, Clock: in.clock, Log: logger, Policies: book.Fixed(policies), At: func(string) {}})
	in.tasks = task.New(task.Options{DB: in.db, Vault: in.vault, Ring: ring, Eraser: in.eraser, Policies: book.Fixed(policies), Clock: in.clock, Log: logger})
	in.who = task.Who{Policy: in.policy, Subject: privacy.SubjectID(privacy.NewID(privacy.PrefixSubject))}
	now := in.clock.Now()
	err = in.db.Write(context.Background(), func(tx *store.Tx) error {
		return tx.InsertSubject(context.Background(), in.policy.App(), store.Subject{ID: in.who.Subject, Locale: "en", CreatedAt: now, ExpiresAt: now.AddDate(1, 0, 0)})
	})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// upload takes a photo in as the API does after the last byte of HTTP, and clears up.
func (in *intake) upload(t testing.TB, photo []byte) time.Duration {
	var o store.Object
	took := timed(func() {
		var err error
		if o, err = in.tasks.Upload(context.Background(), in.who, task.Incoming{Body: bytes.NewReader(photo), Declared: media.JPEG}); err != nil {
			t.Fatal(err)
		}
	})
	if _, err := in.tasks.Discard(context.Background(), in.who, o.Object); err != nil {
		t.Fatal(err)
	}
	return took
}

// put seals a photo in the vault and does nothing else.
func (in *intake) put(t testing.TB, photo []byte) time.Duration {
	const category = "source_photo"
	ceiling, err := retention.Ceiling(in.policy, category, in.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	spec := vault.Spec{
		App: in.policy.App(), Subject: in.who.Subject, Object: privacy.ObjectID(privacy.NewID(privacy.PrefixUpload)), Category: category,
		MediaType: media.JPEG, Storage: in.policy.StorageOf(category), PolicyHash: in.policy.Hash(),
	}
	var ref vault.Ref
	took := timed(func() {
		if ref, err = in.vault.Put(context.Background(), spec, ceiling, bytes.NewReader(photo)); err != nil {
			t.Fatal(err)
		}
	})
	if err := in.vault.Erase(context.Background(), ref); err != nil {
		t.Fatal(err)
	}
	return took
}

// commit writes one row in a transaction: what any change of the facts costs at least.
func (in *intake) commit(t testing.TB) time.Duration {
	now, id := in.clock.Now(), privacy.SubjectID(privacy.NewID(privacy.PrefixSubject))
	return timed(func() {
		err := in.db.Write(context.Background(), func(tx *store.Tx) error {
			return tx.InsertSubject(context.Background(), in.policy.App(), store.Subject{ID: id, Locale: "en", CreatedAt: now, ExpiresAt: now.AddDate(1, 0, 0)})
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// copyTo is the baseline: the same bytes into a file, the file synced, its name synced.
func copyTo(dir string, r io.Reader) (err error) {
	f, err := os.CreateTemp(dir, "copy-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	_, err = io.Copy(f, r)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// plainServer takes a body over HTTP and copies it: HTTP without us.
func plainServer(t testing.TB, dir string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := copyTo(dir, r.Body); err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusCreated)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func post(t testing.TB, url string, photo []byte) {
	resp, err := http.Post(url, media.JPEG, bytes.NewReader(photo))
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil || resp.StatusCode != http.StatusCreated {
		t.Fatal(resp.Status, err)
	}
}

// ingest measures how long it takes to take photos of these sizes in.
func ingest(t testing.TB, rounds int, sizes ...int) *table {
	out := &table{
		title: "Ingest",
		about: fmt.Sprintf("One photo taken in, in ms: median (middle half) of %d rounds in turn. The baseline writes the same bytes to a file, syncs the file and its folder.", rounds),
		head:  []string{"Photo", "copy + sync", "HTTP + copy + sync", "vault.Put", "Service.Upload", "POST /v1/uploads", "vault.Put ÷ copy", "Upload ÷ copy", "POST ÷ copy", "POST ÷ HTTP copy", "MB/s of POST"},
	}
	dir := folder(t)
	in := newIntake(t, sub(t, dir, "intake"))
	api := newServer(t, sub(t, dir, "server"), newRecipient(t, nil))
	plain := sub(t, dir, "plain")
	copier := plainServer(t, plain)
	person := signIn(t, api, "pk_live_", "pixplus")
	for _, size := range sizes {
		photo := photoOf(t, size)
		got := alternate(rounds,
			way{"copy", func() time.Duration {
				return timed(func() {
					if err := copyTo(plain, bytes.NewReader(photo)); err != nil {
						t.Fatal(err)
					}
				})
			}},
			way{"http copy", func() time.Duration { return timed(func() { post(t, copier, photo) }) }},
			way{"put", func() time.Duration { return in.put(t, photo) }},
			way{"upload", func() time.Duration { return in.upload(t, photo) }},
			way{"post", func() time.Duration {
				var id string
				took := timed(func() {
					up, err := person.Upload(context.Background(), bytes.NewReader(photo), media.JPEG)
					if err != nil {
						t.Fatal(err)
					}
					id = up.ID
				})
				if _, err := person.DeleteUpload(context.Background(), id); err != nil {
					t.Fatal(err)
				}
				return took
			}},
		)
		base, mb := got[0], float64(len(photo))/1e6
		out.row(fmt.Sprintf("%.1f MB", mb), ms(base.took), ms(got[1].took), ms(got[2].took), ms(got[3].took), ms(got[4].took),
			times(got[2].over(base)), times(got[3].over(base)), times(got[4].over(base)), times(got[4].over(got[1])), digits(mb/median(got[4].took)))
	}
	return out
}

// commits measures the floor below every change of the facts.
func commits(t testing.TB, rounds int) *table {
	out := &table{
		title: "Commit",
		about: "One row in one durable transaction of the encrypted database, against a write and sync of one page (4 KiB) of a plain file.",
		head:  []string{"", "ms", "ratio"},
	}
	dir := folder(t)
	in := newIntake(t, dir)
	f, err := os.Create(filepath.Join(dir, "page"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	page := make([]byte, 4096)
	got := alternate(rounds,
		way{"page", func() time.Duration {
			return timed(func() {
				if _, err := f.Write(page); err != nil {
					t.Fatal(err)
				}
				if err := f.Sync(); err != nil {
					t.Fatal(err)
				}
			})
		}},
		way{"commit", func() time.Duration { return in.commit(t) }},
	)
	out.row("page + sync", ms(got[0].took), "1")
	out.row("transaction", ms(got[1].took), times(got[1].over(got[0])))
	return out
}

func sub(t testing.TB, dir, name string) string {
	t.Helper()
	p := filepath.Join(dir, name)
	if err := os.Mkdir(p, 0o700); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestIngestIsMeasured(t *testing.T) {
	t.Parallel()
	if got := ingest(t, 1, 50_000); len(got.rows) != 1 {
		t.Error(got)
	}
	if got := commits(t, 1); len(got.rows) != 2 {
		t.Error(got)
	}
}
