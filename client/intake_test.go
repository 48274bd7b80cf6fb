package client_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"vow.example/vow/client"
)

func TestEachIntakeHasItsRoute(t *testing.T) {
	t.Parallel()
	var asked string
	var body map[string]any
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked, body = r.Method+" "+r.URL.RequestURI(), nil
		_ = json.NewDecoder(r.Body).Decode(&body) // a GET has none
		if r.Method == http.MethodDelete {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"accepted":1,"id":"thr_1","step_up":true,"targets":["qq"],"app":"mixoo","data":[]}`))
	}))
	t.Cleanup(srv.Close)
	c := client.New(srv.URL, "at_1", srv.Client())
	ctx := t.Context()
	facts := client.Telemetry{Platform: "ios", AppState: "foreground", Data: map[string]any{"os_version": "17"}}
	letter := client.Letter{Platform: "web", Text: "Hello"}
	for _, tt := range []struct {
		want string
		call func() (any, error)
		good any
	}{
		{"GET /v1/bootstrap?platform=ios", func() (any, error) { b, err := c.Bootstrap(ctx, "ios"); return b.App, err }, "mixoo"},
		{"POST /v1/telemetry", func() (any, error) { return c.Telemetry(ctx, facts) }, client.Accepted{Accepted: 1}},
		{"POST /v1/crash-reports", func() (any, error) { return c.CrashReport(ctx, facts) }, client.Accepted{Accepted: 1}},
		{"POST /v1/events", func() (any, error) { return c.ReportEvents(ctx, client.EventReport{Platform: "ios"}) }, client.Accepted{Accepted: 1}},
		{"POST /v1/feedback", func() (any, error) { return c.Feedback(ctx, letter) }, client.Accepted{Accepted: 1}},
		{"POST /v1/surveys/a%2Fb", func() (any, error) { return c.Survey(ctx, "a/b", letter) }, client.Accepted{Accepted: 1}},
		{"POST /v1/complaints/a%2Fb", func() (any, error) { s, err := c.Complain(ctx, "a/b", letter); return s.ID, err }, "thr_1"},
		{"POST /v1/login-risk", func() (any, error) { return c.LoginRisk(ctx, facts) }, client.LoginRisk{StepUp: true}},
		{"POST /v1/devices", func() (any, error) { d, err := c.Device(ctx, client.DeviceCreate{Platform: "ios"}); return d.ID, err }, "thr_1"},
		{"DELETE /v1/devices/dev_1", func() (any, error) { return nil, c.ForgetDevice(ctx, "dev_1") }, nil},
		{"POST /v1/support", func() (any, error) { s, err := c.Support(ctx, letter); return s.ID, err }, "thr_1"},
		{"POST /v1/support/thr_1/messages", func() (any, error) { s, err := c.SupportReply(ctx, "thr_1", letter); return s.ID, err }, "thr_1"},
		{"GET /v1/support/thr_1", func() (any, error) { s, err := c.SupportThread(ctx, "thr_1"); return s.ID, err }, "thr_1"},
		{"POST /v1/support/thr_1/close", func() (any, error) { s, err := c.CloseSupport(ctx, "thr_1"); return s.ID, err }, "thr_1"},
		{"GET /v1/support", func() (any, error) { l, err := client.Collect(c.SupportThreads(ctx)); return len(l), err }, 0},
		{"GET /v1/share-targets?platform=web", func() (any, error) { s, err := c.ShareTargets(ctx, "web"); return s.Targets[0], err }, "qq"},
	} {
		got, err := tt.call()
		if err != nil || got != tt.good || asked != tt.want {
			t.Errorf("%s: asked %s, got %v, %v", tt.want, asked, got, err)
		}
	}
	if _, err := c.Telemetry(ctx, facts); err != nil || body["platform"] != "ios" || body["app_state"] != "foreground" || body["schema"] != nil {
		t.Errorf("sent %v, %v", body, err)
	}
}
