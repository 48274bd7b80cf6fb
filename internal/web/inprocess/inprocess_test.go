package inprocess_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"vow.example/vow/internal/web/inprocess"
)

func call(t *testing.T, ctx context.Context, h http.HandlerFunc, body io.Reader) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://api.invalid/v1/x?q=1", body)
	if err != nil {
		t.Fatal(err)
	}
	c := http.Client{Transport: inprocess.Transport{Handler: h}}
	return c.Do(r)
}

func TestAnAnswerIsReadableBeforeTheHandlerEnds(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	resp, err := call(t, t.Context(), func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Path", r.URL.RequestURI())
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, "first ")
		<-release
		_, _ = io.WriteString(w, "second")
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	first := make([]byte, 6)
	if _, err := io.ReadFull(resp.Body, first); err != nil || string(first) != "first " {
		t.Fatalf("read %q, %v", first, err)
	}
	close(release)
	rest, err := io.ReadAll(resp.Body)
	if err != nil || string(rest) != "second" || resp.StatusCode != http.StatusAccepted || resp.Header.Get("X-Path") != "/v1/x?q=1" {
		t.Errorf("read %q, %v, %d, %q", rest, err, resp.StatusCode, resp.Header.Get("X-Path"))
	}
}

func TestABodyStreamsIn(t *testing.T) {
	t.Parallel()
	pr, pw := io.Pipe()
	go func() {
		_, _ = io.WriteString(pw, strings.Repeat("x", 1<<20))
		_ = pw.Close()
	}()
	var got int64
	resp, err := call(t, t.Context(), func(w http.ResponseWriter, r *http.Request) {
		got, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusNoContent)
	}, pr)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if got != 1<<20 || resp.StatusCode != http.StatusNoContent {
		t.Errorf("%d bytes, status %d", got, resp.StatusCode)
	}
}

func TestAHandlerThatWritesNothingAnswersOK(t *testing.T) {
	t.Parallel()
	resp, err := call(t, t.Context(), func(http.ResponseWriter, *http.Request) {}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK || len(b) != 0 || err != nil {
		t.Errorf("%d %q %v", resp.StatusCode, b, err)
	}
}

func TestAPanicIsABrokenAnswerAndNotABrokenProcess(t *testing.T) {
	t.Parallel()
	resp, err := call(t, t.Context(), func(http.ResponseWriter, *http.Request) { panic("private detail") }, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(resp.Body); resp.StatusCode != http.StatusInternalServerError || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("status %d, %v", resp.StatusCode, err)
	}
}

func TestTheEndOfTheCallerEndsTheHandler(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	started, ended := make(chan struct{}), make(chan struct{})
	go func() {
		<-started
		cancel()
	}()
	_, err := call(t, ctx, func(_ http.ResponseWriter, r *http.Request) {
		close(started)
		<-r.Context().Done()
		close(ended)
	}, nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the call ended with %v", err)
	}
	<-ended
}

func TestClosingTheAnswerEndsTheHandler(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{})
	resp, err := call(t, t.Context(), func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		close(ended)
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	<-ended
}
