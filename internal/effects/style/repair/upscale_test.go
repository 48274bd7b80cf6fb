package repair

import (
	"image"
	"math"
	"testing"

	"golang.org/x/image/draw"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/effecttest"
	"vow.example/vow/internal/effects/samples"
	"vow.example/vow/internal/fault"
)

// shrunk is what a camera with fewer pixels would have seen.
func shrunk(m *image.NRGBA, k int) *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, m.Rect.Dx()/k, m.Rect.Dy()/k))
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			for c := range 4 {
				sum := 0
				for v := range k {
					for u := range k {
						sum += int(m.Pix[(y*k+v)*m.Stride+4*(x*k+u)+c])
					}
				}
				out.Pix[y*out.Stride+4*x+c] = uint8((sum + k*k/2) / (k * k))
			}
		}
	}
	return out
}

// lanczos is the usual way to enlarge.
func lanczos(m *image.NRGBA, k int) *image.NRGBA {
	sinc := func(t float64) float64 {
		if t == 0 {
			return 1
		}
		return math.Sin(math.Pi*t) / (math.Pi * t)
	}
	kernel := draw.Kernel{Support: 3, At: func(t float64) float64 { return sinc(t) * sinc(t/3) }}
	out := image.NewNRGBA(image.Rect(0, 0, m.Rect.Dx()*k, m.Rect.Dy()*k))
	kernel.Scale(out, out.Rect, m, m.Rect, draw.Src, nil)
	return out
}

func TestAnEnlargedPictureIsNearerToTheTruthThanLanczos(t *testing.T) {
	t.Parallel()
	for _, name := range samples.Names() {
		for factor, gain := range map[string]float64{"2": 0.15, "4": 0.1} {
			k := map[string]int{"2": 2, "4": 4}[factor]
			truth := effecttest.Photo(t, name)
			truth = truth.SubImage(image.Rect(0, 0, truth.Rect.Dx()/k*k, truth.Rect.Dy()/k*k)).(*image.NRGBA)
			little := shrunk(truth, k)
			usual, own := psnr(truth, lanczos(little, k)), psnr(truth, run(t, "upscale", little, map[string]string{"factor": factor}))
			t.Logf("%s %s×: Lanczos %.2f dB, ours %.2f dB", name, factor, usual, own)
			if own < usual+gain {
				t.Errorf("%s %s×: Lanczos %.2f dB, ours %.2f dB", name, factor, usual, own)
			}
		}
	}
}

func TestAPictureThatWouldBecomeTooLargeIsRefusedWithTheLimit(t *testing.T) {
	t.Parallel()
	m := image.NewNRGBA(image.Rect(0, 0, 4000, 3200))
	e := Effects()[0]
	v, err := e.Read(nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.Run(t.Context(), effect.Input{Pictures: []*image.NRGBA{m}}, v, func(float64) {})
	if fault.CodeOf(err) != CodeLarge || fault.KindOf(err) != fault.Invalid {
		t.Errorf("%v", err)
	}
}

func TestTilesMeetWithoutASeam(t *testing.T) {
	t.Parallel()
	const shift = 37
	m := effecttest.Photo(t, samples.Chelsea)
	for _, factor := range []string{"2", "4"} {
		k := map[string]int{"2": 2, "4": 4}[factor]
		params := map[string]string{"factor": factor}
		whole := run(t, "upscale", m, params)
		part := run(t, "upscale", m.SubImage(image.Rect(shift, shift, 300, 250)).(*image.NRGBA), params)
		for y := 40 * k; y < 170*k; y++ {
			for x := 40 * k; x < 200*k; x++ {
				a, b := whole.Pix[(y+shift*k)*whole.Stride+4*(x+shift*k):], part.Pix[y*part.Stride+4*x:]
				if d := int(a[1]) - int(b[1]); d < -2 || d > 2 {
					t.Fatalf("factor %s at %d, %d: %d and %d", factor, x, y, a[1], b[1])
				}
			}
		}
	}
}
