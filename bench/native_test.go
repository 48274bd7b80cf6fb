package bench

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"io"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"vow.example/vow/internal/effects"
	"vow.example/vow/internal/effects/blend"
	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/effects/raster"
	"vow.example/vow/internal/media"
)

// judge is the program of the other side: OpenCV and libvips from Debian.
type judge struct {
	ask    io.Writer
	answer *bufio.Scanner
}

// callJudge installs what is missing and starts the program.
func callJudge(t testing.TB) *judge {
	t.Helper()
	if out, err := exec.Command("../scripts/install-bench-deps.sh").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	run := exec.Command("/usr/bin/python3", "native.py")
	ask, err1 := run.StdinPipe()
	answer, err2 := run.StdoutPipe()
	for _, err := range []error{err1, err2, run.Start()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _, _ = ask.Close(), run.Wait() })
	return &judge{ask, bufio.NewScanner(answer)}
}

// way lets the judge do a job and returns how long that took there.
func (j *judge) way(t testing.TB, name, what, path string) way {
	return way{name, func() time.Duration {
		if _, err := fmt.Fprintln(j.ask, what, path); err != nil || !j.answer.Scan() {
			t.Fatalf("%s: the judge does not answer: %v", what, err)
		}
		ms, err := strconv.ParseFloat(j.answer.Text(), 64)
		if err != nil {
			t.Fatal(err)
		}
		return time.Duration(ms * float64(time.Millisecond))
	}}
}

// duel is one job of both sides.
type duel struct {
	name, what, theirs string
	most               float64 // the target: our time over theirs
	least              int     // pixels a side from which it is measured
	ours               func(testing.TB, *image.NRGBA, []byte) time.Duration
}

func duels() []duel {
	return []duel{
		{"faces, both with a least face of 5.5 % of the side", "faces", "CascadeClassifier, Haar", 1.0 / 3, 0, func(t testing.TB, m *image.NRGBA, _ []byte) time.Duration {
			return timed(func() {
				if n := len(face.Find(m)); n != 1 {
					t.Fatalf("%d faces", n)
				}
			})
		}},
		{"faces, their defaults", "faces-default", "CascadeClassifier, Haar", 1.0 / 3, 0, func(_ testing.TB, m *image.NRGBA, _ []byte) time.Duration {
			return timed(func() { _ = face.Find(m) })
		}},
		{"cartoon", "cartoon", "stylization", 1, 0, drawn("cartoon", nil)},
		{"pencil", "pencil", "pencilSketch", 1, 0, drawn("pencil", nil)},
		{"edge-preserving smoothing", "smooth", "edgePreservingFilter", 1, 0, smoothed},
		{"seamless blend", "seamless", "seamlessClone", 1, 0, seamless},
		{"face into a template of 900×1200", "swap", "a script: Haar, eyes, affine, Lab, seamlessClone", 0.5, 0, drawn("face_swap", nil)},
		{"JPEG to 1600 px to JPEG", "resize", "vipsthumbnail", 1.5, 2000, resized},
	}
}

func copied(m *image.NRGBA) *image.NRGBA {
	return &image.NRGBA{Pix: bytes.Clone(m.Pix), Stride: m.Stride, Rect: m.Rect}
}

// drawn runs an effect on a copy: making the copy does not count, on their side neither.
func drawn(name string, params map[string]string) func(testing.TB, *image.NRGBA, []byte) time.Duration {
	return func(t testing.TB, m *image.NRGBA, _ []byte) time.Duration {
		in := effect.Input{Pictures: []*image.NRGBA{copied(m)}}
		return timed(func() {
			must(t, func() error { _, err := effects.Run(context.Background(), name, in, params, nil); return err })
		})
	}
}

// smoothed flattens with the sizes that edgePreservingFilter has by default.
func smoothed(t testing.TB, m *image.NRGBA, _ []byte) time.Duration {
	return timed(func() {
		must(t, func() error {
			j, err := raster.Start(m, 1+raster.SmoothPasses, nil)
			if err != nil {
				return err
			}
			c, err := j.ColorsOf(context.Background(), m)
			if err != nil {
				return err
			}
			return j.Smooth(context.Background(), c, m, 60, 0.4)
		})
	})
}

// seamless lays a mirrored part of the picture into its middle, as the judge does.
func seamless(t testing.TB, m *image.NRGBA, _ []byte) time.Duration {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	side := min(w, h) * 4 / 10
	source, below := image.NewNRGBA(image.Rect(0, 0, side, side)), image.NewNRGBA(image.Rect(0, 0, side, side))
	mask := image.NewGray(source.Rect)
	for y := range side {
		for x := range side {
			source.SetNRGBA(x, y, m.NRGBAAt(w/4+side-1-x, h/4+y))
			below.SetNRGBA(x, y, m.NRGBAAt((w-side)/2+x, (h-side)/2+y))
			dx, dy := float64(x-side/2)/float64(side*2/5), float64(y-side/2)/float64(side*9/20)
			if dx*dx+dy*dy <= 1 {
				mask.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	return timed(func() {
		must(t, func() error {
			j, err := raster.Start(below, blend.Passes(side, side), nil)
			if err != nil {
				return err
			}
			return blend.Clone(context.Background(), j, below, blend.Layer{Picture: source, Mask: mask})
		})
	})
}

func resized(t testing.TB, _ *image.NRGBA, file []byte) time.Duration {
	return timed(func() {
		must(t, func() error {
			_, _, err := media.Fit(context.Background(), bytes.NewReader(file), media.Info{MediaType: media.JPEG, Orientation: 1}, media.Limits{MaxSide: 1600, MaxBytes: 20 << 20, Accept: []string{media.JPEG}})
			return err
		})
	})
}

// native measures our engine against what a user of OpenCV and libvips would write.
func native(t testing.TB, rounds int, list ...size) *table {
	out := &table{
		title: "Own engine against OpenCV and libvips",
		about: fmt.Sprintf("On the same portrait, in ms; median (middle half) of %d rounds in turn, both sides on all cores. OpenCV and libvips are Debian's, called by bench/native.py; decoding is not counted but for the last row, where vipsthumbnail is a process of its own.", rounds),
		head:  []string{"What", "picture", "against", "theirs", "ours", "ours ÷ theirs", "target"},
	}
	j, dir := callJudge(t), folder(t)
	for _, s := range list {
		raw := portrait(t, s.w, s.h)
		path := filepath.Join(dir, fmt.Sprintf("%d.jpg", s.w))
		write(t, path, string(raw))
		img, _, err := media.Open(context.Background(), bytes.NewReader(raw), media.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range duels() {
			if s.w < d.least {
				continue
			}
			got := alternate(rounds, j.way(t, d.theirs, d.what, path), way{"ours", func() time.Duration { return d.ours(t, img, raw) }})
			out.row(d.name, s.name, d.theirs, ms(got[0].took), ms(got[1].took), times(got[1].over(got[0])), "≤ "+digits(d.most))
		}
	}
	return out
}

func TestTheOwnEngineIsMeasuredAgainstOthers(t *testing.T) {
	t.Parallel()
	if exec.Command("/usr/bin/python3", "-c", "import cv2").Run() != nil {
		t.Skip("make bench BENCH=native installs OpenCV")
	}
	if got := native(t, 1, size{"small", 400, 400}); len(got.rows) != len(duels())-1 {
		t.Error(got)
	}
}
