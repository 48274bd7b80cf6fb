package webp

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"runtime"
	"testing"
	"time"
)

// painted is a smooth picture, with a hole in it where asked.
func painted(w, h int, hole bool) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, color.NRGBA{byte(255 * x / w), byte(255 * y / h), 90, 255})
		}
	}
	if hole {
		m.SetNRGBA(0, 0, color.NRGBA{1, 2, 3, 128})
	}
	return m
}

func white() *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, 20, 20))
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	return m
}

func written(t testing.TB, m *image.NRGBA, mark []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Encode(&b, m, 90, mark); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func apart(a, b image.Image, at image.Point) int {
	r1, g1, b1, _ := a.At(at.X, at.Y).RGBA()
	r2, g2, b2, _ := b.At(at.X, at.Y).RGBA()
	most := 0
	for _, d := range []int{int(r1>>8) - int(r2>>8), int(g1>>8) - int(g2>>8), int(b1>>8) - int(b2>>8)} {
		most = max(most, d, -d)
	}
	return most
}

func TestOpaquePicturesAreCodedWithLossAndOthersWithout(t *testing.T) {
	t.Parallel()
	mark := append([]byte("XMP "), 4, 0, 0, 0, 'm', 'a', 'r', 'k')
	for name, c := range map[string]struct {
		m    *image.NRGBA
		mark []byte
		kind string
		near int
	}{
		"opaque": {painted(75, 53, false), nil, "VP8 ", 10}, "opaque with a mark": {painted(75, 53, false), mark, "VP8 ", 10},
		"clear": {painted(75, 53, true), nil, "VP8L", 0}, "clear with a mark": {painted(75, 53, true), mark, "VP8L", 0},
		"one pixel": {painted(1, 1, false), mark, "VP8 ", 10}, "white": {white(), nil, "VP8 ", 1},
	} {
		file := written(t, c.m, c.mark)
		got, err := Decode(file)
		if err != nil || got.Bounds() != c.m.Rect {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, p := range []image.Point{{0, 0}, {c.m.Rect.Dx() / 2, c.m.Rect.Dy() / 2}, c.m.Rect.Max.Sub(image.Pt(1, 1))} {
			if d := apart(got, c.m, p); d > c.near {
				t.Errorf("%s: %d apart at %v", name, d, p)
			}
		}
		if !bytes.Contains(file, []byte(c.kind)) || (c.mark != nil) != bytes.HasSuffix(file, mark) || int(binary.LittleEndian.Uint32(file[4:]))+8 != len(file) {
			t.Errorf("%s: % x", name, file[:40])
		}
	}
}

func TestTheBytesDoNotDependOnTheCores(t *testing.T) {
	m := painted(200, 150, false)
	want := written(t, m, nil)
	before := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(before)
	if !bytes.Equal(written(t, m, nil), want) {
		t.Error("one core writes other bytes")
	}
}

// film has two frames, of which the first lies beside the corner.
func film(t testing.TB) []byte {
	t.Helper()
	a, b := &Frame{At: image.Pt(10, 6), Until: 50 * time.Millisecond}, &Frame{From: 50 * time.Millisecond, Until: time.Second}
	if a.Code(painted(40, 30, false), 90) != nil || b.Code(painted(64, 48, false), 90) != nil {
		t.Fatal("not coded")
	}
	var out bytes.Buffer
	if err := Film(&out, image.Pt(64, 48), []*Frame{a, b}, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestTheFirstFrameOfAFilmLiesOnItsCanvas(t *testing.T) {
	t.Parallel()
	file := film(t)
	cfg, err := Config(file)
	if err != nil || cfg.Width != 64 || cfg.Height != 48 {
		t.Fatalf("%+v %v", cfg, err)
	}
	got, err := Decode(file)
	if err != nil || got.Bounds() != image.Rect(0, 0, 64, 48) {
		t.Fatal(err)
	}
	if _, _, _, a := got.At(9, 6).RGBA(); a != 0 {
		t.Error("the canvas beside the frame is not empty")
	}
	if d := apart(image.NewUniform(got.At(30, 21)), painted(40, 30, false).SubImage(image.Rect(20, 15, 21, 16)), image.Pt(20, 15)); d > 12 {
		t.Errorf("the frame is %d apart", d)
	}
	for n := range bytes.LastIndex(file, []byte("ANMF")) - 1 {
		if _, err := Decode(file[:n]); err == nil {
			t.Errorf("cut at %d of %d it was opened", n, len(file))
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(film(f))
	f.Add(written(f, painted(9, 9, true), nil))
	f.Add(written(f, painted(33, 20, false), nil))
	f.Fuzz(func(t *testing.T, file []byte) {
		cfg, err := Config(file)
		if err != nil || cfg.Width*cfg.Height > 1<<18 {
			return
		}
		if img, err := Decode(file); err == nil && (img.Bounds().Dx() != cfg.Width || img.Bounds().Dy() != cfg.Height) {
			t.Errorf("%v of %+v", img.Bounds(), cfg)
		}
	})
}
