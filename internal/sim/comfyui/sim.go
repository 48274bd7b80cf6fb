// Package comfyui simulates a ComfyUI server of the operator's own, with a small catalogue of
// nodes: uploads, the queue, the history, the files behind them and the socket that tells of it all.
//
// It promises to refuse, in ComfyUI's own form of error, every graph with a node, link, value or
// file that does not exist; to keep what a real server keeps, prompts in memory and files for
// ever, and to report both; to put inputs into its tracebacks, as a real one does; and to tell of a
// job to the socket of its client only, except for an interruption, which everybody learns of. It
// never reaches for the network.
package comfyui

import (
	"context"
	"encoding/json"
	"net/http"
	"path"
	"slices"
	"strings"

	"vow.example/vow/internal/sim/kit"
)

// Options configure a Sim.
type Options struct {
	kit.Options
	Token    string            // of the proxy in front; empty: anybody may call, as with a bare server
	Feature  string            // that results are rendered for
	Fields   map[string]string // "<node>.<input>" to the personal field behind it; "image" names that of uploads
	Defaults map[string]string // "<node>.<input>" to the graph's own value there, which is nobody's content
	Metadata bool              // results carry the whole graph, as without --disable-metadata
}

// Sim is the simulated server. It is an http.Handler and safe for concurrent use.
type Sim struct {
	*kit.Kit
	opts     Options
	nodes    map[string]class
	number   int64
	pending  []*job
	running  *job
	working  bool
	history  map[string]*job
	finished []string // identifiers in the history, oldest first
	files    map[string]*kit.Held
	refused  map[string]bool // prompts that were told "not now"
	next     kit.Script[string]
	sockets  map[string]*socket // by client
}

// kept is how many jobs a server remembers.
const kept = 10_000

// New returns a Sim. Close ends its jobs.
func New(o Options) *Sim {
	s := &Sim{opts: o, nodes: catalogue(), history: map[string]*job{}, files: map[string]*kit.Held{}, refused: map[string]bool{}, sockets: map[string]*socket{}}
	if o.Free == nil {
		o.Free = []string{"text", "prompt", "positive", "negative"}
	}
	o.Given, o.Raw = s.given, s.listen
	o.Headers = append(slices.Clone(o.Headers), handshake()...)
	o.Failed = func(*kit.Call) kit.Reply {
		return kit.Reply{Status: http.StatusInternalServerError, MediaType: "text/plain", Body: []byte("500 Internal Server Error\n\nServer got itself in trouble")}
	}
	s.Kit = kit.New("comfyui", o.Options, s.answer)
	return s
}

// given reports whether a file of that name lies here: whoever overwrites it repeats its name.
func (s *Sim) given(fileName string) bool {
	s.Lock()
	defer s.Unlock()
	for name := range s.files {
		if path.Base(name) == fileName {
			return true
		}
	}
	return false
}

// Next makes a coming call or job end with this code: "prompt_outputs_failed_validation",
// "invalid_prompt", "no_prompt", "prompt_no_outputs", "custom_validation_failed" or another type of
// node error for the next prompt; "execution_error", "execution_interrupted" or "out_of_memory" for
// the next job.
func (s *Sim) Next(code string) { s.next.Add(code) }

// Restart does what a restart of the server does: queue, history and sockets are lost, files stay.
func (s *Sim) Restart() {
	s.Lock()
	defer s.Unlock()
	for _, j := range s.pending {
		s.erase(j)
	}
	if s.running != nil {
		s.running.lost = true
		s.running.end()
		s.erase(s.running)
	}
	for _, j := range s.history {
		s.erase(j)
	}
	for client, k := range s.sockets {
		k.end()
		delete(s.sockets, client)
	}
	s.pending, s.running, s.history, s.finished, s.number = nil, nil, map[string]*job{}, nil, 0
}

// Leftovers lists the files that nobody has removed: "input/<folder>/<name>".
func (s *Sim) Leftovers() []string {
	s.Lock()
	defer s.Unlock()
	list := []string{}
	for name := range s.files {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// answer routes a call. Every route exists under /api too.
func (s *Sim) answer(c *kit.Call) kit.Reply {
	route := strings.TrimPrefix(c.Path, "/api")
	if s.opts.Token != "" && c.Header.Get("Authorization") != "Bearer "+s.opts.Token {
		return kit.JSON(http.StatusUnauthorized, map[string]any{"error": "unauthorized"})
	}
	if c.Fault == kit.Throttled {
		return busy()
	}
	if c.Problem != "" {
		return refuse("invalid_prompt")
	}
	s.Lock()
	defer s.Unlock()
	switch c.Method + " " + route {
	case "POST /upload/image":
		return s.upload(c)
	case "GET /view":
		return s.view(c)
	case "POST /prompt":
		return s.prompt(c)
	case "GET /prompt":
		return ok(map[string]any{"exec_info": map[string]any{"queue_remaining": s.remaining()}})
	case "GET /ws": // of a socket, listen has taken care
		return kit.Reply{Status: http.StatusBadRequest, MediaType: "text/plain", Body: []byte("No WebSocket UPGRADE hdr: None\n Can \"Upgrade\" only to \"WebSocket\".")}
	case "GET /queue":
		return s.queue()
	case "POST /queue":
		return s.change(c, s.unqueue)
	case "POST /history":
		return s.change(c, s.unremember)
	case "POST /interrupt":
		return s.interrupt(c)
	case "POST /free":
		return kit.Reply{}
	case "GET /object_info":
		return ok(s.info())
	case "GET /system_stats":
		return ok(s.stats())
	}
	if id, found := strings.CutPrefix(route, "/history/"); found && c.Method == http.MethodGet {
		return s.remember(id)
	}
	return kit.Reply{Status: http.StatusNotFound, MediaType: "text/plain", Body: []byte("404: Not Found")}
}

// ok is a success, with the head that the real server's framework writes.
func ok(v any) kit.Reply {
	r := kit.JSON(http.StatusOK, v)
	r.MediaType = "application/json; charset=utf-8"
	return r
}

// busy is what a proxy in front of the server says when it lets nobody in.
func busy() kit.Reply {
	r := kit.JSON(http.StatusTooManyRequests, map[string]any{"error": "too many requests"})
	r.Header, r.Throttle = map[string]string{"Retry-After": "1"}, true
	return r
}

// refuse is a refusal of a whole graph.
func refuse(kind string) kit.Reply {
	return kit.JSON(http.StatusBadRequest, map[string]any{
		"error":       map[string]any{"type": kind, "message": "Prompt has a problem", "details": "", "extra_info": map[string]any{}},
		"node_errors": map[string]any{},
	})
}

func (s *Sim) stats() map[string]any {
	argv := []string{"main.py", "--disable-api-nodes"}
	if !s.opts.Metadata {
		argv = append(argv, "--disable-metadata")
	}
	return map[string]any{
		"system":  map[string]any{"os": "posix", "comfyui_version": "0.3.68", "argv": argv},
		"devices": []any{map[string]any{"name": "cpu", "type": "cpu", "index": 0}},
	}
}

// change takes a list of identifiers from the queue or the history. Clearing everything, or
// stopping whatever runs, would reach other people's jobs.
func (s *Sim) change(c *kit.Call, drop func(id string)) kit.Reply {
	if !kit.Only(c.JSON, nil, "delete", "clear") || len(c.JSON) != 1 {
		return kit.Reply{Status: http.StatusBadRequest}
	}
	if _, all := c.JSON["clear"]; all {
		c.Odd("clear: reaches other people's jobs")
		return kit.Reply{Status: http.StatusBadRequest}
	}
	list, isList := c.JSON["delete"].([]any)
	for _, item := range list {
		id, isText := item.(string)
		if !isText {
			return kit.Reply{Status: http.StatusBadRequest}
		}
		drop(id)
	}
	if !isList {
		return kit.Reply{Status: http.StatusBadRequest}
	}
	return kit.Reply{}
}

func (s *Sim) interrupt(c *kit.Call) kit.Reply {
	id := c.Text("prompt_id")
	if id == "" || !kit.Only(c.JSON, []string{"prompt_id"}) {
		c.Odd("interrupt: stops whatever runs")
		return kit.Reply{Status: http.StatusBadRequest}
	}
	if s.running != nil && s.running.id == id {
		s.running.interrupted = true
		s.running.end()
	}
	return kit.Reply{}
}

// render makes the job's result.
func (s *Sim) render(ctx context.Context, j *job) (kit.Output, error) {
	out, err := s.Render(ctx, kit.Job{Feature: s.opts.Feature, Want: j.want, Media: j.media, Texts: j.texts, Options: j.options})
	if err == nil && s.opts.Metadata && out.MediaType == "image/png" {
		graph, errGraph := json.Marshal(j.graph)
		if errGraph != nil {
			return out, errGraph
		}
		out.Data = withText(out.Data, "prompt", graph)
	}
	return out, err
}
