// Package adjust translates single usage events into Adjust's server-to-server events.
//
// It promises that a call names a device only by an identifier that Adjust itself made for this app
// (adid, or web_uuid), never by one for advertising and never by one of the device's maker, and that it
// carries nothing of the device: no address, model or system. An event that nobody gave a token for does
// not leave. It never repeats a message of the service, which it knows by heart.
//
// Adjust takes one event a call and has no batches, so an order holds exactly one. Adjust's public
// reference of today lists identifiers for advertising, of the device's maker, and web_uuid; adid stood
// in it before and is what its clients still send. Whether an account accepts adid alone is Adjust's to
// say: where it does not, it answers "Device not found".
package adjust

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/driver"
)

// Name is the word by which wiring names this driver.
const Name = "adjust"

// Events is the number of usage events that one order may hold: which takes one a call.
const Events = 1

// token is the credential of S2S security, without which anybody could write events.
const token = "token"

// Credentials returns the names of the credentials that the driver needs, and of those it can use.
func Credentials() (required, optional []string) { return []string{token}, nil }

// Driver speaks Adjust's server-to-server protocol. It has no state.
type Driver struct{ driver.NoJob }

// Begin makes the one call of the order. An event that was recorded is delivered.
func (Driver) Begin(ctx context.Context, s driver.Sender, o driver.Order) (driver.Begun, error) {
	if len(o.Resume) > 0 {
		return driver.Begun{}, driver.Fail(egress.Bug, "resume")
	}
	device, err := check(o.Workflow)
	if err != nil {
		return driver.Begun{}, err
	}
	at, err := driver.Places(s, o.Workflow, device, "event")
	if err != nil {
		return driver.Begun{}, err
	}
	words := o.Workflow.Nodes[at["event"]].Words
	if err := tokens(words); err != nil {
		return driver.Begun{}, err
	}
	answer, err := s.Send(ctx, request(o.Workflow, device, at, words))
	if err != nil {
		return driver.Begun{}, driver.Finer(err, answer, code)
	}
	var reply struct{ Status string }
	if err := json.Unmarshal(answer.Body, &reply); err != nil || !strings.EqualFold(reply.Status, "OK") {
		return driver.Begun{}, driver.Fail(egress.UnknownOutcome, "reply")
	}
	return driver.Begun{Status: &driver.Status{State: driver.Delivered}}, nil
}

// check returns the place of the device's identifier: the one of the two that the wiring names.
func check(w driver.Workflow) (string, error) {
	for name := range w.Set {
		if name != "environment" {
			return "", driver.Fail(egress.Bug, "set")
		}
	}
	switch {
	case w.Call != "" || len(w.Graph) > 0 || !slices.Contains([]string{"sandbox", "production"}, w.Set["environment"]):
		return "", driver.Fail(egress.Bug, "set")
	case !regexp.MustCompile(`^[a-z0-9]{12}$`).MatchString(w.ID):
		return "", driver.Fail(egress.Bug, "app")
	}
	for _, n := range w.Nodes {
		if n.Name == "web_uuid" {
			return n.Name, nil
		}
	}
	return "adid", nil
}

// tokens checks that every word is a token as Adjust makes them: without one an event has no name.
func tokens(words map[string]string) error {
	if len(words) == 0 {
		return driver.Fail(egress.Bug, "event-tokens")
	}
	for _, word := range words {
		if !regexp.MustCompile(`^[a-z0-9]{6}$`).MatchString(word) {
			return driver.Fail(egress.Bug, "event-tokens")
		}
	}
	return nil
}

func request(w driver.Workflow, device string, at map[string]privacy.Field, words map[string]string) wire.Request {
	event := at["event"]
	return wire.Request{
		Method: "POST", Path: "/event",
		Header: map[string]wire.Value{"Authorization": wire.Bearer(token)},
		Body: wire.Form{
			"s2s": wire.Literal("1"), "app_token": wire.Literal(w.ID), "environment": wire.Literal(w.Set["environment"]),
			device:            wire.Text(at[device]),
			"event_token":     wire.Single{Field: event, Part: "name", Words: words},
			"created_at_unix": wire.Single{Field: event, Part: "at", Unit: time.Second},
			"callback_params": wire.Single{Field: event, Part: "params"},
		},
	}
}

// code reads what the message in an answer means, where it is one of the list. The message itself goes
// nowhere.
func code(body []byte) (egress.Class, string) {
	told := messages()[message(body)]
	return told.class, told.code
}

// message is what stands between the brackets of "Event request failed (…)".
func message(body []byte) string {
	var reply struct{ Error string }
	if json.Unmarshal(body, &reply) != nil {
		return ""
	}
	rest, ok := strings.CutPrefix(reply.Error, "Event request failed (")
	if !ok {
		return ""
	}
	return strings.TrimSpace(strings.TrimSuffix(rest, ")"))
}

// meaning is what a message says to us.
type meaning struct {
	class egress.Class
	code  string
}

// messages is the service's list. Nothing in it is "not now".
func messages() map[string]meaning {
	return map[string]meaning{
		"Bad event state":                              {egress.Bug, "bad-event-state"},
		"Invalid app token":                            {egress.Bug, "invalid-app-token"},
		"Invalid callback parameters":                  {egress.Bug, "invalid-callback-parameters"},
		"Invalid event token":                          {egress.Bug, "invalid-event-token"},
		"Ignoring event, earlier unique event tracked": {egress.Failed, "earlier-unique-event"},
		"Failed to authorize request":                  {egress.Auth, "not-authorized"},
		"App is inactive":                              {egress.Gone, "app-inactive"},
		"Tracking disabled":                            {egress.Gone, "measurement-disabled"},
		"Event token blocklisted":                      {egress.Gone, "event-token-blocklisted"},
		"App token not found":                          {egress.Gone, "app-token-not-found"},
		"Device not found":                             {egress.Gone, "device-not-found"},
		"Request size too large":                       {egress.BadMedia, "too-large"},
		"Device is opted out":                          {egress.Failed, "device-opted-out"},
	}
}
