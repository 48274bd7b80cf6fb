package evidence

import (
	"errors"
	"fmt"
	"strings"
)

// ErrNotVerified says that at least one check failed; the Report names it.
var ErrNotVerified = errors.New("evidence: not verified")

// Check is one thing that a verifier looked at.
type Check struct {
	Name   string `json:"check"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

// Report is the outcome of a verification. The zero Report is a failed one.
type Report struct {
	Of        string   `json:"of"` // what was checked: "receipt rcp_…", "log vow.example/log"
	OK        bool     `json:"ok"`
	KeyPinned bool     `json:"key_pinned"` // the caller gave the key
	Key       string   `json:"verifier_key"`
	Checks    []Check  `json:"checks"`
	Notes     []string `json:"notes,omitempty"`
}

// Text returns the report in plain words, one line per check.
func (r Report) Text() string {
	var out strings.Builder
	verdict := "NOT VERIFIED"
	if r.OK {
		verdict = "verified"
	}
	fmt.Fprintf(&out, "%s: %s\n", r.Of, verdict)
	for _, c := range r.Checks {
		mark := "FAIL"
		if c.OK {
			mark = "ok  "
		}
		fmt.Fprintf(&out, "  %s  %-10s  %s\n", mark, c.Name, c.Detail)
	}
	for _, n := range r.Notes {
		fmt.Fprintf(&out, "  note  %s\n", n)
	}
	return out.String()
}

// check adds a check: passed when err is nil, else failed with the error's words.
func (r *Report) check(name, passed string, err error) bool {
	if err != nil {
		r.Checks = append(r.Checks, Check{Name: name, Detail: err.Error()})
		return false
	}
	r.Checks = append(r.Checks, Check{Name: name, OK: true, Detail: passed})
	return true
}

// checkKey adds the check of the verifier key: the one found beside the evidence against the one
// that the caller trusts.
func (r *Report) checkKey(found, want string) {
	r.Key, r.KeyPinned = found, want != ""
	switch {
	case want == "":
		r.check("key", "key not pinned: checked against the key that came with it. Compare it with the key that the operator publishes.", nil)
	case want != found:
		r.check("key", "", errors.New("it was signed with another key than the one you gave"))
	default:
		r.check("key", "it is the key that you gave", nil)
	}
}

// close settles the verdict: every check passed, and there was at least one beside the key.
func (r *Report) close() (Report, error) {
	r.OK = len(r.Checks) > 1
	for _, c := range r.Checks {
		r.OK = r.OK && c.OK
	}
	if !r.OK {
		return *r, ErrNotVerified
	}
	return *r, nil
}
