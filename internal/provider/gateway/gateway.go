// Package gateway translates messages to a person into calls of the operator's own gateway for push,
// e-mail and SMS.
//
// It promises one signed call a message, under an identifier that stays the same in every try, so that
// a gateway can tell a second arrival; and that the call holds a channel, an address, a title and a
// body, and nothing else. It never composes a message and never chooses a channel: the wiring does.
package gateway

import (
	"context"
	"encoding/json"
	"slices"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/provider/driver"
)

// Name is the word by which wiring names this driver.
const Name = "gateway"

// Credentials returns the names of the credentials that the driver needs, and of those it can use.
func Credentials() (required, optional []string) { return []string{"webhook_secret"}, nil }

// Driver speaks the gateway's protocol. It has no state.
type Driver struct{ driver.NoJob }

// Begin makes the one call of the order. A message that the gateway took is delivered: whether it
// reached the person is the gateway's to know.
func (Driver) Begin(ctx context.Context, s driver.Sender, o driver.Order) (driver.Begun, error) {
	w := o.Workflow
	switch {
	case len(o.Resume) > 0:
		return driver.Begun{}, driver.Fail(egress.Bug, "resume")
	case w.ID != "" || len(w.Set) > 0 || len(w.Graph) > 0:
		return driver.Begun{}, driver.Fail(egress.Bug, "set")
	case !slices.Contains([]string{"push", "email", "sms"}, w.Call):
		return driver.Begun{}, driver.Fail(egress.Bug, "call")
	}
	at, err := driver.Places(s, w, "address", "message")
	if err != nil {
		return driver.Begun{}, err
	}
	answer, err := s.Send(ctx, wire.Request{
		Method: "POST", Path: "/messages", Reply: wire.Empty, Sign: wire.Webhook{ID: o.Key},
		Body: wire.JSON{
			"channel": wire.Literal(w.Call), "address": wire.Text(at["address"]), "message": wire.Letter(at["message"]),
		},
	})
	if err != nil {
		return driver.Begun{}, driver.Finer(err, answer, code)
	}
	return driver.Begun{Status: &driver.Status{State: driver.Delivered}}, nil
}

// code reads the code in an answer.
func code(body []byte) (egress.Class, string) {
	var reply struct{ Error string }
	if json.Unmarshal(body, &reply) != nil || reply.Error == "" {
		return "", ""
	}
	return classes()[reply.Error], driver.Code(reply.Error)
}

// classes is what the gateway's codes mean.
func classes() map[string]egress.Class {
	return map[string]egress.Class{
		"bad-signature":   egress.Auth,
		"stale":           egress.Auth,
		"invalid":         egress.Bug,
		"unknown-address": egress.Gone,
		"gone":            egress.Gone,
		"rejected":        egress.ContentRefused,
		"too-many":        egress.Throttled,
	}
}
