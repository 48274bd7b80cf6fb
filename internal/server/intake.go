package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	apiintake "vow.example/vow/internal/api/intake"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/intake"
	"vow.example/vow/internal/intake/device"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/task"
)

// buildIntake makes the service that takes what apps hand over beside the inputs of features. A policy under
// which something of that would stay without end stops the server.
func (c *core) buildIntake() error {
	for _, id := range c.apps.order {
		if err := intake.Check(c.apps.policies[id], c.clock.Now()); err != nil {
			return fmt.Errorf("server: %w", err)
		}
	}
	c.intake = intake.New(intake.Options{
		DB: c.db, Vault: c.vault, Ring: c.ring, Eraser: c.eraser, Policies: c.editions, Clock: c.clock, Machine: clock.Real{}, Secret: c.vendorSecret, Taken: c.forward.Taken,
		Standing: func(ctx context.Context, who task.Who) error { return c.people.Standing(ctx, who) },
	})
	return nil
}

// intakeRoutes registers the routes about what an app hands over.
func (c *core) intakeRoutes(s *rest.Server) {
	apiintake.Routes(s, apiintake.Options{
		Intake: c.intake, Devices: &device.Service{DB: c.db, Eraser: c.eraser, Clock: c.clock}, Policies: c.editions, Now: c.clock.Now, Apps: c.apps.order,
		Pending: func(ctx context.Context, who task.Who) ([]string, error) {
			return c.editions.Unseen(ctx, who.App(), who.Subject)
		},
	})
}

// demoVendor is in front of the secret with which every vendor of a demonstration signs: it is shown, and
// opens nothing outside it.
const demoVendor = "whsec_demo_"

// vendorSecret returns what a vendor signs with for an app, or nothing where none is set up.
func (c *core) vendorSecret(app privacy.AppID, source string) []byte {
	if c.demo != nil {
		return []byte(demoVendor + source)
	}
	return c.vendors[string(app)+"/"+source]
}

const shortestSecret = 16 // bytes

// vendorSecrets reads what vendors sign with: by app and source, the name of an environment variable.
func vendorSecrets(given map[string]string, policies map[privacy.AppID]*policy.Policy) (map[string][]byte, error) {
	secrets, failed := map[string][]byte{}, error(nil)
	for name, where := range given {
		app, source, _ := strings.Cut(name, "/")
		variable, isEnv := strings.CutPrefix(where, "env:")
		p, known := policies[privacy.AppID(app)]
		if known {
			_, known = p.Terms().Vendor(source)
		}
		secret := os.Getenv(variable)
		switch {
		case !known:
			failed = errors.Join(failed, fmt.Errorf("inbound: %s is no app and source of a policy, such as mixoo/firebase", name))
		case !isEnv || len(secret) < shortestSecret:
			failed = errors.Join(failed, fmt.Errorf("inbound: %s needs env:NAME of a variable with at least %d characters", name, shortestSecret))
		default:
			secrets[name] = []byte(secret)
		}
	}
	return secrets, failed
}
