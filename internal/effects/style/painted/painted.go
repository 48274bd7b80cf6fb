// Package painted paints photos with a brush: watercolour and oil.
//
// It promises that strokes and washes follow the shapes of the picture and are chosen by the seed
// alone. It never looks for faces.
package painted

import (
	"vow.example/vow/internal/effects/effect"
)

// Effects returns this package's part of the catalogue.
func Effects() []effect.Effect {
	seed := effect.Param{Name: "seed", Kind: effect.Whole, Min: 0, Max: 1 << 31, Default: "1"}
	return []effect.Effect{
		{Name: "watercolor", Least: 1, Most: 1, Params: []effect.Param{
			{Name: "strength", Kind: effect.Number, Min: 0, Max: 1, Default: "0.6"},
			seed,
		}, Run: watercolor},
		{Name: "oil", Least: 1, Most: 1, Params: []effect.Param{
			{Name: "brush", Kind: effect.Number, Min: 0, Max: 1, Default: "0.4"},
			seed,
		}, Run: oil},
	}
}
