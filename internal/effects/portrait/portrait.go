package effects

import (
	"context"
	"fmt"
	"image"
	"math"

	"vow.example/vow/internal/fault"
)

// PortraitParams says how much a portrait is worked on; see Specs for the bounds.
type PortraitParams struct {
	Strength float64
}

// DefaultPortrait returns the parameters of an enhancement that nobody changed.
func DefaultPortrait() PortraitParams { return PortraitParams{Strength: 0.6} }

const (
	maxFaces    = 12 // the surest ones of a group picture
	facePasses  = 1 + smoothPasses + 1 + 2*blurPasses + 1
	finePart    = 0.010 // texture finer than this part of a face is kept
	keepTexture = 0.55
)

// Portrait evens out skin without losing its texture, clears the eyes, and balances light and
// colour gently. Everything that is no skin and no eye only takes part in the balance. A picture
// without a face is a fault with CodeNoFace. It needs 8 bytes per pixel and, for one face at a
// time, 24 bytes per pixel of the face; at most 32 bytes per pixel, the picture counted.
func Portrait(ctx context.Context, img *image.NRGBA, p PortraitParams, progress func(float64)) (*image.NRGBA, error) {
	if err := within(NamePortrait, "strength", p.Strength); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("effects: %w", err)
	}
	faces := Faces(img)
	faces = faces[:min(len(faces), maxFaces)]
	j, err := start(img, 1+len(faces)*facePasses+1, progress)
	if err != nil {
		return nil, err
	}
	if len(faces) == 0 {
		return nil, fault.New(fault.Invalid, CodeNoFace,
			"No face was found in the photo. Use one in which a face looks at the camera, upright and well lit.")
	}
	out := image.NewNRGBA(image.Rect(0, 0, img.Rect.Dx(), img.Rect.Dy()))
	err = j.bands(ctx, out.Rect.Dy(), func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			copy(out.Pix[y*out.Stride:][:out.Stride], img.Pix[y*img.Stride:])
		}
	})
	if err != nil {
		return nil, err
	}
	for _, f := range faces {
		if err := j.retouch(ctx, out, img, f, p.Strength); err != nil {
			return nil, err
		}
	}
	table := balance(img, faces[0], p.Strength)
	err = j.bands(ctx, out.Rect.Dy(), func(y0, y1 int) {
		for i := y0 * out.Stride; i < y1*out.Stride; i += 4 {
			for k := range 3 {
				out.Pix[i+k] = table[k][out.Pix[i+k]]
			}
		}
	})
	return out, err
}

// retouch works on the surroundings of one face in out; img is the untouched picture.
func (j *job) retouch(ctx context.Context, out, img *image.NRGBA, f Face, strength float64) error {
	area := f.area(out.Rect)
	origin := area.Min.Add(img.Rect.Min)
	raw := img.SubImage(image.Rectangle{Min: origin, Max: origin.Add(area.Size())}).(*image.NRGBA)
	dst := out.SubImage(area).(*image.NRGBA)
	size := float64(f.Box.Dx())
	even, err := j.colorsOf(ctx, raw)
	if err != nil {
		return err
	}
	if err := j.smooth(ctx, even, raw, max(2, 0.10*size), 0.20); err != nil {
		return err
	}
	fine, err := j.lumaOf(ctx, raw)
	if err != nil {
		return err
	}
	wide := fine.clone()
	if err := j.blur(ctx, fine, max(0.6, finePart*size)); err != nil {
		return err
	}
	if err := j.blur(ctx, wide, max(1, 0.03*size)); err != nil {
		return err
	}
	f = f.moved(area.Min)
	r := retouch{f, skinOf(raw, f), float32(strength), dst, raw, even, fine, wide}
	return j.bands(ctx, area.Dy(), func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			r.row(y)
		}
	})
}

// area is the face with hair line, ears and neck.
func (f Face) area(bounds image.Rectangle) image.Rectangle {
	s := f.Box.Dx()
	r := image.Rect(f.Box.Min.X-s*3/10, f.Box.Min.Y-s*3/10, f.Box.Max.X+s*3/10, f.Box.Max.Y+s/2)
	return r.Intersect(bounds)
}

func (f Face) moved(origin image.Point) Face {
	f.Box = f.Box.Sub(origin)
	f.LeftEye, f.RightEye = f.LeftEye.Sub(origin), f.RightEye.Sub(origin)
	return f
}

// eyeSpan is the distance of the pupils, within what is human for a face of this size.
func (f Face) eyeSpan() float64 {
	d := math.Hypot(float64(f.RightEye.X-f.LeftEye.X), float64(f.RightEye.Y-f.LeftEye.Y))
	return min(max(d, 0.25*float64(f.Box.Dx())), 0.6*float64(f.Box.Dx()))
}

type retouch struct {
	face     Face
	skin     skin
	strength float32
	out, raw *image.NRGBA
	even     colors // smoothed within edges
	fine     plane  // brightness without texture
	wide     plane  // brightness of the surroundings
}

func (r retouch) row(y int) {
	dst, raw := r.out.Pix[y*r.out.Stride:], r.raw.Pix[y*r.raw.Stride:]
	even, fine, wide := r.even.row(y), r.fine.row(y), r.wide.row(y)
	for x := range fine {
		red, green, blue := float32(raw[4*x])/255, float32(raw[4*x+1])/255, float32(raw[4*x+2])/255
		l := luma(red, green, blue)
		eye := r.eye(x, y)
		w := r.oval(x, y) * r.skin.likely(red, green, blue) * (1 - eye) * min(1, 1.3*r.strength)
		texture := keepTexture * (l - fine[x])
		lift := eye * r.strength * (0.6*(l-wide[x]) + 0.22*l*(1-l))
		if w == 0 && lift == 0 {
			continue
		}
		for k, v := range [3]float32{red, green, blue} {
			dst[4*x+k] = toByte(v + w*(even[3*x+k]+texture-v) + lift)
		}
	}
}

// oval is 1 on the face and fades out around it and down the neck.
func (r retouch) oval(x, y int) float32 {
	b := r.face.Box
	dx := float32(x-(b.Min.X+b.Max.X)/2) / float32(b.Dx())
	dy := float32(y-(b.Min.Y+b.Max.Y)/2) / float32(b.Dy())
	if dy > 0 {
		dy *= 0.75
	}
	return 1 - smoothstep(0.5, 0.78, float32(math.Sqrt(float64(dx*dx/0.75+dy*dy))))
}

// eye is 1 on the eyes and fades out over lids and lashes.
func (r retouch) eye(x, y int) float32 {
	span := float32(r.face.eyeSpan())
	best := float32(0)
	for _, p := range []image.Point{r.face.LeftEye, r.face.RightEye} {
		dx, dy := float32(x-p.X)/(0.30*span), float32(y-p.Y)/(0.18*span)
		best = max(best, 1-smoothstep(0.35, 1.1, float32(math.Sqrt(float64(dx*dx+dy*dy)))))
	}
	return best
}
