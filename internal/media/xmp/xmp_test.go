package xmp

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"testing/iotest"
)

func element(source string) string {
	return `<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="r"><r:Description xmlns:e="` + iptcExt + `">` +
		`<e:DigitalSourceType> ` + vocabulary + source + ` </e:DigitalSourceType></r:Description></r:RDF></x:xmpmeta>`
}

func TestTheWordIsFoundAsAttributeAndAsElement(t *testing.T) {
	t.Parallel()
	p, err := packet(TrainedAlgorithmicMedia)
	if err != nil || parse(p) != TrainedAlgorithmicMedia {
		t.Errorf("attribute: %v", err)
	}
	for text, want := range map[string]string{
		element(AlgorithmicMedia): AlgorithmicMedia,
		strings.ReplaceAll(element(AlgorithmicMedia), iptcExt, "other"): "",
		"<a>": "", "": "", "<<<": "",
	} {
		if got := parse([]byte(text)); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func TestSegmentsCanBeReadBackOneByteAtATime(t *testing.T) {
	t.Parallel()
	for mediaType, head := range map[string]string{
		"image/jpeg": "\xff\xd8\xff\xfe\x00\x04xx",
		"image/png":  "\x89PNG\r\n\x1a\n\x00\x00\x00\x01tEXtxCRC4",
		"image/webp": "RIFF\x00\x10\x00\x00WEBPVP8L\x01\x00\x00\x00xx",
		"video/mp4":  "\x00\x00\x00\x10ftypisom\x00\x00\x00\x00\x00\x00\x00\x01mdat\x00\x00\x00\x00\x00\x00\x00\x12xx",
	} {
		s, err := Segment(mediaType, CompositeWithTrainedAlgorithmicMedia)
		if err != nil {
			t.Fatal(err)
		}
		file := head + string(s)
		got, err := Read(iotest.OneByteReader(strings.NewReader(file)))
		if err != nil || got != CompositeWithTrainedAlgorithmicMedia {
			t.Errorf("%s: %q, %v", mediaType, got, err)
		}
		if got, err := Read(strings.NewReader(head)); got != "" || err != nil {
			t.Errorf("%s without: %q, %v", mediaType, got, err)
		}
		if got, err := Read(strings.NewReader(file[:len(file)-20])); got != "" || err == nil {
			t.Errorf("%s cut: %q, %v", mediaType, got, err)
		}
	}
}

func TestReadingIsBounded(t *testing.T) {
	t.Parallel()
	huge := binary.BigEndian.AppendUint32([]byte("\x89PNG\r\n\x1a\n"), 1<<31)
	if got, err := Read(bytes.NewReader(append(huge, "iTXt"...))); got != "" || err != nil {
		t.Errorf("%q %v", got, err)
	}
	many := append([]byte("\x89PNG\r\n\x1a\n"), bytes.Repeat([]byte("\x00\x00\x00\x00tEXtCRC4"), maxBlocks+1)...)
	if _, err := Read(bytes.NewReader(many)); err == nil {
		t.Error("endless parts were walked")
	}
	for _, text := range []string{"", "text", "RIFFxxxxWAVE", "\xff\xd8\x00\x00\x00\x00"} {
		if got, err := Read(strings.NewReader(text)); got != "" || err == nil {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func TestNothingIsWrittenForNothing(t *testing.T) {
	t.Parallel()
	if s, err := Segment("image/png", ""); s != nil || err != nil {
		t.Error("a mark for no source")
	}
	if s, err := Segment("video/quicktime", AlgorithmicMedia); s != nil || err != nil {
		t.Error("a mark for a type without one")
	}
	if _, err := Segment("image/png", "not a word"); err == nil {
		t.Error("a source that is no word")
	}
	if b := VP8X(48, 32, false); b[8] != 1<<2|1<<4 || b[12] != 47 || b[15] != 31 {
		t.Errorf("% x", b)
	}
}

func TestTheWordIsFoundBehindOtherBlocks(t *testing.T) {
	t.Parallel()
	jpeg, err := Segment("image/jpeg", AlgorithmicMedia)
	if err != nil {
		t.Fatal(err)
	}
	exif := "\xff\xe1\x00\x0aExif\x00\x00ab"
	other := "\xff\xe1" + string(binary.BigEndian.AppendUint16(nil, uint16(2+len(jpegPrefix)+5))) + jpegPrefix + "<a/>\n"
	for name, c := range map[string]struct{ file, want string }{
		"behind EXIF":        {"\xff\xd8" + exif + string(jpeg), AlgorithmicMedia},
		"in a second packet": {"\xff\xd8" + other + string(jpeg), AlgorithmicMedia},
		"behind the picture": {"\xff\xd8\xff\xda\x00\x02" + string(jpeg), ""},
		"behind the end":     {"\x89PNG\r\n\x1a\n\x00\x00\x00\x00IENDcrc4" + string(jpeg), ""},
	} {
		if got, err := Read(strings.NewReader(c.file)); err != nil || got != c.want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
