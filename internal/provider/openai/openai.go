// Package openai translates orders into calls of a server of the operator's own that speaks
// OpenAI's dialect: pictures, edits of pictures, chat and transcription.
//
// It promises to answer at once, to send no setting that the wiring does not name (strict servers
// refuse what they do not know), and to read of an answer only the result: a rewritten prompt is
// dropped unread. It never repeats a server's message, and never takes a stream that ends without
// its closing word for a whole answer.
package openai

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/driver"
)

// Name is the word by which wiring names this driver.
const Name = "openai"

// apiKey is the credential, which servers of one's own may do without.
const apiKey = "api_key"

// The calls, as wiring names them.
const (
	generations    = "images/generations"
	edits          = "images/edits"
	completions    = "chat/completions"
	transcriptions = "audio/transcriptions"
)

// Credentials returns the names of the credentials that the driver needs, and of those it can use.
func Credentials() (required, optional []string) { return nil, []string{apiKey} }

// Driver speaks OpenAI's dialect. It has no state.
type Driver struct{}

// ticket holds the address of a result that a server keeps instead of sending it along.
type ticket struct {
	URLs []string `json:"urls"`
}

// Begin makes the one call of the order. The result comes with the answer, or the ticket says
// where it lies.
func (Driver) Begin(ctx context.Context, s driver.Sender, o driver.Order) (driver.Begun, error) {
	if len(o.Resume) > 0 {
		return driver.Begun{}, driver.Fail(egress.Bug, "resume")
	}
	if err := check(s, o.Workflow); err != nil {
		return driver.Begun{}, err
	}
	if o.Workflow.Call == completions {
		return chat(ctx, s, o.Workflow)
	}
	list, err := members(s, o.Workflow, s.Fields())
	if err != nil {
		return driver.Begun{}, err
	}
	r := request(o.Workflow)
	switch o.Workflow.Call {
	case generations:
		body := wire.JSON{}
		for _, m := range list {
			body[m.Name] = m.Value
		}
		r.Body, r.Reply = body, wire.Large
		return pictures(ctx, s, r)
	case edits:
		r.Body, r.Reply = wire.Multipart(list), wire.Large
		return pictures(ctx, s, r)
	default:
		list = append(list, wire.Part{Name: "response_format", Value: wire.Literal("json")})
		r.Body = wire.Multipart(sorted(list))
		return words(ctx, s, r)
	}
}

func request(w driver.Workflow) wire.Request {
	return wire.Request{
		Method: "POST", Path: "/v1/" + w.Call,
		Header: map[string]wire.Value{"Authorization": wire.BearerIfSet(apiKey)},
	}
}

// check refuses what no server could understand, before any call.
func check(s driver.Sender, w driver.Workflow) error {
	carriesFiles := w.Call == edits || w.Call == transcriptions
	if !carriesFiles && w.Call != generations && w.Call != completions {
		return driver.Fail(egress.Bug, "call")
	}
	if w.ID == "" {
		return driver.Fail(egress.Bug, "model")
	}
	for _, f := range s.Fields() {
		at, ok := w.Nodes[f]
		if !ok {
			return driver.Fail(egress.Bug, "no-node")
		}
		t := s.Transport(f)
		if media := s.MediaType(f) != ""; media && (t != "bytes" || !carriesFiles) || !media && t != "text" {
			return driver.Fail(egress.Bug, "transport")
		}
		if at.Name == "negative_prompt" && w.Set["negative_prompt"] != "field" {
			return driver.Fail(egress.Bug, "negative-prompt")
		}
		if isOurs(at.Name) || (at.Name == newest || at.Name == earlier) && w.Call != completions { // there it is a name for the person
			return driver.Fail(egress.Bug, "node-name")
		}
	}
	switch w.Set["negative_prompt"] {
	case "", "none", "field":
		return nil
	default: // "pipe" would need two fields in one string, which no request value can hold
		return driver.Fail(egress.Bug, "negative-prompt")
	}
}

// isOurs reports whether a member is written by this driver or by its settings, never by a field.
func isOurs(name string) bool {
	return slices.Contains([]string{"model", "stream", "stream_options", "store", "messages", "response_format", "safety_identifier"}, name)
}

// members returns the model, the settings and the fields of a call, sorted by name.
func members(s driver.Sender, w driver.Workflow, fields []privacy.Field) ([]wire.Part, error) {
	list := []wire.Part{{Name: "model", Value: wire.Literal(w.ID)}}
	for name, v := range w.Set {
		if name == "negative_prompt" || name == "system" && w.Call == completions {
			continue // these say how, and go out in no member of that name
		}
		value, err := setting(w.Call, name, v)
		if err != nil {
			return nil, err
		}
		list = append(list, wire.Part{Name: name, Value: value})
	}
	for _, f := range fields {
		list = append(list, wire.Part{Name: w.Nodes[f].Name, Value: placeholder(s, f, w.Nodes[f])})
	}
	list = sorted(list)
	for i := 1; i < len(list); i++ {
		if list[i].Name == list[i-1].Name && list[i].Name != "image[]" {
			return nil, driver.Fail(egress.Bug, "twice")
		}
	}
	return list, nil
}

func sorted(list []wire.Part) []wire.Part {
	slices.SortStableFunc(list, func(a, b wire.Part) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// setting is a fixed setting in the type that the dialect gives it.
func setting(call, name, v string) (wire.Value, error) {
	n, notWhole := strconv.ParseInt(v, 10, 64)
	f, notNumber := strconv.ParseFloat(v, 64)
	isPicture := call == generations || call == edits
	switch {
	case name == "store":
		if v != "false" { // nobody's words are stored by a setting
			return nil, driver.Fail(egress.Bug, "set-store")
		}
		return wire.Bool(false), nil
	case name == "response_format" && isPicture, !isOurs(name) && !isNumber(name) && !isFraction(name) && name != "system", name == "safety_identifier":
		return wire.Literal(v), nil
	case isNumber(name) && notWhole == nil:
		return wire.Int(n), nil
	case isFraction(name) && notNumber == nil && !math.IsNaN(f) && !math.IsInf(f, 0):
		return wire.Float(f), nil
	default:
		return nil, driver.Fail(egress.Bug, "set")
	}
}

// isFraction reports whether a member is a number that may have a fraction.
func isFraction(name string) bool {
	return slices.Contains([]string{"temperature", "top_p", "guidance_scale", "true_cfg_scale", "presence_penalty", "frequency_penalty"}, name)
}

// isNumber reports whether a member is a whole number.
func isNumber(name string) bool {
	return slices.Contains([]string{
		"n", "seed", "output_compression", "num_inference_steps", "max_tokens", "max_completion_tokens", "top_k",
	}, name)
}

func placeholder(s driver.Sender, f privacy.Field, at driver.Node) wire.Value {
	switch {
	case s.MediaType(f) != "":
		return wire.Media(f)
	case len(at.Words) > 0:
		return wire.Coded{Field: f, Words: at.Words, Number: isNumber(at.Name) || isFraction(at.Name)}
	case isNumber(at.Name) || isFraction(at.Name):
		return wire.Number(f)
	default:
		return wire.Text(f)
	}
}

// pictures makes a call whose answer is a list of pictures, or of their addresses.
func pictures(ctx context.Context, s driver.Sender, r wire.Request) (driver.Begun, error) {
	answer, err := s.Send(ctx, r)
	if err != nil {
		return driver.Begun{}, refused(err, answer)
	}
	var reply struct {
		Data []struct {
			Inline []byte `json:"b64_json"`
			URL    string
		}
	}
	if err := json.Unmarshal(answer.Body, &reply); err != nil {
		return driver.Begun{}, driver.Fail(egress.UnknownOutcome, "reply")
	}
	done, kept := driver.Status{State: driver.Done}, ticket{}
	for _, item := range reply.Data {
		switch {
		case len(item.Inline) > 0:
			done.Results = append(done.Results, driver.Result{Inline: item.Inline})
		case item.URL != "":
			kept.URLs = append(kept.URLs, item.URL)
		}
	}
	if len(done.Results) > 0 && len(kept.URLs) > 0 {
		return driver.Begun{}, driver.Fail(egress.UnknownOutcome, "reply-mixed")
	}
	if len(kept.URLs) > 0 {
		t, err := driver.TicketOf(kept)
		return driver.Begun{Ticket: t}, err
	}
	if len(done.Results) == 0 {
		done = driver.Status{State: driver.Failed, Class: egress.Failed, Code: "empty"}
	}
	return driver.Begun{Status: &done}, nil
}

// words makes a call whose answer is a text.
func words(ctx context.Context, s driver.Sender, r wire.Request) (driver.Begun, error) {
	answer, err := s.Send(ctx, r)
	if err != nil {
		return driver.Begun{}, refused(err, answer)
	}
	var reply struct{ Text *string }
	if err := json.Unmarshal(answer.Body, &reply); err != nil || reply.Text == nil {
		return driver.Begun{}, driver.Fail(egress.UnknownOutcome, "reply")
	}
	return said(strings.TrimSpace(*reply.Text)), nil
}

// said is a text as the result of an order; nothing said is no result.
func said(text string) driver.Begun {
	if text == "" {
		return driver.Begun{Status: &driver.Status{State: driver.Failed, Class: egress.Failed, Code: "empty"}}
	}
	return driver.Begun{Status: &driver.Status{State: driver.Done, Results: []driver.Result{{Text: privacy.NewText(text)}}}}
}

// Poll reads the ticket: the result was ready when it was made.
func (Driver) Poll(_ context.Context, _ driver.Follower, t driver.Ticket) (driver.Status, error) {
	kept, err := open(t)
	if err != nil {
		return driver.Status{}, err
	}
	s := driver.Status{State: driver.Done}
	for _, u := range kept.URLs {
		s.Results = append(s.Results, driver.Result{File: &egress.Address{URL: u}})
	}
	return s, nil
}

func open(t driver.Ticket) (ticket, error) {
	var kept ticket
	if err := json.Unmarshal(t, &kept); err != nil || len(kept.URLs) == 0 || slices.Contains(kept.URLs, "") {
		return kept, driver.Fail(egress.Bug, "ticket")
	}
	return kept, nil
}

// Cancel always comes too late: whoever has a ticket has the result.
func (Driver) Cancel(_ context.Context, _ driver.Follower, t driver.Ticket) (driver.CancelOutcome, error) {
	if _, err := open(t); err != nil {
		return driver.Unsupported, err
	}
	return driver.TooLate, nil
}

// Forget can erase nothing: the dialect has no call for files behind an address.
func (Driver) Forget(_ context.Context, _ driver.Follower, t driver.Ticket) (driver.Residue, error) {
	if _, err := open(t); err != nil {
		return driver.Residue{}, err
	}
	return driver.Residue{Held: []driver.Held{{What: "result", Reason: driver.NoEraseCall}}}, nil
}

// Leftover finds nothing: an order is one call, and what it left has no erase call.
func (Driver) Leftover([]byte) (driver.Ticket, bool) { return nil, false }
