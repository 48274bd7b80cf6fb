package runninghub

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// delivery is one attempt to call back.
type delivery struct {
	ID     string `json:"id"`
	Status int    `json:"status"`
}

func hookClient() *http.Client {
	return &http.Client{
		Timeout:       5 * time.Second,
		Transport:     &http.Transport{Proxy: nil, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// notify calls back, if the task wants it, with what outputs would say. By its fault a task lies
// about the result, or calls twice.
func (s *Sim) notify(j *job) {
	if j.webhook == "" {
		return
	}
	s.mu.Lock()
	data := any(nil)
	if j.state == "SUCCESS" {
		data = j.files("www.runninghub.invalid")
	}
	id, state, fault := j.id, j.state, j.fault
	s.mu.Unlock()
	if fault == ForgedWebhook && state == "RUNNING" {
		id = "1904199999999999999"
		data = []any{map[string]any{"fileUrl": "http://169.254.169.254/latest/meta-data", "fileType": "png", "taskCostTime": "1", "nodeId": "9"}}
		s.post(j, wrongToken(j.webhook), id, data)
	}
	s.post(j, j.webhook, id, data)
	if fault == DuplicateWebhook {
		s.post(j, j.webhook, id, data)
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

func (s *Sim) post(j *job, to, id string, data any) {
	inner, err := json.Marshal(map[string]any{"code": 0, "msg": "success", "data": data})
	if err != nil {
		return
	}
	body, err := json.Marshal(map[string]any{"event": "TASK_END", "taskId": id, "eventData": string(inner)})
	if err != nil {
		return
	}
	hr, err := http.NewRequestWithContext(s.ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return
	}
	hr.Header.Set("Content-Type", "application/json")
	status := 0
	if answer, err := s.hooks.Do(hr); err == nil {
		status = answer.StatusCode
		_ = answer.Body.Close()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counter++
	j.delivered = append(j.delivered, delivery{ID: strconv.FormatUint(s.counter, 10), Status: status})
}

// webhookDetail tells the last delivery.
func (s *Sim) webhookDetail(j *job, _ *arrival) reply {
	if len(j.delivered) == 0 {
		return success(nil)
	}
	return success(j.delivered[len(j.delivered)-1])
}

// retryWebhook calls back once more, to the address given.
func (s *Sim) retryWebhook(in *arrival) reply {
	if out, ok := s.authorize(in); !ok {
		return out
	}
	if !in.only([]string{"apiKey", "webhookId", "webhookUrl"}) || !isHook(in.text("webhookUrl")) {
		return refuse(301, "PARAMS_INVALID")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, j := range s.jobs {
		for _, d := range j.delivered {
			if d.ID == in.text("webhookId") && s.ctx.Err() == nil {
				j.webhook = in.text("webhookUrl")
				s.work.Go(func() { s.notify(j) })
				return success(nil)
			}
		}
	}
	return refuse(423, "TASK_NOT_FOUNED")
}
