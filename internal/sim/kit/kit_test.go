package kit_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/sim/kit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	png    = "\x89PNG\r\n\x1a\n pixels"
	random = "0123456789abcdef0123456789abcdef.png"
)

// client talks to a service whose answers are those of handle.
type client struct {
	t    *testing.T
	kit  *kit.Kit
	base string
	http *http.Client
	head http.Header // added to every request
}

func start(t *testing.T, o kit.Options, handle func(*kit.Call) kit.Reply) *client {
	t.Helper()
	k := kit.New("studio", o, handle)
	t.Cleanup(k.Close)
	base, err := k.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return &client{t: t, kit: k, base: base, head: http.Header{}, http: &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func ok(*kit.Call) kit.Reply { return kit.JSON(http.StatusOK, map[string]any{"ok": true}) }

func (c *client) do(method, path, contentType, body string) (int, string, error) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header = c.head.Clone()
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(raw), err
}

// must is do without an error of the transport.
func (c *client) must(method, path, contentType, body string) (int, string) {
	c.t.Helper()
	status, text, err := c.do(method, path, contentType, body)
	if err != nil {
		c.t.Fatal(err)
	}
	return status, text
}

func (c *client) post(v any) {
	c.t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		c.t.Fatal(err)
	}
	c.must("POST", "/x", "application/json", string(raw))
}

// form writes a multipart body with one file and a value.
func form(t *testing.T, fileName string, file []byte) (string, string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.WriteField("purpose", "vision"); err != nil {
		t.Fatal(err)
	}
	part, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name="file"; filename=%q`, fileName)}, "Content-Type": {"image/png"}})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write(file)
	_ = w.Close()
	return w.FormDataContentType(), b.String()
}

func TestACallIsReadByItsMediaType(t *testing.T) {
	t.Parallel()
	var got *kit.Call
	c := start(t, kit.Options{}, func(c *kit.Call) kit.Reply { got = c; return ok(c) })
	c.must("POST", "/json?b=2&a=1", "application/json; charset=utf-8", `{"n":12345678901234567890,"text":"hi","deep":{"x":[{"y":1}]}}`)
	if got.JSON["n"] != json.Number("12345678901234567890") || got.Text("text") != "hi" || got.Text("n") != "" || got.Query.Get("a") != "1" || got.MediaType != "application/json" {
		t.Errorf("JSON is read as %+v", got)
	}
	if got.Path != "/json" || got.Base != c.base || "http://"+got.Host != c.base || got.Problem != "" || got.Context() == nil {
		t.Errorf("the call is %+v", got)
	}
	c.must("POST", "/form", "application/x-www-form-urlencoded", "Action=Detect&Url=https%3A%2F%2Fx.example%2Fa.png")
	if got.Form.Get("Url") != "https://x.example/a.png" {
		t.Errorf("a form is read as %+v", got.Form)
	}
	contentType, body := form(t, random, []byte(png))
	c.must("POST", "/parts", contentType, body)
	if p := got.Part("file"); len(got.Parts) != 2 || p == nil || p.FileName != random || p.MediaType != "image/png" || string(p.Data) != png || got.Part("x") != nil {
		t.Errorf("parts are read as %+v", got.Parts)
	}
	var keys []string
	for _, r := range c.kit.Received().Requests {
		keys = append(keys, strings.Join(r.Keys, " "))
	}
	if want := []string{"a b deep n text x y", "Action Url", "purpose file"}; !slices.Equal(keys, want) {
		t.Errorf("names %q, want %q", keys, want)
	}
	if v := c.kit.Received().Violations; len(v) != 0 {
		t.Errorf("noticed %v", v)
	}
}

func TestWhatCannotBeReadIsAProblem(t *testing.T) {
	t.Parallel()
	var got string
	c := start(t, kit.Options{MaxBody: 1000}, func(c *kit.Call) kit.Reply { got = c.Problem; return ok(c) })
	contentType, body := form(t, random, []byte(png))
	for name, tc := range map[string]struct{ method, contentType, body, want string }{
		"JSON that breaks off":   {"POST", "application/json", `{"a":`, "JSON"},
		"JSON with a tail":       {"POST", "application/json", `{}{}`, "JSON"},
		"a list":                 {"POST", "application/json", `[]`, "JSON"},
		"null":                   {"POST", "application/json", `null`, "JSON"},
		"no JSON at all":         {"POST", "application/json", ``, "JSON"},
		"a form that breaks off": {"POST", contentType, body[:len(body)-20], "form"},
		"a part without a name":  {"POST", "multipart/form-data; boundary=b", "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--\r\n", "form"},
		"a form badly written":   {"POST", "application/x-www-form-urlencoded", "a=%zz", "form"},
		"no media type":          {"POST", "", "x", "content type"},
		"an unknown media type":  {"POST", "text/plain", "x", "content type"},
		"a GET with a body":      {"GET", "application/json", "{}", "body"},
		"too much":               {"POST", "application/json", `{"a":"` + strings.Repeat("x", 1000) + `"}`, "body"},
		"nothing":                {"POST", "", "", ""},
		"a plain GET":            {"GET", "", "", ""},
	} {
		c.must(tc.method, "/", tc.contentType, tc.body)
		if got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
	if n := len(c.kit.Received().Violations); n != 12 {
		t.Errorf("%d violations", n)
	}
}

func TestEvidenceNamesFieldsInOrderAndOnce(t *testing.T) {
	t.Parallel()
	clk := clock.NewFake(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC))
	c := start(t, kit.Options{Clock: clk}, func(c *kit.Call) kit.Reply {
		c.Field("prompt")
		c.Field("photo")
		c.Field("prompt")
		c.Odd("something")
		return ok(c)
	})
	c.post(map[string]any{"prompt": "x"})
	w := httptest.NewRecorder()
	c.kit.ServeEvidence(w, nil)
	var e kit.Evidence
	if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil {
		t.Fatal(err)
	}
	if r := e.Requests[0]; e.Recipient != "studio" || !slices.Equal(r.Fields, []string{"photo", "prompt"}) || r.Bytes != 14 || !r.At.Equal(clk.Now()) || !slices.Equal(e.Violations, []string{"something"}) {
		t.Errorf("%s", w.Body)
	}
	empty := httptest.NewRecorder()
	start(t, kit.Options{}, ok).kit.ServeEvidence(empty, nil)
	if strings.Contains(empty.Body.String(), "null") {
		t.Errorf("%s", empty.Body)
	}
}

func TestArriveSeesCallsThatMeetAFault(t *testing.T) {
	t.Parallel()
	c := start(t, kit.Options{Arrive: func(c *kit.Call) { c.Field("photo") }}, ok)
	c.kit.Inject(kit.Injection{Fault: kit.Unavailable, Times: 1})
	if status, _ := c.must("POST", "/x", "application/json", "{}"); status != 503 {
		t.Errorf("status %d", status)
	}
	if r := c.kit.Received().Requests; len(r) != 1 || len(r[0].Fields) != 1 {
		t.Errorf("recorded %+v", r)
	}
}

func TestHeldThingsAreReportedUntilTheirTime(t *testing.T) {
	t.Parallel()
	clk := clock.NewFake(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC))
	c := start(t, kit.Options{Clock: clk}, func(*kit.Call) kit.Reply { return kit.JSON(404, map[string]any{"error": "gone"}) })
	hour := c.kit.Hold("photo", "input", []byte(png), "image/png", time.Hour)
	ever := c.kit.Hold("prompt", "text", []byte("a fox"), "text/plain", 0)
	plain, signed := c.kit.Publish(hour, strings.TrimPrefix(c.base, "http://"), "/files/a.png"), c.kit.Publish(hour, "h", "/files/b.png?Expires=1&Signature=x")
	if plain != c.base+"/files/a.png" || signed != "http://h/files/b.png?Expires=1&Signature=x" {
		t.Errorf("published at %s and %s", plain, signed)
	}
	for path, want := range map[string]int{"/files/a.png": 200, "/files/b.png?Expires=1&Signature=x": 200, "/files/b.png": 404, "/files/a.png?x=1": 404} {
		if status, body := c.must("GET", path, "", ""); status != want || status == 200 && body != png {
			t.Errorf("%s: %d %q", path, status, body)
		}
	}
	if status, _ := c.must("POST", "/files/a.png", "", ""); status != 404 {
		t.Error("a file is handed out to a POST")
	}
	if h := c.kit.Received().Holds; len(h) != 2 || h[0].SHA256 == h[1].SHA256 || !h[1].Until.IsZero() {
		t.Errorf("held: %+v", h)
	}
	clk.Advance(time.Hour)
	if status, _ := c.must("GET", "/files/a.png", "", ""); status != 404 || c.kit.Holds(hour) || !c.kit.Holds(ever) {
		t.Error("it outlives its time")
	}
	c.kit.Release(ever)
	c.kit.Release(ever)
	c.kit.Release(nil)
	if c.kit.Holds(ever) || c.kit.Holds(nil) || len(c.kit.Received().Holds) != 0 {
		t.Error("what was released is still held")
	}
}

func TestTheServicesClockCanBeOff(t *testing.T) {
	t.Parallel()
	clk := clock.NewFake(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC))
	k := kit.New("studio", kit.Options{Clock: clk, Skew: -20 * time.Minute}, ok)
	defer k.Close()
	if d := clk.Now().Sub(k.Now()); d != 20*time.Minute {
		t.Errorf("off by %v", d)
	}
}

func TestNamesAreSeededAndGivenOnce(t *testing.T) {
	t.Parallel()
	one, two, other := kit.New("s", kit.Options{Seed: 1}, ok), kit.New("s", kit.Options{Seed: 1}, ok), kit.New("s", kit.Options{Seed: 2}, ok)
	a, b := one.ID("task-"), one.ID("task-")
	if a == b || a != two.ID("task-") || a == other.ID("task-") || !strings.HasPrefix(a, "task-") || len(a) != 37 {
		t.Errorf("%s, %s", a, b)
	}
}

func TestJobsRunAndEndWithTheService(t *testing.T) {
	t.Parallel()
	k := kit.New("studio", kit.Options{Queue: time.Minute, Run: time.Second, Render: func(_ context.Context, j kit.Job) (kit.Output, error) {
		return kit.Output{Data: []byte(j.Want), MediaType: "image/png"}, nil
	}}, ok)
	ended := make(chan bool, 1)
	k.Go(func(ctx context.Context) { ended <- k.Wait(ctx, time.Hour) })
	if !k.Wait(t.Context(), 0) {
		t.Error("no time does not pass")
	}
	out, err := k.Render(t.Context(), kit.Job{Want: "image"})
	if err != nil || string(out.Data) != "image" {
		t.Errorf("rendered %+v, %v", out, err)
	}
	queue, run := k.Stages(map[string]string{"prompt": "a fox"})
	_, slow := k.Stages(map[string]string{"negative_prompt": "none", "prompt": "a test:slow fox"})
	_, slower := k.Stages(map[string]string{"prompt": "test:slow, test:slow"})
	if queue != time.Minute || run != time.Second || slow != 11*time.Second || slower != 21*time.Second {
		t.Errorf("stages %v %v %v %v", queue, run, slow, slower)
	}
	k.Lock()
	_ = k.ID("") // the Kit's methods may be called under the simulator's lock
	k.Unlock()
	k.Close()
	if <-ended {
		t.Error("an hour has passed")
	}
	k.Go(func(context.Context) { t.Error("something runs after the end") })
	k.Close()
	if _, err := kit.New("x", kit.Options{}, ok).Render(t.Context(), kit.Job{}); err == nil {
		t.Error("a job without a renderer succeeds")
	}
}

func TestItListensOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	k := kit.New("studio", kit.Options{}, ok)
	defer k.Close()
	for _, addr := range []string{"0.0.0.0:0", "nonsense"} {
		if base, err := k.Start(addr); err == nil {
			t.Errorf("it listens at %s", base)
		}
		if base, _, err := k.StartTLS(addr, false); err == nil {
			t.Errorf("it listens at %s", base)
		}
	}
}

func TestTLSIsGoodWithinItsOwnAuthorityUnlessExpired(t *testing.T) {
	t.Parallel()
	for _, expired := range []bool{false, true} {
		k := kit.New("studio", kit.Options{Names: []string{"api.studio.example"}}, func(c *kit.Call) kit.Reply { return kit.JSON(200, c.Base) })
		defer k.Close()
		base, roots, err := k.StartTLS("127.0.0.1:0", expired)
		if err != nil {
			t.Fatal(err)
		}
		if at := k.Publish(nil, "h", "/x"); at != "https://h/x" {
			t.Errorf("published at %s", at)
		}
		get := func(pool *x509.CertPool, name string) error {
			c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: name}}}
			answer, err := c.Get(base)
			if err != nil {
				return err
			}
			defer answer.Body.Close()
			if body, _ := io.ReadAll(answer.Body); string(body) != fmt.Sprintf("%q", base) {
				t.Errorf("it takes itself for %s", body)
			}
			return nil
		}
		for _, name := range []string{"", "localhost", "api.studio.example"} {
			var invalid x509.CertificateInvalidError
			if err := get(roots, name); (err != nil) != expired || expired && !errors.As(err, &invalid) {
				t.Errorf("expired %v, %q: %v", expired, name, err)
			}
		}
		if get(roots, "other.example") == nil || get(x509.NewCertPool(), "") == nil {
			t.Error("anybody trusts it")
		}
	}
}

// dataURL is a picture as it stands in JSON.
func dataURL(picture string) string {
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString([]byte(picture))
}

func TestARawCallIsRecordedAndNotAnsweredAgain(t *testing.T) {
	t.Parallel()
	answered := 0
	k := kit.New("x", kit.Options{Raw: func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/raw" {
			w.WriteHeader(http.StatusTeapot)
		}
		return r.URL.Path == "/raw"
	}}, func(*kit.Call) kit.Reply { answered++; return kit.Reply{} })
	for path, want := range map[string]int{"/raw": http.StatusTeapot, "/other": http.StatusOK} {
		w := httptest.NewRecorder()
		if k.ServeHTTP(w, httptest.NewRequest("GET", path, nil)); w.Code != want {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if n := len(k.Received().Requests); n != 2 || answered != 1 {
		t.Errorf("%d recorded, %d answered", n, answered)
	}
	k.Close()
	if k.Go(func(context.Context) {}) {
		t.Error("something runs after Close")
	}
}

func TestAScriptGivesEachItemOnceInOrder(t *testing.T) {
	t.Parallel()
	var s kit.Script[string]
	for _, word := range []string{"a1", "b1", "a2"} {
		s.Add(word)
	}
	if got := s.Next(func(w string) bool { return w[0] == 'b' }); got != "b1" {
		t.Errorf("the first b is %q", got)
	}
	for _, want := range []string{"a1", "a2", ""} {
		if got := s.Next(nil); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
