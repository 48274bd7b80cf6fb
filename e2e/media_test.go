package e2e

import "testing"

// moving counts what moves on the page, or would on the next touch.
const moving = `document.getAnimations().length + [...document.querySelectorAll('*')].filter((e) => {
  const s = getComputedStyle(e)
  return s.animationName !== 'none' || s.transitionDuration.split(',').some((d) => parseFloat(d) > 0) || s.scrollBehavior === 'smooth'
}).length`

// TestWhoeverWantsLessMotionGetsNone looks at the places that move: buttons, the sheet, progress.
func TestWhoeverWantsLessMotionGetsNone(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	m := s.member("pixplus")
	p := newTab(t, s.url, phone())
	m.sit(p)
	sheet := func() {
		p.open("/pixplus/e/avatar")
		p.press("input[value='coffee.jpg']")
		p.press("#go")
		p.there(sheetRoot)
	}
	sheet()
	if n := read[int](p, moving); n != 0 {
		t.Errorf("%d things move on the sheet", n)
	}
	p.open("/pixplus/tasks/" + m.task("avatar", "test:slow").ID)
	p.there(".steps .doing")
	if n := read[int](p, moving); n != 0 {
		t.Errorf("%d things move on the page of a task", n)
	}
	p.prefer("prefers-reduced-motion: no-preference")
	sheet()
	if n := read[int](p, moving); n == 0 {
		t.Error("nothing moves for anybody, so this test shows nothing")
	}
}

// shapeless lists what can only be told by its background, which forced colours take away: controls without
// a border or an underline, choices that look alike whether chosen or not, pictures in the ink of the page.
const shapeless = `() => {
  const seen = (sel) => [...document.querySelectorAll(sel)].filter((e) => e.checkVisibility() && e.getClientRects()[0]?.width > 2)
  const border = (e) => parseFloat(getComputedStyle(e).borderTopWidth) > 0 && getComputedStyle(e).borderTopStyle !== 'none'
  const out = seen('.btn, .card, .note, textarea, select, .pills label span, dialog form .row .btn').filter((e) => !border(e)).map((e) => 'no border: ' + e.outerHTML.slice(0, 90))
  const mark = (e) => getComputedStyle(e).outlineStyle + getComputedStyle(e).outlineWidth + getComputedStyle(e).textDecorationLine
  for (const [on, off] of [['.pills input:checked + span', '.pills input:not(:checked) + span'], ['.sample input:checked + img', '.sample input:not(:checked) + img'], ['nav.tab a[aria-current]', 'nav.tab a:not([aria-current])'], ['.filter [aria-current]', '.filter a:not([aria-current])'], ['.btn[aria-current]', '.row a.btn.s:not([aria-current]), .row button.btn.s:not([aria-current])']]) {
    const a = seen(on)[0], b = seen(off)[0]
    if (a && b && mark(a) === mark(b)) out.push('chosen looks like not chosen: ' + a.outerHTML.slice(0, 90))
  }
  for (const e of seen('a[href], button, label')) {
    const s = getComputedStyle(e), bg = getComputedStyle(document.body).backgroundColor
    if (e.innerText?.trim() && s.color === bg) out.push('ink on its own paper: ' + e.outerHTML.slice(0, 90))
  }
  return out
}`

// TestForcedColoursLeaveEveryControlItsShape opens the pages as Windows' contrast themes show them.
func TestForcedColoursLeaveEveryControlItsShape(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	m, k := s.member("aifitting"), s.member("kmeng")
	out := m.reach(m.task("avatar", "").ID, "succeeded").Outputs[0].ID
	p := newTab(t, s.url, phone())
	m.sit(p)
	k.sit(p)
	p.prefer("forced-colors: active", "prefers-reduced-motion: reduce")
	check := func(name string) {
		t.Helper()
		if !read[bool](p, `matchMedia('(forced-colors: active)').matches`) {
			t.Fatal("the browser does not force colours")
		}
		for _, fault := range read[[]string](p, call(shapeless)) {
			t.Errorf("%s: %s", name, fault)
		}
	}
	for _, path := range []string{"/", "/aifitting/", "/aifitting/works", "/aifitting/works/" + out, "/aifitting/privacy", "/aifitting/settings", "/pixplus/welcome", "/kmeng/chat", "/pixplus/policy/lists"} {
		p.open(path)
		check(path)
	}
	p.open("/aifitting/e/avatar")
	p.press("input[value='coffee.jpg']")
	check("effect")
	p.open("/pixplus/e/avatar")
	p.press("input[value='coffee.jpg']")
	p.press("#go")
	p.there(sheetRoot)
	check("consent sheet")
	read[bool](p, `(document.querySelector('dialog .btn').style.cssText = 'border: 0 !important', document.querySelector('dialog .btn').style.setProperty('border', '0', 'important'), true)`)
	if len(read[[]string](p, call(shapeless))) == 0 {
		t.Error("a button without a border was not seen")
	}
}
