package desk

import (
	"context"
	"database/sql"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/rows"
)

// Closing is the fact that an app has ended.
type Closing struct {
	App      privacy.AppID
	Notice   string // identifier of what people were told; empty: nobody was there to tell
	Staff    privacy.StaffID
	At       time.Time
	PurgeAt  time.Time
	PurgedAt time.Time // zero until nothing is left
}

func scanClosing(r rows.Scanner) (Closing, error) {
	var c Closing
	var at, purge int64
	var purged sql.NullInt64
	err := r.Scan(&c.App, &c.Notice, &c.Staff, &at, &purge, &purged)
	c.At, c.PurgeAt, c.PurgedAt = rows.At(at), rows.At(purge), rows.AtNull(purged)
	return c, rows.NotFound(err)
}

// Insert writes that the app has ended. It fails with store.ErrNotFound where it had before.
func (c Closing) Insert(ctx context.Context, tx *store.Tx) error {
	return rows.ExecOne(ctx, tx.SQL(), `INSERT INTO closings (app, notice, staff, at, purge_at) VALUES (?,?,?,?,?) ON CONFLICT DO NOTHING`,
		c.App, c.Notice, c.Staff, rows.Ms(c.At), rows.Ms(c.PurgeAt))
}

// Purged writes that nothing of the closed app is left.
func (c Closing) Purged(ctx context.Context, tx *store.Tx, now time.Time) error {
	return rows.ExecOne(ctx, tx.SQL(), `UPDATE closings SET purged_at = ? WHERE app = ? AND purged_at IS NULL`, rows.Ms(now), c.App)
}

// ClosingOf returns when an app has ended.
func ClosingOf(ctx context.Context, a store.App) (Closing, error) {
	q, app := a.Rows()
	return scanClosing(q.QueryRowContext(ctx, `SELECT app, notice, staff, at, purge_at, purged_at FROM closings WHERE app = ?`, app))
}

// DueClosings returns the closed apps whose data must be gone by now and is not.
func DueClosings(ctx context.Context, q rows.Queryer, now time.Time) ([]Closing, error) {
	return rows.All(ctx, q, scanClosing, `SELECT app, notice, staff, at, purge_at, purged_at FROM closings WHERE purge_at <= ? AND purged_at IS NULL`, rows.Ms(now))
}

// Subjects returns some subjects of an app of which no order keeps anything.
func Subjects(ctx context.Context, a store.App, now time.Time, limit int) ([]privacy.SubjectID, error) {
	q, app := a.Rows()
	return rows.All(ctx, q, func(r rows.Scanner) (s privacy.SubjectID, err error) { err = r.Scan(&s); return s, err }, `SELECT subject FROM subjects WHERE app = ?1
		AND NOT EXISTS (SELECT 1 FROM objects o WHERE o.app = ?1 AND o.subject = subjects.subject AND o.hold = 'order' AND o.hold_until > ?2 AND subjects.expires_at <= ?2) LIMIT ?3`,
		app, rows.Ms(now), limit)
}

// Empty reports whether an app has no subject left.
func Empty(ctx context.Context, a store.App) (empty bool, err error) {
	q, app := a.Rows()
	err = q.QueryRowContext(ctx, `SELECT NOT EXISTS (SELECT 1 FROM subjects WHERE app = ?)`, app).Scan(&empty)
	return empty, err
}

// Group is how many tasks a day had of one feature with one outcome, and of how many people.
type Group struct {
	Day     string // 2026-11-21, in UTC
	Feature privacy.FeatureID
	Outcome string
	Tasks   int
	People  int
}

const dayMs = 24 * 60 * 60 * 1000

// Groups counts the tasks of an app from one day to another, both included, by day, feature and outcome.
// People whose data is restricted, or who object to the purpose, are left out.
func Groups(ctx context.Context, a store.App, from, to time.Time, u privacy.Purpose) ([]Group, error) {
	q, app := a.Rows()
	return rows.All(ctx, q, func(r rows.Scanner) (Group, error) {
		var g Group
		var day int64
		err := r.Scan(&day, &g.Feature, &g.Outcome, &g.Tasks, &g.People)
		g.Day = rows.At(day * dayMs).Format(time.DateOnly)
		return g, err
	}, `SELECT created_at / ?4 AS day, feature, state, count(*), count(DISTINCT subject) FROM tasks WHERE app = ?1 AND created_at >= ?2 AND created_at < ?3
		AND NOT EXISTS (SELECT 1 FROM profiles p WHERE p.app = ?1 AND p.subject = tasks.subject
			AND (p.restriction <> '' OR instr(',' || p.objections || ',', ',' || ?5 || ',') > 0))
		GROUP BY day, feature, state ORDER BY day, feature, state`,
		app, rows.Ms(from.Truncate(24*time.Hour)), rows.Ms(to.Truncate(24*time.Hour).AddDate(0, 0, 1)), dayMs, u)
}

// Template is the fact that a drawn thing was handed in for an app, and what came of it.
type Template struct {
	App      privacy.AppID
	Kind, ID string
	Digest   string // of its files when it was handed in
	State    string
	Author   privacy.StaffID
	Reviewer privacy.StaffID
	At       time.Time
}

const templateColumns = `app, kind, id, digest, state, author, reviewer, at`

func scanTemplate(r rows.Scanner) (Template, error) {
	var t Template
	var at int64
	err := r.Scan(&t.App, &t.Kind, &t.ID, &t.Digest, &t.State, &t.Author, &t.Reviewer, &at)
	t.At = rows.At(at)
	return t, rows.NotFound(err)
}

// Put writes the template as it is now.
func (t Template) Put(ctx context.Context, tx *store.Tx) error {
	return rows.Exec(ctx, tx.SQL(), `INSERT INTO templates (`+templateColumns+`) VALUES (?,?,?,?,?,?,?,?) ON CONFLICT (app, kind, id) DO UPDATE SET
		digest = excluded.digest, state = excluded.state, author = excluded.author, reviewer = excluded.reviewer, at = excluded.at`,
		t.App, t.Kind, t.ID, t.Digest, t.State, t.Author, t.Reviewer, rows.Ms(t.At))
}

// TemplateBy returns one template of an app.
func TemplateBy(ctx context.Context, a store.App, kind, id string) (Template, error) {
	q, app := a.Rows()
	return scanTemplate(q.QueryRowContext(ctx, `SELECT `+templateColumns+` FROM templates WHERE app = ? AND kind = ? AND id = ?`, app, kind, id))
}

// Templates returns every template of an app.
func Templates(ctx context.Context, a store.App) ([]Template, error) {
	q, app := a.Rows()
	return rows.All(ctx, q, scanTemplate, `SELECT `+templateColumns+` FROM templates WHERE app = ? ORDER BY kind, id`, app)
}
