package runninghub

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"vow.example/vow/internal/sim/kit"
)

const maxUpload = 30 << 20

// upload takes a file and gives it a name.
func (s *Sim) upload(in *arrival) kit.Reply {
	if out, ok := s.authorize(in); !ok {
		return out
	}
	file := in.Part("file")
	if !in.only([]string{"apiKey", "fileType", "file"}) || file == nil || file.FileName == "" && file.MediaType == "" {
		return refuse(301, "PARAMS_INVALID")
	}
	kind := in.text("fileType")
	sniffed := http.DetectContentType(file.Data)
	switch {
	case len(file.Data) > maxUpload:
		return refuse(809, "APIKEY_FILE_SIZE_EXCEEDED")
	case kind != "image" && kind != "video", file.MediaType != sniffed, !strings.HasPrefix(sniffed, kind+"/"), file.FileName == "":
		return refuse(808, "APIKEY_UPLOAD_FAILED")
	}
	field := "photo"
	if kind == "video" {
		field = "video"
	}
	s.Lock()
	defer s.Unlock()
	s.counter++
	sum := sha256.Sum256(fmt.Appendf(nil, "%d|%d", s.opts.Seed, s.counter))
	_, ext, _ := strings.Cut(sniffed, "/")
	name := "api/" + hex.EncodeToString(sum[:]) + "." + strings.Replace(ext, "jpeg", "jpg", 1)
	s.uploads[name] = s.Hold(field, "input", file.Data, sniffed, kept)
	return success(map[string]any{"fileName": name, "fileType": kind})
}

// node returns the node that an entry of nodeInfoList means, and its value.
func (w Workflow) node(entry any) (Node, string, bool) {
	m, _ := entry.(map[string]any)
	id, ok1 := m["nodeId"].(string)
	name, ok2 := m["fieldName"].(string)
	value, ok3 := m["fieldValue"].(string)
	if !ok1 || !ok2 || !ok3 || len(m) != 3 {
		return Node{}, "", false
	}
	for _, n := range w.Nodes {
		if n.ID == id && n.Name == name {
			return n, value, true
		}
	}
	return Node{}, "", false
}

// flow returns the workflow or AI app that a call is about.
func (s *Sim) flow(in *arrival) (Workflow, bool) {
	if n, ok := in.values["webappId"].(json.Number); ok {
		w, ok := s.opts.Apps[n.String()]
		return w, ok
	}
	w, ok := s.opts.Workflows[in.text("workflowId")]
	return w, ok
}

// create takes a task of a workflow.
func (s *Sim) create(in *arrival) kit.Reply {
	if out, ok := s.authorize(in); !ok {
		return out
	}
	_, id := in.values["workflowId"].(string)
	if !in.only([]string{"apiKey", "workflowId", "nodeInfoList"}, "webhookUrl", "instanceType", "addMetadata") || !id || !in.taskTypes() {
		return refuse(301, "PARAMS_INVALID")
	}
	flow, ok := s.flow(in)
	if !ok {
		return refuse(380, "WORKFLOW_NOT_EXISTS")
	}
	return s.take(in, flow)
}

// runApp takes a task of an AI app, whose id is a number.
func (s *Sim) runApp(in *arrival) kit.Reply {
	if out, ok := s.authorize(in); !ok {
		return out
	}
	_, id := in.values["webappId"].(json.Number)
	if !in.only([]string{"apiKey", "webappId", "nodeInfoList"}, "webhookUrl") || !id || !in.taskTypes() {
		return refuse(301, "PARAMS_INVALID")
	}
	flow, ok := s.flow(in)
	if !ok {
		return refuse(901, "WEBAPP_NOT_EXISTS")
	}
	return s.take(in, flow)
}

func (s *Sim) take(in *arrival, flow Workflow) kit.Reply {
	j := &job{workflow: flow.Name, webhook: in.text("webhookUrl"), params: map[string]string{}, state: "QUEUED", fault: in.Fault}
	if code, msg := s.fill(j, in, flow); code != 0 {
		return refuse(code, msg)
	}
	if strings.Contains(j.prompt, "test:provider_down") {
		return unavailable()
	}
	return s.enqueue(j)
}

// taskTypes checks the types of the members that both calls for a task have.
func (in *arrival) taskTypes() bool {
	_, list := in.values["nodeInfoList"].([]any)
	meta, hasMeta := in.values["addMetadata"]
	_, metaOK := meta.(bool)
	inst, hasInst := in.values["instanceType"]
	hook, hasHook := in.values["webhookUrl"]
	word, hookOK := hook.(string)
	return list && (!hasMeta || metaOK) && (!hasInst || inst == "plus") && (!hasHook || hookOK && kit.IsAddress(word))
}

// fill puts the values of nodeInfoList into the job, or returns the code of the first fault.
func (s *Sim) fill(j *job, in *arrival, flow Workflow) (int, string) {
	list, _ := in.values["nodeInfoList"].([]any)
	var given []string
	s.Lock()
	defer s.Unlock()
	for _, item := range list {
		n, value, ok := flow.node(item)
		if !ok || slices.Contains(given, n.Field) {
			return 803, "APIKEY_INVALID_NODE_INFO"
		}
		given = append(given, n.Field)
		switch n.Kind {
		case Media:
			up := s.uploads[value]
			if !s.Holds(up) {
				return 433, "VALIDATE_PROMPT_FAILED"
			}
			j.photo = up.Data
		case Prompt:
			j.prompt = value
		case Choice:
			if n.Values != nil && !slices.Contains(n.Values, value) {
				return 433, "VALIDATE_PROMPT_FAILED"
			}
			j.params[n.Field] = value
		default:
			return 803, "APIKEY_INVALID_NODE_INFO"
		}
	}
	for _, n := range flow.Nodes {
		if n.Required && !slices.Contains(given, n.Field) {
			return 433, "VALIDATE_PROMPT_FAILED"
		}
	}
	return 0, ""
}

// enqueue accepts the job and starts it, or says that the queue is full.
func (s *Sim) enqueue(j *job) kit.Reply {
	s.Lock()
	defer s.Unlock()
	unfinished := 0
	for _, other := range s.jobs {
		if other.state == "QUEUED" || other.state == "RUNNING" {
			unfinished++
		}
	}
	if unfinished >= s.opts.Limit {
		return refuse(421, "TASK_QUEUE_MAXED")
	}
	s.counter++
	j.id = fmt.Sprintf("19041%014d", s.opts.Seed%1000*100000000+s.counter)
	s.jobs[j.id] = j
	if j.prompt != "" {
		s.Hold("prompt", "text", []byte(j.prompt), "text/plain", kept)
	}
	for field, v := range j.params {
		s.Hold(field, "text", []byte(v), "text/plain", kept)
	}
	j.done, j.stop = context.WithCancel(context.Background())
	s.Go(func(ctx context.Context) { s.run(ctx, j) })
	client := sha256.Sum256([]byte(j.id))
	return success(map[string]any{
		"taskId": j.id, "taskStatus": "QUEUED", "clientId": hex.EncodeToString(client[:16]),
		"netWssUrl":  "wss://www.runninghub.cn:443/ws/c_instance?clientId=x&workflowId=1",
		"promptTips": `{"result": true, "error": null, "outputs_to_execute": ["9"], "node_errors": {}}`,
	})
}
