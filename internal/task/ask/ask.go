// Package ask says which rules of a feature a request breaks, by JSON Pointer.
//
// It promises that every rule of every field is looked at, so that a person repairs all of them at once,
// and that the earlier turns of a conversation are never taken from what a client says. It reads nothing
// but the request and the policy, and it never repeats what somebody wrote.
package ask

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sosodev/duration"

	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
)

const (
	maxWrong     = 20              // rules that one answer names
	shortestLife = 5 * time.Minute // of a result: a shorter one would be gone before it can be shown
	longestText  = 16 << 10        // runes, where the policy names no bound
)

// Given is what a request gives.
type Given struct {
	Inputs    map[privacy.Field]privacy.ObjectID
	Texts     map[privacy.Field]privacy.Text
	Earlier   privacy.Text // the turns before, of the server's own keeping
	Params    map[privacy.Field]string
	ExpiresIn string
}

// Wrong is one rule that one field of a request breaks.
type Wrong struct{ Pointer, Code, Detail string }

// Check returns the rules that a request breaks, by JSON Pointer.
func Check(f policy.Feature, r Given) (limit time.Duration, wrong []Wrong) {
	for _, in := range f.Inputs {
		_, uploaded := r.Inputs[in.Field]
		switch {
		case in.Field == review.Earlier:
			wrong = append(wrong, checkText(in, r.Earlier)...)
		case in.Kind == policy.Prompt:
			wrong = append(wrong, checkText(in, r.Texts[in.Field])...)
		case in.IsSetting():
			if v, given := r.Params[in.Field]; given && !in.Permits(v) {
				wrong = append(wrong, notPermitted(in))
			}
		case in.Required && !uploaded:
			wrong = append(wrong, Wrong{"/inputs", "required", "This feature needs an upload with the role " + string(in.Field) + "."})
		}
	}
	for role := range r.Inputs {
		if in, ok := f.Input(role); !ok || !in.IsMedium() {
			wrong = append(wrong, Wrong{"/inputs", "not_an_input", "This feature takes no upload with that role."})
		}
	}
	for name := range r.Params {
		if in, ok := f.Input(name); !ok || !in.IsSetting() {
			wrong = append(wrong, Wrong{"/params", "not_an_input", "This feature has no option of that name."})
		}
	}
	for _, field := range slices.Sorted(maps.Keys(r.Texts)) {
		if in, ok := f.Input(field); !r.Texts[field].Empty() && (!ok || in.Kind != policy.Prompt || field == review.Earlier) {
			wrong = append(wrong, Wrong{"/" + string(field), "not_an_input", "This feature takes no such text."})
		}
	}
	if _, ok := f.Input(review.Earlier); !ok && !r.Earlier.Empty() {
		wrong = append(wrong, Wrong{"/" + string(review.Earlier), "not_an_input", "This feature goes on with no conversation."})
	}
	limit, ok := shorter(r.ExpiresIn)
	if !ok {
		wrong = append(wrong, Wrong{"/expires_in", "duration", "Not an ISO 8601 duration of at least PT5M, such as PT12H or P1D."})
	}
	return limit, wrong[:min(len(wrong), maxWrong)]
}

// checkText returns the rules that a text breaks.
func checkText(in policy.Input, text privacy.Text) (wrong []Wrong) {
	if in.Required && text.Empty() {
		wrong = append(wrong, Wrong{"/" + string(in.Field), "required", "This feature needs a text."})
	}
	most := in.MaxLength
	if most == 0 {
		most = longestText // what a reader takes
	}
	if n := utf8.RuneCountInString(text.Reveal()); n > most {
		wrong = append(wrong, Wrong{"/" + string(in.Field), "too_long", "The text has " + strconv.Itoa(n) + " characters; at most " + strconv.Itoa(most) + " are accepted."})
	}
	return wrong
}

// notPermitted says what a setting takes.
func notPermitted(in policy.Input) Wrong {
	pointer := "/params/" + string(in.Field)
	if in.Kind == policy.Number {
		return Wrong{pointer, "out_of_bounds", fmt.Sprintf("A number from %g to %g in steps of %g.", in.Min, in.Max, in.Step)}
	}
	return Wrong{pointer, "not_a_choice", "One of: " + choices(in) + "."}
}

func choices(in policy.Input) string {
	words := make([]string, len(in.Choices))
	for i, c := range in.Choices {
		words[i] = c.Value
	}
	return strings.Join(words, ", ")
}

func shorter(iso string) (time.Duration, bool) {
	if iso == "" {
		return 0, true
	}
	d, err := duration.Parse(iso)
	if err != nil || d.Negative || d.ToTimeDuration() < shortestLife {
		return 0, false
	}
	return d.ToTimeDuration(), true
}

// Defaults returns the settings of a task: what was picked, and the policy's own where nothing was.
func Defaults(f policy.Feature, given map[privacy.Field]string) map[privacy.Field]string {
	params := map[privacy.Field]string{}
	for _, in := range f.Inputs {
		if !in.IsSetting() {
			continue
		}
		if v, ok := given[in.Field]; ok {
			params[in.Field] = v
		} else if in.Default != "" {
			params[in.Field] = in.Default
		}
	}
	return params
}
