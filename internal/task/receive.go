package task

import (
	"context"
	"crypto/hmac"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sosodev/duration"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/media"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
)

// Request asks for one generation.
type Request struct {
	Feature   privacy.FeatureID
	Inputs    map[privacy.Field]privacy.ObjectID
	Prompt    privacy.Text
	Params    map[privacy.Field]string
	Consent   privacy.ConsentID
	ExpiresIn string // ISO 8601 duration; empty: the policy's clock
	Language  privacy.Lang
	Key       string // idempotency key; empty: none
}

// FieldError is one rule that one field of a request breaks.
type FieldError struct{ Pointer, Code, Detail string }

const (
	idempotencyDays = 1
	maxWrong        = 20              // rules that one answer names
	shortestLife    = 5 * time.Minute // of a result: a shorter one would be gone before it can be shown
)

// Submit accepts a request: it is stored with everything a worker needs, or not at all. replayed
// says that an earlier request with the same key made the task.
func (s *Service) Submit(ctx context.Context, who Who, r Request) (k store.Task, replayed bool, err error) {
	if k, found, err := s.replayed(ctx, who, r); found || err != nil {
		return k, found, err
	}
	k, err = s.submit(ctx, who, r)
	if err == nil {
		return k, false, nil
	}
	// The same request may have been accepted a moment ago, in another call: then its task is the answer.
	if accepted, found, failed := s.replayed(ctx, who, r); found && failed == nil {
		return accepted, true, nil
	}
	return k, false, err
}

// replayed returns the task that an earlier request with the same key made. Another request under the
// same key is refused.
func (s *Service) replayed(ctx context.Context, who Who, r Request) (k store.Task, found bool, err error) {
	if r.Key == "" {
		return k, false, nil
	}
	id, request, err := s.DB.App(who.App()).Replay(ctx, s.keyDigest(who, r), s.Clock.Now())
	switch {
	case errors.Is(err, store.ErrNotFound):
		return k, false, nil
	case err != nil:
		return k, false, err
	case !hmac.Equal(request, s.requestDigest(r)):
		return k, false, fault.New(fault.Conflict, "idempotency-mismatch", "This key was used for another request.")
	}
	k, err = s.DB.App(who.App()).Task(ctx, who.Subject, privacy.TaskID(id))
	if errors.Is(err, store.ErrNotFound) {
		err = errErased
	}
	return k, true, err
}

// submit accepts a request that nobody made before.
func (s *Service) submit(ctx context.Context, who Who, r Request) (k store.Task, err error) {
	feature, ok := who.Policy.Feature(r.Feature)
	if !ok || !feature.Live {
		return k, errFeature
	}
	limit, wrong := check(feature, r)
	if len(wrong) > 0 {
		return k, fault.New(fault.Invalid, "validation", "The request breaks a rule of this feature.").With("errors", wrong)
	}
	k = store.Task{
		ID: privacy.TaskID(privacy.NewID(privacy.PrefixTask)), App: who.App(), Subject: who.Subject, Feature: feature.ID,
		Recipient: feature.Recipient, PolicyHash: who.Policy.Hash(), State: store.Reviewing, Language: r.Language,
		Params: withDefaults(feature, r.Params), ResultLimit: limit, CreatedAt: s.Clock.Now(), Percent: 5,
	}
	permit, err := consent.Check(ctx, s.DB.App(who.App()), who.Policy, consent.Ask{Subject: who.Subject, Feature: feature.ID, Task: k.ID, Consent: r.Consent})
	if err != nil {
		return k, err
	}
	k.Consent = permit.Consent()
	if err := s.inputsFree(ctx, who, r); err != nil {
		return k, err
	}
	return k, s.accept(ctx, who, k, r)
}

// check returns the rules that a request breaks, by JSON Pointer.
func check(f policy.Feature, r Request) (limit time.Duration, wrong []FieldError) {
	for _, in := range f.Inputs {
		_, uploaded := r.Inputs[in.Field]
		switch {
		case in.Kind == policy.Prompt:
			if in.Required && r.Prompt.Empty() {
				wrong = append(wrong, FieldError{"/prompt", "required", "This feature needs a text."})
			}
			most := in.MaxLength
			if most == 0 {
				most = maxText / utf8.UTFMax // what a reader takes
			}
			if n := utf8.RuneCountInString(r.Prompt.Reveal()); n > most {
				wrong = append(wrong, FieldError{"/prompt", "too_long", "The text has " + strconv.Itoa(n) + " characters; at most " + strconv.Itoa(most) + " are accepted."})
			}
		case in.Kind == policy.Option:
			if v, given := r.Params[in.Field]; given && !slices.ContainsFunc(in.Choices, func(c policy.Choice) bool { return c.Value == v }) {
				wrong = append(wrong, FieldError{"/params/" + string(in.Field), "not_a_choice", "One of: " + choices(in) + "."})
			}
		case in.Required && !uploaded:
			wrong = append(wrong, FieldError{"/inputs", "required", "This feature needs an upload with the role " + string(in.Field) + "."})
		}
	}
	for role := range r.Inputs {
		if in, ok := f.Input(role); !ok || (in.Kind != policy.Photo && in.Kind != policy.Video) {
			wrong = append(wrong, FieldError{"/inputs", "not_an_input", "This feature takes no upload with that role."})
		}
	}
	for name := range r.Params {
		if in, ok := f.Input(name); !ok || in.Kind != policy.Option {
			wrong = append(wrong, FieldError{"/params", "not_an_input", "This feature has no option of that name."})
		}
	}
	if !r.Prompt.Empty() && !slices.ContainsFunc(f.Inputs, func(in policy.Input) bool { return in.Kind == policy.Prompt }) {
		wrong = append(wrong, FieldError{"/prompt", "not_an_input", "This feature takes no text."})
	}
	limit, ok := shorter(r.ExpiresIn)
	if !ok {
		wrong = append(wrong, FieldError{"/expires_in", "duration", "Not an ISO 8601 duration of at least PT5M, such as PT12H or P1D."})
	}
	return limit, wrong[:min(len(wrong), maxWrong)]
}

func choices(in policy.Input) string {
	words := make([]string, len(in.Choices))
	for i, c := range in.Choices {
		words[i] = c.Value
	}
	return strings.Join(words, ", ")
}

func shorter(iso string) (time.Duration, bool) {
	if iso == "" {
		return 0, true
	}
	d, err := duration.Parse(iso)
	if err != nil || d.Negative || d.ToTimeDuration() < shortestLife {
		return 0, false
	}
	return d.ToTimeDuration(), true
}

func withDefaults(f policy.Feature, given map[privacy.Field]string) map[privacy.Field]string {
	params := map[privacy.Field]string{}
	for _, in := range f.Inputs {
		if in.Kind != policy.Option {
			continue
		}
		if v, ok := given[in.Field]; ok {
			params[in.Field] = v
		} else if in.Default != "" {
			params[in.Field] = in.Default
		}
	}
	return params
}

// inputsFree refuses uploads that are not the subject's, are gone, or serve another task. A source
// serves its own task and, after a failure, the next try (PIX-7-03).
func (s *Service) inputsFree(ctx context.Context, who Who, r Request) error {
	app := s.DB.App(who.App())
	for role, id := range r.Inputs {
		o, err := app.Object(ctx, who.Subject, id)
		if errors.Is(err, store.ErrNotFound) {
			return s.gone(ctx, who, id)
		}
		if err != nil {
			return err
		}
		feature, _ := who.Policy.Feature(r.Feature)
		in, _ := feature.Input(role)
		if o.Category != in.Category || !slices.Contains(in.Accept, o.MediaType) {
			return fault.New(fault.Invalid, media.CodeUnsupported, "This upload is of a kind that the input does not take.").With("accepted", in.Accept)
		}
		if !s.Clock.Now().Before(o.Due()) || !s.Vault.Holds(ctx, o.Ref) {
			return errErased
		}
		if o.Task == "" {
			continue
		}
		if k, err := app.TaskByID(ctx, o.Task); err == nil && (!k.State.Ended() || k.State == store.Succeeded) {
			return fault.New(fault.Conflict, "conflict", "This upload already serves another task.")
		}
	}
	return nil
}

// gone tells an erased upload from one that never was the subject's.
func (s *Service) gone(ctx context.Context, who Who, id privacy.ObjectID) error {
	r, err := s.DB.App(who.App()).ReceiptOf(ctx, who.Subject, id)
	if err != nil {
		return fault.New(fault.NotFound, "not-found", "There is no such upload.")
	}
	return errErased.With("receipt", string(r.ID)).With("deleted_at", r.DeletedAt)
}

// accept stores the prompt and commits the task.
func (s *Service) accept(ctx context.Context, who Who, k store.Task, r Request) error {
	k.OverdueAt = who.Policy.Limits().MaxTaskAge.After(k.CreatedAt)
	life, err := retention.For(who.Policy, "task_metadata", policy.ItemWritten, k.CreatedAt)
	if err != nil {
		return err
	}
	k.ExpiresAt = life.At()
	var prompt store.Object
	var ceiling retention.Deadline
	if !r.Prompt.Empty() {
		if prompt, ceiling, err = s.sealText(ctx, job{Task: k, pol: who.Policy}, rolePrompt, r.Prompt); err != nil {
			return err
		}
		k.Prompt = prompt.Object
	}
	s.At("receive.sealed")
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := s.bind(ctx, tx, who, k, r); err != nil {
			return err
		}
		if k.Prompt != "" {
			if err := tx.InsertObject(ctx, prompt, ceiling, retention.Deadline{}); err != nil {
				return err
			}
		}
		if err := s.note(ctx, tx, k, "task_received", map[string]string{"feature": string(k.Feature), "recipient": string(k.Recipient), "consent": string(k.Consent)}); err != nil {
			return err
		}
		return s.queue.Enqueue(ctx, tx.SQL(), k.App, k.ID)
	})
	s.At("receive.accepted")
	if err != nil && k.Prompt != "" {
		err = errors.Join(err, s.Vault.Erase(context.WithoutCancel(ctx), prompt.Ref))
	}
	return err
}

// bind writes the task, takes its inputs and uses its consent.
func (s *Service) bind(ctx context.Context, tx *store.Tx, who Who, k store.Task, r Request) error {
	if err := present(ctx, tx, who, k.CreatedAt); err != nil {
		return err
	}
	f, _ := who.Policy.Feature(k.Feature)
	if err := tx.InsertTask(ctx, k); err != nil {
		return err
	}
	if f.Consent == policy.PerTask {
		if err := tx.UseConsent(ctx, k.App, k.Consent, k.ID); err != nil {
			return consent.ErrRequired.With("recipient", string(f.Recipient)).With("feature", string(f.ID))
		}
	}
	for role, id := range r.Inputs {
		if err := tx.TakeObject(ctx, k.App, k.Subject, id, k.ID, role, f.ID); err != nil {
			return fault.New(fault.Conflict, "conflict", "This upload already serves another task.")
		}
	}
	if r.Key != "" {
		expires := k.CreatedAt.AddDate(0, 0, idempotencyDays)
		if err := tx.Idempotent(ctx, k, s.keyDigest(who, r), s.requestDigest(r), string(k.ID), k.CreatedAt, expires); err != nil {
			return fault.New(fault.Conflict, "idempotency-in-progress", "A request with this key is being handled right now.")
		}
	}
	return tx.AddEvent(ctx, k, "state", map[string]any{"state": k.State, "percent": k.Percent}, k.CreatedAt)
}

// sealText puts a text of a task into the vault.
func (s *Service) sealText(ctx context.Context, j job, role privacy.Field, text privacy.Text) (store.Object, retention.Deadline, error) {
	const category = "prompt"
	o := store.Object{Storage: j.pol.StorageOf(category), Task: j.ID, Role: role, Feature: j.Feature, WrittenAt: s.Clock.Now(), Orientation: 1}
	ceiling, err := retention.Ceiling(j.pol, category, o.WrittenAt)
	if err != nil {
		return o, ceiling, err
	}
	o.Ref, err = s.Vault.Put(ctx, s.spec(j.who(), privacy.PrefixPrompt, category, "text/plain"), ceiling, strings.NewReader(text.Reveal()))
	if err != nil {
		return o, ceiling, fmt.Errorf("task: seal text: %w", err)
	}
	return o, ceiling, nil
}

// keyDigest and requestDigest stand for the key and the request without holding them.
func (s *Service) keyDigest(who Who, r Request) []byte {
	return s.digest("idempotency", string(who.App()), string(who.Subject), r.Key)
}

func (s *Service) requestDigest(r Request) []byte {
	inputs, _ := json.Marshal(r.Inputs) // maps of strings always encode, keys sorted
	params, _ := json.Marshal(r.Params)
	return s.digest("idempotency-request", string(r.Feature), string(inputs), r.Prompt.Reveal(), string(params), string(r.Consent), r.ExpiresIn)
}

// read returns a text that the vault holds.
func (s *Service) read(ctx context.Context, j job, id privacy.ObjectID) (privacy.Text, error) {
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
	return s.text(ctx, o)
}

// text opens a stored text.
func (s *Service) text(ctx context.Context, o store.Object) (privacy.Text, error) {
	lease, err := s.Vault.Lend(ctx, o.Ref, o.Due(), textPurpose)
	if err != nil {
		return privacy.Text{}, err
	}
	in, err := lease.Open()
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
