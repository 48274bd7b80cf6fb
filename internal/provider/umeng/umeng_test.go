package umeng_test

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
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/provider/drivertest"
	"vow.example/vow/internal/provider/umeng"
	"vow.example/vow/internal/sim/kit"
	sim "vow.example/vow/internal/sim/umeng"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var update = flag.Bool("update", false, "write the golden files")

const (
	key, security = "97140550", "fakeSecurity"
	batch         = `[{"name":"tap","at":"2026-11-22T08:00:00Z","params":{"page":"home garden+1","step":1}},{"name":"open","at":"2026-11-22T08:00:01Z","params":{}}]`
)

func client(person int) string { return fmt.Sprintf("%032x", person+1) }

func workflow() driver.Workflow {
	return driver.Workflow{Call: "umeng.uapp.event.upload", ID: "52254b8a56240be8db048933", Nodes: map[privacy.Field]driver.Node{
		"analytics_id": {Name: "clientId"}, "events": {Name: "data", Words: map[string]string{"open": "app_open"}},
	}}
}

func harness(w driver.Workflow, next ...string) drivertest.Harness {
	return drivertest.Harness{
		Driver: umeng.Driver{}, App: "mixoo", Feature: "usage", Recipient: "umeng", Shape: drivertest.Delivery,
		Wiring: provider.Wiring{"umeng": {Driver: umeng.Name, Workflows: map[privacy.FeatureID]driver.Workflow{"usage": w}}},
		Fields: map[privacy.Field]drivertest.Field{
			"analytics_id": {Kind: drivertest.Words, Value: client(1<<20 - 1), Of: client},
			"events": {Kind: drivertest.Words, Value: batch, Of: func(person int) string {
				return strings.Replace(batch, `"step":1`, fmt.Sprintf(`"step":%d`, 100+person), 1)
			}},
		},
		Calls: [][]privacy.Field{{"analytics_id", "events"}}, Matches: matches,
		Start: func(t *testing.T, _ bool) drivertest.Service { return start(t, security, next...) },
	}
}

// matches compares what Umeng took with the batch that was sent.
func matches(sent drivertest.Content, _ driver.Result, data []byte) bool {
	form, err := url.ParseQuery(string(data))
	var got []struct {
		Name   string
		At     int64
		Params map[string]any
	}
	var want []struct {
		Name   string
		At     time.Time
		Params map[string]any
	}
	if err != nil || json.Unmarshal([]byte(form.Get("data")), &got) != nil || json.Unmarshal([]byte(sent["events"]), &want) != nil || len(got) != len(want) {
		return false
	}
	for i := range want {
		if got[i].At != want[i].At.UnixMilli() || fmt.Sprint(got[i].Params) != fmt.Sprint(want[i].Params) {
			return false
		}
	}
	return form.Get("clientId") == sent["analytics_id"] && got[0].Name == "tap" && got[1].Name == "app_open"
}

func start(t *testing.T, own string, next ...string) drivertest.Service {
	t.Helper()
	fake := clock.NewFake(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	s := sim.New(sim.Options{
		Options: kit.Options{Oversize: 3 << 20, Clock: fake}, Key: key, Security: security, Apps: []string{"52254b8a56240be8db048933"},
		Calls: []string{"umeng.uapp.event.upload"}, Fields: map[string]string{"clientId": "analytics_id", "data": "events"},
	})
	t.Cleanup(s.Close)
	for _, c := range next {
		s.Next(c)
	}
	base, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	service := drivertest.On(s.Kit, egress.Config{
		Recipient: "umeng", BaseURL: base, AllowLoopback: true, Clock: fake,
		Credentials: map[string]egress.Credential{"api_key": egress.NewCredential(key), "api_security": egress.NewCredential(own)},
	}, func(c drivertest.Call, _, path string) bool { return c == 0 && strings.HasPrefix(path, sim.Root) })
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

func TestGoldenWireFile(t *testing.T) {
	t.Parallel()
	drivertest.Golden(t, harness(workflow()), filepath.Join("testdata", "events.wire.txt"), map[string]string{"api_key": key}, *update)
}

func content() drivertest.Content {
	return drivertest.Content{"analytics_id": client(1), "events": batch}
}

func TestAWiringThatDoesNotFitIsRefusedBeforeAnyCall(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*driver.Workflow)
		code   string
	}{
		"a setting":                  {func(w *driver.Workflow) { w.Set = map[string]string{"imei": "x"} }, "set"},
		"no call":                    {func(w *driver.Workflow) { w.Call = "" }, "call"},
		"a call elsewhere":           {func(w *driver.Workflow) { w.Call = "umeng.uapp./../x" }, "call"},
		"no app":                     {func(w *driver.Workflow) { w.ID = "mixoo" }, "app"},
		"the app's own member":       {func(w *driver.Workflow) { w.Nodes["events"] = driver.Node{Name: "appkey"} }, "node-name"},
		"the signature's member":     {func(w *driver.Workflow) { w.Nodes["events"] = driver.Node{Name: "_aop_signature"} }, "node-name"},
		"two fields in one place":    {func(w *driver.Workflow) { w.Nodes["events"] = driver.Node{Name: "clientId"} }, "twice"},
		"a batch under another name": {func(w *driver.Workflow) { delete(w.Nodes, "events"); w.Nodes["usage"] = driver.Node{Name: "data"} }, "no-node"},
	} {
		w := workflow()
		c.change(&w)
		h := harness(w)
		s, _, err := drivertest.Try(t, h, content())
		if class, got := drivertest.CodeOf(t, err); class != egress.Bug || got != c.code || len(s.Arrived()) > 0 {
			t.Errorf("%s: %s %s, %v", name, class, got, s.Arrived())
		}
	}
}

func TestAWrongKeyIsRefusedThere(t *testing.T) {
	t.Parallel()
	h := harness(workflow())
	h.Start = func(t *testing.T, _ bool) drivertest.Service { return start(t, "ofAnotherApp") }
	s, _, err := drivertest.Try(t, h, content())
	if class, got := drivertest.CodeOf(t, err); class != egress.Auth || got != "gw.SignatureInvalid" || len(s.Took()) > 0 {
		t.Errorf("%s %s", class, got)
	}
	h.Start = func(t *testing.T, _ bool) drivertest.Service {
		s := start(t, security)
		s.Config.Credentials["api_key"] = egress.NewCredential("../../../elsewhere")
		return s
	}
	s, _, err = drivertest.Try(t, h, content())
	if class, got := drivertest.CodeOf(t, err); class != egress.Blocked || got != "credential" || len(s.Arrived()) > 0 {
		t.Errorf("a key that leads elsewhere: %s %s", class, got)
	}
}

func TestEveryCodeHasAClass(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]egress.Class{
		"gw.QosAppFrequencyLimit": egress.Throttled, "gw.AppKeyNotFound": egress.Auth, "gw.APIUnsupported": egress.Gone, "gw.ParamMissing": egress.Bug,
		"gw.InternalError": egress.UnknownOutcome, "isp.unknown": egress.Failed, "you wrote: a fox": egress.Failed,
	} {
		_, _, err := drivertest.Try(t, harness(workflow(), said), content())
		if class, got := drivertest.CodeOf(t, err); class != want || strings.Contains(got, "fox") {
			t.Errorf("%s: %v", said, err)
		}
	}
}

// FuzzAnswers checks that an answer with a code or a status is no delivery, and that no words of it are
// repeated.
func FuzzAnswers(f *testing.F) {
	f.Add(200, []byte(`{"status":0}`))
	f.Add(200, []byte(`{"error_code":"isp.x","status":0}`))
	f.Add(400, []byte(`{"error_code":"gw.SignatureInvalid"}`))
	f.Add(200, []byte(`{"status":-1}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		canned := drivertest.Canned{Names: []privacy.Field{"analytics_id", "events"}, Answer: egress.Response{Status: status, Body: body}}
		if status >= 300 {
			canned.Err = driver.Fail(egress.Bug, "http")
		}
		begun, err := (umeng.Driver{}).Begin(t.Context(), canned, driver.Order{Workflow: workflow()})
		if err == nil && (status >= 300 || !json.Valid(body) || begun.Status.State != driver.Delivered) {
			t.Errorf("%d %q is a delivery", status, body)
		}
		var e *egress.Error
		if err != nil && (!errors.As(err, &e) || e.Class == "" || e.Code != driver.Code(e.Code)) {
			t.Errorf("%d %q: %v", status, body, err)
		}
	})
}
