// Package heif reads HEIC and AVIF pictures, where the build has the decoders (tags heif and nodynamic).
//
// It promises that the size is known before anything is decoded, that decoding runs in a sandbox with
// bounds of memory and time, and that a build without the decoders says so. It never writes a file of
// these kinds, and never loads a library of the system.
package heif

import (
	"encoding/binary"
	"errors"
	"slices"
)

// The bounds of the walk through a file. Pictures of phones have about a hundred items (tiles).
const (
	maxBoxes = 4096
	maxItems = 4096
	maxDepth = 4
)

var errShape = errors.New("heif: the parts of the file do not belong together")

// Found is what the header of a file says about its main picture.
type Found struct {
	Width, Height int // as it is seen, after turning
	Turns         int // quarter turns to the left (irot)
	Mirror        int // 0 none, 1 top and bottom change places, 2 left and right do (imir)
	AVIF          bool
	Profile       []byte   // a file head with the colour profile, as icc.Find reads it; nil for none
	Metadata      []string // the kinds of metadata in the file
}

// property is one box of the list that items share.
type property struct {
	kind string
	body []byte
}

type reader struct {
	found   Found
	boxes   int
	primary uint32
	uses    map[uint32][]int // which properties an item has
	shared  []property
}

// Parse reads the header of a file. It looks at no coded picture.
func Parse(data []byte) (Found, error) {
	r := reader{uses: map[uint32][]int{}}
	err := r.walk(data, 0, func(kind string, body []byte) error {
		switch kind {
		case "ftyp":
			r.found.AVIF = len(body) >= 4 && (string(body[:4]) == "avif" || string(body[:4]) == "avis")
		case "meta":
			if len(body) < 4 {
				return errShape
			}
			return r.walk(body[4:], 1, r.meta)
		case "moov":
			r.strip("moving picture")
		}
		return nil
	})
	if err != nil {
		return Found{}, err
	}
	if err := r.apply(); err != nil {
		return Found{}, err
	}
	return r.found, nil
}

func (r *reader) strip(what string) {
	if !slices.Contains(r.found.Metadata, what) {
		r.found.Metadata = append(r.found.Metadata, what)
	}
}

// walk calls f for the boxes that stand one behind the other in p.
func (r *reader) walk(p []byte, depth int, f func(kind string, body []byte) error) error {
	for len(p) >= 8 {
		if r.boxes++; r.boxes > maxBoxes || depth > maxDepth {
			return errShape
		}
		size, head := uint64(binary.BigEndian.Uint32(p)), uint64(8)
		switch {
		case size == 0:
			size = uint64(len(p))
		case size == 1 && len(p) >= 16:
			size, head = binary.BigEndian.Uint64(p[8:]), 16
		}
		if size < head || size > uint64(len(p)) {
			return errShape
		}
		if err := f(string(p[4:8]), p[head:size]); err != nil {
			return err
		}
		p = p[size:]
	}
	return nil
}

func (r *reader) meta(kind string, p []byte) error {
	switch kind {
	case "pitm":
		if len(p) < 6 {
			return errShape
		}
		r.primary = uint32(binary.BigEndian.Uint16(p[4:]))
		if p[0] > 0 && len(p) >= 8 {
			r.primary = binary.BigEndian.Uint32(p[4:])
		}
	case "iprp":
		return r.walk(p, 2, func(kind string, p []byte) error {
			switch kind {
			case "ipco":
				return r.walk(p, 3, func(kind string, p []byte) error {
					r.shared = append(r.shared, property{kind, p})
					return nil
				})
			case "ipma":
				return r.associations(p)
			}
			return nil
		})
	case "iinf":
		skip := 6
		if len(p) > 0 && p[0] > 0 {
			skip = 8
		}
		if len(p) < skip {
			return errShape
		}
		return r.walk(p[skip:], 2, r.item)
	}
	return nil
}

// item notes which metadata the file has.
func (r *reader) item(kind string, p []byte) error {
	if kind != "infe" || len(p) < 12 || p[0] < 2 {
		return nil
	}
	at := 8
	if p[0] > 2 {
		at = 10
	}
	if len(p) < at+4 {
		return errShape
	}
	switch string(p[at : at+4]) {
	case "Exif":
		r.strip("exif")
	case "mime":
		r.strip("xmp")
	}
	return nil
}

// associations reads which properties belong to which items.
func (r *reader) associations(p []byte) error {
	if len(p) < 8 {
		return errShape
	}
	wide, long := p[3]&1 != 0, p[0] > 0
	count := binary.BigEndian.Uint32(p[4:])
	p = p[8:]
	if count > maxItems {
		return errShape
	}
	next := func(n int) (v uint32, ok bool) {
		if len(p) < n {
			return 0, false
		}
		for _, b := range p[:n] {
			v = v<<8 | uint32(b)
		}
		p = p[n:]
		return v, true
	}
	width := map[bool]int{false: 2, true: 4}[long]
	size := map[bool]int{false: 1, true: 2}[wide]
	for range count {
		id, ok := next(width)
		n, ok2 := next(1)
		if !ok || !ok2 {
			return errShape
		}
		for range n {
			v, ok := next(size)
			if !ok {
				return errShape
			}
			r.uses[id] = append(r.uses[id], int(v&(1<<(8*size-1)-1)))
		}
	}
	return nil
}

// apply joins what the properties of the main picture say. No other picture of the file may be larger
// than it: tiles are smaller, and a decoder may look at any of them.
func (r *reader) apply() error {
	for _, i := range r.uses[r.primary] {
		if i < 1 || i > len(r.shared) {
			continue
		}
		switch p := r.shared[i-1].body; r.shared[i-1].kind {
		case "ispe":
			if len(p) < 12 {
				return errShape
			}
			r.found.Width, r.found.Height = int(binary.BigEndian.Uint32(p[4:])), int(binary.BigEndian.Uint32(p[8:]))
		case "irot":
			if len(p) < 1 {
				return errShape
			}
			r.found.Turns = int(p[0] & 3)
		case "imir":
			if len(p) < 1 {
				return errShape
			}
			r.found.Mirror = 1 + int(p[0]&1)
		case "colr":
			r.colour(p)
		}
	}
	w, h := int64(r.found.Width), int64(r.found.Height)
	for _, p := range r.shared {
		if p.kind == "ispe" && len(p.body) >= 12 {
			tw, th := int64(binary.BigEndian.Uint32(p.body[4:])), int64(binary.BigEndian.Uint32(p.body[8:]))
			if tw > w+2048 || th > h+2048 {
				return errShape
			}
		}
	}
	if w <= 0 || h <= 0 {
		return errShape
	}
	if r.found.Turns%2 == 1 {
		r.found.Width, r.found.Height = r.found.Height, r.found.Width
	}
	return nil
}

// colour keeps an ICC profile, in the head of a WebP file, which is the simplest that holds one.
func (r *reader) colour(p []byte) {
	if len(p) < 4 || string(p[:4]) != "prof" && string(p[:4]) != "rICC" {
		return
	}
	const most = 1<<20 - 64
	p = p[4:min(len(p), most)]
	head := append([]byte("RIFF\x00\x00\x00\x00WEBPICCP"), binary.LittleEndian.AppendUint32(nil, uint32(len(p)))...)
	r.found.Profile = append(head, p...)
}
