package provider_test

import (
	"testing"

	"vow.example/vow/apps"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
)

func TestARecipientOfReportsHasOneWorkflowWithTwoPlaces(t *testing.T) {
	t.Parallel()
	p := policytest.Mixoo(t)
	load := func() provider.Wiring {
		all, err := provider.LoadWiring(apps.FS)
		if err != nil {
			t.Fatal(err)
		}
		return all["mixoo"]
	}
	if err := load().Check(p); err != nil {
		t.Fatal(err)
	}
	for _, r := range []privacy.RecipientID{"firebase", "notification_gateway"} {
		if _, ok := load().Only(r); !ok {
			t.Errorf("%s is not wired", r)
		}
	}
	if _, ok := load().Only("gemini"); ok {
		t.Error("a recipient of features takes reports")
	}
	if _, ok := load().Only("nobody"); ok {
		t.Error("nobody takes reports")
	}
	flow := func(w provider.Wiring, r privacy.RecipientID) driver.Workflow { f, _ := w.Only(r); return f }
	for name, change := range map[string]func(w provider.Wiring){
		"a place too many":  func(w provider.Wiring) { flow(w, "firebase").Nodes["photo"] = driver.Node{Name: "photo"} },
		"a place too few":   func(w provider.Wiring) { delete(flow(w, "umeng").Nodes, "analytics_id") },
		"a second workflow": func(w provider.Wiring) { w["adjust"].Workflows["other"] = flow(w, "adjust") },
		"a prompt for the gateway": func(w provider.Wiring) {
			flow(w, "notification_gateway").Nodes["prompt"] = driver.Node{Name: "body"}
		},
	} {
		w := load()
		change(w)
		if w.Check(p) == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	w := load()
	delete(w, "firebase")
	if err := w.Check(p); err != nil {
		t.Errorf("who is not wired gets nothing, which is no fault: %v", err)
	}
}
