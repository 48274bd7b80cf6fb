package task

import (
	"strings"
	"testing"

	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/store"
)

func TestPiecesOfATextReachWhoReadsAlongAndAreNotKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.other.answers(driver.Result{Inline: photo()})
	w.other.words = []string{"Once ", "upon ", "a fox"}
	who := w.person("mixoo")
	k := w.submit(who, w.fill(who, "text_to_image", words("a story")))
	reader, done := w.Read(k.ID)
	stranger, left := w.Read("tsk_other")
	if k = w.finish(k); k.State != store.Succeeded {
		t.Fatalf("%+v", k)
	}
	<-reader.News()
	var got strings.Builder
	_, pieces, _ := reader.Take()
	_, theirs, _ := stranger.Take()
	for _, piece := range pieces {
		got.WriteString(piece.Reveal())
	}
	if got.String() != "Once upon a fox" || len(theirs) != 0 {
		t.Errorf("%q", got.String())
	}
	list, err := w.DB.App(k.App).Events(t.Context(), k.ID, 0)
	must(t, err)
	for _, e := range list {
		if strings.Contains(string(e.Data), "fox") {
			t.Errorf("event %s keeps %s", e.Kind, e.Data)
		}
	}
	done()
	left()
	if !w.live.Idle() {
		t.Error("something is left of a reading that has ended")
	}
}
