package e2e

import (
	"slices"
	"testing"

	"vow.example/vow/client"
)

// errand is one effect of an app whose effects each go to a company of their own.
type errand struct {
	feature, recipient string
	samples            []string // one for each picture, in the order of the page
	text               string
	result             string // what the result page shows
	fields             []string
}

func errands() []errand {
	return []errand{
		{"face_swap", "alibaba_cloud", []string{"input[name='sample.template_photo'][value='astronaut.jpg']", "input[name='sample.photo'][value='astronaut.jpg']"}, "", ".after", []string{"photo", "template_photo"}},
		{"age_estimation", "alibaba_cloud", []string{"input[name='sample.photo'][value='astronaut.jpg']"}, "", ".seen table meter, .seen table td, .seen .found", []string{"photo"}},
		{"text_to_image", "tencent_cloud", nil, "a boat on a lake", ".after", []string{"prompt", "resolution", "style"}},
		{"image_to_video", "zhipu", []string{"input[name='sample.photo'][value='coffee.jpg']"}, "", "video.film", []string{"duration", "fps", "photo", "quality", "size"}},
	}
}

func TestEveryEffectOfMixooReachesItsOneCompanyWithWhatTheSheetLists(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for i, e := range errands() {
		l := []look{phone(), desktop(), desktop().in("zh-CN"), phone().in("zh-CN")}[i%4]
		t.Run(e.feature+" "+l.String(), func(t *testing.T) {
			p := newTab(t, s.url, l)
			p.open("/mixoo/")
			p.there("nav.jump a[href='#g-" + e.recipient + "']")
			p.press("a.cover[href^='/mixoo/e/" + e.feature + "']")
			for _, sample := range e.samples {
				p.press(sample)
			}
			p.until("every picture is shown", call(`(n) => { const seen = [...document.querySelectorAll('.preview:not([hidden])')]; return seen.length === n && seen.every((i) => i.naturalWidth) }`, len(e.samples)))
			if e.text != "" {
				p.write("#t-prompt", e.text)
			}
			p.press("#go")
			p.there(sheetRoot)
			d := s.disclosure("mixoo", e.feature, l)
			p.checkSheet(sheetRoot, d)
			if n := p.count("dialog .chain li"); n != 2 {
				t.Errorf("the chain has %d steps, want the review and the company", n)
			}
			before := s.receivedAll()
			if posts := p.sent("POST"); len(posts) != 0 {
				t.Errorf("before the yes the browser had sent %v", posts)
			}
			p.agree()
			p.until("the result is there", `location.pathname.startsWith('/mixoo/works/')`)
			p.there(e.result)
			if e.result == "video.film" {
				p.until("the video can be seen", `document.querySelector('.film').videoWidth > 0`)
			}
			s.compare(p, e, d, before)
		})
	}
}

// receivedAll counts the requests of every simulated recipient.
func (s *stage) receivedAll() map[string]int {
	s.t.Helper()
	list, err := client.Collect(s.client().DemoRecipients(s.t.Context()))
	if err != nil {
		s.t.Fatal(err)
	}
	all := map[string]int{}
	for _, r := range list {
		all[r.ID] = len(s.receivedBy(r.ID).Requests)
	}
	return all
}

// compare holds the sheet, the ledger, the page and the recipient against each other.
func (s *stage) compare(p *tab, e errand, d client.Disclosure, before map[string]int) {
	p.t.Helper()
	var got []string
	for _, r := range s.receivedBy(e.recipient).Requests[before[e.recipient]:] {
		got = append(got, r.Fields...)
	}
	ledger := read[[]client.Transfer](p, `fetch('/mixoo/api/v1/privacy/transfers').then((r) => r.json()).then((p) => p.data)`)
	if len(ledger) != 1 {
		p.t.Fatalf("the ledger has %d transfers, want 1", len(ledger))
	}
	if fields := sorted(ledger[0].Fields); !slices.Equal(fields, e.fields) || !slices.Equal(sorted(got), fields) {
		p.t.Errorf("want %v; the ledger has %v, %s received %v", e.fields, fields, e.recipient, sorted(got))
	}
	for _, f := range ledger[0].Fields {
		if !slices.ContainsFunc(d.What, func(i client.DisclosureItem) bool { return i.Field == f }) {
			p.t.Errorf("the sheet does not list %s", f)
		}
	}
	if n := p.count(".transfer .chips .chip"); n != len(ledger[0].Fields) {
		p.t.Errorf("the page shows %d fields, want %d", n, len(ledger[0].Fields))
	}
	if shown, held := p.count(".transfer .held"), len(ledger[0].Held); shown != held {
		p.t.Errorf("the page shows %d things held, the ledger has %d", shown, held)
	}
	for id, n := range s.receivedAll() {
		if id != e.recipient && n != before[id] {
			p.t.Errorf("%s received %d requests meanwhile", id, n-before[id])
		}
	}
	if v := s.receivedBy(e.recipient).Violations; len(v) != 0 {
		p.t.Errorf("%s complains: %v", e.recipient, v)
	}
}

func TestAPictureThatMayBeLeftOutCanBeTakenBack(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := newTab(t, s.url, phone())
	p.open("/mixoo/e/nano_banana")
	p.press("details.add summary")
	p.press("input[name='sample.second_photo'][value='coffee.jpg']")
	p.there("[data-role=second_photo] .preview")
	p.press("[data-role=second_photo] [data-clear]")
	p.until("the picture is gone", `document.querySelector('[data-role=second_photo] .preview').hidden && document.querySelector("[name='sample.second_photo']:checked").value === ''`)
	p.write("#t-prompt", "a boat on a lake")
	p.press("#go")
	p.agree()
	p.until("the result is there", `location.pathname.startsWith('/mixoo/works/')`)
	for _, r := range s.receivedBy("gemini").Requests {
		if slices.Contains(r.Fields, "second_photo") {
			t.Error("a picture that was taken back was sent")
		}
	}
}
