package server

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"vow.example/vow/internal/clock"
)

func TestADemoClockDoesNotRunBackwardsOverARestart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "clock")
	before := steady{clock.NewFast(1), path}
	if err := before.load(); err != nil {
		t.Fatal(err)
	}
	before.clk.Advance(72 * time.Hour)
	if err := before.save(); err != nil {
		t.Fatal(err)
	}
	shown := before.clk.Now()
	after := steady{clock.NewFast(1440), path}
	if err := after.load(); err != nil {
		t.Fatal(err)
	}
	if after.clk.Now().Before(shown) {
		t.Errorf("it showed %v and now %v", shown, after.clk.Now())
	}
	if err := os.WriteFile(path, []byte("half a ti"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := after.load(); err != nil {
		t.Errorf("a torn note stops the demo: %v", err)
	}
}
