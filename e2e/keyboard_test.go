package e2e

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// focused says what is wrong with the focus: that it cannot be seen, or that something covers it.
const focused = `() => {
  const el = document.activeElement, r = el.getBoundingClientRect(), x = r.x + r.width / 2, y = r.y + Math.min(r.height / 2, 20)
  const marked = [el, el.nextElementSibling].some((e) => e && getComputedStyle(e).outlineStyle !== 'none') || getComputedStyle(el, '::after').outlineStyle !== 'none'
  if (!marked) return 'no outline: ' + el.outerHTML.slice(0, 90)
  const top = document.elementFromPoint(x, y)
  if (!top || !(el.contains(top) || top.contains(el))) return 'covered: ' + el.outerHTML.slice(0, 90) + ' by ' + top?.outerHTML.slice(0, 90)
  return ''
}`

// tabTo presses Tab until an element that matches has the focus.
func (p *tab) tabTo(selector string) {
	p.t.Helper()
	p.there(selector)
	for range 60 {
		p.keys(kb.Tab)
		if read[bool](p, `document.activeElement === document.body`) {
			continue // the browser's own controls
		}
		if wrong := read[string](p, call(focused)); wrong != "" {
			p.t.Errorf("on the way to %s the focus is %s", selector, wrong)
		}
		if read[bool](p, call(`(s) => document.activeElement.matches(s)`, selector)) {
			return
		}
	}
	p.t.Fatalf("no Tab leads to %s\n%s", selector, p.where())
}

func TestTheWholeWayFromPhotoToDeletionGoesByKeyboard(t *testing.T) {
	t.Parallel()
	for _, l := range []look{phone(), desktop()} {
		t.Run(l.String(), func(t *testing.T) {
			t.Parallel()
			wholeWay(newTab(t, newStage(t).url, l))
		})
	}
}

func wholeWay(p *tab) {
	p.open("/")
	p.tabTo("article.app a[href^='/pixplus/']")
	p.keys(kb.Enter)
	p.tabTo("a.cover[href^='/pixplus/e/avatar']")
	p.keys(kb.Enter)
	p.tabTo("input[name='sample.photo']")
	p.keys(" ")
	p.there("img.preview")
	p.tabTo("#go")
	p.keys(kb.Enter)
	p.there(sheetRoot)
	p.until("the focus is in the sheet", `document.querySelector('dialog').contains(document.activeElement)`)
	p.tabTo("dialog button[value=declined]")
	p.tabTo("dialog button[value=granted]")
	p.keys(kb.Enter)
	p.there("#first[open]")
	p.until("the focus is in the sheet", `document.querySelector('#first').contains(document.activeElement)`)
	p.tabTo("#first button[value=over]")
	p.keys(kb.Enter)
	p.until("the result is there", `location.pathname.startsWith('/pixplus/works/')`)
	p.tabTo("#rng")
	p.tabTo("details.confirm summary")
	p.keys(kb.Enter)
	p.tabTo("details.confirm button")
	p.keys(kb.Enter)
	p.there(".card.gone")
	p.tabTo(".card.gone a[href*='/receipts/']")
	p.keys(kb.Enter)
	p.there(".checks .done")
}
