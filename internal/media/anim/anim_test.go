package anim

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/image/webp"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/media"
)

// moving is a film of a square that crosses a smooth ground and stands still for the last frames.
func moving(frames, still int) Film {
	return Film{Width: 120, Height: 80, Frames: frames, Rate: 24, Draw: func(_ context.Context, n int, dst *image.NRGBA) error {
		n = min(n, frames-still)
		for y := range 80 {
			for x := range 120 {
				c := color.NRGBA{byte(2 * x), byte(3 * y), 90, 0} // films are opaque whatever they say
				if x >= 4*n && x < 4*n+20 && y >= 30 && y < 50 {
					c = color.NRGBA{250, 240, 30, 255}
				}
				dst.SetNRGBA(x, y, c)
			}
		}
		return nil
	}}
}

func written(t testing.TB, kind string, f Film, label media.Label) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Encode(t.Context(), &b, kind, f, label); err != nil {
		t.Fatalf("%s: %v", kind, err)
	}
	return b.Bytes()
}

// chunks lists the parts of a moving WebP: names, and for frames their place, size and time in ms.
func chunks(t *testing.T, file []byte) (names []string, places []image.Rectangle, times []int) {
	t.Helper()
	u24 := func(p []byte) int { return int(p[0]) | int(p[1])<<8 | int(p[2])<<16 }
	if int(binary.LittleEndian.Uint32(file[4:]))+8 != len(file) {
		t.Errorf("the file says that it has another length")
	}
	for p := file[12:]; len(p) >= 8; {
		n := int(binary.LittleEndian.Uint32(p[4:]))
		names = append(names, string(p[:4]))
		if string(p[:4]) == "ANMF" {
			at := image.Pt(2*u24(p[8:]), 2*u24(p[11:]))
			places = append(places, image.Rectangle{at, at.Add(image.Pt(u24(p[14:])+1, u24(p[17:])+1))})
			times = append(times, u24(p[20:]))
			if _, err := webp.Decode(bytes.NewReader(append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(n-16+4)), append([]byte("WEBP"), p[24:8+n]...)...))); err != nil {
				t.Errorf("a frame: %v", err)
			}
		}
		p = p[min(len(p), 8+n+n%2):]
	}
	return names, places, times
}

func TestAWebPFilmRunsAtItsSpeedAndCodesWhatChanges(t *testing.T) {
	t.Parallel()
	file := written(t, media.WebP, moving(10, 4), media.Label{Digital: true})
	names, places, times := chunks(t, file)
	if got := strings.Join(names, " "); got != "VP8X ANIM ANMF ANMF ANMF ANMF ANMF ANMF ANMF XMP " {
		t.Errorf("%s", got)
	}
	sum := 0
	for _, ms := range times {
		sum += ms
	}
	if sum != 417 || times[0] != 42 || times[6] != 167 {
		t.Errorf("the frames are shown for %v", times)
	}
	if places[0] != image.Rect(0, 0, 120, 80) || places[1] != image.Rect(0, 30, 24, 50) {
		t.Errorf("the frames lie at %v", places)
	}
}

func TestAGIFFilmRunsAtItsSpeedForEver(t *testing.T) {
	t.Parallel()
	g, err := gif.DecodeAll(bytes.NewReader(written(t, media.GIF, moving(10, 4), media.Label{Visible: true, Digital: true})))
	if err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, d := range g.Delay {
		sum += d
	}
	if len(g.Image) != 7 || sum != 42 || g.LoopCount != 0 {
		t.Errorf("%d frames in %d hundredths, %d rounds", len(g.Image), sum, g.LoopCount)
	}
}

func TestTheLabelIsInEveryFilmAndOnEveryFrame(t *testing.T) {
	t.Parallel()
	label := media.Label{Visible: true, Digital: true, Source: media.SourceComposite, Producer: "Vow & Co", ProduceID: "p-1"}
	for _, kind := range []string{media.WebP, media.GIF} {
		file := written(t, kind, moving(3, 0), label)
		m, err := media.ReadMark(bytes.NewReader(file))
		if err != nil || m != label.Marking() {
			t.Errorf("%s: %+v %v", kind, m, err)
		}
		plain := written(t, kind, moving(3, 0), media.Label{})
		if m, err := media.ReadMark(bytes.NewReader(plain)); err != nil || !m.IsZero() {
			t.Errorf("%s without a label: %+v %v", kind, m, err)
		}
		marked, _, err := media.Open(t.Context(), bytes.NewReader(file), media.Limits{})
		bare, _, err2 := media.Open(t.Context(), bytes.NewReader(plain), media.Limits{})
		if err != nil || err2 != nil || bytes.Equal(marked.Pix, bare.Pix) || marked.Rect.Dx() != 120 {
			t.Errorf("%s: nothing is drawn, %v %v", kind, err, err2)
		}
		if _, err := exec.LookPath("exiftool"); err == nil {
			tool := exec.CommandContext(t.Context(), "exiftool", "-s3", "-XMP-iptcExt:DigitalSourceType", "-XMP:AIGC", "-")
			tool.Stdin = bytes.NewReader(file)
			out, err := tool.Output()
			if err != nil || !strings.Contains(string(out), media.SourceComposite) || !strings.Contains(string(out), `"ContentProducer":"Vow & Co","ProduceID":"p-1"`) {
				t.Errorf("%s: exiftool says %q, %v", kind, out, err)
			}
		}
	}
}

func TestTheSameFilmGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{media.WebP, media.GIF} {
		if !bytes.Equal(written(t, kind, moving(6, 0), media.Label{}), written(t, kind, moving(6, 0), media.Label{})) {
			t.Errorf("%s differs", kind)
		}
	}
}

func TestAFilmThatCannotBeMadeIsAFault(t *testing.T) {
	t.Parallel()
	long, wide, none, still := moving(5, 0), moving(5, 0), moving(5, 0), moving(5, 0)
	long.Frames, wide.Width, none.Frames, still.Rate = 1<<20, 1<<16, 0, 0
	for name, c := range map[string]struct {
		f    Film
		kind string
		code string
	}{
		"too long": {long, media.GIF, media.CodeTooLarge}, "too wide": {wide, media.WebP, media.CodeTooLarge}, "no frames": {none, media.WebP, media.CodeTooLarge},
		"no speed": {still, media.WebP, media.CodeTooLarge}, "another kind": {moving(2, 0), media.MP4, media.CodeUnsupported},
	} {
		if err := Encode(t.Context(), &bytes.Buffer{}, c.kind, c.f, media.Label{}); fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAFilmEndsWithItsContextAndWithAFrameThatFails(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{media.WebP, media.GIF} {
		ctx, cancel := context.WithCancel(t.Context())
		var drawn atomic.Int32
		f := moving(100, 0)
		draw := f.Draw
		f.Draw = func(ctx context.Context, n int, dst *image.NRGBA) error {
			if drawn.Add(1) == 5 {
				cancel()
			}
			return draw(ctx, n, dst)
		}
		if err := Encode(ctx, &bytes.Buffer{}, kind, f, media.Label{}); !errors.Is(err, context.Canceled) || drawn.Load() != 5 {
			t.Errorf("%s: %v after %d frames", kind, err, drawn.Load())
		}
		broken := errors.New("broken")
		f.Draw = func(context.Context, int, *image.NRGBA) error { return broken }
		if err := Encode(t.Context(), &bytes.Buffer{}, kind, f, media.Label{}); !errors.Is(err, broken) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}
