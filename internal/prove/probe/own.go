package probe

import (
	"archive/zip"
	"bytes"
	"crypto/rand"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"vow.example/vow/client"
	"vow.example/vow/internal/effects/samples"
)

// Copy takes the person's own copy of everything, file by file.
func (w *Person) Copy() map[string][]byte {
	files := map[string][]byte{}
	raw := w.Get("/v1/privacy/export").Fine().Body
	if !w.p.OK() {
		return files
	}
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		w.p.Check(err)
		return files
	}
	for _, f := range z.File {
		r, err := f.Open()
		w.p.Check(err)
		if err != nil {
			continue
		}
		files[f.Name], err = io.ReadAll(io.LimitReader(r, longest))
		w.p.Check(err)
		w.p.Check(r.Close())
	}
	return files
}

// CopyHolds ends the check unless some file of the person's own copy contains the words.
func (w *Person) CopyHolds(what string, words ...string) {
	files := w.Copy()
	for _, word := range words {
		in := ""
		for name, content := range files {
			if bytes.Contains(content, []byte(word)) {
				in = name
			}
		}
		w.p.Must(in != "", "the person's own copy holds %s", what)
	}
}

// CopyLacks ends the check where a file of the person's own copy contains one of the words.
func (w *Person) CopyLacks(what string, words ...string) {
	for name, content := range w.Copy() {
		for _, word := range words {
			if strings.Contains(string(content), word) {
				w.p.Failf("the person's own copy holds %s in %s", what, name)
				return
			}
		}
	}
	w.p.Saw("the person's own copy does not hold %s", what)
}

// Transfers is the list of everything of the person that left the server, newest first.
func (w *Person) Transfers() []client.Transfer {
	var page client.Page[client.Transfer]
	w.Get("/v1/privacy/transfers").Fine().Into(&page)
	return page.Data
}

// NewView is a picture in which there is no face.
func (p *Probe) NewView() Photo {
	raw, err := samples.Open(samples.Coffee)
	p.Check(err)
	return Photo{File: raw, Type: "image/jpeg"}
}

// Configured writes a configuration with one recipient at an address, and returns what the program says
// of it.
func (p *Probe) Configured(recipient, address string) (said string, ok bool) {
	p.Folder(func(dir string) {
		file := filepath.Join(dir, "vow.yaml")
		text := "recipients:\n  " + recipient + ":\n    base_url: " + address + "\n    api_key: \"env:PATH\"\n"
		p.Check(os.WriteFile(file, []byte(text), 0o600))
		said, ok = p.Vow("provider", "list", "--config", file)
	})
	return said, ok
}

// Settled waits until no recipient receives anything more: a task that has ended may still have its leftovers
// taken back where it was made.
func (p *Probe) Settled() {
	const quiet = 8 // looks without a change, in a row
	before, same := p.Traffic(), 0
	p.Until("recipients to be left alone", func() bool {
		now := p.Traffic()
		if same++; !maps.Equal(before, now) {
			before, same = now, 0
		}
		return same >= quiet
	})
}

// UploadFrom hands the photo over and says where the device has it from: the camera, the library ….
func (w *Person) UploadFrom(origin string, f Photo) Answer {
	return w.p.Ask("POST", "/v1/uploads?origin="+origin, bytes.NewReader(f.File), append(w.headers(), "Content-Type", f.Type)...)
}

// Word makes up a word that nothing else contains and that looks like a name of a thing: a closed schema
// takes no word that looks like an identifier.
func Word() string {
	const letters = "ghjkmnpqrstvwxyz"
	raw := make([]byte, 18)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the program instead
	for i, b := range raw {
		raw[i] = letters[int(b)%len(letters)]
	}
	return string(raw)
}

// IsOne is Is for several statuses.
func (a Answer) IsOne(statuses []int, code ...string) Answer {
	if slices.Contains(statuses, a.Status) {
		return a.Is(a.Status, code...)
	}
	return a.Is(statuses[0], code...)
}
