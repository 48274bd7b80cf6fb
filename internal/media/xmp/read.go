package xmp

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// maxPacket bounds the XMP block that is read; maxBlocks bounds the walk to it.
const (
	maxPacket = 256 << 10
	maxBlocks = 1 << 16
)

type shapeError struct{}

// Error says that the file is of no kind that the package reads.
func (shapeError) Error() string { return "xmp: not a JPEG, PNG, WebP, GIF or MP4 file" }

// Read returns the mark that a JPEG, PNG, WebP, GIF or MP4 file carries, or the zero one.
func Read(r io.Reader) (Mark, error) {
	in := bufio.NewReader(r)
	first, err := in.Peek(12)
	if err != nil && !errors.Is(err, io.EOF) {
		return Mark{}, fmt.Errorf("xmp: read: %w", err)
	}
	switch {
	case bytes.HasPrefix(first, []byte{0xFF, 0xD8}):
		return walk(in, 2, jpegBlock)
	case bytes.HasPrefix(first, []byte("\x89PNG\r\n\x1a\n")):
		return walk(in, 8, pngBlock)
	case bytes.HasPrefix(first, []byte("GIF8")):
		return walk(in, 0, gifBlocks())
	case len(first) == 12 && string(first[:4]) == "RIFF" && string(first[8:]) == "WEBP":
		return walk(in, 12, webpBlock)
	case len(first) == 12 && string(first[4:8]) == "ftyp":
		return walk(in, 0, mp4Block)
	}
	return Mark{}, shapeError{}
}

// block is one part of a file: its payload is at most size bytes, then after bytes follow.
type block struct {
	prefix string // what an XMP block starts with
	xmp    bool
	last   bool
	size   int64
	after  int64
	packet []byte // a whole XMP packet, where the shape of the file made it be read already
}

func walk(in *bufio.Reader, skip int, next func(*bufio.Reader) (block, error)) (Mark, error) {
	if _, err := in.Discard(skip); err != nil {
		return Mark{}, fmt.Errorf("xmp: read: %w", err)
	}
	for range maxBlocks {
		b, err := next(in)
		if errors.Is(err, io.EOF) || b.last {
			return Mark{}, nil
		}
		if err != nil {
			return Mark{}, fmt.Errorf("xmp: read: %w", err)
		}
		if m := parse(b.packet); !m.IsZero() {
			return m, nil
		}
		if b.xmp && b.size <= maxPacket {
			p := make([]byte, b.size)
			if _, err := io.ReadFull(in, p); err != nil {
				return Mark{}, fmt.Errorf("xmp: read: %w", err)
			}
			if bytes.HasPrefix(p, []byte(b.prefix)) {
				if m := parse(p[len(b.prefix):]); !m.IsZero() {
					return m, nil
				}
			}
			b.size = 0
		}
		if _, err := io.CopyN(io.Discard, in, b.size+b.after); err != nil && !errors.Is(err, io.EOF) {
			return Mark{}, fmt.Errorf("xmp: read: %w", err)
		}
	}
	return Mark{}, shapeError{}
}

func jpegBlock(in *bufio.Reader) (block, error) {
	var head [4]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return block{}, err
	}
	const app1, sos, eoi = 0xE1, 0xDA, 0xD9
	size := int64(binary.BigEndian.Uint16(head[2:])) - 2
	if head[0] != 0xFF || size < 0 {
		return block{}, shapeError{}
	}
	return block{prefix: jpegPrefix, xmp: head[1] == app1, last: head[1] == sos || head[1] == eoi, size: size}, nil
}

func pngBlock(in *bufio.Reader) (block, error) {
	var head [8]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return block{}, err
	}
	name := string(head[4:])
	return block{
		prefix: pngKeyword, xmp: name == "iTXt", last: name == "IEND",
		size: int64(binary.BigEndian.Uint32(head[:])), after: 4,
	}, nil
}

func webpBlock(in *bufio.Reader) (block, error) {
	var head [8]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return block{}, err
	}
	size := int64(binary.LittleEndian.Uint32(head[4:]))
	return block{xmp: string(head[:4]) == "XMP ", size: size, after: size % 2}, nil
}

func mp4Block(in *bufio.Reader) (block, error) {
	var head [8]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return block{}, err
	}
	size := int64(binary.BigEndian.Uint32(head[:])) - int64(len(head))
	switch size + int64(len(head)) {
	case 0:
		return block{last: true}, nil // reaches to the end
	case 1:
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return block{}, err
		}
		size = int64(binary.BigEndian.Uint64(head[:])&(1<<62-1)) - 2*int64(len(head))
		if size < 0 {
			return block{}, shapeError{}
		}
		return block{size: size}, nil
	}
	if size < 0 {
		return block{}, shapeError{}
	}
	return block{prefix: mp4UUID, xmp: string(head[4:]) == "uuid", size: size}, nil
}
