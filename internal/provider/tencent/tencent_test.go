package tencent_test

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
	"vow.example/vow/internal/provider/tencent"
	"vow.example/vow/internal/sim/kit"
	sim "vow.example/vow/internal/sim/tencent"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	secretID  = "FAKE-SECRET-ID"
	secretKey = "fake-secret-key-not-real"
	png       = "\x89PNG\r\n\x1a\n pixels of "
)

// words are nodes for the parameters of text to image.
func words(names ...string) map[privacy.Field]driver.Node {
	fields := map[string]privacy.Field{"Prompt": "prompt", "NegativePrompt": "negative_prompt", "Style": "style", "Resolution": "resolution"}
	nodes := map[privacy.Field]driver.Node{}
	for _, name := range names {
		nodes[fields[name]] = driver.Node{Name: name}
	}
	return nodes
}

// flows are workflows as an operator would write them.
func flows() map[string]driver.Workflow {
	lite := words("Prompt", "NegativePrompt", "Style", "Resolution")
	lite["style"] = driver.Node{Name: "Style", Words: map[string]string{"photo": "201", "comic": "101"}}
	return map[string]driver.Workflow{
		"lite":       {Call: "TextToImageLite", Nodes: lite},
		"linked":     {Call: "TextToImageLite", Nodes: lite, Set: map[string]string{"RspImgType": "url"}},
		"job":        {Call: "SubmitHunyuanImageJob", Nodes: words("Prompt", "NegativePrompt", "Style", "Resolution")},
		"aiart":      {Call: "aiart.TextToImageLite", Nodes: words("Prompt", "NegativePrompt", "Resolution")},
		"aiart job":  {Call: "SubmitTextToImageJob", Nodes: words("Prompt", "Resolution")},
		"age":        {Call: "ChangeAgePic", Set: map[string]string{"age": "60"}, Nodes: map[privacy.Field]driver.Node{"photo": {Name: "Url"}}},
		"age inside": {Call: "ChangeAgePic", Set: map[string]string{"age": "60"}, Nodes: map[privacy.Field]driver.Node{"photo": {Name: "Image"}}},
		"age linked": {Call: "ChangeAgePic", Set: map[string]string{"age": "60", "RspImgType": "url"}, Nodes: map[privacy.Field]driver.Node{"photo": {Name: "Url"}}},
	}
}

func route(flow driver.Workflow) provider.Wiring {
	return provider.Wiring{"tencent_cloud": {Driver: tencent.Name, Workflows: map[privacy.FeatureID]driver.Workflow{"feature": flow}}}
}

// config points every service at one address.
func config(url string) egress.Config {
	return egress.Config{
		Recipient: "tencent_cloud", AllowLoopback: true, BaseURL: url,
		Services: map[string]string{"hunyuan": url, "aiart": url, "ft": url},
		Credentials: map[string]egress.Credential{
			"secret_id": egress.NewCredential(secretID), "secret_key": egress.NewCredential(secretKey),
		},
		MaxResult: 1 << 20,
	}
}

// echo returns what a result was made from, so that a mix-up shows.
func echo(_ context.Context, j kit.Job) (kit.Output, error) {
	data := string(j.Media["photo"]) + j.Texts["prompt"]
	if len(j.Media) == 0 {
		data = png + data
	}
	return kit.Output{Data: []byte(data), MediaType: "image/png"}, nil
}

func simulator(t *testing.T, edit func(*sim.Options)) (*sim.Sim, egress.Config) {
	t.Helper()
	o := sim.Options{
		SecretID: secretID, SecretKey: secretKey, Parallel: 100,
		Fields: map[string]string{"NegativePrompt": "negative_prompt", "Url": "photo", "Image": "photo"},
	}
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
	if c.Links == nil {
		c.Links = drivertest.Links(t)
	}
	e, err := egress.New([]egress.Config{c}, log.Logger{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	p, err := provider.NewPool(e, map[privacy.AppID]provider.Wiring{"mixoo": route(flow)}, map[string]driver.Driver{tencent.Name: tencent.Driver{}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func disclose(c disclosure.Content) disclosure.Disclosure {
	return guardtest.Disclosure(disclosure.Entry{
		ID: "trf_x", App: "mixoo", Subject: "sub_x", Task: "tsk_x", Feature: "feature", Recipient: "tencent_cloud",
	}, c)
}

func text(s string) disclosure.Item { return disclosure.Text(privacy.NewText(s)) }

// photo is a picture that travels in a way.
func photo(data, transport string) disclosure.Item {
	return guardtest.Travelling(disclosure.Media(guardtest.Picture(vault.Ref{MediaType: "image/png"}, []byte(data))), transport)
}

func asError(t *testing.T, err error) *egress.Error {
	t.Helper()
	var e *egress.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an *egress.Error", err)
	}
	return e
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

// answers gives JSON bodies one after the other; the last one stays.
func answers(status int, bodies ...string) http.Handler {
	var mu sync.Mutex
	next := 0
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		mu.Lock()
		defer mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, bodies[min(next, len(bodies)-1)])
		next++
	})
}

func TestTheDriverConforms(t *testing.T) {
	t.Parallel()
	prompt := map[privacy.Field]drivertest.Field{
		"prompt": {Kind: drivertest.Words, Value: "a fox"}, "negative_prompt": {Kind: drivertest.Words, Value: "snow", Optional: true},
		"style": {Kind: drivertest.Choice, Value: "photo", Optional: true}, "resolution": {Kind: drivertest.Choice, Value: "768:1024", Optional: true},
	}
	link := map[privacy.Field]drivertest.Field{"photo": {Kind: drivertest.Photo, Value: png + "somebody", Transport: "url"}}
	inside := map[privacy.Field]drivertest.Field{"photo": {Kind: drivertest.Photo, Value: png + "somebody", Transport: "base64"}}
	cases := map[string]struct {
		fields map[privacy.Field]drivertest.Field
		shape  drivertest.Shape
	}{
		"lite": {prompt, drivertest.AtOnce}, "linked": {prompt, drivertest.AtOnceLink}, "job": {prompt, drivertest.Asked},
		"age": {link, drivertest.AtOnce}, "age inside": {inside, drivertest.AtOnce}, "age linked": {link, drivertest.AtOnceLink},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call := []privacy.Field{"photo"}
			if tc.fields["photo"].Value == "" {
				call = []privacy.Field{"negative_prompt", "prompt", "resolution", "style"}
			}
			drivertest.Run(t, drivertest.Harness{
				Driver: tencent.Driver{}, App: "mixoo", Feature: "feature", Recipient: "tencent_cloud", Wiring: route(flows()[name]),
				Fields: tc.fields, Calls: [][]privacy.Field{call}, Shape: tc.shape,
				Start: func(t *testing.T, slow bool) drivertest.Service {
					s, c := simulator(t, func(o *sim.Options) {
						if slow {
							o.Run = time.Minute
						}
					})
					return drivertest.On(s.Kit, c, where)
				},
				Matches: func(sent drivertest.Content, _ driver.Result, data []byte) bool {
					if sent["photo"] == "" {
						return string(data) == png+sent["prompt"]
					}
					return string(data) == sent["photo"]
				},
			})
		})
	}
}

// where tells calls apart: all go to the same path, so a question is one that comes next.
func where(c drivertest.Call, method, path string) bool {
	if c == drivertest.Result {
		return method == "GET" && strings.HasPrefix(path, "/output/")
	}
	return method == "POST" && path == "/"
}

// keep stores progress in memory.
func keep(p *[]byte) func(context.Context, []byte) error {
	return func(_ context.Context, raw []byte) error { *p = bytes.Clone(raw); return nil }
}
