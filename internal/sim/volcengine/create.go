package volcengine

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"vow.example/vow/internal/sim/kit"
)

// create takes a task.
func (s *Sim) create(c *kit.Call) kit.Reply {
	s.Lock()
	code := s.next(Create)
	s.Unlock()
	words := wordsOf(c)
	if code != "" {
		return refuse(code, "", words)
	}
	if param := wrong(c.JSON); param != "" {
		kind := "InvalidParameter."
		if _, given := c.JSON[param]; !given {
			kind = "MissingParameter."
		}
		return refuse(kind+param, param, words)
	}
	if !slices.Contains(s.opts.Models, c.Text("model")) {
		return refuse("InvalidEndpointOrModel.NotFound", "model", words)
	}
	j := &job{
		model: c.Text("model"), feature: cmp.Or(s.opts.Features[c.Text("model")], c.Text("model")), host: c.Host, webhook: c.Text("callback_url"), fault: c.Fault, state: queued, words: words,
		media: map[string][]byte{}, texts: map[string]string{}, options: map[string]string{},
		ratio: c.JSON["ratio"], resolution: c.JSON["resolution"], duration: c.JSON["duration"], seed: c.JSON["seed"],
	}
	if n, ok := whole(c.JSON["execution_expires_after"]); ok {
		j.expires = n
	}
	for _, name := range []string{"ratio", "resolution", "duration"} {
		if v, ok := c.JSON[name]; ok {
			j.options[s.field(name)] = fmt.Sprint(v)
		}
	}
	if code, param := s.fill(c, j); code != "" {
		return refuse(code, param, words)
	}
	return s.enqueue(j)
}

func wordsOf(c *kit.Call) string {
	list, _ := c.JSON["content"].([]any)
	for _, item := range list {
		if piece, _ := item.(map[string]any); piece["type"] == "text" {
			words, _ := piece["text"].(string)
			return words
		}
	}
	return ""
}

// wrong names the first member of an order that Ark does not know, or whose value it does not
// take; "" is none.
func wrong(body map[string]any) string {
	for _, name := range []string{"model", "content"} {
		if _, ok := body[name]; !ok {
			return name
		}
	}
	names := make([]string, 0, len(body))
	for name := range body {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if !fits(name, body) {
			return name
		}
	}
	_, long := body["duration"]
	if _, frames := body["frames"]; long && frames {
		return "frames"
	}
	return ""
}

// fits reports whether a member of an order has a value that Ark takes.
func fits(name string, body map[string]any) bool {
	v := body[name]
	word, isWord := v.(string)
	_, isTruth := v.(bool)
	n, isWhole := whole(v)
	switch name {
	case "model", "safety_identifier":
		return isWord && word != "" && len(word) <= 128
	case "content":
		_, isList := v.([]any)
		return isList
	case "ratio":
		return slices.Contains([]string{"16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "adaptive"}, word)
	case "resolution":
		return slices.Contains([]string{"480p", "720p", "1080p"}, word)
	case "duration":
		low, high := int64(3), int64(12)
		if model, _ := body["model"].(string); strings.Contains(model, "seedance-2") {
			low, high = 4, 15
		}
		return isWhole && n >= low && n <= high
	case "frames":
		return isWhole && n > 0
	case "seed":
		return isWhole && n >= -1 && n < 1<<32
	case "priority":
		return isWhole && n >= 0 && n <= 9
	case "execution_expires_after":
		return isWhole && n >= 3600 && n <= 259200
	case "camera_fixed", "watermark", "generate_audio", "draft", "return_last_frame":
		return isTruth
	case "service_tier":
		return word == "default" || word == "flex"
	case "output_format":
		return word == "mp4"
	case "callback_url":
		return isWord && kit.IsAddress(word)
	default:
		return false
	}
}

// whole returns a JSON number that is whole.
func whole(v any) (int64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := n.Int64()
	return i, err == nil
}

// fill puts the content into the job, or returns the code and place of the first fault.
func (s *Sim) fill(c *kit.Call, j *job) (code, param string) {
	list, _ := c.JSON["content"].([]any)
	if len(list) == 0 {
		return "MissingParameter.content", "content"
	}
	for i, item := range list {
		param = fmt.Sprintf("content[%d]", i)
		piece, _ := item.(map[string]any)
		switch piece["type"] {
		case "text":
			words, ok := piece["text"].(string)
			if !kit.Only(piece, []string{"type", "text"}) || !ok || words == "" || j.texts[s.field("text")] != "" {
				return "InvalidParameter.content", param
			}
			j.texts[s.field("text")] = words
		case "image_url":
			if code := s.picture(c, j, piece); code != "" {
				return code, param + ".image_url"
			}
		default: // videos, sounds and drafts are for models that are not simulated
			return "InvalidParameter.content", param
		}
	}
	_, first := j.media[s.field("first_frame")]
	_, last := j.media[s.field("last_frame")]
	_, reference := j.media[s.field("reference_image")]
	if last && !first || reference && first {
		return "InvalidParameter.content", "content"
	}
	return s.refusal(j.words), ""
}

// picture reads a picture from its address.
func (s *Sim) picture(c *kit.Call, j *job, piece map[string]any) (code string) {
	role, ok := piece["role"].(string)
	if _, given := piece["role"]; !given {
		role, ok = "first_frame", true
	}
	at, _ := piece["image_url"].(map[string]any)
	address, isWord := at["url"].(string)
	field := s.field(role)
	_, twice := j.media[field]
	switch {
	case !kit.Only(piece, []string{"type", "image_url"}, "role"), !kit.Only(at, []string{"url"}), !isWord, !ok, twice,
		!slices.Contains([]string{"first_frame", "last_frame", "reference_image"}, role):
		return "InvalidParameter.content"
	case address == "":
		return "InvalidImageURL.EmptyURL"
	}
	var data []byte
	var err error
	if head, rest, ok := strings.Cut(address, ";base64,"); ok && strings.HasPrefix(head, "data:image/") {
		data, err = base64.StdEncoding.DecodeString(rest)
	} else {
		data, _, err = s.FetchLink(c.Context(), address, field)
	}
	if err != nil || !strings.HasPrefix(http.DetectContentType(data), "image/") {
		return "InvalidImageURL.InvalidFormat"
	}
	j.media[field] = data
	return ""
}

// refusal is the code that the magic words of the tests ask for, or "".
func (s *Sim) refusal(words string) string {
	s.Lock()
	defer s.Unlock()
	switch {
	case strings.Contains(words, "test:refused"):
		return "InputTextSensitiveContentDetected"
	case strings.Contains(words, "test:real_person"):
		return "InputImageSensitiveContentDetected.PrivacyInformation"
	case strings.Contains(words, "test:throttled") && !s.throttled[words]:
		s.throttled[words] = true
		return "ServerOverloaded"
	default:
		return ""
	}
}
