package style

import (
	"bytes"
	"context"
	"errors"
	"image"
	"math"
	"runtime"
	"testing"

	"golang.org/x/image/draw"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/effecttest"
	"vow.example/vow/internal/effects/samples"
)

func clone(m *image.NRGBA) *image.NRGBA {
	return &image.NRGBA{Pix: bytes.Clone(m.Pix), Stride: m.Stride, Rect: m.Rect}
}

// sized returns the photo with the face at another size.
func sized(t testing.TB, w, h int) *image.NRGBA {
	t.Helper()
	m := effecttest.Photo(t, samples.Astronaut)
	big := image.NewNRGBA(image.Rect(0, 0, w, h))
	draw.CatmullRom.Scale(big, big.Rect, m, m.Rect, draw.Src, nil)
	return big
}

// begin runs an effect on a picture that it may change; one that needs two gets the coffee too.
func begin(ctx context.Context, t testing.TB, e effect.Effect, m *image.NRGBA, progress func(float64)) (*image.NRGBA, error) {
	t.Helper()
	return with(ctx, t, e, m, nil, progress)
}

func with(ctx context.Context, t testing.TB, e effect.Effect, m *image.NRGBA, params map[string]string, progress func(float64)) (*image.NRGBA, error) {
	t.Helper()
	v, err := e.Read(params)
	if err != nil {
		t.Fatal(err)
	}
	in := effect.Input{Pictures: []*image.NRGBA{m, effecttest.Photo(t, samples.Coffee)}[:e.Least]}
	r, err := e.Run(ctx, in, v, progress)
	return r.Picture, err
}

// run runs an effect on a copy.
func run(t testing.TB, e effect.Effect, m *image.NRGBA, params map[string]string) *image.NRGBA {
	t.Helper()
	out, err := with(t.Context(), t, e, clone(m), params, func(float64) {})
	if err != nil {
		t.Fatalf("%s: %v", e.Name, err)
	}
	return out
}

// pixels returns the rows of a picture without what lies between them.
func pixels(m *image.NRGBA) []byte {
	var b []byte
	for y := range m.Rect.Dy() {
		b = append(b, m.Pix[y*m.Stride:][:4*m.Rect.Dx()]...)
	}
	return b
}

// difference is the mean difference of the green of two pictures of one size.
func difference(a, b *image.NRGBA) float64 {
	sum, n := 0.0, 0
	for y := range a.Rect.Dy() {
		for x := range a.Rect.Dx() {
			sum += math.Abs(float64(a.Pix[y*a.Stride+4*x+1]) - float64(b.Pix[y*b.Stride+4*x+1]))
			n++
		}
	}
	return sum / float64(n)
}

func effectOf(t testing.TB, name string) effect.Effect {
	t.Helper()
	for _, e := range Effects() {
		if e.Name == name {
			return e
		}
	}
	t.Fatalf("no effect %s", name)
	return effect.Effect{}
}

func TestTheSamePictureAndParametersGiveTheSameBytes(t *testing.T) {
	m := sized(t, 500, 380)
	for _, e := range Effects() {
		many := run(t, e, m, nil)
		cores := runtime.GOMAXPROCS(1)
		one := run(t, e, m, nil)
		runtime.GOMAXPROCS(cores)
		if !bytes.Equal(pixels(many), pixels(one)) {
			t.Errorf("%s differs between one core and many", e.Name)
		}
	}
}

func TestMemoryPerPixelStaysWithinItsBound(t *testing.T) {
	const w, h = 1500, 1100
	const bound, fixed = 8, 2 << 20 // the papers and the strokes are counted once
	m := sized(t, w, h)
	work := clone(m)
	second := effecttest.Photo(t, samples.Coffee)
	for _, e := range Effects() {
		v, err := e.Read(nil)
		if err != nil {
			t.Fatal(err)
		}
		copy(work.Pix, m.Pix)
		in := effect.Input{Pictures: []*image.NRGBA{work, second}[:e.Least]}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r, err := e.Run(t.Context(), in, v, func(float64) {})
		runtime.ReadMemStats(&after)
		if err != nil {
			t.Fatal(err)
		}
		used := int(after.TotalAlloc - before.TotalAlloc)
		if r.Picture.Rect != work.Rect {
			used -= len(r.Picture.Pix)
		}
		t.Logf("%s: %.1f bytes per pixel", e.Name, float64(used)/(w*h))
		if used > bound*w*h+fixed {
			t.Errorf("%s allocated %d bytes, %.1f per pixel", e.Name, used, float64(used)/(w*h))
		}
	}
}

func TestAPartOfALargerPictureIsTreatedLikeAPictureOfItsOwn(t *testing.T) {
	t.Parallel()
	own := effecttest.Face(t)
	for _, e := range Effects() {
		part := effecttest.Photo(t, samples.Astronaut).SubImage(image.Rect(100, 10, 356, 266)).(*image.NRGBA)
		out, err := begin(t.Context(), t, e, part, func(float64) {})
		if err != nil {
			t.Fatal(err)
		}
		if want := run(t, e, own, nil); out.Rect != want.Rect || !bytes.Equal(pixels(out), pixels(want)) {
			t.Errorf("%s differs", e.Name)
		}
	}
}

func TestProgressOnlyRisesAndEndsAtOne(t *testing.T) {
	t.Parallel()
	for _, e := range Effects() {
		last, calls := 0.0, 0
		_, err := begin(t.Context(), t, e, effecttest.Face(t), func(p float64) {
			if p < last || p > 1 {
				t.Errorf("%s went from %g to %g", e.Name, last, p)
			}
			last, calls = p, calls+1
		})
		if err != nil || last != 1 || calls < 8 {
			t.Errorf("%s ended at %g after %d calls: %v", e.Name, last, calls, err)
		}
	}
}

func TestACancelledEffectStopsWithinABand(t *testing.T) {
	t.Parallel()
	for _, e := range Effects() {
		ctx, cancel := context.WithCancel(t.Context())
		calls := 0
		out, err := begin(ctx, t, e, effecttest.Face(t), func(float64) {
			if calls++; calls == 3 {
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) || out != nil || calls > 3+runtime.GOMAXPROCS(0) {
			t.Errorf("%s: %v after %d calls", e.Name, err, calls)
		}
		if _, err := begin(ctx, t, e, effecttest.Face(t), func(float64) {}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s started: %v", e.Name, err)
		}
	}
}

func TestOddPicturesDoNotBreakAnEffect(t *testing.T) {
	t.Parallel()
	for _, e := range Effects() {
		for _, size := range []image.Point{{1, 1}, {1, 90}, {90, 1}, {3, 2}, {5, 2000}} {
			m := image.NewNRGBA(image.Rectangle{Max: size})
			out := run(t, e, m, nil)
			want := m.Rect
			if e.Name == "upscale" {
				want.Max = want.Max.Mul(2)
			}
			if out.Rect != want || out.Pix[3] != 0 {
				t.Errorf("%s of %v: %v, transparency %d", e.Name, size, out.Rect, out.Pix[3])
			}
		}
		if _, err := begin(t.Context(), t, e, nil, func(float64) {}); err == nil {
			t.Errorf("%s of nothing", e.Name)
		}
	}
}

func TestALargeCopyLooksLikeTheSmallOne(t *testing.T) {
	t.Parallel()
	for _, e := range Effects() {
		if e.Name == "upscale" || e.Name == "denoise" { // their look is that of pixels
			continue
		}
		small, large := run(t, e, sized(t, 480, 480), nil), run(t, e, sized(t, 1280, 1280), nil)
		again := image.NewNRGBA(small.Rect)
		draw.CatmullRom.Scale(again, again.Rect, large, large.Rect, draw.Src, nil)
		a, b := blurred(small), blurred(again)
		if d := difference(a, b); d > 12 {
			t.Errorf("%s differs by %.1f on average", e.Name, d)
		} else {
			t.Logf("%s: %.1f", e.Name, d)
		}
	}
}

// blurred is what the eye sees from afar: a quarter of the pixels along each side.
func blurred(m *image.NRGBA) *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, m.Rect.Dx()/4, m.Rect.Dy()/4))
	draw.CatmullRom.Scale(out, out.Rect, m, m.Rect, draw.Src, nil)
	return out
}
