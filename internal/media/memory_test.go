//go:build !race

package media

import (
	"bytes"
	"fmt"
	"image"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// large is a picture of 12 megapixels with some detail, as JPEG.
func large(t testing.TB) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 4000, 3000))
	for y := range 3000 {
		row := img.Pix[y*img.Stride:][:img.Stride]
		for x := range 4000 {
			v := x*y>>11 + (x*31+y*17)%29
			row[4*x], row[4*x+1], row[4*x+2], row[4*x+3] = byte(v), byte(v+x/40), byte(y/12), 255
		}
	}
	return written(t, img, JPEG, Label{})
}

// peak is the most memory that the process has had, in megabytes.
func peak(t testing.TB) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("no /proc")
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kb, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return kb / 1000
}

// TestALargePictureNeedsLittleMemory runs the work of a 12 megapixel job, without an effect, in a process
// of its own.
func TestALargePictureNeedsLittleMemory(t *testing.T) {
	const file = "VOW_TEST_LARGE_PICTURE"
	if name := os.Getenv(file); name != "" {
		in, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		img, _, err := Open(t.Context(), in, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if err := EncodeOwned(io.Discard, img, JPEG, Label{Visible: true, Digital: true}); err != nil {
			t.Fatal(err)
		}
		fmt.Printf("peak=%d\n", peak(t))
		return
	}
	if testing.Short() {
		t.Skip("takes a large picture")
	}
	peak(t)
	name := t.TempDir() + "/large.jpg"
	if given := os.Getenv("VOW_TEST_PICTURE"); given != "" {
		name = given
	} else if err := os.WriteFile(name, large(t), 0o600); err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestALargePictureNeedsLittleMemory$")
	child.Env = append(os.Environ(), file+"="+name)
	out, err := child.CombinedOutput()
	_, rest, found := bytes.Cut(out, []byte("peak="))
	if err != nil || !found {
		t.Fatalf("%v\n%s", err, out)
	}
	line, _, _ := strings.Cut(string(rest), "\n")
	mb, err := strconv.Atoi(line)
	t.Logf("%d MB", mb)
	if err != nil || mb > 170 {
		t.Errorf("decoding and encoding 12 megapixels took %d MB, %v", mb, err)
	}
}
