package comfyui_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/comfyui"
	"vow.example/vow/internal/provider/driver"
	sim "vow.example/vow/internal/sim/comfyui"
)

const id = "3f7a0a52-7d3f-4d0c-9b3a-6c1f3f6a0001"

func TestEveryRefusalOfAGraphHasItsClass(t *testing.T) {
	t.Parallel()
	for code, class := range map[string]egress.Class{
		"invalid_prompt": egress.Bug, "no_prompt": egress.Bug, "prompt_no_outputs": egress.Bug, "value_not_in_list": egress.Bug,
		"required_input_missing": egress.Bug, "custom_validation_failed": egress.BadMedia,
	} {
		s, c := simulator(t, sim.Options{})
		s.Next(code)
		_, err := pool(t, c, workflow()).Begin(t.Context(), disclose(content("a fox")), provider.Start{})
		if e := asError(t, err); e.Class != class || e.Code != code || !e.WasSent || strings.Contains(err.Error(), "quotes") {
			t.Errorf("%s: %+v", code, e)
		}
	}
}

func TestEveryEndOfAJobHasItsClassAndNothingOfItsTraceback(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]driver.Status{
		"execution_error":       {State: driver.Failed, Class: egress.Failed, Code: "execution_error"},
		"execution_interrupted": {State: driver.Failed, Class: egress.Failed, Code: "execution_interrupted"},
		"out_of_memory":         {State: driver.Failed, Class: egress.Failed, Code: "out_of_memory"},
	} {
		s, c := simulator(t, sim.Options{})
		s.Next(code)
		p := pool(t, c, workflow())
		got := ended(t, p, begin(t, p, content("a secret fox")))
		if got.State != want.State || got.Class != want.Class || got.Code != want.Code || strings.Contains(fmt.Sprintf("%+v", got), "fox") {
			t.Errorf("%s: %+v", code, got)
		}
	}
}

func TestMagicPromptsFailInTheirOwnWay(t *testing.T) {
	t.Parallel()
	_, c := simulator(t, sim.Options{})
	p := pool(t, c, workflow())
	if st := ended(t, p, begin(t, p, content("test:fail"))); st.State != driver.Failed || st.Code != "execution_error" {
		t.Errorf("test:fail ends as %+v", st)
	}
	for prompt, class := range map[string]egress.Class{"test:provider_down": egress.Transient, "test:throttled": egress.Throttled} {
		_, err := p.Begin(t.Context(), disclose(content(prompt)), provider.Start{})
		if e := asError(t, err); e.Class != class || !e.WasSent {
			t.Errorf("%s: %+v", prompt, e)
		}
	}
}

func TestAFileThatIsNoPictureIsThePersonsToChange(t *testing.T) {
	t.Parallel()
	_, c := simulator(t, sim.Options{})
	p := pool(t, c, workflow())
	all := content("a fox")
	all["photo"] = picture("no picture", "bytes")
	if st := ended(t, p, begin(t, p, all)); st.State != driver.Failed || st.Class != egress.BadMedia || st.Code != "execution_error" {
		t.Errorf("got %+v", st)
	}
}

func TestAGraphThatDoesNotFitIsRefusedBeforeAnyCall(t *testing.T) {
	t.Parallel()
	edit := func(old, by string) func(*driver.Workflow) {
		return func(w *driver.Workflow) { w.Graph = []byte(strings.Replace(string(graph), old, by, 1)) }
	}
	place := func(node, name string) func(*driver.Workflow) {
		return func(w *driver.Workflow) { w.Nodes["prompt"] = driver.Node{ID: node, Name: name} }
	}
	for name, c := range map[string]struct {
		change func(*driver.Workflow)
		code   string
	}{
		"no JSON":                    {func(w *driver.Workflow) { w.Graph = []byte("{") }, "graph"},
		"no graph":                   {func(w *driver.Workflow) { w.Graph = nil }, "graph"},
		"a node without a class":     {edit(`"VAEEncode"`, `""`), "graph"},
		"a value that is nothing":    {edit(`"blurry"`, `null`), "graph-value"},
		"a number beyond all bounds": {edit(`7.5`, `1e999`), "graph-value"},
		"no output":                  {func(w *driver.Workflow) { w.Set = nil }, "graph-output"},
		"an output that is not":      {func(w *driver.Workflow) { w.Set = map[string]string{"output": "99"} }, "graph-output"},
		"an output through a socket": {edit(`"SaveImage"`, `"SaveImageWebsocket"`), "graph-output-socket"},
		"an unknown setting":         {func(w *driver.Workflow) { w.Set = map[string]string{"output": "9", "x": "y"} }, "set"},
		"a node that is not":         {place("99", "text"), "graph-node"},
		"an input that is not":       {place("6", "words"), "graph-node"},
		"an input that is a link":    {place("6", "clip"), "graph-input"},
		"a photo as a number":        {func(w *driver.Workflow) { w.Nodes["photo"] = driver.Node{ID: "12", Name: "steps"} }, "graph-input"},
		"a field without a place":    {func(w *driver.Workflow) { delete(w.Nodes, "prompt") }, "no-node"},
	} {
		s, cfg := simulator(t, sim.Options{})
		w := workflow()
		c.change(&w)
		_, err := pool(t, cfg, w).Begin(t.Context(), disclose(content("a fox")), provider.Start{})
		if e := asError(t, err); e.Class != egress.Bug || e.Code != c.code || e.WasSent || len(s.Received().Requests) > 0 {
			t.Errorf("%s: %+v, %d requests", name, e, len(s.Received().Requests))
		}
	}
}

func TestAPictureByLinkIsRefusedBeforeAnyCall(t *testing.T) {
	t.Parallel()
	s, c := simulator(t, sim.Options{})
	_, err := pool(t, c, workflow()).Begin(t.Context(), disclose(disclosure.Content{"photo": picture(png, "url")}), provider.Start{})
	if e := asError(t, err); e.Class != egress.Bug || e.Code != "transport" || len(s.Received().Requests) > 0 {
		t.Errorf("got %+v", e)
	}
}

// server answers every call by its path.
func server(t *testing.T, answers map[string]string) *provider.Pool {
	t.Helper()
	srv := (&tap{}).in(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		body, ok := answers[r.URL.Path]
		if !ok {
			body = "{}"
		}
		_, _ = io.WriteString(w, body)
	}))
	return pool(t, config(srv.URL), workflow())
}

func TestNamesOfUploadsAreNotTrusted(t *testing.T) {
	t.Parallel()
	for _, reply := range []string{
		`{}`, `[]`, `{"name":"../x.png","subfolder":"a","type":"input"}`, `{"name":"x.png","subfolder":"elsewhere","type":"input"}`,
		`{"name":".png","subfolder":"","type":"input"}`, `{"name":"x.png","subfolder":"","type":"output"}`,
	} {
		_, err := server(t, map[string]string{"/upload/image": reply}).Begin(t.Context(), disclose(content("")), provider.Start{})
		if e := asError(t, err); e.Class != egress.UnknownOutcome || e.Code != "upload-reply" || !e.WasSent {
			t.Errorf("%s: %+v", reply, e)
		}
	}
}

func TestAnswersThatSayNothing(t *testing.T) {
	t.Parallel()
	history := func(body string) string { return `{"` + id + `":` + body + `}` }
	idle := `{"queue_running":[],"queue_pending":[]}`
	for name, c := range map[string]struct {
		history, queue string
		want           driver.Status
		class          egress.Class
	}{
		"neither knows it":            {"{}", idle, driver.Status{State: driver.Failed, Class: egress.Failed, Code: "lost"}, ""},
		"it waits as second":          {"{}", `{"queue_running":[],"queue_pending":[[9,"` + id + `",{"6":"somebody's words"}],[2,"x"],[12,"y"],[true],[]]}`, driver.Status{State: driver.Queued, QueuePosition: 2}, ""},
		"it runs":                     {"{}", `{"queue_running":[[9,"` + id + `"]],"queue_pending":[]}`, driver.Status{State: driver.Running}, ""},
		"a history that is a list":    {"[]", idle, driver.Status{}, egress.Transient},
		"a queue that is a list":      {"{}", "[]", driver.Status{}, egress.Transient},
		"a queue without lists":       {"{}", "{}", driver.Status{}, egress.Transient},
		"no outputs":                  {history(`{"status":{"status_str":"success"}}`), idle, driver.Status{State: driver.Failed, Class: egress.Failed, Code: "empty"}, ""},
		"outputs of another node":     {history(`{"outputs":{"8":{"images":[{"filename":"a.png","type":"output"}]}}}`), idle, driver.Status{State: driver.Failed, Class: egress.Failed, Code: "empty"}, ""},
		"a file that leads away":      {history(`{"outputs":{"9":{"images":[{"filename":"../a.png","type":"output"}]}}}`), idle, driver.Status{State: driver.Failed, Class: egress.Failed, Code: "empty"}, ""},
		"a folder that leads away":    {history(`{"outputs":{"9":{"images":[{"filename":"a.png","subfolder":"a/../b","type":"output"}]}}}`), idle, driver.Status{State: driver.Failed, Class: egress.Failed, Code: "empty"}, ""},
		"a file among the inputs":     {history(`{"outputs":{"9":{"images":[{"filename":"a.png","type":"input"}]}}}`), idle, driver.Status{State: driver.Failed, Class: egress.Failed, Code: "empty"}, ""},
		"an error without a reason":   {history(`{"status":{"status_str":"error"}}`), idle, driver.Status{State: driver.Failed, Class: egress.Failed, Code: "unlisted"}, ""},
		"an error of a strange shape": {history(`{"status":{"status_str":"error","messages":[[1,2],["execution_error"],["x",{}],["execution_error","text"]]}}`), idle, driver.Status{State: driver.Failed, Class: egress.Failed, Code: "execution_error"}, ""},
		"a picture that is broken":    {history(`{"status":{"status_str":"error","messages":[["execution_error",{"node_type":"LoadImageMask"}]]}}`), idle, driver.Status{State: driver.Failed, Class: egress.BadMedia, Code: "execution_error"}, ""},
	} {
		p := server(t, map[string]string{"/history/" + id: c.history, "/queue": c.queue})
		got, err := p.Poll(t.Context(), "own_host", driver.Ticket(`{"id":"`+id+`","output":"9"}`))
		if c.class != "" {
			if e := asError(t, err); e.Class != c.class {
				t.Errorf("%s: %+v", name, e)
			}
			continue
		}
		if err != nil || fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestNothingIsLeftOverOfWhatWasNeverNoted(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"", "x", "{}", `{"key":"x"}`, `{"key":"` + strings.ToUpper(id) + `"}`} {
		if _, ok := (comfyui.Driver{}).Leftover([]byte(raw)); ok {
			t.Errorf("%q names a job", raw)
		}
	}
	if required, optional := comfyui.Credentials(); required != nil || len(optional) != 1 {
		t.Errorf("credentials %v, %v", required, optional)
	}
}

// canned answers every question with the same words.
type canned []byte

// Follow answers.
func (c canned) Follow(context.Context, wire.Request) (egress.Response, error) {
	return egress.Response{Status: http.StatusOK, Body: c}, nil
}

func FuzzAnswers(f *testing.F) {
	f.Add([]byte(`{"id":"`+id+`","output":"9"}`), []byte(`{"`+id+`":{"outputs":{"9":{"images":[{"filename":"a.png","type":"temp"}]}}}}`))
	f.Add([]byte(`{}`), []byte(`{"queue_running":[[1,"x"]],"queue_pending":[]}`))
	f.Fuzz(func(t *testing.T, ticket, body []byte) {
		st, err := (comfyui.Driver{}).Poll(t.Context(), canned(body), ticket)
		if err == nil && st.State == driver.Unknown || st.State == driver.Done && len(st.Results) == 0 {
			t.Errorf("a poll that says nothing: %+v", st)
		}
		for _, r := range st.Results {
			if name := r.File.Query["filename"] + r.File.Query["subfolder"]; strings.Contains(name, "..") && strings.Contains(name, "/..") {
				t.Errorf("a file that leads away: %v", r.File.Query)
			}
		}
		_, _ = (comfyui.Driver{}).Cancel(t.Context(), canned(body), ticket)
		_, _ = (comfyui.Driver{}).Forget(t.Context(), canned(body), ticket)
		_, _ = (comfyui.Driver{}).Leftover(ticket)
	})
}
