package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store/rows"
)

// TaskState is the state of a person's request.
type TaskState string

// The states of a task. The last six are terminal.
const (
	Reviewing            TaskState = "reviewing"
	AwaitingConfirmation TaskState = "awaiting_confirmation"
	Queued               TaskState = "queued"
	Sending              TaskState = "sending"
	Generating           TaskState = "generating"
	Storing              TaskState = "storing"
	Succeeded            TaskState = "succeeded"
	Failed               TaskState = "failed"
	Blocked              TaskState = "blocked"
	Canceled             TaskState = "canceled"
	Expired              TaskState = "expired"
)

// Ended reports whether the state is terminal.
func (s TaskState) Ended() bool {
	switch s {
	case Reviewing, AwaitingConfirmation, Queued, Sending, Generating, Storing:
		return false
	default:
		return true
	}
}

// Task holds the facts of a request.
type Task struct {
	ID            privacy.TaskID
	App           privacy.AppID
	Subject       privacy.SubjectID
	Feature       privacy.FeatureID
	Recipient     privacy.RecipientID
	Consent       privacy.ConsentID
	PolicyHash    privacy.PolicyHash
	State         TaskState
	Language      privacy.Lang
	Params        map[privacy.Field]string // choice inputs: enumerated values
	Prompt        privacy.ObjectID
	Rewrite       privacy.ObjectID
	Texts         map[privacy.Field]privacy.ObjectID // further texts
	WasSent       bool
	Attempts      int
	Percent       int
	QueuePosition int
	ErrorCode     string
	ErrorClass    string
	Rule          string
	CancelOutcome string
	Produce       string        // the pseudonym of the result in its file; empty: the file names none
	ResultLimit   time.Duration // the person's own shorter wish; zero: none
	CancelAt      time.Time     // when the person asked to stop
	StopReason    string        // "canceled", "consent-withdrawn" or "account-erased"
	CreatedAt     time.Time
	OverdueAt     time.Time
	EndedAt       time.Time
	ExpiresAt     time.Time
}

const taskColumns = `id, app, subject, feature, recipient, consent, policy_hash, state, language, params, prompt, rewrite, texts, was_sent, attempts,
	percent, queue_position, error_code, error_class, rule, cancel_outcome, produce, result_limit, cancel_at, stop_reason, created_at, overdue_at, ended_at, expires_at`

func scanTask(r rows.Scanner) (Task, error) {
	var t Task
	var params, texts string
	var limit, created, overdue, expires int64
	var cancel, ended sql.NullInt64
	if err := r.Scan(&t.ID, &t.App, &t.Subject, &t.Feature, &t.Recipient, &t.Consent, &t.PolicyHash, &t.State, &t.Language, &params,
		&t.Prompt, &t.Rewrite, &texts, &t.WasSent, &t.Attempts, &t.Percent, &t.QueuePosition, &t.ErrorCode, &t.ErrorClass, &t.Rule,
		&t.CancelOutcome, &t.Produce, &limit, &cancel, &t.StopReason, &created, &overdue, &ended, &expires); err != nil {
		return t, err
	}
	t.ResultLimit = time.Duration(limit) * time.Millisecond
	t.CancelAt, t.CreatedAt, t.OverdueAt, t.EndedAt, t.ExpiresAt = rows.AtNull(cancel), rows.At(created), rows.At(overdue), rows.AtNull(ended), rows.At(expires)
	return t, errors.Join(json.Unmarshal([]byte(params), &t.Params), json.Unmarshal([]byte(texts), &t.Texts))
}

// InsertTask records an accepted request.
func (t *Tx) InsertTask(ctx context.Context, k Task) error {
	params, err := json.Marshal(k.Params)
	if err != nil {
		return fmt.Errorf("store: params: %w", err)
	}
	texts, err := json.Marshal(k.Texts)
	if err != nil {
		return fmt.Errorf("store: texts: %w", err)
	}
	return t.exec(ctx, `INSERT INTO tasks (`+taskColumns+`) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
		k.ID, k.App, k.Subject, k.Feature, k.Recipient, k.Consent, k.PolicyHash, k.State, k.Language, string(params), k.Prompt, k.Rewrite, string(texts),
		k.WasSent, k.Attempts, k.Percent, k.QueuePosition, k.ErrorCode, k.ErrorClass, k.Rule, k.CancelOutcome, k.Produce, k.ResultLimit.Milliseconds(),
		rows.MsOrNull(k.CancelAt), k.StopReason, rows.Ms(k.CreatedAt), rows.Ms(k.OverdueAt), rows.MsOrNull(k.EndedAt), rows.Ms(k.ExpiresAt))
}

// UpdateTask writes the changing facts of a task that has not ended. A task that has ended, or a
// cancel that arrived meanwhile, is never overwritten.
func (t *Tx) UpdateTask(ctx context.Context, k Task) error {
	return t.execOne(ctx, `UPDATE tasks SET state = ?, prompt = ?, rewrite = ?, was_sent = max(was_sent, ?), attempts = ?, percent = max(percent, ?), queue_position = ?,
		error_code = ?, error_class = ?, rule = ?, cancel_outcome = ?, ended_at = ? WHERE app = ? AND id = ? AND ended_at IS NULL`,
		k.State, k.Prompt, k.Rewrite, k.WasSent, k.Attempts, k.Percent, k.QueuePosition, k.ErrorCode, k.ErrorClass, k.Rule, k.CancelOutcome,
		rows.MsOrNull(k.EndedAt), k.App, k.ID)
}

// SetPercent records progress. It fails with ErrNotFound when the task has ended.
func (t *Tx) SetPercent(ctx context.Context, app privacy.AppID, id privacy.TaskID, percent, queue int) error {
	return t.execOne(ctx, `UPDATE tasks SET percent = max(percent, ?), queue_position = ? WHERE app = ? AND id = ? AND ended_at IS NULL`, percent, queue, app, id)
}

// MarkSent records that content may have left for the task's recipient.
func (t *Tx) MarkSent(ctx context.Context, app privacy.AppID, id privacy.TaskID) error {
	return t.exec(ctx, `UPDATE tasks SET was_sent = 1 WHERE app = ? AND id = ?`, app, id)
}

// UnmarkSent takes the mark back: it is set before a call, and the call is known to have carried
// nothing away.
func (t *Tx) UnmarkSent(ctx context.Context, app privacy.AppID, id privacy.TaskID) error {
	return t.exec(ctx, `UPDATE tasks SET was_sent = 0 WHERE app = ? AND id = ? AND ended_at IS NULL`, app, id)
}

// RequestStop records that the task must stop, and why. The first reason stays.
func (t *Tx) RequestStop(ctx context.Context, app privacy.AppID, id privacy.TaskID, reason string, now time.Time) error {
	return t.execOne(ctx, `UPDATE tasks SET cancel_at = coalesce(cancel_at, ?), stop_reason = CASE stop_reason WHEN '' THEN ? ELSE stop_reason END
		WHERE app = ? AND id = ? AND ended_at IS NULL`, rows.Ms(now), reason, app, id)
}

// DeleteTask erases a task's rows that hold no evidence of a transfer.
func (t *Tx) DeleteTask(ctx context.Context, app privacy.AppID, id privacy.TaskID) error {
	for _, name := range []string{"task_events", "verdicts", "tickets"} {
		if err := t.exec(ctx, `DELETE FROM `+name+` WHERE app = ? AND task = ?`, app, id); err != nil {
			return err
		}
	}
	return t.execOne(ctx, `DELETE FROM tasks WHERE app = ? AND id = ?`, app, id)
}

// Task returns a task of a subject.
func (a App) Task(ctx context.Context, s privacy.SubjectID, id privacy.TaskID) (Task, error) {
	k, err := scanTask(a.q.QueryRowContext(ctx, `SELECT `+taskColumns+` FROM tasks WHERE app = ? AND subject = ? AND id = ?`, a.id, s, id))
	return k, rows.NotFound(err)
}

// TaskByID returns a task for the pipeline, which knows no session.
func (a App) TaskByID(ctx context.Context, id privacy.TaskID) (Task, error) {
	k, err := scanTask(a.q.QueryRowContext(ctx, `SELECT `+taskColumns+` FROM tasks WHERE app = ? AND id = ?`, a.id, id))
	return k, rows.NotFound(err)
}

// Tasks returns a page of a subject's tasks, newest first, older than the cursor.
func (a App) Tasks(ctx context.Context, s privacy.SubjectID, before privacy.TaskID, limit int) ([]Task, error) {
	if before == "" {
		before = "tsk_~"
	}
	return rows.All(ctx, a.q, scanTask, `SELECT `+taskColumns+` FROM tasks WHERE app = ? AND subject = ? AND id < ? ORDER BY id DESC LIMIT ?`, a.id, s, before, limit)
}

// OpenTasks returns a subject's tasks that have not ended.
func (a App) OpenTasks(ctx context.Context, s privacy.SubjectID) ([]Task, error) {
	return rows.All(ctx, a.q, scanTask, `SELECT `+taskColumns+` FROM tasks WHERE app = ? AND subject = ? AND ended_at IS NULL ORDER BY id`, a.id, s)
}

// OpenTasks returns every task that has not ended, of every app, for the reconciler.
func (d *DB) OpenTasks(ctx context.Context) ([]Task, error) {
	return rows.All(ctx, d.read, scanTask, `SELECT `+taskColumns+` FROM tasks WHERE ended_at IS NULL ORDER BY id`)
}

// OverdueTasks returns the tasks of every app that have not ended by their greatest age.
func (d *DB) OverdueTasks(ctx context.Context, now time.Time) ([]Task, error) {
	return rows.All(ctx, d.read, scanTask, `SELECT `+taskColumns+` FROM tasks WHERE ended_at IS NULL AND overdue_at <= ? ORDER BY overdue_at`, rows.Ms(now))
}

// Event is one entry of a task's event stream. Data is JSON of codes and numbers.
type Event struct {
	Seq  int64
	Kind string
	Data json.RawMessage
	At   time.Time
}

// AddEvent appends to a task's event stream. Where the task was erased meanwhile it writes nothing:
// no row may outlive its owner.
func (t *Tx) AddEvent(ctx context.Context, k Task, kind string, data any, now time.Time) error {
	raw, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("store: event: %w", err)
	}
	return t.exec(ctx, `INSERT INTO task_events (app, subject, task, seq, kind, data, at, expires_at)
		SELECT ?1,?2,?3,(SELECT coalesce(max(seq),0)+1 FROM task_events WHERE task = ?3),?4,?5,?6,?7
		WHERE EXISTS (SELECT 1 FROM tasks WHERE app = ?1 AND id = ?3)`,
		k.App, k.Subject, k.ID, kind, string(raw), rows.Ms(now), rows.Ms(k.ExpiresAt))
}

// Events returns a task's events after a sequence number.
func (a App) Events(ctx context.Context, task privacy.TaskID, after int64) ([]Event, error) {
	return rows.All(ctx, a.q, func(r rows.Scanner) (Event, error) {
		var e Event
		var data string
		var when int64
		err := r.Scan(&e.Seq, &e.Kind, &data, &when)
		e.Data, e.At = json.RawMessage(data), rows.At(when)
		return e, err
	}, `SELECT seq, kind, data, at FROM task_events WHERE app = ? AND task = ? AND seq > ? ORDER BY seq`, a.id, task, after)
}

// InsertVerdict records what the review decided.
func (t *Tx) InsertVerdict(ctx context.Context, k Task, v review.Verdict) error {
	return t.exec(ctx, `INSERT INTO verdicts (app, subject, task, seq, feature, pass, outcome, rule, field, prompt_mac, policy_hash, at, expires_at)
		VALUES (?1,?2,?3,(SELECT coalesce(max(seq),0)+1 FROM verdicts WHERE task = ?3),?4,?5,?6,?7,?8,?9,?10,?11,?12)`,
		k.App, k.Subject, k.ID, v.Feature, v.Pass, int(v.Outcome), v.Rule, v.Field, v.PromptMAC, v.PolicyHash, rows.Ms(v.At), rows.Ms(k.ExpiresAt))
}

// Verdict returns the newest verdict of a task.
func (a App) Verdict(ctx context.Context, task privacy.TaskID) (review.Verdict, error) {
	v := review.Verdict{Task: task}
	var outcome int
	var when int64
	err := a.q.QueryRowContext(ctx, `SELECT feature, pass, outcome, rule, field, prompt_mac, policy_hash, at FROM verdicts WHERE app = ? AND task = ? ORDER BY seq DESC LIMIT 1`, a.id, task).
		Scan(&v.Feature, &v.Pass, &outcome, &v.Rule, &v.Field, &v.PromptMAC, &v.PolicyHash, &when)
	v.Outcome, v.At = review.Outcome(outcome), rows.At(when)
	return v, rows.NotFound(err)
}

// Idempotent remembers which resource a key made. It stores digests only: no key, no body.
func (t *Tx) Idempotent(ctx context.Context, k Task, key, request []byte, resource string, now, expires time.Time) error {
	return t.exec(ctx, `INSERT INTO idempotency (app, subject, key_digest, request_digest, resource, at, expires_at) VALUES (?,?,?,?,?,?,?)`,
		k.App, k.Subject, key, request, resource, rows.Ms(now), rows.Ms(expires))
}

// Replay returns the resource that a key made before, and the digest of that request.
func (a App) Replay(ctx context.Context, key []byte, now time.Time) (resource string, request []byte, err error) {
	err = a.q.QueryRowContext(ctx, `SELECT resource, request_digest FROM idempotency WHERE app = ? AND key_digest = ? AND expires_at > ?`, a.id, key, rows.Ms(now)).
		Scan(&resource, &request)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil, ErrNotFound
	}
	return resource, request, err
}
