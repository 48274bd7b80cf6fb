package face

import (
	"cmp"
	"image"
	"math"
	"slices"

	"vow.example/vow/internal/effects/face/tree"
)

const (
	searchSide = 400   // faces are searched in a copy of at most this many pixels a side
	minPart    = 0.055 // of the longer side: the smallest face
	minFace    = 20    // pixels of the copy: fewer tell the trees nothing
	growth     = 1.15  // from one size of a face to the next
	stride     = 0.1   // from one place to the next, in sizes
	sameFace   = 0.3   // overlap from which two findings are one face
	candidates = 32    // findings that are looked at closely
)

// hit is a square in the search copy that may be a face.
type hit struct {
	x, y, size, angle float64
	score             float32
}

// search looks at every place and size for faces that are tilted by one angle, on every core.
func search(c tree.Cascade, g tree.Gray, angle float64) []hit {
	growth, stride := growth, stride
	if angle != 0 {
		growth, stride = growth+0.05, stride+0.02 // neighbors of a tilted face are found in its place
	}
	var sizes []int
	for s := max(minFace, minPart*float64(max(g.W, g.H))); int(s) < min(g.W, g.H); s *= growth {
		sizes = append(sizes, int(s))
	}
	const parts = 4 // of the rows: the cores share the work evenly
	found := make([][]hit, parts*len(sizes))
	each(len(found), func(i int) {
		l := c.Lens(g.W, sizes[i/parts], angle)
		step := max(1, int(stride*float64(l.Size)*min(1, float64(max(g.W, g.H))/searchSide)+0.5))
		rows := (g.H - 2*l.Reach() + step - 1) / step
		for row := rows * (i % parts) / parts; row < rows*(i%parts+1)/parts; row++ {
			y := l.Reach() + row*step
			for x := l.Reach(); x < g.W-l.Reach(); x += step {
				if q := l.Score(g, x, y); q > 0 {
					found[i] = append(found[i], hit{float64(x), float64(y), float64(l.Size), angle, q})
				}
			}
		}
	})
	return slices.Concat(found...)
}

// look sums how sure the cascade is at the places, sizes and tilts around a hit, and moves the hit to
// their middle. A face is found again by its neighbors; what only looks like one is not.
func look(c tree.Cascade, g tree.Gray, h hit) hit {
	var sum, x, y, size, angle float64
	step := max(1, 0.07*h.size)
	for _, turn := range []float64{-13, 0, 13} {
		for _, grow := range []float64{0.82, 0.94, 1.07, 1.22} {
			l := c.Lens(g.W, int(h.size*grow+0.5), h.angle+turn)
			for i := range 9 {
				px, py := int(h.x+float64(i%3-1)*step), int(h.y+float64(i/3-1)*step)
				if px < l.Reach() || py < l.Reach() || px >= g.W-l.Reach() || py >= g.H-l.Reach() {
					continue
				}
				q := float64(l.Score(g, px, py))
				sum += q
				x += q * float64(px)
				y += q * float64(py)
				size += q * float64(l.Size)
				angle += q * (h.angle + turn)
			}
		}
	}
	if sum == 0 {
		return h
	}
	return hit{x / sum, y / sum, size / sum, angle / sum, float32(sum)}
}

// join makes one hit of those that show the same face, the surest first.
func join(hits []hit) []hit {
	hits = slices.Clone(hits)
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(b.score, a.score) })
	var kept []hit
	for _, h := range hits {
		if !slices.ContainsFunc(kept, func(k hit) bool { return overlap(k, h) > sameFace }) {
			kept = append(kept, h)
		}
	}
	return kept
}

// overlap is the part of the union of two squares that both cover, or more if one lies in the other.
func overlap(a, b hit) float64 {
	w := min(a.x+a.size/2, b.x+b.size/2) - max(a.x-a.size/2, b.x-b.size/2)
	h := min(a.y+a.size/2, b.y+b.size/2) - max(a.y-a.size/2, b.y-b.size/2)
	if w <= 0 || h <= 0 {
		return 0
	}
	least := min(a.size, b.size)
	return max(w*h/(a.size*a.size+b.size*b.size-w*h), w*h/(least*least)-0.5)
}

// shrunk returns a gray copy of the part r of a picture, in which one pixel stands for shrink × shrink
// of the picture. Of a large picture it reads at most three rows and columns per pixel of the copy.
func shrunk(img *image.NRGBA, r image.Rectangle, shrink float64) tree.Gray {
	w, h := r.Dx(), r.Dy()
	g := tree.NewGray(max(1, int(float64(w)/shrink)), max(1, int(float64(h)/shrink)))
	fine := max(1, min(3, int(shrink)))
	columns := make([]int, fine*g.W)
	for i := range columns {
		columns[i] = 4 * (r.Min.X + min(w-1, int((float64(i)+0.5)*shrink/float64(fine))))
	}
	const bands = 16
	each(bands, func(band int) {
		sums := make([]uint32, g.W)
		for y := g.H * band / bands; y < g.H*(band+1)/bands; y++ {
			clear(sums)
			for i := range fine {
				sy := r.Min.Y + min(h-1, int((float64(fine*y+i)+0.5)*shrink/float64(fine)))
				addRow(sums, img.Pix[sy*img.Stride:], columns, fine)
			}
			for x, s := range sums {
				g.Pix[y*g.W+x] = uint8(s / uint32(256*fine*fine))
			}
		}
	})
	return g
}

func addRow(sums []uint32, row []uint8, columns []int, fine int) {
	for x := range sums {
		s := uint32(0)
		for _, c := range columns[x*fine : x*fine+fine] {
			p := row[c : c+3 : c+3]
			s += 77*uint32(p[0]) + 150*uint32(p[1]) + 29*uint32(p[2])
		}
		sums[x] += s
	}
}

// turned is a point that lies (x, y) sizes from the center of a hit when the face is upright.
func (h hit) turned(x, y float64) Point {
	sin, cos := math.Sincos(h.angle * math.Pi / 180)
	return Point{h.x + h.size*(x*cos-y*sin), h.y + h.size*(x*sin+y*cos)}
}
