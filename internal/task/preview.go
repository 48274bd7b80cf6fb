package task

import (
	"bytes"
	"context"
	"errors"
	"image"
	"io"

	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/media"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task/ask"
	"vow.example/vow/internal/task/own"
	"vow.example/vow/internal/task/result"
)

const (
	previewBytes  = 1 << 20
	previewPixels = 1 << 20
	previewHold   = 8 << 20 // what a preview counts for: some effects enlarge, and some make a film
)

// Previews reports whether small previews of a feature can be had: it runs here, and its result is
// something to look at.
func Previews(f policy.Feature) bool {
	return f.Live && f.IsLocal() && f.ResultKind() != result.Points && len(pictureInputs(f)) > 0
}

// pictureInputs lists the photos of a feature; none where it takes a video.
func pictureInputs(f policy.Feature) (list []policy.Input) {
	for _, in := range f.Inputs {
		switch in.Kind {
		case policy.Video:
			return nil
		case policy.Photo:
			list = append(list, in)
		}
	}
	return list
}

// Preview makes a small version of what a task would make, from small copies of the pictures, under the
// same consent and the same review. It exists in memory only: no file, no row, no event, no log line
// tells of it.
func (s *Service) Preview(ctx context.Context, who Who, r Request, pictures map[privacy.Field][]byte) (data []byte, mediaType string, err error) {
	f, ok := who.Policy.Feature(r.Feature)
	if !ok || !Previews(f) {
		return nil, "", errFeature
	}
	r.Inputs = map[privacy.Field]privacy.ObjectID{}
	for role := range pictures {
		r.Inputs[role] = "" // present
	}
	if _, wrong := ask.Check(f, r.given()); len(wrong) > 0 {
		return nil, "", fault.New(fault.Invalid, "validation", "The request breaks a rule of this feature.").With("errors", wrong)
	}
	if err := s.Reported.Check(ctx, who.App(), who.Subject, f.Permissions); err != nil {
		return nil, "", err
	}
	if err := s.offered(ctx, who.App(), f, ask.Defaults(f, r.Params)); err != nil {
		return nil, "", err
	}
	id := privacy.TaskID(privacy.NewID(privacy.PrefixTask)) // of no row: it ties the verdict to this call
	agreed := func() error {
		_, err := s.agreed(ctx, who, f, consent.Ask{Subject: who.Subject, Feature: f.ID, Task: id, Consent: r.Consent})
		return err
	}
	if err := agreed(); err != nil {
		return nil, "", err
	}
	release, err := s.pixels.Hold(ctx, previewHold)
	if err != nil {
		return nil, "", err
	}
	defer release()
	seen, err := decoded(ctx, f, pictures)
	defer func() { wipe(own.Work{Pictures: seen}) }()
	if err != nil {
		return nil, "", err
	}
	if err := s.clears(ctx, who, review.Request{Task: id, Feature: f, Media: inMemory(f, pictures), Lang: r.Language, At: s.Clock.Now()}); err != nil {
		return nil, "", err
	}
	s.At("preview.cleared")
	if err := agreed(); err != nil { // waiting and reviewing take time: the yes may have been taken back
		return nil, "", err
	}
	return s.preview(ctx, who, f, r, seen)
}

// preview draws what was cleared.
func (s *Service) preview(ctx context.Context, who Who, f policy.Feature, r Request, seen []*image.NRGBA) (data []byte, mediaType string, err error) {
	j := job{Task: store.Task{App: who.App(), Language: r.Language}, pol: who.Policy, feature: f}
	w := own.Work{App: who.App(), Feature: f, Params: ask.Defaults(f, r.Params), Label: s.label(j), Kind: media.JPEG, Pictures: seen}
	ready, err := s.Own.Preview(ctx, w)
	if err != nil {
		return nil, "", err
	}
	var b bytes.Buffer
	_, err = contained(ready.Fill, &b)
	return b.Bytes(), ready.MediaType, err
}

// clears runs the feature's review over pictures that are in memory only.
func (s *Service) clears(ctx context.Context, who Who, r review.Request) error {
	verdict, _, err := review.Run(ctx, s.Gates, s.mac, who.Policy, r)
	if err != nil || verdict.Outcome == review.Cleared {
		return err
	}
	return fault.New(fault.Invalid, "review-blocked", "The review did not clear this picture.").With("rule", verdict.Rule).With("field", string(verdict.Field))
}

// inMemory gives pictures to the gates in the order of the feature's inputs.
func inMemory(f policy.Feature, pictures map[privacy.Field][]byte) (list []review.Media) {
	for _, in := range pictureInputs(f) {
		if data := pictures[in.Field]; data != nil {
			list = append(list, review.Media{Field: in.Field, MediaType: media.Sniff(data[:min(len(data), sniffBytes)]), Open: func() (io.ReadCloser, error) {
				return io.NopCloser(bytes.NewReader(data)), nil
			}})
		}
	}
	return list
}

// decoded opens small pictures in the order of the feature's inputs.
func decoded(ctx context.Context, f policy.Feature, pictures map[privacy.Field][]byte) (list []*image.NRGBA, err error) {
	for _, in := range pictureInputs(f) {
		if data := pictures[in.Field]; data != nil {
			img, _, err := media.Open(ctx, bytes.NewReader(data), media.Limits{MaxBytes: previewBytes, MaxPixels: previewPixels})
			if err != nil {
				return list, err
			}
			list = append(list, img)
		}
	}
	return list, nil
}

// HandOver gives a result that may be read once to its owner, and erases it before it is given: whatever
// happens on the way, nobody can ask a second time.
func (s *Service) HandOver(ctx context.Context, who Who, o store.Object) ([]byte, error) {
	unlock := s.queue.Lock(o.Task) // two readers: one of them gets it
	defer unlock()
	in, err := s.open(ctx, o.Ref, o.Due(), vault.Reading{Why: vault.ForSubject})
	if errors.Is(err, vault.ErrErased) {
		return nil, errErased
	}
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(in)
	if err = errors.Join(err, in.Close()); err != nil {
		return nil, err
	}
	if _, err := s.Eraser.Object(ctx, o, erasure.HandedOver, nil); err != nil {
		return nil, err
	}
	s.live.Wake(o.Task)
	return data, nil
}
