package s3

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/x509"
	"encoding/hex"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	simbucket "vow.example/vow/internal/sim/bucket"
)

// TestABucketIsCalledAsAlibabaWantsIt speaks to the host <bucket>.<endpoint>, over TLS, and looks at
// what is sent: Alibaba OSS refuses paths with the bucket in them, and signatures in pieces.
func TestABucketIsCalledAsAlibabaWantsIt(t *testing.T) {
	t.Parallel()
	sim, err := simbucket.New(simbucket.Options{Name: "oss", Region: "oss-us-west-1", Bucket: "pictures", KeyID: "KEYID", Secret: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	var hosts []string
	far := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hosts = append(hosts, r.Host)
		sim.ServeHTTP(w, r)
	}))
	defer far.Close()
	roots := x509.NewCertPool()
	roots.AddCert(far.Certificate())
	c, err := New(Place{Endpoint: "https://example.com", Region: "oss-us-west-1", Bucket: "pictures", Roots: roots}, NewKeys("KEYID", "secret"))
	if err != nil {
		t.Fatal(err)
	}
	c.out.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, far.Listener.Addr().String())
	}
	for _, size := range []int{0, 3 << 20} {
		body := bytes.Repeat([]byte{7}, size)
		sum := md5.Sum(body)
		o := Object{Body: bytes.NewReader(body), Size: int64(size), MD5: sum[:]}
		if err := c.Put(t.Context(), hex.EncodeToString(sum[:])+"00000000", o); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.located(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, host := range hosts {
		if host != "pictures.example.com" {
			t.Errorf("called as %s", host)
		}
	}
	e := sim.Received()
	if len(e.Objects) != 2 || len(e.Calls) != 3 || len(e.Violations) > 0 {
		t.Errorf("%d objects after %d calls, %v", len(e.Objects), len(e.Calls), e.Violations)
	}
	for _, call := range e.Calls {
		if call.Headers["Content-Encoding"] != "" || call.Headers["Transfer-Encoding"] != "" || len(call.Path) > 0 && len(call.Path) != 41 && call.Path != "/" {
			t.Errorf("%s %s %v", call.Method, call.Path, call.Headers)
		}
	}
}

func TestATooLargeObjectIsRefusedBeforeItIsSent(t *testing.T) {
	t.Parallel()
	c, err := New(Place{Endpoint: "http://127.0.0.1:1", Region: "r", Bucket: "abc"}, NewKeys("id", "secret"))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Put(t.Context(), "name", Object{Size: largest + 1}); err == nil {
		t.Error("it is sent")
	}
}

func TestAStoresOwnWordIsShownOnlyIfItIsOne(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{"SlowDown": "SlowDown", "oss-cn-hangzhou": "oss-cn-hangzhou", "upl id <b>": "(no code)", "a\nb": "(no code)"} {
		if got := word(code); got != want {
			t.Errorf("%q is shown as %q", code, got)
		}
	}
}
