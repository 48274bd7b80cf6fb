// Package repair makes photos better as photos: more pixels, less noise, balanced light and colour.
//
// It promises that what it adds follows from the pixels that are there: it never invents a thing that
// was not photographed, and never looks for faces.
package repair

import (
	"vow.example/vow/internal/effects/effect"
)

// Effects returns this package's part of the catalogue.
func Effects() []effect.Effect {
	return []effect.Effect{
		{Name: "upscale", Least: 1, Most: 1, Params: []effect.Param{
			{Name: "factor", Kind: effect.Choice, Default: "2", Values: []string{"2", "4"}},
		}, Run: upscale},
		{Name: "denoise", Least: 1, Most: 1, Params: []effect.Param{
			{Name: "strength", Kind: effect.Number, Min: 0, Max: 1, Default: "0.5"},
		}, Run: denoise},
		{Name: "auto_fix", Least: 1, Most: 1, Params: []effect.Param{
			{Name: "strength", Kind: effect.Number, Min: 0, Max: 1, Default: "0.7"},
		}, Run: autoFix},
	}
}
