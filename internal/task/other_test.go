package task

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/medialink"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/store"
)

// other is a recipient that does what the test says: driver, service and address in one. What it was
// sent, it keeps.
type other struct {
	srv     *httptest.Server
	book    *medialink.Book
	fetches medialink.Fetches

	mu       sync.Mutex
	begin    func(driver.Order) (driver.Begun, error) // after the content has left
	before   func(driver.Order) error                 // before it leaves
	poll     func() (driver.Status, error)
	residue  driver.Residue
	refuses  error // what Forget fails with
	left     driver.Ticket
	paused   map[privacy.RecipientID]bool
	got      []map[string]any
	links    []string
	read     [][]byte // what lay behind the links
	words    []string // pieces of a text that it shows while it works
	orders   []driver.Order
	forgot   []string
	answerAs int
}

func newOther(t *testing.T, clk clock.Clock) *other {
	t.Helper()
	o := &other{paused: map[privacy.RecipientID]bool{}, answerAs: http.StatusOK}
	mux := http.NewServeMux()
	o.srv = httptest.NewServer(mux)
	o.book = medialink.NewBook(o.srv.URL+"/m", clk, o)
	mux.Handle("/m/", o.book)
	mux.HandleFunc("/call", o.call)
	t.Cleanup(o.srv.Close)
	return o
}

// Fetched implements medialink.Fetches with the ledger that the world has by then.
func (o *other) Fetched(ctx context.Context, f medialink.Fetch) error {
	return o.fetches.Fetched(ctx, f)
}

// Paused implements traffic.Pauses.
func (o *other) Paused(r privacy.RecipientID) (bool, time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.paused[r], time.Time{}
}

func (o *other) configs(wiring map[privacy.AppID]provider.Wiring) (list []egress.Config) {
	for r := range wiring["mixoo"] {
		if r != abroad {
			list = append(list, egress.Config{Recipient: r, BaseURL: o.srv.URL, AllowLoopback: true, Links: o.book, CallbackBase: "http://127.0.0.1:9/hooks"})
		}
	}
	return list
}

// call takes content in, and reads what lies behind a link.
func (o *other) call(w http.ResponseWriter, r *http.Request) {
	var body map[string]any
	_ = json.NewDecoder(r.Body).Decode(&body)
	o.mu.Lock()
	o.got = append(o.got, body)
	for _, v := range body {
		if s, ok := v.(string); ok && strings.HasPrefix(s, o.srv.URL+"/m/") {
			o.links = append(o.links, s)
		}
	}
	status := o.answerAs
	o.mu.Unlock()
	for _, v := range body {
		if s, ok := v.(string); ok && strings.HasPrefix(s, o.srv.URL+"/m/") {
			raw := contentOf(s)
			o.set(func(o *other) { o.read = append(o.read, raw) })
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, "{}")
}

func contentOf(address string) []byte {
	resp, err := http.Get(address) //nolint:gosec // a test's own server
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	raw, _ := io.ReadAll(resp.Body)
	return raw
}

func readLink(address string) (int, int) {
	resp, err := http.Get(address) //nolint:gosec // a test's own server
	if err != nil {
		return 0, 0
	}
	defer resp.Body.Close()
	n, _ := io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, int(n)
}

// Begin sends every field as the policy lets it travel.
func (o *other) Begin(ctx context.Context, s driver.Sender, order driver.Order) (driver.Begun, error) {
	o.mu.Lock()
	o.orders = append(o.orders, order)
	before, begin := o.before, o.begin
	o.mu.Unlock()
	if before != nil {
		if err := before(order); err != nil {
			return driver.Begun{}, err
		}
	}
	if err := s.Save(ctx, []byte("upload-1")); err != nil {
		return driver.Begun{}, err
	}
	body := wire.JSON{}
	for _, f := range s.Fields() {
		switch s.Transport(f) {
		case "url":
			body[string(f)] = wire.Link(f)
		case "base64":
			body[string(f)] = wire.Base64(f)
		default:
			body[string(f)] = wire.Text(f)
		}
	}
	if _, err := s.Send(ctx, wire.Request{Method: "POST", Path: "/call", Body: body}); err != nil {
		return driver.Begun{}, err
	}
	for _, piece := range o.words {
		s.Show(privacy.NewText(piece))
	}
	return begin(order)
}

// Poll answers as the test says.
func (o *other) Poll(context.Context, driver.Follower, driver.Ticket) (driver.Status, error) {
	return o.poll()
}

// Cancel is not possible there.
func (o *other) Cancel(context.Context, driver.Follower, driver.Ticket) (driver.CancelOutcome, error) {
	return driver.Unsupported, nil
}

// Forget does what the test says.
func (o *other) Forget(_ context.Context, _ driver.Follower, t driver.Ticket) (driver.Residue, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.forgot = append(o.forgot, string(t))
	return o.residue, o.refuses
}

// Leftover finds what Begin saved.
func (o *other) Leftover(saved []byte) (driver.Ticket, bool) {
	return saved, string(saved) == "upload-1"
}

// set changes what the recipient does.
func (o *other) set(f func(o *other)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f(o)
}

func (o *other) calls() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.got)
}

// answers makes the recipient answer at once.
func (o *other) answers(r driver.Result) {
	o.set(func(o *other) {
		o.begin = func(driver.Order) (driver.Begun, error) {
			return driver.Begun{Ticket: driver.Ticket("done-1"), Status: &driver.Status{State: driver.Done, Results: []driver.Result{r}}}, nil
		}
	})
}

// dies works on a task until the process comes to a point, and ends there.
func (w *world) dies(k store.Task, point string) {
	w.t.Helper()
	reached := make(chan bool, 1)
	w.when(point, func() {
		reached <- true
		runtime.Goexit()
	})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = w.turnOnce(k)
	}()
	<-ended
	select {
	case <-reached:
	default:
		w.t.Fatalf("the work never came to %s", point)
	}
}

// fill is a request of Mixoo with an upload for each of the roles.
func (w *world) fill(who Who, f privacy.FeatureID, texts map[privacy.Field]privacy.Text, roles ...privacy.Field) Request {
	w.t.Helper()
	r := Request{Feature: f, Inputs: map[privacy.Field]privacy.ObjectID{}, Texts: texts, Consent: w.agree(who, f), Language: "en"}
	for _, role := range roles {
		r.Inputs[role] = w.upload(who).Object
	}
	return r
}
