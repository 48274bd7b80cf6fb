package egress

import (
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"vow.example/vow/internal/guard/egress/wire"
)

// Response is a recipient's answer: a bounded JSON body, or none.
type Response struct {
	Status int
	Body   []byte
}

// read takes in the answer within bounds. A success must be what the request expects; anything
// else is a failure of a class, by the rules that hold for every recipient.
func (c *call) read(answer *http.Response) (Response, *Error) {
	success := answer.StatusCode >= 200 && answer.StatusCode < 300
	limit := c.link.config.MaxReply
	if success && c.request.Reply == wire.Large {
		limit = c.link.config.MaxResult + c.link.config.MaxResult/3 + c.link.config.MaxReply
	}
	resp := Response{Status: answer.StatusCode}
	body, err := io.ReadAll(io.LimitReader(answer.Body, limit+1))
	if err != nil {
		return resp, failure(err, true, c.resendable)
	}
	mediaType, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	isJSON := mediaType == "application/json" && int64(len(body)) <= limit
	if isJSON {
		resp.Body = body
	}
	switch {
	case !success:
		return resp, c.status(answer)
	case isJSON, c.request.Reply == wire.Empty && len(body) == 0:
		return resp, nil
	default:
		return resp, c.unreadable("reply-type")
	}
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
	e := &Error{Class: Bug, Code: "http-" + strconv.Itoa(answer.StatusCode)}
	switch s := answer.StatusCode; {
	case s == http.StatusTooManyRequests:
		e.Class = Throttled
	case s == http.StatusServiceUnavailable:
		e.Class = Transient
	case s >= 500:
		e = c.unreadable(e.Code)
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
	e.RetryAfter = retryAfter(answer.Header, c.link.config.Clock.Now())
	return e
}

// retryAfter reads a recipient's hint, bounded to an hour: in milliseconds where it gives those,
// else in seconds or as a date.
func retryAfter(h http.Header, now time.Time) time.Duration {
	const longest = time.Hour
	for _, name := range []string{"Retry-After-Ms", "X-Acs-Retry-After"} {
		if d, ok := seconds(h.Get(name), time.Millisecond); ok {
			return min(d, longest)
		}
	}
	v := h.Get("Retry-After")
	if d, ok := seconds(v, time.Second); ok {
		return min(d, longest)
	}
	if at, err := http.ParseTime(v); err == nil {
		return min(max(at.Sub(now), 0), longest)
	}
	return 0
}

// seconds reads a number of units, of which there may be a fraction.
func seconds(v string, unit time.Duration) (time.Duration, bool) {
	n, err := strconv.ParseFloat(v, 64)
	if err != nil || !(n >= 0) {
		return 0, false
	}
	return time.Duration(min(n, float64(24*time.Hour/unit)) * float64(unit)), true
}
