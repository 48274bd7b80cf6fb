package s3_test

import (
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"vow.example/vow/internal/blob/s3"
	simbucket "vow.example/vow/internal/sim/bucket"
)

func TestAPlaceThatPhotosMustNotGoToIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		place s3.Place
		want  string
	}{
		{s3.Place{Endpoint: "http://oss-us-west-1.aliyuncs.com", Region: "r", Bucket: "abc"}, "must be https"},
		{s3.Place{Endpoint: "ftp://oss-us-west-1.aliyuncs.com", Region: "r", Bucket: "abc"}, "must be https"},
		{s3.Place{Endpoint: "http://10.0.0.5:9000", Region: "r", Bucket: "abc"}, "must be https"},
		{s3.Place{Endpoint: "", Region: "r", Bucket: "abc"}, "is not an address"},
		{s3.Place{Endpoint: "https://id:secret@oss.example", Region: "r", Bucket: "abc"}, "is not an address"},
		{s3.Place{Endpoint: "https://oss.example/?x-oss-process=1", Region: "r", Bucket: "abc"}, "is not an address"},
		{s3.Place{Endpoint: "https://oss.example/sub", Region: "r", Bucket: "abc"}, "is not an address"},
		{s3.Place{Endpoint: "https://oss.example", Bucket: "abc"}, "region is missing"},
		{s3.Place{Endpoint: "https://oss.example", Region: "r", Bucket: "a/../b"}, "is not the name of a bucket"},
		{s3.Place{Endpoint: "https://oss.example", Region: "r", Bucket: "-ab"}, "is not the name of a bucket"},
		{s3.Place{Endpoint: "https://oss.example", Region: "r"}, "is not the name of a bucket"},
	} {
		if err := c.place.Check(); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%+v: %v", c.place, err)
		}
		if _, err := s3.New(c.place, s3.NewKeys("a", "b")); err == nil {
			t.Errorf("%+v opens", c.place)
		}
	}
	for _, endpoint := range []string{"https://oss-us-west-1.aliyuncs.com", "http://127.0.0.1:9000", "http://localhost:9000", "http://[::1]:9000/"} {
		if err := (s3.Place{Endpoint: endpoint, Region: "r", Bucket: "abc"}).Check(); err != nil {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
}

func TestAnAccessKeyIsNeverPrinted(t *testing.T) {
	t.Parallel()
	k := s3.NewKeys("canary-id", "canary-secret")
	for _, text := range []string{fmt.Sprint(k), fmt.Sprintf("%+v %#v %s %d %x", k, k, k, k, k), fmt.Sprintf("%+v", struct{ K s3.Keys }{k})} {
		if strings.Contains(text, "canary") {
			t.Errorf("printed: %s", text)
		}
	}
	if raw, err := json.Marshal(k); err == nil {
		t.Errorf("encoded: %s", raw)
	}
	place := s3.Place{Endpoint: "https://oss.example", Region: "r", Bucket: "abc"}
	for _, none := range []s3.Keys{{}, s3.NewKeys("", "x"), s3.NewKeys("x", "")} {
		if _, err := s3.New(place, none); err == nil {
			t.Error("a store opens without an access key")
		}
	}
}

// house is a simulated bucket over TLS.
type house struct {
	sim   *simbucket.Sim
	far   *httptest.Server
	place s3.Place
	keys  s3.Keys
}

func newHouse(t *testing.T, o simbucket.Options) *house {
	t.Helper()
	o.Name, o.Region, o.Bucket, o.KeyID, o.Secret = "oss", "oss-us-west-1", "pictures", "KEYID", "the-secret-of-the-account"
	sim, err := simbucket.New(o)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{sim: sim, far: httptest.NewTLSServer(sim), keys: s3.NewKeys(o.KeyID, o.Secret)}
	t.Cleanup(h.far.Close)
	h.place = s3.Place{Endpoint: h.far.URL, Region: o.Region, Bucket: o.Bucket, PathStyle: true, Roots: x509.NewCertPool()}
	h.place.Roots.AddCert(h.far.Certificate())
	return h
}

func TestTryingOutFindsWhatIsWrongWithABucket(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sim    simbucket.Options
		change func(*house)
		want   string
	}{
		"nothing":           {want: ""},
		"old versions":      {sim: simbucket.Options{Versioned: true}, want: "keeps old versions"},
		"a bucket far away": {sim: simbucket.Options{Located: "oss-cn-hangzhou"}, want: "the bucket is in the region oss-cn-hangzhou, not in oss-us-west-1"},
		"another secret":    {change: func(h *house) { h.keys = s3.NewKeys("KEYID", "wrong") }, want: "403 SignatureDoesNotMatch"},
		"another account":   {change: func(h *house) { h.keys = s3.NewKeys("OTHER", "wrong") }, want: "403 InvalidAccessKeyId"},
		"another bucket":    {change: func(h *house) { h.place.Bucket = "elsewhere" }, want: "404 NoSuchBucket"},
		"another region":    {change: func(h *house) { h.place.Region = "oss-cn-hangzhou" }, want: "400 AuthorizationHeaderMalformed"},
		"nobody listens":    {change: func(h *house) { h.far.Close() }, want: "it cannot be reached"},
		"another authority": {change: func(h *house) { h.place.Roots = nil }, want: "the answer is not one of a bucket"},
		"it sends elsewhere": {change: func(h *house) {
			h.far.Config.Handler = http.RedirectHandler("https://oss-cn-hangzhou.aliyuncs.com/", http.StatusTemporaryRedirect)
		}, want: "it answers 307"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, c.sim)
			if c.change != nil {
				c.change(h)
			}
			err := s3.Try(t.Context(), h.place, h.keys)
			if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "127.0.0.1")) {
				t.Errorf("it says %v", err)
			}
			if len(h.sim.Objects()) > 0 {
				t.Error("something is left there")
			}
		})
	}
}

func TestAnErasureIsBelievedWhenTheObjectIsGone(t *testing.T) {
	t.Parallel()
	h := newHouse(t, simbucket.Options{})
	sim := h.far.Config.Handler
	h.far.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			w.WriteHeader(http.StatusNoContent) // it says so and does nothing
			return
		}
		sim.ServeHTTP(w, r)
	})
	if err := s3.Try(t.Context(), h.place, h.keys); !errors.Is(err, s3.ErrStillThere) {
		t.Errorf("it says %v", err)
	}
}
