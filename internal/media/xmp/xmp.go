// Package xmp writes and reads the metadata that Vow puts into pictures and videos: IPTC's "digital
// source type", which tells machines that a picture was made by an algorithm, and the AIGC record of
// China's TC260, which tells them by whom.
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
	gifPrefix   = "!\xff\x0bXMP DataXMP"
	tc260       = "http://www.tc260.org.cn/ns/AIGC/1.0/"
	mp4UUID     = "\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac" // of a box that holds XMP
)

// Mark is what a file says about how it was made. The zero Mark says nothing.
type Mark struct {
	Source string // a word of the vocabulary, or ""
	AIGC   AIGC
}

// IsZero reports whether the mark says nothing.
func (m Mark) IsZero() bool { return m == Mark{} }

// packet writes the mark as XMP.
func (m Mark) packet() ([]byte, error) {
	if strings.Trim(m.Source, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return nil, fmt.Errorf("xmp: the digital source type must be one word of the vocabulary")
	}
	var b bytes.Buffer
	b.WriteString(packetStart + `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
		`<rdf:Description rdf:about=""`)
	if m.Source != "" {
		b.WriteString(` xmlns:Iptc4xmpExt="` + iptcExt + `" Iptc4xmpExt:DigitalSourceType="` + vocabulary + m.Source + `"`)
	}
	if m.AIGC != (AIGC{}) {
		record, err := m.AIGC.json()
		if err != nil {
			return nil, err
		}
		b.WriteString(` xmlns:TC260="` + tc260 + `" TC260:AIGC="`)
		if err := xml.EscapeText(&b, record); err != nil {
			return nil, fmt.Errorf("xmp: %w", err)
		}
		b.WriteString(`"`)
	}
	b.WriteString(`/></rdf:RDF></x:xmpmeta>` + packetEnd)
	return b.Bytes(), nil
}

// Segment returns the bytes to put into a file of the media type: an APP1 segment, an iTXt chunk,
// an "XMP " chunk, an application extension or a "uuid" box. It returns nil for a zero mark or a type
// that it does not know.
func Segment(mediaType string, m Mark) ([]byte, error) {
	if m.IsZero() {
		return nil, nil
	}
	p, err := m.packet()
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
	case "image/gif":
		return append(append([]byte(gifPrefix), p...), gifTrailer()...), nil
	case "video/mp4":
		b := binary.BigEndian.AppendUint32(nil, uint32(8+len(mp4UUID)+len(p)))
		return append(append(append(b, "uuid"...), mp4UUID...), p...), nil
	}
	return nil, nil
}

// gifTrailer ends the packet in a GIF file. The packet is not cut into sub-blocks; whatever of its
// bytes a reader takes for the length of one, these lead it to the end.
func gifTrailer() []byte {
	b := []byte{1}
	for i := 255; i >= 0; i-- {
		b = append(b, byte(i))
	}
	return append(b, 0)
}

// parse reads the mark in an XMP packet, whose properties are written as attributes or elements.
func parse(p []byte) Mark {
	var m Mark
	var inside xml.Name
	d := xml.NewDecoder(bytes.NewReader(p))
	for {
		t, err := d.Token()
		if err != nil {
			return m
		}
		switch t := t.(type) {
		case xml.StartElement:
			inside = t.Name
			for _, a := range t.Attr {
				m.set(a.Name, a.Value)
			}
		case xml.CharData:
			if text := strings.TrimSpace(string(t)); text != "" {
				m.set(inside, text)
			}
		case xml.EndElement:
			inside = xml.Name{}
		}
	}
}

// set keeps the first value of each property.
func (m *Mark) set(name xml.Name, value string) {
	switch {
	case name == xml.Name{Space: iptcExt, Local: "DigitalSourceType"} && m.Source == "":
		m.Source = strings.TrimPrefix(value, vocabulary)
	case name == xml.Name{Space: tc260, Local: "AIGC"} && m.AIGC == AIGC{}:
		m.AIGC = readAIGC(value)
	}
}
