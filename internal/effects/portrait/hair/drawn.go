package hair

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/draw"
	_ "image/png" // drawn hair is PNG
	"io/fs"
	"math"

	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/effects/material"
	"vow.example/vow/internal/effects/portrait/head"
	"vow.example/vow/internal/effects/portrait/matte"
)

// drawing is hair that somebody drew, and where a head would be in it.
type drawing struct {
	picture *image.NRGBA
	anchors map[string]face.Point
}

// most is the longest side of a drawing, in pixels: memory for it is not part of the photo's.
const most = 1600

// open reads a drawing, the app's own first.
func open(own fs.FS, id string) (drawing, error) {
	folder, err := material.Folder(own, material.Hair, id)
	if err != nil {
		return drawing{}, fmt.Errorf("hair: %w", err)
	}
	text, err := fs.ReadFile(folder, "hair.json")
	if err != nil {
		return drawing{}, fmt.Errorf("hair: %w", err)
	}
	var record struct {
		Anchors map[string][2]float64 `json:"anchors"`
	}
	if err := json.Unmarshal(text, &record); err != nil {
		return drawing{}, fmt.Errorf("hair: read the record: %w", err)
	}
	d := drawing{anchors: map[string]face.Point{}}
	for _, name := range []string{"left_pupil", "right_pupil", "chin", "forehead_top"} {
		p, ok := record.Anchors[name]
		if !ok {
			return drawing{}, fmt.Errorf("hair: the record of a drawing lacks the anchor %s", name)
		}
		d.anchors[name] = face.Point{X: p[0], Y: p[1]}
	}
	data, err := fs.ReadFile(folder, "hair.png")
	if err != nil {
		return drawing{}, fmt.Errorf("hair: %w", err)
	}
	size, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return drawing{}, fmt.Errorf("hair: read the picture: %w", err)
	}
	if size.Width > most || size.Height > most {
		return drawing{}, fmt.Errorf("hair: the picture is too large")
	}
	m, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return drawing{}, fmt.Errorf("hair: read the picture: %w", err)
	}
	d.picture = image.NewNRGBA(image.Rectangle{Max: m.Bounds().Size()})
	draw.Draw(d.picture, d.picture.Rect, m, m.Bounds().Min, draw.Src)
	return d, nil
}

// place is where a drawing comes to lie: x' = a·x + b·y + c, y' = d·x + e·y + f.
type place struct{ a, b, c, d, e, f float64 }

func (p place) at(x, y float64) (float64, float64) { return p.a*x + p.b*y + p.c, p.d*x + p.e*y + p.f }

// back is the way from the photo into the drawing.
func (p place) back() place {
	det := p.a*p.e - p.b*p.d
	q := place{a: p.e / det, b: -p.b / det, d: -p.d / det, e: p.a / det}
	q.c, q.f = -(q.a*p.c + q.b*p.f), -(q.d*p.c + q.e*p.f)
	return q
}

// onto lays the eyes of the drawing onto those of a head and stretches it to the length of the face,
// within what looks natural.
func (d drawing) onto(h head.Head) (place, bool) {
	l, r := d.anchors["left_pupil"], d.anchors["right_pupil"]
	chin := d.anchors["chin"]
	du, dv := r.X-l.X, r.Y-l.Y
	span := math.Hypot(du, dv)
	mx, my := (l.X+r.X)/2, (l.Y+r.Y)/2
	tall := math.Hypot(chin.X-mx, chin.Y-my)
	if span < 1 || tall < 0.5*span {
		return place{}, false
	}
	wide := h.Span / span
	cu, _ := h.Point(face.Chin)
	high := wide * min(max(h.Chin()*span/tall, 0.92), 1.1)
	lean := 0.4 * min(max(cu/h.Chin(), -0.2), 0.2)
	cos, sin := du/span, dv/span // turn the drawing's eyes level, scale, turn to the head's
	origin, right, down := h.At(0, 0), h.At(1, 0), h.At(lean, 1)
	ux, uy := (right.X-origin.X)/h.Span*wide, (right.Y-origin.Y)/h.Span*wide
	vx, vy := (down.X-origin.X)/h.Span*high, (down.Y-origin.Y)/h.Span*high
	p := place{a: ux*cos - vx*sin, b: ux*sin + vx*cos, d: uy*cos - vy*sin, e: uy*sin + vy*cos}
	p.c, p.f = origin.X-p.a*mx-p.b*my, origin.Y-p.d*mx-p.e*my
	return p, math.Abs(p.a*p.e-p.b*p.d) > 1e-9
}

// cloth is a drawing with its colours, multiplied by opacity, reduced to about the size at which it is
// shown, and the way from the photo into it.
type cloth struct {
	matte.Field
	back place
	area image.Rectangle // where it lies in the photo
	size image.Point     // of the photo
}

// cut reduces a drawing and finds where it lies in a photo of the given size.
func (d drawing) cut(p place, size image.Point) cloth {
	w, h := d.picture.Rect.Dx(), d.picture.Rect.Dy()
	scale := math.Sqrt(math.Abs(p.a*p.e - p.b*p.d))
	fw, fh := w, h
	if scale < 1 {
		fw, fh = max(1, int(float64(w)*scale+0.5)), max(1, int(float64(h)*scale+0.5))
	}
	c := cloth{Field: matte.NewField(fw, fh, 4), back: p.back(), size: size}
	for y := range fh {
		for x := range fw {
			c.average(d.picture, x, y)
		}
	}
	kx, ky := float64(fw)/float64(w), float64(fh)/float64(h)
	c.back.a, c.back.b, c.back.c = c.back.a*kx, c.back.b*kx, c.back.c*kx
	c.back.d, c.back.e, c.back.f = c.back.d*ky, c.back.e*ky, c.back.f*ky
	lo, hi := face.Point{X: math.Inf(1), Y: math.Inf(1)}, face.Point{X: math.Inf(-1), Y: math.Inf(-1)}
	for _, q := range [4][2]float64{{0, 0}, {float64(w), 0}, {0, float64(h)}, {float64(w), float64(h)}} {
		x, y := p.at(q[0], q[1])
		lo, hi = face.Point{X: min(lo.X, x), Y: min(lo.Y, y)}, face.Point{X: max(hi.X, x), Y: max(hi.Y, y)}
	}
	c.area = image.Rect(int(max(lo.X, -1))-1, int(max(lo.Y, -1))-1, int(min(hi.X, float64(size.X)))+2, int(min(hi.Y, float64(size.Y)))+2).
		Intersect(image.Rectangle{Max: size})
	return c
}

// average writes one pixel of the reduced drawing.
func (c cloth) average(m *image.NRGBA, x, y int) {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	x0, y0 := x*w/c.W, y*h/c.H
	x1, y1 := max(x0+1, (x+1)*w/c.W), max(y0+1, (y+1)*h/c.H)
	var sum [4]float32
	for sy := y0; sy < y1; sy++ {
		for p := m.Pix[sy*m.Stride+4*x0 : sy*m.Stride+4*x1]; len(p) >= 4; p = p[4:] {
			a := float32(p[3])
			sum[0] += a * float32(p[0])
			sum[1] += a * float32(p[1])
			sum[2] += a * float32(p[2])
			sum[3] += a
		}
	}
	n := float32((x1 - x0) * (y1 - y0))
	d := c.V[4*(y*c.W+x):][:4]
	d[0], d[1], d[2], d[3] = sum[0]/(65025*n), sum[1]/(65025*n), sum[2]/(65025*n), sum[3]/(255*n)
}

// at returns the drawing at a place of the photo, multiplied by opacity: a cubic through four pixels
// each way, which keeps strands crisp where the drawing is enlarged.
func (c cloth) at(x, y float64) [4]float32 {
	u, v := c.back.at(x, y)
	u, v = u-0.5, v-0.5
	iu, iv := int(math.Floor(u)), int(math.Floor(v))
	var out [4]float32
	if iu < -1 || iv < -1 || iu >= c.W || iv >= c.H {
		return out
	}
	wu, wv := cubic(float32(u-float64(iu))), cubic(float32(v-float64(iv)))
	for j, ky := range wv {
		sy := iv - 1 + j
		if sy < 0 || sy >= c.H {
			continue
		}
		for i, kx := range wu {
			sx := iu - 1 + i
			if sx < 0 || sx >= c.W {
				continue
			}
			p, k := c.V[4*(sy*c.W+sx):][:4], kx*ky
			out[0] += k * p[0]
			out[1] += k * p[1]
			out[2] += k * p[2]
			out[3] += k * p[3]
		}
	}
	out[3] = max(0, min(1, out[3]))
	for k := range 3 {
		out[k] = max(0, min(out[3], out[k]))
	}
	return out
}

// cubic returns the weights of Catmull and Rom.
func cubic(t float32) [4]float32 {
	return [4]float32{
		t * (-0.5 + t*(1-0.5*t)), 1 + t*t*(-2.5+1.5*t), t * (0.5 + t*(2-1.5*t)), t * t * (-0.5 + 0.5*t),
	}
}
