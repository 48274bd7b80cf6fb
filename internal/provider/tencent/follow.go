package tencent

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strings"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/provider/driver"
)

// Poll asks how a job is. A result behind a link is done as soon as it has one.
func (Driver) Poll(ctx context.Context, f driver.Follower, raw driver.Ticket) (driver.Status, error) {
	t, op, err := read(raw)
	switch {
	case err != nil:
		return driver.Status{}, err
	case t.Link != "":
		return driver.Status{State: driver.Done, Results: []driver.Result{{File: &egress.Address{URL: t.Link}}}}, nil
	case t.Job == "": // the picture came with the answer, and Tencent keeps no way to it
		return driver.Status{State: driver.Failed, Class: egress.Gone, Code: "inline"}, nil
	}
	answer, err := f.Follow(ctx, op.request(op.query, t.Region, wire.JSON{"JobId": wire.Literal(t.Job)}))
	if err != nil {
		return driver.UnlessGone(refine(answer, err))
	}
	got, err := open(answer.Body)
	if errors.Is(err, egress.ErrUnknownOutcome) {
		return driver.Status{}, driver.Fail(egress.Transient, "reply") // a question may be asked again
	}
	if err != nil {
		return driver.UnlessGone(err)
	}
	return got.status()
}

// status reads the state of a job.
func (got reply) status() (driver.Status, error) {
	switch got.JobStatusCode {
	case "1":
		return driver.Status{State: driver.Queued}, nil
	case "2":
		return driver.Status{State: driver.Running}, nil
	case "4":
		return failed(got.JobErrorCode), nil
	case "5":
		return got.results()
	default:
		return driver.Status{}, nil
	}
}

// results are the pictures of a job that has ended. Each has its own word; those that failed are
// left out, and a job without any picture failed for the first reason given.
func (got reply) results() (driver.Status, error) {
	var links []string
	if len(got.ResultImage) > 0 && json.Unmarshal(got.ResultImage, &links) != nil {
		return driver.Status{}, driver.Fail(egress.Transient, "reply")
	}
	s := driver.Status{State: driver.Done}
	for i, at := range links {
		bad := len(got.ResultDetails) == len(links) && got.ResultDetails[i] != "Success"
		if at != "" && !bad {
			s.Results = append(s.Results, driver.Result{File: &egress.Address{URL: at}})
		}
	}
	if len(s.Results) > 0 {
		return s, nil
	}
	for _, word := range got.ResultDetails {
		if word != "Success" {
			return failed(word), nil
		}
	}
	return driver.Status{State: driver.Failed, Class: egress.Failed, Code: "empty"}, nil
}

// failed is the end of a job for a reason in Tencent's words.
func failed(code string) driver.Status {
	return driver.Status{State: driver.Failed, Class: driver.Final(class(code)), Code: driver.Code(code)}
}

// Cancel is not offered: Tencent has no call for these jobs.
func (Driver) Cancel(context.Context, driver.Follower, driver.Ticket) (driver.CancelOutcome, error) {
	return driver.Unsupported, nil
}

// Forget can erase nothing. Behind a base64 answer no result can be reached; a link lives for its
// hour, or day.
func (Driver) Forget(_ context.Context, _ driver.Follower, raw driver.Ticket) (driver.Residue, error) {
	t, op, err := read(raw)
	if err != nil {
		return driver.Residue{}, err
	}
	r := driver.Residue{Held: []driver.Held{{What: "inputs", Reason: driver.NoEraseCall}}}
	if t.Job != "" || t.Link != "" {
		r.Held = append(r.Held, driver.Held{What: "result", For: op.linked, Reason: driver.NoEraseCall})
	}
	return r, nil
}

// Leftover finds nothing to erase.
func (Driver) Leftover([]byte) (driver.Ticket, bool) { return nil, false }

// read opens a ticket.
func read(raw driver.Ticket) (ticket, operation, error) {
	var t ticket
	bad := json.Unmarshal(raw, &t) != nil
	op, ok := operationOf(t.Call)
	switch {
	case bad || !ok || !regexp.MustCompile(`^[a-z0-9-]{1,40}$`).MatchString(t.Region),
		op.query != "" && (!isJob(t.Job) || t.Link != ""),
		op.query == "" && t.Job != "",
		t.Link != "" && !isLink(t.Link):
		return ticket{}, operation{}, driver.Fail(egress.Bug, "ticket")
	}
	return t, op, nil
}

// reply is what is read of an answer. RevisedPrompt, the messages and the seed are dropped unread.
type reply struct {
	Error         *struct{ Code string }
	ResultImage   json.RawMessage // base64 or a link; of a job: a list of links
	ResultURL     string          `json:"ResultUrl"`
	ResultDetails []string
	JobID         string `json:"JobId"`
	JobStatusCode string
	JobErrorCode  string
}

// open reads Tencent's envelope: HTTP says 200 even for errors.
func open(body []byte) (reply, error) {
	var env struct{ Response *reply }
	if err := json.Unmarshal(body, &env); err != nil || env.Response == nil {
		return reply{}, driver.Fail(egress.UnknownOutcome, "reply")
	}
	if e := env.Response.Error; e != nil {
		return reply{}, driver.Fail(class(e.Code), driver.Code(e.Code))
	}
	return *env.Response, nil
}

// refine gives an error of the transport the code that Tencent put into its answer, where it did.
func refine(answer egress.Response, err error) error {
	var e, said *egress.Error
	_, inside := open(answer.Body)
	if !errors.As(err, &e) || !errors.As(inside, &said) || errors.Is(inside, egress.ErrUnknownOutcome) {
		return err
	}
	c := *e
	c.Code = said.Code
	if said.Class != egress.Unclassified {
		c.Class = said.Class
	}
	return &c
}

// class is Tencent's table of codes. A code that is not in it, alone or as one of a family, is not
// retried.
func class(code string) egress.Class {
	switch code {
	case "FailedOperation.FreqCtrl":
		return egress.Throttled
	case "FailedOperation.InnerError", "FailedOperation.RequestTimeout", "FailedOperation.RpcFail", "FailedOperation.ServerError":
		return egress.Transient
	case "OperationDenied.TextIllegalDetected", "OperationDenied.ImageIllegalDetected", "FailedOperation.GenerateImageFailed":
		return egress.ContentRefused
	case "FailedOperation.DetectNoFace", "FailedOperation.NoFaceInPhoto", "FailedOperation.FaceSizeTooSmall":
		return egress.NoFace
	case "FailedOperation.ImagePixelExceed", "FailedOperation.ImageSizeExceed", "FailedOperation.ImageDecodeFailed",
		"FailedOperation.ImageDownloadError", "FailedOperation.RequestEntityTooLarge":
		return egress.BadMedia
	case "ResourceUnavailable.InArrears", "ResourceUnavailable.LowBalance", "ResourceUnavailable.NotExist",
		"ResourceUnavailable.StopUsing", "ResourcesSoldOut.ChargeStatusException":
		return egress.Quota
	case "FailedOperation.JobNotExist":
		return egress.Gone
	}
	family, _, _ := strings.Cut(code, ".")
	switch family {
	case "AuthFailure", "UnauthorizedOperation":
		return egress.Auth
	case "RequestLimitExceeded":
		return egress.Throttled
	case "InternalError":
		return egress.Transient
	case "InvalidParameter", "InvalidParameterValue", "MissingParameter", "UnknownParameter", "InvalidAction":
		return egress.Bug
	default:
		return egress.Unclassified
	}
}
