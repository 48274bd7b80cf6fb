package forward_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"vow.example/vow/apps"
	"vow.example/vow/internal/blob"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/forward"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/intake"
	"vow.example/vow/internal/intake/device"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/people"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/book"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/traffic"
	"vow.example/vow/internal/server/recipients"
	"vow.example/vow/internal/server/simulate"
	"vow.example/vow/internal/sim/kit"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task"
	"vow.example/vow/internal/task/ledger"
	"vow.example/vow/internal/task/sealed"
)

// shipped are the policy of Mixoo, and the same one for a second app.
var shipped = sync.OnceValues(func() (book.Fixed, error) {
	src, err := apps.FS.ReadFile("mixoo/policy.yaml")
	if err != nil {
		return nil, err
	}
	first, err := policy.Load("policy.yaml", src)
	if err != nil {
		return nil, err
	}
	second, err := policy.Load("policy.yaml", bytes.Replace(src, []byte("id: mixoo"), []byte("id: other"), 1))
	return book.Fixed{mixoo: first, other: second}, err
})

const (
	mixoo = privacy.AppID("mixoo")
	other = privacy.AppID("other")
)

// world forwards on real parts: a database, a vault, keys, the egress, and simulated recipients.
type world struct {
	*forward.Service
	t        *testing.T
	policies book.Fixed
	clock    *clock.Adjustable
	machine  *clock.Adjustable
	db       *store.DB
	eraser   *erasure.Eraser
	people   *people.Service
	intake   *intake.Service
	devices  *device.Service
	pool     *provider.Pool
	sims     map[privacy.RecipientID]*simulate.Recipient
	at       func(point string)
	lanes    map[privacy.RecipientID]forward.Lane
	paused   privacy.RecipientID // by the operator
}

// Paused implements traffic.Pauses.
func (w *world) Paused(r privacy.RecipientID) (bool, time.Time) { return r == w.paused, noon() }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

func newWorld(t *testing.T) *world {
	t.Helper()
	policies, err := shipped()
	must(t, err)
	w := &world{t: t, policies: policies, clock: clock.NewFake(noon()), machine: clock.NewFake(noon()), sims: map[privacy.RecipientID]*simulate.Recipient{}}
	dir := t.TempDir()
	var root [32]byte
	_, _ = rand.Read(root[:])
	ring, err := keyring.Open(filepath.Join(dir, "keyring.bin"), keyring.RootFromBytes(root))
	must(t, err)
	w.db, err = store.Open(t.Context(), filepath.Join(dir, "vow.db"), [64]byte{1, 2, 3})
	must(t, err)
	blobs, err := blob.NewFile(filepath.Join(dir, "objects"))
	must(t, err)
	v := vault.New(ring, blobs, w.clock, 1<<20)
	w.eraser = erasure.New(erasure.Options{DB: w.db, Vault: v, Ring: ring, Clock: w.clock, Log: log.Logger{}, Policies: policies})
	w.recipients()
	w.people = people.New(people.Options{
		DB: w.db, Vault: v, Ring: ring, Eraser: w.eraser, Clock: w.clock, Policies: policies, Digest: func(s string) []byte { d := sha256.Sum256([]byte(s)); return d[:] },
		Chosen: func(ctx context.Context, who task.Who) error { return w.Chosen(ctx, who) },
	})
	w.intake = intake.New(intake.Options{
		DB: w.db, Vault: v, Ring: ring, Eraser: w.eraser, Policies: policies, Clock: w.clock,
		Taken: func(ctx context.Context, tx *store.Tx, b intake.Batch) error { return w.Taken(ctx, tx, b) },
	})
	w.devices = &device.Service{DB: w.db, Eraser: w.eraser, Clock: w.clock}
	w.start(sealed.New(ring.Subkey("tickets")))
	t.Cleanup(func() { must(t, errors.Join(w.db.Close(), blobs.Close(), ring.Close())) })
	return w
}

// start makes the service, as a process does when it begins.
func (w *world) start(box sealed.Box) {
	point := func(name string) {
		if w.at != nil {
			w.at(name)
		}
	}
	w.Service = forward.New(forward.Options{
		DB: w.db, Eraser: w.eraser, Policies: w.policies, Choices: w.people, Reader: w.intake, Recipients: w.pool,
		Ledger: ledger.New(ledger.Options{DB: w.db, Eraser: w.eraser, Recipients: w.pool, Clock: w.clock, Box: box, At: point}),
		Lane: func(_ privacy.AppID, r privacy.RecipientID) (forward.Lane, bool) {
			lane, ok := w.lanes[r]
			return lane, ok
		},
		MayReceive: w.people.MayReceive, Silenced: w.people.Silenced, Clock: w.clock, Machine: w.machine, At: point,
	})
}

// recipients puts up the simulators of Mixoo's wiring and what reaches them.
func (w *world) recipients() {
	wiring, err := provider.LoadWiring(apps.FS)
	must(w.t, err)
	wiring = map[privacy.AppID]provider.Wiring{mixoo: wiring[mixoo], other: wiring[mixoo]}
	var links []egress.Config
	w.lanes = map[privacy.RecipientID]forward.Lane{}
	for _, id := range []privacy.RecipientID{"google_analytics", "firebase", "adjust", "umeng", "notification_gateway"} {
		driver := wiring[mixoo][id].Driver
		r, err := simulate.Start(driver, "127.0.0.1:0", simulate.Options{Clock: w.clock, Models: simulate.Models(wiring, id)})
		must(w.t, err)
		w.t.Cleanup(r.Close)
		w.sims[id] = r
		links = append(links, r.Link(id))
		lane := forward.Lane{Events: recipients.Kinds()[driver].Events}
		if lane.Events == 1 {
			lane.Only = map[string]bool{"app_open": true}
		}
		w.lanes[id] = lane
	}
	e, err := egress.New(links, log.Logger{})
	must(w.t, err)
	w.t.Cleanup(e.Close)
	w.pool, err = provider.NewPool(e, wiring, recipients.Drivers())
	must(w.t, err)
	w.pool.Govern(traffic.New(w.machine, nil, w))
}

// person opens an account in which the statistics are switched on, the age is said, and the policy
// accepted as far as it asks.
func (w *world) person(app privacy.AppID) task.Who {
	w.t.Helper()
	ctx := w.t.Context()
	who := task.Who{Policy: w.policies[app], Subject: privacy.SubjectID(privacy.NewID(privacy.PrefixSubject))}
	s := store.Subject{ID: who.Subject, Locale: "en", CreatedAt: w.clock.Now(), ExpiresAt: w.clock.Now().AddDate(0, 6, 0)}
	must(w.t, w.db.Write(ctx, func(tx *store.Tx) error { return tx.InsertSubject(ctx, app, s) }))
	if who.Policy.Terms().Minors.MinAge > 0 {
		must(w.t, w.people.SetAge(ctx, who, terms.Over, privacy.Text{}))
	}
	w.switches(who, map[string]bool{"analytics": true, "notifications": true})
	if err := w.people.Standing(ctx, who); err != nil {
		w.t.Fatalf("the person may not use the app: %v", err)
	}
	return who
}

func (w *world) switches(who task.Who, set map[string]bool) {
	w.t.Helper()
	must(w.t, w.people.SetSwitches(w.t.Context(), who, set))
}

// item is an event as an app reports it.
type item struct {
	Name string         `json:"name"`
	At   time.Time      `json:"at"`
	Data map[string]any `json:"data"`
}

func open(count int) item {
	return item{Name: "app_open", At: noon(), Data: map[string]any{
		"app_open_count": count, "landing_page": "home", "app_version": "2.4.0", "system_language": "en-GB", "country_or_region": "GB", "app_model": "Pixel-8", "network_status": "wifi",
	}}
}

// reports hands events over, as an app does.
func (w *world) reports(who task.Who, platform terms.Platform, list ...item) {
	w.t.Helper()
	for i := range list {
		list[i].At = w.clock.Now()
	}
	body, err := json.Marshal(map[string]any{"platform": platform, "app_state": "foreground", "events": list})
	must(w.t, err)
	n, err := w.intake.Take(w.t.Context(), terms.Events, intake.Call{Who: who, Body: body})
	must(w.t, err)
	if n == 0 {
		w.t.Fatal("nothing of the report was kept")
	}
}

func (w *world) sweep() {
	w.t.Helper()
	must(w.t, w.Sweep(w.t.Context()))
}

// got returns what a recipient received.
func (w *world) got(r privacy.RecipientID) []kit.Request {
	w.t.Helper()
	e := w.sims[r].Received()
	if len(e.Violations) > 0 {
		w.t.Errorf("%s should not have seen: %v", r, e.Violations)
	}
	return e.Requests
}

// text is all that a recipient received.
func (w *world) text(r privacy.RecipientID) string {
	raw, err := json.Marshal(w.got(r))
	must(w.t, err)
	return string(raw)
}

// transfers is the ledger of a person, newest first.
func (w *world) transfers(who task.Who) []store.Transfer {
	w.t.Helper()
	list, err := w.db.App(who.App()).Transfers(w.t.Context(), who.Subject, "", 100)
	must(w.t, err)
	return list
}

// outcomes are the recipients of the ledger with what came of each row, sorted.
func (w *world) outcomes(who task.Who) (list []string) {
	w.t.Helper()
	for _, t := range w.transfers(who) {
		list = append(list, string(t.Recipient)+" "+t.Outcome)
	}
	slices.Sort(list)
	return list
}

func (w *world) count(query string, args ...any) (n int) {
	w.t.Helper()
	must(w.t, w.db.Everywhere().QueryRowContext(w.t.Context(), query, args...).Scan(&n))
	return n
}

func (w *world) queued() int { return w.count(`SELECT count(*) FROM outbox`) }

// lapsing is the policy of Mixoo with contracts that lapse on a day.
func lapsing(t *testing.T, day time.Time) *policy.Policy {
	t.Helper()
	return policytest.Load(t, bytes.ReplaceAll(policytest.Source(t, "mixoo"), []byte(`review_by: "2030-06-01"`), []byte(day.Format(`review_by: "2006-01-02"`))))
}

// changed is Mixoo's policy with another text.
func changed(t *testing.T, old, replacement string) *policy.Policy {
	t.Helper()
	return policytest.Load(t, policytest.Mutate(t, policytest.Source(t, "mixoo"), old, replacement))
}
