package task

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"vow.example/vow/internal/effects"
	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/media"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/local"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task/result"
)

const (
	progressEvery = 5 // percent
	makeFrom      = 30
	makeTo        = 85
)

// make runs the feature on the own engine: nothing leaves. Where the policy ends the source with
// the analysis (FIT-1.3-02: "deleted once the analysis is finished"), its key dies before the
// picture is made; the rest happens on pixels in memory.
func (s *Service) make(ctx context.Context, j job) (time.Duration, error) {
	byRole, err := s.inputs(ctx, j)
	if errors.Is(err, errErased) {
		return 0, s.fail(ctx, j, failure{code: "upload-again"})
	}
	if err != nil {
		return 0, err
	}
	source, ok := only(byRole)
	if !ok {
		return 0, fault.New(fault.Internal, "internal", "The own engine takes one picture.")
	}
	k := j.Task
	k.State, k.Percent = store.Generating, makeFrom
	if err := s.advance(ctx, k, nil); err != nil {
		return 0, err
	}
	s.At("make.start")
	release, err := s.pixels.Hold(ctx, pixelsOf(source))
	if err != nil {
		return 0, err
	}
	defer release()
	return 0, s.draw(ctx, j, source)
}

func only(byRole map[privacy.Field]store.Object) (store.Object, bool) {
	for _, o := range byRole {
		return o, len(byRole) == 1
	}
	return store.Object{}, false
}

// draw analyses, ends the source, makes the picture and stores it.
func (s *Service) draw(ctx context.Context, j job, source store.Object) error {
	in, err := s.open(ctx, source.Ref, source.Due(), vault.ForFeature)
	if errors.Is(err, vault.ErrErased) {
		return s.fail(ctx, j, failure{code: "upload-again"})
	}
	if err != nil {
		return err
	}
	img, _, err := media.Open(ctx, in, media.Limits{})
	_ = in.Close() // only read
	if err != nil {
		return s.refuseMedia(ctx, j, err)
	}
	defer func() { clear(img.Pix) }() // pixels of a face do not wait for the collector
	if err := s.analysed(ctx, j, source); err != nil {
		return err
	}
	s.At("make.analysed")
	chosen := map[string]string{}
	for name, value := range j.Params {
		chosen[string(name)] = value
	}
	effect, params := local.Plan(j.feature.Effect, chosen)
	out, err := effects.Run(ctx, effect, img, params, s.progress(ctx, j))
	if err != nil {
		return s.refuseMedia(ctx, j, err)
	}
	defer func() { clear(out.Pix) }()
	var encoded bytes.Buffer
	label := media.Label{Visible: j.feature.LabelAI, Digital: true, Source: media.SourceAlgorithm}
	if err := media.Encode(&encoded, out, resultType(source.MediaType), label); err != nil {
		return fmt.Errorf("task: encode result: %w", err)
	}
	info := media.Info{MediaType: resultType(source.MediaType), Width: out.Rect.Dx(), Height: out.Rect.Dy(), Orientation: 1}
	return s.keepResult(ctx, j, result.Ready{MediaType: info.MediaType, Visible: label.Visible, Fill: func(w io.Writer) (media.Info, error) {
		_, err := w.Write(encoded.Bytes())
		return info, err
	}})
}

// resultType keeps a result in the family of its source; WebP results are written as PNG, which
// every viewer opens.
func resultType(source string) string {
	if source == media.JPEG {
		return media.JPEG
	}
	return media.PNG
}

// refuseMedia ends the task when the picture is not fit for the effect; other errors go on up.
func (s *Service) refuseMedia(ctx context.Context, j job, err error) error {
	var why *fault.Error
	if ctx.Err() == nil && errors.As(err, &why) && why.Kind() == fault.Invalid {
		return s.fail(ctx, j, failure{code: why.Code(), class: "bad_media"})
	}
	return err
}

// analysed ends the source, with its smaller copy, when the policy's clock starts with the end of the
// analysis.
func (s *Service) analysed(ctx context.Context, j job, source store.Object) error {
	now := s.Clock.Now()
	d, err := retention.For(j.pol, source.Category, policy.AnalysisEnded, now)
	if err != nil || d.At().After(now) {
		return nil // the policy keeps it until the task ends
	}
	list, err := s.DB.App(j.App).TaskObjects(ctx, j.ID)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(o store.Object) bool { return o.Role != source.Role })
	for i := range list {
		list[i].Rule, list[i].Starts, list[i].ExpiresAt = d.Rule(), d.Starts(), d.At()
	}
	_, err = s.Eraser.Objects(ctx, list, erasure.TaskEnded, func(tx *store.Tx) error {
		return s.note(ctx, tx, j.Task, "analysed", nil)
	})
	if err == nil {
		s.live.Wake(j.ID)
	}
	return err
}

// progress records the engine's progress in steps.
func (s *Service) progress(ctx context.Context, j job) func(float64) {
	last := makeFrom
	return func(done float64) {
		percent := makeFrom + int(done*(makeTo-makeFrom))
		if percent < last+progressEvery {
			return
		}
		last = percent
		s.report(ctx, j, percent, 0)
	}
}

// report records progress; that it is lost when the store fails harms nobody.
func (s *Service) report(ctx context.Context, j job, percent, queue int) {
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.SetPercent(ctx, j.App, j.ID, percent, queue); err != nil {
			return err
		}
		return tx.AddEvent(ctx, j.Task, "state", map[string]any{"state": store.Generating, "percent": percent, "queue_position": queue}, s.Clock.Now())
	})
	if err == nil {
		s.live.Wake(j.ID)
	}
}

// keepResult stores a result under its deadline and moves the task on to its end.
func (s *Service) keepResult(ctx context.Context, j job, ready result.Ready) error {
	now := s.Clock.Now()
	d, err := retention.For(j.pol, j.feature.Result, policy.ResultStored, now)
	if err != nil {
		return err
	}
	if j.ResultLimit > 0 {
		d = retention.Shorten(d, now.Add(j.ResultLimit))
	}
	o := store.Object{
		Storage: j.pol.StorageOf(j.feature.Result), Task: j.ID, Feature: j.Feature, Labelled: ready.Visible, WrittenAt: now,
	}
	if err := s.seal(ctx, &o, s.spec(j.who(), privacy.PrefixOutput, j.feature.Result, ready.MediaType), d, ready.Fill); err != nil {
		return err
	}
	s.At("result.sealed")
	defer s.At("result.recorded")
	k := j.Task
	k.State, k.Percent = store.Storing, 90
	err = s.advance(ctx, k, func(tx *store.Tx) error {
		if err := tx.InsertObject(ctx, o, d, retention.Deadline{}); err != nil {
			return err
		}
		if err := s.note(ctx, tx, k, "result_stored", map[string]string{"object": string(o.Object), "rule": d.Rule()}); err != nil {
			return err
		}
		return tx.AddEvent(ctx, k, "output", map[string]any{"id": o.Object, "media_type": o.MediaType, "delete_at": d.At().Format(time.RFC3339)}, now)
	})
	if err != nil {
		err = errors.Join(err, s.Vault.Erase(context.WithoutCancel(ctx), o.Ref))
	}
	return err
}
