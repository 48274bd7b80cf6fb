// Package works keeps what people do with their works: a mark, a link for others.
//
// It promises that marks and links end with the work, in the transaction that erases its row, and that no
// clock of a work changes. It never keeps a link itself: only its digest.
package works

import (
	"context"
	"fmt"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/rows"
)

// Favourite is the mark of a person on a work.
type Favourite struct {
	Object        privacy.ObjectID
	At, ExpiresAt time.Time
}

// PutFavourite marks a work of a subject. The mark ends with the work or at its own end, whichever comes
// first. It fails with store.ErrNotFound where the work is not the subject's or is being erased.
func PutFavourite(ctx context.Context, tx *store.Tx, app privacy.AppID, s privacy.SubjectID, f Favourite) error {
	return rows.ExecOne(ctx, tx.SQL(), `INSERT INTO favourites (app, subject, object, at, expires_at)
		SELECT app, subject, id, ?4, min(?5, expires_at) FROM objects WHERE app = ?1 AND subject = ?2 AND id = ?3 AND id LIKE 'out_%' AND ending = '' AND expires_at > ?4
		ON CONFLICT (app, subject, object) DO UPDATE SET at = at`, app, s, f.Object, rows.Ms(f.At), rows.Ms(f.ExpiresAt))
}

// EraseFavourite takes a mark away. It succeeds where there is none.
func EraseFavourite(ctx context.Context, tx *store.Tx, app privacy.AppID, s privacy.SubjectID, o privacy.ObjectID) error {
	return rows.Exec(ctx, tx.SQL(), `DELETE FROM favourites WHERE app = ? AND subject = ? AND object = ?`, app, s, o)
}

// Marks say what a person has done with a work.
type Marks struct{ Favourite, Shared bool }

// MarksOf returns the marks of a work.
func MarksOf(ctx context.Context, a store.App, o privacy.ObjectID, now time.Time) (m Marks, err error) {
	q, app := a.Rows()
	err = q.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM favourites WHERE app = ?1 AND object = ?2 AND expires_at > ?3),
		EXISTS (SELECT 1 FROM shares WHERE app = ?1 AND object = ?2 AND expires_at > ?3)`, app, o, rows.Ms(now)).Scan(&m.Favourite, &m.Shared)
	if err != nil {
		return m, fmt.Errorf("store: marks: %w", err)
	}
	return m, nil
}

// Filter says which works a person wants to see.
type Filter struct {
	Kind      string // beginning of the media type: "image/" or "video/"; "": all
	Favourite bool   // only marked ones
	Before    privacy.ObjectID
	Limit     int
	Now       time.Time
}

// WorkIDs returns a page of the living works of a subject, newest first.
func WorkIDs(ctx context.Context, a store.App, s privacy.SubjectID, f Filter) ([]privacy.ObjectID, error) {
	if f.Before == "" {
		f.Before = "out_~"
	}
	q, app := a.Rows()
	return rows.All(ctx, q, func(r rows.Scanner) (id privacy.ObjectID, err error) {
		err = r.Scan(&id)
		return id, err
	}, `SELECT id FROM objects o WHERE app = ?1 AND subject = ?2 AND id LIKE 'out_%' AND id < ?3 AND ending = '' AND expires_at > ?4
		AND (idle_at IS NULL OR idle_at > ?4) AND media_type LIKE ?5 || '%'
		AND (NOT ?6 OR EXISTS (SELECT 1 FROM favourites f WHERE f.app = o.app AND f.subject = o.subject AND f.object = o.id AND f.expires_at > ?4))
		ORDER BY id DESC LIMIT ?7`, app, s, f.Before, rows.Ms(f.Now), f.Kind, f.Favourite, f.Limit)
}

// Share is the fact that a person shows a work to whoever has the link.
type Share struct {
	App       privacy.AppID
	Subject   privacy.SubjectID
	Object    privacy.ObjectID
	Token     []byte // digest
	Transfer  privacy.TransferID
	At        time.Time
	ExpiresAt time.Time
}

// PutShare writes a share, with a new link where the work has one already: the old one ends. It fails
// with store.ErrNotFound where the work is not the subject's or is being erased.
func PutShare(ctx context.Context, tx *store.Tx, s Share) error {
	return rows.ExecOne(ctx, tx.SQL(), `INSERT INTO shares (app, subject, object, token, transfer, at, expires_at)
		SELECT app, subject, id, ?4, ?5, ?6, expires_at FROM objects WHERE app = ?1 AND subject = ?2 AND id = ?3 AND ending = '' AND expires_at > ?6
		ON CONFLICT (app, subject, object) DO UPDATE SET token = excluded.token, transfer = excluded.transfer, at = excluded.at`,
		s.App, s.Subject, s.Object, s.Token, s.Transfer, rows.Ms(s.At))
}

// EraseShare ends a share. It fails with store.ErrNotFound where there is none.
func EraseShare(ctx context.Context, tx *store.Tx, app privacy.AppID, s privacy.SubjectID, o privacy.ObjectID) error {
	return rows.ExecOne(ctx, tx.SQL(), `DELETE FROM shares WHERE app = ? AND subject = ? AND object = ?`, app, s, o)
}

// ShareBy returns the share behind a link. The link decides the app.
func ShareBy(ctx context.Context, q rows.Queryer, token []byte) (Share, error) {
	s := Share{Token: token}
	var at, expires int64
	err := q.QueryRowContext(ctx, `SELECT app, subject, object, transfer, at, expires_at FROM shares WHERE token = ?`, token).
		Scan(&s.App, &s.Subject, &s.Object, &s.Transfer, &at, &expires)
	s.At, s.ExpiresAt = rows.At(at), rows.At(expires)
	return s, rows.NotFound(err)
}
