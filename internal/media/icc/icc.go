// Package icc brings pictures with a colour profile into sRGB, the colours that every effect and
// every screen expects.
//
// It promises right colours for the profiles that cameras, phones and scanners write (three primaries
// and tone curves: Display P3, Adobe RGB, sRGB; or one tone curve of gray) and that any other or damaged
// profile leaves the picture as it is. It never writes a profile and never fails.
package icc

import (
	"encoding/binary"
	"math"
)

// Transform turns pixels of one profile into sRGB. The zero Transform changes nothing.
type Transform struct {
	linear [3][256]float32 // what a value of a channel means as an amount of light
	mix    [9]float32      // amounts of the profile's primaries to those of sRGB
	coded  []uint8         // amounts of light in 4,096 steps back to values
}

const steps = 4096

// Parse returns the transform of a profile, or the zero Transform when nothing is to be done.
func Parse(profile []byte) Transform {
	var t Transform
	if len(profile) < 132 {
		return Transform{}
	}
	tags := tagsOf(profile)
	if string(profile[16:20]) == "GRAY" {
		return gray(tags["kTRC"])
	}
	if string(profile[16:20]) != "RGB " || string(profile[20:24]) != "XYZ " {
		return Transform{}
	}
	var primaries [9]float64
	for k, c := range []string{"r", "g", "b"} {
		xyz, curve := tags[c+"XYZ"], tags[c+"TRC"]
		if len(xyz) < 20 || !t.curve(k, curve) {
			return Transform{}
		}
		for row := range 3 {
			primaries[3*row+k] = fixed(xyz[8+4*row:])
		}
	}
	t.setMix(primaries)
	return t.finished()
}

// gray is the transform of a profile of one curve; it is applied to three equal values.
func gray(curve []byte) Transform {
	t := Transform{mix: [9]float32{0: 1, 4: 1, 8: 1}}
	for k := range t.linear {
		if !t.curve(k, curve) {
			return Transform{}
		}
	}
	return t.finished()
}

func (t Transform) finished() Transform {
	if t.isSRGB() {
		return Transform{}
	}
	t.coded = make([]uint8, steps+1)
	for i := range t.coded {
		t.coded[i] = uint8(255*encode(float64(i)/steps) + 0.5)
	}
	return t
}

// Row converts one row of pixels, four bytes each, in place.
func (t *Transform) Row(row []byte) {
	if t.coded == nil {
		return
	}
	for i := 0; i+3 < len(row); i += 4 {
		r, g, b := t.linear[0][row[i]], t.linear[1][row[i+1]], t.linear[2][row[i+2]]
		row[i] = t.value(t.mix[0]*r + t.mix[1]*g + t.mix[2]*b)
		row[i+1] = t.value(t.mix[3]*r + t.mix[4]*g + t.mix[5]*b)
		row[i+2] = t.value(t.mix[6]*r + t.mix[7]*g + t.mix[8]*b)
	}
}

// IsZero reports whether the transform changes nothing.
func (t Transform) IsZero() bool { return t.coded == nil }

func (t *Transform) value(light float32) uint8 {
	return t.coded[int(max(0, min(1, light))*steps+0.5)]
}

func tagsOf(p []byte) map[string][]byte {
	tags := map[string][]byte{}
	count := min(binary.BigEndian.Uint32(p[128:]), 100)
	for i := range int(count) {
		e := 132 + 12*i
		if e+12 > len(p) {
			break
		}
		at, size := uint64(binary.BigEndian.Uint32(p[e+4:])), uint64(binary.BigEndian.Uint32(p[e+8:]))
		if at+size <= uint64(len(p)) {
			tags[string(p[e:e+4])] = p[at : at+size]
		}
	}
	return tags
}

func fixed(p []byte) float64 { return float64(int32(binary.BigEndian.Uint32(p))) / 65536 }

// curve reads a "curv" or "para" tag into the table of channel k.
func (t *Transform) curve(k int, p []byte) bool {
	if len(p) < 12 {
		return false
	}
	var f func(float64) float64
	switch string(p[:4]) {
	case "curv":
		f = sampled(p)
	case "para":
		f = parametric(p)
	}
	if f == nil {
		return false
	}
	for v := range t.linear[k] {
		x := f(float64(v) / 255)
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
		t.linear[k][v] = float32(min(max(x, 0), 1))
	}
	return true
}

func sampled(p []byte) func(float64) float64 {
	n := int(min(binary.BigEndian.Uint32(p[8:]), 1<<16))
	if len(p) < 12+2*n {
		return nil
	}
	at := func(i int) float64 { return float64(binary.BigEndian.Uint16(p[12+2*i:])) }
	switch n {
	case 0:
		return func(x float64) float64 { return x }
	case 1:
		gamma := at(0) / 256
		return func(x float64) float64 { return math.Pow(x, gamma) }
	}
	return func(x float64) float64 {
		pos := x * float64(n-1)
		i := min(int(pos), n-2)
		return (at(i) + (pos-float64(i))*(at(i+1)-at(i))) / 65535
	}
}

// parametric follows ICC.1:2022, table 68: g a b c d e f, of which each kind names a part.
func parametric(p []byte) func(float64) float64 {
	kind := int(binary.BigEndian.Uint16(p[8:]))
	counts := []int{1, 3, 4, 5, 7}
	if kind >= len(counts) || len(p) < 12+4*counts[kind] {
		return nil
	}
	v := [7]float64{0: 1, 1: 1}
	for i := range counts[kind] {
		v[i] = fixed(p[12+4*i:])
	}
	g, a, b, c, d, e, f := v[0], v[1], v[2], v[3], v[4], v[5], v[6]
	if kind == 1 || kind == 2 {
		if a == 0 {
			return nil
		}
		e, f, c, d = c, c, 0, -b/a // below the edge these kinds are flat
	}
	return func(x float64) float64 {
		if kind > 0 && x < d {
			return c*x + f
		}
		return math.Pow(max(0, a*x+b), g) + e
	}
}

// setMix joins the primaries with the way from XYZ (D50) to linear sRGB.
func (t *Transform) setMix(primaries [9]float64) {
	toSRGB := [9]float64{
		3.1338561, -1.6168667, -0.4906146,
		-0.9787684, 1.9161415, 0.0334540,
		0.0719453, -0.2289914, 1.4052427,
	}
	for row := range 3 {
		for col := range 3 {
			sum := 0.0
			for k := range 3 {
				sum += toSRGB[3*row+k] * primaries[3*k+col]
			}
			t.mix[3*row+col] = float32(sum)
		}
	}
}

// isSRGB reports whether the transform would change no value by more than a hair.
func (t *Transform) isSRGB() bool {
	for i, v := range t.mix {
		want := float32(0)
		if i%4 == 0 {
			want = 1
		}
		if math.Abs(float64(v-want)) > 0.01 {
			return false
		}
	}
	for k := range t.linear {
		for v, light := range t.linear[k] {
			if math.Abs(encode(float64(light))*255-float64(v)) > 1 {
				return false
			}
		}
	}
	return true
}

// encode is the tone curve of sRGB.
func encode(light float64) float64 {
	if light <= 0.0031308 {
		return 12.92 * light
	}
	return 1.055*math.Pow(light, 1/2.4) - 0.055
}
