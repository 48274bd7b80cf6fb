package bucket_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"vow.example/vow/internal/sim/bucket"
	"vow.example/vow/internal/sim/kit"
)

const object = "/pictures/0123456789abcdef"

// request is a request that the vendor's own code signs.
type request struct {
	method, path, body string
	header             map[string]string
	region, id, secret string
	late               time.Duration
	hash               string
	after              func(*http.Request) // changes what is signed already
	unsigned, endless  bool
	status             int
	code               string
	violation          string
}

func (q request) send(t *testing.T, base string) (int, string) {
	t.Helper()
	var body io.Reader = strings.NewReader(q.body)
	if q.endless {
		body = io.MultiReader(body)
	}
	r, err := http.NewRequestWithContext(t.Context(), q.method, base+q.path, body)
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range q.header {
		r.Header.Set(name, v)
	}
	sum := sha256.Sum256([]byte(q.body))
	hash := or(q.hash, hex.EncodeToString(sum[:]))
	r.Header.Set("X-Amz-Content-Sha256", hash)
	if !q.unsigned {
		keys := aws.Credentials{AccessKeyID: or(q.id, "KEYID"), SecretAccessKey: or(q.secret, "secret")}
		sign := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
		if err := sign.SignHTTP(t.Context(), keys, r, hash, "s3", or(q.region, "oss-us-west-1"), time.Now().Add(q.late)); err != nil {
			t.Fatal(err)
		}
	}
	if q.after != nil {
		q.after(r)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = answer.Body.Close() }()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		return answer.StatusCode, "broken off"
	}
	return answer.StatusCode, string(raw)
}

func or(given, standard string) string {
	if given == "" {
		return standard
	}
	return given
}

func up(t *testing.T, o bucket.Options) (*bucket.Sim, string) {
	t.Helper()
	o.Name, o.Region, o.Bucket, o.KeyID, o.Secret = "oss", "oss-us-west-1", "pictures", "KEYID", "secret"
	s, err := bucket.New(o)
	if err != nil {
		t.Fatal(err)
	}
	far := httptest.NewServer(s)
	t.Cleanup(far.Close)
	return s, far.URL
}

func TestItRefusesWhatARealOneRefuses(t *testing.T) {
	t.Parallel()
	put := request{method: "PUT", path: object, body: "content"}
	with := func(change func(*request)) request {
		q := put
		change(&q)
		return q
	}
	for name, q := range map[string]request{
		"no signature":    with(func(q *request) { q.unsigned, q.status, q.code = true, 403, "AccessDenied" }),
		"another secret":  with(func(q *request) { q.secret, q.status, q.code = "wrong", 403, "SignatureDoesNotMatch" }),
		"another account": with(func(q *request) { q.id, q.status, q.code = "OTHER", 403, "InvalidAccessKeyId" }),
		"another region":  with(func(q *request) { q.region, q.status, q.code = "us-west-1", 400, "AuthorizationHeaderMalformed" }),
		"an hour ago":     with(func(q *request) { q.late, q.status, q.code = -time.Hour, 403, "RequestTimeTooSkewed" }),
		"in an hour":      with(func(q *request) { q.late, q.status, q.code = time.Hour, 403, "RequestTimeTooSkewed" }),
		"a changed path": with(func(q *request) {
			q.after = func(r *http.Request) { r.URL.Path += "0" }
			q.status, q.code = 403, "SignatureDoesNotMatch"
		}),
		"a changed query": with(func(q *request) {
			q.after = func(r *http.Request) { r.URL.RawQuery = "x-id=a" }
			q.status, q.code = 403, "SignatureDoesNotMatch"
		}),
		"an unsigned header": with(func(q *request) {
			q.after = func(r *http.Request) { r.Header.Set("X-Amz-Acl", "public-read") }
			q.status, q.code = 403, "AccessDenied"
		}),
		"another content":           with(func(q *request) { q.hash, q.status, q.code = strings.Repeat("0", 64), 400, "XAmzContentSHA256Mismatch" }),
		"unsigned content in clear": with(func(q *request) { q.hash, q.status, q.code = "UNSIGNED-PAYLOAD", 400, "XAmzContentSHA256Mismatch" }),
		"chunked signatures": with(func(q *request) {
			q.hash, q.status, q.code = "STREAMING-UNSIGNED-PAYLOAD-TRAILER", 400, "InvalidArgument"
		}),
		"another checksum": with(func(q *request) {
			q.header = map[string]string{"Content-Md5": "AAAAAAAAAAAAAAAAAAAAAA=="}
			q.status, q.code = 400, "BadDigest"
		}),
		"content of unknown length": with(func(q *request) { q.endless, q.status, q.code = true, 411, "MissingContentLength" }),
		"another bucket":            with(func(q *request) { q.path, q.status, q.code = "/holidays/a", 404, "NoSuchBucket" }),
		"processing": with(func(q *request) {
			q.path += "?x-oss-process=image%2Fresize"
			q.status, q.code, q.violation = 400, "InvalidArgument", "processing"
		}),
		"an upload in pieces": with(func(q *request) {
			q.method, q.path, q.body = "POST", object+"?uploads=", ""
			q.status, q.code = 501, "NotImplemented"
		}),
		"an object that is not here": {method: "GET", path: object, status: 404, code: "NoSuchKey"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, base := up(t, bucket.Options{})
			if status, body := q.send(t, base); status != q.status || !strings.Contains(body, "<Code>"+q.code+"</Code>") {
				t.Errorf("it answers %d %s", status, body)
			}
			e := s.Received()
			if len(e.Objects) != 0 || len(e.Calls) != 1 || strings.Join(e.Violations, ",") != q.violation {
				t.Errorf("%d objects, %d calls, %v", len(e.Objects), len(e.Calls), e.Violations)
			}
		})
	}
}

func TestItShowsWhatItHoldsAndWhatShouldNotBeThere(t *testing.T) {
	t.Parallel()
	s, base := up(t, bucket.Options{})
	q := request{method: "PUT", path: object, body: "content", header: map[string]string{"Content-Type": "image/jpeg", "X-Amz-Meta-Owner": "ann"}}
	if status, body := q.send(t, base); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	e := s.Received()
	if len(e.Objects) != 1 || string(e.Objects[0].Body) != "content" || e.Objects[0].Headers["Content-Type"] != "image/jpeg" || e.Objects[0].Name != "0123456789abcdef" {
		t.Errorf("it holds %+v", e.Objects)
	}
	if got := strings.Join(e.Violations, ","); !strings.Contains(got, "content type: image/jpeg") || !strings.Contains(got, "header: X-Amz-Meta-Owner") {
		t.Errorf("it notices %s", got)
	}
	for _, c := range e.Calls {
		if c.Headers["Authorization"] != "" {
			t.Error("a signature is shown")
		}
	}
	for i, want := range map[string]string{"bytes=0-": "content", "bytes=3-4": "te", "bytes=6-100": "t"} {
		if status, got := (request{method: "GET", path: object, header: map[string]string{"Range": i}}).send(t, base); status != http.StatusPartialContent || got != want {
			t.Errorf("%s answers %d %q", i, status, got)
		}
	}
}

// drawer is a shelf in memory that can be full.
type drawer struct {
	kept map[string][]byte
	full bool
}

var errFull = errors.New("full")

func (d *drawer) All() (map[string][]byte, error) { return maps.Clone(d.kept), nil }
func (d *drawer) Drop(name string) error          { delete(d.kept, name); return nil }
func (d *drawer) Keep(name string, body []byte) error {
	if d.full {
		return errFull
	}
	d.kept[name] = body
	return nil
}

func TestAShelfOutlivesTheSimulator(t *testing.T) {
	t.Parallel()
	d := &drawer{kept: map[string][]byte{}}
	_, base := up(t, bucket.Options{Shelf: d})
	if status, _ := (request{method: "PUT", path: object, body: "content"}).send(t, base); status != http.StatusOK {
		t.Fatal(status)
	}
	again, base := up(t, bucket.Options{Shelf: d})
	if got := again.Objects(); len(got) != 1 || string(got[0].Body) != "content" {
		t.Errorf("it holds %+v", got)
	}
	if status, _ := (request{method: "DELETE", path: object}).send(t, base); status != http.StatusNoContent || len(d.kept) != 0 {
		t.Errorf("%d, the shelf holds %d", status, len(d.kept))
	}
	d.full = true
	if status, _ := (request{method: "PUT", path: object, body: "content"}).send(t, base); status != http.StatusInternalServerError {
		t.Errorf("a full shelf answers %d", status)
	}
}

func TestFaultsStrikeAsOrdered(t *testing.T) {
	t.Parallel()
	s, base := up(t, bucket.Options{Slow: time.Millisecond})
	put := request{method: "PUT", path: object, body: "content"}
	for _, c := range []struct {
		fault  kit.Fault
		status int
		held   int
	}{
		{kit.Unavailable, 503, 0}, {kit.FailedAfter, 500, 1}, {kit.LostReply, 0, 1}, {kit.SlowReply, 200, 1},
	} {
		s.Lose("0123456789abcdef")
		s.Inject(kit.Injection{Fault: c.fault, Path: "/pictures/", Times: 1, Match: func(method, _ string) bool { return method == http.MethodPut }})
		if status, _ := put.send(t, base); status != c.status || len(s.Objects()) != c.held {
			t.Errorf("%s answers %d and holds %d", c.fault, status, len(s.Objects()))
		}
	}
	s.Inject(kit.Injection{Fault: kit.CutReply, Times: 1})
	if _, got := (request{method: "GET", path: object}).send(t, base); got != "broken off" {
		t.Errorf("a cut answer reads %q", got)
	}
}
