package scrub

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"image"
	"io"
	"runtime"
	"strings"
	"testing"

	"vow.example/vow/internal/fault"
)

// endless repeats a pattern up to a number of bytes, without holding them.
type endless struct {
	pattern []byte
	left    int64
	at      int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n := 0
	for n < len(p) && e.left > 0 {
		c := copy(p[n:], e.pattern[e.at:])
		c = min(c, int(e.left))
		e.at = (e.at + c) % len(e.pattern)
		e.left -= int64(c)
		n += c
	}
	return n, nil
}

// TestMemoryDoesNotGrowWithTheFile runs alone: it counts what the whole process allocates.
func TestMemoryDoesNotGrowWithTheFile(t *testing.T) {
	const mega = 1 << 20
	limits := Limits{MaxBytes: 300 * mega, Accept: []string{JPEG, PNG, WebP, MP4}}
	photo := encoded(t, JPEG, picture(48, 32))
	flat := encoded(t, PNG, image.NewGray(image.Rect(0, 0, 4000, 4000)))
	frame := encoded(t, WebP, picture(48, 32))[12:]
	for name, src := range map[string]io.Reader{
		"40 MB of EXIF in a JPEG": io.MultiReader(bytes.NewReader(photo[:2]),
			&endless{pattern: segment(markAPP1, "Exif\x00\x00"+strings.Repeat("x", 60000)), left: 700 * 60010}, bytes.NewReader(photo[2:])),
		"40 MB of picture in a JPEG": io.MultiReader(bytes.NewReader(photo[:len(photo)-2]),
			&endless{pattern: []byte("pixels\xff\x00"), left: 40 * mega}, bytes.NewReader(photo[len(photo)-2:])),
		"40 MB behind a JPEG":     io.MultiReader(bytes.NewReader(photo), &endless{pattern: photo, left: 40 * mega}),
		"16 MB of picture in PNG": bytes.NewReader(flat),
		"40 MB of XMP in a WebP":  webpOf(48, 32, frame, 40*mega),
		"100 MB of video": io.MultiReader(strings.NewReader(mp4Box("ftyp", "isom", u32(0))),
			strings.NewReader(mp4Box("moov", videoTrack("vide", 40, ""))+u32(100*mega+8)+"mdat"), &endless{pattern: photo, left: 100 * mega}),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Strip(io.Discard, src, limits)
		runtime.ReadMemStats(&after)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > mega {
			t.Errorf("%s: %d bytes allocated", name, used)
		}
	}
}

func webpOf(w, h int, frame []byte, xmp uint32) io.Reader {
	head := riff(vp8x(vp8xXMP, w, h), frame)
	binary.LittleEndian.PutUint32(head[4:], uint32(len(head))+xmp)
	head = append(head, "XMP "...)
	head = binary.LittleEndian.AppendUint32(head, xmp)
	return io.MultiReader(bytes.NewReader(head), &endless{pattern: []byte(canary), left: int64(xmp)})
}

func deflated(n int) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, _ = io.Copy(z, &endless{pattern: make([]byte, 4096), left: int64(n)})
	_ = z.Close()
	return b.String()
}

func ihdr(w, h uint32, depth, colour, interlace byte) string {
	return string(pngChunk("IHDR", u32(w)+u32(h)+string([]byte{depth, colour, 0, 0, interlace})))
}

func pngOf(parts ...string) string {
	return pngSignature + strings.Join(parts, "") + string(pngChunk("IEND", ""))
}

func idatOf(data string) string { return string(pngChunk("IDAT", data)) }

func TestBombsAndBrokenPicturesAreRefused(t *testing.T) {
	t.Parallel()
	jpg := string(encoded(t, JPEG, picture(48, 32)))
	sof := strings.Index(jpg, "\xff\xc0")
	sos := strings.Index(jpg, "\xff\xda")
	small := ihdr(4, 4, 8, 0, 0)
	frame := encoded(t, WebP, picture(48, 32))[12:]
	lossy := "VP8 " + "\x0a\x00\x00\x00" + "\x00\x00\x00\x9d\x01\x2a\xff\x3f\xff\x3f"
	for name, c := range map[string]struct{ file, code string }{
		"PNG of 4 gigapixels":            {pngOf(ihdr(1<<16, 1<<16, 8, 6, 0), idatOf(deflated(9))), CodeTooLarge},
		"PNG with overflowing size":      {pngOf(ihdr(1<<31, 1<<31, 8, 6, 0), idatOf(deflated(9))), CodeTooLarge},
		"PNG that unpacks to too much":   {pngOf(small, idatOf(deflated(30<<20))), CodeUnreadable},
		"PNG that unpacks to too little": {pngOf(small, idatOf(deflated(19))), CodeUnreadable},
		"PNG with hidden bytes":          {pngOf(small, idatOf(deflated(20)+canary)), CodeUnreadable},
		"PNG without width":              {pngOf(ihdr(0, 4, 8, 0, 0), idatOf(deflated(20))), CodeUnreadable},
		"PNG of an unknown kind":         {pngOf(ihdr(4, 4, 7, 0, 0), idatOf(deflated(20))), CodeUnreadable},
		"PNG without picture":            {pngOf(small), CodeUnreadable},
		"PNG without header":             {pngOf(idatOf(deflated(20))), CodeUnreadable},
		"PNG with two headers":           {pngOf(small, small, idatOf(deflated(20))), CodeUnreadable},
		"PNG with unknown critical part": {pngOf(small, string(pngChunk("EVIL", "x"))), CodeUnreadable},
		"PNG with a long palette":        {pngOf(small, string(pngChunk("PLTE", zero(900)))), CodeUnreadable},
		"PNG with a wrong checksum":      {strings.Replace(pngOf(small, idatOf(deflated(20))), "IDATx", "IDATy", 1), CodeUnreadable},
		"PNG with rubbish for a picture": {pngOf(small, idatOf("rubbish")), CodeUnreadable},
		"JPEG of 4 gigapixels":           {jpg[:sof+5] + "\xff\xff\xff\xff" + jpg[sof+9:], CodeTooLarge},
		"JPEG without height":            {jpg[:sof+5] + "\x00\x00" + jpg[sof+7:], CodeUnreadable},
		"JPEG with arithmetic coding":    {jpg[:sof] + "\xff\xc9" + jpg[sof+2:], CodeUnsupported},
		"JPEG with two frames":           {jpg[:sof] + jpg[sof:sof+19] + jpg[sof:], CodeUnreadable},
		"JPEG of endless scans":          {jpg[:len(jpg)-2] + strings.Repeat(jpg[sos:len(jpg)-2], 80) + "\xff\xd9", CodeUnreadable},
		"JPEG with scans only":           {jpg[:2] + jpg[sos:], CodeUnreadable},
		"JPEG with an early end":         {"\xff\xd8\xff\xd9", CodeUnreadable},
		"JPEG in a JPEG":                 {jpg[:2] + jpg, CodeUnreadable},
		"JPEG with a negative length":    {jpg[:2] + "\xff\xe1\x00\x01" + jpg[2:], CodeUnreadable},
		"JPEG with unknown segments":     {jpg[:2] + "\xff\x02\x00\x02" + jpg[2:], CodeUnreadable},
		"JPEG with hierarchical parts":   {jpg[:2] + "\xff\xde\x00\x02" + jpg[2:], CodeUnsupported},
		"JPEG with noise between":        {jpg[:2] + "\xff\xfe\x00\x02noise" + jpg[2:], CodeUnreadable},
		"WebP of 256 megapixels":         {string(riff(vp8x(0, 1<<14, 1<<14))) + "x", CodeTooLarge},
		"WebP with a frame for a bomb":   {string(riff(vp8x(0, 48, 32), []byte(lossy))), CodeUnreadable},
		"WebP of a huge frame":           {string(riff([]byte(lossy))), CodeTooLarge},
		"WebP that moves":                {string(riff(vp8x(vp8xAnimation, 48, 32), frame)), CodeUnreadable},
		"WebP with frames":               {string(riff(vp8x(0, 48, 32), webpChunkOf("ANMF", "12345678"))), CodeUnreadable},
		"WebP with two pictures":         {string(riff(frame, frame)), CodeUnreadable},
		"WebP without picture":           {string(riff(vp8x(0, 48, 32))), CodeUnreadable},
		"WebP with a chunk too long":     {string(riff([]byte("VP8L\xff\xff\xff\x7f1234"))), CodeUnreadable},
		"WebP with half a chunk":         {string(riff(frame, []byte("EXIF"))), CodeUnreadable},
		"WebP longer than allowed":       {"RIFF\xfe\xff\xff\xffWEBPVP8L", CodeTooLarge},
		"WebP with a broken frame":       {string(riff(webpChunkOf("VP8L", "wrong!"))), CodeUnreadable},
		"WebP with a broken lossy frame": {string(riff(webpChunkOf("VP8 ", "wrong picture"))), CodeUnreadable},
	} {
		if _, _, err := strip(t, []byte(c.file), Limits{}); fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestInterlacedAndPalettedPicturesPass(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{
		// Adam7 of 5×3 gray pixels: passes of 1, 1, 0, 2, 1, 2 and 1 rows, 22 bytes in all
		"interlaced": pngOf(ihdr(5, 3, 8, 0, 1), idatOf(deflated(22))),
		"one bit":    pngOf(ihdr(9, 3, 1, 3, 0), string(pngChunk("PLTE", zero(6))), string(pngChunk("tRNS", "\x00")), idatOf(deflated(9))),
		"in pieces":  pngOf(ihdr(4, 4, 8, 0, 0), idatOf(deflated(20)[:3]), idatOf(""), idatOf(deflated(20)[3:])),
	} {
		out, _, err := strip(t, []byte(file), Limits{})
		if err != nil || string(out) != file {
			t.Errorf("%s: %v", name, err)
		}
	}
}
