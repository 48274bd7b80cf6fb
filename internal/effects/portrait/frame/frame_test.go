package frame

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"testing"
	"testing/fstest"

	"vow.example/vow/internal/effects/effect"
)

// frames is a folder of an app with a frame of green corners and brown sides, 20 wide, that casts a
// shadow 10 wide, drawn at 100×80.
func frames(t *testing.T, record string) fstest.MapFS {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, 100, 80))
	for y := range 80 {
		for x := range 100 {
			dx, dy := min(x, 99-x), min(y, 79-y)
			switch {
			case dx < 20 && dy < 20:
				m.SetNRGBA(x, y, color.NRGBA{G: 200, A: 255})
			case dx < 20 || dy < 20:
				m.SetNRGBA(x, y, color.NRGBA{R: 120, G: 80, B: 20, A: 255})
			case dx < 30 || dy < 30:
				m.SetNRGBA(x, y, color.NRGBA{A: 100})
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return fstest.MapFS{
		"frames/wood/frame.png":  {Data: b.Bytes()},
		"frames/wood/frame.json": {Data: []byte(record)},
	}
}

const woodRecord = `{"format":"vow/frame/1","title":{"en":"Wood"},"credits":"test","slices":[30,30,30,30]}`

func put(t *testing.T, m *image.NRGBA, width string) *image.NRGBA {
	t.Helper()
	e := effect.Effect{Name: "portrait_frame", Params: []effect.Param{
		{Name: "frame", Kind: effect.Choice, Values: []string{"wood"}, Default: "wood"},
		{Name: "width", Kind: effect.Number, Max: 1, Default: "0.4"},
	}}
	v, err := e.Read(map[string]string{"width": width})
	if err != nil {
		t.Fatal(err)
	}
	in := effect.Input{Pictures: []*image.NRGBA{m}, Materials: frames(t, woodRecord)}
	out, err := Put(t.Context(), in, v, func(float64) {})
	if err != nil {
		t.Fatal(err)
	}
	return out.Picture
}

// ramp is a picture whose colours say where they were.
func ramp(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, color.NRGBA{R: uint8(255 * x / w), G: uint8(255 * y / h), B: 90, A: 255})
		}
	}
	return m
}

func TestAFrameSurroundsTheWholePhoto(t *testing.T) {
	t.Parallel()
	for _, size := range []image.Point{{300, 200}, {200, 300}, {160, 160}, {640, 90}} {
		out := put(t, ramp(size.X, size.Y), "0.5")
		if out.Rect != (image.Rectangle{Max: size}) {
			t.Fatalf("%v became %v", size, out.Rect)
		}
		for _, corner := range []image.Point{{1, 1}, {size.X - 2, 1}, {1, size.Y - 2}, {size.X - 2, size.Y - 2}} {
			if c := out.NRGBAAt(corner.X, corner.Y); c.G < 180 || c.R > 20 || c.A != 255 {
				t.Errorf("%v: the corner %v is %v", size, corner, c)
			}
		}
		for _, edge := range []image.Point{{size.X / 2, 0}, {0, size.Y / 2}, {size.X - 1, size.Y / 2}, {size.X / 2, size.Y - 1}} {
			if c := out.NRGBAAt(edge.X, edge.Y); c != (color.NRGBA{R: 120, G: 80, B: 20, A: 255}) {
				t.Errorf("%v: the side at %v is %v", size, edge, c)
			}
		}
		c := out.NRGBAAt(size.X/2, size.Y/2)
		if math.Abs(float64(c.R)-127) > 4 || math.Abs(float64(c.G)-127) > 4 || c.B < 85 {
			t.Errorf("%v: the middle of the photo is %v", size, c)
		}
	}
}

func TestAWiderFrameLeavesTheRatioOfThePhotoAlone(t *testing.T) {
	t.Parallel()
	for _, width := range []string{"0", "0.5", "1"} {
		out := put(t, ramp(400, 300), width)
		a, b := out.NRGBAAt(150, 150), out.NRGBAAt(250, 150)
		c, d := out.NRGBAAt(200, 100), out.NRGBAAt(200, 200)
		across, along := float64(b.R-a.R)/255*400, float64(d.G-c.G)/255*300
		if math.Abs(across-along) > 4 {
			t.Errorf("width %s: 100 pixels show %.0f across and %.0f along", width, across, along)
		}
	}
	thin, thick := put(t, ramp(400, 300), "0"), put(t, ramp(400, 300), "1")
	if a, b := thin.NRGBAAt(14, 150).B, thick.NRGBAAt(14, 150).B; a < 50 || b != 20 {
		t.Errorf("14 pixels from the edge are %d and %d", a, b)
	}
}

func TestFacesStayInsideTheOpening(t *testing.T) {
	t.Parallel()
	size, hole := image.Pt(400, 300), image.Rect(20, 60, 380, 240) // much is cut off above and below
	seen := hole.Inset(10)
	for _, faces := range []image.Rectangle{
		image.Rect(100, 2, 200, 122), image.Rect(100, 170, 200, 295), image.Rect(5, 90, 80, 180), {},
	} {
		a := crop(size, hole, seen, faces)
		if a.x < 0 || a.y < 0 || a.x+a.w > 400.01 || a.y+a.h > 300.01 {
			t.Errorf("%v: %v is not in the photo", faces, a)
		}
		if math.Abs(a.w/a.h-2) > 0.01 {
			t.Errorf("%v: %v has another shape than the hole", faces, a)
		}
		k := a.w / float64(hole.Dx())
		top, low := a.y+k*10, a.y+k*170
		if !faces.Empty() && (float64(faces.Max.Y) > low+12 || float64(faces.Min.Y) < top-12) {
			t.Errorf("%v lies outside of %.0f to %.0f", faces, top, low)
		}
	}
}

func TestTransparentPhotosKeepTheirColours(t *testing.T) {
	t.Parallel()
	m := ramp(200, 200)
	for y := range 200 {
		for x := range 100 {
			m.SetNRGBA(x, y, color.NRGBA{})
		}
	}
	out := put(t, m, "0.3")
	if c := out.NRGBAAt(60, 100); c.A != 0 {
		t.Errorf("the transparent half is %v", c)
	}
	if c := out.NRGBAAt(102, 100); c.B < 85 && c.A > 0 {
		t.Errorf("black seeps in: %v", c)
	}
}

func TestAFrameThatIsNotOneIsRefused(t *testing.T) {
	t.Parallel()
	for _, record := range []string{
		`x`, `{"format":"vow/frame/1"}`, `{"format":"vow/frame/1","slices":[60,1,60,1]}`, `{"format":"vow/frame/1","slices":[-1,9,9,9]}`,
	} {
		if _, err := open(frames(t, record), "wood"); err == nil {
			t.Errorf("%s: opened", record)
		}
	}
	if _, err := open(nil, "nothing"); err == nil {
		t.Error("a frame that does not exist opened")
	}
}

func TestAMiddleThatWasPaintedOverIsOpened(t *testing.T) {
	t.Parallel()
	m := image.NewNRGBA(image.Rect(0, 0, 60, 50))
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	d := read(m, [4]int{10, 8, 12, 9})
	if d.Row(25)[4*30+3] != 0 || d.Row(8)[4*10+3] != 0 || d.Row(7)[4*30+3] != 1 || !d.open() {
		t.Error("the middle is still covered")
	}
}

func TestSmallerPicturesKeepTheirMean(t *testing.T) {
	t.Parallel()
	for _, n := range []int{5, 33, 99, 100, 160} {
		for _, p := range tapsOf(n, 0, 100, 100) {
			sum := float32(0)
			for _, k := range p.weight {
				sum += k
			}
			if math.Abs(float64(sum)-1) > 1e-4 || p.first < 0 || p.first+len(p.weight) > 100 {
				t.Fatalf("%d: %v", n, p)
			}
		}
	}
}
