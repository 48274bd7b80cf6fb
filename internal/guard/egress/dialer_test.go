package egress

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
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
func dial(t *testing.T, d dialer, addr string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err == nil {
		_ = conn.Close()
		t.Fatalf("%s was reached", addr)
	}
	var b *errBlocked
	if errors.As(err, &b) {
		return b.rule
	}
	return ""
}

func TestAPublicAddressIsPermitted(t *testing.T) {
	t.Parallel()
	for _, ip := range []string{"93.184.216.34", "2606:4700::1111", "::ffff:93.184.216.34"} {
		if rule := dial(t, dialer{resolver: &script{answers: []string{ip}}}, "api.example:443"); rule != "" {
			t.Errorf("%s: %s", ip, rule)
		}
	}
}

func TestADNSAnswerThatChangesGainsNothing(t *testing.T) {
	t.Parallel()
	d := dialer{resolver: &script{answers: []string{"93.184.216.34", "127.0.0.1", "93.184.216.34 10.0.0.1"}}}
	for i, want := range []string{"", "private-address", "private-address"} {
		if rule := dial(t, d, "api.example:443"); rule != want {
			t.Errorf("answer %d: %q, want %q", i+1, rule, want)
		}
	}
}

func TestOneAnswerServesCheckAndConnection(t *testing.T) {
	t.Parallel()
	s := &script{answers: []string{"93.184.216.34", "127.0.0.1"}}
	dial(t, dialer{resolver: s}, "api.example:443")
	if s.asked != 1 {
		t.Errorf("the name was resolved %d times for one connection", s.asked)
	}
}

func TestLiteralAddressesAreJudgedLikeNames(t *testing.T) {
	t.Parallel()
	d := dialer{loopback: "127.0.0.1:8080"}
	for addr, want := range map[string]string{
		"127.0.0.1:8080": "", "127.0.0.1:8081": "private-address", "[::1]:8080": "private-address",
		"[::ffff:93.184.216.34]:443": "private-address", "[fe80::1%eth0]:443": "private-address",
		"93.184.216.34:443": "", "no-port": "address",
	} {
		if rule := dial(t, d, addr); rule != want {
			t.Errorf("%s: %q, want %q", addr, rule, want)
		}
	}
	named := dialer{resolver: &script{answers: []string{"93.184.216.34"}}, loopback: "localhost:8080"}
	if rule := dial(t, named, "localhost:8080"); rule != "private-address" {
		t.Errorf("a loopback name that leads outside: %q", rule)
	}
}
