package matte

import (
	"context"
	"image"
	"math"
)

// workSide is how many pixels the labels are found with on the longer side; details come afterwards.
const workSide = 224

// Person returns the head with its hair, the neck and the shoulders down to the border of the picture.
func Person(ctx context.Context, img *image.NRGBA, h Head) (*image.Alpha, error) {
	whole := image.Rect(0, 0, img.Rect.Dx(), img.Rect.Dy())
	return cut(ctx, img, whole, h, personPriors)
}

// Hair returns the hair, or next to nothing where there is none.
func Hair(ctx context.Context, img *image.NRGBA, h Head) (*image.Alpha, error) {
	whole := image.Rect(0, 0, img.Rect.Dx(), img.Rect.Dy())
	reach := 4.2 * math.Hypot(h.DX, h.DY)
	near := image.Rect(int(h.X-reach), int(h.Y-reach), int(h.X+reach), int(h.Y+1.3*reach)).Intersect(whole)
	if near.Empty() {
		near = whole
	}
	return cut(ctx, img, near, h, hairPriors)
}

// cut labels the part r of the picture and returns the first class as a mask of the whole picture.
func cut(ctx context.Context, img *image.NRGBA, r image.Rectangle, h Head, priors func(x, y float64, h Head) []float64) (*image.Alpha, error) {
	w, hh, k := size(r, workSide)
	small := shrink(img, r, w, hh)
	head := h.scaled(float64(r.Min.X), float64(r.Min.Y), k)
	var planes [][]float32
	for i := range w * hh {
		x, y := head.at(float64(i%w)+0.5, float64(i/w)+0.5)
		for c, v := range priors(x, y, h) {
			if i == 0 {
				planes = append(planes, make([]float32, w*hh))
			}
			planes[c][i] = float32(v)
		}
	}
	parts, err := small.label(ctx, planes)
	if err != nil {
		return nil, err
	}
	return sharpen(img, r, picture{w: w, h: hh, v: [3][]float32{parts[0]}}), nil
}

// sharpen brings the labels of the part r to the size of the mask and draws them along the details.
func sharpen(img *image.NRGBA, r image.Rectangle, labels picture) *image.Alpha {
	whole := image.Rect(0, 0, img.Rect.Dx(), img.Rect.Dy())
	mw, mh, k := size(whole, Side)
	out := image.NewAlpha(image.Rect(0, 0, mw, mh))
	to := image.Rect(int(float64(r.Min.X)*k), int(float64(r.Min.Y)*k), int(math.Ceil(float64(r.Max.X)*k)), int(math.Ceil(float64(r.Max.Y)*k))).Intersect(out.Rect)
	from := image.Rect(int(float64(to.Min.X)/k), int(float64(to.Min.Y)/k), int(math.Ceil(float64(to.Max.X)/k)), int(math.Ceil(float64(to.Max.Y)/k))).Intersect(whole)
	if to.Empty() || from.Empty() {
		return out
	}
	p := shrink(img, from, to.Dx(), to.Dy())
	mask := make([]float32, p.w*p.h)
	for i := range mask {
		x := (float64(to.Min.X+i%p.w)+0.5)/k - float64(r.Min.X)
		y := (float64(to.Min.Y+i/p.w)+0.5)/k - float64(r.Min.Y)
		mask[i] = labels.between(x/float64(r.Dx())*float64(labels.w)-0.5, y/float64(r.Dy())*float64(labels.h)-0.5)
	}
	for i, v := range p.refine(mask, max(2, max(p.w, p.h)/64), 6e-4) {
		v = max(0, min(1, (v-0.12)/0.76))
		out.Pix[(to.Min.Y+i/p.w)*out.Stride+to.Min.X+i%p.w] = uint8(v*v*(3-2*v)*255 + 0.5)
	}
	return out
}

// between reads the first plane between four pixels, and makes up its mind a little more.
func (p picture) between(x, y float64) float32 {
	x, y = max(0, min(float64(p.w-1), x)), max(0, min(float64(p.h-1), y))
	ix, iy := int(x), int(y)
	jx, jy := min(p.w-1, ix+1), min(p.h-1, iy+1)
	fx, fy := float32(x-float64(ix)), float32(y-float64(iy))
	v := p.v[0]
	top := v[iy*p.w+ix] + fx*(v[iy*p.w+jx]-v[iy*p.w+ix])
	bottom := v[jy*p.w+ix] + fx*(v[jy*p.w+jx]-v[jy*p.w+ix])
	t := top + fy*(bottom-top)
	return t * t * (3 - 2*t)
}
