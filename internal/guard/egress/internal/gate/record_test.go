package gate

import (
	"slices"
	"testing"
	"time"

	"vow.example/vow/internal/guard/egress/internal/rule"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
)

func TestRecordsAndTheirSignaturesPassWhereTheyBelong(t *testing.T) {
	t.Parallel()
	at := terms()
	at.Credentials = append(at.Credentials, "api_security", "webhook_secret")
	list := wire.Batch{Field: "events", Name: "name", At: "at", Params: "params", Unit: time.Second, Words: map[string]string{"a": "b"}}
	part := func(name string) wire.Single { return wire.Single{Field: "events", Part: name, Unit: time.Second} }
	form := func(v wire.Value) wire.Request {
		return wire.Request{Method: "POST", Path: "/openapi/x", Body: wire.Form{"d": v}, Sign: wire.AOP{}}
	}
	hook := func(id string, b wire.Body) wire.Request {
		return wire.Request{Method: "POST", Path: "/messages", Body: b, Sign: wire.Webhook{ID: id}}
	}
	query := func(v wire.Value) wire.Request {
		return wire.Request{Method: "POST", Path: "/x", Query: map[string]wire.Value{"k": v}}
	}
	elsewhere := form(list)
	elsewhere.Path = "/x"
	for name, tc := range map[string]struct {
		r    wire.Request
		rule string
	}{
		"a batch in a signed form":               {form(list), ""},
		"parts of the only event":                {wire.Request{Method: "POST", Path: "/x", Body: wire.Form{"a": part("name"), "b": part("at"), "c": part("params")}}, ""},
		"a letter under a signature":             {hook("0f8fad5b-d9cb-469f-a165-70867728950e", wire.JSON{"m": wire.Letter("message")}), ""},
		"a key in the address, under its name":   {query(wire.AddressKey("api_key")), ""},
		"a key in the address, as any secret":    {query(wire.Secret("api_key")), "query"},
		"a key in the address that is not there": {query(wire.AddressKey("other")), "unknown-credential"},
		"a key for addresses in a body":          {wire.Request{Method: "POST", Path: "/x", Body: wire.JSON{"k": wire.AddressKey("api_key")}}, "value"},
		"a batch in an address":                  {query(list), "query"},
		"a letter in a form":                     {form(wire.Letter("message")), "value"},
		"a batch without names":                  {form(wire.Batch{Field: "events"}), "value"},
		"a batch with two parts in one member":   {form(wire.Batch{Field: "events", Name: "n", At: "n", Unit: 1}), "value"},
		"a batch whose times have no unit":       {form(wire.Batch{Field: "events", Name: "n", At: "t"}), "value"},
		"an unknown part":                        {form(wire.Single{Field: "events", Part: "who"}), "value"},
		"a time without a unit":                  {form(wire.Single{Field: "events", Part: "at"}), "value"},
		"a word that is an address":              {form(wire.Batch{Field: "events", Name: "n", Words: map[string]string{"a": "jo@mail.example"}}), "literal-email"},
		"a form signed for another path":         {elsewhere, "signature"},
		"a signature without a form":             {wire.Request{Method: "POST", Path: "/openapi/x", Body: wire.JSON{}, Sign: wire.AOP{}}, "signature"},
		"a webhook without a name":               {hook("", wire.JSON{}), "signature"},
		"a webhook whose name breaks its header": {hook("a\r\nb", wire.JSON{}), "signature"},
		"a webhook of a form":                    {hook("x", wire.Form{"a": wire.Int(1)}), "signature"},
	} {
		if _, err := New(at).Read(tc.r); rule.Of(err) != tc.rule || (err == nil) != (tc.rule == "") {
			t.Errorf("%s: %v, want %q", name, err, tc.rule)
		}
	}
	got, err := New(at).Read(wire.Request{Method: "POST", Path: "/x", Body: wire.Form{"a": part("name"), "b": part("at"), "c": wire.Text("id")}})
	if err != nil || !slices.Equal(got, []privacy.Field{"events", "id"}) {
		t.Errorf("parts of one event want %v, %v", got, err)
	}
	if _, err := New(terms()).Read(form(list)); rule.Of(err) != "unknown-credential" {
		t.Errorf("a signature without its key: %v", err)
	}
}
