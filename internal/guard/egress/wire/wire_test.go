package wire

import (
	"slices"
	"testing"

	"vow.example/vow/internal/privacy"
)

func TestFieldsNamesWhatARequestWouldCarry(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		body Body
		want []privacy.Field
	}{
		"no body":           {nil, nil},
		"literals only":     {JSON{"a": Literal("photo"), "k": Secret("api_key"), "c": Callback("https://x.example/h"), "n": Int(1), "b": Bool(true)}, nil},
		"a text in JSON":    {JSON{"a": Text("prompt")}, []privacy.Field{"prompt"}},
		"nested":            {JSON{"a": Object{"b": Array{Literal("x"), Object{"c": Text("style")}}}}, []privacy.Field{"style"}},
		"a file and a text": {Multipart{{Name: "f", Value: Media("photo")}, {Name: "t", Value: Text("prompt")}}, []privacy.Field{"photo", "prompt"}},
		"the same twice":    {JSON{"a": Text("prompt"), "b": Text("prompt")}, []privacy.Field{"prompt", "prompt"}},
	}
	for name, tc := range cases {
		got := Fields(Request{Method: "POST", Path: "/x", Body: tc.body})
		slices.Sort(got)
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}

func TestEveryKindIsSealed(t *testing.T) {
	t.Parallel()
	for _, v := range []Value{Literal(""), Int(0), Bool(false), Object{}, Array{}, Secret(""), Bearer(""), Text(""), Media(""), Callback("")} {
		v.isValue()
	}
	for _, b := range []Body{JSON{}, Multipart{}} {
		b.isBody()
	}
}
