package voice

import (
	"encoding/binary"
	"slices"

	"vow.example/vow/internal/media/facts"
)

// The ways in which the samples of a WAV file may be written, and the bounds of a sensible one.
const (
	pcm, float, aLaw, muLaw, extensible = 1, 3, 6, 7, 0xfffe

	maxChannels = 8
	minRate     = 1000
	maxRate     = 384_000
)

func (r *recording) wav() error {
	head, err := r.next(12)
	if err != nil {
		return err
	}
	const unknown = 1<<32 - 1
	size := int64(binary.LittleEndian.Uint32(head[4:]))
	if string(head[:4]) != "RIFF" || string(head[8:]) != "WAVE" {
		return damaged()
	}
	if size < 4 || size == unknown {
		return facts.Unreadable("The recording does not say how long its file is. Save it again as a WAV file.")
	}
	if err := r.write(head); err != nil {
		return err
	}
	perSecond := int64(0)
	left := size - 4
	for left >= 8 {
		if left, err = r.chunk(left, &perSecond); err != nil {
			return err
		}
	}
	if err := r.blank(left); err != nil {
		return err
	}
	return r.trailer()
}

// chunk passes one chunk on and returns how much of the file is left.
func (r *recording) chunk(left int64, perSecond *int64) (int64, error) {
	head, err := r.next(8)
	if err != nil {
		return 0, err
	}
	n, left := int64(binary.LittleEndian.Uint32(head[4:])), left-8
	padded := min(n+n&1, max(left, n)) // some programs leave out the last byte of padding
	if padded > left {
		return 0, damaged()
	}
	switch string(head[:4]) {
	case "fmt ":
		err = r.format(head, n, perSecond)
	case "data":
		if *perSecond == 0 {
			return 0, damaged()
		}
		if err = r.lasts(played(n, *perSecond)); err == nil {
			err = r.write(head)
		}
		if err == nil {
			err = r.copy(padded)
		}
	default:
		if id := string(head[:4]); id != "JUNK" && id != "fact" {
			r.removed("metadata chunks")
		}
		copy(head, "JUNK")
		if err = r.write(head); err == nil {
			err = r.blank(padded)
		}
	}
	return left - padded, err
}

// format checks how the samples are written, and notes how many bytes a second takes.
func (r *recording) format(head []byte, n int64, perSecond *int64) error {
	if *perSecond != 0 || !slices.Contains([]int64{16, 18, 40}, n) {
		return damaged()
	}
	p, err := r.next(int(n))
	if err != nil {
		return err
	}
	tag, channels := binary.LittleEndian.Uint16(p), int64(binary.LittleEndian.Uint16(p[2:]))
	rate, align := int64(binary.LittleEndian.Uint32(p[4:])), int64(binary.LittleEndian.Uint16(p[12:]))
	bits := int64(binary.LittleEndian.Uint16(p[14:]))
	if tag == extensible && n == 40 {
		tag = binary.LittleEndian.Uint16(p[24:])
	}
	if !slices.Contains([]uint16{pcm, float, aLaw, muLaw}, tag) {
		return facts.Unsupported("The samples of this WAV file are compressed in a way that is not accepted here. Save it as PCM.")
	}
	if channels < 1 || channels > maxChannels || rate < minRate || rate > maxRate || bits%8 != 0 || align != channels*bits/8 || align == 0 {
		return damaged()
	}
	*perSecond = rate * align
	if err := r.write(head); err != nil {
		return err
	}
	return r.write(p)
}
