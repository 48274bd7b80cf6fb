package client

import (
	"context"
	"errors"
	"iter"
	"net/url"
)

// pages walks a list to its end, page by page, and stops at the first error.
func pages[T any](ctx context.Context, c *Client, path string, query url.Values) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		q := url.Values{}
		for k, v := range query {
			q[k] = v
		}
		for {
			var page Page[T]
			if err := c.get(ctx, path, q, &page); err != nil {
				yield(zero, err)
				return
			}
			for _, item := range page.Data {
				if !yield(item, nil) {
					return
				}
			}
			if page.NextCursor == "" {
				return
			}
			if page.NextCursor == q.Get("cursor") {
				yield(zero, errors.New("client: list does not move on: the server repeats its cursor"))
				return
			}
			q.Set("cursor", page.NextCursor)
		}
	}
}

// Collect reads a list to its end. It returns what it read before an error, and the error.
func Collect[T any](list iter.Seq2[T, error]) ([]T, error) {
	var all []T
	for item, err := range list {
		if err != nil {
			return all, err
		}
		all = append(all, item)
	}
	return all, nil
}
