// Package dialer connects to recipients.
//
// It promises that a connection ends at a public address, or at one of the few places inside that
// the operator named by host and port; and that it is the address that is judged, at the moment of
// connecting, not the name. It never speaks: what goes over the connection is the caller's matter.
package dialer

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"

	"vow.example/vow/internal/guard/egress/internal/rule"
)

// Resolver turns a host name into addresses. net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Dialer connects to public addresses only. It checks the address it is about to connect to, not
// the name: a name that first resolves to a public address and then to a private one gains nothing.
type Dialer struct {
	Resolver Resolver
	Loopback []string // host:port of base addresses on this machine: they lead to loopback and nowhere else
	Private  []string // host:port of an own host: it may stand on a private network
}

// DialContext connects to addr if, and only if, every address behind its name is permitted.
func (d Dialer) DialContext(ctx context.Context, _, addr string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, rule.Broken("address")
	}
	permitted := d.permits(strings.ToLower(addr))
	ips, err := d.lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	for _, ip := range ips {
		if !permitted(ip) {
			return nil, rule.Broken("private-address")
		}
	}
	return connect(ctx, ips, port, permitted)
}

func (d Dialer) permits(addr string) func(netip.Addr) bool {
	switch {
	case slices.Contains(d.Loopback, addr):
		return netip.Addr.IsLoopback
	case slices.Contains(d.Private, addr):
		return func(ip netip.Addr) bool { return IsPublic(ip) || ip.IsPrivate() && !ip.Is4In6() }
	default:
		return IsPublic
	}
}

// lookup returns the addresses behind a host. A literal IPv4-mapped IPv6 address has no honest
// use and is refused, and so is a number that only some resolvers read as an address; a resolver
// may answer in mapped form, and is read as the IPv4 address it means.
func (d Dialer) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip.Is4In6() || ip.Zone() != "" {
			return nil, rule.Broken("private-address")
		}
		return []netip.Addr{ip}, nil
	}
	if IsOdd(host) {
		return nil, rule.Broken("private-address")
	}
	ips, err := d.Resolver.LookupNetIP(ctx, "ip", host)
	if err != nil || len(ips) == 0 {
		return nil, fmt.Errorf("egress: resolve host: %w", err)
	}
	for i := range ips {
		ips[i] = ips[i].Unmap()
	}
	return ips, nil
}

func connect(ctx context.Context, ips []netip.Addr, port string, permitted func(netip.Addr) bool) (net.Conn, error) {
	nd := net.Dialer{Timeout: 10 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || !permitted(at.Addr().Unmap()) {
			return rule.Broken("private-address")
		}
		return nil
	}}
	var last error
	for _, ip := range ips {
		conn, err := nd.DialContext(ctx, "tcp", net.JoinHostPort(ip.String(), port))
		if err == nil {
			return conn, nil
		}
		last = err
	}
	return nil, fmt.Errorf("egress: connect: %w", last)
}

// IsLoopbackHost reports whether a host names this machine.
func IsLoopbackHost(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// IsOdd reports whether a host is a number that is no address in its one honest form: decimal,
// octal, hexadecimal or short, as in "2130706433", "0177.0.0.1", "0x7f.1" and "127.1".
func IsOdd(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return false
	}
	host = strings.TrimSuffix(host, ".")
	last := strings.ToLower(host[strings.LastIndex(host, ".")+1:])
	hex, isHex := strings.CutPrefix(last, "0x")
	if isHex {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(last, "0123456789") == ""
}

// IsPublic reports whether an address is on the public internet: not this machine, not this
// network, not a tunnel that could lead to either, and not reserved.
func IsPublic(ip netip.Addr) bool {
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.Is4In6() {
		return false
	}
	return !slices.ContainsFunc(reserved(), func(p netip.Prefix) bool { return p.Contains(ip) })
}

// reserved lists the special-purpose blocks (IANA) that netip does not know by itself.
func reserved() []netip.Prefix {
	list := strings.Fields("0.0.0.0/8 100.64.0.0/10 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 198.18.0.0/15 " +
		"198.51.100.0/24 203.0.113.0/24 240.0.0.0/4 ::/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/23 " +
		"2001:db8::/32 2002::/16 3fff::/20 5f00::/16 fec0::/10")
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}
