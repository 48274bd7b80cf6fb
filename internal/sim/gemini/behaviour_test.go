package gemini_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/sim/gemini"
	"vow.example/vow/internal/sim/kit"
)

// answer is what is read of a picture's or video's answer.
type answer struct {
	Candidates []struct {
		FinishReason string
		Content      struct {
			Parts []struct {
				Thought    bool
				Text       string
				InlineData struct {
					MimeType string
					Data     []byte
				}
			}
		}
	}
	PromptFeedback struct{ BlockReason string }
	Name           string
	Done           bool
	Error          struct{ Code int }
	Response       struct {
		GenerateVideoResponse struct {
			GeneratedSamples []struct{ Video struct{ URI string } }
			Filtered         int `json:"raiMediaFilteredCount"`
		}
	}
	Models []struct{ Name string }
	Next   string `json:"nextPageToken"`
}

func (b *bench) ok(method, target, body string) (a answer) {
	b.t.Helper()
	code, raw, _ := b.call(method, target, body)
	if err := json.Unmarshal([]byte(raw), &a); err != nil || code != 200 {
		b.t.Fatalf("%s %s: %d %s", method, target, code, raw)
	}
	return a
}

// made waits for a video.
func (b *bench) made(name string) answer {
	b.t.Helper()
	for range 2000 {
		if a := b.ok("GET", "/v1beta/"+name, ""); a.Done {
			return a
		}
		time.Sleep(time.Millisecond)
	}
	b.t.Fatal("the video does not end")
	return answer{}
}

func (b *bench) kinds() map[string]int {
	list := map[string]int{}
	for _, h := range b.Received().Holds {
		list[h.Kind]++
	}
	return list
}

func TestAPictureComesWithWordsAndBehindADraft(t *testing.T) {
	t.Parallel()
	media := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		_, _ = io.WriteString(w, png)
	}))
	defer media.Close()
	b := start(t, gemini.Options{Features: map[string]string{pro: "nano_banana_pro"}})
	linked := m{"fileData": m{"mimeType": "image/png", "fileUri": media.URL + "/m/x.png"}}
	a := b.ok("POST", "/v1beta/models/"+pro+":generateContent", order([]any{m{"text": "fox"}, inline(png, "image/png"), linked}, shape(m{"aspectRatio": "3:4", "imageSize": "2K"})))
	parts := a.Candidates[0].Content.Parts
	if len(parts) != 3 || !parts[0].Thought || parts[1].Text == "" || string(parts[2].InlineData.Data) != png+"fox2Knano_banana_pro" {
		t.Errorf("got %+v", parts)
	}
	e := b.Received()
	if len(e.Violations) > 0 || !slices.Equal(e.Requests[0].Fields, []string{"aspectratio", "photo", "prompt", "resolution", "second_photo"}) {
		t.Errorf("it saw %v and noticed %v", e.Requests[0].Fields, e.Violations)
	}
	if held := b.kinds(); held["log"] != 6 || len(held) != 1 {
		t.Errorf("held are %v", held)
	}
}

func TestEveryAnswerWithoutAPicture(t *testing.T) {
	t.Parallel()
	b := start(t, gemini.Options{})
	for _, reason := range []string{"SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY", "MODEL_ARMOR", "JAILBREAK"} {
		b.Next(gemini.Block, reason)
		if a := b.ok("POST", draw, order(say("x"))); a.PromptFeedback.BlockReason != reason || len(a.Candidates) > 0 {
			t.Errorf("%s: %+v", reason, a)
		}
	}
	for _, reason := range []string{
		"STOP", "SAFETY", "PROHIBITED_CONTENT", "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "RECITATION", "SPII", "BLOCKLIST",
		"NO_IMAGE", "IMAGE_OTHER", "OTHER", "LANGUAGE", "MAX_TOKENS",
	} {
		b.Next(gemini.Finish, reason)
		a := b.ok("POST", draw, order(say("x")))
		if len(a.Candidates) != 1 || a.Candidates[0].FinishReason != reason || (len(a.Candidates[0].Content.Parts) > 0) != (reason == "STOP") {
			t.Errorf("%s: %+v", reason, a)
		}
	}
	for words, want := range map[string]string{"test:refused": "", "test:fail": "IMAGE_OTHER"} {
		a := b.ok("POST", draw, order(say(words)))
		if want == "" && a.PromptFeedback.BlockReason == "" || want != "" && a.Candidates[0].FinishReason != want {
			t.Errorf("%s: %+v", words, a)
		}
	}
}

func TestEveryRefusalHasGooglesForm(t *testing.T) {
	t.Parallel()
	b := start(t, gemini.Options{})
	for word, code := range map[string]int{
		"INVALID_ARGUMENT": 400, "FAILED_PRECONDITION": 400, "UNAUTHENTICATED": 401, "PERMISSION_DENIED": 403, "NOT_FOUND": 404,
		"RESOURCE_EXHAUSTED": 429, gemini.DailyQuota: 429, "INTERNAL": 500, "UNAVAILABLE": 503, "DEADLINE_EXCEEDED": 504,
	} {
		for place, target := range map[gemini.Place]string{gemini.Order: draw, gemini.Ask: "/v1beta/models/veo/operations/x", gemini.File: "/v1beta/files/x"} {
			method, body := "GET", ""
			if place == gemini.Order {
				method, body = "POST", order(say("a fox"))
			}
			b.Next(place, word)
			got, raw, _ := b.call(method, target, body)
			if got != code || statusOf(raw) != strings.TrimSuffix(word, "/PerDay") || (code == 429) != strings.Contains(raw, `"retryDelay":"36s"`) ||
				(word == gemini.DailyQuota) != strings.Contains(raw, "PerDay") || (place == gemini.Order) != strings.Contains(raw, "a fox") {
				t.Errorf("%s: %d %s", word, got, raw)
			}
		}
	}
	for words, code := range map[string]int{"test:provider_down": 503, "test:throttled": 429, "no result": 500} {
		if got, raw, _ := b.call("POST", draw, order(say(words))); got != code {
			t.Errorf("%s: %d %s", words, got, raw)
		}
	}
	b.ok("POST", draw, order(say("test:throttled"))) // once
	b.Inject(kit.Injection{Fault: kit.Throttled, Times: 1})
	if got, raw, _ := b.call("POST", draw, order(say("x"))); got != 429 || !strings.Contains(raw, "RetryInfo") {
		t.Errorf("%d %s", got, raw)
	}
}

func TestAVideoIsMadeReadAndDeleted(t *testing.T) {
	t.Parallel()
	clk := clock.NewFake(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))
	b := start(t, gemini.Options{Options: kit.Options{Clock: clk}})
	op := b.ok("POST", film, frames(m{"prompt": "fox", "image": frame(png), "lastFrame": frame(png)}, m{"aspectRatio": "9:16", "durationSeconds": 8, "resolution": "720p"}))
	uri := b.made(op.Name).Response.GenerateVideoResponse.GeneratedSamples[0].Video.URI
	if held := b.kinds(); held["input"] != 0 || held["output"] != 1 || held["log"] != 6 {
		t.Errorf("held are %v", held)
	}
	download := strings.TrimPrefix(uri, b.base)
	file, _, _ := strings.Cut(download, ":")
	code, _, to := b.call("GET", download, "")
	if code != 302 || !strings.HasPrefix(to, b.base+"/google-storage/") {
		t.Fatalf("%d %s", code, to)
	}
	b.header = http.Header{}
	if code, data, _ := b.call("GET", strings.TrimPrefix(to, b.base), ""); code != 200 || !strings.HasPrefix(data, "fox") && data == "" {
		t.Errorf("%d %q", code, data)
	}
	if code, _, _ := b.call("GET", download, ""); code != 403 {
		t.Errorf("without the key the file answers %d", code)
	}
	b.header.Set("X-Goog-Api-Key", key)
	if a := b.ok("GET", file, ""); a.Name != strings.TrimPrefix(file, "/v1beta/") {
		t.Errorf("got %+v", a)
	}
	extended := b.ok("POST", film, frames(m{"prompt": "on", "video": m{"uri": uri}}, m{"resolution": "720p"}))
	b.made(extended.Name)
	b.ok("DELETE", file, "")
	for _, target := range []string{file, download, strings.TrimPrefix(to, b.base)} {
		if code, body, _ := b.call("GET", target, ""); code != 404 || statusOf(body) != "NOT_FOUND" {
			t.Errorf("%s: %d %s", target, code, body)
		}
	}
	if code, _, _ := b.call("DELETE", file, ""); code != 404 {
		t.Errorf("a second deletion answers %d", code)
	}
	clk.Advance(48 * time.Hour)
	if code, _, _ := b.call("GET", "/v1beta/"+op.Name, ""); code != 404 || b.kinds()["output"] != 0 {
		t.Errorf("after two days the operation answers %d and %v is held", code, b.kinds())
	}
	clk.Advance(60 * 24 * time.Hour)
	if held := b.kinds(); len(held) > 0 {
		t.Errorf("after two months it holds %v", held)
	}
}

func TestTheKeyHasNoBusinessWhereADownloadLeads(t *testing.T) {
	t.Parallel()
	b := start(t, gemini.Options{Storage: "https://storage.example"})
	a := b.made(b.ok("POST", film, frames(m{"prompt": "x"}, m{})).Name)
	code, _, to := b.call("GET", strings.TrimPrefix(a.Response.GenerateVideoResponse.GeneratedSamples[0].Video.URI, b.base), "")
	path, ok := strings.CutPrefix(to, "https://storage.example")
	if code != 302 || !ok {
		t.Fatalf("%d %s", code, to)
	}
	b.call("GET", path, "")
	if odd := b.Received().Violations; !slices.Equal(odd, []string{"key forwarded along a redirect"}) {
		t.Errorf("it noticed %v", odd)
	}
}

func TestVideosEndInEveryWay(t *testing.T) {
	t.Parallel()
	b := start(t, gemini.Options{})
	for word, code := range map[string]int{"INVALID_ARGUMENT": 3, "DEADLINE_EXCEEDED": 4, "RESOURCE_EXHAUSTED": 8, "INTERNAL": 13, "UNAVAILABLE": 14} {
		b.Next(gemini.Operation, word)
		if a := b.made(b.ok("POST", film, frames(m{"prompt": "x"}, m{})).Name); a.Error.Code != code {
			t.Errorf("%s: %+v", word, a)
		}
	}
	b.Next(gemini.Operation, gemini.Filtered)
	for _, words := range []string{"x", "test:refused"} {
		if a := b.made(b.ok("POST", film, frames(m{"prompt": words}, m{})).Name); a.Response.GenerateVideoResponse.Filtered != 1 {
			t.Errorf("%s: %+v", words, a)
		}
	}
	for _, words := range []string{"no result", "test:fail"} {
		if a := b.made(b.ok("POST", film, frames(m{"prompt": words}, m{})).Name); a.Error.Code != 13 {
			t.Errorf("%s: %+v", words, a)
		}
	}
}

func TestModelsComeInPages(t *testing.T) {
	t.Parallel()
	b := start(t, gemini.Options{})
	first := b.ok("GET", "/v1beta/models?pageSize=3", "")
	second := b.ok("GET", "/v1beta/models?pageSize=3&pageToken="+first.Next, "")
	if len(first.Models) != 3 || len(second.Models) != 2 || second.Next != "" || first.Models[0].Name != "models/"+flash {
		t.Errorf("got %+v and %+v", first, second)
	}
}
