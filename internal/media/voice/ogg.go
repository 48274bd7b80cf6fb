package voice

import (
	"encoding/binary"
	"strings"
	"time"

	"vow.example/vow/internal/media/facts"
)

// The flags of a page.
const (
	continued = 1
	first     = 2
	last      = 4
)

// page is one page of an Ogg stream.
type page struct {
	head  []byte // 27 bytes
	sizes []byte // of the pieces of packets
	body  []byte
}

func (p page) serial() string { return string(p.head[14:18]) }

func (p page) is(flag byte) bool { return p.head[5]&flag != 0 }

// whole reports whether the page ends with the end of a packet.
func (p page) whole() bool { return len(p.sizes) > 0 && p.sizes[len(p.sizes)-1] < 255 }

// packets counts the packets that end in the page.
func (p page) packets() (n int) {
	for _, size := range p.sizes {
		if size < 255 {
			n++
		}
	}
	return n
}

// ogg passes the pages of one Opus stream on, without its comments.
func (r *recording) ogg() error {
	table := crcTable()
	head, err := r.page(&table)
	if err != nil {
		return err
	}
	if !head.is(first) || !isOpusHead(string(head.body)) || head.packets() != 1 || !head.whole() {
		return facts.Unsupported("Of Ogg recordings, those with one track of Opus are accepted here.")
	}
	if err := r.put(&table, head, 0); err != nil {
		return err
	}
	if err := r.comments(&table, head); err != nil {
		return err
	}
	for number := uint32(2); ; number++ {
		p, err := r.page(&table)
		if err != nil {
			return err
		}
		if p.is(first) || p.serial() != head.serial() {
			return facts.Unsupported("Of Ogg recordings, those with one track of Opus are accepted here.")
		}
		if err := r.lasts(p.plays()); err != nil {
			return err
		}
		if err := r.put(&table, p, number); err != nil {
			return err
		}
		if p.is(last) {
			return r.trailer()
		}
	}
}

// comments reads the packet of comments and writes an empty one in its place.
func (r *recording) comments(table *[256]uint32, head page) error {
	const none = "OpusTags\x00\x00\x00\x00\x00\x00\x00\x00"
	length := 0
	for ended := false; !ended; {
		p, err := r.page(table)
		if err != nil {
			return err
		}
		if p.serial() != head.serial() || p.is(first) || p.is(last) || p.packets() > 1 || length == 0 && !strings.HasPrefix(string(p.body), none[:8]) {
			return damaged()
		}
		length += len(p.body)
		ended = p.packets() == 1
		if ended && !p.whole() {
			return damaged()
		}
	}
	if length > len(none) {
		r.removed("comments")
	}
	empty := page{head: append([]byte(nil), head.head...), sizes: []byte{byte(len(none))}, body: []byte(none)}
	empty.head[5], empty.head[26] = 0, 1
	clear(empty.head[6:14])
	return r.put(table, empty, 1)
}

// page reads a page and proves its check sum.
func (r *recording) page(table *[256]uint32) (p page, err error) {
	if p.head, err = r.next(27); err != nil {
		return p, err
	}
	if string(p.head[:5]) != "OggS\x00" {
		return p, damaged()
	}
	if p.sizes, err = r.next(int(p.head[26])); err != nil {
		return p, err
	}
	n := 0
	for _, size := range p.sizes {
		n += int(size)
	}
	if p.body, err = r.next(n); err != nil {
		return p, err
	}
	if want := binary.LittleEndian.Uint32(p.head[22:]); p.sum(table) != want {
		return p, damaged()
	}
	return p, nil
}

// put writes a page under a number.
func (r *recording) put(table *[256]uint32, p page, number uint32) error {
	binary.LittleEndian.PutUint32(p.head[18:], number)
	binary.LittleEndian.PutUint32(p.head[22:], p.sum(table))
	for _, part := range [][]byte{p.head, p.sizes, p.body} {
		if err := r.write(part); err != nil {
			return err
		}
	}
	return nil
}

// sum is the check sum of the page, in which the place of the sum itself counts as zero.
func (p page) sum(table *[256]uint32) (crc uint32) {
	for i, part := range [][]byte{p.head, p.sizes, p.body} {
		for at, b := range part {
			if i == 0 && at >= 22 && at < 26 {
				b = 0
			}
			crc = crc<<8 ^ table[byte(crc>>24)^b]
		}
	}
	return crc
}

func crcTable() (table [256]uint32) {
	const polynomial = 0x04c11db7
	for i := range table {
		crc := uint32(i) << 24
		for range 8 {
			if crc>>31 == 1 {
				crc = crc<<1 ^ polynomial
			} else {
				crc <<= 1
			}
		}
		table[i] = crc
	}
	return table
}

// plays is how long the packets play that begin in the page.
func (p page) plays() (d time.Duration) {
	begins, at := !p.is(continued), 0
	for _, size := range p.sizes {
		if begins {
			d += opusPlays(p.body[at : at+int(size)])
		}
		begins, at = size < 255, at+int(size)
	}
	return d
}

// isOpusHead reports whether this describes a stream of Opus, and nothing else.
func isOpusHead(s string) bool {
	const least, most = 19, 21 + 255
	return strings.HasPrefix(s, "OpusHead") && len(s) >= least && len(s) <= most && s[9] > 0
}

// opusPlays is how long a packet of Opus plays, by its first two bytes (RFC 6716, 3.1).
func opusPlays(packet []byte) time.Duration {
	if len(packet) == 0 {
		return 0
	}
	var frame time.Duration
	switch kind := packet[0] >> 3; {
	case kind < 12:
		frame = []time.Duration{10, 20, 40, 60}[kind&3] * time.Millisecond
	case kind < 16:
		frame = []time.Duration{10, 20}[kind&1] * time.Millisecond
	default:
		frame = []time.Duration{2500, 5000, 10000, 20000}[kind&3] * time.Microsecond
	}
	switch code := packet[0] & 3; {
	case code == 0:
		return frame
	case code < 3:
		return 2 * frame
	case len(packet) < 2:
		return 0
	default:
		return time.Duration(packet[1]&0x3f) * frame
	}
}
