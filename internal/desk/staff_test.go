package desk

import (
	"strings"
	"testing"

	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/desk"
)

func TestACredentialIsShownOnceAndNotKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, token, err := Hire(t.Context(), w.DB, w.clock, w.Digest, Position{Role: Support, Region: "US", App: app})
	must(t, err)
	if !strings.HasPrefix(token, "rk_") || len(token) < 40 {
		t.Errorf("a guessable credential: %q", token)
	}
	got, err := w.StaffOf(t.Context(), token)
	if err != nil || got != s || got.App != app || got.Role != Support {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []string{"", "rk_", token + "x", "at_me"} {
		_, err := w.StaffOf(t.Context(), bad)
		is(t, err, "unauthenticated")
	}
	must(t, w.DB.Write(t.Context(), func(tx *store.Tx) error { return facts.DeleteStaff(t.Context(), tx, s.ID) }))
	_, err = w.StaffOf(t.Context(), token)
	is(t, err, "unauthenticated")
}

func TestNobodyIsHiredForARoleOrARegionThatDoesNotExist(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, bad := range []Position{{Role: "king", Region: "US"}, {Role: "", Region: "US"}, {Role: Officer}, {Role: Officer, Region: "us"}, {Role: Officer, Region: "USA"}, {Role: Officer, Region: "U1"}} {
		_, _, err := Hire(t.Context(), w.DB, w.clock, w.Digest, bad)
		is(t, err, "validation")
	}
}

func TestTheDemonstrationsPeopleAreAllHired(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, p := range DemoStaff() {
		s, token, err := Hire(t.Context(), w.DB, w.clock, w.Digest, p)
		if err != nil || token != p.Token || s.Role != p.Role {
			t.Errorf("%+v: %v", p, err)
		}
	}
	for _, token := range []string{"officer", "officer2", "moderator", "support", "auditor", "developer", "cn"} {
		if _, err := w.StaffOf(t.Context(), "rk_demo_"+token); err != nil {
			t.Errorf("%s: %v", token, err)
		}
	}
	if cn, err := w.StaffOf(t.Context(), "rk_demo_cn"); err != nil || cn.Region != "CN" {
		t.Errorf("%+v, %v", cn, err)
	}
	all, err := w.Staff(t.Context(), w.staff(Owner))
	if err != nil || len(all) != len(DemoStaff())+1 {
		t.Errorf("%d, %v", len(all), err)
	}
	one := w.staff(Owner)
	one.App = app
	if all, err := w.Staff(t.Context(), one); err != nil || len(all) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
	_, err = w.Staff(t.Context(), w.staff(Support))
	is(t, err, "forbidden")
}
