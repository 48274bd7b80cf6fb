package swap

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/effecttest"
	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/effects/raster"
)

// reached is where a point of the photo comes to lie in the template.
func (s spline) reached(want, guess face.Point) face.Point {
	const d = 0.01
	p := guess
	for range 30 {
		q := s.at(p)
		x, y := s.at(face.Point{X: p.X + d, Y: p.Y}), s.at(face.Point{X: p.X, Y: p.Y + d})
		a, b, c, e := (x.X-q.X)/d, (y.X-q.X)/d, (x.Y-q.Y)/d, (y.Y-q.Y)/d
		det := a*e - b*c
		ex, ey := want.X-q.X, want.Y-q.Y
		p.X += (e*ex - b*ey) / det
		p.Y += (a*ey - c*ex) / det
	}
	return p
}

// lapse is the mean distance between where landmarks of the photo come to lie and those of the template,
// in eye distances of the template.
func (s spline) lapse(t Template, truth [face.PointCount]face.Point, which []int) float64 {
	sum := 0.0
	for _, i := range which {
		q := s.reached(truth[i], t.Points[i])
		sum += math.Hypot(q.X-t.Points[i].X, q.Y-t.Points[i].Y)
	}
	return sum / float64(len(which)) / t.EyeDistance()
}

// every is all landmarks.
func every() (all []int) {
	for i := range face.PointCount {
		all = append(all, i)
	}
	return all
}

// person is a face of its own: wider or longer than the canonical one, every landmark a little elsewhere.
func person(r *rand.Rand) [face.PointCount]face.Point {
	p := canonical()
	wide, long := 1+0.16*(r.Float64()-0.5), 1+0.16*(r.Float64()-0.5)
	for i := range p {
		p[i].X = p[i].X*wide + 0.05*(r.Float64()-0.5)
		p[i].Y = p[i].Y*long + 0.05*(r.Float64()-0.5)
	}
	return p
}

// view is a photo from somewhere: turned, near or far, a little from the side.
func view(r *rand.Rand, side float64) projective {
	return turned(side, side, 50*(r.Float64()-0.5), 0.5+0.8*r.Float64(), 0.3*(r.Float64()-0.5))
}

func TestLandmarksComeToLieOnThoseOfTheTemplate(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 2))
	tpl := whole()
	box := tpl.maskBox()
	const side = 600
	mean, worst := 0.0, 0.0
	const pairs = 40
	for range pairs {
		points := moved(placed(person(r), side/2, side*0.4, 120), view(r, side))
		e := fitSpline(tpl.Points, points, box).lapse(tpl, points, every())
		mean, worst = mean+e/pairs, max(worst, e)
	}
	t.Logf("mean %.4f, worst %.4f of the eye distance", mean, worst)
	if mean >= 0.02 || worst >= 0.03 {
		t.Errorf("mean %.4f, worst %.4f of the eye distance", mean, worst)
	}
}

// The same, seen: markers are painted on the landmarks of the photo and looked for in the result.
func TestMarkersOnThePhotoAppearAtTheLandmarksOfTheTemplate(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(8, 1))
	tpl := whole()
	const side = 500
	mean := 0.0
	const pairs = 24
	for range pairs {
		m := view(r, side)
		points := moved(placed(person(r), side/2, side*0.4, 100), m)
		plain := image.NewNRGBA(image.Rect(0, 0, side, side))
		for i := range plain.Pix {
			plain.Pix[i] = [4]uint8{190, 150, 130, 255}[i%4]
		}
		marked := copied(plain)
		eyes := face.Face{Points: points}.EyeDistance()
		for _, p := range points {
			dot(marked, p, 0.05*eyes, color.NRGBA{40, 40, 40, 255})
		}
		a, b := into(t, tpl, Source{plain, points}, DefaultBlend), into(t, tpl, Source{marked, points}, DefaultBlend)
		for i, p := range tpl.Points {
			x, y, n := 0.0, 0.0, 0.0
			const reach = drawnEyes * 13 / 100
			for py := int(p.Y) - reach; py <= int(p.Y)+reach; py++ {
				for px := int(p.X) - reach; px <= int(p.X)+reach; px++ {
					if w := float64(a.NRGBAAt(px, py).G) - float64(b.NRGBAAt(px, py).G); w > 25 {
						x, y, n = x+w*float64(px), y+w*float64(py), n+w
					}
				}
			}
			if n == 0 {
				t.Fatalf("there is no marker near %s", face.PointNames()[i])
			}
			mean += math.Hypot(x/n-p.X, y/n-p.Y) / drawnEyes / face.PointCount / pairs
		}
	}
	t.Logf("mean %.4f of the eye distance", mean)
	if mean >= 0.03 {
		t.Errorf("the mean distance is %.4f of the eye distance", mean)
	}
}

func TestATurnedPhotoGivesTheSamePictureAsTheUprightOne(t *testing.T) {
	t.Parallel()
	tpl, src := whole(), effecttest.Photo(t, samplesAstronaut)
	want := into(t, tpl, Source{src, astronautPoints()}, DefaultBlend)
	for _, degrees := range []float64{-25, 10, 170} {
		m := turned(512, 800, degrees, 1.4, 0)
		got := into(t, tpl, Source{projected(src, m, 800), moved(astronautPoints(), m)}, DefaultBlend)
		sum, n := 0.0, 0.0
		for i, v := range tpl.Mask.Pix {
			if v > 0 {
				sum += math.Abs(float64(got.Pix[4*i+1]) - float64(want.Pix[4*i+1]))
				n++
			}
		}
		if sum/n > 3 {
			t.Errorf("turned by %g it differs by %.1f grey levels in the mean", degrees, sum/n)
		}
	}
}

// Across the border of the mask there is no more contrast than between neighbours inside.
func TestThereIsNoSeam(t *testing.T) {
	t.Parallel()
	src := effecttest.Photo(t, samplesAstronaut)
	for name, tpl := range map[string]Template{"lit from the left": shrunk(drawn()), "plain": shrunk(whole())} {
		for _, amount := range []float64{0, 0.5, DefaultBlend, 1} {
			out := into(t, tpl, Source{src, astronautPoints()}, amount)
			across, inside := contrasts(out, tpl.Mask)
			t.Logf("%s, blend %g: across the border %.2f, inside %.2f", name, amount, across, inside)
			if across > inside {
				t.Errorf("%s, blend %g: the contrast across the border is %.2f, inside %.2f", name, amount, across, inside)
			}
		}
	}
}

// shrunk keeps a hard mask on the skin, away from the cap and the bar.
func shrunk(t Template) Template {
	mask := image.NewGray(t.Mask.Rect)
	for y := range drawnHigh {
		for x := range drawnWide {
			if math.Hypot(float64(x-152)/66, float64(y-215)/72) < 1 && t.Mask.Pix[y*t.Mask.Stride+x] > 0 {
				mask.Pix[y*mask.Stride+x] = 255
			}
		}
	}
	for y := 225; y < 240; y++ { // the bar
		for x := 80; x < 112; x++ {
			t.Picture.SetNRGBA(x, y, t.Picture.NRGBAAt(x, 224))
		}
	}
	t.Mask = mask
	return t
}

// contrasts are the mean differences of neighbours across the border of the mask, and within it.
func contrasts(m *image.NRGBA, mask *image.Gray) (across, inside float64) {
	var na, ni float64
	light := func(i int) float64 {
		return float64(raster.Luma(float32(m.Pix[4*i]), float32(m.Pix[4*i+1]), float32(m.Pix[4*i+2])))
	}
	w := mask.Rect.Dx()
	for i := range len(mask.Pix) - w {
		for _, k := range []int{i + 1, i + w} {
			d := math.Abs(light(i) - light(k))
			switch {
			case mask.Pix[i] > 0 && mask.Pix[k] > 0:
				inside, ni = inside+d, ni+1
			case mask.Pix[i] > 0 || mask.Pix[k] > 0:
				across, na = across+d, na+1
			}
		}
	}
	return across / na, inside / ni
}

func TestWhatTheMaskLeavesOutKeepsItsBytes(t *testing.T) {
	t.Parallel()
	tpl := drawn()
	tpl.Picture.SetNRGBA(5, 5, color.NRGBA{1, 2, 3, 40})
	out := into(t, tpl, Source{effecttest.Photo(t, samplesAstronaut), astronautPoints()}, 1)
	changed := 0
	for i, v := range tpl.Mask.Pix {
		same := bytes.Equal(out.Pix[4*i:4*i+4], tpl.Picture.Pix[4*i:4*i+4])
		if v == 0 && !same {
			t.Fatalf("pixel %d changed", i)
		}
		if !same {
			changed++
		}
	}
	if changed < 10000 {
		t.Errorf("only %d pixels changed", changed)
	}
}

// A template that is lit from one side lights the face from that side.
func TestTheFaceTakesTheLightOfTheTemplate(t *testing.T) {
	t.Parallel()
	src := effecttest.Photo(t, samplesAstronaut)
	ratio := func(mirrored bool, amount float64) float64 {
		tpl := drawn()
		for y := range drawnHigh {
			for x := range drawnWide {
				if mirrored && tpl.Mask.GrayAt(x, y).Y > 0 {
					tpl.Picture.SetNRGBA(x, y, mirroredSkin(x))
				}
			}
		}
		out := into(t, tpl, Source{src, astronautPoints()}, amount)
		sum := func(x0 int) (s float64) {
			for y := 200; y < 222; y++ {
				for x := x0; x < x0+25; x++ {
					c := out.NRGBAAt(x, y)
					s += float64(raster.Luma(float32(c.R), float32(c.G), float32(c.B)))
				}
			}
			return s
		}
		return sum(95) / sum(180)
	}
	left, right := ratio(false, 1), ratio(true, 1)
	t.Logf("left to right %.2f lit from the left, %.2f lit from the right", left, right)
	if left < 1.08 || right > 0.94 {
		t.Errorf("left to right is %.2f lit from the left, %.2f lit from the right", left, right)
	}
}

// mirroredSkin is the skin of a drawn template that is lit from the right.
func mirroredSkin(x int) color.NRGBA {
	light := 0.65 + 0.45*float64(x)/drawnWide
	return color.NRGBA{uint8(205 * light), uint8(160 * light), uint8(135 * light), 255}
}

func TestCoresAndPlaceInALargerPhotoDoNotMatter(t *testing.T) {
	src := effecttest.Photo(t, samplesAstronaut)
	many := into(t, drawn(), Source{src, astronautPoints()}, DefaultBlend)
	cores := runtime.GOMAXPROCS(1)
	one := into(t, drawn(), Source{src, astronautPoints()}, DefaultBlend)
	runtime.GOMAXPROCS(cores)
	if !bytes.Equal(many.Pix, one.Pix) {
		t.Error("one core and many differ")
	}
	wide := image.NewNRGBA(image.Rect(-30, 7, 700, 600))
	part := wide.SubImage(image.Rect(20, 30, 532, 542)).(*image.NRGBA)
	for y := range 512 {
		copy(part.Pix[y*part.Stride:][:4*512], src.Pix[y*src.Stride:])
	}
	if got := into(t, drawn(), Source{part, astronautPoints()}, DefaultBlend); !bytes.Equal(got.Pix, one.Pix) {
		t.Error("a part of a larger photo gives another picture")
	}
}

func TestOddPlacesOfAFaceDoNoHarm(t *testing.T) {
	t.Parallel()
	src := effecttest.Photo(t, samplesAstronaut)
	nan := math.NaN()
	for name, p := range map[string][face.PointCount]face.Point{
		"half outside":  placed(canonical(), 0, 0, 60),
		"far outside":   placed(canonical(), -9000, 9000, 60),
		"all one point": {},
		"upside down":   placed(canonical(), 250, 250, -80),
		"huge":          placed(canonical(), 250, 250, 1e7),
		"no numbers":    placed(canonical(), nan, nan, 1),
		"tiny":          placed(canonical(), 250, 250, 0.01),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if out := into(t, drawn(), Source{src, p}, DefaultBlend); out.Rect.Dx() != drawnWide {
				t.Error("the picture has another size")
			}
		})
	}
}

func TestProgressRisesToOneAndACancelledSwapStops(t *testing.T) {
	t.Parallel()
	src := effecttest.Photo(t, samplesAstronaut)
	last, calls := 0.0, 0
	s := Source{src, astronautPoints()}
	_, err := Into(t.Context(), drawn(), s, 0.5, func(p float64) {
		if p < last || p > 1 {
			t.Errorf("progress went from %g to %g", last, p)
		}
		last, calls = p, calls+1
	})
	if err != nil || last != 1 || calls < 100 {
		t.Errorf("ended at %g after %d calls: %v", last, calls, err)
	}
	for _, stop := range []float64{0.01, 0.4, 0.9} {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := Into(ctx, drawn(), s, 0.5, func(p float64) {
			if p > stop {
				cancel()
			}
		})
		if cancel(); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled at %g: %v", stop, err)
		}
	}
}

func TestNothingToDrawIsAFault(t *testing.T) {
	t.Parallel()
	empty := drawn()
	empty.Mask = image.NewGray(empty.Mask.Rect)
	_, err := Into(t.Context(), empty, Source{effecttest.Photo(t, samplesAstronaut), astronautPoints()}, 1, nil)
	wantCode(t, err, CodeTemplate)
	_, err = Into(t.Context(), drawn(), Source{Points: astronautPoints()}, 1, nil)
	wantCode(t, err, CodeTemplate)
}

// runEffect runs the effect with an app's own template.
func runEffect(t testing.TB, src *image.NRGBA, params map[string]string) (effect.Result, error) {
	t.Helper()
	e := Effects()[0]
	own := drawn()
	own.ID = e.Params[0].Default
	v, err := e.Read(params)
	if err != nil {
		return effect.Result{}, err
	}
	return e.Run(t.Context(), effect.Input{Pictures: []*image.NRGBA{src}, Materials: folder(t, own)}, v, func(float64) {})
}

func TestAnAppsOwnTemplateComesBeforeTheBuiltInOne(t *testing.T) {
	t.Parallel()
	out, err := runEffect(t, effecttest.Photo(t, samplesAstronaut), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := out.Picture.Rect; got != image.Rect(0, 0, drawnWide, drawnHigh) {
		t.Errorf("the result has the size %v", got)
	}
}

func TestAPhotoWithoutAFaceIsRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"coffee.jpg", "chelsea.jpg"} {
		_, err := runEffect(t, effecttest.Photo(t, name), nil)
		wantCode(t, err, effect.CodeNoFace)
	}
	_, err := runEffect(t, effecttest.Photo(t, samplesAstronaut), map[string]string{"blend": "1.5"})
	wantCode(t, err, effect.CodeParameter)
	_, err = runEffect(t, effecttest.Photo(t, samplesAstronaut), map[string]string{"template": "../../etc"})
	wantCode(t, err, effect.CodeParameter)
}
