package egress

import (
	"bufio"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
)

// Meta describes a result. The type is what the bytes are, not what the host says.
type Meta struct {
	MediaType string
	Bytes     int64 // -1 where the host does not say
}

// accept judges status, length and type, the type by the first bytes as well as by the header.
func (l *link) accept(answer *http.Response) (io.ReadCloser, Meta, *Error) {
	fail := func(e *Error) (io.ReadCloser, Meta, *Error) {
		_ = answer.Body.Close()
		return nil, Meta{}, e
	}
	if answer.StatusCode != http.StatusOK {
		return fail((&call{link: l, resendable: true}).status(answer))
	}
	if answer.ContentLength > l.config.MaxResult {
		return fail(refusal(blocked("result-too-large"), false))
	}
	declared, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	anything := declared == "application/octet-stream" || declared == "binary/octet-stream"
	if !anything && !slices.Contains(l.config.ResultTypes, declared) {
		return fail(refusal(blocked("result-type"), false))
	}
	buffered := bufio.NewReader(answer.Body)
	first, err := buffered.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return fail(failure(err, false, true))
	}
	real, _, _ := mime.ParseMediaType(http.DetectContentType(first))
	if !slices.Contains(l.config.ResultTypes, real) {
		return fail(refusal(blocked("result-type"), false))
	}
	return struct {
		io.Reader
		io.Closer
	}{buffered, answer.Body}, Meta{MediaType: real, Bytes: answer.ContentLength}, nil
}

// result is a download that ends with an error at its limit, and frees its deadline when closed.
type result struct {
	from   io.ReadCloser
	left   int64
	cancel context.CancelFunc
}

// Read returns the next bytes, or an *Error when the limit is passed or the transfer breaks.
func (r *result) Read(p []byte) (int, error) {
	if int64(len(p)) > r.left+1 {
		p = p[:r.left+1]
	}
	n, err := r.from.Read(p)
	if r.left -= int64(n); r.left < 0 {
		return 0, refusal(blocked("result-too-large"), false)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return n, failure(err, false, true)
	}
	return n, err
}

// Close ends the download.
func (r *result) Close() error {
	defer r.cancel()
	return r.from.Close()
}
