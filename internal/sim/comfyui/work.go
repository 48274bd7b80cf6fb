package comfyui

import (
	"context"
	"encoding/base64"
	"fmt"
	"path"
	"slices"
	"strings"

	"vow.example/vow/internal/sim/kit"
)

// decode takes a picture from a node that has it as text.
func (s *Sim) decode(j *job, id, field, value string) {
	data, err := base64.StdEncoding.DecodeString(value)
	if err != nil || !isPicture(data) {
		j.loads = append(j.loads, id)
	}
	j.media[field] = data
	j.holds = append(j.holds, s.Hold(field, "input", data, "", 0))
}

// work runs one job after the other until none waits.
func (s *Sim) work(ctx context.Context) {
	for {
		s.Lock()
		if len(s.pending) == 0 || ctx.Err() != nil {
			s.working = false
			s.Unlock()
			return
		}
		j := s.pending[0]
		queue, run := s.Stages(j.texts)
		s.Unlock()
		if !s.Wait(j.ctx, queue) {
			continue // it was taken out
		}
		s.Lock()
		if len(s.pending) == 0 || s.pending[0] != j {
			s.Unlock()
			continue
		}
		s.pending, s.running = s.pending[1:], j
		s.tellQueue()
		s.Unlock()
		stop := context.AfterFunc(ctx, j.end)
		out, err := s.execute(j, run)
		stop()
		s.finish(j, out, err)
	}
}

// finish writes the result and the history entry.
func (s *Sim) finish(j *job, out kit.Output, err error) {
	s.Lock()
	defer s.Unlock()
	j.end()
	if j.lost {
		s.erase(j)
		return
	}
	j.status = "success"
	code := s.next.Next(func(code string) bool { return !ofPrompt(code) })
	switch {
	case j.interrupted || code == "execution_interrupted":
		j.status, j.failure = "error", "execution_interrupted"
	case len(j.loads) > 0:
		j.fail("execution_error", j.loads[0], "LoadImage")
	case code != "" || err != nil || j.says("test:fail") || j.says("test:refused"):
		if code == "" {
			code = "execution_error"
		}
		j.fail(code, j.sampler, j.class(j.sampler))
	default:
		s.save(j, out)
	}
	s.tellEnd(j)
	s.running = nil
	s.history[j.id] = j
	s.finished = append(s.finished, j.id)
	if len(s.finished) > kept {
		s.unremember(s.finished[0])
	}
	s.tellQueue()
	s.tell(j, "executing", map[string]any{"node": nil, "prompt_id": j.id})
}

func (j *job) fail(code, node, class string) {
	j.status, j.failure, j.node, j.nodeClass = "error", code, node, class
}

// save stores the result once for every node that makes one.
func (s *Sim) save(j *job, out kit.Output) {
	graph, _ := j.graph.(map[string]any)
	ext := map[string]string{"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp", "video/mp4": ".mp4"}[out.MediaType]
	for i, id := range j.outputs {
		n, _ := graph[id].(map[string]any)
		inputs, _ := n["inputs"].(map[string]any)
		prefix, isText := inputs["filename_prefix"].(string)
		kind := "output"
		if !isText {
			kind, prefix = "temp", "ComfyUI_temp_"+j.id[:5]
		}
		if !below(prefix) {
			prefix = "ComfyUI"
		}
		name := at(kind, "", fmt.Sprintf("%s_%05d_%s", prefix, i+1, ext))
		s.store(name, s.Hold("result", "output", out.Data, out.MediaType, 0))
		j.files[id] = name
	}
}

// queue lists what waits and runs, prompts included.
func (s *Sim) queue() kit.Reply {
	item := func(j *job) []any {
		return []any{j.number, j.id, j.graph, map[string]any{"client_id": j.client}, j.outputs}
	}
	running, pending := []any{}, []any{}
	if s.running != nil {
		running = append(running, item(s.running))
	}
	for _, j := range slices.Backward(s.pending) { // a heap shows its items in no useful order
		pending = append(pending, item(j))
	}
	return ok(map[string]any{"queue_running": running, "queue_pending": pending})
}

// remember is the history of one prompt.
func (s *Sim) remember(id string) kit.Reply {
	j := s.history[id]
	if j == nil {
		return ok(map[string]any{})
	}
	outputs, meta := map[string]any{}, map[string]any{}
	for node, name := range j.files {
		outputs[node] = output(name)
		meta[node] = map[string]any{"node_id": node, "display_node": node, "parent_node": nil, "real_node_id": node}
	}
	return ok(map[string]any{id: map[string]any{
		"prompt":  []any{j.number, j.id, j.graph, map[string]any{"client_id": j.client}, j.outputs},
		"outputs": outputs, "meta": meta,
		"status": map[string]any{"status_str": j.status, "completed": j.status == "success", "messages": s.messages(j)},
	}})
}

// output is what a node made.
func output(name string) map[string]any {
	kind, rest, _ := strings.Cut(name, "/")
	folder, file := path.Split(rest)
	return map[string]any{"images": []any{map[string]any{"filename": file, "subfolder": strings.TrimSuffix(folder, "/"), "type": kind}}}
}

// messages are the events of a job. An error quotes the inputs, as a real server's does.
func (s *Sim) messages(j *job) []any {
	at := s.Now().UnixMilli()
	data := map[string]any{"prompt_id": j.id, "timestamp": at}
	list := []any{[]any{"execution_start", data}, []any{"execution_cached", map[string]any{"nodes": []string{}, "prompt_id": j.id, "timestamp": at}}}
	switch j.failure {
	case "":
		return append(list, []any{"execution_success", data})
	case "execution_interrupted":
		return append(list, []any{j.failure, map[string]any{
			"prompt_id": j.id, "node_id": j.sampler, "node_type": j.class(j.sampler), "executed": []string{}, "timestamp": at}})
	}
	exception := "RuntimeError"
	if j.failure == "out_of_memory" {
		exception = "torch.OutOfMemoryError"
	}
	return append(list, []any{"execution_error", map[string]any{
		"prompt_id": j.id, "node_id": j.node, "node_type": j.nodeClass, "executed": []string{}, "timestamp": at,
		"exception_type": exception, "exception_message": fmt.Sprintf("cannot process %v", j.texts),
		"traceback":      []string{fmt.Sprintf("  File \"execution.py\", line 1, in execute(%v)", j.texts)},
		"current_inputs": map[string]any{"text": j.texts, "options": j.options}, "current_outputs": []string{},
	}})
}
