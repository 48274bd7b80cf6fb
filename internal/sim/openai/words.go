package openai

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"vow.example/vow/internal/sim/kit"
)

func toString(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// chat answers a conversation.
func (s *Sim) chat(c *kit.Call, code string) kit.Reply {
	if c.MediaType != "application/json" {
		return fail("invalid_json", "")
	}
	rules := map[string]rule{
		"model": text(".+"), "messages": anything, "stream": truth, "stream_options": anything, "store": truth,
		"safety_identifier": text(".{1,64}"), "user": text(".+"), "n": number(1, 1, true), "seed": number(0, 1<<62, true),
		"temperature": number(0, 2, false), "top_p": number(0, 1, false),
		"max_tokens": number(1, 1<<20, true), "max_completion_tokens": number(1, 1<<20, true),
	}
	if out := s.judge(c.JSON, rules, "model", "messages"); out.Status != 0 {
		return out
	}
	if c.JSON["store"] == true {
		c.Odd("store: the conversation would be kept")
	}
	turns, ok := s.conversation(c)
	if !ok {
		return fail("invalid_value", "messages")
	}
	streamed := c.JSON["stream"] == true
	options, given := c.JSON["stream_options"].(map[string]any)
	if given && (!streamed || !kit.Only(options, nil, "include_usage", "include_obfuscation")) {
		return fail("invalid_value", "stream_options")
	}
	newest := map[string]string{"user": turns[len(turns)-1].text}
	out := s.verdict(newest)
	if out.Status == http.StatusBadRequest { // a chat refuses in its answer
		code, out = "content_filter", kit.Reply{}
	}
	if out.Status != 0 {
		return out
	}
	_, run := s.Stages(newest)
	if !streamed {
		if !s.Wait(c.Context(), run) {
			return fail("server_error", "")
		}
		return kit.JSON(http.StatusOK, map[string]any{
			"id": s.ID("chatcmpl-"), "object": "chat.completion", "created": s.Now().Unix(), "model": c.Text("model"),
			"choices": []any{map[string]any{"index": 0, "finish_reason": "stop",
				"message": map[string]any{"role": "assistant", "content": strings.Join(reply(turns), "")}}},
			"usage": usage(),
		})
	}
	events := s.stream(c.Text("model"), code, reply(turns), options["include_usage"] == true)
	return kit.Reply{Events: events, Pace: run / time.Duration(len(events))}
}

// turn is one message of a conversation.
type turn struct{ role, text string }

// conversation returns what was said, by the person and by the model, the newest words of the person
// last; false: the messages are not a conversation.
func (s *Sim) conversation(c *kit.Call) (turns []turn, ok bool) {
	list, _ := c.JSON["messages"].([]any)
	for _, item := range list {
		m, _ := item.(map[string]any)
		role, _ := m["role"].(string)
		content, isText := m["content"].(string)
		if !isText || !kit.Only(m, []string{"role", "content"}) || !slices.Contains([]string{"system", "user", "assistant"}, role) {
			return nil, false
		}
		if role != "system" {
			turns = append(turns, turn{role, content})
		}
	}
	if len(turns) == 0 || turns[len(turns)-1].role != "user" {
		return nil, false
	}
	for _, t := range turns[:len(turns)-1] {
		s.keep(c, "history", []byte(t.text))
	}
	s.keep(c, "user", []byte(turns[len(turns)-1].text))
	return turns, true
}

func usage() map[string]any {
	return map[string]any{"prompt_tokens": 9, "completion_tokens": 11, "total_tokens": 20}
}

// stream is the answer as events: a comment, the pieces, the reason of the end, the usage, and the
// closing word.
func (s *Sim) stream(model, code string, pieces []string, withUsage bool) []string {
	id, at := s.ID("chatcmpl-"), s.Now().Unix()
	chunk := func(choices []any, more map[string]any) string {
		v := map[string]any{"id": id, "object": "chat.completion.chunk", "created": at, "model": model, "choices": choices}
		for name, item := range more {
			v[name] = item
		}
		raw, err := json.Marshal(v)
		if err != nil {
			return "{}"
		}
		return string(raw)
	}
	choice := func(delta map[string]any, reason any) []any {
		return []any{map[string]any{"index": 0, "delta": delta, "finish_reason": reason}}
	}
	events := []string{": keep-alive", chunk(choice(map[string]any{"role": "assistant", "content": ""}, nil), nil)}
	reason := "stop"
	switch code {
	case "content_filter", "length", "tool_calls":
		reason, pieces = code, pieces[:len(pieces)/2]
	case "stream_error", "stream_filtered", "no_done":
		pieces = pieces[:len(pieces)/2]
	case "empty":
		pieces = nil
	}
	for _, p := range pieces {
		events = append(events, chunk(choice(map[string]any{"content": p}, nil), nil), ": keep-alive")
	}
	switch code {
	case "no_done":
		return events
	case "stream_error", "stream_filtered":
		of := map[string]string{"stream_error": "server_error", "stream_filtered": "content_policy_violation"}[code]
		raw, err := json.Marshal(body(of, ""))
		if err != nil {
			return events
		}
		return append(events, string(raw))
	}
	events = append(events, chunk(choice(map[string]any{}, reason), nil))
	if withUsage {
		events = append(events, chunk([]any{}, map[string]any{"usage": usage()}))
	}
	return append(events, "[DONE]")
}

// transcribe writes down speech.
func (s *Sim) transcribe(c *kit.Call, code string) kit.Reply {
	const most = 25 << 20
	members, ok := parts(c, "file")
	if !ok {
		return fail("invalid_type", "file")
	}
	rules := map[string]rule{
		"model": text(".+"), "language": text("[a-z]{2}"), "prompt": text(".*"),
		"response_format": oneOf("json", "verbose_json"), "temperature": number(0, 1, false),
	}
	if out := s.judge(members, rules, "model"); out.Status != 0 {
		return out
	}
	file := c.Part("file")
	if file == nil || len(file.Data) == 0 || len(file.Data) > most {
		return fail("missing_required_parameter", "file")
	}
	if !slices.Contains([]string{".flac", ".mp3", ".mp4", ".mpeg", ".mpga", ".m4a", ".ogg", ".wav", ".webm"}, path.Ext(file.FileName)) {
		return fail("invalid_value", "file")
	}
	s.keep(c, "file", file.Data)
	texts := map[string]string{}
	if prompt, given := members["prompt"].(string); given {
		s.keep(c, "prompt", []byte(prompt))
		texts["prompt"] = prompt
	}
	if out := s.magic(c, texts); out.Status != 0 {
		return out
	}
	heard := transcript(file.Data)
	if code == "empty" {
		heard = ""
	}
	return kit.JSON(http.StatusOK, map[string]any{"text": heard, "usage": map[string]any{"type": "duration", "seconds": 3}})
}

// transcript is a sentence that depends on every byte.
func transcript(data []byte) string {
	h := sha256.Sum256(data)
	who := []string{"The gardener", "A neighbour", "Somebody", "The teacher"}
	does := []string{"waters", "paints", "counts", "carries"}
	what := []string{"the roses", "a fence", "seven stones", "the lamp"}
	return fmt.Sprintf("%s %s %s, %x.", who[h[0]%4], does[h[1]%4], what[h[2]%4], h[3:6])
}
