package egress_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/guard/egress"
)

// serve answers with a body of a type.
func serve(mediaType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", mediaType)
		_, _ = io.WriteString(w, body)
	}
}

func TestAResultIsFetchedAndItsTypeComesFromItsBytes(t *testing.T) {
	t.Parallel()
	for _, declared := range []string{"image/png", "application/octet-stream", "image/jpeg"} {
		r := newRecipient(t, serve(declared, png))
		body, meta, err := open(t, config(r.URL)).Fetch(t.Context(), "runninghub", egress.Address{URL: r.URL + "/out.png?x=1#frag"})
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(body)
		if err != nil || string(data) != png || meta.MediaType != "image/png" || meta.Bytes != int64(len(png)) {
			t.Errorf("%s: %q %+v %v", declared, data, meta, err)
		}
		if err := body.Close(); err != nil {
			t.Error(err)
		}
		got, _ := r.seen()
		if got[0].Header.Get("Referer") != "" || got[0].Header.Get("Authorization") != "" || got[0].UserAgent() != "vow" {
			t.Errorf("the fetch says too much: %v", got[0].Header)
		}
	}
}

func TestAResultIsRefused(t *testing.T) {
	t.Parallel()
	redirect := func(to string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
	}
	cases := map[string]struct {
		answer http.HandlerFunc
		class  egress.Class
		code   string
	}{
		"when it is a web page":              {serve("text/html", "<html>"), egress.Blocked, "result-type"},
		"when it only claims to be a photo":  {serve("image/png", "<html><script>"), egress.Blocked, "result-type"},
		"when it is an SVG":                  {serve("image/svg+xml", "<svg/>"), egress.Blocked, "result-type"},
		"when it says nothing about itself":  {serve("", png), egress.Blocked, "result-type"},
		"when it says that it is too large":  {serve("image/png", png+strings.Repeat(" ", 1000)), egress.Blocked, "result-too-large"},
		"on a redirect to the cloud's inner": {redirect("http://169.254.169.254/latest/meta-data"), egress.Blocked, "result-host"},
		"on a redirect to another port here": {redirect("http://127.0.0.1:1/x"), egress.Blocked, "result-host"},
		"on a redirect to another host":      {redirect("https://evil.example/x"), egress.Blocked, "result-host"},
		"on a redirect to a file":            {redirect("file:///etc/passwd"), egress.Blocked, "result-address"},
		"on an endless redirect":             {redirect("/again"), egress.Blocked, "too-many-redirects"},
		"when it is gone":                    {http.NotFound, egress.Gone, "http-404"},
		"while the host is down":             {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, egress.Transient, "http-503"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRecipient(t, tc.answer)
			c := config(r.URL)
			c.MaxResult = 500
			body, _, err := open(t, c).Fetch(t.Context(), "runninghub", egress.Address{URL: r.URL + "/out.png"})
			if f := failed(t, err); body != nil || f.Class != tc.class || f.Code != tc.code || f.WasSent {
				t.Errorf("got %+v", f)
			}
		})
	}
}

func TestAnAddressOutsideTheListIsNotFetched(t *testing.T) {
	t.Parallel()
	r := newRecipient(t, nil)
	c := config(r.URL)
	c.ResultHosts = []string{"cdn.example", "*.store.example", "cdn.example:8443"}
	c.Resolver = &names{}
	e := open(t, c)
	for address, rule := range map[string]string{
		"":                                   "result-address",
		"/relative":                          "result-address",
		"://":                                "result-address",
		"gopher://cdn.example/x":             "result-address",
		"https://user:pw@cdn.example/x":      "result-address",
		"https://evil.example/x":             "result-host",
		"https://cdn.example.evil.example/x": "result-host",
		"https://store.example/x":            "result-host",
		"https://xstore.example/x":           "result-host",
		"https://cdn.example:9999/x":         "result-host",
		"http://127.0.0.1:1/x":               "result-host",
		"https://[::ffff:127.0.0.1]/x":       "result-host",
		"https://169.254.169.254/x":          "result-host",
		"https://cdn.example/x":              "private-address",
		"https://CDN.example:8443/x":         "private-address",
		"https://a.store.example/x":          "private-address",
		"http://cdn.example:80/x":            "private-address", // made https first
	} {
		if _, _, err := e.Fetch(t.Context(), "runninghub", egress.Address{URL: address}); failed(t, err).Code != rule {
			t.Errorf("%s: %v, want %s", address, err, rule)
		}
	}
	if _, _, err := e.Fetch(t.Context(), "tencent", egress.Address{URL: "https://cdn.example/x"}); failed(t, err).Code != "unknown-recipient" {
		t.Errorf("an unknown recipient: %v", err)
	}
}

func TestAnHTTPLinkIsMadeHTTPS(t *testing.T) {
	t.Parallel()
	srv := httptest.NewTLSServer(serve("image/png", png))
	defer srv.Close()
	c := config(srv.URL)
	c.RootCAs = x509.NewCertPool()
	c.RootCAs.AddCert(srv.Certificate())
	body, meta, err := open(t, c).Fetch(t.Context(), "runninghub", egress.Address{URL: strings.Replace(srv.URL, "https", "http", 1) + "/x"})
	if err != nil || meta.MediaType != "image/png" {
		t.Fatal(err)
	}
	_ = body.Close()
}

func TestADownloadStopsAtItsLimit(t *testing.T) {
	t.Parallel()
	endless := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		_, _ = io.WriteString(w, png)
		for range 1000 {
			if _, err := w.Write(bytes.Repeat([]byte{0}, 1<<10)); err != nil {
				return
			}
			_ = http.NewResponseController(w).Flush()
		}
	}
	r := newRecipient(t, endless)
	c := config(r.URL)
	c.MaxResult = 10 << 10
	body, meta, err := open(t, c).Fetch(t.Context(), "runninghub", egress.Address{URL: r.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	n, err := io.Copy(io.Discard, body)
	if f := failed(t, err); f.Code != "result-too-large" || n > c.MaxResult || meta.Bytes != -1 {
		t.Errorf("%d bytes, %+v", n, f)
	}
}

func TestABrokenDownloadIsAnErrorAndMayBeTriedAgain(t *testing.T) {
	t.Parallel()
	cut := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		w.Header().Set("Content-Length", "100000")
		_, _ = io.WriteString(w, png+strings.Repeat(" ", 1000))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	r := newRecipient(t, cut)
	body, _, err := open(t, config(r.URL)).Fetch(t.Context(), "runninghub", egress.Address{URL: r.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if _, err = io.Copy(io.Discard, body); failed(t, err).Class != egress.Transient {
		t.Errorf("got %v", err)
	}
}

func TestADownloadEndsAtItsTimeLimit(t *testing.T) {
	t.Parallel()
	stalled := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		_, _ = io.WriteString(w, png+strings.Repeat(" ", 1000))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
	r := newRecipient(t, stalled)
	c := config(r.URL)
	c.FetchTimeout = 50 * time.Millisecond
	body, _, err := open(t, c).Fetch(t.Context(), "runninghub", egress.Address{URL: r.URL})
	if err == nil {
		_, err = io.Copy(io.Discard, body)
		_ = body.Close()
	}
	if f := failed(t, err); f.Class != egress.Transient || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %+v", f)
	}
}
