package repair

import (
	"context"
	"image"
	"math"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/raster"
)

// fixer holds what a row of auto_fix needs.
type fixer struct {
	out      *image.NRGBA
	strength float32
	level    [3][256]float32 // light of a channel after white balance and exposure, 0 to 255
	zones    zones
}

// autoFix balances white, sets black, white and middle, lifts the contrast of each region within
// limits, makes dull colours livelier, and sharpens a little.
func autoFix(ctx context.Context, in effect.Input, v effect.Values, progress func(float64)) (effect.Result, error) {
	img := in.Pictures[0]
	j, err := raster.Start(img, 3, progress)
	if err != nil {
		return effect.Result{}, err
	}
	small, err := j.Reduce(ctx, img)
	if err != nil {
		return effect.Result{}, err
	}
	f := &fixer{out: raster.Own(img), strength: float32(v.Number("strength"))}
	if err := j.Bands(ctx, 1, func(int, int) {
		f.balance(small.Pic)
		f.zones = f.zonesOf(small.Pic)
	}); err != nil {
		return effect.Result{}, err
	}
	w := f.out.Rect.Dx()
	err = j.Strips(ctx, f.out, 1, func(lo, hi int, row func(y int) []uint8) {
		var lines [3][]float32
		for n := range lines {
			lines[n] = j.Floats(w)
			lumaRow(lines[n], row(lo+n-1))
		}
		for y := lo; y < hi; y++ {
			f.row(y, lines)
			lines[0], lines[1], lines[2] = lines[1], lines[2], lines[0]
			if y+1 < hi {
				lumaRow(lines[2], row(y+2))
			}
		}
		j.Drop(lines[0], lines[1], lines[2])
	})
	if err != nil {
		return effect.Result{}, err
	}
	j.Finish()
	return effect.Result{Picture: f.out}, nil
}

func lumaRow(dst []float32, src []uint8) {
	for x := range dst {
		dst[x] = raster.Luma(float32(src[4*x]), float32(src[4*x+1]), float32(src[4*x+2]))
	}
}

// balance fills the tables of the channels from the statistics of a picture.
func (f *fixer) balance(pic *image.NRGBA) {
	gain := whites(pic)
	var counts [256]int
	n := 0
	for i := 0; i < len(pic.Pix); i += 4 {
		if p := pic.Pix[i : i+4]; p[3] > 127 {
			l := raster.Luma(float32(p[0])*gain[0], float32(p[1])*gain[1], float32(p[2])*gain[2])
			counts[int(min(255, l))]++
			n++
		}
	}
	s := float64(f.strength)
	lo := min(48, share(counts, n, 0.002)) * s
	hi := 255 - (255-max(190, share(counts, n, 0.998)))*s
	// The median moves towards the middle, at most by a fifth of a power.
	middle := (share(counts, n, 0.5) - lo) / (hi - lo)
	power := 1.0
	if middle > 0.01 && middle < 0.99 {
		power = math.Log(0.46) / math.Log(middle)
		power = 1 + (max(0.78, min(1.25, power))-1)*0.8*s
	}
	for k := range f.level {
		g := 1 + (float64(gain[k])-1)*s
		for i := range f.level[k] {
			f.level[k][i] = float32(255 * math.Pow(max(0, min(1, (float64(i)*g-lo)/(hi-lo))), power))
		}
	}
}

// share returns the brightness below which that part of the pixels lies.
func share(counts [256]int, n int, part float64) float64 {
	sum := 0
	for i, c := range counts {
		if sum += c; float64(sum) > part*float64(n) {
			return float64(i)
		}
	}
	return 255
}

// whites returns the gains that make the light white: from the mean of a high power of the pixels
// that have little colour (shades of gray, Finlayson and Trezzi, 2004), within a few percent.
func whites(pic *image.NRGBA) [3]float32 {
	var sums [3]float64
	for i := 0; i < len(pic.Pix); i += 4 {
		p := pic.Pix[i : i+4]
		hi, lo := int(max(p[0], p[1], p[2])), int(min(p[0], p[1], p[2]))
		if p[3] < 128 || hi > 250 || hi < 30 || 100*(hi-lo) > 35*hi {
			continue
		}
		for k := range 3 {
			v := float64(p[k]) / 255
			sums[k] += v * v * v
		}
	}
	var gain [3]float32
	mean := 0.0
	for k := range sums {
		sums[k] = math.Cbrt(sums[k])
		mean += sums[k] / 3
	}
	for k := range gain {
		gain[k] = 1
		if mean > 0 {
			gain[k] = float32(max(0.9, min(1.12, 1+0.8*(mean/sums[k]-1))))
		}
	}
	return gain
}

// row fixes one row; lines are the brightness of the row above, of the row, and of the row below.
func (f *fixer) row(y int, lines [3][]float32) {
	pix := f.out.Pix[y*f.out.Stride:][:4*f.out.Rect.Dx()]
	up, at, down := lines[0], lines[1], lines[2]
	z := f.zones.rowAt(y)
	s := f.strength
	last := len(at) - 1
	for x, l0 := range at {
		p := pix[4*x : 4*x+3]
		r, g, b := f.level[0][p[0]], f.level[1][p[1]], f.level[2][p[2]]
		l := raster.Luma(r, g, b)
		to := z.at(x, l)
		a, c := max(0, x-1), min(last, x+1)
		around := (up[a] + up[c] + down[a] + down[c] + 2*(up[x]+down[x]+at[a]+at[c])) / 12
		to += s * 0.55 * max(-16, min(16, l0-around))
		ratio := max(0.55, min(1.7, (to+4)/(l+4)))
		// Dull colours gain more than lively ones.
		hi, lo := max(r, g, b), min(r, g, b)
		lively := (1 + 0.28*s*(1-(hi-lo)/(hi+16))) * ratio
		to = l * ratio
		p[0] = uint8(max(0, min(255, to+(r-l)*lively+0.5)))
		p[1] = uint8(max(0, min(255, to+(g-l)*lively+0.5)))
		p[2] = uint8(max(0, min(255, to+(b-l)*lively+0.5)))
	}
}
