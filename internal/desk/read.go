package desk

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/desk"
	"vow.example/vow/internal/store/people"
)

const prefixAccess = "acc"

// Read says what somebody of the staff wants to read, and why.
type Read struct {
	Case      privacy.CaseID
	Object    privacy.ObjectID // content; empty: the records of a category
	Category  privacy.Category
	Purpose   privacy.Purpose
	Reason    string // a code
	Override  string // an order that opens what is restricted or sealed
	Exemption string // an order that opens what the purposes do not
}

// look is a reading that was found permitted.
type look struct {
	by        facts.Staff
	in        Read
	c         facts.Case
	pol       *policy.Policy
	override  string // ground
	exemption string // ground
}

// permitted answers whether somebody may read within a case for a purpose at all.
func (s *Service) permitted(ctx context.Context, by facts.Staff, in Read) (look, error) {
	l := look{by: by, in: in}
	var err error
	if l.c, err = s.caseOf(ctx, by, in.Case); err != nil {
		return l, err
	}
	who := Subject{l.c.App, l.c.Subject}
	if l.pol, err = s.about(ctx, by, actCase, who); err != nil {
		return l, err
	}
	if !isCode(in.Reason) {
		return l, invalid("/reason", "format", "A reason is a code of letters, digits and -_./, without a blank.")
	}
	if in.Purpose == "" {
		return l, invalid("/purpose", "required", "Name the purpose.")
	}
	if !reads(by.Role, in.Purpose) {
		return l, ErrForbidden
	}
	if l.override, err = s.standing(ctx, in.Override, facts.Override, who); err != nil {
		return l, err
	}
	if l.exemption, err = s.standing(ctx, in.Exemption, facts.Exemption, who); err != nil {
		return l, err
	}
	return l, s.unrestricted(ctx, who, in.Purpose, l.override)
}

// standing returns the ground of an order in force about a subject, or "" where none is named.
func (s *Service) standing(ctx context.Context, id, kind string, who Subject) (string, error) {
	if id == "" {
		return "", nil
	}
	o, err := facts.OrderByID(ctx, s.DB.Everywhere(), id)
	switch {
	case errors.Is(err, store.ErrNotFound) || err == nil && (o.App != who.App || o.Subject != who.ID || o.Kind != kind):
		return "", errNotFound
	case err != nil:
		return "", err
	case o.State == facts.Asked:
		return "", retention.ErrSecond
	case !o.StandsAt(s.Clock.Now()):
		return "", ErrRestricted
	}
	return o.Ground, nil
}

// unrestricted refuses what a person's restriction or objection shuts, unless an override stands.
func (s *Service) unrestricted(ctx context.Context, who Subject, u privacy.Purpose, override string) error {
	p, err := people.ProfileOf(ctx, s.DB.App(who.App), who.ID, s.Clock.Now())
	switch {
	case err != nil:
		return unlessNotFound(err)
	case override != "":
		return nil
	case p.Restriction != "":
		return ErrRestricted.With("rule", p.Restriction)
	case slices.Contains(p.Objections, u):
		return ErrRestricted.With("rule", "objection")
	default:
		return nil
	}
}

// Open reads one object within a case. The row that says so is committed before the first byte; the caller
// closes what it gets.
func (s *Service) Open(ctx context.Context, by facts.Staff, in Read) (store.Object, io.ReadCloser, error) {
	l, err := s.permitted(ctx, by, in)
	if err != nil {
		return store.Object{}, nil, err
	}
	o, due, err := s.living(ctx, l)
	if err != nil {
		return o, nil, err
	}
	if err := s.always(l, o.Ref); err != nil {
		return o, nil, err
	}
	lease, err := s.Vault.Lend(ctx, o.Ref, due, vault.Reading{Why: vault.ForStaff, Purpose: in.Purpose, Policy: l.pol, Case: l.c.ID, Ground: l.exemption})
	if errors.Is(err, vault.ErrErased) {
		return o, nil, errErased
	}
	if err != nil {
		return o, nil, err
	}
	if err := s.record(ctx, l, o.Category, o.Object); err != nil {
		return o, nil, err
	}
	body, err := lease.Open()
	return o, body, err
}

// living returns the object of the case's subject, and until when it may be read: by its own clock or,
// where a hold keeps it sealed beyond that, by the hold's and under an override.
func (s *Service) living(ctx context.Context, l look) (store.Object, time.Time, error) {
	app, now := s.DB.App(l.c.App), s.Clock.Now()
	o, err := app.Object(ctx, l.c.Subject, l.in.Object)
	if errors.Is(err, store.ErrNotFound) {
		return o, now, s.gone(ctx, app, l.c.Subject, l.in.Object)
	}
	switch {
	case err != nil:
		return o, now, err
	case o.Memory: // it exists while a task looks at it; there is nothing to see for anybody else (C-ALL-11)
		return o, now, errNotFound
	case now.Before(o.Due()):
		return o, o.Due(), nil
	case !o.HeldAt(now):
		return o, now, errErased
	case l.override == "":
		return o, now, ErrRestricted.With("rule", o.Hold)
	default:
		return o, o.HoldUntil, nil
	}
}

func (s *Service) gone(ctx context.Context, app store.App, subject privacy.SubjectID, id privacy.ObjectID) error {
	if _, err := app.ReceiptOf(ctx, subject, id); err == nil {
		return errErased
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return errNotFound
}

// always refuses a purpose that the policy did not have when the thing was stored: old data keeps its old
// purposes (FIT-2.3-01).
func (s *Service) always(l look, ref vault.Ref) error {
	stored, ok := s.Policies.ByHash(ref.App, ref.PolicyHash)
	if !ok || stored.Hash() == l.pol.Hash() || l.exemption != "" {
		return nil
	}
	if ok, explanation := stored.PurposeAllowed(ref.Category, l.in.Purpose); !ok {
		return vault.ErrNotAllowed.With("explanation", explanation)
	}
	return nil
}

// record commits the reading: one row that the person sees, and one leaf.
func (s *Service) record(ctx context.Context, l look, c privacy.Category, object privacy.ObjectID) error {
	a := facts.Access{
		App: l.c.App, ID: privacy.NewID(prefixAccess), Subject: l.c.Subject, Case: l.c.ID, Staff: l.by.ID, Role: l.by.Role, Region: l.by.Region,
		Object: object, Category: c, Purpose: l.in.Purpose, Ground: l.override, Reason: l.in.Reason, PolicyHash: l.pol.Hash(), At: s.Clock.Now(),
	}
	if a.Ground == "" {
		a.Ground = l.exemption
	}
	until, err := s.Eraser.EvidenceUntil(a.App, "audit_entry")
	if err != nil {
		return err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := a.Insert(ctx, tx, until); err != nil {
			return err
		}
		return s.note(ctx, tx, l.by, audit.Event{Kind: "staff_read", App: a.App, Subject: a.Subject, Object: a.ID, Data: map[string]string{
			"case": string(a.Case), "read": string(a.Object), "category": string(a.Category), "purpose": string(a.Purpose), "ground": a.Ground, "reason": a.Reason, "region": a.Region,
		}})
	})
	if errors.Is(err, store.ErrNotFound) {
		return vault.ErrNoCase // it was closed meanwhile
	}
	return err
}

// Records are what the database holds of a subject in one category, without content.
type Records struct {
	Rows    map[string][]store.Fact
	Objects []store.Object // what may be opened, one by one
}

// Records reads the records of a category within a case: the row that says so is committed first.
func (s *Service) Records(ctx context.Context, by facts.Staff, in Read) (Records, error) {
	l, err := s.permitted(ctx, by, in)
	if err != nil {
		return Records{}, err
	}
	if ok, explanation := l.pol.PurposeAllowed(in.Category, in.Purpose); !ok {
		return Records{}, vault.ErrNotAllowed.With("explanation", explanation)
	}
	if err := s.record(ctx, l, in.Category, ""); err != nil {
		return Records{}, err
	}
	app, now := s.DB.App(l.c.App), s.Clock.Now()
	var out Records
	if out.Rows, err = app.FactsOf(ctx, l.c.Subject, in.Category); err != nil {
		return out, err
	}
	objects, err := app.Objects(ctx, l.c.Subject)
	for _, o := range objects {
		if o.Category == in.Category && !o.Memory && now.Before(o.GoneBy()) {
			out.Objects = append(out.Objects, o)
		}
	}
	return out, err
}

// Count counts what is held of a category in an app, for one of its purposes, without looking at anybody. Of
// fewer people than the policy's smallest group it says no number (WIZ-4-04).
// The count is a leaf of the log that names the purpose; fields are what apps may hand over of it.
func (s *Service) Count(ctx context.Context, by facts.Staff, app privacy.AppID, c privacy.Category, u privacy.Purpose) (n store.CategoryCount, fields []string, err error) {
	p, err := s.inApp(by, actCount, app)
	if err != nil {
		return n, nil, err
	}
	if ok, explanation := p.PurposeAllowed(c, u); !ok {
		return n, nil, vault.ErrNotAllowed.With("explanation", explanation)
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		return s.note(ctx, tx, by, audit.Event{Kind: "counted", App: app, Data: map[string]string{"category": string(c), "purpose": string(u)}})
	})
	if err != nil {
		return n, nil, err
	}
	for _, in := range p.Terms().Intakes {
		for _, f := range in.Fields {
			if in.Category == c && !slices.Contains(fields, f.ID) {
				fields = append(fields, f.ID)
			}
		}
	}
	n, err = s.DB.App(app).CountCategory(ctx, c, u, s.Clock.Now())
	if n.People > 0 && n.People < p.Terms().MinGroup {
		n = store.CategoryCount{Hidden: true}
	}
	return n, fields, err
}
