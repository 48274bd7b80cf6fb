// Package gateway simulates the operator's own gateway for push messages, e-mail and SMS: one signed
// JSON call a message.
//
// It promises to take nothing without a fresh signature of Standard Webhooks, no message twice, and
// nothing besides a channel, an address, a title and a body; and to show what it would have delivered.
// It never delivers anything, and never reaches for the network.
package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"vow.example/vow/internal/sim/kit"
)

// Options configure a Sim.
type Options struct {
	kit.Options
	Secret string            // "whsec_" and base64, or base64 alone
	Gone   []string          // addresses that nobody has any more
	Fields map[string]string // member to personal field: "address", "message"
	Keeps  time.Duration     // how long messages are kept; default 30 days
}

// Message is one message as it would be delivered.
type Message struct{ ID, Channel, Address, Title, Body string }

// Sim is the simulated gateway. It is an http.Handler and safe for concurrent use.
type Sim struct {
	*kit.Kit
	opts      Options
	next      kit.Script[string]
	delivered []Message
}

// New returns a Sim.
func New(o Options) *Sim {
	if o.Keeps <= 0 {
		o.Keeps = 30 * 24 * time.Hour
	}
	o.Headers = append(slices.Clone(o.Headers), "webhook-id", "webhook-timestamp", "webhook-signature")
	o.Free = []string{"address", "title", "body"} // an address is what this recipient is for
	s := &Sim{opts: o}
	o.Failed = func(*kit.Call) kit.Reply { return fail("internal") }
	s.Kit = kit.New("gateway", o.Options, s.answer)
	return s
}

// Next makes the next call that is in order end with a code: "unknown-address", "gone", "too-many",
// "rejected", "internal".
func (s *Sim) Next(code string) { s.next.Add(code) }

// Delivered returns the messages that were taken, in order.
func (s *Sim) Delivered() []Message {
	s.Lock()
	defer s.Unlock()
	return slices.Clone(s.delivered)
}

func fail(code string) kit.Reply {
	status := map[string]int{
		"bad-signature": 401, "stale": 401, "not-found": 404, "invalid": 422, "unknown-address": 422, "gone": 410, "rejected": 422,
		"too-many": 429, "internal": 500,
	}[code]
	r := kit.JSON(status, map[string]any{"error": code})
	if r.Throttle = status == http.StatusTooManyRequests; r.Throttle {
		r.Header = map[string]string{"Retry-After": "1"}
	}
	return r
}

func (s *Sim) answer(c *kit.Call) kit.Reply {
	if c.Fault == kit.Throttled {
		return fail("too-many")
	}
	if c.Path != "/messages" || c.Method != http.MethodPost {
		return fail("not-found")
	}
	for _, member := range []string{"address", "message"} {
		if _, ok := c.JSON[member]; ok {
			c.Field(s.field(member))
		}
	}
	if code := s.verify(c); code != "" {
		return fail(code)
	}
	m, ok := read(c)
	if !ok {
		return fail("invalid")
	}
	code := s.next.Next(nil)
	if slices.Contains(s.opts.Gone, m.Address) {
		code = "gone"
	}
	if code != "" {
		return fail(code)
	}
	return s.deliver(m)
}

// verify checks the signature, and that it is at most five minutes old.
func (s *Sim) verify(c *kit.Call) string {
	const tolerance = 5 * time.Minute
	id, stamp := c.Header.Get("webhook-id"), c.Header.Get("webhook-timestamp")
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s.opts.Secret, "whsec_"))
	if err != nil || id == "" {
		return "bad-signature"
	}
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte(id + "." + stamp + "." + string(c.Body))) // never fails
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	if !slices.ContainsFunc(strings.Fields(c.Header.Get("webhook-signature")), func(got string) bool { return hmac.Equal([]byte(got), []byte(want)) }) {
		return "bad-signature"
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if age := s.Now().Sub(time.Unix(seconds, 0)).Abs(); err != nil || age > tolerance {
		return "stale"
	}
	return ""
}

// read returns the message of a call; false: it has another form.
func read(c *kit.Call) (Message, bool) {
	inner, _ := c.JSON["message"].(map[string]any)
	m := Message{ID: c.Header.Get("webhook-id"), Channel: c.Text("channel"), Address: c.Text("address")}
	m.Title, _ = inner["title"].(string)
	m.Body, _ = inner["body"].(string)
	ok := c.Problem == "" && len(c.Query) == 0 && kit.Only(c.JSON, []string{"address", "channel", "message"}) && kit.Only(inner, []string{"title", "body"})
	return m, ok && m.Address != "" && m.Title != "" && m.Body != "" && slices.Contains([]string{"push", "email", "sms"}, m.Channel)
}

// deliver takes a message, and answers a second arrival of it as it did the first.
func (s *Sim) deliver(m Message) kit.Reply {
	s.Lock()
	again := slices.ContainsFunc(s.delivered, func(other Message) bool { return other.ID == m.ID })
	if !again {
		s.delivered = append(s.delivered, m)
	}
	s.Unlock()
	if !again {
		s.Hold(s.field("address"), "text", []byte(m.Address), "", s.opts.Keeps)
		s.Hold(s.field("message"), "text", []byte(m.Title+"\n"+m.Body), "", s.opts.Keeps)
	}
	return kit.JSON(http.StatusAccepted, map[string]any{"status": "accepted"})
}

// field is the personal field behind a member.
func (s *Sim) field(member string) string {
	if f := s.opts.Fields[member]; f != "" {
		return f
	}
	return member
}
