package center

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"vow.example/vow/client"
	"vow.example/vow/internal/web/stage"
)

// supportData is the page on which people write, and one conversation.
type supportData struct {
	App      client.App
	Session  bool
	Contacts []client.PolicyContact
	Form     *client.PolicySchema // nil: the app takes no messages
	Feedback *client.PolicySchema
	Complain []client.PolicySchema // where people complain about something of somebody else's
	Keeps    []client.RetentionRow // how long messages are kept
	Right    client.PolicyEntry    // what the policy says about answers; empty: nothing
	Threads  []client.SupportThread
	Thread   *client.SupportThread
	About    string // what the message is about, of a closed list
	Draft    client.Letter
	Problem  *client.Problem
	Done     string // what was done just now: sent, thanks
}

// Mail reports whether the app takes an address to answer to.
func (d supportData) Mail() bool {
	return d.Form != nil && slices.ContainsFunc(d.Form.Fields, func(f client.PolicyField) bool { return f.Kind == "mail" })
}

// Most is how long a message may be.
func (d supportData) Most() int { return most(d.Form) }

// MostFeedback is how long feedback may be.
func (d supportData) MostFeedback() int { return most(d.Feedback) }

// Stars reports whether feedback takes stars.
func (d supportData) Stars() bool {
	return d.Feedback != nil && slices.ContainsFunc(d.Feedback.Fields, func(f client.PolicyField) bool { return f.ID == "stars" })
}

func most(s *client.PolicySchema) int {
	if s != nil {
		for _, f := range s.Fields {
			if f.ID == "text" && f.Max > 0 {
				return f.Max
			}
		}
	}
	return 2000
}

func support(v *stage.Visit) error {
	d := supportData{}
	q := v.R.URL.Query()
	if what := q.Get("done"); what == "thanks" {
		d.Done = what
	}
	if about := q.Get("about"); slices.Contains([]string{"decision", "complaint", "guardian", "data", "work"}, about) {
		d.About = about
	}
	d.Draft.Text = reference(q.Get("re"))
	return showSupport(v, http.StatusOK, d)
}

// reference begins a message with the number of the task or result that the page before was about. Nothing
// but such a number is taken from an address.
func reference(id string) string {
	if id = number(id, "tsk", "out"); id == "" {
		return ""
	}
	return id + "\n"
}

// number returns what an address gave as the number of something of these kinds, where it is one, or "".
func number(id string, kinds ...string) string {
	kind, digits, _ := strings.Cut(id, "_")
	odd := func(r rune) bool { return (r < '0' || r > '9') && (r < 'a' || r > 'z') }
	if !slices.Contains(kinds, kind) || digits == "" || len(digits) > 40 || strings.ContainsFunc(digits, odd) {
		return ""
	}
	return id
}

func showSupport(v *stage.Visit, status int, d supportData) error {
	if err := d.read(v); err != nil {
		return err
	}
	title := v.Text("support.title")
	return v.Show(status, "support", stage.Frame{Title: title, Tab: "privacy", Narrow: true, Data: d})
}

// read reads what the app takes on the web, and the person's conversations.
func (d *supportData) read(v *stage.Visit) (err error) {
	d.App, d.Session = v.App, v.Token != ""
	api, ctx := v.API(), v.Context()
	if d.Contacts, err = api.PolicyContacts(ctx, v.App.ID); err != nil {
		return err
	}
	schemas, err := api.PolicyCollection(ctx, v.App.ID)
	if err != nil {
		return err
	}
	d.Form, d.Feedback = taken(schemas, "support"), taken(schemas, "feedback")
	d.Complain = complaints(schemas)
	if d.Right, err = entryOf(v, "complain", "human_decision"); err != nil {
		return err
	}
	categories, err := api.PolicyCategories(ctx, v.App.ID)
	if err != nil {
		return err
	}
	for _, c := range categories {
		if d.Form != nil && c.ID == d.Form.Category {
			d.Keeps = c.Clocks
		}
	}
	if d.Session {
		d.Threads, err = client.Collect(api.SupportThreads(ctx))
	}
	return err
}

// taken finds what the app takes of a kind on the web.
func taken(list []client.PolicySchema, kind string) *client.PolicySchema {
	for _, s := range list {
		if s.Kind == kind && (len(s.Platforms) == 0 || slices.Contains(s.Platforms, "web")) {
			return &s
		}
	}
	return nil
}

func letter(v *stage.Visit) client.Letter {
	f := v.R.PostForm
	return client.Letter{Platform: "web", Text: strings.TrimSpace(f.Get("text")), Email: strings.TrimSpace(f.Get("email"))}
}

// write begins a conversation. It is an act of a person, so it makes the session that it belongs to.
func write(v *stage.Visit) error {
	if err := v.Parse(); err != nil {
		return err
	}
	if err := v.Begin(); err != nil {
		return err
	}
	d := supportData{Draft: letter(v)}
	t, err := v.API().Support(v.Context(), d.Draft)
	if err == nil {
		return v.Redirect("/", v.App.ID, "/support/", t.ID, "?done=sent")
	}
	if d.Problem, err = refused(v, err); err != nil {
		return err
	}
	return showSupport(v, d.Problem.Status, d)
}

// refused is what a form shows beside its fields; everything else becomes a page of its own.
func refused(v *stage.Visit, err error) (*client.Problem, error) {
	p := stage.AsProblem(err)
	if p.Status != http.StatusUnprocessableEntity && p.Status != http.StatusBadRequest && p.Status != http.StatusConflict {
		return nil, err
	}
	return v.Describe(p), nil
}

func feedback(v *stage.Visit) error {
	if err := v.Parse(); err != nil {
		return err
	}
	if err := v.Begin(); err != nil {
		return err
	}
	in := letter(v)
	if n, err := strconv.Atoi(v.R.PostForm.Get("stars")); err == nil {
		in.Data = map[string]any{"stars": n}
	}
	_, err := v.API().Feedback(v.Context(), in)
	if err == nil {
		return v.Redirect("/", v.App.ID, "/support?done=thanks")
	}
	d := supportData{}
	if d.Problem, err = refused(v, err); err != nil {
		return err
	}
	return showSupport(v, d.Problem.Status, d)
}

func thread(v *stage.Visit) error {
	d := supportData{}
	if v.R.URL.Query().Get("done") == "sent" {
		d.Done = "sent"
	}
	return showThread(v, http.StatusOK, d)
}

func showThread(v *stage.Visit, status int, d supportData) error {
	if v.Token == "" {
		return v.Redirect("/", v.App.ID, "/support")
	}
	t, err := v.API().SupportThread(v.Context(), v.R.PathValue("id"))
	if err != nil {
		return err
	}
	d.Thread = &t
	return showSupport(v, status, d)
}

func reply(v *stage.Visit) error {
	if err := v.Parse(); err != nil {
		return err
	}
	id, d := v.R.PathValue("id"), supportData{Draft: letter(v)}
	_, err := v.API().SupportReply(v.Context(), id, d.Draft)
	if err == nil {
		return v.Redirect("/", v.App.ID, "/support/", id, "?done=sent#last")
	}
	if d.Problem, err = refused(v, err); err != nil {
		return err
	}
	return showThread(v, d.Problem.Status, d)
}

func closeThread(v *stage.Visit) error {
	id := v.R.PathValue("id")
	if _, err := v.API().CloseSupport(v.Context(), id); err != nil {
		return err
	}
	return v.Redirect("/", v.App.ID, "/support/", id)
}
