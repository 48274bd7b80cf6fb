package client

import (
	"context"
	"iter"
	"net/url"
)

// Apps lists the apps of the server.
func (c *Client) Apps(ctx context.Context) iter.Seq2[App, error] {
	return pages[App](ctx, c, "/v1/apps", nil)
}

// App returns one app.
func (c *Client) App(ctx context.Context, id string) (App, error) {
	var a App
	err := c.get(ctx, at("/v1/apps/", id, ""), nil, &a)
	return a, err
}

// Policy returns the published policy of an app in lang, or in the language that the server
// finds best where lang is empty.
func (c *Client) Policy(ctx context.Context, app, lang string) (PolicyDocument, error) {
	var p PolicyDocument
	err := c.get(ctx, at("/v1/apps/", app, "/policy"), langQuery(lang), &p)
	return p, err
}

// SessionCreate opens a session: with an app's publishable key, or by the app's id. With login and password
// it is a session of the account that has them.
type SessionCreate struct {
	AppKey   string `json:"app_key,omitempty" maxLength:"128" doc:"Publishable key" example:"pk_test_pixplus"`
	App      string `json:"app,omitempty" maxLength:"64" doc:"App id, where no key is at hand" example:"pixplus"`
	Locale   string `json:"locale,omitempty" maxLength:"35" doc:"BCP 47; default: Accept-Language"`
	Platform string `json:"platform,omitempty" enum:"ios,android,web" doc:"Default: web"`
	AgeBand  string `json:"age_band,omitempty" enum:"under,minor,over" doc:"under: younger than the app's min_age; minor: not that, and younger than its guardian_below, where it has one; over: neither. Whoever is too young gets no session, and nothing is kept; a minor needs a guardian"`
	Device   string `json:"device,omitempty" maxLength:"128" doc:"What the app calls this device. Only a keyed digest is ever kept, and only where somebody was too young"`
	Login    string `json:"login,omitempty" maxLength:"254"`
	Password string `json:"password,omitempty" maxLength:"1024"`
}

// NewSession opens an anonymous session. Its AccessToken is handed to WithToken.
func (c *Client) NewSession(ctx context.Context, in SessionCreate) (Session, error) {
	var s Session
	err := c.post(ctx, "/v1/sessions", nil, in, &s)
	return s, err
}

// EndSession ends the session of the client's token.
func (c *Client) EndSession(ctx context.Context) error {
	return c.delete(ctx, "/v1/sessions/current", nil)
}

// Me returns what the settings page shows about the person.
func (c *Client) Me(ctx context.Context) (Me, error) {
	var m Me
	err := c.get(ctx, "/v1/me", nil, &m)
	return m, err
}

// DeleteMe erases the account and everything the server holds of the person.
func (c *Client) DeleteMe(ctx context.Context) (RightsRequest, error) {
	var r RightsRequest
	err := c.delete(ctx, "/v1/me", &r)
	return r, err
}

// Features lists what the session's app can do.
func (c *Client) Features(ctx context.Context) iter.Seq2[Feature, error] {
	return pages[Feature](ctx, c, "/v1/features", nil)
}

// Feature returns one feature of the session's app.
func (c *Client) Feature(ctx context.Context, id string) (Feature, error) {
	var f Feature
	err := c.get(ctx, at("/v1/features/", id, ""), nil, &f)
	return f, err
}

// Disclosure returns the exact text of a feature's consent screen in lang.
func (c *Client) Disclosure(ctx context.Context, feature, lang string) (Disclosure, error) {
	var d Disclosure
	err := c.get(ctx, at("/v1/features/", feature, "/disclosure"), langQuery(lang), &d)
	return d, err
}

func langQuery(lang string) url.Values {
	if lang == "" {
		return nil
	}
	return url.Values{"lang": {lang}}
}
