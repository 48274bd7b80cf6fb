package server

import (
	"context"
	"fmt"
	"io/fs"

	routes "vow.example/vow/internal/api/editions"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/editions"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/task"
)

// openEditions reads every version that was published, and adopts the apps' folders.
func (c *core) openEditions(ctx context.Context) (err error) {
	folder := map[privacy.AppID]editions.Source{}
	for _, id := range c.apps.order {
		yaml, err := fs.ReadFile(c.apps.materials[id], "policy.yaml")
		if err != nil {
			return fmt.Errorf("server: policy of %s: %w", id, cause(err))
		}
		folder[id] = editions.Source{Policy: c.apps.policies[id], YAML: yaml}
	}
	c.editions, err = editions.Open(ctx, editions.Options{
		DB: c.db, Vault: c.vault, Clock: c.clock, Log: c.log, Demo: c.demo != nil, Fits: c.apps.fits, Deliver: teller{c},
		Silenced: func(ctx context.Context, app privacy.AppID, s privacy.SubjectID, kind, channel string) (bool, error) {
			return c.people.Silenced(ctx, app, s, kind, channel) // who people are is read in later than their versions
		},
	}, folder)
	return err
}

// pending reports whether an announcement must be seen before anything else works.
func (c *core) pending(ctx context.Context, who task.Who) (bool, error) {
	_, waits, err := c.editions.Waiting(ctx, who.App(), who.Subject)
	return waits, err
}

// editionRoutes registers the routes about versions of policies.
func (c *core) editionRoutes(s *rest.Server) { routes.Routes(s, c.editions) }

// fits reports what this server lacks to run a policy: a place for a field, an effect, a drawn thing.
func (a appSet) fits(p *policy.Policy) error {
	if err := a.wiring[p.App()].Check(p); err != nil {
		return fmt.Errorf("server: %s: %w", p.App(), err)
	}
	return a.checkOwn(p)
}
