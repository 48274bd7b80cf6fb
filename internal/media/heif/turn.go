//go:build heif

package heif

import (
	"image"

	"vow.example/vow/internal/media/pixel"
)

// turned applies the turn and then the mirroring of a file.
func turned(m image.Image, found Found) image.Image {
	// The EXIF orientations that turn to the left by 0, 90, 180 and 270 degrees, and those that mirror.
	if turn := [4]int{1, 8, 3, 6}[found.Turns&3]; turn > 1 {
		m = pixel.Upright(m, turn, nil)
	}
	switch found.Mirror {
	case 1: // top and bottom change places
		m = pixel.Upright(m, 4, nil)
	case 2: // left and right do
		m = pixel.Upright(m, 2, nil)
	}
	return m
}
