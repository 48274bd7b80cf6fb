package volcengine

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"vow.example/vow/internal/sim/kit"
)

// The statuses of a task.
const (
	queued    = "queued"
	running   = "running"
	succeeded = "succeeded"
	failed    = "failed"
	cancelled = "cancelled"
	expired   = "expired"
)

// job is one task. Its mutable members are guarded by the Sim's lock.
type job struct {
	id, model, feature, webhook, words string
	host                               string // that was called
	media                              map[string][]byte
	texts, options                     map[string]string
	ratio, resolution, duration, seed  any
	fault                              kit.Fault
	ending                             string // scripted
	expires                            int64  // seconds

	state, code      string
	created, updated time.Time
	holds            []*kit.Held // what the record keeps until it is deleted
	video            string
	canceled         context.Context
	stop             func()
}

func (j *job) ended() bool { return j.state != queued && j.state != running }

// enqueue accepts a job and starts it.
func (s *Sim) enqueue(j *job) kit.Reply {
	if strings.Contains(j.words, "test:provider_down") {
		return kit.Reply{Status: http.StatusServiceUnavailable, MediaType: "text/html", Body: []byte("<html>service unavailable</html>")}
	}
	j.id = s.ID("cgt-20261121120000-")
	s.Lock()
	defer s.Unlock()
	unfinished := 0
	for _, other := range s.jobs {
		if !other.ended() {
			unfinished++
		}
	}
	if unfinished >= s.opts.Limit {
		return refuse("QuotaExceeded", "", j.words)
	}
	j.created, j.ending = s.Now(), s.next(Task)
	j.updated = j.created
	j.canceled, j.stop = context.WithCancel(context.Background())
	for field, data := range j.media {
		j.holds = append(j.holds, s.Hold(field, "input", data, http.DetectContentType(data), 0))
	}
	for _, texts := range []map[string]string{j.texts, j.options} {
		for field, text := range texts {
			j.holds = append(j.holds, s.Hold(field, "text", []byte(text), "text/plain", 0))
		}
	}
	s.jobs[j.id] = j
	s.order = append(s.order, j.id)
	s.Go(func(ctx context.Context) { s.run(ctx, j) })
	return kit.JSON(http.StatusOK, map[string]any{"id": j.id})
}

// run takes a job through its states and calls back at each.
func (s *Sim) run(ctx context.Context, j *job) {
	defer j.stop()
	queue, run := s.Stages(j.texts)
	s.notify(ctx, j)
	if !s.Wait(j.canceled, queue) || !s.advance(j, running) {
		s.notify(ctx, j)
		return
	}
	s.notify(ctx, j)
	if !s.Wait(j.canceled, run) {
		s.notify(ctx, j)
		return
	}
	s.finish(ctx, j)
	s.notify(ctx, j)
}

func (s *Sim) advance(j *job, state string) bool {
	s.Lock()
	defer s.Unlock()
	if j.ended() {
		return false
	}
	j.state, j.updated = state, s.Now()
	return true
}

// finish makes the result, or ends the task in Ark's words.
func (s *Sim) finish(ctx context.Context, j *job) {
	code := j.ending
	if strings.Contains(j.words, "test:fail") {
		code = "InternalServiceError"
	}
	var out kit.Output
	if code == "" {
		var err error
		out, err = s.Render(ctx, kit.Job{Feature: j.feature, Want: "video", Media: j.media, Texts: j.texts, Options: j.options})
		if err != nil {
			code = "InternalServiceError"
		}
	}
	s.Lock()
	defer s.Unlock()
	if j.ended() {
		return
	}
	j.updated = s.Now()
	switch code {
	case "":
		j.state = succeeded
		path := "/ark-output/" + s.ID("") + ".mp4?X-Tos-Expires=86400&X-Tos-Signature=" + s.ID("")
		j.video = s.Publish(s.Hold("result", "output", out.Data, out.MediaType, kept), j.host, path)
	case expired:
		j.state = expired
	default:
		j.state, j.code = failed, code
	}
}

// notify calls back, if the task wants it, with what a question would be answered. By its fault a
// task lies about the result, or calls twice. Nothing is signed.
func (s *Sim) notify(ctx context.Context, j *job) {
	if j.webhook == "" {
		return
	}
	s.Lock()
	doc, state := s.document(j), j.state
	s.Unlock()
	lie := map[string]any{"id": j.id, "model": j.model, "status": succeeded, "content": map[string]any{"video_url": "http://169.254.169.254/latest/meta-data"}}
	if j.fault == kit.EarlyWebhook && state == running {
		s.post(ctx, j.webhook, lie)
	}
	if j.fault == kit.ForgedWebhook && state == running {
		lie["id"] = "cgt-20261121120000-00000000000000000000000000000000"
		s.post(ctx, wrongToken(j.webhook), lie)
		s.post(ctx, j.webhook, lie)
	}
	s.post(ctx, j.webhook, doc)
	if j.fault == kit.DuplicateWebhook {
		s.post(ctx, j.webhook, doc)
	}
}

func (s *Sim) post(ctx context.Context, to string, doc map[string]any) {
	if body, err := json.Marshal(doc); err == nil {
		s.CallBack(ctx, to, "application/json", body)
	}
}

// wrongToken changes the last segment of the address: a guess by somebody else.
func wrongToken(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	u.Path = u.Path[:strings.LastIndex(u.Path, "/")+1] + strings.Repeat("0", 32)
	return u.String()
}

// settle lets tasks expire and forgets cancelled ones after their day. The caller holds the lock.
func (s *Sim) settle() {
	now := s.Now()
	for id, j := range s.jobs {
		if j.expires > 0 && !j.ended() && !now.Before(j.created.Add(time.Duration(j.expires)*time.Second)) {
			j.state, j.updated = expired, now
			j.stop()
		}
		if j.state == cancelled && !now.Before(j.updated.Add(kept)) {
			s.drop(id)
		}
	}
}

// fade gives what a cancelled task keeps the day for which it stays listed. The caller holds the
// lock.
func (s *Sim) fade(j *job) {
	for i, h := range j.holds {
		j.holds[i] = s.Hold(h.Field, h.Kind, h.Data, h.MediaType, kept)
		s.Release(h)
	}
}

// drop removes a record with what it keeps. The caller holds the lock.
func (s *Sim) drop(id string) {
	for _, h := range s.jobs[id].holds {
		s.Release(h)
	}
	delete(s.jobs, id)
	s.order = slices.DeleteFunc(s.order, func(other string) bool { return other == id })
}

// document is what Ark tells of a task. The caller holds the lock.
func (s *Sim) document(j *job) map[string]any {
	doc := map[string]any{"id": j.id, "model": j.model, "status": j.state, "created_at": j.created.Unix(), "updated_at": j.updated.Unix()}
	for name, v := range map[string]any{"ratio": j.ratio, "resolution": j.resolution, "duration": j.duration, "seed": j.seed} {
		if v != nil {
			doc[name] = v
		}
	}
	switch j.state {
	case succeeded:
		doc["content"] = map[string]any{"video_url": j.video}
		doc["usage"] = map[string]any{"completion_tokens": 108900, "total_tokens": 108900}
		doc["framespersecond"] = 24
		doc["revised_prompt"] = j.words
	case failed:
		doc["error"] = failureOf(j.code, "", j.words)
	}
	return doc
}

// find returns a task and its document, or the refusal. The caller holds the lock.
func (s *Sim) find(id string, at Place) (*job, *kit.Reply) {
	if code := s.next(at); code != "" {
		out := refuse(code, "", "")
		return nil, &out
	}
	s.settle()
	j := s.jobs[id]
	if j == nil {
		out := refuse("NotFound.task", "id", "")
		return nil, &out
	}
	return j, nil
}

func (s *Sim) get(id string) kit.Reply {
	s.Lock()
	defer s.Unlock()
	j, refused := s.find(id, Get)
	if refused != nil {
		return *refused
	}
	return kit.JSON(http.StatusOK, s.document(j))
}

// remove cancels a queued task, erases the record of an ended one and refuses a running one, all
// without a body. The record of a cancelled task goes by itself.
func (s *Sim) remove(id string) kit.Reply {
	s.Lock()
	defer s.Unlock()
	j, refused := s.find(id, Delete)
	if refused != nil {
		return *refused
	}
	switch j.state {
	case queued:
		j.state, j.updated = cancelled, s.Now()
		s.fade(j)
		j.stop()
	case running, cancelled:
		return refuse("OperationDenied.InvalidState", "id", "")
	default:
		s.drop(id)
	}
	return kit.Reply{Status: http.StatusOK}
}

// list tells of tasks in pages. The failure has another name there, and some members are absent.
func (s *Sim) list(c *kit.Call) kit.Reply {
	page, size := 1, 10
	for name, values := range c.Query {
		n, err := strconv.Atoi(values[0])
		switch name {
		case "page_num", "page_size":
			if err != nil || n < 1 || n > 500 {
				return refuse("InvalidParameter."+name, name, "")
			}
		case "filter.status", "filter.task_ids", "filter.model", "filter.service_tier":
		default:
			return refuse("InvalidParameter."+name, name, "")
		}
		if name == "page_num" {
			page = n
		}
		if name == "page_size" {
			size = n
		}
	}
	s.Lock()
	defer s.Unlock()
	s.settle()
	items := []any{}
	for _, id := range slices.Backward(s.order) {
		j := s.jobs[id]
		if !among(c.Query["filter.status"], j.state) || !among(c.Query["filter.model"], j.model) || !among(c.Query["filter.task_ids"], id) {
			continue
		}
		doc := s.document(j)
		for _, name := range []string{"ratio", "resolution", "duration", "revised_prompt"} {
			delete(doc, name)
		}
		if reason, ok := doc["error"]; ok {
			doc["failure_reason"] = reason
			delete(doc, "error")
		}
		items = append(items, doc)
	}
	total := len(items)
	from := min((page-1)*size, total)
	return kit.JSON(http.StatusOK, map[string]any{"total": total, "items": items[from:min(from+size, total)]})
}

func among(filter []string, v string) bool { return len(filter) == 0 || slices.Contains(filter, v) }
