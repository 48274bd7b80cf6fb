package matte

import (
	"context"
	"image"
	"image/color"
	"math"
	"testing"

	"vow.example/vow/internal/effects/raster"
)

func start(t *testing.T, m *image.NRGBA) *raster.Job {
	t.Helper()
	j, err := raster.Start(m, 100, nil)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// star is a dark wavy star on a bright ground, its true opacity, and a mask that only knows its disc.
func star(side int) (m *image.NRGBA, truth func(x, y int) float64, mask *image.Alpha) {
	k := float64(side) / 200
	truth = func(x, y int) float64 {
		dx, dy := (float64(x)+0.5)/k-100, (float64(y)+0.5)/k-100
		r := 60 + 6*math.Sin(14*math.Atan2(dy, dx))
		return math.Min(math.Max(k*(r-math.Hypot(dx, dy))+0.5, 0), 1)
	}
	m = image.NewNRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			a := truth(x, y)
			mix := func(in, out float64) uint8 { return uint8(a*in + (1-a)*out + 0.5) }
			ground := 200 + 15*math.Sin(float64(x)/k/9)
			m.SetNRGBA(x, y, color.NRGBA{R: mix(60, ground), G: mix(40, ground), B: mix(30, ground+20), A: 255})
		}
	}
	mask = image.NewAlpha(image.Rect(0, 0, 100, 100))
	for y := range 100 {
		for x := range 100 {
			d := 30 - math.Hypot(float64(x)-49.5, float64(y)-49.5)
			mask.Pix[y*mask.Stride+x] = uint8(255 * math.Min(math.Max(d/6+0.5, 0), 1))
		}
	}
	return m, truth, mask
}

func TestARefinedMatteFollowsTheEdge(t *testing.T) {
	t.Parallel()
	for _, side := range []int{200, 1000} {
		m, truth, mask := star(side)
		got, err := Refine(t.Context(), start(t, m), m, mask, 0.06*float64(side))
		if err != nil {
			t.Fatal(err)
		}
		coarse := FromMask(mask, image.Pt(side, side))
		before, after := 0.0, 0.0
		reader, row := got.Reader(), make([]float32, side)
		for y := range side {
			reader.Read(row, m, 0, y)
			for x, a := range row {
				before += math.Abs(float64(coarse.V[y*side+x]) - truth(x, y))
				after += math.Abs(float64(a) - truth(x, y))
			}
		}
		if after > before/4 {
			t.Errorf("%d: the error went from %.0f to %.0f", side, before, after)
		}
	}
}

func TestReadingAPartIsReadingTheWhole(t *testing.T) {
	t.Parallel()
	m, _, mask := star(200)
	got, err := Refine(t.Context(), start(t, m), m, mask, 12)
	if err != nil {
		t.Fatal(err)
	}
	whole, part := make([]float32, 200), make([]float32, 31)
	got.Reader().Read(whole, m, 0, 77)
	got.Reader().Read(part, m, 40, 77)
	for i, v := range part {
		if v != whole[40+i] {
			t.Fatalf("column %d: %v and %v", 40+i, v, whole[40+i])
		}
	}
	where := got.Bounds()
	for y := range 200 {
		got.Reader().Read(whole, m, 0, y)
		for x, v := range whole {
			if v > 0.02 && !image.Pt(x, y).In(where) {
				t.Fatalf("%d,%d has %.2f outside of %v", x, y, v, where)
			}
		}
	}
}

func TestWhatFadesIsGone(t *testing.T) {
	t.Parallel()
	m, _, mask := star(200)
	got, err := Refine(t.Context(), start(t, m), m, mask, 12)
	if err != nil {
		t.Fatal(err)
	}
	got.Fade(func(x, y float64) float32 {
		if x < 100 {
			return 0
		}
		return 1
	})
	row := make([]float32, 200)
	got.Reader().Read(row, m, 0, 100)
	if row[80] != 0 || row[120] < 0.9 {
		t.Errorf("%.2f on the left, %.2f on the right", row[80], row[120])
	}
}

func TestLayersAreTheColoursOfBothSides(t *testing.T) {
	t.Parallel()
	m, _, mask := star(200)
	j := start(t, m)
	got, err := Refine(t.Context(), j, m, mask, 12)
	if err != nil {
		t.Fatal(err)
	}
	layers, err := got.Layers(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	c := layers.Row(100)[6*160:] // near the right edge
	if math.Abs(float64(c[0])-60.0/255) > 0.06 || math.Abs(float64(c[3])-200.0/255) > 0.12 {
		t.Errorf("front %v, back %v", c[:3], c[3:6])
	}
}

func TestABoxIsTheMeanOfItsSquare(t *testing.T) {
	t.Parallel()
	f := NewField(23, 17, 2)
	for i := range f.V {
		f.V[i] = float32((i * 7919) % 101)
	}
	want := NewField(23, 17, 2)
	const r = 3
	for y := range 17 {
		for x := range 23 {
			for k := range 2 {
				sum, n := float32(0), float32(0)
				for sy := max(0, y-r); sy <= min(16, y+r); sy++ {
					for sx := max(0, x-r); sx <= min(22, x+r); sx++ {
						sum, n = sum+f.Row(sy)[2*sx+k], n+1
					}
				}
				want.Row(y)[2*x+k] = sum / n
			}
		}
	}
	if err := f.Box(t.Context(), start(t, image.NewNRGBA(image.Rect(0, 0, 1, 1))), r); err != nil {
		t.Fatal(err)
	}
	for i, v := range f.V {
		if math.Abs(float64(v-want.V[i])) > 1e-3 {
			t.Fatalf("number %d is %v instead of %v", i, v, want.V[i])
		}
	}
}

func TestACarriedRampIsARamp(t *testing.T) {
	t.Parallel()
	f := NewField(10, 4, 1)
	for i := range f.V {
		f.V[i] = float32(i % 10)
	}
	c := f.Carry(100, 40)
	row := make([]float32, 100)
	c.Read(row, 20, 0, c.Scratch())
	for x := 5; x < 95; x++ {
		if want := (float64(x)+0.5)/10 - 0.5; math.Abs(float64(row[x])-want) > 1e-4 {
			t.Fatalf("column %d is %v", x, row[x])
		}
	}
	for _, size := range []image.Point{{1, 1}, {1, 9}, {9, 1}} {
		f := NewField(size.X, size.Y, 3)
		for i := range f.V {
			f.V[i] = 0.5
		}
		c, row := f.Carry(7, 5), make([]float32, 21)
		c.Read(row, 4, 0, c.Scratch())
		if row[0] != 0.5 || row[20] != 0.5 {
			t.Errorf("%v: %v", size, row)
		}
	}
}

func TestAMatteStopsWhenItsContextEnds(t *testing.T) {
	t.Parallel()
	m, _, mask := star(200)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Refine(ctx, start(t, m), m, mask, 12); err == nil {
		t.Error("goes on")
	}
}

func TestAMissingMaskIsEmpty(t *testing.T) {
	t.Parallel()
	m, _, _ := star(64)
	got, err := Refine(t.Context(), start(t, m), m, nil, 3)
	if err != nil {
		t.Fatal(err)
	}
	if r := got.Bounds(); !r.Empty() {
		t.Errorf("%v", r)
	}
}
