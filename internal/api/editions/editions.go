// Package editions is the group of routes about versions of policies: reading them, comparing them,
// hearing of them, publishing them.
//
// It promises that every version can be read by everybody, and that no route changes one. It never
// decides what binds whom: it asks the service.
package editions

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"vow.example/vow/client"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/editions"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/book"
	"vow.example/vow/internal/policy/diff"
	"vow.example/vow/internal/privacy"
	rows "vow.example/vow/internal/store/editions"
	"vow.example/vow/internal/task"
)

type group struct {
	*editions.Service
	clock clock.Clock
}

// Routes registers the group.
func Routes(s *rest.Server, service *editions.Service) {
	g := &group{service, service.Clock}
	rest.Register(s, rest.Op{Method: http.MethodGet, Path: "/v1/apps/{app}/policy/versions", ID: "listPolicyVersions", Tag: "public", Summary: "Every version of the policy", Open: true}, g.versions)
	rest.Register(s, rest.Op{Method: http.MethodGet, Path: "/v1/apps/{app}/policy/versions/{version}", ID: "getPolicyVersion", Tag: "public", Summary: "One version of the policy, as text", Open: true}, g.version)
	rest.Register(s, rest.Op{Method: http.MethodGet, Path: "/v1/apps/{app}/policy/diff", ID: "comparePolicies", Tag: "public", Summary: "What one version changes against another", Open: true}, g.compare)
	rest.Register(s, rest.Op{Method: http.MethodGet, Path: "/v1/notices", ID: "listNotices", Tag: "privacy", Summary: "What you are told: changes, incidents, the end of a service", Always: true}, g.notices)
	rest.Register(s, rest.Op{Method: http.MethodGet, Path: "/v1/notices/waiting", ID: "countNotices", Tag: "privacy", Summary: "How many you have not acknowledged; counting shows none", Always: true}, g.waiting)
	rest.Register(s, rest.Op{Method: http.MethodPost, Path: "/v1/notices/{id}/ack", ID: "acknowledgeNotice", Tag: "privacy", Summary: "Say that you have seen it, or agree to the version", Always: true}, g.acknowledge)
	rest.Register(s, rest.Op{Method: http.MethodPost, Path: "/v1/admin/policies", ID: "publishPolicy", Tag: "admin", Summary: "Publish the next version of a policy", Staff: true, Status: http.StatusCreated}, g.publish)
}

// AppPath is the path parameter of one app.
type AppPath struct {
	App string `path:"app" maxLength:"64"`
}

func (g *group) versions(_ context.Context, in *AppPath) (*rest.Answer[client.Page[client.PolicyVersion]], error) {
	list := g.All(privacy.AppID(in.App))
	if len(list) == 0 {
		return nil, rest.NotFound()
	}
	out := client.Page[client.PolicyVersion]{Data: []client.PolicyVersion{}}
	for _, e := range list {
		out.Data = append(out.Data, g.view(e))
	}
	return rest.Reply(out)
}

// view shows an edition as it stands now.
func (g *group) view(e book.Edition) client.PolicyVersion {
	v := client.PolicyVersion{
		Version: e.Policy.Version(), Number: e.Number, Hash: "sha256:" + string(e.Policy.Hash()), Updated: e.Policy.Updated(), State: "past", PublishedAt: e.PublishedAt,
	}
	if e.EffectiveAt.Unix() > 0 {
		v.EffectiveAt = &e.EffectiveAt
	}
	now := g.clock.Now()
	if p, ok := g.InForce(e.Policy.App(), now); ok && p == e.Policy {
		v.State = "in_force"
	} else if !e.InForce(now) {
		v.State = "upcoming"
	}
	return v
}

func (g *group) version(ctx context.Context, in *struct {
	AppPath
	Version string `path:"version" maxLength:"16" doc:"2 or v2"`
	rest.LangQuery
}) (*rest.Answer[client.PolicyDocument], error) {
	p, err := g.find(in.App, in.Version)
	if err != nil {
		return nil, err
	}
	return rest.Reply(Document(p, rest.LangOf(ctx)))
}

// find returns the version that a person names by its number, with or without its letter.
func (g *group) find(app, version string) (*policy.Policy, error) {
	n, err := strconv.Atoi(strings.TrimPrefix(version, "v"))
	if err != nil {
		return nil, rest.NotFound()
	}
	p, ok := g.ByVersion(privacy.AppID(app), n)
	if !ok {
		return nil, rest.NotFound()
	}
	return p, nil
}

// Document is a policy as text.
func Document(p *policy.Policy, lang privacy.Lang) client.PolicyDocument {
	doc := client.PolicyDocument{
		App: string(p.App()), Version: p.Version(), Hash: "sha256:" + string(p.Hash()), Updated: p.Updated(), Language: string(lang), Title: p.Title(lang),
	}
	for _, s := range p.Sections(lang) {
		doc.Sections = append(doc.Sections, client.PolicySection{ID: s.ID, Title: s.Title, Body: s.Body})
	}
	for _, r := range p.Retention() {
		doc.Retention = append(doc.Retention, client.RetentionRow{
			Category: string(r.Category), Starts: string(r.Starts), Limit: r.Limit.ISO, Storage: string(r.Storage),
			Text: p.RetentionText(r, lang), ChosenBy: r.ChosenBy,
		})
	}
	for _, purpose := range p.Purposes() {
		doc.Purposes = append(doc.Purposes, string(purpose))
	}
	return doc
}

func (g *group) compare(ctx context.Context, in *struct {
	AppPath
	From string `query:"from" required:"true" maxLength:"16" doc:"1 or v1"`
	To   string `query:"to" required:"true" maxLength:"16"`
	rest.LangQuery
}) (*rest.Answer[client.PolicyDiff], error) {
	was, err := g.find(in.App, in.From)
	if err != nil {
		return nil, err
	}
	is, err := g.find(in.App, in.To)
	if err != nil {
		return nil, err
	}
	return rest.Reply(DiffView(g.Between(was, is), rest.LangOf(ctx)))
}

// DiffView shows a difference in a language.
func DiffView(d diff.Diff, lang privacy.Lang) client.PolicyDiff {
	out := client.PolicyDiff{From: d.From, To: d.To, Class: d.Class().String(), ReducesRights: d.Reduces(), SensitiveNew: d.SensitiveNew(), Reconsent: []string{}, Changes: changes(d.Changes, lang)}
	for _, f := range d.Reconsent() {
		out.Reconsent = append(out.Reconsent, string(f))
	}
	return out
}

func changes(list []diff.Change, lang privacy.Lang) []client.PolicyChange {
	out := make([]client.PolicyChange, len(list))
	for i, c := range list {
		out[i] = client.PolicyChange{
			Kind: string(c.Kind), What: c.What, Text: c.Sentence(lang), From: c.From.In(lang), To: c.To.In(lang), Class: c.Class.String(),
			ReducesRights: c.Reduces, Reconsent: c.Reconsent, SensitiveNew: c.SensitiveNew,
		}
	}
	return out
}

func (g *group) notices(ctx context.Context, _ *rest.LangQuery) (*rest.Answer[client.Page[client.Notice]], error) {
	who := rest.WhoOf(ctx)
	list, err := g.Notices(ctx, who.App(), who.Subject)
	if err != nil {
		return nil, err
	}
	out := client.Page[client.Notice]{Data: []client.Notice{}}
	for _, n := range list {
		out.Data = append(out.Data, notice(who.Policy, n, who.Lang))
	}
	return rest.Reply(out)
}

func (g *group) waiting(ctx context.Context, _ *struct{}) (*rest.Answer[client.NoticeCount], error) {
	who := rest.WhoOf(ctx)
	ids, err := g.Unseen(ctx, who.App(), who.Subject)
	return &rest.Answer[client.NoticeCount]{Body: client.NoticeCount{Count: len(ids)}}, err
}

func notice(p *policy.Policy, n editions.Notice, lang privacy.Lang) client.Notice {
	return client.Notice{
		ID: n.ID, Kind: n.Kind, Title: editions.Title(p, n, lang), Lines: editions.Lines(n, lang), Version: n.Version, Prominent: n.Prominent, Changes: changes(n.Changes, lang),
		CreatedAt: n.CreatedAt, EffectiveAt: n.EffectiveAt, ShownAt: n.ShownAt, AcknowledgedAt: rest.TimeOrNil(n.AckedAt), NeedsConsent: n.NeedsConsent, Binds: n.Binds,
	}
}

func (g *group) acknowledge(ctx context.Context, in *struct {
	rest.IDPath
	rest.LangQuery
	Body client.NoticeAck
}) (*rest.Answer[client.Notice], error) {
	who := rest.WhoOf(ctx)
	said := editions.Seen
	if in.Body.Decision == string(editions.Agree) {
		said = editions.Agree
	}
	if err := g.Acknowledge(ctx, rows.Bound{App: who.App(), Subject: who.Subject}, in.ID, said); err != nil {
		return nil, err
	}
	list, err := g.Notices(ctx, who.App(), who.Subject)
	if err != nil {
		return nil, err
	}
	for _, n := range list {
		if n.ID == in.ID {
			return rest.Reply(notice(who.Policy, n, who.Lang))
		}
	}
	return nil, rest.NotFound()
}

// The roles that may publish.
const (
	officer   = "officer"
	developer = "developer"
)

func (g *group) publish(ctx context.Context, in *struct{ Body client.PolicyDraft }) (*rest.Answer[client.PublishedPolicy], error) {
	by := rest.StaffOf(ctx)
	if by.Role != officer && by.Role != developer {
		return nil, fault.New(fault.Refused, "forbidden", "Only officers and developers publish policies.")
	}
	p, err := g.Publish(ctx, editions.Draft{App: by.App, YAML: []byte(in.Body.YAML), EffectiveAt: in.Body.EffectiveAt, By: by.ID})
	var refused *editions.Refused
	if errors.As(err, &refused) {
		return nil, explain(refused)
	}
	if err != nil {
		return nil, err
	}
	return rest.Reply(client.PublishedPolicy{PolicyVersion: g.view(p.Edition), Diff: DiffView(p.Diff, rest.LangOf(ctx)), Notice: p.Notice})
}

// explain turns the findings of a refusal into the errors of a problem document. What they quote is a
// text that was to be published.
func explain(r *editions.Refused) error {
	list := make([]task.FieldError, len(r.Findings))
	for i, f := range r.Findings {
		where := fmt.Sprintf("%d:%d: ", f.Line, f.Column)
		if f.Path != "" {
			where += f.Path + ": "
		}
		list[i] = task.FieldError{Pointer: "/yaml", Code: "policy", Detail: fmt.Sprintf("%s%s (fix: %s)", where, f.What, f.Fix)}
	}
	return fault.New(fault.Invalid, "policy-refused", "This version cannot be published. See errors.").With("errors", list)
}
