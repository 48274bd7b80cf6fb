package web

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"vow.example/vow/client"
)

func TestABlockedPageShowsThePartTheWordsAndWhatToChange(t *testing.T) {
	t.Parallel()
	site, _ := newSite(t, nil)
	b := signedIn(t, site)
	_, page := b.get("/pixplus/tasks/tsk_blocked")
	inOrder(t, page, "no undressing", "R-12", "What you wrote under “What should it look like?”", `雪中 &lt;b&gt;<mark>nude</mark>&lt;/b&gt; &amp; quiet`, "Nobody but you can open this page.", "Say what people wear instead.",
		"Nothing was sent to RunningHub.", `href="/pixplus/e/avatar?again=upl_1&amp;from=tsk_blocked"`)
	if strings.Contains(page, "rain") {
		t.Error("the page shows a text that no rule is about")
	}
	_, rewrite := b.get("/pixplus/tasks/tsk_awaiting_confirmation")
	holds(t, rewrite, "It is not shown again.") // its own text is gone
}

func TestTheWordsComeBackIntoTheFormOfTheirOwnerOnly(t *testing.T) {
	t.Parallel()
	site, api := newSite(t, nil)
	b := signedIn(t, site)
	for _, path := range []string{"/pixplus/e/avatar?from=tsk_blocked", "/pixplus/e/avatar/upload?consent=con_1&from=tsk_blocked"} {
		r, page := b.get(path)
		holds(t, page, ">雪中 &lt;b&gt;nude&lt;/b&gt; &amp; quiet</textarea>")
		if r.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be kept: %v", path, r.Header)
		}
	}
	_, page := b.get("/pixplus/e/avatar?from=tsk_blocked")
	holds(t, page, `href="/pixplus/e/avatar/consent?from=tsk_blocked"`)
	_, sheet := b.get("/pixplus/e/avatar/consent?from=tsk_blocked")
	holds(t, sheet, `action="/pixplus/e/avatar/consent?from=tsk_blocked"`)
	for _, path := range []string{"?from=tsk_somebody", "?from=../../v1/me", "?from=", "?from=upl_1"} {
		r, page := b.get("/pixplus/e/avatar" + path)
		if r.StatusCode != http.StatusOK || strings.Contains(page, "quiet") || strings.Contains(page, "from=") && !strings.Contains(page, "lang=") {
			t.Errorf("%s: %d", path, r.StatusCode)
		}
	}
	before := len(api.requests)
	_, page = newBrowser(t, site).get("/pixplus/e/avatar?from=tsk_blocked") // nobody we know
	if strings.Contains(page, "quiet") || slices.ContainsFunc(api.requests[before:], func(q seen) bool { return strings.Contains(q.Path, "texts") }) {
		t.Error("a stranger's page asks for the words of a task")
	}
}

func TestMarksThatDoNotFitAreLeftOut(t *testing.T) {
	t.Parallel()
	for name, marks := range map[string][]client.Mark{
		"none": nil, "behind the end": {{From: 1, To: 9}}, "backwards": {{From: 2, To: 1}}, "before the start": {{From: -1, To: 1}},
	} {
		got := pieces(client.TaskText{Text: "雪中", Marks: marks})
		whole := ""
		for _, p := range got.Pieces {
			whole += p.Text
		}
		if whole != "雪中" || len(got.Marks()) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	got := pieces(client.TaskText{Text: "abcdef", Marks: []client.Mark{{From: 0, To: 2}, {From: 1, To: 3}, {From: 4, To: 6}}})
	if !slices.Equal(got.Marks(), []string{"ab", "ef"}) {
		t.Errorf("%+v", got)
	}
}
