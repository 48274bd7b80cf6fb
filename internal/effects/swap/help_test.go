package swap

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"testing"
	"testing/fstest"

	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/effects/samples"
	"vow.example/vow/internal/fault"
)

// canonical is a face from the front with the eyes at (-0.5, 0) and (0.5, 0).
func canonical() [face.PointCount]face.Point {
	return [face.PointCount]face.Point{
		{X: -0.5}, {X: 0.5}, {X: -0.74, Y: 0.01}, {X: -0.27, Y: 0.03}, {X: 0.27, Y: 0.03}, {X: 0.74, Y: 0.01},
		{X: -0.85, Y: -0.24}, {X: -0.2, Y: -0.26}, {X: 0.2, Y: -0.26}, {X: 0.85, Y: -0.24},
		{X: 0, Y: 0.6}, {X: -0.28, Y: 0.66}, {X: 0.28, Y: 0.66}, {X: -0.43, Y: 1.03}, {X: 0.43, Y: 1.03},
		{X: 0, Y: 0.95}, {X: 0, Y: 1.22}, {X: 0, Y: 1.78}, {X: -1, Y: 0.95}, {X: 1, Y: 0.95}, {X: 0, Y: -0.95},
	}
}

// placed moves and scales points.
func placed(p [face.PointCount]face.Point, x, y, eyes float64) [face.PointCount]face.Point {
	for i := range p {
		p[i] = face.Point{X: x + eyes*p[i].X, Y: y + eyes*p[i].Y}
	}
	return p
}

// astronautPoints were placed by hand.
func astronautPoints() [face.PointCount]face.Point {
	return [face.PointCount]face.Point{
		{X: 203.6, Y: 100.7}, {X: 246.3, Y: 102.8}, {X: 193.6, Y: 99.7}, {X: 211.7, Y: 102.8}, {X: 237.3, Y: 104.4}, {X: 258.9, Y: 103.1},
		{X: 190.3, Y: 90.4}, {X: 213.9, Y: 92.3}, {X: 238.3, Y: 93.8}, {X: 262.8, Y: 94},
		{X: 226, Y: 126.4}, {X: 214.2, Y: 130.1}, {X: 236.1, Y: 131.1}, {X: 204.1, Y: 139.9}, {X: 243.7, Y: 141.2},
		{X: 223.5, Y: 139}, {X: 223.8, Y: 154.7}, {X: 222.1, Y: 178.3}, {X: 184.2, Y: 144.9}, {X: 264, Y: 144.9}, {X: 227.7, Y: 65.7},
	}
}

const (
	drawnWide, drawnHigh = 300, 400
	drawnEyes            = 70
)

// drawn is a simple template: skin lit from the left, a dark cap, and a mask that covers the face below
// the cap, with a bar across the left cheek that stays as drawn.
func drawn() Template {
	t := Template{
		ID: "drawn", Title: map[string]string{"en": "Drawn"}, Credits: "the tests",
		Picture: image.NewNRGBA(image.Rect(0, 0, drawnWide, drawnHigh)),
		Mask:    image.NewGray(image.Rect(0, 0, drawnWide, drawnHigh)),
		Points:  placed(canonical(), 150, 190, drawnEyes),
	}
	for y := range drawnHigh {
		for x := range drawnWide {
			light := 1.1 - 0.45*float64(x)/drawnWide
			c := color.NRGBA{uint8(205 * light), uint8(160 * light), uint8(135 * light), 255}
			if y < 110 {
				c = color.NRGBA{40, 30, 60, 255}
			}
			dx, dy := (float64(x)-150)/90, (float64(y)-215)/115
			d := math.Hypot(dx, dy)
			if d > 1.25 {
				c = color.NRGBA{90, 120, 150, 255}
			}
			bar := x > 80 && x < 112 && y > 225 && y < 240
			if bar {
				c = color.NRGBA{20, 120, 40, 255}
			}
			t.Picture.SetNRGBA(x, y, c)
			if y > 113 && !bar {
				t.Mask.SetGray(x, y, color.Gray{uint8(255 * max(0, min(1, (1-d)*20)))})
			}
		}
	}
	return t
}

// whole is drawn with a hard mask that covers every landmark, on plain skin.
func whole() Template {
	t := drawn()
	for y := range drawnHigh {
		for x := range drawnWide {
			t.Picture.SetNRGBA(x, y, color.NRGBA{200, 160, 135, 255})
			t.Mask.SetGray(x, y, color.Gray{})
			if math.Hypot(float64(x-150)/95, float64(y-215)/125) < 1 {
				t.Mask.SetGray(x, y, color.Gray{255})
			}
		}
	}
	return t
}

// folder is the template as files.
func folder(t testing.TB, tpl Template) fstest.MapFS {
	t.Helper()
	points := map[string][]float64{}
	for i, name := range face.PointNames() {
		points[name] = []float64{tpl.Points[i].X, tpl.Points[i].Y}
	}
	rec, err := json.Marshal(record{Format: format, Title: tpl.Title, Credits: tpl.Credits, Landmarks: points})
	if err != nil {
		t.Fatal(err)
	}
	var picture, mask bytes.Buffer
	if err := jpeg.Encode(&picture, tpl.Picture, nil); err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(&mask, tpl.Mask); err != nil {
		t.Fatal(err)
	}
	dir := "templates/" + tpl.ID + "/"
	return fstest.MapFS{
		dir + recordFile:    {Data: rec},
		dir + "picture.jpg": {Data: picture.Bytes()},
		dir + maskFile:      {Data: mask.Bytes()},
	}
}

// into swaps and fails the test where that fails.
func into(t testing.TB, tpl Template, s Source, amount float64) *image.NRGBA {
	t.Helper()
	tpl.Picture = copied(tpl.Picture)
	out, err := Into(t.Context(), tpl, s, amount, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func copied(m *image.NRGBA) *image.NRGBA {
	c := *m
	c.Pix = bytes.Clone(m.Pix)
	return &c
}

// projective maps x, y by a 3×3 matrix.
type projective [9]float64

func (m projective) at(p face.Point) face.Point {
	w := m[6]*p.X + m[7]*p.Y + m[8]
	return face.Point{X: (m[0]*p.X + m[1]*p.Y + m[2]) / w, Y: (m[3]*p.X + m[4]*p.Y + m[5]) / w}
}

func (m projective) inverse() projective {
	c := projective{
		m[4]*m[8] - m[5]*m[7], m[2]*m[7] - m[1]*m[8], m[1]*m[5] - m[2]*m[4],
		m[5]*m[6] - m[3]*m[8], m[0]*m[8] - m[2]*m[6], m[2]*m[3] - m[0]*m[5],
		m[3]*m[7] - m[4]*m[6], m[1]*m[6] - m[0]*m[7], m[0]*m[4] - m[1]*m[3],
	}
	return c
}

// turned maps the middle of a side × side picture to the middle of another, turned by degrees, scaled,
// and with a mild perspective.
func turned(from, to, degrees, scale, tilt float64) projective {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	a, b := scale*cos, scale*sin
	h, g := tilt/from, -tilt/from/2
	w0 := 1 - (h+g)*from/2 // 1 in the middle
	mid := to / 2
	m := projective{a, -b, mid - a*from/2 + b*from/2, b, a, mid - b*from/2 - a*from/2}
	for k := range 3 { // keeps the middle where it is
		add := [3]float64{h, g, w0 - 1}[k]
		m[k] += mid * add
		m[3+k] += mid * add
		m[6+k] = add
	}
	m[8]++
	return m
}

// projected draws the picture as m maps it, into side × side pixels.
func projected(src *image.NRGBA, m projective, side int) *image.NRGBA {
	back := m.inverse()
	out := image.NewNRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			p := back.at(face.Point{X: float64(x), Y: float64(y)})
			cubic(out.Pix[y*out.Stride+4*x:], src, float32(p.X), float32(p.Y))
		}
	}
	return out
}

func moved(p [face.PointCount]face.Point, m projective) [face.PointCount]face.Point {
	for i := range p {
		p[i] = m.at(p[i])
	}
	return p
}

const samplesAstronaut = samples.Astronaut

func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	if got := fault.CodeOf(err); err == nil || got != code {
		t.Errorf("the error is %v, want the code %s", err, code)
	}
}
