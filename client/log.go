package client

import (
	"context"
	"io"
	"net/http"
)

// LogFile streams one public file of the audit log, as C2SP tlog-tiles names it: "checkpoint",
// "tile/0/000", "tile/entries/000.p/17". The caller closes the stream.
func (c *Client) LogFile(ctx context.Context, name string) (io.ReadCloser, error) {
	resp, err := c.send(ctx, call{method: http.MethodGet, path: "/log/" + name})
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}
