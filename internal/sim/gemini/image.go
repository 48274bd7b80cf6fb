package gemini

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"vow.example/vow/internal/sim/kit"
)

// traits are what a family of models takes.
type traits struct {
	aspects, sizes []string
	pictures       int
	drafts         bool // thoughts with pictures come first
}

// traitsOf is Google's table of picture models. A name nobody has described is
// taken for one of the newest.
func traitsOf(model string) traits {
	t := traits{
		aspects: []string{"1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"}, pictures: 14,
	}
	more := []string{"1:4", "4:1", "1:8", "8:1"}
	switch {
	case strings.Contains(model, "2.5-flash-image"):
		t.pictures = 3
	case strings.Contains(model, "3.1-flash-lite-image"):
		t.aspects, t.sizes = append(t.aspects, more...), []string{"1K"}
	case strings.Contains(model, "3-pro-image"):
		t.sizes, t.drafts = []string{"1K", "2K", "4K"}, true
	default:
		t.aspects, t.sizes = append(t.aspects, more...), []string{"512", "1K", "2K", "4K"}
	}
	return t
}

// generate makes a picture and answers with it.
func (s *Sim) generate(c *kit.Call, model string) kit.Reply {
	if !slices.Contains(s.opts.Models, model) || isVideo(model) {
		return refuse("NOT_FOUND", model)
	}
	if stored, given := c.JSON["store"].(bool); !given || stored {
		c.Odd("order that Google would store")
		return fault("store", "")
	}
	job := s.job(model, "image")
	if !kit.Only(c.JSON, []string{"contents", "store"}, "generationConfig", "safetySettings") || !safe(c.JSON["safetySettings"]) {
		return fault("", "")
	}
	kinds := traitsOf(model)
	if at := s.readConfig(c.JSON["generationConfig"], kinds, job); at != "" {
		return fault("generation_config."+at, "")
	}
	if at := s.readContents(c, kinds, job); at != "" {
		return fault("contents[0]."+at, job.Texts[s.field("text")])
	}
	words := job.Texts[s.field("text")]
	if refused := s.magic(words); refused != nil {
		return *refused
	}
	s.note(job)
	if reason := s.next(Block); reason != "" || strings.Contains(words, "test:refused") {
		if reason == "" {
			reason = "PROHIBITED_CONTENT"
		}
		return s.said(model, map[string]any{"promptFeedback": map[string]any{"blockReason": reason}})
	}
	queue, run := s.Stages(job.Texts)
	if !s.Wait(c.Context(), queue+run) {
		return refuse("DEADLINE_EXCEEDED", words)
	}
	return s.draw(c.Context(), model, job)
}

func isVideo(model string) bool { return strings.HasPrefix(model, "veo-") }

// job is an empty job for a model.
func (s *Sim) job(model, want string) kit.Job {
	return kit.Job{
		Feature: cmp.Or(s.opts.Features[model], model), Want: want,
		Media: map[string][]byte{}, Texts: map[string]string{}, Options: map[string]string{},
	}
}

// draw makes the picture, or ends without one.
func (s *Sim) draw(ctx context.Context, model string, job kit.Job) kit.Reply {
	reason := s.next(Finish)
	if strings.Contains(job.Texts[s.field("text")], "test:fail") {
		reason = "IMAGE_OTHER"
	}
	candidate := map[string]any{"index": 0, "finishReason": "STOP"}
	parts := []any{map[string]any{"text": "Here is the edit."}}
	if reason != "" {
		candidate["finishReason"], candidate["content"] = reason, map[string]any{}
		if reason == "STOP" {
			candidate["content"] = map[string]any{"role": "model", "parts": parts}
		}
		return s.said(model, map[string]any{"candidates": []any{candidate}})
	}
	out, err := s.Render(ctx, job)
	if err != nil {
		return refuse("INTERNAL", "")
	}
	s.Hold("result", "log", out.Data, out.MediaType, logKept)
	picture := map[string]any{"mimeType": out.MediaType, "data": base64.StdEncoding.EncodeToString(out.Data)}
	if traitsOf(model).drafts {
		draft := base64.StdEncoding.EncodeToString([]byte("\x89PNG\r\n\x1a\n a draft"))
		parts = append([]any{map[string]any{"thought": true, "inlineData": map[string]any{"mimeType": "image/png", "data": draft}}}, parts...)
	}
	parts = append(parts, map[string]any{"inlineData": picture, "thoughtSignature": "c2lnbmF0dXJl"})
	candidate["content"] = map[string]any{"role": "model", "parts": parts}
	return s.said(model, map[string]any{"candidates": []any{candidate}})
}

// said completes an answer.
func (s *Sim) said(model string, doc map[string]any) kit.Reply {
	doc["modelVersion"], doc["responseId"] = model, s.ID("")
	doc["usageMetadata"] = map[string]any{"promptTokenCount": 268, "candidatesTokenCount": 1290, "totalTokenCount": 1558}
	return kit.JSON(http.StatusOK, doc)
}

// note keeps what an order carried in the log against abuse.
func (s *Sim) note(job kit.Job) {
	for field, data := range job.Media {
		s.Hold(field, "log", data, http.DetectContentType(data), logKept)
	}
	for _, texts := range []map[string]string{job.Texts, job.Options} {
		for field, text := range texts {
			s.Hold(field, "log", []byte(text), "text/plain", logKept)
		}
	}
}

// magic is the refusal that a script or the magic words of the tests ask for, or nil.
func (s *Sim) magic(words string) *kit.Reply {
	var out kit.Reply
	code := s.next(Order)
	s.Lock()
	defer s.Unlock()
	switch {
	case code != "":
		out = refuse(code, words)
	case strings.Contains(words, "test:provider_down"):
		out = refuse("UNAVAILABLE", words)
	case strings.Contains(words, "test:throttled") && !s.throttled[words]:
		s.throttled[words] = true
		out = refuse("RESOURCE_EXHAUSTED", words)
	default:
		return nil
	}
	return &out
}

// safe reports whether safety settings are known ones.
func safe(v any) bool {
	if v == nil {
		return true
	}
	categories := []string{"HARASSMENT", "HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT", "CIVIC_INTEGRITY"}
	thresholds := []string{"BLOCK_LOW_AND_ABOVE", "BLOCK_MEDIUM_AND_ABOVE", "BLOCK_ONLY_HIGH"} // what switches the filter off is refused
	for _, item := range array(v) {
		one, _ := item.(map[string]any)
		category, _ := one["category"].(string)
		threshold, _ := one["threshold"].(string)
		name, ok := strings.CutPrefix(category, "HARM_CATEGORY_")
		if !ok || !kit.Only(one, []string{"category", "threshold"}) || !slices.Contains(categories, name) || !slices.Contains(thresholds, threshold) {
			return false
		}
	}
	_, isList := v.([]any)
	return isList
}

// readConfig puts the options into the job, or returns the member at fault.
func (s *Sim) readConfig(v any, kinds traits, job kit.Job) (at string) {
	config, ok := v.(map[string]any)
	if !ok || !kit.Only(config, []string{"responseModalities"}, "imageConfig") {
		return "response_modalities"
	}
	list, hasPicture := array(config["responseModalities"]), false
	for _, item := range list {
		hasPicture = hasPicture || item == "IMAGE"
		if item != "IMAGE" && item != "TEXT" {
			return "response_modalities"
		}
	}
	if !hasPicture || len(list) > 2 {
		return "response_modalities"
	}
	if config["imageConfig"] == nil {
		return ""
	}
	shape, ok := config["imageConfig"].(map[string]any)
	if !ok || !kit.Only(shape, nil, "aspectRatio", "imageSize") {
		return "image_config"
	}
	for name, allowed := range map[string][]string{"aspectRatio": kinds.aspects, "imageSize": kinds.sizes} {
		word, given := shape[name]
		if text, _ := word.(string); given && !slices.Contains(allowed, text) {
			return "image_config." + name
		}
		if given {
			job.Options[s.field(name)] = fmt.Sprint(word)
		}
	}
	return ""
}

// readContents puts words and pictures into the job, or returns the member at fault.
func (s *Sim) readContents(c *kit.Call, kinds traits, job kit.Job) (at string) {
	list := array(c.JSON["contents"])
	if len(list) != 1 {
		return "parts"
	}
	turn, _ := list[0].(map[string]any)
	if parts := array(turn["parts"]); !kit.Only(turn, []string{"parts"}, "role") || len(parts) == 0 || turn["role"] != nil && turn["role"] != "user" {
		return "parts"
	}
	pictures := 0
	for i, item := range array(turn["parts"]) {
		at = fmt.Sprintf("parts[%d]", i)
		part, _ := item.(map[string]any)
		if len(part) != 1 {
			return at
		}
		if words, ok := part["text"].(string); ok {
			if words == "" || job.Texts[s.field("text")] != "" {
				return at + ".text"
			}
			job.Texts[s.field("text")] = words
			continue
		}
		pictures++
		field := s.field("image_" + strconv.Itoa(pictures))
		data, inner := s.readPicture(c, part, field)
		if data == nil || pictures > kinds.pictures {
			return at + inner
		}
		job.Media[field] = data
	}
	return ""
}

// readPicture returns the picture of a part, or nil and the member at fault.
func (s *Sim) readPicture(c *kit.Call, part map[string]any, field string) ([]byte, string) {
	if inline, ok := part["inlineData"].(map[string]any); ok && kit.Only(inline, []string{"mimeType", "data"}) {
		return picture(inline["data"], inline["mimeType"]), ".inline_data"
	}
	linked, ok := part["fileData"].(map[string]any)
	if !ok || !kit.Only(linked, []string{"mimeType", "fileUri"}) {
		return nil, ""
	}
	address, _ := linked["fileUri"].(string)
	data, _, err := s.FetchLink(c.Context(), address, field)
	if err != nil || !isPicture(data, linked["mimeType"]) {
		return nil, ".file_data"
	}
	return data, ""
}

// picture decodes a picture that is in the call, or returns nil.
func picture(encoded, mediaType any) []byte {
	text, _ := encoded.(string)
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil || !isPicture(data, mediaType) {
		return nil
	}
	return data
}

// isPicture reports whether data is a picture of the type that is claimed.
func isPicture(data []byte, mediaType any) bool {
	real := http.DetectContentType(data)
	return len(data) > 0 && real == mediaType && slices.Contains([]string{"image/png", "image/jpeg", "image/webp"}, real)
}
