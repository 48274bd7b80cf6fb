package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"mime"
	"net/http"
	"time"
)

// The resume rules: how long to wait before a broken stream is opened again where the server
// names no time, and how often in a row that may bring nothing new.
const (
	defaultRetry = time.Second
	maxAttempts  = 8
)

// Done is the name of the last event of a task's stream.
const Done = "done"

// Event is one server-sent event of a task.
type Event struct {
	ID    string `json:"id"`
	Event string `json:"event" enum:"state,copy,transfer,text,output,deleted,done"`
	Data  []byte `json:"data"`
}

// TaskState is the data of a "state" event and of the "done" event.
type TaskState struct {
	State    string   `json:"state"`
	Progress Progress `json:"progress"`
	Steps    []Step   `json:"steps,omitempty"`
}

// TransferState is the data of a "transfer" event: this has left, or is about to.
type TransferState struct {
	ID        string   `json:"id"`
	Recipient string   `json:"recipient"` // its id
	Fields    []string `json:"fields"`
	Bytes     int64    `json:"bytes"`
}

// TextPiece is the data of a "text" event: a piece of a text result while it is made. It has no id of its
// own and comes only to who reads along; the whole text is the task's result. A stream that is opened
// again begins the text again: At is how many bytes (UTF-8) came before the piece, 0 where it begins.
// Notices are those of the text so far; with its last piece come all of them.
type TextPiece struct {
	At      int      `json:"at"`
	Piece   string   `json:"piece"`
	Notices []string `json:"notices,omitempty"`
}

// Deleted is the data of a "deleted" event.
type Deleted struct {
	Object  string `json:"object"`
	Receipt string `json:"receipt"`
}

// Decode reads the event's data into out: a TaskState, SmallerCopy, TransferState, TextPiece or Deleted.
func (e Event) Decode(out any) error {
	return wrap("decode "+e.Event+" event", json.Unmarshal(e.Data, out))
}

// Events follows a task to its "done" event, starting after lastEventID (empty: from the start).
// A stream that breaks is resumed with Last-Event-ID, so no event is lost or seen twice, except for
// pieces of a text that came meanwhile. It gives up with an error when ctx ends, when the server refuses, or when resuming brings nothing new
// several times in a row.
func (c *Client) Events(ctx context.Context, task, lastEventID string) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		f := follower{c: c, path: at("/v1/tasks/", task, "/events"), lastID: lastEventID, retry: defaultRetry}
		for {
			end, err := f.stream(ctx, yield)
			if end {
				return
			}
			if err = f.giveUp(ctx, err); err != nil {
				yield(Event{}, err)
				return
			}
		}
	}
}

// follower is the state of one Events call between its connections.
type follower struct {
	c      *Client
	path   string
	lastID string
	retry  time.Duration
	barren int // connections in a row that brought neither event nor ping
}

// stream reads one connection. It reports end when there is nothing more to yield.
func (f *follower) stream(ctx context.Context, yield func(Event, error) bool) (end bool, err error) {
	body, err := f.open(ctx)
	if err != nil || body == nil {
		return err == nil, err
	}
	defer body.Close()
	events := newEventReader(body, f.lastID)
	for {
		ev, err := events.next()
		if events.retry > 0 {
			f.retry = events.retry
		}
		if events.comments > 0 {
			f.barren = 0 // a quiet stream that still pings is alive
		}
		if err != nil {
			return false, err
		}
		f.lastID, f.barren = ev.ID, 0
		if !yield(ev, nil) || ev.Event == Done {
			return true, nil
		}
	}
}

// open starts one connection. A nil body means that the server has nothing more to say (204).
func (f *follower) open(ctx context.Context) (io.ReadCloser, error) {
	f.barren++
	h := http.Header{"Accept": {"text/event-stream"}, "Cache-Control": {"no-store"}}
	if f.lastID != "" {
		h.Set("Last-Event-ID", f.lastID)
	}
	resp, err := f.c.send(ctx, call{method: http.MethodGet, path: f.path, header: h})
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusNoContent {
		resp.Body.Close()
		return nil, nil
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if resp.StatusCode != http.StatusOK || kind != "text/event-stream" {
		resp.Body.Close()
		return nil, &Problem{
			Status: resp.StatusCode, Code: "not-an-event-stream", Title: "Not an event stream",
			Detail: "The server did not answer with an event stream.",
		}
	}
	return resp.Body, nil
}

// giveUp returns why following ends, or nil after the pause before the next attempt.
func (f *follower) giveUp(ctx context.Context, err error) error {
	var p *Problem
	if errors.As(err, &p) && !transient(p) {
		return err
	}
	if errors.Is(err, errEventTooLarge) {
		return err
	}
	if f.barren >= maxAttempts {
		return fmt.Errorf("client: event stream broke %d times in a row: %w", f.barren, err)
	}
	timer := time.NewTimer(f.retry)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return fmt.Errorf("client: follow task: %w", ctx.Err())
	case <-timer.C:
		return nil
	}
}

// transient reports whether a server that answers so may answer better in a moment.
func transient(p *Problem) bool {
	switch p.Status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	default:
		return false
	}
}
