package storage_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/blob/s3"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/guardtest"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/server/storage"
	"vow.example/vow/internal/sim/kit"
)

// house is a vault over the demonstration's stores.
type house struct {
	*vault.Vault
	dir    string
	demo   *storage.Simulated
	stores *storage.Stores
	clock  *clock.Adjustable
}

func start() time.Time { return time.Date(2026, 3, 1, 14, 37, 12, 0, time.UTC) }

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{dir: t.TempDir(), clock: clock.NewFake(start())}
	var err error
	if h.demo, err = storage.Simulate(h.dir, policies(t)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.demo.Close)
	for i := range h.demo.Places {
		h.demo.Places[i].Bucket.Rest = 50 * time.Millisecond
	}
	if h.stores, err = storage.Open(t.Context(), h.dir, h.demo.Places); err != nil {
		t.Fatal(err)
	}
	ring, err := keyring.Open(filepath.Join(h.dir, "keyring.bin"), keyring.RootFromBytes([32]byte([]byte("0123456789abcdefghijklmnopqrstuv"))))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = h.stores.Close(), ring.Close() })
	h.Vault = vault.New(ring, h.stores, h.clock, 1<<20)
	return h
}

const marker = "canary-content-4711 "

func (h *house) put(t *testing.T, app privacy.AppID, s policy.Storage) (vault.Ref, error) {
	t.Helper()
	spec := vault.Spec{
		App: app, Subject: "sub_canarysubject4711canary4711", Object: privacy.ObjectID(privacy.NewID(privacy.PrefixUpload)),
		Category: "source_photo", MediaType: "image/jpeg", Storage: s, PolicyHash: "hash",
	}
	return h.Put(t.Context(), spec, guardtest.Deadline(spec, start(), start().Add(24*time.Hour)), strings.NewReader(strings.Repeat(marker, 20_000)))
}

func (h *house) objects(app privacy.AppID) int { return len(h.demo.Sims[app].Objects()) }

func TestEachAppsObjectsRestInItsOwnBucketAsCiphertext(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var refs []vault.Ref
	for _, app := range []privacy.AppID{"picwiz", "aifitting", "mixoo", "pixplus"} {
		for range 2 {
			ref, err := h.put(t, app, policy.Disk)
			if err != nil {
				t.Fatal(err)
			}
			refs = append(refs, ref)
		}
	}
	for _, app := range []privacy.AppID{"picwiz", "aifitting", "mixoo"} {
		if h.objects(app) != 2 {
			t.Errorf("the bucket of %s holds %d objects", app, h.objects(app))
		}
		e := h.demo.Sims[app].Received()
		raw, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range e.Objects {
			raw = append(raw, o.Body...)
		}
		for _, word := range []string{"canary-content", "canarysubject", "source_photo", "image/jpeg", "upl_"} {
			if bytes.Contains(raw, []byte(word)) {
				t.Errorf("the bucket of %s knows %q", app, word)
			}
		}
		if len(e.Violations) > 0 {
			t.Errorf("the bucket of %s notices %v", app, e.Violations)
		}
	}
	for _, ref := range refs {
		lease, err := h.Lend(t.Context(), ref, start().Add(time.Hour), vault.Reading{Why: vault.ForSubject})
		if err != nil {
			t.Fatal(err)
		}
		r, err := lease.Open()
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(marker))
		if _, err := r.Read(got); err != nil || string(got) != marker {
			t.Errorf("%s reads %q, %v", ref.App, got, err)
		}
		if err := errors.Join(r.Close(), h.Erase(t.Context(), ref)); err != nil {
			t.Fatal(err)
		}
		if h.Holds(t.Context(), ref) {
			t.Error("an erased object is held")
		}
	}
	if n := h.objects("picwiz") + h.objects("aifitting") + h.objects("mixoo"); n != 0 {
		t.Errorf("%d objects are left in the buckets", n)
	}
	left(t, h, 0)
}

// left counts the objects in files and headers, marks and simulated buckets.
func left(t *testing.T, h *house, want int) {
	t.Helper()
	n := 0
	for _, dir := range []string{"objects", "buckets", "simulated"} {
		err := filepath.WalkDir(filepath.Join(h.dir, dir), func(_ string, d os.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				n++
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n != want {
		t.Errorf("%d files are left, want %d", n, want)
	}
}

func TestMemoryOnlyContentReachesNoStore(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if _, err := h.put(t, "aifitting", policy.Memory); err != nil {
		t.Fatal(err)
	}
	left(t, h, 0)
	if calls := len(h.demo.Sims["aifitting"].Received().Calls); calls != 0 {
		t.Errorf("the bucket was called %d times", calls)
	}
}

func TestABucketThatIsDownKeepsNothingOfItsAppAndStopsNoOther(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	kept, err := h.put(t, "picwiz", policy.Disk)
	if err != nil {
		t.Fatal(err)
	}
	h.demo.Sims["picwiz"].Inject(kit.Injection{Fault: kit.Unavailable, Times: 1000})
	if _, err := h.put(t, "picwiz", policy.Disk); !errors.Is(err, s3.ErrUnavailable) {
		t.Errorf("an upload answers %v", err)
	}
	if _, err := h.put(t, "pixplus", policy.Disk); err != nil {
		t.Errorf("another app: %v", err)
	}
	// An erasure that the bucket did not confirm is none, but the key is gone at once.
	if err := h.Erase(t.Context(), kept); !errors.Is(err, s3.ErrUnavailable) {
		t.Errorf("the erasure answers %v", err)
	}
	if h.Holds(t.Context(), kept) || h.objects("picwiz") != 1 {
		t.Errorf("held: %v, %d objects", h.Holds(t.Context(), kept), h.objects("picwiz"))
	}
	if err := h.stores.Sweep(t.Context()); err != nil {
		t.Errorf("a bucket that is down is a failure of the sweep: %v", err)
	}
}

func TestOrphansGoAtTheNextStart(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	stays, err := h.put(t, "mixoo", policy.Disk)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.put(t, "mixoo", policy.Disk); err != nil { // its row is never committed
		t.Fatal(err)
	}
	if n, err := h.SweepOrphans(t.Context(), func(id string) bool { return id == string(stays.Object) }); n != 1 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	if h.objects("mixoo") != 1 {
		t.Errorf("%d objects are in the bucket", h.objects("mixoo"))
	}
}

func TestABucketThatStillHoldsSomethingCannotBeForgotten(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ref, err := h.put(t, "picwiz", policy.Disk)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.stores.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := storage.Open(t.Context(), h.dir, nil); err == nil || !strings.Contains(err.Error(), "objects of picwiz-") || !strings.Contains(err.Error(), "under former") {
		t.Fatalf("it is forgotten: %v", err)
	}
	places := []storage.Place{}
	for _, p := range h.demo.Places {
		if p.App == "picwiz" {
			p.Former = true
			places = append(places, p)
		}
	}
	again, err := storage.Open(t.Context(), h.dir, places)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = again.Close() }()
	w, err := again.Create(t.Context(), "picwiz", privacy.NewID(privacy.PrefixUpload))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Commit([vault.HeaderSize]byte{}), again.Remove(t.Context(), string(ref.Object))); err != nil {
		t.Fatal(err)
	}
	if h.objects("picwiz") != 0 {
		t.Error("the former bucket still holds the object, or got a new one")
	}
}

func TestTheDoctorLooksIntoTheBuckets(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if _, err := h.put(t, "picwiz", policy.Disk); err != nil {
		t.Fatal(err)
	}
	h.demo.Sims["mixoo"].Place("somebody-elses", []byte("x"))
	h.demo.Sims["aifitting"].Inject(kit.Injection{Fault: kit.Unavailable, Times: 1000})
	levels := map[string]string{}
	for _, line := range storage.Try(t.Context(), h.dir, h.demo.Places) {
		levels[line.Name] = line.Level
	}
	if levels["bucket of picwiz"] != "ok" || levels["bucket of mixoo"] != "warn" || levels["bucket of aifitting"] != "fail" {
		t.Errorf("the doctor says %v", levels)
	}
}

func TestADemonstrationIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ref, err := h.put(t, "picwiz", policy.Disk)
	if err != nil {
		t.Fatal(err)
	}
	h.demo.Close()
	if err := h.stores.Close(); err != nil {
		t.Fatal(err)
	}
	demo, err := storage.Simulate(h.dir, policies(t))
	if err != nil {
		t.Fatal(err)
	}
	defer demo.Close()
	stores, err := storage.Open(t.Context(), h.dir, demo.Places)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stores.Close() }()
	f, err := stores.Open(t.Context(), string(ref.Object))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if n, err := f.ReadAt(make([]byte, 1000), vault.HeaderSize); n != 1000 || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
}
