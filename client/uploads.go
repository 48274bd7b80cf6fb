package client

import (
	"context"
	"io"
	"net/http"
	"os"
)

// Upload streams a source to the server. The media type is a hint: the server looks at the bytes.
// Neither a file name nor a path is ever sent. The size of a file is announced, and the
// server is asked first, so that what it would refuse anyway never leaves this machine
// (as long as the http.Client waits for the answer, as the default one does).
func (c *Client) Upload(ctx context.Context, r io.Reader, mediaType string) (Upload, error) {
	if mediaType == "" {
		mediaType = "application/octet-stream"
	}
	var out Upload
	err := c.answer(ctx, call{
		method: http.MethodPost,
		path:   "/v1/uploads",
		header: http.Header{"Content-Type": {mediaType}, "Expect": {"100-continue"}},
		body:   io.NopCloser(r), // the caller's file stays the caller's to close
		length: size(r),
	}, &out)
	return out, err
}

// size returns the bytes left in a regular file, or 0 where that is not known.
func size(r io.Reader) int64 {
	f, ok := r.(*os.File)
	if !ok {
		if l, ok := r.(interface{ Len() int }); ok {
			return int64(l.Len())
		}
		return 0
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return 0
	}
	at, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0
	}
	return info.Size() - at
}

// GetUpload returns an upload, also one whose content is erased already.
func (c *Client) GetUpload(ctx context.Context, id string) (Upload, error) {
	var out Upload
	err := c.get(ctx, at("/v1/uploads/", id, ""), nil, &out)
	return out, err
}

// DeleteUpload erases an upload now and returns the receipt.
func (c *Client) DeleteUpload(ctx context.Context, id string) (Receipt, error) {
	var out Receipt
	err := c.delete(ctx, at("/v1/uploads/", id, ""), &out)
	return out, err
}
