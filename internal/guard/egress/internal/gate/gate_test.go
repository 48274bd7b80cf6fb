package gate

import (
	"slices"
	"strings"
	"testing"

	"vow.example/vow/internal/guard/egress/internal/rule"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
)

func terms() Terms {
	return Terms{
		Secrets: []string{"fakefakefake"}, CallbackBase: "https://us.example/hooks", Services: []string{"", "facebody"},
		Credentials: []string{"api_key", "access_key_id", "access_key_secret", "secret_id", "secret_key"},
	}
}

func TestTheGateNamesTheFieldsInOrder(t *testing.T) {
	t.Parallel()
	got, err := New(terms()).Read(wire.Request{
		Method: "POST", Path: "/", Service: "facebody", Sign: wire.ACS3{Action: "A", Version: "2019-12-30"}, Reply: wire.Large,
		Query: map[string]wire.Value{"z": wire.Link("photo"), "a": wire.Text("style")},
		Body:  wire.Form{"b": wire.Unflagged("prompt"), "c": wire.Coded{Field: "ratio", Words: map[string]string{"a": "b"}}},
	})
	if err != nil || !slices.Equal(got, []privacy.Field{"style", "photo", "prompt", "ratio"}) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestABlankPassesUnderAPlainNameAndNoOther(t *testing.T) {
	t.Parallel()
	part := func(name string) wire.Body { return wire.Multipart{{Name: "image", Value: wire.Blank(name)}} }
	for name, tc := range map[string]struct {
		body wire.Body
		rule string
	}{
		"a name of ours at the recipient": {part(strings.Repeat("0f", 16) + ".png"), ""},
		"a name of the recipient's":       {part("ComfyUI_temp_abc-1_00001_.webp"), ""},
		"no name":                         {part(""), "file-name"},
		"a folder":                        {part("a/b.png"), "file-name"},
		"a way up":                        {part("..png"), "file-name"},
		"a hidden file":                   {part(".bashrc"), "file-name"},
		"a name that breaks out":          {part("a.png\"; filename=\"b"), "file-name"},
		"a name that ends the head":       {part("a.png\r\nX: y"), "file-name"},
		"words of a person":               {part("a fox in the snow.png"), "file-name"},
		"a long name":                     {part(strings.Repeat("a", 201)), "file-name"},
		"a secret":                        {part("fakefakefake.png"), "literal-secret"},
		"an identifier of ours":           {part("tsk_01jd3v9q.png"), "literal-identifier"},
		"an address of a machine":         {part("198.51.100.7"), "literal-address"},
		"a blank in JSON":                 {wire.JSON{"a": wire.Blank("a.png")}, "value"},
		"a blank in a list":               {wire.JSON{"a": wire.Array{wire.Blank("a.png")}}, "value"},
		"a blank in a form":               {wire.Form{"a": wire.Blank("a.png")}, "value"},
	} {
		fields, err := New(terms()).Read(wire.Request{Method: "POST", Path: "/upload/image", Body: tc.body})
		if rule.Of(err) != tc.rule || (err == nil) != (tc.rule == "") || len(fields) > 0 {
			t.Errorf("%s: %v, %v, want %q", name, fields, err, tc.rule)
		}
	}
	for want, r := range map[string]wire.Request{
		"query":  {Method: "GET", Path: "/x", Query: map[string]wire.Value{"a": wire.Blank("a.png")}},
		"header": {Method: "GET", Path: "/x", Header: map[string]wire.Value{"Authorization": wire.Blank("a.png")}},
	} {
		if _, err := New(terms()).Read(r); rule.Of(err) != want {
			t.Errorf("a blank in a %s: %v", want, err)
		}
	}
}

func TestAGraphOfAWorkflowPasses(t *testing.T) {
	t.Parallel()
	graph := wire.Object{}
	for i := range 60 {
		graph[strings.Repeat("1", i%5+1)+string(rune('a'+i%26))] = wire.Object{
			"class_type": wire.Literal("KSamplerAdvanced"), "inputs": wire.Object{
				"cfg": wire.Float(7.5), "seed": wire.Int(42), "model": wire.Array{wire.Literal("4"), wire.Int(0)}, "text": wire.Literal(strings.Repeat("a good word ", 40)), "on": wire.Bool(true),
			},
		}
	}
	if _, err := New(terms()).Read(wire.Request{Method: "POST", Path: "/prompt", Body: wire.JSON{"prompt": graph}}); err != nil {
		t.Error(err)
	}
}

func TestAnAddressOfTheRecipientsOwnIsJudged(t *testing.T) {
	t.Parallel()
	g := New(terms())
	for name, tc := range map[string]struct {
		service, path string
		query         map[string]string
		header        map[string]wire.Value
		rule          string
	}{
		"a path":                {"", "/v1beta/files/vid123:download", map[string]string{"alt": "media"}, map[string]wire.Value{"x-goog-api-key": wire.Secret("api_key")}, ""},
		"a service":             {"facebody", "/x", nil, nil, ""},
		"nothing, for a link":   {"", "", nil, map[string]wire.Value{"Authorization": wire.BearerIfSet("other")}, ""},
		"an unknown service":    {"other", "/x", nil, nil, "unknown-service"},
		"a path with a query":   {"", "/x?a=b", nil, nil, "path"},
		"a name of ours":        {"", "/x", map[string]string{"a": "out_01jd3v9q"}, nil, "literal-identifier"},
		"a secret as a name":    {"", "/x", map[string]string{"fakefakefake": "a"}, nil, "literal-secret"},
		"a literal credential":  {"", "", nil, map[string]wire.Value{"Authorization": wire.Literal("x")}, "header"},
		"a large literal":       {"", "/x", map[string]string{"a": strings.Repeat("A", 3000)}, nil, "literal-too-large"},
		"content in the header": {"", "", nil, map[string]wire.Value{"Accept": wire.Text("prompt")}, "header"},
	} {
		if err := g.Address(tc.service, tc.path, tc.query, tc.header); rule.Of(err) != tc.rule || (err == nil) != (tc.rule == "") {
			t.Errorf("%s: %v, want %q", name, err, tc.rule)
		}
	}
}

func TestAGateWithoutTermsLetsLittleThrough(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]wire.Request{
		"unknown-service":    {Method: "GET", Path: "/x"},
		"unknown-credential": {Method: "GET", Path: "/x", Header: map[string]wire.Value{"Authorization": wire.Bearer("api_key")}},
		"callback":           {Method: "POST", Path: "/x", Body: wire.JSON{"u": wire.Callback("https://us.example/hooks/x")}},
	} {
		g := New(Terms{})
		if want != "unknown-service" {
			g = New(Terms{Services: []string{""}})
		}
		if _, err := g.Read(r); rule.Of(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// FuzzLiteral checks that whatever stands around a secret, an identifier or an address, and
// wherever it stands, it is found.
func FuzzLiteral(f *testing.F) {
	f.Add("key=", "", uint8(0))
	f.Add("\n", "!", uint8(1))
	f.Add(" ", " ", uint8(2))
	f.Fuzz(func(t *testing.T, before, after string, which uint8) {
		bad := []string{"fakefakefake", " tsk_01jd3v9q8w", " jo@mail.example "}[which%3]
		g := New(terms())
		text := before + bad + after
		for _, r := range []wire.Request{
			{Method: "POST", Path: "/x", Body: wire.JSON{"a": wire.Array{wire.Literal(text)}}},
			{Method: "POST", Path: "/x", Body: wire.Form{"a": wire.Literal(text)}},
			{Method: "GET", Path: "/x", Query: map[string]wire.Value{text: wire.Int(1)}},
		} {
			if _, err := g.Read(r); err == nil {
				t.Fatalf("%q goes through", text)
			}
		}
	})
}
