package motion

import (
	"context"
	"fmt"
	"image"
	"math"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/effects/raster"
)

// How far the camera sways at full strength, in widths of the film, and how far it comes nearer.
const (
	swayWidth = 0.04
	swayNear  = 0.07
	pivot     = 0.45 // the depth that stands still
)

// parallax sways a camera before a picture whose depth is guessed.
func parallax(ctx context.Context, j *raster.Job, o order) (*effect.Film, error) {
	m := o.pictures[0]
	size := filmSize(float64(m.Rect.Dx())/float64(m.Rect.Dy()), o.side)
	st := stage{size: size, reach: o.strength * swayWidth * float64(size.X), push: o.strength * swayNear}
	st.margin = int(math.Ceil(0.6*st.reach)) + 2
	found := face.Find(m)
	s := shot{w: float64(m.Rect.Dx()), h: float64(m.Rect.Dy()), aspect: float64(size.X) / float64(size.Y)}
	s.keep = faces(found, s.w, s.h)
	area := s.look(1, s.w/2, s.h/2)
	people, err := peopleIn(ctx, m, found)
	if err != nil {
		return nil, err
	}
	view, err := copyOf(ctx, m, area, size.X+2*st.margin, size.Y+2*st.margin)
	if err != nil {
		return nil, err
	}
	k := float64(view.Rect.Dx()) / area.w
	for i := range found {
		b := found[i].Box
		found[i].Box = image.Rect(int((float64(b.Min.X)-area.x)*k), int((float64(b.Min.Y)-area.y)*k), int((float64(b.Max.X)-area.x)*k), int((float64(b.Max.Y)-area.y)*k))
	}
	if people != nil {
		people = cut(people, area, s)
	}
	if st.world, err = worldOf(ctx, j, view, found, people); err != nil {
		return nil, err
	}
	return newFilm(size, o.seconds, st.draw), nil
}

// peopleIn joins the masks of the people in a picture; nil where there are none worth cutting out.
func peopleIn(ctx context.Context, m *image.NRGBA, found []face.Face) (*image.Alpha, error) {
	const most = 4
	var all *image.Alpha
	for _, f := range found[:min(len(found), most)] {
		a, err := face.Person(ctx, m, f)
		if ctx.Err() != nil {
			return nil, fmt.Errorf("motion: %w", ctx.Err())
		}
		if err != nil {
			continue // a person that cannot be cut out stays in the picture
		}
		if all == nil {
			all = a
			continue
		}
		for i := range min(len(all.Pix), len(a.Pix)) {
			all.Pix[i] = max(all.Pix[i], a.Pix[i])
		}
	}
	if all == nil {
		return nil, nil
	}
	sum := 0
	for _, v := range all.Pix {
		sum += int(v)
	}
	if part := float64(sum) / 255 / float64(len(all.Pix)); part < 0.02 || part > 0.9 {
		return nil, nil
	}
	return all, nil
}

// cut returns the part of a mask that belongs to a part of the picture.
func cut(people *image.Alpha, area view, s shot) *image.Alpha {
	kx, ky := float64(people.Rect.Dx())/s.w, float64(people.Rect.Dy())/s.h
	r := image.Rect(int(area.x*kx+0.5), int(area.y*ky+0.5), int((area.x+area.w)*kx+0.5), int((area.y+area.h)*ky+0.5))
	part, ok := people.SubImage(r.Add(people.Rect.Min)).(*image.Alpha)
	if !ok || part.Rect.Empty() {
		return nil
	}
	return part
}

// stage shows a world to a camera that sways.
type stage struct {
	world
	size   image.Point
	margin int     // of the world around the film
	reach  float64 // pixels between the nearest and the farthest when the camera is at its side
	push   float64
}

// camera is where the camera is: to the side, up, and how near; and the middle of what it sees.
type camera struct{ x, y, in, cx, cy float32 }

// at goes once around, and is at rest where it starts and ends.
func (s stage) at(t float64) camera {
	angle := 2 * math.Pi * smooth(t)
	up := (1 - math.Cos(angle)) / 2
	return camera{
		x: float32(s.reach * math.Sin(angle)), y: float32(0.3 * s.reach * up), in: float32(s.push * up),
		cx: float32(s.front.Rect.Dx()) / 2, cy: float32(s.front.Rect.Dy()) / 2,
	}
}

// draw shows the world at a moment.
func (s stage) draw(ctx context.Context, t float64, dst *image.NRGBA) error {
	cam, table := s.at(t), phases()
	return bands(ctx, dst, s.size.Y, func(y0, y1 int) {
		width := s.front.Rect.Dx()
		b := brush{s, cam, table, make([]float32, width), make([]float32, width)}
		for y := y0; y < y1; y++ {
			s.depthRow(b.near, s.near, y+s.margin)
			if s.matte != nil {
				s.depthRow(b.far, s.far, y+s.margin)
			}
			out := dst.Pix[y*dst.Stride:][:4*s.size.X]
			for x := range s.size.X {
				b.pixel(out[4*x:4*x+4], x+s.margin, y+s.margin)
			}
		}
	})
}

// brush draws the rows of one frame.
type brush struct {
	stage
	camera
	table     *[phaseCount][4]int32
	near, far []float32 // the depth of a row
}

// pixel draws one pixel: the back where it shows, and the front over it.
func (b *brush) pixel(d []uint8, x, y int) {
	fx, fy := b.seen(b.near, x, y)
	front := int32(255)
	if b.matte != nil {
		front = b.inFront(fx, fy)
	}
	if front < 255 {
		bx, by := b.seen(b.far, x, y)
		red, green, blue := sample(b.back, b.table, bx, by)
		put(d, red, green, blue, whole)
	}
	if front > 0 {
		red, green, blue := sample(b.front, b.table, fx, fy)
		put(d, red, green, blue, (front*whole+127)/255)
	}
}

// depthRow brings one row of depth to the size of the world.
func (s stage) depthRow(dst []float32, d raster.Plane, y int) {
	ky, kx := float32(d.H)/float32(s.front.Rect.Dy()), float32(d.W)/float32(len(dst))
	fy := min(max((float32(y)+0.5)*ky-0.5, 0), float32(d.H-1))
	y0 := min(int(fy), max(0, d.H-2))
	a, b, ty := d.Row(y0), d.Row(min(y0+1, d.H-1)), fy-float32(y0)
	for x := range dst {
		fx := min(max((float32(x)+0.5)*kx-0.5, 0), float32(d.W-1))
		x0 := min(int(fx), max(0, d.W-2))
		x1, tx := min(x0+1, d.W-1), fx-float32(x0)
		top, low := a[x0]+tx*(a[x1]-a[x0]), b[x0]+tx*(b[x1]-b[x0])
		dst[x] = top + ty*(low-top)
	}
}

// seen is the place of the world that a pixel shows: what is there decides how far it moved, so that
// the search starts from the pixel itself and is repeated from what it found.
func (c camera) seen(depth []float32, x, y int) (sx, sy float32) {
	rx, ry := float32(x)-c.cx, float32(y)-c.cy
	sx = float32(x)
	for range 3 {
		d := depth[min(len(depth)-1, max(0, int(sx+0.5)))]
		less, from := 1-c.in*(0.3+d), sx
		sx = c.cx + rx*less - c.x*(d-pivot)
		sy = c.cy + ry*less - c.y*(d-pivot)
		if step := sx - from; step < 0.4 && step > -0.4 { // the depth there is the same
			break
		}
	}
	return sx, sy
}
