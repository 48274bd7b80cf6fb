package swap

import (
	"context"
	"image"
	"math"

	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/effects/raster"
)

const (
	cell       = 8 // pixels between two places at which the spline is worked out
	warpPasses = 2
)

// grid holds the places of the photo for every cell of a box of the template.
type grid struct {
	cols int
	at   [][2]float32
}

// gridOf works out the spline, and the part of the photo that it touches.
func gridOf(s spline, box image.Rectangle) (grid, image.Rectangle) {
	cols, rows := (box.Dx()-1)/cell+2, (box.Dy()-1)/cell+2
	g := grid{cols: cols, at: make([][2]float32, 0, cols*rows)}
	low, high := face.Point{X: math.Inf(1), Y: math.Inf(1)}, face.Point{X: math.Inf(-1), Y: math.Inf(-1)}
	for y := range rows {
		for x := range cols {
			p := s.at(face.Point{X: float64(box.Min.X + cell*x), Y: float64(box.Min.Y + cell*y)})
			low, high = face.Point{X: min(low.X, p.X), Y: min(low.Y, p.Y)}, face.Point{X: max(high.X, p.X), Y: max(high.Y, p.Y)}
			g.at = append(g.at, [2]float32{float32(p.X), float32(p.Y)})
		}
	}
	bound := func(v float64) int { return int(min(max(v, -1<<20), 1<<20)) }
	return g, image.Rect(bound(low.X)-3, bound(low.Y)-3, bound(high.X)+4, bound(high.Y)+4)
}

// warp draws the photo into the box of the template as the spline says.
func warp(ctx context.Context, j *raster.Job, photo *image.NRGBA, s spline, box image.Rectangle) (*image.NRGBA, error) {
	g, area := gridOf(s, box)
	area = area.Intersect(image.Rect(0, 0, photo.Rect.Dx(), photo.Rect.Dy()))
	if area.Empty() {
		area = image.Rect(0, 0, 1, 1) // the landmarks lie elsewhere: whatever is at the corner
	}
	small, times, err := shrink(ctx, j, photo, area, s.turn.scale())
	if err != nil {
		return nil, err
	}
	for i, p := range g.at { // the middle of a pixel lies at .5
		g.at[i][0] = (p[0]-float32(area.Min.X)+0.5)/float32(times) - 0.5
		g.at[i][1] = (p[1]-float32(area.Min.Y)+0.5)/float32(times) - 0.5
	}
	out := image.NewNRGBA(image.Rect(0, 0, box.Dx(), box.Dy()))
	err = j.Bands(ctx, box.Dy(), func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			g.row(out.Pix[y*out.Stride:][:out.Stride], small, y)
		}
	})
	return out, err
}

// row draws one row.
func (g grid) row(dst []uint8, src *image.NRGBA, y int) {
	up := g.at[y/cell*g.cols:][:g.cols]
	down := g.at[(y/cell+1)*g.cols:][:g.cols]
	ty := float32(y%cell) / cell
	for x := 0; 4*x < len(dst); x += cell {
		c := x / cell
		var from, step [2]float32
		for k := range 2 {
			from[k] = up[c][k] + ty*(down[c][k]-up[c][k])
			step[k] = (up[c+1][k] + ty*(down[c+1][k]-up[c+1][k]) - from[k]) / cell
		}
		for i := 0; i < cell && 4*(x+i) < len(dst); i++ {
			cubic(dst[4*(x+i):4*(x+i)+4], src, from[0]+float32(i)*step[0], from[1]+float32(i)*step[1])
		}
	}
}

// cubic reads one place of src between its pixels (Catmull and Rom). Beyond its sides the last pixels
// go on.
func cubic(dst []uint8, src *image.NRGBA, fx, fy float32) {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	fx, fy = max(-4, min(float32(w)+4, fx)), max(-4, min(float32(h)+4, fy))
	x0, y0 := int(fx+8)-8, int(fy+8)-8
	wx, wy := weights(fx-float32(x0)), weights(fy-float32(y0))
	var xs [4]int
	for k := range xs {
		xs[k] = 4 * max(0, min(w-1, x0-1+k))
	}
	var r, g, b float32
	for n, share := range wy {
		row := src.Pix[max(0, min(h-1, y0-1+n))*src.Stride:]
		var lr, lg, lb float32
		for k, x := range xs {
			p := row[x : x+3 : x+3]
			lr += wx[k] * float32(p[0])
			lg += wx[k] * float32(p[1])
			lb += wx[k] * float32(p[2])
		}
		r, g, b = r+share*lr, g+share*lg, b+share*lb
	}
	dst[0], dst[1], dst[2], dst[3] = toByte(r), toByte(g), toByte(b), 255
}

func toByte(v float32) uint8 { return uint8(max(0, min(255, v+0.5))) }

func weights(t float32) [4]float32 {
	t2, t3 := t*t, t*t*t
	return [4]float32{-0.5*t + t2 - 0.5*t3, 1 - 2.5*t2 + 1.5*t3, 0.5*t + 2*t2 - 1.5*t3, -0.5*t2 + 0.5*t3}
}

// shrink returns the area of the photo, each pixel the mean of times × times: a face that is larger
// than the one of the template would else lose what falls between the places that are read.
func shrink(ctx context.Context, j *raster.Job, photo *image.NRGBA, area image.Rectangle, scale float64) (*image.NRGBA, int, error) {
	times := max(1, min(int(scale+0.5), area.Dx(), area.Dy()))
	if times == 1 {
		part := photo.SubImage(area.Add(photo.Rect.Min)).(*image.NRGBA)
		return part, 1, j.Bands(ctx, 1, func(int, int) {})
	}
	w, h := (area.Dx()+times-1)/times, (area.Dy()+times-1)/times
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	err := j.Bands(ctx, h, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			for x := range w {
				part := image.Rect(x*times, y*times, (x+1)*times, (y+1)*times).Add(area.Min).Intersect(area)
				mean(out.Pix[y*out.Stride+4*x:], photo, part)
			}
		}
	})
	return out, times, err
}

// mean writes the mean colour of a part of the photo.
func mean(dst []uint8, photo *image.NRGBA, part image.Rectangle) {
	var r, g, b, n uint32
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for p := photo.Pix[y*photo.Stride+4*part.Min.X : y*photo.Stride+4*part.Max.X]; len(p) >= 4; p = p[4:] {
			r, g, b, n = r+uint32(p[0]), g+uint32(p[1]), b+uint32(p[2]), n+1
		}
	}
	dst[0], dst[1], dst[2], dst[3] = uint8((r+n/2)/n), uint8((g+n/2)/n), uint8((b+n/2)/n), 255
}
