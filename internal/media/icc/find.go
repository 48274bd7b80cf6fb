package icc

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"
)

// maxProfile bounds a profile; those of cameras have less than 4 KiB.
const maxProfile = 1 << 20

// Find returns the profile in the first bytes of a JPEG, PNG or WebP file, or nil.
func Find(head []byte) []byte {
	switch {
	case bytes.HasPrefix(head, []byte{0xFF, 0xD8}):
		return inJPEG(head[2:])
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")):
		return inPNG(head[8:])
	case len(head) > 12 && string(head[8:12]) == "WEBP":
		return inWebP(head[12:])
	}
	return nil
}

// inJPEG joins the parts of a profile, which must come in order.
func inJPEG(p []byte) []byte {
	const app2, sos, partHead = 0xE2, 0xDA, 14
	var profile []byte
	for len(p) >= 4 && p[0] == 0xFF && p[1] != sos {
		n := int(binary.BigEndian.Uint16(p[2:])) + 2
		if n < 4 || n > len(p) {
			break
		}
		if part := p[4:n]; p[1] == app2 && len(part) > partHead && bytes.HasPrefix(part, []byte("ICC_PROFILE\x00")) {
			profile = append(profile, part[partHead:]...)
		}
		p = p[n:]
	}
	return profile
}

func inPNG(p []byte) []byte {
	for len(p) >= 12 {
		n := uint64(binary.BigEndian.Uint32(p)) + 12
		name := string(p[4:8])
		if n > uint64(len(p)) || name == "IDAT" {
			return nil
		}
		if name == "iCCP" {
			return inflate(p[8 : n-4])
		}
		p = p[n:]
	}
	return nil
}

func inflate(data []byte) []byte {
	_, rest, found := bytes.Cut(data, []byte{0})
	if !found || len(rest) < 2 {
		return nil
	}
	z, err := zlib.NewReader(bytes.NewReader(rest[1:]))
	if err != nil {
		return nil
	}
	profile, err := io.ReadAll(io.LimitReader(z, maxProfile))
	if err != nil {
		return nil
	}
	return profile
}

func inWebP(p []byte) []byte {
	for len(p) >= 8 {
		n := uint64(binary.LittleEndian.Uint32(p[4:]))
		if n+8 > uint64(len(p)) {
			return nil
		}
		if string(p[:4]) == "ICCP" {
			return p[8 : 8+n]
		}
		p = p[min(uint64(len(p)), 8+n+n%2):]
	}
	return nil
}
