// Package googleanalytics simulates the Measurement Protocol of Google Analytics 4 and Firebase:
// the collection of events and the validation of them.
//
// It promises to answer as the real one does, which takes every request with 204 and says nothing of
// what it dropped; to note why it dropped something where tests and evidence see it; and to notice
// everything by which a person could be followed or shown personal advertising. It never reaches for
// the network.
package googleanalytics

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/sim/kit"
)

// Options configure a Sim.
type Options struct {
	kit.Options
	Secret  string            // the stream's API secret
	Streams []string          // measurement ids and Firebase app ids that exist; nil: any
	Fields  map[string]string // member to personal field: "client_id", "app_instance_id", "events"
	Keeps   time.Duration     // how long events are kept; default 60 days, as a new property has it
}

// Sim is the simulated service. It is an http.Handler and safe for concurrent use.
type Sim struct {
	*kit.Kit
	opts Options
	hits []Hit
}

// Hit is one call to the collection, as it was taken.
type Hit struct {
	Stream   string    // measurement id or Firebase app id
	Body     []byte    // as it came
	Problems []Problem // why nothing was collected; none: it was
}

// Problem is one message of the validation.
type Problem struct {
	Path        string `json:"fieldPath"`
	Description string `json:"description"`
	Code        string `json:"validationCode"`
}

// New returns a Sim.
func New(o Options) *Sim {
	if o.Keeps <= 0 {
		o.Keeps = 60 * 24 * time.Hour
	}
	if o.Clock == nil {
		o.Clock = clock.Real{}
	}
	s := &Sim{opts: o}
	s.Kit = kit.New("google-analytics", o.Options, s.answer)
	return s
}

// Hits returns what came to the collection, in order, what was dropped included.
func (s *Sim) Hits() []Hit {
	s.Lock()
	defer s.Unlock()
	return slices.Clone(s.hits)
}

func (s *Sim) answer(c *kit.Call) kit.Reply {
	if c.Fault == kit.Throttled {
		return kit.Reply{Status: http.StatusTooManyRequests, Throttle: true, Header: map[string]string{"Retry-After": "1"}}
	}
	known := c.Path == "/mp/collect" || c.Path == "/debug/mp/collect"
	switch {
	case !known:
		return kit.Reply{Status: http.StatusNotFound, MediaType: "text/html", Body: []byte("<html>not found</html>")}
	case c.Method != http.MethodPost:
		return kit.Reply{Status: http.StatusMethodNotAllowed}
	}
	s.notice(c)
	problems := s.validate(c)
	if c.Path == "/debug/mp/collect" { // it does not look at the keys, and keeps nothing
		return kit.JSON(http.StatusOK, map[string]any{"validationMessages": problems})
	}
	if s.opts.Secret != "" && c.Query.Get("api_secret") != s.opts.Secret {
		problems = append(problems, problem("api_secret", "VALUE_INVALID", "the secret is not that of a stream"))
	}
	s.collect(c, problems)
	return kit.Reply{Status: http.StatusNoContent}
}

// collect keeps what passed, and writes down why the rest was dropped: nobody is told.
func (s *Sim) collect(c *kit.Call, problems []Problem) {
	for _, p := range problems {
		c.Odd("validation: " + p.Code + " " + p.Path)
	}
	stream := c.Query.Get("measurement_id") + c.Query.Get("firebase_app_id")
	s.Lock()
	s.hits = append(s.hits, Hit{Stream: stream, Body: slices.Clone(c.Body), Problems: problems})
	s.Unlock()
	if len(problems) > 0 {
		return
	}
	for _, member := range []string{"client_id", "app_instance_id", "events"} {
		if v, ok := c.JSON[member]; ok {
			raw, err := json.Marshal(v)
			if word, isText := v.(string); isText {
				raw = []byte(word)
			}
			if err == nil {
				s.Hold(s.field(member), "text", raw, "", s.opts.Keeps)
			}
		}
	}
}

// notice names the fields that a call carried, and what no call may carry.
func (s *Sim) notice(c *kit.Call) {
	for _, member := range []string{"client_id", "app_instance_id", "events"} {
		if _, ok := c.JSON[member]; ok {
			c.Field(s.field(member))
		}
	}
	for _, member := range []string{"user_id", "user_data", "user_properties", "user_location", "ip_override", "user_agent", "device"} {
		if _, ok := c.JSON[member]; ok {
			c.Odd("follows a person: " + member)
		}
	}
	consent, _ := c.JSON["consent"].(map[string]any)
	if consent["ad_user_data"] != "DENIED" || consent["ad_personalization"] != "DENIED" || c.JSON["non_personalized_ads"] != true {
		c.Odd("personal advertising is not switched off")
	}
}

// field is the personal field behind a member.
func (s *Sim) field(member string) string {
	if f := s.opts.Fields[member]; f != "" {
		return f
	}
	return member
}
