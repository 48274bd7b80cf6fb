package voice

import (
	"encoding/binary"
	"fmt"
	"slices"

	"vow.example/vow/internal/media/facts"
	"vow.example/vow/internal/media/scrub"
)

// track is what the boxes of an MP4 file say about its one track of sound.
type track struct {
	*recording
	tracks int
	rate   int64  // of the clock by which the track counts
	each   uint32 // how long a sample lasts that does not say it, in the whole file
	here   uint32 // and in this fragment
}

// mp4 cleans the file as a video is cleaned, and refuses it where it holds anything but sound.
func (r *recording) mp4() error {
	t := &track{recording: r}
	limits := r.limits
	limits.Accept, limits.Look = []string{facts.MP4, facts.SoundMP4}, t.look
	info, err := scrub.Strip(r.out, r.in, limits)
	if err != nil {
		return err
	}
	if t.tracks != 1 {
		return facts.Unsupported("Of MP4 recordings, those with one track of sound are accepted here.")
	}
	r.info.Bytes, r.info.Stripped = info.Bytes, info.Stripped
	return nil
}

// look reads the boxes that say what a track is and how long its samples last.
func (t *track) look(box string, p []byte) error {
	switch box {
	case "hdlr":
		if t.tracks++; len(p) < 12 || string(p[8:12]) != "soun" || t.tracks > 1 {
			return facts.Unsupported("This file holds more than sound. Send the recording alone.")
		}
	case "mdhd":
		at := 12
		if p[0] == 1 {
			at = 20
		}
		if len(p) < at+8 || binary.BigEndian.Uint32(p[at:]) == 0 || t.rate != 0 {
			return damaged()
		}
		t.rate = int64(binary.BigEndian.Uint32(p[at:]))
	case "stsd":
		if kinds := []string{"mp4a", "Opus", "alac"}; len(p) < 16 || binary.BigEndian.Uint32(p[4:]) != 1 || !slices.Contains(kinds, string(p[12:16])) {
			return facts.Unsupported("The sound of this file is coded in a way that is not accepted here.")
		}
	case "stts":
		return t.table(p)
	case "trex":
		if len(p) < 16 {
			return damaged()
		}
		t.each = binary.BigEndian.Uint32(p[12:])
	case "tfhd":
		return t.fragment(p)
	case "trun":
		return t.run(p)
	}
	return nil
}

// plays adds samples that last so many ticks together.
func (t *track) plays(ticks int64) error {
	if t.rate == 0 {
		return damaged()
	}
	return t.lasts(played(ticks, t.rate))
}

// table adds the samples of a file that is not in fragments.
func (t *track) table(p []byte) error {
	const entry = 8
	n := int64(binary.BigEndian.Uint32(p[4:]))
	if n*entry != int64(len(p))-8 {
		return damaged()
	}
	for at := 8; at < len(p); at += entry {
		count, each := int64(binary.BigEndian.Uint32(p[at:])), int64(binary.BigEndian.Uint32(p[at+4:]))
		if err := t.plays(count * min(each, 1<<30)); err != nil {
			return err
		}
	}
	return nil
}

// fragment notes how long samples of a fragment last that do not say it.
func (t *track) fragment(p []byte) error {
	flags, at := binary.BigEndian.Uint32(p), 8
	t.here = t.each
	for _, field := range []struct {
		flag uint32
		size int
	}{{0x1, 8}, {0x2, 4}} {
		if flags&field.flag != 0 {
			at += field.size
		}
	}
	if flags&0x8 == 0 {
		return nil
	}
	if len(p) < at+4 {
		return damaged()
	}
	t.here = binary.BigEndian.Uint32(p[at:])
	return nil
}

// run adds the samples of one run of a fragment.
func (t *track) run(p []byte) error {
	flags, count := binary.BigEndian.Uint32(p), int64(binary.BigEndian.Uint32(p[4:]))
	at, size := 8, 0
	for _, flag := range []uint32{0x1, 0x4} {
		if flags&flag != 0 {
			at += 4
		}
	}
	for _, flag := range []uint32{0x100, 0x200, 0x400, 0x800} {
		if flags&flag != 0 {
			size += 4
		}
	}
	if flags&0x100 == 0 {
		return t.plays(count * int64(t.here))
	}
	if int64(at)+count*int64(size) > int64(len(p)) {
		return fmt.Errorf("voice: run of samples: %w", damaged())
	}
	ticks := int64(0)
	for range count {
		ticks += int64(binary.BigEndian.Uint32(p[at:]))
		at += size
	}
	return t.plays(ticks)
}
