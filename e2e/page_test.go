package e2e

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// call writes a JavaScript expression: the function applied to the arguments.
func call(function string, args ...any) string {
	list := make([]string, len(args))
	for i, a := range args {
		b, err := json.Marshal(a)
		if err != nil {
			panic(err) // tests pass strings and numbers
		}
		list[i] = string(b)
	}
	return "(" + function + ")(" + strings.Join(list, ",") + ")"
}

// try evaluates an expression in the page, a promise to its end.
func try[T any](p *tab, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// read is try that must work.
func read[T any](p *tab, expression string) T {
	p.t.Helper()
	v, err := try[T](p, expression)
	if err != nil {
		p.t.Fatalf("%s: %v\n%s", expression, err, p.where())
	}
	return v
}

// until waits for an expression to become true. Pages may change underneath.
func (p *tab) until(what, expression string) {
	p.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(40 * time.Millisecond) {
		if ok, err := try[bool](p, "!!("+expression+")"); err == nil && ok {
			return
		}
		if p.ctx.Err() != nil {
			break
		}
	}
	p.t.Fatalf("waited in vain for: %s (%s)\n%s", what, expression, p.where())
}

// where says what the person sees, for messages.
func (p *tab) where() string {
	text, err := try[string](p, `location.href + "\n" + document.body.innerText.slice(0, 1500)`)
	if err != nil {
		return err.Error()
	}
	return text
}

// open goes to an address of the server.
func (p *tab) open(path string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate(p.base+path)); err != nil {
		p.t.Fatalf("open %s: %v", path, err)
	}
}

// spot is where an element can be hit, or why it cannot.
type spot struct {
	X, Y float64
	Why  string
}

// hit finds the first visible element, brings it into view and makes sure that nothing covers it.
const hit = `(selector) => {
  const seen = [...document.querySelectorAll(selector)].filter((e) => e.checkVisibility())
  if (!seen.length) return { Why: 'it is not on the page' }
  const el = seen[0]
  if (el.disabled) return { Why: 'it is disabled' }
  el.scrollIntoView({ block: 'center', behavior: 'instant' })
  const r = el.getClientRects()[0], x = r.x + r.width / 2, y = r.y + r.height / 2
  const top = document.elementFromPoint(x, y)
  const label = top?.closest('label')
  if (!top || !(el.contains(top) || label?.control === el)) return { Why: 'it is covered by ' + (top?.outerHTML.slice(0, 80) ?? 'nothing') }
  return { X: x, Y: y, Why: '' }
}`

// press clicks or taps the first visible element where a person would.
func (p *tab) press(selector string) {
	p.t.Helper()
	var at spot
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(40 * time.Millisecond) {
		before := at
		if at, err = try[spot](p, call(hit, selector)); err == nil && at.Why == "" && at == before { // it stands still
			if p.look.Touch {
				p.must(chromedp.Do(p.ctx, chromedp.TapXY(at.X, at.Y)))
			} else {
				p.must(chromedp.Do(p.ctx, chromedp.MouseClickXY(at.X, at.Y)))
			}
			return
		}
	}
	p.t.Fatalf("cannot press %s: %s %v\n%s", selector, at.Why, err, p.where())
}

// write puts text into a field as if typed.
func (p *tab) write(selector, text string) {
	p.t.Helper()
	p.press(selector)
	p.until(selector+" has the focus", call(`(s) => document.activeElement === document.querySelector(s)`, selector))
	p.must(chromedp.Do(p.ctx, chromedp.KeyEvent(text)))
}

// keys presses keys wherever the focus is.
func (p *tab) keys(keys string) {
	p.t.Helper()
	p.must(chromedp.Do(p.ctx, chromedp.KeyEvent(keys)))
}

// there waits for a visible element.
func (p *tab) there(selector string) {
	p.t.Helper()
	p.until(selector+" is there", call(`(s) => [...document.querySelectorAll(s)].some((e) => e.checkVisibility())`, selector))
}

// text is what the first element says, with single spaces.
func (p *tab) text(selector string) string {
	p.t.Helper()
	p.until(selector+" is on the page", call(`(s) => document.querySelector(s)`, selector))
	return read[string](p, call(`(s) => document.querySelector(s).textContent.replace(/\s+/g, ' ').trim()`, selector))
}

// texts is what every element says.
func (p *tab) texts(selector string) []string {
	p.t.Helper()
	return read[[]string](p, call(`(s) => [...document.querySelectorAll(s)].map((e) => e.textContent.replace(/\s+/g, ' ').trim())`, selector))
}

// count is how many elements match.
func (p *tab) count(selector string) int {
	p.t.Helper()
	return read[int](p, call(`(s) => document.querySelectorAll(s).length`, selector))
}

// path is the address of the page without its host.
func (p *tab) path() string {
	p.t.Helper()
	return read[string](p, `location.pathname`)
}

// status fetches an address with the person's cookie and returns the status of the answer.
func (p *tab) status(path string) int {
	p.t.Helper()
	return read[int](p, call(`(url) => fetch(url, { cache: 'no-store' }).then((r) => r.status)`, path))
}

// cookies are the cookies that the browser would send to the server.
func (p *tab) cookies() []*network.Cookie {
	p.t.Helper()
	got, err := chromedp.Call(p.ctx, network.GetCookies, network.GetCookiesParams{URLs: []string{p.base}})
	p.must(err)
	return got.Cookies
}
