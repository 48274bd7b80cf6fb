package own_test

import (
	"bytes"
	"image"
	"testing"

	"vow.example/vow/internal/effects"
	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/effecttest"
	"vow.example/vow/internal/effects/samples"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/task/own"
)

func TestThePhotosOfAFilmAreClearedBeforeItsFirstFrame(t *testing.T) {
	t.Parallel()
	for _, motion := range []string{"pan_zoom", "parallax", "cross_fade"} {
		photos, params := []*image.NRGBA{effecttest.Photo(t, samples.Astronaut)}, map[string]string{"motion": motion, "seconds": "1", "size": "small"}
		if motion == "cross_fade" {
			photos = append(photos, effecttest.Photo(t, samples.Astronaut))
		}
		var before, kept []*image.NRGBA
		for _, m := range photos {
			before = append(before, &image.NRGBA{Pix: bytes.Clone(m.Pix), Stride: m.Stride, Rect: m.Rect})
			kept = append(kept, &image.NRGBA{Pix: m.Pix})
		}
		plan, err := effects.Run(t.Context(), "video", effect.Input{Pictures: before}, params, nil)
		if err != nil {
			t.Fatal(err)
		}
		f := ours("video", "generated_video")
		for name, value := range params {
			f.Fixed = append(f.Fixed, policy.Fixed{Setting: name, Value: value})
		}
		r := &reel{}
		ready, err := own.Engine{Films: r}.Make(t.Context(), own.Work{Feature: f, Pictures: photos, Params: map[privacy.Field]string{"seconds": "9"}}, func(float64) {})
		if err != nil {
			t.Fatal(err)
		}
		for i, m := range kept {
			if len(bytes.Trim(m.Pix, "\x00")) != 0 || photos[i].Pix != nil {
				t.Errorf("%s: photo %d is still there", motion, i)
			}
		}
		_, _ = ready.Fill(&bytes.Buffer{}) // the file is no film: what counts is what was drawn
		want := image.NewNRGBA(image.Rect(0, 0, plan.Film.Width, plan.Film.Height))
		if err := plan.Film.Draw(t.Context(), plan.Film.Frames-1, want); err != nil || len(r.encoded) != plan.Film.Frames {
			t.Fatalf("%s: %d frames, %v", motion, len(r.encoded), err)
		}
		if !bytes.Equal(r.encoded[len(r.encoded)-1].Pix, want.Pix) {
			t.Errorf("%s: the film needed its photos", motion)
		}
	}
}

func TestEveryFrameOfAnMP4CarriesTheVisibleLabel(t *testing.T) {
	t.Parallel()
	frames := func(visible bool) []*image.NRGBA {
		r, l := &reel{}, label()
		l.Visible = visible
		w := own.Work{Feature: ours("pan_zoom", "generated_video"), Pictures: []*image.NRGBA{effecttest.Photo(t, samples.Astronaut)}, Params: map[privacy.Field]string{"seconds": "1", "size": "small"}, Label: l}
		ready, err := own.Engine{Films: r}.Make(t.Context(), w, func(float64) {})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = ready.Fill(&bytes.Buffer{}) // the file is no film: what counts is what was drawn
		return r.encoded
	}
	with, without := frames(true), frames(false)
	if len(with) == 0 || len(with) != len(without) {
		t.Fatalf("%d and %d frames", len(with), len(without))
	}
	for n := range with {
		if bytes.Equal(with[n].Pix, without[n].Pix) {
			t.Fatalf("frame %d carries no label", n)
		}
	}
}
