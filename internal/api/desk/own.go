package desk

import (
	"context"
	"net/http"
	"slices"

	"vow.example/vow/client"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/desk"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	facts "vow.example/vow/internal/store/desk"
)

const shownMeasures = 100

// ownRoutes are those on which people see what staff did with what is theirs. They are rights: open
// whatever a person's standing.
func (a *API) ownRoutes() {
	mine := func(method, path, id, summary string) rest.Op {
		return rest.Op{Method: method, Path: "/v1/privacy/" + path, ID: id, Tag: "privacy", Summary: summary, Always: true}
	}
	rest.Register(a.rest, mine(http.MethodGet, "access", "listAccesses", "What staff have read of me, newest first"), a.accesses)
	rest.Register(a.rest, mine(http.MethodGet, "measures", "listMeasures", "What staff asked for about me, and what I asked to keep"), a.measures)
	keep := mine(http.MethodPost, "keeps", "keepItem", "Keep one item beyond its clock, sealed, while processing is restricted for that")
	keep.Status = http.StatusCreated
	rest.Register(a.rest, keep, a.keep)
	rest.Register(a.rest, mine(http.MethodDelete, "keeps/{id}", "letItemGo", "Let a kept item go"), a.letGo)
	rest.Register(a.rest, mine(http.MethodGet, "transfer-consent", "getTransferText", "What a written consent to a transfer abroad says"), a.transferText)
	consent := mine(http.MethodPost, "transfer-consent", "consentToTransfer", "Consent in writing that my data crosses the border")
	consent.Status = http.StatusCreated
	rest.Register(a.rest, consent, a.consentToTransfer)
	handOver := mine(http.MethodPost, "disclosure-consents", "consentToDisclosure", "Consent that staff hand kinds of my data to one receiver, and just that")
	handOver.Status = http.StatusCreated
	rest.Register(a.rest, handOver, a.consentToDisclosure)
}

func me(ctx context.Context) desk.Subject {
	who := rest.WhoOf(ctx)
	return desk.Subject{App: who.App(), ID: who.Subject}
}

func (a *API) accesses(ctx context.Context, in *struct {
	rest.Paging
	rest.LangQuery
}) (*rest.Answer[client.Page[client.Access]], error) {
	who := rest.WhoOf(ctx)
	list, err := a.desk.Accesses(ctx, me(ctx), in.Cursor, in.Limit+1)
	if err != nil {
		return nil, err
	}
	return rest.Reply(rest.Page(list, in.Limit, func(x facts.Access) string { return x.ID }, func(x facts.Access) client.Access {
		return client.Access{
			ID: x.ID, At: x.At, Role: x.Role, Region: x.Region, Case: string(x.Case), Object: string(x.Object), Category: string(x.Category),
			Text: who.Policy.CategoryName(x.Category, who.Lang), Purpose: string(x.Purpose), Why: who.Policy.PurposeText(x.Purpose, who.Lang),
			Ground: x.Ground, Reason: x.Reason,
		}
	}))
}

func (a *API) measures(ctx context.Context, _ *rest.LangQuery) (*rest.Answer[client.Page[client.Measure]], error) {
	list, err := a.desk.Orders(ctx, me(ctx), shownMeasures)
	if err != nil {
		return nil, err
	}
	out := client.Page[client.Measure]{Data: []client.Measure{}}
	for _, o := range list {
		view, err := a.measure(ctx, o)
		if err != nil {
			return nil, err
		}
		out.Data = append(out.Data, view)
	}
	suspended, err := a.desk.SuspensionsOf(ctx, me(ctx), shownMeasures)
	if err != nil {
		return nil, err
	}
	for _, x := range suspended {
		out.Data = append(out.Data, a.suspended(ctx, x))
	}
	slices.SortStableFunc(out.Data, func(x, y client.Measure) int { return y.At.Compare(x.At) })
	return rest.Reply(out)
}

func (a *API) measure(ctx context.Context, o facts.Order) (client.Measure, error) {
	who := rest.WhoOf(ctx)
	w, err := a.desk.WordsOf(ctx, o)
	return client.Measure{
		ID: o.ID, Kind: o.Kind, Ground: o.Ground, Text: groundText(who.Policy, o, who.Lang), Object: string(o.Object), Categories: words(o.Categories),
		Receiver: w.Receiver.Reveal(), Reason: w.Reason.Reveal(), State: o.State, Approved: len(o.Approvals), Needed: o.Needed, At: o.At, Until: o.Until, EndedAt: rest.TimeOrNil(o.EndedAt),
	}, err
}

// groundText says a ground in the words of the policy.
func groundText(p *policy.Policy, o facts.Order, lang privacy.Lang) string {
	t := p.Terms()
	all := map[string][]terms.Ground{
		facts.Hold: t.Holds.Grounds, facts.Keep: t.Restrictions, facts.Disclosure: t.Disclosures, facts.Override: t.Overrides, facts.Exemption: t.Exemptions,
	}[o.Kind]
	if i := slices.IndexFunc(all, func(g terms.Ground) bool { return g.ID == o.Ground }); i >= 0 {
		return all[i].Text.In(lang)
	}
	return o.Ground
}

func (a *API) keep(ctx context.Context, in *struct{ Body client.KeepCreate }) (*rest.Answer[client.Measure], error) {
	o, err := a.desk.KeepMine(ctx, rest.WhoOf(ctx).Who, privacy.ObjectID(in.Body.Object))
	if err != nil {
		return nil, err
	}
	view, err := a.measure(ctx, o)
	return &rest.Answer[client.Measure]{Body: view}, err
}

func (a *API) letGo(ctx context.Context, in *rest.IDPath) (*rest.Answer[client.Measure], error) {
	o, err := a.desk.LetGo(ctx, rest.WhoOf(ctx).Who, in.ID)
	if err != nil {
		return nil, err
	}
	view, err := a.measure(ctx, o)
	return &rest.Answer[client.Measure]{Body: view}, err
}

func (a *API) transferText(ctx context.Context, _ *rest.LangQuery) (*rest.Answer[client.TransferText], error) {
	text, hash := desk.TransferText(rest.WhoOf(ctx).Policy, rest.LangOf(ctx))
	return rest.Reply(client.TransferText{Text: text, Hash: hash})
}

// mayConsent refuses whoever cannot consent yet: with no age band, or with a guardian who has not agreed.
// Whose processing is restricted, or whose account is suspended, can: that is what some of these consents are for.
func (a *API) mayConsent(ctx context.Context) error {
	if a.rest.Standing == nil {
		return nil
	}
	err := a.rest.Standing(ctx, rest.WhoOf(ctx).Who)
	if slices.Contains([]string{"processing-restricted", "notice-required", "suspended"}, fault.CodeOf(err)) {
		return nil
	}
	return err
}

func (a *API) consentToTransfer(ctx context.Context, in *struct {
	rest.LangQuery
	Body client.TransferConsent
}) (*rest.Answer[client.Recorded], error) {
	if err := a.mayConsent(ctx); err != nil {
		return nil, err
	}
	c, err := a.desk.ConsentToTransfer(ctx, rest.WhoOf(ctx).Who, privacy.NewText(in.Body.Name), in.Body.Hash, rest.LangOf(ctx))
	if err != nil {
		return nil, err
	}
	return rest.Reply(client.Recorded{ID: string(c.ID)})
}

func (a *API) consentToDisclosure(ctx context.Context, in *struct{ Body client.DisclosureConsent }) (*rest.Answer[client.Recorded], error) {
	if err := a.mayConsent(ctx); err != nil {
		return nil, err
	}
	var categories []privacy.Category
	for _, c := range in.Body.Categories {
		categories = append(categories, privacy.Category(c))
	}
	c, err := a.desk.ConsentToDisclosure(ctx, rest.WhoOf(ctx).Who, privacy.NewText(in.Body.Receiver), categories)
	if err != nil {
		return nil, err
	}
	return rest.Reply(client.Recorded{ID: string(c.ID)})
}
