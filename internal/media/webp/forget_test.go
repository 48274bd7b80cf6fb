package webp

import (
	"bytes"
	"image"
	"math/rand/v2"
	"testing"
)

// grain is a picture of that seed that a coder has work with.
func grain(w, h int, seed uint64) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	r := rand.New(rand.NewPCG(seed, 1))
	v := 128.0
	for i := range m.Pix {
		if i%4 == 3 {
			m.Pix[i] = 255
			continue
		}
		v += r.Float64()*14 - 7
		v = max(0, min(255, v))
		m.Pix[i] = uint8(v)
	}
	return m
}

func TestWhatWasCodedBeforeChangesNothing(t *testing.T) { // not beside others: they share what the encoder keeps
	m := grain(402, 270, 1)
	first, err := code(m, 80, true)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 6 {
		if _, err := code(grain(402, 270, uint64(i+7)), 80, true); err != nil {
			t.Fatal(err)
		}
		again, err := code(m, 80, true)
		if err != nil || !bytes.Equal(first, again) {
			t.Errorf("round %d: %d bytes, then %d, %v", i, len(first), len(again), err)
		}
	}
}
