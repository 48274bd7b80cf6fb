package desk

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/desk"
)

// Ask is what a member of staff asks for that needs a ground of the policy.
type Ask struct {
	Subject    Subject
	Kind       string // facts.Hold, facts.Disclosure, facts.Override or facts.Exemption
	Ground     string
	Object     privacy.ObjectID   // of a hold: one thing; empty: everything of the subject
	Categories []privacy.Category // of a disclosure
	Document   string             // reference of a paper: a code
	Consent    privacy.ConsentID  // the person's own consent to just this
	Abroad     bool               // the receiver is outside the storage region
	Until      time.Time          // zero: as long as an order may stand
	Words      Words
}

// orderLasts is how long an override, an exemption or an approved disclosure stands.
const orderLasts = 7 * 24 * time.Hour

var (
	errNeedsWords   = fault.New(fault.Invalid, "ground-required", "This ground needs a written reason or rule.")
	errNeedsConsent = fault.New(fault.Refused, "consent-required", "This ground needs the person's own consent, given before.")
	errNeedsRequest = fault.New(fault.Conflict, "conflict", "This ground needs the receiver's own request, on file.")
	errNeedsActs    = fault.New(fault.Conflict, "conflict", "This ground needs the other party's recorded performance.")
)

// Ask writes that somebody of the staff asks for what needs a ground, and often other people's agreement.
func (s *Service) Ask(ctx context.Context, by facts.Staff, a Ask) (facts.Order, error) {
	p, err := s.about(ctx, by, actOrder, a.Subject)
	if err != nil {
		return facts.Order{}, err
	}
	g, err := groundOf(p, a)
	if err != nil {
		return facts.Order{}, err
	}
	if err := s.needs(ctx, g, a); err != nil {
		return facts.Order{}, err
	}
	o := facts.Order{
		App: a.Subject.App, ID: privacy.NewID(prefixOrder), Subject: a.Subject.ID, Kind: a.Kind, Ground: g.ID, Object: a.Object,
		Categories: a.Categories, Document: a.Document, Consent: a.Consent, Abroad: a.Abroad, Staff: by.ID, Needed: max(1, g.Approvals),
		State: facts.Asked, At: s.Clock.Now(), Until: a.Until,
	}
	if err := s.suits(ctx, p, g, &o, a); err != nil {
		return facts.Order{}, err
	}
	words, err := s.seal(ctx, p, a.Subject, a.Words)
	if err != nil {
		return facts.Order{}, err
	}
	o.Words = words.object.Object
	return o, s.unlessStored(ctx, words, s.insert(ctx, by, o, words))
}

// groundOf finds the ground on the policy's list for that kind of order. An open ground does not exist.
func groundOf(p *policy.Policy, a Ask) (terms.Ground, error) {
	t := p.Terms()
	list := map[string][]terms.Ground{facts.Hold: t.Holds.Grounds, facts.Disclosure: t.Disclosures, facts.Override: t.Overrides, facts.Exemption: t.Exemptions}[a.Kind]
	i := slices.IndexFunc(list, func(g terms.Ground) bool { return g.ID == a.Ground })
	if i < 0 {
		return terms.Ground{}, retention.ErrGround
	}
	return list[i], nil
}

// needs checks that everything is on file that the ground asks for.
func (s *Service) needs(ctx context.Context, g terms.Ground, a Ask) error {
	if a.Document != "" && !isCode(a.Document) {
		return invalid("/document", "format", "A reference is a code of letters, digits and -_./, without a blank.")
	}
	for _, need := range g.Needs {
		switch need {
		case "document":
			if a.Document == "" {
				return retention.ErrDocument
			}
		case "reason":
			if a.Words.Reason.Empty() {
				return errNeedsWords
			}
		case "rule":
			if a.Words.Rule.Empty() {
				return errNeedsWords
			}
		case "request":
			if a.Words.Request.Empty() {
				return errNeedsRequest
			}
		case "performance":
			if a.Words.Performance.Empty() {
				return errNeedsActs
			}
		case "consent":
			if err := s.consented(ctx, a.Subject, a.Consent, handOverHash(a.Subject.App, a.Words.Receiver, a.Categories)); err != nil {
				return err
			}
		default:
			return retention.ErrGround // a need that nobody here knows is not met
		}
	}
	if a.Kind == facts.Exemption && a.Words.Reason.Empty() {
		return errNeedsWords
	}
	return nil
}

// consented refuses where the person has not consented to just that, or has taken it back. A consent to a
// feature, or to another receiver, opens nothing here.
func (s *Service) consented(ctx context.Context, who Subject, id privacy.ConsentID, to string) error {
	c, err := s.DB.App(who.App).Consent(ctx, who.ID, id)
	if errors.Is(err, consent.ErrNoRecord) || err == nil && (c.Decision != consent.Given || c.Feature != handOverFeature || c.Screen != to) {
		return errNeedsConsent
	}
	return err
}

// suits checks what is particular to the kind of order, and completes it.
func (s *Service) suits(ctx context.Context, p *policy.Policy, g terms.Ground, o *facts.Order, a Ask) error {
	most := p.Terms().Holds.Most
	switch o.Kind {
	case facts.Hold:
		o.Needed = retention.Approvals(p, g)
		if o.Until.IsZero() {
			o.Until = p.Terms().Calendar.Due(most, o.At)
		}
		if _, err := retention.Held(p, standsFor(*o, o.Needed)); err != nil {
			return err
		}
		_, err := s.holdable(ctx, *o)
		return err
	case facts.Disclosure:
		o.Until = o.At.Add(orderLasts)
		return s.disclosable(ctx, p, g, *o, a.Words)
	default:
		o.Until = o.At.Add(orderLasts)
		return nil
	}
}

// insert commits an order with its words and its leaf.
func (s *Service) insert(ctx context.Context, by facts.Staff, o facts.Order, words sealedWords) error {
	until, err := s.Eraser.EvidenceUntil(o.App, "disclosure_record")
	if err != nil {
		return err
	}
	if o.Until.After(until) {
		until = o.Until // the record of a hold lives as long as the hold
	}
	return unlessNotFound(s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := o.Insert(ctx, tx, until); err != nil {
			return err
		}
		if err := words.insert(ctx, tx); err != nil {
			return err
		}
		return s.noteOrder(ctx, tx, by, o, "order_asked")
	}))
}

func (s *Service) noteOrder(ctx context.Context, tx *store.Tx, by facts.Staff, o facts.Order, kind audit.Kind) error {
	var categories []string
	for _, c := range o.Categories {
		categories = append(categories, string(c))
	}
	return s.note(ctx, tx, by, audit.Event{Kind: kind, App: o.App, Subject: o.Subject, Object: o.ID, Data: map[string]string{
		"order": o.Kind, "ground": o.Ground, "about": string(o.Object), "document": o.Document, "consent": string(o.Consent), "categories": strings.Join(categories, ","),
	}})
}

// orderOf returns an order of one kind that somebody may handle.
func (s *Service) orderOf(ctx context.Context, by facts.Staff, kind, id string) (facts.Order, error) {
	if !may(by.Role, actOrder) {
		return facts.Order{}, ErrForbidden
	}
	o, err := facts.OrderByID(ctx, s.DB.Everywhere(), id)
	if errors.Is(err, store.ErrNotFound) || err == nil && (by.App != "" && by.App != o.App || o.Kind != kind) {
		return o, errNotFound
	}
	if err != nil {
		return o, err
	}
	p, err := s.Policies.For(ctx, o.App, o.Subject)
	if err != nil {
		return o, err
	}
	return o, s.near(ctx, by, p, Subject{o.App, o.Subject})
}

// Approve writes that somebody agrees to an order. The last one who is needed puts it in force. Where that was
// interrupted after they had agreed, anybody else than who asked for it can say so again.
func (s *Service) Approve(ctx context.Context, by facts.Staff, kind, id string) (facts.Order, error) {
	o, err := s.orderOf(ctx, by, kind, id)
	switch now := s.Clock.Now(); {
	case err != nil:
		return o, err
	case o.Staff == by.ID:
		return o, ErrSame
	case o.State == facts.Asked && now.Before(o.Until) && len(o.Approvals) >= max(1, o.Needed):
		return s.enforce(ctx, by, o)
	case slices.Contains(o.Approvals, by.ID):
		return o, ErrSame
	case o.State != facts.Asked || !now.Before(o.Until):
		return o, fault.New(fault.Conflict, "conflict", "This waits for nobody's agreement any more.").With("state", o.State)
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := o.Approve(ctx, tx, by.ID, s.Clock.Now()); err != nil {
			return err
		}
		return s.noteOrder(ctx, tx, by, o, "order_approved")
	})
	if errors.Is(err, store.ErrNotFound) {
		return o, ErrSame
	}
	if err != nil {
		return o, err
	}
	if o, err = facts.OrderByID(ctx, s.DB.Everywhere(), id); err != nil || len(o.Approvals) < o.Needed {
		return o, err
	}
	return s.enforce(ctx, by, o)
}

// enforce puts an order in force that everybody has agreed to, unless somebody else has done so meanwhile.
func (s *Service) enforce(ctx context.Context, by facts.Staff, o facts.Order) (facts.Order, error) {
	out, err := s.begin(ctx, by, o)
	if !errors.Is(err, errNotFound) {
		return out, err
	}
	if is, failed := facts.OrderByID(ctx, s.DB.Everywhere(), o.ID); failed == nil && is.State == facts.InForce {
		return is, nil
	}
	return out, err
}

func (s *Service) begin(ctx context.Context, by facts.Staff, o facts.Order) (facts.Order, error) {
	if o.Kind == facts.Hold {
		return s.hold(ctx, by, o)
	}
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := o.Move(ctx, tx, facts.InForce, s.Clock.Now()); err != nil {
			return err
		}
		return s.noteOrder(ctx, tx, by, o, "order_in_force")
	})
	o.State = facts.InForce
	return o, unlessNotFound(err)
}

// ListOrders lists the orders of one kind in an app, newest first.
func (s *Service) ListOrders(ctx context.Context, by facts.Staff, app privacy.AppID, kind string) ([]facts.Order, error) {
	if _, err := s.mayList(by, app); err != nil {
		return nil, err
	}
	all, err := facts.Orders(ctx, s.DB.App(app), "", maxOrders)
	return slices.DeleteFunc(all, func(o facts.Order) bool { return o.Kind != kind }), err
}

const maxOrders = 500
