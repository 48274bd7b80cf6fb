package bench

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"vow.example/vow/apps"
	"vow.example/vow/client"
	"vow.example/vow/client/clienttest"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/server"
	sim "vow.example/vow/internal/sim/runninghub"
)

const (
	simKey    = "0123456789abcdef0123456789abcdef"
	recipient = "runninghub"
	feature   = "avatar"
	workflow  = "1904136902449209346"
)

// recipientAt is a simulated RunningHub without any delay of its own.
type recipientAt struct {
	*sim.Sim
	url string
}

func newRecipient(t testing.TB, render sim.Render) recipientAt {
	t.Helper()
	s := sim.New(sim.Options{Seed: 1, Key: simKey, Workflows: sim.DemoWorkflows(), Render: render, Parallel: 8})
	url, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return recipientAt{s, url}
}

// newServer runs `vow serve` in this process: real clock, real configuration, data in dir. It returns
// its address.
func newServer(t testing.TB, dir string, r recipientAt) string {
	t.Helper()
	root, key, conf := filepath.Join(dir, "root.key"), filepath.Join(dir, "api.key"), filepath.Join(dir, "vow.yaml")
	if err := keyring.CreateRootFile(root); err != nil {
		t.Fatal(err)
	}
	write(t, key, simKey)
	write(t, conf, fmt.Sprintf("poll_every: 300ms\nrecipients:\n  %s: {base_url: %q, api_key: %q, result_hosts: [%q], allow_loopback: true}\n",
		recipient, r.url, "file:"+key, strings.TrimPrefix(r.url, "http://")))
	ctx, cancel := context.WithCancel(context.Background())
	out, in := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := server.Serve(ctx, server.ServeOptions{
			ConfigFile: conf, DataDir: filepath.Join(dir, "data"), RootKey: "file:" + root, Addr: "127.0.0.1:0", AppsDir: liveApps(t, dir), Out: in,
		})
		_ = in.CloseWithError(err) // whoever waits for the address learns why there is none
		done <- err
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	line := make([]byte, 256)
	n, err := out.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }() // whoever says more must not wait for a listener
	first, _, _ := strings.Cut(string(line[:n]), "\n")
	_, url, _ := strings.Cut(first, " at ")
	return url
}

// liveApps copies the built-in apps with addresses and a contract that `serve` accepts.
func liveApps(t testing.TB, dir string) string {
	t.Helper()
	to := filepath.Join(dir, "apps")
	for _, name := range []string{"pixplus/policy.yaml", "pixplus/wiring.yaml", "aifitting/policy.yaml", "aifitting/wiring.yaml"} {
		raw, err := fs.ReadFile(apps.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(to, path.Dir(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		real := strings.NewReplacer(".example", ".localdomain", "demo: replace by", "bench:").Replace(string(raw))
		write(t, filepath.Join(to, name), real)
	}
	return to
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// signIn opens a session of PixPlus. The client waits for nobody: bodies go out at once.
func signIn(t testing.TB, url, keyKind, app string) *client.Client {
	t.Helper()
	c := client.New(url, "", nil)
	s, err := clienttest.Enter(context.Background(), c, client.SessionCreate{AppKey: keyKind + app})
	if err != nil {
		t.Fatal(err)
	}
	return c.WithToken(s.AccessToken)
}

// folder returns a folder for data on the disk of the checkout, because a temporary folder may be
// memory, where a sync costs nothing. VOW_BENCH_DIR puts it elsewhere.
func folder(t testing.TB) string {
	t.Helper()
	where := os.Getenv("VOW_BENCH_DIR")
	if where == "" {
		where = "out"
	}
	if err := os.MkdirAll(where, 0o700); err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp(where, "data-")
	if err != nil {
		t.Fatal(err)
	}
	if dir, err = filepath.Abs(dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// TestMain keeps the servers' log out of the report.
func TestMain(m *testing.M) {
	if err := os.MkdirAll("out", 0o700); err != nil {
		panic(err)
	}
	f, err := os.Create(filepath.Join("out", "server.log"))
	if err != nil {
		panic(err)
	}
	os.Stderr = f
	os.Exit(m.Run())
}
