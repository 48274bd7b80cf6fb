package blend

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"runtime"
	"testing"

	"vow.example/vow/internal/effects/raster"
)

// disc is a round mask of that many pixels a side, with a soft rim.
func disc(side int) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			d := math.Hypot(float64(x)-float64(side)/2, float64(y)-float64(side)/2) / float64(side)
			m.Pix[y*side+x] = uint8(255 * max(0, min(1, (0.42-d)*40)))
		}
	}
	return m
}

// drawn is a picture of a function.
func drawn(side int, f func(x, y float64) float64) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			v := uint8(f(float64(x)/float64(side), float64(y)/float64(side)) + 0.5)
			m.SetNRGBA(x, y, color.NRGBA{v, 255 - v, v / 2, 255})
		}
	}
	return m
}

func clone(t testing.TB, dst *image.NRGBA, l Layer) *image.NRGBA {
	t.Helper()
	j, err := raster.Start(dst, Passes(dst.Rect.Dx(), dst.Rect.Dy()), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := Clone(t.Context(), j, dst, l); err != nil {
		t.Fatal(err)
	}
	return dst
}

// near trusts colours that differ by less than a fifth.
func near(below, above []uint8) float32 {
	if d := int(below[0]) - int(above[0]); d > 50 || d < -50 {
		return 0
	}
	return 1
}

func copied(m *image.NRGBA) *image.NRGBA {
	c := *m
	c.Pix = bytes.Clone(m.Pix)
	return &c
}

// The functions solve Laplace's equation: laid over a flat picture they must come back.
func TestABorderIsContinuedWithTheSmoothestField(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]func(x, y float64) float64{
		"plane":  func(x, y float64) float64 { return 40 + 150*x },
		"tilted": func(x, y float64) float64 { return 30 + 90*x + 100*y },
		"saddle": func(x, y float64) float64 { x, y = 2*x-1, 2*y-1; return 128 + 100*(x*x-y*y) },
		"cubic":  func(x, y float64) float64 { x, y = 2*x-1, 2*y-1; return 128 + 100*(x*x*x-3*x*y*y) },
	} {
		for _, side := range []int{61, 240, 500} {
			t.Run(fmt.Sprint(name, side), func(t *testing.T) {
				t.Parallel()
				want := drawn(side, f)
				flat := drawn(side, func(x, y float64) float64 { return 120 })
				mask := disc(side)
				for i, m := range mask.Pix {
					if m > 0 {
						mask.Pix[i] = 255
					}
				}
				got := clone(t, copied(want), Layer{Picture: flat, Mask: mask})
				var sum, worst, n float64
				for i, m := range mask.Pix {
					if m == 0 {
						continue
					}
					d := math.Abs(float64(got.Pix[4*i]) - float64(want.Pix[4*i]))
					sum, worst, n = sum+d, max(worst, d), n+1
				}
				t.Logf("mean %.2f worst %.0f", sum/n, worst)
				if sum/n > 1 || worst > 4 {
					t.Errorf("mean error %.2f, worst %.0f grey levels", sum/n, worst)
				}
			})
		}
	}
}

func TestALayerKeepsItsDetailAndTakesTheColourAround(t *testing.T) {
	t.Parallel()
	side := 200
	below := drawn(side, func(x, y float64) float64 { return 180 })
	layer := drawn(side, func(x, y float64) float64 { return 80 + 20*math.Sin(60*x) })
	got := clone(t, copied(below), Layer{Picture: layer, Mask: disc(side)})
	var mean float64
	low, high := 255.0, 0.0
	for x := side / 4; x < side*3/4; x++ {
		v := float64(got.NRGBAAt(x, side/2).R)
		mean += v / float64(side/2)
		low, high = min(low, v), max(high, v)
	}
	if math.Abs(mean-180) > 5 || high-low < 35 || high-low > 45 {
		t.Errorf("mean %.0f, from %.0f to %.0f", mean, low, high)
	}
}

func TestPixelsThatTheMaskLeavesOutKeepTheirBytes(t *testing.T) {
	t.Parallel()
	below := drawn(150, func(x, y float64) float64 { return 250 * x * y })
	below.SetNRGBA(3, 3, color.NRGBA{1, 2, 3, 4})
	mask := disc(150)
	got := clone(t, copied(below), Layer{Picture: drawn(150, func(x, y float64) float64 { return 90 }), Mask: mask, Trust: near})
	for i, m := range mask.Pix {
		if m == 0 && !bytes.Equal(got.Pix[4*i:4*i+4], below.Pix[4*i:4*i+4]) {
			t.Fatalf("pixel %d changed", i)
		}
		if got.Pix[4*i+3] != below.Pix[4*i+3] {
			t.Fatalf("pixel %d has another transparency", i)
		}
	}
}

// Dark hair hangs over the upper border: its darkness must not run into the layer.
func TestAnEdgeAtTheBorderIsNotSpread(t *testing.T) {
	t.Parallel()
	side := 200
	below := drawn(side, func(x, y float64) float64 {
		if y < 0.4 {
			return 20
		}
		return 160
	})
	layer := drawn(side, func(x, y float64) float64 { return 150 })
	below2 := copied(below)
	plain := clone(t, below, Layer{Picture: layer, Mask: disc(side)}).NRGBAAt(100, 50).R
	aware := clone(t, below2, Layer{Picture: layer, Mask: disc(side), Trust: near}).NRGBAAt(100, 50).R
	if aware < 150 || plain > 110 {
		t.Errorf("brightness below the hair: %d, without the rule %d", aware, plain)
	}
}

func TestTheColourOfTheBorderFadesWhereAsked(t *testing.T) {
	t.Parallel()
	below := drawn(200, func(x, y float64) float64 { return 180 })
	layer := drawn(200, func(x, y float64) float64 { return 80 })
	got := clone(t, below, Layer{Picture: layer, Mask: disc(200), Fade: 12})
	if v := got.NRGBAAt(100, 100).R; v > 85 {
		t.Errorf("the middle is %d, want about 80", v)
	}
	if v := got.NRGBAAt(100, 22).R; v < 130 || v > 165 {
		t.Errorf("the rim is %d, want about 146", v)
	}
}

func TestCoresAndPlaceInALargerPictureDoNotMatter(t *testing.T) {
	side := 420
	below := drawn(side, func(x, y float64) float64 { return 40 + 200*x*y })
	l := Layer{Picture: drawn(side, func(x, y float64) float64 { return 128 + 100*math.Sin(9*x+20*y*y) }), Mask: disc(side), Trust: near, Fade: 90}
	many := clone(t, copied(below), l)
	cores := runtime.GOMAXPROCS(1)
	one := clone(t, copied(below), l)
	runtime.GOMAXPROCS(cores)
	if !bytes.Equal(many.Pix, one.Pix) {
		t.Error("one core and many differ")
	}
	wide := image.NewNRGBA(image.Rect(-7, 5, side+20, side+40))
	part := wide.SubImage(image.Rect(3, 9, 3+side, 9+side)).(*image.NRGBA)
	for y := range side {
		copy(part.Pix[y*part.Stride:][:4*side], below.Pix[y*below.Stride:])
	}
	clone(t, part, l)
	for y := range side {
		if !bytes.Equal(part.Pix[y*part.Stride:][:4*side], one.Pix[y*one.Stride:][:4*side]) {
			t.Fatalf("row %d differs within a larger picture", y)
		}
	}
}

func TestProgressRisesToOneAndACancelledLayerStops(t *testing.T) {
	t.Parallel()
	for _, side := range []int{20, 161, 400} {
		last := 0.0
		below := drawn(side, func(x, y float64) float64 { return 200 })
		j, err := raster.Start(below, Passes(side, side), func(p float64) {
			if p < last {
				t.Errorf("progress fell from %g to %g", last, p)
			}
			last = p
		})
		if err != nil {
			t.Fatal(err)
		}
		l := Layer{Picture: copied(below), Mask: disc(side)}
		if err := Clone(t.Context(), j, below, l); err != nil || last != 1 {
			t.Errorf("side %d ended at %g: %v", side, last, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := Clone(ctx, j, below, l); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
	}
}

func TestAnEmptyAndAFullMaskWork(t *testing.T) {
	t.Parallel()
	for _, v := range []uint8{0, 255} {
		for _, side := range []int{1, 2, 5, 64} {
			mask := image.NewGray(image.Rect(0, 0, side, side))
			for i := range mask.Pix {
				mask.Pix[i] = v
			}
			below := drawn(side, func(x, y float64) float64 { return 200 })
			got := clone(t, copied(below), Layer{Picture: drawn(side, func(x, y float64) float64 { return 10 }), Mask: mask, Trust: near})
			if v == 0 && !bytes.Equal(got.Pix, below.Pix) {
				t.Errorf("side %d: an empty mask changed the picture", side)
			}
		}
	}
}

func BenchmarkClone(b *testing.B) {
	for _, side := range []int{400, 1600} {
		b.Run(fmt.Sprint(side), func(b *testing.B) {
			below := drawn(side, func(x, y float64) float64 { return 40 + 200*x*y })
			l := Layer{Picture: drawn(side, func(x, y float64) float64 { return 128 + 100*math.Sin(9*x+20*y*y) }), Mask: disc(side)}
			b.ReportAllocs()
			for b.Loop() {
				clone(b, below, l)
			}
		})
	}
}
