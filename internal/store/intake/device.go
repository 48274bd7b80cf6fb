// Package intake keeps the rows of what an app hands over beside the inputs of features: names of
// devices, digests of a login, conversations with support.
//
// It promises that every row belongs to one living subject of one app and ends by a clock of the policy,
// and that a name of a device is never one that the device has elsewhere. It never keeps a word that
// somebody wrote or an identifier that somebody sent: those are vault objects and keyed digests.
package intake

import (
	"context"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/rows"
)

// Device is the fact that an app runs on a device of a subject.
type Device struct {
	ID        string // "dev_…"
	Subject   privacy.SubjectID
	Platform  string
	At        time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
}

const deviceColumns = `id, subject, platform, at, seen_at, expires_at`

func scanDevice(r rows.Scanner) (Device, error) {
	var d Device
	var at, seen, expires int64
	err := r.Scan(&d.ID, &d.Subject, &d.Platform, &at, &seen, &expires)
	d.At, d.SeenAt, d.ExpiresAt = rows.At(at), rows.At(seen), rows.At(expires)
	return d, rows.NotFound(err)
}

// InsertDevice adds a device of a living subject. It fails with store.ErrNotFound where the account is gone.
func InsertDevice(ctx context.Context, tx *store.Tx, app privacy.AppID, d Device) error {
	return rows.ExecOne(ctx, tx.SQL(), `INSERT INTO devices (app, `+deviceColumns+`)
		SELECT app, ?3, subject, ?4, ?5, ?6, ?7 FROM subjects WHERE app = ?1 AND subject = ?2 AND expires_at > ?5`,
		app, d.Subject, d.ID, d.Platform, rows.Ms(d.At), rows.Ms(d.SeenAt), rows.Ms(d.ExpiresAt))
}

// TouchDevice records that a device was seen again, which starts its clock anew. It fails with
// store.ErrNotFound where the subject has no such device.
func TouchDevice(ctx context.Context, tx *store.Tx, app privacy.AppID, d Device) error {
	return rows.ExecOne(ctx, tx.SQL(), `UPDATE devices SET seen_at = ?, expires_at = ? WHERE app = ? AND subject = ? AND id = ? AND platform = ? AND expires_at > ?`,
		rows.Ms(d.SeenAt), rows.Ms(d.ExpiresAt), app, d.Subject, d.ID, d.Platform, rows.Ms(d.SeenAt))
}

// DeleteDevice erases a device of a subject, or fails with store.ErrNotFound.
func DeleteDevice(ctx context.Context, tx *store.Tx, app privacy.AppID, s privacy.SubjectID, id string) error {
	return rows.ExecOne(ctx, tx.SQL(), `DELETE FROM devices WHERE app = ? AND subject = ? AND id = ?`, app, s, id)
}

// Devices returns the devices of a subject, the one that was seen last first.
func Devices(ctx context.Context, a store.App, s privacy.SubjectID, now time.Time) ([]Device, error) {
	q, app := a.Rows()
	return rows.All(ctx, q, scanDevice, `SELECT `+deviceColumns+` FROM devices WHERE app = ? AND subject = ? AND expires_at > ? ORDER BY seen_at DESC, id DESC`, app, s, rows.Ms(now))
}

// Risk is one identifier of a device at a login, as a keyed digest.
type Risk struct {
	Field    string
	Digest   []byte
	Category privacy.Category
	Known    bool // no further proof was asked for
}

// PutRisk writes an identifier of a living subject, or starts its clock anew. One that is known stays
// known. It fails with store.ErrNotFound where the account is gone.
func PutRisk(ctx context.Context, tx *store.Tx, who Owner, r Risk) error {
	return rows.ExecOne(ctx, tx.SQL(), `INSERT INTO risks (app, subject, field, digest, category, known, at, expires_at)
		SELECT app, subject, ?3, ?4, ?5, ?6, ?7, ?8 FROM subjects WHERE app = ?1 AND subject = ?2 AND expires_at > ?7
		ON CONFLICT (app, subject, field, digest) DO UPDATE SET known = max(known, excluded.known), at = excluded.at, expires_at = excluded.expires_at`,
		who.App, who.Subject, r.Field, r.Digest, r.Category, r.Known, rows.Ms(who.Now), rows.Ms(who.Until))
}

// Owner is whose row is written, when, and until when it stays.
type Owner struct {
	App        privacy.AppID
	Subject    privacy.SubjectID
	Now, Until time.Time
}

// Risks returns the identifiers of a subject whose clock runs.
func Risks(ctx context.Context, a store.App, s privacy.SubjectID, now time.Time) ([]Risk, error) {
	q, app := a.Rows()
	return rows.All(ctx, q, func(r rows.Scanner) (Risk, error) {
		var k Risk
		err := r.Scan(&k.Field, &k.Digest, &k.Category, &k.Known)
		return k, err
	}, `SELECT field, digest, category, known FROM risks WHERE app = ? AND subject = ? AND expires_at > ? ORDER BY field, at`, app, s, rows.Ms(now))
}

// DeleteRisks erases the identifiers of a subject in one field and returns how many went.
func DeleteRisks(ctx context.Context, tx *store.Tx, app privacy.AppID, s privacy.SubjectID, field string) (int, error) {
	return rows.ExecCount(ctx, tx.SQL(), `DELETE FROM risks WHERE app = ? AND subject = ? AND field = ?`, app, s, field)
}
