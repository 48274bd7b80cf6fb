package desk

import (
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/policy/book"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/desk"
	"vow.example/vow/internal/store/people"
)

// newClub is a desk of two apps, of which the first has members.
func newClub(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.pol = policytest.Load(t, policytest.Members(t, policytest.Minimal()))
	other := policytest.Load(t, policytest.Mutate(t, policytest.Members(t, policytest.Minimal()), "id: sample,", "id: other,"))
	free := policytest.Load(t, policytest.Mutate(t, policytest.Minimal(), "id: sample,", "id: free,"))
	policies := book.Fixed{app: w.pol, "other": other, "free": free}
	w.Policies, w.Eraser.Policies = policies, policies
	return w
}

// backend is the credential of an app's own server.
func (w *world) backend(of privacy.AppID) facts.Staff {
	w.t.Helper()
	s, _, err := Hire(w.t.Context(), w.DB, w.clock, w.Digest, Position{Role: Backend, Region: "US", App: of})
	must(w.t, err)
	return s
}

// level is what somebody is a member of now, "" where that is nothing.
func (w *world) level(who Subject) string {
	w.t.Helper()
	m, err := people.MembershipOf(w.t.Context(), w.DB.App(who.App), who.ID, w.clock.Now())
	if err != nil && err != store.ErrNotFound {
		w.t.Fatal(err)
	}
	return m.Level
}

// rows counts what a table holds of a subject.
func (w *world) rows(table string, who Subject) (n int) {
	w.t.Helper()
	must(w.t, w.DB.Everywhere().QueryRowContext(w.t.Context(), `SELECT count(*) FROM `+table+` WHERE app = ? AND subject = ?`, who.App, who.ID).Scan(&n))
	return n
}

func (w *world) month() time.Time { return w.clock.Now().AddDate(0, 1, 0) }

func TestOnlyTheAppsOwnServerReportsMembersAndALevelOutsideTheListIsNeverWritten(t *testing.T) {
	t.Parallel()
	w := newClub(t)
	mine, who := w.backend(app), w.person(app)
	before := w.leaves()
	cn, _, err := Hire(t.Context(), w.DB, w.clock, w.Digest, Position{Role: Backend, Region: "CN", App: "other"})
	must(t, err)
	for name, c := range map[string]struct {
		by    facts.Staff
		who   Subject
		level string
		until time.Time
		code  string
	}{
		"another app's server":         {w.backend("other"), who, "member", w.month(), "not-found"},
		"another app's, from abroad":   {cn, who, "member", w.month(), "not-found"},
		"nobody":                       {facts.Staff{}, who, "member", w.month(), "forbidden"},
		"an officer":                   {w.staff(Officer), who, "member", w.month(), "forbidden"},
		"a moderator":                  {w.staff(Moderator), who, "member", w.month(), "forbidden"},
		"support":                      {w.staff(Support), who, "member", w.month(), "forbidden"},
		"an auditor":                   {w.staff(Auditor), who, "member", w.month(), "forbidden"},
		"a developer":                  {w.staff(Developer), who, "member", w.month(), "forbidden"},
		"an owner":                     {w.staff(Owner), who, "member", w.month(), "forbidden"},
		"somebody of another app":      {mine, w.person("other"), "member", w.month(), "not-found"},
		"a stranger":                   {mine, Subject{app, "sub_nobody"}, "member", w.month(), "not-found"},
		"a level outside the list":     {mine, who, "platinum", w.month(), "validation"},
		"the level of nobody":          {mine, who, "free", w.month(), "validation"},
		"no level":                     {mine, who, "", w.month(), "validation"},
		"an end that is over":          {mine, who, "member", w.clock.Now(), "validation"},
		"no end":                       {mine, who, "member", time.Time{}, "validation"},
		"an app without a list":        {w.backend("free"), w.person("free"), "member", w.month(), "feature-unavailable"},
		"a server with a vain role":    {facts.Staff{ID: "stf_1", Role: "king", App: app}, who, "member", w.month(), "forbidden"},
		"a level in another's letters": {mine, who, "Member", w.month(), "validation"},
	} {
		if _, err := w.SetMembership(t.Context(), c.by, c.who, c.level, c.until); fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
		if w.level(c.who) != "" || w.rows("memberships", c.who) != 0 || w.rows("subscriptions", c.who) != 0 {
			t.Errorf("%s has written something", name)
		}
	}
	if w.leaves() != before {
		t.Error("a refusal is no act")
	}
	m, err := w.SetMembership(t.Context(), mine, who, "member", w.month())
	if err != nil || w.level(who) != "member" || !m.Until.Equal(w.month()) {
		t.Errorf("%+v, %v", m, err)
	}
	for name, by := range map[string]facts.Staff{"another app's server": w.backend("other"), "an officer": w.staff(Officer), "an owner": w.staff(Owner)} {
		if err := w.EndMembership(t.Context(), by, who); err == nil || w.level(who) != "member" {
			t.Errorf("%s ends a membership: %v", name, err)
		}
	}
	for _, a := range []act{actCase, actOrder, actUnderage, actSuspend, actRestrict, actApp, actCount, actList, actAuthor, actReview, actManageDesk} {
		if may(Backend, a) {
			t.Errorf("the operator's server may %s", a)
		}
	}
}

func TestAMembershipEndsByItselfAndItsRecordLastsAsLongAsThePolicySays(t *testing.T) {
	t.Parallel()
	w := newClub(t)
	mine, who := w.backend(app), w.person(app)
	until := w.clock.Now().AddDate(0, 0, 30)
	_, err := w.SetMembership(t.Context(), mine, who, "member", until)
	must(t, err)
	w.clock.Advance(until.Add(-time.Second).Sub(w.clock.Now()))
	w.sweep()
	if w.level(who) != "member" {
		t.Error("it ended early")
	}
	w.clock.Advance(until.Sub(w.clock.Now()))
	if w.level(who) != "" {
		t.Error("a late sweep keeps a member")
	}
	w.sweep()
	if w.rows("memberships", who) != 0 || w.rows("subscriptions", who) != 1 {
		t.Errorf("%d and %d rows at the end", w.rows("memberships", who), w.rows("subscriptions", who))
	}
	w.clock.Advance(until.AddDate(0, 0, 30).Sub(w.clock.Now()))
	w.sweep()
	if n := w.rows("subscriptions", who); n != 0 {
		t.Errorf("%d records after 60 days", n)
	}
}

func TestAMembershipIsForgottenWithTheAccountAndWithItsUse(t *testing.T) {
	t.Parallel()
	w := newClub(t)
	mine, leaves, sleeps, uses := w.backend(app), w.person(app), w.person(app), w.person(app)
	years := w.clock.Now().AddDate(3, 0, 0)
	for _, who := range []Subject{leaves, sleeps, uses} {
		_, err := w.SetMembership(t.Context(), mine, who, "gold", years)
		must(t, err)
	}
	_, err := w.Eraser.Subject(t.Context(), app, leaves.ID)
	must(t, err)
	if w.level(leaves) != "" || w.rows("memberships", leaves)+w.rows("subscriptions", leaves) != 0 {
		t.Error("something is left of whoever left")
	}
	w.clock.Advance(100 * 24 * time.Hour)
	now := w.clock.Now()
	must(t, w.DB.Write(t.Context(), func(tx *store.Tx) error {
		return tx.TouchSubject(t.Context(), app, uses.ID, now, now.AddDate(0, 0, 180))
	}))
	w.clock.Advance(80 * 24 * time.Hour)
	if w.level(sleeps) != "" || w.level(uses) != "gold" {
		t.Errorf("after 180 days without use: %q; with use: %q", w.level(sleeps), w.level(uses))
	}
}

func TestTheSameReportTwiceIsOneAndAnEndIsARecord(t *testing.T) {
	t.Parallel()
	w := newClub(t)
	mine, who, until := w.backend(app), w.person(app), w.month()
	before := w.leaves()
	first, err := w.SetMembership(t.Context(), mine, who, "member", until)
	must(t, err)
	w.clock.Advance(time.Hour)
	again, err := w.SetMembership(t.Context(), mine, who, "member", until.In(time.FixedZone("", 3600)))
	if err != nil || again != first || w.leaves() != before+1 || w.rows("subscriptions", who) != 1 {
		t.Errorf("%+v %v, %d leaves", again, err, w.leaves()-before)
	}
	_, err = w.SetMembership(t.Context(), mine, who, "gold", until)
	must(t, err)
	must(t, w.EndMembership(t.Context(), mine, who))
	must(t, w.EndMembership(t.Context(), mine, who))
	if w.level(who) != "" || w.rows("memberships", who) != 0 || w.rows("subscriptions", who) != 3 || w.leaves() != before+3 {
		t.Errorf("%q, %d records, %d leaves", w.level(who), w.rows("subscriptions", who), w.leaves()-before)
	}
	var payload string
	must(t, w.DB.Everywhere().QueryRowContext(t.Context(), `SELECT payload FROM audit_leaves WHERE subject = ? ORDER BY leaf DESC LIMIT 1`, who.ID).Scan(&payload))
	if !strings.Contains(payload, `"kind":"membership_ended"`) || !strings.Contains(payload, string(mine.ID)) || strings.Contains(payload, "gold") {
		t.Errorf("the leaf: %s", payload)
	}
}

func TestNothingIsWrittenOfWhoRestrictsOrObjects(t *testing.T) {
	t.Parallel()
	w := newClub(t)
	mine := w.backend(app)
	for name, p := range map[string]people.Profile{"restricts": {Restriction: "claims"}, "objects": {Objections: []privacy.Purpose{"requested_feature"}}} {
		who := w.person(app)
		must(t, w.DB.Write(t.Context(), func(tx *store.Tx) error {
			return people.PutProfile(t.Context(), tx, people.Owner{App: app, Subject: who.ID, Now: w.clock.Now()}, p)
		}))
		if _, err := w.SetMembership(t.Context(), mine, who, "member", w.month()); fault.CodeOf(err) != "processing-restricted" || w.rows("subscriptions", who) != 0 {
			t.Errorf("%s: %v", name, err)
		}
		if err := w.EndMembership(t.Context(), mine, who); err != nil {
			t.Errorf("%s: an end is always taken: %v", name, err)
		}
	}
	who := w.person(app)
	must(t, w.DB.Write(t.Context(), func(tx *store.Tx) error {
		return people.PutProfile(t.Context(), tx, people.Owner{App: app, Subject: who.ID, Now: w.clock.Now()}, people.Profile{Objections: []privacy.Purpose{"legal_duty"}})
	}))
	if _, err := w.SetMembership(t.Context(), mine, who, "member", w.month()); err != nil {
		t.Errorf("an objection to something else: %v", err)
	}
}
