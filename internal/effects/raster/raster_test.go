package raster

import (
	"bytes"
	"image"
	"image/color"
	"math"
	"strings"
	"testing"
)

func job1(t *testing.T) *Job {
	t.Helper()
	j, err := Start(image.NewNRGBA(image.Rect(0, 0, 1, 1)), 100, nil)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestABlurKeepsTheLightAndSpreadsAsFarAsItSays(t *testing.T) {
	t.Parallel()
	const side = 201
	for _, sigma := range []float64{0.6, 1, 3, 12} {
		p, c := NewPlane(side, side), Colors{side, side, make([]float32, 3*side*side)}
		p.V[100*side+100], c.V[3*(100*side+100)+1] = 1, 1
		if err := job1(t).Blur(t.Context(), p, sigma); err != nil {
			t.Fatal(err)
		}
		if err := job1(t).BlurColors(t.Context(), c, sigma); err != nil {
			t.Fatal(err)
		}
		sum, spread := 0.0, 0.0
		for i, v := range p.V {
			d := float64(i%side - 100)
			sum += float64(v)
			spread += float64(v) * d * d
			if c.V[3*i+1] != v || c.V[3*i] != 0 {
				t.Fatalf("sigma %g: colours are blurred otherwise than a plane", sigma)
			}
		}
		if math.Abs(sum-1) > 0.01 || math.Abs(math.Sqrt(spread)-sigma) > 0.08*sigma {
			t.Errorf("sigma %g: light %.3f, spread %.3f", sigma, sum, math.Sqrt(spread))
		}
	}
}

// halves is a picture of two noisy grays, 120 apart.
func halves(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			v := uint8(60 + 12*knot(1, int64(x), int64(y)))
			if x >= w/2 {
				v += 120
			}
			m.SetNRGBA(x, y, color.NRGBA{v, v, v, 255})
		}
	}
	return m
}

func TestSmoothingFlattensNoiseAndKeepsAnEdge(t *testing.T) {
	t.Parallel()
	m := halves(80, 80)
	j := job1(t)
	c, err := j.ColorsOf(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	before := c.Row(40)[3*20] - c.Row(40)[3*21]
	if err := j.Smooth(t.Context(), c, m, 20, 0.4); err != nil {
		t.Fatal(err)
	}
	row := c.Row(40)
	if edge := row[3*41] - row[3*38]; edge < 110.0/255 {
		t.Errorf("the edge sank to %.3f", edge)
	}
	if after := row[3*20] - row[3*21]; math.Abs(float64(after)) > 0.02 {
		t.Errorf("the noise went from %.3f to %.3f", before, after)
	}
}

func TestAReducedPictureJoinsTheLargeOneAlongItsEdges(t *testing.T) {
	t.Parallel()
	m := halves(1803, 1750) // the edge lies inside of a reduced pixel
	j := job1(t)
	r, err := j.Reduce(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	if r.Factor != 3 || r.Pic.Rect != image.Rect(0, 0, 601, 584) {
		t.Fatalf("reduced %d times to %v", r.Factor, r.Pic.Rect)
	}
	c, err := j.ColorsOf(t.Context(), r.Pic)
	if err != nil {
		t.Fatal(err)
	}
	joined, stretched, plane := make([]float32, 3*1803), make([]float32, 3*1803), make([]float32, 1803)
	r.Join(joined, c, 900, m.Pix[900*m.Stride:])
	r.StretchColors(stretched, c, 900)
	l, err := j.LumaOf(t.Context(), r.Pic)
	if err != nil {
		t.Fatal(err)
	}
	r.Stretch(plane, l, 900)
	jump := func(row []float32) float32 { return row[3*902] - row[3*900] }
	if jump(joined) < 0.4 || jump(joined) < 1.5*jump(stretched) {
		t.Errorf("the edge is %.2f joined and %.2f stretched", jump(joined), jump(stretched))
	}
	for x := range plane {
		if math.Abs(float64(plane[x]-stretched[3*x])) > 1e-5 {
			t.Fatalf("at %d a plane is %.4f and a colour %.4f", x, plane[x], stretched[3*x])
		}
	}
}

func TestTheFlowRunsAlongEdges(t *testing.T) {
	t.Parallel()
	for angle := 0.0; angle < math.Pi; angle += math.Pi / 7 {
		p := NewPlane(60, 60)
		for i := range p.V {
			x, y := float64(i%60), float64(i/60)
			p.V[i] = float32(0.5 + 0.4*math.Sin((y*math.Cos(angle)-x*math.Sin(angle))/3))
		}
		f, err := job1(t).FlowOf(t.Context(), p, 3)
		if err != nil {
			t.Fatal(err)
		}
		v := f.Row(30)[3*30 : 3*30+3]
		if along := math.Abs(float64(v[0])*math.Cos(angle) + float64(v[1])*math.Sin(angle)); along < 0.99 || v[2] < 0.8 {
			t.Errorf("at %.2f: %v, %.3f along", angle, v, along)
		}
		smooth, err := job1(t).Along(t.Context(), p, f, 6)
		if err != nil {
			t.Fatal(err)
		}
		if d := smooth.Row(30)[30] - p.Row(30)[30]; d > 0.1 || d < -0.1 {
			t.Errorf("at %.2f smoothing along the lines changes them by %.2f", angle, d)
		}
	}
}

func TestBuffersComeBackClearedAndAreUsedAgain(t *testing.T) {
	t.Parallel()
	j := job1(t)
	b := j.Floats(1000)
	for i := range b {
		b[i] = 7
	}
	j.Drop(b)
	c := j.Floats(900)
	if &c[0] != &b[0] {
		t.Error("a dropped buffer is not used again")
	}
	for i, v := range b {
		if v != 0 {
			t.Fatalf("number %d of a dropped buffer is %g", i, v)
		}
	}
	if d := j.Floats(10); len(d) != 10 || &d[0] == &c[0] {
		t.Error("a buffer was given twice")
	}
}

func TestStripsSeeRowsAsTheyWereWhateverOthersOverwrite(t *testing.T) {
	t.Parallel()
	for _, h := range []int{1, 7, 90, 700} {
		m := image.NewNRGBA(image.Rect(0, 0, 2, h))
		for y := range h {
			m.Pix[y*m.Stride] = uint8(y * 5)
		}
		want := bytes.Clone(m.Pix)
		err := job1(t).Strips(t.Context(), m, 2, func(lo, hi int, row func(int) []uint8) {
			for y := lo - 2; y < hi+2; y++ {
				if at := max(0, min(h-1, y)); (y < lo || y >= hi) && row(y)[0] != want[at*m.Stride] {
					t.Errorf("row %d of %d is %d", y, h, row(y)[0])
				}
			}
			for y := lo; y < hi; y++ {
				m.Pix[y*m.Stride] = 255
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestAGrainRepeatsWithoutASeamAndForASeedOnly(t *testing.T) {
	t.Parallel()
	layers := []Layer{{X: 32, Y: 2, Weight: 0.6}, {X: 8, Y: 8, Weight: 0.4}}
	a, err := job1(t).Grain(t.Context(), 1, layers...)
	if err != nil {
		t.Fatal(err)
	}
	b, err := job1(t).Grain(t.Context(), 2, layers...)
	if err != nil {
		t.Fatal(err)
	}
	same, sum := 0, 0.0
	for i := range 2000 {
		x, y := float32(i)*0.73-300, float32(i)*0.31
		v := a.At(x, y)
		sum += float64(v)
		if v == b.At(x, y) {
			same++
		}
		if d := v - a.At(x+grainSide, y-grainSide); d > 0.01 || d < -0.01 {
			t.Fatalf("at %g, %g: %g and %g", x, y, v, a.At(x+grainSide, y-grainSide))
		}
		if d := a.At(x+0.1, y) - v; d > 0.1 || d < -0.1 {
			t.Fatalf("a step of %g at %g, %g", d, x, y)
		}
	}
	if same > 200 || math.Abs(sum/2000-0.5) > 0.05 {
		t.Errorf("%d places are the same for another seed, mean %.3f", same, sum/2000)
	}
}

func TestNoiseIsEvenAndRepeatsForASeedOnly(t *testing.T) {
	t.Parallel()
	sum, lo, hi := 0.0, float32(1), float32(0)
	for i := range 10000 {
		v := Noise(5, float32(i)*0.37-1000, float32(i)*0.11)
		lo, hi = min(lo, v), max(hi, v)
		sum += float64(v)
	}
	if lo < 0 || hi > 1 || hi-lo < 0.8 || math.Abs(sum/10000-0.5) > 0.03 {
		t.Errorf("from %.2f to %.2f, mean %.3f", lo, hi, sum/10000)
	}
	if Noise(1, 2.5, 3.5) != Noise(1, 2.5, 3.5) || Noise(1, 2.5, 3.5) == Noise(2, 2.5, 3.5) {
		t.Error("the seed does not decide")
	}
}

func TestAPanicInABandIsAnError(t *testing.T) {
	t.Parallel()
	if err := job1(t).Bands(t.Context(), 4, func(int, int) { panic("bug") }); err == nil || !strings.Contains(err.Error(), "bug") {
		t.Errorf("%v", err)
	}
}
