package egress_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
)

// chat is a request whose answer is a stream.
func chat() wire.Request {
	return wire.Request{Method: "POST", Path: "/chat", Reply: wire.Events, Body: wire.JSON{"p": wire.Text("prompt"), "stream": wire.Bool(true)}}
}

// events answers with pieces of a stream, each flushed, and then does what end says.
func events(end func(r *http.Request), pieces ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		for _, p := range pieces {
			_, _ = io.WriteString(w, p)
			_ = http.NewResponseController(w).Flush()
		}
		if end != nil {
			end(r)
		}
	}
}

func TestAStreamIsHandedOverEventByEvent(t *testing.T) {
	t.Parallel()
	step := make(chan struct{})
	r := newRecipient(t, func(w http.ResponseWriter, req *http.Request) {
		events(nil, ": hello\n\n", "data: {\"a\":\"\xe7", "\x8b\x90\"}\r\n\r\n")(w, req)
		_ = http.NewResponseController(w).Flush()
		<-step // the second event comes only after the first has been handed over
		events(nil, "event: x\ndata: 1\ndata: 2\n\n", "data: [DONE]\n\n")(w, req)
	})
	var got []string
	d := permitted(content([]byte(png)))
	resp, err := open(t, config(r.URL)).Stream(t.Context(), d, chat(), func(data []byte) error {
		if got = append(got, string(data)); len(got) == 1 {
			close(step)
		}
		return nil
	})
	if err != nil || resp.Status != 200 || !slices.Equal(got, []string{`{"a":"狐"}`, "1\n2", "[DONE]"}) || len(d.Spent()) != 1 {
		t.Errorf("%q, %+v, %v", got, resp, err)
	}
}

func TestAStreamThatFails(t *testing.T) {
	t.Parallel()
	cut := func(*http.Request) { panic(http.ErrAbortHandler) }
	silent := func(r *http.Request) { <-r.Context().Done() }
	status := func(code int, mediaType, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", mediaType)
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(code)
			_, _ = io.WriteString(w, body)
		}
	}
	const j = "application/json"
	cases := map[string]struct {
		answer http.HandlerFunc
		class  egress.Class
		code   string
		events int
		body   string
	}{
		"cut in the middle":                 {events(cut, "data: a\n\ndata: b"), egress.UnknownOutcome, "network", 1, ""},
		"silent for too long":               {events(silent, "data: a\n\n"), egress.UnknownOutcome, "idle", 1, ""},
		"an event that is too long":         {events(nil, "data: a\n\n", "data: "+strings.Repeat("x", 600)+"\n\n"), egress.UnknownOutcome, "stream-too-large", 1, ""},
		"a stream that is too long":         {events(nil, slices.Repeat([]string{"data: " + strings.Repeat("x", 400) + "\n\n"}, 6)...), egress.UnknownOutcome, "stream-too-large", 4, ""},
		"an answer of another kind":         {status(200, j, `{}`), egress.UnknownOutcome, "reply-type", 0, ""},
		"a refusal with the adapter's code": {status(400, j, `{"error":{"code":"x"}}`), egress.Bug, "http-400", 0, `{"error":{"code":"x"}}`},
		"too much at once":                  {status(429, j, `{}`), egress.Throttled, "http-429", 0, `{}`},
		"an error page":                     {status(502, "text/html", `<html>`), egress.UnknownOutcome, "http-502", 0, ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRecipient(t, tc.answer)
			c := config(r.URL)
			c.MaxReply, c.MaxResult = 500, 2000
			if tc.code == "idle" {
				c.StreamIdle = 300 * time.Millisecond
			}
			n := 0
			d := permitted(content([]byte(png)))
			resp, err := open(t, c).Stream(t.Context(), d, chat(), func([]byte) error { n++; return nil })
			f := failed(t, err)
			if f.Class != tc.class || f.Code != tc.code || !f.WasSent || n != tc.events || string(resp.Body) != tc.body || len(d.Spent()) != 1 {
				t.Errorf("%+v after %d events, body %s", f, n, resp.Body)
			}
			if (f.RetryAfter == 7*time.Second) != (tc.code == "http-400" || tc.code == "http-429" || tc.code == "http-502") {
				t.Errorf("the hint is %v", f.RetryAfter)
			}
		})
	}
}

func TestAnAdapterEndsAStream(t *testing.T) {
	t.Parallel()
	r := newRecipient(t, events(func(r *http.Request) { <-r.Context().Done() }, "data: a\n\n", "data: b\n\n"))
	verdict := &egress.Error{Class: egress.ContentRefused, Code: "policy"}
	_, err := open(t, config(r.URL)).Stream(t.Context(), permitted(content([]byte(png))), chat(), func([]byte) error { return verdict })
	if f := failed(t, err); f.Class != egress.ContentRefused || f.Code != "policy" || !f.WasSent || verdict.WasSent {
		t.Errorf("%+v, %+v", f, verdict)
	}
	other := fmt.Errorf("no more")
	if _, err := open(t, config(r.URL)).Stream(t.Context(), permitted(content([]byte(png))), chat(), func([]byte) error { return other }); err != other {
		t.Errorf("got %v", err)
	}
}

func TestOnlyAStreamIsStreamed(t *testing.T) {
	t.Parallel()
	r := newRecipient(t, nil)
	e, d := open(t, config(r.URL)), permitted(content([]byte(png)))
	if _, err := e.Send(t.Context(), d, chat()); failed(t, err).Code != "reply" {
		t.Errorf("got %v", err)
	}
	if _, err := e.Stream(t.Context(), d, create(), nil); failed(t, err).Code != "reply" {
		t.Errorf("got %v", err)
	}
	if got, _ := r.seen(); len(got) != 0 || len(d.Spent()) != 0 {
		t.Errorf("%d requests arrived", len(got))
	}
}

func TestACancelledStreamSaysThatContentHasLeft(t *testing.T) {
	t.Parallel()
	r := newRecipient(t, events(func(r *http.Request) { <-r.Context().Done() }, "data: a\n\n"))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := open(t, config(r.URL)).Stream(ctx, permitted(content([]byte(png))), chat(), func([]byte) error { cancel(); return nil })
	if f := failed(t, err); f.Class != egress.UnknownOutcome || f.Code != "network" || !f.WasSent {
		t.Errorf("got %+v", f)
	}
}
