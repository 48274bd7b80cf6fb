package task

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/media"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
)

const (
	maxText     = 256 << 10
	roleRewrite = privacy.Field("rewrite")
)

// review judges the request before anything is generated or sent. It fails closed: whatever is not
// cleared does not go on.
func (s *Service) review(ctx context.Context, j job) (time.Duration, error) {
	s.At("review.start")
	texts, err := s.texts(ctx, j, vault.ForReview)
	if errors.Is(orErased(err), errErased) {
		return 0, s.fail(ctx, j, failure{code: "upload-again"})
	}
	if err != nil {
		return 0, err
	}
	prompt := texts[review.Main]
	delete(texts, review.Main)
	byRole, err := s.fitting(ctx, j)
	if errors.Is(err, errErased) {
		return 0, s.fail(ctx, j, failure{code: "upload-again"})
	}
	if err != nil {
		return 0, s.refuseMedia(ctx, j, err)
	}
	release, err := s.pixels.Hold(ctx, pixelsOf(slices.Collect(maps.Values(byRole))...)) // before the gates' own time runs
	if err != nil {
		return 0, err
	}
	defer release()
	verdict, rewrite, err := review.Run(ctx, s.Gates, s.mac, j.pol, review.Request{
		Task: j.ID, Feature: j.feature, Prompt: prompt, Others: texts, Media: s.media(ctx, j, byRole), Lang: j.Language, At: s.Clock.Now(),
	})
	if err != nil {
		return 0, err
	}
	s.At("review.judged")
	record := func(tx *store.Tx) error {
		if err := tx.InsertVerdict(ctx, j.Task, verdict); err != nil {
			return err
		}
		return s.note(ctx, tx, j.Task, "reviewed", map[string]string{"outcome": verdict.Outcome.String(), "rule": verdict.Rule})
	}
	switch verdict.Outcome {
	case review.Cleared:
		k := j.Task
		k.State, k.Percent = store.Queued, 20 // the rule of a rewrite stays: the person sees that words were changed
		err := s.advance(ctx, k, record)
		s.At("review.cleared")
		return 0, err
	case review.Rewritten:
		return 0, s.propose(ctx, j, verdict, *rewrite, record)
	case review.Blocked:
		return 0, s.end(ctx, j, ending{state: store.Blocked, failure: failure{code: "review-blocked", rule: verdict.Rule}, more: record})
	default:
		return 0, s.end(ctx, j, ending{state: store.Failed, failure: failure{code: "review-held", rule: verdict.Rule}, more: record})
	}
}

// propose stores the safe wording and waits for the person to confirm it.
func (s *Service) propose(ctx context.Context, j job, v review.Verdict, text privacy.Text, record func(*store.Tx) error) error {
	in, _ := j.feature.Input(review.Main)
	o, ceiling, err := s.sealText(ctx, j, in.Category, roleRewrite, text)
	if err != nil {
		return err
	}
	s.At("review.proposed")
	k := j.Task
	k.State, k.Rewrite, k.Rule, k.Percent = store.AwaitingConfirmation, o.Object, v.Rule, 15
	err = s.advance(ctx, k, func(tx *store.Tx) error {
		if err := tx.InsertObject(ctx, o, ceiling, retention.Deadline{}); err != nil {
			return err
		}
		return record(tx)
	})
	if err != nil {
		err = errors.Join(err, s.Vault.Erase(context.WithoutCancel(ctx), o.Ref))
	}
	return err
}

// Confirm is the person's answer to a proposed wording. Accepting reviews the new one and erases
// the first; declining ends the task with nothing sent.
func (s *Service) Confirm(ctx context.Context, who Who, id privacy.TaskID, accept bool) error {
	unlock := s.queue.Lock(id)
	defer unlock()
	k, err := s.DB.App(who.App()).Task(ctx, who.Subject, id)
	if errors.Is(err, store.ErrNotFound) {
		return errNotFound
	}
	if err != nil {
		return err
	}
	if k.State != store.AwaitingConfirmation {
		return fault.New(fault.Conflict, "conflict", "This task waits for no confirmation.").With("state", string(k.State))
	}
	j, err := s.load(ctx, k.App, k.ID)
	if err != nil {
		return err
	}
	if !accept {
		return s.stop(ctx, j, "canceled")
	}
	old, err := s.DB.App(k.App).Object(ctx, k.Subject, k.Prompt)
	if err != nil {
		return err
	}
	k.State, k.Prompt, k.Rewrite = store.Reviewing, k.Rewrite, ""
	err = s.advance(ctx, k, func(tx *store.Tx) error {
		if err := s.note(ctx, tx, k, "rewrite_confirmed", nil); err != nil {
			return err
		}
		return s.queue.Enqueue(ctx, tx.SQL(), k.App, k.ID)
	})
	if err != nil {
		return err
	}
	s.At("confirm.recorded")
	_, err = s.Eraser.Objects(ctx, []store.Object{old}, erasure.SubjectRequest, nil) // interrupted before: it ends with the task
	return err
}

// Proposed returns the safe wording that waits for confirmation, to be shown to the person.
func (s *Service) Proposed(ctx context.Context, k store.Task) (privacy.Text, error) {
	if k.Rewrite == "" {
		return privacy.Text{}, nil
	}
	return s.read(ctx, job{Task: k}, k.Rewrite, vault.Reading{Why: vault.ForSubject})
}

// Texts returns what the person typed into a task, by field, while it is kept: to its owner, who may want
// to change it. What is erased is left out.
func (s *Service) Texts(ctx context.Context, who Who, id privacy.TaskID) (map[privacy.Field]privacy.Text, error) {
	k, err := s.DB.App(who.App()).Task(ctx, who.Subject, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, errNotFound
	}
	if err != nil {
		return nil, err
	}
	all := map[privacy.Field]privacy.Text{}
	for field, object := range textsOf(k) {
		text, err := s.read(ctx, job{Task: k}, object, vault.Reading{Why: vault.ForSubject})
		if errors.Is(orErased(err), errErased) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all[field] = text
	}
	return all, nil
}

// textsOf names the stored texts of a task, by field.
func textsOf(k store.Task) map[privacy.Field]privacy.ObjectID {
	ids := map[privacy.Field]privacy.ObjectID{review.Main: k.Prompt}
	maps.Copy(ids, k.Texts)
	return ids
}

// inputs returns the media of a task by role; a smaller copy stands in the place of its upload.
func (s *Service) inputs(ctx context.Context, j job) (map[privacy.Field]store.Object, error) {
	list, err := s.DB.App(j.App).TaskObjects(ctx, j.ID)
	if err != nil {
		return nil, err
	}
	byRole := map[privacy.Field]store.Object{}
	for _, o := range list {
		if in, ok := j.feature.Input(o.Role); ok && in.IsMedium() && (isCopy(o) || !isCopy(byRole[o.Role])) {
			byRole[o.Role] = o
		}
	}
	for _, in := range j.feature.Inputs {
		if _, ok := byRole[in.Field]; !ok && in.Required && in.IsMedium() {
			return nil, errErased
		}
	}
	return byRole, nil
}

// media returns the pictures that a gate may look at, each opened through a lease of its own.
func (s *Service) media(ctx context.Context, j job, byRole map[privacy.Field]store.Object) []review.Media {
	var list []review.Media
	for role, o := range byRole {
		if media.IsSound(o.MediaType) {
			continue // what is said in it is judged once it is words that the person sends
		}
		list = append(list, review.Media{Field: role, MediaType: o.MediaType, Open: func() (io.ReadCloser, error) {
			return s.open(ctx, o.Ref, o.Due(), j.reading(vault.ForReview))
		}})
	}
	return list
}

// texts returns every text of a task by its field.
func (s *Service) texts(ctx context.Context, j job, why vault.Why) (map[privacy.Field]privacy.Text, error) {
	all := map[privacy.Field]privacy.Text{}
	for field, id := range textsOf(j.Task) {
		text, err := s.read(ctx, j, id, j.reading(why))
		if err != nil {
			return nil, err
		}
		if !text.Empty() {
			all[field] = text
		}
	}
	return all, nil
}

// read returns a text that the vault holds.
func (s *Service) read(ctx context.Context, j job, id privacy.ObjectID, r vault.Reading) (privacy.Text, error) {
	if id == "" {
		return privacy.Text{}, nil
	}
	o, err := s.DB.App(j.App).Object(ctx, j.Subject, id)
	if errors.Is(err, store.ErrNotFound) {
		return privacy.Text{}, errErased
	}
	if err != nil {
		return privacy.Text{}, err
	}
	return s.text(ctx, o, r)
}

// text opens a stored text.
func (s *Service) text(ctx context.Context, o store.Object, r vault.Reading) (privacy.Text, error) {
	in, err := s.open(ctx, o.Ref, o.Due(), r)
	if err != nil {
		return privacy.Text{}, err
	}
	defer in.Close()
	raw, err := io.ReadAll(io.LimitReader(in, maxText))
	if err != nil {
		return privacy.Text{}, fmt.Errorf("task: read text: %w", err)
	}
	return privacy.NewText(string(raw)), nil
}
