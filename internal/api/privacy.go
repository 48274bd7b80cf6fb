package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/evidence"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
)

func (a *API) privacyRoutes() {
	rest.Register(a.rest, rest.Op{Method: http.MethodGet, Path: "/v1/privacy/holdings", ID: "listHoldings", Always: true, Tag: "privacy", Summary: "What is held of me right now, counted from storage"}, a.listHoldings)
	rest.Register(a.rest, rest.Op{Method: http.MethodGet, Path: "/v1/privacy/items", ID: "listItems", Always: true, Tag: "privacy", Summary: "What is held of me, one by one, with every clock"}, a.listItems)
	rest.Register(a.rest, rest.Op{Method: http.MethodDelete, Path: "/v1/privacy/items/{id}", ID: "deleteItem", Always: true, Tag: "privacy", Summary: "Erase one of them now"}, a.deleteItem)
	rest.Register(a.rest, rest.Op{Method: http.MethodGet, Path: "/v1/privacy/transfers", ID: "listTransfers", Always: true, Tag: "privacy", Summary: "Who received my data"}, a.listTransfers)
	rest.Register(a.rest, rest.Op{Method: http.MethodGet, Path: "/v1/privacy/receipts", ID: "listReceipts", Always: true, Tag: "privacy", Summary: "Receipts of what was erased"}, a.listReceipts)
	rest.Register(a.rest, rest.Op{Method: http.MethodPost, Path: "/v1/privacy/requests", ID: "createRightsRequest", Always: true, Tag: "privacy", Summary: "Erase what is held, or withdraw every consent, now"}, a.createRequest)
	rest.Register(a.rest, rest.Op{Method: http.MethodGet, Path: "/v1/receipts/{id}", ID: "getReceipt", Tag: "public", Summary: "A receipt with its proof; verifiable offline", Open: true}, a.getReceipt)
}

func (a *API) listHoldings(ctx context.Context, _ *rest.LangQuery) (*rest.Answer[client.Holdings], error) {
	who := rest.WhoOf(ctx)
	list, err := a.Rights.Holdings(ctx, who.Who)
	if err != nil {
		return nil, err
	}
	out := client.Holdings{CountedAt: a.Clock.Now(), Data: []client.Holding{}}
	for _, h := range list {
		out.Data = append(out.Data, client.Holding{
			Category: string(h.Category), Text: who.Policy.CategoryName(h.Category, who.Lang), Count: h.Count, Bytes: h.Bytes,
			OldestAt: rest.TimeOrNil(h.OldestAt), AllGoneBy: rest.TimeOrNil(h.AllGoneBy), Where: h.Where,
		})
	}
	return rest.Reply(out)
}

func (a *API) listItems(ctx context.Context, _ *rest.LangQuery) (*rest.Answer[client.Page[client.Item]], error) {
	who := rest.WhoOf(ctx)
	list, err := a.Rights.Items(ctx, who.Who)
	out := client.Page[client.Item]{Data: make([]client.Item, len(list))}
	for i, o := range list {
		out.Data[i] = client.Item{
			ID: string(o.Object), Category: string(o.Category), Text: who.Policy.CategoryName(o.Category, who.Lang), Bytes: o.Bytes, Where: string(o.Storage),
			Feature: string(o.Feature), Task: string(o.Task), WrittenAt: o.WrittenAt, Clock: clockView(o), Held: o.Hold,
		}
	}
	return &rest.Answer[client.Page[client.Item]]{Body: out}, err
}

func (a *API) listTransfers(ctx context.Context, in *struct {
	rest.Paging
	rest.LangQuery
}) (*rest.Answer[client.Page[client.Transfer]], error) {
	who := rest.WhoOf(ctx)
	rows, err := a.DB.App(who.App()).Transfers(ctx, who.Subject, privacy.TransferID(in.Cursor), in.Limit+1)
	if err != nil {
		return nil, err
	}
	views := map[privacy.TransferID]client.Transfer{}
	for _, t := range rows {
		if views[t.ID], err = a.transferView(ctx, who, t); err != nil {
			return nil, err
		}
	}
	all := rest.Page(rows, in.Limit, func(t store.Transfer) string { return string(t.ID) }, func(t store.Transfer) client.Transfer { return views[t.ID] })
	left := all.Data[:0]
	for _, t := range all.Data {
		if t.Outcome != "refused" { // nothing left
			left = append(left, t)
		}
	}
	all.Data = left
	return rest.Reply(all)
}

// transferView shows a ledger row with what its recipient still holds and when it read through links.
func (a *API) transferView(ctx context.Context, who *rest.Credential, t store.Transfer) (client.Transfer, error) {
	out := client.Transfer{
		ID: string(t.ID), Task: string(t.Task), Recipient: a.recipientView(who, t.Recipient), Feature: string(t.Feature),
		Fields: []string{}, Bytes: t.Bytes, Purpose: string(t.Purpose), Consent: string(t.Consent), Outcome: t.Outcome, At: t.At,
		ProviderKeepsUntil: rest.TimeOrNil(t.KeepsUntil), Held: []client.Held{}, Fetches: []client.LinkFetch{},
	}
	for _, f := range t.Fields {
		out.Fields = append(out.Fields, string(f))
	}
	held, err := a.DB.App(t.App).HeldOf(ctx, t.ID)
	if err != nil {
		return out, err
	}
	for _, h := range held {
		out.Held = append(out.Held, heldView(h, out.Recipient.Name, who.Lang))
	}
	fetches, err := a.DB.App(t.App).LinkFetches(ctx, t.ID)
	for _, f := range fetches {
		out.Fetches = append(out.Fetches, client.LinkFetch{Field: string(f.Field), At: f.At, Number: f.Number, Bytes: f.Bytes})
		out.Bytes += f.Bytes
	}
	return out, err
}

func heldView(h store.Held, who string, lang privacy.Lang) client.Held {
	words := heldText{who: who, what: h.What, until: h.Until, reason: h.Reason, state: h.State, lang: lang}
	return client.Held{
		What: h.What, Text: words.sentence(), Until: rest.TimeOrNil(h.Until), UntilText: words.end(), Reason: h.Reason, ReasonText: words.why(),
		State: h.State, ClosedAt: rest.TimeOrNil(h.ClosedAt),
	}
}

func (a *API) listReceipts(ctx context.Context, in *rest.Paging) (*rest.Answer[client.Page[client.Receipt]], error) {
	who := rest.WhoOf(ctx)
	rows, err := a.DB.App(who.App()).Receipts(ctx, who.Subject, privacy.ReceiptID(in.Cursor), in.Limit+1)
	if err != nil {
		return nil, err
	}
	views, err := a.receipts(ctx, rows)
	if err != nil {
		return nil, err
	}
	i := -1
	return rest.Reply(rest.Page(rows, in.Limit, func(r store.Receipt) string { return string(r.ID) }, func(store.Receipt) client.Receipt { i++; return views[i] }))
}

func (a *API) getReceipt(ctx context.Context, in *rest.IDPath) (*rest.Answer[client.Receipt], error) {
	r, err := a.DB.Receipt(ctx, privacy.ReceiptID(in.ID))
	if errors.Is(err, store.ErrNotFound) {
		return nil, rest.NotFound()
	}
	if err != nil {
		return nil, err
	}
	view, err := a.receipt(ctx, r)
	if err != nil {
		return nil, err
	}
	return rest.Reply(view)
}

func (a *API) receipts(ctx context.Context, rows []store.Receipt) ([]client.Receipt, error) {
	views := make([]client.Receipt, len(rows))
	for i, r := range rows {
		var err error
		if views[i], err = a.receipt(ctx, r); err != nil {
			return nil, err
		}
	}
	return views, nil
}

// receipt proves a receipt against the log as it is now.
func (a *API) receipt(ctx context.Context, r store.Receipt) (client.Receipt, error) {
	leaf, err := a.DB.Log().Leaf(ctx, r.Leaf)
	if err != nil {
		return client.Receipt{}, err
	}
	return evidence.BuildReceipt(ctx, a.DB.Log(), a.Signer, evidence.Facts{Origin: a.Origin, Leaf: leaf, Copies: a.copies(r)})
}

// copies says who else had what was erased: nobody, or one recipient with its own statement.
func (a *API) copies(r store.Receipt) []evidence.Copy {
	if r.Recipient == "" {
		return []evidence.Copy{}
	}
	recipient, ok := a.Policies.Recipient(r.App, r.Recipient)
	if !ok {
		return nil
	}
	return []evidence.Copy{{Recipient: recipient.Name.In("en"), Keeps: promised(recipient, r)}}
}

func promised(recipient policy.Recipient, r store.Receipt) []evidence.Kept {
	from := time.Time{}
	if !r.KeepsUntil.IsZero() {
		from = r.DeletedAt
	}
	list := evidence.Promises(recipient.Retention, from)
	for i := range list {
		if !list[i].Until.IsZero() {
			list[i].Until = r.KeepsUntil
		}
	}
	return list
}

func (a *API) createRequest(ctx context.Context, in *struct{ Body client.RightsRequestCreate }) (*rest.Answer[client.RightsRequest], error) {
	if in.Body.Kind == "withdraw_all" && in.Body.Scope != "" {
		return nil, rest.Invalid("/scope", "not_an_input", "A scope belongs to kind erase only.")
	}
	return a.request(ctx, in.Body.Kind, in.Body.Scope)
}

func (a *API) request(ctx context.Context, kind, scope string) (*rest.Answer[client.RightsRequest], error) {
	who := rest.WhoOf(ctx)
	var rows []store.Receipt
	var err error
	switch {
	case kind == "withdraw_all":
		err = a.Rights.WithdrawAll(ctx, who.Who)
	case scope == "content":
		rows, err = a.Rights.EraseContent(ctx, who.Who)
	default:
		rows, err = a.Rights.EraseAccount(ctx, who.Who)
	}
	if err != nil {
		return nil, err
	}
	views, err := a.receipts(ctx, rows)
	if err != nil {
		return nil, err
	}
	return rest.Reply(client.RightsRequest{
		ID: privacy.NewID(privacy.PrefixRequest), Kind: kind, State: "done", DoneAt: a.Clock.Now(), Erased: len(rows), Receipts: views,
	})
}
