package zhipu

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/sim/kit"
)

func macOf(secret, text string) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(text))
	return h.Sum(nil)
}

// begin submits a job and returns its id.
func begin(t *testing.T, s *Sim, body string) string {
	t.Helper()
	status, got := submit(t, s, body)
	id, _ := got["id"].(string)
	if status != http.StatusOK || id == "" || got["task_status"] != "PROCESSING" {
		t.Fatalf("%d %v", status, got)
	}
	return id
}

// ended asks until the job has ended, and returns the answer and how often it was not.
func ended(t *testing.T, s *Sim, id string) (last map[string]any, waits int) {
	t.Helper()
	for range 400 {
		_, last = call(t, s, "GET", "/async-result/"+id, "")
		if last["task_status"] != "PROCESSING" {
			return last, waits
		}
		waits++
		time.Sleep(2 * time.Millisecond)
	}
	t.Fatal("the job does not end")
	return nil, 0
}

func TestAJobIsProcessedForAsLongAsToldAndThenEnds(t *testing.T) {
	t.Parallel()
	s := fresh(t, func(o *Options) { o.Polls = 3 })
	got, waits := ended(t, s, begin(t, s, with(`"size":"1080x1920"`)))
	videos, _ := got["video_result"].([]any)
	if got["task_status"] != "SUCCESS" || waits < 3 || len(videos) != 1 {
		t.Fatalf("%v after %d", got, waits)
	}
	video, _ := videos[0].(map[string]any)
	for member, start := range map[string]string{"url": "\x00\x00\x00\x18ftypmp42she smiles1080x1920"[:12], "cover_image_url": png} {
		link, _ := video[member].(string)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("GET", link, nil))
		if w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), start) || strings.Contains(link, "?") {
			t.Errorf("%s: %d %q", link, w.Code, w.Body)
		}
	}
	for _, body := range []string{`{"model":"cogvideox-3","prompt":"test:fail"}`, `{"model":"cogvideox-3","prompt":"nothing"}`} {
		if got, _ := ended(t, s, begin(t, s, body)); got["task_status"] != "FAIL" || got["video_result"] != nil {
			t.Errorf("%s: %v", body, got)
		}
	}
	s.FailNext()
	if got, _ := ended(t, s, begin(t, s, with(`"fps":30`))); got["task_status"] != "FAIL" {
		t.Errorf("a job that was told to fail: %v", got)
	}
}

func TestARequestIDIsTakenOnce(t *testing.T) {
	t.Parallel()
	s := fresh(t, nil)
	s.Next("1302")
	submit(t, s, with(`"request_id":"job-0001"`)) // refused, so not taken
	begin(t, s, with(`"request_id":"job-0001"`))
	if status, got := submit(t, s, with(`"request_id":"job-0001"`)); status != http.StatusBadRequest || codeOf(got) != "1231" {
		t.Errorf("%d %v", status, got)
	}
}

func TestAFullQueueIsSaid(t *testing.T) {
	t.Parallel()
	s := fresh(t, func(o *Options) { o.Parallel, o.Run = 1, time.Minute })
	begin(t, s, with(`"fps":30`))
	if status, got := submit(t, s, with(`"fps":30`)); status != http.StatusTooManyRequests || codeOf(got) != "1302" {
		t.Errorf("%d %v", status, got)
	}
}

func TestMagicPromptsFailInTheirOwnWay(t *testing.T) {
	t.Parallel()
	s := fresh(t, nil)
	words := func(prompt string) (int, map[string]any) {
		return submit(t, s, `{"model":"cogvideox-3","prompt":"`+prompt+`"}`)
	}
	if status, got := words("test:refused"); status != 400 || codeOf(got) != "1301" || got["contentFilter"] == nil {
		t.Errorf("%d %v", status, got)
	}
	if status, _ := words("test:provider_down"); status != 503 {
		t.Errorf("test:provider_down: %d", status)
	}
	if status, got := words("test:throttled"); status != 429 || codeOf(got) != "1302" {
		t.Errorf("%d %v", status, got)
	}
	if status, _ := words("test:throttled"); status != 200 {
		t.Errorf("the second time: %d", status)
	}
	s.Inject(kit.Injection{Fault: kit.Throttled, Times: 1})
	if status, got := words("a fox"); status != 429 || codeOf(got) != "1302" {
		t.Errorf("throttled: %d %v", status, got)
	}
}

func TestWhatArrivedIsHeldForEver(t *testing.T) {
	t.Parallel()
	now := clock.NewFake(captured())
	s := fresh(t, func(o *Options) { o.Clock = now })
	photo := base64.StdEncoding.EncodeToString([]byte(png))
	ended(t, s, begin(t, s, with(`"image_url":"data:image/png;base64,`+photo+`","quality":"speed","size":"1280x720","fps":30,"duration":5,"with_audio":true`)))
	now.Advance(10 * 365 * 24 * time.Hour)
	e := s.Received()
	if want := []string{"duration", "fps", "photo", "prompt", "quality", "size"}; !slices.Equal(e.Requests[0].Fields, want) {
		t.Errorf("fields %v, want %v", e.Requests[0].Fields, want)
	}
	kinds := map[string]int{}
	for _, h := range e.Holds {
		kinds[h.Kind]++
	}
	if kinds["input"] != 1 || kinds["text"] != 5 || kinds["output"] != 2 || len(e.Violations) > 0 {
		t.Errorf("held %v, noticed %v", kinds, e.Violations)
	}
}
