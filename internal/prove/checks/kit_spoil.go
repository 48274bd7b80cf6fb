package checks

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"vow.example/vow/internal/prove/probe"
)

// spoil changes one byte of the copied log: of the first file of hashes that has a hundred bytes.
func spoil(p *probe.Probe, dir string) {
	done := false
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || done || !d.Type().IsRegular() || !strings.Contains(path, "tile") {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil || len(raw) < 100 {
			return err
		}
		raw[len(raw)/2] ^= 1
		done = true
		return os.WriteFile(path, raw, 0o600)
	})
	p.Check(err)
	if !done {
		p.Failf("the copied log has no tile")
	}
}
