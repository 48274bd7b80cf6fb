// Package gemini translates orders into two calls of Google's Gemini API, "generateContent" for
// pictures and "predictLongRunning" (Veo) for videos, and their answers into statuses.
//
// It promises requests that are, field by field, those of the official SDK; "store": false in
// every order for a picture, so that Google does not keep it in the project's log; and that the key
// travels in a header, to the configured host only. It never keeps a model's name, which is the
// operator's to configure, never reads drafts ("thoughts"), and never repeats Google's messages.
package gemini

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/driver"
)

// Name is the word by which wiring names this driver.
const Name = "gemini"

const (
	credential = "api_key"
	images     = "generateContent"
	videos     = "predictLongRunning"
	version    = "/v1beta"
)

// Credentials returns the names of the credentials that the driver's requests stand in for.
func Credentials() (required, optional []string) { return []string{credential}, nil }

// Driver speaks the Gemini API. It has no state.
type Driver struct{}

// ticket names what was done at Google: the call, and the operation of one that goes on.
type ticket struct {
	Call      string `json:"call"`
	Operation string `json:"operation,omitempty"`
}

// Begin makes the one call of the workflow. A picture is in its answer.
func (Driver) Begin(ctx context.Context, s driver.Sender, o driver.Order) (driver.Begun, error) {
	if len(o.Resume) > 0 {
		return driver.Begun{}, driver.Fail(egress.Bug, "resume")
	}
	if !regexp.MustCompile(`^[a-z0-9][A-Za-z0-9._-]{1,80}$`).MatchString(o.Workflow.ID) {
		return driver.Begun{}, driver.Fail(egress.Bug, "workflow")
	}
	given, err := arrange(s, o.Workflow)
	if err != nil {
		return driver.Begun{}, err
	}
	r := wire.Request{Method: "POST", Path: version + "/models/" + o.Workflow.ID + ":" + o.Workflow.Call, Header: header()}
	switch o.Workflow.Call {
	case images:
		return generate(ctx, s, r, given)
	case videos:
		return predict(ctx, s, r, given)
	default:
		return driver.Begun{}, driver.Fail(egress.Bug, "workflow")
	}
}

func header() map[string]wire.Value {
	return map[string]wire.Value{"x-goog-api-key": wire.Secret(credential)}
}

// begun is the answer to an order, with the ticket that Forget needs.
func begun(t ticket, s *driver.Status) (driver.Begun, error) {
	raw, err := driver.TicketOf(t)
	return driver.Begun{Ticket: raw, Status: s}, err
}

// order is what an order carries, by the names of Google's parameters.
type order struct {
	fields map[string]privacy.Field
	words  map[string]map[string]string
	set    map[string]string
	sender driver.Sender
}

// arrange sorts the fields by the names of their nodes. A field without a node is refused, and so
// is a name that is given twice.
func arrange(s driver.Sender, w driver.Workflow) (*order, error) {
	o := &order{fields: map[string]privacy.Field{}, words: map[string]map[string]string{}, set: maps.Clone(w.Set), sender: s}
	for _, f := range s.Fields() {
		n, ok := w.Nodes[f]
		if !ok {
			return nil, driver.Fail(egress.Bug, "no-node")
		}
		_, fixed := w.Set[n.Name]
		if _, twice := o.fields[n.Name]; twice || fixed {
			return nil, driver.Fail(egress.Bug, "node-twice")
		}
		o.fields[n.Name], o.words[n.Name] = f, n.Words
	}
	if len(o.fields) == 0 {
		return nil, driver.Fail(egress.Bug, "no-content")
	}
	return o, nil
}

// text takes out the words or option under a name, or the fixed setting; false: neither is there.
func (o *order) text(name string) (wire.Value, bool, error) {
	if v, ok := o.set[name]; ok {
		delete(o.set, name)
		return wire.Literal(v), true, nil
	}
	f, ok := o.fields[name]
	if !ok {
		return nil, false, nil
	}
	delete(o.fields, name)
	if o.sender.Transport(f) != "text" {
		return nil, false, driver.Fail(egress.Bug, "transport")
	}
	if words := o.words[name]; len(words) > 0 {
		return wire.Coded{Field: f, Words: words}, true, nil
	}
	return wire.Text(f), true, nil
}

// number is text as a number.
func (o *order) number(name string) (wire.Value, bool, error) {
	v, ok, err := o.text(name)
	switch v := v.(type) {
	case wire.Literal:
		n, err := strconv.ParseInt(string(v), 10, 64)
		if err != nil {
			return nil, false, driver.Fail(egress.Bug, "setting")
		}
		return wire.Int(n), true, nil
	case wire.Text:
		return wire.Number(v), true, nil
	case wire.Coded:
		v.Number = true
		return v, true, nil
	default:
		return nil, ok, err
	}
}

// member is one optional member of an object, and how to take it out of an order.
type member struct {
	name string
	take func(name string) (wire.Value, bool, error)
}

// object collects those members that an order has.
func object(list ...member) (wire.Object, error) {
	out := wire.Object{}
	for _, m := range list {
		v, ok, err := m.take(m.name)
		if err != nil {
			return nil, err
		}
		if ok {
			out[m.name] = v
		}
	}
	return out, nil
}

// numbered takes out the fields "image_1", "image_2" and so on, in the order of their numbers.
func (o *order) numbered(prefix string) []privacy.Field {
	byNumber := map[int]privacy.Field{}
	for name, f := range o.fields {
		rest, ok := strings.CutPrefix(name, prefix)
		if n, err := strconv.Atoi(rest); ok && err == nil && strconv.Itoa(n) == rest {
			byNumber[n] = f
			delete(o.fields, name)
		}
	}
	var list []privacy.Field
	for _, n := range slices.Sorted(maps.Keys(byNumber)) {
		list = append(list, byNumber[n])
	}
	return list
}

// empty refuses an order of which something is left: a name that the call does not have.
func (o *order) empty() error {
	if len(o.fields) > 0 {
		return driver.Fail(egress.Bug, "node")
	}
	if len(o.set) > 0 {
		return driver.Fail(egress.Bug, "setting")
	}
	return nil
}

// Leftover finds nothing: an order is one call, and a lost answer names no operation.
func (Driver) Leftover([]byte) (driver.Ticket, bool) { return nil, false }
