package volcengine_test

import (
	"bytes"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"vow.example/vow/apps"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/drivertest"
	"vow.example/vow/internal/sim/kit"
	sim "vow.example/vow/internal/sim/volcengine"
)

// update writes the golden files instead of comparing them: go test -update, then read them.
var update = flag.Bool("update", false, "write the golden files")

// TestGoldenWireFiles runs each of Mixoo's features that goes to Volcengine, as its policy and its wiring
// say, and compares everything that went over the wire.
func TestGoldenWireFiles(t *testing.T) {
	t.Parallel()
	source, err := apps.FS.ReadFile("mixoo/policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	mixoo, err := policy.Load("mixoo/policy.yaml", source)
	if err != nil {
		t.Fatal(err)
	}
	wired, err := provider.LoadWiring(apps.FS)
	if err != nil {
		t.Fatal(err)
	}
	features := 0
	for _, f := range mixoo.Features() {
		if f.Recipient != "volcengine" {
			continue
		}
		features++
		t.Run(string(f.ID), func(t *testing.T) {
			t.Parallel()
			got := transcript(t, f, wired["mixoo"]["volcengine"])
			file := filepath.Join("testdata", "golden", string(f.ID)+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil || got != string(want) {
				t.Errorf("%s differs (%v); read it, then -update:\n%s", file, err, got)
			}
		})
	}
	if features == 0 {
		t.Error("no feature of Mixoo goes to Volcengine")
	}
}

// transcript takes a task to its end and erases what is left, and writes down what was said.
func transcript(t *testing.T, f policy.Feature, route provider.Route) string {
	t.Helper()
	w, places := route.Workflows[f.ID], map[string]string{}
	for field, n := range w.Nodes {
		places[n.Name] = string(field)
	}
	s := sim.New(sim.Options{Options: kit.Options{Seed: 1, Render: echo}, APIKey: key, Models: []string{w.ID}, Fields: places})
	t.Cleanup(s.Close)
	var mu sync.Mutex
	var list []drivertest.Heard
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		list = append(list, drivertest.Heard{Method: r.Method, Target: r.URL.RequestURI(), Header: r.Header, Body: string(body)})
		mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		s.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	c := config(srv.URL)
	ours := httptest.NewServer(http.NotFoundHandler()) // a hint may be lost
	t.Cleanup(ours.Close)
	c.CallbackBase = ours.URL
	content := drivertest.Everything(f, "image/jpeg")
	p := pool(t, c, w)
	begun, err := p.Begin(t.Context(), disclose(content), provider.Start{Webhook: ours.URL + "/hooks/volcengine/[random]"})
	if err != nil {
		t.Fatal(err)
	}
	body, _, err := p.Fetch(t.Context(), "volcengine", *ended(t, p, begun.Ticket).Results[0].File)
	if err != nil {
		t.Fatal(err)
	}
	_ = body.Close()
	if _, err := p.Forget(t.Context(), "volcengine", begun.Ticket); err != nil {
		t.Fatal(err)
	}
	e := s.Received()
	if len(e.Violations) > 0 || !slices.Equal(e.Requests[0].Fields, drivertest.Names(content)) {
		t.Errorf("the recipient saw %v and noticed %v", e.Requests[0].Fields, e.Violations)
	}
	mu.Lock()
	defer mu.Unlock()
	return drivertest.Report(f, "Volcengine", list, hide)
}

// hide takes out our credential and what changes from run to run.
func hide(s string) string {
	s = strings.ReplaceAll(s, key, "[our key]")
	s = regexp.MustCompile(`cgt-[0-9]+-[0-9a-f]+`).ReplaceAllString(s, "[job]")
	return regexp.MustCompile(`/ark-output/.*`).ReplaceAllString(s, "/[file]")
}
