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

	"vow.example/vow/apps"
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

// Configured returns what the program says of a server for this app whose one recipient is at an address.
// The policy is the app's own, with its placeholders filled in.
func (p *Probe) Configured(recipient, address string) (said string) {
	p.Folder(func(dir string) {
		home := filepath.Join(dir, "apps", p.App)
		p.Check(os.MkdirAll(home, 0o700))
		wiring, err := apps.FS.ReadFile(p.App + "/wiring.yaml")
		p.Check(err)
		real := strings.NewReplacer("demo: replace by", "signed:", ".example", ".com")
		text := "recipients:\n  " + recipient + ":\n    base_url: " + address + "\n    api_key: \"env:PATH\"\n"
		for name, content := range map[string]string{home + "/policy.yaml": real.Replace(p.source()), home + "/wiring.yaml": string(wiring), dir + "/vow.yaml": text} {
			p.Check(os.WriteFile(name, []byte(content), 0o600))
		}
		_, ok := p.Vow("keys", "create-root", dir+"/root.key")
		p.Must(ok, "a key is made")
		said, _ = p.Vow("doctor", "--config", dir+"/vow.yaml", "--apps", filepath.Join(dir, "apps"), "--data-dir", dir+"/data", "--root-key", "file:"+dir+"/root.key", "--addr", "127.0.0.1:0")
	})
	return said
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
