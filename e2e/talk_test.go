package e2e

import (
	"slices"
	"strings"
	"testing"
)

// TestAnAnswerGrowsIsStoppedAndTheConversationGoes talks as a person does: the answer grows while it is made,
// a medical question is answered with a notice, a long answer is stopped, and the conversation is deleted.
func TestAnAnswerGrowsIsStoppedAndTheConversationGoes(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	m := s.member("kmeng")
	m.agree("ai_chat")
	p := newTab(t, s.url, phone())
	m.sit(p)
	p.open("/kmeng/chat")
	if always := p.text(".chatnote"); !strings.Contains(always, "wrong") {
		t.Errorf("above every conversation stands %q", always)
	}
	p.ask("Which medicine helps against a strong headache?")
	p.until("the first answer is whole", `!document.getElementById('chat').dataset.answer && document.querySelector('#last [data-answer-text]')?.textContent.length > 40`)
	if notices := p.text("#last [data-notices]"); !strings.Contains(notices, "machine") || !strings.Contains(notices, "doctor") {
		t.Errorf("a medical answer stands with %q", notices)
	}

	p.ask("test:slow Tell me everything about lighthouses.")
	read[int](p, `(window.lengths = [], window.watching = setInterval(() => {
		const n = document.querySelector('#last [data-answer-text]')?.textContent.length ?? 0
		if (n !== lengths.at(-1)) lengths.push(n)
	}, 20))`)
	p.until("the answer has grown twice", `lengths.filter((n) => n > 0).length > 2`)
	p.press("[data-stop] button")
	p.until("it is not written any more", `!document.getElementById('chat').dataset.answer && !document.querySelector('[data-stop]')`)
	if !read[bool](p, `(clearInterval(window.watching), lengths.every((n, i) => i === 0 || n >= lengths[i - 1] || n === 0))`) {
		t.Error("the answer became shorter while it was written")
	}

	there := p.path()
	p.press("details.danger summary")
	p.press("details.danger form button:not([type=button])")
	p.until("the conversation is gone", `location.pathname === '/kmeng/chat'`)
	if got := p.status(there); got != 410 && got != 404 {
		t.Errorf("a deleted conversation answers %d", got)
	}
	if chats := p.count(".chats a"); chats != 0 {
		t.Errorf("%d conversations are still listed", chats)
	}
}

// TestWhatIsSpokenBecomesWordsInTheFieldAndIsHeldByNobody speaks instead of typing: the words come into the
// field and are not sent; the recording went to the own host alone, and nothing of it is held afterwards.
func TestWhatIsSpokenBecomesWordsInTheFieldAndIsHeldByNobody(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	m := s.member("kmeng")
	m.agree("ai_chat")
	m.agree("speech_to_text")
	p := newTab(t, s.url, phone())
	m.sit(p)
	p.open("/kmeng/chat")
	p.press("[data-voice]")
	p.until("it records", `document.querySelector('[data-voice]').getAttribute('aria-pressed') === 'true'`)
	read[bool](p, `new Promise((resolve) => setTimeout(() => resolve(true), 700))`)
	p.press("[data-voice]")
	p.until("the words are in the field", `document.getElementById('say').value.length > 3`)
	if n := p.count("#last"); n != 0 {
		t.Error("what was spoken was sent before anybody said so")
	}
	received, err := m.api.DemoReceived(t.Context(), "own_ai")
	if err != nil || len(received.Requests) != 1 || len(received.Holds) != 0 {
		t.Errorf("the own host received %d requests and holds %d things: %v", len(received.Requests), len(received.Holds), err)
	}
	for held, err := range m.api.Outputs(t.Context()) {
		if err != nil || held.ContentURL != "" {
			t.Errorf("%s of the recording is still there: %v", held.Kind, err)
		}
	}
}

// TestARecordingEndsUnheardWithItsPage speaks, and then types and sends instead: the microphone is off at once,
// and nothing of the recording leaves the browser.
func TestARecordingEndsUnheardWithItsPage(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	m := s.member("kmeng")
	m.agree("ai_chat")
	m.agree("speech_to_text")
	p := newTab(t, s.url, phone())
	m.sit(p)
	p.open("/kmeng/chat")
	read[bool](p, `(() => {
		window.tracks = []
		window.handed = []
		const media = navigator.mediaDevices, listen = media.getUserMedia.bind(media), fetched = window.fetch
		media.getUserMedia = async (what) => {
			const stream = await listen(what)
			tracks.push(...stream.getTracks())
			return stream
		}
		window.fetch = (to, ...rest) => { handed.push(String(to)); return fetched(to, ...rest) }
		return true
	})()`)
	p.press("[data-voice]")
	p.until("it records", `document.querySelector('[data-voice]').getAttribute('aria-pressed') === 'true' && tracks.some((t) => t.readyState === 'live')`)
	read[bool](p, `new Promise((resolve) => setTimeout(() => resolve(true), 700))`)
	p.ask("How tall is a lighthouse?")
	p.until("the microphone is off", `tracks.length === 1 && tracks.every((t) => t.readyState === 'ended')`)
	p.until("the answer is whole", `!document.getElementById('chat').dataset.answer`)
	read[bool](p, `new Promise((resolve) => setTimeout(() => resolve(true), 1000))`)
	if got := read[[]string](p, `handed`); slices.ContainsFunc(got, func(to string) bool { return strings.Contains(to, "/uploads") || strings.Contains(to, "/consents") }) {
		t.Errorf("the recording went on its way: %q", got)
	} else if len(got) == 0 {
		t.Error("the test proves nothing: no request was seen")
	}
	if words := read[string](p, `document.getElementById('say').value`); words != "" {
		t.Errorf("words nobody wanted: %q", words)
	}
}

// ask sends one question.
func (p *tab) ask(text string) {
	p.t.Helper()
	p.write("#say", text)
	p.press("[data-say] button:not([type=button])")
	p.there("#last")
}
