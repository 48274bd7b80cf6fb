package egress_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/sign"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/guard/guardtest"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/privacy"
)

func TestARequestGoesToTheNamedAddressWithItsQuery(t *testing.T) {
	t.Parallel()
	base, face := newRecipient(t, nil), newRecipient(t, nil)
	c := config(base.URL + "/api/v3")
	c.Services = map[string]string{"facebody": face.URL}
	e := open(t, c)
	query := map[string]wire.Value{"TemplateId": wire.Literal("6cd509ea_0"), "PageNo": wire.Int(1), "a b": wire.Literal("x/y:z")}
	for _, service := range []string{"", "facebody"} {
		if _, err := e.Follow(t.Context(), "runninghub", wire.Request{Method: "GET", Service: service, Path: "/files/x:download", Query: query}); err != nil {
			t.Fatal(err)
		}
	}
	for r, path := range map[*recipient]string{base: "/api/v3/files/x:download", face: "/files/x:download"} {
		got, _ := r.seen()
		if len(got) != 1 || got[0].URL.Path != path || got[0].URL.RawQuery != "PageNo=1&TemplateId=6cd509ea_0&a%20b=x%2Fy%3Az" {
			t.Errorf("got %v", got[0].URL)
		}
	}
	if _, err := e.Follow(t.Context(), "runninghub", wire.Request{Method: "GET", Service: "other", Path: "/"}); failed(t, err).Code != "unknown-service" {
		t.Errorf("got %v", err)
	}
	c.BaseURL = ""
	if _, err := open(t, c).Follow(t.Context(), "runninghub", wire.Request{Method: "GET", Path: "/"}); failed(t, err).Code != "unknown-service" {
		t.Errorf("a base that is not there: %v", err)
	}
}

func TestCredentialsStandInTheirHeaders(t *testing.T) {
	t.Parallel()
	r := newRecipient(t, nil)
	e := open(t, config(r.URL))
	for _, h := range []map[string]wire.Value{
		{"x-goog-api-key": wire.Secret("api_key")}, {"Authorization": wire.BearerIfSet("api_key")}, {"Authorization": wire.BearerIfSet("other")},
	} {
		if _, err := e.Follow(t.Context(), "runninghub", wire.Request{Method: "GET", Path: "/", Header: h}); err != nil {
			t.Fatal(err)
		}
	}
	got, _ := r.seen()
	if got[0].Header.Get("X-Goog-Api-Key") != apiKey || got[1].Header.Get("Authorization") != "Bearer "+apiKey || len(got[2].Header["Authorization"]) != 0 {
		t.Errorf("got %v, %v, %v", got[0].Header, got[1].Header, got[2].Header)
	}
}

func TestTheKindOfAnswerIsTheOneTheRequestNames(t *testing.T) {
	t.Parallel()
	const j = "application/json"
	large := `{"x":"` + strings.Repeat("A", 2000) + `"}`
	cases := map[string]struct {
		reply           wire.Reply
		mediaType, body string
		code            string
	}{
		"a small document":              {wire.Small, j, `{}`, ""},
		"a small one with a charset":    {wire.Small, j + "; charset=utf-8", `{}`, ""},
		"a small one that is large":     {wire.Small, j, large, "reply-type"},
		"a small one that is empty":     {wire.Small, "", ``, "reply-type"},
		"a large document":              {wire.Large, j, large, ""},
		"a large one that is too large": {wire.Large, j, large + strings.Repeat(" ", 4000), "reply-type"},
		"nothing where it may be":       {wire.Empty, "", ``, ""},
		"a document where it may not":   {wire.Empty, j, `{}`, ""},
		"a page instead of nothing":     {wire.Empty, "text/html", `<html>`, "reply-type"},
	}
	for name, tc := range cases {
		r := newRecipient(t, serve(tc.mediaType, tc.body))
		c := config(r.URL)
		c.MaxReply, c.MaxResult = 1000, 1500
		req := lit("1")
		req.Reply = tc.reply
		resp, err := open(t, c).Follow(t.Context(), "runninghub", req)
		if tc.code == "" && (err != nil || tc.mediaType != "" && string(resp.Body) != tc.body) {
			t.Errorf("%s: %v", name, err)
		}
		if tc.code != "" && failed(t, err).Code != tc.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	req := lit("1")
	req.Reply = wire.Events
	if _, err := open(t, config("http://127.0.0.1:1")).Follow(t.Context(), "runninghub", req); failed(t, err).Code != "reply" {
		t.Errorf("a follow-up that streams: %v", err)
	}
}

func TestAnErrorKeepsTheBodyForTheAdapter(t *testing.T) {
	t.Parallel()
	r := newRecipient(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("x-acs-retry-after", "1500")
		w.WriteHeader(400)
		_, _ = io.WriteString(w, `{"Code":"Throttling.User"}`)
	})
	resp, err := open(t, config(r.URL)).Send(t.Context(), permitted(content([]byte(png))), create())
	if f := failed(t, err); f.Class != egress.Bug || f.RetryAfter != 1500*time.Millisecond || !f.WasSent || resp.Status != 400 || string(resp.Body) != `{"Code":"Throttling.User"}` {
		t.Errorf("%+v, %d %s", f, resp.Status, resp.Body)
	}
}

func TestHintsAreReadInEveryForm(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"Retry-After: 7": 7 * time.Second, "Retry-After: 0": 0, "Retry-After: -1": 0, "Retry-After: soon": 0, "Retry-After: NaN": 0,
		"Retry-After: 999999999999999999999": time.Hour, "Retry-After: Inf": time.Hour, "retry-after-ms: 250": 250 * time.Millisecond, "retry-after-ms: 0.5": 500 * time.Microsecond,
		"x-acs-retry-after: 3000": 3 * time.Second, "Retry-After: Sun, 22 Nov 2026 09:00:30 GMT": 30 * time.Second,
		"Retry-After: Sun, 22 Nov 2026 08:00:00 GMT": 0, "Retry-After: Mon, 23 Nov 2026 09:00:00 GMT": time.Hour,
	} {
		for _, status := range []int{429, 503, 500} {
			r := newRecipient(t, func(w http.ResponseWriter, _ *http.Request) {
				name, v, _ := strings.Cut(header, ": ")
				w.Header().Set(name, v)
				w.WriteHeader(status)
			})
			c := config(r.URL)
			c.Clock = clock.NewFake(now)
			if _, err := open(t, c).Follow(t.Context(), "runninghub", lit("1")); failed(t, err).RetryAfter != want {
				t.Errorf("%d %s: %v", status, header, failed(t, err).RetryAfter)
			}
		}
	}
}

// cloud is a recipient whose requests are signed.
func cloud(url string) egress.Config {
	c := config(url)
	c.Clock = clock.NewFake(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	c.Credentials = map[string]egress.Credential{}
	for _, name := range []string{"access_key_id", "access_key_secret", "security_token", "secret_id", "secret_key"} {
		c.Credentials[name] = egress.NewCredential("fake-" + name)
	}
	return c
}

func TestASignedRequestIsSignedAsItArrives(t *testing.T) {
	t.Parallel()
	r := newRecipient(t, nil)
	e, d := open(t, cloud(r.URL)), permitted(content([]byte(png)))
	acs := wire.ACS3{Action: "GenerateHumanAnimeStyle", Version: "2019-12-30"}
	for _, req := range []wire.Request{
		{Method: "POST", Path: "/", Sign: acs, Body: wire.Form{"Text": wire.Text("prompt"), "n": wire.Int(1)}},
		{Method: "POST", Path: "/", Sign: acs, Query: map[string]wire.Value{"AlgoType": wire.Text("style"), "x": wire.Literal("a*~ b")}},
	} {
		if _, err := e.Send(t.Context(), d, req); err != nil {
			t.Fatal(err)
		}
	}
	got, bodies := r.seen()
	nonces := map[string]bool{}
	for i, g := range got {
		headers := map[string]string{}
		for name := range g.Header {
			if lower := strings.ToLower(name); strings.HasPrefix(lower, "x-acs-") {
				headers[lower] = g.Header.Get(name)
			}
		}
		seen := sign.Request{Method: g.Method, Host: g.Host, Path: g.URL.EscapedPath(), Query: g.URL.RawQuery, ContentType: g.Header.Get("Content-Type"), Body: []byte(bodies[i])}
		k := sign.Key{ID: "fake-access_key_id", Secret: "fake-access_key_secret"}
		if want := sign.Authorize(seen, k, headers); g.Header.Get("Authorization") != want {
			t.Errorf("request %d: %s, want %s", i, g.Header.Get("Authorization"), want)
		}
		if headers["x-acs-date"] != "2026-11-22T09:00:00Z" || headers["x-acs-security-token"] != "fake-security_token" || g.Header.Get("Accept") != "application/json" {
			t.Errorf("request %d: %v", i, g.Header)
		}
		nonces[headers["x-acs-signature-nonce"]] = true
	}
	if len(nonces) != 2 || got[1].Header.Get("Content-Type") != "" || d.SentBytes() != int64(len("a \"fox\" & <me> 狐")+len("pencil")) {
		t.Errorf("nonces %v, %d bytes", nonces, d.SentBytes())
	}
}

func TestATC3RequestCarriesAPictureInItsSignedBody(t *testing.T) {
	t.Parallel()
	r := newRecipient(t, nil)
	photo := guardtest.Travelling(content([]byte(png))["photo"], "base64")
	d := permitted(disclosure.Content{"photo": photo})
	s := wire.TC3{Service: "ft", Action: "ChangeAgePic", Version: "2020-03-04", Region: "ap-guangzhou"}
	if _, err := open(t, cloud(r.URL)).Send(t.Context(), d, wire.Request{Method: "POST", Path: "/", Sign: s, Body: wire.JSON{"Image": wire.Base64("photo")}}); err != nil {
		t.Fatal(err)
	}
	got, bodies := r.seen()
	want := sign.TC3(sign.Request{Method: "POST", Host: got[0].Host, ContentType: "application/json", Body: []byte(bodies[0])},
		sign.Key{ID: "fake-secret_id", Secret: "fake-secret_key"},
		sign.Scope{Service: "ft", Action: "ChangeAgePic", Version: "2020-03-04", Region: "ap-guangzhou"}, time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	for name, v := range want {
		if got[0].Header.Get(name) != v {
			t.Errorf("%s is %s, want %s", name, got[0].Header.Get(name), v)
		}
	}
	if d.SentBytes() != int64(len(png)) || len(d.Spent()) != 1 {
		t.Errorf("%d bytes, %v spent", d.SentBytes(), d.Spent())
	}
}

func TestASignatureIsRefused(t *testing.T) {
	t.Parallel()
	r := newRecipient(t, nil)
	acs, tc := wire.ACS3{Action: "A", Version: "1"}, wire.TC3{Service: "s", Action: "A", Version: "1"}
	cases := map[string]struct {
		c    egress.Config
		r    wire.Request
		code string
	}{
		"without a key":                    {config(r.URL), wire.Request{Method: "POST", Path: "/", Sign: acs}, "unknown-credential"},
		"without Tencent's key":            {config(r.URL), wire.Request{Method: "POST", Path: "/", Sign: tc, Body: wire.JSON{}}, "unknown-credential"},
		"over JSON by ACS3":                {cloud(r.URL), wire.Request{Method: "POST", Path: "/", Sign: acs, Body: wire.JSON{}}, "signature"},
		"over a form by TC3":               {cloud(r.URL), wire.Request{Method: "POST", Path: "/", Sign: tc, Body: wire.Form{}}, "signature"},
		"of another path by TC3":           {cloud(r.URL), wire.Request{Method: "POST", Path: "/x", Sign: tc, Body: wire.JSON{}}, "signature"},
		"without an action":                {cloud(r.URL), wire.Request{Method: "POST", Path: "/", Sign: wire.ACS3{Version: "1"}}, "signature"},
		"with an action of two lines":      {cloud(r.URL), wire.Request{Method: "POST", Path: "/", Sign: wire.ACS3{Action: "A\r\nX: y", Version: "1"}}, "signature"},
		"next to another authorization":    {cloud(r.URL), wire.Request{Method: "POST", Path: "/", Sign: acs, Header: map[string]wire.Value{"Authorization": wire.Secret("secret_id")}}, "signature"},
		"of a kind that nobody knows":      {cloud(r.URL), wire.Request{Method: "POST", Path: "/", Sign: struct{ wire.Signature }{acs}}, "signature"},
		"with an identifier as its action": {cloud(r.URL), wire.Request{Method: "POST", Path: "/", Sign: wire.ACS3{Action: "tsk_01jd3v9q", Version: "1"}}, "literal-identifier"},
	}
	for name, tc := range cases {
		if _, err := open(t, tc.c).Follow(t.Context(), "runninghub", tc.r); failed(t, err).Code != tc.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	const size = 12 << 20
	lease := guardtest.Stream(vault.Ref{MediaType: "image/png", Bytes: size}, func() (io.ReadCloser, error) { t.Error("opened"); return nil, io.EOF })
	broken := guardtest.Stream(vault.Ref{MediaType: "image/png", Bytes: 10}, func() (io.ReadCloser, error) { return nil, vault.ErrErased })
	for code, l := range map[string]vault.Lease{"signed-body-too-large": lease, "content-unreadable": broken} {
		d := permitted(disclosure.Content{"photo": guardtest.Travelling(disclosure.Media(l), "base64")})
		_, err := open(t, cloud(r.URL)).Send(t.Context(), d, wire.Request{Method: "POST", Path: "/", Sign: tc, Body: wire.JSON{"Image": wire.Base64("photo")}})
		if f := failed(t, err); f.Code != code || f.WasSent || len(d.Spent()) != 0 {
			t.Errorf("%s: %+v, spent %v", code, f, d.Spent())
		}
	}
	if got, _ := r.seen(); len(got) != 0 {
		t.Errorf("%d requests arrived", len(got))
	}
}

func TestTheTransportOfThePolicyDecides(t *testing.T) {
	t.Parallel()
	r := newRecipient(t, nil)
	e := open(t, config(r.URL))
	for transport, v := range map[string]wire.Value{"bytes": wire.Base64("photo"), "base64": wire.Link("photo"), "url": wire.DataURL("photo"), "text": wire.DataURL("photo"), "fax": wire.Base64("photo")} {
		d := permitted(disclosure.Content{"photo": guardtest.Travelling(content([]byte(png))["photo"], transport)})
		_, err := e.Send(t.Context(), d, wire.Request{Method: "POST", Path: "/x", Body: wire.JSON{"p": v}})
		if f := failed(t, err); f.Code != "wrong-transport" || f.Class != egress.Blocked || len(d.Spent()) != 0 {
			t.Errorf("%s as %T: %+v", transport, v, f)
		}
	}
	d := permitted(disclosure.Content{"photo": guardtest.Travelling(content([]byte(png))["photo"], "url")})
	if _, err := e.Send(t.Context(), d, wire.Request{Method: "POST", Path: "/x", Body: wire.JSON{"p": wire.Link("photo")}}); failed(t, err).Code != "no-links" {
		t.Errorf("a recipient that is given no links: %v", err)
	}
	if d.Transport("photo") != "url" || permitted(content(nil)).Transport("prompt") != "text" || d.Transport(privacy.Field("x")) != "" {
		t.Error("the transport is not told")
	}
}
