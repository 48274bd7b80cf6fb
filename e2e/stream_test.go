package e2e

import (
	"bufio"
	"bytes"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// wire stands between browser and server and disturbs event streams.
type wire struct {
	proxy  *httputil.ReverseProxy
	cutAt  int  // the first stream ends without warning after so many events
	refuse bool // there are no event streams at all

	mu      sync.Mutex
	resumed []string // Last-Event-ID of every stream that was asked for
	ids     [][]int  // ids of the events that passed, by stream
}

func newWire(t *testing.T, target string) *wire {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{proxy: httputil.NewSingleHostReverseProxy(u)}
	w.proxy.ErrorLog = log.New(io.Discard, "", 0) // it would tell about the cut we made
	w.proxy.ModifyResponse = func(r *http.Response) error {
		if strings.HasSuffix(r.Request.URL.Path, "/events") {
			w.mu.Lock()
			defer w.mu.Unlock()
			r.Body = &stream{wire: w, number: len(w.resumed) - 1, from: bufio.NewReader(r.Body), body: r.Body, cut: w.cutAt > 0 && len(w.resumed) == 1}
		}
		return nil
	}
	return w
}

func (w *wire) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/events") {
		if w.refuse {
			http.Error(rw, "no streams here", http.StatusBadGateway)
			return
		}
		w.mu.Lock()
		w.resumed, w.ids = append(w.resumed, r.Header.Get("Last-Event-ID")), append(w.ids, nil)
		w.mu.Unlock()
	}
	w.proxy.ServeHTTP(rw, r)
}

// stream passes one event stream on, line by line.
type stream struct {
	wire   *wire
	number int
	from   *bufio.Reader
	body   io.Closer
	cut    bool
	events int
	rest   []byte
}

func (s *stream) Read(b []byte) (int, error) {
	if len(s.rest) == 0 {
		if s.cut && s.events >= s.wire.cutAt {
			return 0, io.ErrUnexpectedEOF
		}
		line, err := s.from.ReadBytes('\n')
		if err != nil {
			return 0, err
		}
		if id, ok := bytes.CutPrefix(line, []byte("id:")); ok {
			n, _ := strconv.Atoi(strings.TrimSpace(string(id)))
			s.wire.mu.Lock()
			s.wire.ids[s.number] = append(s.wire.ids[s.number], n)
			s.wire.mu.Unlock()
		}
		if len(bytes.TrimSpace(line)) == 0 {
			s.events++
		}
		s.rest = line
	}
	n := copy(b, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

func (s *stream) Close() error { return s.body.Close() }

func TestProgressGoesOnAfterTheEventStreamIsCut(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	w := newWire(t, s.url)
	w.cutAt = 3
	front := httptest.NewServer(w)
	t.Cleanup(front.Close)
	p := newTab(t, front.URL, phone())
	p.generate("a friendly portrait")
	p.until("the page says that it reconnects", `document.querySelector('#connection:not([hidden])')`)
	p.until("the result is there", `location.pathname.startsWith('/pixplus/works/')`)
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.ids) < 2 || len(w.ids[1]) == 0 {
		t.Fatalf("after the cut nothing was heard: %v", w.ids)
	}
	seen, err := strconv.Atoi(w.resumed[1])
	if err != nil || seen < 1 || seen > w.ids[0][len(w.ids[0])-1] {
		t.Errorf("the second stream was asked for after event %q, the first had %v", w.resumed[1], w.ids[0])
	}
	for _, id := range w.ids[1] {
		if id != seen+1 {
			t.Errorf("after event %s came %v: one twice, or one lost", w.resumed[1], w.ids[1])
		}
		seen = id
	}
}

func TestProgressGoesOnWithoutEventStreams(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	w := newWire(t, s.url)
	w.refuse = true
	front := httptest.NewServer(w)
	t.Cleanup(front.Close)
	p := newTab(t, front.URL, desktop())
	p.generate("a friendly portrait")
	p.until("the result is there", `location.pathname.startsWith('/pixplus/works/')`)
}
