// Package jpg decodes and encodes JPEG pictures, at their size or smaller.
//
// It promises that a damaged or cut file is refused however little is missing, that only files whose
// every bit was checked reach the fast decoder, which is written in assembly, and that encoding needs
// memory for a few rows of the picture. It never reads or writes metadata but the segment it is given.
package jpg

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"runtime"

	"github.com/gen2brain/jpegn"
)

// large is from how many pixels on what decoding left behind is given back at once.
const large = 4 << 20

// DecodeConfig returns the size that the header of a picture says.
func DecodeConfig(data []byte) (image.Config, error) {
	cfg, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return image.Config{}, fmt.Errorf("jpg: %w", err)
	}
	return cfg, nil
}

// Decode returns the picture in data as it is coded, in YCbCr, gray, CMYK or RGB, with at least a
// denom-th of its width and height; denom is 1, 2, 4 or 8. It stops between its steps when ctx ends.
func Decode(ctx context.Context, data []byte, denom int) (image.Image, error) {
	c, err := check(data)
	if err != nil {
		return nil, err
	}
	simple := c.simple()
	clear(c.comps)
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("jpg: decode: %w", err)
	}
	if simple {
		img, err := jpegn.Decode(bytes.NewReader(data), &jpegn.Options{ScaleDenom: denom})
		if err == nil && fits(img.Bounds(), c, denom) {
			if c.progressive && c.width*c.height > large {
				runtime.GC() // the coefficients need more memory than the picture; the caller needs it now
			}
			return img, nil
		}
	}
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("jpg: decode: %w", err)
	}
	return img, nil
}

func fits(r image.Rectangle, c *checker, denom int) bool {
	return r.Dx() == (c.width+denom-1)/denom && r.Dy() == (c.height+denom-1)/denom
}

// simple reports whether the fast decoder can be trusted with the picture: it knows one scan of all
// components or passes of them, gray or YCbCr, and chroma of the usual sizes.
func (c *checker) simple() bool {
	if c.adobeRGB || !c.progressive && (c.scans != 1 || !c.whole) {
		return false
	}
	if len(c.comps) == 1 {
		return true
	}
	if len(c.comps) != 3 || c.comps[0].id == 'R' && c.comps[1].id == 'G' {
		return false
	}
	for _, chroma := range c.comps[1:] {
		if chroma.h != 1 || chroma.v != 1 {
			return false
		}
	}
	return c.comps[0].h <= 2 && c.comps[0].v <= 2
}
