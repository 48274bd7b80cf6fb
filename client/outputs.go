package client

import (
	"context"
	"io"
	"iter"
	"net/http"
)

// Outputs lists the person's results.
func (c *Client) Outputs(ctx context.Context) iter.Seq2[Output, error] {
	return pages[Output](ctx, c, "/v1/outputs", nil)
}

// Output returns what is known of one result.
func (c *Client) Output(ctx context.Context, id string) (Output, error) {
	var out Output
	err := c.get(ctx, at("/v1/outputs/", id, ""), nil, &out)
	return out, err
}

// Content streams the bytes of a result and tells their media type. The caller closes the stream.
func (c *Client) Content(ctx context.Context, id string) (io.ReadCloser, string, error) {
	resp, err := c.send(ctx, call{method: http.MethodGet, path: at("/v1/outputs/", id, "/content")})
	if err != nil {
		return nil, "", err
	}
	return resp.Body, resp.Header.Get("Content-Type"), nil
}

// DeleteOutput erases a result now and returns the receipt.
func (c *Client) DeleteOutput(ctx context.Context, id string) (Receipt, error) {
	var out Receipt
	err := c.delete(ctx, at("/v1/outputs/", id, ""), &out)
	return out, err
}
