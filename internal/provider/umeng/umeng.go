// Package umeng translates batches of usage events into signed calls of Umeng's open gateway.
//
// What is certain, from Umeng's published clients: the path /openapi/param2/1/com.umeng.uapp/NAME/KEY,
// the signature _aop_signature (HMAC-SHA1 over that path and every member of the form), appkey as the
// name of the app, and refusals as error_code and error_message. What is not: the public list of calls
// reads figures and sets up events, and has none that takes the events of a person. So neither the name
// of such a call nor its members is a constant here: both are what the operator agreed on with Umeng,
// and stand in the wiring. As long as nobody agreed on any, nothing is wired and nothing leaves.
//
// It promises that a call carries the app, the batch and one identifier that belongs to this app alone,
// and nothing else: no setting can add a member. It never repeats a message of the gateway.
package umeng

import (
	"cmp"
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"time"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/driver"
)

// Name is the word by which wiring names this driver.
const Name = "umeng"

// Events is the number of usage events that one order may hold: the bound of every batch of ours.
const Events = 25

// Credentials returns the names of the credentials that the driver needs, and of those it can use.
func Credentials() (required, optional []string) { return []string{"api_key", "api_security"}, nil }

// Driver speaks the gateway's protocol. It has no state.
type Driver struct{ driver.NoJob }

// The fields, as policies name them, by which the two places are told apart.
const (
	events = privacy.Field("events")
	client = privacy.Field("analytics_id")
)

// Begin makes the one call of the order. A call that was taken is delivered.
func (Driver) Begin(ctx context.Context, s driver.Sender, o driver.Order) (driver.Begun, error) {
	w := o.Workflow
	if len(o.Resume) > 0 {
		return driver.Begun{}, driver.Fail(egress.Bug, "resume")
	}
	if err := check(w); err != nil {
		return driver.Begun{}, err
	}
	if _, err := driver.Places(s, w, w.Nodes[events].Name, w.Nodes[client].Name); err != nil {
		return driver.Begun{}, err
	}
	answer, err := s.Send(ctx, wire.Request{
		Method: "POST", Path: "/openapi/param2/1/com.umeng.uapp/" + w.Call, Sign: wire.AOP{},
		Body: wire.Form{
			"appkey":             wire.Literal(w.ID),
			w.Nodes[client].Name: wire.Text(client),
			w.Nodes[events].Name: wire.Batch{Field: events, Name: "name", At: "at", Params: "params", Unit: time.Millisecond, Words: w.Nodes[events].Words},
		},
	})
	if err != nil {
		return driver.Begun{}, driver.Finer(err, answer, code)
	}
	if err := taken(answer.Body); err != nil {
		return driver.Begun{}, err
	}
	return driver.Begun{Status: &driver.Status{State: driver.Delivered}}, nil
}

// check refuses what the gateway could not understand, and members of its own.
func check(w driver.Workflow) error {
	name := regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*$`).MatchString
	own := []string{"appkey"}
	switch {
	case len(w.Set) > 0 || len(w.Graph) > 0:
		return driver.Fail(egress.Bug, "set")
	case !regexp.MustCompile(`^umeng\.uapp(?:\.[A-Za-z]+)+$`).MatchString(w.Call):
		return driver.Fail(egress.Bug, "call")
	case !regexp.MustCompile(`^[0-9a-f]{24}$`).MatchString(w.ID):
		return driver.Fail(egress.Bug, "app")
	}
	for _, n := range w.Nodes {
		if !name(n.Name) || slices.Contains(own, n.Name) {
			return driver.Fail(egress.Bug, "node-name")
		}
	}
	return nil
}

// said is what the gateway, or the call behind it, says of a call.
type said struct {
	Code   string       `json:"error_code"`
	Status *json.Number `json:"status"`
}

// taken reads an answer that came as a success: the gateway puts failures of the call behind it there
// too.
func taken(body []byte) error {
	var reply said
	if err := json.Unmarshal(body, &reply); err != nil {
		return driver.Fail(egress.UnknownOutcome, "reply")
	}
	if reply.Code != "" {
		return driver.Fail(cmp.Or(classes()[reply.Code], egress.Failed), driver.Code(reply.Code))
	}
	if reply.Status != nil && reply.Status.String() != "0" {
		return driver.Fail(egress.Failed, driver.Code("status-"+reply.Status.String()))
	}
	return nil
}

// code reads the code in an answer. The message beside it is not read.
func code(body []byte) (egress.Class, string) {
	var reply said
	if json.Unmarshal(body, &reply) != nil || reply.Code == "" {
		return "", ""
	}
	return classes()[reply.Code], driver.Code(reply.Code)
}

// classes is the part of the gateway's codes that is known. Codes of the gateway itself begin with
// "gw.": the call behind it was not reached.
func classes() map[string]egress.Class {
	return map[string]egress.Class{
		"gw.SignatureInvalid":     egress.Auth,
		"gw.AppKeyNotFound":       egress.Auth,
		"gw.APIUnsupported":       egress.Gone,
		"gw.ParamMissing":         egress.Bug,
		"gw.QosAppFrequencyLimit": egress.Throttled,
	}
}
