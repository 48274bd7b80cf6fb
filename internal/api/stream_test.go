package api

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/policy/book"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task"
)

// watched is the API with one person and one task, which only the test changes.
type watched struct {
	t    *testing.T
	db   *store.DB
	http http.Handler
	task store.Task
}

const watcher = "at_watcher"

func newWatched(t *testing.T) *watched {
	t.Helper()
	dir := t.TempDir()
	db, err := store.Open(t.Context(), filepath.Join(dir, "vow.db"), [64]byte{1})
	must(t, err)
	root := filepath.Join(dir, "root")
	must(t, keyring.CreateRootFile(root))
	ring, err := keyring.Open(filepath.Join(dir, "keyring.bin"), keyring.RootFromFile(root))
	must(t, err)
	t.Cleanup(func() { _, _ = db.Close(), ring.Close() })
	policies := book.Fixed{"pixplus": policytest.PixPlus(t)}
	w := &watched{t: t, db: db}
	now := clock.Real{}.Now()
	year := now.AddDate(1, 0, 0)
	w.task = store.Task{
		ID: privacy.TaskID(privacy.NewID(privacy.PrefixTask)), App: "pixplus", Subject: "sub_1", Feature: "avatar", Recipient: "runninghub",
		State: store.Generating, CreatedAt: now, OverdueAt: year, ExpiresAt: year,
	}
	w.write(func(tx *store.Tx) error {
		return tx.InsertSubject(t.Context(), "pixplus", store.Subject{ID: "sub_1", CreatedAt: now, ExpiresAt: year})
	})
	w.write(func(tx *store.Tx) error {
		return tx.InsertSession(t.Context(), store.Session{ID: "ses_1", App: "pixplus", Subject: "sub_1", ExpiresAt: year}, []byte(watcher), now)
	})
	w.write(func(tx *store.Tx) error { return tx.InsertTask(t.Context(), w.task) })
	w.event("state")
	w.http, err = New(Options{
		DB: db, Digest: func(token string) []byte { return []byte(token) }, Policies: policies, Clock: clock.Real{}, PublicURL: "http://127.0.0.1:8420",
		Tasks: task.New(task.Options{DB: db, Ring: ring, Policies: policies, Clock: clock.Real{}}),
	})
	must(t, err)
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *watched) write(f func(*store.Tx) error) {
	w.t.Helper()
	must(w.t, w.db.Write(w.t.Context(), f))
}

func (w *watched) event(kind string) {
	w.t.Helper()
	w.write(func(tx *store.Tx) error {
		return tx.AddEvent(w.t.Context(), w.task, kind, map[string]any{"state": w.task.State}, clock.Real{}.Now())
	})
}

// end ends the task.
func (w *watched) end() {
	w.t.Helper()
	w.task.State, w.task.EndedAt = store.Failed, clock.Real{}.Now()
	w.write(func(tx *store.Tx) error { return tx.UpdateTask(w.t.Context(), w.task) })
	w.event("done")
}

// stream reads the event stream to its end.
func (w *watched) stream(method, last string) (status int, body string) {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), method, "/v1/tasks/"+string(w.task.ID)+"/events", nil)
	r.Header.Set("Authorization", "Bearer "+watcher)
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	rec := httptest.NewRecorder()
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.http.ServeHTTP(rec, r)
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second): // only a test that fails waits so long
		w.t.Fatal("the stream has no end")
	}
	raw, err := io.ReadAll(rec.Result().Body)
	must(w.t, err)
	return rec.Code, string(raw)
}

func TestAStreamEndsWithTheSessionThatReadsIt(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	out := make(chan error, 1)
	go func() {
		time.Sleep(200 * time.Millisecond) // it reads by now
		out <- w.db.Write(t.Context(), func(tx *store.Tx) error { return tx.DeleteSession(t.Context(), "pixplus", "ses_1") })
	}()
	if status, body := w.stream("GET", ""); status != http.StatusOK || !strings.Contains(body, "id: 1\n") || strings.Contains(body, "event: done") {
		t.Errorf("%d %s", status, body)
	}
	must(t, <-out)
	if status, _ := w.stream("GET", ""); status != http.StatusUnauthorized {
		t.Errorf("%d after signing out", status)
	}
}

func TestAStreamGoesOnAfterTheLastEventAndEndsWithTheTask(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.end()
	for name, c := range map[string]struct {
		last   string
		status int
		events []string
	}{
		"from the start":                {"", 200, []string{"id: 1\n", "id: 2\nevent: done"}},
		"after the first":               {"1", 200, []string{"id: 2\nevent: done"}},
		"after the last":                {"2", 204, nil},
		"after one that was never sent": {"999", 200, []string{"id: 1\n", "id: 2\n"}},
		"after a negative one":          {"-4", 200, []string{"id: 1\n", "id: 2\n"}},
		"after no number":               {"abc", 200, []string{"id: 1\n", "id: 2\n"}},
	} {
		status, body := w.stream("GET", c.last)
		if status != c.status || strings.Count(body, "id: ") != len(c.events) {
			t.Errorf("%s: %d, %q", name, status, body)
		}
		for _, e := range c.events {
			if !strings.Contains(body, e) {
				t.Errorf("%s: %q lacks %q", name, body, e)
			}
		}
	}
	if status, body := w.stream("HEAD", ""); status != 200 || body != "" {
		t.Errorf("HEAD: %d, %q", status, body)
	}
	w.event("deleted") // long after the end
	if status, body := w.stream("GET", "2"); status != 200 || !strings.Contains(body, "id: 3\nevent: deleted") {
		t.Errorf("after the end: %d, %q", status, body)
	}
}

func TestAStreamOfATaskThatIsErasedMeanwhileEnds(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	go func() {
		time.Sleep(50 * time.Millisecond)
		_ = w.db.Write(t.Context(), func(tx *store.Tx) error { return tx.DeleteTask(t.Context(), "pixplus", w.task.ID) })
	}()
	if status, body := w.stream("GET", ""); status != 200 || strings.Contains(body, "event: done") {
		t.Errorf("%d, %q", status, body)
	}
}

func TestAPathThatKnowsAnotherMethodSaysWhich(t *testing.T) {
	t.Parallel()
	h := bare(t)
	for _, c := range []struct {
		method, path, allow string
		status              int
	}{
		{"DELETE", "/v1/apps", "GET, HEAD", 405}, {"PUT", "/v1/tasks", "GET, HEAD, POST", 405}, {"GET", "/hooks/4f1c", "POST", 405},
		{"POST", "/healthz", "GET, HEAD", 405}, {"GET", "/v1/nothing", "", 404},
	} {
		var p client.Problem
		res := ask(t, h, c.method, c.path, "", "", &p)
		if res.StatusCode != c.status || res.Header.Get("Allow") != c.allow || p.Status != c.status || res.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s: %d, Allow %q, %+v", c.method, c.path, res.StatusCode, res.Header.Get("Allow"), p)
		}
	}
}

func TestASessionThatIsOverOrUnknownIsTold(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	for _, token := range []string{"at_unknown", "", "pk_test_pixplus"} {
		if res := ask(t, w.http, "GET", "/v1/consents", token, "", nil); res.StatusCode != http.StatusUnauthorized {
			t.Errorf("%q: %d", token, res.StatusCode)
		}
	}
	if res := ask(t, w.http, "GET", "/v1/consents", watcher, "", nil); res.StatusCode != http.StatusOK {
		t.Errorf("%d", res.StatusCode)
	}
	w.write(func(tx *store.Tx) error {
		return tx.CloseSubject(t.Context(), "pixplus", "sub_1", clock.Real{}.Now().Add(-time.Second))
	})
	if res := ask(t, w.http, "GET", "/v1/consents", watcher, "", nil); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("an account that ended: %d", res.StatusCode)
	}
}
