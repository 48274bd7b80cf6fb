// Package editions keeps the rows of published policy versions, of what was announced, and of whom a
// version binds.
//
// It promises that a published version is written once and read as it was written. It never decides:
// it holds facts.
package editions

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/rows"
)

// Version is one published version.
type Version struct {
	App         privacy.AppID
	Number      int
	Version     string // "pixplus/v2"
	Hash        privacy.PolicyHash
	Source      []byte // the file
	Class       string // of its changes against the version before
	By          privacy.StaffID
	PublishedAt time.Time
	EffectiveAt time.Time
}

// Insert records a version. The same number again is refused by the database.
func Insert(ctx context.Context, tx *store.Tx, v Version) error {
	return rows.Exec(ctx, tx.SQL(), `INSERT INTO policy_versions (app, number, version, hash, source, class, published_by, published_at, effective_at) VALUES (?,?,?,?,?,?,?,?,?)`,
		v.App, v.Number, v.Version, v.Hash, v.Source, v.Class, v.By, rows.Ms(v.PublishedAt), rows.Ms(v.EffectiveAt))
}

// Versions returns every version of every app, oldest first.
func Versions(ctx context.Context, db *store.DB) ([]Version, error) {
	return rows.All(ctx, db.Everywhere(), scanVersion, `SELECT app, number, version, hash, source, class, published_by, published_at, effective_at
		FROM policy_versions ORDER BY app, number`)
}

func scanVersion(r rows.Scanner) (Version, error) {
	var v Version
	var published, effective int64
	err := r.Scan(&v.App, &v.Number, &v.Version, &v.Hash, &v.Source, &v.Class, &v.By, &published, &effective)
	v.PublishedAt, v.EffectiveAt = rows.At(published), rows.At(effective)
	return v, err
}

// Notice is one announcement.
type Notice struct {
	App         privacy.AppID
	ID          string
	Kind        string
	Class       string
	Number      int      // of the version it announces; 0: none
	Text        string   // by language, encoded; "": the list of changes is the text
	Channels    []string // beside the app itself
	Directed    bool     // only to those who have a row
	CreatedAt   time.Time
	EffectiveAt time.Time
	Reached     int64 // how far the list of accounts was told
}

const noticeColumns = `app, id, kind, class, number, text, channels, directed, created_at, effective_at, reached`

// InsertNotice records an announcement. One without further channels has nobody left to tell.
func InsertNotice(ctx context.Context, tx *store.Tx, n Notice) error {
	var told any
	if len(n.Channels) == 0 {
		told = rows.Ms(n.CreatedAt)
	}
	return rows.Exec(ctx, tx.SQL(), `INSERT INTO notices (`+noticeColumns+`, told_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)`,
		n.App, n.ID, n.Kind, n.Class, n.Number, n.Text, strings.Join(n.Channels, ","), n.Directed, rows.Ms(n.CreatedAt), rows.Ms(n.EffectiveAt), n.Reached, told)
}

func scanNotice(r rows.Scanner) (Notice, error) {
	var n Notice
	var channels string
	var created, effective int64
	err := r.Scan(&n.App, &n.ID, &n.Kind, &n.Class, &n.Number, &n.Text, &channels, &n.Directed, &created, &effective, &n.Reached)
	n.CreatedAt, n.EffectiveAt = rows.At(created), rows.At(effective)
	if channels != "" {
		n.Channels = strings.Split(channels, ",")
	}
	return n, err
}

// Untold returns the announcements that some account was not yet told of over their channels.
func Untold(ctx context.Context, db *store.DB) ([]Notice, error) {
	return rows.All(ctx, db.Everywhere(), scanNotice, `SELECT `+noticeColumns+` FROM notices WHERE told_at IS NULL ORDER BY created_at, id`)
}

// Told records how far the accounts were told; done is when the last one was, or the zero time.
func Told(ctx context.Context, tx *store.Tx, n Notice, done time.Time) error {
	return rows.Exec(ctx, tx.SQL(), `UPDATE notices SET reached = max(reached, ?), told_at = coalesce(told_at, ?) WHERE app = ? AND id = ?`, n.Reached, rows.MsOrNull(done), n.App, n.ID)
}

// Account is one account that an announcement may go to.
type Account struct {
	Row       int64
	Subject   privacy.SubjectID
	Locale    privacy.Lang
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Audience returns the next accounts that an announcement goes to.
func Audience(ctx context.Context, a store.App, n Notice, limit int) ([]Account, error) {
	q, app := a.Rows()
	return rows.All(ctx, q, func(r rows.Scanner) (Account, error) {
		var x Account
		var created, expires int64
		err := r.Scan(&x.Row, &x.Subject, &x.Locale, &created, &expires)
		x.CreatedAt, x.ExpiresAt = rows.At(created), rows.At(expires)
		return x, err
	}, `SELECT rowid, subject, locale, created_at, expires_at FROM subjects s WHERE app = ?1 AND rowid > ?2 AND created_at < ?3
		AND (NOT ?4 OR EXISTS (SELECT 1 FROM acks k WHERE k.app = s.app AND k.subject = s.subject AND k.notice = ?5)) ORDER BY rowid LIMIT ?6`,
		app, n.Reached, rows.Ms(before(n)), n.Directed, n.ID, limit)
}

// before is the moment from which a new account no longer belongs to the audience: it begins under what
// was announced.
func before(n Notice) time.Time {
	if n.EffectiveAt.After(n.CreatedAt) {
		return n.EffectiveAt
	}
	return n.CreatedAt.Add(time.Millisecond)
}

// Item is an announcement as it stands with one subject.
type Item struct {
	Notice
	ShownAt time.Time
	AckedAt time.Time
}

// Items returns the announcements that concern a subject, newest first.
func Items(ctx context.Context, a store.App, s privacy.SubjectID) ([]Item, error) {
	q, app := a.Rows()
	return rows.All(ctx, q, func(r rows.Scanner) (Item, error) {
		var shown, acked sql.NullInt64
		n, err := scanNotice(scanMore{r, []any{&shown, &acked}})
		return Item{n, rows.AtNull(shown), rows.AtNull(acked)}, err
	}, `SELECT n.app, n.id, n.kind, n.class, n.number, n.text, n.channels, n.directed, n.created_at, n.effective_at, n.reached, k.shown_at, k.acked_at
		FROM notices n JOIN subjects s ON s.app = n.app AND s.subject = ?2
		LEFT JOIN acks k ON k.app = n.app AND k.subject = s.subject AND k.notice = n.id
		WHERE n.app = ?1 AND CASE WHEN n.directed THEN k.notice IS NOT NULL ELSE s.created_at < max(n.effective_at, n.created_at + 1) END
		ORDER BY n.created_at DESC, n.id DESC LIMIT 100`, app, s)
}

// scanMore reads further columns behind those of a notice.
type scanMore struct {
	r    rows.Scanner
	more []any
}

// Scan implements rows.Scanner.
func (s scanMore) Scan(dest ...any) error { return s.r.Scan(append(dest, s.more...)...) }

// Written returns what was written to a subject, alone or with others, oldest first.
func Written(ctx context.Context, a store.App, s privacy.SubjectID) ([]Notice, error) {
	q, app := a.Rows()
	return rows.All(ctx, q, scanNotice, `SELECT `+noticeColumns+` FROM notices WHERE app = ?1 AND directed
		AND id IN (SELECT notice FROM acks WHERE app = ?1 AND subject = ?2) ORDER BY created_at, id`, app, s)
}

// Address makes a subject one of those whom a directed announcement goes to, and returns how many that are:
// none where the account is gone. The announcement goes with the last of them.
func Address(ctx context.Context, tx *store.Tx, n Notice, s privacy.SubjectID) (int, error) {
	return rows.ExecCount(ctx, tx.SQL(), `INSERT INTO acks (app, subject, notice, shown_at, acked_at, at, expires_at)
		SELECT app, subject, ?, NULL, NULL, ?, expires_at FROM subjects WHERE app = ? AND subject = ? ON CONFLICT DO NOTHING`, n.ID, rows.Ms(n.CreatedAt), n.App, s)
}

// Shown records that a subject was shown an announcement, the first time it was.
func Shown(ctx context.Context, tx *store.Tx, n Notice, s privacy.SubjectID, at time.Time) error {
	return rows.Exec(ctx, tx.SQL(), `INSERT INTO acks (app, subject, notice, shown_at, acked_at, at, expires_at)
		SELECT app, subject, ?1, ?2, NULL, ?2, expires_at FROM subjects WHERE app = ?3 AND subject = ?4
		ON CONFLICT DO UPDATE SET shown_at = coalesce(shown_at, excluded.shown_at)`, n.ID, rows.Ms(at), n.App, s)
}

// Acknowledged records that a subject said to have seen an announcement, the first time it did.
func Acknowledged(ctx context.Context, tx *store.Tx, n Notice, s privacy.SubjectID, at time.Time) error {
	if err := Shown(ctx, tx, n, s, at); err != nil {
		return err
	}
	return rows.ExecOne(ctx, tx.SQL(), `UPDATE acks SET acked_at = coalesce(acked_at, ?) WHERE app = ? AND subject = ? AND notice = ?`, rows.Ms(at), n.App, s, n.ID)
}

// How a version came to bind a subject.
const (
	Agreed    = "agreed"        // by an explicit consent to this version
	Continued = "continued_use" // by going on after it took effect
)

// Bind records that a version binds a subject from now on. What was agreed stays agreed.
func Bind(ctx context.Context, tx *store.Tx, who Bound, at time.Time) error {
	n, err := rows.ExecCount(ctx, tx.SQL(), `INSERT INTO bindings (app, subject, number, how, at, expires_at)
		SELECT app, subject, ?1, ?2, ?3, expires_at FROM subjects WHERE app = ?4 AND subject = ?5
		ON CONFLICT DO UPDATE SET how = CASE bindings.how WHEN 'agreed' THEN bindings.how ELSE excluded.how END`,
		who.Number, who.How, rows.Ms(at), who.App, who.Subject)
	if err == nil && n == 0 {
		err = store.ErrNotFound
	}
	return err
}

// Bound is a subject and the version that binds it.
type Bound struct {
	App     privacy.AppID
	Subject privacy.SubjectID
	Number  int
	How     string
	At      time.Time // when it was recorded
}

// Facts are what decides which version binds a subject.
type Facts struct {
	CreatedAt time.Time
	Bound     map[int]Bound     // by number
	Shown     map[int]time.Time // when the subject was first shown the announcement of a version
}

// FactsOf returns the facts of a subject, or store.ErrNotFound where there is none.
func FactsOf(ctx context.Context, a store.App, s privacy.SubjectID) (Facts, error) {
	subject, err := a.Subject(ctx, s)
	if err != nil {
		return Facts{}, err
	}
	f := Facts{CreatedAt: subject.CreatedAt, Bound: map[int]Bound{}, Shown: map[int]time.Time{}}
	q, app := a.Rows()
	bound, err := rows.All(ctx, q, func(r rows.Scanner) (Bound, error) {
		b := Bound{App: app, Subject: s}
		var at int64
		err := r.Scan(&b.Number, &b.How, &at)
		b.At = rows.At(at)
		return b, err
	}, `SELECT number, how, at FROM bindings WHERE app = ? AND subject = ?`, app, s)
	if err != nil {
		return f, fmt.Errorf("editions: bindings: %w", err)
	}
	for _, b := range bound {
		f.Bound[b.Number] = b
	}
	shown, err := rows.All(ctx, q, func(r rows.Scanner) (Bound, error) {
		var b Bound
		var at int64
		err := r.Scan(&b.Number, &at)
		b.At = rows.At(at)
		return b, err
	}, `SELECT n.number, min(k.shown_at) FROM acks k JOIN notices n ON n.id = k.notice AND n.app = k.app
		WHERE k.app = ? AND k.subject = ? AND n.number > 0 AND k.shown_at IS NOT NULL GROUP BY n.number`, app, s)
	if err != nil {
		return f, fmt.Errorf("editions: shown: %w", err)
	}
	for _, b := range shown {
		f.Shown[b.Number] = b.At
	}
	return f, nil
}
