package people

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"vow.example/vow/client"
)

// stalled is somebody who takes nothing until they are let go.
type stalled struct {
	*httptest.ResponseRecorder
	mu       sync.Mutex
	deadline []time.Time // in the order in which they were set
	begun    sync.Once
	writing  chan struct{} // closed when the first byte waits
	free     chan struct{}
}

func newStalled() *stalled {
	return &stalled{ResponseRecorder: httptest.NewRecorder(), writing: make(chan struct{}), free: make(chan struct{})}
}

func (s *stalled) SetWriteDeadline(at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deadline = append(s.deadline, at)
	return nil
}

func (s *stalled) Write(p []byte) (int, error) {
	s.begun.Do(func() { close(s.writing) })
	<-s.free
	return s.ResponseRecorder.Write(p)
}

func (s *stalled) WriteString(text string) (int, error) { return s.Write([]byte(text)) }

func TestWhoeverAsksForACopyWhileOthersAreMadeIsToldSoAndGetsNoEmptyFile(t *testing.T) {
	d := newDesk(t)
	token := d.session("sample").AccessToken
	var under sync.WaitGroup
	var readers []*stalled
	for range 2 {
		s := newStalled()
		readers = append(readers, s)
		r := httptest.NewRequest("GET", "/v1/privacy/export", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		under.Go(func() { d.handler.ServeHTTP(s, r) })
		<-s.writing
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/v1/privacy/export", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	d.handler.ServeHTTP(w, r)
	var p client.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != http.StatusServiceUnavailable || p.Code != "busy" ||
		w.Header().Get("Retry-After") != "60" || w.Header().Get("Content-Disposition") != "" || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("a third: %d %v %s %v", w.Code, w.Header(), w.Body, err)
	}
	d.wants(200, "", "GET", "/v1/privacy/export?dry_run=true", token, "")
	for _, s := range readers {
		close(s.free)
	}
	under.Wait()
	for _, s := range readers {
		if s.Code != http.StatusOK || s.Header().Get("Content-Type") != "application/zip" || len(s.deadline) < 2 {
			t.Errorf("%d %v, %d deadlines", s.Code, s.Header(), len(s.deadline))
		}
	}
	d.wants(200, "", "GET", "/v1/privacy/export", token, "")
}

func TestAReaderWhoTakesNothingIsGivenUpOnAndASlowOneIsNot(t *testing.T) {
	t.Parallel()
	const wait = 500 * time.Millisecond
	failed := make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		to, piece := insist(w, wait), make([]byte, 64<<10)
		for began, slow := time.Now(), r.URL.Path == "/slow"; !slow || time.Since(began) < 2*wait; {
			if _, err := to.Write(piece); err != nil {
				failed <- err
				return
			}
			if slow {
				time.Sleep(wait / 5)
			}
		}
		failed <- nil
	}))
	defer server.Close()
	for path, want := range map[string]error{"/slow": nil, "/stalled": os.ErrDeadlineExceeded} {
		res, err := http.Get(server.URL + path)
		must(t, err)
		if path == "/slow" {
			_, err = io.Copy(io.Discard, res.Body)
			must(t, err)
		}
		if err := <-failed; !errors.Is(err, want) {
			t.Errorf("%s: %v", path, err)
		}
		must(t, res.Body.Close())
	}
}
