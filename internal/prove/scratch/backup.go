package scratch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

func (s *Server) backup() string { return filepath.Join(s.home, "backup") }

// simulated is what lies in the simulated buckets, which no backup holds. A company that puts its bucket
// back as well is the harder case, so that is what is simulated: nothing of then is missing there.
func (s *Server) simulated() string { return filepath.Join(s.data(), "simulated") }
func (s *Server) buckets() string   { return filepath.Join(s.home, "buckets") }

// Backup ends the server, has the program back its folder up, and starts it again. It returns the new
// address.
func (s *Server) Backup(ctx context.Context) (url string, err error) {
	if err := errors.Join(s.stop(), os.RemoveAll(s.backup()), os.RemoveAll(s.buckets())); err != nil {
		return "", err
	}
	if err := copyTree(s.buckets(), s.simulated()); err != nil {
		return "", fmt.Errorf("scratch: buckets: %w", err)
	}
	args := []string{"backup", "create", "--data-dir", s.data(), "--to", s.backup(), "--region", "US"}
	if s.o.Apps != "" {
		args = append(args, "--apps", s.o.Apps)
	}
	if err := s.run(ctx, args...); err != nil {
		return "", err
	}
	err = s.launch(ctx)
	return s.URL, err
}

// Restore ends the server, takes away what an operator would take away, has the program put the last
// backup back, and starts it again. It returns the new address.
func (s *Server) Restore(ctx context.Context) (url string, err error) {
	if err := s.stop(); err != nil {
		return "", err
	}
	list, err := os.ReadDir(s.data())
	if err != nil {
		return "", fmt.Errorf("scratch: restore: %w", err)
	}
	for _, d := range list {
		// The demo's clock never runs back, and buckets are not the server's.
		if !slices.Contains([]string{"keyring.bin", "clock", "simulated"}, d.Name()) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(s.data(), d.Name())))
		}
	}
	if err != nil {
		return "", fmt.Errorf("scratch: restore: %w", err)
	}
	if err := copyTree(s.simulated(), s.buckets()); err != nil {
		return "", fmt.Errorf("scratch: buckets: %w", err)
	}
	if err := s.run(ctx, "backup", "restore", "--data-dir", s.data(), "--from", s.backup()); err != nil {
		return "", err
	}
	err = s.launch(ctx)
	return s.URL, err
}

// run runs another command of the program.
func (s *Server) run(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, s.o.Binary, args...)
	var said bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.home, &said, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("scratch: %s %s: %w: %s", args[0], args[1], err, last(said.Bytes()))
	}
	return nil
}
