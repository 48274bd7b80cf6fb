package provider_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"vow.example/vow/apps"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/guard/guardtest"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
)

// scripted is a driver whose Begin is a function.
type scripted struct {
	driver.Driver
	begin func(ctx context.Context, s driver.Sender, o driver.Order) (driver.Begun, error)
}

func (d scripted) Begin(ctx context.Context, s driver.Sender, o driver.Order) (driver.Begun, error) {
	return d.begin(ctx, s, o)
}

func wired() map[privacy.AppID]provider.Wiring {
	return map[privacy.AppID]provider.Wiring{"pixplus": {"runninghub": {Driver: "x", Workflows: map[privacy.FeatureID]driver.Workflow{"avatar": {ID: "1"}}}}}
}

// nowhere is an address on this machine at which nobody listens.
func nowhere(t *testing.T) *egress.Egress {
	t.Helper()
	e, err := egress.New([]egress.Config{{Recipient: "runninghub", BaseURL: "http://127.0.0.1:1", AllowLoopback: true}}, log.Logger{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

func pool(t *testing.T, d driver.Driver) *provider.Pool {
	t.Helper()
	p, err := provider.NewPool(nowhere(t), wired(), map[string]driver.Driver{"x": d})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func avatar(spent ...privacy.Field) disclosure.Disclosure {
	e := disclosure.Entry{ID: "trf_x", App: "pixplus", Feature: "avatar", Recipient: "runninghub"}
	return guardtest.Disclosure(e, disclosure.Content{"prompt": disclosure.Text(privacy.NewText("a fox"))}, spent...)
}

func asError(t *testing.T, err error) *egress.Error {
	t.Helper()
	var e *egress.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an *egress.Error", err)
	}
	return e
}

func TestWhoeverIsNotWiredReceivesNothing(t *testing.T) {
	t.Parallel()
	p := pool(t, scripted{begin: func(context.Context, driver.Sender, driver.Order) (driver.Begun, error) {
		t.Error("the driver was asked")
		return driver.Begun{}, nil
	}})
	for name, d := range map[string]disclosure.Disclosure{
		"the zero Disclosure": {},
		"another app":         guardtest.Disclosure(disclosure.Entry{App: "aifitting", Feature: "avatar", Recipient: "runninghub"}, nil),
		"another feature":     guardtest.Disclosure(disclosure.Entry{App: "pixplus", Feature: "video", Recipient: "runninghub"}, nil),
		"another recipient":   guardtest.Disclosure(disclosure.Entry{App: "pixplus", Feature: "avatar", Recipient: "tencent"}, nil),
	} {
		if _, err := p.Begin(t.Context(), d, provider.Start{}); asError(t, err).Code != "not-wired" || !errors.Is(err, egress.ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, pollErr := p.Poll(t.Context(), "tencent", nil)
	_, cancelErr := p.Cancel(t.Context(), "tencent", nil)
	_, forgetErr := p.Forget(t.Context(), "tencent", nil)
	_, _, fetchErr := p.Fetch(t.Context(), "tencent", egress.Address{URL: "https://x.example"})
	for _, err := range []error{pollErr, cancelErr, forgetErr, fetchErr} {
		if asError(t, err).Class != egress.Blocked {
			t.Errorf("got %v", err)
		}
	}
}

func TestAPoolNeedsADriverForEveryRoute(t *testing.T) {
	t.Parallel()
	if _, err := provider.NewPool(nil, wired(), nil); err == nil {
		t.Error("a route without a driver is accepted")
	}
	two := wired()
	two["other"] = provider.Wiring{"runninghub": {Driver: "y"}}
	if _, err := provider.NewPool(nil, two, map[string]driver.Driver{"x": scripted{}, "y": scripted{}}); err == nil {
		t.Error("a recipient with two drivers is accepted")
	}
}

func TestNothingIsNotedAsSentWhenNothingLeft(t *testing.T) {
	t.Parallel()
	var steps []string
	var progress []byte
	send := func(ctx context.Context, s driver.Sender, o driver.Order) (driver.Begun, error) {
		if !slices.Equal(s.Fields(), []privacy.Field{"prompt"}) || s.MediaType("prompt") != "" || o.Workflow.ID != "1" || o.Feature != "avatar" {
			t.Error("the driver sees something else")
		}
		_, err := s.Send(ctx, wire.Request{Method: "POST", Path: "/x", Body: wire.JSON{"p": wire.Text("prompt")}})
		return driver.Begun{}, err
	}
	save := func(_ context.Context, p []byte) error {
		sent, err := provider.Sent(p)
		if err != nil {
			t.Error(err)
		}
		steps = append(steps, strings.Join([]string{word(provider.Interrupted(p)), word(provider.WasSent(p)), word(len(sent) > 0)}, " "))
		progress = slices.Clone(p)
		return nil
	}
	_, err := pool(t, scripted{begin: send}).Begin(t.Context(), avatar(), provider.Start{Save: save})
	if e := asError(t, err); e.Class != egress.Transient || e.WasSent {
		t.Errorf("got %+v", e)
	}
	if want := []string{"yes yes yes", "no no no"}; !slices.Equal(steps, want) || provider.Again(progress) != 0 {
		t.Errorf("noted (open, left, fields) %v, want %v", steps, want)
	}
	if _, err := pool(t, scripted{begin: send}).Begin(t.Context(), avatar(), provider.Start{Progress: progress, Save: save}); asError(t, err).Class != egress.Transient {
		t.Errorf("the second attempt: %v", err)
	}
}

func word(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func TestProgressThatCannotBeReadCountsAsSent(t *testing.T) {
	t.Parallel()
	bad := []byte("{")
	if _, err := provider.Sent(bad); err == nil || !provider.WasSent(bad) || !provider.Interrupted(bad) {
		t.Error("damaged progress lets something be sent again")
	}
	if sent, err := provider.Sent(nil); err != nil || len(sent) != 0 || provider.WasSent(nil) || provider.Interrupted(nil) {
		t.Error("a first attempt looks like a second one")
	}
	d := scripted{begin: func(context.Context, driver.Sender, driver.Order) (driver.Begun, error) {
		t.Error("the driver was asked")
		return driver.Begun{}, nil
	}}
	if _, err := pool(t, d).Begin(t.Context(), avatar(), provider.Start{Progress: bad}); err == nil {
		t.Error("damaged progress is accepted")
	}
}

func TestTheWiringOfTheAppsFitsTheirPolicies(t *testing.T) {
	t.Parallel()
	all, err := provider.LoadWiring(apps.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, app := range []privacy.AppID{"pixplus", "aifitting", "mixoo"} {
		src, err := apps.FS.ReadFile(string(app) + "/policy.yaml")
		if err != nil {
			t.Fatal(err)
		}
		p, err := policy.Load(string(app), src)
		if err != nil {
			t.Fatal(err)
		}
		w, ok := all[app]
		if !ok {
			t.Errorf("%s has no wiring", app)
		}
		if err := w.Check(p); err != nil {
			t.Error(err)
		}
		if app == "pixplus" {
			incomplete(t, w, p)
		}
	}
	if len(all["aifitting"]) != 0 {
		t.Error("AI Fitting sends to somebody")
	}
}

// incomplete shows that a workflow must take exactly what the policy lets leave.
func incomplete(t *testing.T, w provider.Wiring, p *policy.Policy) {
	flow := w["runninghub"].Workflows["avatar"]
	delete(flow.Nodes, "style")
	flow.Nodes["email"] = driver.Node{ID: "1", Name: "x"}
	delete(w["runninghub"].Workflows, "visual_effect")
	err := w.Check(p)
	for _, want := range []string{"avatar has no node for style", "avatar has a node for email", "visual_effect has no workflow"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say that %s", err, want)
		}
	}
}

func TestAFaultyWiringIsRefused(t *testing.T) {
	t.Parallel()
	const head = "recipients:\n  runninghub:\n"
	cases := map[string]string{
		"no YAML":                  "\t:",
		"an unknown member":        "receivers: {}",
		"an unknown nested member": head + "    driver: x\n    url: https://x.example",
		"no driver":                head + "    workflows: {}",
		"a workflow without an id": head + "    driver: x\n    workflows: {a: {nodes: {photo: {node: '1', name: image}}}}",
		"a workflow without nodes": head + "    driver: x\n    workflows: {a: {workflow_id: '1'}}",
		"a node without its name":  head + "    driver: x\n    workflows: {a: {workflow_id: '1', nodes: {photo: {node: '10'}}}}",
		"a workflow with two ids":  head + "    driver: x\n    workflows: {a: {workflow_id: '1', model: m, nodes: {photo: {name: image}}}}",
		"a graph elsewhere":        head + "    driver: x\n    workflows: {a: {call: c, graph: ../g.json, nodes: {photo: {name: image}}}}",
		"a graph that is missing":  head + "    driver: x\n    workflows: {a: {call: c, graph: g.json, nodes: {photo: {name: image}}}}",
	}
	for name, text := range cases {
		_, err := provider.LoadWiring(fstest.MapFS{"a/wiring.yaml": {Data: []byte(text)}})
		if err == nil || !strings.Contains(err.Error(), "a/wiring.yaml") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := provider.LoadWiring(fstest.MapFS{"a/wiring.yaml": {}}); err == nil || !strings.Contains(err.Error(), "a/wiring.yaml: the file is empty") {
		t.Errorf("an empty file: %v", err)
	}
	both, err := provider.LoadWiring(fstest.MapFS{"a/wiring.yaml": {Data: []byte("x: 1")}, "b/wiring.yaml": {Data: []byte("y: 1")}})
	if err == nil || !strings.Contains(err.Error(), "a/wiring.yaml") || !strings.Contains(err.Error(), "b/wiring.yaml") || len(both) != 0 {
		t.Errorf("not every faulty file is named: %v", err)
	}
	if w, err := provider.LoadWiring(fstest.MapFS{}); err != nil || len(w) != 0 {
		t.Errorf("no files: %v", err)
	}
}

func TestAWiringCanNameACallSettingsWordsAndAGraph(t *testing.T) {
	t.Parallel()
	const text = "recipients:\n  r:\n    driver: x\n    workflows:\n      f:\n        call: paint\n        model: m-1\n" +
		"        set: {size: big}\n        graph: g.json\n        nodes:\n          style: {name: Style, words: {pencil: sketch}}\n"
	all, err := provider.LoadWiring(fstest.MapFS{"a/wiring.yaml": {Data: []byte(text)}, "a/g.json": {Data: []byte(`{"1":{}}`)}})
	if err != nil {
		t.Fatal(err)
	}
	flow := all["a"]["r"].Workflows["f"]
	node := flow.Nodes["style"]
	if flow.Call != "paint" || flow.ID != "m-1" || flow.Set["size"] != "big" || string(flow.Graph) != `{"1":{}}` || node.Name != "Style" || node.ID != "" || node.Words["pencil"] != "sketch" {
		t.Errorf("read as %+v", flow)
	}
}
