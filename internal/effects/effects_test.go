package effects

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/draw"
	"image/jpeg"
	"os"
	"runtime"
	"strings"
	"testing"

	"vow.example/vow/internal/fault"
)

func photo(t testing.TB, name string) *image.NRGBA {
	t.Helper()
	b, err := os.ReadFile("testdata/photos/" + name)
	if err != nil {
		t.Fatal(err)
	}
	m, err := jpeg.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	out := image.NewNRGBA(image.Rect(0, 0, m.Bounds().Dx(), m.Bounds().Dy()))
	draw.Draw(out, out.Rect, m, m.Bounds().Min, draw.Src)
	return out
}

// face returns the part of the photo with the face: enough for most tests, and four times faster.
func face(t testing.TB) *image.NRGBA {
	t.Helper()
	whole := photo(t, "astronaut.jpg")
	own := image.NewNRGBA(image.Rect(0, 0, 256, 256))
	draw.Draw(own, own.Rect, whole, image.Pt(100, 10), draw.Src)
	return own
}

func run(t testing.TB, name string, m *image.NRGBA, params map[string]string) *image.NRGBA {
	t.Helper()
	out, err := Run(t.Context(), name, m, params, nil)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return out
}

func TestTheSamePictureAndParametersGiveTheSameBytes(t *testing.T) {
	m := face(t)
	before := bytes.Clone(m.Pix)
	for _, name := range Names() {
		many := run(t, name, m, nil)
		cores := runtime.GOMAXPROCS(1)
		one := run(t, name, m, nil)
		runtime.GOMAXPROCS(cores)
		if !bytes.Equal(many.Pix, one.Pix) {
			t.Errorf("%s differs between one core and many", name)
		}
		if !bytes.Equal(m.Pix, before) {
			t.Fatalf("%s changed the picture that it was given", name)
		}
	}
}

func TestMemoryPerPixelStaysWithinItsBound(t *testing.T) {
	m := photo(t, "astronaut.jpg")
	const bound, fixed = 40 - 4, 6 << 20 // the input is not counted; the face trees are
	for _, name := range Names() {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		run(t, name, m, nil)
		runtime.ReadMemStats(&after)
		if used := int(after.TotalAlloc - before.TotalAlloc); used > bound*512*512+fixed {
			t.Errorf("%s allocated %d bytes, %d per pixel", name, used, used/(512*512))
		}
	}
}

func TestAnotherSeedDrawsOtherStrokes(t *testing.T) {
	t.Parallel()
	m := photo(t, "chelsea.jpg")
	a, b := run(t, NamePencil, m, map[string]string{"seed": "1"}), run(t, NamePencil, m, map[string]string{"seed": "2"})
	if bytes.Equal(a.Pix, b.Pix) {
		t.Error("the seed has no effect")
	}
}

func TestAPartOfALargerPictureIsTreatedLikeAPictureOfItsOwn(t *testing.T) {
	t.Parallel()
	whole := photo(t, "astronaut.jpg")
	part := whole.SubImage(image.Rect(100, 10, 356, 266)).(*image.NRGBA)
	own := face(t)
	for _, name := range Names() {
		if !bytes.Equal(run(t, name, part, nil).Pix, run(t, name, own, nil).Pix) {
			t.Errorf("%s differs", name)
		}
	}
}

func TestProgressOnlyRisesAndEndsAtOne(t *testing.T) {
	t.Parallel()
	for _, name := range Names() {
		last, calls := 0.0, 0
		_, err := Run(t.Context(), name, face(t), nil, func(p float64) {
			if p < last || p > 1 {
				t.Errorf("%s went from %g to %g", name, last, p)
			}
			last, calls = p, calls+1
		})
		if err != nil || last != 1 || calls < 100 {
			t.Errorf("%s ended at %g after %d calls: %v", name, last, calls, err)
		}
	}
}

func TestACancelledEffectStopsWithinABand(t *testing.T) {
	t.Parallel()
	for _, name := range Names() {
		ctx, cancel := context.WithCancel(t.Context())
		calls := 0
		out, err := Run(ctx, name, face(t), nil, func(float64) {
			if calls++; calls == 5 {
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) || out != nil || calls > 5+runtime.GOMAXPROCS(0) {
			t.Errorf("%s: %v after %d calls", name, err, calls)
		}
		if _, err := Run(ctx, name, face(t), nil, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("%s started: %v", name, err)
		}
	}
}

func TestAPanicInABandIsAnError(t *testing.T) {
	t.Parallel()
	j, err := start(image.NewNRGBA(image.Rect(0, 0, 4, 4)), 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.bands(t.Context(), 4, func(int, int) { panic("bug") }); err == nil || !strings.Contains(err.Error(), "bug") {
		t.Errorf("%v", err)
	}
}

func TestParametersAreCheckedAgainstTheirSpec(t *testing.T) {
	t.Parallel()
	m := photo(t, "chelsea.jpg")
	for name, c := range map[string]struct {
		effect string
		params map[string]string
		code   string
	}{
		"an unknown effect":    {"oil", nil, CodeUnknown},
		"an unknown parameter": {NameCartoon, map[string]string{"speed": "1"}, CodeParameter},
		"too many levels":      {NameCartoon, map[string]string{"levels": "17"}, CodeParameter},
		"half a level":         {NameCartoon, map[string]string{"levels": "4.5"}, CodeParameter},
		"no number":            {NameCartoon, map[string]string{"edges": "many"}, CodeParameter},
		"not a number":         {NamePortrait, map[string]string{"strength": "NaN"}, CodeParameter},
		"an unknown word":      {NamePencil, map[string]string{"tone": "ink"}, CodeParameter},
	} {
		if _, err := Run(t.Context(), c.effect, m, c.params, nil); fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Cartoon(t.Context(), m, CartoonParams{}, nil); fault.CodeOf(err) != CodeParameter {
		t.Errorf("zero levels: %v", err)
	}
	if _, err := Pencil(t.Context(), m, PencilParams{Strength: 2}, nil); fault.CodeOf(err) != CodeParameter {
		t.Errorf("strength 2: %v", err)
	}
	if _, err := Portrait(t.Context(), m, PortraitParams{Strength: -1}, nil); fault.CodeOf(err) != CodeParameter {
		t.Errorf("strength -1: %v", err)
	}
}

func TestDefaultsOfTypedAndWrittenParametersAgree(t *testing.T) {
	t.Parallel()
	m := face(t)
	c, err1 := Cartoon(t.Context(), m, DefaultCartoon(), nil)
	p, err2 := Pencil(t.Context(), m, DefaultPencil(), nil)
	e, err3 := Portrait(t.Context(), m, DefaultPortrait(), nil)
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]*image.NRGBA{NameCartoon: c, NamePencil: p, NamePortrait: e} {
		if !bytes.Equal(got.Pix, run(t, name, m, nil).Pix) {
			t.Errorf("%s differs", name)
		}
	}
}

func TestOddPicturesDoNotBreakAnEffect(t *testing.T) {
	t.Parallel()
	for _, name := range []string{NameCartoon, NamePencil} {
		for _, size := range []image.Point{{1, 1}, {1, 90}, {90, 1}, {3, 2}} {
			m := image.NewNRGBA(image.Rectangle{Max: size})
			if out := run(t, name, m, nil); out.Rect != m.Rect || out.Pix[3] != 0 {
				t.Errorf("%s of %v: %v, transparency %d", name, size, out.Rect, out.Pix[3])
			}
		}
	}
	for _, name := range Names() {
		if _, err := Run(t.Context(), name, nil, nil, nil); err == nil {
			t.Errorf("%s of nothing", name)
		}
	}
}
