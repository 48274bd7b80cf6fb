package egress_test

import (
	"context"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"vow.example/vow/internal/guard/egress"
)

// names is a resolver that gives its answers one after the other; the last one stays. Without
// answers it resolves every name to loopback, as a rebinding attacker would.
type names struct {
	mu      sync.Mutex
	answers []string
	asked   int
}

func (n *names) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	answer := "127.0.0.1"
	if len(n.answers) > 0 {
		answer = n.answers[min(n.asked, len(n.answers)-1)]
	}
	n.asked++
	var out []netip.Addr
	for _, s := range strings.Fields(answer) {
		out = append(out, netip.MustParseAddr(s))
	}
	return out, nil
}

func remote(t *testing.T, n *names) *egress.Egress {
	t.Helper()
	c := config("https://api.example")
	c.AllowLoopback, c.Resolver = false, n
	return open(t, c)
}

func TestANameThatLeadsInsideIsNotFollowed(t *testing.T) {
	t.Parallel()
	for _, ip := range strings.Fields(`127.0.0.1 127.8.8.8 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 0.1.2.3
		192.0.0.1 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255
		:: ::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::7f00:1 fe80::1 fc00::1 fd12::1 ff02::1 fec0::1 64:ff9b::a00:1 2002:7f00:1:: 2001::1 2001:db8::1`) {
		d := permitted(content([]byte(png)))
		_, err := remote(t, &names{answers: []string{ip}}).Send(t.Context(), d, upload())
		if f := failed(t, err); f.Class != egress.Blocked || f.Code != "private-address" || f.WasSent || len(d.Spent()) != 0 {
			t.Errorf("%s: %+v, spent %v", ip, f, d.Spent())
		}
	}
}

func TestAProxyFromTheEnvironmentIsIgnored(t *testing.T) {
	proxy := newRecipient(t, nil)
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"} {
		t.Setenv(name, proxy.URL)
	}
	r := newRecipient(t, nil)
	if _, err := open(t, config(r.URL)).Follow(t.Context(), "runninghub", lit("1")); err != nil {
		t.Fatal(err)
	}
	_, _ = remote(t, &names{}).Follow(t.Context(), "runninghub", lit("1"))
	if got, _ := proxy.seen(); len(got) != 0 {
		t.Error("the proxy saw a request")
	}
}

func TestLoopbackIsOnlyTheConfiguredPort(t *testing.T) {
	t.Parallel()
	inner := newRecipient(t, serve("image/png", png))
	r := newRecipient(t, nil)
	if _, _, err := open(t, config(r.URL)).Fetch(t.Context(), "runninghub", egress.Address{URL: inner.URL}); failed(t, err).Class != egress.Blocked {
		t.Errorf("got %v", err)
	}
	if got, _ := inner.seen(); len(got) != 0 {
		t.Error("another service on this machine was reached")
	}
}

func TestAConfigurationIsRefused(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(nil)
	defer srv.Close()
	cases := map[string]func(c *egress.Config){
		"without a recipient":                  func(c *egress.Config) { c.Recipient = "" },
		"for ourselves":                        func(c *egress.Config) { c.Recipient = "own_servers" },
		"without an address":                   func(c *egress.Config) { c.BaseURL = "" },
		"with plain http to the world":         func(c *egress.Config) { c.BaseURL = "http://api.example" },
		"with another scheme":                  func(c *egress.Config) { c.BaseURL = "ftp://127.0.0.1" },
		"with loopback that was not allowed":   func(c *egress.Config) { c.AllowLoopback = false },
		"with a password in the address":       func(c *egress.Config) { c.BaseURL = "https://a:b@api.example" },
		"with a query in the address":          func(c *egress.Config) { c.BaseURL = "https://api.example/?a=b" },
		"with an empty credential":             func(c *egress.Config) { c.Credentials["api_key"] = egress.Credential{} },
		"with a short credential":              func(c *egress.Config) { c.Credentials["api_key"] = egress.NewCredential("abc") },
		"with a credential of two lines":       func(c *egress.Config) { c.Credentials["api_key"] = egress.NewCredential("abcdefgh\r\nX: y") },
		"with a callback base that is no link": func(c *egress.Config) { c.CallbackBase = "hooks" },
	}
	for name, edit := range cases {
		c := config(srv.URL)
		edit(&c)
		if _, err := egress.New([]egress.Config{c}, nolog()); err == nil {
			t.Errorf("a configuration %s is accepted", name)
		}
	}
	if _, err := egress.New([]egress.Config{config(srv.URL), config(srv.URL)}, nolog()); err == nil {
		t.Error("a recipient is configured twice")
	}
	e := open(t, config(srv.URL))
	if !e.Reaches("runninghub") || e.Reaches("tencent") {
		t.Error("Reaches is wrong")
	}
}
