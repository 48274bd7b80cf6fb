// Package googleanalytics translates batches of usage events into calls of Google's Measurement
// Protocol: Google Analytics 4 by its measurement id, Firebase by its app id.
//
// It promises that every call denies the use for advertising and for personal advertising, that no
// setting can change that, and that nothing goes out besides events and the one identifier that belongs
// to this app alone: no member for a person, a place or a device is ever written. It never learns
// whether Google kept an event: the protocol takes every call and says nothing.
package googleanalytics

import (
	"context"
	"regexp"
	"time"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/driver"
)

// Name is the word by which wiring names this driver.
const Name = "google-analytics"

// Events is the number of usage events that one order may hold: the protocol's own bound.
const Events = 25

const secret = "api_secret"

// Credentials returns the names of the credentials that the driver needs, and of those it can use.
func Credentials() (required, optional []string) { return []string{secret}, nil }

// Driver speaks the Measurement Protocol. It has no state.
type Driver struct{ driver.NoJob }

// stream is where events are collected: the parameter that names it, and the place of the identifier
// that such a stream knows its clients by.
type stream struct{ parameter, client string }

// Begin makes the one call of the order. A call that was taken is delivered.
func (Driver) Begin(ctx context.Context, s driver.Sender, o driver.Order) (driver.Begun, error) {
	if len(o.Resume) > 0 {
		return driver.Begun{}, driver.Fail(egress.Bug, "resume")
	}
	to, err := check(o.Workflow)
	if err != nil {
		return driver.Begun{}, err
	}
	at, err := driver.Places(s, o.Workflow, to.client, "events")
	if err != nil {
		return driver.Begun{}, err
	}
	if _, err := s.Send(ctx, request(o.Workflow, to, at)); err != nil {
		return driver.Begun{}, err
	}
	return driver.Begun{Status: &driver.Status{State: driver.Delivered}}, nil
}

// check says which kind of stream the workflow names. Settings are refused, whatever they say: the
// members that could be set are those that follow a person.
func check(w driver.Workflow) (stream, error) {
	switch {
	case w.Call != "" || len(w.Set) > 0 || len(w.Graph) > 0:
		return stream{}, driver.Fail(egress.Bug, "set")
	case regexp.MustCompile(`^G-[A-Z0-9]{4,20}$`).MatchString(w.ID):
		return stream{"measurement_id", "client_id"}, nil
	case regexp.MustCompile(`^[0-9]+:[0-9]+:(?:android|ios|web):[0-9a-f]+$`).MatchString(w.ID):
		return stream{"firebase_app_id", "app_instance_id"}, nil
	default:
		return stream{}, driver.Fail(egress.Bug, "stream")
	}
}

// request is the call. The key stands in the address because the protocol knows no other place for it.
func request(w driver.Workflow, to stream, at map[string]privacy.Field) wire.Request {
	return wire.Request{
		Method: "POST", Path: "/mp/collect", Reply: wire.Empty,
		Query: map[string]wire.Value{to.parameter: wire.Literal(w.ID), secret: wire.AddressKey(secret)},
		Body: wire.JSON{
			to.client:              wire.Text(at[to.client]),
			"non_personalized_ads": wire.Bool(true),
			"consent":              wire.Object{"ad_user_data": wire.Literal("DENIED"), "ad_personalization": wire.Literal("DENIED")},
			"events": wire.Batch{
				Field: at["events"], Name: "name", At: "timestamp_micros", Params: "params", Unit: time.Microsecond, Words: w.Nodes[at["events"]].Words,
			},
		},
	}
}
