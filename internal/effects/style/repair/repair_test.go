package repair

import (
	"bytes"
	"image"
	"math"
	"math/rand/v2"
	"testing"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/effecttest"
	"vow.example/vow/internal/effects/samples"
)

func clone(m *image.NRGBA) *image.NRGBA {
	return &image.NRGBA{Pix: bytes.Clone(m.Pix), Stride: m.Stride, Rect: image.Rect(0, 0, m.Rect.Dx(), m.Rect.Dy())}
}

func run(t testing.TB, name string, m *image.NRGBA, params map[string]string) *image.NRGBA {
	t.Helper()
	for _, e := range Effects() {
		if e.Name == name {
			v, err := e.Read(params)
			if err != nil {
				t.Fatal(err)
			}
			r, err := e.Run(t.Context(), effect.Input{Pictures: []*image.NRGBA{clone(m)}}, v, func(float64) {})
			if err != nil {
				t.Fatal(err)
			}
			return r.Picture
		}
	}
	t.Fatalf("no effect %s", name)
	return nil
}

// psnr compares the colours of two pictures of one size, without their rim.
func psnr(a, b *image.NRGBA) float64 {
	const rim = 8
	sum, n := 0.0, 0
	for y := rim; y < a.Rect.Dy()-rim; y++ {
		for x := rim; x < a.Rect.Dx()-rim; x++ {
			for k := range 3 {
				d := float64(a.Pix[y*a.Stride+4*x+k]) - float64(b.Pix[y*b.Stride+4*x+k])
				sum += d * d
				n++
			}
		}
	}
	return 10 * math.Log10(255*255*float64(n)/sum)
}

// noisy adds noise of a standard deviation.
func noisy(m *image.NRGBA, sigma float64) *image.NRGBA {
	rnd := rand.New(rand.NewPCG(1, 2))
	out := clone(m)
	for i := range out.Pix {
		if i%4 != 3 {
			out.Pix[i] = uint8(max(0, min(255, math.Round(float64(out.Pix[i])+sigma*rnd.NormFloat64()))))
		}
	}
	return out
}

func TestDenoisingBringsAPictureFourDecibelsNearerToTheCleanOne(t *testing.T) {
	t.Parallel()
	for _, name := range samples.Names() {
		clean := effecttest.Photo(t, name)
		for _, sigma := range []float64{10, 20} {
			grainy := noisy(clean, sigma)
			before, after := psnr(clean, grainy), psnr(clean, run(t, "denoise", grainy, nil))
			t.Logf("%s, noise %g (measured %.1f): %.2f dB became %.2f", name, sigma, noiseOf(grainy), before, after)
			if least := 4.0; sigma == 20 && after < before+least {
				t.Errorf("%s: %.2f dB became %.2f", name, before, after)
			}
			if after < before+1.5 {
				t.Errorf("%s, noise %g: %.2f dB became %.2f", name, sigma, before, after)
			}
		}
		if kept := psnr(clean, run(t, "denoise", clean, nil)); kept < 34 {
			t.Errorf("%s: of a clean picture %.1f dB are left", name, kept)
		}
	}
}
