package e2e

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"vow.example/vow/client"
)

// spoken are the words of one language that the journey looks for.
type spoken struct {
	NothingSent, AIGenerated string
	Fields                   map[string]string
}

func words(lang string) spoken {
	if lang == "en" {
		return spoken{"Nothing was sent.", "AI-generated", map[string]string{"photo": "photo", "prompt": "text", "style": "style"}}
	}
	return spoken{"没有发送任何内容。", "AI 生成", map[string]string{"photo": "照片", "prompt": "文字", "style": "风格"}}
}

func TestAPersonMakesAPictureAndDeletesIt(t *testing.T) {
	t.Parallel()
	for _, l := range []look{phone(), desktop().in("zh-CN")} {
		t.Run(l.String(), func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			j := &journey{stage: s, p: newTab(t, s.url, l), words: words(l.Lang)}
			j.choose()
			j.decline()
			j.agree()
			j.compare()
			j.lookUpWhoReceivedWhat()
			j.deleteTheResult()
			j.deleteEverything()
		})
	}
}

// journey is the main job, from the start page to an empty privacy centre.
type journey struct {
	*stage
	p      *tab
	words  spoken
	result string // address of the result page
}

const sheetRoot = "dialog[open] form"

func (j *journey) choose() {
	p := j.p
	p.open("/")
	p.press("article.app a[href^='/pixplus/']")
	p.press("a.cover[href^='/pixplus/e/avatar']")
	p.there("#create")
	if p.look.Touch {
		p.press("input[value='astronaut.jpg']")
	} else {
		p.must(chromedp.Do(p.ctx, chromedp.SetUploadFiles(chromedp.CSS("input[name='file.photo']"), []string{photoFile(p.t)})))
	}
	p.there("img.preview")
	p.write("textarea", "a friendly portrait")
	p.press(".pills label:first-of-type")
}

// decline opens the sheet, reads it, and says no: by the button, by Esc, and beside it.
func (j *journey) decline() {
	p, d := j.p, j.disclosure("pixplus", "avatar", j.p.look)
	backdrop := func() { p.must(chromedp.Do(p.ctx, chromedp.MouseClickXY(4, 4))) }
	for _, no := range []func(){func() { p.press("dialog button[value=declined]") }, func() { p.keys(kb.Escape) }, backdrop} {
		p.press("#go")
		p.there(sheetRoot)
		p.checkSheet(sheetRoot, d)
		p.until("the focus is in the sheet", `document.querySelector('dialog').contains(document.activeElement)`)
		no()
		p.until("the sheet is closed", `!document.querySelector('dialog[open]')`)
		p.until("the focus is back on Generate", `document.activeElement.id === 'go'`)
		p.until("the live region says that nothing was sent", call(`(t) => document.getElementById('live').textContent === t`, j.words.NothingSent))
		p.there("#declined")
	}
	if posts := p.sent("POST"); len(posts) != 0 {
		p.t.Errorf("after three refusals the browser had sent %v", posts)
	}
	j.nothingReceived()
}

// agree says yes and watches the task until its result is there.
func (j *journey) agree() {
	p := j.p
	p.press("#go")
	p.agree()
	p.until("the task has a page", `location.pathname.startsWith('/pixplus/tasks/')`)
	p.until("the steps are listed", `document.querySelectorAll('.steps li').length >= 5`)
	p.until("one step is being done", `document.querySelector('.steps .doing')`)
	p.until("the title tells the percentage", `/^\d+ % /.test(document.title)`)
	p.until("the result is there", `location.pathname.startsWith('/pixplus/works/')`)
	j.result = p.path()
	p.until("the picture is loaded", `document.querySelector('.after')?.naturalWidth > 0`)
}

// compare moves the slider by keyboard and by the buttons; "before" never comes from the server.
func (j *journey) compare() {
	p := j.p
	p.there(".before")
	if src := read[string](p, `document.querySelector('.before').src`); !strings.HasPrefix(src, "blob:") {
		p.t.Errorf("the photo before comes from %s, want a blob of this browser", src)
	}
	if apart := read[bool](p, `((a, b) => Math.abs(a.y - b.y) > 1 || Math.abs(a.height - b.height) > 1)(...['.before', '.after'].map((s) => document.querySelector(s).getBoundingClientRect()))`); apart {
		p.t.Error("before and after do not lie on each other")
	}
	clip := func() string { return read[string](p, `getComputedStyle(document.querySelector('.before')).clipPath`) }
	at := func(want string) {
		p.t.Helper()
		p.until("the slider is at "+want, call(`(v) => document.getElementById('rng').value === v`, want))
	}
	at("50")
	half := clip()
	p.must(chromedp.Do(p.ctx, chromedp.Focus(chromedp.CSS("#rng"))))
	p.keys(kb.ArrowRight)
	at("51")
	if clip() == half {
		p.t.Error("the arrow key does not move the border between before and after")
	}
	p.keys(kb.End)
	at("100")
	p.press("[data-show='0']")
	at("0")
	p.press("[data-show='100']")
	at("100")
	label := p.text("figcaption .chip")
	if !strings.Contains(label, j.words.AIGenerated) {
		p.t.Errorf("the picture is labelled %q", label)
	}
	p.there("figcaption .chip")
	for _, r := range p.sent("GET") {
		if strings.Contains(r, "/uploads/") {
			p.t.Errorf("the page asked the server for the photo: %s", r)
		}
	}
}

const ownTransfers = `() => fetch('/pixplus/api/v1/privacy/transfers').then((r) => r.json()).then((p) => p.data)`

// lookUpWhoReceivedWhat compares four accounts of the same transfer: the sheet, the ledger, the
// page, and what the recipient says.
func (j *journey) lookUpWhoReceivedWhat() {
	p := j.p
	p.press("nav.tab a[href^='/pixplus/privacy']")
	p.there("#hold")
	if n := p.texts("#hold tbody tr"); len(n) == 0 {
		p.t.Error("the privacy centre counts nothing")
	}
	var listed []string
	for _, w := range j.disclosure("pixplus", "avatar", p.look).What {
		listed = append(listed, w.Field)
	}
	ledger := read[[]client.Transfer](p, call(ownTransfers))
	if len(ledger) != 1 {
		p.t.Fatalf("the ledger has %d transfers, want 1", len(ledger))
	}
	received, fields := j.receivedFields(), sorted(ledger[0].Fields)
	if !slices.Equal(received, fields) || !slices.Equal(sorted(listed), fields) {
		p.t.Errorf("the sheet lists %v, the ledger %v, RunningHub received %v", sorted(listed), fields, received)
	}
	var chips []string
	for _, f := range ledger[0].Fields {
		chips = append(chips, j.words.Fields[f])
	}
	if got := p.texts("#who .chips .chip"); !slices.Equal(got, chips) {
		p.t.Errorf("the page shows the fields %v, want %v", got, chips)
	}
	if v := j.received().Violations; len(v) != 0 {
		p.t.Errorf("RunningHub complains: %v", v)
	}
}

func (j *journey) deleteTheResult() {
	p := j.p
	p.open(j.result)
	p.there("#no-before") // after a reload the photo is not in memory, and nobody pretends
	if p.count(".before:not([hidden])") != 0 {
		p.t.Error("after a reload there is still a photo before")
	}
	content := read[string](p, `document.querySelector('.after').getAttribute('src')`)
	p.press("details.confirm summary")
	p.press("details.confirm button")
	p.there(".card.gone")
	for _, address := range []string{j.result, content} {
		if got := p.status(address); got != 410 {
			p.t.Errorf("%s answers %d after deletion, want 410", address, got)
		}
	}
	p.press(".card.gone a[href*='/receipts/']")
	p.there(".note.ok")
	p.there(".checks .done")
	if n := p.count(".checks .failed"); n != 0 {
		p.t.Errorf("%d checks of the receipt failed", n)
	}
}

func (j *journey) deleteEverything() {
	p := j.p
	cookies := p.cookies()
	if len(cookies) != 1 || !cookies[0].HTTPOnly {
		p.t.Fatalf("the browser keeps %v, want one HttpOnly cookie", cookies)
	}
	p.open("/pixplus/privacy")
	p.press("#rights a[href*='scope=account']")
	p.press("form button.d")
	p.there(".note.ok")
	if p.count("a[href*='/receipts/']") == 0 {
		p.t.Error("no receipt for what was erased")
	}
	p.open("/pixplus/privacy")
	p.there("#hold")
	if rows := p.texts("#hold tbody tr"); len(rows) != 0 {
		p.t.Errorf("after deleting everything the privacy centre still counts %v", rows)
	}
	p.open("/pixplus/works")
	p.there(".empty")
	_, err := client.New(j.url, cookies[0].Value, nil).Holdings(p.t.Context())
	if problem := (*client.Problem)(nil); !errors.As(err, &problem) || problem.Status != 401 {
		p.t.Errorf("the old session still reads: %v", err)
	}
}
