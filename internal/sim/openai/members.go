package openai

import (
	"encoding/json"
	"iter"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"vow.example/vow/internal/sim/kit"
)

// rule judges one member of a call: a string, or a json.Number or whatever else JSON has.
type rule func(v any) bool

func text(pattern string) rule {
	return func(v any) bool {
		s, ok := v.(string)
		return ok && regexp.MustCompile("^(?s:"+pattern+")$").MatchString(s)
	}
}

func oneOf(words ...string) rule {
	return func(v any) bool {
		s, ok := v.(string)
		return ok && slices.Contains(words, s)
	}
}

// number accepts a number from low to top, and in a form its digits.
func number(low, top float64, whole bool) rule {
	return func(v any) bool {
		s, _ := v.(string)
		if n, ok := v.(json.Number); ok {
			s = n.String()
		}
		f, err := strconv.ParseFloat(s, 64)
		_, notWhole := strconv.ParseInt(s, 10, 64)
		return err == nil && f >= low && f <= top && (!whole || notWhole == nil)
	}
}

func truth(v any) bool {
	_, ok := v.(bool)
	return ok || v == "true" || v == "false"
}

func anything(any) bool { return true }

// image is what calls for pictures have in common.
func image() map[string]rule {
	return map[string]rule{
		"model": text(".+"), "prompt": text(".+"), "n": number(1, 10, true), "size": text("[1-9][0-9]{1,4}x[1-9][0-9]{1,4}|auto"),
		"quality": oneOf("auto", "low", "medium", "high", "standard", "hd"), "response_format": oneOf("b64_json", "url"),
		"output_format": oneOf("png", "jpeg", "webp"), "output_compression": number(0, 100, true),
		"background": oneOf("auto", "transparent", "opaque"), "moderation": oneOf("auto", "low"), "user": text(".+"),
		"style": oneOf("vivid", "natural"),
	}
}

// extras are members that servers have of their own.
func extras() map[string]rule {
	return map[string]rule{
		"negative_prompt": text(".*"), "seed": number(0, 1<<62, true), "num_inference_steps": number(1, 1000, true),
		"guidance_scale": number(0, 100, false), "true_cfg_scale": number(0, 100, false), "top_k": number(0, 1<<20, true),
	}
}

// judge checks every member against the rules, and the model. A zero Reply means: accepted.
func (s *Sim) judge(members map[string]any, rules map[string]rule, required ...string) kit.Reply {
	for name, r := range extras() {
		if slices.Contains(s.opts.Extras, name) {
			rules[name] = r
		}
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		r, known := rules[name]
		if !known || slices.Contains(s.opts.Lacks, name) {
			return fail("unknown_parameter", name)
		}
		if !r(members[name]) {
			return fail("invalid_value", name)
		}
	}
	for _, name := range required {
		if _, given := members[name]; !given {
			return fail("missing_required_parameter", name)
		}
	}
	if m, _ := members["model"].(string); s.opts.Models != nil && !slices.Contains(s.opts.Models, m) {
		return fail("model_not_found", "model")
	}
	return kit.Reply{}
}

// parts returns the members of a form without its files; false: one comes twice, or a file stands
// where none belongs.
func parts(c *kit.Call, files ...string) (map[string]any, bool) {
	members := map[string]any{}
	for _, p := range c.Parts {
		if slices.Contains(files, p.Name) != (p.FileName != "") {
			return nil, false
		}
		if p.FileName != "" {
			continue
		}
		if _, twice := members[p.Name]; twice {
			return nil, false
		}
		members[p.Name] = string(p.Data)
	}
	return members, c.MediaType == "multipart/form-data"
}

func keys[V any](m map[string]V) iter.Seq[string] { return maps.Keys(m) }
