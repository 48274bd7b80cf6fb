package e2e

import (
	"math"
	"slices"
	"strings"

	"vow.example/vow/client"
)

// sheet is what a person sees of a consent sheet, as dialog or as page.
type sheet struct {
	Title, Hash, Text string
	Order             []string // kinds of the parts, in document order
	Headings          []string
	What, Fixed       []string
	Who               []string // names, in the order of the steps
	Links             []string
	Buttons           []button
	Checked           int // inputs that are ticked already
}

type button struct {
	Value, Text   string
	Width, Height float64
}

const readSheet = `(root) => {
  const form = document.querySelector(root), words = (e) => e.textContent.replace(/\s+/g, ' ').trim()
  const kinds = { H1: 'title', DT: 'part', A: 'link', BUTTON: 'button' }
  const shown = [...form.querySelectorAll('*')].filter((e) => e.checkVisibility())
  return {
    Title: words(form.querySelector('h1')),
    Hash: form.dataset.hash ?? form.querySelector('[name=hash]')?.value,
    Text: form.innerText.replace(/\s+/g, ' '),
    Order: shown.map((e) => kinds[e.tagName]).filter(Boolean),
    Headings: [...form.querySelectorAll('dt')].map(words),
    What: [...form.querySelectorAll('.what li')].map((li) => li.firstChild.textContent.trim()),
    Fixed: [...form.querySelectorAll('.fixed li')].map(words),
    Who: [...form.querySelectorAll('.who strong, .chain strong')].map(words),
    Links: [...form.querySelectorAll('a')].map((a) => a.getAttribute('href')),
    Buttons: [...form.querySelectorAll('button')].map((b) => ({ Value: b.value, Text: words(b), Width: b.offsetWidth, Height: b.offsetHeight })),
    Checked: form.querySelectorAll(':checked').length,
  }
}`

// checkSheet compares the sheet with the disclosure of the API and with the rules for consent.
func (p *tab) checkSheet(root string, d client.Disclosure) sheet {
	p.t.Helper()
	s := read[sheet](p, call(readSheet, root))
	if s.Title != d.Title || s.Hash != d.Hash {
		p.t.Errorf("the sheet is %q with hash %s, the disclosure %q with %s", s.Title, s.Hash, d.Title, d.Hash)
	}
	order := slices.Compact(slices.DeleteFunc(slices.Clone(s.Order), func(kind string) bool { return kind == "link" }))
	if !slices.Equal(order, []string{"title", "part", "button"}) || len(s.Headings) != 4 || !strings.HasPrefix(strings.Join(s.Order, " "), "title part") {
		p.t.Errorf("the parts come in the order %v with headings %v", s.Order, s.Headings)
	}
	var want []string
	for _, w := range d.What {
		want = append(want, w.Text)
	}
	if !slices.Equal(s.What, want) || !slices.Equal(s.Fixed, d.Fixed) {
		p.t.Errorf("the sheet lists %q and %q, the disclosure %q and %q", s.What, s.Fixed, want, d.Fixed)
	}
	var who []string
	for _, r := range d.Who {
		who = append(who, r.Name)
	}
	if !slices.Equal(s.Who, who) {
		p.t.Errorf("the sheet names %q in turn, the disclosure %q", s.Who, who)
	}
	for _, l := range d.Links {
		if !slices.ContainsFunc(s.Links, func(href string) bool { return strings.HasSuffix(href, l.URL) || strings.HasSuffix(l.URL, href) }) {
			p.t.Errorf("no link to %s in %v", l.URL, s.Links)
		}
	}
	for _, text := range append([]string{d.Summary, d.Why, d.NotSent, d.Model}, keeps(d)...) {
		if !strings.Contains(s.Text, strings.Join(strings.Fields(text), " ")) {
			p.t.Errorf("the sheet does not show %q", text)
		}
	}
	p.checkButtons(s, d)
	return s
}

func keeps(d client.Disclosure) []string {
	var list []string
	for _, k := range d.Keep {
		list = append(list, k.Text)
	}
	return list
}

// checkButtons holds the two answers to the same size, "no" first, nothing decided beforehand.
func (p *tab) checkButtons(s sheet, d client.Disclosure) {
	p.t.Helper()
	if s.Checked != 0 {
		p.t.Errorf("%d inputs of the sheet are ticked beforehand", s.Checked)
	}
	if len(s.Buttons) != 2 {
		p.t.Fatalf("the sheet has the buttons %v, want two", s.Buttons)
	}
	no, yes := s.Buttons[0], s.Buttons[1]
	if no.Value != "declined" || no.Text != d.DeclineLabel || yes.Value != "granted" || yes.Text != d.AcceptLabel {
		p.t.Errorf("the buttons are %v, want first %q, then %q", s.Buttons, d.DeclineLabel, d.AcceptLabel)
	}
	if math.Abs(no.Width-yes.Width) > 2 || math.Abs(no.Height-yes.Height) > 2 {
		p.t.Errorf("the buttons differ in size: %v", s.Buttons)
	}
}

// disclosure is what the API says about a feature, in the language of the window.
func (s *stage) disclosure(app, feature string, l look) client.Disclosure {
	s.t.Helper()
	d, err := client.New(s.url, s.keys[app], nil).Disclosure(s.t.Context(), feature, l.Lang)
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}
