package painted

import (
	"math"
	"math/rand/v2"
)

// stroke is one touch of the brush: a bent band around a chord, in pixels of the picture.
type stroke struct {
	x, y          float32 // middle of the chord
	dx, dy        float32 // its direction
	long, wide    float32 // half length and half width
	bend          float32 // how far its middle leaves the chord
	top, bottom   int32
	r, g, b, load float32
	thick         float32 // how much the bristles show
	at            float32 // where on the bristles
}

// strokeBlock is how many strokes are stored together: a list that grew would be copied.
const strokeBlock = 2048

func (c *canvas) stroke(i int) *stroke { return &c.strokes[i/strokeBlock][i%strokeBlock] }

// plan lays the strokes of one layer: part is its share of the broadest brush.
func (c *canvas) plan(rnd *rand.Rand, broad, part float64) {
	radius := max(1, broad*part*c.unit) // in pixels of the reduced copy
	step := radius * 1.2
	w, h := float64(c.flow.W), float64(c.flow.H)
	first := c.count
	for y := -step / 2; y < h+step/2; y += step {
		for x := -step / 2; x < w+step/2; x += step {
			px, py := x+step*(rnd.Float64()-0.5), y+step*(rnd.Float64()-0.5)
			size, load := 0.8+0.4*rnd.Float64(), rnd.Float64()
			px, py = max(0, min(w-1, px)), max(0, min(h-1, py))
			color, detail := c.look(int(px), int(py), max(1, int(radius)))
			if part < 1 && detail < 4+1.2/float32(part) {
				continue
			}
			c.touch(px, py, radius*size, color, float32(load))
		}
	}
	rnd.Shuffle(c.count-first, func(i, j int) {
		a, b := c.stroke(first+i), c.stroke(first+j)
		*a, *b = *b, *a
	})
}

// look returns the middle colour around a pixel of the reduced copy and how much it varies.
func (c *canvas) look(x, y, radius int) (mean [3]float32, detail float32) {
	pic := c.small.Pic
	inner := max(1, radius/2)
	var n, m, sum, squares float32
	for v := max(0, y-radius); v <= min(c.flow.H-1, y+radius); v += max(1, radius/4) {
		for u := max(0, x-radius); u <= min(c.flow.W-1, x+radius); u += max(1, radius/4) {
			p := pic.Pix[v*pic.Stride+4*u:][:3]
			l := 0.3*float32(p[0]) + 0.59*float32(p[1]) + 0.11*float32(p[2])
			sum, squares, n = sum+l, squares+l*l, n+1
			if max(u-x, x-u, v-y, y-v) <= inner {
				mean[0], mean[1], mean[2] = mean[0]+float32(p[0]), mean[1]+float32(p[1]), mean[2]+float32(p[2])
				m++
			}
		}
	}
	if m == 0 {
		p := pic.Pix[y*pic.Stride+4*x:][:3]
		mean, m = [3]float32{float32(p[0]), float32(p[1]), float32(p[2])}, 1
	}
	for k := range mean {
		mean[k] /= m
	}
	return mean, float32(math.Sqrt(float64(max(0, squares/n-sum*sum/n/n))))
}

// touch adds a stroke of that radius: it follows the flow both ways while the colour stays.
func (c *canvas) touch(x, y, radius float64, color [3]float32, load float32) {
	ax, ay := c.follow(x, y, -1, radius, color)
	bx, by := c.follow(x, y, 1, radius, color)
	if ax == bx && ay == by { // nowhere to go: a dab along the flow
		i := 3 * (int(y)*c.flow.W + int(x))
		bx, by = x+0.1*float64(c.flow.V[i]), y+0.1*float64(c.flow.V[i+1])
	}
	long := math.Hypot(bx-ax, by-ay)/2 + 1e-6
	dx, dy := (bx-ax)/(2*long), (by-ay)/(2*long)
	mx, my := (ax+bx)/2, (ay+by)/2
	bend := -(x-mx)*dy + (y-my)*dx
	k := float64(c.small.Factor)
	s := stroke{x: float32((mx + 0.5) * k), y: float32((my + 0.5) * k), dx: float32(dx), dy: float32(dy)}
	s.wide, s.bend = float32(radius*0.72*k), float32(max(-0.8*radius, min(0.8*radius, bend))*k)
	s.long = float32((long + 0.8*radius) * k)
	warm := 1 + 0.07*(load-0.5)
	s.r, s.g, s.b = color[0]*warm, color[1]*(1+0.05*(load-0.5)), color[2]*(2-warm)*(1+0.05*(load-0.5))
	s.load, s.at, s.thick = load, load*977, float32(0.2+0.22*min(1, radius/(4*c.unit)))
	reach := s.long*float32(math.Abs(dy)) + (s.wide+float32(math.Abs(float64(s.bend))))*float32(math.Abs(dx)) + 1
	s.top, s.bottom = int32(max(0, s.y-reach)), int32(min(float32(c.small.H-1), s.y+reach))
	if c.count%strokeBlock == 0 {
		c.strokes = append(c.strokes, make([]stroke, strokeBlock))
	}
	*c.stroke(c.count) = s
	c.count++
}

func (c *canvas) follow(x, y, way, radius float64, color [3]float32) (float64, float64) {
	const turns = 5
	step := radius * 0.55
	lx, ly := 0.0, 0.0
	for range turns {
		ix, iy := int(x), int(y)
		i := 3 * (iy*c.flow.W + ix)
		dx, dy := float64(c.flow.V[i]), float64(c.flow.V[i+1])
		if c.flow.V[i+2] < 0.15 && lx == 0 && ly == 0 { // no shape to follow: a habit of the hand
			dx, dy = 0.82, -0.57
		}
		if lx == 0 && ly == 0 {
			dx, dy = way*dx, way*dy
		} else if dx*lx+dy*ly < 0 {
			dx, dy = -dx, -dy
		}
		nx, ny := x+dx*step, y+dy*step
		if nx < 0 || ny < 0 || nx >= float64(c.flow.W) || ny >= float64(c.flow.H) {
			break
		}
		p := c.small.Pic.Pix[int(ny)*c.small.Pic.Stride+4*int(nx):][:3]
		if d := max(float32(p[0])-color[0], color[0]-float32(p[0])) + max(float32(p[1])-color[1], color[1]-float32(p[1])) +
			max(float32(p[2])-color[2], color[2]-float32(p[2])); d > 75 {
			break
		}
		x, y, lx, ly = nx, ny, dx, dy
	}
	return x, y
}

// strokeRow lays the part of a stroke that lies on row y.
func (c *canvas) strokeRow(s *stroke, y int) {
	fy := float32(y) + 0.5 - s.y
	lo, hi := s.span(fy, c.small.W)
	pix, height, cover := c.out.Pix[y*c.out.Stride:], c.height[y*c.small.W:], c.cover[y*c.small.W:]
	look := float32(1 / c.scale)
	sharp := max(1.2, s.wide*0.35)
	for x := lo; x < hi; x++ {
		bare := 255 - cover[x]
		if bare < 4 {
			continue
		}
		fx := float32(x) + 0.5 - s.x
		along := fx*s.dx + fy*s.dy
		a := along / s.long
		if a > 1 || a < -1 {
			continue
		}
		t := (fy*s.dx - fx*s.dy - s.bend*(1-a*a)) / s.wide
		t2 := t * t
		if t2 > 1 {
			continue
		}
		hair := c.bristle.At(along*look+s.at, t*s.wide*look*1.6+3*s.at)
		// The brush runs dry towards its end, and its rim is ragged.
		end := a * a * a * a
		alpha := (1 - t2 - end*(0.8+0.3*a) + (0.25+0.6*end)*(hair-0.55)) * sharp
		if alpha <= 0 {
			continue
		}
		alpha = min(1, alpha) * float32(bare)
		tone := (0.93 + 0.14*hair) * alpha / 255
		p := pix[4*x : 4*x+3]
		p[0] = uint8(min(255, float32(p[0])+s.r*tone+0.5))
		p[1] = uint8(min(255, float32(p[1])+s.g*tone+0.5))
		p[2] = uint8(min(255, float32(p[2])+s.b*tone+0.5))
		height[x] += uint8(alpha * (s.thick*hair + 0.2*s.load*(1-t2)))
		cover[x] += uint8(alpha + 0.5)
	}
}

// span returns the pixels of a row that a stroke can touch.
func (s *stroke) span(fy float32, w int) (lo, hi int) {
	const flat = 1e-3
	across := s.wide + max(s.bend, -s.bend)
	left, right := float32(-1e9), float32(1e9)
	if s.dx > flat || s.dx < -flat {
		a, b := (-s.long-fy*s.dy)/s.dx, (s.long-fy*s.dy)/s.dx
		left, right = max(left, min(a, b)), min(right, max(a, b))
	}
	if s.dy > flat || s.dy < -flat {
		a, b := (fy*s.dx-across)/s.dy, (fy*s.dx+across)/s.dy
		left, right = max(left, min(a, b)), min(right, max(a, b))
	}
	return int(max(0, left+s.x-1)), int(min(float32(w), right+s.x+2))
}
