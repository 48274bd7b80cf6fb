package book

import (
	"context"
	"fmt"
	"time"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
)

// Fixed are the policies of a process in which nothing is published: one version per app, in force at
// every moment and for everybody.
type Fixed map[privacy.AppID]*policy.Policy

// InForce returns the policy of an app.
func (f Fixed) InForce(app privacy.AppID, _ time.Time) (*policy.Policy, bool) {
	p, ok := f[app]
	return p, ok
}

// For returns the policy that binds a subject.
func (f Fixed) For(_ context.Context, app privacy.AppID, _ privacy.SubjectID) (*policy.Policy, error) {
	if p, ok := f[app]; ok {
		return p, nil
	}
	return nil, fmt.Errorf("book: no policy of app %s", app)
}

// ByHash returns the policy of an app with that digest.
func (f Fixed) ByHash(app privacy.AppID, hash privacy.PolicyHash) (*policy.Policy, bool) {
	p, ok := f[app]
	return p, ok && p.Hash() == hash
}

// Recipient returns a recipient of an app.
func (f Fixed) Recipient(app privacy.AppID, id privacy.RecipientID) (policy.Recipient, bool) {
	if p, ok := f[app]; ok {
		return p.Recipient(id)
	}
	return policy.Recipient{}, false
}

// Binding returns every policy of an app that may bind somebody.
func (f Fixed) Binding(app privacy.AppID, _ time.Time) []*policy.Policy {
	if p, ok := f[app]; ok {
		return []*policy.Policy{p}
	}
	return nil
}
