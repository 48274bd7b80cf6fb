package desk

import (
	"context"
	"net/http"

	"vow.example/vow/client"
	"vow.example/vow/client/admin"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store/abuse"
	"vow.example/vow/internal/task/outcome"
)

func (a *API) suspensionRoutes() {
	rest.Register(a.rest, op(http.MethodGet, "signals", "listSignals", "Signs of abuse that were counted in an app, newest first: codes and counts, no content"), a.signals)
	rest.Register(a.rest, creates("cases/{id}/suspend", "suspendInCase", "Suspend the account that a case is about, after reading in it; rights and settings stay"), a.suspend)
	rest.Register(a.rest, op(http.MethodGet, "suspensions", "listSuspensions", "Suspended accounts of an app, newest first, with who decided"), a.suspensions)
	rest.Register(a.rest, op(http.MethodPost, "suspensions/{id}/lift", "liftSuspension", "End a suspension"), a.liftSuspension)
}

func (a *API) signals(ctx context.Context, in *struct {
	AppQuery
	rest.Paging
}) (*rest.Answer[client.Page[admin.Signal]], error) {
	app, err := appOf(ctx, in.App)
	if err != nil {
		return nil, err
	}
	list, err := a.desk.Signals(ctx, by(ctx), app, in.Cursor, in.Limit+1)
	if err != nil {
		return nil, err
	}
	return rest.Reply(rest.Page(list, in.Limit, func(s abuse.Signal) string { return s.ID }, func(s abuse.Signal) admin.Signal {
		return admin.Signal{ID: s.ID, App: string(s.App), Subject: string(s.Subject), Kind: s.Kind, Tries: s.Tries, At: s.At, SeenAt: s.SeenAt}
	}))
}

func (a *API) suspend(ctx context.Context, in *struct {
	rest.IDPath
	Body admin.Suspend
}) (*rest.Answer[admin.Suspension], error) {
	x, err := a.desk.Suspend(ctx, by(ctx), privacy.CaseID(in.ID), in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return rest.Reply(suspensionView(x))
}

func (a *API) suspensions(ctx context.Context, in *AppQuery) (*rest.Answer[client.Page[admin.Suspension]], error) {
	app, err := appOf(ctx, in.App)
	if err != nil {
		return nil, err
	}
	list, err := a.desk.Suspensions(ctx, by(ctx), app)
	if err != nil {
		return nil, err
	}
	return rest.Reply(rest.Page(list, len(list), func(x abuse.Suspension) string { return x.ID }, suspensionView))
}

func (a *API) liftSuspension(ctx context.Context, in *rest.IDPath) (*rest.Answer[admin.Suspension], error) {
	x, err := a.desk.LiftSuspension(ctx, by(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return rest.Reply(suspensionView(x))
}

func suspensionView(x abuse.Suspension) admin.Suspension {
	return admin.Suspension{
		ID: x.ID, App: string(x.App), Subject: string(x.Subject), Case: string(x.Case), Reason: x.Reason, Staff: string(x.Staff),
		At: x.At, Until: x.Until, LiftedAt: rest.TimeOrNil(x.LiftedAt), LiftedBy: string(x.LiftedBy),
	}
}

// suspended shows a suspension to the person, beside the other measures.
func (a *API) suspended(ctx context.Context, x abuse.Suspension) client.Measure {
	m := client.Measure{
		ID: x.ID, Kind: "suspension", Ground: x.Reason, Text: reasonText(x.Reason).In(rest.WhoOf(ctx).Lang), Categories: []string{},
		State: "in_force", At: x.At, Until: x.Until, EndedAt: rest.TimeOrNil(x.LiftedAt),
	}
	if m.EndedAt != nil {
		m.State = "ended"
	}
	return m
}

// reasonText says the reason of a suspension in plain words.
func reasonText(reason string) outcome.Words {
	switch reason {
	case "fraud":
		return outcome.Words{EN: "The account was used to deceive others for money or advantage.", ZH: "此账户被用于欺骗他人以谋取钱财或利益。"}
	case "abuse":
		return outcome.Words{EN: "The account was used for what the rules of the app forbid.", ZH: "此账户被用于应用规则所禁止的用途。"}
	case "misconduct":
		return outcome.Words{EN: "The account was used against other people.", ZH: "此账户被用于针对他人的不当行为。"}
	default:
		return outcome.Words{EN: "Somebody seems to use the account without being allowed to.", ZH: "此账户疑似被他人未经授权使用。"}
	}
}
