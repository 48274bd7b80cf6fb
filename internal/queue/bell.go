package queue

import (
	"context"
	"database/sql"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riversqlite"
)

// The topic and text by which River learns of a new job.
const (
	insertTopic = "river_insert"
	insertText  = `{"queue":"` + river.QueueDefault + `"}`
)

// sqlite is River's driver for SQLite, told of new jobs by a bell in this process: only one process
// uses the database, so there is no need to write notes into it and to look for them.
type sqlite struct {
	*riversqlite.Driver
	bell bell
}

var _ riverdriver.Driver[*sql.Tx] = sqlite{}

// GetListener returns the bell.
func (s sqlite) GetListener(*riverdriver.GetListenenerParams) riverdriver.Listener { return s.bell }

// SupportsListenNotify is false: nothing is written to tell of a job.
func (s sqlite) SupportsListenNotify() bool { return false }

// bell rings when there may be a job. Rings that nobody has heard yet are one ring.
type bell chan struct{}

func newBell() bell { return make(bell, 1) }

// ring may be called inside the transaction that inserts the job: the worker's look into the database
// needs the one writing connection, and so comes after the commit. A look that finds nothing harms
// nobody.
func (b bell) ring() {
	select {
	case b <- struct{}{}:
	default:
	}
}

// WaitForNotification returns at the next ring.
func (b bell) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-b:
		return &riverdriver.Notification{Topic: insertTopic, Payload: insertText}, nil
	}
}

// Connect has nothing to connect to.
func (bell) Connect(context.Context) error { return nil }

// Close leaves the bell as it is: it has nothing open.
func (bell) Close(context.Context) error { return nil }

// Ping always finds the bell.
func (bell) Ping(context.Context) error { return nil }

// Listen and Unlisten change nothing: there is one topic.
func (bell) Listen(context.Context, string) error { return nil }

// Unlisten changes nothing.
func (bell) Unlisten(context.Context, string) error { return nil }

// Schema is empty: SQLite has none.
func (bell) Schema() string { return "" }

// SetAfterConnectExec is for River's own tests.
func (bell) SetAfterConnectExec(string) {}
