package swap

// cells are a coarse grid over a picture, of size × size pixels each.
type cells struct{ size, cols, rows int }

func cellsOf(w, h, size int) cells { return cells{size, (w-1)/size + 1, (h-1)/size + 1} }

// line is the rows of cells above and below one row of pixels.
type line struct {
	cells
	up, down int // where their numbers begin
	t        float32
}

func (c cells) line(y int) line {
	a, b, t := c.between(y, c.rows)
	return line{c, a * c.cols, b * c.cols, t}
}

// between returns the cells around a pixel, and how near it is to the second.
func (c cells) between(x, n int) (a, b int, t float32) {
	f := (float32(x)+0.5)/float32(c.size) - 0.5
	a = int(f+1) - 1
	return max(0, a), min(n-1, a+1), f - float32(a)
}

// around returns the columns around a pixel, and how near it is to the second.
func (l line) around(x int) (a, b int, t float32) { return l.between(x, l.cols) }

// at reads one number per cell, between the cells.
func (l line) at(v []float32, x int) float32 {
	a, b, t := l.around(x)
	top, bottom := v[l.up+a]+t*(v[l.up+b]-v[l.up+a]), v[l.down+a]+t*(v[l.down+b]-v[l.down+a])
	return top + l.t*(bottom-top)
}
