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
	p, err := Mark{Source: TrainedAlgorithmicMedia}.packet()
	if err != nil || parse(p).Source != TrainedAlgorithmicMedia {
		t.Errorf("attribute: %v", err)
	}
	for text, want := range map[string]string{
		element(AlgorithmicMedia): AlgorithmicMedia,
		strings.ReplaceAll(element(AlgorithmicMedia), iptcExt, "other"): "",
		"<a>": "", "": "", "<<<": "",
	} {
		if got := parse([]byte(text)); got.Source != want {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestSegmentsCanBeReadBackOneByteAtATime(t *testing.T) {
	t.Parallel()
	want := Mark{CompositeWithTrainedAlgorithmicMedia, Produced(`A "quoted" <maker> & Söhne 视频`, "id-1")}
	for mediaType, head := range map[string]string{
		"image/jpeg": "\xff\xd8\xff\xfe\x00\x04xx",
		"image/png":  "\x89PNG\r\n\x1a\n\x00\x00\x00\x01tEXtxCRC4",
		"image/webp": "RIFF\x00\x10\x00\x00WEBPVP8L\x01\x00\x00\x00xx",
		"image/gif":  "GIF89a\x01\x00\x01\x00\x80\x00\x00rgbRGB!\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00",
		"video/mp4":  "\x00\x00\x00\x10ftypisom\x00\x00\x00\x00\x00\x00\x00\x01mdat\x00\x00\x00\x00\x00\x00\x00\x12xx",
	} {
		s, err := Segment(mediaType, want)
		if err != nil {
			t.Fatal(err)
		}
		file := head + string(s)
		got, err := Read(iotest.OneByteReader(strings.NewReader(file)))
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", mediaType, got, err)
		}
		if got, err := Read(strings.NewReader(head)); !got.IsZero() || err != nil {
			t.Errorf("%s without: %+v, %v", mediaType, got, err)
		}
		if got, err := Read(strings.NewReader(file[:len(file)-20])); !got.IsZero() || err == nil {
			t.Errorf("%s cut: %+v, %v", mediaType, got, err)
		}
	}
}

func TestReadingIsBounded(t *testing.T) {
	t.Parallel()
	huge := binary.BigEndian.AppendUint32([]byte("\x89PNG\r\n\x1a\n"), 1<<31)
	if got, err := Read(bytes.NewReader(append(huge, "iTXt"...))); !got.IsZero() || err != nil {
		t.Errorf("%q %v", got, err)
	}
	many := append([]byte("\x89PNG\r\n\x1a\n"), bytes.Repeat([]byte("\x00\x00\x00\x00tEXtCRC4"), maxBlocks+1)...)
	if _, err := Read(bytes.NewReader(many)); err == nil {
		t.Error("endless parts were walked")
	}
	for _, text := range []string{"", "text", "RIFFxxxxWAVE", "\xff\xd8\x00\x00\x00\x00"} {
		if got, err := Read(strings.NewReader(text)); !got.IsZero() || err == nil {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestNothingIsWrittenForNothing(t *testing.T) {
	t.Parallel()
	if s, err := Segment("image/png", Mark{}); s != nil || err != nil {
		t.Error("a mark for no source")
	}
	if s, err := Segment("video/quicktime", Mark{Source: AlgorithmicMedia}); s != nil || err != nil {
		t.Error("a mark for a type without one")
	}
	if _, err := Segment("image/png", Mark{Source: "not a word"}); err == nil {
		t.Error("a source that is no word")
	}
}

func TestTheWordIsFoundBehindOtherBlocks(t *testing.T) {
	t.Parallel()
	jpeg, err := Segment("image/jpeg", Mark{Source: AlgorithmicMedia})
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
		if got, err := Read(strings.NewReader(c.file)); err != nil || got.Source != c.want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestAnAIGCRecordIsWrittenOnlyWhenItIsShortText(t *testing.T) {
	t.Parallel()
	for _, producer := range []string{strings.Repeat("x", maxField+1), "line\nbreak", "\xff"} {
		if b, err := Segment("image/png", Mark{AIGC: Produced(producer, "")}); err == nil {
			t.Errorf("%q", b)
		}
	}
	p, err := Mark{AIGC: Produced("Vow", "42")}.packet()
	want := `TC260:AIGC="{&#34;Label&#34;:&#34;1&#34;,&#34;ContentProducer&#34;:&#34;Vow&#34;,&#34;ProduceID&#34;:&#34;42&#34;,` +
		`&#34;ReservedCode1&#34;:&#34;&#34;,&#34;ContentPropagator&#34;:&#34;&#34;,&#34;PropagateID&#34;:&#34;&#34;,&#34;ReservedCode2&#34;:&#34;&#34;}"`
	if err != nil || !strings.Contains(string(p), want) {
		t.Errorf("%s, %v", p, err)
	}
}

func FuzzReading(f *testing.F) {
	for _, kind := range []string{"image/jpeg", "image/png", "image/webp", "image/gif", "video/mp4"} {
		s, err := Segment(kind, Mark{AlgorithmicMedia, Produced("a", "b")})
		if err != nil {
			f.Fatal(err)
		}
		head := map[string]string{
			"image/jpeg": "\xff\xd8", "image/png": "\x89PNG\r\n\x1a\n", "image/webp": "RIFF\x00\x10\x00\x00WEBP",
			"image/gif": "GIF89a\x01\x00\x01\x00\x00\x00\x00", "video/mp4": "\x00\x00\x00\x10ftypisom\x00\x00\x00\x00\x00\x00\x00\x01",
		}[kind]
		f.Add([]byte(head + string(s)))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		m, err := Read(bytes.NewReader(file))
		if err != nil && !m.IsZero() {
			t.Error("a mark and an error")
		}
	})
}
