package gif

import (
	"slices"

	"vow.example/vow/internal/media/pixel"
)

// colours is how many a palette has besides the one that stands for "as before".
const colours = 255

// bins is the number of groups of colours that are told apart: five bits of each part.
const bins = 1 << 15

type rgb [3]int32

// bin is a group of colours of a frame.
type bin struct {
	colour rgb // the mean
	count  int64
}

// palette is a choice of colours and, for each group, the nearest of them.
type palette struct {
	colours []rgb
	nearest []byte // by group
	cost    float64
}

func binOf(r, g, b byte) int { return int(r>>3)<<10 | int(g>>3)<<5 | int(b>>3) }

// histogram groups the colours of a frame.
func histogram(pix []byte) []bin {
	var counts [bins]int64
	var sums [bins][3]int64
	for i := 0; i+3 < len(pix); i += 4 {
		k := binOf(pix[i], pix[i+1], pix[i+2])
		counts[k]++
		for c := range 3 {
			sums[k][c] += int64(pix[i+c])
		}
	}
	var list []bin
	for k, n := range counts {
		if n == 0 {
			continue
		}
		b := bin{count: n}
		for c := range 3 {
			b.colour[c] = int32((sums[k][c] + n/2) / n)
		}
		list = append(list, b)
	}
	return list
}

// box is a run of groups that shares a colour until it is divided.
type box struct {
	from, to int
	axis     int
	weight   float64 // how much dividing it along its axis helps
}

// choose finds colours for a frame: the box in which colours differ most is divided until there are
// enough, then colours and those that they stand for are matched a few times.
func choose(list []bin) *palette {
	boxes := []box{measure(list, 0, len(list))}
	for len(boxes) < colours {
		k := 0
		for i := range boxes {
			if boxes[i].weight > boxes[k].weight {
				k = i
			}
		}
		if boxes[k].weight <= 0 {
			break
		}
		cut := divide(list, boxes[k])
		boxes = append(boxes, measure(list, cut, boxes[k].to))
		boxes[k] = measure(list, boxes[k].from, cut)
	}
	p := &palette{}
	for _, b := range boxes {
		p.colours = append(p.colours, mean(list[b.from:b.to]))
	}
	const rounds = 3
	for range rounds {
		p.settle(list)
	}
	p.fill()
	p.cost = p.costOf(list)
	return p
}

// measure finds along which axis the colours of a box differ most.
func measure(list []bin, from, to int) box {
	b := box{from: from, to: to}
	if to-from < 2 {
		return b
	}
	m := mean(list[from:to])
	var spread [3]float64
	for _, g := range list[from:to] {
		for c := range 3 {
			d := float64(g.colour[c] - m[c])
			spread[c] += d * d * float64(g.count)
		}
	}
	for c := range 3 {
		if spread[c] > spread[b.axis] {
			b.axis = c
		}
	}
	b.weight = spread[b.axis]
	return b
}

func mean(list []bin) rgb {
	var sums [3]int64
	n := int64(0)
	for _, g := range list {
		n += g.count
		for c := range 3 {
			sums[c] += int64(g.colour[c]) * g.count
		}
	}
	var m rgb
	for c := range 3 {
		m[c] = int32((sums[c] + n/2) / max(n, 1))
	}
	return m
}

// divide sorts the groups of a box along its axis and returns where the mean lies.
func divide(list []bin, b box) int {
	part := list[b.from:b.to]
	slices.SortFunc(part, func(x, y bin) int {
		for k := range 3 {
			if d := x.colour[(b.axis+k)%3] - y.colour[(b.axis+k)%3]; d != 0 {
				return int(d)
			}
		}
		return 0
	})
	m := mean(part)[b.axis]
	cut := 1
	for cut < len(part)-1 && part[cut].colour[b.axis] <= m {
		cut++
	}
	return b.from + cut
}

// settle moves every colour into the middle of those for which it is the nearest.
func (p *palette) settle(list []bin) {
	sums := make([][4]int64, len(p.colours))
	for _, g := range list {
		k, _ := p.find(g.colour)
		for c := range 3 {
			sums[k][c] += int64(g.colour[c]) * g.count
		}
		sums[k][3] += g.count
	}
	for k, s := range sums {
		for c := range 3 {
			if s[3] > 0 {
				p.colours[k][c] = int32((s[c] + s[3]/2) / s[3])
			}
		}
	}
}

// find returns the nearest colour and how far it is.
func (p *palette) find(want rgb) (best int, distance int32) {
	distance = 1 << 30
	for k := range p.colours {
		if d := apart(&p.colours[k], &want); d < distance {
			best, distance = k, d
		}
	}
	return best, distance
}

// apart weighs the parts of a colour as the eye does, roughly.
func apart(a, b *rgb) int32 {
	r, g, l := a[0]-b[0], a[1]-b[1], a[2]-b[2]
	return 3*r*r + 6*g*g + l*l
}

func (p *palette) fill() {
	p.nearest = make([]byte, bins)
	pixel.InBands(bins>>10, func(r0, r1 int) {
		for k := r0 << 10; k < r1<<10; k++ {
			half := func(v int) int32 { return int32(v&31)<<3 | 4 }
			best, _ := p.find(rgb{half(k >> 10), half(k >> 5), half(k)})
			p.nearest[k] = byte(best)
		}
	})
}

// costOf says how badly the palette shows a frame: the mean distance of its colours.
func (p *palette) costOf(list []bin) float64 {
	sum, n := 0.0, 0.0
	for _, g := range list {
		c := p.colours[p.nearest[binOf(byte(g.colour[0]), byte(g.colour[1]), byte(g.colour[2]))]]
		sum += float64(apart(&c, &g.colour)) * float64(g.count)
		n += float64(g.count)
	}
	return sum / max(n, 1)
}
