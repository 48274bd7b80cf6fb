package tencent

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"vow.example/vow/internal/sim/kit"
)

// The states of a job, in Tencent's numbers.
const (
	waiting = "1"
	running = "2"
	broken  = "4"
	done    = "5"
)

// job is one picture, or several, that are made while nobody waits. The Sim's lock guards it.
type job struct {
	service string
	order   kit.Job
	words   []string // how each picture ends
	revised string
	state   string
	code    string
	links   []string
}

// submit takes a job, one at a time unless the account is better.
func (s *Sim) submit(c *kit.Call) kit.Reply {
	a := s.actions[c.Header.Get("X-TC-Action")+" "+c.Header.Get("X-TC-Version")]
	s.Lock()
	defer s.Unlock()
	unfinished := 0
	for _, j := range s.jobs {
		if j.service == a.service && (j.state == waiting || j.state == running) {
			unfinished++
		}
	}
	if unfinished >= s.opts.Parallel {
		return s.refuse("RequestLimitExceeded.JobNumExceed")
	}
	j := &job{service: a.service, order: s.order(c), state: waiting, words: s.ending(c)}
	if !isNumber(c.JSON["Revise"], 0, 0) {
		j.revised = c.Text("Prompt") + ", in fine detail"
		s.Hold("revised_prompt", "text", []byte(j.revised), "text/plain", 0)
	}
	if content, ok := c.JSON["ContentImage"]; ok {
		raw, _ := json.Marshal(content)
		s.Hold(s.field("ContentImage"), "input", raw, "application/json", 0)
	}
	id := "1250000000-" + strconv.FormatInt(s.Now().Unix(), 10) + "-" + s.uuid() + "-0"
	s.jobs[id] = j
	s.Go(func(ctx context.Context) { s.work(ctx, c, j) })
	return s.success(map[string]any{"JobId": id})
}

// ending takes the next ending of the script, or makes one. The caller holds the lock.
func (s *Sim) ending(c *kit.Call) []string {
	if strings.Contains(c.Text("Prompt"), "test:fail") {
		return []string{"FailedOperation.GenerateImageFailed"}
	}
	if len(s.ends) > 0 {
		words := s.ends[0]
		s.ends = s.ends[1:]
		return words
	}
	n := int64(1)
	if v, ok := c.JSON["Num"].(json.Number); ok {
		n, _ = v.Int64()
	}
	words := make([]string, n)
	for i := range words {
		words[i] = "Success"
	}
	return words
}

// work takes a job through its states.
func (s *Sim) work(ctx context.Context, c *kit.Call, j *job) {
	queue, run := s.Stages(j.order.Texts)
	if !s.Wait(ctx, queue) {
		return
	}
	s.set(j, running, "", nil)
	if !s.Wait(ctx, run) {
		return
	}
	if len(j.words) == 1 && j.words[0] != "Success" {
		s.set(j, broken, j.words[0], nil)
		return
	}
	links := make([]string, len(j.words))
	for i, word := range j.words {
		if word != "Success" {
			continue
		}
		out, err := s.Render(ctx, j.order)
		if err != nil {
			s.set(j, broken, "FailedOperation.InnerError", nil)
			return
		}
		links[i] = s.publish(c, out, time.Hour)
	}
	s.set(j, done, "", links)
}

// set moves a job on.
func (s *Sim) set(j *job, state, code string, links []string) {
	s.Lock()
	defer s.Unlock()
	j.state, j.code, j.links = state, code, links
	if state == done || state == broken {
		j.order = kit.Job{} // what is held on is in the evidence
	}
}

// query tells how a job is.
func (s *Sim) query(c *kit.Call) kit.Reply {
	a := s.actions[c.Header.Get("X-TC-Action")+" "+c.Header.Get("X-TC-Version")]
	s.Lock()
	defer s.Unlock()
	j := s.jobs[c.Text("JobId")]
	if j == nil || j.service != a.service {
		return s.refuse("FailedOperation.JobNotExist")
	}
	message := map[string]string{waiting: "等待中", running: "运行中", broken: "处理失败", done: "处理完成"}[j.state]
	out := map[string]any{
		"JobStatusCode": j.state, "JobStatusMsg": message, "JobErrorCode": j.code, "JobErrorMsg": "",
		"ResultImage": []string{}, "ResultDetails": []string{}, "RevisedPrompt": []string{},
	}
	if j.state == done {
		out["ResultImage"], out["ResultDetails"] = j.links, j.words
		if j.revised != "" {
			out["RevisedPrompt"] = []string{j.revised}
		}
	}
	return s.success(out)
}
