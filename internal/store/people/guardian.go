package people

import (
	"context"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/rows"
)

// The states of a guardian's consent.
const (
	Asked     = "asked"     // the person has named a guardian
	Shown     = "shown"     // the guardian has agreed and holds the code
	Confirmed = "confirmed" // the code was typed on the person's device
	Declined  = "declined"  // the guardian said no, or took the consent back
)

// Guardian is the fact that somebody may consent for a subject. Nothing of that somebody is kept but
// the digest of the contact that was named.
type Guardian struct {
	App       privacy.AppID
	Subject   privacy.SubjectID
	State     string
	Contact   []byte // digest
	Link      []byte // digest of the guardian's address
	Code      []byte // digest; empty before it was shown and after it was used
	Tries     int    // wrong codes and contacts so far
	Scope     []string
	Screen    string // hash of the text that the guardian read; empty before it was
	Consent   privacy.ConsentID
	At        time.Time
	ExpiresAt time.Time
}

const guardianColumns = `app, subject, state, contact, link, code, tries, scope, screen, consent, at, expires_at`

func scanGuardian(r rows.Scanner) (Guardian, error) {
	var g Guardian
	var scope string
	var at, expires int64
	err := r.Scan(&g.App, &g.Subject, &g.State, &g.Contact, &g.Link, &g.Code, &g.Tries, &scope, &g.Screen, &g.Consent, &at, &expires)
	g.Scope, g.At, g.ExpiresAt = list(scope), rows.At(at), rows.At(expires)
	return g, rows.NotFound(err)
}

// GuardianOf returns the guardian's consent of a subject, whatever its state and clock.
func GuardianOf(ctx context.Context, a store.App, s privacy.SubjectID) (Guardian, error) {
	q, app := a.Rows()
	return scanGuardian(q.QueryRowContext(ctx, `SELECT `+guardianColumns+` FROM guardians WHERE app = ? AND subject = ?`, app, s))
}

// GuardianByLink returns the guardian's consent behind an address. The address decides the app.
func GuardianByLink(ctx context.Context, q rows.Queryer, link []byte) (Guardian, error) {
	return scanGuardian(q.QueryRowContext(ctx, `SELECT `+guardianColumns+` FROM guardians WHERE link = ?`, link))
}

// PutGuardian writes the guardian's consent of a living subject. It fails with store.ErrNotFound where
// the account is gone.
func PutGuardian(ctx context.Context, tx *store.Tx, g Guardian, now time.Time) error {
	return rows.ExecOne(ctx, tx.SQL(), `INSERT INTO guardians (`+guardianColumns+`)
		SELECT ?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12 FROM subjects WHERE app = ?1 AND subject = ?2 AND expires_at > ?13
		ON CONFLICT (app, subject) DO UPDATE SET state = excluded.state, contact = excluded.contact, link = excluded.link, code = excluded.code, tries = excluded.tries,
			scope = excluded.scope, screen = excluded.screen, consent = excluded.consent, at = excluded.at, expires_at = excluded.expires_at`,
		g.App, g.Subject, g.State, blob(g.Contact), blob(g.Link), blob(g.Code), g.Tries, joined(g.Scope), g.Screen, g.Consent, rows.Ms(g.At), rows.Ms(g.ExpiresAt), rows.Ms(now))
}

func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
