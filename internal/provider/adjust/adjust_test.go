package adjust_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/adjust"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/provider/drivertest"
	sim "vow.example/vow/internal/sim/adjust"
	"vow.example/vow/internal/sim/kit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var update = flag.Bool("update", false, "write the golden files")

const (
	secret = "fake-s2s-token"
	event  = `[{"name":"first_open","at":"2026-11-22T08:00:00Z","params":{"app_version":"1.4.0","step":1,"wifi":true}}]`
)

func device(person int) string { return fmt.Sprintf("%032x", person+1) }

func workflow() driver.Workflow {
	return driver.Workflow{ID: "4w565xzmb54d", Set: map[string]string{"environment": "sandbox"}, Nodes: map[privacy.Field]driver.Node{
		"analytics_id": {Name: "adid"}, "events": {Name: "event", Words: map[string]string{"first_open": "f0ob4r"}},
	}}
}

func harness(w driver.Workflow, next ...string) drivertest.Harness {
	return drivertest.Harness{
		Driver: adjust.Driver{}, App: "mixoo", Feature: "usage", Recipient: "adjust", Shape: drivertest.Delivery,
		Wiring: provider.Wiring{"adjust": {Driver: adjust.Name, Workflows: map[privacy.FeatureID]driver.Workflow{"usage": w}}},
		Fields: map[privacy.Field]drivertest.Field{
			"analytics_id": {Kind: drivertest.Words, Value: device(1<<20 - 1), Of: device},
			"events": {Kind: drivertest.Words, Value: event, Of: func(person int) string {
				return strings.Replace(event, `"step":1`, fmt.Sprintf(`"step":%d`, 100+person), 1)
			}},
		},
		Calls: [][]privacy.Field{{"analytics_id", "events"}}, Matches: matches,
		Start: func(t *testing.T, _ bool) drivertest.Service { return start(t, next...) },
	}
}

// matches compares what Adjust took with the event that was sent.
func matches(sent drivertest.Content, _ driver.Result, data []byte) bool {
	form, err := url.ParseQuery(string(data))
	var params map[string]any
	var want []struct{ Params map[string]any }
	if err != nil || json.Unmarshal([]byte(form.Get("callback_params")), &params) != nil || json.Unmarshal([]byte(sent["events"]), &want) != nil {
		return false
	}
	return form.Get("adid")+form.Get("web_uuid") == sent["analytics_id"] && form.Get("event_token") == "f0ob4r" &&
		form.Get("created_at_unix") == "1795334400" && fmt.Sprint(params) == fmt.Sprint(want[0].Params)
}

func start(t *testing.T, next ...string) drivertest.Service {
	t.Helper()
	fake := clock.NewFake(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	s := sim.New(sim.Options{
		Options: kit.Options{Oversize: 3 << 20, Clock: fake}, Token: secret, Apps: []string{"4w565xzmb54d"}, Events: []string{"f0ob4r"}, Environment: "sandbox",
		Fields: map[string]string{"adid": "analytics_id", "web_uuid": "analytics_id", "event_token": "events", "created_at_unix": "events", "callback_params": "events"},
	})
	t.Cleanup(s.Close)
	for _, message := range next {
		s.Next(message)
	}
	base, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	service := drivertest.On(s.Kit, egress.Config{
		Recipient: "adjust", BaseURL: base, AllowLoopback: true, Credentials: map[string]egress.Credential{"token": egress.NewCredential(secret)},
	}, func(c drivertest.Call, _, path string) bool { return c == 0 && path == "/event" })
	service.Took = func() (list [][]byte) {
		for _, form := range s.Taken() {
			list = append(list, []byte(form.Encode()))
		}
		return list
	}
	return service
}

func TestTheDriverConforms(t *testing.T) {
	t.Parallel()
	drivertest.Run(t, harness(workflow()))
}

func TestGoldenWireFiles(t *testing.T) {
	t.Parallel()
	web := workflow()
	web.Nodes["analytics_id"] = driver.Node{Name: "web_uuid"}
	for name, w := range map[string]driver.Workflow{"app": workflow(), "web": web} {
		drivertest.Golden(t, harness(w), filepath.Join("testdata", name+".wire.txt"), map[string]string{"token": secret}, *update)
	}
}

func one() drivertest.Content {
	return drivertest.Content{"analytics_id": device(1), "events": event}
}

func TestAWiringThatDoesNotFitIsRefusedBeforeAnyCall(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*driver.Workflow)
		code   string
	}{
		"no environment":                {func(w *driver.Workflow) { w.Set = nil }, "set"},
		"another setting":               {func(w *driver.Workflow) { w.Set["gps_adid"] = "x" }, "set"},
		"another call":                  {func(w *driver.Workflow) { w.Call = "session" }, "set"},
		"no app":                        {func(w *driver.Workflow) { w.ID = "mixoo" }, "app"},
		"an advertising identifier":     {func(w *driver.Workflow) { w.Nodes["analytics_id"] = driver.Node{Name: "gps_adid"} }, "node-name"},
		"an identifier of the device":   {func(w *driver.Workflow) { w.Nodes["analytics_id"] = driver.Node{Name: "android_id"} }, "node-name"},
		"an address of the device":      {func(w *driver.Workflow) { w.Nodes["analytics_id"] = driver.Node{Name: "ip_address"} }, "node-name"},
		"events without tokens":         {func(w *driver.Workflow) { w.Nodes["events"] = driver.Node{Name: "event"} }, "event-tokens"},
		"a token of another form":       {func(w *driver.Workflow) { w.Nodes["events"].Words["first_open"] = "first_open" }, "event-tokens"},
		"a batch in the event's places": {func(w *driver.Workflow) { w.Nodes["events"] = driver.Node{Name: "events"} }, "node-name"},
	} {
		w := workflow()
		c.change(&w)
		s, _, err := drivertest.Try(t, harness(w), one())
		if class, got := drivertest.CodeOf(t, err); class != egress.Bug || got != c.code || len(s.Arrived()) > 0 {
			t.Errorf("%s: %s %s, %v", name, class, got, s.Arrived())
		}
	}
}

func TestAnEventWithoutATokenAndABatchOfTwoNeverLeave(t *testing.T) {
	t.Parallel()
	for events, want := range map[string]string{
		strings.Replace(event, "first_open", "tap", 1):                        "event-unknown-there",
		strings.TrimSuffix(event, "]") + "," + strings.TrimPrefix(event, "["): "events-count",
		"[]": "events-count",
	} {
		s, _, err := drivertest.Try(t, harness(workflow()), drivertest.Content{"analytics_id": device(1), "events": events})
		if class, got := drivertest.CodeOf(t, err); class != egress.Blocked || got != want || len(s.Arrived()) > 0 {
			t.Errorf("%s: %s %s, %v", events, class, got, s.Arrived())
		}
	}
}

func TestEveryMessageOfTheServiceHasAClassAndIsNotRepeated(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]struct {
		class egress.Class
		code  string
	}{
		"Bad event state":                              {egress.Bug, "bad-event-state"},
		"Invalid callback parameters":                  {egress.Bug, "invalid-callback-parameters"},
		"Ignoring event, earlier unique event tracked": {egress.Failed, "earlier-unique-event"},
		"Failed to authorize request":                  {egress.Auth, "not-authorized"},
		"App is inactive":                              {egress.Gone, "app-inactive"},
		"Device not found":                             {egress.Gone, "device-not-found"},
		"Device is opted out":                          {egress.Failed, "device-opted-out"},
		"Too many requests":                            {egress.Throttled, "http-429"},
		"Internal error, contact support@adjust.com":   {egress.UnknownOutcome, "http-500"},
	} {
		_, _, err := drivertest.Try(t, harness(workflow(), message), one())
		if class, got := drivertest.CodeOf(t, err); class != want.class || got != want.code || strings.Contains(err.Error(), message) {
			t.Errorf("%s: %v", message, err)
		}
	}
}

// FuzzAnswers checks that an answer is taken for a delivery only where it says so, and that nothing of
// its words is repeated.
func FuzzAnswers(f *testing.F) {
	f.Add(200, []byte(`{"status":"OK"}`))
	f.Add(400, []byte(`{"error":"Event request failed (Invalid event token)"}`))
	f.Add(400, []byte(`{"error":"Event request failed ("}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		canned := drivertest.Canned{Names: []privacy.Field{"analytics_id", "events"}, Answer: egress.Response{Status: status, Body: body}}
		if status >= 300 {
			canned.Err = driver.Fail(egress.Bug, "http")
		}
		begun, err := (adjust.Driver{}).Begin(t.Context(), canned, driver.Order{Workflow: workflow()})
		if err == nil && (status >= 300 || !strings.Contains(strings.ToLower(string(body)), `status"`) || begun.Status.State != driver.Delivered) {
			t.Errorf("%d %q is a delivery: %+v", status, body, begun)
		}
		var e *egress.Error
		if err != nil && (!errors.As(err, &e) || e.Class == "" || driver.Code(e.Code) != e.Code) {
			t.Errorf("%d %q: %v", status, body, err)
		}
	})
}
