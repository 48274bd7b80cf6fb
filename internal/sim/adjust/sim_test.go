package adjust_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/sim/adjust"
	"vow.example/vow/internal/sim/kit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T) (*adjust.Sim, *clock.Adjustable) {
	t.Helper()
	fake := clock.NewFake(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	s := adjust.New(adjust.Options{
		Options: kit.Options{Clock: fake}, Token: "fake-token", Apps: []string{"4w565xzmb54d"}, Events: []string{"f0ob4r"}, Environment: "sandbox",
		Fields: map[string]string{"adid": "analytics_id"},
	})
	t.Cleanup(s.Close)
	return s, fake
}

func form(pairs ...string) url.Values {
	f := url.Values{
		"s2s": {"1"}, "app_token": {"4w565xzmb54d"}, "event_token": {"f0ob4r"}, "environment": {"sandbox"}, "adid": {"0f"},
		"created_at_unix": {"1795334400"}, "callback_params": {`{"page":"home","step":1,"wifi":true}`},
	}
	for i := 0; i < len(pairs); i += 2 {
		if f.Del(pairs[i]); pairs[i+1] != "" {
			f.Set(pairs[i], pairs[i+1])
		}
	}
	return f
}

func post(t *testing.T, s http.Handler, token string, f url.Values) (int, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/event", strings.NewReader(f.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func TestAnEventIsRecordedAndKeptForATime(t *testing.T) {
	t.Parallel()
	s, fake := start(t)
	if status, body := post(t, s, "fake-token", form()); status != http.StatusOK || body != `{"status":"OK"}` {
		t.Fatalf("%d %s", status, body)
	}
	e := s.Received()
	if got := strings.Join(e.Requests[0].Fields, " "); got != "analytics_id callback_params created_at_unix event_token" || len(e.Holds) != 3 || len(e.Violations) > 0 {
		t.Errorf("carried %s, holds %d, noticed %v", got, len(e.Holds), e.Violations)
	}
	if taken := s.Taken(); len(taken) != 1 || taken[0].Get("adid") != "0f" {
		t.Errorf("taken %v", taken)
	}
	fake.Advance(30 * 24 * time.Hour)
	if n := len(s.Received().Holds); n != 0 {
		t.Errorf("after thirty days %d things are kept", n)
	}
}

func TestEveryRefusalHasTheServicesOwnWords(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		f       url.Values
		status  int
		message string
	}{
		"not from a server":         {form("s2s", ""), 400, "Bad event state"},
		"another environment":       {form("environment", "production"), 400, "Bad event state"},
		"an odd time":               {form("created_at_unix", "today"), 400, "Bad event state"},
		"a time to come":            {form("created_at_unix", "1895334400"), 400, "Bad event state"},
		"an app token that is none": {form("app_token", "mixoo"), 400, "Invalid app token"},
		"an unknown app":            {form("app_token", "000000000000"), 404, "App token not found"},
		"an unknown event":          {form("event_token", "000000"), 400, "Invalid event token"},
		"nobody":                    {form("adid", ""), 404, "Device not found"},
		"parameters that are none":  {form("callback_params", "x"), 400, "Invalid callback parameters"},
		"parameters with parts":     {form("callback_params", `{"a":{}}`), 400, "Invalid callback parameters"},
		"too much":                  {form("callback_params", `{"a":"`+strings.Repeat("x", 1<<20)+`"}`), 413, "Request size too large"},
	} {
		s, _ := start(t)
		status, body := post(t, s, "fake-token", c.f)
		if status != c.status || body != `{"error":"Event request failed (`+c.message+`)"}` || len(s.Taken()) > 0 {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	s, _ := start(t)
	if status, body := post(t, s, "other", form()); status != http.StatusUnauthorized || !strings.Contains(body, "Failed to authorize request") {
		t.Errorf("a stranger: %d %s", status, body)
	}
	for message, want := range map[string]int{"Device is opted out": 451, "App is inactive": 403, "Internal error, contact support@adjust.com": 500, "Too many requests": 429} {
		s.Next(message)
		if status, _ := post(t, s, "fake-token", form()); status != want {
			t.Errorf("%s: %d", message, status)
		}
	}
	if len(s.Taken()) > 0 {
		t.Error("a refused event is recorded")
	}
}

func TestAdvertisingAndTheDeviceAreNoticed(t *testing.T) {
	t.Parallel()
	for member, odd := range map[string]string{
		"gps_adid": "advertising identifier: gps_adid", "idfa": "advertising identifier: idfa", "ip_address": "describes a device: ip_address", "android_id": "describes a device: android_id",
	} {
		s, _ := start(t)
		_, _ = post(t, s, "fake-token", form(member, "x"))
		if got := s.Received().Violations; !slices.Contains(got, odd) {
			t.Errorf("%s: %v", member, got)
		}
	}
	s, _ := start(t)
	twice := form()
	twice.Add("adid", "1f")
	_, _ = post(t, s, "fake-token", twice)
	if got := s.Received().Violations; !slices.Contains(got, "comes twice: adid") {
		t.Errorf("two devices: %v", got)
	}
}

func TestAFaultIsTheServicesOwn(t *testing.T) {
	t.Parallel()
	s, _ := start(t)
	s.Inject(kit.Injection{Fault: kit.Throttled, Times: 1})
	if status, _ := post(t, s, "fake-token", form()); status != http.StatusTooManyRequests || len(s.Taken()) > 0 {
		t.Errorf("throttled: %d", status)
	}
	s.Inject(kit.Injection{Fault: kit.FailedAfter, Times: 1})
	if status, body := post(t, s, "fake-token", form()); status != http.StatusInternalServerError || !strings.Contains(body, "Internal error") || len(s.Taken()) != 1 {
		t.Errorf("failed after: %d %s, %d taken", status, body, len(s.Taken()))
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/event?s2s=1", nil)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != http.StatusNotFound {
		t.Errorf("a call by address: %d", w.Code)
	}
}
