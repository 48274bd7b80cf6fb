package tencent

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"vow.example/vow/internal/sim/kit"
)

// action is one call that the service knows.
type action struct {
	service string
	params  map[string]param
	run     func(*kit.Call) kit.Reply
}

// param is one parameter of an action. check returns the code of what is wrong with a value.
type param struct {
	required, personal bool
	check              func(v any) string
}

// table lists every action, by name and version.
func (s *Sim) table() map[string]action {
	sizes := []string{"768:768", "768:1024", "1024:768", "1024:1024", "720:1280", "1280:720", "768:1280", "1280:768", "1080:1920", "1920:1080"}
	id := map[string]param{"JobId": {required: true, check: text(128)}}
	const hunyuan, aiart, ft = "2023-09-01", "2022-12-29", "2020-03-04"
	return map[string]action{
		"TextToImageLite " + hunyuan: {service: "hunyuan", run: s.atOnce, params: with(picture(256, oneOf(sizes...)), map[string]param{
			"NegativePrompt": {personal: true, check: text(256)}, "Style": {personal: true, check: matching(`^[0-9]{3}$`)}, "RspImgType": {check: oneOf("base64", "url")},
		})},
		"TextToImageLite " + aiart: {service: "aiart", run: s.atOnce, params: with(picture(1024, oneOf(sizes...)), map[string]param{
			"NegativePrompt": {personal: true, check: text(1024)}, "Seed": {check: number(1, 1<<32)}, "RspImgType": {check: oneOf("base64", "url")},
		})},
		"SubmitHunyuanImageJob " + hunyuan: {service: "hunyuan", run: s.submit, params: with(picture(1024, oneOf(sizes[:8]...)), map[string]param{
			"NegativePrompt": {personal: true, check: text(1024)}, "Style": {personal: true, check: matching(`^[a-z0-9]{1,40}$`)},
			"Num": {check: number(1, 4)}, "Clarity": {check: oneOf("x2", "x4")}, "Seed": {check: number(1, 1<<32)}, "Revise": {check: number(0, 1)},
			"ContentImage": {personal: true, check: object("ImageUrl", "ImageBase64")},
		})},
		"QueryHunyuanImageJob " + hunyuan: {service: "hunyuan", run: s.query, params: id},
		"SubmitTextToImageJob " + aiart: {service: "aiart", run: s.submit, params: with(picture(1024, matching(`^([6-9][0-9]{2}|1[0-4][0-9]{2}):([6-9][0-9]{2}|1[0-4][0-9]{2})$`)), map[string]param{
			"Seed": {check: number(1, 1<<32)}, "Revise": {check: number(0, 1)},
		})},
		"QueryTextToImageJob " + aiart: {service: "aiart", run: s.query, params: id},
		"ChangeAgePic " + ft: {service: "ft", run: s.changeAge, params: map[string]param{
			"AgeInfos": {required: true, check: ages}, "RspImgType": {check: oneOf("base64", "url")},
			"Url": {personal: true, check: text(2048)}, "Image": {personal: true, check: text(1 << 30)},
		}},
	}
}

// picture are the parameters that every text-to-image call has.
func picture(longest int, size func(any) string) map[string]param {
	return map[string]param{
		"Prompt": {required: true, personal: true, check: text(longest)}, "Resolution": {personal: true, check: size},
		"LogoAdd": {check: number(0, 1)}, "LogoParam": {check: object("LogoUrl", "LogoImage", "LogoRect")},
	}
}

func with(a, b map[string]param) map[string]param {
	for name, p := range b {
		a[name] = p
	}
	return a
}

// check returns the code of the first fault of a call's parameters, in order of their names.
func (a action) check(values map[string]any) string {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		p, ok := a.params[name]
		if !ok {
			return "UnknownParameter"
		}
		if code := p.check(values[name]); code != "" {
			return code
		}
	}
	for name, p := range a.params {
		if _, ok := values[name]; p.required && !ok {
			return "MissingParameter"
		}
	}
	return ""
}

// text takes a string of so many characters, not bytes.
func text(longest int) func(any) string {
	return func(v any) string {
		s, ok := v.(string)
		switch {
		case !ok:
			return "InvalidParameter"
		case s == "" || utf8.RuneCountInString(s) > longest || !utf8.ValidString(s):
			return "InvalidParameterValue"
		}
		return ""
	}
}

func matching(pattern string) func(any) string {
	return func(v any) string {
		s, ok := v.(string)
		switch {
		case !ok:
			return "InvalidParameter"
		case !regexp.MustCompile(pattern).MatchString(s):
			return "InvalidParameterValue"
		}
		return ""
	}
}

func oneOf(words ...string) func(any) string {
	pattern := ""
	for _, w := range words {
		pattern += "|" + regexp.QuoteMeta(w)
	}
	return matching("^(" + strings.TrimPrefix(pattern, "|") + ")$")
}

func number(least, most int64) func(any) string {
	return func(v any) string {
		if _, ok := v.(json.Number); !ok {
			return "InvalidParameter"
		}
		if !isNumber(v, least, most) {
			return "InvalidParameterValue"
		}
		return ""
	}
}

// isNumber reports whether v is a whole number within bounds.
func isNumber(v any, least, most int64) bool {
	n, ok := v.(json.Number)
	if !ok {
		return false
	}
	i, err := n.Int64()
	return err == nil && i >= least && i <= most
}

func object(members ...string) func(any) string {
	return func(v any) string {
		m, ok := v.(map[string]any)
		switch {
		case !ok:
			return "InvalidParameter"
		case !kit.Only(m, nil, members...):
			return "UnknownParameter"
		}
		return ""
	}
}

// ages checks AgeInfos: one to three ages, each with the place of its face or none.
func ages(v any) string {
	list, ok := v.([]any)
	if !ok {
		return "InvalidParameter"
	}
	if len(list) < 1 || len(list) > 3 {
		return "InvalidParameterValue"
	}
	for _, item := range list {
		m, ok := item.(map[string]any)
		switch {
		case !ok:
			return "InvalidParameter"
		case !kit.Only(m, nil, "Age", "FaceRect"):
			return "UnknownParameter"
		case m["Age"] == nil:
			return "MissingParameter"
		}
		if code := number(10, 80)(m["Age"]); code != "" {
			return code
		}
		rect, has := m["FaceRect"]
		if !has {
			continue
		}
		if code := object("X", "Y", "Width", "Height")(rect); code != "" {
			return code
		}
	}
	return ""
}
