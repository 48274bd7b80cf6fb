package style

import (
	"bytes"
	"image"
	"math"
	"testing"

	"vow.example/vow/internal/effects/effecttest"
	"vow.example/vow/internal/effects/samples"
)

// distinct counts colours that differ by more than a hair.
func distinct(m *image.NRGBA) int {
	seen := map[[3]uint8]bool{}
	for i := 0; i < len(m.Pix); i += 4 {
		seen[[3]uint8{m.Pix[i] >> 2, m.Pix[i+1] >> 2, m.Pix[i+2] >> 2}] = true
	}
	return len(seen)
}

// flat is the part of the pixels that hardly differ from their right neighbour.
func flat(m *image.NRGBA, r image.Rectangle) float64 {
	n := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if math.Abs(effecttest.Gray(m, x, y)-effecttest.Gray(m, x+1, y)) < 1.5 {
				n++
			}
		}
	}
	return float64(n) / float64(r.Dx()*r.Dy())
}

func brightness(m *image.NRGBA) float64 {
	sum := 0.0
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			sum += effecttest.Gray(m, x, y)
		}
	}
	return sum / float64(m.Rect.Dx()*m.Rect.Dy())
}

// chroma is how far the colours are from gray on average.
func chroma(m *image.NRGBA) float64 {
	sum := 0
	for i := 0; i < len(m.Pix); i += 4 {
		p := m.Pix[i : i+3]
		sum += int(max(p[0], p[1], p[2])) - int(min(p[0], p[1], p[2]))
	}
	return float64(sum) / float64(len(m.Pix)/4)
}

func TestACartoonHasFewColoursAndItsEdges(t *testing.T) {
	t.Parallel()
	m, e := effecttest.Photo(t, samples.Astronaut), effectOf(t, "cartoon")
	out := run(t, e, m, nil)
	if before, after := distinct(m), distinct(out); after > before*8/10 {
		t.Errorf("%d colours became %d", before, after)
	}
	if part := effecttest.Kept(m, out); part < 0.85 {
		t.Errorf("only %.2f of the edges are left", part)
	}
	wall, suit := image.Rect(300, 20, 360, 120), image.Rect(70, 300, 130, 340)
	for _, r := range []image.Rectangle{wall, suit} {
		if before, after := flat(m, r), flat(out, r); 1-after > 0.6*(1-before) {
			t.Errorf("%v: the flat part went from %.2f to %.2f", r, before, after)
		}
	}
	if few, many := distinct(run(t, e, m, map[string]string{"levels": "3"})), distinct(out); few >= many {
		t.Errorf("fewer levels give %d instead of %d colours", few, many)
	}
	inked, bare := run(t, e, m, map[string]string{"edges": "1"}), run(t, e, m, map[string]string{"edges": "0"})
	if brightness(inked) >= brightness(bare) {
		t.Error("more edges are not darker")
	}
}

func TestAPencilDrawingIsNearlyGrayOnBrightPaper(t *testing.T) {
	t.Parallel()
	m, e := effecttest.Photo(t, samples.Astronaut), effectOf(t, "pencil")
	out := run(t, e, m, nil)
	for i := 0; i < len(out.Pix); i += 4 {
		p := out.Pix[i : i+3]
		if int(max(p[0], p[1], p[2]))-int(min(p[0], p[1], p[2])) > 8 {
			t.Fatalf("pixel %d has the colour %v", i/4, p)
		}
	}
	if b := brightness(out); b < brightness(m)+30 {
		t.Errorf("a brightness of %.0f is no paper", b)
	}
	if part := effecttest.Kept(m, out); part < 0.7 {
		t.Errorf("only %.2f of the edges are drawn", part)
	}
	if p := run(t, e, m, map[string]string{"tone": "color"}).NRGBAAt(100, 320); int(p.R)-int(p.B) < 40 {
		t.Errorf("the orange suit became %v", p)
	}
}

func TestAnInkDrawingIsBlackOrPaper(t *testing.T) {
	t.Parallel()
	out := run(t, effectOf(t, "ink"), sized(t, 1024, 1024), nil)
	between, black := 0, 0
	for i := 0; i < len(out.Pix); i += 4 {
		switch l := out.Pix[i]; {
		case l < 60:
			black++
		case l < 200:
			between++
		}
	}
	n := len(out.Pix) / 4
	if black < n/10 || black > n*6/10 || between > n*12/100 {
		t.Errorf("of %d pixels %d are black and %d are neither black nor paper", n, black, between)
	}
}

func TestAnOilPaintingKeepsTheColoursOfItsRegions(t *testing.T) {
	t.Parallel()
	m := effecttest.Photo(t, samples.Astronaut)
	for _, name := range []string{"oil", "watercolor", "mosaic"} {
		out := run(t, effectOf(t, name), m, nil)
		if d := difference(blurred(blurred(m)), blurred(blurred(out))); d > 22 {
			t.Errorf("%s: regions differ by %.1f", name, d)
		}
		if d := difference(m, out); d < 5 {
			t.Errorf("%s differs from the photo by %.1f only", name, d)
		}
	}
}

func TestAMosaicHasGroutAroundTilesOfTheGivenSize(t *testing.T) {
	t.Parallel()
	m := image.NewNRGBA(image.Rect(0, 0, 512, 512))
	for i := range m.Pix {
		m.Pix[i] = 20 // dark: grout is light
		if i%4 == 3 {
			m.Pix[i] = 255
		}
	}
	for _, shape := range []string{"square", "hexagon"} {
		grout := map[string]int{}
		for _, tile := range []string{"0.2", "0.9"} {
			out := run(t, effectOf(t, "mosaic"), m, map[string]string{"tile": tile, "shape": shape})
			for i := 0; i < len(out.Pix); i += 4 {
				if out.Pix[i] > 100 {
					grout[tile]++
				}
			}
		}
		if grout["0.2"] < 2000 || grout["0.9"] < 2000 {
			t.Errorf("%s: grout %v", shape, grout)
		}
	}
	// A tile is some 28 pixels wide at most: its corners and its middle have one colour.
	out := run(t, effectOf(t, "mosaic"), effecttest.Photo(t, samples.Chelsea), map[string]string{"tile": "1"})
	if d, e := distinct(effecttest.Photo(t, samples.Chelsea)), distinct(out); e >= d {
		t.Errorf("%d colours became %d", d, e)
	}
}

func TestHalftoneDotsCoverAsMuchAsTheToneIsDark(t *testing.T) {
	t.Parallel()
	last := 256.0
	for _, v := range []uint8{250, 200, 150, 100, 50, 5} {
		m := image.NewNRGBA(image.Rect(0, 0, 200, 200))
		for i := range m.Pix {
			m.Pix[i] = v
		}
		out := run(t, effectOf(t, "halftone"), m, map[string]string{"tone": "mono", "dot": "0.8"})
		b := brightness(out)
		if b >= last {
			t.Errorf("gray %d prints as %.0f, a lighter one as %.0f", v, b, last)
		}
		last = b
	}
}

func TestATintHasTheColoursOfItsPalette(t *testing.T) {
	t.Parallel()
	m, e := effecttest.Photo(t, samples.Coffee), effectOf(t, "tint")
	warm := map[string]float64{}
	for _, name := range e.Params[0].Values {
		out := run(t, e, m, map[string]string{"palette": name, "strength": "1"})
		for i := 0; i < len(out.Pix); i += 4 {
			warm[name] += float64(int(out.Pix[i])-int(out.Pix[i+2])) / float64(len(out.Pix)/4)
		}
	}
	if warm["sepia"] < 15 || warm["cyanotype"] > -25 || math.Abs(warm["mono"]) > 1 || warm["autumn"] < 25 {
		t.Errorf("red over blue: %v", warm)
	}
	bare := run(t, e, m, map[string]string{"palette": "mono", "strength": "1"})
	washed := run(t, e, bare, map[string]string{"palette": "hand_tinted", "strength": "1"})
	if c := chroma(washed); c < 10 || c > 70 {
		t.Errorf("a hand-tinted gray picture has a chroma of %.1f", c)
	}
	if d := math.Abs(brightness(washed) - brightness(bare)); d > 14 {
		t.Errorf("tinting changes the brightness by %.1f", d)
	}
	none := run(t, e, m, map[string]string{"strength": "0"})
	if !bytes.Equal(none.Pix, m.Pix) {
		t.Error("strength 0 changes the picture")
	}
}
