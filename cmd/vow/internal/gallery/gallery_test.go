package gallery

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vow.example/vow/internal/effects"
)

const documented = "../../../../docs/effects"

// The pictures in docs/effects are what the engine makes. After a wanted change: `vow effects gallery`,
// and look.
func TestTheDocumentedPicturesShowWhatTheEngineDoes(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(documented, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	photos, err := open(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range effects.Catalogue() {
		if !bytes.Contains(page, []byte("\n## "+e.Name+"\n")) {
			t.Errorf("%s is not on the page", e.Name)
			continue
		}
		if _, moves := e.Param("seconds"); moves {
			if info, err := os.Stat(filepath.Join(documented, e.Name+".webp")); err != nil || info.Size() > 600_000 {
				t.Errorf("%s has no film, or a large one: %v", e.Name, err)
			}
			continue
		}
		files, err := show(t.Context(), e, photos)
		if err != nil {
			t.Fatalf("%s: %v", e.Name, err)
		}
		var described bytes.Buffer
		describe(&described, e, files)
		if !bytes.Contains(page, described.Bytes()) {
			t.Errorf("the page says something else about %s than the catalogue", e.Name)
		}
		stored, err := os.ReadFile(filepath.Join(documented, e.Name+".jpg"))
		if err != nil {
			t.Error(err)
			continue
		}
		if d := difference(t, stored, files[e.Name+".jpg"]); d > 6 {
			t.Errorf("%s differs from the documented picture by %.1f on average", e.Name, d)
		}
	}
}

// difference is the mean distance of the green of two JPEGs, or a lot where they differ in size.
func difference(t *testing.T, a, b []byte) float64 {
	t.Helper()
	x, err1 := jpeg.Decode(bytes.NewReader(a))
	y, err2 := jpeg.Decode(bytes.NewReader(b))
	if err1 != nil || err2 != nil || x.Bounds() != y.Bounds() {
		return 999
	}
	sum, n := 0.0, 0
	for j := 0; j < x.Bounds().Dy(); j += 2 {
		for i := 0; i < x.Bounds().Dx(); i += 2 {
			_, p, _, _ := x.At(i, j).RGBA()
			_, q, _, _ := y.At(i, j).RGBA()
			sum += math.Abs(float64(p)-float64(q)) / 257
			n++
		}
	}
	return sum / float64(n)
}

func TestAPhotoWithoutAFaceGetsAnAnswerAndNoPage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var blank bytes.Buffer
	if err := jpeg.Encode(&blank, image.NewGray(image.Rect(0, 0, 200, 200)), nil); err != nil {
		t.Fatal(err)
	}
	err := Write(t.Context(), Options{Dir: dir, Photo: blank.Bytes(), Note: func(string) {}})
	if err == nil || !strings.Contains(err.Error(), "no-face") {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "README.md")); err == nil {
		t.Error("a page was written")
	}
}
