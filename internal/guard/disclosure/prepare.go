package disclosure

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
)

// Case is what Prepare judges: the policy in force, the two proofs, and the content of one task.
type Case struct {
	Policy    *policy.Policy
	Permit    consent.Permit
	Clearance review.Clearance
	Task      privacy.TaskID
	Content   Content
}

// Prepare makes a Disclosure. The ledger row is committed before it returns; where the ledger
// fails there is no Disclosure. It fails with ErrRefused, which carries the rule, when the proofs
// do not cover the task or the content is not what the policy lets the recipient receive
// (PIX-5-01: "only the data needed for the requested generation"), and with ErrLapsed from the day on by
// which the contract with the recipient had to be reviewed anew.
func Prepare(ctx context.Context, l Ledger, clk clock.Clock, c Case) (Disclosure, error) {
	return prepare(ctx, l, clk, c)
}

// Resume makes a Disclosure for a ledger row that exists already, after an interruption. The case
// is judged afresh, so that a consent withdrawn or a contract lapsed meanwhile stops it; the fields in
// sent count as spent and cannot leave again.
func Resume(ctx context.Context, l Ledger, clk clock.Clock, id privacy.TransferID, c Case, sent []privacy.Field) (Disclosure, error) {
	return resume(ctx, l, clk, id, c, sent)
}

// parcel is what is judged before it may leave: a Case, a Report or a Message.
type parcel interface {
	// judge returns the ledger row, without id and time, and the content; or the rule that the parcel breaks.
	judge() (Entry, Content, error)
	// under is the policy by which it is judged.
	under() *policy.Policy
}

// prepare writes the row that must exist before the first byte leaves.
func prepare(ctx context.Context, l Ledger, clk clock.Clock, p parcel) (Disclosure, error) {
	e, content, err := fit(p, clk)
	if err != nil {
		return Disclosure{}, err
	}
	e.ID, e.At = privacy.TransferID(privacy.NewID(privacy.PrefixTransfer)), clk.Now()
	if err := l.Prepare(ctx, e); err != nil {
		return Disclosure{}, fmt.Errorf("disclosure: write ledger: %w", err)
	}
	return newDisclosure(e, content, nil), nil
}

// resume finds the row that exists, which must say the same.
func resume(ctx context.Context, l Ledger, clk clock.Clock, id privacy.TransferID, p parcel, sent []privacy.Field) (Disclosure, error) {
	want, content, err := fit(p, clk)
	if err != nil {
		return Disclosure{}, err
	}
	row, err := l.Entry(ctx, id)
	if err != nil {
		return Disclosure{}, fmt.Errorf("disclosure: read ledger: %w", err)
	}
	if want.ID, want.At = id, row.At; !same(row, want) {
		return Disclosure{}, refuse("other-entry", "")
	}
	return newDisclosure(row, content, sent), nil
}

// fit judges a parcel, and asks whether the contract with its recipient still holds now.
func fit(p parcel, clk clock.Clock) (Entry, Content, error) {
	e, content, err := p.judge()
	if err != nil {
		return Entry{}, nil, err
	}
	if to, _ := p.under().Recipient(e.Recipient); to.Contract.Lapsed(clk.Now()) {
		return Entry{}, nil, ErrLapsed.With("recipient", string(e.Recipient))
	}
	return e, content, nil
}

func (c Case) under() *policy.Policy { return c.Policy }

// entry is the ledger row of the case, without id and time.
func (c Case) entry(f policy.Feature) Entry {
	return Entry{
		App: c.Policy.App(), Subject: c.Permit.Subject(), Task: c.Task, Consent: c.Permit.Consent(),
		Feature: f.ID, Recipient: f.Recipient, Fields: slices.Sorted(maps.Keys(c.Content)),
		Purpose: f.Purpose, PolicyHash: c.Policy.Hash(),
	}
}

// travelling notes on each item how the policy lets it travel.
func (c Case) travelling(f policy.Feature) Content {
	out := Content{}
	for _, sent := range f.Fields {
		if item, ok := c.Content[sent.Field]; ok {
			item.transport = sent.Transport
			out[sent.Field] = item
		}
	}
	return out
}

func same(a, b Entry) bool {
	return a.ID == b.ID && a.App == b.App && a.Subject == b.Subject && a.Task == b.Task &&
		a.Consent == b.Consent && a.Feature == b.Feature && a.Recipient == b.Recipient &&
		a.Purpose == b.Purpose && a.PolicyHash == b.PolicyHash && slices.Equal(a.Fields, b.Fields)
}

func (c Case) judge() (Entry, Content, error) {
	f, err := c.agreed()
	if err == nil {
		err = c.judgeContent(f)
	}
	if err != nil {
		return Entry{}, nil, err
	}
	return c.entry(f), c.travelling(f), nil
}

// agreed checks the proofs, and returns the feature they agree on.
func (c Case) agreed() (policy.Feature, error) {
	if c.Policy == nil || !c.Permit.Valid() {
		return policy.Feature{}, refuse("no-permit", "")
	}
	if !c.Clearance.Valid() {
		return policy.Feature{}, refuse("no-clearance", "")
	}
	f, ok := c.Policy.Feature(c.Permit.Feature())
	if !ok || !f.Live {
		return policy.Feature{}, refuse("unknown-feature", "")
	}
	recipient, ok := c.Policy.Recipient(f.Recipient)
	if f.IsLocal() || !ok || recipient.Class == policy.Local {
		return policy.Feature{}, refuse("not-routed-outside", "")
	}
	if c.Task == "" || !c.Permit.Covers(c.Policy, c.Permit.Subject(), c.Task, f) {
		return policy.Feature{}, refuse("permit-does-not-cover", "")
	}
	if !c.Clearance.Covers(c.Policy, c.Task, f) {
		return policy.Feature{}, refuse("clearance-does-not-cover", "")
	}
	return f, nil
}

func (c Case) judgeContent(f policy.Feature) error {
	if len(c.Content) == 0 {
		return refuse("no-content", "")
	}
	for _, field := range slices.Sorted(maps.Keys(c.Content)) {
		if rule := c.judgeItem(f, field, c.Content[field]); rule != "" {
			return refuse(rule, field)
		}
	}
	for _, in := range f.Inputs {
		if _, given := c.Content[in.Field]; in.Required && f.Sends(in.Field) && !given {
			return refuse("missing-field", in.Field)
		}
	}
	return nil
}

// judgeItem returns the rule that the item breaks, or "".
func (c Case) judgeItem(f policy.Feature, field privacy.Field, item Item) string {
	at := slices.IndexFunc(f.Fields, func(s policy.SentField) bool { return s.Field == field })
	in, declared := f.Input(field)
	if at < 0 || !declared {
		return "field-not-in-policy"
	}
	transport := f.Fields[at].Transport
	switch item.kind {
	case textKind:
		if !c.Clearance.Clears(field, item.text) {
			return "text-not-cleared"
		}
		return judgeText(in, transport, item)
	case codeKind:
		switch {
		case transport != "text" || !in.IsSetting():
			return "wrong-transport"
		case !in.Permits(item.code):
			return "unknown-choice"
		}
		return ""
	case mediaKind:
		return c.judgeMedia(in, transport, item)
	default:
		return "no-item"
	}
}

func judgeText(in policy.Input, transport string, item Item) string {
	const longestRune = 4
	switch {
	case transport != "text" || in.Kind != policy.Prompt:
		return "wrong-transport"
	case item.text.Empty():
		return "empty-text"
	case in.MaxLength > 0 && item.text.Len() > in.MaxLength*longestRune:
		return "text-too-long"
	}
	return ""
}

func (c Case) judgeMedia(in policy.Input, transport string, item Item) string {
	switch {
	case transport != "bytes" && transport != "base64" && transport != "url", !in.IsMedium():
		return "wrong-transport"
	case item.open == nil || item.bytes <= 0 || item.why != vault.ForDisclosure:
		return "no-lease"
	case item.app != c.Policy.App() || item.subject != c.Permit.Subject():
		return "other-subject"
	case item.category != in.Category:
		return "other-category"
	case len(in.Accept) > 0 && !slices.Contains(in.Accept, item.mediaType):
		return "media-type"
	case in.MaxBytes > 0 && item.bytes > in.MaxBytes:
		return "media-too-large"
	}
	return ""
}

func refuse(rule string, field privacy.Field) *fault.Error {
	e := ErrRefused.With("rule", rule)
	if field != "" {
		e = e.With("field", string(field))
	}
	return e
}
