package task

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task/ask"
)

// Request asks for one generation.
type Request struct {
	Feature   privacy.FeatureID
	Inputs    map[privacy.Field]privacy.ObjectID
	Texts     map[privacy.Field]privacy.Text
	Earlier   privacy.Text // the turns before, as the server kept them: never what a client says
	Params    map[privacy.Field]string
	Consent   privacy.ConsentID
	ExpiresIn string // ISO 8601 duration; empty: the policy's clock
	Language  privacy.Lang
	Key       string // idempotency key; empty: none
}

// FieldError is one rule that one field of a request breaks.
type FieldError = ask.Wrong

const idempotencyDays = 1

// Submit accepts a request: it is stored with everything a worker needs, or not at all. replayed
// says that an earlier request with the same key made the task.
func (s *Service) Submit(ctx context.Context, who Who, r Request) (k store.Task, replayed bool, err error) {
	if k, found, err := s.replayed(ctx, who, r); found || err != nil {
		return k, found, err
	}
	if s.Paced != nil {
		if err := s.Paced(ctx, who.App(), who.Subject); err != nil {
			return k, false, err
		}
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
	limit, wrong := ask.Check(feature, r.given())
	if len(wrong) > 0 {
		return k, fault.New(fault.Invalid, "validation", "The request breaks a rule of this feature.").With("errors", wrong)
	}
	if err := s.Reported.Check(ctx, who.App(), who.Subject, feature.Permissions); err != nil {
		return k, err
	}
	if reason := s.Refuses(feature); reason != "" {
		return k, fault.New(fault.Unavailable, "recipient-"+reason, "").With("recipient", string(feature.Recipient))
	}
	k = store.Task{
		ID: privacy.TaskID(privacy.NewID(privacy.PrefixTask)), App: who.App(), Subject: who.Subject, Feature: feature.ID,
		Recipient: feature.Recipient, PolicyHash: who.Policy.Hash(), State: store.Reviewing, Language: r.Language,
		Params: ask.Defaults(feature, r.Params), ResultLimit: limit, CreatedAt: s.Clock.Now(), Percent: 5,
	}
	if who.Policy.Label().TC260 {
		k.Produce = rand.Text()
	}
	if err := s.offered(ctx, who.App(), feature, k.Params); err != nil {
		return k, err
	}
	permit, err := s.agreed(ctx, who, feature, consent.Ask{Subject: who.Subject, Feature: feature.ID, Task: k.ID, Consent: r.Consent})
	if err != nil {
		return k, err
	}
	k.Consent = permit.Consent()
	if err := s.inputsFree(ctx, who, r); err != nil {
		return k, err
	}
	return s.accept(ctx, who, k, r)
}

// Refuses returns why a live feature takes no task right now, or "": its recipient is "paused" or
// "unconfigured", or the contract with it has "lapsed". One that is only busy or broken takes tasks, which wait.
func (s *Service) Refuses(f policy.Feature) string {
	if f.IsLocal() || s.Providers == nil {
		return ""
	}
	if f.Contract.Lapsed(s.Clock.Now()) {
		return "lapsed"
	}
	return s.Providers.Refuses(f.Recipient)
}

// given is what the rules of a feature are asked about.
func (r Request) given() ask.Given {
	return ask.Given{Inputs: r.Inputs, Texts: r.Texts, Earlier: r.Earlier, Params: r.Params, ExpiresIn: r.ExpiresIn}
}

// texts returns every text of the request by its field, the earlier turns among them.
func (r Request) texts() map[privacy.Field]privacy.Text {
	all := maps.Clone(r.Texts)
	if !r.Earlier.Empty() {
		all[review.Earlier] = r.Earlier
	}
	return all
}

// sealedText is a text of a task that the vault holds and no row knows yet.
type sealedText struct {
	store.Object
	ceiling retention.Deadline
}

// accept stores the texts and commits the task.
func (s *Service) accept(ctx context.Context, who Who, k store.Task, r Request) (store.Task, error) {
	k.OverdueAt = who.Policy.Limits().MaxTaskAge.After(k.CreatedAt)
	life, err := retention.For(who.Policy, "task_metadata", policy.ItemWritten, k.CreatedAt)
	if err != nil {
		return k, err
	}
	k.ExpiresAt = life.At()
	texts, err := s.sealTexts(ctx, who, &k, r.texts())
	s.At("receive.sealed")
	if err == nil {
		err = s.DB.Write(ctx, func(tx *store.Tx) error {
			if err := s.bind(ctx, tx, who, k, r); err != nil {
				return err
			}
			for _, text := range texts {
				if err := tx.InsertObject(ctx, text.Object, text.ceiling, retention.Deadline{}); err != nil {
					return err
				}
			}
			if err := s.note(ctx, tx, k, "task_received", map[string]string{"feature": string(k.Feature), "recipient": string(k.Recipient), "consent": string(k.Consent)}); err != nil {
				return err
			}
			return s.queue.Enqueue(ctx, tx.SQL(), k.App, k.ID)
		})
		s.At("receive.accepted")
	}
	if err == nil {
		return k, nil
	}
	for _, text := range texts {
		err = errors.Join(err, s.Vault.Erase(context.WithoutCancel(ctx), text.Ref))
	}
	return k, err
}

// sealTexts puts every text of a request into the vault, each under its own category's clock. On an
// error, those that lie there already are returned with it.
func (s *Service) sealTexts(ctx context.Context, who Who, k *store.Task, texts map[privacy.Field]privacy.Text) (list []sealedText, err error) {
	f, _ := who.Policy.Feature(k.Feature)
	k.Texts = map[privacy.Field]privacy.ObjectID{}
	for _, in := range f.Inputs {
		text := texts[in.Field]
		if in.Kind != policy.Prompt || text.Empty() {
			continue
		}
		o, ceiling, err := s.sealText(ctx, job{Task: *k, pol: who.Policy}, in.Category, in.Field, text)
		if err != nil {
			return list, err
		}
		list = append(list, sealedText{o, ceiling})
		if in.Field == review.Main {
			k.Prompt = o.Object
		} else {
			k.Texts[in.Field] = o.Object
		}
	}
	return list, nil
}

// bind writes the task, takes its inputs and uses its consent.
func (s *Service) bind(ctx context.Context, tx *store.Tx, who Who, k store.Task, r Request) error {
	if err := present(ctx, tx, who, k.CreatedAt); err != nil {
		return err
	}
	if err := tx.InsertTask(ctx, k); err != nil {
		return err
	}
	if err := tx.UseConsent(ctx, k.App, k.Consent, k.ID); err != nil {
		return consent.ErrRequired.With("recipient", string(k.Recipient)).With("feature", string(k.Feature))
	}
	for role, id := range r.Inputs {
		if err := tx.TakeObject(ctx, k.App, k.Subject, id, k.ID, role, k.Feature); err != nil {
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
func (s *Service) sealText(ctx context.Context, j job, category privacy.Category, role privacy.Field, text privacy.Text) (store.Object, retention.Deadline, error) {
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
	parts := []string{string(r.Feature), string(inputs), r.Texts[review.Main].Reveal(), string(params), string(r.Consent), r.ExpiresIn}
	for _, field := range slices.Sorted(maps.Keys(r.Texts)) { // what the server adds of its own is no part of the request
		if text := r.Texts[field]; field != review.Main && !text.Empty() {
			parts = append(parts, string(field), text.Reveal())
		}
	}
	return s.digest("idempotency-request", parts...)
}
