package egress

import (
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"
)

// Response is a recipient's answer: a bounded JSON body.
type Response struct {
	Status int
	Body   []byte
}

// read takes in the answer within bounds. A success must be JSON; anything else is a failure of a
// class, by the rules that hold for every recipient.
func (c *call) read(answer *http.Response) (Response, *Error) {
	resp := Response{Status: answer.StatusCode}
	limit := c.link.config.MaxReply
	body, err := io.ReadAll(io.LimitReader(answer.Body, limit+1))
	if err != nil {
		return resp, failure(err, true, c.resendable)
	}
	mediaType, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	isJSON := mediaType == "application/json" && int64(len(body)) <= limit
	if isJSON {
		resp.Body = body
	}
	if answer.StatusCode >= 200 && answer.StatusCode < 300 {
		if !isJSON {
			return resp, c.unreadable("reply-type")
		}
		return resp, nil
	}
	return resp, c.status(answer)
}

// unreadable is an answer that says nothing: for a call that changes something, its outcome is
// as lost as if no answer had come.
func (c *call) unreadable(code string) *Error {
	if c.resendable {
		return &Error{Class: Transient, Code: code}
	}
	return &Error{Class: UnknownOutcome, Code: code}
}

// status classifies an HTTP status. 429 and 503 say that the call was not taken. Any other 5xx may
// come from a gateway behind which the call went through: without an idempotency key that is an
// unknown outcome. A redirect is never followed with a body.
func (c *call) status(answer *http.Response) *Error {
	code := "http-" + strconv.Itoa(answer.StatusCode)
	e := &Error{Class: Bug, Code: code, RetryAfter: retryAfter(answer.Header.Get("Retry-After"))}
	switch s := answer.StatusCode; {
	case s == http.StatusTooManyRequests:
		e.Class = Throttled
	case s == http.StatusServiceUnavailable:
		e.Class = Transient
	case s >= 500:
		return c.unreadable(code)
	case s >= 300 && s < 400:
		e.Class, e.Code = Blocked, "redirect"
	case s == http.StatusUnauthorized || s == http.StatusForbidden:
		e.Class = Auth
	case s == http.StatusPaymentRequired:
		e.Class = Quota
	case s == http.StatusNotFound || s == http.StatusGone:
		e.Class = Gone
	case s == http.StatusRequestEntityTooLarge || s == http.StatusUnsupportedMediaType:
		e.Class = BadMedia
	}
	return e
}

// retryAfter reads a hint in seconds, bounded to an hour. A date is ignored: this package has no clock.
func retryAfter(v string) time.Duration {
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 {
		return 0
	}
	return min(time.Duration(n)*time.Second, time.Hour)
}
