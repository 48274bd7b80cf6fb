package server

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
)

const (
	shortest  = 8       // bytes of a secret, in any form
	unzipped  = 4 << 20 // bytes that are looked at of one compressed stream
	gzipMagic = "\x1f\x8b\x08"
)

// finder looks for secrets in bytes, in every form in which they could rest on a disk.
type finder struct {
	maybe   [1 << 16]bool
	needles map[uint64][]needle
	known   map[string]bool
}

type needle struct {
	name  string
	bytes []byte
}

func newFinder() *finder { return &finder{needles: map[uint64][]needle{}, known: map[string]bool{}} }

func slot(v uint64) uint64 { return v * 0x9E3779B97F4A7C15 >> 48 }

// add looks for a secret from now on.
func (f *finder) add(name string, secret []byte) {
	if f.known[string(secret)] {
		return
	}
	f.known[string(secret)] = true
	for form, raw := range forms(secret) {
		if len(raw) < shortest {
			continue
		}
		v := binary.LittleEndian.Uint64(raw)
		f.maybe[slot(v)] = true
		f.needles[v] = append(f.needles[v], needle{name + " (" + form + ")", raw})
	}
}

// forms are the ways of writing a secret down.
func forms(secret []byte) map[string][]byte {
	list := map[string][]byte{
		"raw": secret, "hex": []byte(hex.EncodeToString(secret)), "HEX": []byte(strings.ToUpper(hex.EncodeToString(secret))),
	}
	for name, e := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "base64url": base64.RawURLEncoding} {
		for before := range 3 { // a secret in the middle of something starts at any of three positions
			text := e.EncodeToString(append(make([]byte, before), secret...))
			first, last := []int{0, 2, 3}[before], len(text)
			if (before+len(secret))%3 != 0 {
				last-- // its last letter depends on what follows
			}
			list[fmt.Sprintf("%s+%d", name, before)] = []byte(text[first:last])
		}
	}
	wide := utf16.Encode([]rune(string(bytes.ToValidUTF8(secret, []byte("?")))))
	le, be := []byte{}, []byte{}
	for _, u := range wide {
		le, be = binary.LittleEndian.AppendUint16(le, u), binary.BigEndian.AppendUint16(be, u)
	}
	list["utf-16le"], list["utf-16be"] = le, be
	return list
}

// in returns what it finds, also inside of compressed streams.
func (f *finder) in(data []byte) []string {
	found := f.plain(data)
	for at := 0; ; {
		i := bytes.Index(data[at:], []byte(gzipMagic))
		if i < 0 {
			return found
		}
		at += i
		if z, err := gzip.NewReader(bytes.NewReader(data[at:])); err == nil {
			inner, _ := io.ReadAll(io.LimitReader(z, unzipped)) // what came before an error counts
			for _, name := range f.plain(inner) {
				found = append(found, name+", compressed")
			}
		}
		at++
	}
}

func (f *finder) plain(data []byte) (found []string) {
	for i := 0; i+shortest <= len(data); i++ {
		v := binary.LittleEndian.Uint64(data[i:])
		if !f.maybe[slot(v)] {
			continue
		}
		for _, n := range f.needles[v] {
			if bytes.HasPrefix(data[i:], n.bytes) {
				found = append(found, n.name)
			}
		}
	}
	return found
}

// under searches every file below the folders and returns what it finds, by file.
func (f *finder) under(dirs ...string) (found []string) {
	for _, dir := range dirs {
		_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return nil // gone since the folder was read
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return nil
			}
			for _, name := range f.in(append(data, path...)) { // a name of a file can tell, too
				found = append(found, name+" in "+filepath.Base(path))
			}
			return nil
		})
	}
	return found
}

// TestTheFinderFindsEveryForm is the control of the forget-proof: a search that finds nothing
// proves nothing unless it finds what is there.
func TestTheFinderFindsEveryForm(t *testing.T) {
	t.Parallel()
	secret := []byte("a canary that nobody may keep \xff\x00\x81")
	f := newFinder()
	f.add("canary", secret)
	filler := bytes.Repeat([]byte{0x1f, 0x8b, 'x', 'y', 0}, 5000)
	zip := func(b []byte) []byte {
		var out bytes.Buffer
		z := gzip.NewWriter(&out)
		_, _ = z.Write(b)
		_ = z.Close()
		return out.Bytes()
	}
	planted := forms(secret)
	for before := range 3 {
		whole := append(append(bytes.Repeat([]byte{7}, before), secret...), "and more behind"...)
		planted[fmt.Sprintf("base64 inside, %d", before)] = []byte(base64.StdEncoding.EncodeToString(whole))
		planted[fmt.Sprintf("base64url inside, %d", before)] = []byte(base64.RawURLEncoding.EncodeToString(whole))
	}
	for form, raw := range planted {
		dir := t.TempDir()
		for name, content := range map[string][]byte{"open": raw, "zipped": zip(raw)} {
			if err := os.WriteFile(filepath.Join(dir, name), append(append(bytes.Clone(filler), content...), filler...), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		got := strings.Join(f.under(dir), "; ")
		if !strings.Contains(got, "in open") || !strings.Contains(got, "compressed in zipped") {
			t.Errorf("%s: found only %q", form, got)
		}
	}
	if got := f.in(filler); got != nil {
		t.Errorf("found in nothing: %q", got)
	}
}
