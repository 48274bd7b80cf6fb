package zhipu

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"vow.example/vow/internal/sim/kit"
)

// maxPicture is how many bytes a picture may have, and maxPrompt how many characters a prompt.
const (
	maxPicture = 5 << 20
	maxPrompt  = 512
)

// check returns the code of the first fault among a call's members.
func (s *Sim) check(c *kit.Call) string {
	if !kit.Only(c.JSON, nil, "model", "prompt", "image_url", "quality", "with_audio", "watermark_enabled", "size", "fps", "duration", "request_id", "user_id") {
		return "1210"
	}
	_, hasPicture := c.JSON["image_url"]
	_, hasPrompt := c.JSON["prompt"]
	switch {
	case c.JSON["model"] == nil, !hasPicture && !hasPrompt:
		return "1213"
	case !slices.Contains(s.opts.Models, c.Text("model")):
		return "1211"
	}
	for name, v := range c.JSON {
		if name != "model" && name != "image_url" && !takes(name, v) {
			return "1214"
		}
	}
	if utf8.RuneCountInString(c.Text("prompt")) > maxPrompt {
		return "1261"
	}
	if c.JSON["watermark_enabled"] == false && !s.opts.Declared {
		return "1220"
	}
	return ""
}

// takes reports whether a member may have a value.
func takes(name string, v any) bool {
	text, isText := v.(string)
	_, isFlag := v.(bool)
	number, isNumber := v.(json.Number)
	switch name {
	case "prompt":
		return isText && text != ""
	case "quality":
		return text == "speed" || text == "quality"
	case "size":
		return slices.Contains([]string{"1280x720", "720x1280", "1024x1024", "1920x1080", "1080x1920", "2048x1080", "3840x2160"}, text)
	case "with_audio", "watermark_enabled":
		return isFlag
	case "fps":
		return isNumber && (number == "30" || number == "60")
	case "duration":
		return isNumber && (number == "5" || number == "10")
	case "user_id":
		n := utf8.RuneCountInString(text)
		return isText && n >= 6 && n <= 128
	case "request_id":
		return isText && text != "" && len(text) <= 64
	default:
		return false
	}
}

// pictures returns the pictures of a call, one, or the first and the last frame, or the code of
// what is wrong with them.
func (s *Sim) pictures(c *kit.Call) (list [][]byte, code string) {
	raw, ok := c.JSON["image_url"]
	if !ok {
		return nil, ""
	}
	values, isList := raw.([]any)
	if !isList {
		values = []any{raw}
	} else if len(values) != 2 {
		return nil, "1214"
	}
	for _, v := range values {
		text, isText := v.(string)
		if !isText {
			return nil, "1214"
		}
		data, code := s.picture(c, text)
		if code != "" {
			return nil, code
		}
		list = append(list, data)
	}
	return list, ""
}

// picture reads one picture: base64, with or without the head of a data URL, or an address.
func (s *Sim) picture(c *kit.Call, text string) ([]byte, string) {
	var data []byte
	var err error
	if head, rest, ok := strings.Cut(text, ";base64,"); ok && strings.HasPrefix(head, "data:image/") {
		data, err = base64.StdEncoding.DecodeString(rest)
	} else if strings.Contains(text, "://") {
		data, _, err = s.FetchLink(c.Context(), text, s.field("image_url"))
	} else {
		data, err = base64.StdEncoding.DecodeString(text)
	}
	switch {
	case err != nil:
		return nil, "1214"
	case len(data) > maxPicture:
		return nil, "435"
	case !slices.Contains([]string{"image/png", "image/jpeg"}, http.DetectContentType(data)):
		return nil, "1214"
	}
	return data, ""
}
