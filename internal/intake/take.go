package intake

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"

	"vow.example/vow/internal/intake/form"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	facts "vow.example/vow/internal/store/intake"
	"vow.example/vow/internal/task"
)

const maxEvents = 50

// batch is what one call brings under one schema, judged and not written yet.
type batch struct {
	intake  terms.Intake
	answers []form.Answers
	items   []Item
}

// Take takes facts about the device, events or a crash. It returns how many items were kept: none where the
// person has switched this off or objects to its purpose.
func (s *Service) Take(ctx context.Context, kind terms.IntakeKind, c Call) (int, error) {
	if err := s.admit(c); err != nil {
		return 0, err
	}
	env, platform, err := s.open(c, kind, "schema", "data", "events")
	if err != nil {
		return 0, err
	}
	if state, ok := form.String(env["app_state"]); !ok || state != "foreground" {
		return 0, refuse(form.CodeRule, "/app_state", "not_foreground", "Nothing is taken from an app in the background.")
	}
	var list []batch
	if kind == terms.Events {
		list, err = s.events(c.Who, platform, env)
	} else {
		list, err = s.report(c.Who, kind, platform, env)
	}
	if err != nil {
		return 0, refusal(err)
	}
	for {
		n, err := s.takeWanted(ctx, c, platform, list)
		if err == nil || unlessUnwanted(err) != nil {
			return n, err
		} // since it was judged: the rest is taken without it
	}
}

// takeWanted takes what the person lets be taken. It fails with errUnwanted where that was less in the end.
func (s *Service) takeWanted(ctx context.Context, c Call, platform terms.Platform, list []batch) (int, error) {
	profile, err := s.profile(ctx, c.Who)
	if err != nil {
		return 0, err
	}
	var open []batch
	for _, b := range list {
		may := allows(c.Who, b)(profile)
		if err := errors.Join(unlessUnwanted(may), s.own(ctx, c.Who, b)); err != nil {
			return 0, err
		}
		if may == nil {
			open = append(open, b)
		}
	}
	return s.store(ctx, c, platform, open)
}

// own refuses a name of a device that is not this person's: carried over from elsewhere it would join two
// apps (MIX-1.1-03).
func (s *Service) own(ctx context.Context, who task.Who, b batch) error {
	for _, item := range b.items {
		for field, v := range item.Data {
			name, ok := v.(string)
			if !ok || !form.IsDeviceName(name) {
				continue
			}
			list, err := facts.Devices(ctx, s.DB.App(who.App()), who.Subject, s.Clock.Now())
			if err != nil {
				return err
			}
			if !slices.ContainsFunc(list, func(d facts.Device) bool { return d.ID == name }) {
				return refuse(form.CodeRule, "/data/"+field, "not_yours", "A name that this server gave this device, for this app.")
			}
		}
	}
	return nil
}

// open reads the outer members of a body. An advertising identifier ends the call before anything else of it
// is looked at (MIX-1.8-01: "no IDFA").
func (s *Service) open(c Call, kind terms.IntakeKind, members ...string) (map[string]json.RawMessage, terms.Platform, error) {
	env, err := form.Envelope(c.Body, append(members, "platform", "app_state")...)
	if err != nil {
		return nil, "", refusal(err)
	}
	name, _ := form.String(env["platform"])
	platform := terms.Platform(name)
	if !terms.On(nil, platform) {
		return nil, "", refuse(form.CodeField, "/platform", "unknown_platform", "One of: ios, android, web.")
	}
	var names []string
	for _, in := range c.Who.Policy.Terms().Intakes {
		if in.Kind == kind && terms.On(in.Platforms, platform) {
			names = append(names, s.sheet(c.Who, in, in.Fields, platform, "").Tracking()...)
		}
	}
	if form.Tracks(c.Body, names) {
		return nil, "", refuse(form.CodeCategory, "", "advertising_id", "Advertising identifiers are not accepted.")
	}
	if state, ok := form.String(env["app_state"]); !ok || state != "" && state != "foreground" {
		return nil, "", refuse(form.CodeRule, "/app_state", "not_foreground", "Nothing is taken from an app in the background.")
	}
	return env, platform, nil
}

func (s *Service) sheet(who task.Who, in terms.Intake, fields []terms.Field, platform terms.Platform, at string) form.Sheet {
	return form.Sheet{
		Terms: who.Policy.Terms(), Kind: in.Kind, Category: in.Category, Clause: in.Clause, Fields: fields, Platform: platform, At: at, Now: s.Clock.Now(),
	}
}

// choose finds the schema of a kind that a platform may use: the named one, or the only one.
func choose(who task.Who, kind terms.IntakeKind, platform terms.Platform, id string) (terms.Intake, error) {
	list := slices.DeleteFunc(slices.Clone(who.Policy.Terms().Intakes), func(in terms.Intake) bool {
		return in.Kind != kind || !terms.On(in.Platforms, platform) || id != "" && in.ID != id
	})
	switch {
	case len(list) == 1:
		return list[0], nil
	case len(list) == 0:
		return terms.Intake{}, form.Refuse(form.CodeField, "/schema", "unknown_schema", "The policy lists no such schema for this platform.")
	default:
		return terms.Intake{}, form.Refuse(form.CodeField, "/schema", "required", "The policy lists several schemas here: name the one that is meant.")
	}
}

// report judges one set of fields.
func (s *Service) report(who task.Who, kind terms.IntakeKind, platform terms.Platform, env map[string]json.RawMessage) ([]batch, error) {
	if len(env["events"]) > 0 {
		return nil, form.Refuse(form.CodeField, "/events", "unknown_field", "The body has no such member.")
	}
	id, ok := form.String(env["schema"])
	if !ok {
		return nil, form.Refuse(form.CodeRule, "/schema", "not_a_string", "A string.")
	}
	in, err := choose(who, kind, platform, id)
	if err != nil {
		return nil, err
	}
	a, err := s.sheet(who, in, in.Fields, platform, "/data").Judge(env["data"])
	if err != nil {
		return nil, err
	}
	b := batch{intake: in, answers: []form.Answers{a}}
	if values := a.Values(); len(values) > 0 {
		b.items = []Item{{Data: values}}
	}
	return []batch{b}, nil
}

// events judges named events, each under its own schema.
func (s *Service) events(who task.Who, platform terms.Platform, env map[string]json.RawMessage) ([]batch, error) {
	if len(env["data"]) > 0 {
		return nil, form.Refuse(form.CodeField, "/data", "unknown_field", "Each event has its own data.")
	}
	var raw []json.RawMessage
	if json.Unmarshal(env["events"], &raw) != nil || len(raw) == 0 || len(raw) > maxEvents {
		return nil, form.Refuse(form.CodeRule, "/events", "length", "A list of 1 to "+strconv.Itoa(maxEvents)+" events.")
	}
	id, _ := form.String(env["schema"])
	var list []batch
	for i, one := range raw {
		in, a, item, err := s.event(who, platform, id, "/events/"+strconv.Itoa(i), one)
		if err != nil {
			return nil, err
		}
		at := slices.IndexFunc(list, func(b batch) bool { return b.intake.ID == in.ID })
		if at < 0 {
			at, list = len(list), append(list, batch{intake: in})
		}
		list[at].answers, list[at].items = append(list[at].answers, a), append(list[at].items, item)
	}
	return list, nil
}

func (s *Service) event(who task.Who, platform terms.Platform, id, pointer string, raw json.RawMessage) (in terms.Intake, a form.Answers, item Item, err error) {
	env, err := form.Envelope(raw, "name", "at", "data")
	if err != nil {
		return in, a, item, within(err, pointer)
	}
	name, _ := form.String(env["name"])
	schema, in, ok := eventOf(who, platform, id, name)
	if !ok {
		return in, a, item, form.Refuse(form.CodeField, pointer+"/name", "unknown_event", "The policy lists no such event for this platform.")
	}
	written, _ := form.String(env["at"])
	at, err := time.Parse(time.RFC3339, written)
	if now := s.Clock.Now(); err != nil || at.After(now.Add(form.Skew)) || at.Before(now.Add(-form.Skew)) {
		return in, a, item, form.Refuse(form.CodeRule, pointer+"/at", "out_of_bounds", "An RFC 3339 time within a day of now.")
	}
	a, err = s.sheet(who, in, slices.Concat(in.Fields, schema.Fields), platform, pointer+"/data").Judge(env["data"])
	at = at.UTC().Truncate(time.Second)
	return in, a, Item{Name: name, At: &at, Data: a.Values()}, err
}

// within moves the pointers of a refusal below another one.
func within(err error, pointer string) error {
	r, ok := err.(*form.Refusal) //nolint:errorlint // the form returns it unwrapped
	if !ok {
		return err
	}
	for i := range r.Wrong {
		r.Wrong[i].Pointer = pointer + r.Wrong[i].Pointer
	}
	return r
}

func eventOf(who task.Who, platform terms.Platform, id, name string) (terms.EventSchema, terms.Intake, bool) {
	for _, in := range who.Policy.Terms().Intakes {
		if in.Kind != terms.Events || !terms.On(in.Platforms, platform) || id != "" && in.ID != id {
			continue
		}
		for _, e := range in.Events {
			if e.ID == name {
				return e, in, true
			}
		}
	}
	return terms.EventSchema{}, terms.Intake{}, false
}

// store writes what is left of a call, all of it or nothing.
func (s *Service) store(ctx context.Context, c Call, platform terms.Platform, list []batch) (kept int, err error) {
	var sealed []sealedRecord
	for _, b := range list {
		records, err := s.records(ctx, c, platform, b)
		if sealed = append(sealed, records...); err != nil {
			return 0, errors.Join(err, s.undo(ctx, sealed))
		}
		kept += max(len(b.items), min(len(records), 1))
	}
	if len(sealed) == 0 {
		return 0, nil
	}
	return kept, s.keep(ctx, c.Who, sealed, every(list, c.Who), nil)
}

// records seals what one schema brought. Where its category is that of network addresses, the address is
// kept whole under that category's clock, and its beginning under the clock of facts about devices: "network
// addresses are turned into prefixes after the window" (WIZ-5-03). In any other category only the beginning
// is ever written.
func (s *Service) records(ctx context.Context, c Call, platform terms.Platform, b batch) (list []sealedRecord, err error) {
	r := Record{Intake: b.intake.ID, Kind: b.intake.Kind, Platform: platform, Origin: FromAutomatic, At: s.Clock.Now(), Items: b.items}
	whole, prefixes := s.network(c, b.intake, platform)
	if r.Network = prefixes; b.intake.Category == addresses {
		r.Network = whole
	}
	if len(r.Items) == 0 && len(r.Network) == 0 {
		return nil, nil
	}
	first, err := s.file(ctx, c.Who, b.intake.Category, r)
	if err != nil {
		return nil, err
	}
	first.intake = b.intake
	list = append(list, first)
	if b.intake.Category != addresses || len(prefixes) == 0 || !c.Who.Policy.HasCategory(devices) {
		return list, nil
	}
	r.Items, r.Network = nil, prefixes
	second, err := s.file(ctx, c.Who, devices, r)
	if err != nil {
		return list, err
	}
	return append(list, second), nil
}

// The categories of a network address: whole, and its beginning.
const (
	addresses privacy.Category = "network_info"
	devices   privacy.Category = "device_info"
)
