package task

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/media"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task/answer"
	"vow.example/vow/internal/task/own"
	"vow.example/vow/internal/task/result"
)

const (
	progressEvery = 5 // percent
	makeFrom      = 30
	makeTo        = 85
)

// make runs the feature on the own engine: nothing leaves. Where the policy ends the sources with
// the analysis (FIT-1.3-02: "deleted once the analysis is finished"), their keys die before the
// picture is made; the rest happens on pixels in memory.
func (s *Service) make(ctx context.Context, j job) (time.Duration, error) {
	byRole, err := s.inputs(ctx, j)
	if errors.Is(err, errErased) {
		return 0, s.fail(ctx, j, failure{code: "upload-again"})
	}
	if err != nil {
		return 0, err
	}
	sources := inOrder(j.feature, byRole)
	k := j.Task
	k.State, k.Percent = store.Generating, makeFrom
	if err := s.advance(ctx, k, nil); err != nil {
		return 0, err
	}
	s.At("make.start")
	release, err := s.pixels.Hold(ctx, pixelsOf(sources...))
	if err != nil {
		return 0, err
	}
	release = sync.OnceFunc(release)
	defer release()
	return 0, s.draw(ctx, j, sources, release)
}

// inOrder lists the media of a task as the feature lists its inputs.
func inOrder(f policy.Feature, byRole map[privacy.Field]store.Object) (list []store.Object) {
	for _, in := range f.Inputs {
		if o, ok := byRole[in.Field]; ok {
			list = append(list, o)
		}
	}
	return list
}

func only(byRole map[privacy.Field]store.Object) (store.Object, bool) {
	for _, o := range byRole {
		return o, len(byRole) == 1
	}
	return store.Object{}, false
}

// draw analyses, ends the sources, makes the result and stores it. A film is drawn from small copies:
// seen lets others in before its frames are made.
func (s *Service) draw(ctx context.Context, j job, sources []store.Object, seen func()) error {
	w := own.Work{App: j.App, Feature: j.feature, Params: j.Params, Label: s.label(j), Kind: media.PNG}
	defer func() { wipe(w) }()
	for _, source := range sources {
		if err := s.look(ctx, j, &w, source); errors.Is(err, vault.ErrErased) {
			return s.fail(ctx, j, failure{code: "upload-again"})
		} else if err != nil {
			return s.refuseMedia(ctx, j, err)
		}
	}
	if len(sources) > 0 {
		w.Kind = result.Picture(sources[0].MediaType)
	}
	if err := s.analysed(ctx, j, sources); err != nil {
		return err
	}
	s.At("make.analysed")
	ready, err := s.Own.Make(ctx, w, s.progress(ctx, j))
	if err != nil {
		return s.refuseMedia(ctx, j, err)
	}
	if j.feature.ResultKind() == result.Video && w.Video == nil {
		seen()
	}
	return s.keepResult(ctx, j, ready)
}

// look opens a source and adds what is seen to the work. Its pixels are in memory only.
func (s *Service) look(ctx context.Context, j job, w *own.Work, source store.Object) error {
	in, err := s.open(ctx, source.Ref, source.Due(), j.reading(vault.ForFeature))
	if err != nil {
		return err
	}
	defer in.Close() // only read
	if result.KindOf(source.MediaType) == result.Video {
		w.Video, err = io.ReadAll(in)
		return err
	}
	img, _, err := media.Open(ctx, in, media.Limits{})
	if err == nil {
		w.Pictures = append(w.Pictures, img)
	}
	return err
}

// wipe clears what was seen: pixels of a face do not wait for the collector.
func wipe(w own.Work) {
	for _, img := range w.Pictures {
		clear(img.Pix)
	}
	clear(w.Video)
}

// label says how a result is marked.
func (s *Service) label(j job) media.Label {
	l := media.Label{Visible: j.feature.LabelAI, Text: j.pol.Label().Text.In(j.Language), Digital: true, Source: media.SourceTrained}
	if j.feature.IsLocal() {
		l.Source = media.SourceAlgorithm
	}
	l.Producer, l.ProduceID = j.pol.Label().Producer, j.Produce
	return l
}

// refuseMedia ends the task when the picture is not fit for the effect; other errors go on up.
func (s *Service) refuseMedia(ctx context.Context, j job, err error) error {
	var why *fault.Error
	if ctx.Err() == nil && errors.As(err, &why) && why.Kind() == fault.Invalid {
		return s.fail(ctx, j, failure{code: why.Code(), class: "bad_media"})
	}
	return err
}

// analysed ends the sources, with their smaller copies, all at once, where the policy's clock starts
// with the end of the analysis.
func (s *Service) analysed(ctx context.Context, j job, sources []store.Object) error {
	now := s.Clock.Now()
	all, err := s.DB.App(j.App).TaskObjects(ctx, j.ID)
	if err != nil {
		return err
	}
	var list []store.Object
	for _, o := range all {
		d, err := s.clock(j, o, policy.AnalysisEnded, now)
		isSource := slices.ContainsFunc(sources, func(source store.Object) bool { return o.Role == source.Role })
		if !isSource || err != nil || d.At().After(now) {
			continue // no source, or one that the policy keeps until the task ends
		}
		o.Rule, o.Starts, o.ExpiresAt = d.Rule(), d.Starts(), d.At()
		list = append(list, o)
	}
	if len(list) == 0 {
		return nil
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
		Notices: answer.Machine(),
	}
	if j.notices != nil {
		o.Notices = j.notices
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
		return tx.AddEvent(ctx, k, "output", map[string]any{"id": o.Object, "media_type": o.MediaType, "delete_at": d.At().Format(time.RFC3339), "notices": o.Notices}, now)
	})
	if err != nil {
		err = errors.Join(err, s.Vault.Erase(context.WithoutCancel(ctx), o.Ref))
	}
	return err
}
