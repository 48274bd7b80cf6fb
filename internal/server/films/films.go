// Package films fits ffmpeg to the own engine and to the review.
//
// It promises the limits of the house for videos that come in, and that a machine without ffmpeg has
// no films of this kind instead of broken ones. It never runs anything itself: internal/film does.
package films

import (
	"context"
	"image"
	"io"
	"math"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/film"
	"vow.example/vow/internal/moderate"
	"vow.example/vow/internal/task/own"
)

// What a video that somebody hands to the own engine may be.
const (
	videoSide    = 720 // pixels of the longer side
	videoSeconds = 10
	videoRate    = 24
)

// Tool implements own.Films with ffmpeg.
type Tool struct{ tool film.Tool }

// Find returns what this machine can do with films: the engine's tool, nil where it cannot write MP4,
// and the eyes of the review, nil where it cannot read videos.
func Find() (own.Films, moderate.Frames) {
	tool, err := film.Find()
	if err != nil {
		return nil, nil
	}
	r := film.ReportOf(tool, nil)
	var engine own.Films
	var eyes moderate.Frames
	if r.H264 {
		engine = Tool{tool}
	}
	if r.Reads {
		eyes = Tool{tool}.watch
	}
	return engine, eyes
}

// Encode implements own.Films.
func (f Tool) Encode(ctx context.Context, w io.Writer, x effect.Film) error {
	return f.tool.Encode(ctx, film.Frames{Width: x.Width, Height: x.Height, Rate: x.Rate, Count: x.Frames, Draw: x.Draw}, w)
}

// Decode implements own.Films.
func (f Tool) Decode(ctx context.Context, video []byte, each func(x effect.Film, n int, frame *image.NRGBA) error) error {
	v, err := f.tool.Probe(ctx, video)
	if err != nil {
		return err
	}
	rate := max(1, min(videoRate, int(math.Round(v.Rate))))
	frames := max(1, int(math.Round(min(videoSeconds, v.Duration.Seconds())*float64(rate))))
	_, err = f.tool.Decode(ctx, video, film.Limits{MaxSide: videoSide, Seconds: videoSeconds, Rate: float64(rate)}, func(n int, frame *image.NRGBA) error {
		return each(effect.Film{Width: frame.Rect.Dx(), Height: frame.Rect.Dy(), Frames: frames, Rate: rate}, n, frame)
	})
	return err
}

// What the review sees of a video: one frame of every second, until it is too long to be seen whole.
const (
	watchSide    = 512
	watchSeconds = 60
	watchBytes   = 128 << 20
)

// watch shows the review a video.
func (f Tool) watch(ctx context.Context, r io.Reader, each func(image.Image) error) error {
	video, err := io.ReadAll(io.LimitReader(r, watchBytes+1))
	if err != nil {
		return err
	}
	defer clear(video)
	v, err := f.tool.Probe(ctx, video)
	if err != nil {
		return err
	}
	if len(video) > watchBytes || v.Duration.Seconds() > watchSeconds {
		return fault.New(fault.Invalid, film.CodeTooLong, "The video is too long to be looked at.")
	}
	_, err = f.tool.Decode(ctx, video, film.Limits{MaxSide: watchSide, Seconds: watchSeconds, Rate: 1}, func(_ int, frame *image.NRGBA) error {
		return each(frame)
	})
	return err
}
