package portrait

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"testing"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/effecttest"
	"vow.example/vow/internal/fault"
)

func TestTheSamePhotoGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	m := scaled(effecttest.Photo(t, "astronaut.jpg"), 240)
	for _, e := range Effects() {
		if a, b := apply(t, e.Name, m, nil), apply(t, e.Name, m, nil); !bytes.Equal(a.Pix, b.Pix) {
			t.Errorf("%s differs from itself", e.Name)
		}
	}
}

func TestALargeCopyLooksLikeTheSmallOne(t *testing.T) {
	t.Parallel()
	big := effecttest.Photo(t, "astronaut.jpg")
	m := scaled(big, 300)
	for _, e := range Effects() {
		small, large := apply(t, e.Name, m, nil), apply(t, e.Name, big, nil)
		if d := difference(small, scaled(large, 300)); d > 6 {
			t.Errorf("%s differs by %.1f on average", e.Name, d)
		}
	}
}

func TestAPartOfAPictureIsTreatedLikeACopyOfIt(t *testing.T) {
	t.Parallel()
	m := scaled(effecttest.Photo(t, "astronaut.jpg"), 320)
	for _, e := range Effects() {
		wide := image.NewNRGBA(image.Rect(-5, -9, 360, 350))
		for y := range 320 {
			copy(wide.Pix[wide.PixOffset(7, 4+y):][:4*320], m.Pix[y*m.Stride:])
		}
		v, err := e.Read(nil)
		if err != nil {
			t.Fatal(err)
		}
		part := wide.SubImage(image.Rect(7, 4, 327, 324)).(*image.NRGBA)
		got, err := e.Run(t.Context(), effect.Input{Pictures: []*image.NRGBA{part}}, v, func(float64) {})
		if err != nil || got.Picture.Rect != m.Rect {
			t.Fatalf("%s: %v", e.Name, err)
		}
		if want := apply(t, e.Name, m, nil); !bytes.Equal(clone(got.Picture).Pix, want.Pix) {
			t.Errorf("%s: a part of a picture gives another result", e.Name)
		}
		if c := wide.NRGBAAt(0, 0); c != (color.NRGBA{}) {
			t.Errorf("%s writes outside of its picture", e.Name)
		}
	}
}

func TestOddPicturesAreRefusedOrWorkedOn(t *testing.T) {
	t.Parallel()
	for _, size := range []image.Point{{1, 1}, {1, 90}, {90, 1}, {17, 16}, {300, 3}, {40, 41}} {
		m := image.NewNRGBA(image.Rectangle{Max: size})
		for _, e := range Effects() {
			out, err := try(t, e.Name, effect.Input{Pictures: []*image.NRGBA{m}}, nil)
			if err == nil && out.Rect != m.Rect {
				t.Errorf("%s, %v: became %v", e.Name, size, out.Rect)
			}
			if err != nil && fault.CodeOf(err) != effect.CodeNoFace {
				t.Errorf("%s, %v: %v", e.Name, size, err)
			}
		}
	}
}

func TestWhatIsTransparentStaysTransparent(t *testing.T) {
	t.Parallel()
	m := scaled(effecttest.Photo(t, "astronaut.jpg"), 320)
	for y := range 320 {
		for x := 200; x < 320; x++ {
			c := m.NRGBAAt(x, y)
			c.A = 0
			m.SetNRGBA(x, y, c)
		}
	}
	for _, name := range []string{"portrait_enhance", "background_blur", "portrait_light", "hair_color"} {
		out := apply(t, name, m, nil)
		for i := 3; i < len(out.Pix); i += 4 {
			if out.Pix[i] != m.Pix[i] {
				t.Fatalf("%s: the opacity of pixel %d went from %d to %d", name, i/4, m.Pix[i], out.Pix[i])
			}
		}
	}
}

func TestProgressRisesToOneAndACancelledEffectStops(t *testing.T) {
	t.Parallel()
	m := scaled(effecttest.Photo(t, "astronaut.jpg"), 240)
	for _, e := range Effects() {
		v, err := e.Read(nil)
		if err != nil {
			t.Fatal(err)
		}
		last := -1.0
		_, err = e.Run(t.Context(), effect.Input{Pictures: []*image.NRGBA{clone(m)}}, v, func(p float64) {
			if p <= last {
				t.Errorf("%s: %.3f follows %.3f", e.Name, p, last)
			}
			last = p
		})
		if err != nil || last != 1 {
			t.Errorf("%s: ends at %.3f, %v", e.Name, last, err)
		}
		ctx, stop := context.WithCancel(t.Context())
		_, err = e.Run(ctx, effect.Input{Pictures: []*image.NRGBA{clone(m)}}, v, func(float64) { stop() })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: goes on, %v", e.Name, err)
		}
	}
}

func TestEveryParameterHasADefaultThatIsAllowed(t *testing.T) {
	t.Parallel()
	for _, e := range Effects() {
		if e.Least != 1 || e.Most != 1 || len(e.Params) == 0 {
			t.Errorf("%s takes %d to %d pictures and %d parameters", e.Name, e.Least, e.Most, len(e.Params))
		}
		if _, err := e.Read(nil); err != nil {
			t.Errorf("%s: %v", e.Name, err)
		}
	}
}

func BenchmarkEffects(b *testing.B) {
	m := effecttest.Photo(b, "astronaut.jpg")
	for _, side := range []int{1024, 3500} {
		big := scaled(m, side)
		for _, e := range Effects() {
			b.Run(e.Name+map[int]string{1024: "/1MP", 3500: "/12MP"}[side], func(b *testing.B) {
				v, err := e.Read(nil)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				work := clone(big)
				for b.Loop() {
					copy(work.Pix, big.Pix)
					if _, err := e.Run(b.Context(), effect.Input{Pictures: []*image.NRGBA{work}}, v, func(float64) {}); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N)/(float64(side*side)/1e6), "ms/MP")
			})
		}
	}
}
