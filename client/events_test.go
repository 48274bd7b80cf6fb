package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// feed is a server of one event stream: every connection gets the next of its scripts.
type feed struct {
	scripts []string
	seen    []string // Last-Event-ID of each connection
}

func (f *feed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.seen = append(f.seen, r.Header.Get("Last-Event-ID"))
	script := f.scripts[min(len(f.seen), len(f.scripts))-1]
	if code, ok := strings.CutPrefix(script, "status "); ok {
		var status int
		_, _ = fmt.Sscan(code, &status)
		answerJSON(w, status, Problem{Code: "some-problem"})
		return
	}
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.WriteHeader(200)
	for i := range len(script) { // one byte per packet: also splits characters
		_, _ = w.Write([]byte{script[i]})
		_ = http.NewResponseController(w).Flush()
	}
}

func follow(t *testing.T, f *feed, from string) (names []string, err error) {
	t.Helper()
	c := serve(t, f.ServeHTTP)
	for ev, err := range c.Events(t.Context(), "tsk_1", from) {
		if err != nil {
			return names, err
		}
		names = append(names, ev.ID+" "+ev.Event+" "+string(ev.Data))
	}
	return names, nil
}

func TestEventsEndWithDone(t *testing.T) {
	t.Parallel()
	f := &feed{scripts: []string{": hello\nretry: 1\n\nid: 1\nevent: state\ndata: {\"message\":\"卡\"}\n\nid: 2\nevent: done\ndata: {}\n\nid: 3\nevent: state\ndata: late\n\n"}}
	got, err := follow(t, f, "")
	if err != nil {
		t.Fatal(err)
	}
	if want := `[1 state {"message":"卡"} 2 done {}]`; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestABrokenStreamIsResumedAfterTheLastEvent(t *testing.T) {
	t.Parallel()
	f := &feed{scripts: []string{
		"retry: 1\nid: 5\nevent: state\ndata: a\n\nid: 6\nevent: state\ndata: cut sho",
		"status 503",
		"",
		"id: 6\nevent: state\ndata: b\n\n",
		"id: 7\nevent: done\ndata: {}\n\n",
	}}
	got, err := follow(t, f, "4")
	if err != nil {
		t.Fatal(err)
	}
	if want := "[5 state a 6 state b 7 done {}]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
	if want := "[4 5 5 5 6]"; fmt.Sprint(f.seen) != want {
		t.Errorf("resumed after %v, want %s", f.seen, want)
	}
}

func TestFollowingGivesUp(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		scripts []string
		calls   int
		want    string
	}{
		"at once when the server refuses":    {[]string{"status 404"}, 1, "some-problem"},
		"when streams bring nothing":         {[]string{"retry: 1\n\n"}, maxAttempts, "broke 8 times"},
		"at once when an event is too large": {[]string{"data: " + strings.Repeat("x", maxEvent+1)}, 1, "larger than"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &feed{scripts: tt.scripts}
			h := f.ServeHTTP
			if len(tt.scripts[0]) > maxEvent { // byte by byte would take long
				h = func(w http.ResponseWriter, _ *http.Request) {
					f.seen = append(f.seen, "")
					w.Header().Set("Content-Type", "text/event-stream")
					_, _ = w.Write([]byte(tt.scripts[0]))
				}
			}
			c := serve(t, h)
			var last error
			for _, err := range c.Events(t.Context(), "tsk_1", "") {
				last = err
			}
			if last == nil || !strings.Contains(last.Error(), tt.want) || len(f.seen) != tt.calls {
				t.Errorf("gave up after %d calls with %v", len(f.seen), last)
			}
		})
	}
}

func TestAPingingStreamIsNotGivenUp(t *testing.T) {
	t.Parallel()
	scripts := []string{}
	for range 2 * maxAttempts {
		scripts = append(scripts, "retry: 1\n: ping\n\n")
	}
	f := &feed{scripts: append(scripts, "event: done\ndata: {}\n\n")}
	if got, err := follow(t, f, ""); err != nil || len(got) != 1 {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestNoContentEndsTheStreamQuietly(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) })
	for ev, err := range c.Events(t.Context(), "tsk_1", "9") {
		t.Errorf("got %v, %v", ev, err)
	}
}

func TestAnswersThatAreNoEventStreamAreRefused(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, 200, struct{}{}) })
	for _, err := range c.Events(t.Context(), "tsk_1", "") {
		var p *Problem
		if !errors.As(err, &p) || p.Code != "not-an-event-stream" {
			t.Errorf("got %v", err)
		}
	}
}

func TestFollowingEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = w.Write([]byte("id: 1\nevent: state\ndata: {\"state\":\"queued\",\"progress\":{\"percent\":3}}\n\n"))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	var last error
	for ev, err := range c.Events(ctx, "tsk_1", "") {
		last = err
		if err != nil {
			continue
		}
		var s TaskState
		if err := ev.Decode(&s); err != nil || s.State != "queued" || s.Progress.Percent != 3 {
			t.Errorf("decoded %+v, %v", s, err)
		}
		if err := ev.Decode(&struct{ State int }{}); err == nil {
			t.Error("no error for data of another shape")
		}
		cancel()
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("ended with %v", last)
	}
}

func TestAPieceOfATextIsDecodedAndMovesNoResumePoint(t *testing.T) {
	t.Parallel()
	f := &feed{scripts: []string{
		"retry: 1\nid: 3\nevent: state\ndata: {}\n\nevent: text\ndata: {\"piece\":\"Es war \\neinmal\"}\n\n",
		"id: 4\nevent: done\ndata: {}\n\n",
	}}
	c := serve(t, f.ServeHTTP)
	var said []string
	for ev, err := range c.Events(t.Context(), "tsk_1", "") {
		if err != nil {
			t.Fatal(err)
		}
		var p TextPiece
		if ev.Event == "text" {
			if err := ev.Decode(&p); err != nil {
				t.Fatal(err)
			}
			said = append(said, p.Piece)
		}
	}
	if fmt.Sprintf("%q %v", said, f.seen) != `["Es war \neinmal"] [ 3]` {
		t.Errorf("%q, resumed after %v", said, f.seen)
	}
}
