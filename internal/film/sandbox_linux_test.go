package film

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"vow.example/vow/internal/fault"
)

// run starts ffmpeg as it is started for a film, with other arguments.
func run(t *testing.T, tool Tool, file []byte, args ...string) ([]byte, error) {
	t.Helper()
	f, err := memoryOf(file)
	if err != nil {
		t.Fatal(err)
	}
	defer erase(f)
	said, _, err := tool.listen(t.Context(), command{path: tool.path, args: append([]string{"-v", "quiet", "-nostdin"}, args...), file: f})
	return said, err
}

// door listens on this machine and counts who comes.
func door(t *testing.T) (address string, came *atomic.Int32) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	came = new(atomic.Int32)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			came.Add(1)
			_ = c.Close()
		}
	}()
	return l.Addr().String(), came
}

// playlist names a film at an address, in the two ways that ffmpeg follows.
func playlists(address string) map[string][]byte {
	return map[string][]byte{
		"hls":    []byte("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://" + address + "/a.ts\n#EXT-X-ENDLIST\n"),
		"concat": []byte("ffconcat version 1.0\nfile 'http://" + address + "/a.mp4'\n"),
	}
}

func TestNothingThatAVideoNamesIsFetched(t *testing.T) {
	t.Parallel()
	tool := tool(t)
	address, came := door(t)
	open := []string{"-protocol_whitelist", "file,http,tcp", "-safe", "0"}
	for kind, list := range playlists(address) {
		follow := func(tool Tool, protocols ...string) {
			args := append([]string{}, protocols...)
			if kind == "hls" {
				args = args[:2]
			}
			_, _ = run(t, tool, list, append(args, "-f", kind, "-i", "file:/proc/self/fd/3", "-f", "null", "-")...)
		}
		bare := tool
		bare.box = box{}
		follow(bare, open...)
		if came.Swap(0) == 0 {
			t.Fatalf("%s: the list leads nowhere even without the sandbox: this test would not see anything", kind)
		}
		follow(bare, "-protocol_whitelist", "file", "-safe", "0")
		if came.Swap(0) != 0 {
			t.Errorf("%s: the list of protocols did not hold", kind)
		}
		for _, b := range []box{tool.box, {fence: tool.box.fence}, {namespaces: tool.box.namespaces}} {
			boxed := tool
			boxed.box = b
			if b.fence && !tool.box.calls || b == (box{}) {
				t.Logf("this kernel has no %+v", b)
				continue
			}
			if follow(boxed, open...); came.Swap(0) != 0 {
				t.Errorf("%s: the box %q let a connection out", kind, b)
			}
		}
		if _, err := tool.Probe(t.Context(), list); fault.CodeOf(err) != CodeUnreadable {
			t.Errorf("%s: probe: %v", kind, err)
		}
		if _, err := tool.Decode(t.Context(), list, generous(), nil); fault.CodeOf(err) != CodeUnreadable {
			t.Errorf("%s: decode: %v", kind, err)
		}
	}
	if came.Load() != 0 {
		t.Error("somebody came")
	}
}

func TestTheToolCannotReadOrWriteFiles(t *testing.T) {
	t.Parallel()
	tool := tool(t)
	if !tool.box.files {
		t.Skip("this kernel has no Landlock")
	}
	secret := filepath.Join(t.TempDir(), "secret.mp4")
	if err := os.WriteFile(secret, encoded(t, tool, clip(64, 64, 25, 3)), 0o644); err != nil { //nolint:gosec // readable for everybody: only the fence may stop the tool
		t.Fatal(err)
	}
	read := []string{"-f", "mov", "-i", "file:" + secret, "-f", "rawvideo", "pipe:1"}
	bare, fenced := tool, tool
	bare.box, fenced.box = box{}, box{fence: true}
	if said, err := run(t, bare, nil, read...); err != nil || len(said) == 0 {
		t.Fatalf("the file cannot be read even without the sandbox: %v", err)
	}
	if said, err := run(t, fenced, nil, read...); err == nil || len(said) != 0 {
		t.Errorf("the tool read %d bytes of a file", len(said))
	}
	written := filepath.Join(filepath.Dir(secret), "written.mp4")
	if _, err := run(t, fenced, nil, "-f", "lavfi", "-i", "color=s=64x64:d=0.1", "-y", "file:"+written); err == nil {
		t.Error("the tool wrote a file")
	}
	if _, err := os.Stat(written); err == nil {
		t.Error("a file was left")
	}
}

// gone fails when a process group still exists.
func gone(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(-pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the process group %d is still there: %v", pid, err)
	}
}

// hang is a run that does not end by itself.
func hang(t *testing.T, tool Tool, ctx context.Context) *process {
	t.Helper()
	p, err := tool.start(ctx, command{path: tool.path, args: []string{"-v", "quiet", "-nostdin", "-re", "-f", "lavfi", "-i", "color=s=64x64", "-f", "null", "-"}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAHangingToolEndsWithItsTimeAndWithItsCaller(t *testing.T) {
	t.Parallel()
	tool := tool(t)
	tool.bounds.wall = 300 * time.Millisecond
	p := hang(t, tool, t.Context())
	if err := p.wait(); fault.CodeOf(err) != CodeTooLong {
		t.Errorf("%v, want %s", err, CodeTooLong)
	}
	gone(t, p.cmd.Process.Pid)
	tool.bounds.wall = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	p = hang(t, tool, ctx)
	cancel()
	if err := p.wait(); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want a cancel", err)
	}
	gone(t, p.cmd.Process.Pid)
	p = hang(t, tool, t.Context())
	if err := syscall.Kill(p.cmd.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := p.wait(); fault.CodeOf(err) != CodeFailed {
		t.Errorf("a tool that crashed: %v", err)
	}
	encoded(t, tool, clip(64, 64, 25, 3)) // the next call is not touched by it
}

func TestACancelledFilmEndsAtOnce(t *testing.T) {
	t.Parallel()
	tool := tool(t)
	ctx, cancel := context.WithCancel(t.Context())
	f := clip(64, 64, 25, 200)
	draw, drawn := f.Draw, 0
	f.Draw = func(ctx context.Context, n int, dst *image.NRGBA) error {
		if drawn = n; n == 4 {
			cancel()
		}
		return draw(ctx, n, dst)
	}
	var out bytes.Buffer
	if err := tool.Encode(ctx, f, &out); !errors.Is(err, context.Canceled) || drawn > 5 || out.Len() != 0 {
		t.Errorf("%v after frame %d, %d bytes", err, drawn, out.Len())
	}
	slow := tool
	slow.bounds.wall, slow.bounds.perItem = 200*time.Millisecond, 0
	f.Draw = func(ctx context.Context, _ int, _ *image.NRGBA) error { <-ctx.Done(); return ctx.Err() }
	if err := slow.Encode(t.Context(), f, io.Discard); fault.CodeOf(err) != CodeTooLong {
		t.Errorf("frames that take too long: %v", err)
	}
}

func TestMemoryAndOutputAreBounded(t *testing.T) {
	t.Parallel()
	tool := tool(t)
	b := encoded(t, tool, clip(640, 480, 25, 2))
	small := tool
	small.bounds.memory = 200 << 20
	if err := small.Encode(t.Context(), clip(1920, 1080, 25, 3), io.Discard); fault.CodeOf(err) != CodeFailed {
		t.Errorf("little memory: %v", err)
	}
	short := tool
	short.bounds.output = 500
	if err := short.Encode(t.Context(), clip(640, 480, 25, 3), io.Discard); fault.CodeOf(err) != CodeTooLong {
		t.Error("a film larger than its limit was written")
	}
	bare := tool
	bare.box, bare.bounds.output = box{}, 256<<20
	huge := sized(t, bare, "5000x4000")
	if _, err := tool.Probe(t.Context(), huge); fault.CodeOf(err) != CodeUnreadable {
		t.Errorf("20 megapixels: %v", err)
	}
	if _, err := tool.Probe(t.Context(), b); err != nil {
		t.Errorf("an ordinary video: %v", err)
	}
}

// sized makes a video of one frame.
func sized(t *testing.T, tool Tool, size string, more ...string) []byte {
	t.Helper()
	f, err := memory()
	if err != nil {
		t.Fatal(err)
	}
	defer erase(f)
	args := []string{"-v", "quiet", "-nostdin", "-f", "lavfi", "-i", "testsrc=d=0.2:r=5:s=" + size, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"}
	if _, _, err := tool.listen(t.Context(), command{path: tool.path, args: append(append(args, more...), "-f", "mp4", "-y", "file:/proc/self/fd/3"), file: f}); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := pour(f, &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestASidewaysVideoComesUprightAndWithSquarePixels(t *testing.T) {
	t.Parallel()
	tool := tool(t)
	for name, c := range map[string]struct {
		more   []string
		turned bool
		w, h   int
	}{
		"upright":  {nil, false, 128, 64},
		"sideways": {nil, true, 64, 128},
		"wide":     {[]string{"-aspect", "4:1"}, false, 256, 64},
	} {
		b := sized(t, tool, "128x64", c.more...)
		if c.turned { // the matrix in the head of the track
			matrix := b[bytes.Index(b, []byte("tkhd"))+44:]
			for i, v := range []uint32{0, 0x10000, 0, 0xffff0000, 0} {
				binary.BigEndian.PutUint32(matrix[4*i:], v)
			}
		}
		v, err := tool.Decode(t.Context(), b, generous(), func(_ int, m *image.NRGBA) error {
			if m.Rect.Dx() != c.w || m.Rect.Dy() != c.h {
				return fmt.Errorf("frame of %v", m.Rect)
			}
			return nil
		})
		if err != nil || v.Width != c.w || v.Height != c.h || v.Frames != 1 {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
	}
}

func TestHostileVideosFailInTimeAndLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	tool := tool(t)
	good := encoded(t, tool, clip(160, 120, 25, 20))
	wild := bytes.Clone(good)
	for i := 40; i < len(wild); i += 7 {
		wild[i] ^= 0x5a
	}
	deep := bytes.Clone(good[:32])
	for range 50_000 { // boxes within boxes
		deep = append(binary.BigEndian.AppendUint32(deep, 0x7fffffff), "moov"...)
	}
	gif := append([]byte("GIF89a\xff\xff\xff\xff\xf0\x00\x00\x00\x00\x00\xff\xff\xff"), bytes.Repeat([]byte(",\x00\x00\x00\x00\xff\xff\xff\xff\x00\x08\x01\x01\x00"), 1000)...)
	for name, b := range map[string][]byte{
		"nothing": nil, "zeros": make([]byte, 1<<16), "text": []byte(strings.Repeat("hello ", 1000)),
		"a GIF bomb": gif, "the start of a film": good[:len(good)/8], "a head without a film": append([]byte("\x00\x00\x00\x18ftypisom"), make([]byte, 64)...),
		"WebM and noise": append([]byte("\x1aE\xdf\xa3"), wild...), "an MP4 turned to noise": wild, "boxes within boxes": deep,
		"a still picture": []byte("\x89PNG\r\n\x1a\n" + strings.Repeat("\x00", 100)),
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		_, err := tool.Probe(ctx, b)
		if code := fault.CodeOf(err); code != CodeUnreadable {
			t.Errorf("%s: probe: %v", name, err)
		}
		_, err = tool.Decode(ctx, b, generous(), func(int, *image.NRGBA) error { return nil })
		if code := fault.CodeOf(err); code != CodeUnreadable {
			t.Errorf("%s: decode: %v", name, err)
		}
		cancel()
	}
	cut := good[:len(good)*3/4] // its index is whole: what is there may be shown, or refused
	if v, err := tool.Decode(t.Context(), cut, generous(), func(int, *image.NRGBA) error { return nil }); err == nil && v.Frames > 20 || err != nil && fault.CodeOf(err) != CodeUnreadable {
		t.Errorf("a film cut short: %+v, %v", v, err)
	}
}

// script makes a tool of a few lines of shell.
func script(t *testing.T, lines string) Tool {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ffmpeg")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+lines+"\n"), 0o755); err != nil { //nolint:gosec // it must run
		t.Fatal(err)
	}
	return Tool{path: path, probe: path, encoders: []string{"libx264"}, bounds: usual()}
}

func TestACrashedToolFailsOneCallOnly(t *testing.T) {
	t.Parallel()
	for name, lines := range map[string]string{"a crash": "kill -SEGV $$", "an error with words": "echo secret >&2; exit 3", "silence": "exit 1"} {
		err := script(t, lines).Encode(t.Context(), clip(640, 480, 25, 3), io.Discard)
		if fault.CodeOf(err) != CodeFailed || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := script(t, lines).Probe(t.Context(), []byte("\x00\x00\x00\x18ftypisommmm")); fault.CodeOf(err) != CodeUnreadable || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: probe: %v", name, err)
		}
	}
	for _, said := range []string{"", "{", `{"streams":[]}`, `{"streams":[{"width":-1,"height":9}]}`, strings.Repeat("x", 100_000)} {
		if _, err := script(t, "printf '%s' '"+said+"'").Probe(t.Context(), []byte("\x00\x00\x00\x18ftypisommmm")); fault.CodeOf(err) != CodeUnreadable {
			t.Errorf("an answer of %d bytes: %v", len(said), err)
		}
	}
}

func TestTheToolSeesNoEnvironment(t *testing.T) {
	t.Setenv("VOW_ROOT_KEY", "secret")
	said, err := script(t, "env; pwd; ls /proc/self/fd").ask(script(t, "env; pwd").path)
	if err != nil || strings.Contains(string(said), "secret") || strings.Contains(string(said), "HOME") || !strings.HasSuffix(string(said), "\n/\n") {
		t.Errorf("%q, %v", said, err)
	}
}

func TestTheToolInheritsNothing(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	const at = 77
	if err := syscall.Dup3(int(w.Fd()), at, 0); err != nil { // as a starter hands it down
		t.Fatal(err)
	}
	defer func() { _ = syscall.Close(at) }()
	list := script(t, "ls /proc/self/fd")
	said, err := list.ask(list.path)
	if err != nil || len(said) == 0 || slices.Contains(strings.Fields(string(said)), "77") {
		t.Errorf("the tool has %q, %v", said, err)
	}
}

func TestAMissingToolIsNamed(t *testing.T) {
	t.Parallel()
	got, err := find("no-such-ffmpeg", "no-such-ffprobe")
	if fault.CodeOf(err) != CodeMissing || ReportOf(got, err).Found || !strings.Contains(ReportOf(got, err).Problem, "not installed") {
		t.Errorf("%+v, %v", ReportOf(got, err), err)
	}
	found := tool(t)
	half, err := find("ffmpeg", "no-such-ffprobe")
	if err != nil || half.path != found.path {
		t.Fatal(err)
	}
	if _, err := half.Probe(t.Context(), []byte("x")); fault.CodeOf(err) != CodeMissing {
		t.Errorf("no ffprobe: %v", err)
	}
	if r := ReportOf(found, nil); !r.Found || !r.H264 || !r.Reads || r.Problem != "" || !strings.HasPrefix(r.Version, "ffmpeg version") || r.Sandbox == "" {
		t.Errorf("%+v", r)
	}
	if len(found.Encoders()) == 0 {
		t.Error("no encoders")
	}
}
