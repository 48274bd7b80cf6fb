package e2e

import (
	"strings"
	"testing"
	"time"

	"vow.example/vow/client"
)

// rest is a server with people whose pages the gallery does not have: what an app keeps of a conversation,
// a shared picture, a second version of a policy, an app without cookies.
type rest struct {
	*stage
	pixplus, kmeng, fitting, picwiz *member
	consent, thread, chat           string
	drawn, made, link               string
}

func (s *stage) rest() *rest {
	s.t.Helper()
	ctx := s.t.Context()
	r := &rest{stage: s, pixplus: s.member("pixplus"), kmeng: s.member("kmeng"), fitting: s.member("aifitting"), picwiz: s.member("picwiz")}
	must := func(err error) {
		s.t.Helper()
		if err != nil {
			s.t.Fatal(err)
		}
	}
	r.pixplus.reach(r.pixplus.task("avatar", "a portrait").ID, "succeeded")
	consents, err := client.Collect(r.pixplus.api.Consents(ctx))
	must(err)
	thread, err := r.pixplus.api.Support(ctx, client.Letter{Platform: "web", Text: "Which photo of mine was refused yesterday?"})
	must(err)
	r.consent, r.thread = consents[0].ID, thread.ID
	r.chat, r.drawn = s.conversation(r.kmeng), r.kmeng.picture("image_generation", "a boat on a lake")
	shared, err := r.kmeng.api.Share(ctx, r.drawn)
	must(err)
	r.link = strings.TrimPrefix(shared.URL, s.url)
	out := r.fitting.reach(r.fitting.task("avatar", "").ID, "succeeded").Outputs[0].ID
	must(r.fitting.api.Favorite(ctx, out))
	r.made = r.picwiz.reach(r.picwiz.task("portrait_enhance", "").ID, "succeeded").Outputs[0].ID
	s.publishAt("pixplus", time.Now().Add(time.Hour), "{category: support_message, starts: case_closed, limit: P30D", "{category: support_message, starts: case_closed, limit: P10D")
	return r
}

// pages are the further pages, app by app: a window has one person in each.
func (r *rest) pages() []page {
	opened := func(p *tab) {
		read[bool](p, `([...document.querySelectorAll('details')].forEach((d) => { d.open = true }), true)`)
	}
	all := []page{
		{"notices with a change", "/pixplus/notices", nil}, {"versions", "/pixplus/policy/versions", nil}, {"one version", "/pixplus/policy/versions/v1", nil},
		{"differences", "/pixplus/policy/diff", nil}, {"two lists", "/pixplus/policy/lists", nil}, {"contact", "/pixplus/contact", nil},
		{"deletion without the app", "/pixplus/data-deletion", nil}, {"items", "/pixplus/privacy/items", nil}, {"copy of a consent", "/pixplus/consents/" + r.consent, nil},
		{"support", "/pixplus/support", opened}, {"thread", "/pixplus/support/" + r.thread + "?done=sent", nil},
	}
	for _, right := range []string{"access", "correct", "restrict", "object", "withdraw", "person"} {
		all = append(all, page{"right to " + right, "/pixplus/privacy/rights/" + right, nil})
	}
	return append(all, []page{
		{"works that are videos", "/aifitting/works?show=video", nil}, {"favourite", "/aifitting/favorites", nil},
		{"works to delete", "/aifitting/works", func(p *tab) {
			p.press(".pick1 input")
			p.press(".bulk button")
			p.there("button[name=sure]")
		}},
		{"home of the chat app", "/kmeng/", nil}, {"new conversation", "/kmeng/chat", opened}, {"conversation", "/kmeng/chat/" + r.chat, opened},
		{"settings of the chat app", "/kmeng/settings", opened}, {"result that can be shared", "/kmeng/works/" + r.drawn, opened}, {"shared result", r.link, nil},
		{"complaint", "/kmeng/complaints/ip", nil}, {"complaint that was sent", "/kmeng/complaints/ip?done=itk_1", nil}, {"support of the chat app", "/kmeng/support", opened},
		{"consent page of the chat", "/kmeng/e/ai_chat/consent", nil}, {"lists of the chat app", "/kmeng/policy/lists", nil}, {"centre of the chat app", "/kmeng/privacy", opened},
		{"home without cookies", "/picwiz/", nil}, {"welcome without cookies", "/picwiz/welcome", nil}, {"effect without cookies", "/picwiz/e/portrait_enhance", nil},
		{"works without cookies", "/picwiz/works", nil}, {"result without cookies", "/picwiz/works/" + r.made, nil}, {"centre without cookies", "/picwiz/privacy", opened},
		{"policy without cookies", "/picwiz/policy", nil}, {"guardian's page of nobody", "/g/gl_nobody", nil},
	}...)
}

// TestTheRestOfThePagesIsFreeOfAccessibilityViolations goes on where the gallery ends.
func TestTheRestOfThePagesIsFreeOfAccessibilityViolations(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	axe := axeSource(t)
	s := newStage(t)
	r := s.rest()
	for _, lang := range []string{"en", "zh-CN"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			p := newTab(t, s.url, phone().in(lang))
			for _, m := range []*member{r.pixplus, r.kmeng, r.fitting} {
				m.sit(p)
			}
			p.open("/picwiz/settings")
			read[bool](p, call(`(t) => (sessionStorage.setItem('session-picwiz', t), true)`, r.picwiz.token))
			for _, it := range r.pages() {
				p.wear(phone().in(lang))
				p.open(it.path)
				p.until("the page stands", `document.readyState === 'complete' && document.body.innerText.trim()`)
				if it.before != nil {
					it.before(p)
				}
				p.bring(axe)
				p.inspect(t, it.name)
			}
		})
	}
}
