package gemini_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/medialink"
	"vow.example/vow/internal/guard/guardtest"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/provider/drivertest"
	"vow.example/vow/internal/provider/gemini"
	sim "vow.example/vow/internal/sim/gemini"

	"vow.example/vow/internal/sim/kit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	key        = "fake-gemini-api-key"
	imageModel = "gemini-2.5-flash-image"
	proModel   = "gemini-3-pro-image"
	videoModel = "veo-3.1-generate-preview"
	png        = "\x89PNG\r\n\x1a\n pixels of "
)

// pictures and videos are the wiring of two features, as an operator writes it.
func pictures(model string) driver.Workflow {
	w := driver.Workflow{Call: "generateContent", ID: model, Set: map[string]string{}, Nodes: map[privacy.Field]driver.Node{
		"prompt": {Name: "text"}, "photo": {Name: "image_1"}, "second_photo": {Name: "image_2"}, "aspect_ratio": {Name: "aspectRatio"},
	}}
	if model != imageModel {
		w.Nodes["resolution"] = driver.Node{Name: "imageSize", Words: map[string]string{"2k": "2K"}}
	}
	return w
}

func videos() driver.Workflow {
	return driver.Workflow{Call: "predictLongRunning", ID: videoModel, Set: map[string]string{}, Nodes: map[privacy.Field]driver.Node{
		"prompt": {Name: "prompt"}, "first_frame": {Name: "image"}, "last_frame": {Name: "lastFrame"},
		"aspect_ratio": {Name: "aspectRatio"}, "resolution": {Name: "resolution"}, "duration": {Name: "durationSeconds"},
	}}
}

// feature is the one feature of these tests; what it does is said by its workflow.
const feature = "nano_banana"

func wiring(w driver.Workflow) provider.Wiring {
	return provider.Wiring{"gemini": {Driver: gemini.Name, Workflows: map[privacy.FeatureID]driver.Workflow{feature: w}}}
}

func fields(w driver.Workflow) map[string]string {
	list := map[string]string{}
	for f, n := range w.Nodes {
		list[n.Name] = string(f)
	}
	return list
}

// echo renders the photo followed by the prompt, so that a mix-up shows.
func echo(_ context.Context, j kit.Job) (kit.Output, error) {
	first := append(slices.Clone(j.Media["photo"]), j.Media["first_frame"]...)
	return kit.Output{Data: append(first, j.Texts["prompt"]...), MediaType: "image/png"}, nil
}

func simulator(t *testing.T, o kit.Options, w driver.Workflow) (*sim.Sim, egress.Config) {
	t.Helper()
	o.Render, o.Oversize = echo, 8<<20
	s := sim.New(sim.Options{Options: o, APIKey: key, Fields: fields(w)})
	t.Cleanup(s.Close)
	url, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return s, config(url)
}

func config(url string) egress.Config {
	return egress.Config{
		Recipient: "gemini", BaseURL: url, AllowLoopback: true, MaxResult: 2 << 20,
		Credentials: map[string]egress.Credential{"api_key": egress.NewCredential(key)},
	}
}

type noLedger struct{}

func (noLedger) Fetched(context.Context, medialink.Fetch) error { return nil }

// pool is a pool in front of one address, with links that the recipient can read.
func pool(t *testing.T, c egress.Config, w driver.Workflow) *provider.Pool {
	t.Helper()
	if c.Links == nil {
		c.Links = drivertest.Links(t)
	}
	e, err := egress.New([]egress.Config{c}, log.Logger{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	p, err := provider.NewPool(e, map[privacy.AppID]provider.Wiring{"mixoo": wiring(w)}, map[string]driver.Driver{gemini.Name: gemini.Driver{}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func photo(data, mediaType, transport string) disclosure.Item {
	return guardtest.Travelling(disclosure.Media(guardtest.Picture(vault.Ref{MediaType: mediaType}, []byte(data))), transport)
}

func words(s string) disclosure.Item { return disclosure.Text(privacy.NewText(s)) }

// edit and film are the content of orders with every field.
func edit(prompt string) disclosure.Content {
	return disclosure.Content{
		"photo": photo(png+"somebody", "image/png", "url"), "second_photo": photo(png+"another", "image/png", "base64"),
		"prompt": words(prompt), "aspect_ratio": disclosure.Code("3:4"),
	}
}

func film(prompt string) disclosure.Content {
	return disclosure.Content{
		"first_frame": photo(png+"FIRST", "image/png", "base64"), "last_frame": photo(png+"LAST", "image/png", "base64"), "prompt": words(prompt),
		"aspect_ratio": disclosure.Code("9:16"), "resolution": disclosure.Code("720p"), "duration": disclosure.Code("8"),
	}
}

func disclose(c disclosure.Content) disclosure.Disclosure {
	return guardtest.Disclosure(disclosure.Entry{ID: privacy.TransferID(privacy.NewID(privacy.PrefixTransfer)), App: "mixoo", Subject: "sub_x", Task: "tsk_x", Feature: feature, Recipient: "gemini"}, c)
}

func begin(t *testing.T, p *provider.Pool, c disclosure.Content) (driver.Begun, error) {
	t.Helper()
	return p.Begin(t.Context(), disclose(c), provider.Start{})
}

func mustBegin(t *testing.T, p *provider.Pool, c disclosure.Content) driver.Begun {
	t.Helper()
	begun, err := begin(t, p, c)
	if err != nil {
		t.Fatal(err)
	}
	return begun
}

func asError(t *testing.T, err error) *egress.Error {
	t.Helper()
	var e *egress.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an *egress.Error", err)
	}
	return e
}

// ended polls until the video has ended.
func ended(t *testing.T, p *provider.Pool, ticket driver.Ticket) driver.Status {
	t.Helper()
	for range 2000 {
		s, err := p.Poll(t.Context(), "gemini", ticket)
		if err != nil {
			t.Fatal(err)
		}
		if s.State == driver.Done || s.State == driver.Failed {
			return s
		}
		time.Sleep(2 * time.Millisecond)
	}
	t.Fatal("the video does not end")
	return driver.Status{}
}

// exchange is one recorded exchange of the official SDK.
type exchange struct {
	Request struct {
		Method, Target string
		Headers        [][2]string
		Body           string
	}
	Response struct {
		Status int
		Body   string
	}
}

func tape(t *testing.T) (list []exchange) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "sim", "replay", "testdata", "captures", "google-genai-sdk.json"))
	if err == nil {
		err = json.Unmarshal(raw, &list)
	}
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// reply is one scripted answer.
type reply struct {
	status    int
	body      string
	mediaType string
}

// seen is one request of ours as it arrived.
type seen struct {
	method, target string
	header         http.Header
	body           string
}

// script is a server that gives answers one after the other, the last one for ever, and records.
type script struct {
	*httptest.Server
	mu   sync.Mutex
	next int
	list []seen
}

func answers(t *testing.T, replies ...reply) *script {
	t.Helper()
	s := &script{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.list = append(s.list, seen{r.Method, r.URL.RequestURI(), r.Header, string(body)})
		out := replies[min(s.next, len(replies)-1)]
		s.next++
		w.Header().Set("Content-Type", cmp.Or(out.mediaType, "application/json; charset=UTF-8"))
		w.WriteHeader(out.status)
		_, _ = io.WriteString(w, out.body)
	}))
	t.Cleanup(s.Close)
	return s
}

// calls lists what arrived, as method and last element of the path.
func (s *script) calls() (list []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.list {
		list = append(list, r.method+" "+r.target[strings.LastIndex(r.target, "/")+1:])
	}
	return list
}
