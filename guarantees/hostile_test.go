package guarantees

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"vow.example/vow/client"
)

// traps are files that a stranger made to cost more than they should, or to be two things at once. What
// they smuggle is the word probe.
func traps(photo []byte, probe string) map[string]func() []byte {
	be32, le32 := binary.BigEndian.AppendUint32, binary.LittleEndian.AppendUint32
	chunk := func(name string, body []byte) []byte {
		content := append([]byte(name), body...)
		return be32(append(be32(nil, uint32(len(body))), content...), crc32.ChecksumIEEE(content))
	}
	png := func(side uint32, middle ...[]byte) []byte {
		head := append(be32(be32(nil, side), side), 8, 6, 0, 0, 0)
		return bytes.Join([][]byte{[]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", head), bytes.Join(middle, nil), chunk("IEND", nil)}, nil)
	}
	segment := func(marker byte, body string) []byte {
		return append([]byte{0xff, marker, byte((len(body) + 2) >> 8), byte(len(body) + 2)}, body...)
	}
	inside := func(extra []byte) []byte { return bytes.Join([][]byte{photo[:2], extra, photo[2:]}, nil) }
	behind := func(extra string) []byte { return append(bytes.Clone(photo), extra...) }
	webp := append([]byte("RIFF"), le32(nil, 1020)...)
	webp = append(append(webp, "WEBPVP8L"...), append(le32(nil, 1005), "\x2f\xff\xff\xff\x0f"+strings.Repeat("\x00", 1003)...)...)
	gif := "GIF89a\xff\xff\xff\xff\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x02\x04\x01\x00;"
	return map[string]func() []byte{
		"empty":        func() []byte { return []byte{} },
		"cut":          func() []byte { return photo[:200] },
		"without-end":  func() []byte { return photo[:len(photo)-4000] },
		"png-of-65535": func() []byte { return png(65535, chunk("IDAT", zeros(1<<20))) },
		"png-unpacks":  func() []byte { return png(100, chunk("IDAT", zeros(256<<20))) },
		"png-profile": func() []byte {
			return png(8, chunk("iCCP", append([]byte("x\x00\x00"), zeros(256<<20)...)), chunk("IDAT", zeros(8*33)))
		},
		"png-of-0":      func() []byte { return png(0, chunk("IDAT", zeros(1))) },
		"webp-of-16384": func() []byte { return webp },
		"gif-of-65535":  func() []byte { return []byte(gif) },
		"gif-script":    func() []byte { return []byte("GIF89a=1/*" + strings.Repeat("x", 200) + probe + "*/;alert(1)") },
		"jpeg-deep": func() []byte {
			return inside(segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00"+probe+strings.Repeat("<a>", 20000)))
		},
		"jpeg-profiles": func() []byte {
			return inside(bytes.Repeat(segment(0xe2, "ICC_PROFILE\x00\x01\x01"+strings.Repeat("p", 60000)), 200))
		},
		"jpeg-archive": func() []byte {
			return behind("PK\x03\x04" + probe + strings.Repeat("x", 1000) + "PK\x05\x06" + strings.Repeat("\x00", 18))
		},
		"jpeg-page": func() []byte { return behind("<html><script>" + probe + "</script></html>") },
		"archive":   func() []byte { return []byte("PK\x03\x04" + probe + strings.Repeat("x", 1<<12)) },
		"page":      func() []byte { return []byte("<html>" + probe + "<img src=x onerror=alert(1)></html>") },
		"heic": func() []byte {
			return []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00heicmif1" + probe + strings.Repeat("\x00", 600))
		},
	}
}

// zeros is n zeros, packed.
func zeros(n int) []byte {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	part := make([]byte, 1<<16)
	for ; n > 0; n -= len(part) {
		_, _ = z.Write(part[:min(n, len(part))]) // a buffer does not fail
	}
	_ = z.Close()
	return b.Bytes()
}

// throw sends a hostile file, made from astronaut.jpg, as an upload and as a picture for a preview: throw
// FEATURE KIND refused|harmless PROBE. Refused: by a name that says what is wrong with the medium, both
// times. Harmless: it is taken as the picture that it is, and the answer has nothing of what was
// smuggled in; as a preview it may be refused, too. The server answers afterwards, as before.
func throw(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 4, "throw FEATURE KIND refused|harmless PROBE")
	feature, file, harmless, probe := args[0], args[1], args[2] == "harmless", args[3]
	photo, err := os.ReadFile(filepath.Join(w.dir, "astronaut.jpg"))
	w.check(err)
	made, ok := traps(photo, probe)[file]
	w.usage(ok, "a kind of trap")
	raw := made()
	w.check(os.WriteFile(filepath.Join(w.dir, file), raw, 0o600))
	a := w.ask(w.me(), "POST", "/v1/uploads", bytes.NewReader(raw), http.Header{"Content-Type": {"application/octet-stream"}})
	p := w.askPreview([]string{feature, "photo=" + file})
	for what, got := range map[string]answer{"upload": a, "preview": p} {
		named := got.status/100 == 4 && (strings.HasPrefix(got.problem().Code, "media-") || what == "preview" && got.problem().Code == "review-blocked") && len(got.problem().Detail) > 20
		taken := harmless && got.status/100 == 2
		if !named && !taken || what == "upload" && harmless != taken {
			w.ts.Fatalf("%s as %s: %d %s", file, what, got.status, short(got.body))
		}
		if bytes.Contains(got.body, []byte(probe)) {
			w.ts.Fatalf("%s as %s: the answer repeats what was smuggled in", file, what)
		}
	}
	if harmless {
		var u client.Upload
		w.judge(false, "upload", a, &u)
		w.me().source = u.ID
	}
	if alive := w.ask(nil, "GET", "/healthz", nil, nil); alive.status != http.StatusOK {
		w.ts.Fatalf("after %s the server says %d", file, alive.status)
	}
	w.last = a
}
