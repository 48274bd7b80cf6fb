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
		"a blank of ours":   {Multipart{{Name: "image", Value: Blank("photo.png")}, {Name: "type", Value: Literal("input")}}, nil},
		"nested":            {JSON{"a": Object{"b": Array{Literal("x"), Object{"c": Text("style")}}}}, []privacy.Field{"style"}},
		"a file and a text": {Multipart{{Name: "f", Value: Media("photo")}, {Name: "t", Value: Text("prompt")}}, []privacy.Field{"photo", "prompt"}},
		"every placeholder": {JSON{
			"a": Text("a"), "b": Unflagged("b"), "t": Array{Turns("t")}, "c": Number("c"), "d": Coded{Field: "d"}, "e": Base64("e"), "f": DataURL("f"), "g": Link("g"),
			"h": Float(1), "i": BearerIfSet("x"), "j": Batch{Field: "j"}, "k": Single{Field: "k"}, "l": Letter("l"), "m": AddressKey("x"),
		}, []privacy.Field{"a", "b", "c", "d", "e", "f", "g", "j", "k", "l", "t"}},
		"a form":         {Form{"a": Text("prompt"), "b": Link("photo"), "c": Int(1)}, []privacy.Field{"photo", "prompt"}},
		"the same twice": {JSON{"a": Text("prompt"), "b": Text("prompt")}, []privacy.Field{"prompt", "prompt"}},
	}
	for name, tc := range cases {
		got := Fields(Request{Method: "POST", Path: "/x", Body: tc.body})
		slices.Sort(got)
		if in, _ := FieldOf(Secret("x")); in != "" || !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}

func TestFieldsLooksIntoTheQuery(t *testing.T) {
	t.Parallel()
	got := Fields(Request{Query: map[string]Value{"u": Link("photo"), "n": Int(1)}, Body: JSON{"p": Text("prompt")}})
	slices.Sort(got)
	if !slices.Equal(got, []privacy.Field{"photo", "prompt"}) {
		t.Errorf("got %v", got)
	}
}

func TestEveryKindIsSealed(t *testing.T) {
	t.Parallel()
	for _, v := range []Value{Literal(""), Int(0), Bool(false), Object{}, Array{}, Secret(""), Bearer(""), Text(""), Media(""), Callback(""),
		Float(0), BearerIfSet(""), Unflagged(""), Number(""), Coded{}, Base64(""), DataURL(""), Link(""), Blank(""), Batch{}, Single{}, Letter(""), AddressKey("")} {
		v.isValue()
	}
	for _, b := range []Body{JSON{}, Form{}, Multipart{}} {
		b.isBody()
	}
	for _, s := range []Signature{ACS3{}, TC3{}, AOP{}, Webhook{}} {
		s.isSignature()
	}
}
