package photojob

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"vow.example/vow/client"
)

// check finds the feature and compares the flags with what it asks for. It returns the role that
// the photo plays. Nothing has been uploaded when it fails.
func (j *job) check(ctx context.Context, photo *os.File) (role string, err error) {
	features, err := client.Collect(j.api.Features(ctx))
	if err != nil {
		return "", fmt.Errorf("list features: %w", err)
	}
	var names []string
	for _, f := range features {
		names = append(names, f.ID)
		if f.ID == j.opts.Feature {
			j.feature = f
		}
	}
	switch j.feature.State {
	case "":
		return "", usage("--feature %s: app %s has no such feature (it has: %s)", j.opts.Feature, j.opts.App, strings.Join(names, ", "))
	case "live":
	default:
		return "", usage("--feature %s: declared by the policy, but not offered yet", j.opts.Feature)
	}
	if err := checkPrompt(j.feature, j.opts.Prompt); err != nil {
		return "", err
	}
	if err := checkParams(j.feature, j.opts.Params); err != nil {
		return "", err
	}
	return checkPhoto(j.feature, photo, j.opts.Input)
}

func checkPhoto(f client.Feature, photo *os.File, path string) (role string, err error) {
	i := slices.IndexFunc(f.Inputs, func(in client.Input) bool { return in.Kind == "photo" || in.Kind == "video" })
	if i < 0 {
		return "", usage("--feature %s: takes no photo", f.ID)
	}
	in := f.Inputs[i]
	info, err := photo.Stat()
	if err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	if in.MaxBytes > 0 && info.Size() > in.MaxBytes {
		return "", &Failure{fmt.Sprintf("%s: %d bytes are more than %s takes (max_bytes %d); nothing was uploaded", path, info.Size(), f.ID, in.MaxBytes)}
	}
	return in.Role, nil
}

func checkPrompt(f client.Feature, prompt string) error {
	i := slices.IndexFunc(f.Inputs, func(in client.Input) bool { return in.Kind == "text" })
	if i < 0 {
		if prompt != "" {
			return usage("--prompt: feature %s takes no text", f.ID)
		}
		return nil
	}
	in := f.Inputs[i]
	if in.Required && prompt == "" {
		return usage("--prompt: feature %s needs one (%s)", f.ID, in.Label)
	}
	if n := utf8.RuneCountInString(prompt); in.MaxLength > 0 && n > in.MaxLength {
		return usage("--prompt: %d characters are more than the %d that feature %s takes", n, in.MaxLength, f.ID)
	}
	return nil
}

func checkParams(f client.Feature, params map[string]string) error {
	choices := map[string][]string{}
	for _, in := range f.Inputs {
		if in.Kind != "choice" {
			continue
		}
		for _, c := range in.Choices {
			choices[in.Role] = append(choices[in.Role], c.Value)
		}
		if in.Required && in.Default == "" && params[in.Role] == "" {
			return usage("--param %s=…: feature %s needs it (one of: %s)", in.Role, f.ID, strings.Join(choices[in.Role], ", "))
		}
	}
	for _, role := range slices.Sorted(maps.Keys(params)) {
		values, ok := choices[role]
		if !ok {
			return usage("--param %s: feature %s has no such choice (it has: %s)", role, f.ID, orNone(slices.Sorted(maps.Keys(choices))))
		}
		if !slices.Contains(values, params[role]) {
			return usage("--param %s=%s: no value of this choice (one of: %s)", role, params[role], strings.Join(values, ", "))
		}
	}
	return nil
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
