package xmp

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// gifBlocks walks a GIF file up to its first picture: the first call reads the head of the file.
func gifBlocks() func(*bufio.Reader) (block, error) {
	head := true
	return func(in *bufio.Reader) (block, error) {
		if !head {
			return gifBlock(in)
		}
		head = false
		var p [13]byte
		if _, err := io.ReadFull(in, p[:]); err != nil {
			return block{}, err
		}
		if p[10]&0x80 == 0 {
			return block{}, nil
		}
		return block{size: 3 << (1 + p[10]&7)}, nil
	}
}

func gifBlock(in *bufio.Reader) (block, error) {
	const extension, application = 0x21, 0xFF
	kind, err := in.ReadByte()
	if err != nil || kind != extension {
		return block{last: true}, err
	}
	label, err := in.ReadByte()
	if err != nil {
		return block{}, err
	}
	name, err := in.Peek(len(gifPrefix) - 2)
	if err == nil && label == application && string(name) == gifPrefix[2:] {
		return gifPacket(in, len(name))
	}
	for {
		n, err := in.ReadByte()
		if err != nil || n == 0 {
			return block{}, err
		}
		if _, err := in.Discard(int(n)); err != nil {
			return block{}, err
		}
	}
}

// gifPacket reads a packet up to the first bytes of its trailer, which no text contains.
func gifPacket(in *bufio.Reader, skip int) (block, error) {
	if _, err := in.Discard(skip); err != nil {
		return block{}, err
	}
	end := gifTrailer()
	var p []byte
	for len(p) < maxPacket {
		part, err := in.ReadSlice(0)
		if p = append(p, part...); errors.Is(err, io.EOF) {
			return block{}, io.ErrUnexpectedEOF
		} else if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return block{}, err
		}
		if i := bytes.Index(p, end[:4]); i >= 0 {
			if err == nil {
				_, err = in.Discard(1)
			}
			return block{packet: p[:i]}, err
		}
	}
	return block{}, shapeError{}
}
