package media

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/fault"
)

func be16(v int) string { return string(binary.BigEndian.AppendUint16(nil, uint16(v))) }
func be32(v int) string { return string(binary.BigEndian.AppendUint32(nil, uint32(v))) }
func le16(v int) string { return string(binary.LittleEndian.AppendUint16(nil, uint16(v))) }
func le32(v int) string { return string(binary.LittleEndian.AppendUint32(nil, uint32(v))) }

func pngChunk(name, data string) string {
	return be32(len(data)) + name + data + be32(int(crc32.ChecksumIEEE([]byte(name+data))))
}

func pngFile(w, h int, kind byte, chunks ...string) string {
	return "\x89PNG\r\n\x1a\n" + pngChunk("IHDR", be32(w)+be32(h)+string([]byte{8, kind, 0, 0, 0})) + strings.Join(chunks, "") + pngChunk("IEND", "")
}

func deflate(n int) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, _ = io.CopyN(z, zeros{}, int64(n)) // a buffer does not fail
	_ = z.Close()
	return b.String()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func riffFile(chunks ...string) string {
	body := "WEBP" + strings.Join(chunks, "")
	return "RIFF" + le32(len(body)) + body
}

func riffChunk(name, data string) string {
	return name + le32(len(data)) + data + strings.Repeat("\x00", len(data)%2)
}

// gifOf is a picture of that size whose coded bytes are those.
func gifOf(canvasW, canvasH, w, h int, coded string) string {
	var blocks strings.Builder
	for len(coded) > 0 {
		n := min(255, len(coded))
		blocks.WriteString(string([]byte{byte(n)}) + coded[:n])
		coded = coded[n:]
	}
	return "GIF89a" + le16(canvasW) + le16(canvasH) + "\x80\x00\x00\x00\x00\x00\xff\xff\xff," + le16(0) + le16(0) + le16(w) + le16(h) + "\x00\x02" + blocks.String() + "\x00;"
}

// scans is a progressive JPEG in which the same scan stands many times.
func scans(w, h, n int) string {
	frame := "\xff\xc2" + be16(17) + "\x08" + be16(h) + be16(w) + "\x03\x01\x22\x00\x02\x11\x00\x03\x11\x00"
	quantize := "\xff\xdb" + be16(67) + "\x00" + strings.Repeat("\x10", 64)
	dc := "\xff\xc4" + be16(20) + "\x00\x01" + strings.Repeat("\x00", 15) + "\x00"
	ac := "\xff\xc4" + be16(20) + "\x10\x01" + strings.Repeat("\x00", 15) + "\xe0"
	first := "\xff\xda" + be16(12) + "\x03\x01\x00\x02\x00\x03\x00\x00\x00\x00" + strings.Repeat("\x00", w*h/256*6/8+64)
	pass := "\xff\xda" + be16(8) + "\x01\x01\x00\x01\x3f\x00" + strings.Repeat("\x3f\xff\x00", 40)
	return "\xff\xd8" + quantize + dc + ac + frame + first + strings.Repeat(pass, n) + "\xff\xd9"
}

// hostile lists files that are made to cost more than they should.
func hostile(t testing.TB) map[string]string {
	t.Helper()
	jpeg := string(written(t, corners(), JPEG, Label{}))
	webp := string(written(t, corners(), WebP, Label{}))
	png := string(written(t, corners(), PNG, Label{}))
	anim := riffChunk("VP8X", "\x02\x00\x00\x00\x2f\x00\x00\x1f\x00\x00") + riffChunk("ANIM", "\x00\x00\x00\x00\x00\x00")
	frame := riffChunk("ANMF", strings.Repeat("\x00", 6)+"\x2f\x00\x00\x1f\x00\x00"+"\x01\x00\x00\x00"+webp[12:])
	profile := "\xff\xe2" + be16(65535) + "ICC_PROFILE\x00\x01\x01" + strings.Repeat("p", 65519)
	deep := strings.Repeat("<a>", 20000)
	xmp := "\xff\xe1" + be16(2+29+len(deep)) + "http://ns.adobe.com/xap/1.0/\x00" + deep
	size := func(file string, at int, w, h string) string { return file[:at] + h + w + file[at+4:] }
	sof := strings.Index(jpeg, "\xff\xc0") + 5
	return map[string]string{
		"PNG of 65535 squared":          pngFile(65535, 65535, 6, pngChunk("IDAT", deflate(1<<20))),
		"PNG that unpacks to more":      pngFile(100, 100, 6, pngChunk("IDAT", deflate(256<<20))),
		"PNG that unpacks to 48 MB":     pngFile(4000, 3000, 6, pngChunk("IDAT", deflate(3000*(1+16000)))),
		"PNG of no size":                pngFile(0, 10, 6, pngChunk("IDAT", deflate(1))),
		"PNG with a bomb for a profile": pngFile(8, 8, 0, pngChunk("iCCP", "x\x00\x00"+deflate(512<<20)), pngChunk("IDAT", deflate(72))),
		"PNG with a million texts":      png[:33] + strings.Repeat(pngChunk("tEXt", "a\x00b"), 1_000_000) + png[33:],
		"PNG that is a page":            png + "<html><script>alert(1)</script></html>",
		"JPEG of 65535 squared":         size(jpeg, sof, "\xff\xff", "\xff\xff"),
		"JPEG of 7000 squared":          size(jpeg, sof, be16(7000), be16(7000)),
		"JPEG of no size":               size(jpeg, sof, be16(0), be16(0)),
		"JPEG with a huge profile":      jpeg[:2] + strings.Repeat(profile, 200) + jpeg[2:],
		"JPEG with deep metadata":       jpeg[:2] + xmp + jpeg[2:],
		"JPEG of two thousand scans":    scans(4096, 4096, 2000),
		"JPEG of 64 scans":              scans(4096, 4096, 63),
		"JPEG that is an archive":       jpeg + "PK\x03\x04" + strings.Repeat("x", 1000) + "PK\x05\x06" + strings.Repeat("\x00", 18),
		"JPEG of fill bytes":            jpeg[:2] + strings.Repeat("\xff", 1<<20) + jpeg[2:],
		"WebP of 16384 squared":         riffFile(riffChunk("VP8L", "\x2f\xff\xff\xff\x0f"+strings.Repeat("\x00", 1000))),
		"WebP whose frame is larger":    riffFile(riffChunk("VP8X", "\x00\x00\x00\x00\x07\x00\x00\x07\x00\x00"), riffChunk("VP8L", "\x2f\xff\xff\xff\x0f")),
		"WebP of fifty thousand frames": riffFile(anim, frame, strings.Repeat(frame, 50_000)),
		"WebP whose chunks overlap":     "RIFF" + le32(1000) + "WEBP" + "VP8X" + le32(900) + webp[12:],
		"WebP with a frame in itself":   riffFile(anim, riffChunk("ANMF", strings.Repeat("\x00", 6)+"\x3f\x00\x00\x2f\x00\x00\x01\x00\x00\x00"+frame)),
		"GIF of 65535 squared":          gifOf(65535, 65535, 65535, 65535, "\x04\x01"),
		"GIF whose codes end soon":      gifOf(7000, 7000, 7000, 7000, "\x04\x01"),
		"GIF that unpacks to more":      gifOf(8, 8, 8, 8, strings.Repeat("\x04\x55\xaa", 1<<20)),
		"GIF of no size":                gifOf(0, 0, 0, 0, "\x04\x01"),
		"GIF that is a script":          "GIF89a=1/*" + strings.Repeat("x", 200) + "*/;alert(1)",
		"GIF of a hundred thousand":     frames(t, 100_000),
		"an archive":                    "PK\x03\x04" + strings.Repeat("x", 1<<16),
		"a page":                        "<html><img src=x onerror=alert(1)>",
	}
}

// frames is a GIF whose frame stands many times.
func frames(t testing.TB, n int) string {
	t.Helper()
	var b bytes.Buffer
	m := image.NewPaletted(image.Rect(0, 0, 8, 8), color.Palette{color.Black, color.White})
	if err := gif.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	file := b.String()
	at := strings.Index(file, ",")
	return file[:at] + strings.Repeat(file[at:len(file)-1], n) + ";"
}

// TestHostileFilesCostLittle wants a fault or a picture, in the two seconds that the issue names, and memory
// in proportion to the picture. A file that was slow gets two more tries: it may not have been its fault.
func TestHostileFilesCostLittle(t *testing.T) {
	for name, file := range hostile(t) {
		inTime := false
		for range 3 {
			ctx, done := context.WithTimeout(t.Context(), 2*time.Second)
			costs(t, ctx, name, file)
			inTime = inTime || ctx.Err() == nil
			done()
			if inTime {
				break
			}
		}
		if !inTime {
			t.Errorf("%s took too long", name)
		}
	}
}

func costs(t *testing.T, ctx context.Context, name, file string) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	img, info, err := Open(ctx, strings.NewReader(file), Limits{})
	runtime.ReadMemStats(&after)
	if ctx.Err() != nil {
		return
	}
	if code := fault.CodeOf(err); err != nil && code != CodeUnreadable && code != CodeTooLarge && code != CodeUnsupported {
		t.Errorf("%s: %v", name, err)
	}
	pixels := info.Width * info.Height
	if err == nil && img.Rect.Dx()*img.Rect.Dy() != pixels {
		t.Errorf("%s: %v of %+v", name, img.Rect, info)
	}
	most := uint64(8<<20 + 4*len(file) + 24*pixels)
	if spent := after.TotalAlloc - before.TotalAlloc; spent > most {
		t.Errorf("%s: %d MB for %d bytes and %d pixels", name, spent>>20, len(file), pixels)
	}
}

func TestFilesThatAreCutAnywhereAreFaults(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{JPEG, PNG, WebP, GIF} {
		file := sampleOf(t, kind)
		for i := range 16 {
			cut := file[:len(file)*i/16]
			if _, _, err := Open(t.Context(), bytes.NewReader(cut), Limits{}); fault.CodeOf(err) != CodeUnreadable && fault.CodeOf(err) != CodeUnsupported {
				t.Errorf("%s cut at %d/16: %v", kind, i, err)
			}
		}
	}
}

// sampleOf is a picture of each kind that can be read.
func sampleOf(t testing.TB, kind string) []byte {
	t.Helper()
	if kind != GIF {
		return written(t, corners(), kind, Label{Digital: true})
	}
	m := image.NewPaletted(image.Rect(0, 0, 64, 48), color.Palette{color.Black, color.White, color.NRGBA{200, 30, 30, 255}})
	for i := range m.Pix {
		m.Pix[i] = byte(i * i % 3)
	}
	var b bytes.Buffer
	if err := gif.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// stored is a compressed form of some bytes.
func stored(data string) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, _ = io.WriteString(z, data) // a buffer does not fail
	_ = z.Close()
	return b.String()
}
