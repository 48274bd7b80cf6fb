package gemini_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"vow.example/vow/internal/sim/gemini"
	"vow.example/vow/internal/sim/kit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	key   = "fake-gemini-api-key"
	flash = "gemini-2.5-flash-image"
	pro   = "gemini-3-pro-image"
	veo   = "veo-3.1-generate-preview"
	draw  = "/v1beta/models/" + flash + ":generateContent"
	film  = "/v1beta/models/" + veo + ":predictLongRunning"
)

type m = map[string]any

// bench is a simulator with a client.
type bench struct {
	*gemini.Sim
	t      *testing.T
	base   string
	header http.Header
}

func start(t *testing.T, o gemini.Options) *bench {
	t.Helper()
	o.APIKey = key
	o.Fields = map[string]string{"text": "prompt", "image_1": "photo", "image_2": "second_photo", "imageSize": "resolution", "image": "first_frame"}
	if o.Render == nil {
		o.Render = func(_ context.Context, j kit.Job) (kit.Output, error) {
			if j.Texts["prompt"] == "no result" {
				return kit.Output{}, errors.New("no result")
			}
			return kit.Output{Data: append(slices.Clone(j.Media["photo"]), j.Texts["prompt"]+j.Options["resolution"]+j.Feature...), MediaType: "image/png"}, nil
		}
	}
	s := gemini.New(o)
	t.Cleanup(s.Close)
	base, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return &bench{Sim: s, t: t, base: base, header: http.Header{"X-Goog-Api-Key": {key}}}
}

// call makes one call and returns status, body and where a redirect leads.
func (b *bench) call(method, target, body string) (int, string, string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.base+target, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header = b.header.Clone()
	r.Header.Set("Content-Type", "application/json") // the SDK sends it without a body too
	r.Close = true
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer.StatusCode, string(raw), answer.Header.Get("Location")
}

func encode(v any) string {
	raw, _ := json.Marshal(v)
	return string(raw)
}

func inline(data, mediaType string) m {
	return m{"inlineData": m{"mimeType": mediaType, "data": base64.StdEncoding.EncodeToString([]byte(data))}}
}

const png = "\x89PNG\r\n\x1a\npixels"

// order is an order for a picture, changed by edits.
func order(parts []any, edits ...m) string {
	body := m{"contents": []any{m{"role": "user", "parts": parts}}, "generationConfig": m{"responseModalities": []any{"IMAGE"}}, "store": false}
	for _, edit := range edits {
		maps.Copy(body, edit)
	}
	maps.DeleteFunc(body, func(_ string, v any) bool { return v == nil })
	return encode(body)
}

func say(words string) []any { return []any{m{"text": words}} }

func shape(v m) m {
	return m{"generationConfig": m{"responseModalities": []any{"TEXT", "IMAGE"}, "imageConfig": v}}
}

// frames is an order for a video.
func frames(instance, parameters m) string {
	return encode(m{"instances": []any{instance}, "parameters": parameters})
}

func frame(data string) m {
	return m{"bytesBase64Encoded": base64.StdEncoding.EncodeToString([]byte(data)), "mimeType": "image/png"}
}

// statusOf returns the status word of an error.
func statusOf(body string) string {
	var said struct {
		Error struct {
			Status, Message string
			Code            int
		}
	}
	if json.Unmarshal([]byte(body), &said) != nil || said.Error.Message == "" || said.Error.Code == 0 {
		return "no error of Google's: " + body
	}
	return said.Error.Status
}

func TestWhatIsNotKnownIsRefused(t *testing.T) {
	t.Parallel()
	b := start(t, gemini.Options{})
	const wrong, gone = "INVALID_ARGUMENT", "NOT_FOUND"
	both := m{"text": "a", "inlineData": inline(png, "image/png")["inlineData"]}
	four := []any{inline(png, "image/png"), inline(png, "image/png"), inline(png, "image/png"), inline(png, "image/png")}
	cases := map[string]struct{ target, body, status string }{
		"a path":                      {"/v1/models/x:generateContent", order(say("x")), wrong},
		"a call":                      {"/v1beta/models/" + flash + ":countTokens", order(say("x")), gone},
		"a retired model":             {"/v1beta/models/gemini-3-pro-image-preview:generateContent", order(say("x")), gone},
		"a video of a picture model":  {"/v1beta/models/" + flash + ":predictLongRunning", frames(m{"prompt": "x"}, m{}), gone},
		"a picture of a video model":  {"/v1beta/models/" + veo + ":generateContent", order(say("x")), gone},
		"no JSON":                     {draw, "{", wrong},
		"a member":                    {draw, order(say("x"), m{"tools": []any{}}), wrong},
		"a member in snake case":      {draw, order(say("x"), m{"generation_config": m{}}), wrong},
		"no configuration":            {draw, order(say("x"), m{"generationConfig": nil}), wrong},
		"words only":                  {draw, order(say("x"), m{"generationConfig": m{"responseModalities": []any{"TEXT"}}}), wrong},
		"a sound":                     {draw, order(say("x"), m{"generationConfig": m{"responseModalities": []any{"IMAGE", "AUDIO"}}}), wrong},
		"an aspect of the new ones":   {draw, order(say("x"), shape(m{"aspectRatio": "1:8"})), wrong},
		"a size of the new ones":      {draw, order(say("x"), shape(m{"imageSize": "1K"})), wrong},
		"a member of the shape":       {draw, order(say("x"), shape(m{"image_size": "1K"})), wrong},
		"a shape that is none":        {draw, order(say("x"), m{"generationConfig": m{"responseModalities": []any{"IMAGE"}, "imageConfig": 7}}), wrong},
		"a filter switched off":       {draw, order(say("x"), m{"safetySettings": []any{m{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}}}), wrong},
		"a category":                  {draw, order(say("x"), m{"safetySettings": []any{m{"category": "HARM_CATEGORY_X", "threshold": "BLOCK_ONLY_HIGH"}}}), wrong},
		"no parts":                    {draw, order([]any{}), wrong},
		"two turns":                   {draw, order(say("x"), m{"contents": []any{m{"parts": say("x")}, m{"parts": say("y")}}}), wrong},
		"another role":                {draw, order(say("x"), m{"contents": []any{m{"role": "model", "parts": say("x")}}}), wrong},
		"words and picture in one":    {draw, order([]any{both}), wrong},
		"words twice":                 {draw, order(append(say("x"), say("y")...)), wrong},
		"base64 that is none":         {draw, order([]any{m{"inlineData": m{"mimeType": "image/png", "data": "?"}}}), wrong},
		"a picture of another type":   {draw, order([]any{inline(png, "image/jpeg")}), wrong},
		"a picture in snake case":     {draw, order([]any{m{"inline_data": m{}}}), wrong},
		"a link without TLS":          {draw, order([]any{m{"fileData": m{"mimeType": "image/png", "fileUri": "http://media.example/a.png"}}}), wrong},
		"four pictures for flash":     {draw, order(four), wrong},
		"a size that pro has not":     {"/v1beta/models/" + pro + ":generateContent", order(say("x"), shape(m{"imageSize": "512"})), wrong},
		"a small k":                   {"/v1beta/models/" + pro + ":generateContent", order(say("x"), shape(m{"imageSize": "2k"})), wrong},
		"two videos":                  {film, encode(m{"instances": []any{m{"prompt": "x"}, m{"prompt": "y"}}}), wrong},
		"a video of nothing":          {film, frames(m{}, m{}), wrong},
		"a video that is stored":      {film, encode(m{"instances": []any{m{"prompt": "x"}}, "store": false}), wrong},
		"a last frame alone":          {film, frames(m{"lastFrame": frame(png)}, m{}), wrong},
		"frames and references":       {film, frames(m{"image": frame(png), "referenceImages": []any{m{"image": frame(png), "referenceType": "ASSET"}}}, m{}), wrong},
		"a reference of another type": {film, frames(m{"referenceImages": []any{m{"image": frame(png), "referenceType": "STYLE"}}}, m{}), wrong},
		"four references":             {film, frames(m{"referenceImages": []any{m{"image": frame(png), "referenceType": "ASSET"}, m{"image": frame(png), "referenceType": "ASSET"}, m{"image": frame(png), "referenceType": "ASSET"}, m{"image": frame(png), "referenceType": "ASSET"}}}, m{}), wrong},
		"a video of somebody else":    {film, frames(m{"prompt": "x", "video": m{"uri": "https://x.example/v1beta/files/a:download?alt=media"}}, m{}), wrong},
		"a frame as inlineData":       {film, frames(m{"image": inline(png, "image/png")}, m{}), wrong},
		"words that are none":         {film, frames(m{"prompt": 7}, m{}), wrong},
		"an aspect of pictures":       {film, frames(m{"prompt": "x"}, m{"aspectRatio": "1:1"}), wrong},
		"a duration as a word":        {film, frames(m{"prompt": "x"}, m{"durationSeconds": "8"}), wrong},
		"a duration nobody offers":    {film, frames(m{"prompt": "x"}, m{"durationSeconds": 5}), wrong},
		"a short video in 1080p":      {film, frames(m{"prompt": "x"}, m{"durationSeconds": 4, "resolution": "1080p"}), wrong},
		"a seed":                      {film, frames(m{"prompt": "x"}, m{"seed": 1}), wrong},
		"people of any age":           {film, frames(m{"prompt": "x"}, m{"personGeneration": "allow_all"}), wrong},
		"parameters that are none":    {film, encode(m{"instances": []any{m{"prompt": "x"}}, "parameters": "x"}), wrong},
		"a callback without TLS":      {film, encode(m{"instances": []any{m{"prompt": "x"}}, "webhookConfig": m{"uris": []any{"http://x.example"}}}), wrong},
	}
	for name, tc := range cases {
		code, body, _ := b.call("POST", tc.target, tc.body)
		if code/100 != 4 || statusOf(body) != tc.status {
			t.Errorf("%s: %d %s", name, code, body)
		}
	}
	for _, target := range []string{"/v1beta/models?filter=x", "/v1beta/files", "/v1beta/files/x", "/v1beta/models/veo/operations/x", "/google-storage/x", "/v1beta/models?pageSize=x"} {
		if code, body, _ := b.call("GET", target, ""); code/100 != 4 || statusOf(body) == "" {
			t.Errorf("%s: %d %s", target, code, body)
		}
	}
	if e := b.Received(); len(e.Holds) > 0 {
		t.Errorf("refused orders are held: %+v", e.Holds)
	}
}

func TestTheKeyBelongsIntoItsHeader(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		header http.Header
		query  string
		status string
		odd    string
	}{
		"no key":               {http.Header{}, "", "PERMISSION_DENIED", ""},
		"a wrong key":          {http.Header{"X-Goog-Api-Key": {"other"}}, "", "INVALID_ARGUMENT", ""},
		"a bearer":             {http.Header{"Authorization": {"Bearer " + key}}, "", "PERMISSION_DENIED", ""},
		"a key in the address": {http.Header{"X-Goog-Api-Key": {key}}, "?key=" + key, "PERMISSION_DENIED", "key in the address"},
	} {
		b := start(t, gemini.Options{})
		b.header = tc.header
		if code, body, _ := b.call("POST", draw+tc.query, order(say("x"))); code/100 != 4 || statusOf(body) != tc.status {
			t.Errorf("%s: %d %s", name, code, body)
		}
		if odd := b.Received().Violations; strings.Join(odd, "") != tc.odd {
			t.Errorf("%s: %q", name, odd)
		}
	}
}

func TestAnOrderThatGoogleWouldStoreIsRefusedAndReported(t *testing.T) {
	t.Parallel()
	for name, stored := range map[string]any{"not said": nil, "stored": true, "a word": "false"} {
		b := start(t, gemini.Options{})
		code, body, _ := b.call("POST", draw, order(say("x"), m{"store": stored}))
		if code != 400 || statusOf(body) != "INVALID_ARGUMENT" || !slices.Equal(b.Received().Violations, []string{"order that Google would store"}) {
			t.Errorf("%s: %d %s %v", name, code, body, b.Received().Violations)
		}
	}
}

func TestTheRecordedRequestsAreTaken(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join("..", "replay", "testdata", "captures", "google-genai-sdk.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list []struct {
		Request struct{ Method, Target, Body string }
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	b := start(t, gemini.Options{Models: []string{flash, "gemini-3-pro-image-preview", veo}})
	picture := base64.StdEncoding.EncodeToString([]byte(png))
	fit := strings.NewReplacer( // the recorded pictures are a few letters, and no linked one is there
		`"/9hGQUtF","mimeType":"image/jpeg"`, `"`+picture+`","mimeType":"image/png"`, `"/9hB","mimeType":"image/jpeg"`, `"`+picture+`","mimeType":"image/png"`,
		`,{"fileData":{"fileUri":"https://media.example.test/in2.png","mimeType":"image/png"}}`, "",
		`"RklSU1Q=","mimeType":"image/jpeg"`, `"`+picture+`","mimeType":"image/png"`, `"TEFTVA==","mimeType":"image/jpeg"`, `"`+picture+`","mimeType":"image/png"`, `"UkVG"`, `"`+picture+`"`,
	)
	for _, n := range []int{1, 2, 5, 6} {
		body := fit.Replace(list[n-1].Request.Body)
		if n == 2 {
			body = strings.TrimSuffix(strings.TrimSpace(body), "}") + `,"store":false}`
		}
		if code, answer, _ := b.call("POST", list[n-1].Request.Target, body); code != 200 {
			t.Errorf("%d: %d %s", n, code, answer)
		}
	}
}
