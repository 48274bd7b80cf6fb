package intake_test

import (
	"testing"
	"time"

	"vow.example/vow/internal/desk"
	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/book"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/store"
	rows "vow.example/vow/internal/store/desk"
	"vow.example/vow/internal/task"
)

// holding is a world whose policy knows legal orders, with the people who may give one.
func holding(t *testing.T) (*world, task.Who, func(store.Object) rows.Order) {
	t.Helper()
	p, err := policy.Load("policy.yaml", policytest.Full())
	must(t, err)
	w := worldOf(t, book.Fixed{p.App(): p})
	who := w.person(p.App())
	d := desk.New(desk.Options{
		DB: w.DB, Vault: w.Vault, Eraser: w.Eraser, Policies: w.policies, Clock: w.clock, Digest: func(token string) []byte { return []byte(token) },
	})
	officer := func() rows.Staff {
		s, _, err := desk.Hire(t.Context(), w.DB, w.clock, d.Digest, desk.Position{Role: desk.Officer, Region: "US"})
		must(t, err)
		return s
	}
	return w, who, func(o store.Object) rows.Order {
		t.Helper()
		given, err := d.Ask(t.Context(), officer(), desk.Ask{
			Subject: desk.Subject{App: who.App(), ID: who.Subject}, Kind: rows.Hold, Ground: "court_order", Object: o.Object, Document: "Court-2026/17",
			Until: w.clock.Now().Add(90 * day),
		})
		must(t, err)
		for range given.Needed {
			given, err = d.Approve(t.Context(), officer(), rows.Hold, given.ID)
			must(t, err)
		}
		return given
	}
}

func TestWhatAnOrderKeepsOutlivesTheEndOfItsConversation(t *testing.T) {
	t.Parallel()
	w, who, keep := holding(t)
	thread := w.writes(who, "", `{"platform":"ios","text":"evidence"}`)
	w.clock.Advance(time.Minute)
	w.writes(who, thread.ID, `{"platform":"ios","text":"none"}`)
	list := w.objects(who)
	order := keep(list[0])
	must(t, w.Close(t.Context(), who, thread.ID))
	ends := w.clock.Now().Add(60 * day)
	w.sweep(61 * day) // and with it go the keys of every hour before
	left := w.objects(who)
	if len(left) != 1 || left[0].Object != list[0].Object || !left[0].ExpiresAt.Equal(ends) || !w.Vault.Holds(t.Context(), left[0].Ref) {
		t.Fatalf("%d are left, the evidence among them: %+v", len(left), left)
	}
	w.sweep(order.Until.Sub(w.clock.Now()))
	if left := w.objects(who); len(left) != 0 {
		t.Errorf("the order ended and %d are left", len(left))
	}
	if r, err := w.DB.App(who.App()).ReceiptOf(t.Context(), who.Subject, list[0].Object); err != nil || r.Reason != string(erasure.AtDeadline) {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestAConversationCanBeClosedAfterAnEndThatWasInterrupted(t *testing.T) {
	t.Parallel()
	w, who, _ := holding(t)
	thread := w.writes(who, "", `{"platform":"ios","text":"one"}`)
	o := w.objects(who)[0]
	early, err := retention.For(who.Policy, o.Category, policy.CaseClosed, w.clock.Now())
	must(t, err)
	_, err = w.Vault.Rewrap(t.Context(), o.Ref, early, w.DB.Held(o, w.clock.Now())) // and then the power went
	must(t, err)
	w.clock.Advance(2 * time.Hour)
	must(t, w.Close(t.Context(), who, thread.ID))
	if left := w.objects(who); len(left) != 1 || !left[0].ExpiresAt.Equal(w.clock.Now().Add(60*day)) {
		t.Errorf("%+v", left)
	}
}
