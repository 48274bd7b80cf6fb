package runninghub

import (
	"context"
	"errors"
	"strings"

	"vow.example/vow/internal/sim/kit"
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
	output     *kit.Held
	outputPath string
	fileType   string
	canceled   bool
	done       context.Context // ends on cancel
	stop       func()
	delivered  []delivery
}

// run takes a job through its states.
func (s *Sim) run(ctx context.Context, j *job) {
	defer j.stop()
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-j.done.Done():
		return
	case <-ctx.Done():
		return
	}
	if !s.Wait(j.done, s.opts.Queue) || !s.advance(j, "RUNNING") {
		return
	}
	if j.fault == EarlyWebhook || j.fault == ForgedWebhook {
		s.notify(ctx, j)
	}
	run := s.opts.Run
	if strings.Contains(j.prompt, "test:slow") {
		run += s.opts.Slow
	}
	if !s.Wait(j.done, run) {
		return
	}
	s.finish(ctx, j)
	s.notify(ctx, j)
}

func (s *Sim) advance(j *job, state string) bool {
	s.Lock()
	defer s.Unlock()
	if j.canceled {
		return false
	}
	j.state = state
	return true
}

// finish renders the result, or fails in RunningHub's words.
func (s *Sim) finish(ctx context.Context, j *job) {
	var data []byte
	var mediaType string
	err := errors.New("no renderer")
	switch {
	case strings.Contains(j.prompt, "test:fail"):
		err = errors.New("test:fail")
	case s.opts.Render != nil:
		data, mediaType, err = s.opts.Render(ctx, j.workflow, j.photo, j.prompt, j.params)
	}
	s.Lock()
	defer s.Unlock()
	j.photo, j.prompt, j.params = nil, "", nil // what is held on is in the evidence
	if j.canceled {
		return
	}
	if err != nil {
		j.state, j.failedNode, j.failure = "FAILED", "KSampler", "execution failed"
		return
	}
	_, ext, _ := strings.Cut(mediaType, "/")
	ext = strings.Replace(ext, "jpeg", "jpg", 1)
	j.state, j.fileType = "SUCCESS", ext
	j.output = s.Hold("result", "output", data, mediaType, kept)
	j.outputPath = "/output/" + j.id + "." + ext
	s.Publish(j.output, "", j.outputPath)
}

// withJob finds the job that a call is about. getWebhookDetail takes no key by its table of
// members, but no call is answered without one here.
func (s *Sim) withJob(in *arrival, f func(*job, *arrival) kit.Reply) kit.Reply {
	if out, ok := s.authorize(in); !ok {
		return out
	}
	if !in.only([]string{"apiKey", "taskId"}) || in.text("taskId") == "" {
		return refuse(301, "PARAMS_INVALID")
	}
	s.Lock()
	defer s.Unlock()
	j := s.jobs[in.text("taskId")]
	if j == nil {
		return refuse(807, "APIKEY_TASK_NOT_FOUND")
	}
	return f(j, in)
}

func (s *Sim) status(j *job, _ *arrival) kit.Reply { return answer(0, "", j.state) }

func (s *Sim) listOutputs(j *job, in *arrival) kit.Reply {
	switch {
	case in.Fault == OutputsNull:
		return success(nil)
	case in.Fault == OutputsEmpty:
		return success([]any{})
	case j.state == "QUEUED":
		return answer(813, "APIKEY_TASK_IS_QUEUED", nil)
	case j.state == "RUNNING":
		return answer(804, "APIKEY_TASK_IS_RUNNING", map[string]any{"netWssUrl": "wss://..."})
	case j.state == "FAILED":
		return answer(805, "APIKEY_TASK_STATUS_ERROR", map[string]any{"failedReason": map[string]any{
			"node_name": j.failedNode, "exception_message": j.failure, "node_id": "9", "traceback": "[]",
		}})
	case !s.Holds(j.output): // past its 15 days
		return refuse(807, "APIKEY_TASK_NOT_FOUND")
	}
	return success(j.files(in.Base))
}

func (j *job) files(base string) []any {
	return []any{map[string]any{
		"fileUrl": base + j.outputPath, "fileType": j.fileType, "taskCostTime": "12", "nodeId": "9",
	}}
}

// cancel stops a job that has not ended. One that has is no longer known to this call.
func (s *Sim) cancel(j *job, _ *arrival) kit.Reply {
	if j.state != "QUEUED" && j.state != "RUNNING" {
		return refuse(807, "APIKEY_TASK_NOT_FOUND")
	}
	j.canceled, j.state, j.failedNode, j.failure = true, "FAILED", "", "task cancelled"
	j.stop()
	return success(nil)
}
