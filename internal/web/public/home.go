package public

import (
	"net/http"
	"slices"
	"strings"

	"vow.example/vow/client"
	"vow.example/vow/internal/web/stage"
)

// few is how many effects of an app the start page names one by one.
const few = 8

// startApp is one app with what it can do and who would receive anything.
type startApp struct {
	client.App
	Features   []client.Feature
	Recipients []client.RecipientRef
}

// overview lists the live features; a stale credential must not break the start page, so the
// app's public key is used.
func overview(v *stage.Visit) (startApp, error) {
	a := startApp{App: v.App}
	v.Token = ""
	for f, err := range v.API().Features(v.Context()) {
		if err != nil {
			return a, err
		}
		if f.State != "live" {
			continue
		}
		a.Features = append(a.Features, f)
		if !slices.Contains(a.Recipients, f.Recipient) {
			a.Recipients = append(a.Recipients, f.Recipient)
		}
	}
	return a, nil
}

// Outside lists the companies that an effect of the app sends something to.
func (a startApp) Outside() []client.RecipientRef {
	return slices.DeleteFunc(slices.Clone(a.Recipients), func(r client.RecipientRef) bool { return r.Kind == "local" })
}

// Badges lists the recipients that get a badge of their own: all, or, where there are several
// companies, our own server alone.
func (a startApp) Badges() []client.RecipientRef {
	if len(a.Outside()) < 2 {
		return a.Recipients
	}
	return slices.DeleteFunc(slices.Clone(a.Recipients), func(r client.RecipientRef) bool { return r.Kind != "local" })
}

// First lists the effects that the start page names: all of a few, one for each recipient of many.
func (a startApp) First() []client.Feature {
	if len(a.Features) <= few {
		return a.Features
	}
	var list []client.Feature
	for _, g := range grouped(a.Features) {
		list = append(list, g.Features[0])
	}
	return list[:min(len(list), few)]
}

// group is the effects of one recipient.
type group struct {
	Recipient client.RecipientRef
	Features  []client.Feature
}

// grouped sorts effects by who receives: our own server first, the companies as the app lists them.
func grouped(features []client.Feature) []group {
	var list []group
	for _, f := range features {
		i := slices.IndexFunc(list, func(g group) bool { return g.Recipient.ID == f.Recipient.ID })
		if i < 0 {
			i, list = len(list), append(list, group{Recipient: f.Recipient})
		}
		list[i].Features = append(list[i].Features, f)
	}
	slices.SortStableFunc(list, func(a, b group) int { return away(a) - away(b) })
	return list
}

func away(g group) int {
	if g.Recipient.Kind == "local" {
		return 0
	}
	return 1
}

// homeData is the page of an app's effects.
type homeData struct {
	Groups  []group
	Planned []client.Feature
	MinAge  int      // of every effect; 0: they differ, so that each says its own
	Keeps   []string // how long what people hand over and get is kept, in plain words
	Sampled bool     // some effect has a sample; the others have a sign

	Illustrated bool // … which shows the kind of effect only
}

// show gives a sample the address that it has among the pages, which fetch it from the API.
func (d *homeData) show(s *client.Sample) {
	if s != nil {
		s.URL, d.Sampled, d.Illustrated = strings.TrimPrefix(s.URL, "/v1/apps"), true, d.Illustrated || s.Illustration
	}
}

// Companies counts who else receives something, whatever the effect.
func (d homeData) Companies() int {
	return len(slices.DeleteFunc(slices.Clone(d.Groups), func(g group) bool { return g.Recipient.Kind == "local" }))
}

// Region is the country of our own server, where an effect runs on it; empty: none does, or it is not stated.
func (d homeData) Region() string {
	for _, g := range d.Groups {
		if g.Recipient.Kind == "local" {
			return g.Recipient.Region
		}
	}
	return ""
}

// keeps picks from the retention schedule what becomes of a photo, a text and a result after all went well.
func keeps(rows []client.RetentionRow) (lines []string) {
	for _, kind := range []string{"source_photo", "face_image", "chat_message", "generated_image"} {
		i := slices.IndexFunc(rows, func(r client.RetentionRow) bool {
			return r.Category == kind && slices.Contains([]string{"task_succeeded", "result_stored", "item_written"}, r.Starts)
		})
		if i >= 0 {
			lines = append(lines, rows[i].Text)
		}
	}
	return lines
}

// Home lists the effects of an app.
func (p *Pages) Home(v *stage.Visit) error {
	features, err := client.Collect(v.API().Features(v.Context()))
	if err != nil {
		return err
	}
	d := homeData{}
	var live []client.Feature
	for _, f := range features {
		if d.show(f.Sample); f.State == "live" {
			live = append(live, f)
		} else {
			d.Planned = append(d.Planned, f)
		}
	}
	d.Groups = grouped(live)
	if len(live) > 0 && !slices.ContainsFunc(live, func(f client.Feature) bool { return f.MinAge != live[0].MinAge }) {
		d.MinAge = live[0].MinAge
	}
	policy, err := v.API().Policy(v.Context(), v.App.ID, v.Lang)
	if err != nil {
		return err
	}
	d.Keeps = keeps(policy.Retention)
	return v.Show(http.StatusOK, "home", stage.Frame{Title: v.App.Name, Tab: "create", Data: d})
}
