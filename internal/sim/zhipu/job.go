package zhipu

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"vow.example/vow/internal/sim/kit"
)

// job is one video. The Sim's lock guards it.
type job struct {
	model, request string
	fails          bool
	order          kit.Job
	polls          int    // how often PROCESSING is still to be said
	state          string // PROCESSING, SUCCESS, FAIL
	video, cover   string
}

// submit takes a job.
func (s *Sim) submit(c *kit.Call) kit.Reply {
	if code := s.check(c); code != "" {
		return refuse(code)
	}
	pictures, code := s.pictures(c)
	if code != "" {
		return refuse(code)
	}
	if strings.Contains(c.Text("prompt"), "test:provider_down") {
		return kit.Reply{Status: http.StatusServiceUnavailable, MediaType: "text/html", Body: []byte("<html>service unavailable</html>")}
	}
	s.Lock()
	defer s.Unlock()
	if code := s.room(c); code != "" {
		return refuse(code)
	}
	id := s.number() + "-0000"
	j := &job{model: c.Text("model"), request: c.Text("request_id"), order: s.order(c, pictures), polls: s.opts.Polls, state: "PROCESSING"}
	if j.request == "" {
		j.request = s.number()
	}
	j.fails = strings.Contains(c.Text("prompt"), "test:fail")
	if s.fails > 0 {
		s.fails, j.fails = s.fails-1, true
	}
	s.jobs[id], s.seen[j.request] = j, true
	s.Go(func(ctx context.Context) { s.work(ctx, c, j) })
	return kit.JSON(http.StatusOK, map[string]any{"model": j.model, "id": id, "request_id": j.request, "task_status": j.state})
}

// room returns the code for why there is no room for a call, if there is none. The caller holds
// the lock.
func (s *Sim) room(c *kit.Call) string {
	prompt := c.Text("prompt")
	unfinished := 0
	for _, j := range s.jobs {
		if j.state == "PROCESSING" {
			unfinished++
		}
	}
	switch {
	case strings.Contains(prompt, "test:refused"):
		return "1301"
	case strings.Contains(prompt, "test:throttled") && !s.told[prompt]:
		s.told[prompt] = true
		return "1302"
	case s.seen[c.Text("request_id")]:
		return "1231"
	case unfinished >= s.opts.Parallel:
		return "1302"
	}
	return ""
}

// number is a new identifier of 19 digits.
func (s *Sim) number() string {
	n, err := strconv.ParseUint(s.ID("")[:15], 16, 64)
	if err != nil {
		return "0"
	}
	return strconv.FormatUint(8_000_000_000_000_000_000+n%1_000_000_000_000_000_000, 10)
}

// order notes what is held of a call, and returns what the video is made from.
func (s *Sim) order(c *kit.Call, pictures [][]byte) kit.Job {
	j := kit.Job{Feature: "image_to_video", Want: "video", Media: map[string][]byte{}, Texts: map[string]string{}, Options: map[string]string{}}
	for i, data := range pictures {
		field := s.field("image_url")
		if i > 0 {
			field = "last_" + field
		}
		j.Media[field] = data
		s.Hold(field, "input", data, http.DetectContentType(data), 0)
	}
	for _, name := range personal() {
		var v string
		switch given := c.JSON[name].(type) {
		case string:
			v = given
		case json.Number:
			v = given.String()
		}
		if v == "" || name == "image_url" {
			continue
		}
		s.Hold(s.field(name), "text", []byte(v), "text/plain", 0)
		if name == "prompt" {
			j.Texts[s.field(name)] = v
		} else {
			j.Options[s.field(name)] = v
		}
	}
	return j
}

// work makes the video and its cover.
func (s *Sim) work(ctx context.Context, c *kit.Call, j *job) {
	queue, run := s.Stages(j.order.Texts)
	if !s.Wait(ctx, queue+run) {
		return
	}
	state, video, cover := "FAIL", "", ""
	if !j.fails {
		out, err := s.Render(ctx, j.order)
		if err == nil {
			state, video = "SUCCESS", s.publish(c, "result", out)
		}
		still := j.order
		still.Want = "image"
		if out, failed := s.Render(ctx, still); err == nil && failed == nil {
			cover = s.publish(c, "cover", out)
		}
	}
	s.Lock()
	defer s.Unlock()
	j.state, j.video, j.cover = state, video, cover
	j.order = kit.Job{} // what is held on is in the evidence
}

// publish puts a file behind a link that never ends and that whoever has it can read.
func (s *Sim) publish(c *kit.Call, field string, out kit.Output) string {
	_, ext, _ := strings.Cut(out.MediaType, "/")
	h := s.Hold(field, "output", out.Data, out.MediaType, 0)
	return s.Publish(h, c.Host, "/files/"+s.ID("")+"."+strings.Replace(ext, "jpeg", "jpg", 1))
}

// tell says how a job is.
func (s *Sim) tell(id string) kit.Reply {
	s.Lock()
	defer s.Unlock()
	j := s.jobs[id]
	if j == nil {
		return refuse("404")
	}
	out := map[string]any{"model": j.model, "request_id": j.request, "task_status": j.state}
	switch {
	case j.polls > 0:
		j.polls--
		out["task_status"] = "PROCESSING"
	case j.state == "SUCCESS":
		out["video_result"] = []any{map[string]any{"url": j.video, "cover_image_url": j.cover}}
	}
	return kit.JSON(http.StatusOK, out)
}
