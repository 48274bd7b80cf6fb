package swap

import (
	"context"
	"image"
	"math"

	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/effects/raster"
)

// plates are the face of the photo, what it is laid on, and where. All have one size.
type plates struct {
	layer, below *image.NRGBA
	mask         *image.Gray
}

const (
	toneReach  = 0.42 // eye distances over which light is compared
	knots      = 6.0  // cells of the light map per reach
	maxGain    = 8.0
	dark       = 4.0 // keeps the gain of what is nearly black or white from running away
	contrastBy = 1.2 // how far contrast may change
	fields     = 9   // weight, three channels and squared brightness of both pictures
	tonePasses = 1 + fields*raster.BlurPasses + 1
)

// The fields of the light map.
const (
	weightField = 0
	layerField  = 1 // red, green, blue, squared brightness
	belowField  = 5
)

// tone brings light and colour of the layer near those of the picture below: its gain follows where the
// light comes from, over distances of reach pixels. Detail is kept, and its contrast adapted a little.
func tone(ctx context.Context, j *raster.Job, p plates, points [face.PointCount]face.Point, amount float32) error {
	reach := toneReach * face.Face{Points: points}.EyeDistance()
	size := max(2, int(reach/knots+0.5))
	m := lightMap{cells: cellsOf(p.mask.Rect.Dx(), p.mask.Rect.Dy(), size)}
	m.layer, m.below = skinOf(p.layer, points), skinOf(p.below, points)
	if err := m.measure(ctx, j, p); err != nil {
		return err
	}
	for _, f := range m.fields {
		if err := j.Blur(ctx, f, reach/float64(size)); err != nil {
			return err
		}
	}
	contrast := m.gains(amount)
	return j.Bands(ctx, p.layer.Rect.Dy(), func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			m.apply(p.layer.Pix[y*p.layer.Stride:][:4*p.layer.Rect.Dx()], y, contrast)
		}
	})
}

// lightMap holds what is measured of both pictures in cells of size × size pixels.
type lightMap struct {
	cells
	layer, below skin
	fields       [fields]raster.Plane
	light        [][4]float32 // per cell: three gains, and the brightness that they lead to
}

// measure adds up the skin of both pictures where the mask lets the layer through.
func (m *lightMap) measure(ctx context.Context, j *raster.Job, p plates) error {
	for k := range m.fields {
		m.fields[k] = raster.NewPlane(m.cols, m.rows)
	}
	w, h := p.mask.Rect.Dx(), p.mask.Rect.Dy()
	return j.Bands(ctx, m.rows, func(r0, r1 int) {
		for y := r0 * m.size; y < min(h, r1*m.size); y++ {
			mask, a, b := p.mask.Pix[y*p.mask.Stride:][:w], p.layer.Pix[y*p.layer.Stride:], p.below.Pix[y*p.below.Stride:]
			row := y / m.size * m.cols
			for x, v := range mask {
				if v < 128 {
					continue
				}
				weight := m.layer.likely(a[4*x:], 0.15) * m.below.likely(b[4*x:], 0.4)
				if weight == 0 {
					continue
				}
				i := row + x/m.size
				m.fields[weightField].V[i] += weight
				m.add(layerField, i, weight, a[4*x:4*x+3])
				m.add(belowField, i, weight, b[4*x:4*x+3])
			}
		}
	})
}

func (m *lightMap) add(field, i int, weight float32, p []uint8) {
	r, g, b := float32(p[0]), float32(p[1]), float32(p[2])
	m.fields[field].V[i] += weight * r
	m.fields[field+1].V[i] += weight * g
	m.fields[field+2].V[i] += weight * b
	l := raster.Luma(r, g, b)
	m.fields[field+3].V[i] += weight * l * l
}

// gains works out the light of every cell and returns the factor of contrast.
func (m *lightMap) gains(amount float32) float32 {
	m.light = make([][4]float32, m.cols*m.rows)
	var have, want float64
	for i := range m.light {
		w := m.fields[weightField].V[i]
		if w < 1e-3 {
			m.light[i] = [4]float32{1, 1, 1, 128}
			continue
		}
		var from, to, gain, lit [3]float32
		for k := range 3 {
			from[k], to[k] = m.fields[layerField+k].V[i]/w, m.fields[belowField+k].V[i]/w
			g := max(1/maxGain, min(maxGain, odds(to[k])/odds(from[k])))
			gain[k] = float32(math.Pow(float64(g), float64(amount)))
			lit[k] = curve(from[k], gain[k])
		}
		before, after, now := raster.Luma(from[0], from[1], from[2]), raster.Luma(to[0], to[1], to[2]), raster.Luma(lit[0], lit[1], lit[2])
		m.light[i] = [4]float32{gain[0], gain[1], gain[2], now}
		slope := (curve(before+1, gain[1]) - curve(before-1, gain[1])) / 2
		have += float64(w * slope * slope * max(0, m.fields[layerField+3].V[i]/w-before*before))
		want += float64(w * max(0, m.fields[belowField+3].V[i]/w-after*after))
	}
	if have <= 0 {
		return 1
	}
	ratio := max(1/contrastBy, min(contrastBy, math.Sqrt(want/have)))
	return float32(math.Pow(ratio, float64(amount)))
}

// odds is how far a value is from black, measured by how far it is from white.
func odds(v float32) float32 { return (v + dark) / (255 + dark - v) }

// curve multiplies the odds of a value: black and white stay, so that nothing is burnt out.
func curve(v, gain float32) float32 { return gain * v / (1 + (gain-1)*v*(1.0/255)) }

// apply changes one row of the layer.
func (m *lightMap) apply(row []uint8, y int, contrast float32) {
	across := m.line(y)
	for x := 0; 4*x < len(row); x++ {
		i, k, tx := across.around(x)
		a, b, c, d := &m.light[across.up+i], &m.light[across.up+k], &m.light[across.down+i], &m.light[across.down+k]
		var l [4]float32
		for n := range l {
			top, bottom := a[n]+tx*(b[n]-a[n]), c[n]+tx*(d[n]-c[n])
			l[n] = top + across.t*(bottom-top)
		}
		p := row[4*x : 4*x+3]
		red, green, blue := curve(float32(p[0]), l[0]), curve(float32(p[1]), l[1]), curve(float32(p[2]), l[2])
		more := (contrast - 1) * (raster.Luma(red, green, blue) - l[3])
		p[0], p[1], p[2] = toByte(red+more), toByte(green+more), toByte(blue+more)
	}
}
