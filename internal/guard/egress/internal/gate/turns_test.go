package gate

import (
	"slices"
	"testing"

	"vow.example/vow/internal/guard/egress/internal/rule"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
)

func TestTurnsPassAsItemsOfAListAndNowhereElse(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		r    wire.Request
		rule string
	}{
		"in a list of messages": {wire.Request{Method: "POST", Path: "/", Body: wire.JSON{"messages": wire.Array{wire.Turns("history")}}}, ""},
		"as a member":           {wire.Request{Method: "POST", Path: "/", Body: wire.JSON{"messages": wire.Turns("history")}}, "value"},
		"in a form":             {wire.Request{Method: "POST", Path: "/", Body: wire.Form{"messages": wire.Turns("history")}}, "value"},
		"in a part":             {wire.Request{Method: "POST", Path: "/", Body: wire.Multipart{{Name: "a", Value: wire.Turns("history")}}}, "value"},
		"in an address":         {wire.Request{Method: "GET", Path: "/", Query: map[string]wire.Value{"a": wire.Turns("history")}}, "query"},
		"in a header":           {wire.Request{Method: "GET", Path: "/", Header: map[string]wire.Value{"Accept": wire.Turns("history")}}, "header"},
	} {
		fields, err := New(terms()).Read(tc.r)
		if rule.Of(err) != tc.rule || tc.rule == "" && !slices.Equal(fields, []privacy.Field{"history"}) {
			t.Errorf("%s: %v, %v, want %q", name, fields, err, tc.rule)
		}
	}
}
