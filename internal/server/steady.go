package server

import (
	"errors"
	"fmt"
	"os"
	"time"

	"vow.example/vow/internal/clock"
)

// steady keeps a demo clock, which runs fast and is moved by hand, from running backwards over a
// restart: what it shows is written down at every sweep and read at the start.
type steady struct {
	clk  *clock.Adjustable
	path string
}

const (
	steadyStep = time.Second // of real time: longer than between two sweeps
	noteMode   = 0o600
)

// load moves the clock to what it showed last, and a little further.
func (s steady) load() error {
	raw, err := os.ReadFile(s.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("server: demo clock: %w", cause(err))
	}
	shown, err := time.Parse(time.RFC3339Nano, string(raw))
	if err != nil {
		return nil // the process died while it wrote: the facts' own times are close enough
	}
	shown = shown.Add(time.Duration(float64(steadyStep) * s.clk.Speed()))
	s.clk.Advance(shown.Sub(s.clk.Now())) // a negative step is none
	return nil
}

// save writes down what the clock shows.
func (s steady) save() error {
	next := s.path + ".next"
	err := os.WriteFile(next, []byte(s.clk.Now().Format(time.RFC3339Nano)), noteMode)
	if err == nil {
		err = os.Rename(next, s.path)
	}
	if err != nil {
		return fmt.Errorf("server: demo clock: %w", cause(err))
	}
	return nil
}
