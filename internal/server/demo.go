package server

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"vow.example/vow/internal/api"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/moderate"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/server/recipients"
	"vow.example/vow/internal/server/simulate"
	"vow.example/vow/internal/server/storage"
)

// DemoOptions configure a demonstration.
type DemoOptions struct {
	Addr     string
	Dir      string // data directory; empty: ./vow-demo, erased at the end
	Open     bool   // open a browser
	RealTime bool
	Brisk    bool // simulated recipients answer at once
	Out      io.Writer
	AppsDir  string // empty: the built-in apps
	// At, where set, is called at every point that a crash may hit. Tests use it.
	At func(point string)

	tap    bool           // simulated recipients note every byte that comes in
	models recipients.Set // the operator's models in the place of the wiring's
}

const (
	demoDir     = "vow-demo"
	demoSpeed   = 1440 // one real minute is one policy day
	demoPoll    = 300 * time.Millisecond
	testKey     = "pk_test_"
	demoQueue   = 300 * time.Millisecond  // of a simulated job, so that the page shows it
	demoRunning = 1200 * time.Millisecond // the same
	rehearsed   = 20 * time.Millisecond   // both, where nobody watches
)

// Demo runs every app with simulated recipients on this machine, until ctx is done. No account and
// no network are needed.
func Demo(ctx context.Context, o DemoOptions) error {
	began := clock.Real{}.Now()
	if host, _, err := net.SplitHostPort(o.Addr); err != nil || host != "localhost" && !net.ParseIP(host).IsLoopback() {
		return errors.New("server: addr must be a loopback address such as 127.0.0.1:8420: everybody knows the keys of a demonstration")
	}
	l, err := listen(o.Addr)
	if err != nil {
		return err
	}
	d, err := startDemo(ctx, o, l)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer d.closeSims()
	if err := selfTest(d.dir); err != nil {
		return errors.Join(err, l.Close(), d.core.close())
	}
	fmt.Fprint(o.Out, d.banner(o, clock.Real{}.Now().Sub(began)), d.core.restored)
	if o.Open {
		openBrowser(d.core.publicURL)
	}
	err = run(ctx, l, d.core)
	if d.temporary {
		err = errors.Join(err, d.erase())
		fmt.Fprintln(o.Out, "Stopped. The demo data is erased.")
	} else {
		fmt.Fprintln(o.Out, "Stopped. The data stays, encrypted, in the directory you gave.")
	}
	return err
}

// demo is a running demonstration.
type demo struct {
	core      *core
	sims      map[privacy.RecipientID]*simulate.Recipient
	buckets   *storage.Simulated
	dir       string
	rootFile  string
	temporary bool
}

func startDemo(ctx context.Context, o DemoOptions, l net.Listener) (*demo, error) {
	d := &demo{dir: o.Dir, temporary: o.Dir == ""}
	if !d.temporary {
		return d, d.start(ctx, o, l)
	}
	d.dir = demoDir
	if err := d.claim(); err != nil {
		return nil, err
	}
	if err := d.start(ctx, o, l); err != nil {
		return nil, errors.Join(err, d.erase())
	}
	return d, nil
}

// start builds the server of a demonstration, and its recipients.
func (d *demo) start(ctx context.Context, o DemoOptions, l net.Listener) error {
	if info, err := os.Stat(d.dir); err == nil && !info.IsDir() {
		return errors.New("server: --dir is a file, not a folder")
	}
	d.rootFile = filepath.Clean(d.dir) + ".rootkey"
	if _, err := os.Stat(d.rootFile); errors.Is(err, os.ErrNotExist) {
		if err := keyring.CreateRootFile(d.rootFile); err != nil {
			return err
		}
	}
	set, err := loadApps(o.AppsDir, testKey)
	if err != nil {
		return err
	}
	o.models.Rename(set.wiring)
	clk := clock.NewFast(demoSpeed)
	if o.RealTime {
		clk = clock.NewFast(1)
	}
	shown := steady{clk, filepath.Join(d.dir, "clock")}
	if err := shown.load(); err != nil {
		return err
	}
	publicURL := "http://" + l.Addr().String()
	links, shelf, err := d.simulate(set, clk, o)
	if err != nil {
		return err
	}
	if d.buckets, err = storage.Simulate(d.dir, set.policies); err != nil {
		d.closeSims()
		return err
	}
	for _, bucket := range d.buckets.Shelf {
		shelf = append(shelf, api.DemoRecipient(bucket))
	}
	d.core, err = build(ctx, setting{
		dataDir: d.dir, root: keyring.RootFromFile(d.rootFile), publicURL: publicURL, apps: set, clock: clk, log: log.New(os.Stderr),
		egress: links, places: d.buckets.Places,
		pollEvery: demoPoll, blocklist: moderate.NoList, at: o.At, tick: shown.save,
		demo: &api.Demo{Clock: clk, Recipients: shelf},
	})
	if err != nil {
		d.closeSims()
		return err
	}
	return nil
}

// simulate puts up a simulator for every recipient that a live feature would send to.
func (d *demo) simulate(set appSet, clk clock.Clock, o DemoOptions) (links []egress.Config, shelf []api.DemoRecipient, err error) {
	d.sims = map[privacy.RecipientID]*simulate.Recipient{}
	queue, running := demoQueue, demoRunning
	if o.tap || o.Brisk { // nobody watches a rehearsal
		queue, running = rehearsed, rehearsed
	}
	for _, id := range slices.Concat(set.recipients(), set.receivers()) {
		r, err := simulate.Start(set.driverOf(id), "127.0.0.1:0", simulate.Options{
			Clock: clk, Models: simulate.Models(set.wiring, id), Queue: queue, Run: running, Tap: o.tap,
		})
		if err != nil {
			d.closeSims()
			return nil, nil, fmt.Errorf("server: simulated %s: %w", id, err)
		}
		d.sims[id] = r
		links = append(links, r.Link(id))
		shelf = append(shelf, api.DemoRecipient{
			ID: id, Name: set.nameOf(id), URL: r.Base,
			Received: func() any { return r.Received() }, Saw: r.Saw,
			Counts: func() (int, int) { e := r.Received(); return len(e.Requests), len(e.Holds) },
		})
	}
	return links, shelf, nil
}

func (d *demo) closeSims() {
	for _, r := range d.sims {
		r.Close()
	}
	d.buckets.Close()
}

// claim makes sure that a directory which will be erased at the end is ours to erase.
func (d *demo) claim() error {
	mark := filepath.Join(d.dir, ".vow-demo")
	if _, err := os.Stat(d.dir); err == nil {
		if _, err := os.Stat(mark); err != nil {
			return errors.New("server: ./" + demoDir + " exists and was not made by vow demo; move it away or give --dir")
		}
		if held, err := keyring.HoldFile(filepath.Join(d.dir, "keyring.bin")); errors.Is(err, keyring.ErrLocked) {
			return errors.New("server: another demo runs with ./" + demoDir + "; stop it, or give --dir")
		} else if err == nil { // one that ended early may have left no keys, or half of them
			defer func() { _ = held.Release() }() // the file is erased by then
		}
		if err := d.erase(); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return fmt.Errorf("server: demo directory: %w", cause(err))
	}
	if err := os.WriteFile(mark, nil, 0o600); err != nil {
		return fmt.Errorf("server: demo directory: %w", cause(err))
	}
	return nil
}

func (d *demo) erase() error {
	return errors.Join(os.RemoveAll(d.dir), os.RemoveAll(filepath.Clean(d.dir)+".rootkey"))
}

func (d *demo) banner(o DemoOptions, took time.Duration) string {
	var b bytes.Buffer
	url := d.core.publicURL
	fate := "erased when you stop"
	if !d.temporary {
		fate = "kept when you stop"
	}
	fmt.Fprintf(&b, "vow %s demo   data in %s (%s)   no account, no network needed\n", Version, d.dir, fate)
	fmt.Fprintf(&b, "  Start page  %s/\n", url)
	for _, id := range d.core.apps.order {
		fmt.Fprintf(&b, "  App         %-38s test key %s%s\n", url+"/"+string(id)+"/", testKey, id)
	}
	fmt.Fprintf(&b, "  Staff       %s\n", demoStaff())
	fmt.Fprintf(&b, "  Vendors     sign with %sSOURCE: POST %s/v1/inbound/SOURCE\n", demoVendor, url)
	fmt.Fprintf(&b, "  API docs    %s/docs\n", url)
	fmt.Fprintf(&b, "  Recipients  %s/demo/recipients   simulated on this machine\n", url)
	clockLine := "1 minute = 1 policy day; watch things disappear (--real-time turns it off)"
	if o.RealTime {
		clockLine = "real time; POST /demo/clock {\"advance\":\"PT25H\"} moves it forward"
	}
	fmt.Fprintf(&b, "  Clock       %s\n", clockLine)
	fmt.Fprintf(&b, "Ready in %.1f s. Press Ctrl-C to stop.\n", took.Seconds())
	return b.String()
}

func randomKey() (string, error) {
	raw := make([]byte, 16)
	if _, err := rand.Read(raw); err != nil {
		return "", fmt.Errorf("server: random: %w", err)
	}
	return hex.EncodeToString(raw), nil
}

// openBrowser tries to show the page; where there is no browser the banner says where it is.
func openBrowser(url string) {
	name, args := "xdg-open", []string{url}
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler", url}
	}
	cmd := exec.Command(name, args...)
	if cmd.Start() == nil {
		go func() { _ = cmd.Wait() }()
	}
}
