package e2e

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/draw"
	"image/png"
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

// palette chooses colours by median cut.
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
	slices.SortFunc(all, func(a, b shade) int { return slices.Compare(a.at[:], b.at[:]) })
	boxes := [][]shade{all}
	for len(boxes) < size {
		worst := slices.MaxFunc(boxes, func(a, b []shade) int { _, x := spread(a); _, y := spread(b); return cmp.Compare(x, y) })
		channel, width := spread(worst)
		if width == 0 {
			break
		}
		slices.SortStableFunc(worst, func(a, b shade) int { return cmp.Compare(a.at[channel], b.at[channel]) })
		i := slices.IndexFunc(boxes, func(b []shade) bool { return &b[0] == &worst[0] })
		half := len(worst) / 2
		boxes = append(slices.Delete(boxes, i, i+1), worst[:half], worst[half:])
	}
	var colours color.Palette
	for _, box := range boxes {
		colours = append(colours, middle(box))
	}
	return colours
}

// spread is the channel in which a box is widest, and how wide.
func spread(box []shade) (channel, width int) {
	for c := range 3 {
		low, high := 255, 0
		for _, s := range box {
			low, high = min(low, int(s.at[c])), max(high, int(s.at[c]))
		}
		if high-low > width {
			channel, width = c, high-low
		}
	}
	return channel, width
}

// middle is the colour most in use where one dominates a box, its average otherwise: backgrounds
// stay exact.
func middle(box []shade) color.Color {
	var sum [3]int
	total, most := 0, box[0]
	for _, s := range box {
		total += s.n
		if s.n > most.n {
			most = s
		}
		for c := range 3 {
			sum[c] += s.n * int(s.at[c])
		}
	}
	if most.n*2 > total {
		return color.RGBA{most.at[0], most.at[1], most.at[2], 255}
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
