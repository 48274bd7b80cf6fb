package e2e

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestShots writes pictures of the main pages, in every size, theme and language, into the folder
// that VOW_SHOTS names: what the window shows, and the whole page below "full".
func TestShots(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("VOW_SHOTS")
	if dir == "" {
		t.Skip("VOW_SHOTS names no folder")
	}
	for _, l := range everyLook() {
		t.Run(l.String(), func(t *testing.T) {
			c := &camera{stage: newStage(t), dir: dir}
			c.p = newTab(t, c.url, l)
			c.walk()
		})
	}
}

// everyLook is both sizes, themes and languages.
func everyLook() (all []look) {
	for _, lang := range []string{"en", "zh-CN"} {
		all = append(all, phone().in(lang), phone().in(lang).dark(), desktop().in(lang), desktop().in(lang).dark())
	}
	return all
}

// camera takes pictures on the way through the main job.
type camera struct {
	*stage
	p   *tab
	dir string
}

func (c *camera) walk() {
	p := c.p
	p.open("/")
	c.take("start")
	p.open("/pixplus/")
	c.take("home")
	p.open("/pixplus/e/avatar")
	p.press("input[value='astronaut.jpg']")
	p.press(".pills label:first-of-type")
	c.take("effect")
	p.press("#go")
	p.there("dialog[open]")
	c.take("consent")
	p.agree()
	p.there(".steps .doing")
	c.take("progress")
	p.there(".before")
	c.take("result")
	p.press("nav.tab a[href^='/pixplus/works']")
	p.there(".tile")
	c.take("works")
	p.open("/pixplus/privacy")
	c.take("privacy")
	p.open("/pixplus/settings")
	c.take("settings")
	p.open("/pixplus/works")
	p.press(".tile a")
	p.press("details.confirm summary")
	p.press("details.confirm button")
	p.there(".card.gone")
	c.take("deleted")
	p.press(".card.gone a[href*='/receipts/']")
	p.there(".checks .done")
	c.take("receipt")
	p.open("/pixplus/works")
	p.there(".tile.gone")
	c.take("works-gone")
	p.generate("test:block")
	p.until("the page says no", `document.querySelector('#task').dataset.state === 'blocked'`)
	c.take("blocked")
	p.open("/pixplus/policy")
	c.take("policy")
	p.open("/pixplus/privacy/delete?scope=account")
	c.take("delete")
	c.mixoo()
	p.open("/")
	c.take("start-after")
	c.slow()
}

// slow is a task that takes longer than three others before it.
func (c *camera) slow() {
	p, m := c.p, c.member("mixoo")
	for range 3 {
		m.reach(m.task("image_to_video", "a slow pan").ID, "succeeded")
	}
	id := m.task("image_to_video", "test:slow").ID
	m.reach(id, "generating")
	m.sit(p)
	p.open("/mixoo/tasks/" + id)
	p.there("#notify button")
	c.take("waiting")
	if _, err := c.client().DemoAdvance(c.t.Context(), "PT10M"); err != nil {
		c.t.Fatal(err)
	}
	p.open("/mixoo/tasks/" + id)
	p.there("[data-slow]")
	c.take("slow")
}

// mixoo is the way through an app whose effects go to several companies.
func (c *camera) mixoo() {
	p := c.p
	p.open("/picwiz/")
	c.take("picwiz-home")
	p.open("/mixoo/")
	c.take("mixoo-home")
	p.open("/mixoo/e/face_swap")
	p.press("input[name='sample.template_photo'][value='astronaut.jpg']")
	p.press("input[name='sample.photo'][value='astronaut.jpg']")
	c.take("mixoo-effect")
	p.press("#go")
	p.there("dialog[open]")
	c.take("mixoo-consent")
	p.agree()
	p.until("the result is there", `location.pathname.startsWith('/mixoo/works/')`)
	c.take("mixoo-result")
	p.open("/mixoo/e/quality_score")
	p.press("input[value='astronaut.jpg']")
	p.press("#go")
	p.agree()
	p.there(".seen")
	c.take("mixoo-measured")
	p.open("/mixoo/privacy")
	c.take("mixoo-privacy")
}

// take waits for the pictures of the page, and keeps what the window shows and the whole page.
func (c *camera) take(name string) {
	c.p.t.Helper()
	c.p.until("every picture is loaded", `[...document.images].every((i) => i.hidden || i.loading === 'lazy' || (i.complete && i.naturalWidth))`)
	read[bool](c.p, `(scrollTo(0, 0), document.activeElement.blur(), true)`)
	c.snap(name)
}

// snap keeps what the window shows and the whole page as they are, which also works without scripts.
func (c *camera) snap(name string) {
	p := c.p
	p.t.Helper()
	window, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	p.must(err)
	img, err := png.Decode(bytes.NewReader(window))
	p.must(err)
	small, err := compact(img)
	p.must(err)
	p.keep(filepath.Join(c.dir, name+"-"+p.look.String()+".png"), small)
	if strings.HasSuffix(name, "consent") && !strings.HasPrefix(name, "plain") || name == "progress" {
		return // a dialog fills the window; progress does not wait
	}
	whole, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
	p.must(err)
	p.keep(filepath.Join(c.dir, "full", name+"-"+p.look.String()+".png"), whole)
}

// keep writes a picture.
func (p *tab) keep(path string, b []byte) {
	p.t.Helper()
	p.must(os.MkdirAll(filepath.Dir(path), 0o755))
	p.must(os.WriteFile(path, b, 0o644))
}
