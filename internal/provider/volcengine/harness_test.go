package volcengine_test

import (
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
	"vow.example/vow/internal/provider/volcengine"
	sim "vow.example/vow/internal/sim/volcengine"

	"vow.example/vow/internal/sim/kit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	key   = "fake-ark-api-key"
	model = "doubao-seedance-1-0-pro-250528"
	png   = "\x89PNG\r\n\x1a\n pixels of "
)

// workflow is the feature's wiring, as an operator writes it.
func workflow() driver.Workflow {
	return driver.Workflow{ID: model, Set: map[string]string{}, Nodes: map[privacy.Field]driver.Node{
		"photo": {Name: "first_frame"}, "prompt": {Name: "text"}, "ratio": {Name: "ratio"},
		"resolution": {Name: "resolution", Words: map[string]string{"hd": "720p"}}, "duration": {Name: "duration"},
	}}
}

func wiring(w driver.Workflow) provider.Wiring {
	return provider.Wiring{"volcengine": {Driver: volcengine.Name, Workflows: map[privacy.FeatureID]driver.Workflow{"image_to_video_volc": w}}}
}

// echo renders the photo followed by the prompt, so that a mix-up shows.
func echo(_ context.Context, j kit.Job) (kit.Output, error) {
	return kit.Output{Data: append(slices.Clone(j.Media["photo"]), j.Texts["prompt"]...), MediaType: "image/png"}, nil
}

func simulator(t *testing.T, o kit.Options) (*sim.Sim, egress.Config) {
	t.Helper()
	o.Render, o.Oversize = echo, 3<<20
	s := sim.New(sim.Options{Options: o, APIKey: key, Models: []string{model}, Fields: map[string]string{"text": "prompt", "first_frame": "photo"}})
	t.Cleanup(s.Close)
	url, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return s, config(url)
}

func config(url string) egress.Config {
	return egress.Config{
		Recipient: "volcengine", BaseURL: url, AllowLoopback: true,
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
	p, err := provider.NewPool(e, map[privacy.AppID]provider.Wiring{"mixoo": wiring(w)}, map[string]driver.Driver{volcengine.Name: volcengine.Driver{}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func photo(data, transport string) disclosure.Item {
	return guardtest.Travelling(disclosure.Media(guardtest.Picture(vault.Ref{MediaType: "image/jpeg"}, []byte(data))), transport)
}

func words(s string) disclosure.Item { return disclosure.Text(privacy.NewText(s)) }

// full is the content of an order with every field.
func full(prompt string) disclosure.Content {
	return disclosure.Content{
		"photo": photo(png+"somebody", "url"), "prompt": words(prompt), "ratio": disclosure.Code("9:16"),
		"resolution": disclosure.Code("hd"), "duration": disclosure.Code("5"),
	}
}

func disclose(c disclosure.Content) disclosure.Disclosure {
	return guardtest.Disclosure(disclosure.Entry{ID: privacy.TransferID(privacy.NewID(privacy.PrefixTransfer)), App: "mixoo", Subject: "sub_x", Task: "tsk_x", Feature: "image_to_video_volc", Recipient: "volcengine"}, c)
}

func begin(t *testing.T, p *provider.Pool, c disclosure.Content) (driver.Ticket, error) {
	t.Helper()
	begun, err := p.Begin(t.Context(), disclose(c), provider.Start{})
	return begun.Ticket, err
}

func mustBegin(t *testing.T, p *provider.Pool, prompt string) driver.Ticket {
	t.Helper()
	ticket, err := begin(t, p, full(prompt))
	if err != nil {
		t.Fatal(err)
	}
	return ticket
}

func asError(t *testing.T, err error) *egress.Error {
	t.Helper()
	var e *egress.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an *egress.Error", err)
	}
	return e
}

// until polls until the job is in a state.
func until(t *testing.T, p *provider.Pool, ticket driver.Ticket, want ...driver.State) driver.Status {
	t.Helper()
	for range 2000 {
		s, err := p.Poll(t.Context(), "volcengine", ticket)
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(want, s.State) {
			return s
		}
		time.Sleep(2 * time.Millisecond)
	}
	t.Fatalf("the job is never %v", want)
	return driver.Status{}
}

func ended(t *testing.T, p *provider.Pool, ticket driver.Ticket) driver.Status {
	t.Helper()
	return until(t, p, ticket, driver.Done, driver.Failed)
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
	raw, err := os.ReadFile(filepath.Join("..", "..", "sim", "replay", "testdata", "captures", "volcengine-ark-sdk.json"))
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
	status int
	body   string
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
		if out.body != "" {
			w.Header().Set("Content-Type", "application/json")
		}
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
