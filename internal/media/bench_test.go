//go:build !race

package media

import (
	"bytes"
	"io"
	"os"
	"testing"
)

// BenchmarkTwelveMegapixels is the work that docs/performance.md compares with libvips: of a JPEG of 12
// megapixels, or of the file in VOW_TEST_PICTURE.
func BenchmarkTwelveMegapixels(b *testing.B) {
	file := func() []byte {
		if name := os.Getenv("VOW_TEST_PICTURE"); name != "" {
			data, err := os.ReadFile(name)
			if err != nil {
				b.Fatal(err)
			}
			return data
		}
		return large(b)
	}()
	b.Run("decode-resize-encode", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := Fit(b.Context(), bytes.NewReader(file), Info{MediaType: JPEG}, Limits{MaxSide: 1600}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("strip", func(b *testing.B) {
		for b.Loop() {
			if _, err := Strip(io.Discard, bytes.NewReader(file), Limits{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	img, _, err := Open(b.Context(), bytes.NewReader(file), Limits{})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := Open(b.Context(), bytes.NewReader(file), Limits{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, kind := range []string{JPEG, WebP} {
		b.Run("encode "+kind, func(b *testing.B) {
			for b.Loop() {
				if err := Encode(io.Discard, img, kind, Label{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
