// Package clienttest opens sessions for tests, as somebody who is old enough and accepts the policy.
//
// It promises that nothing else is said for the person. It never appears in the product: what people are
// asked, they answer themselves.
package clienttest

import (
	"context"
	"fmt"

	"vow.example/vow/client"
)

// Enter opens a session and says what the app asks first.
func Enter(ctx context.Context, c *client.Client, in client.SessionCreate) (client.Session, error) {
	s, err := c.NewSession(ctx, in)
	if err != nil {
		return s, fmt.Errorf("clienttest: session: %w", err)
	}
	me := c.WithToken(s.AccessToken)
	if s.Standing == "age-required" {
		if _, err := me.SetAge(ctx, client.AgeStatement{Band: "over"}); err != nil {
			return s, fmt.Errorf("clienttest: age: %w", err)
		}
	}
	r, err := me.Reading(ctx, "en")
	if err != nil || !r.Required || r.Accepted {
		return s, err
	}
	if _, err := me.Accept(ctx, client.Acceptance{Version: r.Version, Hash: r.Hash, Decision: "accepted"}); err != nil {
		return s, fmt.Errorf("clienttest: acceptance: %w", err)
	}
	return s, nil
}
