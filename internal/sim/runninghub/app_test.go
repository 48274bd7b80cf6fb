package runninghub_test

import (
	"encoding/json"
	"strings"
	"testing"

	sim "vow.example/vow/internal/sim/runninghub"
)

const app = 1904136902449200001

// withApp offers the avatar workflow as an AI app too.
func withApp(o *sim.Options) {
	o.Apps = map[string]sim.Workflow{"1904136902449200001": sim.DemoWorkflows()[avatar]}
}

// run is an order of an AI app.
func run(file, prompt string) map[string]any {
	m := order(file, prompt)
	delete(m, "workflowId")
	delete(m, "addMetadata")
	m["webappId"] = app
	return m
}

func TestAnAIAppRunsByItsNumber(t *testing.T) {
	t.Parallel()
	c := newClient(t, withApp)
	e := c.post("ai-app/run", run(c.photo(), "a fox"))
	var data struct{ TaskID, TaskStatus, PromptTips string }
	if err := json.Unmarshal(e.Data, &data); err != nil || e.Code != 0 || data.TaskStatus != "QUEUED" || !strings.Contains(data.PromptTips, "node_errors") {
		t.Fatalf("run answers %+v", e)
	}
	c.wait(data.TaskID, "SUCCESS")
	if got := c.result(data.TaskID); got != png+"|avatar|a fox|map[style:pencil]" {
		t.Errorf("the result is %q", got)
	}
	r := c.sim.Received()
	if got := strings.Join(r.Requests[1].Fields, " "); got != "prompt style" || len(r.Violations) != 0 {
		t.Errorf("carried %s, noticed %v", got, r.Violations)
	}
}

func TestAnAIAppFailsClosed(t *testing.T) {
	t.Parallel()
	c := newClient(t, withApp)
	file := c.photo()
	for name, tc := range map[string]struct {
		edit func(m map[string]any)
		code int
	}{
		"no key":                {func(m map[string]any) { delete(m, "apiKey") }, 412},
		"an id in words":        {func(m map[string]any) { m["webappId"] = "1904136902449200001" }, 301},
		"no id":                 {func(m map[string]any) { delete(m, "webappId") }, 301},
		"an unknown app":        {func(m map[string]any) { m["webappId"] = 1 }, 901},
		"a fraction":            {func(m map[string]any) { m["webappId"] = 1.5 }, 901},
		"a member of workflows": {func(m map[string]any) { m["instanceType"] = "plus" }, 301},
		"a node nobody has":     {func(m map[string]any) { m["nodeInfoList"] = []any{node("99", "image", file)} }, 803},
		"no node list":          {func(m map[string]any) { m["nodeInfoList"] = "x" }, 301},
	} {
		m := run(file, "a fox")
		tc.edit(m)
		if e := c.post("ai-app/run", m); e.Code != tc.code {
			t.Errorf("%s: %+v, want %d", name, e, tc.code)
		}
	}
	c.sim.Inject(sim.Injection{Fault: sim.QueueFull, Times: 1})
	if e := c.post("ai-app/run", run(file, "")); e.Code != 421 {
		t.Errorf("a full queue: %+v", e)
	}
}
