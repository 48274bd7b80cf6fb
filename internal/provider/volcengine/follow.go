package volcengine

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/provider/driver"
)

// kept is how long Ark serves a result, and how long it lists a cancelled task.
const kept = 24 * time.Hour

// The statuses of a task.
const (
	queued    = "queued"
	running   = "running"
	succeeded = "succeeded"
	failed    = "failed"
	cancelled = "cancelled"
	expired   = "expired"
)

// record is what Ark tells of a task. The rest, a rewritten prompt for one, is not read.
type record struct {
	ID      string `json:"id"`
	Status  string `json:"status"`
	Content struct {
		VideoURL string `json:"video_url"`
	} `json:"content"`
	Error struct {
		Code string `json:"code"`
	} `json:"error"`
}

// about is a call about a task.
func about(method string, t driver.Ticket) (wire.Request, string, error) {
	var id ticket
	if err := json.Unmarshal(t, &id); err != nil || !isTask(id.Task) {
		return wire.Request{}, "", driver.Fail(egress.Bug, "ticket")
	}
	return wire.Request{Method: method, Path: tasks + "/" + id.Task, Header: header()}, id.Task, nil
}

// look reads the record of a task.
func look(ctx context.Context, f driver.Follower, t driver.Ticket) (record, error) {
	r, id, err := about("GET", t)
	if err != nil {
		return record{}, err
	}
	answer, err := f.Follow(ctx, r)
	if err != nil {
		return record{}, refine(answer, err)
	}
	var now record
	if err := json.Unmarshal(answer.Body, &now); err != nil || now.ID != id {
		return record{}, driver.Fail(egress.Transient, "reply") // a question may be asked again
	}
	return now, nil
}

// remove makes the one call that cancels a queued task and erases the record of an ended one. It
// answers without a body. A refusal is no error: the record says what came of the call.
func remove(ctx context.Context, f driver.Follower, t driver.Ticket) error {
	r, _, err := about("DELETE", t)
	if err != nil {
		return err
	}
	r.Reply = wire.Empty
	answer, err := f.Follow(ctx, r)
	if err == nil {
		return nil
	}
	var e *egress.Error
	if err = refine(answer, err); errors.As(err, &e) && (strings.HasPrefix(e.Code, "OperationDenied") || isMissing(err)) {
		return nil
	}
	return err
}

// isMissing reports whether Ark said that it has no such task.
func isMissing(err error) bool {
	var e *egress.Error
	return errors.As(err, &e) && e.Class == egress.Gone && strings.Contains(e.Code, "NotFound") && !strings.HasPrefix(e.Code, "InvalidEndpoint")
}

// Poll reads the task's record.
func (Driver) Poll(ctx context.Context, f driver.Follower, t driver.Ticket) (driver.Status, error) {
	now, err := look(ctx, f, t)
	if isMissing(err) {
		return driver.Status{State: driver.Failed, Class: egress.Gone, Code: "NotFound"}, nil
	}
	if err != nil {
		return driver.Status{}, err
	}
	switch now.Status {
	case queued:
		return driver.Status{State: driver.Queued}, nil
	case running:
		return driver.Status{State: driver.Running}, nil
	case succeeded:
		if now.Content.VideoURL == "" {
			return driver.Status{State: driver.Failed, Class: egress.Failed, Code: "empty"}, nil
		}
		return driver.Status{State: driver.Done, Results: []driver.Result{{File: &egress.Address{URL: now.Content.VideoURL}}}}, nil
	case failed:
		return driver.Status{State: driver.Failed, Class: driver.Final(class(now.Error.Code, "")), Code: driver.Code(now.Error.Code)}, nil
	case cancelled, expired:
		return driver.Status{State: driver.Failed, Class: egress.Gone, Code: now.Status}, nil
	default:
		return driver.Status{}, nil
	}
}

// Cancel stops a queued task; a running one cannot be stopped. The record is read first, because
// the same call would erase an ended task and its result's address with it, and again afterwards,
// because the call says nothing.
func (Driver) Cancel(ctx context.Context, f driver.Follower, t driver.Ticket) (driver.CancelOutcome, error) {
	now, err := look(ctx, f, t)
	if err == nil && now.Status == queued {
		if err := remove(ctx, f, t); err != nil {
			return driver.Unsupported, err
		}
		now, err = look(ctx, f, t)
	}
	switch {
	case isMissing(err):
		return driver.TooLate, nil
	case err != nil:
		return driver.Unsupported, err
	case now.Status == cancelled:
		return driver.Stopped, nil
	case now.Status == queued:
		return driver.Unsupported, driver.Fail(egress.Transient, "still-queued")
	default:
		return driver.TooLate, nil
	}
}

// Forget erases the record of an ended task and looks whether it is gone. A cancelled task stays
// listed for a day, a running one cannot be erased yet, and no call erases the video.
func (Driver) Forget(ctx context.Context, f driver.Follower, t driver.Ticket) (driver.Residue, error) {
	before, err := look(ctx, f, t)
	if err != nil && !isMissing(err) {
		return driver.Residue{}, err
	}
	after := before
	if err == nil && before.Status != running && before.Status != cancelled {
		if err := remove(ctx, f, t); err != nil {
			return driver.Residue{}, err
		}
		if after, err = look(ctx, f, t); err != nil && !isMissing(err) {
			return driver.Residue{}, err
		}
	}
	var left driver.Residue
	switch {
	case err != nil: // Ark has no such task
		left.Erased = []string{"task record"}
	case after.Status == cancelled:
		left.Held = append(left.Held, driver.Held{What: "task record", For: kept, Reason: driver.NoEraseCall})
	default:
		left.Held = append(left.Held, driver.Held{What: "task record", Reason: driver.EraseFailed})
	}
	switch after.Status {
	case failed, cancelled, expired, queued: // nothing was made
	default:
		if before.Status != failed && before.Status != expired {
			left.Held = append(left.Held, driver.Held{What: "result", For: kept, Reason: driver.NoEraseCall})
		}
	}
	return left, nil
}

// Leftover finds nothing: an order is one call, and a lost answer names no task.
func (Driver) Leftover([]byte) (driver.Ticket, bool) { return nil, false }
