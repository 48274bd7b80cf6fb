package provider

import (
	"maps"
	"slices"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/traffic"
)

// The reasons for which a recipient takes no task at all.
const (
	Paused       = "paused"       // by the operator
	Unconfigured = "unconfigured" // it has no address
)

// Health is how one recipient is. Its State is "ok", "waiting", "open", "paused" or "unconfigured".
type Health struct {
	Recipient privacy.RecipientID
	traffic.View
	Blocked []egress.BlockedCount // what our own gate refused
}

// Health returns how every wired recipient is, by name.
func (p *Pool) Health() []Health {
	var list []Health
	for _, r := range slices.Sorted(maps.Keys(p.drivers)) {
		h := Health{Recipient: r, View: p.traffic.View(r)}
		if !p.reaches(r) {
			h.State = Unconfigured
		}
		if p.egress != nil {
			h.Blocked = slices.DeleteFunc(p.egress.Blocked(), func(b egress.BlockedCount) bool { return b.Recipient != r })
		}
		list = append(list, h)
	}
	return list
}

// Refuses returns why a recipient takes no task right now, or "". One that is only busy or broken
// takes them: they wait.
func (p *Pool) Refuses(r privacy.RecipientID) string {
	if !p.reaches(r) {
		return Unconfigured
	}
	if paused, _ := p.traffic.Paused(r); paused {
		return Paused
	}
	return ""
}

func (p *Pool) reaches(r privacy.RecipientID) bool {
	return p.drivers[r] != nil && p.egress != nil && p.egress.Reaches(r)
}
