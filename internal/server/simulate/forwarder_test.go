package simulate_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/guardtest"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/server/recipients"
	"vow.example/vow/internal/server/simulate"
)

// usage is a workflow that takes events.
func usage(id, call, client, events string, set, words map[string]string) driver.Workflow {
	return driver.Workflow{ID: id, Call: call, Set: set, Nodes: map[privacy.Field]driver.Node{
		"analytics_id": {Name: client}, "events": {Name: events, Words: words},
	}}
}

func TestEventsAndMessagesReachTheirSimulators(t *testing.T) {
	t.Parallel()
	at := clock.Real{}.Now().UTC().Format(time.RFC3339)
	events := disclosure.Content{
		"analytics_id": disclosure.Text(privacy.NewText("0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f")),
		"events":       disclosure.Text(privacy.NewText(`[{"name":"tap","at":"` + at + `","params":{"page":"home"}}]`)),
	}
	message := disclosure.Content{
		"address": disclosure.Text(privacy.NewText("jo@mail.example")), "message": disclosure.Text(privacy.NewText(`{"title":"Done","body":"Ready."}`)),
	}
	for name, c := range map[string]struct {
		flow    driver.Workflow
		content disclosure.Content
	}{
		"google-analytics": {usage("G-MIXOO0001", "", "client_id", "events", nil, nil), events},
		"adjust":           {usage("4w565xzmb54d", "", "adid", "event", map[string]string{"environment": "sandbox"}, map[string]string{"tap": "f0ob4r"}), events},
		"umeng":            {usage("52254b8a56240be8db048933", "umeng.uapp.event.upload", "clientId", "data", nil, nil), events},
		"gateway":          {driver.Workflow{Call: "push", Nodes: map[privacy.Field]driver.Node{"address": {Name: "address"}, "message": {Name: "message"}}}, message},
	} {
		wiring := map[privacy.AppID]provider.Wiring{"mixoo": {"them": {Driver: name, Workflows: map[privacy.FeatureID]driver.Workflow{"f": c.flow}}}}
		r := start(t, name, simulate.Options{Models: simulate.Models(wiring, "them")})
		e, err := egress.New([]egress.Config{r.Link("them")}, log.Logger{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(e.Close)
		pool, err := provider.NewPool(e, wiring, recipients.Drivers())
		if err != nil {
			t.Fatal(err)
		}
		d := guardtest.Disclosure(disclosure.Entry{ID: "trf_x", App: "mixoo", Feature: "f", Recipient: "them"}, c.content)
		begun, err := pool.Begin(t.Context(), d, provider.Start{})
		if err != nil || begun.Status == nil || begun.Status.State != driver.Delivered {
			t.Errorf("%s: %+v, %v", name, begun.Status, err)
			continue
		}
		got := r.Received()
		if len(got.Requests) != 1 || len(got.Requests[0].Fields) < 2 || len(got.Holds) < 2 || len(got.Violations) > 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestTheirCredentialsHaveNamesThatAShellTakes(t *testing.T) {
	t.Parallel()
	for _, name := range simulate.Names() {
		r := start(t, name, simulate.Options{})
		for _, line := range strings.Split(r.Introduce(nil, nil), "\n") {
			if rest, ok := strings.CutPrefix(line, "export "); ok && !regexp.MustCompile(`^[A-Z][A-Z0-9_]*=\S+$`).MatchString(rest) {
				t.Errorf("%s: %s", name, line)
			}
		}
	}
}
