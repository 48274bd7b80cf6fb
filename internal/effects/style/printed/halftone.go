package printed

import (
	"context"
	"math"
	"slices"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/raster"
)

const (
	turn   = 1 << 10 // steps of a full turn in the table of cosines
	covers = 256     // steps of coverage
)

// screen is one ink of the press.
type screen struct {
	ink    [3]float32
	dx, dy float64 // turns per pixel
}

// press prints dots.
type press struct {
	plate
	color   raster.Colors
	screens []screen
	cos     [turn]float32
	quant   [covers + 1]float32 // the height below which that part of a cell lies
	soft    float32             // a pixel, in heights of a cell
	mono    bool
}

// halftone prints with the four inks of a press, each on a screen turned its own way (15, 75, 0 and
// 45 degrees, so that the screens make a rosette and no moiré), or with black alone.
func halftone(ctx context.Context, in effect.Input, v effect.Values, progress func(float64)) (effect.Result, error) {
	p, err := begin(ctx, in, 1+1+raster.BlurPasses+1, progress)
	if err != nil {
		return effect.Result{}, err
	}
	cell := max(4, p.scale*(3.2+10*v.Number("dot")))
	h := press{plate: p, mono: v.Word("tone") == "mono", soft: float32(1.7 / cell)}
	if h.color, err = p.ColorsOf(ctx, p.small.Pic); err != nil {
		return effect.Result{}, err
	}
	if err := p.BlurColors(ctx, h.color, max(0.4, 0.22*cell/float64(p.small.Factor))); err != nil {
		return effect.Result{}, err
	}
	h.mount(cell)
	return p.rows(ctx, h.print)
}

// mount turns the screens and fills the tables.
func (h *press) mount(cell float64) {
	add := func(degrees float64, ink [3]float32) {
		a := degrees * math.Pi / 180
		h.screens = append(h.screens, screen{ink, math.Cos(a) / cell, math.Sin(a) / cell})
	}
	add(45, [3]float32{0.10, 0.09, 0.11})
	if !h.mono {
		add(15, [3]float32{0.02, 0.64, 0.88})
		add(75, [3]float32{0.90, 0.10, 0.52})
		add(0, [3]float32{1, 0.93, 0.08})
	}
	for i := range h.cos {
		h.cos[i] = float32(math.Cos(2 * math.Pi * float64(i) / turn))
	}
	const side = 64
	heights := make([]float32, 0, side*side)
	for y := range side {
		for x := range side {
			heights = append(heights, height(h.cos[x*turn/side], h.cos[y*turn/side]))
		}
	}
	slices.Sort(heights)
	for i := range h.quant {
		h.quant[i] = heights[min(len(heights)-1, i*len(heights)/covers)]
	}
	h.quant[0], h.quant[covers] = -h.soft, 1+h.soft
}

// height is how far a place is from the middle of its dot, from 0 to 1.
func height(a, b float32) float32 { return (2 - a - b) / 4 }

func (h *press) print(y int, pix []uint8, color []float32) {
	h.small.StretchColors(color, h.color, y)
	paper := [3]float32{0.985, 0.975, 0.945}
	for x := range len(pix) / 4 {
		c := color[3*x : 3*x+3]
		inks := h.inks(c)
		r, g, b := paper[0], paper[1], paper[2]
		for n := range h.screens {
			if inks[n] <= 0.004 {
				continue
			}
			s := &h.screens[n]
			cover := h.cover(inks[n], float64(x)*s.dx+float64(y)*s.dy, float64(y)*s.dx-float64(x)*s.dy)
			r *= 1 - cover*(1-s.ink[0])
			g *= 1 - cover*(1-s.ink[1])
			b *= 1 - cover*(1-s.ink[2])
		}
		p := pix[4*x : 4*x+3]
		p[0], p[1], p[2] = raster.ToByte(r), raster.ToByte(g), raster.ToByte(b)
	}
}

// inks returns how much black, cyan, magenta and yellow a colour takes. Coverage grows faster than
// darkness, since the eye adds the light of dots and paper, not their numbers.
func (h *press) inks(c []float32) [4]float32 {
	if h.mono {
		return [4]float32{covered(raster.Luma(c[0], c[1], c[2]))}
	}
	cyan, magenta, yellow := covered(c[0]), covered(c[1]), covered(c[2])
	black := min(cyan, magenta, yellow)
	black = black * black * 0.9
	rest := 1 / (1 - black)
	return [4]float32{black, (cyan - black) * rest, (magenta - black) * rest, (yellow - black) * rest}
}

func covered(v float32) float32 {
	v = raster.Clamp01(v)
	return 1 - v*(0.6+0.4*v)
}

func (h *press) cover(ink float32, u, v float64) float32 {
	a, b := h.cos[int(u*turn)&(turn-1)], h.cos[int(v*turn)&(turn-1)]
	return raster.Clamp01((h.quant[int(raster.Clamp01(ink)*covers)]-height(a, b))/h.soft + 0.5)
}
