package gateway_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
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
	"vow.example/vow/internal/provider/gateway"
	sim "vow.example/vow/internal/sim/gateway"
	"vow.example/vow/internal/sim/kit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var update = flag.Bool("update", false, "write the golden files")

const (
	secret  = "whsec_ZmFrZWZha2VmYWtlZmFrZWZha2VmYWtl"
	message = `{"title":"Done","body":"Your picture is ready, \"at last\"."}`
)

func workflow() driver.Workflow {
	return driver.Workflow{Call: "push", Nodes: map[privacy.Field]driver.Node{"address": {Name: "address"}, "message": {Name: "message"}}}
}

func harness(w driver.Workflow, next ...string) drivertest.Harness {
	return drivertest.Harness{
		Driver: gateway.Driver{}, App: "mixoo", Feature: "notice", Recipient: "own_host", Shape: drivertest.Delivery,
		Wiring: provider.Wiring{"own_host": {Driver: gateway.Name, Workflows: map[privacy.FeatureID]driver.Workflow{"notice": w}}},
		Fields: map[privacy.Field]drivertest.Field{
			"address": {Kind: drivertest.Words, Value: "push-token-of-jo", Of: func(person int) string { return fmt.Sprintf("person%d@mail.example", person) }},
			"message": {Kind: drivertest.Words, Value: message, Of: func(person int) string {
				return fmt.Sprintf(`{"title":"Done","body":"Picture %d is ready."}`, person)
			}},
		},
		Calls: [][]privacy.Field{{"address", "message"}}, Matches: matches,
		Start: func(t *testing.T, _ bool) drivertest.Service { return start(t, secret, next...) },
	}
}

// matches compares what the gateway took with the message that was sent.
func matches(sent drivertest.Content, _ driver.Result, data []byte) bool {
	var got sim.Message
	var want struct{ Title, Body string }
	if json.Unmarshal(data, &got) != nil || json.Unmarshal([]byte(sent["message"]), &want) != nil {
		return false
	}
	return got.Address == sent["address"] && got.Title == want.Title && got.Body == want.Body && got.Channel == "push" && got.ID != ""
}

func start(t *testing.T, own string, next ...string) drivertest.Service {
	t.Helper()
	fake := clock.NewFake(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	s := sim.New(sim.Options{Options: kit.Options{Oversize: 3 << 20, Clock: fake}, Secret: secret, Gone: []string{"a-phone-that-is-lost"}})
	t.Cleanup(s.Close)
	for _, c := range next {
		s.Next(c)
	}
	base, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	service := drivertest.On(s.Kit, egress.Config{
		Recipient: "own_host", BaseURL: base, AllowLoopback: true, Clock: fake, Credentials: map[string]egress.Credential{"webhook_secret": egress.NewCredential(own)},
	}, func(c drivertest.Call, _, path string) bool { return c == 0 && path == "/messages" })
	service.Took = func() (list [][]byte) {
		for _, m := range s.Delivered() {
			raw, err := json.Marshal(m)
			if err != nil {
				t.Error(err)
			}
			list = append(list, raw)
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
	drivertest.Golden(t, harness(workflow()), filepath.Join("testdata", "push.wire.txt"), map[string]string{"webhook_secret": secret}, *update)
}

func content() drivertest.Content {
	return drivertest.Content{"address": "push-token-of-jo", "message": message}
}

func TestAWiringThatDoesNotFitIsRefusedBeforeAnyCall(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*driver.Workflow)
		code   string
	}{
		"another channel":         {func(w *driver.Workflow) { w.Call = "telegram" }, "call"},
		"a setting":               {func(w *driver.Workflow) { w.Set = map[string]string{"title": "x"} }, "set"},
		"an identifier":           {func(w *driver.Workflow) { w.ID = "x" }, "set"},
		"another place":           {func(w *driver.Workflow) { w.Nodes["address"] = driver.Node{Name: "channel"} }, "node-name"},
		"two fields in one place": {func(w *driver.Workflow) { w.Nodes["address"] = driver.Node{Name: "message"} }, "twice"},
	} {
		w := workflow()
		c.change(&w)
		s, _, err := drivertest.Try(t, harness(w), content())
		if class, got := drivertest.CodeOf(t, err); class != egress.Bug || got != c.code || len(s.Arrived()) > 0 {
			t.Errorf("%s: %s %s, %v", name, class, got, s.Arrived())
		}
	}
}

func TestOnlyAMessageOfTitleAndBodyLeaves(t *testing.T) {
	t.Parallel()
	for _, m := range []string{
		"hello", `{}`, `{"title":"x"}`, `{"title":"x","body":"y","photo":"z"}`, `{"title":"x","body":["y"]}`, `{"title":"x","body":"y"} {}`,
		`{"title":"x","body":"` + strings.Repeat("y", 10_001) + `"}`,
	} {
		s, _, err := drivertest.Try(t, harness(workflow()), drivertest.Content{"address": "a", "message": m})
		if class, got := drivertest.CodeOf(t, err); class != egress.Blocked || got != "message" || len(s.Arrived()) > 0 {
			t.Errorf("%.40s: %s %s", m, class, got)
		}
	}
}

func TestEveryCodeHasAClass(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]egress.Class{
		"unknown-address": egress.Gone, "gone": egress.Gone, "rejected": egress.ContentRefused, "too-many": egress.Throttled, "internal": egress.UnknownOutcome,
	} {
		_, _, err := drivertest.Try(t, harness(workflow(), said), content())
		if class, _ := drivertest.CodeOf(t, err); class != want {
			t.Errorf("%s: %v", said, err)
		}
	}
	_, _, err := drivertest.Try(t, harness(workflow()), drivertest.Content{"address": "a-phone-that-is-lost", "message": message})
	if class, got := drivertest.CodeOf(t, err); class != egress.Gone || got != "gone" {
		t.Errorf("an address that nobody has: %v", err)
	}
}

func TestAWrongSecretIsRefused(t *testing.T) {
	t.Parallel()
	for own, want := range map[string]egress.Class{
		"whsec_b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcg==": egress.Auth, "not base64 at all": egress.Blocked, "whsec_c2hvcnQ=": egress.Blocked,
	} {
		h := harness(workflow())
		h.Start = func(t *testing.T, _ bool) drivertest.Service { return start(t, own) }
		s, _, err := drivertest.Try(t, h, content())
		if class, _ := drivertest.CodeOf(t, err); class != want || len(s.Took()) > 0 {
			t.Errorf("%s: %v", own, err)
		}
	}
}

// FuzzAnswers checks that a refusal is one, whatever it says, and that no words of it are repeated.
func FuzzAnswers(f *testing.F) {
	f.Add(422, []byte(`{"error":"unknown-address"}`))
	f.Add(422, []byte(`{"error":"you wrote: a fox"}`))
	f.Add(500, []byte(`{"error":"too-many"}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		canned := drivertest.Canned{
			Names: []privacy.Field{"address", "message"}, Answer: egress.Response{Status: status, Body: body}, Err: driver.Fail(egress.UnknownOutcome, "http"),
		}
		_, err := (gateway.Driver{}).Begin(t.Context(), canned, driver.Order{Workflow: workflow(), Key: "0f8fad5b-d9cb-469f-a165-70867728950e"})
		var e *egress.Error
		if !errors.As(err, &e) || e.Class == "" || e.Code != driver.Code(e.Code) {
			t.Fatalf("%d %q: %v", status, body, err)
		}
		if status >= 500 && e.Class != egress.UnknownOutcome {
			t.Errorf("%d %q: a failure inside is %s", status, body, e.Class)
		}
	})
}
