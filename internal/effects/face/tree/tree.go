// Package tree reads the two kinds of trained trees that know faces: a cascade that says whether a
// square shows one, and forests that walk from a rough place to an exact point of it.
//
// It promises that the same picture gives the same answer: nothing in it is random, and no answer
// depends on the number of cores. It never copies the trees, which are read where they lie, and never
// keeps a picture.
package tree

// Gray is a picture of brightness, W bytes per row.
type Gray struct {
	W, H int
	Pix  []uint8
}

// NewGray returns a black picture.
func NewGray(w, h int) Gray { return Gray{W: w, H: h, Pix: make([]uint8, w*h)} }
