package egress_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/guard/guardtest"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/privacy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	apiKey  = "fakefakefakefakefakefakefakefake"
	otherID = "key-of-somebody-else-4711"
	png     = "\x89PNG\r\n\x1a\n canary-pixels"
)

// recipient is a server that keeps what it received, and answers as told.
type recipient struct {
	*httptest.Server
	mu     sync.Mutex
	got    []*http.Request
	bodies []string
}

func newRecipient(t *testing.T, answer http.HandlerFunc) *recipient {
	t.Helper()
	r := &recipient{}
	if answer == nil {
		answer = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"code":0}`)
		}
	}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		r.got = append(r.got, req.Clone(context.Background()))
		r.bodies = append(r.bodies, string(body))
		r.mu.Unlock()
		answer(w, req)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *recipient) seen() ([]*http.Request, []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.got, r.bodies
}

func config(url string) egress.Config {
	return egress.Config{
		Recipient: "runninghub", BaseURL: url, AllowLoopback: true, CallbackBase: "http://127.0.0.1:8420/hooks",
		Credentials: map[string]egress.Credential{"api_key": egress.NewCredential(apiKey)},
		SendTimeout: 5 * time.Second, FollowTimeout: 5 * time.Second, FetchTimeout: 5 * time.Second,
	}
}

func open(t *testing.T, configs ...egress.Config) *egress.Egress {
	t.Helper()
	e, err := egress.New(configs, log.Logger{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// content is a photo, a prompt and an option.
func content(photo []byte) disclosure.Content {
	ref := vault.Ref{App: "pixplus", MediaType: "image/png"}
	return disclosure.Content{
		"photo":  disclosure.Media(guardtest.Picture(ref, photo)),
		"prompt": disclosure.Text(privacy.NewText("a \"fox\" & <me> 狐")),
		"style":  disclosure.Code("pencil"),
	}
}

func permitted(c disclosure.Content, spent ...privacy.Field) disclosure.Disclosure {
	return guardtest.Disclosure(disclosure.Entry{ID: "trf_x", App: "pixplus", Recipient: "runninghub"}, c, spent...)
}

func upload() wire.Request {
	return wire.Request{Method: "POST", Path: "/upload", Body: wire.Multipart{
		{Name: "apiKey", Value: wire.Secret("api_key")},
		{Name: "fileType", Value: wire.Literal("image")},
		{Name: "file", Value: wire.Media("photo")},
	}}
}

func create() wire.Request {
	return wire.Request{Method: "POST", Path: "/create", Body: wire.JSON{
		"apiKey": wire.Secret("api_key"), "prompt": wire.Text("prompt"), "n": wire.Int(1), "meta": wire.Bool(false),
		"hook": wire.Callback("http://127.0.0.1:8420/hooks/runninghub/4f1c"), "list": wire.Array{wire.Text("style"), wire.Literal("x")},
	}, Header: map[string]wire.Value{"Authorization": wire.Bearer("api_key"), "Accept": wire.Literal("application/json")}}
}

func failed(t *testing.T, err error) *egress.Error {
	t.Helper()
	var e *egress.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an *egress.Error", err)
	}
	return e
}

func TestAnUploadStreamsTheFileWithAKnownLengthAndARandomName(t *testing.T) {
	t.Parallel()
	r := newRecipient(t, nil)
	d := permitted(content([]byte(png)))
	resp, err := open(t, config(r.URL)).Send(t.Context(), d, upload())
	if err != nil || resp.Status != 200 || string(resp.Body) != `{"code":0}` {
		t.Fatalf("got %+v, %v", resp, err)
	}
	got, bodies := r.seen()
	req := got[0]
	req.Body = io.NopCloser(strings.NewReader(bodies[0]))
	if req.ContentLength != int64(len(bodies[0])) || len(req.TransferEncoding) != 0 {
		t.Errorf("length %d announced, %d came, encoding %v", req.ContentLength, len(bodies[0]), req.TransferEncoding)
	}
	if err := req.ParseMultipartForm(1 << 20); err != nil {
		t.Fatal(err)
	}
	head := req.MultipartForm.File["file"][0]
	file, err := head.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if data, _ := io.ReadAll(file); string(data) != png {
		t.Errorf("the file arrived as %q", data)
	}
	if len(head.Filename) != 36 || !strings.HasSuffix(head.Filename, ".png") || head.Header.Get("Content-Type") != "image/png" {
		t.Errorf("the file is called %q, %v", head.Filename, head.Header)
	}
	if req.FormValue("apiKey") != apiKey || req.FormValue("fileType") != "image" {
		t.Error("the form values are wrong")
	}
	if d.SentBytes() != int64(len(png)) {
		t.Errorf("%d bytes counted", d.SentBytes())
	}
}

func TestAJSONBodyHasSecretsAndContentInPlace(t *testing.T) {
	t.Parallel()
	r := newRecipient(t, nil)
	if _, err := open(t, config(r.URL)).Send(t.Context(), permitted(content([]byte(png))), create()); err != nil {
		t.Fatal(err)
	}
	got, bodies := r.seen()
	want := `{"apiKey":"` + apiKey + `","hook":"http://127.0.0.1:8420/hooks/runninghub/4f1c","list":["pencil","x"],"meta":false,"n":1,"prompt":"a \"fox\" & <me> 狐"}`
	if bodies[0] != want {
		t.Errorf("body\n%s\nwant\n%s", bodies[0], want)
	}
	if got[0].Header.Get("Authorization") != "Bearer "+apiKey {
		t.Error("the bearer is missing")
	}
}

func TestARequestSaysNothingAboutUs(t *testing.T) {
	t.Parallel()
	r := newRecipient(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Set-Cookie", "id=1")
		_, _ = io.WriteString(w, `{}`)
	})
	e, d := open(t, config(r.URL)), permitted(content([]byte(png)))
	for _, req := range []wire.Request{upload(), create()} {
		if _, err := e.Send(t.Context(), d, req); err != nil {
			t.Fatal(err)
		}
	}
	allowed := map[string]bool{"User-Agent": true, "Content-Length": true, "Content-Type": true, "Accept": true, "Authorization": true, "Connection": true}
	got, _ := r.seen()
	for _, req := range got {
		for name := range req.Header {
			if !allowed[name] {
				t.Errorf("%s carries %s", req.URL.Path, name)
			}
		}
		if req.UserAgent() != "vow" {
			t.Errorf("User-Agent %q", req.UserAgent())
		}
	}
}

func TestAFieldLeavesOnce(t *testing.T) {
	t.Parallel()
	r := newRecipient(t, nil)
	e, d := open(t, config(r.URL)), permitted(content([]byte(png)))
	if _, err := e.Send(t.Context(), d, upload()); err != nil {
		t.Fatal(err)
	}
	_, err := e.Send(t.Context(), d, upload())
	if f := failed(t, err); f.Class != egress.Blocked || f.Code != "already-sent" || !f.WasSent || !errors.Is(err, egress.ErrRefused) {
		t.Errorf("the second upload: %+v", f)
	}
	if _, err := e.Send(t.Context(), d, create()); err != nil {
		t.Errorf("fields that have not been sent yet: %v", err)
	}
	resumed := permitted(content([]byte(png)), "photo")
	if _, err := e.Send(t.Context(), resumed, upload()); failed(t, err).Code != "already-sent" {
		t.Errorf("a resumed Disclosure sends the photo again: %v", err)
	}
	if got, _ := r.seen(); len(got) != 2 {
		t.Errorf("%d requests arrived", len(got))
	}
}

func TestNothingLeavesWithoutADisclosure(t *testing.T) {
	t.Parallel()
	r := newRecipient(t, nil)
	e := open(t, config(r.URL))
	var zero disclosure.Disclosure
	if _, err := e.Send(t.Context(), zero, upload()); failed(t, err).Code != "no-disclosure" {
		t.Errorf("the zero Disclosure: %v", err)
	}
	other := guardtest.Disclosure(disclosure.Entry{Recipient: "tencent"}, content([]byte(png)))
	if _, err := e.Send(t.Context(), other, upload()); failed(t, err).Code != "no-disclosure" {
		t.Errorf("a recipient without an address: %v", err)
	}
	few := permitted(disclosure.Content{"style": disclosure.Code("pencil")})
	if _, err := e.Send(t.Context(), few, upload()); failed(t, err).Code != "field-not-disclosed" {
		t.Errorf("a field that was not disclosed: %v", err)
	}
	if got, _ := r.seen(); len(got) != 0 {
		t.Errorf("%d requests arrived", len(got))
	}
	want := []egress.BlockedCount{{Recipient: "", Rule: "no-disclosure", Count: 1}, {Recipient: "runninghub", Rule: "field-not-disclosed", Count: 1}, {Recipient: "tencent", Rule: "no-disclosure", Count: 1}}
	if fmt.Sprint(e.Blocked()) != fmt.Sprint(want) {
		t.Errorf("counted %v", e.Blocked())
	}
}

func TestAFailedConnectionMeansNothingWasSent(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	e, d := open(t, config("http://"+addr)), permitted(content([]byte(png)))
	_, sendErr := e.Send(t.Context(), d, upload())
	if f := failed(t, sendErr); f.Class != egress.Transient || f.WasSent || !f.Class.Retryable() {
		t.Errorf("got %+v", f)
	}
	if len(d.Spent()) != 0 || d.SentBytes() != 0 {
		t.Errorf("spent %v, %d bytes", d.Spent(), d.SentBytes())
	}
}

func TestAnUntrustedCertificateMeansNothingWasSent(t *testing.T) {
	t.Parallel()
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.Config.ErrorLog = stdlog.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()
	e, d := open(t, config(srv.URL)), permitted(content([]byte(png)))
	_, err := e.Send(t.Context(), d, upload())
	if f := failed(t, err); f.WasSent || f.Class != egress.Transient || len(d.Spent()) != 0 {
		t.Errorf("got %+v, spent %v", f, d.Spent())
	}
}

func TestALostReplyIsAnUnknownOutcomeAndIsNeverResent(t *testing.T) {
	t.Parallel()
	r := newRecipient(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	e, d := open(t, config(r.URL)), permitted(content([]byte(png)))
	_, err := e.Send(t.Context(), d, create())
	f := failed(t, err)
	if f.Class != egress.UnknownOutcome || !f.WasSent || f.Class.Retryable() || !errors.Is(err, egress.ErrUnknownOutcome) {
		t.Errorf("got %+v", f)
	}
	if _, err := e.Send(t.Context(), d, create()); failed(t, err).Code != "already-sent" {
		t.Errorf("the second attempt: %v", err)
	}
	if got, _ := r.seen(); len(got) != 1 {
		t.Errorf("%d requests arrived", len(got))
	}
}

func TestAFileOfAnotherLengthBreaksTheCall(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]int64{"shorter than announced": 1 << 20, "longer than announced": 3} {
		r := newRecipient(t, nil)
		lease := guardtest.Stream(vault.Ref{MediaType: "image/png", Bytes: size}, func() (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(png)), nil
		})
		d := permitted(disclosure.Content{"photo": disclosure.Media(lease)})
		_, err := open(t, config(r.URL)).Send(t.Context(), d, upload())
		if f := failed(t, err); f.Class != egress.Bug || f.Code != "content-unreadable" || !f.WasSent || len(d.Spent()) != 1 {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestAnErasedPhotoIsNotSent(t *testing.T) {
	t.Parallel()
	r := newRecipient(t, nil)
	lease := guardtest.Stream(vault.Ref{MediaType: "image/png", Bytes: 10}, func() (io.ReadCloser, error) { return nil, vault.ErrErased })
	d := permitted(disclosure.Content{"photo": disclosure.Media(lease)})
	_, err := open(t, config(r.URL)).Send(t.Context(), d, upload())
	if f := failed(t, err); !errors.Is(err, vault.ErrErased) || f.WasSent || f.Class.Retryable() || d.SentBytes() != 0 || len(d.Spent()) != 0 {
		t.Errorf("got %+v, %d bytes, spent %v", f, d.SentBytes(), d.Spent())
	}
}

func TestALargePhotoIsNeverHeldWhole(t *testing.T) {
	t.Parallel()
	const size = 8 << 20
	r := newRecipient(t, nil)
	source := &counting{left: size}
	lease := guardtest.Stream(vault.Ref{MediaType: "image/png", Bytes: size}, func() (io.ReadCloser, error) { return io.NopCloser(source), nil })
	d := permitted(disclosure.Content{"photo": disclosure.Media(lease)})
	if _, err := open(t, config(r.URL)).Send(t.Context(), d, upload()); err != nil {
		t.Fatal(err)
	}
	if d.SentBytes() != size || source.largest > 64<<10 {
		t.Errorf("%d bytes sent, largest read %d", d.SentBytes(), source.largest)
	}
}

// counting gives zeros and remembers the largest buffer it was asked to fill.
type counting struct{ left, largest int }

func (c *counting) Read(p []byte) (int, error) {
	c.largest = max(c.largest, len(p))
	if c.left == 0 {
		return 0, io.EOF
	}
	n := min(len(p), c.left)
	clear(p[:n])
	c.left -= n
	return n, nil
}

func TestACancelledCallSaysThatContentMayHaveLeft(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}), make(chan struct{})
	r := newRecipient(t, func(http.ResponseWriter, *http.Request) { close(arrived); <-release })
	defer close(release)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	_, err := open(t, config(r.URL)).Send(ctx, permitted(content([]byte(png))), create())
	if f := failed(t, err); f.Class != egress.UnknownOutcome || !f.WasSent {
		t.Errorf("got %+v", f)
	}
}

func TestNoErrorAndNoLogRepeatsContentOrSecrets(t *testing.T) {
	t.Parallel()
	r := newRecipient(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "you said: a fox "+apiKey, 400) })
	var written bytes.Buffer
	e, err := egress.New([]egress.Config{config(r.URL)}, log.New(&written))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	d := permitted(content([]byte(png)))
	_, first := e.Send(t.Context(), d, create())
	_, second := e.Send(t.Context(), d, create())
	for _, text := range []string{first.Error(), second.Error(), written.String(), fmt.Sprintf("%+v %#v", config(r.URL), config(r.URL).Credentials)} {
		if strings.Contains(text, "fox") || strings.Contains(text, apiKey) {
			t.Errorf("%q", text)
		}
	}
	if !strings.Contains(written.String(), "egress-refused") {
		t.Errorf("the refusal was not logged: %q", written.String())
	}
}
