package hair

import (
	"vow.example/vow/internal/effects/portrait/matte"
	"vow.example/vow/internal/effects/raster"
)

// fill spreads what is known into what is not: f holds three colours multiplied by how well they are
// known, and that as the fourth number. Each halving of the size carries colours twice as far (the
// pull-push of Gortler and others, 1996). A field in which nothing is known stays as it is.
func fill(f matte.Field) {
	if f.W <= 1 && f.H <= 1 {
		divide(f)
		return
	}
	half := matte.NewField((f.W+1)/2, (f.H+1)/2, 4)
	for y := range f.H {
		row, up := f.Row(y), half.Row(y/2)
		for x := range f.W {
			for k := range 4 {
				up[4*(x/2)+k] += row[4*x+k]
			}
		}
	}
	for i := 0; i < len(half.V); i += 4 { // what is known well stays known, not more than fully
		if w := half.V[i+3]; w > 1 {
			for k := range 4 {
				half.V[i+k] /= w
			}
		}
	}
	fill(half)
	from := half.Carry(f.W, f.H)
	row, scratch := make([]float32, 4*f.W), from.Scratch()
	for y := range f.H {
		from.Read(row, y, 0, scratch)
		d := f.Row(y)
		for i := 0; i < len(d); i += 4 {
			w := min(d[i+3], 1)
			for k := range 3 {
				d[i+k] += (1 - w) * row[i+k]
			}
			d[i+3] = 1
		}
	}
}

func divide(f matte.Field) {
	for i := 0; i < len(f.V); i += 4 {
		if w := f.V[i+3]; w > 0 {
			for k := range 3 {
				f.V[i+k] /= w
			}
		}
		f.V[i+3] = 1
	}
}

// known adds a colour that may be spread.
func known(f matte.Field, i int, c []float32, w float32) {
	w = raster.Clamp01(w) * c[3]
	for k := range 3 {
		f.V[4*i+k] = w * c[k]
	}
	f.V[4*i+3] = w
}
