package policies

import (
	"net/http"
	"slices"
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
	Looked  int        // how often staff looked at content lately
	Last    time.Time  // when they did last
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
		if err := d.own(v); err != nil {
			return err
		}
	}
	return v.Show(http.StatusOK, "notices", stage.Frame{Title: v.Text("notices.title"), Tab: "privacy", Narrow: true, Data: d})
}

// own counts what the app itself tells, as far as the person has it on. What is off is not read at all.
func (d *noticesData) own(v *stage.Visit) error {
	list, err := v.API().Messages(v.Context())
	for _, m := range list.Data {
		off := slices.ContainsFunc(m.Ways, func(w client.MessageWay) bool { return w.Channel == "in_app" && w.Off })
		switch {
		case err != nil || off:
		case m.Kind == "result_expiring":
			err = d.expiring(v)
		case m.Kind == "staff_access":
			err = d.looked(v)
		}
	}
	return err
}

// lately is for how long a look of staff is news. The record of it stays in the privacy center.
const lately = 7 * 24 * time.Hour

// looked counts what staff have read of the person lately. The newest comes first.
func (d *noticesData) looked(v *stage.Visit) error {
	for a, err := range v.API().Accesses(v.Context()) {
		if err != nil {
			return err
		}
		if v.Now().Sub(a.At) >= lately {
			return nil
		}
		if d.Looked++; d.Looked == 1 {
			d.Last = a.At
		}
	}
	return nil
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
