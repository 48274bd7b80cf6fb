package desk

import (
	"context"
	"net/http"

	"vow.example/vow/client/admin"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/desk"
	"vow.example/vow/internal/privacy"
)

func (a *API) auditRoutes() {
	rest.Register(a.rest, op(http.MethodGet, "security-audits", "listSecurityAudits", "When each part of an app's security was audited, and until when it must be again"), a.audits)
	rest.Register(a.rest, creates("security-audits", "recordSecurityAudit", "Write down that parts of security were audited, with the digest of the report"), a.audited)
}

func (a *API) audits(ctx context.Context, in *AppQuery) (*rest.Answer[admin.SecurityAudits], error) {
	app, err := appOf(ctx, in.App)
	if err != nil {
		return nil, err
	}
	parts, err := a.desk.SecurityAudits(ctx, by(ctx), app)
	if err != nil {
		return nil, err
	}
	return rest.Reply(a.auditsView(app, parts))
}

func (a *API) audited(ctx context.Context, in *struct{ Body admin.SecurityAudited }) (*rest.Answer[admin.SecurityAudits], error) {
	app, err := appOf(ctx, in.Body.App)
	if err != nil {
		return nil, err
	}
	done := desk.Audited{Parts: in.Body.Parts, Report: in.Body.Report}
	if in.Body.At != nil {
		done.At = *in.Body.At
	}
	parts, err := a.desk.RecordAudit(ctx, by(ctx), app, done)
	if err != nil {
		return nil, err
	}
	return rest.Reply(a.auditsView(app, parts))
}

func (a *API) auditsView(app privacy.AppID, parts []desk.SecurityPart) admin.SecurityAudits {
	out := admin.SecurityAudits{App: string(app), Parts: []admin.SecurityPart{}}
	if p, ok := a.desk.Policies.InForce(app, a.desk.Clock.Now()); ok {
		out.Every = p.Terms().Audits.Every.ISO
	}
	for _, x := range parts {
		out.Parts = append(out.Parts, admin.SecurityPart{
			Part: x.Part, LastAt: rest.TimeOrNil(x.Last.At), Report: x.Last.Report, Staff: string(x.Last.Staff), DueAt: rest.TimeOrNil(x.Due), Late: x.Late,
		})
	}
	return out
}
