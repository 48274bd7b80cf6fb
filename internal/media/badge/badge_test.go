package badge

import (
	"bytes"
	"image"
	"image/color"
	"testing"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/opentype"
)

func filled(w, h int, c color.NRGBA) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := 0; i < len(m.Pix); i += 4 {
		m.Pix[i], m.Pix[i+1], m.Pix[i+2], m.Pix[i+3] = c.R, c.G, c.B, c.A
	}
	return m
}

func TestTheMarkStandsBottomRightAndCanBeReadOnEveryBackground(t *testing.T) {
	t.Parallel()
	for _, c := range []color.NRGBA{{A: 255}, {255, 255, 255, 255}, {128, 128, 128, 255}, {230, 60, 20, 255}, {}} {
		m := filled(640, 480, c)
		before := bytes.Clone(m.Pix)
		out, err := Draw(m, "AI-generated")
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(m.Pix, before) {
			t.Fatal("the picture itself changed")
		}
		darkest, brightest := 255, 0
		for y := range 480 {
			for x := range 640 {
				px := out.NRGBAAt(x, y)
				if px == c {
					continue
				}
				if x < 320 || y < 400 {
					t.Fatalf("%v: drawn at %d, %d", c, x, y)
				}
				darkest, brightest = min(darkest, int(px.G)), max(brightest, int(px.G))
			}
		}
		if brightest-darkest < 150 {
			t.Errorf("%v: contrast of %d", c, brightest-darkest)
		}
	}
}

func TestTheMarkGrowsWithThePictureAndFitsSmallOnes(t *testing.T) {
	t.Parallel()
	last := 0
	for _, side := range []int{1, 8, 40, 100, 400, 2000} {
		out, err := Draw(filled(side, side, color.NRGBA{A: 255}), "AI-generated")
		if err != nil {
			t.Fatal(err)
		}
		drawn := 0
		for i := 0; i < len(out.Pix); i += 4 {
			if out.Pix[i] != 0 {
				drawn++
			}
		}
		if drawn <= last && side > 8 {
			t.Errorf("%d pixels on a side of %d", drawn, side)
		}
		last = drawn
		if side >= 100 && out.NRGBAAt(1, side-3).R != 0 {
			t.Errorf("the mark reaches the left border of %d pixels", side)
		}
	}
}

func TestTextsThatTheFontCannotShowFallBack(t *testing.T) {
	t.Parallel()
	f, err := opentype.Parse(gobold.TTF)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"": Fallback, "AI 生成": Fallback, "AI\nX": Fallback, "Made with AI": "Made with AI", "Généré par IA": "Généré par IA",
		"a text that is much too long to be a mark on a picture": Fallback,
	} {
		if got := readable(f, text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}
