// Package zhipu simulates Zhipu's video generation ("bigmodel") on loopback: submit, the question
// after the result, and the files behind its links.
//
// It promises to take the key as it is or as a token made from it, and to fail closed, with
// Zhipu's own form of error, on any path, member, type, value, size or repeated request_id that it
// does not take; to report everything it received and still holds, which here is for ever, since
// Zhipu states no end; and to notice what a recipient should never see, a user_id above all. It
// never reaches for the network except for a picture that a call names by its address.
package zhipu

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"vow.example/vow/internal/sim/kit"
)

// Root is the path below which the calls are.
const Root = "/api/paas/v4"

// Options configure a Sim. Key and Models are required, everything else has a default.
type Options struct {
	kit.Options
	Key      string            // "id.secret"
	Models   []string          // that the account may use
	Parallel int               // unfinished jobs beyond which submit answers 1302; default 5
	Polls    int               // how often at least a job answers PROCESSING
	Declared bool              // whether the account has signed for pictures without the mark
	Fields   map[string]string // personal field behind a parameter: "image_url": "photo"; others go by their own name
}

// Sim is the simulated service. It is an http.Handler and safe for concurrent use.
type Sim struct {
	*kit.Kit
	opts Options

	next  kit.Script[string] // codes with which the next calls are refused
	fails int                // how many of the next jobs fail
	told  map[string]bool    // prompts that were throttled once
	seen  map[string]bool    // request_ids
	jobs  map[string]*job
}

// New returns a Sim. Close ends its jobs.
func New(o Options) *Sim {
	if o.Parallel <= 0 {
		o.Parallel = 5
	}
	o.Headers = []string{"Accept-Language"}
	s := &Sim{opts: o, told: map[string]bool{}, seen: map[string]bool{}, jobs: map[string]*job{}}
	o.Failed = func(*kit.Call) kit.Reply { return refuse("500") }
	s.Kit = kit.New("zhipu", o.Options, s.answer)
	return s
}

// Next refuses the next authorized call with a code of Zhipu's; "434" and "435" are statuses
// without one.
func (s *Sim) Next(code string) { s.next.Add(code) }

// FailNext makes one more of the next jobs fail.
func (s *Sim) FailNext() {
	s.Lock()
	defer s.Unlock()
	s.fails++
}

// answer takes one call.
func (s *Sim) answer(c *kit.Call) kit.Reply {
	submit := c.Method == http.MethodPost && c.Path == Root+"/videos/generations"
	id, ask := strings.CutPrefix(c.Path, Root+"/async-result/")
	if submit {
		s.note(c)
	}
	switch {
	case !submit && (!ask || c.Method != http.MethodGet), len(c.Query) > 0:
		return refuse("404")
	case c.Problem != "", submit && c.MediaType != "application/json":
		return refuse("1210")
	}
	if code := s.authorize(c.Header.Get("Authorization")); code != "" {
		return refuse(code)
	}
	if c.Fault == kit.Throttled {
		out := refuse("1302")
		out.Throttle = true
		return out
	}
	if code := s.next.Next(nil); code != "" {
		return refuse(code)
	}
	if ask {
		return s.tell(id)
	}
	return s.submit(c)
}

// note writes down which personal fields a call carries, and what should not be in it.
func (s *Sim) note(c *kit.Call) {
	for name := range c.JSON {
		if _, mapped := s.opts.Fields[name]; mapped || slices.Contains(personal(), name) {
			c.Field(s.field(name))
		}
	}
	if _, ok := c.JSON["user_id"]; ok {
		c.Odd("user_id: names a person")
	}
}

// personal lists the parameters that carry what a person gave or chose.
func personal() []string {
	return []string{"prompt", "image_url", "quality", "size", "fps", "duration"}
}

// field is the personal field behind a parameter.
func (s *Sim) field(parameter string) string {
	if f := s.opts.Fields[parameter]; f != "" {
		return f
	}
	return parameter
}

// refuse is Zhipu's form of an error.
func refuse(code string) kit.Reply {
	body := map[string]any{"error": map[string]any{"code": code, "message": "simulated: " + code}}
	if code == "1300" || code == "1301" {
		body["contentFilter"] = []any{map[string]any{"role": "user", "level": 1}}
	}
	if code == "434" || code == "435" {
		body = map[string]any{}
	}
	return kit.JSON(statusOf(code), body)
}

// statusOf is the HTTP status that goes with a code.
func statusOf(code string) int {
	n, err := strconv.Atoi(code)
	switch {
	case err == nil && n < 1000:
		return n
	case n >= 1000 && n <= 1004:
		return http.StatusUnauthorized
	case n >= 1110 && n <= 1121, n >= 1302 && n <= 1312:
		return http.StatusTooManyRequests
	case n == 1220:
		return 434
	default:
		return http.StatusBadRequest
	}
}
