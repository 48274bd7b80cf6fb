package gif

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"math"
	"testing"
	"time"
)

// scene is a smooth picture in which a square moves.
func scene(n int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, 96, 64))
	for y := range 64 {
		for x := range 96 {
			m.SetNRGBA(x, y, color.NRGBA{byte(2 * x), byte(3 * y), byte(150 - x), 255})
			if x >= 10+n && x < 30+n && y >= 20 && y < 40 {
				m.SetNRGBA(x, y, color.NRGBA{250, 240, 30, 255})
			}
		}
	}
	return m
}

const beat = 50 * time.Millisecond

func filmed(t testing.TB, frames ...*image.NRGBA) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(&b, image.Pt(96, 64), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range frames {
		if err := w.Add(m, time.Duration(i)*beat, time.Duration(i+1)*beat); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.End(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// shown lays the frames of a file over each other, as a viewer does.
func shown(t testing.TB, file []byte) ([]*image.NRGBA, *gif.GIF) {
	t.Helper()
	g, err := gif.DecodeAll(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	canvas := image.NewNRGBA(image.Rect(0, 0, g.Config.Width, g.Config.Height))
	var list []*image.NRGBA
	for _, m := range g.Image {
		for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
			for x := m.Rect.Min.X; x < m.Rect.Max.X; x++ {
				if _, _, _, a := m.At(x, y).RGBA(); a != 0 {
					canvas.Set(x, y, m.At(x, y))
				}
			}
		}
		list = append(list, &image.NRGBA{Pix: bytes.Clone(canvas.Pix), Stride: canvas.Stride, Rect: canvas.Rect})
	}
	return list, g
}

func likeness(a, b *image.NRGBA) float64 {
	sum := 0.0
	for i := range a.Pix {
		d := float64(a.Pix[i]) - float64(b.Pix[i])
		sum += d * d
	}
	return 10 * math.Log10(255*255/(sum/float64(len(a.Pix))+1e-9))
}

func TestAFilmLooksLikeItsFramesAndGoesRound(t *testing.T) {
	t.Parallel()
	frames := []*image.NRGBA{scene(0), scene(8), scene(16), scene(24)}
	file := filmed(t, frames...)
	list, g := shown(t, file)
	if len(list) != 4 || g.LoopCount != 0 {
		t.Fatalf("%d frames, %d rounds", len(list), g.LoopCount)
	}
	for i, m := range list {
		if db := likeness(m, frames[i]); db < 30 || g.Delay[i] != 5 {
			t.Errorf("frame %d: %.1f dB, shown for %d", i, db, g.Delay[i])
		}
	}
	if second := g.Image[1].Rect; second.Dx() > 30 || second.Dy() > 22 {
		t.Errorf("a frame of what changed is %v", second)
	}
	if !bytes.Equal(file, filmed(t, scene(0), scene(8), scene(16), scene(24))) {
		t.Error("the same film gave other bytes")
	}
}

func TestFramesThatLookAlikeAreOneThatIsShownLonger(t *testing.T) {
	t.Parallel()
	_, g := shown(t, filmed(t, scene(0), scene(0), scene(0), scene(9), scene(9)))
	if len(g.Image) != 2 || g.Delay[0] != 15 || g.Delay[1] != 10 {
		t.Errorf("%d frames, %v", len(g.Image), g.Delay)
	}
}

func TestAFastFilmKeepsItsSpeedWithFewerFrames(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	w, err := NewWriter(&b, image.Pt(96, 64), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 60 {
		if err := w.Add(scene(i), time.Duration(i)*time.Second/120, time.Duration(i+1)*time.Second/120); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.End(); err != nil {
		t.Fatal(err)
	}
	_, g := shown(t, b.Bytes())
	sum := 0
	for _, d := range g.Delay {
		sum += d
		if d < 2 {
			t.Errorf("a frame is shown for %d", d)
		}
	}
	if sum < 46 || sum > 54 {
		t.Errorf("half a second takes %d hundredths", sum)
	}
}

func TestAnotherSceneGetsColoursOfItsOwn(t *testing.T) {
	t.Parallel()
	other := image.NewNRGBA(image.Rect(0, 0, 96, 64))
	for i := 0; i < len(other.Pix); i += 4 {
		other.Pix[i], other.Pix[i+1], other.Pix[i+2], other.Pix[i+3] = byte(i/97), byte(255-i/200), byte(i/31), 255
	}
	list, _ := shown(t, filmed(t, scene(0), other))
	if db := likeness(list[1], other); db < 26 {
		t.Errorf("%.1f dB", db)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestFailuresOfTheWriterAreTold(t *testing.T) {
	t.Parallel()
	w, err := NewWriter(full{}, image.Pt(96, 64), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Add(scene(0), 0, beat), w.End()); err == nil {
		t.Error("nobody said that nothing was written")
	}
	if _, err := NewWriter(full{}, image.Pt(0, 7), nil); err == nil {
		t.Error("a film of nothing")
	}
}

func TestTheFirstFrameLiesOnItsCanvas(t *testing.T) {
	t.Parallel()
	m := image.NewPaletted(image.Rect(3, 4, 9, 8), color.Palette{color.White})
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &gif.GIF{Image: []*image.Paletted{m}, Delay: []int{0}, Config: image.Config{Width: 20, Height: 10}}); err != nil {
		t.Fatal(err)
	}
	got, err := Decode(bytes.NewReader(b.Bytes()))
	if err != nil || got.Bounds() != image.Rect(0, 0, 20, 10) {
		t.Fatal(err)
	}
	if _, _, _, a := got.At(2, 4).RGBA(); a != 0 {
		t.Error("the canvas is not empty")
	}
	if r, _, _, _ := got.At(8, 7).RGBA(); r != 0xFFFF {
		t.Error("the frame is not there")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(filmed(f, scene(0), scene(3)))
	f.Fuzz(func(t *testing.T, file []byte) {
		cfg, err := Config(bytes.NewReader(file))
		if err != nil || cfg.Width*cfg.Height > 1<<18 {
			return
		}
		if img, err := Decode(bytes.NewReader(file)); err == nil && (img.Bounds().Dx() != cfg.Width || img.Bounds().Dy() != cfg.Height) {
			t.Errorf("%v of %+v", img.Bounds(), cfg)
		}
	})
}
