package drivertest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/driver"
)

// Try makes one order of content at a fresh simulator, and returns both.
func Try(t *testing.T, h Harness, c Content) (Service, driver.Begun, error) {
	t.Helper()
	r := start(t, h, false)
	begun, err := r.begin(c)
	return r.service, begun, err
}

// Recorded makes one order of the whole content at a fresh simulator, and returns every request
// that went to it, byte for byte.
func Recorded(t *testing.T, h Harness) []Heard {
	t.Helper()
	var mu sync.Mutex
	var list []Heard
	var target string
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		mu.Lock()
		list = append(list, Heard{Method: r.Method, Target: r.URL.RequestURI(), Header: r.Header.Clone(), Body: string(body)})
		mu.Unlock()
		pass(w, r, target+r.URL.RequestURI(), body)
	}))
	t.Cleanup(front.Close)
	begin := h.Start
	h.Start = func(t *testing.T, slow bool) Service {
		s := begin(t, slow)
		target = s.Config.BaseURL
		s.Config.BaseURL = front.URL
		return s
	}
	r := start(t, h, false)
	r.works(r.mustBegin(r.all()), r.all())
	return list
}

// pass hands a request on as it is, and its answer back.
func pass(w http.ResponseWriter, r *http.Request, target string, body []byte) {
	out, err := http.NewRequestWithContext(r.Context(), r.Method, target, bytes.NewReader(body))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	out.Header = r.Header.Clone()
	answer, err := (&http.Transport{DisableKeepAlives: true, DisableCompression: true}).RoundTrip(out)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer answer.Body.Close()
	maps.Copy(w.Header(), answer.Header)
	w.WriteHeader(answer.StatusCode)
	_, _ = io.Copy(w, answer.Body) // a client that has gone hears nothing
}

// Golden compares everything that leaves for one order with a file that an officer can read, secrets
// masked by name. With update it writes the file.
func Golden(t *testing.T, h Harness, file string, secrets map[string]string, update bool) {
	t.Helper()
	var b strings.Builder
	for _, r := range Recorded(t, h) {
		fmt.Fprintf(&b, "%s %s\n", r.Method, r.Target)
		for _, name := range slices.Sorted(maps.Keys(r.Header)) {
			fmt.Fprintf(&b, "%s: %s\n", name, strings.Join(r.Header[name], ", "))
		}
		fmt.Fprintf(&b, "\n%s\n", r.Body)
	}
	got := b.String()
	for name, secret := range secrets {
		got = strings.ReplaceAll(got, secret, "[secret "+name+"]")
	}
	if update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || got != string(want) {
		t.Errorf("%s, %v: the request has changed; run with -update and read what changed:\n%s", file, err, got)
	}
}

// Canned is a Sender of these fields, all of them words, that gives every call the same answer.
type Canned struct {
	Names  []privacy.Field
	Answer egress.Response
	Err    error // that comes with the answer
}

// Fields returns the fields.
func (c Canned) Fields() []privacy.Field { return c.Names }

// MediaType says that a field is no medium.
func (Canned) MediaType(privacy.Field) string { return "" }

// Transport says that a field travels as text.
func (Canned) Transport(privacy.Field) string { return "text" }

// Show takes nothing.
func (Canned) Show(privacy.Text) {}

// Save keeps nothing.
func (Canned) Save(context.Context, []byte) error { return nil }

// Send answers.
func (c Canned) Send(context.Context, wire.Request) (egress.Response, error) { return c.Answer, c.Err }

// Stream answers without an event.
func (c Canned) Stream(context.Context, wire.Request, func([]byte) error) (egress.Response, error) {
	return c.Answer, c.Err
}
