package portrait

import (
	"image"
	"math"
)

// balance returns one table per channel that corrects a colour cast, stretches a dull picture and
// brings a face that is nearly lost in the dark or in the light back: each of the three only a little.
// light is the brightness of the cheeks. Skin of every shade that can be seen well stays as it is.
func balance(img *image.NRGBA, light, strength float64) [3][256]uint8 {
	const dark, bright = 0.34, 0.74
	counts := histogram(img)
	gains := cast(img)
	lo, hi := ends(counts)
	gamma := 1.0
	if light > 0.03 && light < 0.97 {
		gamma = math.Log(min(max(light, dark), bright)) / math.Log(light)
		gamma = 1 + 0.8*strength*(min(max(gamma, 0.7), 1.2)-1)
	}
	var table [3][256]uint8
	for k := range table {
		gain := 1 + strength*(gains[k]-1)
		for v := range table[k] {
			x := (float64(v)/255*gain - strength*lo) / (1 - strength*(lo+1-hi))
			x = math.Pow(min(max(x, 0), 1), gamma)
			x += strength * 0.06 * math.Sin(2*math.Pi*(x-0.5)) * x * 2 * (1 - x) // a soft S
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
// light, and returns gains of at most 3 %. Green is never raised over both others: that makes skin look ill.
func cast(img *image.NRGBA) [3]float64 {
	const most, nearlyGray, enough = 0.03, 34, 0.02
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
	if gains[1] > max(gains[0], gains[2]) {
		return [3]float64{1, 1, 1}
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
