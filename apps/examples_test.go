package apps_test

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/render"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/comfyui"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/provider/openai"
)

// examples is the folder of apps that an operator can copy.
const examples = "../docs/examples"

// example loads the example that an operator can copy.
func example(t *testing.T) (*policy.Policy, provider.Wiring) {
	t.Helper()
	policies, err := policy.LoadDir(examples)
	if err != nil {
		t.Fatal(err)
	}
	wirings, err := provider.LoadWiring(os.DirFS(examples))
	if err != nil || len(policies) != 1 || policies["studio"] == nil {
		t.Fatalf("%d policies, %v", len(policies), err)
	}
	return policies["studio"], wirings["studio"]
}

func TestTheExampleLacksNothingButItsOperatorsAddress(t *testing.T) {
	t.Parallel()
	p, w := example(t)
	if err := w.Check(p); err != nil {
		t.Error(err)
	}
	for _, f := range p.DemoOnly() {
		if !strings.HasPrefix(f.Path, "contacts") {
			t.Errorf("%s", f)
		}
	}
	for _, r := range p.Recipients() {
		if r.Class != policy.OwnHost {
			t.Errorf("%s is no machine of the operator's own", r.ID)
		}
	}
}

func TestEveryFeatureOfTheExampleIsLiveAndWired(t *testing.T) {
	t.Parallel()
	p, w := example(t)
	speaks := map[string]driver.Driver{comfyui.Name: comfyui.Driver{}, openai.Name: openai.Driver{}}
	kinds := []string{}
	for _, f := range p.Features() {
		kinds = append(kinds, f.ResultKind())
		flow, wired := w[f.Recipient].Workflows[f.ID]
		if !f.Live || !wired {
			t.Errorf("%s: live %v, wired %v", f.ID, f.Live, wired)
			continue
		}
		l := &listener{feature: f}
		_, _ = speaks[w[f.Recipient].Driver].Begin(t.Context(), l, driver.Order{Feature: f.ID, Workflow: flow, Key: "8f14e45f-ceea-467f-a0e6-0d0d1f5c1a11"})
		if len(l.heard) == 0 {
			t.Errorf("%s: the driver refuses the workflow", f.ID)
		}
		for field, node := range flow.Nodes {
			in, _ := f.Input(field)
			if len(node.Words) > 0 && !slices.EqualFunc(in.Choices, slices.Sorted(maps.Keys(node.Words)), func(c policy.Choice, w string) bool { return c.Value == w }) {
				t.Errorf("%s: %s has other words than choices", f.ID, field)
			}
		}
	}
	if !slices.Equal(kinds, []string{"image", "image", "image", "text"}) {
		t.Errorf("the features make %v", kinds)
	}
}

func TestTheScreensOfTheExampleAreWhatTheGoldensSay(t *testing.T) {
	t.Parallel()
	p, _ := example(t)
	for _, f := range p.Features() {
		for _, lang := range []privacy.Lang{"en", "zh-Hans"} {
			var got bytes.Buffer
			if err := render.Markdown(&got, p, lang, "screen:"+string(f.ID)); err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join(examples, "studio", "golden", "screen-"+string(f.ID)+"-"+string(lang)+".md"), got.Bytes())
		}
	}
	for _, lang := range p.Languages() {
		var got bytes.Buffer
		if err := render.Markdown(&got, p, lang, "policy"); err != nil {
			t.Fatal(err)
		}
		golden(t, filepath.Join(examples, "studio", "golden", "policy-"+string(lang)+".md"), got.Bytes())
	}
}
