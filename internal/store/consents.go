package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store/rows"
)

const consentColumns = `app, id, subject, feature, recipient, decision, screen, language, policy_hash, version, mode, task, at, changed_at`

func scanConsent(r rows.Scanner) (consent.Record, error) {
	var c consent.Record
	var given int64
	var changed sql.NullInt64
	err := r.Scan(&c.App, &c.ID, &c.Subject, &c.Feature, &c.Recipient, &c.Decision, &c.Screen, &c.Language, &c.PolicyHash,
		&c.Version, &c.Mode, &c.Task, &given, &changed)
	c.At, c.ChangedAt = rows.At(given), rows.AtNull(changed)
	return c, err
}

// InsertConsent records a decision.
func (t *Tx) InsertConsent(ctx context.Context, c consent.Record, expires time.Time) error {
	return t.exec(ctx, `INSERT INTO consents (`+consentColumns+`, expires_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
		c.App, c.ID, c.Subject, c.Feature, c.Recipient, int(c.Decision), c.Screen, c.Language, c.PolicyHash, c.Version, c.Mode,
		c.Task, rows.Ms(c.At), rows.MsOrNull(c.ChangedAt), rows.Ms(expires))
}

// UseConsent binds a per-task record to its one task; one that stands for every task stays as it is. It
// fails with ErrNotFound when another task was faster.
func (t *Tx) UseConsent(ctx context.Context, app privacy.AppID, id privacy.ConsentID, task privacy.TaskID) error {
	return t.execOne(ctx, `UPDATE consents SET task = CASE mode WHEN ? THEN ? ELSE '' END WHERE app = ? AND id = ? AND task IN ('', ?)`,
		policy.PerTask, task, app, id, task)
}

// ChangeConsent records a withdrawal or revocation. It fails with ErrNotFound when the record is
// not a given consent of the subject.
func (t *Tx) ChangeConsent(ctx context.Context, app privacy.AppID, s privacy.SubjectID, id privacy.ConsentID, to consent.Decision, now time.Time) error {
	return t.execOne(ctx, `UPDATE consents SET decision = ?, changed_at = ? WHERE app = ? AND subject = ? AND id = ? AND decision = ?`,
		int(to), rows.Ms(now), app, s, id, int(consent.Given))
}

// Consent implements consent.Records.
func (a App) Consent(ctx context.Context, s privacy.SubjectID, id privacy.ConsentID) (consent.Record, error) {
	c, err := scanConsent(a.q.QueryRowContext(ctx, `SELECT `+consentColumns+` FROM consents WHERE app = ? AND subject = ? AND id = ?`, a.id, s, id))
	return c, noRecord(err)
}

// StandingConsent implements consent.Records.
func (a App) StandingConsent(ctx context.Context, s privacy.SubjectID, f privacy.FeatureID, r privacy.RecipientID) (consent.Record, error) {
	c, err := scanConsent(a.q.QueryRowContext(ctx, `SELECT `+consentColumns+` FROM consents WHERE app = ? AND subject = ? AND feature = ? AND recipient = ?
		ORDER BY at DESC, id DESC LIMIT 1`, a.id, s, f, r))
	return c, noRecord(err)
}

func noRecord(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return consent.ErrNoRecord
	}
	return err
}

// Consents returns a page of a subject's decisions, newest first, older than the cursor.
func (a App) Consents(ctx context.Context, s privacy.SubjectID, before privacy.ConsentID, limit int) ([]consent.Record, error) {
	if before == "" {
		before = "con_~"
	}
	return rows.All(ctx, a.q, scanConsent, `SELECT `+consentColumns+` FROM consents WHERE app = ? AND subject = ? AND id < ? ORDER BY id DESC LIMIT ?`,
		a.id, s, before, limit)
}
