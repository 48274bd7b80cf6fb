package intake_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/erasure/erasuretest"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/intake"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/book"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	people "vow.example/vow/internal/store/people"
	"vow.example/vow/internal/store/rows"
	"vow.example/vow/internal/task"
)

// collecting reads the policies once for all worlds: they never change.
var collecting = sync.OnceValues(func() (book.Fixed, error) {
	first, err := policy.Load("policy.yaml", policytest.Collection())
	if err != nil {
		return nil, err
	}
	other, err := policy.Load("policy.yaml", bytes.Replace(policytest.Collection(), []byte("id: collector"), []byte("id: neighbour"), 1))
	return book.Fixed{"collector": first, "neighbour": other}, err
})

// world takes in on real parts: a database, a vault and keys on disk, and a clock that stands still.
type world struct {
	*intake.Service
	t        *testing.T
	clock    *clock.Adjustable
	dir      string
	policies book.Fixed
	taken    []intake.Batch
	fail     error    // of whoever is told
	found    []string // by the last scan
}

const (
	app    = privacy.AppID("collector")
	other  = privacy.AppID("neighbour")
	secret = "whsec_of_firebase"
)

func newWorld(t *testing.T) *world {
	t.Helper()
	policies, err := collecting()
	must(t, err)
	return worldOf(t, policies)
}

// worldOf takes in under the given policies.
func worldOf(t *testing.T, policies book.Fixed) *world {
	t.Helper()
	parts := erasuretest.Open(t, clockStart())
	w := &world{t: t, policies: policies, clock: parts.Clock, dir: parts.Dir}
	w.Service = intake.New(intake.Options{
		DB: parts.DB, Vault: parts.Vault, Ring: parts.Ring, Eraser: parts.Eraser(policies), Policies: policies, Clock: w.clock,
		Secret: func(a privacy.AppID, source string) []byte {
			if a == app && source == "firebase" {
				return []byte(secret)
			}
			return nil
		},
		Taken: func(_ context.Context, _ *store.Tx, b intake.Batch) error {
			w.taken = append(w.taken, b)
			return w.fail
		},
	})
	return w
}

func clockStart() time.Time { return time.Date(2026, 11, 21, 14, 10, 0, 0, time.UTC) }

// everything is a person who has switched everything on.
func everything(who task.Who) people.Profile {
	p := people.Profile{Switches: map[string]bool{}}
	for _, s := range who.Policy.Terms().Switches {
		p.Switches[s.ID] = true
	}
	return p
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// person opens an account.
func (w *world) person(a privacy.AppID) task.Who {
	w.t.Helper()
	who := task.Who{Policy: w.policies[a], Subject: privacy.SubjectID(privacy.NewID(privacy.PrefixSubject))}
	s := store.Subject{ID: who.Subject, Locale: "en", CreatedAt: w.clock.Now(), ExpiresAt: w.clock.Now().AddDate(0, 6, 0)}
	must(w.t, w.DB.Write(w.t.Context(), func(tx *store.Tx) error { return tx.InsertSubject(w.t.Context(), a, s) }))
	return who
}

// chooses writes what a person has chosen.
func (w *world) chooses(who task.Who, p people.Profile) {
	w.t.Helper()
	must(w.t, w.DB.Write(w.t.Context(), func(tx *store.Tx) error {
		return people.PutProfile(w.t.Context(), tx, people.Owner{App: who.App(), Subject: who.Subject, Now: w.clock.Now()}, p)
	}))
}

func (w *world) grants(who task.Who, permissions ...string) {
	w.t.Helper()
	p := people.Profile{Permissions: map[string]bool{}}
	for _, id := range permissions {
		p.Permissions[id] = true
	}
	w.chooses(who, p)
}

func call(who task.Who, body string) intake.Call {
	return intake.Call{Who: who, Body: []byte(body), Peer: netip.MustParseAddr("203.0.113.77")}
}

// takes hands over a body that must be taken.
func (w *world) takes(kind terms.IntakeKind, c intake.Call) int {
	w.t.Helper()
	n, err := w.Take(w.t.Context(), kind, c)
	must(w.t, err)
	return n
}

// objects lists what the vault holds of a person.
func (w *world) objects(who task.Who) []store.Object {
	w.t.Helper()
	list, err := w.DB.App(who.App()).Objects(w.t.Context(), who.Subject)
	must(w.t, err)
	return list
}

// read opens what one object holds.
func (w *world) read(o store.Object) intake.Record {
	w.t.Helper()
	r, err := w.Read(w.t.Context(), o, vault.Reading{Why: vault.ForSubject})
	must(w.t, err)
	return r
}

// sweep moves the clock and erases what is due.
func (w *world) sweep(after time.Duration) {
	w.t.Helper()
	w.clock.Advance(after)
	for range 3 {
		_, err := w.Eraser.Sweep(w.t.Context(), w.clock.Now())
		must(w.t, err)
	}
}

// mark is what the vault, the log of proofs and every table held at a moment.
type mark struct{ objects, leaves, rows, files int }

// held counts everything that a call could have written.
func (w *world) held() (m mark) {
	w.t.Helper()
	count := func(query string) (n int) {
		must(w.t, w.DB.Everywhere().QueryRowContext(w.t.Context(), query).Scan(&n))
		return n
	}
	m.objects, m.leaves = count(`SELECT count(*) FROM objects`), count(`SELECT count(*) FROM audit_leaves`)
	for _, table := range []string{"devices", "risks", "threads", "posts", "receipts", "profiles"} {
		m.rows += count(`SELECT count(*) FROM ` + table)
	}
	must(w.t, filepath.WalkDir(filepath.Join(w.dir, "objects"), func(_ string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			m.files++
		}
		return err
	}))
	return m
}

// scan fails where a secret is found in a file of the data folder, in a column of any table, or in what the
// vault opens with its own keys.
func (w *world) scan(secrets ...string) {
	w.t.Helper()
	for _, found := range w.finds(secrets...) {
		w.t.Error(found)
	}
}

// finds says where secrets are found.
func (w *world) finds(secrets ...string) []string {
	w.t.Helper()
	w.found = nil
	must(w.t, w.DB.Checkpoint(w.t.Context()))
	must(w.t, filepath.WalkDir(w.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		w.clean(e.Name(), raw, secrets)
		return err
	}))
	tables, err := rows.All(w.t.Context(), w.DB.Everywhere(), func(r rows.Scanner) (name string, err error) { return name, r.Scan(&name) },
		`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
	must(w.t, err)
	for _, table := range tables {
		w.scanTable(table, secrets)
	}
	all, err := rows.All(w.t.Context(), w.DB.Everywhere(), func(r rows.Scanner) (id [3]string, err error) { return id, r.Scan(&id[0], &id[1], &id[2]) }, `SELECT app, subject, id FROM objects`)
	must(w.t, err)
	for _, id := range all {
		o, err := w.DB.App(privacy.AppID(id[0])).Object(w.t.Context(), privacy.SubjectID(id[1]), privacy.ObjectID(id[2]))
		must(w.t, err)
		if !w.clock.Now().Before(o.Due()) {
			continue
		}
		raw, err := json.Marshal(w.read(o))
		must(w.t, err)
		w.clean("object "+id[2], raw, secrets)
	}
	return w.found
}

func (w *world) scanTable(table string, secrets []string) {
	w.t.Helper()
	found, err := w.DB.Everywhere().QueryContext(w.t.Context(), `SELECT * FROM `+table)
	must(w.t, err)
	defer found.Close()
	columns, err := found.Columns()
	must(w.t, err)
	for found.Next() {
		cells, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		must(w.t, found.Scan(into...))
		for i, c := range cells {
			switch v := c.(type) {
			case string:
				w.clean(table+"."+columns[i], []byte(v), secrets)
			case []byte:
				w.clean(table+"."+columns[i], v, secrets)
			}
		}
	}
	must(w.t, found.Err())
}

func (w *world) clean(where string, raw []byte, secrets []string) {
	w.t.Helper()
	for _, s := range secrets {
		if bytes.Contains(bytes.ToLower(raw), bytes.ToLower([]byte(s))) {
			w.found = append(w.found, where+" holds "+s)
		}
	}
}

// code checks that an error is a refusal with a code that names no value.
func code(t *testing.T, err error, want string, secrets ...string) {
	t.Helper()
	if fault.CodeOf(err) != want || err == nil {
		t.Errorf("%v, want %s", err, want)
		return
	}
	var f *fault.Error
	if errors.As(err, &f) {
		raw, _ := json.Marshal(f.Extra())
		for _, s := range secrets {
			if bytes.Contains(append(raw, err.Error()...), []byte(s)) {
				t.Errorf("the refusal repeats %q", s)
			}
		}
	}
}
