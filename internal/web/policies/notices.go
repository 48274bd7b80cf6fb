package policies

import (
	"net/http"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/web/stage"
)

// noticesData lists what a person was told.
type noticesData struct {
	App     client.App
	Session bool
	List    []notice
	Next    string // where the person was stopped; empty: nowhere
	Waiting int
	Soon    int        // results that are deleted within a day
	First   *time.Time // when the first of them is
}

// notice is one announcement with the versions that it is about.
type notice struct {
	client.Notice
	From, To int // 0: it announces no version
}

func notices(v *stage.Visit) error {
	d := noticesData{App: v.App, Session: v.Token != ""}
	if v.R.URL.Query().Has("next") {
		d.Next = v.Next()
	}
	if d.Session {
		list, err := v.API().Notices(v.Context())
		if err != nil {
			return err
		}
		for _, n := range list {
			d.List = append(d.List, noticeOf(n))
			if n.AcknowledgedAt == nil {
				d.Waiting++
			}
		}
	}
	if d.Session {
		if err := d.expiring(v); err != nil {
			return err
		}
	}
	return v.Show(http.StatusOK, "notices", stage.Frame{Title: v.Text("notices.title"), Tab: "privacy", Narrow: true, Data: d})
}

// expiring counts what is about to be deleted. Where the app lets nobody in before a notice is read, there
// is nothing to count yet.
func (d *noticesData) expiring(v *stage.Visit) error {
	for o, err := range v.API().Outputs(v.Context()) {
		if err != nil && stage.AsProblem(err).Code == "notice-required" {
			return nil
		}
		if err != nil {
			return err
		}
		if at := o.Clock.DeleteAt; at != nil && at.Sub(v.Now()) < 24*time.Hour {
			d.Soon++
			if d.First == nil || at.Before(*d.First) {
				d.First = at
			}
		}
	}
	return nil
}

func noticeOf(n client.Notice) notice {
	out := notice{Notice: n, To: number(n.Version)}
	if out.To > 1 {
		out.From = out.To - 1
	}
	return out
}

// acknowledge says what a person decided, and leads back to where a notice stood in the way.
func acknowledge(v *stage.Visit) error {
	if err := v.Parse(); err != nil {
		return err
	}
	decision := "seen"
	if v.R.PostForm.Get("decision") == "agree" {
		decision = "agree"
	}
	if _, err := v.API().AcknowledgeNotice(v.Context(), v.R.PathValue("id"), decision); err != nil {
		return err
	}
	if v.R.PostForm.Get("next") != "" {
		return v.Redirect(v.Next())
	}
	return v.Redirect("/", v.App.ID, "/notices")
}
