package kit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Evidence is everything the service has received and still holds.
type Evidence struct {
	Recipient  string    `json:"recipient"`
	Requests   []Request `json:"requests"`
	Holds      []Hold    `json:"holds"`
	Violations []string  `json:"violations"`     // what a recipient should never have seen
	Left       int       `json:"left,omitempty"` // streams whose reader went before their end
}

// Request is one call that arrived.
type Request struct {
	At     time.Time `json:"at"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Fields []string  `json:"fields"` // personal fields whose content it carried
	Keys   []string  `json:"keys"`   // every name in its query and body
	Bytes  int64     `json:"bytes"`  // of its body
	// Body is what the body said, by member, of a service that is sent no content: nothing else of a call is
	// written down.
	Body map[string]any `json:"body,omitempty"`
}

// Hold is one thing the service still holds.
type Hold struct {
	Field  string    `json:"field"`
	Kind   string    `json:"kind"` // "input", "text", "output", "log", "template"
	Bytes  int64     `json:"bytes"`
	SHA256 string    `json:"sha256"`
	Until  time.Time `json:"until,omitzero"` // zero: for ever
}

// Held is a Hold with its content, which nobody changes.
type Held struct {
	Hold
	Data      []byte
	MediaType string
}

func (h *Held) gone(now time.Time) bool { return !h.Until.IsZero() && !now.Before(h.Until) }

// Hold keeps data for a lifetime; 0 is for ever.
func (k *Kit) Hold(field, kind string, data []byte, mediaType string, life time.Duration) *Held {
	sum := sha256.Sum256(data)
	h := &Held{Data: data, MediaType: mediaType, Hold: Hold{
		Field: field, Kind: kind, Bytes: int64(len(data)), SHA256: hex.EncodeToString(sum[:]),
	}}
	if life > 0 {
		h.Until = k.opts.Clock.Now().Add(life)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.held = append(k.held, h)
	return h
}

// Release ends a Hold. Nil and what is gone already are fine.
func (k *Kit) Release(h *Held) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.drop(func(other *Held) bool { return other == h })
}

// Holds reports whether h is still held.
func (k *Kit) Holds(h *Held) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.forget()
	return slices.Contains(k.held, h)
}

// Publish serves h, while it is held, under a path of ours, which may have a query, and returns
// the address under the host.
func (k *Kit) Publish(h *Held, host, path string) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if h != nil {
		k.published[path] = h
	}
	if k.secure {
		return "https://" + host + path
	}
	return "http://" + host + path
}

// file returns the published file that a call asks for, or nil.
func (k *Kit) file(c *Call) *Held {
	if c.Method != http.MethodGet || c.Problem != "" {
		return nil
	}
	path := c.Path
	if c.raw != "" {
		path += "?" + c.raw
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.forget()
	return k.published[path]
}

// forget drops what has passed its time. The caller holds the lock.
func (k *Kit) forget() {
	now := k.opts.Clock.Now()
	k.drop(func(h *Held) bool { return h.gone(now) })
}

func (k *Kit) drop(gone func(*Held) bool) {
	k.held = slices.DeleteFunc(k.held, gone)
	for path, h := range k.published {
		if gone(h) {
			delete(k.published, path)
		}
	}
}

// Received returns the evidence so far, in order of arrival.
func (k *Kit) Received() Evidence {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.forget()
	e := Evidence{Recipient: k.name, Requests: []Request{}, Holds: []Hold{}, Violations: append([]string{}, k.odd...), Left: k.left}
	for _, r := range k.requests {
		copied := *r
		copied.Fields = slices.Clone(r.Fields)
		e.Requests = append(e.Requests, copied)
	}
	for _, h := range k.held {
		e.Holds = append(e.Holds, h.Hold)
	}
	slices.SortFunc(e.Holds, func(a, b Hold) int {
		return strings.Compare(a.Kind+a.Field+a.SHA256, b.Kind+b.Field+b.SHA256)
	})
	return e
}

// Saw returns which of the marks the service has ever read, and how many readings it has forgotten by now.
func (k *Kit) Saw(marks [][]byte) (found []int, forgotten int) { return k.memory.Saw(marks) }

// ServeEvidence answers with the evidence as JSON. It is not part of the simulated service.
func (k *Kit) ServeEvidence(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	_ = enc.Encode(k.Received())
}

// notice writes down what should not have been seen.
func (k *Kit) notice(odd ...string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.odd = append(k.odd, odd...)
}
