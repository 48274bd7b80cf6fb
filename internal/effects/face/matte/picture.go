// Package matte separates a person, and the hair of a person, from the rest of a picture, starting from
// where the face is.
//
// It promises masks of at most 512 pixels a side whatever the picture, soft where hair is thin, and that
// the same picture gives the same mask. It finds by colour, edges and the usual shape of people, no more:
// a wall of the colour of the hair can be taken for hair. It never keeps a picture.
package matte

import (
	"image"
	"math"
)

// Side is how many pixels a mask has at most on its longer side.
const Side = 512

// Head is where a head is in a picture: the middle between the pupils, the way from one pupil to the
// other, and how far from that middle chin and hairline are, in distances of the pupils.
type Head struct {
	X, Y           float64
	DX, DY         float64
	Chin, Forehead float64
}

// at turns a place of the picture into distances of the pupils, y along the face.
func (h Head) at(x, y float64) (float64, float64) {
	x, y = x-h.X, y-h.Y
	n := h.DX*h.DX + h.DY*h.DY
	return (x*h.DX + y*h.DY) / n, (y*h.DX - x*h.DY) / n
}

// scaled is the head in a copy of the picture that is k times as large and starts at (x, y).
func (h Head) scaled(x, y, k float64) Head {
	h.X, h.Y = (h.X-x)*k, (h.Y-y)*k
	h.DX, h.DY = h.DX*k, h.DY*k
	return h
}

// picture is a small copy as numbers from 0 to 1: brightness and two differences of colours.
type picture struct {
	w, h int
	v    [3][]float32
}

// shrink copies the part r of a picture to w × h pixels. It averages at most 16 samples per pixel.
func shrink(img *image.NRGBA, r image.Rectangle, w, h int) picture {
	p := picture{w: w, h: h}
	for k := range p.v {
		p.v[k] = make([]float32, w*h)
	}
	kx, ky := float64(r.Dx())/float64(w), float64(r.Dy())/float64(h)
	fx, fy := fine(kx), fine(ky)
	for y := range h {
		for x := range w {
			var s [3]int
			for i := range fx * fy {
				sx := r.Min.X + min(r.Dx()-1, int(kx*(float64(x)+(float64(i%fx)+0.5)/float64(fx))))
				sy := r.Min.Y + min(r.Dy()-1, int(ky*(float64(y)+(float64(i/fx)+0.5)/float64(fy))))
				q := img.Pix[sy*img.Stride+4*sx:]
				for k := range s {
					s[k] += int(q[k])
				}
			}
			n := float32(255 * fx * fy)
			red, green, blue := float32(s[0])/n, float32(s[1])/n, float32(s[2])/n
			p.v[0][y*w+x] = 0.3*red + 0.55*green + 0.15*blue
			p.v[1][y*w+x] = red - green
			p.v[2][y*w+x] = (red+green)/2 - blue
		}
	}
	return p
}

func fine(k float64) int { return max(1, min(4, int(math.Ceil(k)))) }

// size fits a rectangle into a square of the given side.
func size(r image.Rectangle, side int) (int, int, float64) {
	k := min(1, float64(side)/float64(max(r.Dx(), r.Dy())))
	return max(1, int(float64(r.Dx())*k+0.5)), max(1, int(float64(r.Dy())*k+0.5)), k
}
