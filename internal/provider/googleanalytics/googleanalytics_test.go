package googleanalytics_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"path/filepath"
	"slices"
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
	"vow.example/vow/internal/provider/googleanalytics"
	sim "vow.example/vow/internal/sim/googleanalytics"
	"vow.example/vow/internal/sim/kit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var update = flag.Bool("update", false, "write the golden files")

const (
	secret = "fake-api-secret"
	batch  = `[{"name":"first_open","at":"2026-11-22T08:00:00Z","params":{"app_version":"1.4.0"}},
		{"name":"page_view","at":"2026-11-22T08:00:01.5Z","params":{"page":"home","dwell_seconds":12,"wifi":true}}]`
)

func moment() time.Time { return time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC) }

// client is the identifier of one of many people.
func client(person int) string { return fmt.Sprintf("%032x", person+1) }

func workflow(id, place string) driver.Workflow {
	return driver.Workflow{ID: id, Nodes: map[privacy.Field]driver.Node{
		"analytics_id": {Name: place}, "events": {Name: "events", Words: map[string]string{"first_open": "opened_first"}},
	}}
}

func harness(w driver.Workflow) drivertest.Harness {
	return drivertest.Harness{
		Driver: googleanalytics.Driver{}, App: "mixoo", Feature: "usage", Recipient: "google_analytics", Shape: drivertest.Delivery,
		Wiring: provider.Wiring{"google_analytics": {Driver: googleanalytics.Name, Workflows: map[privacy.FeatureID]driver.Workflow{"usage": w}}},
		Fields: map[privacy.Field]drivertest.Field{
			"analytics_id": {Kind: drivertest.Words, Value: client(1<<20 - 1), Of: client},
			"events": {Kind: drivertest.Words, Value: batch, Of: func(person int) string {
				return strings.Replace(batch, `"dwell_seconds":12`, fmt.Sprintf(`"dwell_seconds":%d`, 100+person), 1)
			}},
		},
		Calls: [][]privacy.Field{{"analytics_id", "events"}}, Matches: matches, Start: start,
	}
}

// matches compares what Google took with the batch that was sent.
func matches(sent drivertest.Content, _ driver.Result, data []byte) bool {
	var got struct {
		Client string `json:"client_id"`
		App    string `json:"app_instance_id"`
		Events []struct {
			Name   string
			At     int64 `json:"timestamp_micros"`
			Params map[string]any
		}
	}
	var want []struct {
		Name   string
		At     time.Time
		Params map[string]any
	}
	if json.Unmarshal(data, &got) != nil || json.Unmarshal([]byte(sent["events"]), &want) != nil || len(got.Events) != len(want) {
		return false
	}
	for i, e := range want {
		name := strings.Replace(e.Name, "first_open", "opened_first", 1)
		if got.Events[i].Name != name || got.Events[i].At != e.At.UnixMicro() || fmt.Sprint(got.Events[i].Params) != fmt.Sprint(e.Params) {
			return false
		}
	}
	return got.Client+got.App == sent["analytics_id"]
}

func start(t *testing.T, _ bool) drivertest.Service {
	t.Helper()
	s, service := simulator(t)
	service.Took = func() (list [][]byte) {
		for _, hit := range s.Hits() {
			if len(hit.Problems) == 0 {
				list = append(list, hit.Body)
			}
		}
		return list
	}
	return service
}

func simulator(t *testing.T) (*sim.Sim, drivertest.Service) {
	t.Helper()
	s := sim.New(sim.Options{
		Options: kit.Options{Oversize: 3 << 20, Clock: clock.NewFake(moment()), Wall: clock.NewFake(moment())}, Secret: secret, Streams: []string{"G-MIXOO0001", "1:1234567890:android:abcdef"},
		Fields: map[string]string{"client_id": "analytics_id", "app_instance_id": "analytics_id"},
	})
	t.Cleanup(s.Close)
	url, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return s, drivertest.On(s.Kit, egress.Config{
		Recipient: "google_analytics", BaseURL: url, AllowLoopback: true, Credentials: map[string]egress.Credential{"api_secret": egress.NewCredential(secret)},
	}, func(c drivertest.Call, _, path string) bool { return c == 0 && path == "/mp/collect" })
}

func web() drivertest.Harness { return harness(workflow("G-MIXOO0001", "client_id")) }
func app() drivertest.Harness {
	return harness(workflow("1:1234567890:android:abcdef", "app_instance_id"))
}

func TestTheDriverConforms(t *testing.T) {
	t.Parallel()
	t.Run("a web stream", func(t *testing.T) { t.Parallel(); drivertest.Run(t, web()) })
	t.Run("an app stream", func(t *testing.T) { t.Parallel(); drivertest.Run(t, app()) })
}

func TestGoldenWireFiles(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]drivertest.Harness{"web": web(), "firebase": app()} {
		drivertest.Golden(t, h, filepath.Join("testdata", name+".wire.txt"), map[string]string{"api_secret": secret}, *update)
	}
}

func TestEveryCallDeniesAdvertising(t *testing.T) {
	t.Parallel()
	for _, h := range []drivertest.Harness{web(), app()} {
		var body map[string]any
		if err := json.Unmarshal([]byte(drivertest.Recorded(t, h)[0].Body), &body); err != nil {
			t.Fatal(err)
		}
		consent, _ := body["consent"].(map[string]any)
		if body["non_personalized_ads"] != true || consent["ad_user_data"] != "DENIED" || consent["ad_personalization"] != "DENIED" || len(body) != 4 {
			t.Errorf("the call says %v", body)
		}
	}
}

func TestAWiringThatDoesNotFitIsRefusedBeforeAnyCall(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*driver.Workflow)
		code   string
	}{
		"personal advertising switched on": {func(w *driver.Workflow) { w.Set = map[string]string{"non_personalized_ads": "false"} }, "set"},
		"any other setting":                {func(w *driver.Workflow) { w.Set = map[string]string{"user_id": "x"} }, "set"},
		"another call":                     {func(w *driver.Workflow) { w.Call = "debug/mp/collect" }, "set"},
		"a name that is no stream":         {func(w *driver.Workflow) { w.ID = "UA-1234-1" }, "stream"},
		"an app's place on a web stream":   {func(w *driver.Workflow) { w.Nodes["analytics_id"] = driver.Node{Name: "app_instance_id"} }, "node-name"},
		"an identifier of the person":      {func(w *driver.Workflow) { w.Nodes["analytics_id"] = driver.Node{Name: "user_id"} }, "node-name"},
		"a place within a node":            {func(w *driver.Workflow) { w.Nodes["events"] = driver.Node{ID: "1", Name: "events"} }, "node-name"},
		"two fields in one place":          {func(w *driver.Workflow) { w.Nodes["analytics_id"] = driver.Node{Name: "events"} }, "twice"},
		"a field without a place":          {func(w *driver.Workflow) { delete(w.Nodes, "events"); w.Nodes["other"] = driver.Node{Name: "events"} }, "no-node"},
	} {
		w := workflow("G-MIXOO0001", "client_id")
		c.change(&w)
		h := harness(w)
		s, _, err := drivertest.Try(t, h, drivertest.Content{"analytics_id": client(1), "events": batch})
		if class, got := drivertest.CodeOf(t, err); class != egress.Bug || got != c.code || len(s.Arrived()) > 0 {
			t.Errorf("%s: %s %s, %v", name, class, got, s.Arrived())
		}
	}
	_, _, err := drivertest.Try(t, web(), drivertest.Content{"events": batch})
	if class, got := drivertest.CodeOf(t, err); class != egress.Bug || got != "no-field" {
		t.Errorf("a batch of nobody: %s %s", class, got)
	}
}

func TestABatchThatIsNotClosedNeverLeaves(t *testing.T) {
	t.Parallel()
	for name, events := range map[string]string{
		"words":                  `a fox`,
		"a member of its own":    `[{"name":"tap","at":"2026-11-22T08:00:00Z","params":{},"prompt":"a fox"}]`,
		"an address":             `[{"name":"tap","at":"2026-11-22T08:00:00Z","params":{"who":"jo@mail.example"}}]`,
		"an identifier of ours":  `[{"name":"tap","at":"2026-11-22T08:00:00Z","params":{"page":"tasks/tsk_01jd3v9q"}}]`,
		"an object as a value":   `[{"name":"tap","at":"2026-11-22T08:00:00Z","params":{"where":{"lat":1}}}]`,
		"twenty-six events":      "[" + strings.TrimSuffix(strings.Repeat(`{"name":"tap","at":"2026-11-22T08:00:00Z","params":{}},`, 26), ",") + "]",
		"an event without a day": `[{"name":"tap","params":{}}]`,
	} {
		s, _, err := drivertest.Try(t, web(), drivertest.Content{"analytics_id": client(1), "events": events})
		if class, got := drivertest.CodeOf(t, err); class != egress.Blocked || !strings.HasPrefix(got, "event") || len(s.Arrived()) > 0 {
			t.Errorf("%s: %s %s, %v", name, class, got, s.Arrived())
		}
	}
}

func TestASecretThatIsWrongIsNoticedThereAndNotHere(t *testing.T) {
	t.Parallel()
	h := web()
	h.Start = func(t *testing.T, slow bool) drivertest.Service {
		s := start(t, slow)
		s.Config.Credentials = map[string]egress.Credential{"api_secret": egress.NewCredential("of-another-stream")}
		return s
	}
	s, begun, err := drivertest.Try(t, h, drivertest.Content{"analytics_id": client(1), "events": batch})
	if err != nil || begun.Status.State != driver.Delivered {
		t.Fatalf("the protocol tells of wrong secrets: %+v, %v", begun, err)
	}
	if odd := s.Odd(); !slices.Contains(odd, "validation: VALUE_INVALID api_secret") || len(s.Took()) > 0 {
		t.Errorf("noticed %v, took %d", odd, len(s.Took()))
	}
}
