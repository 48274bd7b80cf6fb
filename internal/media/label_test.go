package media

import (
	"bytes"
	"encoding/binary"
	"image"
	"os"
	"os/exec"
	"strings"
	"testing"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/media/heif"
)

// shortest is the smallest video that the package takes.
func shortVideo(t *testing.T) []byte {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("no ffmpeg")
	}
	name := t.TempDir() + "/film.mp4"
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=red:size=64x64:rate=5:duration=1", "-c:v", "mpeg4", name).CombinedOutput()
	if err != nil {
		t.Skipf("%s", out)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestTheMarkIsReadBackAndByExiftool(t *testing.T) {
	t.Parallel()
	label := Label{Digital: true, Source: SourceAlgorithm, Producer: `Vow "Studio" <1> & Söhne 视频`, ProduceID: "p-7"}
	files := map[string][]byte{}
	for _, kind := range []string{JPEG, PNG, WebP} {
		files[kind] = written(t, corners(), kind, label)
	}
	var marked bytes.Buffer
	if _, err := MarkVideo(t.Context(), &marked, bytes.NewReader(shortVideo(t)), label); err != nil {
		t.Fatal(err)
	}
	files[MP4] = marked.Bytes()
	for kind, file := range files {
		m, err := ReadMark(bytes.NewReader(file))
		if err != nil || m != label.Marking() || m.AIGC.Label != "1" || m.AIGC.ContentProducer != label.Producer || m.AIGC.ProduceID != "p-7" {
			t.Errorf("%s: %+v %v", kind, m, err)
		}
		if _, err := exec.LookPath("exiftool"); err != nil {
			continue
		}
		tool := exec.CommandContext(t.Context(), "exiftool", "-s3", "-charset", "utf8", "-XMP-iptcExt:DigitalSourceType", "-XMP:AIGC", "-")
		tool.Stdin = bytes.NewReader(file)
		out, err := tool.Output()
		want := `{"Label":"1","ContentProducer":"Vow \"Studio\" <1> & Söhne 视频","ProduceID":"p-7","ReservedCode1":"","ContentPropagator":"","PropagateID":"","ReservedCode2":""}`
		if err != nil || !strings.Contains(string(out), SourceAlgorithm) || !strings.Contains(string(out), want) {
			t.Errorf("%s: exiftool says %q, %v", kind, out, err)
		}
	}
}

func TestALabelThatIsNoShortTextIsNotWritten(t *testing.T) {
	t.Parallel()
	for _, l := range []Label{{Producer: strings.Repeat("x", 500)}, {Producer: "a", ProduceID: "b\x00"}, {Digital: true, Source: "no word"}} {
		if err := Encode(&bytes.Buffer{}, corners(), JPEG, l); err == nil {
			t.Errorf("%+v was written", l)
		}
	}
	if m := (Label{ProduceID: "alone"}).Marking(); !m.IsZero() {
		t.Errorf("%+v", m)
	}
}

func TestTheVisibleLabelIsDrawnIntoAnOwnedPictureOnly(t *testing.T) {
	t.Parallel()
	plain := image.NewNRGBA(image.Rect(0, 0, 200, 100))
	before := bytes.Clone(plain.Pix)
	var kept, owned bytes.Buffer
	label := Label{Visible: true, Digital: true}
	if err := Encode(&kept, plain, PNG, label); err != nil || !bytes.Equal(plain.Pix, before) {
		t.Errorf("the picture has changed, %v", err)
	}
	if err := EncodeOwned(&owned, plain, PNG, label); err != nil || bytes.Equal(plain.Pix, before) {
		t.Errorf("the picture has not changed, %v", err)
	}
	if !bytes.Equal(kept.Bytes(), owned.Bytes()) {
		t.Error("the two give other bytes")
	}
}

func TestPicturesOfPhonesAreKnownByNameAndContent(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"turned.heic": HEIC, "turned.avif": AVIF} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if got := Sniff(data[:100]); got != want || Becomes(got) != JPEG {
			t.Errorf("%s is %s", name, got)
		}
		if err := Claims(want, name, want); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := Claims(JPEG, name, want); err == nil {
			t.Errorf("%s is no JPEG", name)
		}
		_, err = Strip(&bytes.Buffer{}, bytes.NewReader(data), Limits{})
		if f, _ := err.(*fault.Error); !heif.Built && (f == nil || f.Code() != CodeUnsupported || !strings.Contains(f.Detail(), "Most Compatible")) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if Claims("image/heif", "a.HEIC", HEIC) != nil || Claims("image/gif", "a.gif", GIF) != nil || Becomes(PNG) != PNG {
		t.Error("a type is taken for another")
	}
}

// deepPNG is a PNG of 16 bits per sample and one pixel.
func deepPNG(samples ...uint16) []byte {
	row := "\x00"
	for _, v := range samples {
		row += string(binary.BigEndian.AppendUint16(nil, v))
	}
	head := pngFile(1, 1, map[int]byte{1: 0, 3: 2, 4: 6}[len(samples)], pngChunk("IDAT", stored(row)))
	b := []byte(head)
	b[24] = 16
	fixed := pngChunk("IHDR", string(b[16:29]))
	return append([]byte("\x89PNG\r\n\x1a\n"+fixed), b[33:]...)
}

func TestDeepAndPalettedPNGsAreReadInEightBits(t *testing.T) {
	t.Parallel()
	palette := pngFile(2, 1, 3, pngChunk("PLTE", "\x0a\x14\x1e\x28\x32\x3c"), pngChunk("tRNS", "\xff\x80"), pngChunk("IDAT", stored("\x00\x00\x01")))
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"colours":           {deepPNG(0x1234, 0xABCD, 0xFFFF), "\x12\xab\xff\xff"},
		"half transparent":  {deepPNG(0x4080, 0x8000, 0xC0FF, 0x8080), "\x40\x80\xc0\x80"},
		"gray":              {deepPNG(0x7FFF), "\x7f\x7f\x7f\xff"},
		"a palette's holes": {[]byte(palette), "\x0a\x14\x1e\xff\x28\x32\x3c\x80"},
	} {
		img, _, err := Open(t.Context(), bytes.NewReader(c.file), Limits{})
		if err != nil || string(img.Pix) != c.want {
			t.Errorf("%s: %v %v", name, img, err)
		}
	}
}
