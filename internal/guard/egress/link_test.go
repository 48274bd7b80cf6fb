package egress_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/medialink"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/guard/guardtest"
	"vow.example/vow/internal/privacy"
)

const linkTask = privacy.TaskID("tsk_0000000000000000000000000b")

// fetches is a ledger in memory.
type fetches struct {
	mu   sync.Mutex
	rows []medialink.Fetch
}

func (f *fetches) Fetched(_ context.Context, row medialink.Fetch) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rows = append(f.rows, row)
	return nil
}

// media serves a book of links.
func media(t *testing.T) (*medialink.Book, *fetches) {
	t.Helper()
	mux, ledger := http.NewServeMux(), &fetches{}
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	book := medialink.NewBook(srv.URL+"/m", clock.NewFake(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)), ledger)
	mux.Handle("/m/", book)
	return book, ledger
}

func linked() disclosure.Disclosure {
	return guardtest.Disclosure(disclosure.Entry{ID: "trf_x", App: "mixoo", Subject: "sub_x", Task: linkTask, Recipient: "runninghub"},
		disclosure.Content{"photo": guardtest.Travelling(content([]byte(png))["photo"], "url")})
}

func swap() wire.Request {
	return wire.Request{Method: "POST", Path: "/x", Body: wire.JSON{"ImageURL": wire.Link("photo")}}
}

func TestARecipientReadsThePictureThroughItsLink(t *testing.T) {
	t.Parallel()
	book, ledger := media(t)
	fetched := make(chan string, 1)
	r := newRecipient(t, func(w http.ResponseWriter, _ *http.Request) { serve("application/json", `{}`)(w, nil) })
	c := config(r.URL)
	c.Links = book
	d := linked()
	if _, err := open(t, c).Send(t.Context(), d, swap()); err != nil {
		t.Fatal(err)
	}
	_, bodies := r.seen()
	var got struct{ ImageURL string }
	if err := json.Unmarshal([]byte(bodies[0]), &got); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(fetched)
		rt := &http.Transport{DisableKeepAlives: true}
		req, _ := http.NewRequestWithContext(t.Context(), "GET", got.ImageURL, nil)
		answer, err := rt.RoundTrip(req)
		if err != nil {
			return
		}
		defer answer.Body.Close()
		data, _ := io.ReadAll(answer.Body)
		fetched <- string(data)
	}()
	if data := <-fetched; data != png {
		t.Errorf("the recipient read %q", data)
	}
	if len(ledger.rows) != 1 || ledger.rows[0].Transfer != "trf_x" || ledger.rows[0].Task != linkTask || ledger.rows[0].Field != "photo" || ledger.rows[0].Subject != "sub_x" || ledger.rows[0].App != "mixoo" || ledger.rows[0].Recipient != "runninghub" {
		t.Errorf("the ledger has %+v", ledger.rows)
	}
	if len(d.Spent()) != 1 || d.SentBytes() != 0 {
		t.Errorf("spent %v, %d bytes in the call itself", d.Spent(), d.SentBytes())
	}
}

func TestALinkDiesWithACallThatDidNotLeave(t *testing.T) {
	t.Parallel()
	book, _ := media(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + l.Addr().String()
	_ = l.Close()
	for name, r := range map[string]wire.Request{
		"in a body":                       swap(),
		"in a query":                      {Method: "GET", Path: "/x", Query: map[string]wire.Value{"u": wire.Link("photo")}},
		"next to a value that is refused": {Method: "POST", Path: "/x", Body: wire.JSON{"a": wire.Link("photo"), "b": wire.Number("style")}},
	} {
		c := config(closed)
		c.Links = book
		d := guardtest.Disclosure(disclosure.Entry{ID: "trf_x", Task: linkTask, Recipient: "runninghub"}, disclosure.Content{
			"photo": guardtest.Travelling(content([]byte(png))["photo"], "url"), "style": disclosure.Code("pencil"),
		})
		_, err := open(t, c).Send(t.Context(), d, r)
		if f := failed(t, err); f.WasSent || len(d.Spent()) != 0 || book.Alive(linkTask) != 0 {
			t.Errorf("%s: %+v, spent %v, %d links alive", name, f, d.Spent(), book.Alive(linkTask))
		}
	}
}

func TestALinkOutlivesALostAnswerAndDiesOnTheNextTry(t *testing.T) {
	t.Parallel()
	book, _ := media(t)
	r := newRecipient(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	for name, req := range map[string]wire.Request{
		"in a body":                swap(),
		"in a query":               {Method: "GET", Path: "/x", Query: map[string]wire.Value{"u": wire.Link("photo")}},
		"in a query beside a body": {Method: "POST", Path: "/x", Query: map[string]wire.Value{"u": wire.Link("photo")}, Body: wire.JSON{"n": wire.Int(1)}},
	} {
		c := config(r.URL)
		c.Links = book
		e, d := open(t, c), linked()
		_, err := e.Send(t.Context(), d, req)
		if f := failed(t, err); f.Class != egress.UnknownOutcome || !f.WasSent || book.Alive(linkTask) != 1 {
			t.Errorf("%s: %+v, %d links alive", name, f, book.Alive(linkTask))
		}
		e.Untaken(d, []privacy.Field{"photo"})
		if book.Alive(linkTask) != 0 {
			t.Errorf("%s: a link of a call that was not taken is alive", name)
		}
		_, _ = e.Send(t.Context(), d, req)
		if book.Alive(linkTask) != 1 {
			t.Errorf("%s: %d links alive after a second try", name, book.Alive(linkTask))
		}
		book.End(linkTask)
	}
}

func TestLinksAreForTheNamedNetworks(t *testing.T) {
	t.Parallel()
	book, ledger := media(t)
	r := newRecipient(t, nil)
	c := config(r.URL)
	c.Links, c.LinkFrom = book, []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}
	if _, err := open(t, c).Send(t.Context(), linked(), swap()); err != nil {
		t.Fatal(err)
	}
	_, bodies := r.seen()
	var got struct{ ImageURL string }
	if err := json.Unmarshal([]byte(bodies[0]), &got); err != nil {
		t.Fatal(err)
	}
	w, req := httptest.NewRecorder(), httptest.NewRequest("GET", got.ImageURL, nil)
	req.RemoteAddr = "198.51.100.7:4000"
	if book.ServeHTTP(w, req); w.Code != 404 || len(ledger.rows) != 0 {
		t.Errorf("%d, %v", w.Code, ledger.rows)
	}
	c.Links = medialink.NewBook("http://media.example/m", clock.Real{}, ledger)
	if _, err := egress.New([]egress.Config{c}, nolog()); err == nil {
		t.Error("links over plain http are accepted")
	}
	c.Links = book
	nobody := guardtest.Disclosure(disclosure.Entry{ID: "trf_x", Recipient: "runninghub"}, disclosure.Content{"photo": guardtest.Travelling(content([]byte(png))["photo"], "url")})
	if _, err := open(t, c).Send(t.Context(), nobody, swap()); failed(t, err).Code != "no-link" || len(nobody.Spent()) != 0 {
		t.Errorf("a link without a task: %v", err)
	}
}
