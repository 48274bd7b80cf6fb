package terms

import (
	"slices"

	"vow.example/vow/internal/privacy"
)

// On reports whether a list of platforms holds the platform. An empty list holds all three, and never
// one that does not exist.
func On(list []Platform, p Platform) bool {
	return (p == IOS || p == Android || p == Web) && (len(list) == 0 || slices.Contains(list, p))
}

// Intake returns the intake with that id.
func (t *Terms) Intake(id string) (Intake, bool) {
	return find(t.Intakes, func(in Intake) bool { return in.ID == id })
}

// Permission returns the declared permission with that id.
func (t *Terms) Permission(id string) (Permission, bool) {
	return find(t.Permissions, func(p Permission) bool { return p.ID == id })
}

// Number returns the number of that name.
func (t *Terms) Number(id string) (Figure, bool) {
	return find(t.Numbers, func(n Figure) bool { return n.ID == id })
}

// Switch returns the declared switch with that id.
func (t *Terms) Switch(id string) (Switch, bool) {
	return find(t.Switches, func(s Switch) bool { return s.ID == id })
}

// Right returns the right with that id.
func (t *Terms) Right(id string) (Right, bool) {
	return find(t.Rights, func(r Right) bool { return r.ID == id })
}

// Category returns the declared category with that id.
func (t *Terms) Category(id privacy.Category) (Category, bool) {
	return find(t.Categories, func(c Category) bool { return c.ID == id })
}

// Purpose returns the declared purpose with that id.
func (t *Terms) Purpose(id privacy.Purpose) (Purpose, bool) {
	return find(t.Purposes, func(u Purpose) bool { return u.ID == id })
}

// Vendor returns the vendor with that id that may send data in.
func (t *Terms) Vendor(id string) (Inbound, bool) {
	return find(t.Inbound, func(in Inbound) bool { return in.ID == id })
}

// ForwardOf returns what a recipient gets of what came in by an intake on a platform.
func (t *Terms) ForwardOf(r privacy.RecipientID, intake string, p Platform) (Forward, bool) {
	return find(t.Forwards, func(f Forward) bool {
		return f.Recipient == r && slices.Contains(f.Intakes, intake) && On(f.Platforms, p)
	})
}

// GatewayOf returns how a recipient carries messages to a platform.
func (t *Terms) GatewayOf(r privacy.RecipientID, p Platform) (Gateway, bool) {
	return find(t.Notices.Gateways, func(g Gateway) bool { return g.Recipient == r && On(g.Platforms, p) })
}

// Open returns the ground with that id where it opens the category.
func Open(grounds []Ground, id string, c privacy.Category) (Ground, bool) {
	return find(grounds, func(g Ground) bool {
		return g.ID == id && (len(g.Categories) == 0 || slices.Contains(g.Categories, c))
	})
}

func find[T any](list []T, is func(T) bool) (T, bool) {
	if i := slices.IndexFunc(list, is); i >= 0 {
		return list[i], true
	}
	var zero T
	return zero, false
}

// Level returns the level of membership with that id. Nobody has the one without.
func (t *Terms) Level(id string) (Membership, bool) {
	return find(t.Memberships, func(m Membership) bool { return m.ID == id })
}
