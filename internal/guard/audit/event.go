package audit

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"vow.example/vow/internal/privacy"
)

// Kind is the constant word of an event, for example "task_received". A computed string does not
// convert by itself, because a kind is public in every leaf.
type Kind string

// Event is what happened. It holds identifiers, codes and a time, never content: Append refuses a
// value with a blank, a quote, an at sign or a letter outside ASCII.
type Event struct {
	Kind       Kind
	App        privacy.AppID
	Subject    privacy.SubjectID // empty where an event concerns nobody in particular
	Object     string            // identifier of what it is about
	Task       privacy.TaskID
	At         time.Time
	PolicyHash privacy.PolicyHash
	Data       map[string]string // codes, by code
}

// ErrNotCodes says that an event holds something else than codes.
var ErrNotCodes = errors.New("audit: the event holds something that is not a code")

const (
	timeLayout  = "2006-01-02T15:04:05.000Z"
	maxKind     = 32
	maxCode     = 256
	maxPayload  = 16 << 10
	policyBytes = 32
)

// wire is the canonical form: members sorted by name.
type wire struct {
	App     privacy.AppID      `json:"app"`
	At      string             `json:"at"`
	Data    map[string]string  `json:"data"`
	Kind    Kind               `json:"kind"`
	Object  string             `json:"object"`
	Policy  privacy.PolicyHash `json:"policy"`
	Subject privacy.SubjectID  `json:"subject"`
	Task    privacy.TaskID     `json:"task"`
	V       int                `json:"v"`
}

// Payload returns the canonical bytes of the event, or ErrNotCodes. Equal events have equal bytes.
func (e Event) Payload() ([]byte, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	data := e.Data
	if data == nil {
		data = map[string]string{}
	}
	out, err := json.Marshal(wire{
		App: e.App, At: e.At.UTC().Format(timeLayout), Data: data, Kind: e.Kind, Object: e.Object,
		Policy: e.PolicyHash, Subject: e.Subject, Task: e.Task, V: version,
	})
	if err != nil {
		return nil, fmt.Errorf("audit: encode event: %w", err)
	}
	if len(out) > maxPayload {
		return nil, fmt.Errorf("%w: too long", ErrNotCodes)
	}
	return out, nil
}

// ParsePayload returns the event of a payload. It refuses bytes that Payload would not produce.
func ParsePayload(payload []byte) (Event, error) {
	if len(payload) > maxPayload {
		return Event{}, errors.New("audit: payload is too long")
	}
	dec := json.NewDecoder(bytes.NewReader(payload))
	dec.DisallowUnknownFields()
	var w wire
	if err := dec.Decode(&w); err != nil {
		return Event{}, fmt.Errorf("audit: payload is not an event: %w", err)
	}
	at, err := time.Parse(timeLayout, w.At)
	if err != nil {
		return Event{}, errors.New("audit: payload has no canonical time")
	}
	e := Event{
		Kind: w.Kind, App: w.App, Subject: w.Subject, Object: w.Object, Task: w.Task,
		At: at, PolicyHash: w.Policy, Data: w.Data,
	}
	again, err := e.Payload()
	if err != nil {
		return Event{}, err
	}
	if !bytes.Equal(again, payload) {
		return Event{}, errors.New("audit: payload is not in canonical form")
	}
	return e, nil
}

// check refuses everything that is not a code, so that no content can reach the log by mistake.
func (e Event) check() error {
	if !validKind(string(e.Kind)) {
		return fmt.Errorf("%w: kind", ErrNotCodes)
	}
	if hours := e.At.Unix() / secondsPerHour; e.At.Unix() <= 0 || hours > maxHour || e.At.UTC().Year() > 9999 {
		return fmt.Errorf("%w: time", ErrNotCodes)
	}
	if _, err := policyDigest(e.PolicyHash); err != nil {
		return err
	}
	for _, code := range []string{string(e.App), string(e.Subject), e.Object, string(e.Task)} {
		if !validCode(code) {
			return fmt.Errorf("%w: identifier", ErrNotCodes)
		}
	}
	for key, value := range e.Data {
		if key == "" || !validCode(key) || !validCode(value) {
			return fmt.Errorf("%w: data", ErrNotCodes)
		}
	}
	if e.Kind == erased {
		_, err := ErasureOf(e)
		return err
	}
	return nil
}

// policyDigest returns the 32 bytes of a policy hash, or zeros for none.
func policyDigest(h privacy.PolicyHash) (d [policyBytes]byte, err error) {
	if h == "" {
		return d, nil
	}
	raw, err := hex.DecodeString(string(h))
	if err != nil || len(raw) != policyBytes || hex.EncodeToString(raw) != string(h) {
		return d, fmt.Errorf("%w: policy hash", ErrNotCodes)
	}
	copy(d[:], raw)
	return d, nil
}

func validKind(s string) bool {
	if s == "" || len(s) > maxKind || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}

// validCode allows identifiers, rule ids, numbers and times; the empty code means "none".
func validCode(s string) bool {
	if len(s) > maxCode {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case c == '_' || c == '-' || c == '.' || c == ':' || c == '/' || c == '#' || c == ',' || c == '+':
		default:
			return false
		}
	}
	return true
}
