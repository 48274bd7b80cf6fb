package rest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/fault"
)

func TestANetworkIsTheFirstBitsOfWhoeverIsNotOurs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		remote    string
		forwarded []string
		want      string
	}{
		"somebody":                          {"203.0.113.77:4711", nil, "203.0.113.0/24"},
		"somebody who claims another":       {"203.0.113.77:4711", []string{"198.51.100.9"}, "203.0.113.0/24"},
		"somebody in the newer net":         {"[2001:db8:1:2::7]:4711", nil, "2001:db8:1::/48"},
		"the older net within the newer":    {"[::ffff:203.0.113.77]:4711", nil, "203.0.113.0/24"},
		"this machine":                      {"127.0.0.1:4711", nil, ""},
		"a private network":                 {"10.1.2.3:4711", nil, ""},
		"our proxy, for somebody":           {"127.0.0.1:4711", []string{"203.0.113.77"}, "203.0.113.0/24"},
		"our proxy, after a claim":          {"10.1.2.3:4711", []string{"198.51.100.9, 203.0.113.77"}, "203.0.113.0/24"},
		"our proxy, in a line of its own":   {"[::1]:4711", []string{"198.51.100.9", "203.0.113.77"}, "203.0.113.0/24"},
		"our proxy, for this machine":       {"127.0.0.1:4711", []string{"127.0.0.1"}, ""},
		"our proxy, with a word":            {"127.0.0.1:4711", []string{"unknown"}, ""},
		"our proxy, with an empty last one": {"127.0.0.1:4711", []string{"203.0.113.77,"}, ""},
		"a zone":                            {"[fe80::1%eth0]:4711", nil, ""},
		"nothing":                           {"", nil, ""},
		"something else":                    {"pipe", []string{"203.0.113.77"}, ""},
	} {
		if got := network(c.remote, c.forwarded).Reveal(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestAHandlerLearnsTheNetworkAndNeverPrintsIt(t *testing.T) {
	var got, printed string
	s := &Server{Base: "https://vow.example"}
	s.Open("1")
	Register(s, Op{Method: "GET", Path: "/open", ID: "open", Summary: "Open", Open: true}, func(ctx context.Context, _ *struct{}) (*Answer[int], error) {
		got, printed = NetworkOf(ctx).Reveal(), NetworkOf(ctx).String()
		return Reply(1)
	})
	r := httptest.NewRequest(http.MethodGet, "/open", nil)
	r.RemoteAddr = "203.0.113.77:4711"
	h := s.Handler()
	h.ServeHTTP(httptest.NewRecorder(), r)
	if got != "203.0.113.0/24" || printed == got || !NetworkOf(t.Context()).Empty() {
		t.Errorf("%q %q", got, printed)
	}
	page := Located(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // as a page asks the API, within the process
		in := httptest.NewRequestWithContext(r.Context(), http.MethodGet, "/open", nil)
		in.RemoteAddr = "127.0.0.1:0"
		h.ServeHTTP(w, in)
	}))
	r = httptest.NewRequest(http.MethodGet, "/page", nil)
	r.RemoteAddr = "198.51.100.7:4711"
	if page.ServeHTTP(httptest.NewRecorder(), r); got != "198.51.100.0/24" {
		t.Errorf("within a page: %q", got)
	}
}

// TestWhoeverMustWaitIsToldHowLong asks an operation, one behind a standing, and a plain handler.
func TestWhoeverMustWaitIsToldHowLong(t *testing.T) {
	at := time.Date(2026, 11, 22, 9, 15, 0, 0, time.UTC)
	busy := fault.New(fault.Unavailable, "rate-limited", "").With("retry_at", at).With("retry_after", 89*time.Second+time.Millisecond)
	s := &Server{
		Base:      "https://vow.example",
		SessionOf: func(context.Context, string) (*Credential, error) { return nil, busy },
	}
	s.Open("1")
	fails := func(context.Context, *struct{}) (*struct{}, error) { return nil, busy }
	Register(s, Op{Method: "GET", Path: "/open", ID: "open", Summary: "Open", Open: true}, fails)
	Register(s, Op{Method: "GET", Path: "/mine", ID: "mine", Summary: "Mine"}, fails)
	Register(s, Op{Method: "GET", Path: "/never", ID: "never", Summary: "Never", Open: true}, func(context.Context, *struct{}) (*struct{}, error) { return nil, NotFound() })
	s.Mux.HandleFunc("GET /plain", func(w http.ResponseWriter, r *http.Request) { s.WriteProblem(w, r, busy) })
	h := s.Handler()
	for _, path := range []string{"/open", "/mine", "/plain"} {
		var p client.Problem
		res := ask(t, h, "GET", path, "", "", &p)
		if res.StatusCode != http.StatusTooManyRequests || len(res.Header.Values("Retry-After")) != 1 || res.Header.Get("Retry-After") != "90" || p.RetryAt == nil || !p.RetryAt.Equal(at) {
			t.Errorf("%s: %d, Retry-After %q, %v", path, res.StatusCode, res.Header.Values("Retry-After"), p.RetryAt)
		}
	}
	var p client.Problem
	if res := ask(t, h, "GET", "/never", "", "", &p); res.Header.Get("Retry-After") != "" {
		t.Errorf("nobody knows how long, and Retry-After says %q", res.Header.Get("Retry-After"))
	}
}
