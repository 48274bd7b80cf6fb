package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// machine describes where the figures come from. dir is where the data lies.
func machine(dir string) string {
	var b strings.Builder
	line := func(name, value string) { fmt.Fprintf(&b, "|%s|%s|\n", name, value) }
	fmt.Fprint(&b, "|Machine||\n|-|-|\n")
	line("CPU", fmt.Sprintf("%s, %d cores", field("/proc/cpuinfo", "model name"), runtime.NumCPU()))
	line("Memory", field("/proc/meminfo", "MemTotal"))
	line("Go", fmt.Sprintf("%s %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH))
	line("Kernel", kernel())
	line("File system", fileSystem(dir))
	line("Revision", revision())
	line("Load before (1, 5, 15 minutes)", load())
	return b.String()
}

// field returns the first value of a "name : value" file.
func field(path, name string) string {
	f, err := os.Open(path)
	if err != nil {
		return "unknown"
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if key, value, ok := strings.Cut(s.Text(), ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// load is how much else the machine had to do.
func load() string {
	raw, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(raw))[:3], ", ")
}

func kernel() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "unknown"
	}
	word := func(b []byte) string { return string(b[:max(0, bytes.IndexByte(b, 0))]) }
	return word(u.Sysname[:]) + " " + word(u.Release[:])
}

// fileSystem returns type and options of the mount that holds dir, without its path.
func fileSystem(dir string) string {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "unknown"
	}
	f, err := os.Open("/proc/mounts")
	if err != nil {
		return "unknown"
	}
	defer f.Close()
	best, found := "", "unknown"
	for s := bufio.NewScanner(f); s.Scan(); {
		w := strings.Fields(s.Text())
		if len(w) < 4 || len(w[1]) < len(best) || !strings.HasPrefix(dir+"/", strings.TrimSuffix(w[1], "/")+"/") {
			continue
		}
		best, found = w[1], w[2]+" ("+w[3]+")"
	}
	return found
}

// revision is what was measured.
func revision() string {
	out, err := exec.Command("git", "describe", "--always", "--dirty").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}

func TestTheMachineIsDescribedWithoutItsPaths(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := machine(dir)
	if !strings.Contains(text, runtime.Version()) || strings.Contains(text, dir) {
		t.Error(text)
	}
}
