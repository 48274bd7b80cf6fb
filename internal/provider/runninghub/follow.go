package runninghub

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strconv"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/provider/driver"
)

// Poll asks for the status, and for the outputs once there should be some.
func (Driver) Poll(ctx context.Context, f driver.Follower, t driver.Ticket) (driver.Status, error) {
	var word string
	if err := ask(ctx, f, "status", t, &word); err != nil {
		return ended(err)
	}
	switch word {
	case "QUEUED":
		return driver.Status{State: driver.Queued}, nil
	case "RUNNING":
		return driver.Status{State: driver.Running}, nil
	case "SUCCESS", "FAILED":
		return outputs(ctx, f, t)
	default:
		return driver.Status{}, nil
	}
}

// outputs reads the results. No list yet (null) means still running; an empty list means that the
// workflow ended and made nothing.
func outputs(ctx context.Context, f driver.Follower, t driver.Ticket) (driver.Status, error) {
	var raw json.RawMessage
	if err := ask(ctx, f, "outputs", t, &raw); err != nil {
		return ended(err)
	}
	var files []struct{ FileURL string }
	if err := json.Unmarshal(raw, &files); err != nil {
		return driver.Status{}, driver.Fail(egress.Transient, "outputs-reply")
	}
	if files == nil {
		return driver.Status{State: driver.Running}, nil
	}
	s := driver.Status{State: driver.Done}
	for _, file := range files {
		if file.FileURL != "" {
			s.Results = append(s.Results, driver.Result{File: &egress.Address{URL: file.FileURL}})
		}
	}
	if len(s.Results) == 0 {
		return driver.Status{State: driver.Failed, Class: egress.Failed, Code: "empty"}, nil
	}
	return s, nil
}

// ended turns the codes by which RunningHub tells the state of a job into that state, and leaves
// every other error as it is.
func ended(err error) (driver.Status, error) {
	var e *egress.Error
	if !errors.As(err, &e) {
		return driver.Status{}, err
	}
	switch e.Code {
	case "804":
		return driver.Status{State: driver.Running}, nil
	case "813":
		return driver.Status{State: driver.Queued}, nil
	case "805", "423", "807":
		return driver.Status{State: driver.Failed, Class: e.Class, Code: e.Code}, nil
	default:
		return driver.Status{}, err
	}
}

// Cancel stops a queued or running job. RunningHub confirms a cancellation without saying what was
// stopped, so the status decides whether it came too late.
func (Driver) Cancel(ctx context.Context, f driver.Follower, t driver.Ticket) (driver.CancelOutcome, error) {
	err := ask(ctx, f, "cancel", t, nil)
	var e *egress.Error
	if errors.As(err, &e) && e.Class == egress.Gone {
		return driver.TooLate, nil
	}
	if err != nil {
		return driver.Unsupported, err
	}
	var word string
	if err := ask(ctx, f, "status", t, &word); err == nil && word == "SUCCESS" {
		return driver.TooLate, nil
	}
	return driver.Stopped, nil
}

// Forget can erase nothing: RunningHub has no call for it. What stays is said instead.
func (Driver) Forget(context.Context, driver.Follower, driver.Ticket) (driver.Residue, error) {
	return driver.Residue{Held: []driver.Held{
		{What: "inputs", Reason: driver.NoEraseCall},
		{What: "result", For: outputsKept, Reason: driver.NoEraseCall},
	}}, nil
}

// Leftover finds nothing to erase: uploaded files have no erase call.
func (Driver) Leftover([]byte) (driver.Ticket, bool) { return nil, false }

// read opens RunningHub's envelope: HTTP says 200 even for errors, the code inside decides. The
// message is dropped unread, it may quote the prompt.
func read(answer egress.Response, data any) error {
	var env struct {
		Code *int
		Data json.RawMessage
	}
	if err := json.Unmarshal(answer.Body, &env); err != nil || env.Code == nil {
		return driver.Fail(egress.UnknownOutcome, "reply")
	}
	if *env.Code != 0 {
		return driver.Fail(class(*env.Code, env.Data), strconv.Itoa(*env.Code))
	}
	if data == nil {
		return nil
	}
	if len(env.Data) == 0 {
		env.Data = json.RawMessage("null")
	}
	if err := json.Unmarshal(env.Data, data); err != nil {
		return driver.Fail(egress.UnknownOutcome, "reply-data")
	}
	return nil
}

// class is RunningHub's table of codes. A code nobody has described is not retried.
func class(code int, data []byte) egress.Class {
	switch code {
	case 415, 421, 1003, 1011:
		return egress.Throttled
	case 500, 808, 1504:
		return egress.Transient
	case 805:
		if bytes.Contains(data, []byte(`"LoadImage"`)) {
			return egress.BadMedia
		}
		return egress.Failed
	case 809:
		return egress.BadMedia
	case 1501:
		return egress.ContentRefused
	case 1505:
		return egress.RealPersonRefused
	case 416, 812:
		return egress.Quota
	case 412, 801, 802, 806, 811, 1002, 1014:
		return egress.Auth
	case 380, 423, 807, 901:
		return egress.Gone
	case 301, 433, 803:
		return egress.Bug
	default:
		return egress.Unclassified
	}
}
