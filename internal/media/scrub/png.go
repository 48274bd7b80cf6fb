package scrub

import (
	"compress/zlib"
	"encoding/binary"
	"errors"
	"hash"
	"hash/crc32"
	"io"
	"strings"

	"vow.example/vow/internal/media/facts"
)

const (
	pngSignature = "\x89PNG\r\n\x1a\n"
	maxExif      = maxHeld
	maxPalette   = 256 * 3
	maxProfile   = 4 << 20
)

// chunk is the part of a PNG chunk before its data.
type chunk struct {
	size int64
	name string
}

type pngState struct {
	*stream
	crc    hash.Hash32
	header [13]byte
	seen   map[string]bool
}

func (s *stream) stripPNG() error {
	p := &pngState{stream: s, crc: crc32.NewIEEE(), seen: map[string]bool{}}
	if err := s.copy(int64(len(pngSignature))); err != nil {
		return err
	}
	for {
		c, err := p.next()
		if err != nil {
			return err
		}
		if (c.name == "IHDR") == p.seen["IHDR"] {
			return facts.Unreadable("The PNG file is damaged: its header is missing or stands twice.")
		}
		if err := p.chunk(c); err != nil {
			return err
		}
		if c.name == "IEND" {
			return nil
		}
	}
}

func (p *pngState) next() (chunk, error) {
	var head [8]byte
	if err := p.readFull(head[:]); err != nil {
		return chunk{}, err
	}
	p.crc.Reset()
	p.crc.Write(head[4:])
	c := chunk{size: int64(binary.BigEndian.Uint32(head[:])), name: string(head[4:])}
	for _, b := range head[4:] {
		if (b|0x20) < 'a' || (b|0x20) > 'z' {
			return chunk{}, facts.Unreadable("The PNG file is damaged: a chunk does not start where it should.")
		}
	}
	return c, nil
}

func (p *pngState) chunk(c chunk) error {
	limit, known := chunkLimit(c.name)
	first := !p.seen[c.name]
	if known || c.name == "eXIf" {
		p.seen[c.name] = true // names that nobody knows are not counted: there are millions
	}
	switch {
	case c.name == "eXIf" && first:
		return p.exif(c)
	case !known && c.name[0] >= 'a':
		return p.drop(c)
	case !known, c.size > limit:
		return facts.Unreadable("The PNG file is damaged: a chunk is unknown or too long.")
	case c.name == "IHDR":
		return p.ihdr(c)
	case c.name == "IDAT" && first:
		return p.picture(c)
	case c.name == "IEND" && !p.seen["IDAT"]:
		return facts.Unreadable("The PNG file holds no picture.")
	case c.name == "iCCP" && first:
		return p.profile(c)
	case !first:
		return p.drop(c)
	}
	return p.copyChunk(c)
}

// chunkLimit returns how long a chunk may be, for those that stay.
func chunkLimit(name string) (int64, bool) {
	switch name {
	case "IHDR":
		return 13, true
	case "PLTE":
		return maxPalette, true
	case "IDAT":
		return 1<<31 - 1, true
	case "IEND":
		return 0, true
	case "tRNS":
		return 256, true
	case "gAMA":
		return 4, true
	case "cHRM":
		return 32, true
	case "sRGB":
		return 1, true
	case "sBIT":
		return 4, true
	case "iCCP":
		return maxProfile, true
	}
	return 0, false
}

func (p *pngState) drop(c chunk) error {
	switch {
	case c.name == "eXIf":
		p.stripped("exif")
	case strings.HasSuffix(c.name, "Xt") || c.name == "tIME":
		p.stripped("text")
	default:
		p.stripped("extra data")
	}
	if err := p.pass(c.size, p.sum); err != nil {
		return err
	}
	return p.checkCRC(nil)
}

func (p *pngState) sum(b []byte) error {
	_, err := p.crc.Write(b)
	return err
}

// checkCRC compares the checksum of the chunk just read and, when sum is not nil, lets it write.
func (p *pngState) checkCRC(write func([]byte) error) error {
	want := p.crc.Sum32()
	got, err := p.readUint32()
	if err != nil {
		return err
	}
	if got != want {
		return facts.Unreadable("The PNG file is damaged: a checksum does not match.")
	}
	if write == nil {
		return nil
	}
	return write(binary.BigEndian.AppendUint32(nil, want))
}

func (p *pngState) head(c chunk) error {
	return p.write(append(binary.BigEndian.AppendUint32(nil, uint32(c.size)), c.name...))
}

func (p *pngState) copyChunk(c chunk) error {
	if err := p.head(c); err != nil {
		return err
	}
	err := p.pass(c.size, func(b []byte) error {
		p.crc.Write(b)
		return p.write(b)
	})
	if err != nil {
		return err
	}
	return p.checkCRC(p.write)
}

func (p *pngState) exif(c chunk) error {
	data := p.hold(int(min(c.size, maxExif))) // the orientation stands in front of any thumbnail
	if err := p.readFull(data); err != nil {
		return err
	}
	p.crc.Write(data)
	p.info.Orientation = exifOrientation(data)
	p.stripped("exif")
	if err := p.pass(c.size-int64(len(data)), p.sum); err != nil {
		return err
	}
	return p.checkCRC(nil)
}

func (p *pngState) ihdr(c chunk) error {
	if c.size != int64(len(p.header)) {
		return facts.Unreadable("The PNG file is damaged: its header has the wrong length.")
	}
	if err := p.readFull(p.header[:]); err != nil {
		return err
	}
	p.crc.Write(p.header[:])
	w, h := binary.BigEndian.Uint32(p.header[:]), binary.BigEndian.Uint32(p.header[4:])
	if err := p.sized(int64(w), int64(h)); err != nil {
		return err
	}
	if err := p.head(c); err != nil {
		return err
	}
	if err := p.write(p.header[:]); err != nil {
		return err
	}
	return p.checkCRC(p.write)
}

// profile keeps a colour profile, but not its name: that is free text of up to 79 letters.
func (p *pngState) profile(c chunk) error {
	inName, renamed := true, crc32.NewIEEE()
	renamed.Write([]byte(c.name))
	if err := p.head(c); err != nil {
		return err
	}
	err := p.pass(c.size, func(b []byte) error {
		p.crc.Write(b)
		b = append(p.hold(0), b...)
		for i := 0; i < len(b) && inName; i++ {
			if inName = b[i] != 0; inName {
				b[i] = 'x'
			}
		}
		renamed.Write(b)
		return p.write(b)
	})
	if err != nil {
		return err
	}
	return p.checkCRC(func([]byte) error {
		return p.write(binary.BigEndian.AppendUint32(nil, renamed.Sum32()))
	})
}

// picture copies the run of IDAT chunks while it inflates them, so that a picture that is cut,
// that unpacks to more than its header says or that hides bytes behind its end is refused here.
func (p *pngState) picture(c chunk) error {
	d := &idat{p: p, buffer: make([]byte, bufferBytes/2)}
	if err := d.open(c); err != nil {
		return err
	}
	z, err := zlib.NewReader(d)
	if err != nil {
		return d.explain(err)
	}
	want, err := p.inflatedSize()
	if err != nil {
		return err
	}
	n, err := io.Copy(io.Discard, io.LimitReader(z, want+1))
	if err != nil {
		return d.explain(err)
	}
	if n != want || d.left != 0 || len(d.ready) != 0 {
		return facts.Unreadable("The PNG file is damaged: its picture data does not have the size that its header says.")
	}
	return p.checkCRC(p.write)
}

// inflatedSize returns how many bytes the picture data unpacks to.
func (p *pngState) inflatedSize() (int64, error) {
	w, h := int64(p.info.Width), int64(p.info.Height)
	depth, colour, interlace := int64(p.header[8]), p.header[9], p.header[12]
	samples, ok := map[byte]int64{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
	if !ok || interlace > 1 || depth == 0 || depth > 16 || depth&(depth-1) != 0 {
		return 0, facts.Unreadable("The PNG file is damaged: its header names an unknown kind of picture.")
	}
	size := func(w, h int64) int64 {
		if w <= 0 || h <= 0 {
			return 0
		}
		return h * (1 + (w*samples*depth+7)/8)
	}
	if interlace == 0 {
		return size(w, h), nil
	}
	total := int64(0)
	for _, a := range [7][4]int64{
		{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2},
	} {
		total += size((w-a[0]+a[2]-1)/a[2], (h-a[1]+a[3]-1)/a[3])
	}
	return total, nil
}

// idat reads the data of consecutive IDAT chunks and copies the chunks on the way.
type idat struct {
	p      *pngState
	left   int64  // bytes of the current chunk that are not read yet
	ready  []byte // bytes that are read and copied, but not yet inflated
	buffer []byte
	failed error
}

func (d *idat) open(c chunk) error {
	d.left = c.size
	return d.p.head(c)
}

func (d *idat) explain(err error) error {
	if d.failed != nil {
		return d.failed
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return facts.Truncated()
	}
	return facts.Unreadable("The PNG file is damaged: its picture data cannot be unpacked.")
}

// fill makes ready non-empty; the first failure stays, because the inflater hides its cause.
func (d *idat) fill() error {
	for d.failed == nil && len(d.ready) == 0 {
		if d.left == 0 {
			d.failed = d.advance()
			continue
		}
		d.failed = d.load()
	}
	return d.failed
}

// advance ends the current chunk and opens the next one, which must carry picture data too.
func (d *idat) advance() error {
	if err := d.p.checkCRC(d.p.write); err != nil {
		return err
	}
	c, err := d.p.next()
	if err != nil {
		return err
	}
	if c.name != "IDAT" {
		return facts.Truncated()
	}
	return d.open(c)
}

func (d *idat) load() error {
	b := d.buffer[:min(int64(len(d.buffer)), d.left)]
	if err := d.p.readFull(b); err != nil {
		return err
	}
	d.left -= int64(len(b))
	d.ready = b
	d.p.crc.Write(b)
	return d.p.write(b)
}

// Read hands out bytes of the compressed picture.
func (d *idat) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	if err := d.fill(); err != nil {
		return 0, err
	}
	n := copy(b, d.ready)
	d.ready = d.ready[n:]
	return n, nil
}

// ReadByte keeps the inflater from reading ahead: bytes behind its end stay visible in ready.
func (d *idat) ReadByte() (byte, error) {
	if err := d.fill(); err != nil {
		return 0, err
	}
	b := d.ready[0]
	d.ready = d.ready[1:]
	return b, nil
}
