package disclosure

import (
	"context"
	"encoding/json"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
)

// Report is what PrepareReport judges: a batch of what an app reported, for the one recipient that the
// Allowance names. It has no place for a picture, a prompt or anybody's words: an event is a name and
// closed values of the policy's schema.
type Report struct {
	Policy    *policy.Policy
	Allowance consent.Allowance
	Batch     privacy.TaskID
	Client    string // by which the recipient tells one person's events: 32 hex digits, drawn for this app and recipient
	Events    []Event
}

// Event is one thing that was reported. Values are bool, float64 or a code.
type Event struct {
	Name   string
	At     time.Time
	Params map[string]any
}

// The fields of a report and of a message as wiring knows them.
const (
	fieldClient  = privacy.Field("analytics_id")
	fieldEvents  = privacy.Field("events")
	fieldAddress = privacy.Field("address")
	fieldMessage = privacy.Field("message")
)

const (
	mostEvents = 25
	digits     = 12 // of a number: no finer than anybody measures
)

// PrepareReport makes a Disclosure of a batch. The ledger row, with every field of the policy that the
// batch holds, is committed before it returns. It fails with ErrRefused where the Allowance does not cover
// the batch, or where an event holds anything that the policy does not let the recipient have (MIX-3-03:
// "limited technical, device, usage and diagnostic data").
func PrepareReport(ctx context.Context, l Ledger, clk clock.Clock, r Report) (Disclosure, error) {
	return prepare(ctx, l, clk, r)
}

// ResumeReport makes a Disclosure for the row of a batch of which nothing was taken yet. The batch is
// judged afresh.
func ResumeReport(ctx context.Context, l Ledger, clk clock.Clock, id privacy.TransferID, r Report) (Disclosure, error) {
	return resume(ctx, l, clk, id, r, nil)
}

func (r Report) under() *policy.Policy { return r.Policy }

func (r Report) judge() (Entry, Content, error) {
	f, in, err := r.forward()
	if err != nil {
		return Entry{}, nil, err
	}
	if len(r.Events) == 0 || len(r.Events) > mostEvents {
		return Entry{}, nil, refuse("events-count", fieldEvents)
	}
	if !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(r.Client) {
		return Entry{}, nil, refuse("client", fieldClient)
	}
	fields := map[privacy.Field]bool{fieldClient: true}
	for _, e := range r.Events {
		if err := judgeEvent(e, f, in); err != nil {
			return Entry{}, nil, err
		}
		for name := range e.Params {
			fields[privacy.Field(name)] = true
		}
	}
	written, err := encode(r.Events)
	if err != nil {
		return Entry{}, nil, err
	}
	e := Entry{
		App: r.Policy.App(), Subject: r.Allowance.Wish().Subject, Task: r.Batch, Recipient: f.Recipient,
		Fields: slices.Sorted(maps.Keys(fields)), Purpose: f.Purpose, PolicyHash: r.Policy.Hash(),
	}
	return e, Content{fieldClient: asText(r.Client), fieldEvents: asText(written)}, nil
}

// forward returns what the recipient may have, and the intake that the batch came in by. What the policy
// was refused for at load is refused here once more: only measured things leave, for a purpose that their
// category may serve.
func (r Report) forward() (terms.Forward, terms.Intake, error) {
	if r.Policy == nil || !r.Allowance.Valid() {
		return terms.Forward{}, terms.Intake{}, refuse("no-allowance", "")
	}
	f, ok := r.Allowance.Forward()
	if !ok || r.Batch == "" || !r.Allowance.Covers(r.Policy, r.Batch) {
		return f, terms.Intake{}, refuse("allowance-does-not-cover", "")
	}
	in, ok := r.Policy.Terms().Intake(r.Allowance.Wish().Intake)
	if !ok || !slices.Contains([]terms.IntakeKind{terms.Telemetry, terms.Events, terms.Crash}, in.Kind) {
		return f, in, refuse("not-a-report", "")
	}
	if allowed, _ := r.Policy.PurposeAllowed(in.Category, f.Purpose); !allowed {
		return f, in, refuse("purpose", "")
	}
	return f, in, nil
}

// judgeEvent refuses what is not in the schema, or not on the recipient's list.
func judgeEvent(e Event, f terms.Forward, in terms.Intake) error {
	fields := in.Fields
	if in.Kind == terms.Events {
		at := slices.IndexFunc(in.Events, func(s terms.EventSchema) bool { return s.ID == e.Name })
		if at < 0 {
			return refuse("unknown-event", fieldEvents)
		}
		fields = slices.Concat(in.Fields, in.Events[at].Fields)
	} else if e.Name != in.ID {
		return refuse("unknown-event", fieldEvents)
	}
	if len(e.Params) == 0 || e.At.IsZero() {
		return refuse("empty-event", fieldEvents)
	}
	for _, name := range slices.Sorted(maps.Keys(e.Params)) {
		at := slices.IndexFunc(fields, func(x terms.Field) bool { return x.ID == name })
		switch {
		case !slices.Contains(f.Fields, name) || at < 0:
			return refuse("field-not-in-policy", privacy.Field(name))
		case !Fits(fields[at], e.Params[name]):
			return refuse("not-a-code", privacy.Field(name))
		}
	}
	return nil
}

// Fits reports whether a value of a field may stand in a report: a truth value, a number, or a code with
// no room for an address, an identifier of ours or a sentence.
func Fits(f terms.Field, value any) bool {
	switch v := value.(type) {
	case bool:
		return f.Kind == terms.Flag
	case float64:
		return f.Kind == terms.Number && !math.IsInf(v, 0) && !math.IsNaN(v)
	case string:
		ours := regexp.MustCompile(`(?i)(?:^|[^a-z0-9])(?:(?:sub|ses|tsk|upl|out|prm|con|trf|rcp|rrq)_[0-9a-z]{6,}|[a-z]{3}_[0-9a-z]{20,})`)
		measured := slices.Contains([]terms.FieldKind{terms.Word, terms.Version, terms.Language, terms.Region, terms.Choice, terms.Moment}, f.Kind)
		return measured && regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._:/+-]{0,99}$`).MatchString(v) && !ours.MatchString(v)
	default:
		return false
	}
}

// encode writes events as egress reads them.
func encode(list []Event) (string, error) {
	type form struct {
		Name   string         `json:"name"`
		At     string         `json:"at"`
		Params map[string]any `json:"params"`
	}
	out := make([]form, len(list))
	for i, e := range list {
		params := maps.Clone(e.Params)
		for name, v := range params {
			if n, ok := v.(float64); ok {
				params[name] = json.Number(strconv.FormatFloat(n, 'g', digits, 64))
			}
		}
		out[i] = form{e.Name, e.At.UTC().Format(time.RFC3339), params}
	}
	raw, err := json.Marshal(out)
	if err != nil {
		return "", refuse("not-a-code", fieldEvents)
	}
	return string(raw), nil
}

// asText is an item that travels as text.
func asText(s string) Item {
	item := Text(privacy.NewText(s))
	item.transport = "text"
	return item
}
