package desk

import (
	"fmt"
	"testing"

	"vow.example/vow/client/admin"
	"vow.example/vow/internal/desk"
	"vow.example/vow/internal/policy/book"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
)

func TestTheOperatorsServerReportsAMembershipOverHTTPAndNobodyElseDoes(t *testing.T) {
	c := newCounter(t)
	c.pol = policytest.Load(t, policytest.Members(t, policytest.Minimal()))
	policies := book.Fixed{"sample": c.pol}
	c.desk.Policies, c.desk.Eraser.Policies = policies, policies
	for token, app := range map[string]privacy.AppID{"rk_mine": "sample", "rk_other": "other"} {
		_, _, err := desk.Hire(t.Context(), c.desk.DB, c.clock, c.desk.Digest, desk.Position{Role: desk.Backend, Region: "US", App: app, Token: token})
		must(t, err)
	}
	me := c.person()
	path, until := "/v1/admin/subjects/"+me+"/membership", c.clock.Now().AddDate(0, 1, 0)
	body := func(level string) string {
		return fmt.Sprintf(`{"app":"sample","level":%q,"until":%q}`, level, until.Format("2006-01-02T15:04:05Z07:00"))
	}
	c.want(401, "unauthenticated", "PUT", path, "", body("member"), nil)
	c.want(401, "unauthenticated", "PUT", path, me, body("member"), nil)
	c.want(403, "forbidden", "PUT", path, officer, body("member"), nil)
	c.want(403, "forbidden", "PUT", path, "rk_demo_owner", body("member"), nil)
	c.want(404, "not-found", "PUT", path, "rk_other", body("member"), nil)
	c.want(422, "validation", "PUT", path, "rk_mine", body("platinum"), nil)
	c.want(422, "validation", "PUT", path, "rk_mine", `{"level":"member","until":"soon"}`, nil)
	c.want(422, "validation", "PUT", path, "rk_mine", `{"level":"member","until":"2026-12-21T14:10:00Z","price":3}`, nil)
	var m admin.Membership
	c.want(200, "", "PUT", path, "rk_mine", `{"level":"gold","until":"2026-12-21T15:10:00+01:00"}`, &m)
	if m.App != "sample" || m.Subject != me || m.Level != "gold" || m.Until == nil || !m.Until.Equal(until) {
		t.Errorf("%+v", m)
	}
	c.want(404, "not-found", "DELETE", path, "rk_other", "", nil)
	c.want(403, "forbidden", "DELETE", path+"?app=sample", "rk_demo_support", "", nil)
	var ended admin.Membership
	c.want(200, "", "DELETE", path, "rk_mine", "", &ended)
	if ended.Level != "free" || ended.Until != nil || ended.Subject != me {
		t.Errorf("%+v", ended)
	}
	c.want(200, "", "DELETE", path, "rk_mine", "", nil)
	c.want(403, "forbidden", "GET", "/v1/admin/staff", "rk_mine", "", nil)
}
