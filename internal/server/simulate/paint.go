package simulate

import (
	"hash/fnv"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"golang.org/x/image/draw"
)

// The size of a painted picture whose shape nobody chose.
const side = 768

// paint makes a landscape whose colours and hills follow from the words, so that the same words
// give the same picture and other words another.
func paint(words string, options map[string]string) *image.NRGBA {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(words)) // never fails
	dice := rand.New(rand.NewPCG(sum.Sum64(), 1))
	w, h := shape(options)
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	hue := dice.Float64()
	top, bottom := hsv(hue, 0.45, 0.75), hsv(math.Mod(hue+0.08, 1), 0.25, 1)
	for y := range h {
		c := mix(top, bottom, float64(y)/float64(h))
		for x := range w {
			img.SetNRGBA(x, y, c)
		}
	}
	disc(img, w/4+dice.IntN(w/2), h/5+dice.IntN(h/5), min(w, h)/11, hsv(math.Mod(hue+0.5, 1), 0.2, 1))
	for layer := range 4 {
		hills(img, dice, layer, hsv(math.Mod(hue+0.3+0.04*float64(layer), 1), 0.45, 0.75-0.13*float64(layer)))
	}
	return img
}

// shape reads the size from the option that asks for one: "1024:768", "1280x720" or a ratio.
func shape(options map[string]string) (w, h int) {
	for _, name := range []string{"resolution", "size", "aspect_ratio", "ratio"} {
		a, b, ok := strings.Cut(strings.ReplaceAll(options[name], "x", ":"), ":")
		x, errX := strconv.Atoi(a)
		y, errY := strconv.Atoi(b)
		if !ok || errX != nil || errY != nil || x <= 0 || y <= 0 {
			continue
		}
		scale := side / float64(max(x, y))
		return max(16, int(float64(x)*scale)), max(16, int(float64(y)*scale))
	}
	return side, side
}

// hills lays one range of hills over the lower part of the picture.
func hills(img *image.NRGBA, dice *rand.Rand, layer int, c color.NRGBA) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	base := float64(h) * (0.5 + 0.12*float64(layer))
	a, b, p, q := dice.Float64()*4+2, dice.Float64()*9+5, dice.Float64()*6, dice.Float64()*6
	for x := range w {
		t := float64(x) / float64(w)
		top := base - float64(h)*0.06*math.Sin(a*t*math.Pi+p) - float64(h)*0.02*math.Sin(b*t*math.Pi+q)
		for y := max(0, int(top)); y < h; y++ {
			img.SetNRGBA(x, y, c)
		}
	}
}

func disc(img *image.NRGBA, cx, cy, r int, c color.NRGBA) {
	for y := -r; y <= r; y++ {
		for x := -r; x <= r; x++ {
			if x*x+y*y <= r*r && image.Pt(cx+x, cy+y).In(img.Rect) {
				img.SetNRGBA(cx+x, cy+y, c)
			}
		}
	}
}

// hsv turns hue, saturation and value, each 0 to 1, into a colour.
func hsv(h, s, v float64) color.NRGBA {
	channel := func(n float64) uint8 {
		k := math.Mod(n+h*6, 6)
		return uint8(255 * (v - v*s*max(0, min(k, 4-k, 1))))
	}
	return color.NRGBA{channel(5), channel(3), channel(1), 255}
}

func mix(a, b color.NRGBA, t float64) color.NRGBA {
	m := func(x, y uint8) uint8 { return uint8(float64(x)*(1-t) + float64(y)*t) }
	return color.NRGBA{m(a.R, b.R), m(a.G, b.G), m(a.B, b.B), 255}
}

// enlarge scales a picture up by a whole factor.
func enlarge(img *image.NRGBA, factor string) *image.NRGBA {
	n, err := strconv.Atoi(factor)
	if err != nil || n < 1 || n > 4 {
		n = 2
	}
	out := image.NewNRGBA(image.Rect(0, 0, img.Rect.Dx()*n, img.Rect.Dy()*n))
	draw.ApproxBiLinear.Scale(out, out.Rect, img, img.Rect, draw.Src, nil)
	return out
}

// each returns a copy with every pixel changed.
func each(img *image.NRGBA, change func(c color.NRGBA) color.NRGBA) *image.NRGBA {
	out := image.NewNRGBA(img.Rect)
	for y := img.Rect.Min.Y; y < img.Rect.Max.Y; y++ {
		for x := img.Rect.Min.X; x < img.Rect.Max.X; x++ {
			out.SetNRGBA(x, y, change(img.NRGBAAt(x, y)))
		}
	}
	return out
}

func light(c color.NRGBA) float64 {
	return (0.299*float64(c.R) + 0.587*float64(c.G) + 0.114*float64(c.B)) / 255
}

// tint colours a picture by its light: shadows blue, middle tones warm.
func tint(img *image.NRGBA) *image.NRGBA {
	return each(img, func(c color.NRGBA) color.NRGBA {
		l := light(c)
		t := hsv(0.6-0.52*min(1, l*1.4), 0.45*(1-l*0.6), min(1, l*1.15+0.04))
		t.A = c.A
		return t
	})
}

// aged takes colour out, as grey hair and pale skin would, and deepens what is dark.
func aged(img *image.NRGBA) *image.NRGBA {
	return each(img, func(c color.NRGBA) color.NRGBA {
		l := light(c)
		grey := uint8(255 * math.Pow(l, 0.85))
		out := mix(c, color.NRGBA{grey, grey, uint8(float64(grey) * 0.96), 255}, 0.65)
		out.A = c.A
		return out
	})
}

// pasteFace lays the face of one picture over the face of another, with a soft oval edge.
func pasteFace(template *image.NRGBA, at image.Rectangle, from *image.NRGBA, face image.Rectangle) *image.NRGBA {
	out := image.NewNRGBA(template.Rect)
	copy(out.Pix, template.Pix)
	patch := image.NewNRGBA(image.Rect(0, 0, at.Dx(), at.Dy()))
	draw.ApproxBiLinear.Scale(patch, patch.Rect, from, face.Add(from.Rect.Min), draw.Src, nil)
	for y := range at.Dy() {
		for x := range at.Dx() {
			p := at.Min.Add(template.Rect.Min).Add(image.Pt(x, y))
			if !p.In(out.Rect) {
				continue
			}
			dx, dy := 2*float64(x)/float64(at.Dx())-1, 2*float64(y)/float64(at.Dy())-1
			t := min(1, max(0, (0.9-math.Hypot(dx*1.15, dy))/0.25))
			out.SetNRGBA(p.X, p.Y, mix(out.NRGBAAt(p.X, p.Y), patch.NRGBAAt(x, y), t))
		}
	}
	return out
}
