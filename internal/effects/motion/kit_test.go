package motion

import (
	"image"
	"testing"

	"vow.example/vow/internal/effects/effect"
)

// made runs an effect of the catalogue.
func made(t testing.TB, name string, params map[string]string, pictures ...*image.NRGBA) *effect.Film {
	t.Helper()
	f, err := attempt(t, name, params, pictures...)
	if err != nil {
		t.Fatalf("%s %v: %v", name, params, err)
	}
	return f
}

func attempt(t testing.TB, name string, params map[string]string, pictures ...*image.NRGBA) (*effect.Film, error) {
	t.Helper()
	for _, e := range Effects() {
		if e.Name != name {
			continue
		}
		v, err := e.Read(params)
		if err != nil {
			t.Fatal(err)
		}
		last := 0.0
		r, err := e.Run(t.Context(), effect.Input{Pictures: pictures}, v, func(p float64) {
			if p < last || p > 1 {
				t.Errorf("%s: progress goes from %v to %v", name, last, p)
			}
			last = p
		})
		if err == nil && (last != 1 || r.Film == nil || r.Picture != nil) {
			t.Errorf("%s: progress ends at %v, result %+v", name, last, r)
		}
		return r.Film, err
	}
	t.Fatalf("no effect %s", name)
	return nil, nil
}

// frame draws one frame.
func frame(t testing.TB, f *effect.Film, n int) *image.NRGBA {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, f.Width, f.Height))
	if err := f.Draw(t.Context(), n, m); err != nil {
		t.Fatal(err)
	}
	return m
}
