package task

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/media"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task/ask"
	"vow.example/vow/internal/task/grant"
)

// Incoming is a medium on its way in.
type Incoming struct {
	Body     io.Reader
	Declared string // media type the sender claims; empty or octet-stream: none
	Name     string // file name the sender claims: only its ending is looked at, nothing is kept
	Origin   string // grant.Library, grant.Capture or grant.Import; empty: nothing was said
}

const (
	sniffBytes   = 512
	maxUnusedFor = 40 // unused uploads one subject may have at a time
)

// Upload takes a medium in: sniffed, metadata removed while it streams, sealed in the vault under
// a deadline from the first byte. A refused or broken upload leaves nothing.
func (s *Service) Upload(ctx context.Context, who Who, in Incoming) (store.Object, error) {
	coming, left := s.live.Arrive(who.Subject)
	defer left()
	if err := s.roomFor(ctx, who, coming); err != nil {
		return store.Object{}, err
	}
	body := bufio.NewReaderSize(in.Body, sniffBytes)
	first, err := body.Peek(sniffBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return store.Object{}, fault.New(fault.Invalid, media.CodeUnreadable, "The upload broke off before its first bytes.").Because(err)
	}
	came := media.Taken(media.Sniff(first), in.Declared, ask.Accepts(who.Policy))
	kind := media.Becomes(came) // what a phone calls HEIC is kept as a JPEG
	input, accepted := ask.Wanted(who.Policy, kind), ask.Accepts(who.Policy)
	if input == nil {
		return store.Object{}, fault.New(fault.Invalid, media.CodeUnsupported, "This kind of file is not accepted here.").With("accepted", accepted)
	}
	if err := media.Claims(in.Declared, in.Name, came); err != nil {
		return store.Object{}, err.With("accepted", accepted)
	}
	if err := s.from(ctx, who, in.Origin, input.Kind == policy.Voice); err != nil {
		return store.Object{}, err
	}
	limits := media.Limits{MaxBytes: input.MaxBytes, MaxPixels: input.MaxPixels, MaxSeconds: input.MaxSeconds, Accept: []string{came}}
	o := store.Object{WrittenAt: s.Clock.Now(), Storage: who.Policy.StorageOf(input.Category), Origin: in.Origin}
	ceiling, err := retention.Ceiling(who.Policy, input.Category, o.WrittenAt)
	if err != nil {
		return o, err
	}
	spec := s.spec(who, privacy.PrefixUpload, input.Category, kind)
	if err := s.seal(ctx, &o, spec, ceiling, func(w io.Writer) (media.Info, error) { return media.Strip(w, body, limits) }); err != nil {
		return o, err
	}
	if o.Orientation > 1 {
		if err := s.turn(ctx, &o, sideways{who.Policy, spec, ceiling, limits}); err != nil {
			return o, err
		}
	}
	if err := s.keep(ctx, who, o, ceiling); err != nil {
		return o, err
	}
	kept, err := s.DB.App(who.App()).Object(ctx, who.Subject, o.Object) // with the clock that runs
	if errors.Is(err, store.ErrNotFound) {
		return o, errErased
	}
	return kept, err
}

// from refuses an upload whose origin the device has closed (MIX-4-03): "each may be declined, at the cost of
// the features that need it".
func (s *Service) from(ctx context.Context, who Who, origin string, sound bool) error {
	needs, err := grant.Origin(who.Policy.Terms(), origin, sound)
	if err != nil {
		return err
	}
	return s.Reported.Check(ctx, who.App(), who.Subject, needs)
}

func (s *Service) spec(who Who, prefix string, c privacy.Category, mediaType string) vault.Spec {
	return vault.Spec{
		App: who.App(), Subject: who.Subject, Object: privacy.ObjectID(privacy.NewID(prefix)), Category: c,
		MediaType: mediaType, Storage: who.Policy.StorageOf(c), PolicyHash: who.Policy.Hash(),
	}
}

// roomFor refuses a subject who has piled up uploads without using them. Those that come in right
// now count too.
func (s *Service) roomFor(ctx context.Context, who Who, unused int) error {
	list, err := s.DB.App(who.App()).Objects(ctx, who.Subject)
	if err != nil {
		return fmt.Errorf("task: count uploads: %w", err)
	}
	for _, o := range list {
		if !o.IdleAt.IsZero() {
			unused++
		}
	}
	if unused > maxUnusedFor {
		return fault.New(fault.Unavailable, "rate-limited", "Too many uploads wait to be used. Use or delete some first.")
	}
	return nil
}

// seal streams what fill writes into the vault and completes the object's facts.
func (s *Service) seal(ctx context.Context, o *store.Object, spec vault.Spec, d retention.Deadline, fill func(io.Writer) (media.Info, error)) error {
	r, w := io.Pipe()
	type filled struct {
		info media.Info
		err  error
	}
	done := make(chan filled, 1)
	go func() {
		info, err := contained(fill, w)
		_ = w.CloseWithError(err) // nil closes with io.EOF
		done <- filled{info, err}
	}()
	ref, err := s.Vault.Put(ctx, spec, d, r)
	_ = r.CloseWithError(errors.New("task: the vault has stopped reading"))
	got := <-done
	var told *fault.Error
	if errors.As(got.err, &told) && err != nil {
		return got.err // what is wrong with the file explains more than that it was not stored
	}
	if errors.Is(got.err, io.ErrUnexpectedEOF) {
		return fault.New(fault.Invalid, media.CodeUnreadable, "The upload broke off before its end.").Because(got.err)
	}
	if err != nil {
		return fmt.Errorf("task: seal: %w", err)
	}
	o.Ref, o.Width, o.Height, o.Orientation = ref, got.info.Width, got.info.Height, got.info.Orientation
	o.Stripped = append(o.Stripped, got.info.Stripped...)
	return nil
}

// contained turns a panic over a hostile file into a refusal of that file: it must not end the server.
func contained(fill func(io.Writer) (media.Info, error), w io.Writer) (info media.Info, err error) {
	defer func() {
		if recover() != nil {
			err = fault.New(fault.Invalid, media.CodeUnreadable, "The file cannot be read.")
		}
	}()
	return fill(w)
}

// sideways is what is known of a picture that a camera stored sideways.
type sideways struct {
	pol    *policy.Policy
	spec   vault.Spec
	due    retention.Deadline
	limits media.Limits
}

// reading says what it is opened for: the features that take such a picture.
func (in sideways) reading() vault.Reading {
	r := vault.Reading{Why: vault.ForFeature, Policy: in.pol}
	for _, f := range in.pol.Features() {
		if slices.ContainsFunc(f.Inputs, func(i policy.Input) bool { return i.Category == in.spec.Category }) {
			r.Purpose = f.Purpose
		}
	}
	return r
}

// turn replaces a picture that a camera stored sideways by an upright one: recipients and effects
// look at pixels only.
func (s *Service) turn(ctx context.Context, o *store.Object, in sideways) error {
	s.At("upload.sideways")
	before := o.Ref
	upright, err := s.turned(ctx, o, in)
	if erased := s.Vault.Erase(context.WithoutCancel(ctx), before); err == nil && erased != nil {
		err = errors.Join(erased, s.Vault.Erase(context.WithoutCancel(ctx), upright))
	}
	return err
}

// turned seals the upright picture; the sideways one is the caller's.
func (s *Service) turned(ctx context.Context, o *store.Object, x sideways) (vault.Ref, error) {
	release, err := s.pixels.Hold(ctx, pixelsOf(*o))
	if err != nil {
		return vault.Ref{}, err
	}
	defer release()
	spec, limits, info := x.spec, x.limits, media.Info{MediaType: x.spec.MediaType, Width: o.Width, Height: o.Height, Orientation: o.Orientation}
	in, err := s.open(ctx, o.Ref, x.due.At(), x.reading())
	if err != nil {
		return vault.Ref{}, err
	}
	defer in.Close()
	limits.MaxBytes = 0
	spec.Object = privacy.ObjectID(privacy.NewID(privacy.PrefixUpload))
	upright := media.Info{MediaType: info.MediaType, Width: info.Width, Height: info.Height, Orientation: 1}
	if info.Orientation > 4 { // turned by 90 degrees
		upright.Width, upright.Height = info.Height, info.Width
	}
	err = s.seal(ctx, o, spec, x.due, func(w io.Writer) (media.Info, error) {
		return upright, media.Normalize(ctx, w, in, info, limits)
	})
	return o.Ref, err
}

// keep records the object; when that fails, the sealed bytes go.
func (s *Service) keep(ctx context.Context, who Who, o store.Object, ceiling retention.Deadline) error {
	idle, _ := retention.Idle(who.Policy, o.Category, o.WrittenAt)
	s.At("upload.sealed")
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := present(ctx, tx, who, s.Clock.Now()); err != nil {
			return err
		}
		if err := tx.InsertObject(ctx, o, ceiling, idle); err != nil {
			return err
		}
		return s.note(ctx, tx, store.Task{App: o.App, Subject: o.Subject, PolicyHash: o.PolicyHash}, "uploaded", map[string]string{"category": string(o.Category), "object": string(o.Object)})
	})
	s.At("upload.recorded")
	if err == nil {
		return nil
	}
	err = errors.Join(fmt.Errorf("task: record upload: %w", err), s.Vault.Erase(context.WithoutCancel(ctx), o.Ref))
	if fault.KindOf(err) == fault.Refused { // the account was erased while the upload came in, which may have made its key anew
		err = errors.Join(err, s.Eraser.Forsake(context.WithoutCancel(ctx), o.App, o.Subject))
	}
	return err
}

// present refuses to write for a subject whose account was erased since the request began.
func present(ctx context.Context, tx *store.Tx, who Who, now time.Time) error {
	subject, err := tx.App(who.App()).Subject(ctx, who.Subject)
	if errors.Is(err, store.ErrNotFound) || err == nil && !now.Before(subject.ExpiresAt) {
		return fault.New(fault.Refused, "unauthenticated", "This account was erased.")
	}
	return err
}

// Discard erases an upload, or a result, at the person's word.
func (s *Service) Discard(ctx context.Context, who Who, id privacy.ObjectID) (store.Receipt, error) {
	o, err := s.DB.App(who.App()).Object(ctx, who.Subject, id)
	if errors.Is(err, store.ErrNotFound) {
		if r, err := s.DB.App(who.App()).ReceiptOf(ctx, who.Subject, id); err == nil {
			return r, nil // already erased: the same answer again
		}
		return store.Receipt{}, errNotFound
	}
	if err != nil {
		return store.Receipt{}, err
	}
	if o.Task != "" && o.Role != "" {
		k, err := s.DB.App(who.App()).TaskByID(ctx, o.Task)
		if err == nil && !k.State.Ended() {
			return store.Receipt{}, fault.New(fault.Conflict, "conflict", "A task is using this. Cancel the task first.").With("state", string(k.State))
		}
	}
	r, err := s.Eraser.Object(ctx, o, erasure.SubjectRequest, nil)
	if err == nil {
		s.live.Wake(o.Task)
	}
	return r, err
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
		if err := ask.Fits(in, o); err != nil {
			return err
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
