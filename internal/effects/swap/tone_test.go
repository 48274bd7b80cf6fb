package swap

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"runtime"
	"testing"

	"vow.example/vow/internal/effects/effecttest"
	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/effects/raster"
)

// plain is a photo of nothing but skin, with the face at points.
func plain(side int, c color.NRGBA) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, side, side))
	draw.Draw(m, m.Rect, image.NewUniform(c), image.Point{}, draw.Src)
	return m
}

func lightAt(m *image.NRGBA, r image.Rectangle) float64 {
	sum := 0.0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			c := m.NRGBAAt(x, y)
			sum += float64(raster.Luma(float32(c.R), float32(c.G), float32(c.B)))
		}
	}
	return sum / float64(r.Dx()*r.Dy())
}

// Hair hangs over the brow of the photo, fair in the middle of it: none of it may reach the template.
func TestHairOfThePhotoStaysOut(t *testing.T) {
	t.Parallel()
	tpl := whole()
	points := placed(canonical(), 250, 220, 110)
	src := plain(500, color.NRGBA{190, 145, 120, 255})
	draw.Draw(src, image.Rect(0, 0, 500, 155), image.NewUniform(color.NRGBA{50, 30, 20, 255}), image.Point{}, draw.Src)
	draw.Draw(src, image.Rect(150, 0, 350, 125), image.NewUniform(color.NRGBA{190, 150, 120, 255}), image.Point{}, draw.Src)
	out := into(t, tpl, Source{src, points}, DefaultBlend)
	for y := 95; y < 140; y++ {
		for x := 110; x < 190; x++ {
			if got, want := out.NRGBAAt(x, y), tpl.Picture.NRGBAAt(x, y); got != want {
				t.Fatalf("the brow of the template has %v at %d, %d, drawn as %v", got, x, y, want)
			}
		}
	}
}

// What shows who it is comes from the photo, whatever its colours: dark eyes, glasses, a beard.
func TestEyesAndABeardComeFromThePhoto(t *testing.T) {
	t.Parallel()
	tpl := whole()
	points := placed(canonical(), 250, 220, 110)
	src := plain(500, color.NRGBA{190, 145, 120, 255})
	for _, r := range []image.Rectangle{image.Rect(150, 200, 230, 240), image.Rect(270, 200, 350, 240), image.Rect(180, 350, 320, 410)} {
		draw.Draw(src, r, image.NewUniform(color.NRGBA{25, 20, 20, 255}), image.Point{}, draw.Src)
	}
	out := into(t, tpl, Source{src, points}, DefaultBlend)
	for name, r := range map[string]image.Rectangle{"eyes": image.Rect(100, 183, 130, 197), "beard": image.Rect(120, 280, 180, 300)} {
		if got := lightAt(out, r); got > 90 {
			t.Errorf("the %s have the brightness %.0f", name, got)
		}
	}
}

// The cheeks get the colour of the template as far as blend says.
func TestColourIsTakenAsFarAsBlendSays(t *testing.T) {
	t.Parallel()
	cheek := image.Rect(108, 205, 122, 220)
	tpl := whole()
	want := lightAt(tpl.Picture, cheek)
	src := plain(500, color.NRGBA{120, 80, 60, 255})
	points := placed(canonical(), 250, 220, 110)
	last := 1e9
	for _, amount := range []float64{0, 0.5, 1} {
		far := math.Abs(lightAt(into(t, tpl, Source{src, points}, amount), cheek) - want)
		if far > last-8 {
			t.Errorf("blend %g is %.0f grey levels from the template, less of it %.0f", amount, far, last)
		}
		last = far
	}
	if last > 8 {
		t.Errorf("with all colour taken over the cheek is %.0f grey levels off", last)
	}
}

// Light skin in a dark template, dark skin in a light one: nothing is burnt out.
func TestNothingIsBurntOut(t *testing.T) {
	t.Parallel()
	src := effecttest.Photo(t, samplesAstronaut)
	for i, v := range src.Pix {
		if i%4 != 3 {
			src.Pix[i] = uint8(255 * math.Pow(float64(v)/255, 2.4))
		}
	}
	tpl := whole()
	draw.Draw(tpl.Picture, tpl.Picture.Rect, image.NewUniform(color.NRGBA{235, 205, 190, 255}), image.Point{}, draw.Src)
	out := into(t, tpl, Source{src, astronautPoints()}, 1)
	burnt := 0
	for i, v := range tpl.Mask.Pix {
		if v > 0 && out.Pix[4*i+1] == 255 {
			burnt++
		}
	}
	if burnt > 40 {
		t.Errorf("%d pixels are burnt out", burnt)
	}
}

func TestColourBlocksOfASmallPhotoAreSmoothed(t *testing.T) {
	t.Parallel()
	layer := image.NewNRGBA(image.Rect(0, 0, 121, 97))
	for y := range 97 {
		for x := range 121 { // blocks of colour with one brightness, and a line that is bright
			c := color.NRGBA{170, 140, 120, 255}
			if (x/4+y/4)%2 == 0 {
				c = color.NRGBA{186, 131, 124, 255}
			}
			if x == 60 {
				c = color.NRGBA{230, 200, 180, 255}
			}
			layer.SetNRGBA(x, y, c)
		}
	}
	j, err := raster.Start(layer, calmPasses, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := calm(t.Context(), j, layer, 0.25); err != nil {
		t.Fatal(err)
	}
	a, b := layer.NRGBAAt(33, 41), layer.NRGBAAt(37, 41)
	if d := int(a.R) - int(b.R); d > 5 || d < -5 {
		t.Errorf("two blocks are %v and %v", a, b)
	}
	if line := layer.NRGBAAt(60, 41); line.G < 195 {
		t.Errorf("the bright line became %v", line)
	}
}

func TestMemoryDoesNotGrowWithThePhoto(t *testing.T) {
	used := func(side int) int {
		scale := float64(side) / 512
		src := projected(effecttest.Photo(t, samplesAstronaut), projective{scale, 0, 0, 0, scale, 0, 0, 0, 1}, side)
		points := moved(astronautPoints(), projective{scale, 0, 0, 0, scale, 0, 0, 0, 1})
		tpl := drawn()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		into(t, tpl, Source{src, points}, DefaultBlend)
		runtime.ReadMemStats(&after)
		return int(after.TotalAlloc - before.TotalAlloc)
	}
	small, large := used(512), used(1800)
	box := drawn().maskBox()
	n := box.Dx() * box.Dy()
	// The result, the layer, the shrunk face, the mask that was cut, and 8 bytes per pixel of the box.
	if most := 4*drawnWide*drawnHigh + n*(4+4+9+1+8) + 400_000; large > most {
		t.Errorf("%d bytes were allocated, at most %d wanted", large, most)
	}
	t.Logf("%d bytes for a photo of 512 pixels, %d for 1800; the box has %d pixels", small, large, n)
}

func TestAFaceThatFoldsIsBentLess(t *testing.T) {
	t.Parallel()
	tpl := whole()
	points := placed(canonical(), 250, 220, 110)
	points[face.MouthLeft], points[face.MouthRight] = points[face.MouthRight], points[face.MouthLeft]
	points[face.NoseTip].Y += 200
	if s := fitSpline(tpl.Points, points, tpl.maskBox()); s.folds(tpl.maskBox()) {
		t.Error("the face folds over itself")
	}
}
