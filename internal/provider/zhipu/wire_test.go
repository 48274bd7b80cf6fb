package zhipu_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
)

// exchange is one recorded exchange of the reference client.
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
	raw, err := os.ReadFile(filepath.Join("..", "..", "sim", "replay", "testdata", "captures", "zhipu-rest.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestTheRequestIsThatOfTheReferenceClient(t *testing.T) {
	t.Parallel()
	recorded := tape(t)[0]
	picture, err := base64.StdEncoding.DecodeString("/9j/FAKE")
	if err != nil {
		t.Fatal(err)
	}
	record := &tap{}
	c := config(record.in(t, answers(200, recorded.Response.Body)))
	begun, err := pool(t, c, flow(map[string]string{"with_audio": "false", "watermark_enabled": "true"})).Begin(t.Context(), disclose("trf_x", disclosure.Content{
		"photo": photo(string(picture), "base64"), "prompt": text("she smiles"), "quality": disclosure.Code("fast"),
		"size": disclosure.Code("1080x1920"), "duration": disclosure.Code("5"), "fps": disclosure.Code("30"),
	}), provider.Start{})
	if err != nil || string(begun.Ticket) != `{"task":"8868902201637896192-0000"}` {
		t.Fatalf("got %s, %v", begun.Ticket, err)
	}
	// What names a person is left out, and the order's name is our own.
	want := strings.Replace(recorded.Request.Body, `"user_id":"h-3f2a91",`, "", 1)
	got := record.list[0]
	got.body = regexp.MustCompile(`"request_id":"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"`).ReplaceAll(got.body, []byte(`"request_id":"job-0001"`))
	equal(t, got, recorded, want)
}

func TestTheQuestionIsThatOfTheReferenceClient(t *testing.T) {
	t.Parallel()
	recorded := tape(t)[2]
	record := &tap{}
	c := config(record.in(t, answers(200, recorded.Response.Body)))
	s, err := pool(t, c, flow(nil)).Poll(t.Context(), "zhipu", driver.Ticket(`{"task":"8868902201637896192-0000"}`))
	if err != nil || s.State != driver.Done || len(s.Results) != 1 || s.Results[0].File.URL != "http://127.0.0.1/out.mp4" {
		t.Fatalf("got %+v, %v", s, err)
	}
	if got := record.list[0]; got.method != recorded.Request.Method || got.target != recorded.Request.Target || len(got.body) > 0 || got.header.Get("Authorization") != "Bearer "+key {
		t.Errorf("got %s %s", got.method, got.target)
	}
}

// equal compares field by field. The host and the client's name are ours.
func equal(t *testing.T, got seen, want exchange, body string) {
	t.Helper()
	header := http.Header{}
	for _, h := range want.Request.Headers {
		header.Set(h[0], h[1])
	}
	if got.method != want.Request.Method || got.target != want.Request.Target {
		t.Errorf("%s %s, want %s %s", got.method, got.target, want.Request.Method, want.Request.Target)
	}
	for _, name := range []string{"Authorization", "Content-Type"} {
		if got.header.Get(name) != header.Get(name) {
			t.Errorf("%s: %q, want %q", name, got.header.Get(name), header.Get(name))
		}
	}
	var ours, theirs any
	if err := errors.Join(json.Unmarshal(got.body, &ours), json.Unmarshal([]byte(body), &theirs)); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(ours, theirs) {
		t.Errorf("body\n%s\nwant\n%s", got.body, body)
	}
}

// update writes the golden files instead of comparing them: go test -update, then read them.
var update = flag.Bool("update", false, "write the golden files")

func TestGoldenWireFile(t *testing.T) {
	t.Parallel()
	s, c := simulator(t, nil)
	record := &tap{}
	c.BaseURL = config(record.in(t, s)).BaseURL
	p := pool(t, c, flow(nil))
	begun, err := p.Begin(t.Context(), disclose("trf_x", disclosure.Content{
		"photo": photo(jpg+"THE PERSON", "base64"), "prompt": text("[the person's prompt]"), "quality": disclosure.Code("fast"),
		"size": disclosure.Code("1080x1920"), "duration": disclosure.Code("5"), "fps": disclosure.Code("30"),
	}), provider.Start{})
	if err != nil {
		t.Fatal(err)
	}
	body, _, err := p.Fetch(t.Context(), "zhipu", *ended(t, p, begun.Ticket).Results[0].File)
	if err != nil {
		t.Fatal(err)
	}
	_ = body.Close()
	if odd := s.Received().Violations; len(odd) > 0 {
		t.Errorf("the recipient noticed %v", odd)
	}
	got := report(record.list)
	file := filepath.Join("testdata", "golden", "image_to_video.txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || got != string(want) {
		t.Errorf("%s differs (%v); read it, then -update:\n%s", file, err, got)
	}
}

// report is written for a privacy officer: what goes over the wire, one line each.
func report(list []seen) string {
	var b strings.Builder
	b.WriteString("Zhipu, image_to_video: everything that goes there for one task, in order.\n")
	b.WriteString("[the person's …] stands for content, [our key] for our credential, [random], [job] and [file] for what is made\nanew each time. Repeated questions are left out.\n")
	told := map[string]bool{}
	names := strings.NewReplacer(key, "[our key]", base64.StdEncoding.EncodeToString([]byte(jpg+"THE PERSON")), "[the person's photo]")
	for _, r := range list {
		target := regexp.MustCompile(`[0-9]{19}-0000`).ReplaceAllString(regexp.MustCompile(`/files/[0-9a-f]+`).ReplaceAllString(r.target, "/files/[file]"), "[job]")
		if told[target] {
			continue
		}
		told[target] = true
		fmt.Fprintf(&b, "\n%s %s\n", r.method, target)
		for _, name := range slices.Sorted(maps.Keys(r.header)) {
			v := names.Replace(r.header.Get(name))
			if name == "Content-Length" {
				v = "[number]"
			}
			fmt.Fprintf(&b, "  %s: %s\n", name, v)
		}
		var pretty bytes.Buffer
		if json.Indent(&pretty, r.body, "  ", "  ") == nil {
			fmt.Fprintf(&b, "  %s\n", regexp.MustCompile(`"request_id": "[^"]*"`).ReplaceAllString(names.Replace(pretty.String()), `"request_id": "[random]"`))
		}
	}
	return b.String()
}

func TestAnOrderThatCannotBeWrittenIsRefusedBeforeAnyCall(t *testing.T) {
	t.Parallel()
	fine := disclosure.Content{"prompt": text("she smiles")}
	with := func(edit func(*driver.Workflow)) driver.Workflow { f := flow(nil); edit(&f); return f }
	cases := map[string]struct {
		flow    driver.Workflow
		content disclosure.Content
		code    string
	}{
		"no model":                   {with(func(f *driver.Workflow) { f.ID = "" }), fine, "no-model"},
		"a picture as a link":        {flow(nil), disclosure.Content{"photo": photo(jpg, "url")}, "transport"},
		"a picture as a file":        {flow(nil), disclosure.Content{"photo": photo(jpg, "bytes")}, "transport"},
		"a picture as words":         {flow(nil), disclosure.Content{"prompt": photo(jpg, "base64")}, "transport"},
		"words as a picture":         {flow(nil), disclosure.Content{"photo": text("she smiles")}, "transport"},
		"a field without a place":    {flow(nil), disclosure.Content{"email": text("x")}, "no-node"},
		"a place that nobody knows":  {with(func(f *driver.Workflow) { f.Nodes["prompt"] = driver.Node{Name: "user_id"} }), fine, "node"},
		"a place that is a flag":     {with(func(f *driver.Workflow) { f.Nodes["prompt"] = driver.Node{Name: "with_audio"} }), fine, "node"},
		"a place that is the key's":  {with(func(f *driver.Workflow) { f.Nodes["prompt"] = driver.Node{Name: "request_id"} }), fine, "node"},
		"a place that is set":        {flow(map[string]string{"size": "1024x1024"}), disclosure.Content{"size": disclosure.Code("1080x1920")}, "node"},
		"a prompt of the wiring":     {flow(map[string]string{"prompt": "a fox"}), fine, "set"},
		"a person's name":            {flow(map[string]string{"user_id": "somebody"}), fine, "set"},
		"sound in words":             {flow(map[string]string{"with_audio": "yes"}), fine, "set"},
		"a duration in words":        {flow(map[string]string{"duration": "long"}), fine, "set"},
		"a setting that nobody uses": {flow(map[string]string{"seed": "1"}), fine, "set"},
	}
	for name, tc := range cases {
		record := &tap{}
		_, err := pool(t, config(record.in(t, answers(200, `{}`))), tc.flow).Begin(t.Context(), disclose("trf_x", tc.content), provider.Start{})
		if e := asError(t, err); e.Class != egress.Bug || e.Code != tc.code || e.WasSent || len(record.list) > 0 {
			t.Errorf("%s: %+v after %d calls", name, e, len(record.list))
		}
	}
}

func TestTheOrdersNameStaysTheSameAndNamesNobody(t *testing.T) {
	t.Parallel()
	record := &tap{}
	p := pool(t, config(record.in(t, answers(429, `{"error":{"code":"1302","message":"x"}}`))), flow(map[string]string{"fps": "60"}))
	for _, id := range []privacy.TransferID{"trf_a", "trf_a", "trf_b"} {
		_, _ = p.Begin(t.Context(), disclose(id, disclosure.Content{"prompt": text("she smiles")}), provider.Start{})
	}
	var names []string
	for _, r := range record.list {
		var body struct {
			Name string `json:"request_id"`
			FPS  int    `json:"fps"`
		}
		if err := json.Unmarshal(r.body, &body); err != nil || body.FPS != 60 || strings.Contains(body.Name, "trf") {
			t.Errorf("%s: %v", r.body, err)
		}
		names = append(names, body.Name)
	}
	if len(names) != 3 || names[0] != names[1] || names[0] == names[2] {
		t.Errorf("named %v", names)
	}
}
