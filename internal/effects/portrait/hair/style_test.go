package hair

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"testing"
	"testing/fstest"

	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/effects/portrait/head"
	"vow.example/vow/internal/effects/raster"
)

// wigs is a folder of an app with one drawing: a narrow cap for eyes 40 apart.
func wigs(t *testing.T, record string) fstest.MapFS {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, 200, 200))
	for y := range 200 {
		for x := range 200 {
			if math.Hypot(float64(x-100)/45, float64(y-80)/40) < 1 && y < 75 {
				shade := uint8(110 + 30*math.Sin(float64(x)*0.7))
				m.SetNRGBA(x, y, color.NRGBA{R: shade, G: shade - 12, B: shade - 22, A: 255})
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return fstest.MapFS{
		"hair/cap/hair.png":  {Data: b.Bytes()},
		"hair/cap/hair.json": {Data: []byte(record)},
	}
}

const capRecord = `{"format":"vow/hair/1","title":{"en":"Cap"},"credits":"test","anchors":
	{"left_pupil":[80,110],"right_pupil":[120,110],"chin":[100,182],"forehead_top":[100,68]}}`

func worn(t *testing.T, m *image.NRGBA, w wig) *image.NRGBA {
	t.Helper()
	d, err := open(wigs(t, capRecord), "cap")
	if err != nil {
		t.Fatal(err)
	}
	j, err := raster.Start(m, stylePasses, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.drawing = d
	if err := w.run(t.Context(), j, m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestOldHairGivesWayToNewHairWallAndSkin(t *testing.T) {
	t.Parallel()
	m, h := sitter()
	worn(t, m, wig{head: h, color: "blue", find: found})
	if c := m.NRGBAAt(120, 65); c.B < c.R+30 {
		t.Errorf("the new hair is %v", c)
	}
	for _, p := range []image.Point{{66, 95}, {174, 95}, {120, 43}} {
		if c := m.NRGBAAt(p.X, p.Y); math.Abs(float64(c.R)-170) > 14 || math.Abs(float64(c.B)-175) > 14 {
			t.Errorf("%v beside the new hair is %v, not wall", p, c)
		}
	}
	if c := m.NRGBAAt(100, 88); c.R < c.B+25 {
		t.Errorf("the forehead is %v, not skin", c)
	}
	before, _ := sitter()
	for _, p := range []image.Point{{100, 120}, {120, 160}, {20, 20}, {120, 230}} {
		if got, want := m.NRGBAAt(p.X, p.Y), before.NRGBAAt(p.X, p.Y); got != want {
			t.Errorf("%v went from %v to %v", p, want, got)
		}
	}
}

func TestNaturalHairTakesTheOwnColour(t *testing.T) {
	t.Parallel()
	m, h := sitter()
	worn(t, m, wig{head: h, color: Natural, find: found})
	own, _ := sitter()
	var a, b lab
	for y := 60; y < 80; y++ {
		for x := 100; x < 140; x++ {
			p, q := labAt(m, x, y), labAt(own, x, y)
			a, b = lab{a.l + p.l/800, a.a + p.a/800, a.b + p.b/800}, lab{b.l + q.l/800, b.a + q.a/800, b.b + q.b/800}
		}
	}
	if math.Hypot(float64(a.a-b.a), float64(a.b-b.b)) > 0.03 || math.Abs(float64(a.l-b.l)) > 0.1 {
		t.Errorf("own %v, new %v", b, a)
	}
	bare, _ := sitter()
	worn(t, bare, wig{head: h, color: Natural, find: none})
	if c := bare.NRGBAAt(120, 65); c.R < c.B {
		t.Errorf("drawn hair on a bald head became %v", c)
	}
}

func TestADrawingFollowsTheHead(t *testing.T) {
	t.Parallel()
	d, err := open(wigs(t, capRecord), "cap")
	if err != nil {
		t.Fatal(err)
	}
	for _, eyes := range [][2]image.Point{
		{{X: 100, Y: 100}, {X: 140, Y: 100}}, {{X: 50, Y: 80}, {X: 130, Y: 80}},
		{{X: 100, Y: 100}, {X: 140, Y: 110}}, {{X: 100, Y: 110}, {X: 140, Y: 100}},
	} {
		wide := int(2.4 * math.Hypot(float64(eyes[1].X-eyes[0].X), float64(eyes[1].Y-eyes[0].Y)))
		h := head.Of(face.Face{Box: image.Rect(0, 0, wide, wide), LeftEye: eyes[0], RightEye: eyes[1]})
		p, ok := d.onto(h)
		if !ok {
			t.Fatal("does not fit")
		}
		for i, from := range []string{"left_pupil", "right_pupil"} {
			a := d.anchors[from]
			x, y := p.at(a.X, a.Y)
			if off := math.Hypot(x-float64(eyes[i].X), y-float64(eyes[i].Y)); off > 0.5 {
				t.Errorf("%v: %s is %.1f off", eyes, from, off)
			}
			bx, by := p.back().at(x, y)
			if math.Hypot(bx-a.X, by-a.Y) > 1e-6 {
				t.Errorf("the way back leads to %.2f, %.2f", bx, by)
			}
		}
		chin := h.Points[face.Chin]
		x, y := p.at(d.anchors["chin"].X, d.anchors["chin"].Y)
		if off := math.Hypot(x-chin.X, y-chin.Y); off > 0.25*h.Span {
			t.Errorf("%v: the chin is %.1f off", eyes, off)
		}
	}
}

func TestADrawingThatIsNotOneIsRefused(t *testing.T) {
	t.Parallel()
	for name, record := range map[string]string{
		"no record": `x`, "no anchors": `{"format":"vow/hair/1"}`,
		"one missing": `{"format":"vow/hair/1","anchors":{"left_pupil":[80,110],"right_pupil":[120,110],"chin":[100,182]}}`,
	} {
		if _, err := open(wigs(t, record), "cap"); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
	if _, err := open(nil, "nothing"); err == nil {
		t.Error("hair that does not exist opened")
	}
	flat, err := open(wigs(t, `{"format":"vow/hair/1","anchors":{"left_pupil":[80,110],"right_pupil":[80,110],"chin":[1,1],"forehead_top":[1,1]}}`), "cap")
	if err != nil {
		t.Fatal(err)
	}
	m, h := sitter()
	if _, ok := flat.onto(h); ok {
		t.Error("a drawing with one eye fits")
	}
	j, err := raster.Start(m, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := (wig{head: h, drawing: flat, color: Natural, find: found}).run(t.Context(), j, m); err != nil {
		t.Error(err)
	}
}

func TestAHoleIsFilledFromItsSurroundings(t *testing.T) {
	t.Parallel()
	m, h := sitter()
	j, err := raster.Start(m, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	own, err := matteOf(t.Context(), j, m, h, found)
	if err != nil {
		t.Fatal(err)
	}
	f := own.Small
	for y := range f.H {
		for x := range f.W {
			i := y*f.W + x
			w := float32(1)
			if math.Hypot(float64(x-40), float64(y-200)) < 25 {
				w = 0
			}
			c := [4]float32{float32(x) / 240, 0.5, 0.25, 1}
			known(f, i, c[:], w)
		}
	}
	fill(f)
	for x := 20; x < 60; x += 8 {
		c := f.Row(200)[4*x:]
		if want := float32(x) / 240; math.Abs(float64(c[0]-want)) > 0.06 || math.Abs(float64(c[1]-0.5)) > 0.01 {
			t.Errorf("column %d holds %s", x, fmt.Sprint(c[:4]))
		}
	}
}
