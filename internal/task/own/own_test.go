package own_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"io"
	"strings"
	"testing"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/effecttest"
	"vow.example/vow/internal/effects/samples"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/media"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/task/own"
	"vow.example/vow/internal/task/result"
)

func ours(effect string, makes privacy.Category) policy.Feature {
	return policy.Feature{ID: "it", Live: true, Recipient: privacy.Own, Effect: effect, Result: makes, LabelAI: true}
}

func label() media.Label {
	return media.Label{Visible: true, Digital: true, Source: media.SourceAlgorithm}
}

// make runs some work to its end and returns what would be stored.
func makeIt(t *testing.T, e own.Engine, w own.Work) (media.Info, []byte, string, error) {
	t.Helper()
	last := 0.0
	ready, err := e.Make(t.Context(), w, func(p float64) {
		if p < last || p > 1 {
			t.Errorf("progress went from %g to %g", last, p)
		}
		last = p
	})
	if err != nil {
		return media.Info{}, nil, "", err
	}
	var b bytes.Buffer
	info, err := ready.Fill(&b)
	if err == nil && last != 1 {
		t.Errorf("progress ended at %g", last)
	}
	return info, b.Bytes(), ready.MediaType, err
}

func TestAResultIsOfTheKindThatThePolicyNamesAndIsLabelled(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		effect string
		makes  privacy.Category
		params map[privacy.Field]string
		kind   string
	}{
		"a picture":       {"cartoon", "generated_image", nil, media.PNG},
		"an animated one": {"video", "generated_video", map[privacy.Field]string{"seconds": "1", "size": "small"}, media.WebP},
		"a GIF":           {"video", "generated_video", map[privacy.Field]string{"seconds": "1", "size": "small", "format": "gif"}, media.GIF},
		"points":          {"face_points", "face_landmarks", nil, result.PointsJSON},
	} {
		w := own.Work{Feature: ours(c.effect, c.makes), Pictures: []*image.NRGBA{effecttest.Photo(t, samples.Astronaut)}, Params: c.params, Label: label(), Kind: media.PNG}
		info, data, kind, err := makeIt(t, own.Engine{}, w)
		if err != nil || kind != c.kind || kind != result.PointsJSON && info.MediaType != kind {
			t.Errorf("%s: %s, %+v, %v", name, kind, info, err)
			continue
		}
		if kind == result.PointsJSON {
			if !bytes.Contains(data, []byte(`"left_pupil"`)) {
				t.Errorf("%s: %.80s", name, data)
			}
			continue
		}
		if source, err := media.ReadLabel(bytes.NewReader(data)); err != nil || source != media.SourceAlgorithm || media.Sniff(data[:64]) != c.kind {
			t.Errorf("%s: label %q, type %s, %v", name, source, media.Sniff(data[:64]), err)
		}
	}
	for effect, makes := range map[string]privacy.Category{"cartoon": "generated_video", "video": "generated_image", "face_points": "generated_image"} {
		w := own.Work{Feature: ours(effect, makes), Pictures: []*image.NRGBA{effecttest.Photo(t, samples.Astronaut)}, Label: label(), Kind: media.PNG}
		if _, _, _, err := makeIt(t, own.Engine{}, w); fault.CodeOf(err) != "result-refused" {
			t.Errorf("%s as %s: %v", effect, makes, err)
		}
	}
}

func TestAPhotoThatDoesNotSuitAnEffectIsRefusedByCode(t *testing.T) {
	t.Parallel()
	blank := image.NewNRGBA(image.Rect(0, 0, 200, 200))
	w := own.Work{Feature: ours("face_swap", "generated_image"), Pictures: []*image.NRGBA{blank}, Label: label(), Kind: media.PNG}
	if _, _, _, err := makeIt(t, own.Engine{}, w); fault.CodeOf(err) != effect.CodeNoFace || fault.KindOf(err) != fault.Invalid {
		t.Errorf("%v", err)
	}
}

// reel is a Films whose videos are drawn here.
type reel struct {
	frames, said int
	broken       error
	encoded      []*image.NRGBA
}

// Encode implements own.Films: the "file" is an MP4 that only has its first box.
func (r *reel) Encode(ctx context.Context, w io.Writer, f effect.Film) error {
	for n := range f.Frames {
		dst := image.NewNRGBA(image.Rect(0, 0, f.Width, f.Height))
		if err := f.Draw(ctx, n, dst); err != nil {
			return err
		}
		r.encoded = append(r.encoded, dst)
	}
	_, err := w.Write([]byte("\x00\x00\x00\x14ftypisom\x00\x00\x00\x00isom"))
	return err
}

// Decode implements own.Films.
func (r *reel) Decode(_ context.Context, _ []byte, each func(f effect.Film, n int, frame *image.NRGBA) error) error {
	frame := image.NewNRGBA(image.Rect(0, 0, 64, 48))
	for n := range r.frames {
		for i := range frame.Pix {
			frame.Pix[i] = uint8(40*n + i%7)
		}
		if err := each(effect.Film{Width: 64, Height: 48, Frames: r.said, Rate: 10}, n, frame); err != nil {
			return err
		}
	}
	return r.broken
}

func TestAVideoIsRedrawnFrameByFrame(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ frames, said int }{"as said": {5, 5}, "shorter than said": {3, 5}, "longer than said": {9, 5}} {
		r := &reel{frames: c.frames, said: c.said}
		ready, err := own.Engine{Films: r}.Make(t.Context(), own.Work{Feature: ours("pencil", "generated_video"), Video: []byte("video"), Label: label()}, func(float64) {})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		_, _ = ready.Fill(io.Discard) // the file is no film: what counts is what was drawn
		if len(r.encoded) != c.said {
			t.Fatalf("%s: %d frames", name, len(r.encoded))
		}
		if bytes.Equal(r.encoded[0].Pix, r.encoded[2].Pix) {
			t.Errorf("%s: the film stands still", name)
		}
		if same := bytes.Equal(r.encoded[3].Pix, r.encoded[4].Pix); same != (c.frames < c.said) {
			t.Errorf("%s: the end stands still: %v", name, same)
		}
	}
}

func TestAVideoThatBreaksFailsItsTaskAndNobodyWaits(t *testing.T) {
	t.Parallel()
	w := own.Work{Feature: ours("pencil", "generated_video"), Video: []byte("video"), Label: label()}
	if _, err := (own.Engine{}).Make(t.Context(), w, func(float64) {}); fault.CodeOf(err) != "film-tool-missing" {
		t.Errorf("without a tool: %v", err)
	}
	why := errors.New("broken")
	if _, err := (own.Engine{Films: &reel{broken: why}}).Make(t.Context(), w, func(float64) {}); !errors.Is(err, why) {
		t.Errorf("broken before the first frame: %v", err)
	}
	ready, err := own.Engine{Films: &reel{frames: 2, said: 5, broken: why}}.Make(t.Context(), w, func(float64) {})
	if err == nil {
		_, err = ready.Fill(io.Discard)
	}
	if !errors.Is(err, why) {
		t.Errorf("broken in the middle: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ready, err = own.Engine{Films: &reel{frames: 100, said: 100}}.Make(ctx, w, func(float64) {})
	cancel()
	if err == nil {
		_, err = ready.Fill(io.Discard)
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestAFeatureThatTheEngineCannotServeIsFoundBeforeTheServerStarts(t *testing.T) {
	t.Parallel()
	input := func(in policy.Input) policy.Feature {
		f := ours("pan_zoom", "generated_video")
		f.Inputs = []policy.Input{{Field: "photo", Kind: policy.Photo, Required: true}, in}
		return f
	}
	option := func(field privacy.Field, word string) policy.Input {
		return policy.Input{Field: field, Kind: policy.Option, Choices: []policy.Choice{{Value: word}}}
	}
	for name, c := range map[string]struct {
		f    policy.Feature
		says string
	}{
		"all is well":        {input(option("path", "in")), ""},
		"the kind of file":   {input(option("format", "gif")), ""},
		"an unknown word":    {input(option("path", "around")), "must be one of"},
		"an unknown option":  {input(option("mood", "sad")), "no meaning"},
		"an unknown number":  {input(policy.Input{Field: "seconds", Kind: policy.Number, Min: 1, Max: 900}), "from 1 to"},
		"a picture too many": {input(policy.Input{Field: "photo_2", Kind: policy.Photo}), "takes 1 to 1"},
		"an unknown effect":  {func() policy.Feature { f := input(option("path", "in")); f.Effect = "dance"; return f }(), "dance"},
		"an unknown hair":    {input(policy.Input{Field: "hair", Kind: policy.Option, Material: "hair", Choices: []policy.Choice{{Value: "mohawk"}}}), "no hair"},
	} {
		err := own.Engine{}.Check(c.f, nil)
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAPreviewIsSmallWhateverTheEffectMakes(t *testing.T) {
	t.Parallel()
	for effect, params := range map[string]map[privacy.Field]string{"upscale": {"factor": "4"}, "face_swap": nil} {
		w := own.Work{Feature: ours(effect, "generated_image"), Pictures: []*image.NRGBA{effecttest.Photo(t, samples.Astronaut)}, Params: params, Label: label(), Kind: media.JPEG}
		ready, err := own.Engine{}.Preview(t.Context(), w)
		if err != nil {
			t.Fatalf("%s: %v", effect, err)
		}
		var b bytes.Buffer
		if _, err := ready.Fill(&b); err != nil {
			t.Fatal(err)
		}
		size, err := jpeg.DecodeConfig(&b)
		if err != nil || max(size.Width, size.Height) != 1024 {
			t.Errorf("%s: %d×%d, %v", effect, size.Width, size.Height, err)
		}
	}
}
