package server

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"vow.example/vow/client"
	"vow.example/vow/internal/desk"
)

// TestADemonstrationHasADesk asks the whole server, as the first person of the staff would.
func TestADemonstrationHasADesk(t *testing.T) {
	t.Parallel()
	d := newTold(t).demo
	ask := func(method, path, token, body string, out any) int {
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		d.core.handler.ServeHTTP(w, r)
		if out != nil && w.Code < 300 {
			if err := json.Unmarshal(w.Body.Bytes(), out); err != nil {
				t.Fatal(err)
			}
		}
		return w.Code
	}
	banner := d.banner(DemoOptions{RealTime: true}, 0)
	for _, p := range desk.DemoStaff() {
		if !strings.Contains(banner, p.Token) {
			t.Errorf("the banner hides %s", p.Token)
		}
	}
	if got := ask(http.MethodGet, "/v1/admin/cases?app=mixoo", "rk_demo_auditor", "", nil); got != http.StatusOK {
		t.Errorf("the auditor sees no cases: %d", got)
	}
	if got := ask(http.MethodGet, "/v1/admin/cases?app=mixoo", "rk_live_nobody", "", nil); got != http.StatusUnauthorized {
		t.Errorf("anybody sees cases: %d", got)
	}
	if got := ask(http.MethodGet, "/v1/admin/reads?app=mixoo&category=device_info&purpose=troubleshooting", "rk_demo_auditor", "", nil); got != http.StatusOK {
		t.Errorf("device facts for troubleshooting: %d", got)
	}
	for _, q := range []string{"device_info&purpose=advertising", "usage_events&purpose=profiling", "source_photo&purpose=improvement", "source_photo&purpose=training", "prompt&purpose=improvement"} {
		if got := ask(http.MethodGet, "/v1/admin/reads?app=mixoo&category="+q, "rk_demo_auditor", "", nil); got != http.StatusForbidden {
			t.Errorf("%s: %d", q, got)
		}
	}
	app, shown := "", client.Page[client.Material]{}
	for _, id := range d.core.apps.order {
		if app = string(id); len(shown.Data) > 0 {
			break
		}
		if got := ask(http.MethodGet, "/v1/apps/"+app+"/materials", "", "", &shown); got != http.StatusOK {
			t.Fatalf("%d", got)
		}
	}
	if len(shown.Data) == 0 {
		t.Fatal("what ships with the demonstration is not offered")
	}
	first := shown.Data[0]
	app = strings.Split(first.Files["picture"], "/")[3]
	body := `{"app":"` + app + `","kind":"` + first.Kind + `","id":"` + first.ID + `"}`
	if got := ask(http.MethodPost, "/v1/admin/templates/unpublish", "rk_demo_moderator", body, nil); got != http.StatusOK {
		t.Fatalf("%d", got)
	}
	if got := ask(http.MethodGet, "/v1/apps/"+app+"/materials/"+first.Kind+"/"+first.ID+"/picture", "", "", nil); got != http.StatusNotFound {
		t.Errorf("an unpublished picture is served: %d", got)
	}
	var session client.Session
	if got := ask(http.MethodPost, "/v1/sessions", "", `{"app":"pixplus","platform":"web","age_band":"over"}`, &session); got != http.StatusCreated {
		t.Fatalf("%d", got)
	}
	if got := ask(http.MethodGet, "/v1/privacy/access", session.AccessToken, "", nil); got != http.StatusOK {
		t.Errorf("a person does not see who read: %d", got)
	}
	if got := ask(http.MethodPost, "/v1/admin/subjects/"+session.Subject+"/underage?app=pixplus", "rk_demo_moderator", "", nil); got != http.StatusOK {
		t.Fatalf("%d", got)
	}
	if got := ask(http.MethodGet, "/v1/me", session.AccessToken, "", nil); got != http.StatusUnauthorized {
		t.Errorf("a marked account lives: %d", got)
	}
	if got := ask(http.MethodPost, "/v1/admin/app/close", "rk_demo_owner", `{"app":"pixplus","notice":{"en":"We close."}}`, nil); got != http.StatusOK {
		t.Fatalf("%d", got)
	}
	if got := ask(http.MethodPost, "/v1/sessions", "", `{"app":"pixplus","platform":"web","age_band":"over"}`, &session); got >= 300 && got != http.StatusGone {
		t.Fatalf("%d", got)
	} else if got < 300 {
		if got := ask(http.MethodPost, "/v1/uploads", session.AccessToken, "x", nil); got != http.StatusGone {
			t.Errorf("an app that ended takes uploads: %d", got)
		}
	}
}
