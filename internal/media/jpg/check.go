package jpg

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The markers that the check looks at (ITU-T T.81, table B.1).
const (
	markSOF0 = 0xC0
	markSOF1 = 0xC1
	markSOF2 = 0xC2
	markDHT  = 0xC4
	markRST0 = 0xD0
	markRST7 = 0xD7
	markSOI  = 0xD8
	markEOI  = 0xD9
	markSOS  = 0xDA
	markDQT  = 0xDB
	markDRI  = 0xDD
	markAPP0 = 0xE0
	markAPPE = 0xEE
	markAPPF = 0xEF
	markCOM  = 0xFE
)

// maxScans bounds the passes of a progressive picture, each of which is a walk over all of it.
const maxScans = 64

var errShort = errors.New("jpg: the coded picture ends too early")

// damaged is the verdict on a file.
func damaged(what string) error { return fmt.Errorf("jpg: %s", what) }

type component struct {
	id   byte
	h, v int
	tq   byte
	seen []uint64 // progressive: which coefficients of each block are not zero
}

// checker walks through every bit of a picture without computing any of it.
type checker struct {
	bits
	progressive bool
	width       int
	height      int
	comps       []component
	mcusX       int
	mcusY       int
	tables      [2][4]table
	interval    int
	scans       int
	quants      int
	whole       bool // one scan held all components
	adobeRGB    bool // the components are red, green and blue, or inks
}

// bits hands out the bits of a scan. The bytes that a marker ends are followed by nothing.
type bits struct {
	p    []byte
	at   int
	acc  uint64 // the last n bits of it are ready
	n    int
	eob  int  // blocks that end here without a code of their own
	over bool // more bits were asked for than there are
}

// check reports what is damaged in a file. It wants every code to be valid, every scan to be whole and
// the end to be there: the same that image/jpeg wants, without its tolerance for lost restart markers.
func check(p []byte) (*checker, error) {
	c := &checker{bits: bits{p: p}}
	if len(p) < 4 || p[0] != 0xFF || p[1] != markSOI {
		return nil, damaged("no start")
	}
	c.at = 2
	for {
		marker, err := c.marker()
		if err != nil {
			return nil, err
		}
		if marker == markEOI {
			break
		}
		if marker >= markRST0 && marker <= markRST7 {
			continue
		}
		body, err := c.segment()
		if err != nil {
			return nil, err
		}
		if err := c.read(marker, body); err != nil {
			return nil, err
		}
	}
	if c.scans == 0 {
		return nil, damaged("no scan")
	}
	return c, nil
}

// marker finds the next marker; stray bytes in front of it are passed over.
func (c *checker) marker() (byte, error) {
	for c.at+1 < len(c.p) {
		if c.p[c.at] == 0xFF && c.p[c.at+1] != 0 && c.p[c.at+1] != 0xFF {
			c.at += 2
			return c.p[c.at-1], nil
		}
		c.at++
	}
	return 0, errShort
}

func (c *checker) segment() ([]byte, error) {
	if c.at+2 > len(c.p) {
		return nil, errShort
	}
	n := int(binary.BigEndian.Uint16(c.p[c.at:]))
	if n < 2 || c.at+n > len(c.p) {
		return nil, errShort
	}
	body := c.p[c.at+2 : c.at+n]
	c.at += n
	return body, nil
}

func (c *checker) read(marker byte, body []byte) error {
	switch {
	case marker == markSOF0, marker == markSOF1, marker == markSOF2:
		c.progressive = marker == markSOF2
		return c.frame(body)
	case marker == markDHT:
		return c.huffman(body)
	case marker == markDQT:
		return c.quantization(body)
	case marker == markDRI:
		if len(body) != 2 {
			return damaged("restart interval")
		}
		c.interval = int(binary.BigEndian.Uint16(body))
	case marker == markSOS:
		return c.scan(body)
	case marker == markAPPE:
		c.adobeRGB = c.adobeRGB || len(body) >= 12 && string(body[:5]) == "Adobe" && body[11] == 0
	case marker >= markAPP0 && marker <= markAPPF, marker == markCOM:
	default:
		return damaged("unknown segment")
	}
	return nil
}

func (c *checker) frame(p []byte) error {
	if c.comps != nil || len(p) < 9 || len(p) != 6+3*int(p[5]) || p[5] > 4 || p[5] == 2 || p[0] != 8 {
		return damaged("frame header")
	}
	c.height, c.width = int(binary.BigEndian.Uint16(p[1:])), int(binary.BigEndian.Uint16(p[3:]))
	if c.width == 0 || c.height == 0 {
		return damaged("no size")
	}
	h0, v0 := 1, 1
	for i := 6; i < len(p); i += 3 {
		one := component{id: p[i], h: int(p[i+1] >> 4), v: int(p[i+1] & 15), tq: p[i+2]}
		if p[5] == 1 {
			one.h, one.v = 1, 1
		}
		if one.h < 1 || one.h > 4 || one.h == 3 || one.v < 1 || one.v > 4 || one.v == 3 || p[i+2] > 3 {
			return damaged("sampling")
		}
		for _, other := range c.comps {
			if other.id == one.id {
				return damaged("component twice")
			}
		}
		h0, v0 = max(h0, one.h), max(v0, one.v)
		c.comps = append(c.comps, one)
	}
	if c.comps[0].h != h0 || c.comps[0].v != v0 {
		return damaged("sampling")
	}
	c.mcusX, c.mcusY = (c.width+8*h0-1)/(8*h0), (c.height+8*v0-1)/(8*v0)
	return nil
}

func (c *checker) quantization(p []byte) error {
	for len(p) > 0 {
		size := 65
		if p[0]>>4 == 1 {
			size = 129
		}
		if p[0]>>4 > 1 || p[0]&15 > 3 || len(p) < size {
			return damaged("quantization table")
		}
		c.quants |= 1 << (p[0] & 15)
		p = p[size:]
	}
	return nil
}

// table decodes Huffman codes. fast answers for codes of up to fastBits bits: the length of the code
// in the low 5 bits, its value above; 0 where the code is longer or none.
type table struct {
	fast   [1 << fastBits]uint16
	most   [17]int32 // the largest code of each length, -1 where there is none
	offset [17]int32 // what to add to a code of that length to find its value
	values [256]byte
	set    bool
}

const fastBits = 10

func (c *checker) huffman(p []byte) error {
	for len(p) > 0 {
		if len(p) < 17 || p[0]>>4 > 1 || p[0]&15 > 3 {
			return damaged("Huffman table")
		}
		t := &c.tables[p[0]>>4][p[0]&15]
		n, err := t.build(p[1:])
		if err != nil {
			return err
		}
		p = p[17+n:]
	}
	return nil
}

func (t *table) build(p []byte) (int, error) {
	*t = table{set: true}
	code, total := int32(0), int32(0)
	for i := range 16 {
		total += int32(p[i])
	}
	if total == 0 || total > 256 || len(p) < 16+int(total) {
		return 0, damaged("Huffman table")
	}
	copy(t.values[:], p[16:16+total])
	k := int32(0)
	for length := 1; length <= 16; length++ {
		count := int32(p[length-1])
		t.most[length], t.offset[length] = -1, k-code
		if count > 0 {
			t.most[length] = code + count - 1
		}
		if code+count > 1<<length {
			return 0, damaged("Huffman table")
		}
		for range count {
			t.quick(code, length, t.values[k])
			code, k = code+1, k+1
		}
		code <<= 1
	}
	return int(total), nil
}

func (t *table) quick(code int32, length int, value byte) {
	if length > fastBits {
		return
	}
	from := code << (fastBits - length)
	for i := range int32(1) << (fastBits - length) {
		t.fast[from+i] = uint16(value)<<5 | uint16(length)
	}
}

// fill makes at least 32 bits ready, as far as the scan has them; it is called with fewer than 32.
func (b *bits) fill() {
	if b.at+4 <= len(b.p) {
		v := binary.BigEndian.Uint32(b.p[b.at:])
		if x := ^v; (x-0x01010101)&^x&0x80808080 == 0 { // no byte of it is 0xFF
			b.acc, b.n, b.at = b.acc<<32|uint64(v), b.n+32, b.at+4
			return
		}
	}
	for b.n <= 48 && b.at < len(b.p) {
		v := b.p[b.at]
		if v == 0xFF {
			if b.at+1 >= len(b.p) || b.p[b.at+1] != 0 {
				return
			}
			b.at++
		}
		b.at++
		b.acc, b.n = b.acc<<8|uint64(v), b.n+8
	}
}

// look returns the next k bits, at most 16, without spending them.
func (b *bits) look(k int) int32 {
	if b.n < k {
		return int32(b.acc<<(k-b.n)) & (1<<k - 1)
	}
	return int32(b.acc>>(b.n-k)) & (1<<k - 1)
}

func (b *bits) spend(k int) {
	if b.n -= k; b.n < 0 {
		b.n, b.over = 0, true
	}
}

func (b *bits) take(k int) int32 {
	if b.n < 32 {
		b.fill()
	}
	v := b.look(k)
	b.spend(k)
	return v
}

// symbol reads one code; at least 16 bits are ready after it where the scan has them.
func (b *bits) symbol(t *table) (byte, bool) {
	if b.n < 32 {
		b.fill()
	}
	if e := t.fast[b.look(fastBits)]; e != 0 {
		b.spend(int(e & 31))
		return byte(e >> 5), !b.over
	}
	code := b.look(16)
	for length := 1; length <= 16; length++ {
		if v := code >> (16 - length); v <= t.most[length] {
			b.spend(length)
			return t.values[(v+t.offset[length])&255], !b.over
		}
	}
	return 0, false
}
