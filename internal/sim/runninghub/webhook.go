package runninghub

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"vow.example/vow/internal/sim/kit"
)

// delivery is one attempt to call back.
type delivery struct {
	ID     string `json:"id"`
	Status int    `json:"status"`
}

// notify calls back, if the task wants it, with what outputs would say. By its fault a task lies
// about the result, or calls twice.
func (s *Sim) notify(ctx context.Context, j *job) {
	if j.webhook == "" {
		return
	}
	s.Lock()
	data := any(nil)
	if j.state == "SUCCESS" {
		data = j.files("http://www.runninghub.invalid")
	}
	id, state, fault := j.id, j.state, j.fault
	s.Unlock()
	if fault == ForgedWebhook && state == "RUNNING" {
		id = "1904199999999999999"
		data = []any{map[string]any{"fileUrl": "http://169.254.169.254/latest/meta-data", "fileType": "png", "taskCostTime": "1", "nodeId": "9"}}
		s.post(ctx, j, wrongToken(j.webhook), id, data)
	}
	s.post(ctx, j, j.webhook, id, data)
	if fault == DuplicateWebhook {
		s.post(ctx, j, j.webhook, id, data)
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

func (s *Sim) post(ctx context.Context, j *job, to, id string, data any) {
	inner, err := json.Marshal(map[string]any{"code": 0, "msg": "success", "data": data})
	if err != nil {
		return
	}
	body, err := json.Marshal(map[string]any{"event": "TASK_END", "taskId": id, "eventData": string(inner)})
	if err != nil {
		return
	}
	status := s.CallBack(ctx, to, "application/json", body)
	s.Lock()
	defer s.Unlock()
	s.counter++
	j.delivered = append(j.delivered, delivery{ID: strconv.FormatUint(s.counter, 10), Status: status})
}

// webhookDetail tells the last delivery.
func (s *Sim) webhookDetail(j *job, _ *arrival) kit.Reply {
	if len(j.delivered) == 0 {
		return success(nil)
	}
	return success(j.delivered[len(j.delivered)-1])
}

// retryWebhook calls back once more, to the address given.
func (s *Sim) retryWebhook(in *arrival) kit.Reply {
	if out, ok := s.authorize(in); !ok {
		return out
	}
	if !in.only([]string{"apiKey", "webhookId", "webhookUrl"}) || !kit.IsAddress(in.text("webhookUrl")) {
		return refuse(301, "PARAMS_INVALID")
	}
	s.Lock()
	defer s.Unlock()
	for _, j := range s.jobs {
		for _, d := range j.delivered {
			if d.ID == in.text("webhookId") {
				j.webhook = in.text("webhookUrl")
				s.Go(func(ctx context.Context) { s.notify(ctx, j) })
				return success(nil)
			}
		}
	}
	return refuse(423, "TASK_NOT_FOUNED")
}
