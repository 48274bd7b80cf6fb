package effects

import (
	"image"
	"math"
	"slices"
)

// skin is the colour of one person's skin in one picture, taken from the cheeks: a fixed idea of
// what skin looks like would fail for most people and most lamps.
type skin struct {
	cb, cr, l float32
}

const skinSpread = 0.038 // how far the colour of skin strays within a face

// skinOf measures the cheeks, below the pupils and outside of the folds of a smile.
func skinOf(img *image.NRGBA, f Face) skin {
	span := f.eyeSpan()
	radius := int(max(2, 0.16*span))
	var cb, cr, l []float32
	aside := int(0.1 * span)
	for _, above := range []image.Point{f.LeftEye.Sub(image.Pt(aside, 0)), f.RightEye.Add(image.Pt(aside, 0))} {
		c := above.Add(image.Pt(0, int(0.5*span)))
		patch := image.Rect(c.X-radius, c.Y-radius, c.X+radius, c.Y+radius).
			Intersect(image.Rect(0, 0, img.Rect.Dx(), img.Rect.Dy()))
		for y := patch.Min.Y; y < patch.Max.Y; y++ {
			for x := patch.Min.X; x < patch.Max.X; x++ {
				p := img.Pix[y*img.Stride+4*x:]
				r, g, b := float32(p[0])/255, float32(p[1])/255, float32(p[2])/255
				light := luma(r, g, b)
				cb, cr, l = append(cb, b-light), append(cr, r-light), append(l, light)
			}
		}
	}
	return skin{median(cb), median(cr), median(l)}
}

func median(v []float32) float32 {
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	return v[len(v)/2]
}

// likely is how much a colour looks like this skin, from 0 to 1. Differences of colour are taken
// relative to brightness, so that the shaded side of a face counts too.
func (s skin) likely(r, g, b float32) float32 {
	l := luma(r, g, b)
	if s.l <= 0 || l <= 0 {
		return 0
	}
	scale := 0.5 * (s.l + l) / s.l
	db, dr := (b-l)-s.cb*scale, (r-l)-s.cr*scale
	like := float32(math.Exp(-float64(db*db+dr*dr) / (2 * skinSpread * skinSpread)))
	return smoothstep(0.15, 0.7, like) * smoothstep(0.35, 0.6, l/s.l)
}

// balance returns one table per channel that corrects a colour cast, stretches a dull picture and
// brings the face to a pleasant brightness: each of the three only a little.
func balance(img *image.NRGBA, f Face, strength float64) [3][256]uint8 {
	counts := histogram(img)
	gains := cast(img)
	lo, hi := ends(counts)
	face := float64(skinOf(img, f).l)
	gamma := 1.0
	if face > 0.05 && face < 0.95 {
		gamma = math.Log(0.66) / math.Log(min(max(face, 0.3), 0.9))
		gamma = 1 + 0.5*strength*(min(max(gamma, 0.7), 1.15)-1)
	}
	var table [3][256]uint8
	for k := range table {
		gain := 1 + strength*(gains[k]-1)
		for v := range table[k] {
			x := (float64(v)/255*gain - strength*lo) / (1 - strength*(lo+1-hi))
			x = math.Pow(min(max(x, 0), 1), gamma)
			x += strength * 0.05 * math.Sin(2*math.Pi*(x-0.5)) * x * 2 * (1 - x) // a soft S
			table[k][v] = uint8(min(max(x*255+0.5, 0), 255))
		}
	}
	return table
}

func histogram(img *image.NRGBA) [3][256]int {
	var counts [3][256]int
	for y := range img.Rect.Dy() {
		row := img.Pix[y*img.Stride:][:4*img.Rect.Dx()]
		for i := 0; i < len(row); i += 4 {
			counts[0][row[i]]++
			counts[1][row[i+1]]++
			counts[2][row[i+2]]++
		}
	}
	return counts
}

// cast estimates the colour of the light from what is nearly gray, because a red coat is no red
// light, and returns gains of at most 3 %.
func cast(img *image.NRGBA) [3]float64 {
	const most, nearlyGray, enough = 0.03, 28, 0.02
	var sums [3]float64
	n := 0
	for y := range img.Rect.Dy() {
		row := img.Pix[y*img.Stride:][:4*img.Rect.Dx()]
		for i := 0; i < len(row); i += 4 {
			lo, hi := min(row[i], row[i+1], row[i+2]), max(row[i], row[i+1], row[i+2])
			if lo < 40 || hi > 245 || hi-lo > nearlyGray {
				continue
			}
			n++
			for k := range sums {
				sums[k] += float64(row[i+k])
			}
		}
	}
	gains := [3]float64{1, 1, 1}
	if float64(n) < enough*float64(img.Rect.Dx()*img.Rect.Dy()) || n == 0 {
		return gains
	}
	gray := (sums[0] + sums[1] + sums[2]) / 3
	for k := range gains {
		gains[k] = min(max(gray/sums[k], 1-most), 1+most)
	}
	return gains
}

// ends returns where the darkest and the brightest half percent lie, at most 6 % from the ends.
func ends(counts [3][256]int) (lo, hi float64) {
	var all [256]int
	total := 0
	for v := range all {
		all[v] = counts[0][v] + counts[1][v] + counts[2][v]
		total += all[v]
	}
	const most = 0.06
	for sum, v := 0, 0; v < 256; v++ {
		if sum += all[v]; sum > total/200 {
			lo = min(float64(v)/255, most)
			break
		}
	}
	hi = 1 - most
	for sum, v := 0, 255; v >= 0; v-- {
		if sum += all[v]; sum > total/200 {
			return lo, max(float64(v)/255, hi)
		}
	}
	return lo, hi
}
