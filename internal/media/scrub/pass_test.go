package scrub

import (
	"bytes"
	"encoding/binary"
	"image"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
)

// noisy returns a picture that compresses badly, so that its file spans many buffers.
func noisy(side int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, side, side))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range m.Pix {
		m.Pix[i] = byte(r.Uint32()) | 1
		if i%4 == 3 {
			m.Pix[i] = 255
		}
	}
	return m
}

func TestLargePicturesPassBitForBitHoweverTheyArrive(t *testing.T) {
	t.Parallel()
	for _, mediaType := range []string{JPEG, PNG, WebP} {
		file := encoded(t, mediaType, noisy(340))
		if len(file) < 2*bufferBytes {
			t.Fatalf("%s: %d bytes are too few", mediaType, len(file))
		}
		for name, src := range map[string]io.Reader{
			"at once": bytes.NewReader(file), "in bytes": iotest.OneByteReader(bytes.NewReader(file)),
			"in halves": iotest.HalfReader(bytes.NewReader(file)), "with the end": iotest.DataErrReader(bytes.NewReader(file)),
		} {
			var out bytes.Buffer
			if _, err := Strip(&out, src, Limits{}); err != nil || !bytes.Equal(out.Bytes(), file) {
				t.Errorf("%s %s: %v", mediaType, name, err)
			}
		}
	}
}

func TestEntropyCodedBytesAreReadToTheirMarkerAtEveryOffset(t *testing.T) {
	t.Parallel()
	for p, want := range map[string]int{
		"ab": 2, "a\xff": 1, "\xff\xd9": 0, "\xff\x00": 2, "\xff\xd0\xff\xd7x": 5, "x\xff\xffy": 1, "ab\xff\x00\xff": 4, "ab\xff\x00\xff\xc4": 4,
	} {
		if got := endOfEntropy([]byte(p)); got != want {
			t.Errorf("%q: %d, want %d", p, got, want)
		}
	}
	base := encoded(t, JPEG, picture(16, 16))
	for shift := range 40 { // moves the stuffed bytes and the end over a buffer border
		body := strings.Repeat("x", bufferBytes-20-len(base)%64+shift) + "\xff\x00\xff\xd3y"
		file := append(append(bytes.Clone(base[:len(base)-2]), body...), 0xFF, markEOI)
		if out, _, err := strip(t, file, Limits{}); err != nil || !bytes.Equal(out, file) {
			t.Fatalf("shift %d: %v", shift, err)
		}
	}
}

func TestEveryAncillaryPartThatSaysSomethingGoes(t *testing.T) {
	t.Parallel()
	plain := string(encoded(t, PNG, picture(16, 16)))
	head := len(pngSignature) + 25
	for _, name := range []string{"tEXt", "zTXt", "iTXt", "tIME", "pHYs", "eXIf", "sPLT", "hIST", "bKGD", "acTL", "fcTL", "fdAT", "caBX", "dSIG", "gIFx", "oFFs"} {
		file := plain[:head] + string(pngChunk(name, canary)) + plain[head:]
		out, info, err := strip(t, []byte(file), Limits{})
		if err != nil || string(out) != plain || len(info.Stripped) != 1 {
			t.Errorf("%s: %v %v", name, info.Stripped, err)
		}
		broken := plain[:head] + strings.Replace(string(pngChunk(name, canary)), canary, strings.ToLower(canary), 1) + plain[head:]
		if _, _, err := strip(t, []byte(broken), Limits{}); err == nil {
			t.Errorf("%s with a wrong checksum passed", name)
		}
	}
	twice := plain[:head] + string(pngChunk("gAMA", "1234")) + string(pngChunk("gAMA", "leak")) + plain[head:]
	if out, _, err := strip(t, []byte(twice), Limits{}); err != nil || bytes.Contains(out, []byte("leak")) {
		t.Errorf("a second copy of a kept part: %v", err)
	}
}

func TestTheFirstOrientationCounts(t *testing.T) {
	t.Parallel()
	exif := func(o uint16) []byte {
		return segment(markAPP1, "Exif\x00\x00", string(tiff(binary.LittleEndian, o)))
	}
	plain := encoded(t, JPEG, picture(16, 16))
	file := bytes.Join([][]byte{plain[:2], exif(3), exif(8), plain[2:]}, nil)
	if _, info, err := strip(t, file, Limits{}); err != nil || info.Orientation != 3 {
		t.Errorf("%+v %v", info, err)
	}
	large := string(tiff(binary.BigEndian, 5)) + strings.Repeat("thumbnail", 20000)
	base := encoded(t, PNG, picture(16, 16))
	file = bytes.Join([][]byte{base[:33], pngChunk("eXIf", large), base[33:]}, nil)
	if out, info, err := strip(t, file, Limits{}); err != nil || info.Orientation != 5 || !bytes.Equal(out, base) {
		t.Errorf("large EXIF in a PNG: %+v %v", info, err)
	}
	frame := encoded(t, WebP, picture(16, 16))[12:]
	for prefix, want := range map[string]int{"Exif\x00\x00": 7, "": 7, "what": 1} {
		webp := riff(vp8x(vp8xExif, 16, 16), frame, webpChunkOf("EXIF", prefix+string(tiff(binary.LittleEndian, 7))))
		if _, info, err := strip(t, webp, Limits{}); err != nil || info.Orientation != want {
			t.Errorf("%q: %+v %v", prefix, info, err)
		}
	}
}

func TestAWebPThatNeedsNothingIsNotTouched(t *testing.T) {
	t.Parallel()
	frame := encoded(t, WebP, picture(16, 16))[12:]
	file := riff(vp8x(1<<5, 16, 16), webpChunkOf("ICCP", "profile"), frame)
	if out, info, err := strip(t, file, Limits{}); err != nil || !bytes.Equal(out, file) || info.Stripped != nil {
		t.Errorf("%+v %v", info, err)
	}
	late := riff(vp8x(1<<5, 16, 16), frame, webpChunkOf("ICCP", canary))
	if out, _, err := strip(t, late, Limits{}); err != nil || bytes.Contains(out, []byte(canary)) {
		t.Errorf("a profile behind the picture: %v", err)
	}
}

func BenchmarkStrip(b *testing.B) {
	for _, mediaType := range []string{JPEG, PNG, WebP} {
		file := encoded(b, mediaType, noisy(1500))
		b.Run(mediaType[6:], func(b *testing.B) {
			b.SetBytes(int64(len(file)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Strip(io.Discard, bytes.NewReader(file), Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
