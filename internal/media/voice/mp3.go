package voice

import (
	"encoding/binary"
	"strings"

	"vow.example/vow/internal/media/facts"
)

// mp3 passes frames on and drops tags, wherever they stand.
func (r *recording) mp3() error {
	for {
		p, err := r.peek(128)
		if err != nil || len(p) == 0 {
			return err
		}
		tag := tagLength(p)
		switch {
		case tag > 0:
			r.removed("tags")
			err = r.skip(tag)
		case p[0] == 0: // padding between and behind
			err = r.skip(int64(len(p) - len(strings.TrimLeft(string(p), "\x00"))))
		default:
			err = r.frame(p)
		}
		if err != nil {
			return err
		}
	}
}

// tagLength returns the length of the tag that begins here, or 0.
func tagLength(p []byte) int64 {
	const id3, ape, id3v1 = 10, 32, 128
	switch {
	case len(p) >= id3 && string(p[:3]) == "ID3" && (p[6]|p[7]|p[8]|p[9])&0x80 == 0:
		n := int64(p[6])<<21 | int64(p[7])<<14 | int64(p[8])<<7 | int64(p[9])
		if p[5]&0x10 != 0 { // it has a footer
			n += id3
		}
		return n + id3
	case len(p) >= ape && string(p[:8]) == "APETAGEX" && p[23]&0x20 != 0: // its head comes first
		return int64(binary.LittleEndian.Uint32(p[12:])) + ape
	case len(p) >= ape && string(p[:8]) == "APETAGEX": // its foot, of what was skipped
		return ape
	case len(p) == id3v1 && string(p[:3]) == "TAG":
		return id3v1
	default:
		return 0
	}
}

// frame passes one frame of layer III on.
func (r *recording) frame(p []byte) error {
	if facts.Sniff(p) != facts.MP3 || p[0] != 0xff {
		return damaged()
	}
	kilobits := [2][15]int64{
		{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
		{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},
	}
	rates := [4][3]int64{{11025, 12000, 8000}, {}, {22050, 24000, 16000}, {44100, 48000, 32000}}
	version, full := p[1]>>3&3, 0
	if version == 3 {
		full = 1
	}
	rate, samples := rates[version][p[2]>>2&3], int64(576*(full+1))
	size := samples/8*1000*kilobits[full][p[2]>>4]/rate + int64(p[2]>>1&1)
	if size < 4 || rate == 0 {
		return damaged()
	}
	if begin := string(p[:min(len(p), 48)]); r.length == 0 && (strings.Contains(begin, "Xing") || strings.Contains(begin, "Info")) {
		r.removed("names of programs") // a frame of silence that describes the file
		return r.skip(size)
	}
	if err := r.lasts(played(samples, rate)); err != nil {
		return err
	}
	return r.copy(size)
}
