package film

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"vow.example/vow/internal/fault"
)

// tool returns the installed ffmpeg, or skips the test.
func tool(t *testing.T) Tool {
	t.Helper()
	found, err := Find()
	if fault.CodeOf(err) == CodeMissing || found.probe == "" || !found.writes() {
		t.Skipf("needs ffmpeg with libx264, and ffprobe (apt-get install ffmpeg): %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// shade is the colour of one pixel of the test film: soft, so that a codec keeps it, and different in
// every frame.
func shade(n, x, y, w, h int) [3]uint8 {
	return [3]uint8{uint8(40 + 160*x/w), uint8(40 + 160*y/h), uint8(30 + 8*n)}
}

func clip(w, h, rate, count int) Frames {
	return Frames{Width: w, Height: h, Rate: rate, Count: count, Draw: func(_ context.Context, n int, dst *image.NRGBA) error {
		for y := range h {
			for x := range w {
				c := shade(n, x, y, w, h)
				copy(dst.Pix[y*dst.Stride+4*x:], []uint8{c[0], c[1], c[2], 255})
			}
		}
		return nil
	}}
}

func encoded(t *testing.T, tool Tool, f Frames) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := tool.Encode(t.Context(), f, &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func generous() Limits { return Limits{MaxSide: 1080, Seconds: 30, Rate: 60} }

func TestAFilmReadsBackAsItWasDrawn(t *testing.T) {
	t.Parallel()
	tool := tool(t)
	const w, h, count = 162, 98, 20
	b := encoded(t, tool, clip(w, h, 24, count))
	want := Video{Width: w, Height: h, Rate: 24, Duration: count * time.Second / 24, Frames: count}
	same := func(v Video) bool {
		return v.Width == w && v.Height == h && v.Rate == 24 && v.Frames == count && (v.Duration-want.Duration).Abs() < 5*time.Millisecond
	}
	if v, err := tool.Probe(t.Context(), b); err != nil || !same(v) {
		t.Fatalf("probe: %+v, %v, want %+v", v, err, want)
	}
	next := 0
	v, err := tool.Decode(t.Context(), b, generous(), func(n int, m *image.NRGBA) error {
		if n != next || m.Rect != image.Rect(0, 0, w, h) {
			t.Errorf("frame %d of %v, want frame %d", n, m.Rect, next)
		}
		next++
		for y := 3; y < h; y += 11 {
			for x := 3; x < w; x += 11 {
				c, p := shade(n, x, y, w, h), m.Pix[y*m.Stride+4*x:]
				for k := range 3 {
					if d := math.Abs(float64(c[k]) - float64(p[k])); d > 8 {
						t.Fatalf("frame %d at %d,%d: %v, want %v", n, x, y, p[:4], c)
					}
				}
				if p[3] != 255 {
					t.Fatalf("frame %d is not opaque", n)
				}
			}
		}
		return nil
	})
	if err != nil || next != count || !same(v) {
		t.Errorf("decode: %+v, %d frames, %v", v, next, err)
	}
}

func TestAFilmPlaysWhileItLoadsAndCarriesNoMetadata(t *testing.T) {
	t.Parallel()
	tool := tool(t)
	b := encoded(t, tool, clip(64, 64, 25, 5))
	moov, mdat := bytes.Index(b, []byte("moov")), bytes.Index(b, []byte("mdat"))
	if string(b[4:8]) != "ftyp" || moov < 0 || moov > mdat {
		t.Errorf("the index does not come first: moov at %d, mdat at %d", moov, mdat)
	}
	if made := b[bytes.Index(b, []byte("mvhd"))+8:][:8]; !bytes.Equal(made, make([]byte, 8)) {
		t.Errorf("the film tells when it was made: %x", made)
	}
	for _, word := range []string{"Lavf", "soun"} { // the name of the encoder stays: it says nothing of anybody
		if bytes.Contains(b, []byte(word)) {
			t.Errorf("the film contains %q", word)
		}
	}
	if again := encoded(t, tool, clip(64, 64, 25, 5)); !bytes.Equal(b, again) {
		t.Error("the same frames gave another film")
	}
}

func TestALongFastLargeVideoIsCutToTheLimits(t *testing.T) {
	t.Parallel()
	tool := tool(t)
	b := encoded(t, tool, clip(320, 180, 50, 100))
	frames := 0
	v, err := tool.Decode(t.Context(), b, Limits{MaxSide: 101, Seconds: 1, Rate: 10}, func(n int, m *image.NRGBA) error {
		frames++
		if m.Rect != image.Rect(0, 0, 101, 57) {
			t.Errorf("frame of %v", m.Rect)
		}
		if want := shade(5*n, 0, 0, 1, 1)[2]; math.Abs(float64(m.Pix[2])-float64(want)) > 24 && 30+40*n < 240 {
			t.Errorf("frame %d is from another moment: blue %d, want about %d", n, m.Pix[2], want)
		}
		return nil
	})
	if err != nil || frames != 10 || v.Frames != 10 || v.Rate != 10 || v.Duration != time.Second {
		t.Errorf("%+v, %d frames, %v", v, frames, err)
	}
	if _, err := tool.Decode(t.Context(), b, Limits{}, nil); fault.CodeOf(err) != CodeTooLong {
		t.Errorf("the zero Limits allow something: %v", err)
	}
}

func TestWhatCannotBeAFilmIsRefusedBeforeTheToolRuns(t *testing.T) {
	t.Parallel()
	run := Tool{path: "/nowhere", encoders: []string{"libx264"}, bounds: usual()}
	for name, c := range map[string]struct {
		change func(*Frames)
		code   string
	}{
		"odd width":       {func(f *Frames) { f.Width = 63 }, CodeFailed},
		"odd height":      {func(f *Frames) { f.Height = 63 }, CodeFailed},
		"odd both":        {func(f *Frames) { f.Width, f.Height = 63, 63 }, CodeFailed},
		"no size":         {func(f *Frames) { f.Width = 0 }, CodeFailed},
		"no rate":         {func(f *Frames) { f.Rate = 0 }, CodeFailed},
		"no frames":       {func(f *Frames) { f.Count = 0 }, CodeFailed},
		"nothing to draw": {func(f *Frames) { f.Draw = nil }, CodeFailed},
		"too many frames": {func(f *Frames) { f.Count = maxFrames + 1 }, CodeTooLong},
		"too large":       {func(f *Frames) { f.Width, f.Height = 4096, 4096 }, CodeTooLong},
		"too wide":        {func(f *Frames) { f.Width = 40000 }, CodeTooLong},
	} {
		f := clip(64, 64, 25, 5)
		c.change(&f)
		if err := run.Encode(t.Context(), f, io.Discard); fault.CodeOf(err) != c.code && runtime.GOOS == "linux" {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
}

func TestWithoutTheToolEverythingSaysSo(t *testing.T) {
	t.Parallel()
	var none Tool
	_, probe := none.Probe(t.Context(), []byte("x"))
	_, decode := none.Decode(t.Context(), []byte("x"), generous(), nil)
	for _, err := range []error{none.Encode(t.Context(), clip(64, 64, 25, 5), io.Discard), probe, decode} {
		if fault.CodeOf(err) != CodeMissing || fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%v", err)
		}
	}
	r := ReportOf(none, missing("ffmpeg is not installed."))
	if r.Found || r.H264 || r.Reads || r.Sandbox != "" || !strings.Contains(r.Problem, "not installed") {
		t.Errorf("%+v", r)
	}
	for _, c := range []struct {
		tool Tool
		want string
	}{
		{Tool{path: "/x"}, "libx264"},
		{Tool{path: "/x", encoders: []string{"libx264"}}, "ffprobe"},
		{Tool{path: "/x", encoders: []string{"mpeg4", "libx264"}, probe: "/y"}, ""},
	} {
		if got := ReportOf(c.tool, nil).Problem; !strings.Contains(got, c.want) || (c.want == "") != (got == "") {
			t.Errorf("problem %q, want %q in it", got, c.want)
		}
	}
}

func TestErrorsOfTheCallerComeBackAsTheyAre(t *testing.T) {
	t.Parallel()
	tool := tool(t)
	mine := errors.New("mine")
	f := clip(64, 64, 25, 30)
	b := encoded(t, tool, f)
	draw := f.Draw
	f.Draw = func(ctx context.Context, n int, dst *image.NRGBA) error {
		if n == 7 {
			return mine
		}
		return draw(ctx, n, dst)
	}
	if err := tool.Encode(t.Context(), f, io.Discard); !errors.Is(err, mine) {
		t.Errorf("encode: %v", err)
	}
	f.Draw = func(context.Context, int, *image.NRGBA) error { panic("oh") }
	if err := tool.Encode(t.Context(), f, io.Discard); err == nil || !strings.Contains(err.Error(), "panic") {
		t.Errorf("a panic of Draw: %v", err)
	}
	_, err := tool.Decode(t.Context(), b, generous(), func(n int, _ *image.NRGBA) error {
		if n == 3 {
			return mine
		}
		return nil
	})
	if !errors.Is(err, mine) {
		t.Errorf("decode: %v", err)
	}
}

func TestFilmsAreMadeSideBySide(t *testing.T) {
	t.Parallel()
	tool := tool(t)
	want := encoded(t, tool, clip(64, 48, 25, 8))
	var wg sync.WaitGroup
	errs := make(chan error, 6)
	for range cap(errs) {
		wg.Go(func() {
			var b bytes.Buffer
			err := tool.Encode(t.Context(), clip(64, 48, 25, 8), &b)
			if err == nil && !bytes.Equal(b.Bytes(), want) {
				err = errors.New("another film")
			}
			if err == nil {
				_, err = tool.Decode(t.Context(), b.Bytes(), generous(), func(n int, m *image.NRGBA) error {
					if d := int(m.Pix[2]) - 30 - 8*n; d > 8 || d < -8 {
						return fmt.Errorf("frame %d has blue %d", n, m.Pix[2])
					}
					return nil
				})
			}
			errs <- err
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
}
