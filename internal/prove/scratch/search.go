package scratch

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"vow.example/vow/internal/blob"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/guard/vault"
)

// Find looks for marks in everything the server wrote, printed or could still open, and says where one
// was found; "" means nowhere. Before it looks, it plants a probe of every mark and finds it: a search
// that finds nothing proves nothing unless it finds what is there.
func (s *Server) Find(ctx context.Context, marks ...[]byte) (where string, err error) {
	if where, err = s.Plain(marks...); err != nil || where != "" {
		return where, err
	}
	return s.openable(ctx, marks)
}

// Plain looks for marks in what anybody could read who had the disks and the log, but no key.
func (s *Server) Plain(marks ...[]byte) (where string, err error) {
	for _, m := range marks {
		if err := s.findsAProbe(m); err != nil {
			return "", err
		}
	}
	all := [][]byte{}
	for _, m := range marks {
		all = append(all, forms(m)...)
	}
	if where, err = search(all, s.data(), s.tmp()); err != nil || where != "" {
		return where, err
	}
	log := s.Log()
	for _, m := range all {
		if bytes.Contains(log, m) {
			return fmt.Sprintf("the log holds %.40q", m), nil
		}
	}
	return "", nil
}

// forms returns the ways in which bytes could be written down: as they are, hex, base64 wherever the
// three-byte groups begin, URL-escaped.
func forms(b []byte) [][]byte {
	list := [][]byte{b, []byte(hex.EncodeToString(b)), []byte(url.QueryEscape(string(b)))}
	for skip := range 3 {
		if whole := (len(b) - skip) / 3 * 3; whole >= 9 {
			list = append(list, []byte(base64.StdEncoding.EncodeToString(b[skip:skip+whole])))
		}
	}
	return list
}

func search(marks [][]byte, dirs ...string) (where string, err error) {
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return unlessGone(err)
			}
			content, err := os.ReadFile(path)
			if err != nil {
				return unlessGone(err)
			}
			for _, m := range marks {
				if bytes.Contains(content, m) || strings.Contains(path, string(m)) {
					where = fmt.Sprintf("%s holds %.40q", filepath.Base(path), m)
				}
			}
			return nil
		})
		if err != nil || where != "" {
			return where, err
		}
	}
	return "", nil
}

// unlessGone forgives a file that went away during the walk: that is what files do here.
func unlessGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (s *Server) findsAProbe(mark []byte) error {
	probe := filepath.Join(s.tmp(), "probe")
	if err := os.WriteFile(probe, append(append([]byte("before"), mark...), "after"...), 0o600); err != nil {
		return fmt.Errorf("scratch: probe: %w", err)
	}
	where, err := search([][]byte{mark}, s.tmp())
	if err == nil && where == "" {
		err = errors.New("scratch: the search does not find a planted probe")
	}
	return errors.Join(err, os.Remove(probe))
}

// openable tries every key that is left on every object that is left, in a copy of the folder, and looks
// for the marks in what opens.
func (s *Server) openable(ctx context.Context, marks [][]byte) (where string, err error) {
	err = s.Open(ctx, func(object string, plain []byte) {
		for _, m := range marks {
			if bytes.Contains(plain, m) {
				where = fmt.Sprintf("the keys that are left open %s, which holds %.40q", object, m)
			}
		}
	})
	return where, err
}

// Open hands over the content of every object that the keys which are left still open.
func (s *Server) Open(ctx context.Context, each func(object string, plain []byte)) error {
	copied, err := os.MkdirTemp(s.home, "copy-")
	if err != nil {
		return fmt.Errorf("scratch: copy: %w", err)
	}
	defer func() { _ = os.RemoveAll(copied) }() // Close erases what is left
	if err := copyTree(copied, s.data()); err != nil {
		return fmt.Errorf("scratch: copy: %w", err)
	}
	if err := rejoin(copied); err != nil {
		return err
	}
	ring, err := keyring.Open(filepath.Join(copied, "keyring.bin"), keyring.RootFromFile(s.data()+".rootkey"))
	if err != nil {
		return fmt.Errorf("scratch: keys: %w", err)
	}
	defer func() { _ = ring.Close() }()
	files, err := blob.NewFile(filepath.Join(copied, "objects"))
	if err != nil {
		return fmt.Errorf("scratch: objects: %w", err)
	}
	defer func() { _ = files.Close() }()
	return vault.New(ring, files, clock.Real{}, 0).TryOpenAll(ctx, func(object string, err error, plain io.Reader) {
		if err != nil {
			return
		}
		if raw, err := io.ReadAll(plain); err == nil {
			each(object, raw)
		}
	})
}

func copyTree(to, from string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return unlessGone(err)
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		if d.IsDir() {
			return os.MkdirAll(target, 0o700)
		}
		if !d.Type().IsRegular() {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return unlessGone(err)
		}
		return os.WriteFile(target, content, 0o600)
	})
}
