// Package policies is the pages that anybody may read about an app: its policy with every list behind it,
// every version and what changed, who answers for it, and how to have everything deleted without the app.
// Beside them are the notices that a person was sent.
//
// It promises that reading any of them makes no session, that nothing on them is more or less than the
// policy file says, and that they can be printed. It never writes anything but what a form says.
package policies

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"vow.example/vow/client"
	"vow.example/vow/internal/web/stage"
)

// Routes registers the pages with a function that knows the app.
func Routes(app func(pattern string, page func(*stage.Visit) error)) {
	app("GET /{app}/policy", policy)
	app("GET /{app}/policy/lists", lists)
	app("GET /{app}/policy/versions", versions)
	app("GET /{app}/policy/versions/{version}", version)
	app("GET /{app}/policy/diff", compare)
	app("GET /{app}/data-deletion", deletion)
	app("POST /{app}/data-deletion", erase)
	app("GET /{app}/contact", contact)
	app("GET /{app}/notices", notices)
	app("POST /{app}/notices/{id}", acknowledge)
}

// policyData is the policy in force with the lists behind it, or an earlier or later version as text.
type policyData struct {
	client.PolicyDocument
	AppID    string
	Version  client.PolicyVersion
	InForce  bool // with the lists behind it
	Many     bool // there is more than one version
	Contacts contacts

	Permissions []client.PolicyPermission
	Collection  []client.PolicySchema
	SDKs        []client.PolicySDK
	Refused     []client.PolicyEntry
	Rights      []client.PolicyEntry
	Recipients  []client.RecipientRef
	Purposes    map[string]string // in plain words
}

// Annexes names the lists below the text that are not empty. The register of embedded kits is there for
// every version in force: that it is empty is worth saying.
func (d policyData) Annexes() []string {
	all := []struct {
		name  string
		there bool
	}{
		{"retention", len(d.Retention) > 0}, {"rights", len(d.Rights) > 0}, {"recipients", len(d.Recipients) > 0}, {"permissions", len(d.Permissions) > 0},
		{"collection", len(d.Collection) > 0}, {"sdks", d.InForce}, {"refused", len(d.Refused) > 0}, {"contacts", len(d.Contacts) > 0},
	}
	var names []string
	for _, a := range all {
		if a.there {
			names = append(names, a.name)
		}
	}
	return names
}

// contacts are who runs an app and how to reach them.
type contacts []client.PolicyContact

// versionsOf reads every version, the newest first.
func versionsOf(v *stage.Visit) ([]client.PolicyVersion, error) {
	list, err := v.API().PolicyVersions(v.Context(), v.App.ID)
	slices.Reverse(list)
	return list, err
}

func policy(v *stage.Visit) error {
	d := policyData{AppID: v.App.ID, InForce: true}
	all, err := versionsOf(v)
	if err != nil {
		return err
	}
	d.Many = len(all) > 1
	if d.PolicyDocument, err = v.API().Policy(v.Context(), v.App.ID, v.Lang); err != nil {
		return err
	}
	for _, e := range all {
		if e.Version == d.PolicyDocument.Version {
			d.Version = e
		}
	}
	if err := d.read(v); err != nil {
		return err
	}
	return v.Show(http.StatusOK, "policy", stage.Frame{Title: d.Title, Tab: "privacy", Data: d})
}

// read reads the lists of the policy in force.
func (d *policyData) read(v *stage.Visit) (err error) {
	api, ctx, app := v.API(), v.Context(), v.App.ID
	if d.Contacts, err = api.PolicyContacts(ctx, app); err != nil {
		return err
	}
	if d.Permissions, err = api.PolicyPermissions(ctx, app); err != nil {
		return err
	}
	if d.Collection, err = api.PolicyCollection(ctx, app); err != nil {
		return err
	}
	if d.SDKs, err = api.PolicySDKs(ctx, app); err != nil {
		return err
	}
	if d.Refused, err = api.PolicyRefused(ctx, app); err != nil {
		return err
	}
	if d.Rights, err = api.PolicyRights(ctx, app); err != nil {
		return err
	}
	if d.Recipients, err = api.PolicyRecipients(ctx, app); err != nil {
		return err
	}
	d.Purposes, err = purposesOf(v)
	return err
}

// purposesOf reads the purposes in plain words, by their identifiers.
func purposesOf(v *stage.Visit) (map[string]string, error) {
	all, err := v.API().PolicyPurposes(v.Context(), v.App.ID)
	texts := map[string]string{}
	for _, u := range all {
		texts[u.ID] = u.Text
	}
	return texts, err
}

// number reads the number of a version: 2, v2 or app/v2. 0: it is none.
func number(version string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(version[strings.LastIndexByte(version, '/')+1:], "v"))
	if err != nil || n < 1 {
		return 0
	}
	return n
}

// versionsData lists every version of a policy.
type versionsData struct {
	App  client.App
	List []client.PolicyVersion // the newest first
}

func versions(v *stage.Visit) error {
	d := versionsData{App: v.App}
	var err error
	if d.List, err = versionsOf(v); err != nil {
		return err
	}
	return v.Show(http.StatusOK, "versions", stage.Frame{Title: v.Text("policy.versions"), Tab: "privacy", Narrow: true, Data: d})
}

func version(v *stage.Visit) error {
	all, err := versionsOf(v)
	if err != nil {
		return err
	}
	n := number(v.R.PathValue("version"))
	i := slices.IndexFunc(all, func(e client.PolicyVersion) bool { return e.Number == n })
	if i < 0 {
		return v.Fail(http.StatusNotFound, "not-found")
	}
	d := policyData{AppID: v.App.ID, Version: all[i], Many: len(all) > 1}
	if d.PolicyDocument, err = v.API().PolicyVersion(v.Context(), v.App.ID, n, v.Lang); err != nil {
		return err
	}
	title := d.Title + " v" + strconv.Itoa(n)
	return v.Show(http.StatusOK, "policy", stage.Frame{Title: title, Tab: "privacy", Data: d})
}

// diffData is what one version changes against another.
type diffData struct {
	App      client.App
	List     []client.PolicyVersion
	From, To int
	Diff     client.PolicyDiff
	Titles   map[string]string // of features
}

// compare shows the changes between two versions; without a choice, those of the newest one.
func compare(v *stage.Visit) error {
	d := diffData{App: v.App}
	var err error
	if d.List, err = versionsOf(v); err != nil {
		return err
	}
	if len(d.List) == 0 {
		return v.Fail(http.StatusNotFound, "not-found")
	}
	q := v.R.URL.Query()
	if d.To = number(q.Get("to")); d.To == 0 {
		d.To = d.List[0].Number
	}
	if d.From = number(q.Get("from")); d.From == 0 {
		d.From = before(d.List, d.To)
	}
	if d.Diff, err = v.API().PolicyDiff(v.Context(), v.App.ID, d.From, d.To); err != nil {
		return err
	}
	if d.Titles, err = guest(v).Titles(); err != nil {
		return err
	}
	return v.Show(http.StatusOK, "diff", stage.Frame{Title: v.Text("policy.diff"), Tab: "privacy", Narrow: true, Data: d})
}

// before is the version before that one, or that one itself where it is the first.
func before(list []client.PolicyVersion, n int) int {
	at := n
	for _, e := range list {
		if e.Number < n && (at == n || e.Number > at) {
			at = e.Number
		}
	}
	return at
}

// guest is the same visit as anybody's: what an app offers is the same for everybody.
func guest(v *stage.Visit) *stage.Visit {
	g := *v
	g.Token = ""
	return &g
}
