package openai_test

import (
	"bytes"
	"context"
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
	"strings"
	"testing"

	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/provider/openai"
	sim "vow.example/vow/internal/sim/openai"
)

// exchange is one recorded exchange of the official client.
type exchange struct {
	Request struct {
		Method, Target string
		Headers        [][2]string
		Body           string
		Base64         []byte `json:"body_base64"`
	}
	Response struct {
		Headers [][2]string
		Body    string
	}
}

func load(t *testing.T) (tape []exchange) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "sim", "replay", "testdata", "captures", "openai-sdk.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &tape); err != nil {
		t.Fatal(err)
	}
	return tape
}

// line writes a request down, so that two can be compared field by field: members sorted, parts in
// order, boundaries and names of files left out.
func line(t *testing.T, method, target string, header http.Header, body []byte) string {
	t.Helper()
	out := method + " " + target + "\nAuthorization: " + header.Get("Authorization") + "\n"
	mediaType, params, _ := mime.ParseMediaType(header.Get("Content-Type"))
	out += mediaType + "\n"
	if mediaType == "application/json" {
		var v any
		if err := json.Unmarshal(body, &v); err != nil {
			t.Fatal(err)
		}
		sorted, err := json.MarshalIndent(v, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		return out + string(sorted) + "\n"
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
		out += fmt.Sprintf("%s %s %s %q\n", part.FormName(), filepath.Ext(part.FileName()), part.Header.Get("Content-Type"), data)
	}
}

// sent makes an order at a server that gives the recorded answer, and returns the request.
func sent(t *testing.T, w driver.Workflow, c disclosure.Content, answer exchange) (string, driver.Begun) {
	t.Helper()
	var got string
	srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = line(t, r.Method, r.URL.String(), r.Header, body)
		for _, h := range answer.Response.Headers {
			if !strings.EqualFold(h[0], "Content-Length") {
				rw.Header().Set(h[0], h[1])
			}
		}
		_, _ = io.WriteString(rw, answer.Response.Body)
	}))
	defer srv.Close()
	begun, _, err := begin(t, pool(t, config(srv.URL), w), c)
	if err != nil {
		t.Fatal(err)
	}
	return got, begun
}

func TestRequestsAreThoseOfTheOfficialClient(t *testing.T) {
	t.Parallel()
	tape := load(t)
	set := func(w driver.Workflow, pairs ...string) driver.Workflow {
		w.Set = map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			w.Set[pairs[i]] = pairs[i+1]
		}
		return w
	}
	for n, c := range map[int]struct {
		w driver.Workflow
		c disclosure.Content
	}{
		0: {set(talking(), "system", "You are helpful.", "store", "false", "safety_identifier", "h-3f2a"), disclosure.Content{"message": words("hi")}},
		2: {set(listening(), "language", "en"), disclosure.Content{"voice": medium("audio/wav", wav)}},
		4: {set(drawing(), "n", "1", "user", "h-3f2a", "size", "1024x1024"), disclosure.Content{"prompt": words("a fox")}},
		5: {set(editing(), "size", "1024x1024"), disclosure.Content{"photo": medium("image/png", "\x89PNGFAKE"), "prompt": words("add a hat")}},
	} {
		header := http.Header{}
		for _, h := range tape[n].Request.Headers {
			header.Set(h[0], h[1])
		}
		body := tape[n].Request.Base64
		if len(body) == 0 {
			body = []byte(tape[n].Request.Body)
		}
		want := line(t, tape[n].Request.Method, tape[n].Request.Target, header, body)
		got, begun := sent(t, c.w, c.c, tape[n])
		if got != want {
			t.Errorf("exchange %d:\n%s\nwant\n%s", n+1, got, want)
		}
		if begun.Status == nil || begun.Status.State != driver.Done {
			t.Errorf("exchange %d: the recorded answer is read as %+v", n+1, begun)
		}
	}
}

var update = flag.Bool("update", false, "write the golden files")

// TestGoldenWireFiles keeps what leaves for each call in a file that an officer can read.
func TestGoldenWireFiles(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		w driver.Workflow
		c disclosure.Content
	}{
		"drawing":   {drawing(), disclosure.Content{"prompt": words("[the prompt]"), "shape": disclosure.Code("square")}},
		"editing":   {editing(), disclosure.Content{"photo": medium("image/png", "[bytes of the photo]"), "prompt": words("[the prompt]"), "shape": disclosure.Code("square")}},
		"talking":   {talking(), disclosure.Content{"message": words("[the message]")}},
		"going_on":  {withHistory(talking(), "history"), disclosure.Content{"message": words("[the message]"), "history": words(`[{"role":"user","text":"[an earlier message]"},{"role":"assistant","text":"[an earlier answer]"}]`)}},
		"listening": {listening(), disclosure.Content{"voice": medium("audio/wav", "[bytes of the voice]")}},
	} {
		var answer exchange
		answer.Response.Headers = [][2]string{{"Content-Type", "application/json"}}
		answer.Response.Body = `{"text":"x","data":[{"b64_json":"eA=="}]}`
		if name == "talking" || name == "going_on" {
			answer = load(t)[0]
		}
		got, _ := sent(t, c.w, c.c, answer)
		got = strings.Replace(got, key, "[secret]", 1)
		file := filepath.Join("testdata", name+".wire.txt")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(file); err != nil || got != string(want) {
			t.Errorf("%s, %v: the request has changed; run with -update and read what changed:\n%s", name, err, got)
		}
	}
}

// withHistory gives a workflow a place for the earlier turns of a chat.
func withHistory(w driver.Workflow, field privacy.Field) driver.Workflow {
	w.Nodes[field] = driver.Node{Name: "history"}
	return w
}

func TestAnOrderThatDoesNotFitIsRefusedBeforeAnyCall(t *testing.T) {
	t.Parallel()
	text := disclosure.Content{"prompt": words("a fox")}
	change := func(w driver.Workflow, f func(*driver.Workflow)) driver.Workflow { f(&w); return w }
	set := func(name, v string) func(*driver.Workflow) {
		return func(w *driver.Workflow) { w.Set = map[string]string{name: v} }
	}
	named := func(name string) func(*driver.Workflow) {
		return func(w *driver.Workflow) { w.Nodes = map[privacy.Field]driver.Node{"prompt": {Name: name}} }
	}
	for name, c := range map[string]struct {
		w    driver.Workflow
		c    disclosure.Content
		code string
	}{
		"an unknown call":                   {change(drawing(), func(w *driver.Workflow) { w.Call = "embeddings" }), text, "call"},
		"no model":                          {change(drawing(), func(w *driver.Workflow) { w.ID = "" }), text, "model"},
		"a photo where none belongs":        {change(drawing(), func(w *driver.Workflow) { w.Nodes["photo"] = driver.Node{Name: "image"} }), disclosure.Content{"photo": medium("image/png", png)}, "transport"},
		"a field without a place":           {drawing(), disclosure.Content{"other": words("x")}, "no-node"},
		"words as the person's name":        {change(drawing(), named("user")), text, "node-name"},
		"words as the model":                {change(drawing(), named("model")), text, "node-name"},
		"a conversation in a picture":       {change(drawing(), named("history")), text, "node-name"},
		"negative words, not declared":      {change(drawing(), named("negative_prompt")), text, "negative-prompt"},
		"negative words behind a bar":       {change(drawing(), set("negative_prompt", "pipe")), text, "negative-prompt"},
		"a setting that stores":             {change(drawing(), set("store", "true")), text, "set-store"},
		"a setting in place of the words":   {change(drawing(), set("prompt", "x")), text, "twice"},
		"a setting in place of the model":   {change(drawing(), set("model", "x")), text, "set"},
		"a system message without a chat":   {change(drawing(), set("system", "x")), text, "set"},
		"a number that is none":             {change(drawing(), set("n", "many")), text, "set"},
		"a fraction that is none":           {change(drawing(), set("guidance_scale", "NaN")), text, "set"},
		"a chat without a message":          {change(talking(), func(w *driver.Workflow) { w.Nodes["prompt"] = driver.Node{Name: "temperature"} }), text, "no-message"},
		"another form of answer, of speech": {change(listening(), set("response_format", "text")), disclosure.Content{"voice": medium("audio/wav", wav)}, "set"},
	} {
		s, cfg := simulator(t, sim.Options{})
		_, _, err := begin(t, pool(t, cfg, c.w), c.c)
		if e := asError(t, err); e.Class != egress.Bug || e.Code != c.code || e.WasSent || len(s.Received().Requests) > 0 {
			t.Errorf("%s: %+v, %d requests", name, e, len(s.Received().Requests))
		}
	}
}

func TestAServersOwnMembersAreSentWhereTheWiringSaysSo(t *testing.T) {
	t.Parallel()
	s, c := simulator(t, sim.Options{Extras: []string{"negative_prompt", "guidance_scale", "seed"}})
	w := drawing()
	w.Set = map[string]string{"negative_prompt": "field", "guidance_scale": "7.5", "seed": "7"}
	w.Nodes["avoid"] = driver.Node{Name: "negative_prompt"}
	begun, _, err := begin(t, pool(t, c, w), disclosure.Content{"prompt": words("a fox"), "avoid": words("blur")})
	if err != nil || begun.Status.State != driver.Done {
		t.Fatalf("got %+v, %v", begun, err)
	}
	if odd := s.Received().Violations; len(odd) > 0 {
		t.Errorf("noticed: %v", odd)
	}
	strict, c := simulator(t, sim.Options{Lacks: []string{"store"}})
	w = talking()
	w.Set = map[string]string{"store": "false"}
	_, _, err = begin(t, pool(t, c, w), disclosure.Content{"message": words("hello")})
	if e := asError(t, err); e.Class != egress.Bug || e.Code != "unknown_parameter" {
		t.Errorf("a strict server: %+v, %d requests", e, len(strict.Received().Requests))
	}
}

// canned gives the same answer to every call.
type canned struct {
	driver.Sender
	body []byte
}

// Fields returns one field.
func (canned) Fields() []privacy.Field { return []privacy.Field{"prompt"} }

// MediaType says that it is a text.
func (canned) MediaType(privacy.Field) string { return "" }

// Transport says that it travels as text.
func (canned) Transport(privacy.Field) string { return "text" }

// Show takes nothing.
func (canned) Show(privacy.Text) {}

// Send answers.
func (c canned) Send(context.Context, wire.Request) (egress.Response, error) {
	return egress.Response{Status: http.StatusOK, Body: c.body}, nil
}

// Stream answers with one event for each line.
func (c canned) Stream(_ context.Context, _ wire.Request, each func([]byte) error) (egress.Response, error) {
	for event := range bytes.Lines(c.body) {
		if err := each(event); err != nil {
			return egress.Response{Status: http.StatusOK}, err
		}
	}
	return egress.Response{Status: http.StatusOK}, nil
}

func TestAnswersThatSayNothing(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{}`: "empty", `{"data":[]}`: "empty", `[]`: "reply", `{"data":[{"b64_json":"?"}]}`: "reply",
		`{"data":[{"b64_json":"eA=="},{"url":"https://x.example/y"}]}`: "reply-mixed",
	} {
		begun, err := (openai.Driver{}).Begin(t.Context(), canned{body: []byte(body)}, driver.Order{Workflow: drawing()})
		code := ""
		if err != nil {
			code = asError(t, err).Code
		} else if begun.Status != nil {
			code = begun.Status.Code
		}
		if code != want {
			t.Errorf("%s: %q, want %q", body, code, want)
		}
	}
	for _, ticket := range []string{``, `{}`, `{"urls":[""]}`, `[]`} {
		if _, err := (openai.Driver{}).Forget(t.Context(), nil, driver.Ticket(ticket)); err == nil {
			t.Errorf("the ticket %q names a result", ticket)
		}
	}
	if _, ok := (openai.Driver{}).Leftover([]byte("{}")); ok {
		t.Error("something is left over")
	}
	if required, optional := openai.Credentials(); required != nil || len(optional) != 1 {
		t.Errorf("credentials %v, %v", required, optional)
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add([]byte(`{"data":[{"b64_json":"eA=="}]}`))
	f.Add([]byte("{\"choices\":[{\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}\n[DONE]"))
	f.Add([]byte(`{"error":{"code":"server_error","type":7}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		chat := talking()
		chat.Nodes = map[privacy.Field]driver.Node{"prompt": {Name: "user"}}
		for _, w := range []driver.Workflow{drawing(), chat} {
			begun, err := (openai.Driver{}).Begin(t.Context(), canned{body: body}, driver.Order{Workflow: w})
			if err == nil && begun.Status == nil && begun.Ticket == nil {
				t.Errorf("neither a result nor a job: %+v", begun)
			}
			if begun.Status != nil && begun.Status.State == driver.Done && len(begun.Status.Results) == 0 {
				t.Error("done without a result")
			}
		}
		_, _ = (openai.Driver{}).Poll(t.Context(), nil, body)
	})
}

var _ driver.Driver = openai.Driver{}
