package voice

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strings"

	"vow.example/vow/internal/media/facts"
)

// The elements of WebM (RFC 8794, RFC 9559) that are looked into.
const (
	idSegment      = 0x18538067
	idCluster      = 0x1f43b675
	idTrackEntry   = 0xae
	idTrackType    = 0x83
	idCodec        = 0x86
	idCodecPrivate = 0x63a2
	idEncodings    = 0x6d80
	idDocType      = 0x4282
	idSimpleBlock  = 0xa3
	idBlock        = 0xa1
	idVoid         = 0xec
	idCRC          = 0xbf
	idSeekHead     = 0x114d9b74
	idCues         = 0x1c53bb6b
)

const unknownSize = -1

// element is the head of an element.
type element struct {
	id   uint32
	raw  []byte // as it stands in the file
	size int64
}

// webm is a recording in a WebM file. Elements that hold others are looked through: whatever stands in
// them is one of a closed list, or becomes an empty element of the same length.
type webm struct {
	*recording
	tracks           int
	isWebM           bool
	isSound, isOpus  bool
	described, began bool
}

func (r *recording) webm() error {
	w := &webm{recording: r}
	for {
		if p, err := r.peek(1); err != nil || len(p) == 0 {
			return err
		}
		e, err := w.element()
		if err != nil {
			return err
		}
		if err := w.pass(e); err != nil {
			return err
		}
	}
}

// element reads the head of the next element.
func (w *webm) element() (e element, err error) {
	p, err := w.next(1)
	if err != nil {
		return e, err
	}
	n := bits.LeadingZeros8(p[0]) + 1
	if n > 4 {
		return e, damaged()
	}
	rest, err := w.next(n) // the rest of the identifier, and the first byte of the size
	if err != nil {
		return e, err
	}
	e.raw = append(p, rest...)
	for _, b := range e.raw[:n] {
		e.id = e.id<<8 | uint32(b)
	}
	head := e.raw[n]
	more := bits.LeadingZeros8(head)
	if more > 7 {
		return e, damaged()
	}
	tail, err := w.next(more)
	if err != nil {
		return e, err
	}
	e.raw = append(e.raw, tail...)
	e.size = int64(head) & (1<<(7-more) - 1)
	known := e.size != 1<<(7-more)-1
	for _, b := range tail {
		e.size = e.size<<8 | int64(b)
		known = known || b != 0xff
	}
	if !known {
		e.size = unknownSize
	}
	return e, nil
}

// pass passes one element on, or an empty one in its place.
func (w *webm) pass(e element) error {
	switch {
	case through(e.id):
		if e.size == unknownSize && e.id != idSegment && e.id != idCluster {
			return damaged()
		}
		if e.id == idTrackEntry {
			w.tracks++
		}
		return w.write(e.raw)
	case e.size == unknownSize:
		return damaged()
	case e.id == idEncodings:
		return facts.Unsupported("The sound of this file is encrypted or compressed twice, which is not accepted here.")
	case e.id == idSimpleBlock || e.id == idBlock:
		return w.block(e)
	case short(e.id):
		return w.short(e)
	default:
		return w.void(e)
	}
}

// through reports whether an element holds others that are looked at one by one.
func through(id uint32) bool {
	switch id {
	case 0x1a45dfa3, idSegment, 0x1549a966, 0x1654ae6b, idTrackEntry, 0xe1, idCluster, 0xa0:
		return true
	}
	return false
}

// short reports whether an element is one number or word that a player needs.
func short(id uint32) bool {
	switch id {
	case 0x4286, 0x42f7, 0x42f2, 0x42f3, idDocType, 0x4287, 0x4285, // of the file
		0x2ad7b1, 0x4489, 0x4d80, 0x5741, // of its description
		0xd7, 0x73c5, idTrackType, 0xb9, 0x88, 0x55aa, 0x9c, 0x23e383, idCodec, idCodecPrivate, 0x56aa, 0x56bb, 0x22b59c, // of the track
		0xb5, 0x78b5, 0x9f, 0x6264, // of its sound
		0xe7, 0xab, 0xa7, 0x9b, 0xfb, 0x75a2: // of a cluster
		return true
	}
	return false
}

// short passes a number or word on after looking at it.
func (w *webm) short(e element) error {
	const longestNumber, longestWord = 8, 300
	most := int64(longestNumber)
	switch e.id {
	case idDocType, idCodec, idCodecPrivate, 0x22b59c, 0x4d80, 0x5741:
		most = longestWord
	}
	if e.size > most {
		return damaged()
	}
	p, err := w.next(int(e.size))
	if err != nil {
		return err
	}
	word := strings.TrimRight(string(p), "\x00")
	switch e.id {
	case idDocType:
		w.isWebM = word == "webm"
	case idTrackType:
		w.isSound = len(p) > 0 && bytes.Equal(p, append(make([]byte, len(p)-1), 2))
	case idCodec:
		w.isOpus = word == "A_OPUS"
	case idCodecPrivate:
		w.described = isOpusHead(string(p))
	case 0x4d80, 0x5741:
		w.removed("names of programs")
		clear(p)
	}
	if err := w.write(e.raw); err != nil {
		return err
	}
	return w.write(p)
}

// block passes one packet on.
func (w *webm) block(e element) error {
	if !w.began && (!w.isWebM || w.tracks != 1 || !w.isSound || !w.isOpus || !w.described) {
		return facts.Unsupported("Of WebM recordings, those with one track of Opus and nothing else are accepted here.")
	}
	w.began = true
	const head = 4 // number of the track in one byte, moment, flags
	const lacing = 6
	p, err := w.peek(head + 2)
	if err != nil {
		return err
	}
	if w.tracks != 1 || e.size <= head || len(p) <= head || p[0]&0x80 == 0 || p[3]&lacing != 0 {
		return damaged()
	}
	if err := w.lasts(opusPlays(p[head:min(int64(len(p)), e.size)])); err != nil {
		return err
	}
	if err := w.write(e.raw); err != nil {
		return err
	}
	return w.copy(e.size)
}

// void writes an empty element of the same length in the place of this one.
func (w *webm) void(e element) error {
	switch e.id {
	case idVoid, idCRC, idSeekHead, idCues:
	default:
		w.removed("metadata elements")
	}
	const oneByte, eightBytes = 2, 9 // identifier and size
	total := int64(len(e.raw)) + e.size
	head := []byte{idVoid, 0x80 | byte(total-oneByte)}
	if total-oneByte > 126 {
		head = binary.BigEndian.AppendUint64([]byte{idVoid}, 1<<56|uint64(total-eightBytes))
	}
	if err := w.write(head); err != nil {
		return err
	}
	if gap := len(e.raw) - len(head); gap >= 0 {
		if err := w.write(make([]byte, gap)); err != nil {
			return err
		}
		return w.blank(e.size)
	}
	if err := w.skip(int64(len(head) - len(e.raw))); err != nil { // the longer head takes room of the content
		return err
	}
	return w.blank(e.size - int64(len(head)-len(e.raw)))
}
