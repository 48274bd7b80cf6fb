package task

import (
	"context"
	"errors"
	"io"

	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/media"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task/ask"
)

// prefixCopy begins the identifier of a smaller copy that one task has made of an upload. It takes the
// upload's place in the review and in what leaves, and ends with the task.
const prefixCopy = "cpy"

func isCopy(o store.Object) bool { return privacy.HasPrefix(string(o.Object), prefixCopy) }

// fitting returns the media of a task by role as the review may see them and the recipient may get
// them: a photo that is too large stands there as a smaller copy, made now or before an interruption.
func (s *Service) fitting(ctx context.Context, j job) (map[privacy.Field]store.Object, error) {
	byRole, err := s.inputs(ctx, j)
	if err != nil {
		return nil, err
	}
	made := false
	for _, in := range j.feature.Inputs {
		o, ok := byRole[in.Field]
		if limit, _ := ask.TooLarge(in, o); !ok || limit == "" {
			continue
		}
		if err := s.fit(ctx, j, in, o); err != nil {
			return nil, orErased(err)
		}
		made = true
	}
	if made {
		return s.inputs(ctx, j)
	}
	return byRole, nil
}

// fit seals a smaller copy of a photo, which never outlives the photo, and tells the person.
func (s *Service) fit(ctx context.Context, j job, in policy.Input, source store.Object) error {
	coded, info, err := s.smaller(ctx, j, in, source)
	if err != nil {
		return err
	}
	defer clear(coded)
	now := s.Clock.Now()
	o := store.Object{Storage: j.pol.StorageOf(in.Category), Task: j.ID, Role: in.Field, Feature: j.Feature, WrittenAt: now}
	ceiling, err := retention.Ceiling(j.pol, in.Category, source.WrittenAt)
	if err != nil {
		return err
	}
	ceiling = retention.Shorten(ceiling, source.Due())
	err = s.seal(ctx, &o, s.spec(j.who(), prefixCopy, in.Category, info.MediaType), ceiling, func(w io.Writer) (media.Info, error) {
		_, err := w.Write(coded)
		return info, err
	})
	if err != nil {
		return err
	}
	s.At("fit.sealed")
	err = s.advance(ctx, j.Task, func(tx *store.Tx) error {
		if err := tx.InsertObject(ctx, o, ceiling, retention.Deadline{}); err != nil {
			return err
		}
		if err := s.note(ctx, tx, j.Task, "fitted", map[string]string{"object": string(o.Object), "source": string(source.Object)}); err != nil {
			return err
		}
		return tx.AddEvent(ctx, j.Task, "copy", map[string]any{"role": in.Field, "media_type": o.MediaType, "width": o.Width, "height": o.Height, "bytes": o.Bytes}, now)
	})
	if err != nil {
		return errors.Join(err, s.Vault.Erase(context.WithoutCancel(ctx), o.Ref))
	}
	s.At("fit.recorded")
	return nil
}

// smaller makes the copy in memory.
func (s *Service) smaller(ctx context.Context, j job, in policy.Input, source store.Object) ([]byte, media.Info, error) {
	release, err := s.pixels.Hold(ctx, pixelsOf(source))
	if err != nil {
		return nil, media.Info{}, err
	}
	defer release()
	r, err := s.open(ctx, source.Ref, source.Due(), j.reading(vault.ForFeature))
	if err != nil {
		return nil, media.Info{}, err
	}
	defer r.Close()
	info := media.Info{MediaType: source.MediaType, Orientation: source.Orientation}
	return media.Fit(ctx, r, info, ask.Limits(in))
}
