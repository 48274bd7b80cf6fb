// Package blend lays one picture into another so that no seam shows: the layer keeps its own detail, and
// takes the colours of what surrounds it from its border (Pérez, Gangnet and Blake, "Poisson Image
// Editing", 2003).
//
// It promises that pixels whose mask is 0 keep their bytes, that results do not depend on the number of
// cores, and that it needs 7 bytes per pixel of the layer besides the pictures. It never looks at what
// the pictures show.
package blend

import (
	"context"
	"image"

	"vow.example/vow/internal/effects/raster"
)

// Layer is what is laid into a picture. Picture and Mask have the size of that picture.
type Layer struct {
	Picture *image.NRGBA
	Mask    *image.Gray // 255: the layer, 0: the picture below, between: a mixture
	// Trust says, from 0 to 1, how far the difference of two pixels at the border is one of light that is
	// spread into the layer, and not another thing that begins there, such as hair on a forehead. It is
	// given red, green and blue of both. nil: always.
	Trust func(below, above []uint8) float32
	// Fade is how many pixels the colours of the border reach into the layer. 0: all the way.
	Fade float64
}

// Clone lays the layer into dst. A mask that touches the side of the picture has its border there.
func Clone(ctx context.Context, j *raster.Job, dst *image.NRGBA, l Layer) error {
	s := newSolver(dst.Rect.Dx(), dst.Rect.Dy(), l.Fade)
	if err := s.classify(ctx, j, dst, l); err != nil {
		return err
	}
	for channel := range 3 {
		if err := s.border(ctx, j, dst, l, channel); err != nil {
			return err
		}
		if err := s.solve(ctx, j); err != nil {
			return err
		}
		if err := s.lay(ctx, j, dst, l, channel); err != nil {
			return err
		}
	}
	return nil
}

// Passes is how many passes of a Job the cloning of a layer of that size takes.
func Passes(w, h int) int {
	s := shapes(w, h)
	n := 2 // border and lay
	for k, p := range s {
		if large(p) {
			n += 1 + 2*sweeps(k)
		}
	}
	return 1 + 3*n
}

// classify says which pixels are solved for, and how far those around them count.
func (s *solver) classify(ctx context.Context, j *raster.Job, dst *image.NRGBA, l Layer) error {
	top := s.levels[0]
	err := j.Bands(ctx, top.h, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			for x := range top.w {
				top.kind[y*top.w+x] = l.kindAt(dst, x, y)
			}
		}
	})
	if err != nil {
		return err
	}
	for k, v := range s.levels[1:] {
		v.coarsen(s.levels[k])
	}
	for _, v := range s.levels {
		v.finish()
	}
	return nil
}

// kindAt is inner for what is solved for, the weight of a pixel of the border, or void.
func (l Layer) kindAt(dst *image.NRGBA, x, y int) uint8 {
	w, h := dst.Rect.Dx(), dst.Rect.Dy()
	i := y*l.Mask.Stride + x
	side := x == 0 || y == 0 || x == w-1 || y == h-1
	if l.Mask.Pix[i] > 0 {
		if side {
			return l.weight(dst, x, y)
		}
		return inner
	}
	m := l.Mask.Pix
	if x > 0 && m[i-1] > 0 || x < w-1 && m[i+1] > 0 || y > 0 && m[i-l.Mask.Stride] > 0 || y < h-1 && m[i+l.Mask.Stride] > 0 {
		return l.weight(dst, x, y)
	}
	return void
}

// weight is small where another thing begins.
func (l Layer) weight(dst *image.NRGBA, x, y int) uint8 {
	if l.Trust == nil {
		return fixed
	}
	p, q := dst.Pix[y*dst.Stride+4*x:], l.Picture.Pix[y*l.Picture.Stride+4*x:]
	return uint8(fixed * raster.Clamp01(l.Trust(p[:3], q[:3])))
}

// border writes the difference of the pictures into the pixels of the border.
func (s *solver) border(ctx context.Context, j *raster.Job, dst *image.NRGBA, l Layer, channel int) error {
	top := s.levels[0]
	err := j.Bands(ctx, top.h, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			kind, v := top.kind[y*top.w:][:top.w], top.v[y*top.w:][:top.w]
			p, q := dst.Pix[y*dst.Stride+channel:], l.Picture.Pix[y*l.Picture.Stride+channel:]
			for x, k := range kind {
				if k != void && k <= fixed {
					v[x] = float32(int(p[4*x]) - int(q[4*x]))
				}
			}
		}
	})
	if err != nil {
		return err
	}
	for k, v := range s.levels[1:] {
		v.gather(s.levels[k])
	}
	return nil
}

// lay writes one channel of the layer and its correction into dst.
func (s *solver) lay(ctx context.Context, j *raster.Job, dst *image.NRGBA, l Layer, channel int) error {
	top := s.levels[0]
	return j.Bands(ctx, top.h, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			v, mask := top.v[y*top.w:][:top.w], l.Mask.Pix[y*l.Mask.Stride:][:top.w]
			p, q := dst.Pix[y*dst.Stride+channel:], l.Picture.Pix[y*l.Picture.Stride+channel:]
			for x, m := range mask {
				if m == 0 {
					continue
				}
				below := float32(p[4*x])
				above := max(0, min(255, float32(q[4*x])+v[x]))
				p[4*x] = uint8(below + float32(m)/255*(above-below) + 0.5)
			}
		}
	})
}
