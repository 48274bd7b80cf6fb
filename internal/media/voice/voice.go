// Package voice copies sound recordings without what they say about a person.
//
// It promises that titles, comments, places, times, pictures and names of programs are removed while
// the coded sound passes through as it is; that a recording is measured by what a player would play of
// it, and refused once it is longer than allowed; that a file which is damaged, cut, or of a form whose
// metadata cannot be cut out of a stream is refused with the reason; and that memory does not grow with
// the file. It never decodes sound, never opens a file or a connection, and never keeps a byte.
package voice

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"vow.example/vow/internal/media/facts"
)

// bufferBytes is the size of each of the two buffers of a recording.
const bufferBytes = 32 << 10

// recording is an untrusted file on its way through.
type recording struct {
	in     *bufio.Reader
	out    *bufio.Writer
	limits facts.Limits
	info   facts.Info
	read   int64
	length time.Duration
}

// Strip copies a recording of that media type without metadata and reports what it found. When it
// returns an error, what reached dst is incomplete and worthless: the caller drops it. A failure of dst
// or src itself is returned wrapped, not as a fault.
//
// WAV: the size of the file stands before its content, so a chunk that is not needed becomes a "JUNK"
// chunk of the same length filled with zeros; samples are plain numbers or G.711. MP3: tags of every kind
// are dropped, frames of layer III stay. Ogg and WebM: Opus only, one track; comments are replaced by
// none, other elements by empty ones of the same length. FLAC: the length that the file states is
// believed, its frames are not read. MP4: as a video is cleaned, but with one track of sound and nothing
// else.
func Strip(dst io.Writer, src io.Reader, mediaType string, limits facts.Limits) (facts.Info, error) {
	r := &recording{
		in: bufio.NewReaderSize(src, bufferBytes), out: bufio.NewWriterSize(dst, bufferBytes), limits: limits.WithDefaults(),
		info: facts.Info{Orientation: 1, MediaType: mediaType},
	}
	if err := r.limits.CheckType(mediaType); err != nil {
		return facts.Info{}, err
	}
	if err := r.strip(); err != nil {
		return facts.Info{}, err
	}
	if r.length <= 0 {
		return facts.Info{}, facts.Unreadable("The recording holds no sound.")
	}
	if err := r.out.Flush(); err != nil {
		return facts.Info{}, fmt.Errorf("voice: write: %w", err)
	}
	r.info.Millis = r.length.Milliseconds()
	return r.info, nil
}

func (r *recording) strip() error {
	switch r.info.MediaType {
	case facts.WAV:
		return r.wav()
	case facts.MP3:
		return r.mp3()
	case facts.Ogg:
		return r.ogg()
	case facts.FLAC:
		return r.flac()
	case facts.SoundWebM:
		return r.webm()
	case facts.SoundMP4:
		return r.mp4()
	default:
		return facts.Unsupported("This kind of recording is not accepted here.").With("accepted", r.limits.Accept)
	}
}

// lasts adds to how long the recording is, and ends it where it is too long.
func (r *recording) lasts(d time.Duration) error {
	most := time.Duration(r.limits.MaxSeconds) * time.Second
	if d < 0 || d > most || r.length+d > most {
		return facts.TooLong(r.limits.MaxSeconds)
	}
	r.length += d
	return nil
}

// played is how long so many samples last; rate is at least 1.
func played(samples, rate int64) time.Duration {
	const beyond = 1 << 31 // seconds: more than every limit
	if samples < 0 || samples/rate > beyond {
		return beyond * time.Second
	}
	return time.Duration(samples/rate)*time.Second + time.Duration(samples%rate)*time.Second/time.Duration(rate)
}

func (r *recording) removed(what string) {
	if !slices.Contains(r.info.Stripped, what) {
		r.info.Stripped = append(r.info.Stripped, what)
	}
}

func (r *recording) count(n int) error {
	if r.read += int64(n); r.read > r.limits.MaxBytes {
		return facts.TooLarge(r.limits.MaxBytes)
	}
	return nil
}

// fail turns the end of the input into the fault that names it and keeps other errors.
func fail(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return facts.Truncated()
	}
	return fmt.Errorf("voice: read: %w", err)
}

// peek returns the next n bytes, or fewer at the end.
func (r *recording) peek(n int) ([]byte, error) {
	p, err := r.in.Peek(n)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("voice: read: %w", err)
	}
	return p, nil
}

// next reads exactly n bytes; n is bounded by the caller.
func (r *recording) next(n int) ([]byte, error) {
	p := make([]byte, n)
	if _, err := io.ReadFull(r.in, p); err != nil {
		return nil, fail(err)
	}
	return p, r.count(n)
}

func (r *recording) write(p []byte) error {
	n, err := r.out.Write(p)
	r.info.Bytes += int64(n)
	if err != nil {
		return fmt.Errorf("voice: write: %w", err)
	}
	return nil
}

// pass hands the next n bytes to each, piece by piece.
func (r *recording) pass(n int64, each func(p []byte) error) error {
	for n > 0 {
		p, err := r.in.Peek(int(min(n, bufferBytes/2)))
		if len(p) == 0 {
			return fail(err)
		}
		if err := r.count(len(p)); err != nil {
			return err
		}
		if err := each(p); err != nil {
			return err
		}
		n -= int64(len(p))
		if _, err := r.in.Discard(len(p)); err != nil {
			return fail(err)
		}
	}
	return nil
}

func (r *recording) copy(n int64) error { return r.pass(n, r.write) }

func (r *recording) skip(n int64) error { return r.pass(n, func([]byte) error { return nil }) }

// blank replaces the next n bytes by zeros.
func (r *recording) blank(n int64) error {
	zeros := make([]byte, bufferBytes/2)
	return r.pass(n, func(p []byte) error { return r.write(zeros[:len(p)]) })
}

// trailer drops what stands behind the end of the recording.
func (r *recording) trailer() error {
	for {
		p, err := r.peek(1)
		if err != nil || len(p) == 0 {
			return err
		}
		r.removed("trailer")
		if err := r.skip(int64(r.in.Buffered())); err != nil {
			return err
		}
	}
}

func damaged() error { return facts.Unreadable("The recording is damaged.") }
