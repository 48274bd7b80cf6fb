package intake

import (
	"context"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/rows"
)

// complaints is the category in which complaints are kept.
const complaints = "complaint"

// Complaint is the fact that somebody has complained: who, in which source and until when it is kept.
type Complaint struct {
	Object        privacy.ObjectID
	Subject       privacy.SubjectID
	Source        string
	At, ExpiresAt time.Time
}

// Complaints returns a page of an app's complaints that still exist, the newest first, older than the cursor.
func Complaints(ctx context.Context, a store.App, before string, limit int, now time.Time) ([]Complaint, error) {
	q, app := a.Rows()
	if before == "" {
		before = "itk_~"
	}
	return rows.All(ctx, q, func(r rows.Scanner) (Complaint, error) {
		var c Complaint
		var at, expires int64
		err := r.Scan(&c.Object, &c.Subject, &c.Source, &at, &expires)
		c.At, c.ExpiresAt = rows.At(at), rows.At(expires)
		return c, err
	}, `SELECT id, subject, role, written_at, expires_at FROM objects WHERE app = ? AND id < ? AND id > 'itk_' AND category = ? AND ending = '' AND expires_at > ?
		ORDER BY id DESC LIMIT ?`, app, before, complaints, rows.Ms(now), limit)
}
