package comfyui_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
	sim "vow.example/vow/internal/sim/comfyui"
	"vow.example/vow/internal/sim/kit"
)

// exchange is one recorded exchange of the reference client.
type exchange struct {
	Request struct {
		Method, Target string
		Headers        [][2]string
		Body           string
		Base64         []byte `json:"body_base64"`
	}
	Response struct {
		Status int
		Body   string
	}
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

func (p *tap) in(t *testing.T, to http.Handler) *httptest.Server {
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
	return srv
}

// line writes a request down. Boundaries, file names and the order's key are made up each time: the
// key becomes what the reference client calls its job.
func (s seen) line(t *testing.T) string {
	t.Helper()
	out := s.method + " " + s.target + "\n"
	if s.header.Get("Authorization") != "" {
		out += "Authorization: " + s.header.Get("Authorization")[:7] + "[secret]\n"
	}
	mediaType, params, _ := mime.ParseMediaType(s.header.Get("Content-Type"))
	if mediaType != "multipart/form-data" {
		return out + s.header.Get("Content-Type") + "\n" + string(s.body) + "\n"
	}
	m := multipart.NewReader(bytes.NewReader(s.body), params["boundary"])
	for {
		part, err := m.NextRawPart()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		data, _ := io.ReadAll(part)
		out += fmt.Sprintf("%s %s %s %s\n", part.FormName(), filepath.Ext(part.FileName()), part.Header.Get("Content-Type"), data)
	}
}

// plain replaces what differs from run to run.
func plain(s string) string {
	s = regexp.MustCompile(`[0-9a-f]{32}\.png`).ReplaceAllString(s, "j1-in.png")
	return regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`).ReplaceAllString(s, "KEY")
}

func load(t *testing.T) (tape []exchange) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "sim", "replay", "testdata", "captures", "comfyui-rest.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &tape); err != nil {
		t.Fatal(err)
	}
	return tape
}

// recorded writes a recorded request as line does, and its folder as ours: the key.
func (x exchange) recorded(t *testing.T) string {
	t.Helper()
	header := http.Header{}
	for _, h := range x.Request.Headers {
		header.Set(h[0], h[1])
	}
	body := x.Request.Base64
	if len(body) == 0 {
		body = []byte(x.Request.Body)
	}
	out := plain(seen{x.Request.Method, x.Request.Target, header, body}.line(t))
	return strings.NewReplacer(`"j1/j1-in.png"`, `"KEY/j1-in.png"`, `"j1/j1"`, `"KEY/result"`, "subfolder   j1\n", "subfolder   KEY\n",
		"j1_00001_", "result_00001_", "subfolder=j1", "subfolder=KEY", "node-a", "vow").Replace(out)
}

func TestRequestsAreThoseOfTheReferenceClient(t *testing.T) {
	t.Parallel()
	s, c := simulator(t, sim.Options{})
	record := &tap{}
	c.BaseURL = record.in(t, s).URL
	w := driver.Workflow{
		ID: "x", Set: map[string]string{"output": "9"}, Nodes: map[privacy.Field]driver.Node{"photo": {ID: "10", Name: "image"}},
		Graph: []byte(`{"10":{"class_type":"LoadImage","inputs":{"image":"x.png"}},"9":{"class_type":"SaveImage","inputs":{"filename_prefix":"x","images":["10",0]}}}`),
	}
	p := pool(t, c, w)
	all := content("")
	delete(all, "prompt")
	all["photo"] = picture("\x89PNGFAKE", "bytes")
	ticket := begin(t, p, all)
	ended(t, p, ticket)
	st := driver.Status{Results: []driver.Result{{File: &egress.Address{
		Path: "/view", Query: map[string]string{"filename": "result_00001_.png", "subfolder": keyOf(t, ticket), "type": "output"}}}}}
	if body, _, err := p.Fetch(t.Context(), "own_host", *st.Results[0].File); err == nil {
		_ = body.Close()
	}
	if _, err := p.Forget(t.Context(), "own_host", ticket); err != nil {
		t.Fatal(err)
	}
	var ours []string
	for _, r := range record.list {
		r.header.Del("Authorization") // the reference client talks to a bare server
		ours = append(ours, plain(r.line(t)))
	}
	tape := load(t)
	for _, n := range []int{0, 1, 3, 4, 5, 8} {
		want := tape[n].recorded(t)
		if !slices.Contains(ours, want) {
			t.Errorf("nothing of ours is %q; ours are\n%q", want, ours)
		}
	}
}

// keyOf reads the identifier in a ticket.
func keyOf(t *testing.T, ticket driver.Ticket) string {
	t.Helper()
	var v struct{ ID string }
	if err := json.Unmarshal(ticket, &v); err != nil {
		t.Fatal(err)
	}
	return v.ID
}

func TestCancellingIsWhatTheReferenceClientDoes(t *testing.T) {
	t.Parallel()
	tape := load(t)
	for state, n := range map[string]int{"queue_pending": 6, "queue_running": 7} {
		record, asked := &tap{}, false
		srv := record.in(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			switch {
			case r.Method == "POST":
				asked = true
			case r.URL.Path != "/queue":
				_, _ = io.WriteString(w, "{}")
			case asked:
				_, _ = io.WriteString(w, `{"queue_running":[],"queue_pending":[]}`)
			default:
				other := map[string]string{"queue_pending": "queue_running", "queue_running": "queue_pending"}[state]
				_, _ = fmt.Fprintf(w, `{"%s":[[1,"3f7a0a52-7d3f-4d0c-9b3a-6c1f3f6a0001",{},{},["9"]]],"%s":[]}`, state, other)
			}
		}))
		p := pool(t, config(srv.URL), workflow())
		outcome, err := p.Cancel(t.Context(), "own_host", driver.Ticket(`{"id":"3f7a0a52-7d3f-4d0c-9b3a-6c1f3f6a0001"}`))
		if err != nil || outcome != driver.Stopped {
			t.Errorf("%s: %v, %v", state, outcome, err)
		}
		var ours []string
		for _, r := range record.list {
			r.header.Del("Authorization")
			ours = append(ours, plain(r.line(t)))
		}
		if want := tape[n].recorded(t); !slices.Contains(ours, want) {
			t.Errorf("nothing of ours is %q; ours are %q", want, ours)
		}
	}
}

var update = flag.Bool("update", false, "write the golden files")

// TestGoldenWireFile keeps what leaves for a feature in a file that an officer can read.
func TestGoldenWireFile(t *testing.T) {
	t.Parallel()
	s, c := simulator(t, sim.Options{Options: kit.Options{Render: echo}})
	record := &tap{}
	c.BaseURL = record.in(t, s).URL
	p := pool(t, c, workflow())
	if _, err := p.Begin(t.Context(), disclose(content("a portrait of a fox")), provider.Start{}); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, r := range record.list {
		b.WriteString(strings.ReplaceAll(plain(r.line(t)), png, "[bytes of the photo]") + "\n")
	}
	name := filepath.Join("testdata", "portrait.wire.txt")
	if *update {
		if err := os.WriteFile(name, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil || b.String() != string(want) {
		t.Errorf("%v: the requests have changed; run with -update and read what changed:\n%s", err, b.String())
	}
}
