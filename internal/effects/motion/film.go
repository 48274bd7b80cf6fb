package motion

import (
	"context"
	"image"
	"math"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/raster"
	"vow.example/vow/internal/fault"
)

// widest is the longer side of a film in shorter ones: what is longer is cropped, and the camera may
// travel along it.
const widest = 2.4

// filmSize returns the even size of a film of that aspect, width by height.
func filmSize(aspect float64, side int) image.Point {
	aspect = min(max(aspect, 1/widest), widest)
	other := func(a float64) int { return max(2, 2*int(math.Round(float64(side)*a/2))) }
	if aspect >= 1 {
		return image.Pt(side, other(1/aspect))
	}
	return image.Pt(other(aspect), side)
}

// newFilm makes a film of a drawing that is asked for moments from 0 to 1.
func newFilm(size image.Point, seconds float64, draw func(ctx context.Context, t float64, dst *image.NRGBA) error) *effect.Film {
	frames := max(2, int(math.Round(seconds*Rate)))
	return &effect.Film{Width: size.X, Height: size.Y, Frames: frames, Rate: Rate, Draw: func(ctx context.Context, n int, dst *image.NRGBA) error {
		if n < 0 || n >= frames || dst == nil || dst.Rect.Size() != size {
			return fault.New(fault.Internal, "film-frame", "There is no such frame.")
		}
		return draw(ctx, float64(n)/float64(frames-1), raster.Own(dst))
	}}
}

// bands runs f over n rows on every core.
func bands(ctx context.Context, m *image.NRGBA, n int, f func(lo, hi int)) error {
	j, err := raster.Start(m, 1, nil)
	if err != nil {
		return err
	}
	return j.Bands(ctx, n, f)
}

// ramp is the part of a move in which the camera gathers speed, and again in which it loses it.
const ramp = 0.3

// smooth is an eased move from 0 to 1: it starts and ends at rest, and keeps its speed in between.
func smooth(t float64) float64 {
	const speed = 1 / (1 - ramp)
	switch {
	case t <= 0:
		return 0
	case t >= 1:
		return 1
	case t > 1-ramp:
		return 1 - smooth(1-t)
	case t > ramp:
		return speed * (t - ramp/2)
	}
	u := t / ramp
	return speed * ramp * (u*u*u - u*u*u*u/2)
}

func steady(t float64) float64 { return min(1, max(0, t)) }

func (o order) easing() func(float64) float64 {
	if o.linear {
		return steady
	}
	return smooth
}

// flatten puts a picture on white, in place: a film has no transparency.
func flatten(ctx context.Context, j *raster.Job, m *image.NRGBA) error {
	return j.Bands(ctx, m.Rect.Dy(), func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			for p := m.Pix[y*m.Stride:][:4*m.Rect.Dx()]; len(p) >= 4; p = p[4:] {
				if a := uint32(p[3]); a != 255 {
					for k := range 3 {
						p[k] = uint8((uint32(p[k])*a + 255*(255-a) + 127) / 255)
					}
					p[3] = 255
				}
			}
		}
	})
}
