package scratch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// keys is the slot file, which no backup holds.
const keys = "keyring.bin"

func (s *Server) backup() string { return filepath.Join(s.home, "backup") }

// Backup ends the server, copies its folder without the keys, and starts it again. It returns the new
// address.
func (s *Server) Backup(ctx context.Context) (url string, err error) {
	if err := s.stop(); err != nil {
		return "", err
	}
	if err := errors.Join(os.RemoveAll(s.backup()), copyTree(s.backup(), s.data()), os.Remove(filepath.Join(s.backup(), keys))); err != nil {
		return "", fmt.Errorf("scratch: backup: %w", err)
	}
	err = s.launch(ctx)
	return s.URL, err
}

// Restore ends the server, puts the last backup in the place of everything but the keys, and starts it
// again. It returns the new address.
func (s *Server) Restore(ctx context.Context) (url string, err error) {
	if err := s.stop(); err != nil {
		return "", err
	}
	left, err := os.ReadDir(s.data())
	if err != nil {
		return "", fmt.Errorf("scratch: restore: %w", err)
	}
	for _, d := range left {
		if d.Name() != keys && d.Name() != "clock" { // the demo's clock never runs back
			err = errors.Join(err, os.RemoveAll(filepath.Join(s.data(), d.Name())))
		}
	}
	clock, failed := os.ReadFile(filepath.Join(s.data(), "clock"))
	err = errors.Join(err, failed, copyTree(s.data(), s.backup()), os.WriteFile(filepath.Join(s.data(), "clock"), clock, 0o600))
	if err != nil {
		return "", fmt.Errorf("scratch: restore: %w", err)
	}
	err = s.launch(ctx)
	return s.URL, err
}
