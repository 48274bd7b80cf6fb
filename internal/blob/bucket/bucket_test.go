package bucket_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/blob/blobtest"
	"vow.example/vow/internal/blob/bucket"
	"vow.example/vow/internal/blob/s3"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/privacy"
	simbucket "vow.example/vow/internal/sim/bucket"
	"vow.example/vow/internal/sim/kit"
)

const app = privacy.AppID("picwiz")

// house is a store with its bucket.
type house struct {
	*bucket.Store
	sim   *simbucket.Sim
	dir   string
	place s3.Place
	keys  s3.Keys
	far   *httptest.Server
}

func account() simbucket.Options {
	return simbucket.Options{Name: "oss", Region: "oss-us-west-1", Bucket: "pictures", KeyID: "KEYID", Secret: "the-secret-of-the-account"}
}

func newHouse(t *testing.T, o simbucket.Options, serve func(http.Handler) *httptest.Server) *house {
	t.Helper()
	sim, err := simbucket.New(o)
	if err != nil {
		t.Fatal(err)
	}
	far := serve(sim)
	t.Cleanup(far.Close)
	h := &house{
		sim: sim, far: far, dir: t.TempDir(), keys: s3.NewKeys("KEYID", "the-secret-of-the-account"),
		place: s3.Place{Endpoint: far.URL, Region: "oss-us-west-1", Bucket: "pictures", PathStyle: true, Rest: 50 * time.Millisecond},
	}
	if far.Certificate() != nil {
		h.place.Roots = x509.NewCertPool()
		h.place.Roots.AddCert(far.Certificate())
	}
	h.open(t)
	return h
}

// open opens the folder, as a process does that begins.
func (h *house) open(t *testing.T) {
	t.Helper()
	s, err := bucket.Open(h.dir, h.place, h.keys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	h.Store = s
}

func (h *house) put(t *testing.T, id string, body []byte) error {
	t.Helper()
	w, err := h.Create(t.Context(), app, id)
	if err != nil {
		return err
	}
	if _, err := w.Write(body); err != nil {
		return errors.Join(err, w.Abort())
	}
	if err := w.Commit([vault.HeaderSize]byte{1}); err != nil {
		return errors.Join(err, w.Abort())
	}
	return nil
}

func (h *house) read(t *testing.T, id string) ([]byte, error) {
	t.Helper()
	f, err := h.Open(t.Context(), id)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.NewSectionReader(f, vault.HeaderSize, f.Size()-vault.HeaderSize))
}

func id() string { return privacy.NewID(privacy.PrefixUpload) }

func TestABucketKeepsThePromisesOfBlobs(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T) vault.Blobs { return newHouse(t, account(), httptest.NewServer).Store })
}

func TestABucketKeepsThePromisesOfBlobsOverTLS(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T) vault.Blobs { return newHouse(t, account(), httptest.NewTLSServer).Store })
}

func TestTheBucketLearnsNothingButCiphertextAndARandomName(t *testing.T) {
	t.Parallel()
	h := newHouse(t, account(), httptest.NewTLSServer)
	first, second, body := id(), id(), bytes.Repeat([]byte("ciphertext."), 1000)
	for _, name := range []string{first, second} {
		if err := h.put(t, name, body); err != nil {
			t.Fatal(err)
		}
		if _, err := h.read(t, name); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.Orphans(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := h.Remove(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	e := h.sim.Received()
	raw, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{first, second, string(app), "the-secret-of-the-account", "x-oss-process", "image", "linux", "go1"} {
		if strings.Contains(string(raw), word) {
			t.Errorf("the bucket learns %q", word)
		}
	}
	if len(e.Violations) > 0 || len(e.Calls) < 6 {
		t.Errorf("after %d calls: %v", len(e.Calls), e.Violations)
	}
	known := "Accept-Encoding Amz-Sdk-Invocation-Id Amz-Sdk-Request Content-Length Content-Md5 Content-Type Expect Range User-Agent X-Amz-Content-Sha256 X-Amz-Date"
	for _, c := range e.Calls {
		for name := range c.Headers {
			if !strings.Contains(known, name) {
				t.Errorf("%s carries the header %s", c.Method, name)
			}
		}
		if strings.HasPrefix(c.Headers["X-Amz-Content-Sha256"], "STREAMING") {
			t.Error("the content is signed in a way that Alibaba OSS does not know")
		}
	}
	if len(e.Objects) != 1 || !bytes.Equal(e.Objects[0].Body, body) {
		t.Fatalf("the bucket holds %d objects", len(e.Objects))
	}
}

func TestTwoUploadsHaveNamesWithNothingInCommon(t *testing.T) {
	t.Parallel()
	h := newHouse(t, account(), httptest.NewServer)
	for range 20 {
		if err := h.put(t, id(), []byte("the same")); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	for _, o := range h.sim.Objects() {
		if len(o.Name) != 40 || strings.Trim(o.Name, "0123456789abcdef") != "" || seen[o.Name[:6]] || seen[o.Name[34:]] {
			t.Errorf("an object is called %s", o.Name)
		}
		seen[o.Name[:6]], seen[o.Name[34:]] = true, true
	}
	if len(seen) != 40 {
		t.Errorf("%d different beginnings and ends", len(seen))
	}
}

func TestNoKeyReachesTheBucketAndOverwritingOneNeedsNoBucket(t *testing.T) {
	t.Parallel()
	h := newHouse(t, account(), httptest.NewServer)
	name := id()
	w, err := h.Create(t.Context(), app, name)
	if err != nil {
		t.Fatal(err)
	}
	wrapped := [vault.HeaderSize]byte{}
	copy(wrapped[:], bytes.Repeat([]byte("wrapped key "), 40))
	if _, err := w.Write([]byte("body")); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(wrapped); err != nil {
		t.Fatal(err)
	}
	for _, o := range h.sim.Objects() {
		if string(o.Body) != "body" {
			t.Errorf("the bucket got %d bytes of header", len(o.Body)-4)
		}
	}
	h.far.Close()
	if err := h.OverwriteHeader(t.Context(), name, [vault.HeaderSize]byte{7}); err != nil {
		t.Errorf("the key outlives a bucket that is down: %v", err)
	}
	if onDisk(t, h.dir, "wrapped key") {
		t.Error("the key is still on the disk")
	}
	if err := h.Remove(t.Context(), name); !errors.Is(err, s3.ErrUnavailable) {
		t.Errorf("a removal that nobody confirmed: %v", err)
	}
	if _, ok, err := h.Stat(t.Context(), name); !ok || err != nil {
		t.Errorf("the blob is forgotten before its content is gone: %v, %v", ok, err)
	}
}

// onDisk searches every file below a folder.
func onDisk(t *testing.T, dir, text string) (found bool) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		found = found || bytes.Contains(raw, []byte(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// spooled counts the uploads on their way.
func (h *house) spooled(t *testing.T) int {
	t.Helper()
	left, err := os.ReadDir(filepath.Join(h.dir, "spool"))
	if err != nil {
		t.Fatal(err)
	}
	return len(left)
}

func TestABucketThatIsDownGivesAClearErrorAndKeepsNothing(t *testing.T) {
	t.Parallel()
	for name, down := range map[string]func(*house){
		"nobody listens":         func(h *house) { h.far.Close() },
		"it answers 503":         func(h *house) { h.sim.Inject(kit.Injection{Fault: kit.Unavailable, Times: 100}) },
		"it hangs up":            func(h *house) { h.sim.Inject(kit.Injection{Fault: kit.LostReply, Times: 100}) },
		"it stores and says 500": func(h *house) { h.sim.Inject(kit.Injection{Fault: kit.FailedAfter, Times: 100}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, account(), httptest.NewServer)
			down(h)
			name := id()
			err := h.put(t, name, []byte("canary"))
			if !errors.Is(err, s3.ErrUnavailable) || fault.CodeOf(err) != "storage-unavailable" || strings.ContainsAny(fmt.Sprint(err), "\n") || strings.Contains(fmt.Sprint(err), "127.0.0.1") {
				t.Errorf("the error says %v", err)
			}
			if _, ok, err := h.Stat(t.Context(), name); ok || err != nil || onDisk(t, h.dir, "canary") {
				t.Errorf("something is kept: %v, %v", ok, err)
			}
		})
	}
}

func TestWhatABucketTookWithoutSayingSoIsRemovedWhenItIsBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t, account(), httptest.NewServer)
	h.sim.Inject(kit.Injection{Fault: kit.FailedAfter, Times: 3})
	h.sim.Inject(kit.Injection{Fault: kit.Unavailable, Times: 6})
	if err := h.put(t, id(), []byte("canary")); err == nil {
		t.Fatal("the upload succeeded")
	}
	if len(h.sim.Objects()) != 1 || h.spooled(t) != 1 {
		t.Fatalf("the bucket holds %d objects, the spool %d marks: this tests nothing", len(h.sim.Objects()), h.spooled(t))
	}
	settled(t, h)
}

// settled requires that a sweep, once the bucket is there again, leaves nothing behind.
func settled(t *testing.T, h *house) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(60 * time.Millisecond) {
		if _, err := h.Sweep(t.Context()); err == nil {
			break
		} else if time.Now().After(end) {
			t.Fatal(err)
		}
	}
	if n := len(h.sim.Objects()); n != 0 || h.spooled(t) != 0 {
		t.Errorf("%d objects and %d marks are left", n, h.spooled(t))
	}
	if n, err := h.Sweep(t.Context()); n != 0 || err != nil {
		t.Errorf("another sweep finds %d, %v", n, err)
	}
}

func TestWhatIsThereIsNotForgottenBecauseTheLastAttemptFoundNobody(t *testing.T) {
	t.Parallel()
	var far *httptest.Server
	h := newHouse(t, account(), func(sim http.Handler) *httptest.Server {
		far = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			sim.ServeHTTP(httptest.NewRecorder(), r)
			_ = far.Listener.Close() // it goes down with the answer
			panic(http.ErrAbortHandler)
		}))
		return far
	})
	if err := h.put(t, id(), []byte("canary")); !errors.Is(err, s3.ErrUnavailable) {
		t.Fatal(err)
	}
	if len(h.sim.Objects()) != 1 || h.spooled(t) != 1 {
		t.Errorf("%d objects in the bucket, %d marks", len(h.sim.Objects()), h.spooled(t))
	}
}

func TestAFailureThatPassesIsNotNoticed(t *testing.T) {
	t.Parallel()
	h := newHouse(t, account(), httptest.NewServer)
	name := id()
	h.sim.Inject(kit.Injection{Fault: kit.Unavailable, Times: 1})
	if err := h.put(t, name, bytes.Repeat([]byte("x"), 300_000)); err != nil {
		t.Fatal(err)
	}
	for _, f := range []kit.Fault{kit.CutReply, kit.LostReply, kit.FailedAfter, kit.SlowReply} {
		h.sim.Inject(kit.Injection{Fault: f, Times: 1, Match: func(method, _ string) bool { return method == http.MethodGet }})
		if got, err := h.read(t, name); err != nil || len(got) != 300_000 {
			t.Errorf("after %s: %d bytes, %v", f, len(got), err)
		}
	}
	h.sim.Inject(kit.Injection{Fault: kit.CutReply, Times: 100, Match: func(method, _ string) bool { return method == http.MethodGet }})
	h.sim.Place(h.sim.Objects()[0].Name, bytes.Repeat([]byte("x"), 1))
	if got, err := h.read(t, name); err == nil {
		t.Errorf("an object of another length reads as %d bytes", len(got))
	}
}

func TestABucketThatFailedIsLeftAloneForAWhile(t *testing.T) {
	t.Parallel()
	h := newHouse(t, account(), httptest.NewServer)
	h.place.Rest = time.Hour
	h.open(t)
	h.sim.Inject(kit.Injection{Fault: kit.Unavailable, Times: 100})
	if err := h.put(t, id(), nil); err == nil || h.spooled(t) != 1 {
		t.Fatalf("the bucket is up: %v, %d marks", err, h.spooled(t))
	}
	before := len(h.sim.Received().Calls)
	if err := h.put(t, id(), nil); !errors.Is(err, s3.ErrUnavailable) {
		t.Errorf("it answers %v", err)
	}
	if after := len(h.sim.Received().Calls); after != before || h.spooled(t) != 1 {
		t.Errorf("%d calls, %d marks", after-before, h.spooled(t))
	}
}

func TestAnUploadThatHangsEndsWithWhoeverAskedForIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t, account(), httptest.NewServer)
	h.sim.Inject(kit.Injection{Fault: kit.Hang, Times: 1})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	name := id()
	w, err := h.Create(ctx, app, name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("canary")); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit([vault.HeaderSize]byte{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it ends with %v", err)
	}
	if _, ok, err := h.Stat(t.Context(), name); ok || err != nil || len(h.sim.Objects()) > 0 || h.spooled(t) > 0 {
		t.Errorf("something is kept: %v, %v, %d objects, %d marks", ok, err, len(h.sim.Objects()), h.spooled(t))
	}
}
