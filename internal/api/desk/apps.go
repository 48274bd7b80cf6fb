package desk

import (
	"context"
	"net/http"
	"time"

	"vow.example/vow/client/admin"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/desk"
	"vow.example/vow/internal/privacy"
	facts "vow.example/vow/internal/store/desk"
)

func (a *API) appRoutes() {
	rest.Register(a.rest, op(http.MethodPost, "app/close", "closeApp", "End an app: intake stops now, people are told, everything goes in time"), a.closeApp)
	rest.Register(a.rest, creates("messages", "writeMessage", "Write to people for a reason on the policy's list"), a.message)
	rest.Register(a.rest, op(http.MethodGet, "statistics", "getStatistics", "Tasks by day, feature and outcome, in groups that are large enough"), a.statistics)
	rest.Register(a.rest, op(http.MethodPost, "exports", "exportRows", "Rows of people: always refused, and recorded"), a.export)
}

func (a *API) closeApp(ctx context.Context, in *struct{ Body admin.CloseApp }) (*rest.Answer[admin.Closing], error) {
	app, err := appOf(ctx, in.Body.App)
	if err != nil {
		return nil, err
	}
	c, err := a.desk.CloseApp(ctx, by(ctx), app, languages(in.Body.Notice))
	if err != nil {
		return nil, err
	}
	return rest.Reply(admin.Closing{App: string(c.App), Notice: c.Notice, At: c.At, PurgeAt: c.PurgeAt})
}

func (a *API) message(ctx context.Context, in *struct{ Body admin.MessageCreate }) (*rest.Answer[admin.Message], error) {
	app, err := appOf(ctx, in.Body.App)
	if err != nil {
		return nil, err
	}
	id, err := a.desk.Tells(ctx, by(ctx), desk.Message{App: app, Subject: privacy.SubjectID(in.Body.Subject), Kind: in.Body.Type, Text: languages(in.Body.Text)})
	if err != nil {
		return nil, err
	}
	return rest.Reply(admin.Message{ID: id})
}

func (a *API) statistics(ctx context.Context, in *struct {
	AppQuery
	From string `query:"from" format:"date" required:"true" doc:"The first day, in UTC"`
	To   string `query:"to" format:"date" required:"true" doc:"The last day"`
}) (*rest.Answer[admin.Statistics], error) {
	app, err := appOf(ctx, in.App)
	if err != nil {
		return nil, err
	}
	from, errFrom := time.Parse(time.DateOnly, in.From)
	to, errTo := time.Parse(time.DateOnly, in.To)
	if errFrom != nil || errTo != nil || to.Before(from) {
		return nil, rest.Invalid("/to", "format", "Give two days like 2026-11-21, the first one first.")
	}
	n, err := a.desk.Statistics(ctx, by(ctx), app, from, to)
	if err != nil {
		return nil, err
	}
	out := admin.Statistics{App: string(app), Days: []admin.Day{}, Remains: []admin.Remains{}}
	for _, r := range n.Remains {
		out.Remains = append(out.Remains, admin.Remains{Day: r.Day, Category: string(r.Category), Things: r.Things, People: r.People})
	}
	for _, d := range n.Days {
		day := admin.Day{Day: d.Day, Groups: []admin.Group{}, Hidden: d.Hidden, Total: d.Total}
		for _, g := range d.Groups {
			day.Groups = append(day.Groups, admin.Group{Feature: string(g.Feature), Outcome: g.Outcome, Tasks: g.Tasks, People: g.People})
		}
		out.Days = append(out.Days, day)
	}
	return rest.Reply(out)
}

func (a *API) export(ctx context.Context, in *struct{ Body admin.ExportCreate }) (*struct{}, error) {
	app, err := appOf(ctx, in.Body.App)
	if err != nil {
		return nil, err
	}
	return nil, a.desk.Export(ctx, by(ctx), app, privacy.Category(in.Body.Category), privacy.Purpose(in.Body.Purpose))
}

func (a *API) templateRoutes() {
	rest.Register(a.rest, op(http.MethodGet, "templates", "listTemplates", "Drawn things of an app and their states"), a.templates)
	rest.Register(a.rest, creates("templates", "submitTemplate", "Hand a drawn thing in for review, as its files are now"), a.submit)
	rest.Register(a.rest, op(http.MethodPost, "templates/review", "reviewTemplate", "Judge what somebody else handed in"), a.review)
	rest.Register(a.rest, op(http.MethodPost, "templates/publish", "publishTemplate", "Offer what was approved"), a.publish)
	rest.Register(a.rest, op(http.MethodPost, "templates/unpublish", "unpublishTemplate", "Take it back"), a.unpublish)
}

func templateView(t facts.Template) admin.Template {
	return admin.Template{
		TemplateRef: admin.TemplateRef{App: string(t.App), Kind: t.Kind, ID: t.ID}, Digest: t.Digest, State: t.State,
		Author: string(t.Author), Reviewer: string(t.Reviewer), At: t.At,
	}
}

func (a *API) templates(ctx context.Context, in *AppQuery) (*rest.Answer[[]admin.Template], error) {
	app, err := appOf(ctx, in.App)
	if err != nil {
		return nil, err
	}
	list, err := a.desk.Templates(ctx, by(ctx), app)
	if err != nil {
		return nil, err
	}
	out := []admin.Template{}
	for _, t := range list {
		out = append(out, templateView(t))
	}
	return rest.Reply(out)
}

// template does one step with the template that a request names.
func template(ctx context.Context, r admin.TemplateRef, step func(facts.Template) (facts.Template, error)) (*rest.Answer[admin.Template], error) {
	app, err := appOf(ctx, r.App)
	if err != nil {
		return nil, err
	}
	t, err := step(facts.Template{App: app, Kind: r.Kind, ID: r.ID})
	if err != nil {
		return nil, err
	}
	return rest.Reply(templateView(t))
}

func (a *API) submit(ctx context.Context, in *struct{ Body admin.TemplateRef }) (*rest.Answer[admin.Template], error) {
	return template(ctx, in.Body, func(t facts.Template) (facts.Template, error) { return a.desk.Submit(ctx, by(ctx), t) })
}

func (a *API) review(ctx context.Context, in *struct{ Body admin.Verdict }) (*rest.Answer[admin.Template], error) {
	return template(ctx, in.Body.TemplateRef, func(t facts.Template) (facts.Template, error) {
		return a.desk.Review(ctx, by(ctx), t, in.Body.Verdict)
	})
}

func (a *API) publish(ctx context.Context, in *struct{ Body admin.TemplateRef }) (*rest.Answer[admin.Template], error) {
	return template(ctx, in.Body, func(t facts.Template) (facts.Template, error) { return a.desk.Publish(ctx, by(ctx), t) })
}

func (a *API) unpublish(ctx context.Context, in *struct{ Body admin.TemplateRef }) (*rest.Answer[admin.Template], error) {
	return template(ctx, in.Body, func(t facts.Template) (facts.Template, error) { return a.desk.Unpublish(ctx, by(ctx), t) })
}
