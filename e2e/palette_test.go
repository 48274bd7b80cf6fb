package e2e

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// enough is how large a picture for the README may be without losing colours.
const enough = 180_000

// compact encodes a picture as PNG, with 256 well chosen colours where all of them take too much.
func compact(img image.Image) ([]byte, error) {
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	var b bytes.Buffer
	if err := encoder.Encode(&b, img); err != nil || b.Len() <= enough {
		return b.Bytes(), err
	}
	few := image.NewPaletted(img.Bounds(), palette(img, 256))
	draw.Draw(few, few.Rect, img, img.Bounds().Min, draw.Src)
	b.Reset()
	err := encoder.Encode(&b, few)
	return b.Bytes(), err
}

// shade is a colour and how often it occurs.
type shade struct {
	at [3]uint8
	n  int
}

// palette keeps the colours in use most, so that backgrounds stay exact, and chooses the others by
// median cut.
func palette(img image.Image, size int) color.Palette {
	counts := map[[3]uint8]int{}
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
			r, g, b, _ := img.At(x, y).RGBA()
			counts[[3]uint8{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8)}]++
		}
	}
	var all []shade
	for at, n := range counts {
		all = append(all, shade{at, n})
	}
	slices.SortFunc(all, func(a, b shade) int { return cmp.Or(b.n-a.n, slices.Compare(a.at[:], b.at[:])) })
	exact := min(len(all), size/8)
	var colours color.Palette
	for _, s := range all[:exact] {
		colours = append(colours, middle([]shade{s}))
	}
	if exact == len(all) {
		return colours
	}
	for _, box := range cut([][]shade{all[exact:]}, size-exact) {
		colours = append(colours, middle(box))
	}
	return colours
}

// cut halves the widest and fullest box until there are enough.
func cut(boxes [][]shade, size int) [][]shade {
	for len(boxes) < size {
		worst, weight := 0, 0.0
		for i, box := range boxes {
			if _, width, n := spread(box); float64(width)*math.Sqrt(float64(n)) > weight {
				worst, weight = i, float64(width)*math.Sqrt(float64(n))
			}
		}
		if weight == 0 {
			break
		}
		box := boxes[worst]
		channel, _, n := spread(box)
		slices.SortStableFunc(box, func(a, b shade) int { return cmp.Compare(a.at[channel], b.at[channel]) })
		half, seen := 0, 0
		for half < len(box)-1 && (half == 0 || seen < n/2) {
			seen += box[half].n
			half++
		}
		boxes[worst] = box[:half]
		boxes = append(boxes, box[half:])
	}
	return boxes
}

// spread is the channel in which a box is widest, how wide, and how many pixels are in the box.
func spread(box []shade) (channel, width, n int) {
	for c := range 3 {
		low, high := 255, 0
		for _, s := range box {
			low, high = min(low, int(s.at[c])), max(high, int(s.at[c]))
		}
		if high-low > width {
			channel, width = c, high-low
		}
	}
	for _, s := range box {
		n += s.n
	}
	return channel, width, n
}

// middle is the average colour of a box.
func middle(box []shade) color.Color {
	var sum [3]int
	total := 0
	for _, s := range box {
		total += s.n
		for c := range 3 {
			sum[c] += s.n * int(s.at[c])
		}
	}
	return color.RGBA{uint8(sum[0] / total), uint8(sum[1] / total), uint8(sum[2] / total), 255}
}

func TestAPictureForTheReadmeStaysSmallAndKeepsItsBackground(t *testing.T) {
	t.Parallel()
	noise := rand.New(rand.NewPCG(1, 2))
	img := image.NewRGBA(image.Rect(0, 0, 640, 480))
	for y := range 480 {
		for x := range 640 {
			c := color.RGBA{245, 247, 250, 255}
			if x > 100 {
				c = color.RGBA{uint8(noise.Uint32()), uint8(noise.Uint32()), uint8(x), 255}
			}
			img.Set(x, y, c)
		}
	}
	b, err := compact(img)
	if err != nil {
		t.Fatal(err)
	}
	got, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if _, few := got.(*image.Paletted); !few {
		t.Error("a picture full of colours was not reduced")
	}
	if r, g, bl, _ := got.At(3, 3).RGBA(); r>>8 != 245 || g>>8 != 247 || bl>>8 != 250 {
		t.Errorf("the background became %d %d %d", r>>8, g>>8, bl>>8)
	}
}
