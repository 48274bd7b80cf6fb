package storage_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"vow.example/vow/internal/blob/blobtest"
	"vow.example/vow/internal/blob/bucket"
	"vow.example/vow/internal/blob/s3"
	"vow.example/vow/internal/guard/vault"
	simbucket "vow.example/vow/internal/sim/bucket"
)

const (
	judge  = "github.com/versity/versitygw/cmd/versitygw@v1.8.0"
	region = "us-east-1"
	keyID  = "KEYID"
	secret = "the-secret-of-the-account"
)

// versity starts the judge and returns its address.
func versity(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(cache, "vow-contract")
	install := exec.Command("go", "install", judge) // a tool of its own: it becomes part of no module here
	install.Env = append(os.Environ(), "GOBIN="+bin, "GOFLAGS=")
	install.Dir = t.TempDir()
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("the judge cannot be installed: %v\n%s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"root", "meta"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	server := exec.CommandContext(ctx, filepath.Join(bin, "versitygw"), "--port", addr, "--access", keyID, "--secret", secret, "--region", region, "--quiet",
		"posix", "--sidecar", filepath.Join(dir, "meta"), filepath.Join(dir, "root"))
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); _ = server.Wait() })
	for range 200 {
		if c, err := net.Dial("tcp", addr); err == nil {
			_ = c.Close()
			return "http://" + addr
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the judge does not listen")
	return ""
}

func TestAnotherServerAcceptsOurClient(t *testing.T) {
	base := versity(t)
	var n atomic.Int64
	blobtest.Run(t, func(t *testing.T) vault.Blobs {
		name := fmt.Sprintf("pictures-%d", n.Add(1))
		if status, code := (request{method: "PUT", path: "/" + name}).send(t, base); status != http.StatusOK {
			t.Fatalf("the judge makes no bucket: %d %s", status, code)
		}
		place := s3.Place{Endpoint: base, Region: region, Bucket: name, PathStyle: true}
		s, err := bucket.Open(t.TempDir(), place, s3.NewKeys(keyID, secret))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if d, err := s.Orphans(t.Context()); err == nil && len(d.Objects)+len(d.Blobs) > 0 {
				t.Errorf("left over: %+v", d)
			}
			_ = s.Close()
		})
		if err := s3.Try(t.Context(), place, s3.NewKeys(keyID, secret)); err != nil {
			t.Errorf("the check says %v", err)
		}
		return s
	})
}

// request is one request of the table.
type request struct {
	method, path, body string
	header             map[string]string
	region, id, secret string // of the signature; "": the right ones
	at                 time.Duration
	unsigned           bool
	hash               string // of the content, as the request says it
}

// send signs a request with the vendor's own code and sends it.
func (q request) send(t *testing.T, base string) (status int, code string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), q.method, base+q.path, strings.NewReader(q.body))
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range q.header {
		r.Header.Set(name, v)
	}
	or := func(given, standard string) string {
		if given == "" {
			return standard
		}
		return given
	}
	sum := sha256.Sum256([]byte(q.body))
	hash := or(q.hash, hex.EncodeToString(sum[:]))
	r.Header.Set("X-Amz-Content-Sha256", hash)
	if !q.unsigned {
		keys := aws.Credentials{AccessKeyID: or(q.id, keyID), SecretAccessKey: or(q.secret, secret)}
		sign := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
		if err := sign.SignHTTP(t.Context(), keys, r, hash, "s3", or(q.region, region), time.Now().Add(q.at)); err != nil {
			t.Fatal(err)
		}
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	var failure struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
	}
	if answer.StatusCode < 300 || xml.Unmarshal(raw, &failure) != nil {
		if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("<")) {
			raw = nil // a document: only its status is compared
		}
		return answer.StatusCode, string(raw)
	}
	return answer.StatusCode, failure.Code
}

func checksum(of string) string {
	sum := md5.Sum([]byte(of))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// table is sent in order: what one request puts, the next reads. An unknown account is left out: the
// judge answers 404 with a word of its own, AWS documents 403 InvalidAccessKeyId.
func table() []request {
	h := func(pairs ...string) map[string]string {
		m := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return m
	}
	const object = "/pictures/0123456789abcdef"
	return []request{
		{method: "GET", path: object},
		{method: "HEAD", path: object},
		{method: "DELETE", path: object},
		{method: "PUT", path: object, body: "0123456789", header: h("Content-Md5", checksum("0123456789"), "Content-Type", "application/octet-stream")},
		{method: "GET", path: object},
		{method: "GET", path: object, header: h("Range", "bytes=3-")},
		{method: "GET", path: object, header: h("Range", "bytes=3-5")},
		{method: "GET", path: object, header: h("Range", "bytes=3-500")},
		{method: "GET", path: object, header: h("Range", "bytes=10-")},
		{method: "GET", path: object + "?x-id=GetObject"},
		{method: "HEAD", path: object},
		{method: "PUT", path: object, body: "other", header: h("Content-Md5", checksum("different"))},
		{method: "PUT", path: object, body: "other", header: h("Content-Md5", "no checksum")},
		{method: "PUT", path: object, body: "other", hash: strings.Repeat("0", 64)},
		{method: "GET", path: object, secret: "wrong"},
		{method: "GET", path: object, region: "eu-west-1"},
		{method: "GET", path: object, at: -time.Hour},
		{method: "GET", path: object, at: time.Hour},
		{method: "GET", path: object, unsigned: true},
		{method: "GET", path: "/elsewhere/0123456789abcdef"},
		{method: "PUT", path: "/elsewhere/0123456789abcdef", body: "x"},
		{method: "GET", path: "/pictures?list-type=2"},
		{method: "GET", path: "/pictures?location="},
		{method: "GET", path: object}, // it is what it was
		{method: "DELETE", path: object},
		{method: "GET", path: object},
	}
}

func TestTheSimulatorAnswersAsAnotherServerDoes(t *testing.T) {
	base := versity(t)
	if status, code := (request{method: "PUT", path: "/pictures"}).send(t, base); status != http.StatusOK {
		t.Fatalf("the judge makes no bucket: %d %s", status, code)
	}
	sim, err := simbucket.New(simbucket.Options{Name: "s3", Region: region, Bucket: "pictures", KeyID: keyID, Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	ours := httptest.NewServer(sim)
	defer ours.Close()
	for i, q := range table() {
		theirStatus, theirCode := q.send(t, base)
		status, code := q.send(t, ours.URL)
		if status != theirStatus || code != theirCode {
			t.Errorf("%d. %s %s %v: the simulator answers %d %q, the judge %d %q", i, q.method, q.path, q.header, status, code, theirStatus, theirCode)
		}
	}
}
