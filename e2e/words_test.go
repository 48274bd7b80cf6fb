package e2e

import "testing"

// english lists what is written in English on a page in another language: three words in a row. What the
// page marks as English, code, what people typed and names do not count.
const english = `() => {
  const out = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let n = walk.nextNode(); n; n = walk.nextNode()) {
    const e = n.parentElement, text = n.textContent.replace(/\s+/g, ' ').trim()
    if (!/[A-Za-z]+ [a-z]{2,} [a-z]{2,}/.test(text) || !e.checkVisibility() || e.closest('code, pre, script, textarea, blockquote, .said, [data-answer-text], .said-list p')) continue
    if (e.closest('[lang]').lang.startsWith('en')) continue
    out.push(text.slice(0, 120))
  }
  return out
}`

// TestTheChinesePagesSpeakChinese opens every page of the accessibility tests in Chinese.
func TestTheChinesePagesSpeakChinese(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	const lang = "zh-CN"
	first, second := newStage(t), newStage(t)
	g, r := first.gallery(), second.rest()
	look := func(s *stage, pages []page, who ...*member) {
		p := newTab(t, s.url, phone().in(lang))
		for _, m := range who {
			m.sit(p)
		}
		for _, it := range pages {
			if it.path == "/docs" {
				continue // the reference of the API is written in English
			}
			p.open(it.path)
			if it.before != nil {
				it.before(p)
			}
			for _, words := range read[[]string](p, call(english)) {
				t.Errorf("%s (%s) says %q", it.name, it.path, words)
			}
		}
	}
	look(first, g.pages(lang), g.pixplus)
	look(second, r.pages(), r.pixplus, r.kmeng, r.fitting)
	p := newTab(t, second.url, phone())
	p.open("/pixplus/")
	if len(read[[]string](p, `(document.documentElement.lang = 'zh-Hans', `+call(english)+`)`)) == 0 {
		t.Error("an English page was not seen as English")
	}
}
