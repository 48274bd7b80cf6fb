// Package scratch runs a server that lives only to be examined: a demonstration in a folder of its own,
// with simulated recipients and a clock that can be moved.
//
// It promises that everything the server writes, prints and holds can be searched from outside: its
// folder, its temporary files, its log, and what every key that is left still opens. It never looks into
// the process, and it leaves nothing behind.
package scratch

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"time"
)

const patience = 60 * time.Second

// Options say what to start.
type Options struct {
	Binary string // the program; its demo command is run
	Apps   string // folder of apps; empty: the built-in ones
}

// Server is a running scratch server.
type Server struct {
	URL string

	o    Options
	home string // holds data, tmp and the copies that are searched
	cmd  *exec.Cmd
	eof  sync.WaitGroup

	mu  sync.Mutex
	out bytes.Buffer
}

// Start starts a server in a new folder and waits until it answers.
func Start(ctx context.Context, o Options) (*Server, error) {
	home, err := os.MkdirTemp("", "vow-prove-")
	if err != nil {
		return nil, fmt.Errorf("scratch: folder: %w", err)
	}
	s := &Server{o: o, home: home}
	if err := errors.Join(os.Mkdir(s.tmp(), 0o700), s.launch(ctx)); err != nil {
		return nil, errors.Join(err, os.RemoveAll(home))
	}
	return s, nil
}

func (s *Server) data() string { return filepath.Join(s.home, "data") }
func (s *Server) tmp() string  { return filepath.Join(s.home, "tmp") }

func (s *Server) launch(ctx context.Context) error {
	args := []string{"demo", "--dir", s.data(), "--addr", "127.0.0.1:0", "--no-open", "--real-time", "--brisk"}
	if s.o.Apps != "" {
		args = append(args, "--apps", s.o.Apps)
	}
	cmd := exec.Command(s.o.Binary, args...)
	cmd.Dir, cmd.Env = s.home, append(os.Environ(), "TMPDIR="+s.tmp())
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("scratch: start: %w", err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return fmt.Errorf("scratch: start: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("scratch: start: %w", err)
	}
	s.cmd = cmd
	ready := make(chan string, 1)
	s.eof.Go(func() { s.collect(stdout, ready) })
	s.eof.Go(func() { s.collect(stderr, nil) })
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case url, ok := <-ready:
		if ok {
			s.URL = url
			return nil
		}
		_ = s.wait()
		return fmt.Errorf("scratch: the server did not start: %s", last(s.Log()))
	case <-ctx.Done():
		return errors.Join(fmt.Errorf("scratch: the server does not answer: %w", ctx.Err()), s.kill())
	}
}

// collect keeps what the program prints. ready gets the address once the banner is complete.
func (s *Server) collect(r io.Reader, ready chan<- string) {
	address := regexp.MustCompile(`http://127\.0\.0\.1:[1-9][0-9]*`)
	url := ""
	if ready != nil {
		defer close(ready)
	}
	for lines := bufio.NewScanner(r); lines.Scan(); {
		s.mu.Lock()
		s.out.Write(append(lines.Bytes(), '\n'))
		s.mu.Unlock()
		if url == "" {
			url = address.FindString(lines.Text())
		}
		if ready != nil && bytes.HasPrefix(lines.Bytes(), []byte("Ready in")) {
			ready <- url
		}
	}
}

// Log returns everything that the server has printed.
func (s *Server) Log() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.out.Bytes())
}

// Restart ends the server, at once and without warning where kill is set, and starts it again on the same
// folder. It returns the new address.
func (s *Server) Restart(ctx context.Context, kill bool) (url string, err error) {
	end := s.stop
	if kill {
		end = s.kill
	}
	if err := end(); err != nil {
		return "", err
	}
	err = s.launch(ctx)
	return s.URL, err
}

func (s *Server) stop() error {
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("scratch: stop: %w", err)
	}
	return s.wait()
}

func (s *Server) kill() error {
	if err := s.cmd.Process.Signal(syscall.SIGKILL); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("scratch: kill: %w", err)
	}
	return s.wait()
}

func (s *Server) wait() error {
	s.eof.Wait()
	var exit *exec.ExitError
	if err := s.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		return fmt.Errorf("scratch: wait: %w", err)
	}
	return nil
}

// Close ends the server and erases everything of it.
func (s *Server) Close() error {
	return errors.Join(s.kill(), os.RemoveAll(s.home))
}

func last(b []byte) []byte {
	const most = 2000
	return b[max(0, len(b)-most):]
}
