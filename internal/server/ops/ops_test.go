package ops_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/server/ops"
)

func ask(t *testing.T, path string, list ...ops.Recipient) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	due := time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)
	audits := []ops.Audit{{App: "picwiz", Part: "access", Late: true}, {App: "picwiz", Part: "dependencies", Due: &due}}
	ops.Handler(func() ops.Health { return ops.Health{Recipients: list, Audits: audits} }).ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

func TestHealthSaysHowEachRecipientIs(t *testing.T) {
	t.Parallel()
	code, body := ask(t, "/health", ops.Recipient{ID: "gemini", State: "open", Failures: 5, LastCode: "transient http-503", Blocked: []ops.Blocked{{Rule: "result-host", Count: 2}}})
	var got ops.Health
	if err := json.Unmarshal([]byte(body), &got); err != nil || code != http.StatusOK || len(got.Recipients) != 1 || got.Recipients[0].State != "open" {
		t.Errorf("%d %s, %v", code, body, err)
	}
	if a := got.Audits; len(a) != 2 || !a[0].Late || a[0].Due != nil || a[1].Late || a[1].Due == nil || a[1].Due.Year() != 2027 {
		t.Errorf("%+v", got.Audits)
	}
}

func TestMetricsCountWhatTheGateRefused(t *testing.T) {
	t.Parallel()
	_, body := ask(t, "/metrics", ops.Recipient{ID: "zhipu", State: "paused", InFlight: 3, Held: 7, Overdue: 1, Blocked: []ops.Blocked{{Rule: "private-address", Count: 4}}})
	for _, line := range []string{
		`vow_recipient_state{recipient="zhipu",state="paused"} 1`, `vow_recipient_jobs{recipient="zhipu"} 3`,
		`vow_recipient_blocked_total{recipient="zhipu",rule="private-address"} 4`, `vow_recipient_held{recipient="zhipu"} 7`,
		`vow_recipient_erasures_overdue{recipient="zhipu"} 1`,
		`vow_security_audit_late{app="picwiz",part="access"} 1`, `vow_security_audit_late{app="picwiz",part="dependencies"} 0`,
	} {
		if !strings.Contains(body, line+"\n") {
			t.Errorf("the metrics lack %s:\n%s", line, body)
		}
	}
}

func TestNothingElseIsServed(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/", "/debug/pprof/", "/v1/apps"} {
		if code, _ := ask(t, path); code != http.StatusNotFound {
			t.Errorf("%s: %d", path, code)
		}
	}
}
