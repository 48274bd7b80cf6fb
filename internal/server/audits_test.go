package server

import (
	"slices"
	"testing"
	"time"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/server/ops"
)

func TestTheDoctorWarnsOfAnAuditThatIsLateOrOnNoRecord(t *testing.T) {
	t.Parallel()
	apps := appSet{
		order:    []privacy.AppID{"picwiz", "pixplus"},
		policies: map[privacy.AppID]*policy.Policy{"picwiz": policytest.Picwiz(t), "pixplus": policytest.PixPlus(t)},
	}
	soon := time.Date(2027, 2, 20, 9, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		known []ops.Audit
		want  Check
	}{
		"no server answers": {nil, Check{"security audits of picwiz", "warn", "due every P90D; the running server knows when the last one was, and ops_addr asks it"}},
		"never":             {[]ops.Audit{{App: "picwiz", Part: "access", Late: true}}, Check{"security audit of picwiz: access", "warn", "none is on record (vow staff audited)"}},
		"late":              {[]ops.Audit{{App: "picwiz", Part: "access", Due: &soon, Late: true}}, Check{"security audit of picwiz: access", "warn", "late since 2027-02-20 (vow staff audited)"}},
		"in time":           {[]ops.Audit{{App: "picwiz", Part: "access", Due: &soon}}, Check{"security audit of picwiz: access", "ok", "due by 2027-02-20"}},
	} {
		if got := auditChecks(apps, tc.known); !slices.Equal(got, []Check{tc.want}) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
