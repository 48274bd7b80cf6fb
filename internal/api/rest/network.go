package rest

import (
	"context"
	"net/http"
	"net/netip"
	"strings"

	"vow.example/vow/internal/privacy"
)

// How much of an address says which network it is in: one provider's customer, mostly.
const (
	network4 = 24
	network6 = 48
)

// NetworkOf returns the network that a request comes from, never the address itself. It is empty where
// nobody knows: in requests that come from this machine or its own network without a word of whom they are
// passed on for.
func NetworkOf(ctx context.Context) privacy.Text {
	n, _ := ctx.Value(networkKey{}).(privacy.Text)
	return n
}

// Located notes the network that a request comes from. It stands around handlers that call the API within the
// process: what they ask for somebody comes from where that somebody is.
func Located(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(located(r)))
	})
}

// located is the context of a request with its network, which the first one to see the request has found.
func located(r *http.Request) context.Context {
	if _, known := r.Context().Value(networkKey{}).(privacy.Text); known {
		return r.Context()
	}
	return context.WithValue(r.Context(), networkKey{}, network(r.RemoteAddr, r.Header.Values("X-Forwarded-For")))
}

// network cuts the peer's address to its network. A peer on this machine or in a private network is a proxy of
// ours: what counts then is the last address of X-Forwarded-For, which that proxy wrote itself. From anybody
// else the header is a claim, and nobody looks at it.
func network(remote string, forwarded []string) privacy.Text {
	var peer netip.Addr
	if at, err := netip.ParseAddrPort(remote); err == nil {
		peer = at.Addr().Unmap()
	}
	if ours(peer) && len(forwarded) > 0 {
		hops := strings.Split(forwarded[len(forwarded)-1], ",")
		peer = netip.Addr{}
		if at, err := netip.ParseAddr(strings.TrimSpace(hops[len(hops)-1])); err == nil {
			peer = at.Unmap()
		}
	}
	if !peer.IsValid() || ours(peer) {
		return privacy.Text{}
	}
	bits := network6
	if peer.Is4() {
		bits = network4
	}
	cut, err := peer.WithZone("").Prefix(bits)
	if err != nil {
		return privacy.Text{}
	}
	return privacy.NewText(cut.String())
}

// ours reports whether an address is on this machine or in a network that nobody else reaches.
func ours(a netip.Addr) bool {
	return a.IsValid() && (a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast() || a.IsUnspecified())
}
