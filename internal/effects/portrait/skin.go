package portrait

import (
	"image"
	"math"
	"slices"

	"vow.example/vow/internal/effects/portrait/head"
	"vow.example/vow/internal/effects/raster"
)

// skin is the colour of one person's skin in one picture, taken from the cheeks: a fixed idea of
// what skin looks like would fail for most people and most lamps.
type skin struct{ cb, cr, l float32 }

const skinSpread = 0.040 // how far the colour of bright skin strays within a face

// skinOf measures the cheeks, below the pupils and outside of the folds of a smile.
func skinOf(s study) skin {
	var cb, cr, l []float32
	for y := range s.small.H {
		row := s.small.Row(y)
		for x := range s.small.W {
			u, v := s.in(x, y)
			if math.Abs(v-0.55) > 0.2 || math.Abs(math.Abs(u)-0.6) > 0.2 || row[4*x+3] < 0.5 {
				continue
			}
			r, g, b := row[4*x], row[4*x+1], row[4*x+2]
			light := raster.Luma(r, g, b)
			cb, cr, l = append(cb, b-light), append(cr, r-light), append(l, light)
		}
	}
	return skin{median(cb), median(cr), median(l)}
}

// toneOf is the brightness of the cheeks, read at few places.
func toneOf(img *image.NRGBA, h head.Head) float64 {
	const places = 24
	var l []float32
	for i := range places {
		for k := range places {
			for _, side := range []float64{-0.6, 0.6} {
				p := h.At(side+0.4*(float64(i)/places-0.5), 0.55+0.4*(float64(k)/places-0.5))
				if q := image.Pt(int(p.X), int(p.Y)); q.In(image.Rectangle{Max: img.Rect.Size()}) {
					c := img.Pix[q.Y*img.Stride+4*q.X:]
					l = append(l, raster.Luma(float32(c[0]), float32(c[1]), float32(c[2]))/255)
				}
			}
		}
	}
	return float64(median(l))
}

func median(v []float32) float32 {
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	return v[len(v)/2]
}

// likely is how much a colour looks like this skin, from 0 to 1. Differences of colour are taken
// relative to brightness, so that the shaded side of a face counts too; dark skin has less colour to
// stray by.
func (s skin) likely(c []float32) float32 {
	r, b := c[0], c[2]
	l := raster.Luma(r, c[1], b)
	if s.l <= 0 || l <= 0 {
		return 0
	}
	scale := 0.5 * (s.l + l) / s.l
	if l > s.l { // shine takes colour away
		along := ((b-l)*s.cb + (r-l)*s.cr) / max(s.cb*s.cb+s.cr*s.cr, 1e-6)
		scale = min(max(along, 0.35), scale)
	}
	db, dr := (b-l)-s.cb*scale, (r-l)-s.cr*scale
	spread := skinSpread * (0.4 + 0.9*s.l)
	like := float32(math.Exp(-float64(db*db+dr*dr) / float64(2*spread*spread)))
	return raster.Smoothstep(0.15, 0.7, like) * raster.Smoothstep(0.4, 0.65, l/s.l)
}
