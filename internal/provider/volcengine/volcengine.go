// Package volcengine translates orders into the video tasks of ByteDance's Volcengine Ark
// ("contents/generations/tasks") and its answers into statuses.
//
// It promises requests that are, field by field, those of the official SDK; a visible watermark
// and a lifetime in every order; and that size, length and cost travel in fields of their own: the
// person's words go out without the " --flag value" that older models obey. It never sends an
// end-user identifier, never repeats Ark's messages, and never trusts a callback: those are hints
// to poll.
package volcengine

import (
	"context"
	"encoding/json"
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
const Name = "volcengine"

const (
	credential = "api_key"
	tasks      = "/api/v3/contents/generations/tasks"
	lifetime   = 3600 // seconds after which Ark gives up a task: nothing waits there for days
)

// Credentials returns the names of the credentials that the driver's requests stand in for.
func Credentials() (required, optional []string) { return []string{credential}, nil }

// Driver speaks Ark's protocol. It has no state.
type Driver struct{}

// ticket names a task at Ark.
type ticket struct {
	Task string `json:"task"`
}

// Begin creates the task. There is one call, so there is nothing to save between two.
func (Driver) Begin(ctx context.Context, s driver.Sender, o driver.Order) (driver.Begun, error) {
	if len(o.Resume) > 0 {
		return driver.Begun{}, driver.Fail(egress.Bug, "resume")
	}
	body, err := compose(s, o)
	if err != nil {
		return driver.Begun{}, err
	}
	answer, err := s.Send(ctx, wire.Request{Method: "POST", Path: tasks, Header: header(), Body: body})
	if err != nil {
		return driver.Begun{}, refine(answer, err)
	}
	var made struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(answer.Body, &made); err != nil || !isTask(made.ID) {
		return driver.Begun{}, driver.Fail(egress.UnknownOutcome, "create-reply")
	}
	t, err := driver.TicketOf(ticket{Task: made.ID})
	return driver.Begun{Ticket: t}, err
}

func header() map[string]wire.Value {
	return map[string]wire.Value{"Authorization": wire.Bearer(credential)}
}

// isTask reports whether s is an identifier of Ark's.
func isTask(s string) bool { return regexp.MustCompile(`^cgt-[A-Za-z0-9-]{1,80}$`).MatchString(s) }

// compose writes the order down: the words first, then the pictures by their roles.
func compose(s driver.Sender, o driver.Order) (wire.JSON, error) {
	body, err := settings(o.Workflow.Set)
	if err != nil {
		return nil, err
	}
	if o.Workflow.ID == "" || o.Workflow.Call != "" {
		return nil, driver.Fail(egress.Bug, "workflow")
	}
	body["model"] = wire.Literal(o.Workflow.ID)
	body["watermark"] = wire.Bool(true)
	body["execution_expires_after"] = wire.Int(lifetime)
	if o.Webhook != "" {
		body["callback_url"] = wire.Callback(o.Webhook)
	}
	pieces := map[string]wire.Value{}
	for _, f := range s.Fields() {
		n, ok := o.Workflow.Nodes[f]
		if !ok {
			return nil, driver.Fail(egress.Bug, "no-node")
		}
		if _, taken := body[n.Name]; taken || pieces[n.Name] != nil {
			return nil, driver.Fail(egress.Bug, "node-twice")
		}
		if err := place(s, f, n, body, pieces); err != nil {
			return nil, err
		}
	}
	content := wire.Array{}
	for _, name := range roles() {
		if piece, ok := pieces[name]; ok {
			content = append(content, piece)
		}
	}
	if len(content) == 0 {
		return nil, driver.Fail(egress.Bug, "no-content")
	}
	body["content"] = content
	return body, nil
}

// roles lists the places of content, in the order in which they go out.
func roles() []string { return []string{"text", "first_frame", "last_frame", "reference_image"} }

// place puts one field where its node says: into the content, or into a parameter.
func place(s driver.Sender, f privacy.Field, n driver.Node, body wire.JSON, pieces map[string]wire.Value) error {
	switch n.Name {
	case "first_frame", "last_frame", "reference_image":
		address, err := picture(s, f)
		if err != nil {
			return err
		}
		pieces[n.Name] = wire.Object{"type": wire.Literal("image_url"), "image_url": wire.Object{"url": address}, "role": wire.Literal(n.Name)}
		return nil
	}
	if s.Transport(f) != "text" {
		return driver.Fail(egress.Bug, "transport")
	}
	switch n.Name {
	case "text":
		pieces["text"] = wire.Object{"type": wire.Literal("text"), "text": wire.Unflagged(f)}
	case "ratio", "resolution":
		body[n.Name] = word(f, n)
	case "duration":
		body[n.Name] = number(f, n)
	default:
		return driver.Fail(egress.Bug, "node")
	}
	return nil
}

// picture stands for a picture: a link of ours, or the bytes in the request.
func picture(s driver.Sender, f privacy.Field) (wire.Value, error) {
	switch s.Transport(f) {
	case "url":
		return wire.Link(f), nil
	case "base64":
		return wire.DataURL(f), nil
	default:
		return nil, driver.Fail(egress.Bug, "transport")
	}
}

func word(f privacy.Field, n driver.Node) wire.Value {
	if len(n.Words) > 0 {
		return wire.Coded{Field: f, Words: n.Words}
	}
	return wire.Text(f)
}

func number(f privacy.Field, n driver.Node) wire.Value {
	if len(n.Words) > 0 {
		return wire.Coded{Field: f, Words: n.Words, Number: true}
	}
	return wire.Number(f)
}

// settings writes down the fixed part of the workflow. What it does not know is refused: a
// setting such as return_last_frame would make a second picture of the person.
func settings(set map[string]string) (wire.JSON, error) {
	body := wire.JSON{}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		switch name {
		case "ratio", "resolution", "service_tier":
			body[name] = wire.Literal(set[name])
		case "duration", "seed":
			n, err := strconv.ParseInt(set[name], 10, 64)
			if err != nil {
				return nil, driver.Fail(egress.Bug, "setting")
			}
			body[name] = wire.Int(n)
		case "camera_fixed", "generate_audio":
			yes, err := strconv.ParseBool(set[name])
			if err != nil {
				return nil, driver.Fail(egress.Bug, "setting")
			}
			body[name] = wire.Bool(yes)
		default:
			return nil, driver.Fail(egress.Bug, "setting")
		}
	}
	return body, nil
}
