package server

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/privacy"
)

// stillOpens begins every complaint about something that was forgotten and can be opened. The mutant
// test looks for it.
const stillOpens = "forgotten, but somebody can still open it"

// watch searches everything on disk for everything that must not be there, all the time.
type watch struct {
	dirs []string
	core *core

	mu      sync.Mutex
	finder  *finder
	found   map[string]string // what → when it was seen first
	names   map[string]bool   // of every blob ever seen
	rounds  int
	stopped chan struct{}
}

func newWatch(c *core, dirs ...string) *watch {
	return &watch{core: c, dirs: dirs, finder: newFinder(), found: map[string]string{}, names: map[string]bool{}, stopped: make(chan struct{})}
}

// secret must be found nowhere from now on.
func (w *watch) secret(name string, secret []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.finder.add(name, secret)
}

// picture must be found nowhere from now on: not its pixels, not what came with it.
func (w *watch) picture(t *testing.T, c *canary) *canary {
	t.Helper()
	for where, text := range c.hidden {
		w.secret(where, []byte(text))
	}
	for _, piece := range slices.Concat(c.coded(), c.decoded(t)) {
		w.secret("pixels of "+c.name, piece)
	}
	return c
}

// look searches once. Every key that exists is searched for, and stays searched for.
func (w *watch) look(when string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.core.ring.Keys(func(kind, _ string, key []byte) { w.finder.add(kind+" key", bytes.Clone(key)) })
	for _, hit := range w.finder.under(w.dirs...) {
		if _, known := w.found[hit]; !known {
			w.found[hit] = when
		}
	}
	for id, err := range w.core.blobs.List(context.Background()) {
		if err == nil {
			w.names[id] = true
		}
	}
	w.rounds++
}

// keep looks until ctx ends.
func (w *watch) keep(ctx context.Context) {
	defer close(w.stopped)
	for ctx.Err() == nil {
		began := time.Now()
		w.look("in between")
		time.Sleep(max(5*time.Millisecond, time.Since(began))) // half of the time is for the server
	}
}

// ever reports whether a blob of that name was ever on disk.
func (w *watch) ever(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.names[id]
}

// openable tries every key on everything that is left, and returns the content by object.
func openable(t *testing.T, c *core) map[string][]byte {
	t.Helper()
	list := map[string][]byte{}
	err := c.vault.TryOpenAll(t.Context(), func(object string, err error, plain io.Reader) {
		if err != nil {
			return
		}
		if raw, err := io.ReadAll(plain); err == nil {
			list[object] = raw
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// forgetting is the forget-proof while it runs.
type forgetting struct {
	*house
	t     *testing.T
	watch *watch
	stage stage

	companies map[privacy.RecipientID]*company
}

// step searches the disk after something has happened.
func (f *forgetting) step(what string) { f.watch.look(what) }

// opens is the positive control: what is not due yet can be opened, and is recognised.
func (f *forgetting) opens(what, object string, is func([]byte) bool) {
	f.t.Helper()
	if plain, ok := openable(f.t, f.core)[object]; !ok || !is(plain) {
		f.t.Errorf("control: %s cannot be opened and recognised before its time", what)
	}
}

// gone requires that no key opens the object, and that nothing that opens looks like it.
func (f *forgetting) gone(what, object string, is func([]byte) bool) {
	f.t.Helper()
	for id, plain := range openable(f.t, f.core) {
		if id == object || is != nil && is(plain) {
			f.t.Errorf("%s: %s", stillOpens, what)
		}
	}
	f.step(what)
}

func holds(text string) func([]byte) bool {
	return func(plain []byte) bool { return strings.Contains(string(plain), text) }
}

// source recognises an upload as it is stored, and not what was drawn from it.
func source(c *canary) func([]byte) bool {
	return func(plain []byte) bool { return bytes.Contains(plain, c.coded()[1]) }
}

func startForgetting(t *testing.T, with ...privacy.RecipientID) *forgetting {
	t.Helper()
	base := t.TempDir()
	dirs := map[string]string{}
	for _, name := range []string{"data", "temp", "logs"} {
		dirs[name] = filepath.Join(base, name)
		if err := os.Mkdir(dirs[name], 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("TMPDIR", dirs["temp"])
	said, err := os.Create(filepath.Join(dirs["logs"], "output"))
	if err != nil {
		t.Fatal(err)
	}
	out, errs := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = said, said
	t.Cleanup(func() {
		os.Stdout, os.Stderr = out, errs
		_ = said.Close()
	})
	f := &forgetting{t: t, companies: map[privacy.RecipientID]*company{}}
	clk := clock.NewFast(1)
	p := plot{dir: dirs["data"], root: newRoot(), clock: clk, log: os.Stderr, at: f.stage.at}
	for _, id := range with {
		f.companies[id] = newCompany(t, clk, id)
		p.companies = append(p.companies, f.companies[id].at)
	}
	f.house = rebuild(t, newOutside(t, clk), p)
	f.watch = newWatch(f.core, slices.Collect(maps.Values(dirs))...)
	for _, purpose := range []string{"database-1", "database-2", "audit-signer", "tickets", "prompt-mac", "sessions", "hook"} {
		key := f.core.ring.Subkey(purpose)
		f.watch.secret(purpose+" key", key[:])
	}
	f.watch.secret("credential of the recipient", []byte(simKey))
	for id, c := range f.companies {
		for name, secret := range c.at.Credentials {
			f.watch.secret(name+" of "+string(id), []byte(secret))
		}
	}
	watching, stop := context.WithCancel(t.Context())
	go f.watch.keep(watching)
	t.Cleanup(func() {
		stop()
		<-f.watch.stopped
	})
	return f
}

// visitor is a person whose browser tells as much as browsers do.
func (f *forgetting) visitor(app, name string) *person {
	p := f.person(f.t, app)
	for _, field := range []string{"User-Agent", "X-Forwarded-For", "Referer", "Cookie", "X-Request-Id"} {
		secret := "canary-" + strings.ToLower(field) + "-of-" + name
		p.header.Set(field, secret)
		f.watch.secret(field, []byte(secret))
	}
	f.watch.secret("token of "+name, []byte(p.token))
	return p
}

// uploadFile sends a picture as a form does, with the name it has on the person's disk.
func (p *person) uploadFile(picture []byte, name string) client.Upload {
	p.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {fmt.Sprintf(`form-data; name="file"; filename=%q`, name)}, "Content-Type": {"image/jpeg"},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	_, _ = part.Write(picture)
	_ = form.Close()
	var u client.Upload
	p.send("POST", "/v1/uploads", form.FormDataContentType(), b.Bytes(), nil).want(http.StatusCreated, &u)
	return u
}

// TestForgetProof runs both apps with canaries in everything, searches the disk all the while, and
// tries every key on everything that is left before and after each deadline. It moves TMPDIR and
// the standard streams of the process, so it runs alone.
func TestForgetProof(t *testing.T) {
	f := startForgetting(t)
	made := f.success()
	failed := f.failure()
	fitted := f.face()
	unused := f.unused()
	f.declined()
	f.deleted()
	f.erased()
	f.passing(failed, unused, made, fitted)
	f.nothingFound()
	if odd := f.sim.Received().Violations; len(odd) > 0 {
		t.Errorf("the recipient saw %q", odd)
	}
}

// nothingFound ends a forget-proof.
func (f *forgetting) nothingFound() {
	t := f.t
	t.Helper()
	for hit, when := range f.watch.found {
		t.Errorf("found %s, first %s", hit, when)
	}
	if f.watch.rounds < 20 {
		t.Errorf("the disk was searched %d times only", f.watch.rounds)
	}
	t.Logf("searched %d times for %d secrets, %d blobs seen", f.watch.rounds, len(f.watch.finder.known), len(f.watch.names))
}

// TestForgetProofFailsWhenKeysAreKept builds the server without its destruction of keys and requires
// that the forget-proof notices.
func TestForgetProofFailsWhenKeysAreKept(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds the server once more")
	}
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go command to build the mutant with")
	}
	out, err := exec.CommandContext(t.Context(), tool, "test", "-count=1", "-tags", "vow_mutant_keepkeys", "-run", "^TestForgetProof(WithCompanies|OfTheOwnEngine)?$", ".").CombinedOutput()
	if err == nil {
		t.Fatal("a server that keeps its keys passes the forget-proof")
	}
	for _, what := range []string{"a source after success", "a failed task's source", "the text of a task", "a result", "an unused upload", "a declined upload", "a deleted result", "an erased account",
		"the source of colorize", "the text of image_to_video", "the result of nano_banana", "the result of face_detection", "the photo of a portrait", "a swap after 30 days"} {
		if !strings.Contains(string(out), stillOpens+": "+what) {
			t.Errorf("the mutant does not fail for %s", what)
		}
	}
	if t.Failed() {
		t.Logf("%s", out)
	}
}
