// Package toned gives photos other colours: tints of black-and-white and the colours of another
// picture.
//
// It promises that brightness keeps its order, and that every pixel is treated by its colour and
// softly by its surroundings. It is no model that recolours: it knows of no sky and no grass, only of
// light and dark, smooth and rough. It never looks for faces.
package toned

import (
	"context"
	"image"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/raster"
)

// Effects returns this package's part of the catalogue.
func Effects() []effect.Effect {
	return []effect.Effect{
		{Name: "tint", Least: 1, Most: 1, Params: []effect.Param{
			{Name: "palette", Kind: effect.Choice, Default: "sepia", Values: []string{"sepia", "cyanotype", "selenium", "autumn", "teal_orange", "mono", "hand_tinted"}},
			{Name: "strength", Kind: effect.Number, Min: 0, Max: 1, Default: "0.9"},
		}, Run: tint},
		{Name: "color_transfer", Least: 2, Most: 2, Params: []effect.Param{
			{Name: "strength", Kind: effect.Number, Min: 0, Max: 1, Default: "0.8"},
		}, Run: transfer},
	}
}

// stop is a colour of a palette for a brightness from 0 to 255.
type stop struct {
	at      float32
	r, g, b float32
}

// palette is a road of colours from black to white.
type palette struct {
	stops []stop
	keep  float32 // which part of the picture's own colour stays
}

func paletteOf(name string) palette {
	switch name {
	case "cyanotype":
		return palette{[]stop{{0, 6, 22, 48}, {70, 18, 62, 112}, {140, 74, 128, 176}, {205, 176, 205, 222}, {255, 246, 247, 242}}, 0}
	case "selenium":
		return palette{[]stop{{0, 14, 10, 18}, {70, 66, 54, 70}, {140, 138, 124, 138}, {205, 206, 197, 202}, {255, 250, 247, 246}}, 0}
	case "autumn":
		return palette{[]stop{{0, 24, 12, 10}, {70, 92, 50, 28}, {140, 176, 112, 56}, {205, 232, 188, 124}, {255, 255, 244, 218}}, 0.45}
	case "teal_orange":
		return palette{[]stop{{0, 2, 18, 26}, {70, 38, 70, 80}, {140, 158, 134, 116}, {205, 234, 198, 160}, {255, 255, 246, 232}}, 0.75}
	case "mono":
		return palette{[]stop{{0, 4, 4, 4}, {64, 48, 48, 48}, {128, 130, 130, 130}, {192, 206, 206, 206}, {255, 253, 253, 253}}, 0}
	case "hand_tinted":
		return palette{[]stop{{0, 22, 18, 20}, {70, 76, 68, 66}, {140, 146, 137, 130}, {205, 210, 203, 194}, {255, 253, 249, 240}}, 0.4}
	default:
		return palette{[]stop{{0, 24, 14, 8}, {70, 90, 64, 42}, {140, 162, 128, 94}, {205, 222, 198, 162}, {255, 255, 246, 226}}, 0}
	}
}

// table returns the colour of every brightness.
func (p palette) table() (t [256][3]float32) {
	n := 0
	for i := range t {
		for n < len(p.stops)-2 && float32(i) > p.stops[n+1].at {
			n++
		}
		a, b := p.stops[n], p.stops[n+1]
		f := (float32(i) - a.at) / (b.at - a.at)
		t[i] = [3]float32{a.r + f*(b.r-a.r), a.g + f*(b.g-a.g), a.b + f*(b.b-a.b)}
	}
	return t
}

// tint maps brightness to the colours of a palette. "hand_tinted" adds soft washes, chosen by how
// light, how smooth and how high up a region is.
func tint(ctx context.Context, in effect.Input, v effect.Values, progress func(float64)) (effect.Result, error) {
	img := in.Pictures[0]
	j, err := raster.Start(img, 2+raster.BlurPasses*2+1, progress)
	if err != nil {
		return effect.Result{}, err
	}
	p, strength := paletteOf(v.Word("palette")), float32(v.Number("strength"))
	table := p.table()
	out := raster.Own(img)
	var washes *hand
	if v.Word("palette") == "hand_tinted" {
		if washes, err = washesOf(ctx, j, img); err != nil {
			return effect.Result{}, err
		}
	}
	w := out.Rect.Dx()
	err = j.Bands(ctx, out.Rect.Dy(), func(y0, y1 int) {
		wash := j.Floats(3 * w)
		for y := y0; y < y1; y++ {
			row := out.Pix[y*out.Stride:][:4*w]
			if washes != nil {
				washes.small.StretchColors(wash, washes.color, y)
			}
			for x := range w {
				c, d := row[4*x:4*x+3], wash[3*x:3*x+3]
				l := raster.Luma(float32(c[0]), float32(c[1]), float32(c[2]))
				t := &table[int(l)]
				for k := range c {
					own := float32(c[k])
					to := t[k] + d[k] + p.keep*(own-l)
					c[k] = uint8(max(0, min(255, own+strength*(to-own)+0.5)))
				}
			}
		}
		j.Drop(wash)
	})
	if err != nil {
		return effect.Result{}, err
	}
	j.Finish()
	return effect.Result{Picture: out}, nil
}

// hand is the soft washes of a hand-tinted picture, as differences to gray.
type hand struct {
	small raster.Reduced
	color raster.Colors
}

func washesOf(ctx context.Context, j *raster.Job, img *image.NRGBA) (*hand, error) {
	small, err := j.Reduce(ctx, img)
	if err != nil {
		return nil, err
	}
	unit := max(0.5, raster.ScaleOf(img)) / float64(small.Factor)
	l, err := j.LumaOf(ctx, small.Pic)
	if err != nil {
		return nil, err
	}
	rough := j.Copy(l)
	if err := j.Blur(ctx, rough, max(1, 2*unit)); err != nil {
		return nil, err
	}
	for i, v := range l.V {
		rough.V[i] = 12 * max(v-rough.V[i], rough.V[i]-v)
	}
	if err := j.Blur(ctx, rough, 7*unit); err != nil {
		return nil, err
	}
	h := &hand{small, raster.Colors{W: l.W, H: l.H, V: j.Floats(3 * l.W * l.H)}}
	err = j.Bands(ctx, l.H, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			high := 1 - float32(y)/float32(l.H)
			row, light, grain := h.color.Row(y), l.Row(y), rough.Row(y)
			for x := range light {
				row[3*x], row[3*x+1], row[3*x+2] = washAt(light[x], raster.Clamp01(grain[x]), high)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	j.Drop(l.V, rough.V)
	return h, j.BlurColors(ctx, h.color, 5*unit)
}

// washAt chooses the wash of a place: pale blue for what is light, smooth and high; rose and peach for
// smooth half-tones; moss for rough half-tones; umber for the shade.
func washAt(l, rough, high float32) (r, g, b float32) {
	const blueR, blueG, blueB = -16, 0, 20
	const peachR, peachG, peachB = 30, 0, -24
	const mossR, mossG, mossB = -4, 8, -22
	const umberR, umberG, umberB = 12, -3, -10
	air := raster.Smoothstep(0.5, 0.75, l) * (1 - raster.Smoothstep(0.15, 0.4, rough)) * raster.Smoothstep(0.35, 0.8, high)
	half := raster.Smoothstep(0.2, 0.5, l) * (1 - raster.Smoothstep(0.82, 1, l)) * (1 - air)
	skin, moss := half*(1-raster.Smoothstep(0.35, 0.7, rough)), half*raster.Smoothstep(0.35, 0.7, rough)
	shade := 1 - raster.Smoothstep(0.1, 0.4, l)
	return air*blueR + skin*peachR + moss*mossR + shade*umberR,
		air*blueG + skin*peachG + moss*mossG + shade*umberG,
		air*blueB + skin*peachB + moss*mossB + shade*umberB
}
