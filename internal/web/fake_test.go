package web

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/clock"
)

// fakeAPI answers like the public API, from canned facts, and remembers what it was asked.
type fakeAPI struct {
	mu       sync.Mutex
	now      time.Time
	requests []seen
	tasks    int // tasks made
	polls    int // how often the made task was looked at
	stale    bool
	reject   string // code that POST /v1/tasks answers
}

// seen is one request that reached the API.
type seen struct {
	Method, Path string
	Header       http.Header
	Body         string
}

const fakeToken = "tok_secret"

func day() time.Time { return time.Date(2026, 11, 21, 14, 2, 31, 0, time.UTC) }

func at(d time.Duration) *time.Time { t := day().Add(d); return &t }

func (f *fakeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	f.mu.Lock()
	f.requests = append(f.requests, seen{r.Method, r.URL.Path, r.Header.Clone(), string(b)})
	f.mu.Unlock()
	key := r.Method + " " + r.URL.Path
	switch {
	case key == "POST /v1/sessions":
		reply(w, 201, client.Session{ID: "ses_1", Subject: "sub_1", AccessToken: fakeToken, ExpiresAt: day().Add(time.Hour)})
	case needsSession(r) && r.Header.Get("Authorization") != "Bearer "+fakeToken:
		problem(w, 401, "unauthenticated")
	case key == "POST /v1/consents" && f.stale:
		f.stale = false
		problem(w, 409, "consent-stale")
	case key == "POST /v1/tasks" && f.reject != "":
		problem(w, 422, f.reject)
	case strings.HasSuffix(key, "/events"):
		f.events(w)
	case strings.HasSuffix(key, "/content"):
		b, _ := os.ReadFile("testdata/coffee.jpg")
		w.Header().Set("Content-Type", "image/jpeg")
		_, _ = w.Write(b)
	default:
		f.answer(w, key, r.URL.Query().Get("lang")+r.Header.Get("Accept-Language"))
	}
}

func needsSession(r *http.Request) bool {
	for _, p := range []string{"/v1/consents", "/v1/uploads", "/v1/tasks", "/v1/outputs", "/v1/privacy", "/v1/me", "/v1/notices", "/v1/support", "/v1/feedback", "/v1/account"} {
		if strings.HasPrefix(r.URL.Path, p) {
			return true
		}
	}
	return false
}

func (f *fakeAPI) answer(w http.ResponseWriter, key, lang string) {
	if strings.HasPrefix(key, "GET /v1/tasks/tsk_new") {
		f.mu.Lock()
		f.polls++
		t := newTask(f.polls)
		f.mu.Unlock()
		reply(w, 200, t)
		return
	}
	zh := strings.Contains(lang, "zh")
	answers := cannedReads(zh)
	for k, v := range cannedWrites() {
		answers[k] = v
	}
	whole := cannedCenter(zh)
	maps.Copy(whole, answers)
	answers, key = whole, onePolicy(key)
	v, ok := answers[key]
	if p, isProblem := v.(client.Problem); isProblem {
		problem(w, p.Status, p.Code)
		return
	}
	if !ok {
		problem(w, 404, "not-found")
		return
	}
	status := 200
	if strings.HasPrefix(key, "POST") {
		status = 201
	}
	reply(w, status, v)
}

func cannedWrites() map[string]any {
	done := client.RightsRequest{ID: "rrq_1", Kind: "erase", State: "done", DoneAt: day(), Erased: 5, Receipts: []client.Receipt{receipt("rcp_1")}}
	return map[string]any{
		"POST /v1/consents": client.Consent{ID: "con_new", Feature: "avatar", Decision: "granted", CreatedAt: day()}, "DELETE /v1/consents/con_1": client.Consent{ID: "con_1"},
		"POST /v1/uploads": client.Upload{ID: "upl_new", State: "ready"}, "DELETE /v1/uploads/upl_new": receipt("rcp_1"),
		"POST /v1/tasks": newTask(0), "POST /v1/tasks/tsk_running/cancel": task("canceled"), "POST /v1/tasks/tsk_awaiting_confirmation/confirm": task("queued"),
		"DELETE /v1/outputs/out_1": receipt("rcp_1"), "POST /v1/privacy/requests": done, "DELETE /v1/sessions/current": map[string]string{},
		"POST /demo/clock": client.ClockState{Now: day().Add(25 * time.Hour), Erased: 2},
	}
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func problem(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(client.Problem{Type: "/problems/" + code, Status: status, Code: code, Title: "Title of " + code, Detail: "Detail.",
		RequestID: "req_7F", Receipt: map[bool]string{true: "rcp_1"}[code == "erased"], DeletedAt: map[bool]*time.Time{true: at(-time.Hour)}[code == "erased"]})
}

// events streams what a task does: sixteen small steps, then done.
func (f *fakeAPI) events(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/event-stream")
	flush := http.NewResponseController(w)
	for i := range 4 {
		_, _ = fmt.Fprintf(w, "id: %d\nevent: state\ndata: {\"state\":\"generating\",\"progress\":{\"percent\":%d,\"message\":\"Making\"}}\n\n", i+1, 20+i*25)
		_ = flush.Flush()
		time.Sleep(40 * time.Millisecond)
	}
	f.mu.Lock()
	f.polls = 100
	f.mu.Unlock()
	_, _ = fmt.Fprint(w, "id: 9\nevent: done\ndata: {\"state\":\"succeeded\"}\n\n")
	_ = flush.Flush()
}

// last returns the newest request with that method and path.
func (f *fakeAPI) last(method, path string) (seen, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := len(f.requests) - 1; i >= 0; i-- {
		if q := f.requests[i]; q.Method == method && q.Path == path {
			return q, true
		}
	}
	return seen{}, false
}

// newSite returns the pages over a fresh fake.
func newSite(t *testing.T, change func(*Options)) (http.Handler, *fakeAPI) {
	t.Helper()
	f := &fakeAPI{now: day()}
	o := Options{API: f, Clock: clock.NewFake(day()), Demo: true, PublicURL: "http://127.0.0.1:8420",
		Samples: fstest.MapFS{"coffee.jpg": {Data: []byte("jpeg")}, "astronaut.jpg": {Data: []byte("jpeg")}},
		VerifyReceipt: func(client.Receipt) ([]Check, bool) {
			return []Check{{Name: "signature", OK: true, Detail: "vow-log"}, {Name: "inclusion", OK: true, Detail: "leaf 41 of 88"}}, true
		}}
	if change != nil {
		change(&o)
	}
	h, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return h, f
}
