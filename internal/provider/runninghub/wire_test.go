package runninghub_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"vow.example/vow/apps"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/provider/runninghub"
	sim "vow.example/vow/internal/sim/runninghub"
)

// exchange is one recorded exchange of the reference client.
type exchange struct {
	Request struct {
		Method, Target string
		Headers        [][2]string
		Body           string
		Base64         []byte `json:"body_base64"`
	}
	Response struct{ Body string }
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

func load(t *testing.T, name string, into any) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
}

// keep stores progress in memory.
func keep(p *[]byte) func(context.Context, []byte) error {
	return func(_ context.Context, raw []byte) error { *p = slices.Clone(raw); return nil }
}

func TestRequestsAreThoseOfTheReferenceClient(t *testing.T) {
	t.Parallel()
	var tape []exchange
	load(t, "capture.json", &tape)
	// upload, create, status, outputs while running, outputs when done, outputs when failed, cancel
	order := []int{0, 1, 2, 4, 6, 2}
	var bodies []string
	for _, n := range order {
		bodies = append(bodies, tape[n].Response.Body)
	}
	bodies[2] = `{"code":0,"msg":"","data":"SUCCESS"}` // so that outputs are asked for
	record := &tap{}
	srv := record.in(t, answers(t, bodies...).Config.Handler)
	c := config(srv.URL)
	c.CallbackBase = "https://app.example.test"
	e, err := egress.New([]egress.Config{c}, noLog())
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	route := provider.Wiring{"runninghub": {Driver: runninghub.Name, Workflows: map[privacy.FeatureID]driver.Workflow{"avatar": {
		ID: "1904136902449209346", Nodes: map[privacy.Field]driver.Node{"photo": {ID: "10", Name: "image"}, "prompt": {ID: "6", Name: "text"}},
	}}}}
	p, err := provider.NewPool(e, map[privacy.AppID]provider.Wiring{"pixplus": route}, map[string]driver.Driver{runninghub.Name: runninghub.Driver{}})
	if err != nil {
		t.Fatal(err)
	}
	d := disclose("avatar", disclosure.Content{"photo": picture("\x89PNGFAKE"), "prompt": disclosure.Text(privacy.NewText("a portrait"))})
	begun, err := p.Begin(t.Context(), d, provider.Start{Webhook: "https://app.example.test/rh-hook"})
	if err != nil {
		t.Fatal(err)
	}
	if s, err := p.Poll(t.Context(), "runninghub", begun.Ticket); err != nil || s.Results[0].File.URL != "http://127.0.0.1/out.png" {
		t.Fatalf("got %+v, %v", s, err)
	}
	if _, err := p.Cancel(t.Context(), "runninghub", begun.Ticket); err != nil {
		t.Fatal(err)
	}
	for i, n := range order {
		equal(t, record.list[i], tape[n])
	}
}

// equal compares field by field. The host, the client's name, the boundary and the random file
// name are ours; compression is not asked for.
func equal(t *testing.T, got seen, want exchange) {
	t.Helper()
	if got.method != want.Request.Method || got.target != want.Request.Target {
		t.Errorf("%s %s, want %s %s", got.method, got.target, want.Request.Method, want.Request.Target)
	}
	header := http.Header{}
	for _, h := range want.Request.Headers {
		header.Set(h[0], h[1])
	}
	if got.header.Get("Authorization") != header.Get("Authorization") {
		t.Errorf("%s: Authorization %q, want %q", got.target, got.header.Get("Authorization"), header.Get("Authorization"))
	}
	mediaType, _, _ := mime.ParseMediaType(got.header.Get("Content-Type"))
	if wanted, _, _ := mime.ParseMediaType(header.Get("Content-Type")); mediaType != wanted {
		t.Errorf("%s: %s, want %s", got.target, mediaType, wanted)
	}
	if mediaType == "multipart/form-data" {
		ours, theirs := parts(t, got.header.Get("Content-Type"), got.body), parts(t, header.Get("Content-Type"), want.Request.Base64)
		if !slices.Equal(ours, theirs) {
			t.Errorf("%s: parts\n%q\nwant\n%q", got.target, ours, theirs)
		}
		return
	}
	var ours, theirs any
	if err := errors.Join(json.Unmarshal(got.body, &ours), json.Unmarshal([]byte(want.Request.Body), &theirs)); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(ours, theirs) {
		t.Errorf("%s: body\n%s\nwant\n%s", got.target, got.body, want.Request.Body)
	}
}

// parts writes each part as one line.
func parts(t *testing.T, contentType string, body []byte) (out []string) {
	t.Helper()
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatal(err)
	}
	m := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for {
		part, err := m.NextRawPart()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		data, _ := io.ReadAll(part)
		out = append(out, fmt.Sprintf("%s %s %s %s", part.FormName(), filepath.Ext(part.FileName()), part.Header.Get("Content-Type"), data))
	}
}

// update writes the golden files instead of comparing them: go test -update, then read them.
var update = flag.Bool("update", false, "write the golden files")

func TestGoldenWireFiles(t *testing.T) {
	t.Parallel()
	src, err := apps.FS.ReadFile("pixplus/policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	pol, err := policy.Load("pixplus/policy.yaml", src)
	if err != nil {
		t.Fatal(err)
	}
	if err := wiring(t)["pixplus"].Check(pol); err != nil {
		t.Fatal(err)
	}
	for _, f := range pol.Features() {
		if !f.Live || f.IsLocal() {
			continue
		}
		t.Run(string(f.ID), func(t *testing.T) {
			t.Parallel()
			got := golden(t, f)
			name := filepath.Join("testdata", "golden", string(f.ID)+".txt")
			if *update {
				if err := os.WriteFile(name, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name)
			if err != nil || got != string(want) {
				t.Errorf("%s differs (%v); read it, then -update:\n%s", name, err, got)
			}
		})
	}
}

// golden runs a whole task with every field of the feature and writes down what was on the wire.
func golden(t *testing.T, f policy.Feature) string {
	content := disclosure.Content{}
	for _, in := range f.Inputs {
		switch in.Kind {
		case policy.Photo:
			content[in.Field] = picture(png + "THE PERSON'S " + strings.ToUpper(string(in.Field)))
		case policy.Prompt:
			content[in.Field] = disclosure.Text(privacy.NewText("[the person's " + string(in.Field) + "]"))
		case policy.Option, policy.Number:
			content[in.Field] = disclosure.Code(in.Choices[0].Value)
		}
	}
	s := sim.New(sim.Options{Seed: 1, Key: key, Workflows: sim.DemoWorkflows(), Render: echo})
	t.Cleanup(s.Close)
	record := &tap{}
	srv := record.in(t, s)
	c := config(srv.URL)
	c.CallbackBase = srv.URL + "/callback"
	p := pool(t, c)
	begun, err := p.Begin(t.Context(), disclose(f.ID, content), provider.Start{Webhook: srv.URL + "/callback/runninghub/[random]"})
	if err != nil {
		t.Fatal(err)
	}
	body, _, err := p.Fetch(t.Context(), "runninghub", *ended(t, p, begun.Ticket).Results[0].File)
	if err != nil {
		t.Fatal(err)
	}
	_ = body.Close()
	if odd := s.Received().Violations; len(odd) > 0 {
		t.Errorf("the recipient noticed %v", odd)
	}
	return report(f, record.list, srv.URL)
}

// report is written for a privacy officer: what goes over the wire, one line each.
func report(f policy.Feature, list []seen, url string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "PixPlus, feature %s: everything that goes to RunningHub for one task, in order.\n", f.ID)
	b.WriteString("[the person's …] stands for content, [our key] for our credential, [random] for a random name.\nRepeated questions are left out.\n")
	told := map[string]bool{}
	for _, r := range list {
		if strings.HasPrefix(r.target, "/callback") {
			continue // that one comes to us
		}
		line := strings.Replace(r.method+" "+regexp.MustCompile(`/output/\d+`).ReplaceAllString(r.target, "/output/[task]"), url, "", 1)
		if told[line] && line != "POST /task/openapi/upload" {
			continue
		}
		told[line] = true
		fmt.Fprintf(&b, "\n%s\n", line)
		for _, name := range slices.Sorted(maps.Keys(r.header)) {
			fmt.Fprintf(&b, "  %s: %s\n", name, hide(r.header.Get(name)))
		}
		lines(&b, r)
	}
	return strings.ReplaceAll(b.String(), url, "https://[our server]")
}

func lines(b *strings.Builder, r seen) {
	mediaType, params, _ := mime.ParseMediaType(r.header.Get("Content-Type"))
	switch mediaType {
	case "application/json":
		var pretty bytes.Buffer
		_ = json.Indent(&pretty, r.body, "  ", "  ")
		fmt.Fprintf(b, "  %s\n", hide(pretty.String()))
	case "multipart/form-data":
		m := multipart.NewReader(bytes.NewReader(r.body), params["boundary"])
		for part, err := m.NextRawPart(); err == nil; part, err = m.NextRawPart() {
			data, _ := io.ReadAll(part)
			value := hide(string(data))
			if part.FileName() != "" {
				value = fmt.Sprintf("file %s, %s: %s", regexp.MustCompile(`^[0-9a-f]{32}`).ReplaceAllString(part.FileName(), "[random]"), part.Header.Get("Content-Type"),
					regexp.MustCompile(`(?s)^.*pixels of (.*)$`).ReplaceAllStringFunc(value, func(string) string { return "[the person's photo]" }))
			}
			fmt.Fprintf(b, "  part %s = %s\n", part.FormName(), value)
		}
	}
}

// hide takes out what changes from run to run, and our credential.
func hide(s string) string {
	s = strings.ReplaceAll(s, key, "[our key]")
	s = regexp.MustCompile(`boundary=\S+`).ReplaceAllString(s, "boundary=[random]")
	s = regexp.MustCompile(`^\d+$`).ReplaceAllString(s, "[number]")
	s = regexp.MustCompile(`"19041\d{14}"`).ReplaceAllStringFunc(s, func(id string) string {
		if strings.HasPrefix(id, `"190413`) {
			return id // a workflow
		}
		return `"[task]"`
	})
	return regexp.MustCompile(`api/[0-9a-f]{64}`).ReplaceAllString(s, "api/[name given by RunningHub]")
}

func TestCapturedCallbackIsOnlyAHint(t *testing.T) {
	t.Parallel()
	var hook exchange
	load(t, "webhook.json", &hook)
	// The driver has no call that takes a callback: the task asks again instead. What is left to
	// show is that the address in it would not be fetched from a stranger either.
	var body struct{ EventData string }
	if err := json.Unmarshal([]byte(hook.Request.Body), &body); err != nil {
		t.Fatal(err)
	}
	var inner struct{ Data []struct{ FileURL string } }
	if err := json.Unmarshal([]byte(body.EventData), &inner); err != nil {
		t.Fatal(err)
	}
	_, _, err := pool(t, config("https://www.runninghub.example")).Fetch(t.Context(), "runninghub", egress.Address{URL: inner.Data[0].FileURL})
	if asError(t, err).Class != egress.Blocked {
		t.Errorf("got %v", err)
	}
}
