package moderate

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/image/draw"

	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/media"
)

// scene paints a picture with shapes; other seeds give other pictures.
func scene(seed float64) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, 320, 240))
	for y := range 240 {
		for x := range 320 {
			fx, fy := float64(x)/320, float64(y)/240
			at := img.PixOffset(x, y)
			for c := range 3 {
				k := seed + float64(c)
				v := math.Sin(fx*9*k+k*k) * math.Cos(fy*7*k+seed) * math.Sin((fx*fx+fy)*5*seed)
				img.Pix[at+c] = uint8(127 + 120*v)
			}
			img.Pix[at+3] = 255
		}
	}
	return img
}

func asPNG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asJPEG(t testing.TB, img image.Image, quality int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func scaled(img image.Image, w, h int) image.Image {
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	draw.CatmullRom.Scale(out, out.Bounds(), img, img.Bounds(), draw.Src, nil)
	return out
}

func flipped(img *image.NRGBA) *image.NRGBA {
	out := image.NewNRGBA(img.Rect)
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			out.SetNRGBA(img.Rect.Dx()-1-x, y, img.NRGBAAt(x, y))
		}
	}
	return out
}

func decode(ctx context.Context, r io.Reader) (image.Image, error) {
	img, _, err := media.Open(ctx, r, media.Limits{MaxPixels: 300_000})
	return img, err
}

func picture(content []byte) review.Request {
	return review.Request{Media: []review.Media{{Field: "photo", MediaType: "image/png", Open: func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(content)), nil
	}}}}
}

func listOf(t testing.TB, lines ...string) List {
	t.Helper()
	path := filepath.Join(t.TempDir(), "list.txt")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return FileList(path)
}

func TestAListedPictureIsBlockedAlsoAsACopy(t *testing.T) {
	t.Parallel()
	listed := scene(1.3)
	f, err := FingerprintOf(listed)
	if err != nil {
		t.Fatal(err)
	}
	gate := NewPictureGate(decode, listOf(t, "# made for this test", "", f.String()+" case 17"), DefaultDistance)
	for name, c := range map[string]struct {
		content []byte
		want    review.Decision
	}{
		"the same picture":         {asPNG(t, listed), review.Block},
		"compressed again":         {asJPEG(t, listed, 30), review.Block},
		"scaled down":              {asPNG(t, scaled(listed, 140, 105)), review.Block},
		"scaled up and compressed": {asJPEG(t, scaled(listed, 500, 375), 50), review.Block},
		"of another shape":         {asJPEG(t, scaled(listed, 250, 250), 80), review.Block},
		"mirrored":                 {asJPEG(t, flipped(listed), 80), review.Block},
		"another picture":          {asPNG(t, scene(2.9)), review.Allow},
		"another picture, smaller": {asJPEG(t, scaled(scene(4.1), 200, 150), 60), review.Allow},
	} {
		op, err := gate.Judge(context.Background(), picture(c.content))
		if err != nil || op.Decision != c.want {
			t.Errorf("%s: %d %s %v, want %d", name, op.Decision, op.Rule, err, c.want)
		}
	}
}

func TestAPictureThatCannotBeReadIsBlocked(t *testing.T) {
	t.Parallel()
	gate := NewPictureGate(decode, NoList, DefaultDistance)
	whole := asPNG(t, scene(1))
	for name, content := range map[string][]byte{
		"empty": nil, "text": []byte("no picture"), "truncated": whole[:len(whole)/2],
		"too many pixels": asPNG(t, image.NewGray(image.Rect(0, 0, 1000, 400))),
	} {
		op, err := gate.Judge(context.Background(), picture(content))
		if err != nil || op.Decision != review.Block || op.Rule != "R-41" {
			t.Errorf("%s: %d %s %v", name, op.Decision, op.Rule, err)
		}
	}
}

func TestAListThatCannotBeReadStopsEverything(t *testing.T) {
	t.Parallel()
	one := asPNG(t, scene(1))
	for name, list := range map[string]List{
		"missing":       FileList(filepath.Join(t.TempDir(), "no such file")),
		"a folder":      FileList(t.TempDir()),
		"no hex":        listOf(t, "hello"),
		"short":         listOf(t, "abcd"),
		"long":          listOf(t, strings.Repeat("ab", 33)),
		"endless line":  listOf(t, strings.Repeat("a", 70_000)),
		"fails to open": func() (io.ReadCloser, error) { return nil, errors.New("no") },
	} {
		if op, err := NewPictureGate(decode, list, DefaultDistance).Judge(context.Background(), picture(one)); err == nil {
			t.Errorf("%s: %d", name, op.Decision)
		}
	}
}

func TestStorageThatFailsHoldsAndAnotherKindOfMediaWaits(t *testing.T) {
	t.Parallel()
	gate := NewPictureGate(decode, NoList, DefaultDistance)
	req := picture(nil)
	req.Media[0].Open = func() (io.ReadCloser, error) { return nil, errors.New("gone") }
	if _, err := gate.Judge(context.Background(), req); err == nil {
		t.Error("a picture that cannot be opened passed")
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := gate.Judge(gone, picture(asPNG(t, scene(1)))); err == nil {
		t.Error("a cancelled look passed")
	}
	req.Media[0].MediaType = "video/mp4"
	if op, err := gate.Judge(context.Background(), req); err != nil || op.Decision != review.Hold || op.Rule != "R-43" {
		t.Errorf("video: %d %s %v", op.Decision, op.Rule, err)
	}
	if op, err := gate.Judge(context.Background(), review.Request{}); err != nil || op.Decision != review.Allow {
		t.Errorf("no media: %d %v", op.Decision, err)
	}
	if gate.Name() != "media_gate" {
		t.Error("the policies name this gate media_gate")
	}
}
