package dialer

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"

	"vow.example/vow/internal/guard/egress/internal/rule"
)

// script is a resolver that gives its answers one after the other.
type script struct {
	answers []string
	asked   int
}

func (s *script) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	var out []netip.Addr
	for _, ip := range strings.Fields(s.answers[s.asked]) {
		out = append(out, netip.MustParseAddr(ip))
	}
	s.asked++
	return out, nil
}

// dial tries to connect with a context that has ended, so that no packet leaves in earnest, and
// returns the rule that stopped it before that, or "".
func dial(t *testing.T, d Dialer, addr string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err == nil {
		_ = conn.Close()
		t.Fatalf("%s was reached", addr)
	}
	return rule.Of(err)
}

func TestAPublicAddressIsPermitted(t *testing.T) {
	t.Parallel()
	for _, ip := range []string{"93.184.216.34", "2606:4700::1111", "::ffff:93.184.216.34"} {
		if rule := dial(t, Dialer{Resolver: &script{answers: []string{ip}}}, "api.example:443"); rule != "" {
			t.Errorf("%s: %s", ip, rule)
		}
	}
}

func TestADNSAnswerThatChangesGainsNothing(t *testing.T) {
	t.Parallel()
	d := Dialer{Resolver: &script{answers: []string{"93.184.216.34", "127.0.0.1", "93.184.216.34 10.0.0.1"}}}
	for i, want := range []string{"", "private-address", "private-address"} {
		if rule := dial(t, d, "api.example:443"); rule != want {
			t.Errorf("answer %d: %q, want %q", i+1, rule, want)
		}
	}
}

func TestOneAnswerServesCheckAndConnection(t *testing.T) {
	t.Parallel()
	s := &script{answers: []string{"93.184.216.34", "127.0.0.1"}}
	dial(t, Dialer{Resolver: s}, "api.example:443")
	if s.asked != 1 {
		t.Errorf("the name was resolved %d times for one connection", s.asked)
	}
}

func TestLiteralAddressesAreJudgedLikeNames(t *testing.T) {
	t.Parallel()
	d := Dialer{Loopback: []string{"127.0.0.1:8080"}}
	for addr, want := range map[string]string{
		"127.0.0.1:8080": "", "127.0.0.1:8081": "private-address", "[::1]:8080": "private-address",
		"[::ffff:93.184.216.34]:443": "private-address", "[fe80::1%eth0]:443": "private-address",
		"93.184.216.34:443": "", "no-port": "address",
	} {
		if rule := dial(t, d, addr); rule != want {
			t.Errorf("%s: %q, want %q", addr, rule, want)
		}
	}
	named := Dialer{Resolver: &script{answers: []string{"93.184.216.34"}}, Loopback: []string{"localhost:8080"}}
	if rule := dial(t, named, "localhost:8080"); rule != "private-address" {
		t.Errorf("a loopback name that leads outside: %q", rule)
	}
}

func TestAnOwnHostMayStandOnAPrivateNetwork(t *testing.T) {
	t.Parallel()
	for ip, want := range map[string]string{
		"10.1.2.3": "", "172.20.0.1": "", "192.168.1.5": "", "fd00::5": "", "93.184.216.34": "",
		"127.0.0.1": "private-address", "169.254.169.254": "private-address", "fe80::1": "private-address", "100.64.0.1": "private-address", "0.0.0.0": "private-address",
	} {
		for addr, rule := range map[string]string{"comfy.lan:8188": want, "COMFY.lan:8188": want, "comfy.lan:22": "private-address", "other.lan:8188": "private-address"} {
			if ip == "93.184.216.34" {
				rule = ""
			}
			d := Dialer{Resolver: &script{answers: []string{ip}}, Private: []string{"comfy.lan:8188"}}
			if got := dial(t, d, addr); got != rule {
				t.Errorf("%s at %s: %q, want %q", addr, ip, got, rule)
			}
		}
	}
}

func TestANumberInAnotherFormIsNoAddress(t *testing.T) {
	t.Parallel()
	for host, odd := range map[string]bool{
		"2130706433": true, "0177.0.0.1": true, "0x7f.1": true, "127.1": true, "127.0.0.1.": true, "1.2.3.0x4": true, "0x": true, "": true, "256.256.256.256": true,
		"127.0.0.1": false, "::1": false, "api.example": false, "4.example": false, "0x7f.example": false, "1e100.net": false, "x0": false, "fe80::1%eth0": false,
	} {
		if IsOdd(host) != odd {
			t.Errorf("%q: %v", host, IsOdd(host))
		}
		if rule := dial(t, Dialer{Resolver: &script{answers: []string{"93.184.216.34"}}}, host+":443"); odd && !strings.Contains(host, ":") && rule != "private-address" {
			t.Errorf("%q is asked for: %q", host, rule)
		}
	}
}

func TestAConnectionEndsWhereItWasJudged(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	addr := l.Addr().String()
	_, port, _ := net.SplitHostPort(addr)
	conn, err := Dialer{Loopback: []string{addr}}.DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	named := Dialer{Resolver: &script{answers: []string{"127.0.0.1"}}, Loopback: []string{"localhost:" + port}}
	if conn, err = named.DialContext(t.Context(), "tcp", "localhost:"+port); err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	if _, err := connect(t.Context(), []netip.Addr{netip.MustParseAddr("127.0.0.1")}, port, IsPublic); rule.Of(err) != "private-address" {
		t.Errorf("the last check is missing: %v", err)
	}
	if !IsLoopbackHost("LOCALHOST") || !IsLoopbackHost("::1") || IsLoopbackHost("localhost.example") || IsLoopbackHost("10.0.0.1") {
		t.Error("loopback is told wrongly")
	}
}
