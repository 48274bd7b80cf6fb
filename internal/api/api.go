// Package api is the public HTTP API: JSON in, JSON or a problem document out, OpenAPI 3.1
// generated from the handlers.
//
// It promises that the credential decides the app and the subject, that an error names the field
// and the rule and never echoes a value, and that every task error says whether anything was sent.
// It never decides about consent, review, retention or disclosure: it asks the rooms that do.
package api

import (
	"context"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/rights"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task"
)

// Policies says which policy rules: for whoever comes, and for a subject. Who once received something
// is known even where no policy names them any more.
type Policies interface {
	InForce(app privacy.AppID, at time.Time) (*policy.Policy, bool)
	ByHash(app privacy.AppID, hash privacy.PolicyHash) (*policy.Policy, bool)
	For(ctx context.Context, app privacy.AppID, s privacy.SubjectID) (*policy.Policy, error)
	Recipient(app privacy.AppID, id privacy.RecipientID) (policy.Recipient, bool)
}

// Options are the parts that the API speaks for.
type Options struct {
	DB        *store.DB
	Vault     *vault.Vault
	Tasks     *task.Service
	Eraser    *erasure.Eraser
	Rights    *rights.Service
	Policies  Policies
	Order     []privacy.AppID          // in which apps are listed
	Keys      map[string]privacy.AppID // publishable app keys
	Signer    *audit.Signer
	Origin    string // of the audit log's checkpoints
	PublicURL string
	Clock     clock.Clock
	Log       log.Logger
	Demo      *Demo // nil outside demo mode
	Digest    func(token string) []byte
	Explain   func(rule string, lang privacy.Lang) string
	Advise    func(rule string, lang privacy.Lang) string                       // what a person can change
	Marks     func(rule string, field privacy.Field, text string) []client.Mark // which words of it a rule is about
	Materials func(privacy.AppID) fs.FS                                         // drawn things that an app brought along; nil: none
	// Offers, where set, says whether a drawn thing was reviewed and published in an app; others are not shown.
	Offers func(ctx context.Context, app privacy.AppID, kind, id string) bool

	Groups  []func(*rest.Server)                                                 // register routes of other packages
	StaffOf func(ctx context.Context, authorization string) (*rest.Staff, error) // nil: there are no staff

	// Standing, where set, says whether anything may be done with a person's data right now.
	Standing func(ctx context.Context, who task.Who) error
}

// API serves the routes.
type API struct {
	Options
	rest *rest.Server
}

const version = "1.0.0"

// policy returns the policy of an app that is in force.
func (a *API) policy(app privacy.AppID) (*policy.Policy, bool) {
	return a.Policies.InForce(app, a.Clock.Now())
}

// New returns the handler of every API route.
func New(o Options) (http.Handler, error) {
	a := &API{Options: o}
	a.rest = &rest.Server{
		Base: strings.TrimSuffix(o.PublicURL, "/"), Log: o.Log,
		SessionOf: a.session, VisitorOf: a.visitor, StaffOf: o.StaffOf, Standing: o.Standing,
	}
	a.rest.Open(version)
	a.routes()
	return a.rest.Handler(), nil
}

func (a *API) routes() {
	a.appRoutes()
	a.sessionRoutes()
	a.createRoutes()
	a.taskRoutes()
	a.libraryRoutes()
	a.ownRoutes()
	a.privacyRoutes()
	a.rest.Mux.HandleFunc("POST /hooks/{token}", a.hook)
	a.rest.Mux.HandleFunc("GET /log/{path...}", a.logTile)
	if a.Demo != nil {
		a.demoRoutes()
	}
	for _, register := range a.Groups {
		register(a.rest)
	}
}
