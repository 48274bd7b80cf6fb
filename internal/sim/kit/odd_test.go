package kit_test

import (
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"vow.example/vow/internal/sim/kit"
)

const exif = png + "Exif\x00\x00II"

func TestItNoticesWhatARecipientShouldNotSee(t *testing.T) {
	t.Parallel()
	post := func(v any) func(*client) { return func(c *client) { c.post(v) } }
	upload := func(name, data string) func(*client) {
		return func(c *client) {
			contentType, body := form(c.t, name, []byte(data))
			c.must("POST", "/x", contentType, body)
		}
	}
	for name, tc := range map[string]struct {
		want string
		act  func(*client)
	}{
		"a cookie":                   {"header: Cookie", func(c *client) { c.head.Set("Cookie", "a=b"); c.post(map[string]any{}) }},
		"an address in a header":     {"header X-Known: e-mail address", func(c *client) { c.head.Set("X-Known", "jo@mail.example"); c.post(map[string]any{}) }},
		"an identifier in the path":  {"path: identifier of the app", func(c *client) { c.must("GET", "/v1/tsk_01jd3v9q", "", "") }},
		"an identifier in the query": {"member user: identifier of the app", func(c *client) { c.must("GET", "/v1?user=sub_01jd3v9q", "", "") }},
		"an address in a form":       {"member User: e-mail address", func(c *client) { c.must("POST", "/", "application/x-www-form-urlencoded", "User=jo@mail.example") }},
		"an address deep in JSON":    {"member id: e-mail address", post(map[string]any{"a": []any{map[string]any{"id": "jo@mail.example"}}})},
		"an identifier in a list":    {"member tags: identifier of the app", post(map[string]any{"tags": []any{"x", "tsk_01jd3v9q"}})},
		"the file's own name":        {"file name: not random", upload("IMG_2931.png", png)},
		"an identifier as file name": {"file name: identifier of the app", upload("upl_01jd3v9q.png", png)},
		"metadata in a file":         {"picture metadata: EXIF", upload(random, exif)},
		"metadata in base64":         {"picture metadata: EXIF", post(map[string]any{"image": base64.StdEncoding.EncodeToString([]byte(exif))})},
		"metadata in a data URL":     {"picture metadata: EXIF", post(map[string]any{"content": []any{map[string]any{"image_url": map[string]any{"url": dataURL(exif)}}}})},
		"XMP in base64": {"picture metadata: XMP", post(map[string]any{
			"image": base64.StdEncoding.EncodeToString([]byte("\xff\xd8\xff\xe1\x00\x1ehttp://ns.adobe.com/xap/1.0/\xff\xda\x00\x02pixels")),
		})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := start(t, kit.Options{Headers: []string{"X-KNOWN"}}, ok)
			tc.act(c)
			if v := c.kit.Received().Violations; !slices.Equal(v, []string{tc.want}) && !slices.Contains(v, tc.want) {
				t.Errorf("noticed %v, want %s", v, tc.want)
			}
		})
	}
}

func TestPeoplesOwnWordsAndCleanPicturesRaiseNothing(t *testing.T) {
	t.Parallel()
	c := start(t, kit.Options{Headers: []string{"X-Goog-Api-Key"}}, ok)
	c.head.Set("X-Goog-Api-Key", "fakefakefake")
	words := "write to jo@mail.example about tsk_01jd3v9q"
	c.post(map[string]any{"prompt": words, "Prompt": words, "NegativePrompt": words, "input": map[string]any{"text": words}, "image": dataURL(png), "contents": []any{map[string]any{"parts": []any{map[string]any{"text": words}}}}})
	c.post(map[string]any{"image": "data:image/png;base64,%%%", "short": "data:;base64,", "long": strings.Repeat("x", 1<<17)})
	contentType, body := form(t, random, []byte(png))
	c.must("POST", "/x", contentType, body)
	if v := c.kit.Received().Violations; len(v) != 0 {
		t.Errorf("noticed %v", v)
	}
	strict := start(t, kit.Options{Free: []string{"words"}}, ok)
	strict.post(map[string]any{"words": words, "prompt": words})
	if v := strict.kit.Received().Violations; len(v) != 2 {
		t.Errorf("noticed %v", v)
	}
}

func TestAnInternalErrorComesAfterTheWorkAndInTheServicesOwnWords(t *testing.T) {
	t.Parallel()
	worked := 0
	failed := func(c *kit.Call) kit.Reply { return kit.JSON(http.StatusOK, map[string]any{"failed": c.Path}) }
	c := start(t, kit.Options{Failed: failed}, func(c *kit.Call) kit.Reply {
		if worked++; c.Fault != kit.FailedAfter {
			t.Errorf("the service sees the fault %q", c.Fault)
		}
		return ok(c)
	})
	c.kit.Inject(kit.Injection{Fault: kit.FailedAfter, Times: 2})
	if s, b := c.must("POST", "/x", "application/json", "{}"); s != http.StatusOK || b != `{"failed":"/x"}` || worked != 1 {
		t.Errorf("got %d %s, worked %d times", s, b, worked)
	}
	c.kit.Publish(c.kit.Hold("result", "output", []byte(png), "image/png", time.Hour), "h", "/file")
	if s, b := c.must("GET", "/file", "", ""); s != http.StatusInternalServerError || strings.Contains(b, "failed") || worked != 1 {
		t.Errorf("a file: got %d %s", s, b)
	}
	if !slices.Contains(kit.Faults(), kit.FailedAfter) {
		t.Error("nobody can order the fault")
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for fault, check := range map[kit.Fault]func(status int, body string, err error) bool{
		"":                 func(s int, b string, err error) bool { return err == nil && s == 200 && b == `{"ok":true}` },
		kit.SlowReply:      func(s int, b string, err error) bool { return err == nil && s == 200 && b == `{"ok":true}` },
		kit.DuplicateReply: func(s int, b string, err error) bool { return err == nil && s == 200 && b == `{"ok":true}` },
		kit.LostReply:      func(_ int, _ string, err error) bool { return err != nil },
		kit.CutReply:       func(s int, b string, err error) bool { return err != nil && s == 200 && b == `{"ok"` },
		kit.Unavailable:    func(s int, b string, err error) bool { return err == nil && s == 503 && strings.Contains(b, "<html>") },
		kit.BadGateway:     func(s int, _ string, err error) bool { return err == nil && s == 502 },
		kit.FailedAfter: func(s int, b string, err error) bool {
			return err == nil && s == 500 && b == `{"error":"internal error"}`
		},
		kit.WrongType:       func(s int, b string, err error) bool { return err == nil && s == 200 && strings.Contains(b, "<html>") },
		kit.Oversize:        func(s int, b string, err error) bool { return err == nil && s == 200 && len(b) > 1<<20 },
		kit.RedirectPrivate: func(s int, b string, err error) bool { return err == nil && s == 302 && b == "" },
		kit.Throttled:       func(s int, _ string, err error) bool { return err == nil && s == 429 },
	} {
		t.Run("fault "+string(fault), func(t *testing.T) {
			t.Parallel()
			c := start(t, kit.Options{Oversize: 1 << 20}, ok)
			c.kit.Inject(kit.Injection{Fault: fault, Path: "/x", Times: 1})
			if s, b, err := c.do("POST", "/x", "application/json", "{}"); !check(s, b, err) {
				t.Errorf("got %d %.100q %v", s, b, err)
			}
			if len(c.kit.Received().Requests) != 1 {
				t.Error("the call was not recorded")
			}
			if s, _ := c.must("POST", "/x", "application/json", "{}"); s != 200 {
				t.Errorf("the fault stays: %d", s)
			}
		})
	}
}

func TestAServiceRefusesInItsOwnWords(t *testing.T) {
	t.Parallel()
	c := start(t, kit.Options{Down: kit.JSON(503, "down")}, func(c *kit.Call) kit.Reply {
		if c.Fault == kit.Throttled {
			return kit.Reply{Status: 200, Body: []byte(`{"code":421}`), Header: map[string]string{"Retry-After": "7"}, Throttle: true}
		}
		return ok(c)
	})
	c.kit.Inject(kit.Injection{Fault: kit.Throttled, Times: 1})
	c.kit.Inject(kit.Injection{Fault: kit.Unavailable, Times: 1})
	if s, b := c.must("POST", "/", "", ""); s != 200 || b != `{"code":421}` {
		t.Errorf("throttled: %d %s", s, b)
	}
	if s, b := c.must("POST", "/", "", ""); s != 503 || b != `"down"` {
		t.Errorf("down: %d %s", s, b)
	}
	if kit.JSON(200, func() {}).Status != 500 {
		t.Error("what is no JSON is an answer")
	}
}

func TestInjectionsStrikeWhatTheyAreMeantFor(t *testing.T) {
	t.Parallel()
	c := start(t, kit.Options{Fits: func(f kit.Fault, method, _ string) bool { return f != kit.EarlyWebhook || method == "POST" }}, func(c *kit.Call) kit.Reply {
		return kit.JSON(200, string(c.Fault))
	})
	c.kit.Inject(kit.Injection{Fault: kit.EarlyWebhook, Times: 1})
	c.kit.Inject(kit.Injection{Fault: kit.ForgedWebhook, Path: "/a", Match: func(method, _ string) bool { return method == "GET" }, Times: 2})
	var got []string
	for _, call := range []string{"GET /b", "GET /a", "POST /a", "POST /a", "GET /a/c", "GET /a"} {
		method, path, _ := strings.Cut(call, " ")
		_, b := c.must(method, path, "", "")
		got = append(got, strings.Trim(b, `"`))
	}
	if want := []string{"", "forged_webhook", "early_webhook", "", "forged_webhook", ""}; !slices.Equal(got, want) {
		t.Errorf("struck %q, want %q", got, want)
	}
}

func TestDiceAreSeeded(t *testing.T) {
	t.Parallel()
	roll := func() (out []int) {
		c := start(t, kit.Options{Seed: 42, Rates: map[kit.Fault]float64{kit.Unavailable: 0.5}}, ok)
		for range 20 {
			s, _ := c.must("GET", "/", "", "")
			out = append(out, s)
		}
		return out
	}
	a, b := roll(), roll()
	if !slices.Equal(a, b) || !slices.Contains(a, 503) || !slices.Contains(a, 200) {
		t.Errorf("%v and %v", a, b)
	}
}

func TestAHangEndsWithTheClientOrTheService(t *testing.T) {
	t.Parallel()
	c := start(t, kit.Options{}, ok)
	c.kit.Inject(kit.Injection{Fault: kit.Hang, Times: 2})
	c.http.Timeout = 50 * time.Millisecond
	if _, _, err := c.do("GET", "/", "", ""); err == nil {
		t.Error("it answers")
	}
	c.http.Timeout = 0
	go func() { time.Sleep(20 * time.Millisecond); c.kit.Close() }()
	if _, _, err := c.do("GET", "/", "", ""); err == nil {
		t.Error("it answers")
	}
}

func TestEventsComeOneByOneAndSometimesBrokenWithinACharacter(t *testing.T) {
	t.Parallel()
	events := []string{`{"a":"狐狸"}`, "event: note\ndata: two", "two\nlines", `{"b":"狐狸"}`, ": comment", `{"c":"狐"}`, "[DONE]"}
	want := "data: {\"a\":\"狐狸\"}\n\nevent: note\ndata: two\n\ndata: two\ndata: lines\n\ndata: {\"b\":\"狐狸\"}\n\n: comment\n\ndata: {\"c\":\"狐\"}\n\ndata: [DONE]\n\n"
	c := start(t, kit.Options{}, func(*kit.Call) kit.Reply { return kit.Reply{Events: events} })
	broken := false
	for range 100 { // whether two pieces arrive as two is the network's matter
		answer, err := c.http.Get(c.base)
		if err != nil {
			t.Fatal(err)
		}
		whole, within := pieces(t, answer.Body)
		_ = answer.Body.Close()
		if whole != want || answer.Header.Get("Content-Type") != "text/event-stream" {
			t.Fatalf("got %q", whole)
		}
		if broken = broken || within; broken {
			break
		}
	}
	if !broken {
		t.Error("no piece ends within a character")
	}
	c.kit.Inject(kit.Injection{Fault: kit.CutReply, Times: 1})
	if _, body, err := c.do("GET", "/", "", ""); err == nil || !strings.HasPrefix(want, body) || body == "" || body == want {
		t.Errorf("cut: %q, %v", body, err)
	}
}

// pieces reads a stream to its end, and reports whether a piece of it ended within a character.
func pieces(t *testing.T, r io.Reader) (whole string, within bool) {
	t.Helper()
	for buf := make([]byte, 4096); ; {
		n, err := r.Read(buf)
		whole += string(buf[:n])
		within = within || !utf8.ValidString(whole)
		if errors.Is(err, io.EOF) {
			return whole, within
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestLinksAreReadAsTheServiceWould(t *testing.T) {
	t.Parallel()
	c := start(t, kit.Options{}, ok)
	files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "image/png; x=1")
		switch r.URL.Path {
		case "/exif.png":
			_, _ = io.WriteString(w, exif)
		case "/away":
			http.Redirect(w, r, "/a.png", http.StatusFound)
		default:
			_, _ = io.WriteString(w, png)
		}
	}))
	defer files.Close()
	if data, mediaType, err := c.kit.FetchLink(t.Context(), files.URL+"/a.png", "photo"); err != nil || string(data) != png || mediaType != "image/png" {
		t.Errorf("%q %s %v", data, mediaType, err)
	}
	if v := c.kit.Received().Violations; len(v) != 0 {
		t.Errorf("noticed %v", v)
	}
	_, _, _ = c.kit.FetchLink(t.Context(), files.URL+"/exif.png", "photo")
	_, _, _ = c.kit.FetchLink(t.Context(), files.URL+"/tsk_01jd3v9q.png", "photo")
	if v := c.kit.Received().Violations; !slices.Equal(v, []string{"picture metadata: EXIF", "link photo: identifier of the app"}) {
		t.Errorf("noticed %v", v)
	}
	for _, address := range []string{"", "x", "http://a.example/x.png", "ftp://127.0.0.1/x", "https://u:p@a.example/x", files.URL + "/away", "http://127.0.0.1:1/x", "http://localhost:-1/"} {
		if _, _, err := c.kit.FetchLink(t.Context(), address, "photo"); err == nil {
			t.Errorf("%q is read", address)
		}
	}
}

func TestLinksUnderTLSNeedATrustedAuthority(t *testing.T) {
	t.Parallel()
	files := kit.New("files", kit.Options{}, ok)
	defer files.Close()
	base, roots, err := files.StartTLS("127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	at := files.Publish(files.Hold("photo", "input", []byte(png), "image/png", 0), strings.TrimPrefix(base, "https://"), "/a.png")
	for _, trusting := range []bool{true, false} {
		o := kit.Options{}
		if trusting {
			o.Roots = roots
		}
		c := start(t, o, ok)
		if _, _, err := c.kit.FetchLink(t.Context(), at, "photo"); (err == nil) != trusting {
			t.Errorf("trusting %v: %v", trusting, err)
		}
	}
}

func TestACallbackTellsItsStatus(t *testing.T) {
	t.Parallel()
	got := make(chan string, 1)
	ours := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- r.Method + " " + r.Header.Get("Content-Type") + " " + string(body)
		w.WriteHeader(http.StatusTeapot)
	}))
	defer ours.Close()
	k := kit.New("studio", kit.Options{}, ok)
	defer k.Close()
	if s := k.CallBack(t.Context(), ours.URL, "application/json", []byte("{}")); s != http.StatusTeapot || <-got != "POST application/json {}" {
		t.Errorf("status %d", s)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	if k.CallBack(t.Context(), "http://"+l.Addr().String(), "x/y", nil) != 0 || k.CallBack(t.Context(), "://", "x/y", nil) != 0 {
		t.Error("somebody answers where nobody is")
	}
}

func TestOnlyWantsEveryRequiredMemberAndNoUnknownOne(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"a": true, "a b": true, "": false, "b": false, "a c": false} {
		m := map[string]any{}
		for _, name := range strings.Fields(text) {
			m[name] = nil
		}
		if kit.Only(m, []string{"a"}, "b") != want {
			t.Errorf("%q: not %v", text, want)
		}
	}
}
