package server

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"vow.example/vow/client"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/intake/bound"
)

// TestADemonstrationCollectsWhatItsPoliciesListAndNothingElse asks the whole server, as an app would.
func TestADemonstrationCollectsWhatItsPoliciesListAndNothingElse(t *testing.T) {
	t.Parallel()
	d := newTold(t).demo
	send := func(token, method, path, body string, header http.Header, out any) int {
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
		r.Header = header.Clone()
		if r.Header == nil {
			r.Header = http.Header{}
		}
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		d.core.handler.ServeHTTP(w, r)
		if out != nil && w.Code < http.StatusMultipleChoices {
			if err := json.Unmarshal(w.Body.Bytes(), out); err != nil {
				t.Fatal(err)
			}
		}
		return w.Code
	}
	var me client.Session
	if got := send("", http.MethodPost, "/v1/sessions", `{"app":"picwiz","age_band":"over","platform":"ios"}`, nil, &me); got != http.StatusCreated {
		t.Fatalf("no session: %d", got)
	}
	ask := func(path, body string) int {
		return send(me.AccessToken, http.MethodPost, path, body, nil, nil)
	}
	const facts = `{"platform":"ios","app_state":"foreground","data":{"hardware_model":"iPhone15,3","os_version":"17.5.1"}}`
	if got := ask("/v1/telemetry", facts); got != http.StatusAccepted {
		t.Errorf("what is listed: %d", got)
	}
	if got := ask("/v1/telemetry", strings.Replace(facts, "os_version", "idfa", 1)); got != http.StatusUnprocessableEntity {
		t.Errorf("an advertising id: %d", got)
	}
	if got := ask("/v1/telemetry?idfa=x", facts); got != http.StatusUnprocessableEntity {
		t.Errorf("an advertising id in the address: %d", got)
	}
	if got := ask("/v1/support", `{"platform":"ios","text":"Hello"}`); got != http.StatusCreated {
		t.Errorf("support: %d", got)
	}
	if got := send(me.AccessToken, http.MethodPut, "/v1/me/permissions", `{"camera":"denied"}`, nil, nil); got != http.StatusOK {
		t.Errorf("permissions: %d", got)
	}
	if got := ask("/v1/uploads?origin=capture", "\xff\xd8\xff\xe0"); got == http.StatusCreated {
		t.Error("a photo of a denied camera is taken")
	}
	var held client.Holdings
	if got := send(me.AccessToken, http.MethodGet, "/v1/privacy/holdings", "", nil, &held); got != http.StatusOK {
		t.Errorf("holdings: %d", got)
	}
	counts := map[string]int{}
	for _, h := range held.Data {
		counts[h.Category] += h.Count
	}
	if counts["device_info"] != 1 || counts["support_message"] != 1 {
		t.Errorf("held: %v", counts)
	}
	var other client.Session
	send("", http.MethodPost, "/v1/sessions", `{"app":"kmeng","age_band":"over","platform":"android"}`, nil, &other)
	device := func() (n int) {
		send(other.AccessToken, http.MethodGet, "/v1/privacy/holdings", "", nil, &held)
		for _, h := range held.Data {
			if h.Category == "device_info" {
				n += h.Count
			}
		}
		return n
	}
	accept(t, send, other.AccessToken)
	for _, step := range []struct {
		state  string
		status int
		held   int
	}{{"denied", http.StatusConflict, 0}, {"granted", http.StatusAccepted, 1}, {"denied", http.StatusConflict, 0}} { // taken back: it counts at once
		send(other.AccessToken, http.MethodPut, "/v1/me/permissions", `{"network":"`+step.state+`"}`, nil, nil)
		if step.held == 0 && device() != 0 {
			t.Error("what was taken under a permission outlives it")
		}
		got := send(other.AccessToken, http.MethodPost, "/v1/telemetry", `{"platform":"android","app_state":"foreground","schema":"device","data":{"device_model":"Pixel-8"}}`, nil, nil)
		if got != step.status || device() != step.held {
			t.Errorf("with network %s: %d, %d held", step.state, got, device())
		}
	}
	body := `{"subject":"` + me.Subject + `","data":{}}`
	at := strconv.FormatInt(clock.Real{}.Now().Unix(), 10)
	signed := http.Header{"Vow-Timestamp": {at}, "Vow-Signature": {bound.Sign([]byte(demoVendor+"firebase"), at, []byte(body))}}
	if got := send("", http.MethodPost, "/v1/inbound/firebase", body, signed, nil); got != http.StatusAccepted {
		t.Errorf("a vendor with the shown secret: %d", got)
	}
	if got := send("", http.MethodPost, "/v1/inbound/firebase", body, nil, nil); got != http.StatusUnauthorized {
		t.Errorf("a vendor without it: %d", got)
	}
}

func TestTheSecretsOfVendorsAreReadFromTheEnvironment(t *testing.T) {
	set, err := loadApps("", "pk_test_")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("VOW_TEST_VENDOR", "0123456789abcdef")
	t.Setenv("VOW_TEST_SHORT", "short")
	secrets, err := vendorSecrets(map[string]string{"mixoo/firebase": "env:VOW_TEST_VENDOR"}, set.policies)
	if err != nil || string(secrets["mixoo/firebase"]) != "0123456789abcdef" {
		t.Errorf("%d secrets, %v", len(secrets), err)
	}
	for name, where := range map[string]string{"mixoo/umeng": "env:VOW_TEST_VENDOR", "nobody/firebase": "env:VOW_TEST_VENDOR", "mixoo/firebase": "0123456789abcdef", "mixoo/google_analytics": "env:VOW_TEST_SHORT"} {
		if _, err := vendorSecrets(map[string]string{name: where}, set.policies); err == nil || strings.Contains(err.Error(), "0123456789abcdef") {
			t.Errorf("%s from %s: %v", name, where, err)
		}
	}
}

// accept agrees to the policy where an app asks for that first.
func accept(t *testing.T, send func(token, method, path, body string, header http.Header, out any) int, token string) {
	t.Helper()
	var reading client.Reading
	if send(token, http.MethodGet, "/v1/me/acceptance", "", nil, &reading) != http.StatusOK || !reading.Required {
		return
	}
	send(token, http.MethodPost, "/v1/me/acceptance", `{"version":"`+reading.Version+`","hash":"`+reading.Hash+`","decision":"accepted"}`, nil, nil)
}
