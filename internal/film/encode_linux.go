package film

import (
	"context"
	"fmt"
	"image"
	"io"
	"os"
	"strconv"
)

// Encode draws the frames one after the other and writes an MP4 to w when all of it is done: H.264,
// yuv420p, ready to play while it loads, without sound and without metadata.
func (t Tool) Encode(ctx context.Context, f Frames, w io.Writer) error {
	if t.path == "" {
		return missing("ffmpeg is not installed.")
	}
	if !t.writes() {
		return missing("This ffmpeg is built without libx264.")
	}
	if err := f.check(); err != nil {
		return err
	}
	result, err := memory()
	if err != nil {
		return failed().Because(err)
	}
	defer erase(result)
	in, out, err := os.Pipe()
	if err != nil {
		return failed().Because(err)
	}
	p, err := t.start(ctx, command{path: t.path, args: encodeArgs(f), in: in, file: result, items: f.Count})
	_ = in.Close()
	if err != nil {
		_ = out.Close()
		return failed().Because(err)
	}
	drawErr := f.drawTo(p, out)
	waitErr := p.wait()
	info, statErr := result.Stat()
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("film: %w", ctx.Err())
	case drawErr != nil && drawErr.drawn:
		return drawErr.err
	case statErr == nil && uint64(info.Size()) >= t.bounds.output: // the tool need not notice that nothing more was written
		return tooLong()
	case waitErr != nil:
		return waitErr
	case drawErr != nil:
		return failed().Because(errEnded)
	}
	return pour(result, w)
}

func encodeArgs(f Frames) []string {
	return []string{
		"-v", "quiet", "-nostdin", "-max_alloc", "268435456", "-protocol_whitelist", "pipe",
		"-f", "rawvideo", "-pix_fmt", "rgb0", "-s", strconv.Itoa(f.Width) + "x" + strconv.Itoa(f.Height),
		"-r", strconv.Itoa(f.Rate), "-i", "pipe:0",
		"-an", "-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p",
		"-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-threads", "2",
		"-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv",
		"-movflags", "+faststart", "-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact",
		"-f", "mp4", "-y", "file:/proc/self/fd/3",
	}
}

// drawError says where a film stopped: while a frame was drawn, or while the tool took it.
type drawError struct {
	err   error
	drawn bool
}

// drawTo draws one frame while the tool takes the one before it, and ends the tool when one fails.
func (f Frames) drawTo(p *process, out *os.File) (stopped *drawError) {
	free, full, sent := make(chan *image.NRGBA, 2), make(chan *image.NRGBA, 2), make(chan error, 1)
	for range cap(free) {
		free <- image.NewNRGBA(image.Rect(0, 0, f.Width, f.Height))
	}
	go func() { sent <- send(out, full, free) }()
	for n := 0; n < f.Count && stopped == nil; n++ {
		m := <-free
		if err := f.draw(p.ctx, n, m); err != nil {
			stopped = &drawError{err, p.ctx.Err() == nil}
			p.stop()
			free <- m
			break
		}
		full <- m
	}
	close(full)
	if err := <-sent; err != nil && stopped == nil {
		stopped = &drawError{err, false}
	}
	for range cap(free) {
		clear((<-free).Pix)
	}
	return stopped
}

// draw is Draw; a panic in it becomes an error, so that the tool does not wait for its end.
func (f Frames) draw(ctx context.Context, n int, dst *image.NRGBA) (err error) {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("film: %w", err)
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("film: frame %d: panic: %v", n, p)
		}
	}()
	return f.Draw(ctx, n, dst)
}

// send writes frames until there are no more, and hands each back; it closes out.
func send(out *os.File, full <-chan *image.NRGBA, free chan<- *image.NRGBA) (err error) {
	for m := range full {
		if err == nil {
			_, err = out.Write(m.Pix)
		}
		free <- m
	}
	if e := out.Close(); err == nil {
		err = e
	}
	return err
}
