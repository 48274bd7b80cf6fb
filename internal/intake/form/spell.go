package form

import (
	"net/netip"
	"strings"
)

// Prefix returns the beginning of an address that many people share: /24 of IPv4, /48 of IPv6.
func Prefix(a netip.Addr) string {
	const four, six = 24, 48
	a = a.Unmap().WithZone("")
	bits := six
	if a.Is4() {
		bits = four
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return ""
	}
	return p.String()
}

// Normal writes an identifier as every device writes it, so that spelling makes no difference.
func Normal(id string) string {
	return strings.NewReplacer(":", "", "-", "", ".", "", " ", "").Replace(strings.ToLower(id))
}
