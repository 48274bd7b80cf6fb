// Package inprocess carries HTTP requests to a handler of the same process.
//
// It promises that bodies stream in both directions and that the end of the caller's context ends
// the handler. It never opens a socket.
package inprocess

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
)

// Transport is a RoundTripper that calls Handler. The answer is returned as soon as the handler
// writes its first byte.
type Transport struct {
	Handler http.Handler
}

// RoundTrip calls the handler. The handler runs until it returns or the request's context ends; a
// handler that panics becomes a broken answer, as a crashed server would be.
func (t Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, stop := context.WithCancel(r.Context())
	pr, pw := io.Pipe()
	w := &pipeWriter{header: http.Header{}, body: pw, ready: make(chan struct{})}
	in := r.Clone(ctx)
	in.RequestURI = r.URL.RequestURI()
	in.RemoteAddr = "127.0.0.1:0"
	if in.Body == nil {
		in.Body = http.NoBody
	}
	go func() {
		defer func() {
			if recover() != nil {
				w.WriteHeader(http.StatusInternalServerError)
				_ = pw.CloseWithError(io.ErrUnexpectedEOF)
			}
			w.WriteHeader(http.StatusOK)
			_ = pw.Close()
		}()
		t.Handler.ServeHTTP(w, in)
	}()
	select {
	case <-w.ready:
	case <-r.Context().Done():
		stop()
		_ = pr.CloseWithError(r.Context().Err())
		return nil, fmt.Errorf("web: api call: %w", r.Context().Err())
	}
	return &http.Response{
		Status: http.StatusText(w.status), StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, Body: &pipeBody{PipeReader: pr, stop: stop}, ContentLength: -1, Request: r,
	}, nil
}

// pipeBody ends the handler's context when the reader has had enough.
type pipeBody struct {
	*io.PipeReader
	stop context.CancelFunc
}

// Close lets the handler know that nobody reads any more.
func (b *pipeBody) Close() error {
	defer b.stop()
	return b.PipeReader.Close()
}

// pipeWriter is the ResponseWriter of an in-process call.
type pipeWriter struct {
	header http.Header
	sent   http.Header
	body   *io.PipeWriter
	once   sync.Once
	ready  chan struct{}
	status int
}

// Header returns the headers to be sent.
func (w *pipeWriter) Header() http.Header { return w.header }

// WriteHeader fixes status and headers; later calls change nothing.
func (w *pipeWriter) WriteHeader(status int) {
	if status < 200 {
		return
	}
	w.once.Do(func() {
		w.status, w.sent = status, w.header.Clone()
		close(w.ready)
	})
}

// Write passes b to the reader of the answer.
func (w *pipeWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}

// Flush is met at once: a pipe holds nothing back.
func (w *pipeWriter) Flush() { w.WriteHeader(http.StatusOK) }
