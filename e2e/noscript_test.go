package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

func TestConsentAndEveryPrivacyActionWorkWithoutJavaScript(t *testing.T) {
	t.Parallel()
	for _, l := range []look{phone().in("zh-CN"), desktop()} {
		t.Run(l.String(), func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			p := newTab(t, s.url, l)
			p.scriptless()
			n := &noscript{stage: s, p: p}
			n.decline()
			n.agree()
			n.withdraw()
			n.delete()
		})
	}
}

// noscript is the main job with plain pages and forms.
type noscript struct {
	*stage
	p *tab
}

const pageRoot = "form.sheet.page"

// toSheet walks from the app's home to the consent page.
func (n *noscript) toSheet() {
	p := n.p
	p.open("/pixplus/")
	p.press("a.cover[href^='/pixplus/e/avatar']")
	p.press(".nojs a[href*='/consent']")
	p.there(pageRoot)
	p.checkSheet(pageRoot, n.disclosure("pixplus", "avatar", p.look))
}

func (n *noscript) decline() {
	n.toSheet()
	n.p.press("button[value=declined]")
	n.p.until("back at the effect", `location.pathname === '/pixplus/e/avatar'`)
	n.p.there("#declined") // says that nothing was sent
	n.nothingReceived()
	if held := n.p.cookies(); len(held) != 0 {
		n.p.t.Errorf("a stranger who said no has %d cookies", len(held))
	}
}

func (n *noscript) agree() {
	p := n.p
	n.toSheet()
	p.press("button[value=granted]")
	p.grown(n.app("pixplus")) // and back to what was asked for
	p.there(pageRoot)
	p.press("button[value=granted]")
	p.there("input[type=file]")
	p.must(chromedp.Do(p.ctx, chromedp.SetUploadFiles(chromedp.CSS("input[type=file]"), []string{photoFile(p.t)})))
	p.write("textarea", "a friendly portrait")
	p.press(".pills label:first-of-type")
	p.press("button[type=submit]")
	p.there(".steps li")
	p.until("the page reloads itself to the result", `location.pathname.startsWith('/pixplus/works/')`)
	p.until("the picture is loaded", `document.querySelector('.after')?.naturalWidth > 0`)
	p.there("figcaption .chip")
	if p.count("#compare:not([hidden])") != 0 {
		p.t.Error("the page offers to compare, which needs scripts")
	}
}

func (n *noscript) withdraw() {
	p := n.p
	p.press("nav.tab a[href^='/pixplus/privacy']")
	p.there("#who .chips .chip")
	fields := n.receivedFields()
	if chips := p.texts("#who .chips .chip"); len(chips) != len(fields) || len(fields) == 0 {
		p.t.Errorf("the page shows the fields %v, RunningHub received %v", chips, fields)
	}
	before := p.count("#consents li form")
	p.press("#consents li form button")
	p.until("the page says that it was withdrawn", `location.search.includes('done=withdrawn') && document.readyState === 'complete'`)
	p.there(".note.ok")
	if after := p.count("#consents li form"); after != before-1 {
		p.t.Errorf("%d consents to withdraw, %d after one was withdrawn", before, after)
	}
}

func (n *noscript) delete() {
	p := n.p
	p.open("/pixplus/works")
	p.press(".tile a")
	p.press("details.confirm summary")
	p.press("details.confirm button")
	p.there(".card.gone a[href*='/receipts/']")
	p.open("/pixplus/privacy")
	p.press("#rights a[href*='scope=account']")
	p.there("ul.bullets li")
	p.press("form button.d")
	p.there(".note.ok")
	receipts := p.texts(".rows a[href*='/receipts/']")
	p.press(".rows a[href*='/receipts/']")
	p.there(".checks .done")
	if len(receipts) == 0 || p.count(".checks .failed") != 0 {
		p.t.Errorf("receipts %v, %d checks failed", receipts, p.count(".checks .failed"))
	}
	p.open("/pixplus/privacy")
	if rows := p.texts("#hold tbody tr"); len(rows) != 0 {
		p.t.Errorf("after deleting everything the privacy centre still counts %v", rows)
	}
	if slices.ContainsFunc(p.sent("GET"), func(r string) bool { return strings.Contains(r, "/api/v1/") && !strings.HasSuffix(r, "/content") }) {
		p.t.Errorf("a script ran: %v", p.sent("GET"))
	}
}
