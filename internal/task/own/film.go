package own

import (
	"bytes"
	"context"
	"errors"
	"image"
	"io"

	"vow.example/vow/internal/effects"
	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/media"
	"vow.example/vow/internal/media/anim"
	"vow.example/vow/internal/media/badge"
	"vow.example/vow/internal/media/pixel"
	"vow.example/vow/internal/provider/local"
	"vow.example/vow/internal/task/result"
)

// option is the setting by which a person chooses the kind of file of a film.
const option = "format"

// formatOf returns the media type of a film: what was asked for, or an MP4 where that can be made.
func formatOf(w Work) string {
	switch chosen(w)[option] {
	case "webp":
		return media.WebP
	case "gif":
		return media.GIF
	default:
		return media.MP4
	}
}

// film prepares a film, whose frames are drawn while they are written. Without an encoder
// for MP4 it is an animated WebP.
func (e Engine) film(ctx context.Context, f effect.Film, w Work, progress func(float64)) result.Ready {
	kind, label := formatOf(w), w.Label
	f = counted(f, progress)
	if e.Films == nil || kind != media.MP4 {
		if kind == media.MP4 {
			kind = media.WebP
		}
		return result.Ready{MediaType: kind, Visible: label.Visible, Fill: func(w io.Writer) (media.Info, error) {
			info := media.Info{MediaType: kind, Width: f.Width, Height: f.Height, Orientation: 1}
			return info, anim.Encode(ctx, w, kind, anim.Film(f), label)
		}}
	}
	return result.Ready{MediaType: media.MP4, Visible: label.Visible, Fill: func(w io.Writer) (media.Info, error) {
		var coded bytes.Buffer // a film of ten seconds has a few megabytes
		if err := e.Films.Encode(ctx, &coded, badged(f, label)); err != nil {
			return media.Info{}, err
		}
		info, err := media.MarkVideo(ctx, w, &coded, label)
		info.Width, info.Height = f.Width, f.Height
		return info, err
	}}
}

// The bounds of a moving preview.
const (
	previewFrames = 12
	previewRate   = 4    // frames per second
	previewSide   = 1024 // pixels of the longer side of a still one: templates and enlargements have more
)

// Preview is Make for something small to look at: a picture, or a few frames of a film.
func (e Engine) Preview(ctx context.Context, w Work) (result.Ready, error) {
	name, params := local.Plan(w.Feature.Effect, chosen(w))
	if found, err := effects.Find(name); err == nil {
		if size, ok := found.Param("size"); ok {
			params["size"] = size.Values[0]
		}
	}
	made, err := effects.Run(ctx, name, effect.Input{Pictures: w.Pictures, Materials: e.materials(w.App)}, params, nil)
	switch {
	case err != nil:
		return result.Ready{}, err
	case made.Picture != nil:
		return picture(small(made.Picture), w), nil
	case made.Film != nil:
		return Engine{}.film(ctx, excerpt(*made.Film), w, func(float64) {}), nil
	default:
		return result.Ready{}, result.Refused("There is nothing to look at.")
	}
}

// small returns a picture within the size of a preview. What it replaces is wiped.
func small(img *image.NRGBA) *image.NRGBA {
	long := max(img.Rect.Dx(), img.Rect.Dy())
	if long <= previewSide {
		return img
	}
	less, ok := pixel.Resize(img, max(1, img.Rect.Dx()*previewSide/long), max(1, img.Rect.Dy()*previewSide/long)).(*image.NRGBA)
	if !ok {
		return img // never: Resize keeps the kind
	}
	clear(img.Pix)
	return less
}

// excerpt shows the whole of a film in few frames.
func excerpt(f effect.Film) effect.Film {
	all, draw := f.Frames, f.Draw
	f.Frames, f.Rate = min(all, previewFrames), previewRate
	f.Draw = func(ctx context.Context, n int, dst *image.NRGBA) error {
		return draw(ctx, n*(all-1)/max(1, f.Frames-1), dst)
	}
	return f
}

// counted reports each frame that was drawn.
func counted(f effect.Film, progress func(float64)) effect.Film {
	draw := f.Draw
	f.Draw = func(ctx context.Context, n int, dst *image.NRGBA) error {
		err := draw(ctx, n, dst)
		if err == nil {
			progress(float64(n+1) / float64(f.Frames))
		}
		return err
	}
	return f
}

// badged draws the visible label into each frame: a coded film cannot be drawn into any more.
func badged(f effect.Film, label media.Label) effect.Film {
	if !label.Visible {
		return f
	}
	draw := f.Draw
	f.Draw = func(ctx context.Context, n int, dst *image.NRGBA) error {
		if err := draw(ctx, n, dst); err != nil {
			return err
		}
		return badge.DrawOn(dst, label.Text)
	}
	return f
}

// restyle redraws every frame of a video. The video is read while the new one is written; neither is
// held whole.
func (e Engine) restyle(ctx context.Context, w Work, redraw redraw, progress func(float64)) (result.Ready, error) {
	if e.Films == nil {
		return result.Ready{}, fault.New(fault.Invalid, "film-tool-missing", "Videos cannot be opened on this server: ffmpeg is not installed.")
	}
	ctx, stop := context.WithCancel(ctx)
	reel := &reel{frames: make(chan *image.NRGBA), begun: make(chan effect.Film, 1), ended: make(chan struct{})}
	go reel.wind(ctx, e.Films, w.Video)
	var f effect.Film
	select {
	case f = <-reel.begun:
	case <-reel.ended:
		stop()
		return result.Ready{}, errors.Join(reel.err, ctx.Err())
	}
	f.Draw = func(ctx context.Context, _ int, dst *image.NRGBA) error { return reel.next(ctx, redraw, dst) }
	ready := e.film(ctx, f, w, progress)
	write := ready.Fill
	ready.Fill = func(w io.Writer) (media.Info, error) {
		defer func() { stop(); <-reel.ended; reel.keep(nil) }()
		return write(w)
	}
	return ready, nil
}

// redraw makes a new picture of a frame.
type redraw func(ctx context.Context, frame *image.NRGBA) (*image.NRGBA, error)

func redrawing(name string, params map[string]string) redraw {
	return func(ctx context.Context, frame *image.NRGBA) (*image.NRGBA, error) {
		out, err := effects.Run(ctx, name, effect.Input{Pictures: []*image.NRGBA{frame}}, params, nil)
		if err == nil && out.Picture == nil {
			err = result.Refused("The effect makes no pictures.")
		}
		return out.Picture, err
	}
}

// reel hands the frames of a video from the one that reads to the one that writes, one at a time.
type reel struct {
	frames chan *image.NRGBA
	begun  chan effect.Film
	ended  chan struct{}
	err    error // once ended is closed
	last   *image.NRGBA
}

// wind reads the video. A frame is handed over and not touched again.
func (r *reel) wind(ctx context.Context, films Films, video []byte) {
	defer close(r.ended)
	r.err = films.Decode(ctx, video, func(f effect.Film, n int, frame *image.NRGBA) error {
		if n == 0 {
			r.begun <- f
		}
		own := &image.NRGBA{Pix: bytes.Clone(frame.Pix), Stride: frame.Stride, Rect: frame.Rect}
		select {
		case r.frames <- own:
			return nil
		case <-ctx.Done():
			clear(own.Pix)
			return ctx.Err()
		}
	})
}

// keep keeps the frame that is shown now, and clears the one before it.
func (r *reel) keep(shown *image.NRGBA) {
	if r.last != nil {
		clear(r.last.Pix)
	}
	r.last = shown
}

// next draws the next frame into dst. A video that ends before it said it would stands still.
func (r *reel) next(ctx context.Context, redraw redraw, dst *image.NRGBA) error {
	select {
	case frame := <-r.frames:
		out, err := redraw(ctx, frame)
		if err != nil || &out.Pix[0] != &frame.Pix[0] { // an effect may draw over its picture
			clear(frame.Pix)
		}
		if err != nil {
			return err
		}
		r.keep(out)
	case <-r.ended:
		if r.err != nil {
			return r.err
		}
	case <-ctx.Done():
		return ctx.Err()
	}
	if r.last == nil || r.last.Rect.Size() != dst.Rect.Size() {
		return result.Refused("The effect changes the size of a frame.")
	}
	copy(dst.Pix, r.last.Pix)
	return nil
}
