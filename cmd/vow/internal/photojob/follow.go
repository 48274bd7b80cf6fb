package photojob

import (
	"context"
	"fmt"
	"time"

	"vow.example/vow/client"
)

// goodbye bounds what is still said to the server after the person has pressed Ctrl-C.
const goodbye = 10 * time.Second

// afterwards returns a context for last words: it outlives ctx, but not for long.
func afterwards(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), goodbye)
}

// follow watches the task to its end and returns it as it stands then.
func (j *job) follow(ctx context.Context, t client.Task) (client.Task, error) {
	for ev, err := range j.api.Events(ctx, t.ID, "") {
		if err == nil {
			err = j.event(ctx, t.ID, ev)
		}
		if ctx.Err() != nil {
			return j.cancel(ctx, t.ID)
		}
		if err != nil {
			return t, fmt.Errorf("follow task %s: %w", t.ID, err)
		}
	}
	t, err := j.api.Task(ctx, t.ID)
	if ctx.Err() != nil {
		return j.cancel(ctx, j.result.Task)
	}
	if err != nil {
		return t, fmt.Errorf("read task: %w", err)
	}
	j.record(t)
	return t, nil
}

// event shows one event, and answers where the review asks.
func (j *job) event(ctx context.Context, task string, ev client.Event) error {
	switch ev.Event {
	case "state", client.Done:
		var s client.TaskState
		if err := ev.Decode(&s); err != nil {
			return err
		}
		j.result.State = s.State
		if ev.Event == client.Done {
			return nil // the result says it all
		}
		j.ui.State(s)
		if s.State == "awaiting_confirmation" {
			return j.confirm(ctx, task)
		}
	case "copy":
		var c client.SmallerCopy
		if err := ev.Decode(&c); err != nil {
			return err
		}
		j.ui.Note(fmt.Sprintf("Too large for the recipient as %s: a smaller copy of %d × %d pixels takes its place.", c.Role, c.Width, c.Height))
	case "transfer":
		var tr client.TransferState
		if err := ev.Decode(&tr); err != nil {
			return err
		}
		j.result.WasSent = true
		j.ui.Transfer(tr)
	}
	return nil
}

// confirm shows what the review made of the prompt and takes the person's answer to the server.
func (j *job) confirm(ctx context.Context, task string) error {
	t, err := j.api.Task(ctx, task)
	if err != nil {
		return err
	}
	if t.State != "awaiting_confirmation" || t.Review == nil {
		return nil // an old event of a resumed stream
	}
	j.ui.Note("The review changed your prompt: " + t.Review.Explanation)
	j.ui.Note("New prompt: " + t.Review.ShownPrompt)
	accept := j.opts.Rewrite
	switch {
	case accept:
		j.ui.Note("Confirmed, because of --accept-rewrite.")
	case j.opts.Answer == Agree && !j.opts.Person:
		j.ui.Note("Not confirmed: --agree is for the disclosure; --accept-rewrite takes a changed prompt.")
	default:
		if accept, err = j.ui.Confirm(ctx, "Go on with this prompt [y] / Stop [N]: "); err != nil {
			return err
		}
	}
	_, err = j.api.ConfirmTask(ctx, task, accept)
	return err
}

// cancel stops the task after Ctrl-C and returns it with its honest outcome.
func (j *job) cancel(ctx context.Context, task string) (client.Task, error) {
	ctx, done := afterwards(ctx)
	defer done()
	t, err := j.api.CancelTask(ctx, task)
	if err != nil { // perhaps it had ended already
		var look error
		if t, look = j.api.Task(ctx, task); look != nil || t.EndedAt == nil {
			return t, fmt.Errorf("cancel task %s, which may still be running: %w", task, err)
		}
	}
	j.record(t)
	return t, &Failure{outcome(t)}
}

// outcome says in plain words how a task without a result ended.
func outcome(t client.Task) string {
	who := t.Recipient.Name
	if who == "" {
		who = t.Recipient.ID
	}
	switch {
	case t.State == "canceled" && t.CancelOutcome == "stopped_at_recipient":
		return "canceled: your request had been sent to " + who + ", which stopped its work"
	case t.State == "canceled" && t.CancelOutcome == "may_finish_there":
		return "canceled: your request had been sent to " + who + ", which may finish its work; the result is thrown away"
	case t.State == "canceled":
		return "canceled" + sentence(t)
	case t.State == "succeeded":
		return "the task had succeeded before it could be canceled" + sentence(t)
	case t.State == "blocked" && t.Review != nil:
		return "blocked by the review (" + t.Review.Rule + "): " + t.Review.Explanation + about(t.Review) + sentence(t)
	case t.Error != nil:
		text := t.Error.Code + ": " + t.Error.Detail + sentence(t)
		if t.Error.Retry {
			text += "; a new try makes sense"
		}
		return text
	default:
		return "the task ended as " + t.State + sentence(t)
	}
}

// sentence says whether anything was sent.
func sentence(t client.Task) string {
	if t.WasSent {
		return " (data may have left this server)"
	}
	return " (nothing was sent)"
}

// about names the part that the review stopped at, and what to change.
func about(r *client.ReviewResult) (words string) {
	if r.FieldLabel != "" {
		words = " It is about “" + r.FieldLabel + "”."
	}
	if r.Change != "" {
		words += " " + r.Change
	}
	return words
}
