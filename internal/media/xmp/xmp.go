// Package xmp writes and reads the one piece of metadata that Vow puts into pictures and videos: IPTC's
// "digital source type", which tells machines that a picture was made by an algorithm.
//
// It promises that what it writes is read back by itself and by common tools (exiftool), and that
// reading is bounded whatever the file says. It never writes anything about a person, a device, a
// time or a place.
package xmp

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"hash/crc32"
	"strings"
)

// Words of the vocabulary http://cv.iptc.org/newscodes/digitalsourcetype/.
const (
	TrainedAlgorithmicMedia              = "trainedAlgorithmicMedia"
	CompositeWithTrainedAlgorithmicMedia = "compositeWithTrainedAlgorithmicMedia"
	AlgorithmicMedia                     = "algorithmicMedia"
)

const (
	vocabulary  = "http://cv.iptc.org/newscodes/digitalsourcetype/"
	iptcExt     = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
	jpegPrefix  = "http://ns.adobe.com/xap/1.0/\x00"
	pngKeyword  = "XML:com.adobe.xmp\x00\x00\x00\x00\x00"
	packetStart = "<?xpacket begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>"
	packetEnd   = "<?xpacket end=\"r\"?>"
	mp4UUID     = "\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac" // of a box that holds XMP
)

func packet(source string) ([]byte, error) {
	if strings.Trim(source, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return nil, fmt.Errorf("xmp: the digital source type must be one word of the vocabulary")
	}
	return []byte(packetStart +
		`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
		`<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="` + iptcExt + `" Iptc4xmpExt:DigitalSourceType="` +
		vocabulary + source + `"/></rdf:RDF></x:xmpmeta>` + packetEnd), nil
}

// Segment returns the bytes to put into a file of the media type: an APP1 segment, an iTXt chunk,
// an "XMP " chunk or a "uuid" box. It returns nil for an empty source or a type that it does not know.
func Segment(mediaType, source string) ([]byte, error) {
	if source == "" {
		return nil, nil
	}
	p, err := packet(source)
	if err != nil {
		return nil, err
	}
	switch mediaType {
	case "image/jpeg":
		b := append([]byte{0xFF, 0xE1}, binary.BigEndian.AppendUint16(nil, uint16(2+len(jpegPrefix)+len(p)))...)
		return append(append(b, jpegPrefix...), p...), nil
	case "image/png":
		data := append([]byte("iTXt"+pngKeyword), p...)
		b := binary.BigEndian.AppendUint32(nil, uint32(len(data)-4))
		return binary.BigEndian.AppendUint32(append(b, data...), crc32.ChecksumIEEE(data)), nil
	case "image/webp":
		b := append([]byte("XMP "), binary.LittleEndian.AppendUint32(nil, uint32(len(p)))...)
		if b = append(b, p...); len(p)%2 != 0 {
			b = append(b, 0)
		}
		return b, nil
	case "video/mp4":
		b := binary.BigEndian.AppendUint32(nil, uint32(8+len(mp4UUID)+len(p)))
		return append(append(append(b, "uuid"...), mp4UUID...), p...), nil
	}
	return nil, nil
}

// VP8X returns the header chunk of an extended WebP file that carries XMP.
func VP8X(width, height int, opaque bool) []byte {
	const xmpFlag, alphaFlag = 1 << 2, 1 << 4
	b := append([]byte("VP8X"), 10, 0, 0, 0, xmpFlag, 0, 0, 0)
	if !opaque {
		b[8] |= alphaFlag
	}
	for _, n := range []int{width - 1, height - 1} {
		b = append(b, byte(n), byte(n>>8), byte(n>>16))
	}
	return b
}

// parse finds the digital source type in an XMP packet, written as an attribute or an element.
func parse(p []byte) string {
	d := xml.NewDecoder(bytes.NewReader(p))
	inside := false
	for {
		t, err := d.Token()
		if err != nil {
			return ""
		}
		switch t := t.(type) {
		case xml.StartElement:
			inside = named(t.Name)
			for _, a := range t.Attr {
				if named(a.Name) {
					return strings.TrimPrefix(a.Value, vocabulary)
				}
			}
		case xml.CharData:
			if text := strings.TrimSpace(string(t)); inside && text != "" {
				return strings.TrimPrefix(text, vocabulary)
			}
		case xml.EndElement:
			inside = false
		}
	}
}

func named(n xml.Name) bool { return n.Space == iptcExt && n.Local == "DigitalSourceType" }
