package api

import (
	"strings"
	"testing"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
)

// pages is a text that comes in pieces.
type pages struct {
	news chan struct{}
	next [][]privacy.Text
}

func (p *pages) News() <-chan struct{} { return p.news }

func (p *pages) Take() (at int, list []privacy.Text, notices []string) {
	if len(p.next) > 0 {
		list, p.next = p.next[0], p.next[1:]
	}
	return 7, list, []string{"ai_generated", "legal"}
}

func TestPiecesOfATextArePassedOnOnceWithoutAnID(t *testing.T) {
	t.Parallel()
	var sent strings.Builder
	news := make(chan struct{}, 1)
	text := &pages{news: make(chan struct{}, 2), next: [][]privacy.Text{{privacy.NewText("a \"b\"\n"), privacy.NewText("c")}}}
	w := &watching{news: news, text: text, send: func(s string) error {
		sent.WriteString(s)
		news <- struct{}{} // then the task changes
		return nil
	}}
	text.news <- struct{}{}
	if !w.wait(t.Context(), nil, nil) || w.pieces() != nil {
		t.Error("the reader is gone")
	}
	if got := sent.String(); got != "event: text\ndata: {\"at\":7,\"piece\":\"a \\\"b\\\"\\nc\",\"notices\":[\"ai_generated\",\"legal\"]}\n\n" {
		t.Errorf("%q", got)
	}
}

func TestAWatchEndsWithItsReader(t *testing.T) {
	t.Parallel()
	gone := make(chan time.Time, 1)
	gone <- time.Time{}
	w := &watching{text: &pages{news: make(chan struct{}, 1), next: [][]privacy.Text{{privacy.NewText("x")}}}, send: func(string) error { return rest.NotFound() }}
	if w.wait(t.Context(), nil, gone) {
		t.Error("a ping that nobody takes")
	}
	w.text.(*pages).news <- struct{}{}
	if w.wait(t.Context(), nil, nil) {
		t.Error("a piece that nobody takes")
	}
}

func TestATaskSaysWhichSmallerCopyIsSent(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.write(func(tx *store.Tx) error {
		return tx.AddEvent(t.Context(), w.task, "copy", map[string]any{"role": "photo", "media_type": "image/jpeg", "width": 2000, "height": 1333, "bytes": 812345}, clock.Real{}.Now())
	})
	get := func(lang string) (k client.Task) {
		t.Helper()
		ask(t, w.http, "GET", "/v1/tasks/"+string(w.task.ID)+"?lang="+lang, watcher, "", &k)
		return k
	}
	k := get("en")
	want := client.SmallerCopy{Role: "photo", MediaType: "image/jpeg", Width: 2000, Height: 1333, Bytes: 812345, Text: "A smaller copy, 2000 × 1333, is sent in place of what you uploaded"}
	if len(k.Copies) != 1 || k.Copies[0] != want {
		t.Fatalf("%+v", k.Copies)
	}
	w.task.WasSent = true
	w.write(func(tx *store.Tx) error { return tx.UpdateTask(t.Context(), w.task) })
	if k = get("en"); k.Copies[0].Text != "A smaller copy, 2000 × 1333, was sent" {
		t.Errorf("%q", k.Copies[0].Text)
	}
	if k = get("zh-Hans"); !strings.Contains(k.Copies[0].Text, "2000 × 1333") || k.Copies[0].Text == "A smaller copy, 2000 × 1333, was sent" {
		t.Errorf("%q", k.Copies[0].Text)
	}
	told := false
	for _, s := range get("en").Steps {
		told = told || s.Name == "sent" && strings.Contains(s.Text, "a smaller copy, 2000 × 1333")
	}
	if !told {
		t.Errorf("%+v", get("en").Steps)
	}
	if _, body := func() (int, string) { w.end(); return w.stream("GET", "") }(); !strings.Contains(body, "event: copy\ndata: {") {
		t.Errorf("%q", body)
	}
}
