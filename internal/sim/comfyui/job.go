package comfyui

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"vow.example/vow/internal/sim/kit"
)

// job is one prompt that was accepted.
type job struct {
	number            int64
	id, client        string
	graph             any // as it came
	outputs           []string
	want              string
	media             map[string][]byte
	texts, options    map[string]string
	given             []string // fields that are not the graph's own
	loads             []string // nodes whose file is no picture
	holds             []*kit.Held
	ctx               context.Context
	end               context.CancelFunc
	interrupted, lost bool
	failure           string
	files             map[string]string // by output node
	status            string
	node, nodeClass   string   // of a failure
	order             []string // nodes that make something, each behind what it needs
	sampler           string   // the one of them that takes the time
	steps             int      // of the sampler; 0: it does not tell
	at                string   // the node that runs
}

// prompt accepts a graph. The caller holds the lock.
func (s *Sim) prompt(c *kit.Call) kit.Reply {
	if _, given := c.JSON["prompt"]; !given {
		return refuse("no_prompt")
	}
	id := c.Text("prompt_id")
	if _, given := c.JSON["prompt_id"]; !given {
		id = newID(s.ID(""))
	}
	if !kit.Only(c.JSON, []string{"prompt"}, "client_id", "prompt_id", "number", "front", "extra_data") || !isUUID(id) {
		return refuse("invalid_prompt")
	}
	graph, kind := s.parseGraph(c.JSON["prompt"])
	if kind != "" {
		return refuse(kind)
	}
	j := s.newJob(c, graph)
	switch {
	case j.says("test:provider_down"):
		return kit.Reply{Status: http.StatusServiceUnavailable, MediaType: "text/html", Body: []byte("<html>service unavailable</html>")}
	case j.says("test:throttled") && !s.refused[id]:
		s.refused[id] = true
		return busy()
	}
	if code := s.next.Next(ofPrompt); code != "" {
		return s.scripted(code, graph)
	}
	if found := s.check(graph); len(found) > 0 {
		return refuseNodes(graph, found)
	}
	s.number++
	j.number, j.id, j.client, j.graph = s.number, id, c.Text("client_id"), c.JSON["prompt"]
	j.plan(graph)
	j.ctx, j.end = context.WithCancel(context.Background())
	for field, text := range j.texts {
		if !slices.Contains(j.given, field) {
			continue
		}
		j.holds = append(j.holds, s.Hold(field, "text", []byte(text), "text/plain", 0))
	}
	s.pending = append(s.pending, j)
	s.tellQueue()
	if !s.working {
		s.working = true
		s.Go(s.work)
	}
	return ok(map[string]any{"prompt_id": id, "number": j.number, "node_errors": map[string]any{}})
}

// ofPrompt reports whether a scripted code is an answer to a prompt.
func ofPrompt(code string) bool {
	return !slices.Contains([]string{"execution_error", "execution_interrupted", "out_of_memory"}, code)
}

// scripted is the refusal with that code; a node's error is that of the first node.
func (s *Sim) scripted(code string, graph map[string]node) kit.Reply {
	switch code {
	case "invalid_prompt", "no_prompt", "prompt_no_outputs":
		return refuse(code)
	}
	list := []string{}
	for id, n := range graph {
		if n.class == "LoadImage" || code != "custom_validation_failed" {
			list = append(list, id)
		}
	}
	slices.Sort(list)
	if len(list) == 0 {
		return refuse(code)
	}
	return refuseNodes(graph, map[string][]problem{list[0]: {{code, "quotes " + graph[list[0]].class}}})
}

// newJob reads what the graph carries, by the places of the personal fields.
func (s *Sim) newJob(c *kit.Call, graph map[string]node) *job {
	j := &job{want: "image", media: map[string][]byte{}, texts: map[string]string{}, options: map[string]string{}, files: map[string]string{}}
	for id, n := range graph {
		if s.nodes[n.class].output {
			j.outputs = append(j.outputs, id)
			if n.class == "SaveVideo" {
				j.want = "video"
			}
		}
		for name, v := range n.inputs {
			field := s.opts.Fields[id+"."+name]
			value, isText := v.(string)
			if number, isNumber := v.(json.Number); isNumber {
				value = number.String()
			}
			kind := s.nodes[n.class].inputs[name].kind
			if own, isSet := s.opts.Defaults[id+"."+name]; field != "" && kind != "FILE" && (!isSet || own != value) {
				c.Field(field)
				j.given = append(j.given, field)
			}
			switch {
			case kind == "FILE":
				s.load(j, id, field, value)
			case field == "":
			case n.class == "ETN_LoadImageBase64":
				s.decode(j, id, field, value)
			case isText && kind == "STRING":
				j.texts[field] = value
			default:
				j.options[field] = value
			}
		}
	}
	slices.Sort(j.outputs)
	return j
}

// load takes a stored picture into the job.
func (s *Sim) load(j *job, id, field, name string) {
	h := s.files["input/"+name]
	if h == nil {
		return
	}
	if field != "" {
		j.media[field] = h.Data
	}
	if !isPicture(h.Data) {
		j.loads = append(j.loads, id)
	}
}

// isPicture goes by the first bytes only: recorded pictures are cut short.
func isPicture(data []byte) bool {
	return strings.HasPrefix(http.DetectContentType(data), "image/") || bytes.HasPrefix(data, []byte("\x89PNG"))
}

func (j *job) says(word string) bool {
	for _, text := range j.texts {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// erase ends what the server's memory holds of a job.
func (s *Sim) erase(j *job) {
	if j == nil {
		return
	}
	for _, h := range j.holds {
		s.Release(h)
	}
	j.holds = nil
}

// unqueue takes a waiting job out.
func (s *Sim) unqueue(id string) {
	s.pending = slices.DeleteFunc(s.pending, func(j *job) bool {
		if j.id == id {
			j.end()
			s.erase(j)
		}
		return j.id == id
	})
	s.tellQueue()
}

// unremember takes a job out of the history.
func (s *Sim) unremember(id string) {
	s.erase(s.history[id])
	delete(s.history, id)
	s.finished = slices.DeleteFunc(s.finished, func(other string) bool { return other == id })
}

// isUUID reports whether s is a UUID in its usual form.
func isUUID(s string) bool {
	if len(s) != 36 || strings.Count(s, "-") != 4 {
		return false
	}
	raw, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
	return err == nil && len(raw) == 16
}

// newID writes 32 digits as a UUID.
func newID(s string) string {
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:32]
}
