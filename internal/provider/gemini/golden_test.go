package gemini_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
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
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/provider"
	sim "vow.example/vow/internal/sim/gemini"
	"vow.example/vow/internal/sim/kit"
)

// update writes the golden files instead of comparing them: go test -update, then read them.
var update = flag.Bool("update", false, "write the golden files")

// TestGoldenWireFiles runs each of Mixoo's features that goes to Google, as its policy and its wiring
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
		if f.Recipient != "gemini" {
			continue
		}
		features++
		t.Run(string(f.ID), func(t *testing.T) {
			t.Parallel()
			got := transcript(t, f, wired["mixoo"]["gemini"])
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
		t.Error("no feature of Mixoo goes to Google")
	}
}

// everything is content for every field that the policy lets leave, travelling as it says.
func everything(f policy.Feature) disclosure.Content {
	content := disclosure.Content{}
	for _, in := range f.Inputs {
		at := slices.IndexFunc(f.Fields, func(s policy.SentField) bool { return s.Field == in.Field })
		if at < 0 {
			continue
		}
		switch in.Kind {
		case policy.Photo:
			content[in.Field] = photo(png+"THE PERSON'S "+string(in.Field), "image/png", f.Fields[at].Transport)
		case policy.Prompt:
			content[in.Field] = words("[the person's " + string(in.Field) + "]")
		case policy.Option:
			content[in.Field] = disclosure.Code(in.Choices[len(in.Choices)-1].Value)
		}
	}
	return content
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
	var list []seen
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		list = append(list, seen{r.Method, r.URL.RequestURI(), r.Header, string(body)})
		mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		s.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	c := config(srv.URL)
	ours := httptest.NewServer(http.NotFoundHandler()) // a hint may be lost
	t.Cleanup(ours.Close)
	c.CallbackBase = ours.URL
	content := everything(f)
	p := pool(t, c, w)
	begun, err := p.Begin(t.Context(), disclose(content), provider.Start{Webhook: ours.URL + "/hooks/gemini/[random]"})
	if err != nil {
		t.Fatal(err)
	}
	if begun.Status == nil {
		body, _, err := p.Fetch(t.Context(), "gemini", *ended(t, p, begun.Ticket).Results[0].File)
		if err != nil {
			t.Fatal(err)
		}
		_ = body.Close()
	}
	if _, err := p.Forget(t.Context(), "gemini", begun.Ticket); err != nil {
		t.Fatal(err)
	}
	e := s.Received()
	if len(e.Violations) > 0 || !slices.Equal(e.Requests[0].Fields, sorted(content)) {
		t.Errorf("the recipient saw %v and noticed %v", e.Requests[0].Fields, e.Violations)
	}
	mu.Lock()
	defer mu.Unlock()
	return report(f, list)
}

func sorted(content disclosure.Content) (names []string) {
	for field := range content {
		names = append(names, string(field))
	}
	slices.Sort(names)
	return names
}

// report is written for a privacy officer: what goes over the wire, one line each.
func report(f policy.Feature, list []seen) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Mixoo, feature %s: everything that goes to Google for one task, in order, its erasure included.\n", f.ID)
	b.WriteString("[the person's …] stands for content, [our link] for a short-lived address of one picture, [our key] for our\n")
	b.WriteString("credential, [job] and [file] for names that are given there. Repeated questions are left out.\n")
	told := map[string]bool{}
	for _, r := range list {
		line := hide(f, r.method+" "+r.target)
		if told[line] {
			continue
		}
		told[line] = true
		fmt.Fprintf(&b, "\n%s\n", line)
		for _, name := range slices.Sorted(maps.Keys(r.header)) {
			v := hide(f, r.header.Get(name))
			if name == "Content-Length" {
				v = "[number]"
			}
			fmt.Fprintf(&b, "  %s: %s\n", name, v)
		}
		var pretty bytes.Buffer
		if json.Indent(&pretty, []byte(r.body), "  ", "  ") == nil {
			fmt.Fprintf(&b, "  %s\n", hide(f, pretty.String()))
		}
	}
	return b.String()
}

// hide takes out our credential, the pictures, and what changes from run to run.
func hide(f policy.Feature, s string) string {
	for _, field := range f.Fields {
		raw := base64.StdEncoding.EncodeToString([]byte(png + "THE PERSON'S " + string(field.Field)))
		s = strings.ReplaceAll(s, raw, "[the person's "+string(field.Field)+"]")
	}
	s = strings.ReplaceAll(s, key, "[our key]")
	s = regexp.MustCompile(`http://127\.0\.0\.1:\d+/m/[A-Za-z0-9_-]+\.(?:png|jpg)`).ReplaceAllString(s, "[our link]")
	s = regexp.MustCompile(`http://127\.0\.0\.1:\d+/hooks`).ReplaceAllString(s, "https://[our server]/hooks")
	s = regexp.MustCompile(`operations/[0-9a-f]+`).ReplaceAllString(s, "operations/[job]")
	s = regexp.MustCompile(`(files|google-storage)/[0-9a-f]+`).ReplaceAllString(s, "$1/[file]")
	return s
}
