package egress

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress/internal/sse"
	"vow.example/vow/internal/guard/egress/wire"
)

// errIdle says that a stream was silent for too long.
var errIdle = errors.New("egress: the stream is silent")

// Stream makes one call like Send, whose answer is an event stream, and hands over the data of each
// event as it comes, the closing "[DONE]" included. An error of each ends the stream and is returned.
// A stream that ends is no error: whether it was complete, its data say. A stream that breaks off,
// falls silent or grows too long is an unknown outcome.
func (e *Egress) Stream(ctx context.Context, d disclosure.Disclosure, r wire.Request, each func(data []byte) error) (Response, error) {
	if r.Reply != wire.Events {
		return Response{}, e.finish(d.Recipient(), refusal(blocked("reply"), wasSent(d)))
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var resp Response
	var stopped error
	err := e.carry(ctx, d, r, func(c *call, answer *http.Response) (failed *Error) {
		resp.Status = answer.StatusCode
		if answer.StatusCode < 200 || answer.StatusCode >= 300 {
			resp, failed = c.read(answer)
			return failed
		}
		if mediaType, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type")); mediaType != "text/event-stream" {
			return c.unreadable("reply-type")
		}
		stopped, failed = c.events(ctx, cancel, answer.Body, each)
		return failed
	})
	if err == nil && stopped != nil {
		return resp, toldOff(stopped, d)
	}
	return resp, err
}

// toldOff is an adapter's own verdict on a stream. Content has left by then.
func toldOff(err error, d disclosure.Disclosure) error {
	var verdict *Error
	if errors.As(err, &verdict) {
		told := *verdict
		told.WasSent = wasSent(d)
		return &told
	}
	return err
}

// events reads the stream to its end. stopped is the error with which each ended it.
func (c *call) events(ctx context.Context, cancel context.CancelCauseFunc, from io.Reader, each func([]byte) error) (stopped error, failed *Error) {
	idle := c.link.config.StreamIdle
	timer := time.AfterFunc(idle, func() { cancel(errIdle) })
	defer timer.Stop()
	limits := sse.Limits{Event: c.link.config.MaxReply, Total: c.link.config.MaxResult}
	err := sse.Read(&awake{from: from, timer: timer, idle: idle}, limits, func(data []byte) error {
		timer.Stop() // the silence is the recipient's, not that of whoever reads along
		stopped = each(data)
		timer.Reset(idle)
		return stopped
	})
	switch {
	case err == nil || stopped != nil:
		return stopped, nil
	case errors.Is(err, sse.ErrTooLarge):
		return nil, c.unreadable("stream-too-large")
	case errors.Is(context.Cause(ctx), errIdle):
		return nil, c.unreadable("idle")
	default:
		return nil, failure(err, true, c.resendable)
	}
}

// awake puts the end of patience off with everything that comes.
type awake struct {
	from  io.Reader
	timer *time.Timer
	idle  time.Duration
}

// Read passes on what comes.
func (a *awake) Read(p []byte) (int, error) {
	n, err := a.from.Read(p)
	if n > 0 {
		a.timer.Reset(a.idle)
	}
	return n, err
}
