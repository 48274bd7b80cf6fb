package server

import (
	"context"

	"vow.example/vow/internal/abuse"
	apipeople "vow.example/vow/internal/api/people"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/people"
	"vow.example/vow/internal/people/export"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task"
)

// buildPeople makes the service that knows who a subject is to an app. Tasks ask it before every step.
func (c *core) buildPeople() {
	c.abuse = abuse.New(abuse.Options{DB: c.db, Clock: c.clock, Policies: c.editions, Key: c.ring.Subkey("abuse"), Until: c.eraser.EvidenceUntil})
	c.people = people.New(people.Options{
		DB: c.db, Vault: c.vault, Ring: c.ring, Eraser: c.eraser, Clock: c.clock, Policies: c.editions, Digest: c.digest, Pending: c.pending, GoOn: c.editions.GoOn, Closed: c.closed, Chosen: c.chosen, Guesses: c.abuse,
		Revoked: func(ctx context.Context, who task.Who, permission string) error {
			_, err := c.intake.Revoke(ctx, who, permission)
			return err
		},
		Restricted: func(ctx context.Context, tx *store.Tx, who task.Who, ground string) error {
			return c.desk.Restricted(ctx, tx, who, ground)
		},
		Erase: func(ctx context.Context, who task.Who) error {
			_, err := c.rights.EraseAccount(ctx, who)
			return err
		},
	})
}

// peopleRoutes are the routes about who a person is.
func (c *core) peopleRoutes() func(*rest.Server) {
	return apipeople.Routes(apipeople.Options{People: c.people, Export: export.New(c.db, c.vault, c.clock), DB: c.db, AppOf: c.appOf})
}

// appOf finds the policy in force of the app that a caller names, by its key or, without one, by its id.
func (c *core) appOf(key, app string) (*policy.Policy, bool) {
	id := c.apps.keys[key]
	if key == "" {
		id = privacy.AppID(app)
	}
	return c.editions.InForce(id, c.clock.Now())
}
