// Package runninghub simulates RunningHub's workflow API on loopback: upload, create, status,
// outputs, cancel, callbacks and the files behind them.
//
// It promises to fail closed, with RunningHub's own form of error, on any path, method, header,
// field, type, node or key it does not know; to report everything it received and still holds; and
// to notice what a recipient should never see. With a seed it is deterministic. It never reaches
// for the network except to the callback address it was given.
package runninghub

import (
	"context"
	"net/http"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/sim/kit"
)

// Render makes a result from what a task carried: the workflow's name, the photo, the prompt and
// the chosen options by field. It returns the bytes and their media type.
type Render func(ctx context.Context, workflow string, photo []byte, prompt string, params map[string]string) ([]byte, string, error)

// Options configure a Sim. Key and Workflows are required, everything else has a default.
type Options struct {
	Clock     clock.Clock         // dates evidence and ends the life of what is held
	Seed      uint64              // of identifiers and of the faults' dice
	Key       string              // the 32-character API key
	Workflows map[string]Workflow // by workflow id
	Apps      map[string]Workflow // AI apps, by the digits of their webapp id
	Render    Render              // nil: every task fails
	Queue     time.Duration       // how long a task is queued
	Run       time.Duration       // how long a task runs, besides rendering
	Slow      time.Duration       // how long the prompt test:slow runs; default 10 s
	Parallel  int                 // tasks that run at once; default 3
	Limit     int                 // unfinished tasks beyond which create answers 421; default 50
	Rates     map[Fault]float64   // how often each fault strikes, 0 to 1
	Oversize  int64               // bytes of an oversized result; default 70 MiB
}

// Workflow is one workflow of the operator's account.
type Workflow struct {
	Name  string // "avatar"
	Nodes []Node
}

// Kind is the type of a node's value.
type Kind int

// The kinds of node.
const (
	Media Kind = iota + 1
	Prompt
	Choice
)

// Node is a place of a workflow that takes a value.
type Node struct {
	ID       string // "10"
	Name     string // "image"
	Kind     Kind
	Field    string   // the personal field behind it: "photo", "prompt", "style"
	Required bool     // a task without it is refused
	Values   []string // of Choice: what it accepts; nil: any word
}

// Sim is the simulated service. It is an http.Handler and safe for concurrent use.
type Sim struct {
	*kit.Kit
	opts  Options
	slots chan struct{}

	// Guarded by the Kit's Lock.
	counter uint64
	uploads map[string]*kit.Held // by file name
	jobs    map[string]*job
}

// New returns a Sim. Close ends its tasks.
func New(o Options) *Sim {
	if o.Slow <= 0 {
		o.Slow = 10 * time.Second
	}
	if o.Parallel <= 0 {
		o.Parallel = 3
	}
	if o.Limit <= 0 {
		o.Limit = 50
	}
	s := &Sim{opts: o, slots: make(chan struct{}, o.Parallel), uploads: map[string]*kit.Held{}, jobs: map[string]*job{}}
	s.Kit = kit.New("runninghub", kit.Options{
		Clock: o.Clock, Seed: o.Seed, Rates: o.Rates, Oversize: o.Oversize, Fits: fits, Down: unavailable(), MaxBody: maxBody,
		Arrive: s.arrive, Failed: func(*kit.Call) kit.Reply { return refuse(500, "UNKNOWN_ERROR") },
	}, s.route)
	return s
}

// route answers one call.
func (s *Sim) route(c *kit.Call) kit.Reply {
	in := &arrival{Call: c, values: valuesOf(c)}
	switch {
	case c.Fault == QueueFull:
		return refuse(421, "TASK_QUEUE_MAXED")
	case in.values == nil && c.Method != http.MethodGet, len(c.Query) > 0, c.Problem != "":
		return refuse(301, "PARAMS_INVALID")
	case c.Method == http.MethodGet:
		return notFound() // a file that is there is served before anybody asks us
	case c.Method != http.MethodPost:
		return refuse(301, "PARAMS_INVALID")
	}
	switch c.Path {
	case "/task/openapi/upload":
		return s.upload(in)
	case "/task/openapi/create":
		return s.create(in)
	case "/task/openapi/ai-app/run":
		return s.runApp(in)
	case "/task/openapi/status":
		return s.withJob(in, s.status)
	case "/task/openapi/outputs":
		return s.withJob(in, s.listOutputs)
	case "/task/openapi/cancel":
		return s.withJob(in, s.cancel)
	case "/task/openapi/getWebhookDetail":
		return s.withJob(in, s.webhookDetail)
	case "/task/openapi/retryWebhook":
		return s.retryWebhook(in)
	default:
		return notFound()
	}
}

// DemoWorkflows returns the workflows of the demo account: what PixPlus' operator has set up at
// RunningHub. They are written down here once more, so that a slip in the wiring is found.
func DemoWorkflows() map[string]Workflow {
	photo := Node{ID: "10", Name: "image", Kind: Media, Field: "photo", Required: true}
	prompt := Node{ID: "6", Name: "text", Kind: Prompt, Field: "prompt"}
	return map[string]Workflow{
		"1904136902449209346": {Name: "avatar", Nodes: []Node{photo, prompt, {ID: "14", Name: "style_name", Kind: Choice, Field: "style", Values: []string{"cartoon", "pencil"}}}},
		"1904136902449209511": {Name: "portrait_enhance", Nodes: []Node{photo, {ID: "21", Name: "level", Kind: Choice, Field: "strength", Values: []string{"light", "medium", "strong"}}}},
		"1904136902449209688": {Name: "visual_effect", Nodes: []Node{photo, prompt, {ID: "33", Name: "effect_name", Kind: Choice, Field: "effect", Values: []string{"pencil", "cartoon", "color_pencil"}}}},
		"1904136902449209801": {Name: "image_to_video", Nodes: []Node{photo, prompt}},
		"1904136902449209915": {Name: "image_generation", Nodes: []Node{{ID: "6", Name: "text", Kind: Prompt, Field: "prompt", Required: true}}},
	}
}
