package desk

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"slices"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/desk"
)

const staffTokenBytes = 32

// Hire adds a member of staff and returns the credential, which is shown once and not stored. An empty
// token means: make one.
func Hire(ctx context.Context, db *store.DB, clk clock.Clock, digest func(string) []byte, h Position) (facts.Staff, string, error) {
	if err := h.check(); err != nil {
		return facts.Staff{}, "", err
	}
	if h.Token == "" {
		raw := make([]byte, staffTokenBytes)
		_, _ = rand.Read(raw) // never fails: crypto/rand ends the program instead
		h.Token = "rk_" + base64.RawURLEncoding.EncodeToString(raw)
	}
	s := facts.Staff{ID: privacy.StaffID(privacy.NewID(privacy.PrefixStaff)), Role: h.Role, Region: h.Region, App: h.App, At: clk.Now()}
	return s, h.Token, db.Write(ctx, func(tx *store.Tx) error { return s.Insert(ctx, tx, digest(h.Token)) })
}

// Position is what a member of staff is hired for.
type Position struct {
	Role   string
	Region string        // ISO 3166
	App    privacy.AppID // empty: every app
	Token  string        // empty: a new one
}

func (h Position) check() error {
	if !slices.Contains(Roles(), h.Role) {
		return invalid("/role", "unknown", "There is no such role.")
	}
	if len(h.Region) != 2 || h.Region[0] < 'A' || h.Region[0] > 'Z' || h.Region[1] < 'A' || h.Region[1] > 'Z' {
		return invalid("/region", "format", "A region is two capital letters, such as US.")
	}
	return nil
}

// StaffOf returns whose credential that is, or a refusal.
func (s *Service) StaffOf(ctx context.Context, token string) (facts.Staff, error) {
	denied := fault.New(fault.Refused, "unauthenticated", "This needs the credential of a member of staff.")
	if token == "" {
		return facts.Staff{}, denied
	}
	by, err := facts.StaffBy(ctx, s.DB.Everywhere(), s.Digest(token))
	if errors.Is(err, store.ErrNotFound) {
		return by, denied
	}
	return by, err
}

// Staff lists who works at the desk, to those who manage it.
func (s *Service) Staff(ctx context.Context, by facts.Staff) ([]facts.Staff, error) {
	if !may(by.Role, actManageDesk) {
		return nil, ErrForbidden
	}
	all, err := facts.AllStaff(ctx, s.DB.Everywhere())
	return slices.DeleteFunc(all, func(one facts.Staff) bool { return by.App != "" && one.App != by.App }), err
}

// DemoStaff lists the people of a demonstration with their credentials, which everybody may know.
func DemoStaff() []Position {
	list := []Position{{Role: Officer, Region: "CN", Token: "rk_demo_cn"}, {Role: Officer, Region: "US", Token: "rk_demo_officer2"}, {Role: Officer, Region: "US", Token: "rk_demo_officer3"}}
	for _, role := range []string{Officer, Moderator, Support, Auditor, Developer, Owner, Backend} {
		list = append(list, Position{Role: role, Region: "US", Token: "rk_demo_" + role})
	}
	return list
}
