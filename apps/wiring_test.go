package apps_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"vow.example/vow/apps"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/adjust"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/provider/gateway"
	"vow.example/vow/internal/provider/googleanalytics"
	"vow.example/vow/internal/provider/umeng"
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
				if counts(p, recipient) {
					continue // TestWhoGetsEventsOrMessagesIsWiredForThemAndNothingElse
				}
				if f, ok := p.Feature(feature); !ok || f.Recipient != recipient || !f.Live {
					t.Errorf("%s: %s is wired at %s, but the policy does not offer it there", id, feature, recipient)
				}
			}
		}
	}
}

// counts reports whether a recipient gets events and makes nothing of them.
func counts(p *policy.Policy, r privacy.RecipientID) bool {
	return slices.Contains(readers(p), r)
}

// readers lists who gets events or messages of an app and makes nothing of them.
func readers(p *policy.Policy) (list []privacy.RecipientID) {
	for _, f := range p.Terms().Forwards {
		list = append(list, f.Recipient)
	}
	for _, g := range p.Terms().Notices.Gateways {
		list = append(list, g.Recipient)
	}
	return list
}

func TestWhoGetsEventsOrMessagesIsWiredForThemAndNothingElse(t *testing.T) {
	t.Parallel()
	policies, wirings := both(t)
	wired, names := 0, map[privacy.FeatureID]bool{}
	for app, p := range policies {
		for _, reader := range readers(p) {
			route := wirings[app][reader]
			if forwarders()[route.Driver] == nil || len(route.Workflows) != 1 {
				t.Errorf("%s: %s has the driver %q and %d workflows", app, reader, route.Driver, len(route.Workflows))
			}
			for name, flow := range route.Workflows {
				wired++
				names[name] = true
				l := &batch{fields: []privacy.Field{"analytics_id", "events"}}
				if route.Driver == gateway.Name {
					l.fields = []privacy.Field{"address", "message"}
				}
				_, err := forwarders()[route.Driver].Begin(t.Context(), l, driver.Order{Feature: name, Workflow: flow, Key: "8f14e45f-ceea-467f-a0e6-0d0d1f5c1a11"})
				if !errors.Is(err, heard{}) {
					t.Errorf("%s: the driver of %s refuses the workflow: %v", app, reader, err)
				}
			}
		}
	}
	if wired != 5 || len(names) != wired {
		t.Errorf("%d routes under %d names are wired, want four for events and one for messages", wired, len(names))
	}
}

// forwarders are the drivers that take events or messages and make nothing.
func forwarders() map[string]driver.Driver {
	return map[string]driver.Driver{adjust.Name: adjust.Driver{}, gateway.Name: gateway.Driver{}, googleanalytics.Name: googleanalytics.Driver{}, umeng.Name: umeng.Driver{}}
}

// batch is a Sender of events or of a message that sends nothing.
type batch struct {
	listener
	fields []privacy.Field
}

func (b *batch) Fields() []privacy.Field { return b.fields }

func (*batch) MediaType(privacy.Field) string { return "" }

func (*batch) Transport(privacy.Field) string { return "text" }

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
