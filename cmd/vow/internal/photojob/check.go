package photojob

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"vow.example/vow/client"
)

// check finds the feature and compares the flags with what it asks for. Nothing has been uploaded
// when it fails.
func (j *job) check(ctx context.Context, pictures []*picture) error {
	features, err := client.Collect(j.api.Features(ctx))
	if err != nil {
		return fmt.Errorf("list features: %w", err)
	}
	if err := j.find(features); err != nil {
		return err
	}
	if err := checkWords(j.feature, j.opts.Prompt, j.opts.Negative); err != nil {
		return err
	}
	if err := checkParams(j.feature, j.opts.Params); err != nil {
		return err
	}
	if err := checkPictures(j.feature, pictures); err != nil {
		return err
	}
	if err := checkSizes(pictures, features); err != nil {
		return err
	}
	return checkEnding(j.feature, j.opts.Output)
}

// find picks the feature. One that takes no task right now is a failure: the arguments are right,
// and may work later.
func (j *job) find(features []client.Feature) error {
	var names []string
	for _, f := range features {
		names = append(names, f.ID)
		if f.ID == j.opts.Feature {
			j.feature = f
		}
	}
	switch f := j.feature; {
	case f.State == "":
		return usage("--feature %s: app %s has no such feature (it has: %s)", j.opts.Feature, j.opts.App, strings.Join(names, ", "))
	case f.State != "live":
		return usage("--feature %s: declared by the policy, but not offered yet", j.opts.Feature)
	case !f.Available:
		return &Failure{fmt.Sprintf("feature %s: %s (%s); nothing was uploaded", f.ID, f.ReasonText, f.Recipient.ID)}
	}
	return nil
}

// checkWords compares both texts with what the feature asks for. One without its flag can be asked
// for by no app: a task takes these two.
func checkWords(f client.Feature, prompt, negative string) error {
	if err := checkText(f, "prompt", "--prompt", prompt); err != nil {
		return err
	}
	return checkText(f, "negative_prompt", "--negative-prompt", negative)
}

func checkText(f client.Feature, role, flag, text string) error {
	i := slices.IndexFunc(f.Inputs, func(in client.Input) bool { return in.Kind == "text" && in.Role == role })
	if i < 0 {
		if text != "" {
			return usage("%s: feature %s takes no such text", flag, f.ID)
		}
		return nil
	}
	in := f.Inputs[i]
	if in.Required && text == "" {
		return usage("%s: feature %s needs one (%s)", flag, f.ID, in.Label)
	}
	if n := utf8.RuneCountInString(text); in.MaxLength > 0 && n > in.MaxLength {
		return usage("%s: %d characters are more than the %d that feature %s takes", flag, n, in.MaxLength, f.ID)
	}
	return nil
}

func checkParams(f client.Feature, params map[string]string) error {
	settings := map[string]client.Input{}
	for _, in := range f.Inputs {
		if in.Kind != "choice" && in.Kind != "number" {
			continue
		}
		settings[in.Role] = in
		if in.Required && in.Default == "" && params[in.Role] == "" {
			return usage("--param %s=…: feature %s needs it (%s)", in.Role, f.ID, takes(in))
		}
	}
	for _, role := range slices.Sorted(maps.Keys(params)) {
		in, ok := settings[role]
		if !ok {
			return usage("--param %s: feature %s has no such choice (it has: %s)", role, f.ID, orNone(slices.Sorted(maps.Keys(settings))))
		}
		if !permits(in, params[role]) {
			return usage("--param %s=%s: no value of this choice (%s)", role, params[role], takes(in))
		}
	}
	return nil
}

// takes says which values a setting has.
func takes(in client.Input) string {
	if in.Bounds != nil {
		return fmt.Sprintf("a number from %g to %g in steps of %g", in.Bounds.Min, in.Bounds.Max, in.Bounds.Step)
	}
	values := make([]string, len(in.Choices))
	for i, c := range in.Choices {
		values[i] = c.Value
	}
	return "one of: " + strings.Join(values, ", ")
}

// permits looks at the list or the bounds; whether a number is on a step is the server's to say.
func permits(in client.Input, value string) bool {
	if in.Bounds == nil {
		return slices.ContainsFunc(in.Choices, func(c client.Choice) bool { return c.Value == value })
	}
	n, err := strconv.ParseFloat(value, 64)
	return err == nil && n >= in.Bounds.Min && n <= in.Bounds.Max
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
