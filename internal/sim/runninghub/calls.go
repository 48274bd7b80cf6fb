package runninghub

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

const maxUpload = 30 << 20

// upload takes a file and gives it a name.
func (s *Sim) upload(in *arrival) reply {
	if out, ok := s.authorize(in); !ok {
		return out
	}
	if !in.only([]string{"apiKey", "fileType", "file"}) || in.file == nil {
		return refuse(301, "PARAMS_INVALID")
	}
	kind := in.text("fileType")
	sniffed := http.DetectContentType(in.file.data)
	switch {
	case len(in.file.data) > maxUpload:
		return refuse(809, "APIKEY_FILE_SIZE_EXCEEDED")
	case kind != "image" && kind != "video", in.file.mediaType != sniffed, !strings.HasPrefix(sniffed, kind+"/"), in.file.name == "":
		return refuse(808, "APIKEY_UPLOAD_FAILED")
	}
	field := "photo"
	if kind == "video" {
		field = "video"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counter++
	sum := sha256.Sum256(fmt.Appendf(nil, "%d|%d", s.opts.Seed, s.counter))
	_, ext, _ := strings.Cut(sniffed, "/")
	name := "api/" + hex.EncodeToString(sum[:]) + "." + strings.Replace(ext, "jpeg", "jpg", 1)
	s.uploads[name] = s.hold(field, "input", in.file.data, sniffed)
	return success(map[string]any{"fileName": name, "fileType": kind})
}

// node returns the node that an entry of nodeInfoList means, and its value.
func (s *Sim) node(workflow string, entry any) (Node, string, bool) {
	m, _ := entry.(map[string]any)
	id, ok1 := m["nodeId"].(string)
	name, ok2 := m["fieldName"].(string)
	value, ok3 := m["fieldValue"].(string)
	if !ok1 || !ok2 || !ok3 || len(m) != 3 {
		return Node{}, "", false
	}
	for _, n := range s.opts.Workflows[workflow].Nodes {
		if n.ID == id && n.Name == name {
			return n, value, true
		}
	}
	return Node{}, "", false
}

// create takes a task.
func (s *Sim) create(in *arrival, fault Fault) reply {
	if out, ok := s.authorize(in); !ok {
		return out
	}
	if !in.only([]string{"apiKey", "workflowId", "nodeInfoList"}, "webhookUrl", "instanceType", "addMetadata") || !in.createTypes() {
		return refuse(301, "PARAMS_INVALID")
	}
	flow, ok := s.opts.Workflows[in.text("workflowId")]
	if !ok {
		return refuse(380, "WORKFLOW_NOT_EXISTS")
	}
	j := &job{workflow: flow.Name, webhook: in.text("webhookUrl"), params: map[string]string{}, state: "QUEUED", done: make(chan struct{}), fault: fault}
	if code, msg := s.fill(j, in, flow); code != 0 {
		return refuse(code, msg)
	}
	if strings.Contains(j.prompt, "test:provider_down") {
		return unavailable()
	}
	return s.enqueue(j)
}

// createTypes checks the types of the members of a create call.
func (in *arrival) createTypes() bool {
	_, id := in.values["workflowId"].(string)
	_, list := in.values["nodeInfoList"].([]any)
	meta, hasMeta := in.values["addMetadata"]
	_, metaOK := meta.(bool)
	inst, hasInst := in.values["instanceType"]
	hook, hasHook := in.values["webhookUrl"]
	word, hookOK := hook.(string)
	return id && list && (!hasMeta || metaOK) && (!hasInst || inst == "plus") && (!hasHook || hookOK && isHook(word))
}

// isHook accepts https anywhere and http on this machine.
func isHook(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || err == nil && ip.IsLoopback())
}

// fill puts the values of nodeInfoList into the job, or returns the code of the first fault.
func (s *Sim) fill(j *job, in *arrival, flow Workflow) (int, string) {
	list, _ := in.values["nodeInfoList"].([]any)
	var given []string
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget()
	for _, item := range list {
		n, value, ok := s.node(in.text("workflowId"), item)
		if !ok || slices.Contains(given, n.Field) {
			return 803, "APIKEY_INVALID_NODE_INFO"
		}
		given = append(given, n.Field)
		switch n.Kind {
		case Media:
			up := s.uploads[value]
			if up == nil {
				return 433, "VALIDATE_PROMPT_FAILED"
			}
			j.photo = up.data
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
func (s *Sim) enqueue(j *job) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return unavailable()
	}
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
		s.texts = append(s.texts, s.hold("prompt", "text", []byte(j.prompt), "text/plain"))
	}
	for field, v := range j.params {
		s.texts = append(s.texts, s.hold(field, "text", []byte(v), "text/plain"))
	}
	s.work.Go(func() { s.run(j) })
	client := sha256.Sum256([]byte(j.id))
	return success(map[string]any{
		"taskId": j.id, "taskStatus": "QUEUED", "clientId": hex.EncodeToString(client[:16]),
		"netWssUrl":  "wss://www.runninghub.cn:443/ws/c_instance?clientId=x&workflowId=1",
		"promptTips": `{"result": true, "error": null, "outputs_to_execute": ["9"], "node_errors": {}}`,
	})
}
