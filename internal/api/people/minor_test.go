package people

import (
	"encoding/json"
	"strings"
	"testing"

	"vow.example/vow/client"
	"vow.example/vow/internal/policy/policytest"
)

func TestAnAppWithTwoLimitsRefusesChildrenAndAsksAGuardianOfMinors(t *testing.T) {
	d := newDesk(t)
	d.pols["picwiz"] = policytest.Load(t, policytest.Guarding(t))
	d.wants(403, "age-not-allowed", "POST", "/v1/sessions", "", `{"app":"picwiz","age_band":"under"}`)
	var s client.Session
	d.ask("POST", "/v1/sessions", "", `{"app":"picwiz","age_band":"minor"}`, &s)
	if s.Standing != "guardian-required" {
		t.Fatalf("%+v", s)
	}
	d.wants(403, "guardian-required", "PUT", "/v1/me/permissions", s.AccessToken, `{"camera":"granted"}`)
	d.wants(403, "guardian-required", "PUT", "/v1/me/age", s.AccessToken, `{"band":"over"}`)
	var me client.Me
	if d.ask("GET", "/v1/me", s.AccessToken, "", &me); me.AgeBand != "minor" || me.Standing != "guardian-required" {
		t.Errorf("%+v", me)
	}
	var asked client.GuardianState
	d.ask("POST", "/v1/me/guardian", s.AccessToken, `{"email":"parent@example.org"}`, &asked)
	if asked.State != "asked" || asked.Link == "" {
		t.Errorf("%+v", asked)
	}
	d.wants(403, "age-not-allowed", "PUT", "/v1/me/age", s.AccessToken, `{"band":"under"}`)
	d.wants(401, "unauthenticated", "GET", "/v1/me", s.AccessToken, "")
	d.wants(404, "not-found", "GET", "/v1/guardian/"+asked.Link, "", "")
	var grown client.Session
	if d.ask("POST", "/v1/sessions", "", `{"app":"picwiz","age_band":"over"}`, &grown); grown.AccessToken == "" || grown.Standing != "" {
		t.Errorf("%+v", grown)
	}
}

func TestABandOfAnotherAppIsRefusedByName(t *testing.T) {
	d := newDesk(t)
	s := d.session("pixplus")
	for _, c := range []struct{ method, path, token, body, at string }{
		{"POST", "/v1/sessions", "", `{"app":"pixplus","age_band":"minor"}`, "/age_band"},
		{"POST", "/v1/sessions", "", `{"app":"aifitting","age_band":"minor"}`, "/age_band"},
		{"PUT", "/v1/me/age", s.AccessToken, `{"band":"minor"}`, "/band"},
	} {
		status, raw := d.ask(c.method, c.path, c.token, c.body, nil)
		var p client.Problem
		must(t, json.Unmarshal(raw, &p))
		if status != 422 || p.Code != "validation" || len(p.Errors) != 1 || p.Errors[0].Pointer != c.at || !strings.Contains(p.Errors[0].Detail, `One of: "under", "over".`) {
			t.Errorf("%s %s: %d %s", c.method, c.body, status, raw)
		}
	}
	d.wants(422, "validation", "POST", "/v1/sessions", "", `{"app":"pixplus","age_band":"teen"}`)
}
