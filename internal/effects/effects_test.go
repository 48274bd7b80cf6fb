package effects_test

import (
	"bytes"
	"errors"
	"image"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"vow.example/vow/internal/effects"
	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/effecttest"
	"vow.example/vow/internal/fault"
)

// given returns as many pictures as an effect needs, which it may change.
func given(t testing.TB, e effect.Effect) effect.Input {
	var in effect.Input
	for range max(1, e.Least) {
		in.Pictures = append(in.Pictures, effecttest.Face(t))
	}
	return in
}

// quick shortens what would take long.
func quick(e effect.Effect) map[string]string {
	params := map[string]string{}
	for name, word := range map[string]string{"seconds": "1", "size": "small"} {
		if _, ok := e.Param(name); ok {
			params[name] = word
		}
	}
	return params
}

// pixels is what an effect made, as bytes: a picture, some frames of a film, or nothing for points.
func pixels(t testing.TB, r effect.Result) []byte {
	t.Helper()
	switch {
	case r.Picture != nil:
		return r.Picture.Pix
	case r.Film != nil:
		var all []byte
		dst := image.NewNRGBA(image.Rect(0, 0, r.Film.Width, r.Film.Height))
		for n := range min(3, r.Film.Frames) {
			if err := r.Film.Draw(t.Context(), n, dst); err != nil {
				t.Fatal(err)
			}
			all = append(all, dst.Pix...)
		}
		return all
	default:
		return nil
	}
}

func TestEveryEffectGivesTheSameBytesOnOneCoreAndOnMany(t *testing.T) {
	for _, e := range effects.Catalogue() {
		run := func() []byte {
			out, err := effects.Run(t.Context(), e.Name, given(t, e), quick(e), nil)
			if err != nil {
				t.Fatalf("%s: %v", e.Name, err)
			}
			return pixels(t, out)
		}
		many := run()
		cores := runtime.GOMAXPROCS(1)
		one := run()
		runtime.GOMAXPROCS(cores)
		if !bytes.Equal(many, one) {
			t.Errorf("%s differs between one core and many", e.Name)
		}
	}
}

func TestEveryEffectIsDescribedAndItsDefaultsKeepTheirBounds(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, e := range effects.Catalogue() {
		if seen[e.Name] || e.About == "" || e.Least < 0 || e.Most < max(1, e.Least) || e.Run == nil {
			t.Errorf("%s is twice in the catalogue, or not described", e.Name)
		}
		seen[e.Name] = true
		if _, err := e.Read(nil); err != nil {
			t.Errorf("%s: the defaults: %v", e.Name, err)
		}
		for _, p := range e.Params {
			for _, wrong := range outside(p) {
				if _, err := e.Read(map[string]string{p.Name: wrong}); fault.CodeOf(err) != effect.CodeParameter {
					t.Errorf("%s takes %s = %q: %v", e.Name, p.Name, wrong, err)
				}
			}
		}
	}
	for _, name := range strings.Fields("cartoon pencil ink watercolor oil mosaic halftone tint color_transfer upscale denoise auto_fix " +
		"portrait_enhance background_blur portrait_light hair_color hairstyle portrait_frame face_swap pan_zoom parallax cross_fade video face_points") {
		if !seen[name] {
			t.Errorf("the policies name the effect %s, and there is none", name)
		}
	}
}

// outside returns values that a parameter must not take.
func outside(p effect.Param) []string {
	if p.Kind == effect.Choice {
		return []string{"", "No such word", "../x"}
	}
	list := []string{"NaN", "many", strconv.FormatFloat(p.Max+1, 'g', -1, 64), strconv.FormatFloat(p.Min-1, 'g', -1, 64)}
	if p.Kind == effect.Whole {
		list = append(list, strconv.FormatFloat(p.Min+0.5, 'g', -1, 64))
	}
	return list
}

func TestWhatAnEffectCannotWorkOnIsRefusedByName(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		effect string
		in     effect.Input
		params map[string]string
		code   string
	}{
		"an unknown effect":    {"paint", effect.Input{Pictures: []*image.NRGBA{effecttest.Face(t)}}, nil, effect.CodeUnknown},
		"an unknown parameter": {"cartoon", effect.Input{Pictures: []*image.NRGBA{effecttest.Face(t)}}, map[string]string{"speed": "1"}, effect.CodeParameter},
		"no picture":           {"cartoon", effect.Input{}, nil, effect.CodePictures},
		"two pictures":         {"cartoon", effect.Input{Pictures: []*image.NRGBA{effecttest.Face(t), effecttest.Face(t)}}, nil, effect.CodePictures},
		"a nil picture":        {"cartoon", effect.Input{Pictures: []*image.NRGBA{nil}}, nil, "media-unreadable"},
		"an empty picture":     {"cartoon", effect.Input{Pictures: []*image.NRGBA{{}}}, nil, "media-unreadable"},
	} {
		if _, err := effects.Run(t.Context(), c.effect, c.in, c.params, nil); fault.CodeOf(err) != c.code || fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAPanicInAnEffectIsAnErrorOfThatEffect(t *testing.T) {
	t.Parallel()
	for _, e := range effects.Catalogue() {
		broken := &image.NRGBA{Pix: make([]uint8, 16), Stride: 4 * 64, Rect: image.Rect(0, 0, 64, 64)} // pixels are missing
		in := given(t, e)
		in.Pictures[0] = broken
		out, err := effects.Run(t.Context(), e.Name, in, quick(e), nil)
		if err == nil && out.Film != nil {
			err = out.Film.Draw(t.Context(), 0, image.NewNRGBA(image.Rect(0, 0, out.Film.Width, out.Film.Height)))
		}
		if err == nil {
			t.Errorf("%s made something of a picture without pixels", e.Name)
		}
		if why := (*fault.Error)(nil); errors.As(err, &why) && why.Kind() != fault.Invalid && why.Kind() != fault.Internal {
			t.Errorf("%s: %v", e.Name, err)
		}
	}
}
