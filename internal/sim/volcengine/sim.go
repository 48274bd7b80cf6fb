// Package volcengine simulates the video tasks of ByteDance's Volcengine Ark on loopback: create,
// get, list, cancel or delete, callbacks and the files behind them.
//
// It promises to fail closed, with Ark's own form of error, on any path, method, field, type, value
// or key it does not know; to report everything it received and still holds; and to notice what
// Ark should never see, orders to the service within a person's words included. Its messages quote
// those words, as a service may. It never reaches for the network except for the pictures and
// callback addresses that it was given.
package volcengine

import (
	"crypto/subtle"
	"net/http"
	"regexp"
	"strings"
	"time"

	"vow.example/vow/internal/sim/kit"
)

const (
	tasks = "/api/v3/contents/generations/tasks"
	kept  = 24 * time.Hour // of results, and of the records of cancelled tasks
)

// Options configure a Sim. APIKey and Models are required.
type Options struct {
	kit.Options
	APIKey   string
	Models   []string          // model and endpoint ids that the account may use
	Features map[string]string // feature by model, for the renderer; default: the model's id
	Fields   map[string]string // personal field by place: text, first_frame, last_frame, reference_image, ratio, resolution, duration
	Limit    int               // unfinished tasks beyond which create answers QuotaExceeded; default 50
}

// Sim is the simulated service. It is an http.Handler and safe for concurrent use.
type Sim struct {
	*kit.Kit
	opts     Options
	scripted kit.Script[script]

	// Guarded by Lock.
	jobs      map[string]*job
	order     []string        // identifiers as they were given
	throttled map[string]bool // prompts that have met their "not now"
}

// Place is where a scripted code strikes.
type Place int

// The places: the three kinds of call, and the end of the next task.
const (
	Create Place = iota
	Get
	Delete
	Task
)

// script is a code that the next call of its kind answers with.
type script struct {
	at   Place
	code string
}

// New returns a Sim. Close ends its tasks.
func New(o Options) *Sim {
	if o.Limit <= 0 {
		o.Limit = 50
	}
	s := &Sim{opts: o, jobs: map[string]*job{}, throttled: map[string]bool{}}
	o.Options.Arrive = s.arrive
	o.Failed = func(*kit.Call) kit.Reply { return refuse("InternalServiceError", "", "") }
	s.Kit = kit.New("volcengine", o.Options, s.answer)
	return s
}

// Next makes the next call at a place, or the next task, end with a code of Ark's. At Task the
// word "expired" makes the task expire.
func (s *Sim) Next(at Place, code string) { s.scripted.Add(script{at, code}) }

// next takes the code that is scripted for a place, or "".
func (s *Sim) next(at Place) string {
	return s.scripted.Next(func(one script) bool { return one.at == at }).code
}

// arrive names the personal fields of a call, before anything is judged.
func (s *Sim) arrive(c *kit.Call) {
	for _, name := range []string{"ratio", "resolution", "duration", "safety_identifier", "frames"} {
		if _, ok := c.JSON[name]; ok {
			c.Field(s.field(name))
		}
	}
	list, _ := c.JSON["content"].([]any)
	for _, item := range list {
		piece, _ := item.(map[string]any)
		switch kind, _ := piece["type"].(string); kind {
		case "text":
			c.Field(s.field("text"))
			words, _ := piece["text"].(string)
			for _, flag := range regexp.MustCompile(`(?:^|\s)--[A-Za-z]+`).FindAllString(words, -1) {
				c.Odd("order within the words: " + strings.TrimSpace(flag))
			}
		case "image_url":
			role, _ := piece["role"].(string)
			if role == "" {
				role = "first_frame"
			}
			c.Field(s.field(role))
		default:
			c.Field("unknown")
		}
	}
}

// field is the app's name for a place of Ark's.
func (s *Sim) field(place string) string {
	if f, ok := s.opts.Fields[place]; ok {
		return f
	}
	return strings.ToLower(place)
}

// answer judges one call.
func (s *Sim) answer(c *kit.Call) kit.Reply {
	if c.Fault == kit.Throttled {
		out := refuse("ServerOverloaded", "", "")
		out.Throttle = true
		return out
	}
	if !s.authorized(c) {
		return refuse("AuthenticationError", "", "")
	}
	bare := c.Method == http.MethodDelete && len(c.Body) == 0 // the SDK names a content type even then
	if c.Problem != "" && !bare {
		return refuse("InvalidParameter", "body", "")
	}
	if len(c.Query) > 0 && (c.Method != http.MethodGet || c.Path != tasks) {
		return refuse("InvalidParameter", "query", "")
	}
	id, one := strings.CutPrefix(c.Path, tasks+"/")
	switch {
	case c.Path == tasks && c.Method == http.MethodPost:
		return s.create(c)
	case c.Path == tasks && c.Method == http.MethodGet:
		return s.list(c)
	case one && c.Method == http.MethodGet:
		return s.get(id)
	case one && bare:
		return s.remove(id)
	default:
		return refuse("NotFound.path", "", "")
	}
}

// authorized wants the API key as bearer. Account keys, which sign requests, are refused.
func (s *Sim) authorized(c *kit.Call) bool {
	got := c.Header.Get("Authorization")
	return s.opts.APIKey != "" && subtle.ConstantTimeCompare([]byte(got), []byte("Bearer "+s.opts.APIKey)) == 1
}

// refuse is Ark's form of error. words are a person's, as a service may quote them.
func refuse(code, param, words string) kit.Reply {
	return kit.JSON(statusOf(code), map[string]any{"error": failureOf(code, param, words)})
}

func failureOf(code, param, words string) map[string]any {
	kinds := map[int]string{401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 429: "TooManyRequests", 500: "InternalServerError"}
	kind := kinds[statusOf(code)]
	if kind == "" {
		kind = "BadRequest"
	}
	return map[string]any{
		"code": code, "param": param, "type": kind,
		"message": "The request failed because of `" + words + "`. Request id: 0217000000000000000000000000000000",
	}
}

// statusOf is the HTTP status of a code.
func statusOf(code string) int {
	family, _, _ := strings.Cut(code, ".")
	if strings.HasSuffix(family, "RateLimitExceeded") {
		return http.StatusTooManyRequests
	}
	switch family {
	case "AuthenticationError", "InvalidAccountStatus":
		return http.StatusUnauthorized
	case "AccessDenied", "OperationDenied", "AccountOverdueError":
		return http.StatusForbidden
	case "InvalidEndpointOrModel", "ModelNotOpen", "NotFound":
		return http.StatusNotFound
	case "InflightBatchsizeExceeded", "ServerOverloaded", "RequestBurstTooFast", "QuotaExceeded", "SetLimitExceeded":
		return http.StatusTooManyRequests
	case "InternalServiceError":
		return http.StatusInternalServerError
	default:
		return http.StatusBadRequest
	}
}
