package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	routes "vow.example/vow/internal/api/desk"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/desk"
	"vow.example/vow/internal/editions"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/desk"
	"vow.example/vow/internal/task"
)

// buildDesk makes the service for staff. It stands on everything that can erase or announce.
func (c *core) buildDesk() {
	c.desk = desk.New(desk.Options{
		DB: c.db, Vault: c.vault, Eraser: c.eraser, Policies: c.editions, Clock: c.clock, Digest: c.digest,
		Erase: func(ctx context.Context, who task.Who) error {
			_, err := c.rights.EraseAccount(ctx, who)
			return err
		},
		Underage: c.people.MarkUnderage, Tell: c.announce, Materials: c.apps.materialsOf,
	})
}

// announce brings what staff write to the notices.
func (c *core) announce(ctx context.Context, m desk.Message) (string, error) {
	a := editions.Announcement{App: m.App, Kind: m.Kind, Text: policy.Localized(m.Text)}
	if m.Subject != "" {
		a.Subjects = []privacy.SubjectID{m.Subject}
	}
	return c.editions.Announce(ctx, a)
}

// closed reports whether an app has ended.
func (c *core) closed(ctx context.Context, app privacy.AppID) (bool, error) {
	return c.desk.Closed(ctx, app)
}

// offers reports whether a drawn thing was reviewed and published.
func (c *core) offers(ctx context.Context, app privacy.AppID, kind, id string) bool {
	return c.desk.Offers(ctx, app, kind, id)
}

// deskStaff answers whose credential a request for staff holds.
func deskStaff(d *desk.Service) func(context.Context, string) (*rest.Staff, error) {
	return routes.Staff(d)
}

// deskRoutes are the routes for staff.
func (c *core) deskRoutes() func(*rest.Server) { return routes.Routes(c.desk) }

// seedDesk hires the people of a demonstration, and publishes what it ships with. Elsewhere the operator does.
func (c *core) seedDesk(ctx context.Context) error {
	if c.demo == nil {
		return nil
	}
	for _, p := range desk.DemoStaff() {
		_, err := c.desk.StaffOf(ctx, p.Token)
		if fault.CodeOf(err) == "unauthenticated" {
			_, _, err = desk.Hire(ctx, c.db, c.clock, c.digest, p)
		}
		if err != nil {
			return fmt.Errorf("server: staff of the demonstration: %w", err)
		}
	}
	judge, err := c.desk.StaffOf(ctx, "rk_demo_moderator")
	if err != nil {
		return err
	}
	for _, app := range c.apps.order {
		if err := c.desk.Seed(ctx, judge, app); err != nil {
			return fmt.Errorf("server: templates of %s: %w", app, err)
		}
	}
	return nil
}

// demoStaff lists the credentials of a demonstration for its banner.
func demoStaff() string {
	var tokens []string
	for _, p := range desk.DemoStaff() {
		tokens = append(tokens, p.Token)
	}
	return strings.Join(tokens, " ")
}

// Personnel opens the desk's list of people in a data directory, for the command that keeps it. A server that
// runs holds the key file, and is stopped for that.
type Personnel struct {
	db   *store.DB
	ring *keyring.Ring
	core *core
	apps string // the folder of the server's apps
}

// OpenPersonnel opens the data directory with its root key, as Serve would. Only who begins may make one:
// anybody else has mistyped its name.
func OpenPersonnel(ctx context.Context, o ServeOptions, begin bool) (*Personnel, error) {
	conf, err := o.config()
	if err != nil {
		return nil, err
	}
	root, err := conf.root()
	if err != nil {
		return nil, err
	}
	keys := filepath.Join(conf.DataDir, "keyring.bin")
	if _, err := os.Stat(keys); !begin && err != nil {
		return nil, fmt.Errorf("server: no server has kept its data in %s: %w", conf.DataDir, cause(err))
	}
	if err := os.MkdirAll(conf.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("server: data directory: %w", cause(err))
	}
	ring, err := keyring.Open(keys, root)
	if errors.Is(err, keyring.ErrLocked) {
		return nil, errors.New("server: the server is running: stop it first")
	}
	if err != nil {
		return nil, err
	}
	db, err := store.Open(ctx, filepath.Join(conf.DataDir, "vow.db"), databaseKey(ring))
	if err != nil {
		return nil, errors.Join(err, ring.Close())
	}
	return &Personnel{db: db, ring: ring, core: &core{ring: ring}, apps: conf.Apps}, nil
}

// databaseKey is the key of the database file.
func databaseKey(ring *keyring.Ring) (key [64]byte) {
	first, second := ring.Subkey("database-1"), ring.Subkey("database-2")
	copy(key[:32], first[:])
	copy(key[32:], second[:])
	return key
}

// ErrPosition says that somebody cannot be hired for that.
var ErrPosition = errors.New("the role is one of " + strings.Join(desk.Roles(), ", ") + ", and the region two capital letters such as US")

// Add hires somebody and returns the credential, which is shown once. An empty app means every app.
func (p *Personnel) Add(ctx context.Context, role, region, app string) (id, token string, err error) {
	if set, err := loadApps(p.apps, ""); app != "" && (err != nil || set.policies[privacy.AppID(app)] == nil) {
		return "", "", errors.Join(err, fmt.Errorf("server: no app is called %q here", app))
	}
	s, token, err := desk.Hire(ctx, p.db, clock.Real{}, p.core.digest, desk.Position{Role: role, Region: region, App: privacy.AppID(app)})
	if fault.CodeOf(err) == "validation" {
		err = ErrPosition
	}
	return string(s.ID), token, err
}

// List lists everybody.
func (p *Personnel) List(ctx context.Context) ([]facts.Staff, error) {
	return facts.AllStaff(ctx, p.db.Everywhere())
}

// Remove ends somebody's credential at once.
func (p *Personnel) Remove(ctx context.Context, id privacy.StaffID) error {
	err := p.db.Write(ctx, func(tx *store.Tx) error { return facts.DeleteStaff(ctx, tx, id) })
	if errors.Is(err, store.ErrNotFound) {
		return errors.New("server: there is nobody of that id")
	}
	return err
}

// Close closes the data directory.
func (p *Personnel) Close() error { return errors.Join(p.db.Close(), p.ring.Close()) }
