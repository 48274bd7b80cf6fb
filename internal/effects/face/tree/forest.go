package tree

import (
	"encoding/binary"
	"errors"
	"math"
)

// Forest walks to one point of a face in stages: the trees of a stage each propose a step, the steps
// are added, and the next stage looks closer.
type Forest struct {
	trees         []byte
	shrink        float32
	stages, count int
	depth         int
}

// NewForest reads the head of a trained forest.
func NewForest(file []byte) (Forest, error) {
	if len(file) < headBytes {
		return Forest{}, errors.New("tree: not a forest")
	}
	word := func(i int) int { return int(binary.LittleEndian.Uint32(file[i:])) }
	f := Forest{file[headBytes:], float(file[4:]), word(0), word(8), word(12)}
	if f.depth < 1 || f.depth > 16 || len(f.trees) != f.stages*f.count*f.treeBytes() {
		return Forest{}, errors.New("tree: a forest of another length")
	}
	return f, nil
}

// treeBytes is the length of a tree: inner nodes of 4 bytes, and a step of two numbers per leaf.
func (f Forest) treeBytes() int { return 4*(1<<f.depth-1) + 8<<f.depth }

// Walk goes from (x, y) in a square of the given size to the point. mirror is -1 for the point on the
// other side of the face and 1 otherwise.
func (f Forest) Walk(g Gray, x, y, size, mirror float32) (float32, float32) {
	length, leaf := f.treeBytes(), 4*(1<<f.depth-1)
	side := int(mirror)
	for stage := range f.stages {
		var dx, dy float32
		s := int(math.Round(float64(size)))
		cx, cy := int(math.Floor(float64(256*x))), int(math.Floor(float64(256*y)))
		at := func(row, col byte) uint8 {
			py := min(g.H-1, max(0, (cy+int(int8(row))*s)>>8))
			px := min(g.W-1, max(0, (cx+side*int(int8(col))*s)>>8))
			return g.Pix[py*g.W+px]
		}
		for i := range f.count {
			t := f.trees[(stage*f.count+i)*length:][:length]
			n := 0
			for range f.depth {
				c := t[4*n : 4*n+4]
				n = 2*n + 2 - atMost(at(c[0], c[1]), at(c[2], c[3]))
			}
			l := t[leaf+8*(n-(1<<f.depth-1)):]
			dy += float(l)
			dx += float(l[4:])
		}
		x += mirror * dx * size
		y += dy * size
		size *= f.shrink
	}
	return x, y
}
