package alibaba

import (
	"context"
	"encoding/json"
	"net/http"

	"vow.example/vow/internal/sim/kit"
)

// job is one asynchronous order. The Sim's lock guards it.
type job struct {
	id, product, status, code, address string
	member                             string        // of the result
	stop                               chan struct{} // closed when it is cancelled
}

// submit takes an order and answers with its name: the identifier of the request itself.
func submit(c *call) kit.Reply {
	p, code := c.fetch(c.spec.required[0])
	if code != "" {
		return c.refuse(code, 0)
	}
	s := c.sim
	j := &job{id: s.requestID(), product: c.spec.product, status: "QUEUING", member: "resultUrl", stop: make(chan struct{})}
	s.Lock()
	s.jobs[j.id] = j
	s.Unlock()
	order, script, host := c.order(p), c.script, c.Host
	s.Go(func(ctx context.Context) {
		s.run(ctx, j, order, func(out kit.Output) string { return s.keep(host, out) }, script)
	})
	return kit.JSON(http.StatusOK, map[string]any{
		"RequestId": j.id,
		"Message":   "该调用为异步调用,任务已提交成功,请以requestId的值作为jobId参数调用同类目下GetAsyncJobResult接口查询任务执行状态和结果。",
	})
}

// run takes a job through its stages.
func (s *Sim) run(ctx context.Context, j *job, order kit.Job, keep func(kit.Output) string, script Script) {
	queue, run := s.Stages(nil)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.Go(func(context.Context) {
		select {
		case <-j.stop:
			cancel()
		case <-ctx.Done():
		}
	})
	if !s.Wait(ctx, queue) || !s.advance(j, "QUEUING", "PROCESSING", "") || !s.Wait(ctx, run) {
		return
	}
	if script.JobStatus != "" && script.JobStatus != "PROCESS_SUCCESS" {
		s.advance(j, "PROCESSING", script.JobStatus, script.JobCode)
		return
	}
	out, err := s.Render(ctx, order)
	if err != nil {
		s.advance(j, "PROCESSING", "PROCESS_FAILED", "InternalError.Algo")
		return
	}
	address := keep(out)
	s.Lock()
	j.address = address
	s.Unlock()
	s.advance(j, "PROCESSING", "PROCESS_SUCCESS", "")
}

// advance changes the status unless the job has left the one it should be in.
func (s *Sim) advance(j *job, from, to, code string) bool {
	s.Lock()
	defer s.Unlock()
	if j.status != from {
		return false
	}
	j.status, j.code = to, code
	return true
}

// askJob tells how a job is. Its result is JSON inside a string.
func askJob(c *call) kit.Reply {
	s := c.sim
	s.Lock()
	defer s.Unlock()
	j := s.jobs[c.values["JobId"]]
	if j == nil || j.product != c.spec.product {
		return c.refuse("ParameterError", 0)
	}
	status, code := j.status, j.code
	if c.script.JobStatus != "" {
		status, code = c.script.JobStatus, c.script.JobCode
	}
	data := map[string]any{"JobId": j.id, "Status": status}
	switch status {
	case "PROCESS_SUCCESS":
		result, err := json.Marshal(map[string]string{j.member: j.address})
		if err != nil {
			return c.refuse("InternalError", 0)
		}
		data["Result"] = string(result)
	case "PROCESS_FAILED":
		data["ErrorCode"], data["ErrorMessage"] = code, "the simulated job failed"
	}
	return c.data(data)
}

// cancelJob stops a job that still waits, and no other.
func cancelJob(c *call) kit.Reply {
	s := c.sim
	s.Lock()
	defer s.Unlock()
	j := s.jobs[c.values["JobId"]]
	stopped := j != nil && j.status == "QUEUING" && !c.script.Ignore
	message := "Job is not waiting"
	if stopped {
		j.status, j.code, message = "PROCESS_FAILED", "JobCanceled", "Cancel job success"
		close(j.stop)
	}
	return kit.JSON(http.StatusOK, map[string]any{"RequestId": s.requestID(), "HttpCode": "200", "Success": stopped, "Message": message})
}
