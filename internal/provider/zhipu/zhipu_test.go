package zhipu_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/guardtest"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/provider/drivertest"
	"vow.example/vow/internal/provider/zhipu"
	"vow.example/vow/internal/sim/kit"
	sim "vow.example/vow/internal/sim/zhipu"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	key = "fakeid0000000000.fakesecret00000000"
	jpg = "\xff\xd8\xff\xe0 pixels of "
	mp4 = "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"
)

// flow is the workflow as an operator would write it.
func flow(set map[string]string) driver.Workflow {
	return driver.Workflow{ID: "cogvideox-3", Set: set, Nodes: map[privacy.Field]driver.Node{
		"photo": {Name: "image_url"}, "prompt": {Name: "prompt"}, "quality": {Name: "quality", Words: map[string]string{"fast": "speed"}},
		"size": {Name: "size"}, "duration": {Name: "duration"}, "fps": {Name: "fps", Words: map[string]string{"smooth": "60"}},
	}}
}

func route(flow driver.Workflow) provider.Wiring {
	return provider.Wiring{"zhipu": {Driver: zhipu.Name, Workflows: map[privacy.FeatureID]driver.Workflow{"image_to_video": flow}}}
}

func config(url string) egress.Config {
	return egress.Config{
		Recipient: "zhipu", AllowLoopback: true, BaseURL: url + sim.Root, MaxResult: 1 << 20,
		Credentials: map[string]egress.Credential{"api_key": egress.NewCredential(key)},
	}
}

// echo returns what a result was made from, so that a mix-up shows.
func echo(_ context.Context, j kit.Job) (kit.Output, error) {
	if j.Want == "image" {
		return kit.Output{Data: j.Media["photo"], MediaType: "image/jpeg"}, nil
	}
	return kit.Output{Data: []byte(mp4 + string(j.Media["photo"]) + j.Texts["prompt"]), MediaType: "video/mp4"}, nil
}

func simulator(t *testing.T, edit func(*sim.Options)) (*sim.Sim, egress.Config) {
	t.Helper()
	o := sim.Options{Key: key, Models: []string{"cogvideox-3"}, Parallel: 100, Fields: map[string]string{"image_url": "photo"}}
	o.Seed, o.Render, o.Oversize = 7, echo, 8<<20
	if edit != nil {
		edit(&o)
	}
	s := sim.New(o)
	t.Cleanup(s.Close)
	url, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return s, config(url)
}

// pool is a pool in front of one address, with one workflow.
func pool(t *testing.T, c egress.Config, flow driver.Workflow) *provider.Pool {
	t.Helper()
	e, err := egress.New([]egress.Config{c}, log.Logger{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	p, err := provider.NewPool(e, map[privacy.AppID]provider.Wiring{"mixoo": route(flow)}, map[string]driver.Driver{zhipu.Name: zhipu.Driver{}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// disclose makes a Disclosure for a transfer of that name.
func disclose(id privacy.TransferID, c disclosure.Content) disclosure.Disclosure {
	return guardtest.Disclosure(disclosure.Entry{
		ID: id, App: "mixoo", Subject: "sub_x", Task: "tsk_x", Feature: "image_to_video", Recipient: "zhipu",
	}, c)
}

func text(s string) disclosure.Item { return disclosure.Text(privacy.NewText(s)) }

// photo is a picture that travels in a way.
func photo(data, transport string) disclosure.Item {
	return guardtest.Travelling(disclosure.Media(guardtest.Picture(vault.Ref{MediaType: "image/jpeg"}, []byte(data))), transport)
}

func asError(t *testing.T, err error) *egress.Error {
	t.Helper()
	var e *egress.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an *egress.Error", err)
	}
	return e
}

// keep stores progress in memory.
func keep(p *[]byte) func(context.Context, []byte) error {
	return func(_ context.Context, raw []byte) error { *p = bytes.Clone(raw); return nil }
}

// seen is one request of ours as it arrived.
type seen struct {
	method, target string
	header         http.Header
	body           []byte
}

// tap records what passes on its way to a handler.
type tap struct {
	mu   sync.Mutex
	list []seen
}

func (p *tap) in(t *testing.T, to http.Handler) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		p.mu.Lock()
		p.list = append(p.list, seen{r.Method, r.URL.String(), r.Header, body})
		p.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		to.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// answers gives the same JSON to everything.
func answers(status int, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

func ended(t *testing.T, p *provider.Pool, ticket driver.Ticket) driver.Status {
	t.Helper()
	for range 400 {
		s, err := p.Poll(t.Context(), "zhipu", ticket)
		if err != nil {
			t.Fatal(err)
		}
		if s.State == driver.Done || s.State == driver.Failed {
			return s
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("the job does not end")
	return driver.Status{}
}

func TestTheDriverConforms(t *testing.T) {
	t.Parallel()
	drivertest.Run(t, drivertest.Harness{
		Driver: zhipu.Driver{}, App: "mixoo", Feature: "image_to_video", Recipient: "zhipu", Wiring: route(flow(nil)),
		Fields: map[privacy.Field]drivertest.Field{
			"photo":    {Kind: drivertest.Photo, Value: jpg + "somebody", Transport: "base64"},
			"prompt":   {Kind: drivertest.Words, Value: "she smiles", Optional: true},
			"quality":  {Kind: drivertest.Choice, Value: "fast", Optional: true},
			"size":     {Kind: drivertest.Choice, Value: "1080x1920", Optional: true},
			"duration": {Kind: drivertest.Choice, Value: "5", Optional: true},
			"fps":      {Kind: drivertest.Choice, Value: "smooth", Optional: true},
		},
		Calls: [][]privacy.Field{{"duration", "fps", "photo", "prompt", "quality", "size"}}, Shape: drivertest.Asked,
		Start: func(t *testing.T, slow bool) drivertest.Service {
			s, c := simulator(t, func(o *sim.Options) {
				if slow {
					o.Run = time.Minute
				}
			})
			return drivertest.On(s.Kit, c, func(c drivertest.Call, method, path string) bool {
				switch c {
				case drivertest.Ask:
					return strings.HasPrefix(path, sim.Root+"/async-result/")
				case drivertest.Result:
					return strings.HasPrefix(path, "/files/")
				default:
					return method == http.MethodPost
				}
			})
		},
		Matches: func(sent drivertest.Content, _ driver.Result, data []byte) bool {
			return string(data) == mp4+sent["photo"]+sent["prompt"]
		},
	})
}
