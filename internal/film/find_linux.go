package film

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Find looks for ffmpeg and ffprobe, asks what they can do, and chooses the tightest box that the
// kernel allows. Without ffmpeg it fails with CodeMissing. Call it once, at the start.
func Find() (Tool, error) {
	return find("ffmpeg", "ffprobe")
}

func find(encoder, prober string) (Tool, error) {
	path, err := located(encoder)
	if err != nil {
		return Tool{}, missing("ffmpeg is not installed.")
	}
	t := Tool{path: path, bounds: usual()}
	t.bounds.wall = 20 * time.Second // a computer that is still starting is slow
	about, err := t.settle()
	if err != nil {
		return Tool{}, missing("ffmpeg is installed and does not start where it has no network.").Because(err)
	}
	t.version = firstLine(about)
	list, err := t.ask(path, "-v", "quiet", "-encoders")
	if err != nil {
		return Tool{}, missing("ffmpeg is installed and does not list what it can do.").Because(err)
	}
	t.encoders = videoEncoders(list)
	t.bounds = usual()
	if p, err := located(prober); err == nil {
		if _, err := t.ask(p, "-version"); err == nil {
			t.probe = p
		}
	}
	return t, nil
}

// located returns the absolute path of the program itself, not of a link to it.
func located(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return "", err
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(path)
}

// settle tries the boxes from the tightest to the loosest, and returns what the tool says about itself
// in the first one in which it runs. A tool that keeps its network is not used at all.
func (t *Tool) settle() (about []byte, err error) {
	root := os.Getuid() == 0
	for _, b := range []box{
		{namespaces: true, fence: true, nobody: root},
		{fence: true, nobody: root},
		{namespaces: true, nobody: root},
		{fence: true},
		{namespaces: true},
	} {
		t.box = b
		var kept box
		if about, kept, err = t.hear(t.path, "-version"); err == nil && len(about) > 0 && (b.namespaces || kept.calls) {
			t.box.files, t.box.calls = kept.files, kept.calls
			return about, nil
		}
	}
	t.box = box{}
	return nil, errors.Join(err, errors.New("this kernel allows neither namespaces nor seccomp: the network cannot be taken away"))
}

// ask returns what the program prints, at most 64 KB of it.
func (t Tool) ask(path string, args ...string) ([]byte, error) {
	said, _, err := t.hear(path, args...)
	return said, err
}

func (t Tool) hear(path string, args ...string) ([]byte, box, error) {
	return t.listen(context.Background(), command{path: path, args: args})
}

// listen runs a command and returns what it prints, at most 64 KB of it.
func (t Tool) listen(ctx context.Context, c command) ([]byte, box, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, box{}, err
	}
	defer func() { _ = r.Close() }()
	c.out = w
	p, err := t.start(ctx, c)
	_ = w.Close()
	if err != nil {
		return nil, box{}, err
	}
	said, readErr := io.ReadAll(io.LimitReader(r, 64<<10))
	_, _ = io.Copy(io.Discard, r) // the tool must not wait for a reader; its time is bounded
	if err := p.wait(); err != nil {
		return nil, p.kept, err
	}
	return said, p.kept, readErr
}

// firstLine is "ffmpeg version 5.1.9" of a line that goes on with names of people and places.
func firstLine(about []byte) string {
	line, _, _ := bytes.Cut(about, []byte("\n"))
	text, _, _ := strings.Cut(string(line), " Copyright")
	return text[:min(len(text), 100)]
}

// videoEncoders reads the list that ffmpeg prints: " V....D libx264   H.264 …".
func videoEncoders(list []byte) []string {
	var names []string
	lines := bufio.NewScanner(bytes.NewReader(list))
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) >= 3 && len(f[0]) == 6 && f[0][0] == 'V' && f[1] != "=" {
			names = append(names, f[1])
		}
	}
	return names
}
