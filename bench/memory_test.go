package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/media"
	"vow.example/vow/internal/policy/policytest"
)

// cargo is one thing to upload.
type cargo struct {
	name      string
	bytes     int64
	mediaType string
	open      func() io.Reader
}

func photoCargo(t testing.TB, bytesWanted int) cargo {
	photo := photoOf(t, bytesWanted)
	return cargo{fmt.Sprintf("photo of %.1f MB", float64(len(photo))/1e6), int64(len(photo)), media.JPEG, func() io.Reader { return bytes.NewReader(photo) }}
}

func filmCargo(size int64) cargo {
	return cargo{fmt.Sprintf("video of %d MB", size/1e6), size, media.MP4, func() io.Reader { return film(size) }}
}

// child is the real program in a process of its own.
type child struct {
	process *exec.Cmd
	url     string
}

// program builds the vow command.
func program(t testing.TB, dir string) string {
	t.Helper()
	to := filepath.Join(dir, "vow")
	if out, err := exec.Command("go", "build", "-o", to, "vow.example/vow/cmd/vow").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return to
}

// startChild runs `vow demo` with the app of package policytest that takes videos of 400 MB.
func startChild(t testing.TB, vow, dir string) *child {
	t.Helper()
	app := filepath.Join(dir, "apps", "bench")
	if err := os.MkdirAll(app, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(app, "policy.yaml"), string(policytest.Bench()))
	write(t, filepath.Join(app, "wiring.yaml"), "recipients: {}\n")
	return listening(t, exec.Command(vow, "demo", "--addr", "127.0.0.1:0", "--dir", filepath.Join(dir, "data"), "--no-open", "--real-time", "--apps", filepath.Join(dir, "apps")))
}

// listening starts a server and waits until it says where it listens.
func listening(t testing.TB, command *exec.Cmd) *child {
	t.Helper()
	c := &child{process: command}
	var said bytes.Buffer
	out, err := c.process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.process.Stderr = os.Stderr
	if err := c.process.Start(); err != nil {
		t.Fatal(err)
	}
	address := regexp.MustCompile(`Start page +(http://\S+?)/\n`)
	for line := make([]byte, 4096); ; {
		n, err := out.Read(line)
		said.Write(line[:n])
		if m := address.FindSubmatch(said.Bytes()); m != nil {
			c.url = string(m[1])
			break
		}
		if err != nil {
			t.Fatalf("the server did not start: %v\n%s", err, said.String())
		}
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return c
}

func (c *child) stop(t testing.TB) {
	t.Helper()
	if err := c.process.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := c.process.Wait(); err != nil {
		t.Error(err)
	}
}

// peak is the most memory that the process ever had in RAM, in bytes.
func (c *child) peak(t testing.TB) float64 {
	t.Helper()
	words := strings.Fields(field(fmt.Sprintf("/proc/%d/status", c.process.Process.Pid), "VmHWM"))
	if len(words) != 2 || words[1] != "kB" {
		t.Skip("this system does not tell a process's peak memory")
	}
	n, err := strconv.ParseFloat(words[0], 64)
	if err != nil {
		t.Fatal(err)
	}
	return n * 1024
}

func (c *child) upload(t testing.TB, person *client.Client, what cargo) time.Duration {
	t.Helper()
	return timed(func() {
		up, err := person.Upload(context.Background(), what.open(), what.mediaType)
		if err != nil || up.Bytes != what.bytes {
			t.Fatalf("%s: %d bytes arrived, %v", what.name, up.Bytes, err)
		}
	})
}

// memory measures the peak of a fresh process after one upload of each thing. The baseline is the
// same process after an upload of 50 kB.
func memory(t testing.TB, rounds int, things ...cargo) *table {
	out := &table{
		title: "Peak memory",
		about: fmt.Sprintf("VmHWM of `vow demo`, a fresh process for every upload, in MiB; median (least–most) of %d. The first column is the same process after an upload of 50 kB.", rounds),
		head:  []string{"Upload", "before", "after", "grown by", "MB/s"},
	}
	dir := folder(t)
	vow, warm := program(t, dir), photoCargo(t, 50_000)
	before, after, grown, speed := make([][]float64, len(things)), make([][]float64, len(things)), make([][]float64, len(things)), make([][]float64, len(things))
	for round := range rounds {
		for i, what := range things {
			c := startChild(t, vow, sub(t, dir, fmt.Sprintf("%d-%d", round, i)))
			person := signIn(t, c.url, "pk_test_", "bench")
			c.upload(t, person, warm)
			first := c.peak(t)
			took := c.upload(t, person, what)
			last := c.peak(t)
			c.stop(t)
			before[i], after[i], grown[i] = append(before[i], first), append(after[i], last), append(grown[i], last-first)
			speed[i] = append(speed[i], float64(what.bytes)/1e6/took.Seconds())
			if err := os.RemoveAll(filepath.Join(dir, fmt.Sprintf("%d-%d", round, i))); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i, what := range things {
		out.row(what.name, mib(before[i]), mib(after[i]), mib(grown[i]), digits(median(speed[i])))
	}
	return out
}

func mib(samples []float64) string {
	return fmt.Sprintf("%.1f (%.1f–%.1f)", median(samples)/(1<<20), quantile(samples, 0)/(1<<20), quantile(samples, 1)/(1<<20))
}

func TestPeakMemoryIsMeasured(t *testing.T) {
	t.Parallel()
	if got := memory(t, 1, filmCargo(2_000_000)); len(got.rows) != 1 {
		t.Error(got)
	}
}
