// Package adjust simulates the server-to-server events of Adjust: one event a call, as a form.
//
// It promises to refuse, in the service's own words and statuses, every call that the real one
// refuses: without its token, of another app, of an event that nobody set up, without a device; and to
// notice every advertising identifier and everything else that describes a device. It never reaches
// for the network.
package adjust

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/sim/kit"
)

// Options configure a Sim.
type Options struct {
	kit.Options
	Token       string            // of S2S security
	Apps        []string          // app tokens that exist; nil: any of the right form
	Events      []string          // event tokens that exist; nil: any of the right form
	Environment string            // "sandbox" or "production"; empty: both
	Fields      map[string]string // member to personal field: "adid", "event_token", "callback_params"
	Keeps       time.Duration     // how long raw events are kept; default 30 days
}

// Sim is the simulated service. It is an http.Handler and safe for concurrent use.
type Sim struct {
	*kit.Kit
	opts  Options
	next  kit.Script[string]
	taken []url.Values
}

// New returns a Sim.
func New(o Options) *Sim {
	if o.Keeps <= 0 {
		o.Keeps = 30 * 24 * time.Hour
	}
	if o.Clock == nil {
		o.Clock = clock.Real{}
	}
	s := &Sim{opts: o}
	o.Failed = func(*kit.Call) kit.Reply { return fail(internal) }
	s.Kit = kit.New("adjust", o.Options, s.answer)
	return s
}

// The service's own words, as they are listed for its events.
const (
	badState    = "Bad event state"
	badApp      = "Invalid app token"
	earlier     = "Ignoring event, earlier unique event tracked"
	badCallback = "Invalid callback parameters"
	badEvent    = "Invalid event token"
	notAllowed  = "Failed to authorize request"
	inactive    = "App is inactive"
	disabled    = "Tracking disabled"
	blocklisted = "Event token blocklisted"
	noApp       = "App token not found"
	noDevice    = "Device not found"
	tooLarge    = "Request size too large"
	optedOut    = "Device is opted out"
	internal    = "Internal error, contact support@adjust.com"
	tooMany     = "Too many requests" // the one that the list does not have
)

func statuses() map[string]int {
	return map[string]int{
		badState: 400, badApp: 400, earlier: 400, badCallback: 400, badEvent: 400, notAllowed: 401, inactive: 403, disabled: 403,
		blocklisted: 403, noApp: 404, noDevice: 404, tooLarge: 413, optedOut: 451, internal: 500, tooMany: 429,
	}
}

// Next makes the next call fail with one of the service's own messages.
func (s *Sim) Next(message string) { s.next.Add(message) }

// Taken returns the events that were recorded, in order, as they came.
func (s *Sim) Taken() []url.Values {
	s.Lock()
	defer s.Unlock()
	return slices.Clone(s.taken)
}

// fail is the form in which the service refuses.
func fail(message string) kit.Reply {
	r := kit.JSON(statuses()[message], map[string]any{"error": "Event request failed (" + message + ")"})
	r.Throttle = r.Status == http.StatusTooManyRequests
	return r
}

func (s *Sim) answer(c *kit.Call) kit.Reply {
	if c.Fault == kit.Throttled {
		return fail(tooMany)
	}
	if c.Path != "/event" || c.Method != http.MethodPost {
		return kit.JSON(http.StatusNotFound, map[string]any{"error": "not found"})
	}
	s.notice(c)
	if s.opts.Token != "" && c.Header.Get("Authorization") != "Bearer "+s.opts.Token {
		return fail(notAllowed)
	}
	message := s.next.Next(nil)
	if message == "" {
		message = s.judge(c)
	}
	if message != "" {
		return fail(message)
	}
	for _, member := range []string{"adid", "web_uuid", "event_token", "callback_params"} {
		if v := c.Form.Get(member); v != "" {
			s.Hold(s.field(member), "text", []byte(v), "", s.opts.Keeps)
		}
	}
	s.Lock()
	s.taken = append(s.taken, c.Form)
	s.Unlock()
	return kit.JSON(http.StatusOK, map[string]any{"status": "OK"})
}

// judge returns the message with which a call is refused, or "".
func (s *Sim) judge(c *kit.Call) string {
	const most = 1 << 20
	f := c.Form
	token := regexp.MustCompile(`^[a-z0-9]{12}$`).MatchString
	event := regexp.MustCompile(`^[a-z0-9]{6}$`).MatchString
	at, err := strconv.ParseInt(f.Get("created_at_unix"), 10, 64)
	now := s.opts.Clock.Now().Add(s.opts.Skew) // dates evidence, and in a demo whose days pass fast the events
	switch {
	case len(c.Body) > most:
		return tooLarge
	case c.Problem != "" || len(c.Query) > 0 || f.Get("s2s") != "1" || !slices.Contains([]string{"", "sandbox", "production"}, f.Get("environment")):
		return badState
	case s.opts.Environment != "" && f.Get("environment") != s.opts.Environment:
		return badState
	case !token(f.Get("app_token")):
		return badApp
	case s.opts.Apps != nil && !slices.Contains(s.opts.Apps, f.Get("app_token")):
		return noApp
	case !event(f.Get("event_token")) || s.opts.Events != nil && !slices.Contains(s.opts.Events, f.Get("event_token")):
		return badEvent
	case f.Get("adid") == "" && f.Get("web_uuid") == "":
		return noDevice
	case f.Has("created_at_unix") && (err != nil || time.Unix(at, 0).After(now.Add(time.Hour))):
		return badState
	case f.Has("callback_params") && !isParams(f.Get("callback_params")):
		return badCallback
	}
	return ""
}

// isParams reports whether a text is a flat JSON object.
func isParams(text string) bool {
	var params map[string]any
	if json.Unmarshal([]byte(text), &params) != nil || params == nil {
		return false
	}
	for _, v := range params {
		switch v.(type) {
		case string, float64, bool:
		default:
			return false
		}
	}
	return true
}

// notice names the fields that a call carried, and what no call may carry.
func (s *Sim) notice(c *kit.Call) {
	for _, member := range slices.Sorted(maps.Keys(c.Form)) {
		switch member {
		case "adid", "web_uuid", "event_token", "created_at_unix", "callback_params":
			c.Field(s.field(member))
		case "s2s", "app_token", "environment":
		case "idfa", "gps_adid", "fire_adid", "oaid":
			c.Odd("advertising identifier: " + member)
		default:
			c.Odd("describes a device: " + member)
		}
		if len(c.Form[member]) > 1 {
			c.Odd("comes twice: " + member)
		}
	}
}

// field is the personal field behind a member.
func (s *Sim) field(member string) string {
	if f := s.opts.Fields[member]; f != "" {
		return f
	}
	return member
}
