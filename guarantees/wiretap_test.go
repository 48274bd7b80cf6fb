package guarantees

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"

	"vow.example/vow/client"
)

// tap is a wiretap between the server and a recipient. It keeps every byte that the server sends,
// passes requests on, and can be told to hold one back, to hold its answer back, or to be down.
type tap struct {
	recipient         string
	url, addr, target string
	nodes             map[string]string // workflow and node → field, of the operator's wiring; of RunningHub only

	mu       sync.Mutex
	server   *http.Server
	bytes    bytes.Buffer
	requests []client.ReceivedRequest
	hold     string // "request create": which call to hold, and at which side
	holding  chan struct{}
	release  chan struct{}
	loses    string       // which call is processed without an answer
	fails    []int        // statuses that the next calls are answered with
	adds     string       // members that are put into every answer
	answers  bytes.Buffer // all that the recipient answered
}

// newTap puts a wiretap in front of a recipient.
func newTap(recipient, target string) (*tap, error) {
	t := &tap{recipient: recipient, target: target, nodes: map[string]string{}}
	if err := t.listen("127.0.0.1:0"); err != nil {
		return nil, err
	}
	t.url = "http://" + t.addr
	return t, nil
}

// learn reads which place of a workflow belongs to which field.
func (t *tap) learn(wiring string) error {
	raw, err := os.ReadFile(wiring)
	if err != nil {
		return err
	}
	var file struct {
		Recipients map[string]struct {
			Workflows map[string]struct {
				WorkflowID string                                 `yaml:"workflow_id"`
				Nodes      map[string]struct{ Node, Name string } `yaml:"nodes"`
			} `yaml:"workflows"`
		} `yaml:"recipients"`
	}
	if err := yaml.Unmarshal(raw, &file); err != nil {
		return err
	}
	for _, w := range file.Recipients["runninghub"].Workflows {
		for field, n := range w.Nodes {
			t.nodes[w.WorkflowID+" "+n.Node] = field
		}
	}
	return nil
}

// listen makes the recipient reachable at the address.
func (t *tap) listen(addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: t}
	t.mu.Lock()
	t.server, t.addr = srv, l.Addr().String()
	t.mu.Unlock()
	go func() { _ = srv.Serve(recorded{l, t}) }()
	return nil
}

// close makes the recipient unreachable: connections are refused.
func (t *tap) close() {
	t.mu.Lock()
	srv := t.server
	t.mu.Unlock()
	_ = srv.Close()
}

// recorded keeps what comes in over its connections.
type recorded struct {
	net.Listener
	tap *tap
}

// Accept implements net.Listener.
func (r recorded) Accept() (net.Conn, error) {
	c, err := r.Listener.Accept()
	return ear{c, r.tap}, err
}

type ear struct {
	net.Conn
	tap *tap
}

// Read implements net.Conn.
func (e ear) Read(p []byte) (int, error) {
	n, err := e.Conn.Read(p)
	e.tap.mu.Lock()
	defer e.tap.mu.Unlock()
	e.tap.bytes.Write(p[:n])
	return n, err
}

// heard returns every byte that the server has sent so far.
func (t *tap) heard() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return bytes.Clone(t.bytes.Bytes())
}

// ServeHTTP passes a request on.
func (t *tap) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the server hung up in the middle
	}
	action := action(r)
	t.note(r, action, body)
	if !t.wait(r, "request "+call(action)) {
		return
	}
	status := t.failure()
	if status == http.StatusServiceUnavailable {
		w.WriteHeader(status)
		return
	}
	out, err := http.NewRequestWithContext(r.Context(), r.Method, t.target+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return
	}
	out.Host, out.Header = r.Host, r.Header.Clone()
	resp, err := http.DefaultTransport.RoundTrip(out)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || !t.wait(r, "answer "+call(action)) {
		return
	}
	answer = t.changed(answer)
	if t.lost(call(action)) {
		panic(http.ErrAbortHandler)
	}
	if status != 0 {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", resp.Header.Get("Content-Type"))
	w.WriteHeader(resp.StatusCode)
	_, _ = w.Write(answer) // the server may have hung up
}

// wait holds a call back where it was told to, until the server hangs up. It reports whether the
// call goes on.
func (t *tap) wait(r *http.Request, what string) bool {
	t.mu.Lock()
	if t.hold != what {
		t.mu.Unlock()
		return true
	}
	t.hold = ""
	holding, release := t.holding, t.release
	t.mu.Unlock()
	close(holding)
	select {
	case <-release:
		return true
	case <-r.Context().Done():
		return false
	}
}

// action is the path of a call; where every call has the same, the name of the action instead.
func action(r *http.Request) string {
	for _, name := range []string{"X-Acs-Action", "X-Tc-Action"} {
		if a := r.Header.Get(name); a != "" {
			return "/" + a
		}
	}
	return r.URL.Path
}

// changed keeps an answer, with what the recipient was told to add to it.
func (t *tap) changed(answer []byte) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.adds != "" {
		answer = bytes.Replace(answer, []byte(`"Data":{`), []byte(`"Data":{`+t.adds+","), 1)
	}
	t.answers.Write(answer)
	return answer
}

// failure takes the next status that a call is answered with; 0 is the recipient's own.
func (t *tap) failure() (status int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.fails) > 0 {
		status, t.fails = t.fails[0], t.fails[1:]
	}
	return status
}

// lost reports whether the answer to a call gets lost.
func (t *tap) lost(call string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.loses == call
}

// call names what a path is about: upload, create, status, outputs, cancel or result.
func call(p string) string {
	if strings.HasPrefix(p, "/output/") || strings.HasPrefix(p, "/result/") {
		return "result"
	}
	return path.Base(p)
}

// note writes down which fields a request carries and under which names.
func (t *tap) note(r *http.Request, action string, body []byte) {
	q := client.ReceivedRequest{Method: r.Method, Path: action, Bytes: int64(len(body))}
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch kind {
	case "multipart/form-data":
		for m := multipart.NewReader(bytes.NewReader(body), params["boundary"]); ; {
			part, err := m.NextPart()
			if err != nil {
				break
			}
			q.Keys = append(q.Keys, part.FormName())
			if part.FileName() != "" {
				q.Fields = append(q.Fields, "photo")
			}
		}
	case "application/json":
		var v any
		if json.Unmarshal(body, &v) == nil {
			q.Keys = names(v)
		}
		q.Fields = t.fields(body)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.requests = append(t.requests, q)
}

// fields names the personal fields of a create call by the operator's wiring.
func (t *tap) fields(body []byte) (fields []string) {
	var c struct {
		WorkflowID   string
		NodeInfoList []struct{ NodeID string }
	}
	if json.Unmarshal(body, &c) != nil {
		return nil
	}
	for _, n := range c.NodeInfoList {
		field, ok := t.nodes[c.WorkflowID+" "+n.NodeID]
		if !ok {
			field = "unknown"
		}
		fields = append(fields, field)
	}
	return fields
}

// names returns every member name of a JSON value.
func names(v any) (list []string) {
	switch v := v.(type) {
	case map[string]any:
		for name, item := range v {
			list = append(append(list, name), names(item)...)
		}
	case []any:
		for _, item := range v {
			list = append(list, names(item)...)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// recipient steers the wiretap: recipient down | up | holds request|answer CALL | answers | loses
// CALL (it is processed, the answer never arrives) | fails STATUS … (what the next calls are answered
// with; a 503 is not processed) | adds MEMBERS (to its answers) | is NAME (which of several is meant
// from here on).
func recipient(w *world, neg bool, args []string) {
	w.usage(!neg && w.tap != nil && len(args) >= 1, "recipient down|up|holds request|answer CALL|answers|loses CALL|fails STATUS …|adds MEMBERS|is NAME")
	switch args[0] {
	case "is":
		w.usage(len(args) == 2 && w.taps[args[1]] != nil, "recipient is NAME")
		w.tap = w.taps[args[1]]
	case "fails":
		w.tap.mu.Lock()
		defer w.tap.mu.Unlock()
		for _, a := range args[1:] {
			status, err := strconv.Atoi(a)
			w.check(err)
			w.tap.fails = append(w.tap.fails, status)
		}
	case "loses", "adds":
		w.usage(len(args) == 2, "recipient loses CALL|adds MEMBERS")
		w.tap.mu.Lock()
		defer w.tap.mu.Unlock()
		if args[0] == "loses" {
			w.tap.loses = args[1]
		} else {
			w.tap.adds = args[1]
		}
	case "down":
		w.tap.close()
	case "up":
		w.check(w.tap.listen(w.tap.addr))
	case "holds":
		w.usage(len(args) == 3, "recipient holds request|answer CALL")
		w.tap.mu.Lock()
		defer w.tap.mu.Unlock()
		w.tap.hold, w.tap.holding, w.tap.release = args[1]+" "+args[2], make(chan struct{}), make(chan struct{})
	case "answers":
		w.tap.mu.Lock()
		defer w.tap.mu.Unlock()
		close(w.tap.release)
	default:
		w.check(errors.New("unknown: " + args[0]))
	}
}

// held waits until the recipient holds the call that it was told to hold.
func held(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 0 && w.tap != nil, "held")
	w.tap.mu.Lock()
	holding := w.tap.holding
	w.tap.mu.Unlock()
	w.until("the call to be held", func() bool {
		select {
		case <-holding:
			return true
		default:
			return false
		}
	})
}
