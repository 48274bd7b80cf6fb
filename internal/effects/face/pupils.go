package effects

import (
	"encoding/binary"
	"math"
	"slices"

	pigo "github.com/esimov/pigo/core"
)

// pupilFinder is a regression forest over pixel comparisons. pigo has a reader of the same trees,
// but starts it from random places: a portrait would differ from run to run.
type pupilFinder struct {
	shrink       float32
	trees, depth int
	stages       [][]pupilTree
}

type pupilTree struct {
	tests []int8    // four numbers per inner node: row and column of two pixels
	leafs []float32 // row and column step per leaf
}

// readPupilTrees reads the embedded trees; their layout is pigo's.
func readPupilTrees(p []byte) pupilFinder {
	word := func() uint32 {
		v := binary.LittleEndian.Uint32(p)
		p = p[4:]
		return v
	}
	stages := int(word())
	f := pupilFinder{shrink: math.Float32frombits(word())}
	f.trees, f.depth = int(word()), int(word())
	leafs := 1 << f.depth
	for range stages {
		var stage []pupilTree
		for range f.trees {
			var t pupilTree
			for _, b := range p[:4*leafs-4] {
				t.tests = append(t.tests, int8(b))
			}
			p = p[4*leafs-4:]
			for range 2 * leafs {
				t.leafs = append(t.leafs, math.Float32frombits(word()))
			}
			stage = append(stage, t)
		}
		f.stages = append(f.stages, stage)
	}
	return f
}

// find returns column and row of the pupil near the given place: the median over a fixed lattice
// of starting points and sizes.
func (f pupilFinder) find(g pigo.ImageParams, row, col, size float32) [2]float32 {
	var rows, cols []float32
	for _, dr := range []float32{-0.06, -0.02, 0.02, 0.06} {
		for _, dc := range []float32{-0.06, -0.02, 0.02, 0.06} {
			for _, grow := range []float32{0.94, 1, 1.06} {
				r, c := f.descend(g, row+dr*size, col+dc*size, size*grow)
				rows, cols = append(rows, r), append(cols, c)
			}
		}
	}
	slices.Sort(rows)
	slices.Sort(cols)
	return [2]float32{cols[len(cols)/2], rows[len(rows)/2]}
}

func (f pupilFinder) descend(g pigo.ImageParams, r, c, s float32) (float32, float32) {
	for _, stage := range f.stages {
		var dr, dc float32
		size := int(math.Round(float64(s)))
		at := func(row, col int8) uint8 {
			y := min(g.Rows-1, max(0, (256*int(r)+int(row)*size)>>8))
			x := min(g.Cols-1, max(0, (256*int(c)+int(col)*size)>>8))
			return g.Pixels[y*g.Dim+x]
		}
		for _, t := range stage {
			node := 0
			for range f.depth {
				n := t.tests[4*node : 4*node+4]
				node = 2*node + 1
				if at(n[0], n[1]) > at(n[2], n[3]) {
					node++
				}
			}
			leaf := node - (1<<f.depth - 1)
			dr += t.leafs[2*leaf]
			dc += t.leafs[2*leaf+1]
		}
		r += dr * s
		c += dc * s
		s *= f.shrink
	}
	return r, c
}
