package probe

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
)

// Files returns the files of an answer that is an archive.
func (a Answer) Files() map[string][]byte {
	files := map[string][]byte{}
	if a.probe == nil || !a.probe.OK() {
		return files
	}
	z, err := zip.NewReader(bytes.NewReader(a.Body), int64(len(a.Body)))
	if err != nil {
		a.probe.Failf("%s: the answer is no archive: %w", a.Call, err)
		return files
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			a.probe.Check(err)
			return files
		}
		files[f.Name], err = io.ReadAll(io.LimitReader(r, longest))
		a.probe.Check(err)
		a.probe.Check(r.Close())
	}
	return files
}

// byKey is how Find begins where only a key that is left gave something away.
const byKey = "the keys that are left open"

// Sealed ends the check unless each of the marks is found, and through a key alone: neither a file nor the
// log holds one of them as it is.
func (p *Probe) Sealed(what string, marks ...[]byte) {
	for _, m := range marks {
		if !p.OK() {
			return
		}
		if p.World.Scratch == nil {
			p.Check(ErrElsewhere)
			return
		}
		where, err := p.World.Scratch.Find(p.ctx, m)
		p.Check(err)
		if where == "" || !strings.HasPrefix(where, byKey) {
			p.Failf("%s is not held under its key alone, but: %s", what, where)
			return
		}
	}
	p.Saw("%s is held under its key alone: no file and no log has it as it is", what)
}
