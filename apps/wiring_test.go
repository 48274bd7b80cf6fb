package apps_test

import (
	"slices"
	"strings"
	"testing"

	"vow.example/vow/apps"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
)

// both loads policies and wirings of every app.
func both(t *testing.T) (map[privacy.AppID]*policy.Policy, map[privacy.AppID]provider.Wiring) {
	t.Helper()
	policies, err := policy.LoadFS(apps.FS)
	if err != nil {
		t.Fatal(err)
	}
	wirings, err := provider.LoadWiring(apps.FS)
	if err != nil {
		t.Fatal(err)
	}
	return policies, wirings
}

// routes calls f for each live feature that goes to a recipient.
func routes(t *testing.T, f func(app privacy.AppID, feature policy.Feature, flow driver.Workflow)) {
	t.Helper()
	policies, wirings := both(t)
	for id, p := range policies {
		for _, feature := range p.Features() {
			if feature.Live && !feature.IsLocal() {
				f(id, feature, wirings[id][feature.Recipient].Workflows[feature.ID])
			}
		}
	}
}

func TestEveryLiveFeatureIsWiredWithExactlyItsFields(t *testing.T) {
	t.Parallel()
	policies, wirings := both(t)
	for id, p := range policies {
		if err := wirings[id].Check(p); err != nil {
			t.Errorf("%s: %v", id, err)
		}
		for recipient, route := range wirings[id] {
			for feature := range route.Workflows {
				if f, ok := p.Feature(feature); !ok || f.Recipient != recipient || !f.Live {
					t.Errorf("%s: %s is wired at %s, but the policy does not offer it there", id, feature, recipient)
				}
			}
		}
	}
}

func TestAFixedSettingIsTheOneThatTheScreenNames(t *testing.T) {
	t.Parallel()
	seen := 0
	routes(t, func(app privacy.AppID, f policy.Feature, flow driver.Workflow) {
		for _, x := range f.Fixed {
			seen++
			if !set(flow, x.Setting, x.Value) {
				t.Errorf("%s %s: the screen says %s = %s, the wiring sends %v", app, f.ID, x.Setting, x.Value, flow.Set)
			}
		}
	})
	if seen == 0 {
		t.Error("no feature has a fixed setting")
	}
}

// set reports whether the workflow sends the value under that name, however it is capitalised.
func set(flow driver.Workflow, setting, value string) bool {
	for name, sent := range flow.Set {
		if strings.EqualFold(name, setting) {
			return sent == value
		}
	}
	return false
}

func TestWordsOfARecipientStandForChoicesOfThePolicy(t *testing.T) {
	t.Parallel()
	routes(t, func(app privacy.AppID, f policy.Feature, flow driver.Workflow) {
		for field, node := range flow.Nodes {
			in, _ := f.Input(field)
			for word := range node.Words {
				if !slices.ContainsFunc(in.Choices, func(c policy.Choice) bool { return c.Value == word }) {
					t.Errorf("%s %s: %s has no choice %s", app, f.ID, field, word)
				}
			}
			if len(node.Words) > 0 && len(node.Words) != len(in.Choices) {
				t.Errorf("%s %s: some choices of %s have no word", app, f.ID, field)
			}
		}
	})
}
