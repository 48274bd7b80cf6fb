package motion

import (
	"bytes"
	"context"
	"errors"
	"image"
	"math"
	"testing"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/effecttest"
	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/effects/raster"
	"vow.example/vow/internal/effects/samples"
	"vow.example/vow/internal/fault"
)

// plans are one film of each kind, small and short.
func plans(t *testing.T) map[string]*effect.Film {
	t.Helper()
	small := func(more ...string) map[string]string {
		m := map[string]string{"size": "small", "seconds": "2"}
		for i := 0; i < len(more); i += 2 {
			m[more[i]] = more[i+1]
		}
		return m
	}
	person, cat, cup := effecttest.Photo(t, samples.Astronaut), effecttest.Photo(t, samples.Chelsea), effecttest.Photo(t, samples.Coffee)
	fresh := func(m *image.NRGBA) *image.NRGBA { c := *m; c.Pix = bytes.Clone(m.Pix); return &c }
	films := map[string]*effect.Film{
		"parallax with a person":    made(t, "parallax", small(), fresh(person)),
		"parallax without a person": made(t, "parallax", small(), fresh(cup)),
		"cross fade":                made(t, "cross_fade", small(), fresh(cup), fresh(person), fresh(cat)),
	}
	films["to a face"] = made(t, "pan_zoom", small(), fresh(person))
	films["linear"] = made(t, "pan_zoom", small("path", "left", "easing", "linear"), fresh(cat))
	return films
}

// apart is how far two frames are from each other: on average, and where they differ most over a
// neighborhood. It looks at every third pixel.
func apart(a, b *image.NRGBA) (mean, most float64) {
	const cell = 24
	var sums [64][64]float64
	w, h := a.Rect.Dx(), a.Rect.Dy()
	for y := 0; y < h; y += 3 {
		for x := 0; x < w; x += 3 {
			i := y*a.Stride + 4*x
			d := math.Abs(float64(a.Pix[i])-float64(b.Pix[i])) + math.Abs(float64(a.Pix[i+1])-float64(b.Pix[i+1])) + math.Abs(float64(a.Pix[i+2])-float64(b.Pix[i+2]))
			sums[y/cell][x/cell] += d / 3
			mean += d / 3
		}
	}
	for _, row := range sums {
		for _, s := range row {
			most = max(most, s/(cell*cell/9))
		}
	}
	return mean * 9 / float64(w*h), most
}

func TestFramesFollowEachOtherSmoothly(t *testing.T) {
	t.Parallel()
	for name, f := range plans(t) {
		if f.Width%2 != 0 || f.Height%2 != 0 || max(f.Width, f.Height) != 480 || f.Rate != Rate || f.Frames != 50 && f.Frames != 150 {
			t.Errorf("%s: %d×%d, %d frames at %d", name, f.Width, f.Height, f.Frames, f.Rate)
		}
		first := frame(t, f, 0)
		before, far, lastMean, lastMost := first, 0.0, 0.0, 0.0
		for n := 1; n < f.Frames; n++ {
			m := frame(t, f, n)
			mean, most := apart(before, m)
			if n > 1 && (mean > 1.5*lastMean+0.8 || most > 2*lastMost+8) {
				t.Errorf("%s: frame %d jumps: by %.1f, at most %.1f, after %.1f and %.1f", name, n, mean, most, lastMean, lastMost)
			}
			whole, _ := apart(first, m)
			before, lastMean, lastMost, far = m, mean, most, max(far, whole)
		}
		if far < 2 {
			t.Errorf("%s: nothing moves: %.2f", name, far)
		}
	}
}

func TestAFilmStartsAndEndsAtRest(t *testing.T) {
	t.Parallel()
	for name, f := range plans(t) {
		if name == "linear" {
			continue
		}
		n := f.Frames
		middle, _ := apart(frame(t, f, n/4), frame(t, f, n/4+1))
		start, _ := apart(frame(t, f, 0), frame(t, f, 1))
		end, _ := apart(frame(t, f, n-2), frame(t, f, n-1))
		if start > 0.2*middle+0.1 || end > 0.2*middle+0.1 {
			t.Errorf("%s: starts at %.2f and ends at %.2f, and moves at %.2f", name, start, end, middle)
		}
	}
	if v := smooth(0.01); v > 0.001 {
		t.Errorf("a hundredth of the time takes the camera to %v", v)
	}
	for i := range 1000 {
		a, b := smooth(float64(i)/1000), smooth(float64(i+1)/1000)
		if b < a || b-a > 0.0015 || math.Abs(a+smooth(1-float64(i)/1000)-1) > 1e-9 {
			t.Fatalf("at %d: from %v to %v", i, a, b)
		}
	}
	if smooth(0) != 0 || smooth(1) != 1 || smooth(-1) != 0 || smooth(2) != 1 || steady(0.3) != 0.3 {
		t.Error("the ends of an easing are wrong")
	}
}

func TestFramesAreWholeAndAlwaysTheSame(t *testing.T) {
	t.Parallel()
	again := plans(t)
	for name, f := range plans(t) {
		for _, n := range []int{0, f.Frames / 3, f.Frames - 1} {
			want := frame(t, again[name], n)
			big := image.NewNRGBA(image.Rect(-3, -5, f.Width+4, f.Height+7)) // a part of a larger picture, and full of dirt
			for i := range big.Pix {
				big.Pix[i] = uint8(i*7 + 1)
			}
			dst := big.SubImage(image.Rect(1, 2, f.Width+1, f.Height+2)).(*image.NRGBA)
			if err := f.Draw(t.Context(), n, dst); err != nil {
				t.Fatal(err)
			}
			for y := range f.Height {
				if !bytes.Equal(dst.Pix[y*dst.Stride:][:4*f.Width], want.Pix[y*want.Stride:][:4*f.Width]) {
					t.Fatalf("%s: frame %d differs in row %d", name, n, y)
				}
			}
			for i := 3; i < len(want.Pix); i += 4 {
				if want.Pix[i] != 255 {
					t.Fatalf("%s: frame %d is not opaque", name, n)
				}
			}
			if i := big.PixOffset(f.Width+1, 2); big.Pix[i] != uint8(i*7+1) {
				t.Errorf("%s: writes beside the frame", name)
			}
		}
		for _, n := range []int{-1, f.Frames} {
			if f.Draw(t.Context(), n, frame(t, f, 0)) == nil {
				t.Errorf("%s: frame %d was drawn", name, n)
			}
		}
		if f.Draw(t.Context(), 0, image.NewNRGBA(image.Rect(0, 0, 8, 8))) == nil {
			t.Errorf("%s: a frame of another size was drawn", name)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := f.Draw(ctx, 0, image.NewNRGBA(image.Rect(0, 0, f.Width, f.Height))); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: a cancelled frame: %v", name, err)
		}
	}
}

func TestTheCameraStaysInsideThePicture(t *testing.T) {
	t.Parallel()
	keeps := []view{{}, {300, 100, 60, 90}, {0, 0, 50, 50}, {550, 350, 50, 50}, {0, 0, 600, 400}, {20, 10, 300, 380}}
	for _, aspect := range []float64{0.42, 0.75, 1, 1.5, 2.4} {
		for _, keep := range keeps {
			s := shot{w: 600, h: 400, aspect: aspect, keep: keep, x: 320, y: 180}
			if keep.w > 0 {
				s.x, s.y = keep.center()
			}
			for _, p := range []string{"auto", "in", "out", "left", "right", "up", "down", "face", "slow"} {
				m := s.along(p, smooth)
				if p == "slow" {
					m = s.slow(1)
				}
				for i := range 101 {
					v := m.at(float64(i) / 100)
					if v.x < -1e-6 || v.y < -1e-6 || v.x+v.w > s.w+1e-6 || v.y+v.h > s.h+1e-6 || math.Abs(v.w/v.h-aspect) > 1e-6 || v.w < 60 {
						t.Fatalf("%s, aspect %v, keep %v: the camera sees %+v", p, aspect, keep, v)
					}
					f := s.full()
					if keep.w > 0 && keep.w <= f.w && keep.h <= f.h && (v.x > keep.x+1e-6 || v.y > keep.y+1e-6 || v.x+v.w < keep.x+keep.w-1e-6 || v.y+v.h < keep.y+keep.h-1e-6) {
						t.Fatalf("%s, aspect %v: at %d the face %+v leaves the frame %+v", p, aspect, i, keep, v)
					}
				}
			}
		}
	}
}

func TestAFaceStaysInEveryFrame(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		effect string
		params map[string]string
	}{
		{"pan_zoom", map[string]string{"path": "auto"}}, {"pan_zoom", map[string]string{"path": "face"}},
		{"pan_zoom", map[string]string{"path": "left"}}, {"parallax", map[string]string{"strength": "1"}}, {"video", nil},
	} {
		params := map[string]string{"size": "small", "seconds": "2"}
		for k, v := range c.params {
			params[k] = v
		}
		f := made(t, c.effect, params, effecttest.Photo(t, samples.Astronaut))
		for n := 0; n < f.Frames; n += 7 {
			found := face.Find(frame(t, f, n))
			if len(found) == 0 || !found[0].Box.In(image.Rect(0, 0, f.Width, f.Height)) {
				t.Errorf("%s %v: frame %d has the faces %v", c.effect, c.params, n, len(found))
			}
		}
	}
}

func TestEverySizeAndShapeOfPictureMakesAFilm(t *testing.T) {
	t.Parallel()
	for _, size := range []image.Point{{1, 1}, {2, 3}, {1, 300}, {300, 1}, {37, 53}, {641, 173}, {90, 500}} {
		for _, e := range []string{"pan_zoom", "parallax", "cross_fade", "video"} {
			pictures := []*image.NRGBA{spotted(size)}
			if e == "cross_fade" {
				pictures = append(pictures, spotted(image.Pt(size.Y, size.X)))
			}
			f := made(t, e, map[string]string{"size": "small", "seconds": "1"}, pictures...)
			if f.Width%2+f.Height%2 != 0 || max(f.Width, f.Height) != 480 {
				t.Errorf("%s of %v: %d×%d", e, size, f.Width, f.Height)
			}
			frame(t, f, 0)
			frame(t, f, f.Frames-1)
		}
	}
}

// spotted is a part of a larger picture, with transparent spots.
func spotted(size image.Point) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, size.X+5, size.Y+3))
	for i := range m.Pix {
		m.Pix[i] = uint8(i * 13)
	}
	return m.SubImage(image.Rect(2, 1, size.X+2, size.Y+1)).(*image.NRGBA)
}

func TestTransparencyBecomesWhite(t *testing.T) {
	t.Parallel()
	f := made(t, "pan_zoom", map[string]string{"size": "small", "seconds": "1"}, image.NewNRGBA(image.Rect(0, 0, 40, 30)))
	if p := frame(t, f, 5).Pix; p[0] != 255 || p[1] != 255 || p[2] != 255 || p[3] != 255 {
		t.Errorf("nothing became %v", p[:4])
	}
}

func TestWishesThatCannotBeMetAreRefused(t *testing.T) {
	t.Parallel()
	cup := func() *image.NRGBA { return effecttest.Photo(t, samples.Coffee) }
	for name, c := range map[string]struct {
		effect, param, value, code string
		pictures                   []*image.NRGBA
	}{
		"a face where none is":      {"pan_zoom", "path", "face", effect.CodeNoFace, []*image.NRGBA{cup()}},
		"a fade of one picture":     {"video", "motion", "cross_fade", effect.CodePictures, []*image.NRGBA{cup()}},
		"a camera over two":         {"video", "motion", "pan_zoom", effect.CodePictures, []*image.NRGBA{cup(), cup()}},
		"depth in several pictures": {"video", "motion", "parallax", effect.CodePictures, []*image.NRGBA{cup(), cup()}},
	} {
		if _, err := attempt(t, c.effect, map[string]string{c.param: c.value}, c.pictures...); fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	for value, frames := range map[string]int{"auto": 50, "pan_zoom": 50, "parallax": 50} {
		if f := made(t, "video", map[string]string{"motion": value, "seconds": "2", "size": "small"}, cup()); f.Frames != frames {
			t.Errorf("%s: %d frames", value, f.Frames)
		}
	}
	if f := made(t, "video", map[string]string{"seconds": "2", "size": "small"}, cup(), cup(), cup()); f.Frames != 150 {
		t.Errorf("three pictures: %d frames", f.Frames)
	}
}

func TestACancelledPlanStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, e := range Effects() {
		v, err := e.Read(nil)
		if err != nil {
			t.Fatal(err)
		}
		in := effect.Input{Pictures: []*image.NRGBA{spotted(image.Pt(64, 64)), spotted(image.Pt(64, 64))}[:e.Least]}
		if _, err := e.Run(ctx, in, v, func(float64) {}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", e.Name, err)
		}
	}
}

func TestWhatIsHiddenIsFilledFromAroundIt(t *testing.T) {
	t.Parallel()
	const w, h = 120, 90
	m, matte := image.NewNRGBA(image.Rect(0, 0, w, h)), make([]uint8, w*h)
	for i := range matte {
		x, y := i%w, i/w
		c := [4]uint8{uint8(60 + x), 100, 80, 255}
		if x > 40 && x < 70 && y > 30 {
			c, matte[i] = [4]uint8{255, 0, 255, 255}, 255
		}
		copy(m.Pix[4*i:], c[:])
	}
	j, err := raster.Start(m, 20, nil)
	if err != nil {
		t.Fatal(err)
	}
	back, err := behind(t.Context(), j, m, matte)
	if err != nil {
		t.Fatal(err)
	}
	for i := range matte {
		p := back.Pix[4*i:]
		if math.Abs(float64(p[0])-float64(60+i%w)) > 24 || math.Abs(float64(p[1])-100) > 4 || p[3] != 255 {
			t.Fatalf("at %d,%d: %v", i%w, i/w, p[:4])
		}
	}
}
