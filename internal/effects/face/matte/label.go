package matte

import (
	"context"
	"fmt"
	"math"
)

const (
	rounds = 5    // of learning the colours and labelling with them
	sure   = 6.0  // a prior beyond this is a fact
	weight = 0.65 // of the colours: neighbors share theirs and are no two witnesses
	trust  = 0.06 // how much a pixel believes its own colour against its neighbors
)

// label gives every pixel its part of each class. priors says how likely each class is at a place, as a
// logarithm. In turns it learns the colours of the classes, and spreads the labels to neighbors of a
// like colour.
func (p picture) label(ctx context.Context, priors [][]float32) ([][]float32, error) {
	parts := posterior(priors, nil)
	e := p.edges()
	trusts := make([]float32, p.w*p.h)
	for i := range trusts {
		trusts[i] = trust
		for k := range priors {
			if priors[k][i] >= sure {
				trusts[i] = 8
			}
		}
	}
	bins := p.bins()
	for round := range rounds {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("matte: %w", err)
		}
		colors := make([][]float32, len(priors))
		for k := range colors {
			colors[k] = histogram(bins, parts[k])
		}
		wanted := posterior(priors, func(k, i int) float32 { return colors[k][bins[i]] })
		if round == 0 {
			parts = wanted
		}
		for k := range parts {
			e.spread(parts[k], wanted[k], trusts)
		}
	}
	return parts, nil
}

// posterior combines the priors with what the colours say, and makes the parts of a pixel sum up to 1.
func posterior(priors [][]float32, color func(k, i int) float32) [][]float32 {
	out := make([][]float32, len(priors))
	for k := range out {
		out[k] = make([]float32, len(priors[k]))
	}
	logs := make([]float64, len(priors))
	for i := range priors[0] {
		top, sum := math.Inf(-1), 0.0
		for k := range priors {
			logs[k] = float64(priors[k][i])
			if color != nil {
				logs[k] += float64(color(k, i))
			}
			top = max(top, logs[k])
		}
		for k := range logs {
			logs[k] = math.Exp(logs[k] - top)
			sum += logs[k]
		}
		for k := range logs {
			out[k][i] = float32(logs[k] / sum)
		}
	}
	return out
}

const (
	binsPerAxis = 24
	binCount    = binsPerAxis * binsPerAxis * binsPerAxis
)

// bins is the bin of the colour of each pixel. Bins are narrow where colours are grayish, as most are.
func (p picture) bins() []int32 {
	axis := func(v float32) int32 { return int32(max(0, min(binsPerAxis-1, v*binsPerAxis))) }
	root := func(v float32) float32 {
		return 0.5 + float32(math.Copysign(math.Sqrt(math.Abs(float64(v)))*0.55, float64(v)))
	}
	out := make([]int32, p.w*p.h)
	for i := range out {
		out[i] = (axis(p.v[0][i])*binsPerAxis+axis(root(p.v[1][i])))*binsPerAxis + axis(root(p.v[2][i]))
	}
	return out
}

// histogram is the logarithm of how often a class has each colour. Colours nobody has seen are
// possible in every class.
func histogram(bins []int32, part []float32) []float32 {
	h := make([]float32, binCount)
	total := float32(1e-6)
	for i, b := range bins {
		w := part[i] * part[i]
		h[b] += w
		total += w
	}
	for _, step := range []int{1, binsPerAxis, binsPerAxis * binsPerAxis} {
		for range 2 {
			smoothAxis(h, step)
		}
	}
	for i := range h {
		h[i] = float32(weight * math.Log(float64(h[i]/total)+2e-5))
	}
	return h
}

func smoothAxis(h []float32, step int) {
	before := make([]float32, len(h))
	copy(before, h)
	for i := range h {
		at := i / step % binsPerAxis
		left, right := before[i], before[i]
		if at > 0 {
			left = before[i-step]
		}
		if at < binsPerAxis-1 {
			right = before[i+step]
		}
		h[i] = 0.5*before[i] + 0.25*(left+right)
	}
}
