package egress

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Resolver turns a host name into addresses. net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// dialer connects to public addresses only. It checks the address it is about to connect to, not
// the name: a name that first resolves to a public address and then to a private one gains nothing.
type dialer struct {
	resolver Resolver
	loopback string // host:port of a base URL on loopback, the only exception; or empty
}

// DialContext connects to addr if, and only if, every address behind its name is permitted.
func (d dialer) DialContext(ctx context.Context, _, addr string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, blocked("address")
	}
	permitted := isPublic
	if d.loopback != "" && addr == d.loopback {
		permitted = netip.Addr.IsLoopback
	}
	ips, err := d.lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	for _, ip := range ips {
		if !permitted(ip) {
			return nil, blocked("private-address")
		}
	}
	return connect(ctx, ips, port, permitted)
}

// lookup returns the addresses behind a host. A literal IPv4-mapped IPv6 address has no honest
// use and is refused; a resolver may answer in that form, and is read as the IPv4 address it means.
func (d dialer) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip.Is4In6() || ip.Zone() != "" {
			return nil, blocked("private-address")
		}
		return []netip.Addr{ip}, nil
	}
	ips, err := d.resolver.LookupNetIP(ctx, "ip", host)
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
			return blocked("private-address")
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

// isPublic reports whether an address is on the public internet: not this machine, not this
// network, not a tunnel that could lead to either, and not reserved.
func isPublic(ip netip.Addr) bool {
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
