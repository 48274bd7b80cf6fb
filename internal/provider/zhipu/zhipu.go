// Package zhipu translates orders into Zhipu's video generation ("bigmodel") and its answers into
// statuses.
//
// It promises requests that are, field by field, those of the recorded reference client, a picture
// inside the request and never as a link, and a request_id that stays the same in every try, so
// that Zhipu itself refuses a second arrival. It never sends a user_id, never asks for sound or for
// a picture without its mark unless the wiring does, and never repeats Zhipu's messages. Zhipu has
// no call to cancel or erase: what stays is said instead.
package zhipu

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/driver"
)

// Name is the word by which wiring names this driver.
const Name = "zhipu"

// credential is the name of the key, "id.secret", which goes out as it is.
const credential = "api_key"

// Credentials returns the names of the keys that the driver's requests carry.
func Credentials() (required, optional []string) { return []string{credential}, nil }

// Driver speaks Zhipu's protocol. It has no state.
type Driver struct{}

// ticket names a job at Zhipu.
type ticket struct {
	Task string `json:"task"`
}

// kind is what a parameter takes.
type kind int

const (
	words   kind = iota + 1 // a text or an option, in words
	number                  // an option, as a number
	flag                    // true or false; the wiring alone sets it
	picture                 // a picture inside the request
)

// kindOf returns what a parameter takes; 0 where it is none that we send.
func kindOf(parameter string) kind {
	switch parameter {
	case "prompt", "quality", "size":
		return words
	case "fps", "duration":
		return number
	case "with_audio", "watermark_enabled":
		return flag
	case "image_url":
		return picture
	default:
		return 0
	}
}

// Begin makes the one call that carries the content. It saves nothing before it, so there is
// nothing to resume.
func (Driver) Begin(ctx context.Context, s driver.Sender, o driver.Order) (driver.Begun, error) {
	switch {
	case len(o.Resume) > 0:
		return driver.Begun{}, driver.Fail(egress.Bug, "resume")
	case o.Workflow.ID == "":
		return driver.Begun{}, driver.Fail(egress.Bug, "no-model")
	case o.Key == "":
		return driver.Begun{}, driver.Fail(egress.Bug, "no-key")
	}
	body := wire.JSON{"model": wire.Literal(o.Workflow.ID), "request_id": wire.Literal(o.Key)}
	if err := settle(body, o.Workflow.Set); err != nil {
		return driver.Begun{}, err
	}
	if err := fill(body, s, o.Workflow.Nodes); err != nil {
		return driver.Begun{}, err
	}
	answer, err := s.Send(ctx, wire.Request{
		Method: "POST", Path: "/videos/generations", Body: body,
		Header: map[string]wire.Value{"Authorization": wire.Bearer(credential)},
	})
	if err != nil {
		return driver.Begun{}, refine(answer, err)
	}
	got, err := open(answer.Body)
	if err != nil {
		return driver.Begun{}, err
	}
	if !isTask(got.ID) {
		return driver.Begun{}, driver.Fail(egress.UnknownOutcome, "reply")
	}
	t, err := driver.TicketOf(ticket{Task: got.ID})
	return driver.Begun{Ticket: t}, err
}

// settle puts the wiring's fixed settings into the body.
func settle(body wire.JSON, set map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(set)) {
		n, notNumber := strconv.ParseInt(set[name], 10, 64)
		switch k := kindOf(name); {
		case k == words && name != "prompt":
			body[name] = wire.Literal(set[name])
		case k == number && notNumber == nil:
			body[name] = wire.Int(n)
		case k == flag && (set[name] == "true" || set[name] == "false"):
			body[name] = wire.Bool(set[name] == "true")
		default:
			return driver.Fail(egress.Bug, "set")
		}
	}
	return nil
}

// fill puts the fields into their places.
func fill(body wire.JSON, s driver.Sender, nodes map[privacy.Field]driver.Node) error {
	for _, f := range s.Fields() {
		node, ok := nodes[f]
		if !ok {
			return driver.Fail(egress.Bug, "no-node")
		}
		k := kindOf(node.Name)
		if _, taken := body[node.Name]; k == 0 || k == flag || taken {
			return driver.Fail(egress.Bug, "node")
		}
		v := place(s, f, node, k)
		if v == nil {
			return driver.Fail(egress.Bug, "transport")
		}
		body[node.Name] = v
	}
	return nil
}

// place is a field as its parameter takes it; nil where the policy lets it travel in another way.
// A picture goes as data inside the request, never as a link (MIX-3-12: "Base64 image data").
func place(s driver.Sender, f privacy.Field, node driver.Node, k kind) wire.Value {
	isMedium := s.MediaType(f) != ""
	switch way := s.Transport(f); {
	case k == picture && way == "base64" && isMedium:
		return wire.DataURL(f)
	case way != "text" || isMedium || k == picture:
		return nil
	case k == number && len(node.Words) == 0:
		return wire.Number(f)
	case len(node.Words) > 0:
		return wire.Coded{Field: f, Words: node.Words, Number: k == number}
	default:
		return wire.Text(f)
	}
}

// isTask reports whether s looks like an identifier of a job at Zhipu.
func isTask(s string) bool { return regexp.MustCompile(`^[0-9A-Za-z_-]{1,128}$`).MatchString(s) }
