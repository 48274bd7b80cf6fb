package runninghub

import (
	"fmt"
	"strings"
	"time"
)

// job is one task. Its mutable members are guarded by the Sim's lock.
type job struct {
	id, workflow, webhook, prompt string
	photo                         []byte
	params                        map[string]string
	fault                         Fault

	state      string // QUEUED, RUNNING, SUCCESS, FAILED
	failedNode string
	failure    string
	outputPath string
	fileType   string
	canceled   bool
	done       chan struct{} // closed on cancel
	delivered  []delivery
}

// run takes a job through its states.
func (s *Sim) run(j *job) {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-j.done:
		return
	case <-s.ctx.Done():
		return
	}
	if !s.wait(j, s.opts.Queue) || !s.advance(j, "RUNNING") {
		return
	}
	if j.fault == EarlyWebhook || j.fault == ForgedWebhook {
		s.notify(j)
	}
	run := s.opts.Run
	if strings.Contains(j.prompt, "test:slow") {
		run += s.opts.Slow
	}
	if !s.wait(j, run) {
		return
	}
	s.finish(j)
	s.notify(j)
}

func (s *Sim) wait(j *job, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-j.done:
		return false
	case <-s.ctx.Done():
		return false
	}
}

func (s *Sim) advance(j *job, state string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if j.canceled {
		return false
	}
	j.state = state
	return true
}

// finish renders the result, or fails in RunningHub's words.
func (s *Sim) finish(j *job) {
	var data []byte
	var mediaType string
	err := fmt.Errorf("no renderer")
	node := "KSampler"
	switch {
	case strings.Contains(j.prompt, "test:fail"):
		err = fmt.Errorf("test:fail")
	case s.opts.Render != nil:
		data, mediaType, err = s.opts.Render(s.ctx, j.workflow, j.photo, j.prompt, j.params)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	j.photo, j.prompt, j.params = nil, "", nil // what is held on is in the evidence
	if j.canceled {
		return
	}
	if err != nil {
		j.state, j.failedNode, j.failure = "FAILED", node, "execution failed"
		return
	}
	ext := strings.Replace(strings.TrimPrefix(mediaType, "image/"), "jpeg", "jpg", 1)
	j.state, j.fileType = "SUCCESS", ext
	j.outputPath = "/output/" + j.id + "." + ext
	s.outputs[j.outputPath] = s.hold("result", "output", data, mediaType)
}

// withJob finds the job that a call is about. getWebhookDetail takes no key by its table of
// members, but no call is answered without one here.
func (s *Sim) withJob(in *arrival, f func(*job, *arrival) reply) reply {
	if out, ok := s.authorize(in); !ok {
		return out
	}
	if !in.only([]string{"apiKey", "taskId"}) || in.text("taskId") == "" {
		return refuse(301, "PARAMS_INVALID")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget()
	j := s.jobs[in.text("taskId")]
	if j == nil {
		return refuse(807, "APIKEY_TASK_NOT_FOUND")
	}
	return f(j, in)
}

func (s *Sim) status(j *job, _ *arrival) reply { return answer(0, "", j.state) }

func (s *Sim) listOutputs(j *job, in *arrival, fault Fault) reply {
	switch {
	case fault == OutputsNull:
		return success(nil)
	case fault == OutputsEmpty:
		return success([]any{})
	case j.state == "QUEUED":
		return answer(813, "APIKEY_TASK_IS_QUEUED", nil)
	case j.state == "RUNNING":
		return answer(804, "APIKEY_TASK_IS_RUNNING", map[string]any{"netWssUrl": "wss://..."})
	case j.state == "FAILED":
		return answer(805, "APIKEY_TASK_STATUS_ERROR", map[string]any{"failedReason": map[string]any{
			"node_name": j.failedNode, "exception_message": j.failure, "node_id": "9", "traceback": "[]",
		}})
	case s.outputs[j.outputPath] == nil: // past its 15 days
		return refuse(807, "APIKEY_TASK_NOT_FOUND")
	}
	return success(j.files(in.host))
}

func (j *job) files(host string) []any {
	return []any{map[string]any{
		"fileUrl": "http://" + host + j.outputPath, "fileType": j.fileType, "taskCostTime": "12", "nodeId": "9",
	}}
}

// cancel stops a job that has not ended. One that has is no longer known to this call.
func (s *Sim) cancel(j *job, _ *arrival) reply {
	if j.state != "QUEUED" && j.state != "RUNNING" {
		return refuse(807, "APIKEY_TASK_NOT_FOUND")
	}
	j.canceled, j.state, j.failedNode, j.failure = true, "FAILED", "", "task cancelled"
	close(j.done)
	return success(nil)
}

// output serves a result file while it lives.
func (s *Sim) output(in *arrival) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget()
	h := s.outputs[in.path]
	if h == nil {
		return notFound()
	}
	return reply{status: 200, mediaType: h.mediaType, body: h.data}
}
