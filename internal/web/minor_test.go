package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"vow.example/vow/client"
)

func TestAnAppWithTwoLimitsHasThreeEqualAnswersInBothLanguages(t *testing.T) {
	t.Parallel()
	two := func(a *client.App) { a.GuardianBelow = 18 }
	for lang, words := range map[string][3]string{
		"en": {"Under 13", "13 or older, under 18", "18 or older"}, "zh-Hans": {"未满 13 岁", "已满 13 岁、未满 18 岁", "已满 18 岁"},
	} {
		for _, path := range []string{"/pixplus/welcome?lang=", "/pixplus/welcome?sheet=1&lang="} {
			site, _ := newGate(t, two, "age", "guardian")
			_, page := newBrowser(t, site).get(path + lang)
			const button = `<button class="btn" name="band" value="%" aria-describedby="welcome-why">`
			var want []string
			for i, band := range []string{"under", "minor", "over"} {
				want = append(want, strings.Replace(button, "%", band, 1)+words[i]+"</button>")
			}
			inOrder(t, page, want...)
			if strings.Count(page, `name="band"`) != 3 || strings.Contains(page, "checked") || strings.Contains(page, "autofocus") {
				t.Errorf("%s%s: an answer is chosen beforehand, or there are others", path, lang)
			}
		}
		site, _ := newGate(t, nil, "age")
		if _, page := newBrowser(t, site).get("/pixplus/welcome?lang=" + lang); strings.Count(page, `name="band"`) != 2 || strings.Contains(page, `value="minor"`) {
			t.Errorf("%s: an app with one limit asks for more", lang)
		}
	}
}

func TestAMinorIsLedToAGuardianAndAChildToTheEnd(t *testing.T) {
	t.Parallel()
	two := func(a *client.App) { a.GuardianBelow = 18 }
	site, g := newGate(t, two, "age", "guardian")
	b := newBrowser(t, site)
	resp, _ := b.post("/pixplus/welcome", url.Values{"band": {"minor"}, "next": {"/pixplus/works"}})
	leads(t, resp, "/pixplus/guardian?next=%2Fpixplus%2Fworks")
	if g.sessions[gateToken].AgeBand != "minor" {
		t.Errorf("%+v", g.sessions[gateToken])
	}
	_, page := b.get("/pixplus/guardian?next=/pixplus/works")
	holds(t, page, "opens for people under 18 after a parent or guardian has agreed")
	resp, _ = b.get("/pixplus/welcome?next=/pixplus/works")
	leads(t, resp, "/pixplus/guardian?next=%2Fpixplus%2Fworks") // the question does not come again
	resp, _ = b.post("/pixplus/e/avatar/consent", url.Values{"hash": {"sha256:4f"}, "decision": {"granted"}})
	leads(t, resp, "/pixplus/guardian?next=%2Fpixplus%2Fe%2Favatar%2Fconsent")

	site, g = newGate(t, two, "age", "guardian")
	b = newBrowser(t, site)
	resp, _ = b.post("/pixplus/welcome", url.Values{"band": {"under"}})
	leads(t, resp, "/pixplus/age")
	if len(g.sessions) != 0 || len(g.refused) != 1 {
		t.Errorf("sessions %v, refused %v", g.sessions, g.refused)
	}
	if resp, page := b.get("/pixplus/age"); resp.StatusCode != http.StatusOK || !strings.Contains(page, "from 13 years") {
		t.Errorf("%d", resp.StatusCode)
	}
}
