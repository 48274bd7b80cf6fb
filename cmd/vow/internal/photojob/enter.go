package photojob

import (
	"context"
	"fmt"

	"vow.example/vow/client"
)

// enter says what the app asks before anything else: the age band, and agreement to its policy.
func (j *job) enter(ctx context.Context, s client.Session) error {
	standing := s.Standing
	if j.opts.Answer == Decline {
		return nil // whoever says no says nothing else
	}
	for range 3 { // an app asks two things at most
		var me client.Me
		var err error
		switch standing {
		case "":
			return nil
		case "age-required":
			me, err = j.sayAge(ctx)
		case "policy-not-accepted":
			me, err = j.accept(ctx)
		default:
			return &client.Problem{Status: 403, Code: standing, Title: "This account cannot go on here", Detail: "The app's own page says what is missing: " + whole(j.opts.Server, "/"+j.opts.App+"/") + "."}
		}
		if err != nil {
			return err
		}
		standing = me.Standing
	}
	return nil
}

// sayAge asks for the age band, or says what --of-age stated. Nothing is assumed.
func (j *job) sayAge(ctx context.Context) (client.Me, error) {
	app, err := j.api.App(ctx, j.opts.App)
	if err != nil {
		return client.Me{}, fmt.Errorf("read app: %w", err)
	}
	band, err := j.band(ctx, app)
	if err != nil {
		return client.Me{}, err
	}
	me, err := j.api.SetAge(ctx, client.AgeStatement{Band: band})
	if err != nil {
		return me, fmt.Errorf("say age: %w", err)
	}
	return me, nil
}

// band is the age band that the person says. Where a guardian has to agree for minors, there are two questions.
func (j *job) band(ctx context.Context, app client.App) (string, error) {
	if j.opts.OfAge {
		return "over", nil
	}
	if j.opts.Answer != Ask {
		return "", &UsageError{"the app asks for an age first: say --of-age, where it is true"}
	}
	if old, err := j.older(ctx, max(app.MinAge, app.GuardianBelow)); old || err != nil {
		return "over", err
	}
	if app.GuardianBelow == 0 {
		return "under", nil
	}
	if old, err := j.older(ctx, app.MinAge); old || err != nil {
		return "minor", err
	}
	return "under", nil
}

func (j *job) older(ctx context.Context, age int) (bool, error) {
	old, err := j.ui.Confirm(ctx, fmt.Sprintf("Are you %d or older? Only this answer is kept. Yes [y] / no [N]: ", age))
	if err != nil {
		return false, fmt.Errorf("no answer, nothing was uploaded: %w", err)
	}
	return old, nil
}

// accept shows where the policy is and takes the decision about it to the server.
func (j *job) accept(ctx context.Context) (client.Me, error) {
	r, err := j.api.Reading(ctx, j.opts.Lang)
	if err != nil {
		return client.Me{}, fmt.Errorf("read policy: %w", err)
	}
	j.ui.Note(r.Title + " (" + r.Version + "): " + whole(j.opts.Server, "/"+j.opts.App+"/policy"))
	j.ui.Note(r.Text)
	granted := j.opts.Answer == Agree
	if j.opts.Answer == Ask {
		if granted, err = j.ui.Confirm(ctx, r.AcceptLabel+" [y] / "+r.DeclineLabel+" [N]: "); err != nil {
			return client.Me{}, fmt.Errorf("no decision, nothing was uploaded: %w", err)
		}
	}
	decision := "declined"
	if granted {
		decision = "accepted"
	}
	me, err := j.api.Accept(ctx, client.Acceptance{Version: r.Version, Hash: r.Hash, Decision: decision})
	if !granted {
		j.result.State = "declined"
		return me, ErrDeclined // also where the server could not record it
	}
	if err != nil {
		return me, fmt.Errorf("accept policy: %w", err)
	}
	return me, nil
}
