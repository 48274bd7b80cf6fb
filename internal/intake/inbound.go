package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/intake/bound"
	"vow.example/vow/internal/intake/form"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/people"
	"vow.example/vow/internal/task"
)

// Delivery is what a vendor sends in, unread.
type Delivery struct {
	App    privacy.AppID
	Source string
	Body   []byte
	bound.Stamp
}

// Receive takes data of a vendor that the policy declares, signed and under its closed schema (MIX-1.3-01). It
// joins by our own name of the subject only, and says nothing about whether there is such a subject.
func (s *Service) Receive(ctx context.Context, d Delivery) (int, error) {
	app, ok := s.Policies.InForce(d.App, s.Clock.Now())
	if !ok {
		return 0, errNoVendor
	}
	if _, ok := app.Terms().Vendor(d.Source); !ok {
		return 0, errNoVendor
	}
	if !s.seen.Genuine(s.Secret(d.App, d.Source), d.Body, d.Stamp, s.Machine.Now()) {
		return 0, errUnsigned
	}
	if form.Tracks(d.Body, nil) {
		return 0, refuse(form.CodeCategory, "", "advertising_id", "Advertising identifiers are not accepted.")
	}
	env, err := form.Envelope(d.Body, "subject", "data")
	if err != nil {
		return 0, refusal(err)
	}
	subject := privacy.SubjectID(member(env, "subject"))
	if !privacy.HasPrefix(string(subject), privacy.PrefixSubject) {
		return 0, refuse(form.CodeRule, "/subject", "required", "The name that this server gave the person: sub_ and 26 characters.")
	}
	who, vendor, err := s.addressee(ctx, app.Terms(), d, subject)
	if err != nil {
		return 0, err
	}
	sheet := form.Sheet{Terms: who.Policy.Terms(), Category: vendor.Category, Clause: vendor.Clause, Fields: vendor.Fields, At: "/data", Now: s.Clock.Now()}
	a, err := sheet.Judge(env["data"])
	if err != nil {
		return 0, refusal(err)
	}
	return s.deliver(ctx, who, vendor, a)
}

// addressee returns for whom a delivery is, under the policy that binds them. Where there is nobody, the body
// is judged all the same, under the policy in force.
func (s *Service) addressee(ctx context.Context, t *terms.Terms, d Delivery, subject privacy.SubjectID) (task.Who, terms.Inbound, error) {
	pol, err := s.Policies.For(ctx, d.App, subject)
	if err != nil {
		return task.Who{}, terms.Inbound{}, fmt.Errorf("intake: policy: %w", err)
	}
	vendor, ok := pol.Terms().Vendor(d.Source)
	if !ok {
		vendor, _ = t.Vendor(d.Source)
	}
	return task.Who{Policy: pol, Subject: subject}, vendor, nil
}

var (
	errNoVendor = fault.New(fault.NotFound, "not-found", "The policy names no such source.")
	errUnsigned = fault.New(fault.Refused, "unauthenticated", "The signature is missing, wrong, too old or used before.")
)

// off reports whether the person has switched off everything that the app itself would take of a category:
// then nothing of it comes in by another door.
func off(t *terms.Terms, p facts.Profile, c privacy.Category) bool {
	taken, open := false, false
	for _, in := range t.Intakes {
		if in.Category == c {
			taken, open = true, open || SwitchOn(t, p.Switches, in.Switch)
		}
	}
	return taken && !open
}

// unlessRefused takes a refusal for an answer: a vendor does not learn it, and nothing is kept.
func unlessRefused(err error) error {
	if kind := fault.KindOf(err); kind == fault.Refused || kind == fault.Gone {
		return nil
	}
	return err
}

// deliver keeps what a vendor sent about a subject who is there and has nothing against it.
func (s *Service) deliver(ctx context.Context, who task.Who, vendor terms.Inbound, a form.Answers) (int, error) {
	p, err := facts.ProfileOf(ctx, s.DB.App(who.App()), who.Subject, s.Clock.Now())
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if s.Standing != nil {
		if err := s.Standing(ctx, who); err != nil {
			return 0, unlessRefused(err)
		}
	}
	values := a.Values()
	may := func(p facts.Profile) error {
		if off(who.Policy.Terms(), p, vendor.Category) || p.Restriction != "" || slices.Contains(p.Objections, vendor.Purpose) {
			return errUnwanted
		}
		return nil
	}
	if len(values) == 0 || may(p) != nil {
		return 0, nil
	}
	r, err := s.file(ctx, who, vendor.Category, Record{Intake: vendor.ID, Origin: vendor.ID, At: s.Clock.Now(), Items: []Item{{Data: values}}})
	if err != nil {
		return 0, err
	}
	return kept(s.keep(ctx, who, []sealedRecord{r}, may, nil))
}

// kept counts one thing that was kept, or none where the person did not want it in the end.
func kept(err error) (int, error) {
	if err != nil {
		return 0, unlessUnwanted(err)
	}
	return 1, nil
}
