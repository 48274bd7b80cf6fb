package alibaba

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/provider/driver"
)

// follow makes a call about something at Alibaba and reads the data of its answer. An answer that
// says nothing may be asked for again.
func follow(ctx context.Context, f driver.Follower, r wire.Request, data any) error {
	answer, err := f.Follow(ctx, r)
	if err != nil {
		return refine(answer, err)
	}
	if err = read(answer, data); errors.Is(err, egress.ErrUnknownOutcome) {
		return driver.Fail(egress.Transient, "reply")
	}
	return err
}

// Poll asks how a job is. A result whose address is known already only has to be read.
func (Driver) Poll(ctx context.Context, f driver.Follower, t driver.Ticket) (driver.Status, error) {
	is, err := open(t)
	switch {
	case err != nil:
		return driver.Status{}, err
	case is.File != "":
		return done(is.File), nil
	case is.Job == "":
		return driver.Status{}, driver.Fail(egress.Bug, "ticket") // what an interrupted swap left is never polled
	}
	var data struct{ Status, Result, ErrorCode string }
	err = follow(ctx, f, about(askJob, is.Service).request(params{"JobId": wire.Literal(is.Job)}), &data)
	if err != nil {
		return driver.UnlessGone(err)
	}
	switch data.Status {
	case "QUEUING":
		return driver.Status{State: driver.Queued}, nil
	case "PROCESSING":
		return driver.Status{State: driver.Running}, nil
	case "PROCESS_SUCCESS":
		return made(data.Result), nil
	case "PROCESS_FAILED":
		return failed(data.ErrorCode), nil
	case "TIMEOUT_FAILED", "LIMIT_RETRY_FAILED":
		return failed(data.Status), nil
	default:
		return driver.Status{}, nil
	}
}

func done(at string) driver.Status {
	return driver.Status{State: driver.Done, Results: []driver.Result{{File: &egress.Address{URL: at}}}}
}

// failed is the end of a job that made nothing.
func failed(code string) driver.Status {
	return driver.Status{State: driver.Failed, Class: driver.Final(classOf(code, egress.Failed)), Code: driver.Code(code)}
}

// made reads the result of a job: JSON inside a string, whose member's name differs from call to
// call, or nothing but the address.
func made(result string) driver.Status {
	if isLink(result) {
		return done(result)
	}
	var members map[string]any
	_ = json.Unmarshal([]byte(result), &members) // what is no JSON has no members
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if at, ok := members[name].(string); ok && strings.HasSuffix(strings.ToLower(name), "url") && isLink(at) {
			return done(at)
		}
	}
	return driver.Status{State: driver.Failed, Class: egress.Failed, Code: "empty"}
}

// Cancel stops a job that still waits. Alibaba has no call for one that runs, and the other
// features are over when they are answered.
func (Driver) Cancel(ctx context.Context, f driver.Follower, t driver.Ticket) (driver.CancelOutcome, error) {
	is, err := open(t)
	if err != nil {
		return driver.Unsupported, err
	}
	if is.Job == "" {
		return driver.TooLate, nil
	}
	answer, err := f.Follow(ctx, about(cancelJob, viapi).request(params{"JobId": wire.Literal(is.Job)}))
	if err = refine(answer, err); err != nil {
		var e *egress.Error
		if errors.As(err, &e) && (e.Class == egress.Gone || e.Class == egress.Bug) && answer.Status >= 400 {
			return driver.TooLate, nil // it was understood, and there is nothing that waits
		}
		return driver.Unsupported, err
	}
	var told struct{ Success *bool }
	if err := json.Unmarshal(answer.Body, &told); err != nil || told.Success == nil {
		return driver.Unsupported, driver.Fail(egress.Transient, "reply")
	}
	if !*told.Success {
		return driver.TooLate, nil
	}
	return driver.Stopped, nil
}

// Forget makes sure that a face template is gone, and says what else stays: for pictures that were
// read and for results Alibaba has no erase call.
func (Driver) Forget(ctx context.Context, f driver.Follower, t driver.Ticket) (driver.Residue, error) {
	is, err := open(t)
	if err != nil {
		return driver.Residue{}, err
	}
	out := driver.Residue{Held: []driver.Held{{What: "inputs", Reason: driver.NoEraseCall}}}
	if is.File != "" || is.Job != "" {
		out.Held = append(out.Held, driver.Held{What: "result", For: resultKept, Reason: driver.NoEraseCall})
	}
	if is.Template == "" {
		return out, nil
	}
	if erased(ctx, f, is.Template) {
		out.Erased = append(out.Erased, "template")
	} else {
		out.Held = append(out.Held, driver.Held{What: "template", Reason: driver.EraseFailed})
	}
	return out, nil
}

// erased deletes a template unless it is gone, and looks again afterwards. Only a look that finds
// nothing counts.
func erased(ctx context.Context, f driver.Follower, id string) bool {
	if gone(ctx, f, id) {
		return true
	}
	_, _ = f.Follow(ctx, about(dropTemplate, facebody).request(params{"TemplateId": wire.Literal(id)})) // the look decides
	return gone(ctx, f, id)
}

func gone(ctx context.Context, f driver.Follower, id string) bool {
	look := about(findTemplate, facebody)
	look.asks = true
	var data struct {
		Total    *int
		Elements []struct {
			TemplateID string `json:"TemplateId"`
		}
	}
	err := follow(ctx, f, look.request(params{
		"TemplateId": wire.Literal(id), "PageNo": wire.Literal("1"), "PageSize": wire.Literal("100"),
	}), &data)
	return err == nil && data.Total != nil && *data.Total == 0 && len(data.Elements) == 0
}

// Leftover finds the template of a face swap that was interrupted or refused.
func (Driver) Leftover(saved []byte) (driver.Ticket, bool) {
	var w swap
	if err := json.Unmarshal(saved, &w); err != nil || !w.sound() {
		return nil, false
	}
	begun, err := ticket{Template: w.Template, File: w.File}.begun()
	return begun.Ticket, err == nil
}
