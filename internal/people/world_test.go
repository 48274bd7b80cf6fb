package people

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/erasure/erasuretest"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/people/screens"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/book"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task"
)

// world is the service on real parts, with a clock that stands.
type world struct {
	*Service
	t        *testing.T
	clock    *clock.Adjustable
	policies book.Fixed
}

func newWorld(t *testing.T) *world {
	t.Helper()
	parts := erasuretest.Open(t, erasuretest.Start())
	w := &world{t: t, clock: parts.Clock, policies: book.Fixed{}}
	for _, app := range []string{"pixplus", "picwiz", "mixoo", "kmeng"} {
		w.policies[privacy.AppID(app)] = shipped(t, app)
	}
	w.policies["sample"], w.policies["aifitting"] = policytest.Load(t, policytest.Asking(t)), policytest.OneClick(t, "aifitting")
	w.Service = New(Options{
		DB: parts.DB, Vault: parts.Vault, Ring: parts.Ring, Clock: w.clock, Digest: func(token string) []byte { return []byte("digest of " + token) },
		Eraser: parts.Eraser(w.policies), Policies: w.policies,
	})
	return w
}

// shipped is the policy of an app, with an acceptance to ask for where it has none.
func shipped(t *testing.T, app string, change ...string) *policy.Policy {
	t.Helper()
	src := string(policytest.Source(t, app))
	if !strings.Contains(src, "\nacceptance:") {
		src += "\nacceptance: {text: {en: Please read it., zh-Hans: 请阅读。}, accept: {en: I accept, zh-Hans: 同意}, decline: {en: I do not, zh-Hans: 不同意}, highlights: []}\n"
	}
	if !strings.Contains(src, "ask: true") {
		src = strings.Replace(src, "\nminors: {", "\nminors: {ask: true, ", 1)
	}
	return policytest.Load(t, []byte(strings.NewReplacer(change...).Replace(src)))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func text(s string) privacy.Text { return privacy.NewText(s) }

// enter opens a session of a new account.
func (w *world) enter(app privacy.AppID, band string) (task.Who, Admission) {
	w.t.Helper()
	a, err := w.Enter(w.t.Context(), Entry{Policy: w.policies[app], Locale: "en", Platform: terms.Web, Band: band})
	must(w.t, err)
	return task.Who{Policy: w.policies[app], Subject: a.Subject}, a
}

// settled is an account about which everything is said that the app asks for.
func (w *world) settled(app privacy.AppID) task.Who {
	w.t.Helper()
	who, _ := w.enter(app, terms.Over)
	w.accept(who)
	return who
}

// accept accepts the policy.
func (w *world) accept(who task.Who) {
	w.t.Helper()
	r, asked, err := screens.ReadingOf(who.Policy, "en")
	if err != nil || !asked {
		w.t.Fatalf("nothing to accept: %v", err)
	}
	must(w.t, w.Decide(w.t.Context(), who, r.Version, r.Hash))
}

// work stores a result of a person.
func (w *world) work(who task.Who, mediaType, content string) store.Object {
	w.t.Helper()
	category := privacy.Category("generated_image")
	if strings.HasPrefix(mediaType, "video/") {
		category = "generated_video"
	}
	d, err := retention.Ceiling(who.Policy, category, w.clock.Now())
	must(w.t, err)
	o := store.Object{Storage: who.Policy.StorageOf(category), Task: "tsk_of_the_work", WrittenAt: w.clock.Now(), Orientation: 1, Role: "result"}
	o.Ref, err = w.Vault.Put(w.t.Context(), vault.Spec{
		App: who.App(), Subject: who.Subject, Object: privacy.ObjectID(privacy.NewID(privacy.PrefixOutput)), Category: category, MediaType: mediaType,
		Storage: o.Storage, PolicyHash: who.Policy.Hash(),
	}, d, strings.NewReader(content))
	must(w.t, err)
	must(w.t, w.DB.Write(w.t.Context(), func(tx *store.Tx) error { return tx.InsertObject(w.t.Context(), o, d, retention.Deadline{}) }))
	o, err = w.DB.App(who.App()).Object(w.t.Context(), who.Subject, o.Object)
	must(w.t, err)
	return o
}

// everything prints every value of every table, as somebody would who searches the whole database.
func (w *world) everything() (all string, counts map[string]int) {
	w.t.Helper()
	counts = map[string]int{}
	q := w.DB.Everywhere()
	names, err := q.QueryContext(w.t.Context(), `SELECT name FROM sqlite_master WHERE type = 'table'`)
	must(w.t, err)
	var tables []string
	for names.Next() {
		var n string
		must(w.t, names.Scan(&n))
		tables = append(tables, n)
	}
	must(w.t, names.Close())
	for _, name := range tables {
		list, err := q.QueryContext(w.t.Context(), `SELECT * FROM `+name)
		must(w.t, err)
		columns, err := list.Columns()
		must(w.t, err)
		for list.Next() {
			values, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			must(w.t, list.Scan(into...))
			counts[name]++
			for _, v := range values {
				if b, ok := v.([]byte); ok {
					v = string(b)
				}
				all += fmt.Sprint(v, " ")
			}
		}
		must(w.t, list.Close())
	}
	return all, counts
}

// stands fails the test unless Standing answers with the code; "" is for an open door.
func (w *world) stands(who task.Who, code string) {
	w.t.Helper()
	err := w.Standing(w.t.Context(), who)
	if code == "" && err != nil || code != "" && fault.CodeOf(err) != code {
		w.t.Errorf("standing: %v, want %q", err, code)
	}
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if err == nil || fault.CodeOf(err) != code {
		t.Errorf("%v, want %s", err, code)
	}
}

// rule returns the rule of the one field that a refused request broke.
func rule(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		if list, ok := f.Extra()["errors"].([]task.FieldError); ok && len(list) == 1 {
			return list[0].Pointer + " " + list[0].Code
		}
	}
	return ""
}
