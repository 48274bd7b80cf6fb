package film

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// command is one run of the tool: what goes in and out besides the memory file, which is number 3.
type command struct {
	path  string
	args  []string
	in    *os.File // standard input; nil: nothing
	out   *os.File // standard output; nil: nothing
	file  *os.File // memory file
	items int      // frames that are drawn or read
}

// process is a tool that runs.
type process struct {
	ctx    context.Context // of this run only: ends with the deadline
	parent context.Context
	stop   context.CancelFunc
	cmd    *exec.Cmd
	kept   box
	cpu    time.Duration
	over   chan struct{} // closed when the process is gone
	left   chan struct{} // closed when its starter is gone
}

// start runs the tool in its box. The caller must call wait.
func (t Tool) start(ctx context.Context, c command) (*process, error) {
	wall := t.bounds.wall + time.Duration(c.items)*t.bounds.perItem
	p := &process{parent: ctx, cpu: 2 * wall, over: make(chan struct{}), left: make(chan struct{})}
	p.ctx, p.stop = context.WithTimeout(ctx, wall)
	p.cmd = exec.CommandContext(p.ctx, c.path, c.args...) //nolint:gosec // found by Find; every argument is a constant or a number
	p.cmd.Env, p.cmd.Dir = []string{}, "/"
	if c.in != nil {
		p.cmd.Stdin = c.in
	}
	if c.out != nil {
		p.cmd.Stdout = c.out
	}
	if c.file != nil {
		p.cmd.ExtraFiles = []*os.File{c.file}
	}
	p.cmd.SysProcAttr = t.box.attributes()
	p.cmd.Cancel = func() error { return kill(p.cmd.Process.Pid) }
	p.cmd.WaitDelay = 5 * time.Second
	_ = unix.CloseRange(3, math.MaxInt32, unix.CLOSE_RANGE_CLOEXEC) // what the server was started with is not for the tool; old kernels cannot
	started := make(chan error, 1)
	go p.host(t, started)
	if err := <-started; err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

// host starts the process from a thread of its own, which the fence closes in and which ends with the
// process: the kernel kills the process when that thread dies.
func (p *process) host(t Tool, started chan<- error) {
	defer close(p.left)
	runtime.LockOSThread() // never unlocked: the thread is of no use to anybody else
	kept := box{}
	if t.box.fence {
		var err error
		if kept, err = fence(t.path); err != nil {
			started <- err
			return
		}
	}
	if err := p.cmd.Start(); err != nil {
		started <- fmt.Errorf("film: start: %w", err)
		return
	}
	if err := t.bounds.impose(p.cmd.Process.Pid, p.cpu); err != nil {
		_ = kill(p.cmd.Process.Pid)
		_ = p.cmd.Wait()
		started <- err
		return
	}
	p.kept = kept
	started <- nil
	<-p.over
}

// attributes are what the kernel is asked for when the process is made.
func (b box) attributes() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	const nobody = 65534
	uid, gid := os.Getuid(), os.Getgid()
	if b.nobody {
		uid, gid = nobody, nobody
		a.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	if b.namespaces {
		a.Cloneflags = syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS
		a.UidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: uid, Size: 1}}
		a.GidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: gid, Size: 1}}
		a.GidMappingsEnableSetgroups = b.nobody
	}
	return a
}

// impose sets the limits of a process that has just been started: it is still busy with loading its
// libraries then. The tool also gets a limit of its own for single blocks of memory.
func (b bounds) impose(pid int, cpu time.Duration) error {
	seconds := uint64(cpu/time.Second) + 1
	for what, most := range map[int]uint64{
		unix.RLIMIT_AS: b.memory, unix.RLIMIT_CPU: seconds, unix.RLIMIT_FSIZE: b.output,
		unix.RLIMIT_CORE: 0, unix.RLIMIT_NOFILE: 64, unix.RLIMIT_NPROC: 512,
	} {
		limit := unix.Rlimit{Cur: most, Max: most}
		if err := unix.Prlimit(pid, what, &limit, nil); err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("film: limits: %w", err)
		}
	}
	return nil
}

// kill ends the process and whatever it may have started.
func kill(pid int) error {
	if err := syscall.Kill(-pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("film: stop: %w", err)
	}
	return nil
}

// wait returns nil for a tool that ended well, the context's error, CodeTooLong for one that took too
// much time, and CodeFailed for every other end.
func (p *process) wait() error {
	err := p.cmd.Wait()
	late := p.ctx.Err()
	p.stop()
	close(p.over)
	<-p.left
	switch {
	case p.parent.Err() != nil:
		return fmt.Errorf("film: %w", p.parent.Err())
	case err == nil:
		return nil
	case errors.Is(late, context.DeadlineExceeded) || p.cmd.ProcessState != nil && p.cmd.ProcessState.UserTime()+p.cmd.ProcessState.SystemTime() >= p.cpu:
		return tooLong()
	}
	return failed().Because(errEnded)
}

// errEnded stands for all that the tool could say: its words may hold names and contents.
var errEnded = errors.New("the tool ended with an error")
