package samples

import (
	"bytes"
	"image"
	_ "image/jpeg"
	"testing"
)

func TestEverySamplePhotoOpensAtItsStatedSize(t *testing.T) {
	t.Parallel()
	sizes := map[string]image.Point{Astronaut: {X: 512, Y: 512}, Chelsea: {X: 451, Y: 300}, Coffee: {X: 600, Y: 400}}
	for _, name := range Names() {
		b, err := Open(name)
		if err != nil {
			t.Fatal(err)
		}
		cfg, _, err := image.DecodeConfig(bytes.NewReader(b))
		if err != nil || (image.Point{X: cfg.Width, Y: cfg.Height}) != sizes[name] {
			t.Errorf("%s is %dx%d, %v", name, cfg.Width, cfg.Height, err)
		}
	}
	if _, err := Open("other.jpg"); err == nil {
		t.Error("a photo that does not exist opened")
	}
	if f, err := FS().Open(Coffee); err != nil || f.Close() != nil {
		t.Error("the file system does not open its photos")
	}
}
