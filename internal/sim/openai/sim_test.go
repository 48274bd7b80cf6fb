package openai_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/sim/kit"
	"vow.example/vow/internal/sim/openai"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	key = "fake-openai-key"
	png = "\x89PNG\r\n\x1a\n pixels"
)

func echo(_ context.Context, j kit.Job) (kit.Output, error) {
	if j.Texts["prompt"] == "nothing" {
		return kit.Output{}, errors.New("nothing to draw")
	}
	return kit.Output{Data: []byte(png + j.Texts["prompt"] + string(j.Media["photo"])), MediaType: "image/png"}, nil
}

func start(t *testing.T, o openai.Options) *openai.Sim {
	t.Helper()
	o.Key, o.Models = key, []string{"gpt-image-1", "local-model", "whisper-1", "Qwen/Qwen3Guard-Gen-4B"}
	o.Fields = map[string]string{"user": "message", "image[]": "photo"}
	if o.Render == nil {
		o.Render = echo
	}
	s := openai.New(o)
	t.Cleanup(s.Close)
	return s
}

// send makes a call and returns status, head and body.
func send(t *testing.T, s http.Handler, path, contentType string, body []byte) (int, http.Header, string) {
	t.Helper()
	method := "POST"
	if body == nil {
		method = "GET"
	}
	r := httptest.NewRequest(method, path, bytes.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+key)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Code, w.Header(), w.Body.String()
}

func post(t *testing.T, s http.Handler, path, body string) (int, string) {
	t.Helper()
	status, _, answer := send(t, s, path, "application/json", []byte(body))
	return status, answer
}

// form sends a form: pairs of name and value, where "@type" before a name makes a file.
func form(t *testing.T, s http.Handler, path string, pairs ...string) (int, string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		name, file := strings.CutPrefix(pairs[i], "@")
		if !file {
			_ = m.WriteField(name, pairs[i+1])
			continue
		}
		mediaType, name, _ := strings.Cut(name, " ")
		h := textproto.MIMEHeader{}
		_, ext, _ := strings.Cut(mediaType, "/")
		h.Set("Content-Disposition", `form-data; name="`+name+`"; filename="0123456789abcdef0123456789abcdef.`+ext+`"`)
		h.Set("Content-Type", mediaType)
		part, err := m.CreatePart(h)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write([]byte(pairs[i+1]))
	}
	_ = m.Close()
	status, _, answer := send(t, s, path, m.FormDataContentType(), b.Bytes())
	return status, answer
}

func code(body string) string {
	var v struct{ Error struct{ Code string } }
	_ = json.Unmarshal([]byte(body), &v)
	return v.Error.Code
}

const (
	draw  = "/v1/images/generations"
	edit  = "/v1/images/edits"
	talk  = "/v1/chat/completions"
	heard = "/v1/audio/transcriptions"
)

func TestWhatTheDialectDoesNotKnowIsRefusedInItsOwnForm(t *testing.T) {
	t.Parallel()
	s := start(t, openai.Options{Lacks: []string{"moderation"}})
	for name, c := range map[string]struct{ path, body, want string }{
		"an unknown path":        {"/v1/embeddings", `{}`, "unknown_url"},
		"a query":                {draw + "?x=1", `{"prompt":"x"}`, "unknown_url"},
		"half a document":        {draw, `{`, "invalid_json"},
		"an unknown member":      {draw, `{"prompt":"x","negative_prompt":"y"}`, "unknown_parameter"},
		"a member it lacks":      {draw, `{"prompt":"x","moderation":"low"}`, "unknown_parameter"},
		"no prompt":              {draw, `{"model":"gpt-image-1"}`, "missing_required_parameter"},
		"an empty prompt":        {draw, `{"prompt":""}`, "invalid_value"},
		"a model it has not":     {draw, `{"prompt":"x","model":"dall-e-9"}`, "model_not_found"},
		"too many":               {draw, `{"prompt":"x","model":"gpt-image-1","n":11}`, "invalid_value"},
		"a size of one side":     {draw, `{"prompt":"x","size":"1024"}`, "invalid_value"},
		"an unknown quality":     {draw, `{"prompt":"x","quality":"best"}`, "invalid_value"},
		"no messages":            {talk, `{"model":"local-model"}`, "missing_required_parameter"},
		"messages of no shape":   {talk, `{"model":"local-model","messages":["hi"]}`, "invalid_value"},
		"an unknown role":        {talk, `{"model":"local-model","messages":[{"role":"boss","content":"hi"}]}`, "invalid_value"},
		"a message with a name":  {talk, `{"model":"local-model","messages":[{"role":"user","content":"hi","name":"Jo"}]}`, "invalid_value"},
		"options without stream": {talk, `{"model":"local-model","messages":[{"role":"user","content":"hi"}],"stream_options":{}}`, "invalid_value"},
		"a form of its own":      {edit, `{"prompt":"x"}`, "invalid_type"},
	} {
		status, body := post(t, s, c.path, c.body)
		if status < 400 || code(body) != c.want {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	r := httptest.NewRequest("GET", "/v1/models", nil)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != http.StatusUnauthorized || code(w.Body.String()) != "invalid_api_key" {
		t.Errorf("without a key: %d %s", w.Code, w.Body)
	}
}

func TestFormsAreReadStrictly(t *testing.T) {
	t.Parallel()
	s := start(t, openai.Options{})
	for name, c := range map[string]struct {
		path  string
		pairs []string
		want  string
	}{
		"no picture":                 {edit, []string{"prompt", "x", "model", "gpt-image-1"}, "missing_required_parameter"},
		"a picture that is none":     {edit, []string{"prompt", "x", "model", "gpt-image-1", "@image/png image[]", "words"}, "invalid_image"},
		"a member twice":             {edit, []string{"prompt", "x", "prompt", "y"}, "invalid_type"},
		"a file in a word's place":   {edit, []string{"@image/png prompt", png}, "invalid_type"},
		"a word in a file's place":   {edit, []string{"image[]", "x"}, "invalid_type"},
		"a style of another call":    {edit, []string{"prompt", "x", "model", "gpt-image-1", "style", "vivid", "@image/png image", png}, "unknown_parameter"},
		"no file":                    {heard, []string{"model", "whisper-1"}, "missing_required_parameter"},
		"a file of another kind":     {heard, []string{"model", "whisper-1", "@image/png file", png}, "invalid_value"},
		"a language in full":         {heard, []string{"model", "whisper-1", "language", "english", "@audio/wav file", "x"}, "invalid_value"},
		"an answer in another shape": {heard, []string{"model", "whisper-1", "response_format", "srt", "@audio/wav file", "x"}, "invalid_value"},
	} {
		if status, body := form(t, s, c.path, c.pairs...); status != http.StatusBadRequest || code(body) != c.want {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
}

func TestEveryErrorCanBeProduced(t *testing.T) {
	t.Parallel()
	for want, status := range map[string]int{
		"invalid_api_key": 401, "unsupported_country_region_territory": 403, "model_not_found": 404, "content_policy_violation": 400,
		"moderation_blocked": 400, "rate_limit_exceeded": 429, "insufficient_quota": 429, "server_error": 500,
	} {
		s := start(t, openai.Options{})
		s.Next(want)
		got, head, body := send(t, s, draw, "application/json", []byte(`{"prompt":"x","model":"gpt-image-1"}`))
		if got != status || code(body) != want || (head.Get("Retry-After") == "1") != (status == 429) {
			t.Errorf("%s: %d %v %s", want, got, head, body)
		}
		if got, _ := post(t, s, draw, `{"prompt":"x","model":"gpt-image-1"}`); got != http.StatusOK {
			t.Errorf("after %s: %d", want, got)
		}
	}
	s := start(t, openai.Options{})
	for words, status := range map[string]int{"test:fail": 500, "test:provider_down": 503, "test:refused": 400, "test:throttled": 429, "nothing": 500} {
		if got, _ := post(t, s, draw, `{"prompt":"`+words+`","model":"gpt-image-1"}`); got != status {
			t.Errorf("%s: %d", words, got)
		}
	}
	if got, _ := post(t, s, draw, `{"prompt":"test:throttled","model":"gpt-image-1"}`); got != http.StatusOK {
		t.Errorf("test:throttled is refused once only: %d", got)
	}
}

func TestPicturesComeInlineOrByAnAddressThatEnds(t *testing.T) {
	t.Parallel()
	fake := clock.NewFake(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
	s := start(t, openai.Options{URL: true, Options: kit.Options{Clock: fake}})
	status, body := form(t, s, edit, "prompt", "a hat", "model", "gpt-image-1", "n", "2", "response_format", "b64_json", "@image/png image[]", png)
	if inline := base64.StdEncoding.EncodeToString([]byte(png + "a hat" + png)); status != http.StatusOK || strings.Count(body, inline) != 2 {
		t.Errorf("%d %s", status, body)
	}
	_, body = post(t, s, draw, `{"prompt":"a fox","model":"gpt-image-1"}`)
	var v struct{ Data []struct{ URL string } }
	if err := json.Unmarshal([]byte(body), &v); err != nil || len(v.Data) != 1 {
		t.Fatalf("%v: %s", err, body)
	}
	_, path, _ := strings.Cut(v.Data[0].URL, "://example.com")
	if status, _, body := send(t, s, path, "", nil); status != http.StatusOK || body != png+"a fox" {
		t.Errorf("%s: %d %s", path, status, body)
	}
	fake.Advance(time.Hour)
	if status, _, _ := send(t, s, path, "", nil); status != http.StatusNotFound || len(s.Received().Holds) > 0 {
		t.Errorf("after an hour: %d, %v", status, s.Received().Holds)
	}
	if first := s.Received().Requests[0].Fields; strings.Join(first, " ") != "photo prompt" {
		t.Errorf("carried: %v", first)
	}
}

func TestAChatStreamsAndSaysWhatItWasAsked(t *testing.T) {
	t.Parallel()
	ask := `{"model":"local-model","messages":[{"role":"system","content":"s"},{"role":"user","content":"a secret fox"}],"stream":true,"stream_options":{"include_usage":true}}`
	for script, c := range map[string]struct {
		has, hasNot []string
	}{
		"":                {[]string{": keep-alive", `"content":"谢谢"`, `"finish_reason":"stop"`, `"usage"`, "data: [DONE]", "You asked: “a secret fox”."}, []string{"First you said"}},
		"length":          {[]string{`"finish_reason":"length"`, "data: [DONE]"}, []string{"谢谢"}},
		"content_filter":  {[]string{`"finish_reason":"content_filter"`, "data: [DONE]"}, nil},
		"tool_calls":      {[]string{`"finish_reason":"tool_calls"`}, nil},
		"stream_error":    {[]string{`"code":"server_error"`}, []string{"[DONE]", `"finish_reason":"stop"`}},
		"stream_filtered": {[]string{`"code":"content_policy_violation"`}, []string{"[DONE]"}},
		"no_done":         {[]string{`"content":"That "`}, []string{"[DONE]"}},
		"empty":           {[]string{"[DONE]"}, []string{"I read"}},
	} {
		s := start(t, openai.Options{})
		if script != "" {
			s.Next(script)
		}
		status, head, body := send(t, s, talk, "application/json", []byte(ask))
		if status != http.StatusOK || head.Get("Content-Type") != "text/event-stream" {
			t.Errorf("%s: %d %v", script, status, head)
		}
		for _, want := range c.has {
			if !strings.Contains(body, want) {
				t.Errorf("%s: no %s in %s", script, want, body)
			}
		}
		for _, no := range c.hasNot {
			if strings.Contains(body, no) {
				t.Errorf("%s: %s in %s", script, no, body)
			}
		}
	}
	s := start(t, openai.Options{})
	if status, body := post(t, s, talk, strings.Replace(ask, `"stream":true,"stream_options":{"include_usage":true}`, `"temperature":0`, 1)); status != 200 || !strings.Contains(body, "I read 3 words") {
		t.Errorf("in one piece: %d %s", status, body)
	}
	_, _ = post(t, s, talk, strings.Replace(ask, `"stream":true`, `"stream":true,"store":true`, 1))
	if odd := s.Received().Violations; len(odd) != 1 || !strings.HasPrefix(odd[0], "store") {
		t.Errorf("noticed: %v", odd)
	}
}

func TestAChatRemembersWhatItWasToldFirst(t *testing.T) {
	t.Parallel()
	s := start(t, openai.Options{})
	talkOf := func(turns string) string { return `{"model":"local-model","messages":[` + turns + `]}` }
	const first, answer = `{"role":"user","content":"I call my cat Morris"}`, `{"role":"assistant","content":"A fine name."}`
	_, alone := post(t, s, talk, talkOf(first))
	_, later := post(t, s, talk, talkOf(first+","+answer+`,{"role":"user","content":"what is a good recipe for my pasta?"}`))
	_, other := post(t, s, talk, talkOf(`{"role":"user","content":"I have a dog"},`+answer+`,{"role":"user","content":"我发烧了怎么办"}`))
	if strings.Contains(alone, "First you said") || !strings.Contains(later, "First you said: “I call my cat Morris”, 2 messages ago.") || !strings.Contains(later, "Heat the pan") {
		t.Errorf("%s\n%s", alone, later)
	}
	if !strings.Contains(other, "你最先说的是：“I have a dog”") || !strings.Contains(other, "剂量") || strings.Contains(other, "Morris") {
		t.Errorf("%s", other)
	}
	for name, turns := range map[string]string{"nobody": "", "the model has the last word": first + "," + answer, "a stranger": `{"role":"tool","content":"x"}`} {
		if status, body := post(t, s, talk, talkOf(turns)); status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
}

func TestAStreamIsAsSlowAsItIsToldAndNoticesWhoLeaves(t *testing.T) {
	t.Parallel()
	s := start(t, openai.Options{Options: kit.Options{Slow: time.Hour}})
	srv := httptest.NewServer(s)
	defer srv.Close()
	ctx, leave := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, srv.URL+talk, strings.NewReader(`{"model":"local-model","messages":[{"role":"user","content":"test:slow"}],"stream":true}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var one [1]byte
	if _, err := resp.Body.Read(one[:]); err != nil || s.Received().Left != 0 {
		t.Fatalf("%v, %d left", err, s.Received().Left)
	}
	leave()
	for end := time.Now().Add(10 * time.Second); s.Received().Left == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the server never noticed")
		}
	}
}

func TestSpeechIsWrittenDownByItsBytes(t *testing.T) {
	t.Parallel()
	s := start(t, openai.Options{Logs: time.Hour})
	_, one := form(t, s, heard, "model", "whisper-1", "prompt", "names", "@audio/wav file", "one")
	_, again := form(t, s, heard, "model", "whisper-1", "@audio/wav file", "one")
	_, other := form(t, s, heard, "model", "whisper-1", "@audio/wav file", "other")
	if one != again || one == other || !strings.Contains(one, `"text":"`) {
		t.Errorf("%s, %s, %s", one, again, other)
	}
	if n := len(s.Received().Holds); n != 4 {
		t.Errorf("the log holds %d things", n)
	}
	s.Next("empty")
	if _, body := form(t, s, heard, "model", "whisper-1", "@audio/wav file", "one"); !strings.Contains(body, `"text":""`) {
		t.Errorf("got %s", body)
	}
}

// TestTheCaptureIsAccepted replays what the official client sent, as far as the server has it.
func TestTheCaptureIsAccepted(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join("..", "replay", "testdata", "captures", "openai-sdk.json"))
	if err != nil {
		t.Fatal(err)
	}
	var tape []struct {
		Request struct {
			Method, Target string
			Headers        [][2]string
			Body           string
			Base64         []byte `json:"body_base64"`
		}
	}
	if err := json.Unmarshal(raw, &tape); err != nil {
		t.Fatal(err)
	}
	s := start(t, openai.Options{})
	for _, n := range []int{0, 1, 2, 4, 5, 10} {
		x := tape[n].Request
		body := x.Base64
		if len(body) == 0 {
			body = []byte(x.Body)
		}
		body = bytes.Replace(body, []byte("\x89PNGFAKE"), []byte("\x89PNG\r\n\x1a\n"), 1) // the recorded picture is none
		r := httptest.NewRequest(x.Method, x.Target, bytes.NewReader(body))
		for _, h := range x.Headers {
			r.Header.Set(h[0], h[1])
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Errorf("exchange %d: %d %s", n+1, w.Code, w.Body)
		}
	}
}
