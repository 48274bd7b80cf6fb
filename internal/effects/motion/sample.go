package motion

import (
	"image"
	"math"
)

const (
	phaseCount = 256
	phaseBits  = 7 // of a weight: two of them and a byte fit 32 bits with room for the sum
)

// phases are the four weights of the cubic kernel for every part of a pixel.
func phases() *[phaseCount][4]int32 {
	t := new([phaseCount][4]int32)
	for i := range t {
		f, left := float64(i)/phaseCount, int32(1<<phaseBits)
		for k := range 4 {
			t[i][k] = int32(math.Round(cubic(float64(k-1)-f) * (1 << phaseBits)))
			left -= t[i][k]
		}
		t[i][1+2*i/phaseCount%2] += left // what rounding left, to the nearest
	}
	return t
}

// sample reads a picture between its pixels; outside of it its edge goes on.
func sample(m *image.NRGBA, table *[phaseCount][4]int32, x, y float32) (r, g, b int32) {
	const far = 16 // keeps what is rounded above 0
	fx, fy := int((x+far)*phaseCount+0.5)-far*phaseCount, int((y+far)*phaseCount+0.5)-far*phaseCount
	wx, wy := &table[fx&(phaseCount-1)], &table[fy&(phaseCount-1)]
	x0, y0 := fx>>8-1, fy>>8-1
	w, h := m.Rect.Dx(), m.Rect.Dy()
	if x0 < 0 || y0 < 0 || x0+4 > w || y0+4 > h {
		return sampleEdge(m, wx, wy, x0, y0)
	}
	for k := range 4 {
		p := m.Pix[(y0+k)*m.Stride+4*x0:][:16]
		v := wy[k]
		r += v * (wx[0]*int32(p[0]) + wx[1]*int32(p[4]) + wx[2]*int32(p[8]) + wx[3]*int32(p[12]))
		g += v * (wx[0]*int32(p[1]) + wx[1]*int32(p[5]) + wx[2]*int32(p[9]) + wx[3]*int32(p[13]))
		b += v * (wx[0]*int32(p[2]) + wx[1]*int32(p[6]) + wx[2]*int32(p[10]) + wx[3]*int32(p[14]))
	}
	const half, bits = 1 << (2*phaseBits - 1), 2 * phaseBits
	return (r + half) >> bits, (g + half) >> bits, (b + half) >> bits
}

func sampleEdge(m *image.NRGBA, wx, wy *[4]int32, x0, y0 int) (r, g, b int32) {
	for k := range 4 {
		row := m.Pix[min(max(y0+k, 0), m.Rect.Dy()-1)*m.Stride:]
		for i := range 4 {
			p, v := row[4*min(max(x0+i, 0), m.Rect.Dx()-1):], wy[k]*wx[i]
			r, g, b = r+v*int32(p[0]), g+v*int32(p[1]), b+v*int32(p[2])
		}
	}
	const half, bits = 1 << (2*phaseBits - 1), 2 * phaseBits
	return (r + half) >> bits, (g + half) >> bits, (b + half) >> bits
}

// inFront reads the matte between its pixels, of 255.
func (s *stage) inFront(x, y float32) int32 {
	w, h := s.front.Rect.Dx(), s.front.Rect.Dy()
	x, y = min(max(x, 0), float32(w-1)), min(max(y, 0), float32(h-1))
	x0, y0 := min(int(x), max(0, w-2)), min(int(y), max(0, h-2))
	tx, ty := int32((x-float32(x0))*256), int32((y-float32(y0))*256)
	x1, y1 := min(x0+1, w-1), min(y0+1, h-1)
	at := func(x, y int) int32 { return int32(s.matte[y*w+x]) }
	top, low := at(x0, y0)*(256-tx)+at(x1, y0)*tx, at(x0, y1)*(256-tx)+at(x1, y1)*tx
	return (top*(256-ty) + low*ty + 1<<15) >> 16
}
