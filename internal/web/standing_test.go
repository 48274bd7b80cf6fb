package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"vow.example/vow/client"
)

// yes is a standing consent to the effect of the own servers, given a version ago.
func yes() client.Consent {
	return client.Consent{ID: "con_2", Feature: "visual_effect", Recipient: "own_servers", Decision: "granted", DisclosureHash: "sha256:4f", Language: "en",
		PolicyVersion: "pixplus/v0", Scope: "until_policy_changes", CreatedAt: day()}
}

// TestAConsentStandsAsLongAsItsText compares texts, never versions, and only the newest decision.
func TestAConsentStandsAsLongAsItsText(t *testing.T) {
	t.Parallel()
	with := func(change func(*client.Consent)) client.Consent {
		c := yes()
		change(&c)
		return c
	}
	for name, tc := range map[string]struct {
		consents []client.Consent
		stands   bool
	}{
		"a version that did not touch its text": {[]client.Consent{yes()}, true},
		"a version that did": {[]client.Consent{with(func(c *client.Consent) {
			c.DisclosureHash, c.PolicyVersion = "sha256:old", "pixplus/v1"
		})}, false},
		"a text in another language than shown": {[]client.Consent{with(func(c *client.Consent) { c.Language = "zh-Hans" })}, false},
		"a no after it":                         {[]client.Consent{with(func(c *client.Consent) { c.ID, c.Decision = "con_3", "declined" }), yes()}, false},
		"one that was withdrawn":                {[]client.Consent{with(func(c *client.Consent) { c.Decision, c.WithdrawnAt = "withdrawn", at(0) })}, false},
		"a yes to one task":                     {[]client.Consent{with(func(c *client.Consent) { c.Scope = "single_job" })}, false},
		"one about another recipient":           {[]client.Consent{with(func(c *client.Consent) { c.Recipient = "runninghub" })}, false},
		"a no about another recipient":          {[]client.Consent{with(func(c *client.Consent) { c.Recipient, c.Decision = "runninghub", "declined" }), yes()}, true},
		"one about another feature":             {[]client.Consent{with(func(c *client.Consent) { c.Feature = "avatar" })}, false},
		"none":                                  {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site, _ := newSite(t, func(o *Options) {
				api := o.API
				o.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.Method == http.MethodGet && r.URL.Path == "/v1/consents" {
						reply(w, 200, client.Page[client.Consent]{Data: slices.Clone(tc.consents)})
						return
					}
					api.ServeHTTP(w, r)
				})
			})
			b := signedIn(t, site)
			_, page := b.get("/pixplus/e/visual_effect")
			if got := strings.Contains(page, `data-standing="1"`); got != tc.stands {
				t.Errorf("the effect page takes it to stand: %t, want %t", got, tc.stands)
			}
			if resp, _ := b.get("/pixplus/e/visual_effect/upload"); (resp.StatusCode == http.StatusOK) != tc.stands {
				t.Errorf("the upload page answered %d", resp.StatusCode)
			}
		})
	}
}

// TestThePersonChoosesHowLongAYesHolds: where a yes can stand for more than one task, it does for whoever ticks
// that, and nobody else. Where it cannot, nothing is offered.
func TestThePersonChoosesHowLongAYesHolds(t *testing.T) {
	t.Parallel()
	site, api := newSite(t, func(o *Options) {
		api := o.API
		o.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v1/features/visual_effect/disclosure" {
				d := disclosure(false)
				d.Feature, d.Scope, d.Scopes = "visual_effect", "until_policy_changes", []string{"single_job", "until_policy_changes"}
				reply(w, 200, d)
				return
			}
			api.ServeHTTP(w, r)
		})
	})
	b := newBrowser(t, site)
	const box = `<input type="checkbox" name="scope" value="until_policy_changes">` // not ticked
	for _, path := range []string{"/pixplus/e/visual_effect", "/pixplus/e/visual_effect/consent"} {
		if _, page := b.get(path); !strings.Contains(page, box) {
			t.Errorf("%s does not offer to remember", path)
		}
	}
	if _, page := b.get("/pixplus/e/avatar/consent"); strings.Contains(page, `name="scope"`) {
		t.Error("what is asked about each time offers a choice")
	}
	for scope, ticked := range map[string][]string{"single_job": nil, "until_policy_changes": {"until_policy_changes"}} {
		b.post("/pixplus/e/visual_effect/consent", url.Values{"hash": {"sha256:4f"}, "decision": {"granted"}, "scope": ticked})
		if q, _ := api.last(http.MethodPost, "/v1/consents"); !strings.Contains(q.Body, `"scope":"`+scope+`"`) {
			t.Errorf("the choice %s was recorded as %s", scope, q.Body)
		}
	}
}
