package gemini

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"time"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/provider/driver"
)

// refusal is Google's error document. Its message is not read: it can quote the prompt.
type refusal struct {
	Error *struct {
		Status  string   `json:"status"`
		Details []detail `json:"details"`
	} `json:"error"`
}

// detail is one of RetryInfo, QuotaFailure, BadRequest and ErrorInfo; each reads its own members.
type detail struct {
	RetryDelay string `json:"retryDelay"`
	Reason     string `json:"reason"`
	Violations []struct {
		QuotaID string `json:"quotaId"`
	} `json:"violations"`
	FieldViolations []struct {
		Field string `json:"field"`
	} `json:"fieldViolations"`
}

// refine gives a refusal Google's code, its class and its hint when to come back. What the gate
// refused, and what is no error document, stays as it is.
func refine(answer egress.Response, err error) error {
	var e *egress.Error
	if !errors.As(err, &e) || answer.Status < 400 {
		return err
	}
	said := read(answer.Body)
	if said == nil {
		return err
	}
	c := *e
	c.Code = said.Code
	if said.Class != egress.Unclassified {
		c.Class = said.Class
	}
	if said.RetryAfter > 0 {
		c.RetryAfter = said.RetryAfter
	}
	return &c
}

// envelope returns the error of an answer that came as a success and is none.
func envelope(body []byte) error {
	if said := read(body); said != nil {
		return said
	}
	return nil
}

// read returns the refusal in an answer, or nil.
func read(body []byte) *egress.Error {
	var said refusal
	if json.Unmarshal(body, &said) != nil || said.Error == nil || said.Error.Status == "" {
		return nil
	}
	e := &egress.Error{Class: class(said.Error.Status), Code: driver.Code(said.Error.Status)}
	for _, d := range said.Error.Details {
		d.sharpen(e)
	}
	return e
}

// sharpen applies what a detail says: when to come back, that a day's quota is used up, that the
// key is wrong, or that the picture is at fault.
func (d detail) sharpen(e *egress.Error) {
	if wait, err := time.ParseDuration(d.RetryDelay); err == nil && wait > 0 {
		e.RetryAfter = min(wait, time.Hour)
	}
	for _, v := range d.Violations {
		if e.Class == egress.Throttled && strings.Contains(v.QuotaID, "PerDay") {
			e.Class = egress.Quota
		}
	}
	if d.Reason == "API_KEY_INVALID" {
		e.Class, e.Code = egress.Auth, d.Reason
	}
	for _, v := range d.FieldViolations {
		if e.Class == egress.Bug && regexp.MustCompile(`(?i)inline_?data|file_?data|bytes_?base64|^instances\[\d+\]\.(image|last_?frame|reference_?images)`).MatchString(v.Field) {
			e.Class = egress.BadMedia
		}
	}
}

// class is Google's table of statuses. A status nobody has described is Unclassified.
func class(status string) egress.Class {
	switch status {
	case "INVALID_ARGUMENT", "OUT_OF_RANGE":
		return egress.Bug
	case "FAILED_PRECONDITION":
		return egress.Quota
	case "UNAUTHENTICATED", "PERMISSION_DENIED":
		return egress.Auth
	case "NOT_FOUND":
		return egress.Gone
	case "RESOURCE_EXHAUSTED":
		return egress.Throttled
	case "INTERNAL", "UNAVAILABLE", "DEADLINE_EXCEEDED":
		return egress.Transient
	default:
		return egress.Unclassified
	}
}

// verdict is the class of an operation that ended with an error, by the number of its status. The
// order had been accepted, so an argument at fault is the picture.
func verdict(number int) (egress.Class, string) {
	names := map[int]string{
		1: "CANCELLED", 3: "INVALID_ARGUMENT", 4: "DEADLINE_EXCEEDED", 5: "NOT_FOUND", 7: "PERMISSION_DENIED", 8: "RESOURCE_EXHAUSTED",
		9: "FAILED_PRECONDITION", 13: "INTERNAL", 14: "UNAVAILABLE", 16: "UNAUTHENTICATED",
	}
	name, ok := names[number]
	if !ok {
		return egress.Failed, "unlisted"
	}
	c := driver.Final(class(name))
	if c == egress.Bug {
		c = egress.BadMedia
	}
	return c, name
}

func trimModel(name string) string { return strings.TrimPrefix(name, "models/") }

func isGone(err error) bool {
	var e *egress.Error
	return errors.As(err, &e) && e.Class == egress.Gone && e.Code == "NOT_FOUND"
}

func isForbidden(err error) bool {
	var e *egress.Error
	return errors.As(err, &e) && e.Code == "PERMISSION_DENIED"
}
