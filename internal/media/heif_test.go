//go:build heif

package media

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/media/pixel"
)

// sample is a photo that the test files were made of, at their size.
func sample(t *testing.T, name string, w, h int) *image.NRGBA {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "effects", "samples", name))
	if err != nil {
		t.Fatal(err)
	}
	img, err := jpeg.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return pixel.Resize(pixel.Upright(img, 0, nil), w, h).(*image.NRGBA)
}

// likeness is the ratio of signal to noise between two pictures, in decibels.
func likeness(a, b *image.NRGBA) float64 {
	if a.Rect != b.Rect {
		return 0
	}
	sum := 0.0
	for i := range a.Pix {
		if i%4 != 3 {
			d := float64(a.Pix[i]) - float64(b.Pix[i])
			sum += d * d
		}
	}
	return 10 * math.Log10(255*255/(sum/float64(len(a.Pix)*3/4)+1e-9))
}

func TestPicturesOfPhonesGoOnAsJPEGUprightAndWithoutMetadata(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ stripped []string }{
		"turned.heic": {[]string{"exif", "xmp"}}, "turned.avif": {[]string{"exif", "xmp"}}, "deep.avif": {}, "odd.heic": {}, "odd.avif": {},
	} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		info, err := Strip(&out, bytes.NewReader(data), Limits{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if info.MediaType != JPEG || info.Orientation != 1 || info.Bytes != int64(out.Len()) || !slices.Equal(info.Stripped, c.stripped) {
			t.Errorf("%s: %+v", name, info)
		}
		got, again, err := Open(t.Context(), &out, Limits{})
		if err != nil || len(again.Stripped) != 0 {
			t.Errorf("%s: %+v %v", name, again, err)
			continue
		}
		want := sample(t, "astronaut.jpg", 256, 256)
		if name[:3] == "odd" {
			if got.Rect != image.Rect(0, 0, 301, 199) {
				t.Errorf("%s: %v", name, got.Rect)
			}
			continue
		}
		if db := likeness(got, want); db < 28 {
			t.Errorf("%s: %.1f dB", name, db)
		}
	}
}

func TestPicturesOfPhonesKeepTheLimits(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/odd.heic")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		data   []byte
		limits Limits
		code   string
	}{
		"pixels":     {data, Limits{MaxPixels: 1000}, CodeTooLarge},
		"bytes":      {data, Limits{MaxBytes: 1000}, CodeTooLarge},
		"the type":   {data, Limits{Accept: []string{JPEG}}, CodeUnsupported},
		"half of it": {data[:len(data)/2], Limits{}, CodeUnreadable},
		"its head":   {data[:30], Limits{}, CodeUnreadable},
	} {
		_, err := Strip(&bytes.Buffer{}, bytes.NewReader(c.data), c.limits)
		if fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestHostilePicturesOfPhonesCostLittle changes bytes of real files behind their header.
func TestHostilePicturesOfPhonesCostLittle(t *testing.T) {
	for _, name := range []string{"odd.heic", "odd.avif"} {
		good, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 6 {
			bad := bytes.Clone(good)
			for at := len(bad)*(i+2)/8 - 40; at < len(bad)*(i+2)/8; at++ {
				bad[at] ^= byte(at*7 + i)
			}
			_, err := Strip(&bytes.Buffer{}, bytes.NewReader(bad), Limits{})
			if err != nil && fault.CodeOf(err) != CodeUnreadable && fault.CodeOf(err) != CodeTooLarge {
				t.Errorf("%s %d: %v", name, i, err)
			}
		}
	}
}
