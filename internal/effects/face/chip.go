package face

import (
	"image"
	"math"

	"vow.example/vow/internal/effects/face/tree"
)

// The chip is a gray copy of one face, turned upright and brought to one size: what is measured in it
// does not depend on the size and the tilt of the face in the picture.
const (
	chipSide = 224
	chipEyes = 64 // distance of the pupils
	chipX    = chipSide / 2
	chipY    = 92 // the middle between the pupils
)

type chip struct {
	gray   tree.Gray
	x, y   float64 // the middle between the pupils in the picture
	dx, dy float64 // one pixel of the chip to the right, in pixels of the picture
	from   *image.NRGBA
}

// patch is a gray copy of the surroundings of a face, not larger than the chip needs it.
type patch struct {
	gray   tree.Gray
	x, y   float64 // its top left corner in the picture
	shrink float64
	from   *image.NRGBA
}

// patchAround copies what chips of the face of a hit can see.
func patchAround(img *image.NRGBA, middle Point, size float64) patch {
	half := 1.2 * size
	r := image.Rectangle{
		Min: Point{middle.X - half, middle.Y - half}.pixel(), Max: Point{middle.X + half, middle.Y + half}.pixel(),
	}.Intersect(image.Rect(0, 0, img.Rect.Dx(), img.Rect.Dy()))
	if r.Empty() {
		r = image.Rect(0, 0, 1, 1)
	}
	shrink := max(1, 0.9*size/boxEyes)
	return patch{shrunk(img, r, shrink), float64(r.Min.X), float64(r.Min.Y), shrink, img}
}

// cut makes the chip of a face from its pupils. Only rows near enough to the pupils are filled.
func (p patch) cut(left, right Point, rows int) chip {
	c := chip{
		gray: tree.NewGray(chipSide, chipSide), from: p.from,
		x: (left.X + right.X) / 2, y: (left.Y + right.Y) / 2,
		dx: (right.X - left.X) / chipEyes, dy: (right.Y - left.Y) / chipEyes,
	}
	const one = 1 << 16
	stepX, stepY := int(one*c.dx/p.shrink), int(one*c.dy/p.shrink)
	for y := max(0, chipY-rows); y < min(chipSide, chipY+rows); y++ {
		start := c.out(Point{0.5, float64(y) + 0.5})
		sx, sy := int(one*((start.X-p.x)/p.shrink-0.5)), int(one*((start.Y-p.y)/p.shrink-0.5))
		row := c.gray.Pix[y*chipSide:][:chipSide]
		for x := range row {
			row[x] = p.at(sx, sy)
			sx += stepX
			sy += stepY
		}
	}
	return c
}

// at is the brightness between four pixels of the patch, in 1/65536 of a pixel; its border goes on
// outside.
func (p patch) at(x, y int) uint8 {
	g := p.gray
	x, y = max(0, min((g.W-1)<<16, x)), max(0, min((g.H-1)<<16, y))
	o, fx, fy := y>>16*g.W+x>>16, x>>8&255, y>>8&255
	right, down := min(1, g.W-1-x>>16), g.W*min(1, g.H-1-y>>16)
	a, b := int(g.Pix[o]), int(g.Pix[o+right])
	c, d := int(g.Pix[o+down]), int(g.Pix[o+down+right])
	top, bottom := a<<8+fx*(b-a), c<<8+fx*(d-c)
	return uint8((top<<8 + fy*(bottom-top) + 1<<15) >> 16)
}

// pixel is the size of a pixel of the chip in the picture.
func (c chip) pixel() float64 { return math.Hypot(c.dx, c.dy) }

// out turns a place in the chip into one in the picture.
func (c chip) out(p Point) Point {
	x, y := p.X-chipX, p.Y-chipY
	return Point{c.x + x*c.dx - y*c.dy, c.y + x*c.dy + y*c.dx}
}
