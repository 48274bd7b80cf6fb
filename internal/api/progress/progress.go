// Package progress says how far a task is, in steps and in plain words.
//
// It promises that every step follows from facts that are stored, and that a step which had not begun
// when the task ended is never shown as if it might still come. It never looks anything up and never
// says what a person sent.
package progress

import (
	"strings"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task/pace"
)

// Facts are what the store knows of a task and its view does not say.
type Facts struct {
	Task     store.Task
	Verdict  review.Verdict
	Receipts []store.Receipt // of what the task has erased
}

// Of says how far a task is. usual is how long one like it takes, or 0.
func Of(k store.Task, usual time.Duration, lang privacy.Lang) client.Progress {
	p := client.Progress{Percent: k.Percent, QueuePosition: k.QueuePosition, Message: State(string(k.State), lang)}
	if after := pace.SlowAfter(usual); after > 0 && !k.State.Ended() {
		at := k.CreatedAt.Add(after)
		p.UsualSeconds, p.SlowAt = int((usual+time.Second-1)/time.Second), &at
	}
	return p
}

// Steps returns the lines of the progress page: what has happened, what happens, and what is to come.
// The view is complete but for them.
func Steps(f Facts, view client.Task, lang privacy.Lang) []client.Step {
	k, v := f.Task, f.Verdict
	s := stepper{lang: lang, who: view.Recipient.Name, copies: view.Copies, ended: k.State.Ended(), failed: k.State == store.Failed, local: k.Recipient == privacy.Own}
	s.add("received", "done", k.CreatedAt)
	checked := "doing"
	switch {
	case k.State == store.Blocked || (v.Outcome != review.Cleared && k.State == store.Failed && !v.At.IsZero()):
		checked = "failed"
	case v.Outcome == review.Cleared && k.State != store.Reviewing:
		checked = "done"
	}
	s.add("checked", checked, v.At)
	s.add("sent", sentState(k, view), sentAt(view))
	var made time.Time
	if len(view.Outputs) > 0 {
		made = view.Outputs[0].CreatedAt
	}
	s.add("made", progressState(made, k.State == store.Generating), made)
	s.add("saved", progressState(made, k.State == store.Storing), made)
	var gone time.Time
	for _, r := range f.Receipts {
		if privacy.HasPrefix(string(r.Object), privacy.PrefixUpload) {
			gone = r.DeletedAt
		}
	}
	s.add("source_deleted", progressState(gone, false), gone)
	return s.list
}

type stepper struct {
	lang                 privacy.Lang
	who                  string
	ended, failed, local bool
	copies               []client.SmallerCopy
	list                 []client.Step
}

// add appends a step; what had not begun when the task ended never will.
func (s *stepper) add(name, state string, at time.Time) {
	if s.ended && (state == "doing" || state == "todo") && name != "source_deleted" {
		state = "skipped"
		if name == "made" && s.failed {
			state = "failed"
		}
	}
	key := state
	if name == "sent" && len(s.copies) > 0 && (state == "todo" || state == "doing" || state == "done") {
		key += ".copy"
	}
	if name == "sent" && state == "skipped" && !s.local {
		key = "none"
	}
	step := client.Step{Name: name, State: state, Text: s.fill(stepText(name, key, s.lang))}
	if state == "done" || state == "failed" {
		step.At = timeOrNil(at)
	}
	s.list = append(s.list, step)
}

// fill writes the recipient and the copies into a text.
func (s *stepper) fill(text string) string {
	sizes := make([]string, len(s.copies))
	for i, c := range s.copies {
		sizes[i] = sizeText(c)
	}
	return strings.NewReplacer("{who}", s.who, "{sizes}", strings.Join(sizes, ", ")).Replace(text)
}

func progressState(at time.Time, doing bool) string {
	switch {
	case !at.IsZero():
		return "done"
	case doing:
		return "doing"
	default:
		return "todo"
	}
}

func sentState(k store.Task, view client.Task) string {
	switch {
	case k.Recipient == privacy.Own:
		return "skipped"
	case len(view.Transfers) > 0 && k.WasSent && k.State != store.Sending:
		return "done"
	case k.State == store.Sending:
		return "doing"
	case k.State.Ended():
		return "skipped"
	default:
		return "todo"
	}
}

func sentAt(view client.Task) time.Time {
	if len(view.Transfers) == 0 {
		return time.Time{}
	}
	return view.Transfers[0].At
}

func timeOrNil(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}
