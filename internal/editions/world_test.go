package editions

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/erasure/erasuretest"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	rows "vow.example/vow/internal/store/editions"
)

const sample privacy.AppID = "sample"

// edit replaces a text of a policy file.
type edit struct{ old, new string }

// notices is how a policy announces changes.
func notices(rule string) edit {
	return edit{"{lead: immediate, channels: [in_app]}", "{" + rule + "}"}
}

// source is the file of a version: the smallest policy with some edits.
func source(t *testing.T, number int, edits ...edit) []byte {
	t.Helper()
	src := policytest.Mutate(t, policytest.Minimal(), "version: v1", fmt.Sprintf("version: v%d", number))
	src = policytest.Mutate(t, src, `updated: "2026-06"`, fmt.Sprintf(`updated: "2026-06-%02d"`, number))
	for _, e := range edits {
		src = policytest.Mutate(t, src, e.old, e.new)
	}
	return src
}

// world runs editions on real parts.
type world struct {
	*Service
	t      *testing.T
	clock  *clock.Adjustable
	eraser *erasure.Eraser
	first  []byte
	told   []Message
	down   bool // nobody can be reached
}

func newWorld(t *testing.T, edits ...edit) *world {
	t.Helper()
	parts := erasuretest.Open(t, erasuretest.Start())
	w := &world{t: t, clock: parts.Clock, first: source(t, 1, edits...)}
	var err error
	w.Service, err = Open(t.Context(), Options{DB: parts.DB, Vault: parts.Vault, Clock: w.clock, Log: log.Logger{}, Demo: true, Deliver: w}, w.folder(w.first))
	must(t, err)
	w.eraser = parts.Eraser(w.Service)
	return w
}

func (w *world) folder(yaml []byte) map[privacy.AppID]Source {
	return map[privacy.AppID]Source{sample: {Policy: policytest.Load(w.t, yaml), YAML: yaml}}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Deliver implements Deliverer: everybody has push, nobody anything else.
func (w *world) Deliver(_ context.Context, m Message) (bool, error) {
	if w.down {
		return false, errors.New("nobody answers")
	}
	w.told = append(w.told, m)
	return m.Channel == "push", nil
}

// publish publishes a version that takes effect after some time.
func (w *world) publish(number int, in time.Duration, edits ...edit) Published {
	w.t.Helper()
	p, err := w.Publish(w.t.Context(), Draft{YAML: source(w.t, number, edits...), EffectiveAt: w.clock.Now().Add(in), By: "stf_1"})
	must(w.t, err)
	return p
}

// refused asks for a publication that must fail, and returns what was found.
func (w *world) refused(d Draft) string {
	w.t.Helper()
	before := len(w.All(sample))
	_, err := w.Publish(w.t.Context(), d)
	var r *Refused
	if !errors.As(err, &r) || len(w.All(sample)) != before {
		w.t.Fatalf("published: %v", err)
	}
	var all []string
	for _, f := range r.Findings {
		all = append(all, f.String())
	}
	return strings.Join(all, "\n")
}

// person starts an account.
func (w *world) person() privacy.SubjectID {
	w.t.Helper()
	s := store.Subject{ID: privacy.SubjectID(privacy.NewID(privacy.PrefixSubject)), Locale: "en", CreatedAt: w.clock.Now(), ExpiresAt: w.clock.Now().AddDate(1, 0, 0)}
	must(w.t, w.DB.Write(w.t.Context(), func(tx *store.Tx) error { return tx.InsertSubject(w.t.Context(), sample, s) }))
	w.clock.Advance(time.Second) // who comes at the moment of a new version begins under it
	return s.ID
}

// version is the version that binds somebody.
func (w *world) version(s privacy.SubjectID) string {
	w.t.Helper()
	p, err := w.For(w.t.Context(), sample, s)
	must(w.t, err)
	return strings.TrimPrefix(p.Version(), "sample/")
}

// keep stores something of a person under the version that binds it, as the upload or result of a task.
func (w *world) keep(s privacy.SubjectID, c privacy.Category) store.Object {
	w.t.Helper()
	p, err := w.For(w.t.Context(), sample, s)
	must(w.t, err)
	now := w.clock.Now()
	d, err := retention.Ceiling(p, c, now)
	must(w.t, err)
	idle, _ := retention.Idle(p, c, now)
	o := store.Object{WrittenAt: now, Storage: p.StorageOf(c), Orientation: 1}
	id := privacy.ObjectID(privacy.NewID(privacy.PrefixUpload))
	o.Ref, err = w.Vault.Put(w.t.Context(), vault.Spec{App: sample, Subject: s, Object: id, Category: c, MediaType: "image/png", Storage: o.Storage, PolicyHash: p.Hash()}, d, strings.NewReader("pixels"))
	must(w.t, err)
	must(w.t, w.DB.Write(w.t.Context(), func(tx *store.Tx) error { return tx.InsertObject(w.t.Context(), o, d, idle) }))
	return o
}

// after moves the clock, and sweeps as the server does.
func (w *world) after(d time.Duration) {
	w.t.Helper()
	w.clock.Advance(d)
	_, err := w.Sweep(w.t.Context(), w.clock.Now())
	must(w.t, err)
	_, err = w.eraser.Sweep(w.t.Context(), w.clock.Now())
	must(w.t, err)
}

func (w *world) holds(o store.Object) bool {
	w.t.Helper()
	_, err := w.DB.App(sample).Object(w.t.Context(), o.Subject, o.Object)
	if held := w.Vault.Holds(w.t.Context(), o.Ref); held != (err == nil) {
		w.t.Errorf("row and key disagree: %v, %v", held, err)
	}
	return err == nil
}

// only is the one announcement that concerns somebody.
func (w *world) only(s privacy.SubjectID) Notice {
	w.t.Helper()
	list, err := w.Notices(w.t.Context(), sample, s)
	must(w.t, err)
	if len(list) != 1 {
		w.t.Fatalf("%d notices", len(list))
	}
	return list[0]
}

func (w *world) say(s privacy.SubjectID, id string, d Decision) {
	w.t.Helper()
	must(w.t, w.Acknowledge(w.t.Context(), rows.Bound{App: sample, Subject: s}, id, d))
}

func (w *world) waits(s privacy.SubjectID) bool {
	w.t.Helper()
	_, waits, err := w.Waiting(w.t.Context(), sample, s)
	must(w.t, err)
	return waits
}

// asks is a request of a person, as the API has it: who need not wait goes on.
func (w *world) asks(s privacy.SubjectID) (waits bool) {
	w.t.Helper()
	if waits = w.waits(s); !waits {
		must(w.t, w.GoOn(w.t.Context(), sample, s))
	}
	return waits
}

// how says how a version came to bind somebody.
func (w *world) how(s privacy.SubjectID, number int) string {
	w.t.Helper()
	f, err := rows.FactsOf(w.t.Context(), w.DB.App(sample), s)
	must(w.t, err)
	return f.Bound[number].How
}

var _ interface {
	erasure.Policies
	For(context.Context, privacy.AppID, privacy.SubjectID) (*policy.Policy, error)
} = (*Service)(nil)
