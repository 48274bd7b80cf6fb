package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store/rows"
)

// Object is the fact that the vault holds something of a subject.
type Object struct {
	vault.Ref
	Storage       policy.Storage
	Width, Height int
	Orientation   int
	Stripped      []string
	Task          privacy.TaskID
	Role          privacy.Field
	Feature       privacy.FeatureID
	Rule          string // retention row that gave the deadline
	Starts        policy.Event
	Labelled      bool // carries the visible AI label
	WrittenAt     time.Time
	IdleAt        time.Time        // zero once a task has taken the object
	DestroyAt     time.Time        // when the sweeper destroys the key
	ExpiresAt     time.Time        // when reads refuse
	Ending        string           // why it is being erased; empty: it is not
	Earlier       []privacy.TaskID // tasks that used it before and failed
	Origin        string           // where it came from: "capture", "library", "import", "subject", "automatic" or a vendor; empty: nothing was said
	Hold          string           // HoldOrder or HoldKeep; empty: nothing keeps it beyond its clock
	HoldUntil     time.Time        // zero without a hold
	Notices       []string         // codes that a result must be shown with: "ai_generated", "medical", "legal"
}

// What keeps an object beyond its clock.
const (
	HoldOrder = "order" // a legal order that was approved
	HoldKeep  = "keep"  // the person's own wish, under a restriction
)

// Due returns the moment from which the object must not be read.
func (o Object) Due() time.Time {
	if !o.IdleAt.IsZero() && o.IdleAt.Before(o.ExpiresAt) {
		return o.IdleAt
	}
	return o.ExpiresAt
}

// HeldAt reports whether something keeps the object beyond its clock at that moment.
func (o Object) HeldAt(now time.Time) bool { return o.Hold != "" && now.Before(o.HoldUntil) }

// GoneBy returns the moment by which nothing keeps the object any more.
func (o Object) GoneBy() time.Time {
	if o.Hold != "" && o.HoldUntil.After(o.Due()) {
		return o.HoldUntil
	}
	return o.Due()
}

// objectFacts is every column, objectColumns those that a new object brings along.
const objectFacts = objectColumns + `, hold, hold_until`

const objectColumns = `app, id, subject, category, media_type, storage, bytes, width, height, orientation, stripped, task, role, feature,
	rule, starts, policy_hash, epoch, labelled, written_at, idle_at, destroy_at, expires_at, ending, earlier, origin, notices`

func scanObject(r rows.Scanner) (Object, error) {
	var o Object
	var stripped, earlier, notices string
	var epoch, written, destroy, expires int64
	var idle, hold sql.NullInt64
	err := r.Scan(&o.App, &o.Object, &o.Subject, &o.Category, &o.MediaType, &o.Storage, &o.Bytes, &o.Width, &o.Height, &o.Orientation,
		&stripped, &o.Task, &o.Role, &o.Feature, &o.Rule, &o.Starts, &o.PolicyHash, &epoch, &o.Labelled, &written, &idle, &destroy, &expires, &o.Ending, &earlier, &o.Origin, &notices, &o.Hold, &hold)
	if stripped != "" {
		o.Stripped = strings.Split(stripped, ",")
	}
	if notices != "" {
		o.Notices = strings.Split(notices, ",")
	}
	for _, k := range strings.Split(earlier, ",") {
		if k != "" {
			o.Earlier = append(o.Earlier, privacy.TaskID(k))
		}
	}
	o.Memory = o.Storage == policy.Memory
	o.Epoch, o.WrittenAt, o.IdleAt, o.DestroyAt, o.ExpiresAt = rows.At(epoch), rows.At(written), rows.AtNull(idle), rows.At(destroy), rows.At(expires)
	o.HoldUntil = rows.AtNull(hold)
	return o, err
}

// InsertObject records an object under its deadline. A zero Deadline is refused: nothing personal
// is stored without a clock.
func (t *Tx) InsertObject(ctx context.Context, o Object, d retention.Deadline, idle retention.Deadline) error {
	if d.IsZero() {
		return errors.New("store: an object needs a deadline")
	}
	o.Rule, o.Starts, o.DestroyAt, o.ExpiresAt = d.Rule(), d.Starts(), d.DestroyBy(), d.At()
	if !idle.IsZero() {
		o.Rule, o.Starts, o.IdleAt = idle.Rule(), idle.Starts(), idle.At()
	}
	return t.exec(ctx, `INSERT INTO objects (`+objectColumns+`) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,'',?,?)`,
		o.App, o.Object, o.Subject, o.Category, o.MediaType, o.Storage, o.Bytes, o.Width, o.Height, o.Orientation,
		strings.Join(o.Stripped, ","), o.Task, o.Role, o.Feature, o.Rule, o.Starts, o.PolicyHash, rows.Ms(o.Epoch), o.Labelled,
		rows.Ms(o.WrittenAt), rows.MsOrNull(o.IdleAt), rows.Ms(o.DestroyAt), rows.Ms(o.ExpiresAt), o.Ending, o.Origin, strings.Join(o.Notices, ","))
}

// TakeObject binds an unused object to a task: its idle clock stops, its ceiling stays. It fails
// with ErrNotFound when the object is not the subject's, is taken already or is being erased. The
// failed task that used it before is remembered.
func (t *Tx) TakeObject(ctx context.Context, app privacy.AppID, s privacy.SubjectID, id privacy.ObjectID, task privacy.TaskID, role privacy.Field, f privacy.FeatureID) error {
	return t.execOne(ctx, `UPDATE objects SET earlier = trim(earlier || ',' || task, ','), task = ?, role = ?, feature = ?, idle_at = NULL
		WHERE app = ? AND subject = ? AND id = ? AND ending = '' AND (task = '' OR task IN (SELECT id FROM tasks WHERE app = ? AND ended_at IS NOT NULL AND state <> 'succeeded'))`, task, role, f, app, s, id, app)
}

// SetDeadline moves an object's deadline earlier. The database refuses a later one.
func (t *Tx) SetDeadline(ctx context.Context, app privacy.AppID, ref vault.Ref, d retention.Deadline) error {
	return t.execOne(ctx, `UPDATE objects SET rule = ?, starts = ?, epoch = ?, idle_at = NULL,
		destroy_at = min(destroy_at, ?), expires_at = min(expires_at, ?) WHERE app = ? AND id = ?`,
		d.Rule(), d.Starts(), rows.Ms(ref.Epoch), rows.Ms(d.DestroyBy()), rows.Ms(d.At()), app, ref.Object)
}

// EndObject records that an object is to be erased now, and why, before its key goes: whatever
// interrupts the erasure, the next sweep finishes it. The first reason stays.
func (t *Tx) EndObject(ctx context.Context, app privacy.AppID, id privacy.ObjectID, why string, now time.Time) error {
	return t.exec(ctx, `UPDATE objects SET ending = CASE ending WHEN '' THEN ? ELSE ending END, destroy_at = min(destroy_at, ?) WHERE app = ? AND id = ?`,
		why, rows.Ms(now), app, id)
}

// DeleteObject erases the row of an object whose key is gone.
func (t *Tx) DeleteObject(ctx context.Context, app privacy.AppID, id privacy.ObjectID) error {
	return t.execOne(ctx, `DELETE FROM objects WHERE app = ? AND id = ?`, app, id)
}

// Object returns an object of a subject.
func (a App) Object(ctx context.Context, s privacy.SubjectID, id privacy.ObjectID) (Object, error) {
	o, err := scanObject(a.q.QueryRowContext(ctx, `SELECT `+objectFacts+` FROM objects WHERE app = ? AND subject = ? AND id = ?`, a.id, s, id))
	return o, rows.NotFound(err)
}

// Held looks anew whether an order keeps an object at that time. What has no row any more is kept by none.
func (db *DB) Held(o Object, at time.Time) func(context.Context) (bool, error) {
	return func(ctx context.Context) (bool, error) {
		now, err := db.App(o.App).Object(ctx, o.Subject, o.Object)
		if errors.Is(err, ErrNotFound) {
			return false, nil
		}
		return now.HeldAt(at), err
	}
}

// Objects returns everything the vault holds of a subject, oldest first.
func (a App) Objects(ctx context.Context, s privacy.SubjectID) ([]Object, error) {
	return rows.All(ctx, a.q, scanObject, `SELECT `+objectFacts+` FROM objects WHERE app = ? AND subject = ? ORDER BY written_at, id`, a.id, s)
}

// TaskObjects returns the objects of a task.
func (a App) TaskObjects(ctx context.Context, task privacy.TaskID) ([]Object, error) {
	return rows.All(ctx, a.q, scanObject, `SELECT `+objectFacts+` FROM objects WHERE app = ? AND task = ? ORDER BY written_at, id`, a.id, task)
}

// DueObjects returns objects of every app whose key must be destroyed by now; what is held waits. A clock that may still
// stop is kept as its promised moment, so the margin of a ceiling is taken here.
func (d *DB) DueObjects(ctx context.Context, now time.Time, limit int) ([]Object, error) {
	return rows.All(ctx, d.read, scanObject, `SELECT `+objectFacts+` FROM objects WHERE (destroy_at <= ?1 OR (idle_at IS NOT NULL AND idle_at <= ?2))
		AND (hold_until IS NULL OR hold_until <= ?1) ORDER BY destroy_at LIMIT ?3`, rows.Ms(now), rows.Ms(now.Add(retention.Margin)), limit)
}

// ObjectsAfter returns objects of every app in the order of their identifiers, from behind one of them on.
func (d *DB) ObjectsAfter(ctx context.Context, id privacy.ObjectID, limit int) ([]Object, error) {
	return rows.All(ctx, d.read, scanObject, `SELECT `+objectFacts+` FROM objects WHERE id > ? ORDER BY id LIMIT ?`, id, limit)
}

// MemoryObjects returns objects that live in memory only; after a restart they are gone.
func (d *DB) MemoryObjects(ctx context.Context) ([]Object, error) {
	return rows.All(ctx, d.read, scanObject, `SELECT `+objectFacts+` FROM objects WHERE storage = 'memory'`)
}

// HasObject reports whether a row stands behind an object identifier.
func (d *DB) HasObject(ctx context.Context, id privacy.ObjectID) (bool, error) {
	var n int
	err := d.read.QueryRowContext(ctx, `SELECT count(*) FROM objects WHERE id = ?`, id).Scan(&n)
	return n > 0, err
}
