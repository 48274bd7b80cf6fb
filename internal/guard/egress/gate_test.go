package egress_test

import (
	"errors"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"

	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
)

// lit is a request with one literal in its body.
func lit(s string) wire.Request {
	return wire.Request{Method: "POST", Path: "/x", Body: wire.JSON{"a": wire.Literal(s)}}
}

func TestTheGateRefuses(t *testing.T) {
	t.Parallel()
	post := func(b wire.Body) wire.Request { return wire.Request{Method: "POST", Path: "/x", Body: b} }
	head := func(name string, v wire.Value) wire.Request {
		return wire.Request{Method: "POST", Path: "/x", Header: map[string]wire.Value{name: v}}
	}
	ask := func(v wire.Value) wire.Request {
		return wire.Request{Method: "GET", Path: "/x", Query: map[string]wire.Value{"q": v}}
	}
	deep := wire.Value(wire.Literal("x"))
	for range 10 {
		deep = wire.Array{deep}
	}
	cases := map[string]struct {
		rule string
		r    wire.Request
	}{
		"a configured secret as a literal":       {"literal-secret", lit("key=" + apiKey)},
		"another recipient's secret":             {"literal-secret", lit(otherID)},
		"a subject":                              {"literal-identifier", lit("sub_01jd3v9q")},
		"a session":                              {"literal-identifier", lit("x ses_01jd3v9q")},
		"a task":                                 {"literal-identifier", lit("/tsk_01jd3v9q")},
		"an upload":                              {"literal-identifier", lit("UPL_01JD3V9Q")},
		"a consent":                              {"literal-identifier", lit("id:con_01jd3v9q")},
		"an identifier as a member name":         {"literal-identifier", post(wire.JSON{"tsk_01jd3v9q": wire.Int(1)})},
		"an identifier in the path":              {"literal-identifier", wire.Request{Method: "GET", Path: "/a/tsk_01jd3v9q"}},
		"an identifier as a part name":           {"literal-identifier", post(wire.Multipart{{Name: "sub_01jd3v9q", Value: wire.Int(1)}})},
		"an e-mail address":                      {"literal-email", lit("mail jo.doe+x@mail.example now")},
		"an encoded e-mail address":              {"literal-email", lit("jo%40mail.example")},
		"an IPv4 address":                        {"literal-address", lit("from 198.51.100.7")},
		"an IPv4 address with a port":            {"literal-address", lit("face:198.51.100.7:443")},
		"an IPv6 address":                        {"literal-address", lit("[2001:db8::7]:443")},
		"a short IPv6 address":                   {"literal-address", lit("host ::1")},
		"a literal as large as a picture":        {"literal-too-large", lit(strings.Repeat("A", 3000))},
		"many literals":                          {"literal-too-large", post(wire.JSON{"l": many(wire.Literal(strings.Repeat("A", 2000)), 40)})},
		"a nest":                                 {"too-deep", post(wire.JSON{"a": deep})},
		"a header outside the list":              {"header", head("X-Forwarded-For", wire.Literal("x"))},
		"a cookie":                               {"header", head("Cookie", wire.Literal("a=b"))},
		"another user agent":                     {"header", head("User-Agent", wire.Literal("iPhone"))},
		"a literal as authorization":             {"header", head("Authorization", wire.Literal("Bearer x"))},
		"a secret in a harmless header":          {"header", head("Accept", wire.Secret("api_key"))},
		"content in a header":                    {"header", head("Accept", wire.Text("prompt"))},
		"a header with a line break":             {"header", head("Accept", wire.Literal("a\r\nX: y"))},
		"a credential nobody configured":         {"unknown-credential", post(wire.JSON{"k": wire.Secret("other")})},
		"a picture inside JSON":                  {"value", post(wire.JSON{"p": wire.Media("photo")})},
		"a bearer inside JSON":                   {"value", post(wire.JSON{"p": wire.Bearer("api_key")})},
		"nothing as a value":                     {"value", post(wire.JSON{"p": nil})},
		"a value that embeds one":                {"value", post(wire.JSON{"p": struct{ wire.Value }{wire.Literal("x")}})},
		"a body that embeds one":                 {"body", post(struct{ wire.Body }{wire.JSON{}})},
		"an object as a part":                    {"part-value", post(wire.Multipart{{Name: "a", Value: wire.Object{}}})},
		"a part without a name":                  {"part-name", post(wire.Multipart{{Value: wire.Int(1)}})},
		"a part name that breaks out":            {"part-name", post(wire.Multipart{{Name: "a\"; filename=\"b", Value: wire.Int(1)}})},
		"a callback to somebody else":            {"callback", post(wire.JSON{"u": wire.Callback("https://evil.example/hooks/x")})},
		"a callback that only begins like ours":  {"callback", post(wire.JSON{"u": wire.Callback("http://127.0.0.1:8420/hooksters")})},
		"a callback with dots":                   {"callback", post(wire.JSON{"u": wire.Callback("http://127.0.0.1:8420/hooks/../admin")})},
		"a callback that names the task":         {"literal-identifier", post(wire.JSON{"u": wire.Callback("http://127.0.0.1:8420/hooks/tsk_01jd3v9q")})},
		"our own address as a literal":           {"literal-address", lit("http://127.0.0.1:8420/hooks/x")},
		"a service nobody configured":            {"unknown-service", wire.Request{Method: "GET", Service: "other", Path: "/x"}},
		"an answer of an unknown kind":           {"reply", wire.Request{Method: "GET", Path: "/x", Reply: 9}},
		"a secret in the query":                  {"query", ask(wire.Secret("api_key"))},
		"a bearer in the query":                  {"query", ask(wire.Bearer("api_key"))},
		"a cleaned text in the query":            {"query", ask(wire.Unflagged("prompt"))},
		"a picture in the query":                 {"query", ask(wire.Base64("photo"))},
		"an object in the query":                 {"query", ask(wire.Object{})},
		"a callback in the query":                {"query", ask(wire.Callback("http://127.0.0.1:8420/hooks/x"))},
		"the person's words in the query":        {"words-in-address", ask(wire.Text("prompt"))},
		"an identifier in the query":             {"literal-identifier", ask(wire.Literal("tsk_01jd3v9q"))},
		"an identifier as a query's name":        {"literal-identifier", wire.Request{Method: "GET", Path: "/x", Query: map[string]wire.Value{"tsk_01jd3v9q": wire.Int(1)}}},
		"a key in another header":                {"header", head("X-Api-Key", wire.Secret("api_key"))},
		"a key that nobody configured":           {"unknown-credential", head("x-goog-api-key", wire.Secret("other"))},
		"an optional key in another header":      {"header", head("X-Api-Key", wire.BearerIfSet("api_key"))},
		"an optional key in a body":              {"value", post(wire.JSON{"k": wire.BearerIfSet("api_key")})},
		"an object in a form":                    {"value", post(wire.Form{"a": wire.Object{}})},
		"a list in a form":                       {"value", post(wire.Form{"a": wire.Array{}})},
		"a picture in a form":                    {"value", post(wire.Form{"a": wire.Base64("photo")})},
		"a file in a form":                       {"value", post(wire.Form{"a": wire.Media("photo")})},
		"an address in a form":                   {"literal-address", post(wire.Form{"a": wire.Literal("10.0.0.1")})},
		"a picture in a string of a part":        {"value", post(wire.Multipart{{Name: "a", Value: wire.DataURL("photo")}})},
		"a number that is none":                  {"value", post(wire.JSON{"a": wire.Float(math.NaN())})},
		"a number without end":                   {"value", post(wire.JSON{"a": wire.Float(math.Inf(1))})},
		"an identifier as a word for an option":  {"literal-identifier", post(wire.JSON{"a": wire.Coded{Field: "style", Words: map[string]string{"pencil": "tsk_01jd3v9q"}}})},
		"a secret as a word for an option":       {"literal-secret", post(wire.Form{"a": wire.Coded{Field: "style", Words: map[string]string{"ink": apiKey}}})},
		"the same field in query and body":       {"already-sent", wire.Request{Method: "POST", Path: "/x", Query: map[string]wire.Value{"a": wire.Text("style")}, Body: wire.JSON{"a": wire.Text("style")}}},
		"an unknown method":                      {"method", wire.Request{Method: "TRACE", Path: "/x"}},
		"a body on a GET":                        {"method", wire.Request{Method: "GET", Path: "/x", Body: wire.JSON{}}},
		"a relative path":                        {"path", wire.Request{Method: "GET", Path: "x"}},
		"a path that names a host":               {"path", wire.Request{Method: "GET", Path: "//evil.example/x"}},
		"a path that climbs":                     {"path", wire.Request{Method: "GET", Path: "/a/../b"}},
		"a path with a query":                    {"path", wire.Request{Method: "GET", Path: "/a?u=1"}},
		"a path with a line break":               {"path", wire.Request{Method: "GET", Path: "/a\r\nHost: b"}},
		"a text where a file belongs":            {"wrong-transport", post(wire.Multipart{{Name: "f", Value: wire.Media("prompt")}})},
		"a file where a text belongs":            {"wrong-transport", post(wire.JSON{"a": wire.Text("photo")})},
		"the same field in two places of a call": {"already-sent", post(wire.JSON{"a": wire.Text("prompt"), "b": wire.Text("prompt")})},
	}
	r := newRecipient(t, nil)
	other := config(r.URL)
	other.Recipient, other.Credentials = "tencent", map[string]egress.Credential{"id": egress.NewCredential(otherID)}
	e := open(t, config(r.URL), other)
	for name, tc := range cases {
		d := permitted(content([]byte(png)))
		_, err := e.Send(t.Context(), d, tc.r)
		if f := failed(t, err); f.Class != egress.Blocked || f.Code != tc.rule || f.WasSent || !errors.Is(err, egress.ErrRefused) {
			t.Errorf("%s: %+v, want the rule %s", name, f, tc.rule)
		}
		if len(d.Spent()) != 0 {
			t.Errorf("%s: %v is spent", name, d.Spent())
		}
	}
	if got, _ := r.seen(); len(got) != 0 {
		t.Errorf("%d requests arrived", len(got))
	}
}

func many(v wire.Value, n int) wire.Array {
	var a wire.Array
	for range n {
		a = append(a, v)
	}
	return a
}

func TestOrdinaryLiteralsPass(t *testing.T) {
	t.Parallel()
	r := newRecipient(t, nil)
	e := open(t, config(r.URL))
	for _, s := range []string{
		"1904136902449209346", "api/9d77b8530f8b3591edc5c4e8f3f55b2cf0960bb2ca35c04e32c1677687866576.png", "1:1", "image", "",
		"wss://host/ws?c=1", "12:30:45", "v1.2.3", "subject", "task_type", "context_window",
	} {
		if _, err := e.Send(t.Context(), permitted(content([]byte(png))), lit(s)); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestThePersonsOwnWordsAreNotScanned(t *testing.T) {
	t.Parallel()
	r := newRecipient(t, nil)
	d := permitted(disclosure.Content{"prompt": disclosure.Text(privacy.NewText("write jo@mail.example on 10.0.0.1"))})
	if _, err := open(t, config(r.URL)).Send(t.Context(), d, wire.Request{Method: "POST", Path: "/x", Body: wire.JSON{"p": wire.Text("prompt")}}); err != nil {
		t.Errorf("what the person chose to send was refused: %v", err)
	}
}

func TestAFollowUpCarriesNoContent(t *testing.T) {
	t.Parallel()
	r := newRecipient(t, nil)
	e := open(t, config(r.URL))
	for _, req := range []wire.Request{upload(), create()} {
		if _, err := e.Follow(t.Context(), "runninghub", req); failed(t, err).Code != "content-in-follow-up" {
			t.Errorf("got %v", err)
		}
	}
	if _, err := e.Follow(t.Context(), "tencent", lit("x")); failed(t, err).Code != "unknown-recipient" {
		t.Errorf("got %v", err)
	}
	if _, err := e.Follow(t.Context(), "runninghub", lit("sub_01jd3v9q")); failed(t, err).Code != "literal-identifier" {
		t.Errorf("got %v", err)
	}
	if resp, err := e.Follow(t.Context(), "runninghub", lit("190415")); err != nil || resp.Status != 200 {
		t.Errorf("got %v", err)
	}
	blank := wire.Part{Name: "image", Value: wire.Blank("result_00001_.png")}
	if resp, err := e.Follow(t.Context(), "runninghub", wire.Request{Method: "POST", Path: "/x", Body: wire.Multipart{blank}}); err != nil || resp.Status != 200 {
		t.Errorf("a picture of nobody: %v", err)
	}
	beside := wire.Multipart{blank, {Name: "photo", Value: wire.Media("photo")}}
	if _, err := e.Follow(t.Context(), "runninghub", wire.Request{Method: "POST", Path: "/x", Body: beside}); failed(t, err).Code != "content-in-follow-up" {
		t.Errorf("a photo beside a blank: %v", err)
	}
	if got, _ := r.seen(); len(got) != 2 {
		t.Errorf("%d requests arrived", len(got))
	}
}

func TestAnswersHaveAClass(t *testing.T) {
	t.Parallel()
	type answer struct {
		status          int
		mediaType, body string
		retry           string
	}
	const j = "application/json"
	cases := map[string]struct {
		answer       answer
		send, follow egress.Class
	}{
		"429 was not taken":                {answer{429, j, `{}`, "7"}, egress.Throttled, egress.Throttled},
		"503 was not taken":                {answer{503, j, `{}`, "7"}, egress.Transient, egress.Transient},
		"502 may have been taken":          {answer{502, "text/html", `<html>`, ""}, egress.UnknownOutcome, egress.Transient},
		"500 may have been taken":          {answer{500, j, `{}`, ""}, egress.UnknownOutcome, egress.Transient},
		"401 is our key":                   {answer{401, j, `{}`, ""}, egress.Auth, egress.Auth},
		"403 is our key":                   {answer{403, j, `{}`, ""}, egress.Auth, egress.Auth},
		"402 is our account":               {answer{402, j, `{}`, ""}, egress.Quota, egress.Quota},
		"404 is gone":                      {answer{404, j, `{}`, ""}, egress.Gone, egress.Gone},
		"413 is the photo":                 {answer{413, j, `{}`, ""}, egress.BadMedia, egress.BadMedia},
		"400 is our bug":                   {answer{400, j, `{}`, ""}, egress.Bug, egress.Bug},
		"a redirect is not followed":       {answer{307, j, `{}`, ""}, egress.Blocked, egress.Blocked},
		"a web page is no answer":          {answer{200, "text/html", `<html>`, ""}, egress.UnknownOutcome, egress.Transient},
		"an endless answer is no answer":   {answer{200, j, strings.Repeat(" ", 2000), ""}, egress.UnknownOutcome, egress.Transient},
		"an answer without a type is none": {answer{200, "", `{}`, ""}, egress.UnknownOutcome, egress.Transient},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRecipient(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", tc.answer.mediaType)
				w.Header().Set("Retry-After", tc.answer.retry)
				w.Header().Set("Location", "http://169.254.169.254/")
				w.WriteHeader(tc.answer.status)
				_, _ = io.WriteString(w, tc.answer.body)
			})
			c := config(r.URL)
			c.MaxReply = 1000
			e, d := open(t, c), permitted(content([]byte(png)))
			_, err := e.Send(t.Context(), d, create())
			f := failed(t, err)
			if f.Class != tc.send || !f.WasSent || len(d.Spent()) != 2 {
				t.Errorf("send: %+v, spent %v", f, d.Spent())
			}
			if (f.RetryAfter.Seconds() == 7) != (tc.answer.retry == "7") {
				t.Errorf("the hint is %v", f.RetryAfter)
			}
			if _, err := e.Follow(t.Context(), "runninghub", lit("1")); failed(t, err).Class != tc.follow || failed(t, err).WasSent {
				t.Errorf("follow: %v", err)
			}
		})
	}
}

func TestOnADefiniteRefusalTheFieldsMayBeSentAgain(t *testing.T) {
	t.Parallel()
	r := newRecipient(t, nil)
	e, d := open(t, config(r.URL)), permitted(content([]byte(png)))
	if _, err := e.Send(t.Context(), d, create()); err != nil {
		t.Fatal(err)
	}
	e.Untaken(d, []privacy.Field{"prompt", "style"})
	if _, err := e.Send(t.Context(), d, create()); err != nil {
		t.Errorf("got %v", err)
	}
}
