package evidence

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/sosodev/duration"

	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/policy"
)

// Copy is what a recipient holds of an erased object or of the same task. We report it; we do not
// control it.
type Copy struct {
	Recipient string    // name, for example "RunningHub"
	SentAt    time.Time // when it received the object; zero if it made the object
	Keeps     []Kept
}

// Kept is what a recipient states about one kind of its copies.
type Kept struct {
	What  string    // "results", "what it receives"
	Limit string    // ISO 8601 duration; "" or "unknown" where it states none
	Until time.Time // end of the limit, zero if unknown
}

// Promises returns what a recipient states in the policy, counted from the moment at (the end of its
// work: the latest moment its own clock can start).
func Promises(r policy.ProviderRetention, at time.Time) []Kept {
	return []Kept{promise("what it receives", r.Inputs, at), promise("results", r.Outputs, at)}
}

func promise(what, limit string, at time.Time) Kept {
	k := Kept{What: what, Limit: limit}
	if d, err := duration.Parse(limit); err == nil && !at.IsZero() {
		k.Until = at.UTC().AddDate(int(d.Years), int(d.Months), int(7*d.Weeks+d.Days)).
			Add(time.Duration((d.Hours*60+d.Minutes)*60+d.Seconds) * time.Second)
	}
	return k
}

// words returns the plain text of a receipt: first what we enforce, then what others promised.
func words(e audit.Erasure, copies []Copy) string {
	parts := []string{"Deleted here at " + clockTime(e.At) + ".", method(e), reason(e)}
	if late := e.At.Sub(e.DueAt); late >= time.Second {
		parts = append(parts, fmt.Sprintf("This was %s later than the rule allows.", late.Round(time.Second)))
	}
	if copies != nil && len(copies) == 0 {
		parts = append(parts, "Our transfer record shows that nobody else received it.")
	}
	for _, c := range copies {
		parts = append(parts, others(c)...)
	}
	return strings.Join(parts, " ")
}

func method(e audit.Erasure) string {
	switch e.Method {
	case "key_destroyed":
		return "The key was destroyed; nobody can open the " + noun(e) + ", including us."
	case "memory_wiped":
		return "It was held in memory only and never written to disk; that memory was overwritten."
	default:
		return "The entry was removed from our database."
	}
}

func noun(e audit.Erasure) string {
	switch e.Category {
	case "prompt", "negative_prompt", "generation_params", "generated_text", "support_message", "chat_message":
		return "text"
	default:
		return "file"
	}
}

func reason(e audit.Erasure) string {
	switch e.Reason {
	case "deadline":
		return fmt.Sprintf("Its time was up: rule %s, due by %s.", e.Rule, clockTime(e.DueAt))
	case "task_ended":
		return fmt.Sprintf("The task that needed it had ended: rule %s, due by %s.", e.Rule, clockTime(e.DueAt))
	case "subject_request":
		return fmt.Sprintf("You asked for it; rule %s would have kept it until %s.", e.Rule, clockTime(e.DueAt))
	case "declined":
		return "You declined, so it was not needed."
	case "account_erased":
		return "Your account was erased, and everything with it."
	case "handed_over":
		return "It could be read once. You received it, and it was erased before it was on its way."
	case "restored":
		return "It was to be gone already when the server started, perhaps from a backup, and was erased then."
	case "restart":
		return "The server was started again, and memory does not outlive that."
	default:
		return fmt.Sprintf("No task used it: rule %s, due by %s.", e.Rule, clockTime(e.DueAt))
	}
}

// others reports a recipient's copy as that recipient's promise.
func others(c Copy) []string {
	var out []string
	if !c.SentAt.IsZero() {
		out = append(out, fmt.Sprintf("%s received a copy at %s.", c.Recipient, clockTime(c.SentAt)))
	}
	for _, k := range c.Keeps {
		d, err := duration.Parse(k.Limit)
		if err != nil {
			out = append(out, fmt.Sprintf("%s does not state how long it keeps %s; we cannot answer for it.", c.Recipient, k.What))
			continue
		}
		until := ""
		if !k.Until.IsZero() {
			until = " (until " + clockTime(k.Until) + ")"
		}
		out = append(out, fmt.Sprintf("%s states that it keeps %s up to %s%s; we cannot shorten that.", c.Recipient, k.What, span(d), until))
	}
	return out
}

// span spells a duration: "15 days", "1 month 12 hours".
func span(d *duration.Duration) string {
	var out []string
	for _, part := range []struct {
		n    float64
		unit string
	}{
		{d.Years, "year"}, {d.Months, "month"}, {d.Weeks, "week"}, {d.Days, "day"},
		{d.Hours, "hour"}, {d.Minutes, "minute"}, {d.Seconds, "second"},
	} {
		switch n := int64(math.Ceil(part.n)); {
		case n == 1:
			out = append(out, "1 "+part.unit)
		case n > 1:
			out = append(out, fmt.Sprintf("%d %ss", n, part.unit))
		}
	}
	if len(out) == 0 {
		return "0 seconds"
	}
	return strings.Join(out, " ")
}

func clockTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
