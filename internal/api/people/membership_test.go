package people

import (
	"testing"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/people"
)

func TestMeShowsAMembershipByTheNameOfItsLevelUntilItEnds(t *testing.T) {
	d := newDesk(t)
	s := d.session("sample")
	report := func(level string, due time.Time) {
		t.Helper()
		must(t, d.db.Write(t.Context(), func(tx *store.Tx) error {
			m := facts.Membership{App: "sample", Subject: privacy.SubjectID(s.Subject), Level: level, Until: d.clock.Now().Add(time.Hour), At: d.clock.Now(), Starts: "item_written", Due: due}
			return m.Put(t.Context(), tx)
		}))
	}
	shows := func(level, name string) {
		t.Helper()
		var me client.Me
		d.ask("GET", "/v1/me", s.AccessToken, "", &me)
		if me.Membership != level || me.MembershipName != name || (me.MembershipUntil != nil) != (level != "free") || me.MembershipUntil != nil && !me.MembershipUntil.After(d.clock.Now()) {
			t.Errorf("%q %q %v, want %q", me.Membership, me.MembershipName, me.MembershipUntil, level)
		}
	}
	shows("free", "")
	report("gold", d.clock.Now().AddDate(1, 0, 0))
	shows("gold", "Gold member")
	report("silver", d.clock.Now().AddDate(1, 0, 0)) // of a policy that was
	shows("free", "")
	report("member", d.clock.Now().Add(time.Minute))
	shows("member", "Member")
	d.clock.Advance(time.Minute)
	shows("free", "")
}
