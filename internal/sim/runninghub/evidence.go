package runninghub

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// kept is how long the simulated service keeps results, and inputs likewise (RunningHub publishes
// nothing about inputs; the longest reported time is assumed).
const kept = 15 * 24 * time.Hour

// Evidence is everything the service has received and still holds.
type Evidence struct {
	Recipient  string    `json:"recipient"`
	Requests   []Request `json:"requests"`
	Holds      []Hold    `json:"holds"`
	Violations []string  `json:"violations"` // what a recipient should never have seen
}

// Request is one call that arrived.
type Request struct {
	At     time.Time `json:"at"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Fields []string  `json:"fields"` // personal fields whose content it carried
	Keys   []string  `json:"keys"`   // every name in its body
	Bytes  int64     `json:"bytes"`  // of its body
}

// Hold is one thing the service still holds.
type Hold struct {
	Field  string    `json:"field"`
	Kind   string    `json:"kind"` // "input", "text", "output"
	Bytes  int64     `json:"bytes"`
	SHA256 string    `json:"sha256"`
	Until  time.Time `json:"until"`
}

// held is a Hold with its content.
type held struct {
	Hold
	data      []byte
	mediaType string
}

func (s *Sim) hold(field, kind string, data []byte, mediaType string) *held {
	sum := sha256.Sum256(data)
	return &held{data: data, mediaType: mediaType, Hold: Hold{
		Field: field, Kind: kind, Bytes: int64(len(data)), SHA256: hex.EncodeToString(sum[:]),
		Until: s.opts.Clock.Now().Add(kept),
	}}
}

// record writes down a call.
func (s *Sim) record(in *arrival, odd []string) {
	r := Request{
		At: s.opts.Clock.Now(), Method: in.method, Path: in.path, Bytes: in.bytes,
		Keys: append([]string{}, in.keys...), Fields: s.personal(in),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r)
	s.odd = append(s.odd, odd...)
}

// personal names the fields whose content a call carries, by the nodes of its workflow.
func (s *Sim) personal(in *arrival) []string {
	fields := []string{}
	if in.file != nil {
		field := "photo"
		if strings.HasPrefix(in.file.mediaType, "video/") {
			field = "video"
		}
		fields = append(fields, field)
	}
	list, _ := in.values["nodeInfoList"].([]any)
	for _, item := range list {
		if n, _, ok := s.node(in.text("workflowId"), item); ok && n.Kind != Media {
			fields = append(fields, n.Field)
		} else if !ok {
			fields = append(fields, "unknown")
		}
	}
	slices.Sort(fields)
	return slices.Compact(fields)
}

// Received returns the evidence so far, in order of arrival.
func (s *Sim) Received() Evidence {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget()
	e := Evidence{
		Recipient: "runninghub", Requests: append([]Request{}, s.requests...),
		Holds: []Hold{}, Violations: append([]string{}, s.odd...),
	}
	for _, list := range []map[string]*held{s.uploads, s.outputs} {
		for _, h := range list {
			e.Holds = append(e.Holds, h.Hold)
		}
	}
	for _, h := range s.texts {
		e.Holds = append(e.Holds, h.Hold)
	}
	slices.SortFunc(e.Holds, func(a, b Hold) int {
		return strings.Compare(a.Kind+a.Field+a.SHA256, b.Kind+b.Field+b.SHA256)
	})
	return e
}

// ServeEvidence answers with the evidence as JSON. It is not part of the simulated service.
func (s *Sim) ServeEvidence(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	_ = enc.Encode(s.Received())
}

// forget drops what has passed its time. The caller holds the lock.
func (s *Sim) forget() {
	now := s.opts.Clock.Now()
	gone := func(h *held) bool { return !now.Before(h.Until) }
	for _, list := range []map[string]*held{s.uploads, s.outputs} {
		for name, h := range list {
			if gone(h) {
				delete(list, name)
			}
		}
	}
	s.texts = slices.DeleteFunc(s.texts, gone)
}
