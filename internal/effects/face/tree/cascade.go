package tree

import (
	"encoding/binary"
	"errors"
	"math"
)

// The layout of a cascade: a head of 16 bytes, then per tree 63 inner nodes of 4 bytes (row and column
// of two pixels), 64 leaves, and the sum below which a square is no face.
const (
	headBytes = 16
	depth     = 6
	leaves    = 1 << depth
	treeBytes = 4*(leaves-1) + 4*leaves + 4
	early     = 32 // trees whose pixels are looked up in a table: nearly every square ends within them
)

// Cascade is a chain of trees. A square goes through them until one of them says that it is no face.
type Cascade struct{ trees []byte }

// NewCascade reads the head of a trained cascade.
func NewCascade(file []byte) (Cascade, error) {
	if len(file) < headBytes || binary.LittleEndian.Uint32(file[8:]) != depth {
		return Cascade{}, errors.New("tree: not a cascade of depth 6")
	}
	if n := binary.LittleEndian.Uint32(file[12:]); n == 0 || len(file) != headBytes+int(n)*treeBytes {
		return Cascade{}, errors.New("tree: a cascade of another length")
	}
	return Cascade{file[headBytes:]}, nil
}

// Lens is the cascade made ready for squares of one size that are turned by one angle.
type Lens struct {
	cascade   Cascade
	Size      int
	sin, cos  int // times the size, in 1/65536 per step of a node
	width     int // of the picture
	reach     int // pixels around the center that are looked at
	early     [early]table
	threshold [early]float32
}

type table struct {
	at   [leaves][2]int32 // from the top left corner of the reach; entry 0 is not used
	leaf [leaves]float32
}

// Lens makes the cascade ready for a picture of the given width.
func (c Cascade) Lens(width, size int, degrees float64) *Lens {
	l := &Lens{cascade: c, Size: size, width: width}
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	l.sin, l.cos = int(math.Round(256*float64(size)*sin)), int(math.Round(256*float64(size)*cos))
	l.reach = int(math.Ceil(float64(size)/2*(math.Abs(sin)+math.Abs(cos)))) + 1
	for i := range min(early, len(c.trees)/treeBytes) {
		t := c.trees[i*treeBytes : (i+1)*treeBytes]
		for n := 1; n < leaves; n++ {
			l.early[i].at[n] = l.pixels(t, n)
		}
		for n := range leaves {
			l.early[i].leaf[n] = float(t[4*(leaves-1)+4*n:])
		}
		l.threshold[i] = float(t[treeBytes-4:])
	}
	return l
}

// Reach is how far from its center a square of this lens looks.
func (l *Lens) Reach() int { return l.reach }

func (l *Lens) pixels(t []byte, n int) [2]int32 {
	c := t[4*n-4 : 4*n]
	return [2]int32{l.offset(int8(c[0]), int8(c[1])), l.offset(int8(c[2]), int8(c[3]))}
}

func (l *Lens) offset(row, col int8) int32 {
	y := (int(row)*l.cos + int(col)*l.sin) >> 16
	x := (int(col)*l.cos - int(row)*l.sin) >> 16
	return int32((y+l.reach)*l.width + x + l.reach)
}

// Score returns how sure the cascade is that a face has its center at (x, y), or 0 if it is none.
// The center must be at least Reach away from every border.
func (l *Lens) Score(g Gray, x, y int) float32 {
	win := g.Pix[(y-l.reach)*l.width+x-l.reach:]
	sum := float32(0)
	for i := range l.early {
		t := &l.early[i]
		n := 1
		for range depth {
			at := t.at[n&(leaves-1)]
			n = 2*n + atMost(win[at[0]], win[at[1]])
		}
		if sum += t.leaf[n&(leaves-1)]; sum <= l.threshold[i] {
			return 0
		}
	}
	return l.rest(win, sum)
}

func (l *Lens) rest(win []uint8, sum float32) float32 {
	all := l.cascade.trees
	for i := early * treeBytes; i < len(all); i += treeBytes {
		t := all[i : i+treeBytes]
		n := 1
		for range depth {
			at := l.pixels(t, n)
			n = 2*n + atMost(win[at[0]], win[at[1]])
		}
		if sum += float(t[4*(leaves-1)+4*(n-leaves):]); sum <= float(t[treeBytes-4:]) {
			return 0
		}
	}
	return sum - float(all[len(all)-4:])
}

func atMost(a, b uint8) int {
	n := 0
	if a <= b {
		n = 1
	}
	return n
}

func float(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) }
