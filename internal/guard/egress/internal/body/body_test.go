package body_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"mime/multipart"
	"net/url"
	"strings"
	"testing"

	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress/internal/body"
	"vow.example/vow/internal/guard/egress/internal/rule"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
)

const secret = "fakefakefakefake"

// picture is a payload of bytes that travels in that way.
func picture(data []byte, transport string) disclosure.Payload {
	return disclosure.Payload{
		Bytes: int64(len(data)), MediaType: "image/png", Transport: transport,
		Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil },
	}
}

func filling() body.Filling {
	return body.Filling{
		Secret: func(string) string { return secret },
		Link: func(f privacy.Field, _ disclosure.Payload) (string, error) {
			return "https://media.example/m/" + string(f) + ".png?a=b&c", nil
		},
		Content: map[privacy.Field]disclosure.Payload{
			"prompt":   {Text: privacy.NewText("a \"fox\" & <me> 狐"), Transport: "text"},
			"flagged":  {Text: privacy.NewText("a fox --resolution 4k --dur=9 jumps"), Transport: "text"},
			"flags":    {Text: privacy.NewText("--ratio 1:1"), Transport: "text"},
			"duration": {Code: "5", Transport: "text"},
			"style":    {Code: "pencil", Transport: "text"},
			"file":     picture([]byte("picture"), "bytes"),
			"inline":   picture([]byte("picture"), "base64"),
			"linked":   picture([]byte("picture"), "url"),
			"fax":      {Open: picture(nil, "").Open, Bytes: 3, MediaType: "image/tiff", Transport: "base64"},
		},
	}
}

// sent fills a request and returns what goes out of it.
func sent(t *testing.T, r wire.Request) (body.Filled, string) {
	t.Helper()
	filled, err := body.Fill(r, filling())
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(filled.Body)
	if err != nil || int64(len(data)) != filled.Body.Size() {
		t.Fatalf("%d bytes announced, %d came, %v", filled.Body.Size(), len(data), err)
	}
	return filled, string(data)
}

func TestEveryValueHasItsPlaceInJSON(t *testing.T) {
	t.Parallel()
	filled, got := sent(t, wire.Request{Body: wire.JSON{
		"a": wire.Literal("x<y"), "b": wire.Int(-7), "c": wire.Float(0.87), "d": wire.Bool(true), "e": wire.Secret("api_key"),
		"f": wire.Callback("https://us.example/hooks/x"), "g": wire.Text("prompt"), "h": wire.Unflagged("flagged"),
		"i": wire.Number("duration"), "j": wire.Text("style"), "n": wire.Array{wire.Object{}, wire.Array{}},
		"o": wire.Base64("inline"), "q": wire.Link("linked"), "r": wire.Float(2),
	}})
	want := `{"a":"x<y","b":-7,"c":0.87,"d":true,"e":"` + secret + `","f":"https://us.example/hooks/x","g":"a \"fox\" & <me> 狐",` +
		`"h":"a fox jumps","i":5,"j":"pencil","n":[{},[]],"o":"cGljdHVyZQ==","q":"https://media.example/m/linked.png?a=b&c","r":2}`
	if got != want || filled.ContentType != "application/json" || !json.Valid([]byte(got)) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	s := filled.Body.End()
	if content := int64(len("a \"fox\" & <me> 狐") + len("a fox jumps") + len("5") + len("pencil") + len("picture")); s.Content != content || !s.Touched || !s.Exposed {
		t.Errorf("%+v, want %d bytes of content", s, content)
	}
	if _, got = sent(t, wire.Request{Body: wire.JSON{"p": wire.DataURL("inline")}}); got != `{"p":"data:image/png;base64,cGljdHVyZQ=="}` {
		t.Errorf("got %s", got)
	}
}

func TestAnOptionGoesOutInTheRecipientsWords(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]wire.Value{
		`{"v":"201"}`:    wire.Coded{Field: "style", Words: map[string]string{"pencil": "201"}},
		`{"v":201}`:      wire.Coded{Field: "style", Words: map[string]string{"pencil": "201"}, Number: true},
		`{"v":"pencil"}`: wire.Coded{Field: "style", Words: map[string]string{"ink": "202"}},
		`{"v":5}`:        wire.Coded{Field: "duration", Number: true},
		`{"v":"5"}`:      wire.Coded{Field: "duration"},
	} {
		if _, got := sent(t, wire.Request{Body: wire.JSON{"v": v}}); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestAFormAndAQueryAreEncodedForSignatures(t *testing.T) {
	t.Parallel()
	filled, got := sent(t, wire.Request{
		Query: map[string]wire.Value{"b": wire.Link("linked"), "a": wire.Text("style"), "c d": wire.Int(1), "*": wire.Literal("~ +*")},
		Body: wire.Form{
			"Text": wire.Text("prompt"), "MergeInfos.1.ImageURL": wire.Link("linked"), "n": wire.Number("duration"), "f": wire.Bool(false), "k": wire.Secret("api_key"),
		},
	})
	if want := "%2A=~%20%2B%2A&a=pencil&b=https%3A%2F%2Fmedia.example%2Fm%2Flinked.png%3Fa%3Db%26c&c%20d=1"; filled.Query != want {
		t.Errorf("query %s, want %s", filled.Query, want)
	}
	if want := "MergeInfos.1.ImageURL=https%3A%2F%2Fmedia.example%2Fm%2Flinked.png%3Fa%3Db%26c&Text=a%20%22fox%22%20%26%20%3Cme%3E%20%E7%8B%90&f=false&k=" + secret + "&n=5"; got != want {
		t.Errorf("body %s, want %s", got, want)
	}
	if v, err := url.ParseQuery(got); err != nil || v.Get("Text") != "a \"fox\" & <me> 狐" {
		t.Errorf("the text arrives as %q, %v", v.Get("Text"), err)
	}
	if !filled.InAddress || filled.QueryBytes != int64(len("pencil")) || filled.ContentType != "application/x-www-form-urlencoded" {
		t.Errorf("%+v", filled)
	}
	if plain, _ := sent(t, wire.Request{Query: map[string]wire.Value{"a": wire.Literal("x")}}); plain.InAddress || plain.Body.Size() != 0 {
		t.Errorf("%+v", plain)
	}
}

func TestAMultipartHasFilesWithRandomNames(t *testing.T) {
	t.Parallel()
	r := wire.Request{Body: wire.Multipart{{Name: "image", Value: wire.Media("file")}, {Name: "prompt", Value: wire.Text("prompt")}, {Name: "n", Value: wire.Int(1)}}}
	filled, first := sent(t, r)
	_, second := sent(t, r)
	_, boundary, _ := strings.Cut(filled.ContentType, "boundary=")
	form, err := multipart.NewReader(strings.NewReader(first), boundary).ReadForm(1 << 20)
	if err != nil || form.Value["prompt"][0] != "a \"fox\" & <me> 狐" || form.Value["n"][0] != "1" || len(form.File["image"][0].Filename) != 36 {
		t.Errorf("got %+v, %v", form, err)
	}
	if strings.Contains(second, form.File["image"][0].Filename) || strings.Contains(second, boundary) {
		t.Error("two requests can be told to come from one place")
	}
}

func TestABlankIsAPictureOfNobodyUnderItsName(t *testing.T) {
	t.Parallel()
	r := wire.Request{Body: wire.Multipart{{Name: "overwrite", Value: wire.Literal("true")}, {Name: "image", Value: wire.Blank("result_00001_.png")}}}
	filled, err := body.Fill(r, body.Filling{Secret: func(string) string { return secret }}) // nobody's content is at hand
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(filled.Body)
	if err != nil || int64(len(data)) != filled.Body.Size() {
		t.Fatalf("%d bytes announced, %d came, %v", filled.Body.Size(), len(data), err)
	}
	if s := filled.Body.End(); s.Content != 0 || s.Exposed || filled.InAddress {
		t.Errorf("a blank counts as content: %+v", s)
	}
	_, boundary, _ := strings.Cut(filled.ContentType, "boundary=")
	form, err := multipart.NewReader(bytes.NewReader(data), boundary).ReadForm(1 << 20)
	if err != nil || form.Value["overwrite"][0] != "true" || form.File["image"][0].Filename != "result_00001_.png" || form.File["image"][0].Header.Get("Content-Type") != "image/png" {
		t.Fatalf("got %+v, %v", form, err)
	}
	file, err := form.File["image"][0].Open()
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(file)
	if err != nil || img.Bounds() != image.Rect(0, 0, 1, 1) || img.At(0, 0) != (color.Gray{}) {
		t.Errorf("the blank is %v, %v", img, err)
	}
}

func TestABlankHasNoPlaceOutsideAPart(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]wire.Request{
		"in JSON":    {Body: wire.JSON{"a": wire.Blank("x.png")}},
		"in a list":  {Body: wire.JSON{"a": wire.Array{wire.Blank("x.png")}}},
		"in a form":  {Body: wire.Form{"a": wire.Blank("x.png")}},
		"in a query": {Query: map[string]wire.Value{"a": wire.Blank("x.png")}},
	} {
		if _, err := body.Fill(r, filling()); rule.Of(err) != "value" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAPlaceholderThatDoesNotMatchIsRefused(t *testing.T) {
	t.Parallel()
	one := func(v wire.Value) wire.Request { return wire.Request{Body: wire.JSON{"v": v}} }
	query := func(v wire.Value) wire.Request { return wire.Request{Query: map[string]wire.Value{"v": v}} }
	cases := map[string]struct {
		r    wire.Request
		rule string
	}{
		"a picture for bytes as base64":      {one(wire.Base64("file")), "wrong-transport"},
		"a picture for bytes as a link":      {one(wire.Link("file")), "wrong-transport"},
		"a picture for a link as a data URL": {one(wire.DataURL("linked")), "wrong-transport"},
		"a picture for base64 as a file":     {wire.Request{Body: wire.Multipart{{Name: "f", Value: wire.Media("inline")}}}, "wrong-transport"},
		"a picture for a link as a file":     {wire.Request{Body: wire.Multipart{{Name: "f", Value: wire.Media("linked")}}}, "wrong-transport"},
		"a picture as a text":                {one(wire.Text("inline")), "wrong-transport"},
		"a text as a link":                   {one(wire.Link("prompt")), "wrong-transport"},
		"a text as base64":                   {one(wire.Base64("prompt")), "wrong-transport"},
		"a field nobody gave":                {one(wire.Text("email")), "wrong-transport"},
		"words as a number":                  {one(wire.Number("prompt")), "not-an-option"},
		"words as an option":                 {one(wire.Coded{Field: "prompt"}), "not-an-option"},
		"an option that is no number":        {one(wire.Number("style")), "not-a-number"},
		"a word that breaks out of JSON":     {one(wire.Coded{Field: "style", Words: map[string]string{"pencil": `1,"x":2`}, Number: true}), "not-a-number"},
		"nothing but flags":                  {one(wire.Unflagged("flags")), "empty-text"},
		"a type that may not leave":          {one(wire.Base64("fax")), "media-type"},
		"the person's words in an address":   {query(wire.Text("prompt")), "words-in-address"},
		"a value of no kind":                 {one(wire.Bearer("api_key")), "value"},
	}
	for name, tc := range cases {
		if _, err := body.Fill(tc.r, filling()); rule.Of(err) != tc.rule {
			t.Errorf("%s: %v, want %s", name, err, tc.rule)
		}
	}
	f := filling()
	f.Link = nil
	if _, err := body.Fill(one(wire.Link("linked")), f); rule.Of(err) != "no-links" {
		t.Errorf("a recipient without links: %v", err)
	}
	failing := errors.New("full")
	f.Link = func(privacy.Field, disclosure.Payload) (string, error) { return "", failing }
	if _, err := body.Fill(one(wire.Link("linked")), f); !errors.Is(err, failing) {
		t.Errorf("a link that cannot be made: %v", err)
	}
}

func TestFlagsAreTakenOutOfATextAndNothingElseIs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a fox":                                 "a fox",
		"a fox --resolution 720p":               "a fox",
		"--seed -1 a fox":                       "a fox",
		"a fox --ratio=16:9, jumping":           "a fox jumping",
		"a fox --watermark false --dur 5 jumps": "a fox jumps",
		"a fox\n--camerafixed true\nruns":       "a fox\nruns",
		"a fox --draft --dur 5":                 "a fox",
		"狐狸--ratio 1:1狐狸跳":                      "狐狸狐狸跳",
		"a fox -- running":                      "a fox -- running",
		"well-known, state--of-the-art, 3--4":   "well-known, state--of-the-art, 3--4",
		"a - b - c":                             "a - b - c",
		"fox,--dur 5 runs":                      "fox, runs",
		"---dur 5 fox":                          "fox",
		"a fox --dur\t5":                        "a fox",
		"(--dur 5)":                             "(",
		"- --x 1 -ratio 4":                      "- -ratio 4",
	} {
		f := body.Filling{Content: map[privacy.Field]disclosure.Payload{"p": {Text: privacy.NewText(text), Transport: "text"}}}
		filled, err := body.Fill(wire.Request{Body: wire.JSON{"p": wire.Unflagged("p")}}, f)
		if err != nil {
			t.Fatal(text, err)
		}
		data, _ := io.ReadAll(filled.Body)
		var got struct{ P string }
		if err := json.Unmarshal(data, &got); err != nil || got.P != want {
			t.Errorf("%q became %q, want %q", text, got.P, want)
		}
	}
}

func TestBase64OfEveryLengthIsWhole(t *testing.T) {
	t.Parallel()
	const chunk = 48 << 10
	for _, n := range []int{1, 2, 3, 4, 5, 100, chunk - 1, chunk, chunk + 1, 2*chunk - 2, 2*chunk + 2, 5*chunk + 17} {
		data := bytes.Repeat([]byte{0xfb, 0x00, 0x7f, 'x', 0xff}, n/5+1)[:n]
		f := body.Filling{Content: map[privacy.Field]disclosure.Payload{"p": picture(data, "base64")}}
		filled, err := body.Fill(wire.Request{Body: wire.JSON{"p": wire.Base64("p")}}, f)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(filled.Body)
		if want := `{"p":"` + base64.StdEncoding.EncodeToString(data) + `"}`; err != nil || string(got) != want || filled.Body.Size() != int64(len(want)) {
			t.Errorf("%d bytes: announced %d, came %d, %v", n, filled.Body.Size(), len(got), err)
		}
		if s := filled.Body.End(); s.Content != int64(n) {
			t.Errorf("%d bytes: %d counted", n, s.Content)
		}
	}
}
