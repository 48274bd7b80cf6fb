package egress_test

import (
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
)

func key() map[string]wire.Value {
	return map[string]wire.Value{"x-goog-api-key": wire.Secret("api_key")}
}

func TestAResultOfTheRecipientsOwnIsFetchedByPath(t *testing.T) {
	t.Parallel()
	base, view := newRecipient(t, serve("image/png", png)), newRecipient(t, serve("binary/octet-stream", png))
	c := config(base.URL + "/v1")
	c.Services = map[string]string{"view": view.URL}
	e := open(t, c)
	for r, at := range map[*recipient]egress.Address{
		base: {Path: "/videos/video_123/content", Header: key()},
		view: {Service: "view", Path: "/view", Query: map[string]string{"type": "output", "filename": "j1 00001_.png"}, Header: key()},
	} {
		body, meta, err := e.Fetch(t.Context(), "runninghub", at)
		if err != nil {
			t.Fatal(err)
		}
		data, _ := io.ReadAll(body)
		_ = body.Close()
		got, _ := r.seen()
		if string(data) != png || meta.MediaType != "image/png" || got[0].Header.Get("X-Goog-Api-Key") != apiKey {
			t.Errorf("%+v: %q %v", at, data, got[0].Header)
		}
	}
	if got, _ := view.seen(); got[0].URL.RawQuery != "filename=j1%2000001_.png&type=output" {
		t.Errorf("asked for %s", got[0].URL.RawQuery)
	}
	if got, _ := base.seen(); got[0].URL.Path != "/v1/videos/video_123/content" {
		t.Errorf("asked for %s", got[0].URL.Path)
	}
}

func TestAnAddressThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	e := open(t, config("http://127.0.0.1:1"))
	for name, tc := range map[string]struct {
		at   egress.Address
		code string
	}{
		"nothing":                       {egress.Address{}, "result-address"},
		"a link and a path":             {egress.Address{URL: "http://127.0.0.1:1/", Path: "/x"}, "result-address"},
		"a link and a service":          {egress.Address{URL: "http://127.0.0.1:1/", Service: "x"}, "result-address"},
		"a service nobody configured":   {egress.Address{Service: "x", Path: "/x"}, "unknown-service"},
		"a path that climbs":            {egress.Address{Path: "/a/../b"}, "path"},
		"a path that names a host":      {egress.Address{Path: "//evil.example"}, "path"},
		"an identifier in the path":     {egress.Address{Path: "/tsk_01jd3v9q"}, "literal-identifier"},
		"a secret in the query":         {egress.Address{Path: "/x", Query: map[string]string{"key": apiKey}}, "literal-secret"},
		"a header outside the list":     {egress.Address{Path: "/x", Header: map[string]wire.Value{"Cookie": wire.Secret("api_key")}}, "header"},
		"a credential nobody set":       {egress.Address{Path: "/x", Header: map[string]wire.Value{"Authorization": wire.Bearer("other")}}, "unknown-credential"},
		"content in a header":           {egress.Address{Path: "/x", Header: map[string]wire.Value{"Authorization": wire.Text("prompt")}}, "header"},
		"a header for somebody's cloud": {egress.Address{URL: "http://127.0.0.1:1/x", Header: map[string]wire.Value{"X-Amz-Security-Token": wire.Secret("api_key")}}, "header"},
	} {
		if _, _, err := e.Fetch(t.Context(), "runninghub", tc.at); failed(t, err).Code != tc.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// tlsHosts are two hosts with certificates that the client trusts.
func tlsHosts(t *testing.T, first, second http.HandlerFunc) (a, b *httptest.Server, roots *x509.CertPool) {
	t.Helper()
	a, b, roots = httptest.NewTLSServer(first), httptest.NewTLSServer(second), x509.NewCertPool()
	t.Cleanup(a.Close)
	t.Cleanup(b.Close)
	roots.AddCert(a.Certificate())
	roots.AddCert(b.Certificate())
	return a, b, roots
}

func TestAKeyStaysWithTheRecipientsOwnHosts(t *testing.T) {
	t.Parallel()
	var atHome, away []string
	var home, cdn *httptest.Server
	home, cdn, roots := tlsHosts(t, func(w http.ResponseWriter, r *http.Request) {
		atHome = append(atHome, r.Header.Get("X-Goog-Api-Key"))
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, cdn.URL+"/x", http.StatusFound)
		case "/again":
			http.Redirect(w, r, "/x", http.StatusFound)
		default:
			serve("image/png", png)(w, r)
		}
	}, func(w http.ResponseWriter, r *http.Request) {
		away = append(away, r.Header.Get("X-Goog-Api-Key"))
		if r.URL.Path == "/back" {
			http.Redirect(w, r, home.URL+"/x", http.StatusFound)
			return
		}
		serve("image/png", png)(w, r)
	})
	c := config(home.URL)
	c.RootCAs = roots
	c.Services = map[string]string{"cdn": cdn.URL}
	trusted := open(t, c)
	for path, want := range map[string][2]int{home.URL + "/x": {1, 0}, home.URL + "/again": {2, 0}, home.URL + "/away": {1, 1}} {
		atHome, away = nil, nil
		body, _, err := trusted.Fetch(t.Context(), "runninghub", egress.Address{URL: path, Header: key()})
		if err != nil {
			t.Fatal(path, err)
		}
		_ = body.Close()
		if len(atHome) != want[0] || len(away) != want[1] {
			t.Errorf("%s: %v at home, %v away", path, atHome, away)
		}
		for _, got := range append(atHome, away...) {
			if got != apiKey {
				t.Errorf("%s: a host of the recipient's own did not get the key", path)
			}
		}
	}
}
