package volcengine_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/sim/kit"
	"vow.example/vow/internal/sim/volcengine"
)

func clockAt() *clock.Adjustable {
	return clock.NewFake(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))
}

// kinds counts what is held, by kind.
func (b *bench) kinds() map[string]int {
	list := map[string]int{}
	for _, h := range b.Received().Holds {
		list[h.Kind]++
	}
	return list
}

func TestAVideoCanBeReadForADayWithoutAKey(t *testing.T) {
	t.Parallel()
	clk := clockAt()
	b := start(t, volcengine.Options{Options: kit.Options{Clock: clk}})
	r := b.ended(b.create())
	if r.Status != "succeeded" || r.Ratio != "9:16" {
		t.Fatalf("got %+v", r)
	}
	target := strings.TrimPrefix(r.Content.VideoURL, b.base)
	b.key = ""
	if status, body := b.call("GET", target, ""); status != 200 || !strings.HasSuffix(body, "9:16") {
		t.Errorf("%d %q", status, body)
	}
	if status, _ := b.call("GET", strings.Split(target, "?")[0], ""); status == 200 {
		t.Error("an address without its signature is answered")
	}
	clk.Advance(24 * time.Hour)
	if status, _ := b.call("GET", target, ""); status == 200 {
		t.Error("the address works after a day")
	}
	if held := b.kinds(); held["output"] != 0 || held["input"] != 1 || held["text"] != 4 {
		t.Errorf("held are %v", held)
	}
}

func TestDeletionDependsOnTheStatusAndSaysNothing(t *testing.T) {
	t.Parallel()
	clk := clockAt()
	remove := func(b *bench, id string, want int) {
		t.Helper()
		if status, body := b.call("DELETE", tasks+"/"+id, ""); status != want || want == 200 && body != "" || want != 200 && codeOf(body) != "OperationDenied.InvalidState" {
			t.Errorf("%d %q", status, body)
		}
	}
	b := start(t, volcengine.Options{Options: kit.Options{Clock: clk, Queue: time.Minute}})
	queued := b.create()
	remove(b, queued, 200)
	if r := b.get(queued); r.Status != "cancelled" {
		t.Errorf("got %+v", r)
	}
	remove(b, queued, 403)
	clk.Advance(24 * time.Hour)
	if held := b.kinds(); len(held) > 0 {
		t.Errorf("of a cancelled task it holds %v after a day", held)
	}
	if status, _ := b.call("GET", tasks+"/"+queued, ""); status != 404 {
		t.Error("a cancelled task is listed after a day")
	}
	b = start(t, volcengine.Options{Options: kit.Options{Run: time.Minute}})
	running := b.create()
	for b.get(running).Status != "running" {
		time.Sleep(time.Millisecond)
	}
	remove(b, running, 403)
	for _, code := range []string{"", "expired", "InternalServiceError"} {
		b = start(t, volcengine.Options{})
		if code != "" {
			b.Next(volcengine.Task, code)
		}
		id := b.create()
		b.ended(id)
		remove(b, id, 200)
		if status, body := b.call("GET", tasks+"/"+id, ""); status != 404 || codeOf(body) != "NotFound.task" {
			t.Errorf("%d %s", status, body)
		}
		if held := b.kinds(); held["input"]+held["text"] > 0 {
			t.Errorf("held are %v", held)
		}
	}
}

func TestTasksEndInEveryWay(t *testing.T) {
	t.Parallel()
	b := start(t, volcengine.Options{})
	b.Next(volcengine.Task, "OutputVideoSensitiveContentDetected.PolicyViolation")
	if r := b.ended(b.create()); r.Status != "failed" || r.Error.Code != "OutputVideoSensitiveContentDetected.PolicyViolation" {
		t.Errorf("got %+v", r)
	}
	for _, words := range []string{"no result", "test:fail"} {
		if r := b.ended(b.create(content(text(words)))); r.Status != "failed" || r.Error.Code != "InternalServiceError" {
			t.Errorf("%s: %+v", words, r)
		}
	}
	clk := clockAt()
	b = start(t, volcengine.Options{Options: kit.Options{Clock: clk, Run: time.Minute}})
	id := b.create()
	clk.Advance(time.Hour)
	if r := b.get(id); r.Status != "expired" {
		t.Errorf("after its time it is %+v", r)
	}
}

func TestMagicWordsAndAFullQueue(t *testing.T) {
	t.Parallel()
	b := start(t, volcengine.Options{Limit: 1, Options: kit.Options{Slow: time.Minute}})
	for words, want := range map[string]string{
		"test:refused": "InputTextSensitiveContentDetected", "test:real_person": "InputImageSensitiveContentDetected.PrivacyInformation", "test:throttled": "ServerOverloaded",
	} {
		if _, body := b.call("POST", tasks, order(content(text(words)))); codeOf(body) != want {
			t.Errorf("%s: %s", words, body)
		}
	}
	if status, _ := b.call("POST", tasks, order(content(text("test:provider_down")))); status != 503 {
		t.Errorf("test:provider_down: %d", status)
	}
	b.create(content(text("test:slow")))
	if status, body := b.call("POST", tasks, order()); status != 429 || codeOf(body) != "QuotaExceeded" {
		t.Errorf("%d %s", status, body)
	}
	b.Inject(kit.Injection{Fault: kit.Throttled, Times: 1})
	if status, body := b.call("POST", tasks, order()); status != 429 || codeOf(body) != "ServerOverloaded" {
		t.Errorf("%d %s", status, body)
	}
}

func TestTheListTellsLess(t *testing.T) {
	t.Parallel()
	b := start(t, volcengine.Options{})
	b.ended(b.create())
	b.Next(volcengine.Task, "OutputVideoRiskDetection")
	b.ended(b.create())
	for target, want := range map[string]string{
		"?page_num=1&page_size=1": `"total":2`, "?filter.status=failed": `"failure_reason":{"code":"OutputVideoRiskDetection"`, "?filter.status=succeeded": `"total":1`,
		"?filter.task_ids=cgt-x": `"items":[],"total":0`, "?filter.model=doubao-seedance-1-0-pro-250528&page_num=9": `"items":[]`,
	} {
		status, body := b.call("GET", tasks+target, "")
		if status != 200 || !strings.Contains(body, want) || strings.Contains(body, `"ratio"`) || strings.Contains(body, `"error"`) {
			t.Errorf("%s: %d %s", target, status, body)
		}
	}
}

// TestCallbacksComeUnsignedTwiceAndForged collects what a task sends on its way.
func TestCallbacksComeUnsignedTwiceAndForged(t *testing.T) {
	t.Parallel()
	for fault, want := range map[kit.Fault][]string{
		"":                   {"queued", "running", "succeeded"},
		kit.DuplicateWebhook: {"queued", "queued", "running", "running", "succeeded", "succeeded"},
		kit.EarlyWebhook:     {"queued", "lie", "running", "succeeded"},
		kit.ForgedWebhook:    {"queued", "guess", "lie", "running", "succeeded"},
	} {
		got := make(chan string, 16)
		ours := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			word := "unknown"
			for _, state := range []string{"queued", "running", "succeeded"} {
				if strings.Contains(string(body), `"status":"`+state+`"`) {
					word = state
				}
			}
			if strings.Contains(string(body), "169.254.169.254") {
				word = "lie"
			}
			if r.URL.Path != "/hooks/4f1c" {
				word = "guess"
			}
			if r.Header.Get("Authorization") != "" {
				word = "signed"
			}
			got <- word
		}))
		b := start(t, volcengine.Options{})
		if fault != "" {
			b.Inject(kit.Injection{Fault: fault, Times: 1})
		}
		b.create(map[string]any{"callback_url": ours.URL + "/hooks/4f1c"})
		var list []string
		for range want {
			list = append(list, <-got)
		}
		if !slices.Equal(list, want) {
			t.Errorf("%s: %v", fault, list)
		}
		ours.Close()
	}
}

func TestAPictureIsReadFromItsAddress(t *testing.T) {
	t.Parallel()
	media := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		_, _ = io.WriteString(w, "\x89PNG\r\n\x1a\npixels")
	}))
	defer media.Close()
	b := start(t, volcengine.Options{})
	b.ended(b.create(content(image(media.URL+"/m/x.png", "first_frame"))))
	e := b.Received()
	if len(e.Violations) != 0 || !slices.Equal(e.Requests[0].Fields, []string{"duration", "photo", "ratio", "resolution"}) {
		t.Errorf("it saw %v and noticed %v", e.Requests[0].Fields, e.Violations)
	}
	if !slices.ContainsFunc(e.Holds, func(h kit.Hold) bool { return h.Field == "photo" && h.Kind == "input" && h.Bytes == 14 }) {
		t.Errorf("held are %+v", e.Holds)
	}
}
