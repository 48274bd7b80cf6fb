package tree

import (
	"math"
	"os"
	"testing"
)

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("../cascade/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// speckled is a picture of blobs, the same every time; mirrored turns it around.
func speckled(w, h int, mirrored bool) Gray {
	g := NewGray(w, h)
	for y := range h {
		for x := range w {
			at := x
			if mirrored {
				at = w - 1 - x
			}
			v := math.Sin(float64(at)*0.21)*math.Cos(float64(y)*0.13) + math.Sin(float64(at*y)*0.002)
			g.Pix[y*w+x] = uint8(127 + 60*v)
		}
	}
	return g
}

func TestAFileThatIsNoCascadeIsRefused(t *testing.T) {
	t.Parallel()
	good := read(t, "facefinder")
	if _, err := NewCascade(good); err != nil {
		t.Fatal(err)
	}
	forest := read(t, "puploc")
	if _, err := NewForest(forest); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"empty": nil, "cut off": good[:1000], "head only": good[:16], "a forest": forest} {
		if _, err := NewCascade(b); err == nil {
			t.Errorf("cascade: %s was read", name)
		}
	}
	for name, b := range map[string][]byte{"empty": nil, "cut off": forest[:len(forest)-1], "a cascade": good} {
		if _, err := NewForest(b); err == nil {
			t.Errorf("forest: %s was read", name)
		}
	}
}

func TestALensStaysWithinItsReach(t *testing.T) {
	t.Parallel()
	c, err := NewCascade(read(t, "facefinder"))
	if err != nil {
		t.Fatal(err)
	}
	for _, angle := range []float64{0, -15, 22, 45, 90} {
		for _, size := range []int{20, 33, 100} {
			l := c.Lens(300, size, angle)
			if l.Reach() < size/2 || l.Reach() > size {
				t.Errorf("size %d, %g degrees: a reach of %d", size, angle, l.Reach())
			}
			side := 2*l.Reach() + 1
			l = c.Lens(side, size, angle)
			l.Score(speckled(side, side, false), l.Reach(), l.Reach()) // must not look outside
			for i := range l.early {
				for n := 1; n < leaves; n++ {
					for _, at := range l.early[i].at[n] {
						if x := int(at) % side; at < 0 || int(at) >= side*side || x > 2*l.Reach() {
							t.Fatalf("size %d, %g degrees: pixel %d", size, angle, at)
						}
					}
				}
			}
		}
	}
}

func TestAFlatPictureShowsNoFace(t *testing.T) {
	t.Parallel()
	c, err := NewCascade(read(t, "facefinder"))
	if err != nil {
		t.Fatal(err)
	}
	g := NewGray(120, 120)
	if q := c.Lens(120, 80, 0).Score(g, 60, 60); q != 0 {
		t.Errorf("a black square is a face with %.1f", q)
	}
}

func TestTheWalkToTheOtherSideIsTheSameInAMirror(t *testing.T) {
	t.Parallel()
	f, err := NewForest(read(t, "lps/lp84"))
	if err != nil {
		t.Fatal(err)
	}
	const w, h = 200, 160
	g, m := speckled(w, h, false), speckled(w, h, true)
	for _, start := range [][2]float32{{100.3, 80.2}, {60.7, 90.1}, {131.4, 70.9}} {
		x, y := f.Walk(g, start[0], start[1], 120, 1)
		mx, my := f.Walk(m, w-start[0], start[1], 120, -1)
		if math.Abs(float64(w-mx-x)) > 1 || math.Abs(float64(my-y)) > 1 {
			t.Errorf("from %v to %.1f, %.1f, in the mirror to %.1f, %.1f", start, x, y, w-mx, my)
		}
	}
	if x, y := f.Walk(g, -500, 9000, 120, 1); math.IsNaN(float64(x)) || math.IsNaN(float64(y)) {
		t.Error("a start outside of the picture has no end")
	}
}
