package scrub

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/webp"

	"vow.example/vow/internal/fault"
)

func strip(t testing.TB, b []byte, l Limits) ([]byte, Info, error) {
	t.Helper()
	var out bytes.Buffer
	info, err := Strip(&out, bytes.NewReader(b), l)
	return out.Bytes(), info, err
}

func TestMetadataGoesAndThePictureStaysBitForBit(t *testing.T) {
	t.Parallel()
	for mediaType, build := range map[string]func(testing.TB, uint16) ([]byte, []byte){
		JPEG: dirtyJPEG, PNG: dirtyPNG, WebP: dirtyWebP,
	} {
		dirty, want := build(t, 6)
		got, info, err := strip(t, dirty, Limits{})
		if err != nil {
			t.Errorf("%s: %v", mediaType, err)
			continue
		}
		if bytes.Contains(got, []byte(canary)) {
			t.Errorf("%s: the canary is still there", mediaType)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s: the rest changed:\n got %q\nwant %q", mediaType, clip(got), clip(want))
		}
		if info.Orientation != 6 || info.Width != 48 || info.Height != 32 || info.MediaType != mediaType {
			t.Errorf("%s: %+v", mediaType, info)
		}
		if info.Bytes != int64(len(got)) || !slices.Contains(info.Stripped, "exif") || !slices.Contains(info.Stripped, "trailer") {
			t.Errorf("%s: %+v for %d bytes", mediaType, info, len(got))
		}
		if again, info, err := strip(t, got, Limits{}); err != nil || !bytes.Equal(again, got) || info.Orientation != 1 {
			t.Errorf("%s: stripping twice is not the same as once: %v", mediaType, err)
		}
	}
}

func clip(b []byte) []byte { return b[:min(len(b), 400)] }

func TestStrippedFilesOpenWithTheUsualDecoders(t *testing.T) {
	t.Parallel()
	want := picture(48, 32)
	for mediaType, c := range map[string]struct {
		build  func(testing.TB, uint16) ([]byte, []byte)
		decode func(io.Reader) (image.Image, error)
	}{JPEG: {dirtyJPEG, jpeg.Decode}, PNG: {dirtyPNG, png.Decode}, WebP: {dirtyWebP, webp.Decode}} {
		dirty, _ := c.build(t, 1)
		clean, _, err := strip(t, dirty, Limits{})
		if err != nil {
			t.Fatalf("%s: %v", mediaType, err)
		}
		m, err := c.decode(bytes.NewReader(clean))
		if err != nil || m.Bounds() != want.Bounds() {
			t.Errorf("%s: %v", mediaType, err)
			continue
		}
		if mediaType == JPEG {
			continue // the test picture is stored with losses; its bytes are compared elsewhere
		}
		for i := range 48 {
			if r, g, b, _ := m.At(i, 31).RGBA(); [3]uint32{r >> 8, g >> 8, b >> 8} !=
				[3]uint32{uint32(want.NRGBAAt(i, 31).R), uint32(want.NRGBAAt(i, 31).G), uint32(want.NRGBAAt(i, 31).B)} {
				t.Fatalf("%s: pixel %d differs", mediaType, i)
			}
		}
	}
}

func TestOrientationIsReadInBothByteOrdersAndOddOnesAreUpright(t *testing.T) {
	t.Parallel()
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		for value, want := range map[uint16]int{0: 1, 1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 7, 8: 8, 9: 1, 65535: 1} {
			if got := exifOrientation(tiff(order, value)); got != want {
				t.Errorf("%v %d: got %d", order, value, got)
			}
		}
	}
	whole := tiff(binary.LittleEndian, 6)
	for n := range whole {
		if got := exifOrientation(whole[:n]); got != 1 && got != 6 {
			t.Errorf("cut at %d: %d", n, got)
		}
	}
}

func TestVideoIsBlankedInPlace(t *testing.T) {
	t.Parallel()
	limits := Limits{Accept: []string{MP4, QuickTime}}
	for brand, mediaType := range map[string]string{"isom": MP4, "qt  ": QuickTime} {
		dirty := dirtyMP4(brand, "vide")
		got, info, err := strip(t, dirty, limits)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{canary, "maketime", "CT01MT02"} {
			if bytes.Contains(got, []byte(secret)) {
				t.Errorf("%s: %q is still there", brand, secret)
			}
		}
		if len(got) != len(dirty) || string(got[28:44]) != "coded pictures!!" {
			t.Errorf("%s: samples moved: %q", brand, got[20:60])
		}
		if info.MediaType != mediaType || info.Width != 64 || info.Height != 48 || len(info.Stripped) != 2 {
			t.Errorf("%+v", info)
		}
	}
}

func TestVideosThatCannotBeCleanedAreRefused(t *testing.T) {
	t.Parallel()
	limits := Limits{Accept: []string{MP4}}
	whole := string(dirtyMP4("isom", "vide"))
	ftyp := mp4Box("ftyp", "isom", u32(0), "mp41")
	for name, c := range map[string]struct{ file, code string }{
		"a track of positions":          {string(dirtyMP4("isom", "meta")), CodeUnsupported},
		"no index":                      {ftyp + mp4Box("mdat", "12345678"), CodeUnreadable},
		"no samples":                    {ftyp + mp4Box("moov", videoTrack("vide", 1, "")), CodeUnreadable},
		"samples behind the end":        {ftyp + mp4Box("mdat", "1234") + mp4Box("moov", videoTrack("vide", 1<<20, "")), CodeUnreadable},
		"cut in a box":                  {whole[:len(whole)-60], CodeUnreadable},
		"a box longer than its parent":  {ftyp + mp4Box("moov", u32(500)+"trak"+zero(40)), CodeUnreadable},
		"a box shorter than its header": {ftyp + mp4Box("moov", u32(4)+"trak"), CodeUnreadable},
		"boxes without end":             {ftyp + nested(40), CodeUnreadable},
		"an inner box without length":   {ftyp + mp4Box("moov", u32(0)+"trak"), CodeUnreadable},
		"no picture track":              {ftyp + mp4Box("mdat", "1234") + mp4Box("moov", mp4Box("mvhd", zero(100))), CodeUnreadable},
		"a huge 64-bit length":          {ftyp + u32(1) + "mdat" + u32(0x10000000) + u32(0), CodeTooLarge},
		"huge pictures":                 {strings.Replace(whole, u32(64<<16)+u32(48<<16), u32(0xffff0000)+u32(0xffff0000), 1), CodeTooLarge},
	} {
		_, _, err := strip(t, []byte(c.file), limits)
		if fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	open := ftyp + mp4Box("moov", videoTrack("vide", 30, "")) + u32(0) + "mdat" + strings.Repeat("x", 70000)
	if out, _, err := strip(t, []byte(open), limits); err != nil || string(out[len(out)-70000:]) != strings.Repeat("x", 70000) {
		t.Errorf("a last box without length: %v", err)
	}
}

func nested(n int) string {
	b := ""
	for range n {
		b = mp4Box("moov", b)
	}
	return b
}

func TestEveryCutFileIsRefused(t *testing.T) {
	t.Parallel()
	for mediaType, build := range map[string]func(testing.TB, uint16) ([]byte, []byte){
		JPEG: dirtyJPEG, PNG: dirtyPNG, WebP: dirtyWebP,
	} {
		_, whole := build(t, 3)
		for n := range whole { // segment borders are among them
			_, _, err := strip(t, whole[:n], Limits{})
			if code := fault.CodeOf(err); code != CodeUnreadable && (n > 12 || code != CodeUnsupported) {
				t.Fatalf("%s cut at %d of %d: %v", mediaType, n, len(whole), err)
			}
		}
	}
}

func TestTheLimitsAreNamedInTheRefusal(t *testing.T) {
	t.Parallel()
	small := encoded(t, PNG, picture(48, 32))
	for name, c := range map[string]struct {
		file   []byte
		limits Limits
		code   string
		extra  string
	}{
		"too many bytes":           {small, Limits{MaxBytes: 100}, CodeTooLarge, "max_bytes"},
		"bytes behind the picture": {append(slices.Clone(small), make([]byte, 90000)...), Limits{MaxBytes: 60000}, CodeTooLarge, "max_bytes"},
		"too many pixels":          {small, Limits{MaxPixels: 1535}, CodeTooLarge, "max_pixels"},
		"a type not asked for":     {small, Limits{Accept: []string{JPEG}}, CodeUnsupported, "accepted"},
		"a BMP":                    {[]byte("BM then more"), Limits{}, CodeUnsupported, "received"},
		"a huge GIF":               {[]byte("GIF89a then more"), Limits{}, CodeTooLarge, "max_pixels"},
		"a video":                  {dirtyMP4("isom", "vide"), Limits{}, CodeUnsupported, "accepted"},
		"text":                     {[]byte("hello, world"), Limits{}, CodeUnsupported, "accepted"},
		"nothing":                  {nil, Limits{}, CodeUnsupported, "accepted"},
	} {
		out, _, err := strip(t, c.file, c.limits)
		var f *fault.Error
		if !errors.As(err, &f) || f.Code() != c.code || f.Extra()[c.extra] == nil || !strings.HasSuffix(f.Detail(), ".") {
			t.Errorf("%s: %v with %d bytes out", name, err, len(out))
		}
	}
}

func TestErrorsOfReaderAndWriterAreNotBlamedOnTheFile(t *testing.T) {
	t.Parallel()
	broken := errors.New("cable")
	good, _ := dirtyJPEG(t, 1)
	for _, n := range []int{0, 1, 20, 200, len(good) - 200} {
		src := io.MultiReader(bytes.NewReader(good[:n]), failing{broken})
		if _, err := Strip(io.Discard, src, Limits{}); !errors.Is(err, broken) || fault.CodeOf(err) != "internal" {
			t.Errorf("read error after %d bytes: %v", n, err)
		}
	}
	if _, err := Strip(failing{broken}, bytes.NewReader(good), Limits{}); !errors.Is(err, broken) {
		t.Errorf("write error: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error)  { return 0, f.err }
func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestTypesAreProvedByContent(t *testing.T) {
	t.Parallel()
	for first, want := range map[string]string{
		"": "", "hello": "", "\xff\xd8\xff\xe0": JPEG, pngSignature: PNG, "RIFF1234WEBP": WebP, "RIFF1234WAVE": "audio/wav",
		"RIFF1234AVI ": "", "OggS": "audio/ogg", "fLaC": "audio/flac", "ID3\x04": "audio/mpeg", "\xff\xfb\x90\x44": "audio/mpeg", "\xff\xf1\x50\x80": "",
		"\x00\x00\x00\x1cftypM4A ": "audio/mp4", "\x1aE\xdf\xa3": "video/webm",
		"\x00\x00\x00\x20ftypisom": MP4, "\x00\x00\x00\x20ftypqt  ": QuickTime, "\x00\x00\x00\x20ftypheic": "image/heic",
		"\x00\x00\x00\x20ftypavif": "image/avif", "%PDF-1.7": "application/pdf", "GIF89a": "image/gif",
	} {
		if got := Sniff([]byte(first)); got != want {
			t.Errorf("%q: %q", first, got)
		}
	}
}

func FuzzStrip(f *testing.F) {
	j, _ := dirtyJPEG(f, 6)
	p, _ := dirtyPNG(f, 6)
	w, _ := dirtyWebP(f, 6)
	for _, b := range [][]byte{
		j, p, w, dirtyMP4("isom", "vide"), dirtyMP4("qt  ", "meta"), film(f, 2), told(film(f, 1)),
		riff(vp8x(vp8xAnimation, 48, 32), webpChunkOf("ANIM", "\xff\xff\xff\xff\x00\x00"), anmf(0, 0, 48, 32, w[12:])),
	} {
		f.Add(b)
	}
	limits := Limits{MaxBytes: 1 << 20, MaxPixels: 1 << 20, Accept: []string{JPEG, PNG, WebP, GIF, MP4, QuickTime}}
	f.Fuzz(func(t *testing.T, b []byte) {
		once, info, err := strip(t, b, limits)
		if err != nil {
			if fault.CodeOf(err) == "internal" {
				t.Fatalf("an unclassified refusal: %v", err)
			}
			return
		}
		if info.Bytes != int64(len(once)) || len(once) > len(b)+64 || info.Orientation < 1 || info.Orientation > 8 {
			t.Fatalf("%+v for %d bytes from %d", info, len(once), len(b))
		}
		twice, again, err := strip(t, once, limits)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatal(fmt.Errorf("not idempotent: %w, %+v", err, again))
		}
	})
}
