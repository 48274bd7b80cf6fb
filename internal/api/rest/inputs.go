package rest

import (
	"time"

	"vow.example/vow/client"
)

// IDPath is the path parameter of one thing.
type IDPath struct {
	ID string `path:"id" maxLength:"64"`
}

// LangQuery is the language parameter of every read.
type LangQuery struct {
	Lang string `query:"lang" maxLength:"64" doc:"BCP 47; default: Accept-Language"`
}

// Paging are the parameters of every list.
type Paging struct {
	Cursor string `query:"cursor" maxLength:"64" doc:"next_cursor of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

// Page cuts a list that was read with one row more than the limit.
func Page[R, T any](rows []R, limit int, id func(R) string, view func(R) T) client.Page[T] {
	out := client.Page[T]{Data: []T{}}
	for i, r := range rows {
		if i == limit {
			out.HasMore, out.NextCursor = true, id(rows[i-1])
			break
		}
		out.Data = append(out.Data, view(r))
	}
	return out
}

// TimeOrNil returns nil for a moment that is not known, which JSON then leaves out.
func TimeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
