package gif

import (
	"bytes"
	"compress/lzw"
	"encoding/binary"
	"fmt"
	"image"
	"io"
	"time"

	"vow.example/vow/internal/media/pixel"
)

const (
	asBefore   = colours               // the index of what the frame before shows
	tick       = 10 * time.Millisecond // the unit of delays
	shortest   = 20 * time.Millisecond // browsers take less for a tenth of a second
	longest    = 600 * time.Second     // a delay has 16 bits
	worse      = 1.4                   // how much worse a palette may fit a later frame than its own
	unseen     = 10 * 5 * 5            // a distance that nobody sees between two frames
	amplitude  = 14                    // of the noise that hides the steps between colours
	tableFlags = 0x80 | 0x70 | (8 - 1) // a table of 256 colours
)

// Writer writes the frames of a film.
type Writer struct {
	w       io.Writer
	size    image.Point
	palette *palette
	global  bool   // the palette is that of the file
	shown   []byte // what the viewer sees, three bytes per pixel
	indices []byte // of the frame that is coded
	pending []byte // the coded frame whose delay is not known yet
	from    time.Duration
	until   time.Duration
	mark    []byte
	err     error
}

// NewWriter starts a film of that size that goes round for ever, with mark, which may be nil.
func NewWriter(w io.Writer, size image.Point, mark []byte) (*Writer, error) {
	if size.X < 1 || size.Y < 1 || size.X > 65535 || size.Y > 65535 {
		return nil, fmt.Errorf("gif: a film of %v", size)
	}
	n := size.X * size.Y
	return &Writer{w: w, size: size, mark: mark, shown: make([]byte, 3*n), indices: make([]byte, n)}, nil
}

// Add writes the next frame, which is shown from one moment of the film to another. A frame that would be
// shown too briefly is left out; one that looks like the one before prolongs it.
func (f *Writer) Add(img *image.NRGBA, from, until time.Duration) error {
	first := f.palette == nil
	if !first && until.Round(tick)-f.from.Round(tick) < shortest {
		f.until = until
		return f.err
	}
	if !first && from.Round(tick)-f.from.Round(tick) < shortest {
		from = f.from.Round(tick) + shortest
	}
	own := f.adapt(img)
	part := f.quantize(img, first)
	if part.Empty() && until-f.from < longest {
		f.until = until
		return f.err
	}
	if part.Empty() {
		part = image.Rect(0, 0, 1, 1)
	}
	if first {
		f.start()
	}
	f.until = from
	f.flush()
	f.from, f.until = from, until
	f.pending = f.code(part, own && !first, first)
	return f.err
}

// adapt chooses new colours where those in use do not fit the frame. It reports whether they are only
// the frame's own.
func (f *Writer) adapt(img *image.NRGBA) (own bool) {
	list := histogram(img.Pix)
	if f.palette == nil {
		f.palette, f.global = choose(list), true
		return false
	}
	const good = 12 // what no other palette makes visibly better
	if f.palette.costOf(list) > max(worse*f.palette.cost, good) {
		f.palette, f.global = choose(list), false
	}
	return !f.global
}

// quantize writes the indices of a frame and what is seen then, and returns what changes.
func (f *Writer) quantize(img *image.NRGBA, first bool) image.Rectangle {
	w, h := f.size.X, f.size.Y
	rows := make([][2]int, h) // from where to where a row changes
	pixel.InBands(h, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			rows[y] = f.row(img.Pix[y*img.Stride:][:4*w], y, first)
		}
	})
	r := image.Rectangle{Min: image.Pt(w, h)} // holds nothing yet
	for y, c := range rows {
		if c[0] >= c[1] {
			continue
		}
		r.Min.X, r.Max.X = min(r.Min.X, c[0]), max(r.Max.X, c[1])
		r.Min.Y, r.Max.Y = min(r.Min.Y, y), y+1
	}
	if r.Min.X >= r.Max.X {
		return image.Rectangle{}
	}
	return r
}

func (f *Writer) row(pix []byte, y int, first bool) [2]int {
	w := f.size.X
	from, to := w, 0
	for x := range w {
		p := pix[4*x : 4*x+3 : 4*x+3]
		seen := f.shown[3*(y*w+x):][:3]
		at := y*w + x
		want := rgb{int32(p[0]), int32(p[1]), int32(p[2])}
		if before := (rgb{int32(seen[0]), int32(seen[1]), int32(seen[2])}); !first && apart(&before, &want) <= unseen {
			f.indices[at] = asBefore
			continue
		}
		noise := dither(x, y)
		k := f.palette.nearest[binOf(add(p[0], noise), add(p[1], noise), add(p[2], noise))]
		c := f.palette.colours[k]
		r, g, b := byte(c[0]), byte(c[1]), byte(c[2])
		if !first && seen[0] == r && seen[1] == g && seen[2] == b {
			f.indices[at] = asBefore
			continue
		}
		f.indices[at] = k
		seen[0], seen[1], seen[2] = r, g, b
		from, to = min(from, x), x+1
	}
	return [2]int{from, to}
}

// dither is noise that stays where it is from frame to frame and has no pattern that the eye finds
// (interleaved gradient noise, in integers).
func dither(x, y int) int32 {
	v := uint64(x)*288237660 + uint64(y)*25070369 // 0.06711056 and 0.00583715, in parts of 2^32
	v = (v & (1<<32 - 1)) >> 8 * 3472289          // the fraction, times 52.9829189 in parts of 2^16
	v = v >> 24 & 0xFFFF                          // the fraction of that
	return int32(v)*amplitude>>16 - amplitude/2
}

func add(v byte, noise int32) byte { return byte(min(max(int32(v)+noise, 0), 255)) }

// start writes everything that stands in front of the first frame.
func (f *Writer) start() {
	b := []byte("GIF89a")
	b = binary.LittleEndian.AppendUint16(b, uint16(f.size.X))
	b = binary.LittleEndian.AppendUint16(b, uint16(f.size.Y))
	b = append(b, tableFlags, 0, 0)
	b = append(b, f.table()...)
	b = append(b, "!\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"...) // no end
	f.write(append(b, f.mark...))
}

func (f *Writer) table() []byte {
	b := make([]byte, 3*256)
	for k, c := range f.palette.colours {
		b[3*k], b[3*k+1], b[3*k+2] = byte(c[0]), byte(c[1]), byte(c[2])
	}
	return b
}

// delayAt is where the delay stands in a coded frame.
const delayAt = 4

// code returns a frame of the part that changes; its delay is filled in later.
func (f *Writer) code(part image.Rectangle, own, first bool) []byte {
	transparent := byte(1)
	if first {
		transparent = 0
	}
	b := []byte{0x21, 0xF9, 4, 1<<2 | transparent, 0, 0, asBefore, 0, 0x2C}
	for _, n := range []int{part.Min.X, part.Min.Y, part.Dx(), part.Dy()} {
		b = binary.LittleEndian.AppendUint16(b, uint16(n))
	}
	if own {
		b = append(append(b, 0x80|(8-1)), f.table()...)
	} else {
		b = append(b, 0)
	}
	const depth = 8
	out := &blocks{b: *bytes.NewBuffer(append(b, depth))}
	z := lzw.NewWriter(out, lzw.LSB, depth)
	for y := part.Min.Y; y < part.Max.Y; y++ {
		if _, err := z.Write(f.indices[y*f.size.X+part.Min.X:][:part.Dx()]); err != nil {
			f.err = err
		}
	}
	if err := z.Close(); err != nil {
		f.err = err
	}
	return out.done()
}

// flush writes the pending frame, now that it is known how long it is shown.
func (f *Writer) flush() {
	if f.pending == nil {
		return
	}
	delay := min(f.until.Round(tick)-f.from.Round(tick), longest) / tick
	binary.LittleEndian.PutUint16(f.pending[delayAt:], uint16(max(delay, 2)))
	f.write(f.pending)
	f.pending = nil
}

// End writes the last frame and the end of the file, and forgets the pixels.
func (f *Writer) End() error {
	f.flush()
	if f.palette != nil {
		f.write([]byte{0x3B})
	}
	clear(f.shown)
	clear(f.indices)
	return f.err
}

func (f *Writer) write(p []byte) {
	if f.err != nil {
		return
	}
	if _, err := f.w.Write(p); err != nil {
		f.err = fmt.Errorf("gif: %w", err)
	}
}

// blocks cuts what is written into sub-blocks.
type blocks struct {
	b    bytes.Buffer
	part [256]byte
	n    int
}

// WriteByte is what the encoder of codes calls.
func (s *blocks) WriteByte(c byte) error {
	s.n++
	if s.part[s.n] = c; s.n == 255 {
		s.cut()
	}
	return nil
}

// Write is what a writer has.
func (s *blocks) Write(p []byte) (int, error) {
	for _, c := range p {
		_ = s.WriteByte(c) // never fails
	}
	return len(p), nil
}

// Flush is what the encoder of codes wants.
func (s *blocks) Flush() error { return nil }

func (s *blocks) cut() {
	s.part[0] = byte(s.n)
	s.b.Write(s.part[:s.n+1])
	s.n = 0
}

func (s *blocks) done() []byte {
	if s.n > 0 {
		s.cut()
	}
	s.b.WriteByte(0)
	return s.b.Bytes()
}
