package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"vow.example/vow/client"
)

// assignment is a whole task of the own engine.
type assignment struct {
	app, feature string
	params       map[string]string
}

func assignments() []assignment {
	style := func(name string) assignment {
		return assignment{"aifitting", "avatar", map[string]string{"style": name}}
	}
	return []assignment{
		style("bold"), style("oil"), style("watercolor"), style("ink"), {"picwiz", "denoise", nil}, {"picwiz", "auto_fix", nil},
		{"picwiz", "portrait_enhance", nil}, {"picwiz", "background_blur", nil}, {"picwiz", "portrait_light", nil},
		{"picwiz", "hair_color", nil}, {"picwiz", "hairstyle", nil}, {"picwiz", "portrait_frame", nil},
		{"aifitting", "face_swap", nil}, {"aifitting", "video_making", nil},
	}
}

// appetite measures the peak of the whole server while it does one task of the own engine, upload and
// review included. The peak is set back before each task.
func appetite(t testing.TB, rounds int, photo []byte, list ...assignment) *table {
	out := &table{
		title: "Peak memory of a task of the own engine",
		about: fmt.Sprintf("VmHWM of `vow demo` while it does one task after the other with a photo of %.1f MB, in MiB; median (least–most) of %d rounds. The first column is what the process holds before the task.", float64(len(photo))/1e6, rounds),
		head:  []string{"App", "feature", "before", "peak", "target"},
	}
	dir := folder(t)
	c := startOwn(t, program(t, dir), dir)
	defer c.stop(t)
	before, peak := make([][]float64, len(list)), make([][]float64, len(list))
	for range rounds {
		for i, a := range list {
			person := signIn(t, c.url, "pk_test_", a.app)
			if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", c.process.Process.Pid), []byte("5"), 0); err != nil {
				t.Skip("this system does not set a process's peak memory back")
			}
			before[i] = append(before[i], c.peak(t))
			wanted := client.TaskCreate{Feature: a.feature, Params: a.params}
			if _, _, err := throughFeature(context.Background(), person, wanted, "own_servers", photo); err != nil {
				t.Fatalf("%s %s: %v", a.app, a.feature, err)
			}
			peak[i] = append(peak[i], c.peak(t))
		}
	}
	for i, a := range list {
		name := a.feature
		for _, word := range a.params {
			name += ", " + word
		}
		out.row(a.app, name, mib(before[i]), mib(peak[i]), "< 200")
	}
	return out
}

// startOwn runs `vow demo` with the built-in apps.
func startOwn(t testing.TB, vow, dir string) *child {
	t.Helper()
	return listening(t, exec.Command(vow, "demo", "--addr", "127.0.0.1:0", "--dir", filepath.Join(dir, "own"), "--no-open", "--real-time"))
}

func TestTheAppetiteOfATaskIsMeasured(t *testing.T) {
	t.Parallel()
	if got := appetite(t, 1, portrait(t, 400, 400), assignment{"aifitting", "avatar", nil}); len(got.rows) != 1 {
		t.Error(got)
	}
}
