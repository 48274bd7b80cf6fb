package server

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"vow.example/vow/internal/clock"
)

const childEnv = "VOW_CRASH_TEST_CHILD"

// errand is what a child process is told: where its house stands, and where it dies.
type errand struct {
	Dir     string
	Root    [32]byte
	Outside string
	Point   string
	Nth     int32

	Companies []address
}

// TestMain lets the test binary be its own child: a server that kills itself at a named point.
func TestMain(m *testing.M) {
	if told := os.Getenv(childEnv); told != "" {
		fmt.Println("child:", serveAndDie(told))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// serveAndDie serves until somebody comes to the point for the nth time, and dies there as in a
// power cut: nothing is flushed, nothing is told.
func serveAndDie(told string) error {
	var e errand
	if err := json.Unmarshal([]byte(told), &e); err != nil {
		return err
	}
	var came atomic.Int32
	die := func(point string) {
		if point != e.Point || came.Add(1) != e.Nth {
			return
		}
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
	h, err := raise(context.Background(), plot{
		dir: e.Dir, root: e.Root, outside: e.Outside, clock: clock.NewFast(1), log: io.Discard, at: die, companies: e.Companies,
	})
	if err != nil {
		return err
	}
	fmt.Println("serving", h.url)
	_, err = io.Copy(io.Discard, os.Stdin) // ends with the parent
	return errors.Join(err, h.close())
}

// child is a running child process.
type child struct {
	url string
	cmd *exec.Cmd
}

// newChild starts a server in a process of its own.
func newChild(t *testing.T, e errand) *child {
	t.Helper()
	told, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	cmd := childOf(t, string(told))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	first, err := bufio.NewReader(out).ReadString('\n')
	url, ok := strings.CutPrefix(strings.TrimSpace(first), "serving ")
	if err != nil || !ok {
		_ = cmd.Process.Kill()
		t.Fatalf("the child did not start: %q %v", first, errors.Join(err, cmd.Wait()))
	}
	return &child{url: url, cmd: cmd}
}

// childOf prepares a process that runs an errand.
func childOf(t *testing.T, told string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, done := context.WithTimeout(t.Context(), patience)
	t.Cleanup(done)
	cmd := exec.CommandContext(ctx, self, "-test.run=^$")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // not SIGKILL: that one is its own
	cmd.Env = append(os.Environ(), childEnv+"="+told)
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// kill ends the child as a power cut does.
func (c *child) kill() { _ = c.cmd.Process.Kill() }

// died waits until the child is dead and requires that it was killed.
func (c *child) died(t *testing.T, point string) {
	t.Helper()
	err := c.cmd.Wait()
	status, _ := c.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !status.Signaled() || status.Signal() != syscall.SIGKILL {
		t.Fatalf("the child did not die at %s: %v", point, err)
	}
}
