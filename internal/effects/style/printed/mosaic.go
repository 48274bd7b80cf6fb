package printed

import (
	"context"
	"math"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/raster"
)

// spot is where a pixel lies in its tile: parts of a tile from the middle, and how far from the rim.
type spot struct {
	column, row int
	x, y        float32
	rim         float32
}

// floor is a mosaic.
type floor struct {
	plate
	side    float32 // of a tile in pixels of the picture
	hexagon bool
	columns int
	colors  [][4]float32 // of the tiles: sums and their number, then means
	clay    raster.Grain
}

// mosaic sets the picture in tiles with grout between them. Tiles differ a little in tone, as fired
// ones do, and have a rim that catches the light from the upper left.
func mosaic(ctx context.Context, in effect.Input, v effect.Values, progress func(float64)) (effect.Result, error) {
	p, err := begin(ctx, in, 1+1+1+1, progress)
	if err != nil {
		return effect.Result{}, err
	}
	f := floor{plate: p, hexagon: v.Word("shape") == "hexagon"}
	f.side = float32(max(4, p.scale*(4.5+4*v.Number("tile")+24*v.Number("tile")*v.Number("tile"))))
	f.columns = int(float32(p.small.W)/f.side) + 4
	f.colors = make([][4]float32, f.columns*(int(float32(p.small.H)/(f.side*0.86))+4))
	if err := p.Bands(ctx, 1, func(int, int) { f.fire() }); err != nil {
		return effect.Result{}, err
	}
	if f.clay, err = p.Grain(ctx, 51, raster.Layer{X: 8, Y: 8, Weight: 0.5}, raster.Layer{X: 2, Y: 2, Weight: 0.5}); err != nil {
		return effect.Result{}, err
	}
	return p.rows(ctx, f.draw)
}

// at finds the tile of a place.
func (f *floor) at(x, y float32) spot {
	x, y = x/f.side, y/f.side
	if f.hexagon {
		return honeycomb(x, y)
	}
	c, r := float32(math.Floor(float64(x))), float32(math.Floor(float64(y)))
	s := spot{column: int(c) + 1, row: int(r) + 1, x: x - c - 0.5, y: y - r - 0.5}
	s.rim = 0.5 - max(s.x, -s.x, s.y, -s.y)
	return s
}

// honeycomb is at for hexagons one unit wide: rows are 0.866 apart, every other one is shifted.
func honeycomb(x, y float32) spot {
	const high = 0.8660254
	r := int(math.Floor(float64(y / high))) // of the row above or at y
	best, near := spot{}, float32(9)
	for _, row := range [2]int{r, r + 1} {
		shift := float32(row&1) * 0.5
		c := float32(math.Floor(float64(x-shift+0.5))) + shift
		dx, dy := x-c, y-float32(row)*high
		if d := dx*dx + dy*dy; d < near {
			near = d
			best = spot{column: int(c) + 1, row: row + 1, x: dx, y: dy}
		}
	}
	ax, ay := max(best.x, -best.x), max(best.y, -best.y)
	best.rim = 0.5 - max(ax, 0.5*ax+high*ay)
	return best
}

func (f *floor) tile(s spot) *[4]float32 {
	i := s.row*f.columns + s.column
	return &f.colors[max(0, min(len(f.colors)-1, i))]
}

// fire gives every tile its colour: the mean of what it covers, in its own tone.
func (f *floor) fire() {
	pic, k := f.small.Pic, float32(f.small.Factor)
	for y := range pic.Rect.Dy() {
		for x := range pic.Rect.Dx() {
			s := f.at((float32(x)+0.5)*k, (float32(y)+0.5)*k)
			c, p := f.tile(s), pic.Pix[y*pic.Stride+4*x:]
			c[0], c[1], c[2], c[3] = c[0]+float32(p[0]), c[1]+float32(p[1]), c[2]+float32(p[2]), c[3]+1
		}
	}
	for i := range f.colors {
		c := &f.colors[i]
		n := max(1, c[3])
		l := raster.Luma(c[0], c[1], c[2]) / n
		tone := 0.93 + 0.14*raster.Noise(53, float32(i%f.columns)*7.3, float32(i/f.columns)*5.1)
		for k := range 3 {
			c[k] = (l + (c[k]/n-l)*1.18) * tone / 255
		}
	}
}

func (f *floor) draw(y int, pix []uint8, _ []float32) {
	const joint, bevel = 0.045, 0.13
	grout := [3]float32{0.80, 0.78, 0.74}
	edge := 1 / f.side
	look := float32(1 / f.scale)
	for x := range len(pix) / 4 {
		s := f.at(float32(x)+0.5, float32(y)+0.5)
		c := f.tile(s)
		clay := f.clay.At(float32(x)*look, float32(y)*look) - 0.5
		// A place whose tile lies outside the reduced copy is grout.
		cover := raster.Clamp01((s.rim-joint)/edge + 0.5)
		if c[3] == 0 {
			cover = 0
		}
		shine := float32(1) + 0.06*clay
		if lip := 1 - (s.rim-joint)/bevel; lip > 0 {
			shine += 0.30 * lip * light(s, f.hexagon)
		} else {
			shine -= 0.07 * (s.x + s.y)
		}
		shade := 0.92 + 0.16*clay
		for k := range 3 {
			pix[4*x+k] = raster.ToByte(grout[k]*shade + cover*(c[k]*shine-grout[k]*shade))
		}
	}
}

// light is how much the rim of a tile faces the upper left, from -1 to 1.
func light(s spot, hexagon bool) float32 {
	ax, ay := max(s.x, -s.x), max(s.y, -s.y)
	if hexagon && 0.5*ax+0.8660254*ay > ax {
		way := -0.79 * sign(s.y)
		return way - 0.35*sign(s.x)*(1-0.4*sign(s.y)*sign(s.x))
	}
	if ax > ay || hexagon {
		return -0.7 * sign(s.x)
	}
	return -0.9 * sign(s.y)
}

func sign(v float32) float32 {
	if v < 0 {
		return -1
	}
	return 1
}
