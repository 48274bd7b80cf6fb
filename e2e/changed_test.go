package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"vow.example/vow/client"
)

// The change of these tests: PixPlus keeps a picture for ten days, not seven.
const (
	sevenDays = "{category: generated_image, starts: result_stored, limit: P7D"
	tenDays   = "{category: generated_image, starts: result_stored, limit: P10D"
)

// TestAPolicyThatChangesWhileTheSheetIsOpenIsReadAgain edits the policy between "open" and "agree": the old
// text binds nobody, the new one is shown with its changes marked, and only the yes to that one counts.
func TestAPolicyThatChangesWhileTheSheetIsOpenIsReadAgain(t *testing.T) {
	t.Parallel()
	for _, l := range []look{phone(), desktop().in("zh-CN")} {
		t.Run(l.String(), func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			p := newTab(t, s.url, l)
			s.enter(p, "pixplus")
			p.known["pixplus"] = true
			p.press("a.cover[href^='/pixplus/e/avatar']")
			p.press("input[value='coffee.jpg']")
			read[bool](p, `((real) => { window.answers = []; window.fetch = async (...a) => { const r = await real(...a); window.answers.push((a[1]?.method ?? 'GET') + ' ' + new URL(a[0], location).pathname + ' ' + r.status); return r }; return true })(window.fetch)`)
			p.press("#go")
			p.there(sheetRoot)
			first := p.checkSheet(sheetRoot, s.disclosure("pixplus", "avatar", l))
			s.publishAt("pixplus", time.Now().Add(-time.Second), sevenDays, tenDays)
			p.press("dialog button[value=granted]")
			p.there("dialog .changed")
			now := s.disclosure("pixplus", "avatar", l)
			second := p.checkSheet(sheetRoot, now)
			if second.Hash == first.Hash || now.PolicyVersion != "pixplus/v2" {
				t.Errorf("the sheet is of %s and has the same hash: %t", now.PolicyVersion, second.Hash == first.Hash)
			}
			marks := p.texts("dialog mark")
			if len(marks) != 1 || !strings.Contains(marks[0], "10") {
				t.Errorf("marked as changed: %q, want the one line about ten days", marks)
			}
			if got := read[[]string](p, `window.answers ?? []`); !slices.Contains(got, "POST /pixplus/api/v1/consents 409") {
				t.Errorf("the yes to the old text was answered with %v", got)
			}
			s.nothingReceived()
			if n := countOf(p.sent("POST"), "/uploads"); n != 0 {
				t.Error("a photo was uploaded under a text that nobody saw")
			}
			p.press("dialog button[value=granted]")
			p.until("the result is there", `location.pathname.startsWith('/pixplus/works/')`)
			if got := read[[]client.Consent](p, `fetch('/pixplus/api/v1/consents').then((r) => r.json()).then((p) => p.data)`); len(got) != 1 || got[0].PolicyVersion != "pixplus/v2" || got[0].DisclosureHash != now.Hash {
				t.Errorf("the consents are %+v", got)
			}
		})
	}
}

// TestAStandingConsentEndsWithItsTextAndNotWithTheVersion: Mixoo asks once. A version that changes how long
// videos are kept asks again before a video, and not before a measurement.
func TestAStandingConsentEndsWithItsTextAndNotWithTheVersion(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	m := s.member("mixoo")
	for _, feature := range []string{"quality_score", "image_to_video"} {
		m.agree(feature)
	}
	p := newTab(t, s.url, phone())
	m.sit(p)
	standing := func(feature string) string {
		p.open("/mixoo/e/" + feature)
		return read[string](p, `document.getElementById('create').dataset.standing`)
	}
	for _, feature := range []string{"quality_score", "image_to_video"} {
		if standing(feature) != "1" {
			t.Errorf("the consent to %s does not stand", feature)
		}
	}
	if standing("age_estimation") != "" {
		t.Error("a consent that nobody gave stands")
	}
	s.publishAt("mixoo", time.Now().Add(-time.Second), "{category: generated_video, starts: result_stored, limit: PT24H", "{category: generated_video, starts: result_stored, limit: PT12H")
	if standing("image_to_video") != "" {
		t.Error("after its text changed the consent still stands")
	}
	p.press("input[name='sample.photo'][value='coffee.jpg']")
	p.press("#go")
	p.there(sheetRoot)
	if standing("quality_score") != "1" {
		t.Error("a version that does not touch the text asks again")
	}
	p.press("input[name='sample.photo'][value='astronaut.jpg']")
	p.press("#go")
	p.until("the result is there without a question", `location.pathname.startsWith('/mixoo/works/')`)
	if n := countOf(p.sent("POST"), "/consents"); n != 0 {
		t.Errorf("%d consents were recorded", n)
	}
	if got := s.receivedBy("zhipu"); len(got.Requests) != 0 {
		t.Error("the company of the video received something")
	}
}

// TestAYesIsRememberedForWhoeverWantsThat: the next picture asks again, unless the person has ticked that it
// shall not until the text changes.
func TestAYesIsRememberedForWhoeverWantsThat(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := newTab(t, s.url, phone())
	begin := func() (standing string) {
		p.open("/aifitting/e/avatar")
		standing = read[string](p, `document.getElementById('create').dataset.standing`)
		p.press("input[value='astronaut.jpg']")
		p.press("#go")
		return standing
	}
	for _, remember := range []bool{false, true} {
		if standing := begin(); standing != "" {
			t.Error("a yes to one task stands")
		}
		p.there(sheetRoot)
		if remember {
			p.press("dialog .tick input")
		}
		p.agree()
		p.until("the result is there", `location.pathname.startsWith('/aifitting/works/')`)
	}
	if standing := begin(); standing != "1" {
		t.Error("what the person wants to be remembered is not")
	}
	p.until("the third result is there without a question", `location.pathname.startsWith('/aifitting/works/')`)
	if n := read[int](p, `fetch('/aifitting/api/v1/consents').then((r) => r.json()).then((p) => p.data.filter((c) => c.feature === 'avatar').length)`); n != 2 {
		t.Errorf("%d consents were recorded, want two", n)
	}
}

// TestACancelTellsWhichOfThreeThingsHappened: nothing was sent, they stopped, or they could not.
func TestACancelTellsWhichOfThreeThingsHappened(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := newTab(t, s.url, phone())
	pixplus, mixoo := s.member("pixplus"), s.member("mixoo")
	pixplus.sit(p)
	mixoo.sit(p)
	waiting := pixplus.task("avatar", "test:rewrite").ID
	pixplus.reach(waiting, "awaiting_confirmation")
	stopped := pixplus.task("avatar", "test:slow").ID
	pixplus.reach(stopped, "generating")
	late := mixoo.task("image_to_video", "test:slow").ID
	mixoo.reach(late, "generating")
	said := map[string]bool{}
	for _, tc := range []struct {
		m         *member
		id        string
		outcome   string
		sentence  string
		transfers int
	}{
		{pixplus, waiting, "nothing_sent", "Nothing was sent to RunningHub.", 0},
		{pixplus, stopped, "stopped_at_recipient", "Your photo was sent to RunningHub. They confirmed that they stopped. No result is kept.", 1},
		{mixoo, late, "may_finish_there", "Your photo was sent to Zhipu AI. They could not stop, so it may finish there. The result is thrown away.", 1},
	} {
		p.open("/" + tc.m.app + "/tasks/" + tc.id)
		if tc.transfers > 0 {
			p.press("details.confirm summary")
			p.press("details.confirm button")
		} else { // the page that shows two texts asks another question
			read[bool](p, call(`(a) => { const f = document.createElement('form'); f.method = 'post'; f.action = a; document.body.append(f); f.submit(); return true }`, "/"+tc.m.app+"/tasks/"+tc.id+"/cancel"))
		}
		p.until("the task is canceled", `document.querySelector('#task')?.dataset.state === 'canceled'`)
		task := tc.m.reach(tc.id, "canceled")
		if got := p.text("#task .note"); !strings.HasPrefix(got, tc.sentence) || task.CancelOutcome != tc.outcome || said[tc.sentence] {
			t.Errorf("the outcome is %q, the page says %q, want %q", task.CancelOutcome, got, tc.sentence)
		}
		said[tc.sentence] = true
		if len(task.Transfers) != tc.transfers || p.count(".transfer") != tc.transfers {
			t.Errorf("%s: %d transfers in the ledger, %d on the page, want %d", tc.outcome, len(task.Transfers), p.count(".transfer"), tc.transfers)
		}
	}
	for _, m := range []*member{pixplus, mixoo} {
		if outs, err := client.Collect(m.api.Outputs(t.Context())); err != nil || len(outs) != 0 {
			t.Errorf("after the cancels %s has %d results (%v)", m.app, len(outs), err)
		}
	}
}
