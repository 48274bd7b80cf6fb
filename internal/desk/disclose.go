package desk

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/desk"
)

var (
	errCategory = fault.New(fault.Refused, "purpose-not-allowed", "This ground does not open that kind of data.")
	errNobody   = fault.New(fault.Refused, "recipient-not-allowed", "This app shares that with nobody. Only a demand of the law opens it.")
	errAbroad   = fault.New(fault.Refused, "region-not-allowed", "What this policy asks for before data crosses the border is not all on file.")
)

// legal reports whether a ground is a demand of the law, with a document behind it.
func legal(g terms.Ground) bool { return slices.Contains(g.Needs, "document") }

// disclosable refuses a disclosure that its ground does not carry.
func (s *Service) disclosable(ctx context.Context, p *policy.Policy, g terms.Ground, o facts.Order, w Words) error {
	if w.Receiver.Empty() {
		return invalid("/receiver", "required", "Name who is to get it.")
	}
	if err := s.opened(ctx, p, o); err != nil {
		return err
	}
	if o.Abroad {
		return s.abroad(ctx, p, g, o)
	}
	return nil
}

// opened refuses what the ground of a disclosure does not hand over, as the policy says now.
func (s *Service) opened(ctx context.Context, p *policy.Policy, o facts.Order) error {
	if len(o.Categories) == 0 {
		return invalid("/categories", "required", "Name the kinds of data.")
	}
	for _, c := range o.Categories {
		switch h := p.Hands(o.Ground, c); {
		case h == policy.Unlisted:
			return errCategory
		case h == policy.Withheld:
			return errNobody
		case h == policy.Written && o.Object == "":
			return invalid("/object", "required", "Name the one thing that was written: nothing else of this person is handed over.")
		}
	}
	if o.Object == "" {
		return nil
	}
	return s.one(ctx, p, o)
}

// one looks at the only thing that a disclosure hands over, where it names one. Of what people write themselves it
// must be something of a source that passes it on, on that ground: today, and on the day on which it was written, or
// its writer was never told.
func (s *Service) one(ctx context.Context, p *policy.Policy, o facts.Order) error {
	app, now := s.DB.App(o.App), s.Clock.Now()
	x, err := app.Object(ctx, o.Subject, o.Object)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return s.gone(ctx, app, o.Subject, o.Object)
	case err != nil:
		return err
	case !now.Before(x.Due()) && !x.HeldAt(now):
		return errErased
	case len(o.Categories) != 1 || o.Categories[0] != x.Category || x.Memory:
		return invalid("/categories", "one", "Name the one kind of data that this thing is of.")
	case p.Hands(o.Ground, x.Category) != policy.Written:
		return nil
	}
	told, known := s.Policies.ByHash(o.App, x.PolicyHash)
	if !known || !passesOn(p, o.Ground, x) || !passesOn(told, o.Ground, x) {
		return errNobody
	}
	return nil
}

// passesOn reports whether a thing was written in a source that passes it on, on that ground.
func passesOn(p *policy.Policy, ground string, x store.Object) bool {
	in, ok := p.Terms().Intake(string(x.Role))
	return ok && in.PassedOn == ground && in.Category == x.Category
}

// abroad refuses a receiver outside the storage region unless everything is on file that the ground, or
// the policy, asks for (C-WIZ-04: "inside the US: law suffices; abroad: both").
func (s *Service) abroad(ctx context.Context, p *policy.Policy, g terms.Ground, o facts.Order) error {
	rule := g.Abroad
	if rule == "" {
		rule = p.Terms().Transfers
	}
	if rule == "" {
		return nil
	}
	written, err := s.mayCross(ctx, Subject{o.App, o.Subject})
	switch {
	case err != nil:
		return err
	case rule == "consent" && written, rule == "law_and_written_consent" && written && legal(g) && o.Document != "":
		return nil
	default:
		return errAbroad
	}
}

// Archive is what a disclosure hands over, once: what its order names, as far as it still exists.
type Archive struct {
	Order   facts.Order
	service *Service
	entries []entry
}

type entry struct {
	name string
	open func() (io.ReadCloser, error)
	rows map[string][]store.Fact
}

// Archive makes the archive of a disclosure that everybody has agreed to, for the one who asked. The
// ledger row that the person sees is committed first, and the order is spent. override is, where things
// are restricted or sealed, the order that opens them.
func (s *Service) Archive(ctx context.Context, by facts.Staff, id, override string) (*Archive, error) {
	o, err := s.orderOf(ctx, by, facts.Disclosure, id)
	switch {
	case err != nil:
		return nil, err
	case o.Staff != by.ID:
		return nil, ErrForbidden
	case o.State == facts.Asked:
		return nil, retention.ErrSecond
	case !o.StandsAt(s.Clock.Now()):
		return nil, fault.New(fault.Conflict, "conflict", "This was handed over, or its time is over.").With("state", o.State)
	}
	who := Subject{o.App, o.Subject}
	p, err := s.about(ctx, by, actOrder, who)
	if err != nil {
		return nil, err
	}
	opened, err := s.mayHandOver(ctx, p, o, override)
	if err != nil {
		return nil, err
	}
	a := &Archive{Order: o, service: s}
	bytes, err := s.gather(ctx, a, p, opened)
	if err != nil {
		return nil, err
	}
	return a, s.handOver(ctx, by, p, o, bytes)
}

// mayHandOver looks again at what the order stands on: grounds, consents and restrictions change. It
// returns the ground of the override.
func (s *Service) mayHandOver(ctx context.Context, p *policy.Policy, o facts.Order, override string) (string, error) {
	who := Subject{o.App, o.Subject}
	g, err := groundOf(p, Ask{Kind: facts.Disclosure, Ground: o.Ground})
	if err != nil {
		return "", err
	}
	if slices.Contains(g.Needs, "consent") {
		w, err := s.WordsOf(ctx, o)
		if err != nil {
			return "", err
		}
		if err := s.consented(ctx, who, o.Consent, handOverHash(o.App, w.Receiver, o.Categories)); err != nil {
			return "", err
		}
	}
	if err := s.opened(ctx, p, o); err != nil {
		return "", err
	}
	if o.Abroad {
		if err := s.abroad(ctx, p, g, o); err != nil {
			return "", err
		}
	}
	opened, err := s.standing(ctx, override, facts.Override, who)
	if err != nil || legal(g) {
		return opened, err
	}
	return opened, s.unrestricted(ctx, who, "", opened)
}

// gather leases what the order names. What is gone, sealed or in memory is not in it.
func (s *Service) gather(ctx context.Context, a *Archive, p *policy.Policy, override string) (total int64, err error) {
	o, now := a.Order, s.Clock.Now()
	app := s.DB.App(o.App)
	all, err := app.Objects(ctx, o.Subject)
	if err != nil {
		return 0, err
	}
	for _, x := range all {
		due := x.Due()
		if x.HeldAt(now) && override != "" && x.HoldUntil.After(due) {
			due = x.HoldUntil
		}
		if o.Object != "" && x.Object != o.Object {
			continue
		}
		if x.Memory || x.Role == roleWords || !slices.Contains(o.Categories, x.Category) || !now.Before(due) {
			continue
		}
		lease, err := s.Vault.Lend(ctx, x.Ref, due, vault.Reading{Why: vault.ForDisclosure, Purpose: privacy.Purpose(o.Ground), Policy: p, Ground: o.Ground})
		if errors.Is(err, vault.ErrErased) {
			continue
		}
		if err != nil {
			return 0, err
		}
		a.entries = append(a.entries, entry{name: string(x.Category) + "/" + string(x.Object), open: lease.Open})
		total += x.Bytes
	}
	switch { // rows are of everything: where one thing is named they stay
	case o.Object != "" && len(a.entries) == 0:
		return 0, errErased
	case o.Object != "":
		return total, nil
	}
	for _, c := range o.Categories {
		rows, err := app.FactsOf(ctx, o.Subject, c)
		if err != nil {
			return 0, err
		}
		if len(rows) > 0 {
			a.entries = append(a.entries, entry{name: string(c) + "/records.json", rows: rows})
		}
	}
	return total, nil
}

// handOver commits the ledger row and spends the order.
func (s *Service) handOver(ctx context.Context, by facts.Staff, p *policy.Policy, o facts.Order, bytes int64) error {
	until, err := s.Eraser.EvidenceUntil(o.App, wordsIn)
	if err != nil {
		return err
	}
	e := disclosure.Entry{
		ID: privacy.TransferID(privacy.NewID(privacy.PrefixTransfer)), App: o.App, Subject: o.Subject, Consent: o.Consent,
		Recipient: privacy.RecipientID(o.Ground), Purpose: privacy.Purpose(o.Ground), PolicyHash: p.Hash(), At: s.Clock.Now(),
	}
	for _, c := range o.Categories {
		e.Fields = append(e.Fields, privacy.Field(c))
	}
	if e.Consent == "" && o.Abroad { // the row names the consent beside the law (WIZ-3-02)
		if e.Consent, err = s.crossing(ctx, Subject{o.App, o.Subject}); err != nil {
			return err
		}
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := o.Move(ctx, tx, facts.Done, e.At); err != nil {
			return err
		}
		if err := tx.InsertTransfer(ctx, e, until); err != nil {
			return err
		}
		if err := tx.FinishTransfer(ctx, e.ID, "sent", bytes, e.At); err != nil {
			return err
		}
		return s.noteOrder(ctx, tx, by, o, "order_done")
	})
	if errors.Is(err, store.ErrNotFound) {
		return fault.New(fault.Conflict, "conflict", "This was handed over already.")
	}
	return err
}

// Write writes the archive as a ZIP file. What was erased since it was made is left out.
func (a *Archive) Write(w io.Writer) error {
	z := zip.NewWriter(w)
	for _, e := range a.entries {
		if err := a.add(z, e); err != nil {
			return errors.Join(err, z.Close())
		}
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("desk: archive: %w", err)
	}
	return nil
}

func (a *Archive) add(z *zip.Writer, e entry) error {
	var body io.ReadCloser
	if e.open != nil {
		var err error
		if body, err = e.open(); errors.Is(err, vault.ErrErased) {
			return nil
		} else if err != nil {
			return fmt.Errorf("desk: archive: %w", err)
		}
		defer body.Close()
	}
	f, err := z.Create(e.name)
	if err != nil {
		return fmt.Errorf("desk: archive: %w", err)
	}
	if body == nil {
		return json.NewEncoder(f).Encode(e.rows)
	}
	if _, err := io.Copy(f, body); err != nil {
		return fmt.Errorf("desk: archive: %w", err)
	}
	return nil
}
