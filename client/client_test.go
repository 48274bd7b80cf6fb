package client

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// serve starts a server of one handler and returns a client of it.
func serve(t *testing.T, h http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return New(s.URL+"/", "tok_1", s.Client())
}

func answerJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// TestEveryMethodCallsItsRoute lists the routes of the API with the method that calls each.
func TestEveryMethodCallsItsRoute(t *testing.T) {
	t.Parallel()
	none := func(_ any, err error) error { return err }
	routes := map[string]func(context.Context, *Client) error{
		"GET /v1/apps":                        func(ctx context.Context, c *Client) error { return none(Collect(c.Apps(ctx))) },
		"GET /v1/apps/pixplus":                func(ctx context.Context, c *Client) error { return none(c.App(ctx, "pixplus")) },
		"POST /v1/sessions":                   func(ctx context.Context, c *Client) error { return none(c.NewSession(ctx, SessionCreate{App: "a"})) },
		"GET /v1/me":                          func(ctx context.Context, c *Client) error { return none(c.Me(ctx)) },
		"DELETE /v1/me":                       func(ctx context.Context, c *Client) error { return none(c.DeleteMe(ctx)) },
		"GET /v1/features":                    func(ctx context.Context, c *Client) error { return none(Collect(c.Features(ctx))) },
		"GET /v1/features/a":                  func(ctx context.Context, c *Client) error { return none(c.Feature(ctx, "a")) },
		"POST /v1/consents":                   func(ctx context.Context, c *Client) error { return none(c.CreateConsent(ctx, ConsentCreate{})) },
		"GET /v1/consents":                    func(ctx context.Context, c *Client) error { return none(Collect(c.Consents(ctx))) },
		"DELETE /v1/consents/c":               func(ctx context.Context, c *Client) error { return none(c.Withdraw(ctx, "c")) },
		"GET /v1/uploads/u":                   func(ctx context.Context, c *Client) error { return none(c.GetUpload(ctx, "u")) },
		"DELETE /v1/uploads/u":                func(ctx context.Context, c *Client) error { return none(c.DeleteUpload(ctx, "u")) },
		"GET /v1/tasks":                       func(ctx context.Context, c *Client) error { return none(Collect(c.Tasks(ctx))) },
		"GET /v1/tasks/t":                     func(ctx context.Context, c *Client) error { return none(c.Task(ctx, "t")) },
		"POST /v1/tasks/t/cancel":             func(ctx context.Context, c *Client) error { return none(c.CancelTask(ctx, "t")) },
		"DELETE /v1/tasks/t":                  func(ctx context.Context, c *Client) error { return none(c.DeleteTask(ctx, "t")) },
		"GET /v1/outputs":                     func(ctx context.Context, c *Client) error { return none(Collect(c.Outputs(ctx))) },
		"GET /v1/outputs/o":                   func(ctx context.Context, c *Client) error { return none(c.Output(ctx, "o")) },
		"DELETE /v1/outputs/o":                func(ctx context.Context, c *Client) error { return none(c.DeleteOutput(ctx, "o")) },
		"GET /v1/receipts/r":                  func(ctx context.Context, c *Client) error { return none(c.Receipt(ctx, "r")) },
		"GET /demo/recipients":                func(ctx context.Context, c *Client) error { return none(Collect(c.DemoRecipients(ctx))) },
		"DELETE /v1/sessions/current":         func(ctx context.Context, c *Client) error { return c.EndSession(ctx) },
		"GET /v1/apps/pixplus/policy?lang=en": func(ctx context.Context, c *Client) error { return none(c.Policy(ctx, "pixplus", "en")) },
		"GET /v1/features/a/disclosure?lang=zh-Hans": func(ctx context.Context, c *Client) error {
			return none(c.Disclosure(ctx, "a", "zh-Hans"))
		},
		"GET /v1/privacy/holdings":  func(ctx context.Context, c *Client) error { return none(c.Holdings(ctx)) },
		"GET /v1/privacy/transfers": func(ctx context.Context, c *Client) error { return none(Collect(c.Transfers(ctx))) },
		"GET /v1/privacy/receipts":  func(ctx context.Context, c *Client) error { return none(Collect(c.Receipts(ctx))) },
		"POST /v1/privacy/requests": func(ctx context.Context, c *Client) error {
			return none(c.RightsRequest(ctx, RightsRequestCreate{Kind: "erase"}))
		},
		"GET /demo/recipients/r%2Fx/received": func(ctx context.Context, c *Client) error { return none(c.DemoReceived(ctx, "r/x")) },
	}
	for want, do := range routes {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			var got string
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				got = r.Method + " " + r.URL.RequestURI()
				if r.Header.Get("Authorization") != "Bearer tok_1" {
					t.Errorf("authorization is %q", r.Header.Get("Authorization"))
				}
				answerJSON(w, 200, struct{}{})
			})
			if err := do(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			if got != want {
				t.Errorf("called %q", got)
			}
		})
	}
}

func TestRequestsCarryTheirBodies(t *testing.T) {
	t.Parallel()
	var method, uri, body, key, kind string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		method, uri, body = r.Method, r.URL.Path, strings.TrimSpace(string(b))
		key, kind = r.Header.Get("Idempotency-Key"), r.Header.Get("Content-Type")
		answerJSON(w, 202, Task{ID: "tsk_1"})
	})
	task, err := c.CreateTask(t.Context(), TaskCreate{Feature: "avatar", Consent: "con_1"}, "key-1")
	if err != nil || task.ID != "tsk_1" {
		t.Fatalf("got %v, %v", task, err)
	}
	if method != "POST" || uri != "/v1/tasks" || key != "key-1" || kind != "application/json" ||
		body != `{"feature":"avatar","consent":"con_1"}` {
		t.Errorf("sent %s %s key %q type %q body %s", method, uri, key, kind, body)
	}
	if _, err := c.ConfirmTask(t.Context(), "tsk_1", false); err != nil {
		t.Fatal(err)
	}
	if uri != "/v1/tasks/tsk_1/confirm" || body != `{"accept":false}` {
		t.Errorf("sent %s body %s", uri, body)
	}
	if _, err := c.DemoAdvance(t.Context(), "PT25H"); err != nil {
		t.Fatal(err)
	}
	if uri != "/demo/clock" || body != `{"advance":"PT25H"}` {
		t.Errorf("sent %s body %s", uri, body)
	}
}

func TestLanguageAndTokenBelongToTheCopy(t *testing.T) {
	t.Parallel()
	var lang, auth string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		lang, auth = r.Header.Get("Accept-Language"), r.Header.Get("Authorization")
		answerJSON(w, 200, Me{})
	})
	if _, err := c.WithLanguage("zh-Hans").WithToken("tok_2").Me(t.Context()); err != nil {
		t.Fatal(err)
	}
	if lang != "zh-Hans" || auth != "Bearer tok_2" {
		t.Errorf("sent %q and %q", lang, auth)
	}
	if _, err := c.Me(t.Context()); err != nil {
		t.Fatal(err)
	}
	if lang != "" || auth != "Bearer tok_1" {
		t.Errorf("the original client sends %q and %q", lang, auth)
	}
}

func TestAFileIsStreamedWithItsSizeAndWithoutItsName(t *testing.T) {
	t.Parallel()
	var length int64
	var received, headers string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		length, received = r.ContentLength, string(b)
		var h strings.Builder
		_ = r.Header.Write(&h)
		headers = h.String() + r.URL.String()
		answerJSON(w, 201, Upload{ID: "upl_1"})
	})
	path := filepath.Join(t.TempDir(), "holiday-with-anna.jpg")
	if err := os.WriteFile(path, []byte("0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Seek(2, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if up, err := c.Upload(t.Context(), f, "image/jpeg"); err != nil || up.ID != "upl_1" {
		t.Fatalf("got %v, %v", up, err)
	}
	if length != 8 || received != "23456789" {
		t.Errorf("announced %d bytes and sent %q", length, received)
	}
	if strings.Contains(headers, "anna") || !strings.Contains(headers, "image/jpeg") {
		t.Errorf("headers are %s", headers)
	}
	if err := f.Close(); err != nil {
		t.Errorf("the upload closed the caller's file: %v", err)
	}
	if _, err := c.Upload(t.Context(), io.MultiReader(strings.NewReader("abc")), ""); err != nil {
		t.Fatal(err)
	}
	if length != -1 || received != "abc" {
		t.Errorf("a stream of unknown size announced %d bytes and sent %q", length, received)
	}
}

func TestARefusedUploadNeverLeavesTheMachine(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close")
		answerJSON(w, 413, Problem{Code: "media-too-large"})
	})
	c.http = http.DefaultClient // waits for the server's word, unlike the client of httptest
	read := &counter{r: strings.NewReader(strings.Repeat("x", 4<<20))}
	_, err := c.Upload(t.Context(), read, "image/jpeg")
	var p *Problem
	if !errors.As(err, &p) || p.Code != "media-too-large" {
		t.Fatalf("got %v", err)
	}
	if read.n != 0 {
		t.Errorf("%d bytes were sent", read.n)
	}
}

type counter struct {
	r io.Reader
	n int
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}

func TestContentIsStreamedWithItsType(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/outputs/out_1/content" {
			answerJSON(w, 410, Problem{Code: "erased", Detail: "gone"})
			return
		}
		w.Header().Set("Content-Type", "image/png")
		_, _ = io.WriteString(w, "pixels")
	})
	body, kind, err := c.Content(t.Context(), "out_1")
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	b, err := io.ReadAll(body)
	if err != nil || string(b) != "pixels" || kind != "image/png" {
		t.Errorf("got %q of %q, %v", b, kind, err)
	}
	var p *Problem
	if _, _, err := c.Content(t.Context(), "out_2"); !errors.As(err, &p) || p.Status != 410 || p.Code != "erased" {
		t.Errorf("got %v, want the problem erased", err)
	}
}

func TestListsAreReadPageByPage(t *testing.T) {
	t.Parallel()
	var calls int
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		calls++
		next := map[string]string{"": "p2", "p2": "p3", "p3": ""}[r.URL.Query().Get("cursor")]
		answerJSON(w, 200, Page[Task]{Data: []Task{{ID: "a" + next}, {ID: "b" + next}}, NextCursor: next, HasMore: next != ""})
	})
	all, err := Collect(c.Tasks(t.Context()))
	if err != nil || len(all) != 6 || calls != 3 || all[4].ID != "a" {
		t.Errorf("got %d tasks in %d calls, %v", len(all), calls, err)
	}
	calls = 0
	for range c.Tasks(t.Context()) {
		break
	}
	if calls != 1 {
		t.Errorf("a loop that stops early made %d calls", calls)
	}
}

func TestAListThatRepeatsItsCursorEnds(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		answerJSON(w, 200, Page[Task]{Data: []Task{{ID: "a"}}, NextCursor: "same", HasMore: true})
	})
	all, err := Collect(c.Tasks(t.Context()))
	if err == nil || len(all) != 2 {
		t.Errorf("got %d tasks, %v", len(all), err)
	}
}

func TestProblemsAreErrors(t *testing.T) {
	t.Parallel()
	sent := true
	tests := map[string]struct {
		kind, body string
		want       Problem
	}{
		"a problem document": {
			"application/problem+json; charset=utf-8",
			`{"code":"provider-unavailable","detail":"later","status":503,"was_sent":true}`,
			Problem{Code: "provider-unavailable", Detail: "later", Status: 503, WasSent: &sent},
		},
		"a page of a proxy":        {"text/html", "<h1>no</h1>", Problem{Code: "http-503", Status: 503}},
		"JSON that is no problem":  {"application/json", `{"x":1}`, Problem{Code: "http-503", Status: 503}},
		"a broken document":        {"application/problem+json", `{"code":`, Problem{Code: "http-503", Status: 503}},
		"an answer without a type": {"", "", Problem{Code: "http-503", Status: 503}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", tt.kind)
				w.WriteHeader(503)
				_, _ = io.WriteString(w, tt.body)
			})
			_, err := c.Me(t.Context())
			var p *Problem
			if !errors.As(err, &p) {
				t.Fatalf("got %v, want a problem", err)
			}
			if p.Code != tt.want.Code || p.Status != tt.want.Status || (p.WasSent == nil) != (tt.want.WasSent == nil) {
				t.Errorf("got %+v", p)
			}
			if !strings.HasPrefix(err.Error(), tt.want.Code+": ") {
				t.Errorf("the error reads %q", err)
			}
		})
	}
}

func TestAProblemNamesFieldsAndRules(t *testing.T) {
	t.Parallel()
	p := &Problem{Code: "validation", Detail: "The request breaks a rule.", Errors: []FieldProblem{
		{Pointer: "/prompt", Code: "rule", Detail: "at most 5 characters"}, {Pointer: "/feature", Detail: "required"},
	}}
	if want := "validation: The request breaks a rule. [/prompt: at most 5 characters] [/feature: required]"; p.Error() != want {
		t.Errorf("got %q", p.Error())
	}
}

func TestOtherFailuresSayWhatWasTried(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/me" {
			_, _ = io.WriteString(w, "{")
		}
	})
	if _, err := c.Me(t.Context()); err == nil || !strings.Contains(err.Error(), "decode answer of GET /v1/me") {
		t.Errorf("got %v", err)
	}
	if _, err := c.Task(t.Context(), "t"); err != nil {
		t.Errorf("an empty answer is no failure, got %v", err)
	}
	if _, err := New("http://127.0.0.1:0", "", nil).Me(t.Context()); err == nil {
		t.Error("no error from a server that is not there")
	}
	if _, err := New("://", "", nil).Me(t.Context()); err == nil {
		t.Error("no error from an address that is none")
	}
}

func TestAFileIsNamedByItsMediaType(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]string{
		"image/jpeg": ".jpg", "IMAGE/PNG": ".png", "image/webp": ".webp", "image/gif": ".gif", "video/mp4": ".mp4",
		"text/plain; charset=utf-8": ".txt", "application/json": ".json", "application/vnd.vow.points+json": ".json",
		"application/octet-stream": "", "": "", "nonsense;;": "",
	} {
		if got := Ending(kind); got != want {
			t.Errorf("Ending(%q) = %q, want %q", kind, got, want)
		}
	}
}
