//go:build !heif

package heif

import (
	"context"
	"errors"
	"image"
)

// Built reports whether this build can decode the pictures.
const Built = false

// Decode refuses: this build has no decoder.
func Decode(context.Context, []byte, Found) (image.Image, error) {
	return nil, errors.New("heif: this build has no decoder")
}
