package pixel

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"math"
	"runtime"
	"testing"
)

func noise(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	v := uint32(1)
	for i := range m.Pix {
		v = v*1664525 + 1013904223
		m.Pix[i] = byte(v >> 24)
		if i%4 == 3 {
			m.Pix[i] = 255
		}
	}
	return m
}

func TestEveryFormIsReadAsTheColoursItHas(t *testing.T) {
	t.Parallel()
	r := image.Rect(0, 0, 37, 23)
	from := noise(37, 23)
	forms := map[string]draw.Image{
		"RGBA": image.NewRGBA(r), "NRGBA64": image.NewNRGBA64(r), "RGBA64": image.NewRGBA64(r), "Gray16": image.NewGray16(r),
		"Gray": image.NewGray(r), "CMYK": image.NewCMYK(r), "NRGBA": image.NewNRGBA(image.Rect(0, 0, 50, 50)),
	}
	for name, form := range forms {
		var src image.Image = form
		draw.Draw(form, r, from, image.Point{}, draw.Src)
		if name == "NRGBA" {
			src = form.(*image.NRGBA).SubImage(r)
		}
		want := image.NewNRGBA(r)
		for y := range 23 {
			for x := range 37 {
				want.Set(x, y, src.At(x, y))
			}
		}
		if got := Upright(src, 1, nil); !bytes.Equal(got.Pix, want.Pix) {
			t.Errorf("%s is read wrongly", name)
		}
	}
}

func TestEverySubsamplingIsReadAsInTheStandardLibrary(t *testing.T) {
	t.Parallel()
	for _, ratio := range []image.YCbCrSubsampleRatio{
		image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420,
		image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410,
	} {
		whole := image.NewYCbCr(image.Rect(0, 0, 40, 30), ratio)
		for _, p := range [][]byte{whole.Y, whole.Cb, whole.Cr} {
			copy(p, noise(40, 30).Pix)
		}
		src := whole.SubImage(image.Rect(3, 5, 36, 29)).(*image.YCbCr)
		want := image.NewNRGBA(image.Rect(0, 0, 33, 24))
		for y := range 24 {
			for x := range 33 {
				want.Set(x, y, src.At(3+x, 5+y))
			}
		}
		if got := Upright(src, 0, nil); !bytes.Equal(got.Pix, want.Pix) {
			t.Errorf("%v is read wrongly", ratio)
		}
		if whole.Y[5*whole.YStride+10] != 0 {
			t.Errorf("%v: the decoder's pixels were kept", ratio)
		}
	}
}

func TestRowsAreChangedOnceAndBeforeTheyAreTurned(t *testing.T) {
	t.Parallel()
	for orientation := range 9 {
		for _, src := range []image.Image{noise(9, 5), image.NewGray(image.Rect(0, 0, 9, 5))} {
			got := Upright(src, orientation, func(row []byte) {
				for i := range row {
					row[i] += 7
				}
			})
			sum := 0
			for _, v := range got.Pix {
				sum += int(v)
			}
			if _, gray := src.(*image.Gray); gray && sum != 9*5*(3*7+6) {
				t.Errorf("orientation %d: %d", orientation, sum)
			}
			if turned := orientation >= 5; (got.Rect.Dx() == 5) != turned {
				t.Errorf("orientation %d: %v", orientation, got.Rect)
			}
		}
	}
}

func TestAFlatPictureStaysFlatAtEverySize(t *testing.T) {
	t.Parallel()
	m := image.NewNRGBA(image.Rect(0, 0, 97, 61))
	draw.Draw(m, m.Rect, image.NewUniform(color.NRGBA{200, 3, 255, 255}), image.Point{}, draw.Src)
	y := image.NewYCbCr(image.Rect(0, 0, 97, 61), image.YCbCrSubsampleRatio420)
	for _, p := range [][]byte{y.Y, y.Cb, y.Cr} {
		for i := range p {
			p[i] = 253
		}
	}
	for _, size := range [][2]int{{96, 60}, {60, 40}, {50, 61}, {13, 7}, {1, 1}, {97, 1}, {150, 99}} {
		out := Resize(m, size[0], size[1]).(*image.NRGBA)
		for i := 0; i < len(out.Pix); i += 4 {
			if [4]byte(out.Pix[i:]) != [4]byte{200, 3, 255, 255} {
				t.Fatalf("%v: %v", size, out.Pix[i:i+4])
			}
		}
		planes := Resize(y, size[0], size[1]).(*image.YCbCr)
		for _, p := range [][]byte{planes.Y, planes.Cb, planes.Cr} {
			for _, v := range p {
				if v != 253 {
					t.Fatalf("%v: %d", size, v)
				}
			}
		}
	}
}

func TestASmallerPictureKeepsTheMeanAndDetailsThatItCanShow(t *testing.T) {
	t.Parallel()
	wave := image.NewGray(image.Rect(0, 0, 400, 50))
	for i := range wave.Pix {
		wave.Pix[i] = byte(128 + 100*math.Sin(float64(i%400)*2*math.Pi/20))
	}
	for _, w := range []int{320, 250, 150, 100} {
		out := Resize(wave, w, 40).(*image.Gray)
		low, high, sum := byte(255), byte(0), 0
		for _, v := range out.Pix[10*w : 11*w] {
			low, high, sum = min(low, v), max(high, v), sum+int(v)
		}
		if mean := sum / w; mean < 125 || mean > 131 {
			t.Errorf("%d: mean %d", w, mean)
		}
		if w > 200 && int(high)-int(low) < 185 || int(high)-int(low) < 120 {
			t.Errorf("%d: the wave has become %d to %d", w, low, high)
		}
	}
}

func TestHolesLendNoColour(t *testing.T) {
	t.Parallel()
	m := image.NewNRGBA(image.Rect(0, 0, 40, 40))
	for y := range 40 {
		for x := range 40 {
			m.SetNRGBA(x, y, color.NRGBA{250, 10, 10, 255})
			if (x+y)%3 == 0 {
				m.SetNRGBA(x, y, color.NRGBA{0, 255, 255, 0})
			}
		}
	}
	for _, side := range []int{30, 10} {
		out := Resize(m, side, side).(*image.NRGBA)
		for i := 0; i < len(out.Pix); i += 4 {
			if p := out.Pix[i : i+4]; p[3] > 8 && (p[0] < 245 || p[1] > 15) {
				t.Fatalf("%d: %v", side, p)
			}
		}
	}
}

func TestTheResultDoesNotDependOnTheCores(t *testing.T) {
	m := noise(300, 200)
	want := Resize(m, 177, 93).(*image.NRGBA)
	before := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(before)
	if got := Resize(m, 177, 93).(*image.NRGBA); !bytes.Equal(got.Pix, want.Pix) {
		t.Error("one core makes other pixels")
	}
}

func TestAFormThatCannotBeResizedIsNil(t *testing.T) {
	t.Parallel()
	if Resize(image.NewGray16(image.Rect(0, 0, 9, 9)), 3, 3) != nil {
		t.Error("a picture of 16 bits was resized")
	}
}
