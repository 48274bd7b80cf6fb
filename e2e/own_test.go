package e2e

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// made waits for the result of the task that the page just started.
func (p *tab) made(app string) {
	p.t.Helper()
	p.until("the result is there", call(`(a) => location.pathname.startsWith('/' + a + '/works/')`, app))
	p.until("the picture is loaded", `document.querySelector('.after')?.naturalWidth > 0 || document.querySelector('video.film')?.readyState > 0`)
}

// picture tells the picture of the preview panel: its address, and a sum over its pixels.
func (p *tab) picture() string {
	p.t.Helper()
	return read[string](p, `document.querySelector('#peek .after').src + ' ' + (() => {
	  const img = document.querySelector('#peek .after'), c = document.createElement('canvas')
	  c.width = img.naturalWidth; c.height = img.naturalHeight
	  const pen = c.getContext('2d')
	  pen.drawImage(img, 0, 0)
	  return pen.getImageData(0, 0, c.width, c.height).data.reduce((sum, v, i) => (sum * 31 + v * (i % 97)) % 1000000007, 0)
	})()`)
}

// settled waits until the panel shows what was asked for last.
func (p *tab) settled() {
	p.t.Helper()
	p.until("the preview is there", `document.getElementById('peek').ariaBusy === 'false' && document.querySelector('#peek .after').naturalWidth > 0 && document.querySelector('#peek .state').textContent`)
}

// changes waits for another preview than before.
func (p *tab) changes(before string) string {
	p.t.Helper()
	address, _, _ := strings.Cut(before, " ")
	p.until("the preview changes", call(`(b) => document.querySelector('#peek .after').src !== b`, address))
	p.settled()
	after := p.picture()
	_, old, _ := strings.Cut(before, " ")
	if _, sum, _ := strings.Cut(after, " "); sum == old {
		p.t.Error("the preview was made again and shows the same pixels")
	}
	return after
}

func TestAPreviewFollowsTheChoicesAndLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	for _, l := range []look{phone().in("zh-CN"), desktop()} {
		t.Run(l.String(), func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			p := newTab(t, s.url, l)
			p.open("/aifitting/e/face_swap")
			if p.count("#peek:not([hidden])") != 0 {
				t.Error("there is a preview panel before there is a photo")
			}
			p.press("input[value='astronaut.jpg']")
			p.press("#peek-go")
			p.there(sheetRoot)
			p.checkSheet(sheetRoot, s.disclosure("aifitting", "face_swap", l))
			p.keys(kb.Escape)
			p.until("the focus is back on the preview", `document.activeElement.id === 'peek-go'`)
			if posts := p.sent("POST"); len(posts) != 0 {
				t.Fatalf("after a refusal the browser had sent %v", posts)
			}
			p.press("#peek-go")
			p.agree()
			p.settled()
			shown := p.picture()
			p.press(".thing input[value=knight]")
			shown = p.changes(shown)
			p.must(chromedp.Do(p.ctx, chromedp.Focus(chromedp.CSS("#n-blend"))))
			p.keys(kb.Home)
			p.until("the value is told", `document.querySelector('.range output').value === '0 %'`)
			p.changes(shown)
			p.press(".sizes input[value='256']")
			p.there("#peek-error .note") // the face is too small then, and the page says so
			p.press(".sizes input[value='512']")
			p.until("the message is gone", `!document.querySelector('#peek-error .note') && document.getElementById('peek').ariaBusy === 'false'`)
			for _, r := range p.sent("POST") {
				if !strings.Contains(r, "/consents?") && !strings.Contains(r, "/previews?") && !strings.HasPrefix(r, "/aifitting/welcome?") {
					t.Errorf("a preview sent %s", r)
				}
			}
			held := read[int](p, `fetch('/aifitting/api/v1/privacy/holdings').then((r) => r.json()).then((h) => h.data.filter((r) => /photo|generated/.test(r.category)).reduce((n, r) => n + r.count, 0))`)
			if held != 0 {
				t.Errorf("after previews the server holds %d pictures", held)
			}
			p.press("#go") // the consent stands: no second question
			p.made("aifitting")
			if n := read[int](p, `fetch('/aifitting/api/v1/consents').then((r) => r.json()).then((p) => p.data.filter((c) => c.feature !== 'policy').length)`); n != 1 {
				t.Errorf("%d consents were recorded, want one", n)
			}
		})
	}
}

func countOf(list []string, part string) int {
	n := 0
	for _, s := range list {
		if strings.Contains(s, part) {
			n++
		}
	}
	return n
}

func TestAPreviewLeadsToAResultThatCanBeCompared(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := newTab(t, s.url, desktop())
	p.open("/aifitting/e/avatar")
	p.press("input[value='astronaut.jpg']")
	p.press("#peek-go")
	p.agree()
	p.settled()
	p.there("#peek .cmp.on .before")
	clip := func(box string) string {
		return read[string](p, call(`(b) => getComputedStyle(document.querySelector(b + ' .before')).clipPath`, box))
	}
	half := clip("#peek")
	p.must(chromedp.Do(p.ctx, chromedp.Focus(chromedp.CSS("#peek-rng"))))
	p.keys(kb.ArrowRight)
	if clip("#peek") == half {
		t.Error("the arrow key does not move the border of the preview")
	}
	shown := p.picture()
	read[bool](p, `((s) => { s.value = 'pencil'; s.dispatchEvent(new Event('input', { bubbles: true })); return true })(document.getElementById('p-style'))`)
	shown = p.changes(shown)
	p.press(".sizes input[value='256']")
	p.changes(shown)
	if side := read[int](p, `Math.max(document.querySelector('#peek .after').naturalWidth, document.querySelector('#peek .after').naturalHeight)`); side > 256 {
		t.Errorf("the small preview has %d pixels", side)
	}
	p.press("input[value='chelsea.jpg']") // another photo: nothing of it goes before it is asked for
	p.there("#peek-go")
	p.until("the old preview is gone", `document.querySelector('#peek .stage').hidden`)
	p.press("input[value='astronaut.jpg']")
	p.press("#peek-go")
	p.settled()
	p.press("#go")
	p.made("aifitting")
	p.there("#cmp.on .before")
	half = clip("#cmp")
	p.press("[data-show='0']")
	if clip("#cmp") == half {
		t.Error("the button does not move the border of the result")
	}
	if name := read[string](p, `document.querySelector('a[download]').download`); !strings.HasSuffix(name, ".jpg") && !strings.HasSuffix(name, ".png") {
		t.Errorf("the result is saved as %q", name)
	}
	if label := p.text("figcaption"); !strings.Contains(label, "TC260") || !strings.Contains(label, "Number of this work") {
		t.Errorf("the label says %q", label)
	}
}

func TestAFaceComesIntoADrawnTemplate(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := newTab(t, s.url, phone())
	p.open("/aifitting/e/face_swap")
	read[bool](p, `(document.querySelectorAll('.thing img').forEach((i) => { i.loading = 'eager' }), true)`)
	p.until("every template is shown", `[...document.querySelectorAll('.thing img')].every((i) => i.naturalWidth > 0 && i.alt)`)
	first, fourth := read[[]float64](p, `((r) => [r.top, r.left])(document.querySelectorAll('.thing')[2].getBoundingClientRect())`), read[[]float64](p, `((r) => [r.top, r.left])(document.querySelectorAll('.thing')[3].getBoundingClientRect())`)
	if fourth[0] <= first[0] || fourth[1] >= first[1] {
		t.Error("there are not three templates in a row")
	}
	if got := read[string](p, `fetch(document.querySelector('.thing img').src).then((r) => r.headers.get('Cache-Control') + ' ' + r.headers.get('Content-Type'))`); !strings.HasPrefix(got, "public") || !strings.Contains(got, "image/jpeg") {
		t.Errorf("a template is served as %q", got)
	}
	p.press("input[value='astronaut.jpg']")
	p.press(".thing input[value=detective]")
	p.press("#go")
	p.agree()
	p.made("aifitting")
	p.there("#cmp.pair .before")
	for _, l := range []look{phone(), desktop()} {
		p.wear(l)
		if seen := read[bool](p, `((box, before, after) => before.width > 80 && after.width > 80 && before.right <= after.left && after.right <= box.right + 1 && after.bottom <= box.bottom + 1)(...['#cmp', '#cmp .before', '#cmp .after'].map((s) => document.querySelector(s).getBoundingClientRect()))`); !seen {
			t.Errorf("%s: before and after do not stand side by side in their frame", l)
		}
	}
}

func TestAFilmIsMadeOfSeveralPhotos(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := newTab(t, s.url, phone())
	p.open("/aifitting/e/video_making")
	if n := read[int](p, `[...document.querySelectorAll('.add')].filter((e) => e.checkVisibility()).length`); n != 1 {
		t.Errorf("%d places are offered for the next photo, want one", n)
	}
	p.press("input[name='sample.photo'][value='astronaut.jpg']")
	p.press(".add:not([open]) summary")
	p.press("input[name='sample.photo_2'][value='coffee.jpg']")
	p.press(".add:not([open]) summary")
	p.there(".drop[data-role=photo_3]")
	p.press(".drop[data-role=photo_3] [data-clear]")
	p.until("the third place is closed again", `!document.querySelector('.drop[data-role=photo_3]').checkVisibility()`)
	p.must(chromedp.Do(p.ctx, chromedp.Focus(chromedp.CSS("#n-seconds"))))
	p.keys(kb.Home)
	p.until("the length is told", `document.querySelector('.range output').value === '2'`)
	p.press("#peek-go")
	p.agree()
	p.settled()
	p.there("#peek .cmp.pair .before")
	p.there("#peek canvas") // less motion is wished: the film waits to be played
	p.press("#peek button[data-film]")
	p.there("#peek .after")
	p.press("#go")
	p.made("aifitting")
	if name := read[string](p, `document.querySelector('a[download]').download`); !strings.HasSuffix(name, ".mp4") && !strings.HasSuffix(name, ".webp") && !strings.HasSuffix(name, ".gif") {
		t.Errorf("the film is saved as %q", name)
	}
}

func TestAPhotoThatTheBrowserCannotShowIsNotRefusedByThePage(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := newTab(t, s.url, phone())
	p.open("/aifitting/e/avatar")
	read[bool](p, `(() => {
	  const list = new DataTransfer()
	  list.items.add(new File([new Uint8Array([0, 0, 0, 24, 102, 116, 121, 112, 104, 101, 105, 99, 0, 0, 0, 0])], 'IMG_1.HEIC', { type: 'image/heic' }))
	  const input = document.getElementById('f-photo')
	  input.files = list.files
	  input.dispatchEvent(new Event('change'))
	  return true
	})()`)
	p.there(".unseen")
	if p.count(".err:not([hidden])") != 0 {
		t.Errorf("the page refuses a HEIC: %s", p.text(".err"))
	}
	p.press("#peek-go")
	p.agree()
	p.there("#peek-error .note")
	if n := countOf(p.sent("POST"), "/previews?"); n != 0 {
		t.Error("bytes that the browser could not open were sent as a preview")
	}
}

// TestThePagesOfEffectsAreAccessible looks at the pages in the states that only a person brings about.
func TestThePagesOfEffectsAreAccessible(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	axe := axeSource(t)
	s := newStage(t)
	for _, lang := range []string{"en", "zh-CN"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			p := newTab(t, s.url, phone().in(lang))
			c := &camera{stage: s, p: p, dir: os.Getenv("VOW_SHOTS")}
			check := func(name string) {
				p.bring(axe)
				p.inspect(t, name)
				if c.dir == "" {
					return
				}
				for _, l := range []look{phone().in(lang), phone().in(lang).dark(), desktop().in(lang), desktop().in(lang).dark()} {
					p.wear(l)
					c.take(name)
				}
				p.wear(phone().in(lang))
			}
			p.open("/aifitting/")
			check("own-home")
			for _, effect := range []string{"avatar", "face_swap", "video_making"} {
				p.wear(phone().in(lang))
				p.open("/aifitting/e/" + effect)
				p.press("input[name='sample.photo'][value='astronaut.jpg']")
				if effect == "video_making" {
					p.press(".add:not([open]) summary")
					p.press("input[name='sample.photo_2'][value='coffee.jpg']")
				}
				check("own-" + effect + "-asked")
				p.press("#peek-go")
				p.agree()
				p.settled()
				check("own-" + effect + "-preview")
				p.press("#go")
				p.made("aifitting")
				check("own-" + effect + "-result")
			}
			p.open("/aifitting/works")
			p.there(".tile")
			check("own-works")
		})
	}
}

// TestTheParametersOfAPreviewAreThoseOfTheForm reads what went out.
func TestTheParametersOfAPreviewAreThoseOfTheForm(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := newTab(t, s.url, phone())
	p.open("/aifitting/e/face_swap")
	read[bool](p, `((real) => { window.sentForms = []; window.fetch = (url, o) => { if (o?.body instanceof FormData) window.sentForms.push([...o.body].map(([k, v]) => [k, typeof v === 'string' ? v : v.type + ' ' + v.size])); return real(url, o) }; return true })(window.fetch)`)
	p.press("input[value='astronaut.jpg']")
	p.press("#peek-go")
	p.agree()
	p.settled()
	forms := read[[][][]string](p, `window.sentForms`)
	if len(forms) != 1 || len(forms[0]) != 2 || forms[0][0][0] != "request" || forms[0][1][0] != "photo" || !strings.HasPrefix(forms[0][1][1], "image/jpeg ") {
		t.Fatalf("the previews were %v", forms)
	}
	var asked struct {
		Feature, Consent string
		Params           map[string]string
	}
	if err := json.Unmarshal([]byte(forms[0][0][1]), &asked); err != nil || asked.Feature != "face_swap" || !strings.HasPrefix(asked.Consent, "con_") || len(asked.Params) != 2 || asked.Params["blend"] != "0.85" || asked.Params["template"] != "astronaut" {
		t.Errorf("the preview asked for %+v (%v)", asked, err)
	}
}
