package egress

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/log"
)

// TestAKeyIsDroppedOnARedirectElsewhere goes around the dialer, which would not let a second host
// on this machine stand for one on the internet.
func TestAKeyIsDroppedOnARedirectElsewhere(t *testing.T) {
	t.Parallel()
	const key = "fakefakefakefake"
	var seen []string
	var home, cdn *httptest.Server
	picture := func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "image/png")
		_, _ = io.WriteString(w, "\x89PNG\r\n\x1a\n pixels")
	}
	home = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, "home "+r.URL.Path+" "+r.Header.Get("Authorization"))
		if to := r.URL.Query().Get("to"); to != "" {
			http.Redirect(w, r, cdn.URL+to, http.StatusFound)
			return
		}
		picture(w)
	}))
	defer home.Close()
	cdn = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, "cdn "+r.URL.Path+" "+r.Header.Get("Authorization"))
		if r.URL.Path == "/back" {
			http.Redirect(w, r, home.URL+"/end", http.StatusFound)
			return
		}
		picture(w)
	}))
	defer cdn.Close()
	e, err := New([]Config{{
		Recipient: "gemini", BaseURL: home.URL, AllowLoopback: true, ResultHosts: []string{strings.TrimPrefix(cdn.URL, "https://")},
		Credentials: map[string]Credential{"api_key": NewCredential(key)},
	}}, log.Logger{})
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(home.Certificate())
	roots.AddCert(cdn.Certificate())
	e.links["gemini"].out = &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: roots}}
	for address, want := range map[string][]string{
		home.URL + "/a?to=/x":    {"home /a Bearer " + key, "cdn /x "},
		home.URL + "/a?to=/back": {"home /a Bearer " + key, "cdn /back ", "home /end "},
		cdn.URL + "/x":           {"cdn /x "},
	} {
		seen = nil
		body, _, err := e.Fetch(t.Context(), "gemini", Address{URL: address, Header: map[string]wire.Value{"Authorization": wire.Bearer("api_key")}})
		if err != nil {
			t.Fatal(address, err)
		}
		_ = body.Close()
		if !slices.Equal(seen, want) {
			t.Errorf("%s: %q", address, seen)
		}
	}
}
