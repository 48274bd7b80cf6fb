// Package openai simulates a server of the operator's own that speaks OpenAI's dialect: pictures,
// edits of pictures, chat, transcription and the list of models.
//
// It promises to refuse, in the dialect's form of error, every path, member, type, value, model and
// key that it does not know; to stream with comments and characters broken in two, as slowly as it is
// told; to say in a chat what it was asked and what it was told first, so that a mix-up shows; and to
// say about anything else no more than counts and a check sum. It never reaches for the network.
package openai

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"

	"vow.example/vow/internal/sim/kit"
)

// Options configure a Sim.
type Options struct {
	kit.Options
	Key     string            // of the server; empty: anybody may call
	Models  []string          // that the server has; nil: any
	Extras  []string          // members of the server's own besides the dialect's: "negative_prompt", "seed"
	Lacks   []string          // members of the dialect that the server is too strict or too old for: "store"
	Fields  map[string]string // member to personal field: "prompt", "user", "image[]", "file"
	Feature string            // that pictures are rendered for
	URL     bool              // pictures are answered by address unless the call wants them inline
	Logs    time.Duration     // how long the server keeps what it was given; 0: not at all
}

// Sim is the simulated server. It is an http.Handler and safe for concurrent use.
type Sim struct {
	*kit.Kit
	opts      Options
	next      kit.Script[string]
	throttled map[string]bool // by check sum of the words
}

// linked is how long a picture lies behind its address.
const linked = time.Hour

// New returns a Sim.
func New(o Options) *Sim {
	s := &Sim{opts: o, throttled: map[string]bool{}}
	o.Failed = func(*kit.Call) kit.Reply { return fail("server_error", "") }
	s.Kit = kit.New("openai", o.Options, s.answer)
	return s
}

// Next makes the next call end with this code: one of the dialect's ("invalid_api_key",
// "unsupported_country_region_territory", "model_not_found", "content_policy_violation",
// "moderation_blocked", "rate_limit_exceeded", "insufficient_quota", "server_error"), "empty" for
// an answer without a result, or, of a streamed chat, "content_filter", "length", "tool_calls",
// "stream_error", "stream_filtered" for an error in its middle, or "no_done".
func (s *Sim) Next(code string) { s.next.Add(code) }

func (s *Sim) answer(c *kit.Call) kit.Reply {
	if s.opts.Key != "" && c.Header.Get("Authorization") != "Bearer "+s.opts.Key {
		return fail("invalid_api_key", "")
	}
	if c.Fault == kit.Throttled {
		return fail("rate_limit_exceeded", "")
	}
	if c.Problem != "" {
		return fail("invalid_json", "")
	}
	call := map[string]func(*kit.Call, string) kit.Reply{
		"POST /v1/chat/completions":     s.chat,
		"POST /v1/images/generations":   s.generate,
		"POST /v1/images/edits":         s.edit,
		"POST /v1/audio/transcriptions": s.transcribe,
		"GET /v1/models":                s.models,
	}[c.Method+" "+c.Path]
	if call == nil || len(c.Query) > 0 {
		return fail("unknown_url", "")
	}
	code := s.next.Next(nil)
	if _, ofCall := failures()[code]; ofCall {
		return fail(code, "")
	}
	return call(c, code)
}

// failure is one error of the dialect.
type failure struct {
	status int
	kind   string
}

func failures() map[string]failure {
	const request = "invalid_request_error"
	return map[string]failure{
		"invalid_json":                         {http.StatusBadRequest, request},
		"unknown_parameter":                    {http.StatusBadRequest, request},
		"missing_required_parameter":           {http.StatusBadRequest, request},
		"invalid_type":                         {http.StatusBadRequest, request},
		"invalid_value":                        {http.StatusBadRequest, request},
		"invalid_image":                        {http.StatusBadRequest, request},
		"string_above_max_length":              {http.StatusBadRequest, request},
		"content_policy_violation":             {http.StatusBadRequest, "image_generation_user_error"},
		"moderation_blocked":                   {http.StatusBadRequest, "image_generation_user_error"},
		"invalid_api_key":                      {http.StatusUnauthorized, request},
		"unsupported_country_region_territory": {http.StatusForbidden, "request_forbidden"},
		"model_not_found":                      {http.StatusNotFound, request},
		"unknown_url":                          {http.StatusNotFound, request},
		"rate_limit_exceeded":                  {http.StatusTooManyRequests, "requests"},
		"insufficient_quota":                   {http.StatusTooManyRequests, "insufficient_quota"},
		"server_error":                         {http.StatusInternalServerError, "server_error"},
	}
}

// body is the dialect's form of an error. Its message is one that a client must not repeat.
func body(code, param string) map[string]any {
	var p any
	if param != "" {
		p = param
	}
	return map[string]any{"error": map[string]any{
		"message": "This message may quote what was sent.", "type": failures()[code].kind, "param": p, "code": code}}
}

// fail is an answer with an error.
func fail(code, param string) kit.Reply {
	r := kit.JSON(failures()[code].status, body(code, param))
	if r.Status == http.StatusTooManyRequests {
		r.Header, r.Throttle = map[string]string{"Retry-After": "1", "Retry-After-Ms": "1000"}, true
	}
	return r
}

func (s *Sim) models(*kit.Call, string) kit.Reply {
	list := []any{}
	for _, m := range s.opts.Models {
		list = append(list, map[string]any{"id": m, "object": "model", "created": s.Now().Unix(), "owned_by": "operator"})
	}
	return kit.JSON(http.StatusOK, map[string]any{"object": "list", "data": list})
}

// field is the personal field behind a member.
func (s *Sim) field(member string) string {
	if f := s.opts.Fields[member]; f != "" {
		return f
	}
	return member
}

// keep notes that a call carried a field, and keeps its content as long as the server logs.
func (s *Sim) keep(c *kit.Call, member string, data []byte) {
	c.Field(s.field(member))
	if s.opts.Logs > 0 {
		s.Hold(s.field(member), "log", data, "", s.opts.Logs)
	}
}

// magic answers words that ask for a certain end, and waits where they ask for that. A zero Reply
// means: go on.
func (s *Sim) magic(c *kit.Call, texts map[string]string) kit.Reply {
	if out := s.verdict(texts); out.Status != 0 {
		return out
	}
	if _, run := s.Stages(texts); run > 0 && !s.Wait(c.Context(), run) {
		return fail("server_error", "")
	}
	return kit.Reply{}
}

// verdict answers words that ask for a certain end. A zero Reply means: go on.
func (s *Sim) verdict(texts map[string]string) kit.Reply {
	all := ""
	for _, name := range slices.Sorted(keys(texts)) {
		all += texts[name] + "\n"
	}
	switch {
	case strings.Contains(all, "test:fail"):
		return fail("server_error", "")
	case strings.Contains(all, "test:provider_down"):
		return kit.Reply{Status: http.StatusServiceUnavailable, MediaType: "text/html", Body: []byte("<html>service unavailable</html>")}
	case strings.Contains(all, "test:throttled"):
		s.Lock()
		before := s.throttled[sum(all)]
		s.throttled[sum(all)] = true
		s.Unlock()
		if !before {
			return fail("rate_limit_exceeded", "")
		}
	case strings.Contains(all, "test:refused"):
		return fail("content_policy_violation", "")
	}
	return kit.Reply{}
}

// sum is the check sum by which an answer shows what it answers, without repeating it.
func sum(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:4])
}
