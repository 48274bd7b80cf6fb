// Package queue runs tasks on River, in the database of the facts.
//
// It promises that a job is enqueued in the business transaction, that its arguments are
// identifiers only, and that one process works on a task at a time. It never decides: facts in the
// store say what a task needs, so a lost job is enqueued again from them, and legal deadlines are
// rows of the store, never jobs.
package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/privacy"
)

const (
	workers      = 4
	pollInterval = 100 * time.Millisecond
	cooldown     = 20 * time.Millisecond
	jobTimeout   = 15 * time.Minute
	longestRetry = time.Minute
	attempts     = 10_000 // in effect without end: facts decide when a task is over, never its job
)

// errFailed is all that the engine learns of a failure: it stores what it is told.
var errFailed = errors.New("queue: the work failed")

// Work does what a task needs next. It returns how long to wait before it should be called again,
// or zero when there is nothing more to do now.
type Work func(ctx context.Context, app privacy.AppID, task privacy.TaskID) (again time.Duration, err error)

// args are the arguments of a job: identifiers only.
type args struct {
	App  privacy.AppID  `json:"app"`
	Task privacy.TaskID `json:"task"`
	Once bool           `json:"once,omitempty"` // besides the job that comes again
}

// Kind names the job for River.
func (args) Kind() string { return "task" }

type worker struct {
	river.WorkerDefaults[args]
	work Work
	one  *keyed
}

// Work runs one job. Two jobs of one task never run at once: the second waits for the first. A panic
// is a failure like any other: its value and its trace are not stored.
func (w *worker) Work(ctx context.Context, job *river.Job[args]) (err error) {
	unlock := w.one.lock(job.Args.Task)
	defer unlock()
	defer func() {
		if recover() != nil {
			err = errFailed
		}
	}()
	again, err := w.work(ctx, job.Args.App, job.Args.Task)
	switch {
	case err != nil:
		return errFailed
	case again > 0 && !job.Args.Once:
		return river.JobSnooze(again)
	default:
		return nil
	}
}

// NextRetry returns when a failed job runs again: soon at first, and at least once a minute.
func (w *worker) NextRetry(job *river.Job[args]) time.Time {
	return clock.Real{}.Now().Add(min(time.Second<<min(job.Attempt-1, 6), longestRetry))
}

// Timeout bounds one run of a job.
func (w *worker) Timeout(*river.Job[args]) time.Duration { return jobTimeout }

// Queue is the job engine.
type Queue struct {
	client *river.Client[*sql.Tx]
	one    *keyed
	bell   bell
}

// New prepares the engine on the store's writing handle.
func New(ctx context.Context, db *sql.DB, work Work) (*Queue, error) {
	driver := sqlite{riversqlite.New(db), newBell()}
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil)) // River's own lines could quote a job
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: quiet})
	if err != nil {
		return nil, fmt.Errorf("queue: migrations: %w", err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return nil, fmt.Errorf("queue: migrate: %w", err)
	}
	// Jobs of a process that died are worthless: the reconciler enqueues from facts.
	if _, err := db.ExecContext(ctx, `DELETE FROM river_job`); err != nil {
		return nil, fmt.Errorf("queue: clear: %w", err)
	}
	one := &keyed{held: map[privacy.TaskID]*entry{}}
	list := river.NewWorkers()
	river.AddWorker(list, &worker{work: work, one: one})
	client, err := river.NewClient(driver, &river.Config{
		Queues:                      map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}},
		Workers:                     list,
		Logger:                      quiet,
		FetchPollInterval:           pollInterval,
		FetchCooldown:               cooldown,
		JobTimeout:                  jobTimeout,
		MaxAttempts:                 attempts,
		CompletedJobRetentionPeriod: time.Minute,
		CancelledJobRetentionPeriod: time.Minute,
		DiscardedJobRetentionPeriod: time.Minute,
	})
	if err != nil {
		return nil, fmt.Errorf("queue: client: %w", err)
	}
	return &Queue{client: client, one: one, bell: driver.bell}, nil
}

// Start begins to work.
func (q *Queue) Start(ctx context.Context) error { return q.client.Start(ctx) }

// Stop ends the running jobs' contexts and waits for them.
func (q *Queue) Stop(ctx context.Context) error { return q.client.StopAndCancel(ctx) }

// Enqueue adds a job in the business transaction.
func (q *Queue) Enqueue(ctx context.Context, tx *sql.Tx, app privacy.AppID, task privacy.TaskID) error {
	return q.insert(ctx, tx, args{App: app, Task: task})
}

// Hurry adds a job that runs once, besides the one that waits for its next turn.
func (q *Queue) Hurry(ctx context.Context, tx *sql.Tx, app privacy.AppID, task privacy.TaskID) error {
	return q.insert(ctx, tx, args{App: app, Task: task, Once: true})
}

func (q *Queue) insert(ctx context.Context, tx *sql.Tx, a args) error {
	if _, err := q.client.InsertTx(ctx, tx, a, nil); err != nil {
		return fmt.Errorf("queue: enqueue: %w", err)
	}
	q.bell.ring()
	return nil
}

// Lock waits until no job works on the task and keeps it so until unlock is called.
func (q *Queue) Lock(task privacy.TaskID) (unlock func()) { return q.one.lock(task) }

// keyed is a lock per task.
type keyed struct {
	mu   sync.Mutex
	held map[privacy.TaskID]*entry
}

type entry struct {
	mu    sync.Mutex
	users int
}

func (k *keyed) lock(id privacy.TaskID) func() {
	k.mu.Lock()
	e, ok := k.held[id]
	if !ok {
		e = &entry{}
		k.held[id] = e
	}
	e.users++
	k.mu.Unlock()
	e.mu.Lock()
	return func() {
		e.mu.Unlock()
		k.mu.Lock()
		defer k.mu.Unlock()
		if e.users--; e.users == 0 {
			delete(k.held, id)
		}
	}
}
