package medialink_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress/medialink"
	"vow.example/vow/internal/guard/guardtest"
	"vow.example/vow/internal/guard/internal/handover"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/privacy"
)

func TestWithoutARowInTheLedgerNothingIsServed(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]bool{"failed and not kept": false, "failed and kept all the same": true} {
		h := newHost(t)
		l := h.lend(t, still(t))
		h.ledger.fail, h.ledger.late = errors.New("disk full"), late
		if status, header, data := ask(t, "GET", l.Address()); status != 503 || data != "" || header.Get("Content-Type") != "" {
			t.Errorf("%s: %d %q", name, status, data)
		}
		h.ledger.mu.Lock()
		h.ledger.fail = nil
		h.ledger.mu.Unlock()
		for _, want := range []int{200, 200, 410} {
			if status, _, _ := ask(t, "GET", l.Address()); status != want {
				t.Errorf("%s: %d, want %d", name, status, want)
			}
		}
		used := map[int]bool{}
		for _, row := range h.ledger.kept() {
			if used[row.Number] {
				t.Errorf("%s: the number %d stands twice in the ledger", name, row.Number)
			}
			used[row.Number] = true
		}
	}
}

func TestTheRowIsThereBeforeTheFirstByte(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	var opened, read atomic.Int64
	l := h.lend(t, payload(t, guardtest.Stream(vault.Ref{MediaType: "image/jpeg", Bytes: 4}, func() (io.ReadCloser, error) {
		opened.Add(1)
		return io.NopCloser(reading(func(p []byte) (int, error) { return copy(p, "data"[read.Add(4)-4:]), nil })), nil
	})))
	h.ledger.hook = func() {
		if read.Load() != 0 {
			t.Error("the picture was read before the row was kept")
		}
	}
	if status, _, data := ask(t, "GET", l.Address()); status != 200 || data != "data" || opened.Load() != 1 {
		t.Errorf("%d %q", status, data)
	}
}

type reading func(p []byte) (int, error)

func (r reading) Read(p []byte) (int, error) { return r(p) }

func TestALinkThatEndsWhileItsRowIsKeptServesNothing(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	l := h.lend(t, still(t))
	h.ledger.hook = func() { h.End(task) }
	if status, _, data := ask(t, "GET", l.Address()); status != 410 || data != "" {
		t.Errorf("%d %q", status, data)
	}
}

func TestAnAnswerThatIsCutNeverLooksWhole(t *testing.T) {
	t.Parallel()
	const size = 1 << 20
	block := strings.Repeat("x", 64<<10)
	cuts := map[string]func(h *host, n int) error{
		"the task ends":          func(h *host, n int) error { h.End(task); return nil },
		"its time is over":       func(h *host, n int) error { h.clock.Advance(15 * time.Minute); return nil },
		"the lease ends":         func(_ *host, n int) error { return vault.ErrErased },
		"the picture is short":   func(_ *host, n int) error { return io.EOF },
		"the link is taken back": func(h *host, n int) error { h.lend(t, still(t)); return nil },
	}
	for name, cut := range cuts {
		h := newHost(t)
		n := 0
		l := h.lend(t, payload(t, guardtest.Stream(vault.Ref{MediaType: "image/png", Bytes: size}, func() (io.ReadCloser, error) {
			return io.NopCloser(reading(func(p []byte) (int, error) {
				if n += len(p); n > size/2 {
					if err := cut(h, n); err != nil {
						return 0, err
					}
				}
				return copy(p, block), nil
			})), nil
		})))
		if status, _, data := ask(t, "GET", l.Address()); status != 0 || len(data) >= size {
			t.Errorf("%s: %d, %d bytes", name, status, len(data))
		}
	}
}

func TestARecipientThatDoesNotReadIsCutOffWhenTheTaskEnds(t *testing.T) {
	t.Parallel()
	const size = 64 << 20
	h := newHost(t)
	closed := make(chan struct{})
	l := h.lend(t, payload(t, guardtest.Stream(vault.Ref{MediaType: "video/mp4", Bytes: size}, func() (io.ReadCloser, error) {
		return struct {
			io.Reader
			io.Closer
		}{reading(func(p []byte) (int, error) { return len(p), nil }), closing(func() { close(closed) })}, nil
	})))
	r, err := http.NewRequestWithContext(t.Context(), "GET", l.Address(), nil)
	if err != nil {
		t.Fatal(err)
	}
	rt := &http.Transport{DisableKeepAlives: true}
	answer, err := rt.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	h.End(task)
	<-closed
}

type closing func()

func (c closing) Close() error { c(); return nil }

func TestManyAtOnceGetNoMoreThanThree(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	l := h.lend(t, still(t))
	var wg sync.WaitGroup
	var served, late atomic.Int64
	for range 40 {
		wg.Go(func() {
			switch status, _, data := ask(t, "GET", l.Address()); {
			case status == 200 && data == picture:
				served.Add(1)
			case status == 410:
				late.Add(1)
			}
		})
	}
	wg.Wait()
	if served.Load() != 3 || late.Load() != 37 || len(h.ledger.kept()) != 3 {
		t.Errorf("%d served, %d late, %d rows", served.Load(), late.Load(), len(h.ledger.kept()))
	}
}

func TestGrantsEndsAndFetchesMayCross(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	var wg sync.WaitGroup
	for i := range 20 {
		id := privacy.TaskID(fmt.Sprint("tsk_", i%5))
		wg.Go(func() {
			l := h.lend(t, still(t), func(g *medialink.Grant) { g.Task, g.Transfer = id, privacy.TransferID(fmt.Sprint("trf_", i)) })
			ask(t, "GET", l.Address())
			h.End(id)
			if status, _, _ := ask(t, "GET", l.Address()); status != 410 {
				t.Errorf("%d after the end", status)
			}
			h.clock.Advance(time.Second)
		})
	}
	wg.Wait()
	for i := range 5 {
		if n := h.Alive(privacy.TaskID(fmt.Sprint("tsk_", i))); n != 0 {
			t.Errorf("%d links stay", n)
		}
	}
}

// inferred calls grant with the zero value of its key type, which no package needs to name.
func inferred[K any](grant func(K, medialink.Grant) (medialink.Link, error), g medialink.Grant) error {
	var zero K
	_, err := grant(zero, g)
	return err
}

func TestALinkIsRefused(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	good := medialink.Grant{Task: task, Payload: still(t)}
	if err := inferred(h.Grant, good); !errors.Is(err, medialink.ErrRefused) {
		t.Errorf("without a key: %v", err)
	}
	tiff, empty, words := good, good, good
	tiff.Payload.MediaType, empty.Payload.Bytes, words.Payload = "image/tiff", 0, disclosure.Payload{Text: privacy.NewText("x"), MediaType: "image/png", Bytes: 1}
	nobody := good
	nobody.Task = ""
	for name, g := range map[string]medialink.Grant{"another type": tiff, "nothing": empty, "words": words, "no task": nobody} {
		if _, err := h.Grant(handover.New(), g); !errors.Is(err, medialink.ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	l := h.lend(t, still(t))
	h.Revoke(handover.Key{}, l)
	if h.Alive(task) != 1 {
		t.Error("the zero key takes a link back")
	}
	if out := fmt.Sprintf("%v %+v %#v %s", l, l, l, l); strings.Contains(out, "http") {
		t.Errorf("a link prints %s", out)
	}
}

func TestLinksBeginWithAnHonestAddress(t *testing.T) {
	t.Parallel()
	for base, fine := range map[string]bool{
		"https://media.example/m": true, "https://media.example/m/": true, "http://127.0.0.1:8420/m": true, "http://localhost:1/m": true, "http://[::1]:1/m": true,
		"http://media.example/m": false, "": false, "/m": false, "ftp://127.0.0.1/m": false, "https://a:b@media.example/m": false, "https://media.example/m?x=1": false, "http://127.0.0.1.evil.example/m": false,
	} {
		if err := medialink.NewBook(base, clock.Real{}, &ledger{}).Check(); (err == nil) != fine {
			t.Errorf("%q: %v", base, err)
		}
	}
	if medialink.NewBook("https://media.example/m", clock.Real{}, nil).Check() == nil || medialink.NewBook("https://media.example/m", nil, &ledger{}).Check() == nil {
		t.Error("a book without a ledger or a clock is accepted")
	}
}
