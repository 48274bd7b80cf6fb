package people

import (
	"net/http"
	"slices"

	"vow.example/vow/client"
	"vow.example/vow/internal/web/stage"
)

// welcomeData is the first visit. One question at a time: the age, then the policy.
type welcomeData struct {
	App     client.App
	Next    string
	Ask     string // "age", "acceptance", or "" where nothing is asked
	Reading client.Reading
	Changed bool // the policy changed while it was being read
	Leaves  []leaves
}

// leaves is where one thing goes that a person hands over.
type leaves struct {
	Recipient client.RecipientRef
	Features  []string
}

// OverAge is the age from which on nobody needs anybody's leave.
func (d welcomeData) OverAge() int { return fullAge(d.App) }

func fullAge(a client.App) int { return max(a.MinAge, a.GuardianBelow) }

// Highlighted are the sections of the policy that touch rights.
func (d welcomeData) Highlighted() []client.PolicySection {
	return slices.DeleteFunc(slices.Clone(d.Reading.Sections), func(s client.PolicySection) bool { return !slices.Contains(d.Reading.Highlights, s.ID) })
}

// Rest are the other sections.
func (d welcomeData) Rest() []client.PolicySection {
	return slices.DeleteFunc(slices.Clone(d.Reading.Sections), func(s client.PolicySection) bool { return slices.Contains(d.Reading.Highlights, s.ID) })
}

// Welcome is the first visit. Whoever has said everything already goes on at once.
func Welcome(v *stage.Visit) error {
	if v.Refused() {
		return v.Redirect("/", v.App.ID, "/age")
	}
	who, err := me(v)
	if err != nil {
		return err
	}
	ask := who.Standing
	switch {
	case v.Token == "" && v.Asks("age"):
		ask = ageRequired
	case v.Token != "" && ask != ageRequired && ask != unaccepted:
		return onward(v, ask)
	}
	return show(v, http.StatusOK, ask, false)
}

// show writes the page, or for a script its sheet alone.
func show(v *stage.Visit, status int, ask string, changed bool) error {
	d := welcomeData{App: v.App, Next: v.Next(), Changed: changed}
	var err error
	switch ask {
	case ageRequired:
		d.Ask = "age"
	case unaccepted:
		d.Ask = "acceptance"
		if d.Reading, err = v.API().Reading(v.Context(), v.Lang); err != nil {
			return err
		}
	}
	if d.Leaves, err = leaving(v); err != nil {
		return err
	}
	if v.R.URL.Query().Has("sheet") {
		return v.Part("welcome", "welcome", d)
	}
	return v.Show(status, "welcome", stage.Frame{Title: v.Text("welcome.title", "app", v.App.Name), Page: "welcome", Narrow: true, NoIndex: true, Data: d})
}

// leaving lists who would receive what a person hands over, by the features of the app.
func leaving(v *stage.Visit) ([]leaves, error) {
	features, err := client.Collect(v.API().Features(v.Context()))
	if err != nil {
		return nil, err
	}
	var list []leaves
	for _, f := range features {
		if f.State != "live" {
			continue
		}
		at := slices.IndexFunc(list, func(l leaves) bool { return l.Recipient.ID == f.Recipient.ID })
		if at < 0 {
			at, list = len(list), append(list, leaves{Recipient: f.Recipient})
		}
		list[at].Features = append(list[at].Features, f.Title)
	}
	return list, nil
}

// Answer takes what a person says on the first visit.
func Answer(v *stage.Visit) error {
	if err := v.Parse(); err != nil {
		return err
	}
	form := v.R.PostForm
	switch {
	case v.Refused():
		return stop(v)
	case form.Has("decision"):
		return decide(v)
	default:
		return begin(v, form.Get("band"))
	}
}

// begin takes the age band of somebody, or just the wish to go on where none is asked for.
func begin(v *stage.Visit, band string) error {
	if v.Token == "" {
		mark := stage.NewRefusal()
		made, err := v.Enter(client.SessionCreate{AgeBand: band, Device: mark})
		if err != nil {
			return answered(v, err, mark)
		}
		return onward(v, made.Standing)
	}
	if band == "" {
		who, err := me(v)
		if err != nil {
			return err
		}
		return onward(v, who.Standing)
	}
	mark := stage.NewRefusal()
	who, err := v.API().SetAge(v.Context(), client.AgeStatement{Band: band, Device: mark})
	if err != nil {
		return answered(v, err, mark)
	}
	return onward(v, who.Standing)
}

// answered is what comes of an answer that the app does not let in. The browser remembers a refusal, so
// that going back leads nowhere.
func answered(v *stage.Visit, err error, mark string) error {
	switch p := stage.AsProblem(err); p.Code {
	case tooYoung:
		v.Refuse(mark)
		v.W.Header().Set("Clear-Site-Data", `"cache"`)
		return stop(v)
	case guardian: // "under" was said before, and binds
		return onward(v, guardian)
	default:
		return err
	}
}

// stop leads to the page of whoever is too young.
func stop(v *stage.Visit) error {
	if v.WantsJSON() {
		return say(v, answer{Standing: tooYoung})
	}
	return v.Redirect("/", v.App.ID, "/age")
}

// decide takes what somebody decided about the policy. After a no nothing is left of them.
func decide(v *stage.Visit) error {
	form := v.R.PostForm
	if v.Token == "" {
		return withNext(v, "/welcome", v.Next())
	}
	in := client.Acceptance{Version: form.Get("version"), Hash: form.Get("hash"), Decision: "declined"}
	if form.Get("decision") == "accepted" {
		in.Decision = "accepted"
	}
	who, err := v.API().Accept(v.Context(), in)
	switch {
	case err != nil && stage.AsProblem(err).Code == stale:
		if v.WantsJSON() {
			return err
		}
		return show(v, http.StatusConflict, unaccepted, true)
	case err != nil:
		return err
	case in.Decision == "declined":
		v.Forget()
		if v.WantsJSON() {
			return say(v, answer{Standing: "declined"})
		}
		return v.Redirect("/", v.App.ID, "/declined")
	}
	return onward(v, who.Standing)
}

// Age is the page of whoever is too young: it ends here.
func Age(v *stage.Visit) error {
	return v.Show(http.StatusOK, "age", stage.Frame{Title: v.Text("age.title", "app", v.App.Name), Page: "age", Narrow: true, NoIndex: true, Data: v.App})
}

// Declined is the page of whoever said no to the policy.
func Declined(v *stage.Visit) error {
	return v.Show(http.StatusOK, "declined", stage.Frame{Title: v.Text("welcome.declined.title"), Page: "declined", Narrow: true, NoIndex: true, Data: v.App})
}
