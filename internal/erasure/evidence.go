package erasure

import (
	"context"
	"time"

	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
)

// EvidenceUntil returns until when a row of a record category of the app is kept, when written now: as
// long as the strictest version says that may bind somebody.
func (e *Eraser) EvidenceUntil(app privacy.AppID, c privacy.Category) (time.Time, error) {
	now := e.Clock.Now()
	d, err := retention.Strictest(c, policy.ItemWritten, now, e.Policies.Binding(app, now)...)
	if err != nil {
		return time.Time{}, err
	}
	return d.At(), nil
}

// Note appends an event of now to the audit log, inside the transaction, and keeps its leaf as long as the app keeps
// evidence. An event that names no policy is one under the policy in force.
func (e *Eraser) Note(ctx context.Context, tx *store.Tx, event audit.Event) error {
	until, err := e.EvidenceUntil(event.App, "audit_entry")
	if err != nil {
		return err
	}
	event.At = e.Clock.Now()
	if event.PolicyHash == "" {
		event.PolicyHash = e.HashOf(event.App)
	}
	_, err = audit.Append(ctx, tx.Tree(event.Subject, until), event)
	return err
}

// HashOf returns the digest of the policy of an app that is in force, or "" where there is none.
func (e *Eraser) HashOf(app privacy.AppID) privacy.PolicyHash {
	if p, ok := e.Policies.InForce(app, e.Clock.Now()); ok {
		return p.Hash()
	}
	return ""
}
