package face

import (
	"fmt"
	"testing"

	"vow.example/vow/internal/effects/effecttest"
)

// Compare with the cascade of OpenCV on the same picture: benchmarks of docs/performance.md.
func BenchmarkFind(b *testing.B) {
	for name, file := range map[string]string{"face": "astronaut.jpg", "nobody": "chelsea.jpg"} {
		for _, side := range []int{1024, 3464} {
			img := straight(effecttest.Photo(b, file), side).img
			b.Run(fmt.Sprintf("%s/%d", name, side), func(b *testing.B) {
				for b.Loop() {
					Find(img)
				}
			})
		}
	}
}

func BenchmarkMasks(b *testing.B) {
	img := straight(effecttest.Photo(b, "astronaut.jpg"), 1024).img
	f, err := One(img)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("hair", func(b *testing.B) {
		for b.Loop() {
			if _, err := Hair(b.Context(), img, f); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("person", func(b *testing.B) {
		for b.Loop() {
			if _, err := Person(b.Context(), img, f); err != nil {
				b.Fatal(err)
			}
		}
	})
}
