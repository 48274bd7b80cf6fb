package e2e

import (
	"strings"
	"testing"

	"vow.example/vow/client"
)

// generate fills the form of PixPlus' avatar with a sample photo and a text, and agrees.
func (p *tab) generate(text string) {
	p.t.Helper()
	p.open("/pixplus/e/avatar")
	p.press("input[value='coffee.jpg']")
	p.write("textarea", text)
	p.press("#go")
	p.agree()
	p.until("the task has a page", `location.pathname.startsWith('/pixplus/tasks/')`)
}

// task is what the API says about the task of the page.
func (p *tab) task() client.Task {
	p.t.Helper()
	return read[client.Task](p, `fetch('/pixplus/api/v1' + location.pathname.replace('/pixplus', '')).then((r) => r.json())`)
}

func TestABlockedTextIsExplainedAndNothingIsSent(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := newTab(t, s.url, phone())
	const written = "a hill in rain, test:block, <b>quiet</b>"
	p.generate(written)
	p.until("the page says no", `document.querySelector('#task').dataset.state === 'blocked'`)
	task := p.task()
	if quote, marks := p.text("#typed"), p.texts("#typed mark"); quote != written || len(marks) != 1 || marks[0] != "test:block" {
		t.Errorf("the page shows %q, and marks %q", quote, marks)
	}
	if task.Review == nil || !strings.Contains(p.text("#part"), task.Review.FieldLabel) || p.text("#change") != task.Review.Change {
		t.Errorf("the page names %q and advises %q", p.text("#part"), p.text("#change"))
	}
	other := newTab(t, s.url, phone())
	other.open("/pixplus/tasks/" + task.ID)
	if said := other.text("main"); strings.Contains(said, "quiet") || strings.Contains(said, "test:block") {
		t.Errorf("somebody else reads %q", said)
	}
	if said := p.text("#task .lead"); task.Review == nil || !strings.Contains(said, strings.TrimSpace(task.Review.Explanation)) {
		t.Errorf("the page explains with %q, the review with %+v", said, task.Review)
	}
	if said := p.text("#task .note"); !strings.HasPrefix(said, "Nothing was sent to RunningHub.") {
		t.Errorf("the page says %q", said)
	}
	p.press("#task a[href*='about=decision']")
	p.there("form.letter")
	if draft := read[string](p, `document.getElementById('text').value`); draft != task.ID+"\n" {
		t.Errorf("the message to a person begins with %q", draft)
	}
	p.open("/pixplus/tasks/" + task.ID)
	p.press("#task a[href^='/pixplus/e/avatar']")
	p.there("#go")
	if text := read[string](p, `document.querySelector('textarea').value`); text != written {
		t.Errorf("the form begins with %q", text)
	}
	if picked := read[bool](p, `document.querySelector('.again input').checked`); !picked {
		t.Error("the form does not begin with the photo")
	}
	s.nothingReceived()
}

func TestARewrittenTextIsShownBesideTheOldOneAndSentOnlyAfterYes(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := newTab(t, s.url, desktop())
	p.generate("please test:rewrite this")
	p.there("form[action$='/confirm']")
	if quotes := p.texts(".compare-text blockquote"); len(quotes) != 2 || quotes[0] != "please test:rewrite this" || quotes[1] == quotes[0] || quotes[1] == "" {
		t.Errorf("the page compares %q", quotes)
	}
	s.nothingReceived()
	p.press("button[name=accept][value=yes]")
	p.until("the result is there", `location.pathname.startsWith('/pixplus/works/')`)
	if fields := s.receivedFields(); len(fields) == 0 {
		t.Error("after the yes RunningHub received nothing")
	}
	p.generate("test:rewrite again")
	before := len(s.received().Requests)
	p.press("button[name=accept][value=no]")
	p.until("the page ends", `!document.querySelector('form[action$="/confirm"]')`)
	if after := len(s.received().Requests); after != before {
		t.Errorf("after the no RunningHub received %d more requests", after-before)
	}
	if task := p.task(); task.WasSent || task.State == "succeeded" {
		t.Errorf("after the no the task is %s, was_sent %t", task.State, task.WasSent)
	}
}

func TestCancelingAfterSendingSaysWhatReallyHappened(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := newTab(t, s.url, phone())
	p.generate("test:slow")
	p.until("the photo was sent", `document.querySelector('.transfer')`)
	p.press("details.confirm summary")
	p.until("the form knows that the photo was sent", `document.querySelector('.confirm form p').textContent.includes('already sent to RunningHub')`)
	p.press("details.confirm button")
	p.until("the task is canceled", `document.querySelector('#task')?.dataset.state === 'canceled'`)
	task := p.task()
	honest := map[string]string{
		"stopped_at_recipient": "Your photo was sent to RunningHub. They confirmed that they stopped.",
		"may_finish_there":     "Your photo was sent to RunningHub. They could not stop",
	}[task.CancelOutcome]
	if said := p.text("#task .note"); honest == "" || !strings.HasPrefix(said, honest) || !task.WasSent {
		t.Errorf("the outcome is %q (was_sent %t), the page says %q", task.CancelOutcome, task.WasSent, said)
	}
	if len(task.Transfers) != 1 || p.count(".transfer") != 1 {
		t.Errorf("%d transfers in the ledger, %d on the page, want 1", len(task.Transfers), p.count(".transfer"))
	}
	p.open("/pixplus/works")
	p.there(".empty")
}

func TestAFaceOfAIFittingGoesToNobody(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := newTab(t, s.url, phone())
	p.open("/aifitting/e/avatar")
	p.press("input[value='astronaut.jpg']")
	p.press("#go")
	p.there(sheetRoot)
	sheet := p.checkSheet(sheetRoot, s.disclosure("aifitting", "avatar", p.look))
	if sheet.Title != "Your photo stays with us" {
		t.Errorf("the sheet says %q", sheet.Title)
	}
	p.agree()
	p.until("the result is there", `location.pathname.startsWith('/aifitting/works/')`)
	p.until("the picture is loaded", `document.querySelector('.after')?.naturalWidth > 0`)
	if gone := p.count(".facts li.ok time"); gone != 1 {
		t.Errorf("%d clocks say that the photo is deleted, want 1", gone)
	}
	p.open("/aifitting/privacy")
	p.there("#who")
	if p.count("#who .chips") != 0 {
		t.Error("the privacy centre lists a transfer")
	}
	s.nothingReceived()
}
