// Package style makes drawings and paintings of photos, and better photos of photos.
//
// It promises that the same picture, parameters and seed give the same bytes on every machine with the
// same architecture, that a large copy looks like the small one, and that an effect needs at most 8
// bytes per pixel besides its picture. It never looks for faces.
package style

import (
	"slices"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/style/drawn"
	"vow.example/vow/internal/effects/style/painted"
	"vow.example/vow/internal/effects/style/printed"
	"vow.example/vow/internal/effects/style/repair"
	"vow.example/vow/internal/effects/style/toned"
)

// Effects returns this package's part of the catalogue.
func Effects() []effect.Effect {
	return slices.Concat(drawn.Effects(), painted.Effects(), printed.Effects(), repair.Effects(), toned.Effects())
}
