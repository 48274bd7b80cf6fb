package zhipu

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/provider/driver"
)

// Poll asks how a job is. The cover picture is left where it is.
func (Driver) Poll(ctx context.Context, f driver.Follower, raw driver.Ticket) (driver.Status, error) {
	t, err := read(raw)
	if err != nil {
		return driver.Status{}, err
	}
	answer, err := f.Follow(ctx, wire.Request{
		Method: "GET", Path: "/async-result/" + t.Task,
		Header: map[string]wire.Value{"Authorization": wire.Bearer(credential)},
	})
	if err != nil {
		return driver.UnlessGone(refine(answer, err))
	}
	got, err := parse(answer.Body)
	if err != nil {
		return driver.Status{}, driver.Fail(egress.Transient, "reply") // a question may be asked again
	}
	switch got.Status {
	case "PROCESSING":
		return driver.Status{State: driver.Running}, nil
	case "SUCCESS":
		return got.results(), nil
	case "FAIL":
		return got.failed(), nil
	}
	if err := got.refusal(); err != nil {
		return driver.UnlessGone(err)
	}
	return driver.Status{}, nil
}

func (got reply) results() driver.Status {
	s := driver.Status{State: driver.Done}
	for _, video := range got.Videos {
		if video.URL != "" {
			s.Results = append(s.Results, driver.Result{File: &egress.Address{URL: video.URL}})
		}
	}
	if len(s.Results) == 0 {
		return driver.Status{State: driver.Failed, Class: egress.Failed, Code: "empty"}
	}
	return s
}

// failed is the end of a job that made nothing.
func (got reply) failed() driver.Status {
	s := driver.Status{State: driver.Failed, Class: egress.Failed, Code: "FAIL"}
	if code, ok := got.code(); ok {
		s.Class, s.Code = driver.Final(class(code)), driver.Code(code)
	} else if len(got.Filter) > 0 {
		s.Class, s.Code = egress.ContentRefused, "contentFilter"
	}
	return s
}

// Cancel is not offered: Zhipu has no call for it.
func (Driver) Cancel(context.Context, driver.Follower, driver.Ticket) (driver.CancelOutcome, error) {
	return driver.Unsupported, nil
}

// Forget can erase nothing, and Zhipu states no time after which anything is gone.
func (Driver) Forget(_ context.Context, _ driver.Follower, raw driver.Ticket) (driver.Residue, error) {
	if _, err := read(raw); err != nil {
		return driver.Residue{}, err
	}
	return driver.Residue{Held: []driver.Held{
		{What: "inputs", Reason: driver.NoEraseCall},
		{What: "result", Reason: driver.NoEraseCall},
	}}, nil
}

// Leftover finds nothing to erase.
func (Driver) Leftover([]byte) (driver.Ticket, bool) { return nil, false }

// read opens a ticket.
func read(raw driver.Ticket) (ticket, error) {
	var t ticket
	if err := json.Unmarshal(raw, &t); err != nil || !isTask(t.Task) {
		return ticket{}, driver.Fail(egress.Bug, "ticket")
	}
	return t, nil
}

// reply is what is read of an answer; messages are not.
type reply struct {
	ID     string                 `json:"id"`
	Status string                 `json:"task_status"`
	Videos []struct{ URL string } `json:"video_result"`
	Error  *struct {
		Code json.RawMessage `json:"code"` // a string, by the documentation
	} `json:"error"`
	Filter []struct{} `json:"contentFilter"`
}

func parse(body []byte) (reply, error) {
	var got *reply
	if err := json.Unmarshal(body, &got); err != nil || got == nil {
		return reply{}, driver.Fail(egress.UnknownOutcome, "reply")
	}
	return *got, nil
}

// open reads an answer that says that the call went well, or the refusal inside it.
func open(body []byte) (reply, error) {
	got, err := parse(body)
	if err == nil {
		err = got.refusal()
	}
	return got, err
}

// code is Zhipu's own code for an error.
func (got reply) code() (string, bool) {
	if got.Error == nil {
		return "", false
	}
	return strings.Trim(string(got.Error.Code), `"`), true
}

// refusal is the error that an answer holds, or nil.
func (got reply) refusal() error {
	code, ok := got.code()
	if !ok {
		return nil
	}
	if code == "1231" {
		return driver.Fail(egress.UnknownOutcome, "duplicate") // it has had this order before, and nobody knows what came of it
	}
	return driver.Fail(class(code), driver.Code(code))
}

// refine gives an error of the transport the code that Zhipu put into its answer, where it did.
func refine(answer egress.Response, err error) error {
	var e, said *egress.Error
	if !errors.As(err, &e) {
		return err
	}
	c := *e
	got, bad := parse(answer.Body)
	switch {
	case bad == nil && errors.As(got.refusal(), &said):
		c.Code = said.Code
		if said.Class != egress.Unclassified {
			c.Class = said.Class
		}
	case answer.Status == 434: // no leave to use this call
		c.Class = egress.Auth
	}
	if answer.Status == 435 { // the file is over the limit
		c.Class = egress.BadMedia
	}
	return &c
}

// class is Zhipu's table of codes. A code that nobody has described is not retried.
func class(code string) egress.Class {
	n, err := strconv.Atoi(code)
	switch {
	case err != nil:
		return egress.Unclassified
	case n >= 500 && n < 600, n == 1234:
		return egress.Transient
	case n >= 1000 && n <= 1004:
		return egress.Auth
	case n >= 1110 && n <= 1121, n == 1304, n == 1308, n == 1310:
		return egress.Quota
	case n == 1231:
		return egress.UnknownOutcome
	case n >= 1210 && n <= 1215, n >= 1220 && n <= 1222, n == 1230, n == 1232, n == 1233, n == 1261:
		return egress.Bug
	case n == 1300, n == 1301:
		return egress.ContentRefused
	case n == 1302, n == 1303, n == 1305, n == 1312:
		return egress.Throttled
	default:
		return egress.Unclassified
	}
}
