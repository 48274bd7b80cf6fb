package umeng_test

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the gateway's own choice
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/sim/kit"
	"vow.example/vow/internal/sim/umeng"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const call = "umeng.uapp.event.upload"

func start(t *testing.T) (*umeng.Sim, *clock.Adjustable) {
	t.Helper()
	fake := clock.NewFake(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	s := umeng.New(umeng.Options{
		Options: kit.Options{Clock: fake}, Key: "97140550", Security: "fakeSecurity", Apps: []string{"52254b8a"}, Calls: []string{call},
		Fields: map[string]string{"clientId": "analytics_id", "data": "events"},
	})
	t.Cleanup(s.Close)
	return s, fake
}

// signed signs as the clients of the gateway do: names and values in a row, sorted by name.
func signed(path, security string, pairs ...string) url.Values {
	f := url.Values{"appkey": {"52254b8a"}, "clientId": {"c1"}, "data": {`[{"name":"tap"}]`}, "_aop_timestamp": {"1795338000000"}}
	for i := 0; i < len(pairs); i += 2 {
		f.Set(pairs[i], pairs[i+1])
	}
	var names []string
	for name := range f {
		names = append(names, name+f.Get(name))
	}
	slices.Sort(names)
	h := hmac.New(sha1.New, []byte(security))
	_, _ = h.Write([]byte(strings.TrimPrefix(path, "/openapi/") + strings.Join(names, "")))
	f.Set("_aop_signature", strings.ToUpper(hex.EncodeToString(h.Sum(nil))))
	return f
}

func post(t *testing.T, s http.Handler, path string, f url.Values) (int, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(f.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func TestASignedCallIsTakenAndKeptForATime(t *testing.T) {
	t.Parallel()
	s, fake := start(t)
	path := umeng.Root + call + "/97140550"
	if status, body := post(t, s, path, signed(path, "fakeSecurity")); status != http.StatusOK || body != `{"status":0}` {
		t.Fatalf("%d %s", status, body)
	}
	e := s.Received()
	if got := strings.Join(e.Requests[0].Fields, " "); got != "analytics_id events" || len(e.Holds) != 2 || len(e.Violations) > 0 || len(s.Taken()) != 1 {
		t.Errorf("carried %s, holds %d, noticed %v", got, len(e.Holds), e.Violations)
	}
	fake.Advance(365 * 24 * time.Hour)
	if n := len(s.Received().Holds); n != 0 {
		t.Errorf("after a year %d things are kept", n)
	}
}

func TestEveryRefusalHasItsCode(t *testing.T) {
	t.Parallel()
	path := umeng.Root + call + "/97140550"
	broken := signed(path, "fakeSecurity")
	broken.Set("data", "[]")
	for name, c := range map[string]struct {
		path, code string
		f          url.Values
		status     int
	}{
		"another path":                {"/openapi/param2/2/com.umeng.uapp/x/97140550", "gw.APIUnsupported", signed(path, "fakeSecurity"), 404},
		"another call":                {umeng.Root + "umeng.uapp.event.create/97140550", "gw.APIUnsupported", signed(path, "fakeSecurity"), 404},
		"another account":             {umeng.Root + call + "/1", "gw.AppKeyNotFound", signed(umeng.Root+call+"/1", "fakeSecurity"), 401},
		"another secret":              {path, "gw.SignatureInvalid", signed(path, "other"), 400},
		"a member changed on its way": {path, "gw.SignatureInvalid", broken, 400},
		"signed for another path":     {path, "gw.SignatureInvalid", signed(path+"1", "fakeSecurity"), 400},
		"a member that is unknown":    {path, "gw.ParamMissing", signed(path, "fakeSecurity", "imei", "1"), 400},
		"another app":                 {path, "gw.ParamMissing", signed(path, "fakeSecurity", "appkey", "1"), 400},
		"events that are no JSON":     {path, "gw.ParamMissing", signed(path, "fakeSecurity", "data", "x"), 400},
	} {
		s, _ := start(t)
		if status, body := post(t, s, c.path, c.f); status != c.status || !strings.Contains(body, `"error_code":"`+c.code+`"`) || len(s.Taken()) > 0 {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	s, _ := start(t)
	_, _ = post(t, s, path, signed(path, "fakeSecurity", "imei", "1"))
	if got := s.Received().Violations; !slices.Contains(got, "member imei: was not agreed on") {
		t.Errorf("noticed %v", got)
	}
	for code, want := range map[string]int{"gw.QosAppFrequencyLimit": 403, "isp.unknown": 200, "gw.InternalError": 500} {
		s.Next(code)
		if status, body := post(t, s, path, signed(path, "fakeSecurity")); status != want || !strings.Contains(body, code) {
			t.Errorf("%s: %d %s", code, status, body)
		}
	}
	s.Inject(kit.Injection{Fault: kit.Throttled, Times: 1})
	if status, _ := post(t, s, path, signed(path, "fakeSecurity")); status != http.StatusForbidden || len(s.Taken()) > 0 {
		t.Errorf("throttled: %d", status)
	}
	s.Inject(kit.Injection{Fault: kit.FailedAfter, Times: 1})
	if status, _ := post(t, s, path, signed(path, "fakeSecurity")); status != http.StatusInternalServerError || len(s.Taken()) != 1 {
		t.Errorf("failed after: %d, %d taken", status, len(s.Taken()))
	}
}
