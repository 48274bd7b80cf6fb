package voice

import (
	"encoding/binary"

	"vow.example/vow/internal/media/facts"
)

// flac passes the description of the stream and its frames on, without the other blocks.
func (r *recording) flac() error {
	head, err := r.next(4 + 4 + 34)
	if err != nil {
		return err
	}
	const onlyBlock, described = 0x80, 34
	end := head[4]&onlyBlock != 0
	if string(head[:4]) != "fLaC" || head[4]&^onlyBlock != 0 || head[5] != 0 || head[6] != 0 || head[7] != described {
		return damaged()
	}
	rate := int64(binary.BigEndian.Uint32(head[18:]) >> 12)
	samples := int64(binary.BigEndian.Uint64(head[18:]) & (1<<36 - 1))
	if rate == 0 || samples == 0 {
		return facts.Unreadable("The recording does not say how long it is. Save it again as a FLAC or WAV file.")
	}
	if err := r.lasts(played(samples, rate)); err != nil {
		return err
	}
	head[4] |= onlyBlock
	if err := r.write(head); err != nil {
		return err
	}
	for !end {
		block, err := r.next(4)
		if err != nil {
			return err
		}
		r.removed("metadata blocks")
		end = block[0]&onlyBlock != 0
		block[0] = 0
		if err := r.skip(int64(binary.BigEndian.Uint32(block))); err != nil {
			return err
		}
	}
	if p, err := r.peek(2); err != nil || len(p) < 2 || p[0] != 0xff || p[1]&0xfe != 0xf8 {
		return damaged()
	}
	return r.frames()
}

// frames passes the rest on, without a tag of other programs at its very end.
func (r *recording) frames() error {
	const tag = 128
	for {
		p, err := r.peek(bufferBytes / 2)
		switch {
		case err != nil || len(p) == 0:
			return err
		case len(p) == tag && string(p[:3]) == "TAG":
			r.removed("tags")
			return r.skip(tag)
		}
		n := int64(len(p))
		if n > tag {
			n -= tag // what may be the tag is looked at once it is alone
		}
		if err := r.copy(n); err != nil {
			return err
		}
	}
}
