package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"vow.example/vow/client"
)

// violation is one finding of axe.
type violation struct {
	ID, Help string
	Where    []string
}

// runAxe looks for WCAG 2.0, 2.1 and 2.2 failures of levels A and AA.
const runAxe = `() => axe.run(document, {
  runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }, resultTypes: ['violations'],
}).then((r) => r.violations.map((v) => ({ ID: v.id, Help: v.help, Where: v.nodes.slice(0, 4).map((n) => n.target.join(' ') + ': ' + n.failureSummary.replace(/\s+/g, ' ')) })))`

// overflow finds what sticks out to the side of the window.
const overflow = `(width) => {
  if (document.scrollingElement.scrollWidth <= width) return []
  return [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > width + 1).slice(0, 4).map((e) => e.outerHTML.slice(0, 90))
}`

// small finds targets below 24 by 24 pixels, except links inside a sentence.
const small = `() => [...document.querySelectorAll('a[href],button,summary,select,textarea,input:not([type=hidden])')].filter((e) => {
  const r = e.getBoundingClientRect()
  if (!e.checkVisibility() || e.closest('.vh') || r.right <= 0 || getComputedStyle(e).clipPath === 'inset(50%)') return false
  const inline = getComputedStyle(e).display === 'inline' && [...e.parentElement.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())
  return !inline && !e.classList.contains('cover') && (r.width < 24 || r.height < 24)
}).slice(0, 6).map((e) => e.outerHTML.slice(0, 90) + ' ' + Math.round(e.getBoundingClientRect().width) + 'x' + Math.round(e.getBoundingClientRect().height))`

// axeSource is the library, from where "make test" puts it.
func axeSource(t *testing.T) string {
	t.Helper()
	path := os.Getenv("VOW_AXE")
	if path == "" {
		path = filepath.Join("..", ".cache", "axe.min.js")
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("axe-core is missing; %s", missing)
	}
	return string(b)
}

// bring loads axe into the page.
func (p *tab) bring(axe string) {
	p.t.Helper()
	read[bool](p, axe+"\n;true")
}

func (p *tab) axe() []violation {
	p.t.Helper()
	return read[[]violation](p, call(runAxe))
}

// page is one page to look at, and what has to happen before.
type page struct {
	name, path string
	before     func(p *tab)
}

func TestEveryPageIsFreeOfAccessibilityViolations(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	axe := axeSource(t)
	s := newStage(t)
	g := s.gallery()
	for _, lang := range []string{"en", "zh-CN"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			p := newTab(t, s.url, phone().in(lang))
			g.pixplus.sit(p)
			for _, it := range g.pages(lang) {
				p.wear(phone().in(lang))
				p.open(it.path)
				if it.before != nil {
					it.before(p)
				}
				p.bring(axe)
				p.inspect(t, it.name)
			}
		})
	}
}

// inspect runs every check in both sizes and both themes, and the layout at 320 pixels.
func (p *tab) inspect(t *testing.T, name string) {
	t.Helper()
	lang := p.look.Lang
	narrow := look{Width: 320, Height: 640, Touch: true, Lang: lang}
	for _, l := range []look{phone().in(lang), phone().in(lang).dark(), desktop().in(lang), desktop().in(lang).dark(), narrow} {
		p.wear(l)
		if l.Width > 320 {
			for _, v := range p.axe() {
				t.Errorf("%s %s: %s (%s)\n\t%s", name, l, v.ID, v.Help, strings.Join(v.Where, "\n\t"))
			}
		}
		if l.Dark {
			continue // the same layout
		}
		if out := read[[]string](p, call(overflow, l.Width)); len(out) > 0 {
			t.Errorf("%s %s: wider than the window: %s", name, l, strings.Join(out, "\n\t"))
		}
		if tiny := read[[]string](p, call(small)); len(tiny) > 0 {
			t.Errorf("%s %s: targets below 24 px: %s", name, l, strings.Join(tiny, "\n\t"))
		}
	}
}

// TestTheAccessibilityCheckSeesFaults is the control: a check that never fails shows nothing.
func TestTheAccessibilityCheckSeesFaults(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	axe := axeSource(t)
	s := newStage(t)
	p := newTab(t, s.url, phone())
	p.open("/pixplus/e/avatar")
	p.bring(axe)
	if found := p.axe(); len(found) != 0 {
		t.Fatalf("before any fault: %+v", found)
	}
	read[bool](p, `(() => {
	  document.documentElement.removeAttribute('lang')
	  document.querySelector('label[for=t-prompt]').remove()
	  document.querySelector('.sub').style.color = 'rgb(170, 175, 180)'
	  document.querySelector('main').insertAdjacentHTML('beforeend', '<button id="tiny">x</button><p id="wide">wide</p>')
	  Object.assign(document.getElementById('tiny').style, { width: '12px', height: '12px', minHeight: '0', padding: '0' })
	  document.getElementById('wide').style.width = '600px'
	  return true
	})()`)
	var rules []string
	for _, v := range p.axe() {
		rules = append(rules, v.ID)
	}
	for _, want := range []string{"html-has-lang", "label", "color-contrast"} {
		if !slices.Contains(rules, want) {
			t.Errorf("the fault %s was not seen; seen: %v", want, rules)
		}
	}
	if len(read[[]string](p, call(overflow, p.look.Width))) == 0 {
		t.Error("a paragraph wider than the window was not seen")
	}
	if tiny := read[[]string](p, call(small)); len(tiny) != 1 || !strings.Contains(tiny[0], `id="tiny"`) {
		t.Error("a button of 12 pixels was not seen")
	}
}

// gallery is a server with one person in every situation that has a page.
type gallery struct {
	pixplus, fitting, mixoo                                 *member
	seen, refused                                           string
	done, blocked, rewrite, failed, canceled, gone, receipt string
	local                                                   string
	minor                                                   *member // waits for a guardian
	link                                                    string  // of the guardian
}

func (s *stage) gallery() *gallery {
	s.t.Helper()
	m, f := s.member("pixplus"), s.member("aifitting")
	g := &gallery{pixplus: m, fitting: f}
	done, erased, slow := m.task("avatar", ""), m.task("portrait_enhance", ""), m.task("avatar", "test:slow")
	failing, own := m.task("avatar", "test:fail"), f.task("avatar", "")
	g.blocked, g.rewrite = m.task("avatar", "test:block").ID, m.task("avatar", "test:rewrite").ID
	m.reach(g.blocked, "blocked")
	m.reach(g.rewrite, "awaiting_confirmation")
	m.reach(slow.ID, "generating")
	if _, err := m.api.CancelTask(s.t.Context(), slow.ID); err != nil {
		s.t.Fatal(err)
	}
	g.canceled = m.reach(slow.ID, "canceled").ID
	g.done, g.failed = done.ID, m.reach(failing.ID, "failed").ID
	m.reach(done.ID, "succeeded")
	g.gone = m.reach(erased.ID, "succeeded").Outputs[0].ID
	receipt, err := m.api.DeleteOutput(s.t.Context(), g.gone)
	if err != nil {
		s.t.Fatal(err)
	}
	g.receipt = receipt.ID
	g.local = f.reach(own.ID, "succeeded").Outputs[0].ID
	g.mixoo = s.member("mixoo")
	seen := g.mixoo.task("quality_score", "")
	g.seen = g.mixoo.reach(seen.ID, "succeeded").Outputs[0].ID
	refused := g.mixoo.task("nano_banana", "test:refused")
	g.refused = g.mixoo.reach(refused.ID, "failed").ID
	g.young()
	return g
}

// young is a minor who has asked a guardian.
func (g *gallery) young() {
	s := g.pixplus.stage
	s.t.Helper()
	made, err := client.New(s.url, s.keys["aifitting"], nil).NewSession(s.t.Context(), client.SessionCreate{App: "aifitting", AgeBand: "under"})
	if err != nil {
		s.t.Fatal(err)
	}
	g.minor = &member{stage: s, app: "aifitting", token: made.AccessToken, api: client.New(s.url, made.AccessToken, nil)}
	asked, err := g.minor.api.Guardian(s.t.Context(), client.GuardianStep{Email: "parent@example.org"})
	if err != nil {
		s.t.Fatal(err)
	}
	g.link = "/g/" + asked.Link
}

// pages lists every page. Progress comes first: its task has ten seconds to run.
func (g *gallery) pages(lang string) []page {
	result := g.pixplus.reach(g.done, "succeeded").Outputs[0].ID
	sheet := func(p *tab) {
		p.press("input[value='coffee.jpg']")
		p.press("#go")
		p.there("dialog[open]")
	}
	plain := func(p *tab) { read[bool](p, `document.documentElement.classList.remove('js'), true`) }
	opened := func(p *tab) {
		read[bool](p, `([...document.querySelectorAll('details')].slice(0, 3).forEach((d) => { d.open = true }), document.querySelector('#schemas details')?.setAttribute('open', ''), true)`)
	}
	all := []page{
		{"progress", "", func(p *tab) {
			p.open("/pixplus/tasks/" + g.pixplus.task("avatar", "test:slow").ID)
			p.there(".steps .doing")
		}},
		{"start", "/", nil}, {"home", "/pixplus/", nil}, {"home of the other app", "/aifitting/", nil},
		{"effect", "/pixplus/e/avatar", nil}, {"consent dialog", "/pixplus/e/avatar", sheet}, {"own consent dialog", "/aifitting/e/avatar", sheet},
		{"effect without scripts", "/pixplus/e/avatar?declined=1", plain}, {"consent page", "/pixplus/e/avatar/consent", plain},
		{"steps", "/pixplus/tasks/" + g.done + "?view=steps", nil}, {"result", "/pixplus/works/" + result, opened}, {"own result", "/aifitting/", func(p *tab) {
			g.fitting.sit(p)
			p.open("/aifitting/works/" + g.local)
		}},
		{"home of an app with many recipients", "/mixoo/", func(p *tab) {
			g.mixoo.sit(p)
			p.open("/mixoo/")
		}},
		{"effect with several pictures", "/mixoo/e/nano_banana_pro", opened}, {"effect with many options", "/mixoo/e/image_to_video", nil},
		{"consent chain", "/mixoo/e/age_change/consent", plain}, {"measurement", "/mixoo/works/" + g.seen, opened}, {"refused", "/mixoo/tasks/" + g.refused, nil},
		{"my work of every kind", "/mixoo/works", nil}, {"who has something of mine", "/mixoo/privacy", opened}, {"settings with messages outside of the app", "/mixoo/settings", nil},
		{"upload page", "/pixplus/e/avatar/upload?consent=con_x", plain},
		{"blocked", "/pixplus/tasks/" + g.blocked, nil}, {"rewrite", "/pixplus/tasks/" + g.rewrite, nil},
		{"failed", "/pixplus/tasks/" + g.failed, nil}, {"canceled", "/pixplus/tasks/" + g.canceled, nil},
		{"gone", "/pixplus/works/" + g.gone, nil}, {"my work", "/pixplus/works", nil},
		{"privacy centre", "/pixplus/privacy?withdrawn=1", opened}, {"delete", "/pixplus/privacy/delete?scope=account", nil},
		{"first visit", "/mixoo/welcome", func(p *tab) {
			_, err := chromedp.Call(p.ctx, network.DeleteCookies, network.DeleteCookiesParams{Name: "sid-mixoo", URL: p.base})
			p.must(err)
			p.open("/mixoo/welcome?next=/mixoo/works")
			opened(p)
		}},
		{"sign-in", "/mixoo/sign-in", nil}, {"too young", "/mixoo/age", nil}, {"declined", "/mixoo/declined", nil}, {"settings of a stranger", "/mixoo/settings", nil},
		{"favourites", "/aifitting/favorites", nil}, {"settings with everything", "/aifitting/settings", opened}, {"policy to agree to", "/kmeng/welcome", func(p *tab) {
			p.press("#welcome button[value=over]")
			p.there("#welcome .reading")
		}}, {"guardian", "/picwiz/", func(p *tab) {
			g.minor.sit(p)
			p.open("/aifitting/guardian")
		}}, {"guardian's own page", g.link, nil},
		{"policy", "/pixplus/policy", nil}, {"settings", "/pixplus/settings", nil}, {"receipt", "/receipts/" + g.receipt, opened},
		{"docs", "/docs", opened}, {"problems", "/problems/", nil}, {"problem", "/problems/erased", nil}, {"not found", "/pixplus/nowhere", nil},
	}
	if all[0].path == "" {
		all[0].path = fmt.Sprintf("/pixplus/?%s", lang)
	}
	return all
}
