package desk

import (
	"fmt"
	"strings"
	"testing"

	"vow.example/vow/client/admin"
	"vow.example/vow/internal/policy/book"
	"vow.example/vow/internal/policy/policytest"
)

func TestAnAuditIsRecordedOverHTTPByWhoMayAndIsDueAgainLater(t *testing.T) {
	c := newCounter(t)
	const notices, path, report = "notices: {lead: immediate, channels: [in_app]}\n", "/v1/admin/security-audits", "ab"
	var none admin.SecurityAudits
	c.want(200, "", "GET", path+"?app=sample", "rk_demo_auditor", "", &none)
	if none.Every != "" || none.Parts == nil || len(none.Parts) > 0 {
		t.Errorf("a policy that promises no audits: %+v", none)
	}
	c.pol = policytest.Load(t, policytest.Mutate(t, policytest.Minimal(), notices, notices+"audits: {every: P90D, scope: [access, dependencies], chosen_by: operator}\n"))
	policies := book.Fixed{"sample": c.pol}
	c.desk.Policies, c.desk.Eraser.Policies = policies, policies
	body := func(part, digest string) string {
		return fmt.Sprintf(`{"app":"sample","parts":[%q],"report":%q}`, part, digest)
	}
	digest := strings.Repeat(report, 32)
	c.want(401, "unauthenticated", "POST", path, "", body("access", digest), nil)
	c.want(401, "unauthenticated", "POST", path, c.person(), body("access", digest), nil)
	c.want(401, "unauthenticated", "GET", path+"?app=sample", c.person(), "", nil)
	c.want(403, "forbidden", "POST", path, "rk_demo_support", body("access", digest), nil)
	c.want(403, "forbidden", "GET", path+"?app=sample", "rk_demo_developer", "", nil)
	c.want(422, "validation", "POST", path, "rk_demo_owner", body("vulnerabilities", digest), nil)
	c.want(422, "validation", "POST", path, "rk_demo_owner", body("access", report), nil)
	c.want(422, "validation", "POST", path, "rk_demo_owner", `{"app":"sample","parts":["access"]}`, nil)
	c.want(422, "validation", "POST", path, "rk_demo_owner", `{"app":"sample","parts":["access"],"report":"`+digest+`","at":"2099-01-01T00:00:00Z"}`, nil)
	var first, list admin.SecurityAudits
	c.want(201, "", "POST", path, "rk_demo_owner", body("access", digest), &first)
	c.want(200, "", "GET", path+"?app=sample", "rk_demo_officer", "", &list)
	for _, got := range []admin.SecurityAudits{first, list} {
		if got.App != "sample" || got.Every != "P90D" || len(got.Parts) != 2 {
			t.Fatalf("%+v", got)
		}
		access, rest := got.Parts[0], got.Parts[1]
		if access.Late || access.Report != digest || access.Staff == "" || access.LastAt == nil || !access.LastAt.Equal(c.clock.Now()) || !access.DueAt.Equal(c.clock.Now().AddDate(0, 0, 90)) {
			t.Errorf("%+v", access)
		}
		if !rest.Late || rest.Part != "dependencies" || rest.LastAt != nil || rest.DueAt != nil || rest.Report != "" {
			t.Errorf("%+v", rest)
		}
	}
	c.want(409, "conflict", "POST", path, "rk_demo_owner", body("access", digest), nil)
}
