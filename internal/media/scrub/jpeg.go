package scrub

import (
	"bytes"
	"encoding/binary"

	"vow.example/vow/internal/media/facts"
)

// The JPEG markers with a meaning of their own here (ITU-T T.81, table B.1).
const (
	markTEM   = 0x01
	markSOF0  = 0xC0
	markSOF2  = 0xC2
	markDHT   = 0xC4
	markJPG   = 0xC8
	markDAC   = 0xCC
	markRST0  = 0xD0
	markRST7  = 0xD7
	markSOI   = 0xD8
	markEOI   = 0xD9
	markSOS   = 0xDA
	markDQT   = 0xDB
	markDRI   = 0xDD
	markAPP0  = 0xE0
	markAPP1  = 0xE1
	markAPP2  = 0xE2
	markAPP13 = 0xED
	markAPP14 = 0xEE
	markAPP15 = 0xEF
	markCOM   = 0xFE
)

// maxScans bounds the passes of a progressive picture: real files have about ten, and each one
// costs a decoder a walk over the whole picture.
const maxScans = 64

type jpegState struct {
	*stream
	frame bool
	exif  bool
	scans int
}

func (s *stream) stripJPEG() error {
	j := &jpegState{stream: s}
	var soi [2]byte
	if err := s.readFull(soi[:]); err != nil {
		return err
	}
	if err := s.write(soi[:]); err != nil {
		return err
	}
	marker, err := j.nextMarker()
	for ; err == nil && marker != markEOI; err = j.advance(&marker) {
		if marker == markTEM || marker >= markRST0 && marker <= markRST7 {
			continue
		}
		if err := j.segment(marker); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	if !j.frame || j.scans == 0 {
		return facts.Unreadable("The JPEG file holds no picture.")
	}
	return s.write([]byte{0xFF, markEOI})
}

func (j *jpegState) advance(marker *byte) (err error) {
	*marker, err = j.nextMarker()
	return err
}

// nextMarker reads one marker with its optional fill bytes.
func (j *jpegState) nextMarker() (byte, error) {
	b, err := j.readByte()
	if err != nil {
		return 0, err
	}
	if b != 0xFF {
		return 0, facts.Unreadable("The JPEG file is damaged: a segment does not start where it should.")
	}
	for b == 0xFF {
		if b, err = j.readByte(); err != nil {
			return 0, err
		}
	}
	return b, nil
}

func (j *jpegState) segment(marker byte) error {
	var size [2]byte
	if marker == markSOI || marker < markSOF0 {
		return facts.Unreadable("The JPEG file is damaged: it holds an unknown segment.")
	}
	if err := j.readFull(size[:]); err != nil {
		return err
	}
	n := int(binary.BigEndian.Uint16(size[:])) - 2
	if n < 0 {
		return facts.Unreadable("The JPEG file is damaged: a segment has an impossible length.")
	}
	switch {
	case marker == markSOS:
		return j.scan(n)
	case marker == markDHT, marker == markDQT, marker == markDRI:
		return j.copySegment(marker, n)
	case marker == markDAC, marker == markJPG:
		return facts.Unsupported("This kind of JPEG (arithmetic coding) is not supported.")
	case marker < markRST0:
		return j.startOfFrame(marker, n)
	case marker >= markAPP0 && marker <= markAPP15:
		return j.application(marker, n)
	case marker == markCOM:
		j.stripped("comment")
		return j.skip(int64(n))
	}
	return facts.Unsupported("This kind of JPEG (hierarchical or extended) is not supported.")
}

func (j *jpegState) head(marker byte, n int) error {
	return j.write([]byte{0xFF, marker, byte((n + 2) >> 8), byte(n + 2)})
}

func (j *jpegState) copySegment(marker byte, n int) error {
	if err := j.head(marker, n); err != nil {
		return err
	}
	return j.copy(int64(n))
}

func (j *jpegState) startOfFrame(marker byte, n int) error {
	if marker > markSOF2 {
		return facts.Unsupported("This kind of JPEG (lossless or arithmetic coding) is not supported.")
	}
	if j.frame || n < 9 || n > 6+3*4 {
		return facts.Unreadable("The JPEG file is damaged: its frame header is wrong.")
	}
	p := j.hold(n)
	if err := j.readFull(p); err != nil {
		return err
	}
	if err := j.sized(int64(binary.BigEndian.Uint16(p[3:])), int64(binary.BigEndian.Uint16(p[1:]))); err != nil {
		return err
	}
	j.frame = true
	if err := j.head(marker, n); err != nil {
		return err
	}
	return j.write(p)
}

// scan copies a scan header and the entropy-coded bytes up to the next marker, which it leaves
// unread.
func (j *jpegState) scan(n int) error {
	if j.scans++; !j.frame || j.scans > maxScans {
		return facts.Unreadable("The JPEG file is damaged: it holds scans that no camera writes.")
	}
	if err := j.copySegment(markSOS, n); err != nil {
		return err
	}
	for {
		p, err := j.in.Peek(max(2, min(j.in.Buffered(), bufferBytes)))
		if len(p) < 2 {
			return j.fail(err)
		}
		stop := endOfEntropy(p)
		if err := j.count(stop); err != nil {
			return err
		}
		if err := j.write(p[:stop]); err != nil {
			return err
		}
		done := stop+1 < len(p)
		if _, err := j.in.Discard(stop); err != nil {
			return j.fail(err)
		}
		if done {
			return nil
		}
	}
}

// endOfEntropy returns how many bytes of p certainly belong to the scan: up to a marker that is
// neither a stuffed byte nor a restart, or up to a last 0xFF that needs its successor.
func endOfEntropy(p []byte) int {
	for i := 0; i < len(p); {
		k := bytes.IndexByte(p[i:], 0xFF)
		if k < 0 {
			return len(p)
		}
		i += k
		if i+1 == len(p) {
			return i
		}
		if next := p[i+1]; next != 0 && (next < markRST0 || next > markRST7) {
			return i
		}
		i += 2
	}
	return len(p)
}

// application keeps only what a decoder needs: JFIF without its thumbnail, the colour profile and
// Adobe's colour transform.
func (j *jpegState) application(marker byte, n int) error {
	p := j.hold(n)
	if err := j.readFull(p); err != nil {
		return err
	}
	switch {
	case marker == markAPP0 && n >= 14 && bytes.HasPrefix(p, []byte("JFIF\x00")):
		if n > 14 {
			j.stripped("thumbnail")
		}
		p[12], p[13] = 0, 0
		return j.keep(marker, p[:14])
	case marker == markAPP2 && n >= 14 && bytes.HasPrefix(p, []byte("ICC_PROFILE\x00")):
		return j.keep(marker, p)
	case marker == markAPP14 && n >= 12 && bytes.HasPrefix(p, []byte("Adobe")):
		return j.keep(marker, p[:12])
	case marker == markAPP1 && bytes.HasPrefix(p, []byte("Exif\x00")):
		if !j.exif && n > 6 {
			j.exif = true
			j.info.Orientation = exifOrientation(p[6:])
		}
		j.stripped("exif")
	case marker == markAPP1:
		j.stripped("xmp")
	case marker == markAPP13:
		j.stripped("iptc")
	case marker == markAPP0:
		j.stripped("thumbnail")
	default:
		j.stripped("application data")
	}
	return nil
}

func (j *jpegState) keep(marker byte, p []byte) error {
	if err := j.head(marker, len(p)); err != nil {
		return err
	}
	return j.write(p)
}

// exifOrientation reads tag 0x0112 of the first directory of a TIFF block; anything odd is 1.
func exifOrientation(p []byte) int {
	if len(p) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	switch string(p[:4]) {
	case "II*\x00":
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 1
	}
	at := int64(order.Uint32(p[4:]))
	if at+2 > int64(len(p)) {
		return 1
	}
	count := int64(order.Uint16(p[at:]))
	for i, e := int64(0), at+2; i < count && e+12 <= int64(len(p)); i, e = i+1, e+12 {
		const short = 3
		if order.Uint16(p[e:]) != 0x0112 || order.Uint16(p[e+2:]) != short {
			continue
		}
		if v := int(order.Uint16(p[e+8:])); v >= 1 && v <= 8 {
			return v
		}
		return 1
	}
	return 1
}
