package scrub

import (
	"encoding/binary"
	"strings"

	"vow.example/vow/internal/media/facts"
)

// maxDepth bounds how deep boxes may nest; moov/trak/mdia/minf/stbl/… needs seven.
const maxDepth = 10

// maxWholeBox bounds the boxes that are read whole because their content is looked into.
const maxWholeBox = maxHeld

// The boxes of ISO/IEC 14496-12 that a player needs. Everything else says something about the
// recording, or nothing.
const (
	containerBoxes = "moov trak mdia minf stbl dinf edts mvex moof traf mfra gmhd tref"
	playingBoxes   = "ftyp styp mdat elst vmhd smhd sthd nmhd hmhd gmin dref stsd stts ctts cslg stss stsc stsz stz2 " +
		"sdtp sbgp sgpd subs saiz saio mehd trex mfhd tfhd tfdt trun sidx ssix tfra mfro hint cdsc chap sync"
	lookedIntoBoxes = "mvhd tkhd mdhd hdlr stco co64"
	timedBoxes      = "trex tfhd trun stsd stts" // what Limits.Look is shown besides
	pictureTracks   = "vide soun subt sbtl text clcp auxv tmcd"
)

type box struct {
	name   string
	header []byte // 8 bytes, or 16 with a 64-bit size
	size   int64  // of the payload
	open   bool   // reaches to the end of the file
}

type mp4State struct {
	*stream
	seen map[string]bool
	last int64 // the highest position that a sample table names
}

func listed(list, name string) bool {
	return len(name) == 4 && !strings.Contains(name, " ") && strings.Contains(" "+list+" ", " "+name+" ")
}

func (s *stream) stripMP4() error {
	m := &mp4State{stream: s, seen: map[string]bool{}}
	for first := true; ; first = false {
		if p, _ := m.in.Peek(1); len(p) == 0 {
			break
		}
		b, err := m.header(m.limits.MaxBytes - m.read)
		if err != nil {
			return err
		}
		if first && b.name != "ftyp" {
			return facts.Unreadable("The video file is damaged: it does not start as it should.")
		}
		if err := m.box(b, "", 1); err != nil {
			return err
		}
	}
	switch {
	case !m.seen["moov"] || !m.seen["mdat"]:
		return facts.Truncated()
	case m.last >= m.read:
		return facts.Truncated()
	case s.info.Width == 0 && m.limits.Look == nil:
		return facts.Unreadable("The video file holds no picture track.")
	}
	return nil
}

// header reads the head of a box that may be at most room bytes long.
func (m *mp4State) header(room int64) (box, error) {
	head := make([]byte, 8, 16)
	if err := m.readFull(head); err != nil {
		return box{}, err
	}
	b := box{name: string(head[4:8]), size: int64(binary.BigEndian.Uint32(head)) - 8}
	switch b.size + 8 {
	case 0:
		b.open = true
		b.size = 0
	case 1:
		head = head[:16]
		if err := m.readFull(head[8:]); err != nil {
			return box{}, err
		}
		large := binary.BigEndian.Uint64(head[8:])
		if large > 1<<62 {
			return box{}, facts.Unreadable("The video file is damaged: a part of it has an impossible length.")
		}
		b.size = int64(large) - 16
	}
	b.header = head
	if b.size < 0 {
		return box{}, facts.Unreadable("The video file is damaged: a part of it has an impossible length.")
	}
	if b.size+int64(len(head)) > room && !b.open {
		return box{}, m.tooLong(b)
	}
	return b, nil
}

// tooLong tells a file over the limit from a box that is longer than its parent.
func (m *mp4State) tooLong(b box) error {
	if m.read+b.size > m.limits.MaxBytes {
		return facts.TooLarge(m.limits.MaxBytes)
	}
	return facts.Unreadable("The video file is damaged: a part of it is longer than the whole.")
}

func (m *mp4State) box(b box, parent string, depth int) error {
	if b.name == "moov" || b.name == "mdat" {
		m.seen[b.name] = true
	}
	if b.open {
		return m.openBox(b, depth)
	}
	switch {
	case listed(containerBoxes, b.name):
		return m.container(b, depth)
	case listed(lookedIntoBoxes, b.name), m.limits.Look != nil && listed(timedBoxes, b.name):
		return m.inspect(b, parent)
	case listed(playingBoxes, b.name):
		if err := m.write(b.header); err != nil {
			return err
		}
		return m.copy(b.size)
	}
	return m.free(b)
}

// openBox copies a last "mdat" that has no length of its own.
func (m *mp4State) openBox(b box, depth int) error {
	if depth != 1 || b.name != "mdat" || m.limits.Closed {
		return facts.Unreadable("The video file is damaged: a part of it has no length.")
	}
	if err := m.write(b.header); err != nil {
		return err
	}
	for {
		if p, _ := m.in.Peek(1); len(p) == 0 {
			return nil
		}
		if err := m.copy(int64(m.in.Buffered())); err != nil {
			return err
		}
	}
}

func (m *mp4State) container(b box, depth int) error {
	if depth > maxDepth {
		return facts.Unreadable("The video file is damaged: its parts nest too deeply.")
	}
	if err := m.write(b.header); err != nil {
		return err
	}
	for left := b.size; left > 0; {
		if left < 8 { // QuickTime may close a list with a zero word
			return m.blank(left)
		}
		inner, err := m.header(left)
		if err != nil {
			return err
		}
		if inner.open {
			return facts.Unreadable("The video file is damaged: a part of it has no length.")
		}
		left -= int64(len(inner.header)) + inner.size
		if err := m.box(inner, b.name, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// free blanks a box in place.
func (m *mp4State) free(b box) error {
	if b.name != "free" && b.name != "skip" && b.name != "wide" {
		m.stripped("metadata boxes")
	}
	copy(b.header[4:8], "free")
	if err := m.write(b.header); err != nil {
		return err
	}
	return m.blank(b.size)
}

// inspect reads a small box whole, blanks the times and names in it, and learns from it.
func (m *mp4State) inspect(b box, parent string) error {
	if err := m.write(b.header); err != nil {
		return err
	}
	if b.name == "stco" || b.name == "co64" {
		return m.offsets(b)
	}
	if b.size < 16 && !listed(timedBoxes, b.name) || b.size < 8 || b.size > maxWholeBox {
		return facts.Unreadable("The video file is damaged: a header in it has an impossible length.")
	}
	p := m.hold(int(b.size))
	if err := m.readFull(p); err != nil {
		return err
	}
	var err error
	if m.limits.Look != nil {
		if err := m.limits.Look(b.name, p); err != nil {
			return err
		}
	}
	switch b.name {
	case "trex", "tfhd", "trun", "stsd", "stts":
	case "hdlr":
		err = m.handler(p, parent)
	case "tkhd":
		m.blankTimes(p)
		err = m.track(p)
	default:
		m.blankTimes(p)
	}
	if err != nil {
		return err
	}
	return m.write(p)
}

// blankTimes removes when the recording was made and changed.
func (m *mp4State) blankTimes(p []byte) {
	n := 8
	if p[0] == 1 {
		n = 16
	}
	for i := 4; i < 4+n && i < len(p); i++ {
		if p[i] != 0 {
			m.stripped("recording times")
			p[i] = 0
		}
	}
}

// handler refuses tracks whose samples describe the recording (position, motion, faces): they lie
// among the pictures in "mdat", where a stream that is read once cannot find them.
func (m *mp4State) handler(p []byte, parent string) error {
	const typeAt, nameAt = 8, 24
	if kind := string(p[typeAt : typeAt+4]); parent == "mdia" && !listed(pictureTracks, kind) {
		return facts.Unsupported("This video has a hidden track with data about the recording, for example where it was made. " +
			"Export it without that track and send it again.")
	}
	if len(p) > nameAt {
		clear(p[nameAt:])
	}
	return nil
}

// track reads the size of the picture, which stands at the end of the box in 16.16 numbers.
func (m *mp4State) track(p []byte) error {
	w := int64(binary.BigEndian.Uint32(p[len(p)-8:]) >> 16)
	h := int64(binary.BigEndian.Uint32(p[len(p)-4:]) >> 16)
	if w == 0 || h == 0 || w*h < int64(m.info.Width)*int64(m.info.Height) {
		return nil
	}
	return m.sized(w, h)
}

// offsets copies a table of sample positions and remembers the highest one.
func (m *mp4State) offsets(b box) error {
	width := int64(4)
	if b.name == "co64" {
		width = 8
	}
	var head [8]byte
	if b.size < 8 {
		return facts.Unreadable("The video file is damaged: a table in it is too short.")
	}
	if err := m.readFull(head[:]); err != nil {
		return err
	}
	if err := m.write(head[:]); err != nil {
		return err
	}
	count := int64(binary.BigEndian.Uint32(head[4:]))
	if count*width > b.size-8 {
		return facts.Unreadable("The video file is damaged: a table in it is too short.")
	}
	var entry [8]byte
	for range count {
		if err := m.readFull(entry[8-width:]); err != nil {
			return err
		}
		m.last = max(m.last, int64(binary.BigEndian.Uint64(entry[:])&(1<<62-1)))
		if err := m.write(entry[8-width:]); err != nil {
			return err
		}
	}
	return m.blank(b.size - 8 - count*width)
}
