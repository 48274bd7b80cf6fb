package jpg

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"vow.example/vow/internal/media/pixel"
)

// painted is a picture with edges and slopes.
func painted(w, h int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.NRGBA{byte(x * 3), byte(y * 5), byte(x*y>>4 + 40), 255}
			if (x/9+y/7)%3 == 0 {
				c.R = 255 - c.R
			}
			img.SetNRGBA(x, y, c)
		}
	}
	return img
}

func encoded(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Encode(t.Context(), &b, img, 90, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// files are the pictures of testdata and some that are written here.
func files(t testing.TB) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob("testdata/*.jpg")
	if err != nil || len(names) == 0 {
		t.Fatal("no files", err)
	}
	all := map[string][]byte{"many restarts": encoded(t, painted(70, 300))}
	for _, name := range names {
		if all[filepath.Base(name)], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// distance is the mean difference of two pictures' values.
func distance(a, b image.Image) float64 {
	x, y := pixel.Upright(a, 0, nil), pixel.Upright(b, 0, nil)
	if x.Rect != y.Rect {
		return 255
	}
	sum := 0
	for i := range x.Pix {
		sum += max(int(x.Pix[i]), int(y.Pix[i])) - min(int(x.Pix[i]), int(y.Pix[i]))
	}
	return float64(sum) / float64(len(x.Pix))
}

func TestPicturesLookAsTheyDoElsewhere(t *testing.T) {
	t.Parallel()
	for name, file := range files(t) {
		want, err := jpeg.Decode(bytes.NewReader(file))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := Decode(t.Context(), file, 1)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if d := distance(got, want); d > 1 {
			t.Errorf("%s: differs by %.2f", name, d)
		}
	}
}

func TestASmallerPictureHasAPartOfTheSides(t *testing.T) {
	t.Parallel()
	file := files(t)["progressive.jpg"]
	whole, err := Decode(t.Context(), file, 1)
	if err != nil {
		t.Fatal(err)
	}
	full := pixel.Upright(whole, 0, nil)
	for _, denom := range []int{2, 4, 8} {
		got, err := Decode(t.Context(), file, denom)
		if err != nil || got.Bounds().Dx() != (61+denom-1)/denom || got.Bounds().Dy() != (45+denom-1)/denom {
			t.Fatalf("1/%d: %v %v", denom, got.Bounds(), err)
		}
		small := pixel.Resize(full, got.Bounds().Dx(), got.Bounds().Dy())
		if d := distance(got, small); d > 10 {
			t.Errorf("1/%d differs by %.1f", denom, d)
		}
	}
}

func TestEveryCutFileIsRefused(t *testing.T) {
	t.Parallel()
	for name, file := range files(t) {
		for n := range file {
			if _, err := Decode(t.Context(), file[:n], 1); err == nil {
				t.Errorf("%s cut at %d of %d was opened", name, n, len(file))
			}
		}
	}
}

// TestDamageIsNeverLetThroughSilently changes bytes. What image/jpeg refuses is refused here. The pixels
// of what both open differ: huge numbers overflow in other ways.
func TestDamageIsNeverLetThroughSilently(t *testing.T) {
	t.Parallel()
	for name, file := range files(t) {
		for at := 2; at < len(file); at += 11 {
			for _, v := range []byte{0, 0xFF, file[at] ^ 0x10} {
				bad := bytes.Clone(file)
				bad[at] = v
				compare(t, name, at, bad)
			}
		}
	}
}

func compare(t *testing.T, name string, at int, file []byte) {
	t.Helper()
	cfg, err := jpeg.DecodeConfig(bytes.NewReader(file))
	if err == nil && cfg.Width*cfg.Height > 1<<18 {
		return
	}
	want, refused := jpeg.Decode(bytes.NewReader(file))
	got, err := Decode(context.Background(), file, 1)
	if err != nil {
		return
	}
	if refused != nil {
		t.Errorf("%s at %d: opened what is refused elsewhere: %v", name, at, refused)
		return
	}
	if got.Bounds() != want.Bounds() {
		t.Errorf("%s at %d: %v and %v", name, at, got.Bounds(), want.Bounds())
	}
}

func TestTheBytesDoNotDependOnTheCores(t *testing.T) {
	img := painted(300, 700)
	want := encoded(t, img)
	before := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(before)
	if got := encoded(t, img); !bytes.Equal(got, want) {
		t.Error("one core writes other bytes")
	}
}

func TestPicturesOfEveryShapeAndFormAreReadBack(t *testing.T) {
	t.Parallel()
	list := map[string]image.Image{"one pixel": painted(1, 1), "a line": painted(900, 1), "a column": painted(1, 900), "a band and a row": painted(40, 129), "two bands": painted(33, 256)}
	for _, ratio := range []image.YCbCrSubsampleRatio{
		image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio411,
	} {
		m := image.NewYCbCr(image.Rect(0, 0, 75, 333), ratio)
		for i := range m.Y {
			m.Y[i] = byte(90 + i%75)
		}
		for i := range m.Cb {
			m.Cb[i], m.Cr[i] = 90, 140
		}
		list[ratio.String()] = m
	}
	gray := image.NewGray(image.Rect(0, 0, 50, 140))
	for i := range gray.Pix {
		gray.Pix[i] = byte(i / 40)
	}
	list["gray"] = gray
	for name, img := range list {
		file := encoded(t, img)
		for _, decode := range []func() (image.Image, error){
			func() (image.Image, error) { return jpeg.Decode(bytes.NewReader(file)) },
			func() (image.Image, error) { return Decode(t.Context(), file, 1) },
		} {
			got, err := decode()
			if err != nil || got.Bounds() != img.Bounds() {
				t.Errorf("%s: %v", name, err)
			} else if _, plain := img.(*image.NRGBA); !plain && distance(got, copied(img)) > 8 {
				t.Errorf("%s: differs by %.1f", name, distance(got, copied(img)))
			}
		}
	}
}

// copied is a picture that may be taken over.
func copied(img image.Image) image.Image {
	out := image.NewNRGBA(img.Bounds())
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			out.Set(x, y, img.At(x, y))
		}
	}
	return out
}

type full struct{ left int }

func (f *full) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errors.New("full")
	}
	return len(p), nil
}

func TestFailuresEndTheWork(t *testing.T) {
	t.Parallel()
	img := painted(64, 600)
	for _, left := range []int{0, 700, 3000} {
		if err := Encode(t.Context(), &full{left}, img, 90, nil); err == nil {
			t.Errorf("a writer of %d bytes took the picture", left)
		}
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := Encode(ended, &bytes.Buffer{}, img, 90, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if err := Encode(t.Context(), &bytes.Buffer{}, image.NewNRGBA(image.Rectangle{}), 90, nil); err == nil {
		t.Error("an empty picture was written")
	}
	if _, err := Decode(ended, encoded(t, img), 1); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, file := range files(f) {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) { compare(t, "fuzz", 0, file) })
}
