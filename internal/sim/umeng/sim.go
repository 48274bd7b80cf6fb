// Package umeng simulates the open gateway of Umeng: calls whose name and version stand in the path,
// whose members are a form, and which are signed with _aop_signature.
//
// What is certain, from Umeng's published clients: the path /openapi/param2/1/com.umeng.uapp/NAME/KEY,
// the signature over that path and every member, and refusals as error_code and error_message. What is
// not: Umeng publishes calls that read figures and one that sets up an event, and none that takes
// events of a person. The name of such a call and of its two members are therefore options, and what
// it answers, {"status":0}, is that of the call which sets up an event.
//
// It promises to take nothing that is not signed to the byte, and to refuse every member that it was
// not told of. It never reaches for the network.
package umeng

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the gateway's own choice
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"vow.example/vow/internal/sim/kit"
)

// Root is where the calls begin.
const Root = "/openapi/param2/1/com.umeng.uapp/"

// Options configure a Sim.
type Options struct {
	kit.Options
	Key, Security string            // apiKey and apiSecurity of the account
	Apps          []string          // appkeys that exist; nil: any
	Calls         []string          // names of the calls that take events; nil: any below umeng.uapp
	Fields        map[string]string // member to personal field; no other member is known besides appkey
	Keeps         time.Duration     // how long events are kept; default a year
}

// Sim is the simulated gateway. It is an http.Handler and safe for concurrent use.
type Sim struct {
	*kit.Kit
	opts  Options
	next  kit.Script[string]
	taken []url.Values
}

// New returns a Sim.
func New(o Options) *Sim {
	if o.Keeps <= 0 {
		o.Keeps = 365 * 24 * time.Hour
	}
	s := &Sim{opts: o}
	o.Failed = func(*kit.Call) kit.Reply { return fail("gw.InternalError") }
	s.Kit = kit.New("umeng", o.Options, s.answer)
	return s
}

// Next makes the next call fail with an error_code: "gw.QosAppFrequencyLimit", "gw.SignatureInvalid",
// "gw.AppKeyNotFound", "gw.APIUnsupported", "gw.ParamMissing", "gw.InternalError", or one of the call
// itself, which comes with status 200.
func (s *Sim) Next(code string) { s.next.Add(code) }

// Taken returns the members of the calls that were taken, in order.
func (s *Sim) Taken() []url.Values {
	s.Lock()
	defer s.Unlock()
	return slices.Clone(s.taken)
}

// fail is the form in which the gateway refuses. The message is one that a client must not repeat.
func fail(code string) kit.Reply {
	status, ok := map[string]int{
		"gw.SignatureInvalid": 400, "gw.ParamMissing": 400, "gw.AppKeyNotFound": 401, "gw.APIUnsupported": 404,
		"gw.QosAppFrequencyLimit": 403, "gw.InternalError": 500,
	}[code]
	if !ok {
		status = http.StatusOK
	}
	r := kit.JSON(status, map[string]any{"error_code": code, "error_message": "This message may quote what was sent.", "exception": code})
	r.Throttle = code == "gw.QosAppFrequencyLimit"
	return r
}

func (s *Sim) answer(c *kit.Call) kit.Reply {
	if c.Fault == kit.Throttled {
		return fail("gw.QosAppFrequencyLimit")
	}
	for member, field := range s.opts.Fields {
		if c.Form.Has(member) {
			c.Field(field)
		}
	}
	if code := s.judge(c); code != "" {
		return fail(code)
	}
	if code := s.next.Next(nil); code != "" {
		return fail(code)
	}
	for _, member := range slices.Sorted(maps.Keys(s.opts.Fields)) {
		if v := c.Form.Get(member); v != "" {
			s.Hold(s.opts.Fields[member], "text", []byte(v), "", s.opts.Keeps)
		}
	}
	s.Lock()
	s.taken = append(s.taken, c.Form)
	s.Unlock()
	return kit.JSON(http.StatusOK, map[string]any{"status": 0})
}

// judge returns the code with which a call is refused, or "".
func (s *Sim) judge(c *kit.Call) string {
	rest, ok := strings.CutPrefix(c.Path, Root)
	name, key, whole := strings.Cut(rest, "/")
	known := ok && whole && strings.HasPrefix(name, "umeng.uapp.") && (s.opts.Calls == nil || slices.Contains(s.opts.Calls, name))
	switch {
	case !known || c.Method != http.MethodPost:
		return "gw.APIUnsupported"
	case key != s.opts.Key:
		return "gw.AppKeyNotFound"
	case c.Problem != "" || len(c.Query) > 0 || c.MediaType != "application/x-www-form-urlencoded":
		return "gw.ParamMissing"
	case !hmac.Equal([]byte(c.Form.Get("_aop_signature")), []byte(s.signature(strings.TrimPrefix(c.Path, "/openapi/"), c.Form))):
		return "gw.SignatureInvalid"
	}
	return s.members(c)
}

// signature is computed as the published clients do.
func (s *Sim) signature(path string, form url.Values) string {
	text := path
	for _, name := range slices.Sorted(maps.Keys(form)) {
		if name != "_aop_signature" {
			text += name + form.Get(name)
		}
	}
	h := hmac.New(sha1.New, []byte(s.opts.Security))
	_, _ = h.Write([]byte(text)) // never fails
	return strings.ToUpper(hex.EncodeToString(h.Sum(nil)))
}

// members checks that the call carries the app, and every member that the account agreed on.
func (s *Sim) members(c *kit.Call) string {
	for _, name := range slices.Sorted(maps.Keys(c.Form)) {
		_, agreed := s.opts.Fields[name]
		if !agreed && !slices.Contains([]string{"appkey", "_aop_signature", "_aop_timestamp"}, name) || len(c.Form[name]) != 1 {
			c.Odd("member " + name + ": was not agreed on")
			return "gw.ParamMissing"
		}
		if s.opts.Fields[name] == "events" && !json.Valid([]byte(c.Form.Get(name))) {
			return "gw.ParamMissing"
		}
	}
	app := c.Form.Get("appkey")
	if app == "" || s.opts.Apps != nil && !slices.Contains(s.opts.Apps, app) {
		return "gw.ParamMissing"
	}
	return ""
}
