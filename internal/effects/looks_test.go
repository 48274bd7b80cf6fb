package effects

import (
	"bytes"
	"flag"
	"image"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/image/draw"

	"vow.example/vow/internal/fault"
)

// distinct counts colours that differ by more than a hair.
func distinct(m *image.NRGBA) int {
	seen := map[[3]uint8]bool{}
	for i := 0; i < len(m.Pix); i += 4 {
		seen[[3]uint8{m.Pix[i] >> 2, m.Pix[i+1] >> 2, m.Pix[i+2] >> 2}] = true
	}
	return len(seen)
}

func gray(m *image.NRGBA, x, y int) float64 {
	p := m.Pix[y*m.Stride+4*x:]
	return float64(luma(float32(p[0]), float32(p[1]), float32(p[2])))
}

func slope(m *image.NRGBA, x, y int) float64 {
	return math.Hypot(gray(m, x+1, y)-gray(m, x-1, y), gray(m, x, y+1)-gray(m, x, y-1))
}

// kept returns which part of the strong edges of a is still an edge, within a pixel, in b.
func kept(a, b *image.NRGBA) float64 {
	strong, still := 0, 0
	for y := 2; y < a.Rect.Dy()-2; y++ {
		for x := 2; x < a.Rect.Dx()-2; x++ {
			if slope(a, x, y) < 90 {
				continue
			}
			strong++
			best := 0.0
			for dy := -1; dy <= 1; dy++ {
				for dx := -1; dx <= 1; dx++ {
					best = max(best, slope(b, x+dx, y+dy))
				}
			}
			if best > 45 {
				still++
			}
		}
	}
	return float64(still) / float64(strong)
}

// texture is the mean squared difference of a pixel to its right and lower neighbours.
func texture(m *image.NRGBA, r image.Rectangle) float64 {
	sum, n := 0.0, 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			a := gray(m, x, y)
			sum += (a-gray(m, x+1, y))*(a-gray(m, x+1, y)) + (a-gray(m, x, y+1))*(a-gray(m, x, y+1))
			n++
		}
	}
	return sum / float64(n)
}

// flat is the part of the pixels that hardly differ from their right neighbour.
func flat(m *image.NRGBA, r image.Rectangle) float64 {
	n := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if math.Abs(gray(m, x, y)-gray(m, x+1, y)) < 1.5 {
				n++
			}
		}
	}
	return float64(n) / float64(r.Dx()*r.Dy())
}

// blotches is the mean squared second difference along rows: what is uneven about a shade.
func blotches(m *image.NRGBA, r image.Rectangle) float64 {
	sum := 0.0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			d := 2*gray(m, x, y) - gray(m, x-2, y) - gray(m, x+2, y)
			sum += d * d
		}
	}
	return sum / float64(r.Dx()*r.Dy())
}

func around(p image.Point, dx, dy int) image.Rectangle {
	return image.Rect(p.X-dx, p.Y-dy, p.X+dx, p.Y+dy)
}

func TestACartoonHasFewColoursAndItsEdges(t *testing.T) {
	t.Parallel()
	m := photo(t, "astronaut.jpg")
	out := run(t, NameCartoon, m, nil)
	if before, after := distinct(m), distinct(out); after > before*8/10 {
		t.Errorf("%d colours became %d", before, after)
	}
	if part := kept(m, out); part < 0.85 {
		t.Errorf("only %.2f of the edges are left", part)
	}
	wall, suit := image.Rect(300, 20, 360, 120), image.Rect(70, 300, 130, 340)
	for _, r := range []image.Rectangle{wall, suit} {
		if before, after := flat(m, r), flat(out, r); 1-after > 0.6*(1-before) {
			t.Errorf("%v: the flat part went from %.2f to %.2f", r, before, after)
		}
	}
	if few, many := distinct(run(t, NameCartoon, m, map[string]string{"levels": "3"})), distinct(out); few >= many {
		t.Errorf("fewer levels give %d instead of %d colours", few, many)
	}
	inked := run(t, NameCartoon, m, map[string]string{"edges": "1"})
	bare := run(t, NameCartoon, m, map[string]string{"edges": "0"})
	if brightness(inked) >= brightness(bare) {
		t.Error("more edges are not darker")
	}
}

func brightness(m *image.NRGBA) float64 {
	sum := 0.0
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			sum += gray(m, x, y)
		}
	}
	return sum / float64(m.Rect.Dx()*m.Rect.Dy())
}

func TestAPencilDrawingIsNearlyGrayOnBrightPaper(t *testing.T) {
	t.Parallel()
	m := photo(t, "astronaut.jpg")
	out := run(t, NamePencil, m, nil)
	for i := 0; i < len(out.Pix); i += 4 {
		p := out.Pix[i : i+3]
		if int(max(p[0], p[1], p[2]))-int(min(p[0], p[1], p[2])) > 8 {
			t.Fatalf("pixel %d has the colour %v", i/4, p)
		}
	}
	if b := brightness(out); b < brightness(m)+30 {
		t.Errorf("a brightness of %.0f is no paper", b)
	}
	if part := kept(m, out); part < 0.7 {
		t.Errorf("only %.2f of the edges are drawn", part)
	}
	if hard := run(t, NamePencil, m, map[string]string{"strength": "1"}); brightness(hard) >= brightness(out) {
		t.Error("more strength is not darker")
	}
	colored := run(t, NamePencil, m, map[string]string{"tone": "color"})
	if p := colored.NRGBAAt(100, 320); int(p.R)-int(p.B) < 40 {
		t.Errorf("the orange suit became %v", p)
	}
}

func TestAPortraitHasEvenSkinAndClearEyes(t *testing.T) {
	t.Parallel()
	m := photo(t, "astronaut.jpg")
	f := Faces(m)[0]
	out := run(t, NamePortrait, m, map[string]string{"strength": "1"})
	span := int(f.eyeSpan())
	for _, skin := range []image.Rectangle{image.Rect(190, 110, 204, 124), image.Rect(246, 112, 258, 126)} {
		if before, after := blotches(m, skin), blotches(out, skin); after > before*0.8 {
			t.Errorf("%v: %.1f became %.1f", skin, before, after)
		} else if after < before*0.03 {
			t.Errorf("%v became plastic: %.1f became %.1f", skin, before, after)
		}
	}
	for _, eye := range []image.Point{f.LeftEye, f.RightEye} {
		near := around(eye, span/5, span/8)
		if before, after := texture(m, near), texture(out, near); after < before {
			t.Errorf("eye: %.1f became %.1f", before, after)
		}
	}
	none := run(t, NamePortrait, m, map[string]string{"strength": "0"})
	if !bytes.Equal(none.Pix, m.Pix) {
		t.Error("strength 0 changes the picture")
	}
	if part := kept(m, out); part < 0.98 {
		t.Errorf("only %.2f of the edges are left", part)
	}
}

func TestAPictureWithoutAFaceGetsAnAnswerThatHelps(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"coffee.jpg", "chelsea.jpg"} {
		out, err := Run(t.Context(), NamePortrait, photo(t, name), nil, nil)
		if fault.CodeOf(err) != CodeNoFace || fault.KindOf(err) != fault.Invalid || out != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheFaceIsFoundAtEverySizeAndPlace(t *testing.T) {
	t.Parallel()
	m := photo(t, "astronaut.jpg")
	for _, side := range []int{220, 512, 1500} {
		c := image.NewNRGBA(image.Rect(0, 0, side, side))
		draw.ApproxBiLinear.Scale(c, c.Rect, m, m.Rect, draw.Src, nil)
		faces := Faces(c)
		if len(faces) != 1 {
			t.Fatalf("%d faces at %d pixels", len(faces), side)
		}
		scale := float64(side) / 512
		for got, want := range map[image.Point]image.Point{faces[0].LeftEye: {203, 101}, faces[0].RightEye: {246, 103}} {
			if d := math.Hypot(float64(got.X)/scale-float64(want.X), float64(got.Y)/scale-float64(want.Y)); d > 5 {
				t.Errorf("at %d pixels an eye is %.1f pixels off", side, d)
			}
		}
	}
	two := image.NewNRGBA(image.Rect(0, 0, 512, 256))
	draw.ApproxBiLinear.Scale(two, image.Rect(0, 0, 256, 256), m, m.Rect, draw.Src, nil)
	draw.ApproxBiLinear.Scale(two, image.Rect(256, 0, 512, 256), m, m.Rect, draw.Src, nil)
	if faces := Faces(two); len(faces) != 2 {
		t.Errorf("%d faces in a picture of two", len(faces))
	}
	for _, empty := range []*image.NRGBA{nil, image.NewNRGBA(image.Rect(0, 0, 5, 900)), image.NewNRGBA(image.Rect(0, 0, 300, 300))} {
		if faces := Faces(empty); len(faces) != 0 {
			t.Errorf("%d faces in nothing", len(faces))
		}
	}
}

// TestTheDocumentedPicturesShowWhatTheEngineDoes compares with docs/effects, whose left halves are
// the photo and whose right halves the effect. Run with -update after a wanted change, and look.
func TestTheDocumentedPicturesShowWhatTheEngineDoes(t *testing.T) {
	t.Parallel()
	const side = 400
	m := photo(t, "astronaut.jpg")
	for _, name := range Names() {
		pair := image.NewRGBA(image.Rect(0, 0, 2*side, side))
		draw.CatmullRom.Scale(pair, image.Rect(0, 0, side, side), m, m.Rect, draw.Src, nil)
		draw.CatmullRom.Scale(pair, image.Rect(side, 0, 2*side, side), run(t, name, m, nil), m.Rect, draw.Src, nil)
		path := filepath.Join("..", "..", "docs", "effects", name+".jpg")
		if flag.Lookup("update").Value.String() == "true" {
			var b bytes.Buffer
			if err := jpeg.Encode(&b, pair, &jpeg.Options{Quality: 82}); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		b, err := os.ReadFile(path)
		if err != nil || len(b) > 120_000 {
			t.Fatalf("%d bytes, %v", len(b), err)
		}
		stored, err := jpeg.Decode(bytes.NewReader(b))
		if err != nil || stored.Bounds() != pair.Rect {
			t.Fatalf("%s: %v", name, err)
		}
		if d := difference(pair, stored); d > 8 {
			t.Errorf("%s differs from the documented picture by %.1f on average", name, d)
		}
	}
}

func difference(a, b image.Image) float64 {
	sum, n := 0.0, 0
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			_, p, _, _ := a.At(x, y).RGBA()
			_, q, _, _ := b.At(x, y).RGBA()
			sum += math.Abs(float64(p)-float64(q)) / 257
			n++
		}
	}
	return sum / float64(n)
}

func TestALargeCopyLooksLikeTheSmallOne(t *testing.T) {
	t.Parallel()
	m := face(t)
	big := image.NewNRGBA(image.Rect(0, 0, 512, 512))
	draw.CatmullRom.Scale(big, big.Rect, m, m.Rect, draw.Src, nil)
	for _, name := range Names() {
		small, large := run(t, name, m, nil), run(t, name, big, nil)
		shrunk := image.NewNRGBA(small.Rect)
		draw.CatmullRom.Scale(shrunk, shrunk.Rect, large, large.Rect, draw.Src, nil)
		if d := difference(small, shrunk); d > 12 {
			t.Errorf("%s differs by %.1f on average", name, d)
		} else {
			t.Logf("%s: %.1f", name, d)
		}
	}
}
