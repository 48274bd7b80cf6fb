package e2e

import (
	"os"
	"testing"

	"vow.example/vow/client"
)

// TestShotsOfPeople writes pictures of the first visit, a guardian's part, the settings and the library, in
// every size, theme and language, into the folder that VOW_SHOTS names.
func TestShotsOfPeople(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("VOW_SHOTS")
	if dir == "" {
		t.Skip("VOW_SHOTS names no folder")
	}
	for _, l := range everyLook() {
		t.Run(l.String(), func(t *testing.T) {
			c := &camera{stage: newStage(t), dir: dir}
			c.p = newTab(t, c.url, l)
			c.visit()
			c.minor()
			c.library()
			c.talk()
			c.plain()
		})
	}
}

// visit is the first visit: as a page, as a sheet, and its two ends.
func (c *camera) visit() {
	p := c.p
	p.open("/pixplus/welcome")
	c.take("welcome")
	p.press("#welcome button[value=under]")
	p.there(".end")
	c.take("age")
	p.open("/mixoo/e/face_swap")
	p.press("input[name='sample.template_photo'][value='astronaut.jpg']")
	p.press("input[name='sample.photo'][value='astronaut.jpg']")
	p.press("#go")
	p.press("dialog button[value=granted]")
	p.there("#first[open]")
	c.take("welcome-sheet")
	p.open("/kmeng/welcome")
	p.press("#welcome button[value=over]")
	p.there("#welcome .reading")
	c.take("welcome-policy")
	p.press("#welcome button[value=declined]")
	p.there(".end")
	c.take("declined")
}

// minor is a minor's way, and the guardian's page of it.
func (c *camera) minor() {
	p := c.p
	p.open("/aifitting/welcome?next=/aifitting/settings")
	p.press("#welcome button[value=under]")
	p.there("#gmail")
	c.take("guardian")
	p.write("#gmail", "parent@example.org")
	p.press("#ask button")
	link := p.text("#glink")
	c.take("guardian-asked")
	p.open(link[len(c.url):])
	c.take("guardian-link")
	p.write("#gmail", "parent@example.org")
	p.press("button[value=agreed]")
	code := p.text(".code strong")
	c.take("guardian-code")
	p.open("/aifitting/guardian?next=/aifitting/settings")
	p.write("#gcode", code)
	p.press("#code button")
	p.press("#welcome button[value=accepted]")
	p.there("#uid")
	c.take("settings-fitting")
	p.known["aifitting"] = true
}

// library is a result with its marks and link, the grid, the favourites, and the settings of other apps.
func (c *camera) library() {
	p := c.p
	m := c.member("kmeng")
	p.open("/kmeng/sign-in")
	c.take("signin")
	m.sit(p)
	p.open("/kmeng/settings")
	c.take("settings-kmeng")
	p.open("/mixoo/settings")
	c.take("settings-stranger")
	m = c.member("aifitting")
	for range 3 {
		m.reach(m.task("avatar", "").ID, "succeeded")
	}
	m.sit(p)
	p.open("/aifitting/works")
	p.press(".heart")
	p.there(".heart[aria-pressed=true]")
	c.take("grid")
	p.open("/aifitting/favorites")
	c.take("favorites")
	p.press(".tile a")
	p.there("#fav")
	c.take("work-favorite")
	p.open("/aifitting/works")
	p.press(".pick1 input")
	p.press(".bulk button")
	p.there("button[name=sure]")
	c.take("delete-many")
}

// talk is the conversation, from the first question to its answer, a picture that is shared, and what a
// stranger sees of it.
func (c *camera) talk() {
	p := c.p
	p.open("/kmeng/")
	c.take("kmeng-home")
	m := c.member("kmeng")
	m.sit(p)
	p.open("/kmeng/chat")
	c.take("chat")
	p.open("/kmeng/e/ai_chat/consent")
	c.take("kmeng-consent")
	c.conversation(m)
	p.open("/kmeng/chat")
	p.press(".chats summary")
	c.take("chat-list")
	p.press(".chats a")
	p.there("#last [data-answer-text]")
	c.take("chat-answered")
	p.open("/kmeng/works/" + m.picture("image_generation", "a boat on a lake"))
	c.take("kmeng-result")
	p.press("#share form button")
	link := p.text("#slink")
	c.take("work-shared")
	p.open(link[len(c.url):])
	c.take("shared")
}

// conversation asks one question and waits for its answer.
func (s *stage) conversation(m *member) string {
	s.t.Helper()
	ctx := s.t.Context()
	m.agree("ai_chat")
	chat, err := m.api.NewChat(ctx)
	if err == nil {
		var said client.ChatSaid
		if said, err = m.api.Say(ctx, chat.ID, client.ChatSay{Text: "How tall is a giraffe?"}); err == nil {
			m.reach(said.Task, "succeeded")
		}
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return chat.ID
}

// plain is the pages without scripts of an effect, and the pages of the API.
func (c *camera) plain() {
	p := c.p
	for name, path := range map[string]string{"picwiz-home": "/picwiz/", "picwiz-consent": "/picwiz/e/portrait_enhance", "problems": "/problems/", "problem": "/problems/erased", "not-found": "/pixplus/nowhere", "fitting-home": "/aifitting/"} {
		p.open(path)
		if name == "picwiz-consent" {
			p.press("input[value='astronaut.jpg']")
			p.press("#go")
			p.there("dialog[open]")
		}
		c.take(name)
	}
	p.scriptless()
	for name, path := range map[string]string{"plain-effect": "/pixplus/e/avatar", "plain-consent": "/pixplus/e/avatar/consent"} {
		p.open(path)
		c.snap(name)
	}
}

// picture makes a picture from words.
func (m *member) picture(feature, prompt string) string {
	m.t.Helper()
	task, err := m.api.CreateTask(m.t.Context(), client.TaskCreate{Feature: feature, Prompt: prompt, Consent: m.agree(feature)}, "")
	if err != nil {
		m.t.Fatal(err)
	}
	return m.reach(task.ID, "succeeded").Outputs[0].ID
}

// TestALinkShowsOneWorkUntilItIsTakenBack shares a picture, looks at it as a stranger, and ends the link.
func TestALinkShowsOneWorkUntilItIsTakenBack(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	m := s.member("kmeng")
	id := m.picture("image_generation", "a boat on a lake")
	p, stranger := newTab(t, s.url, phone()), newTab(t, s.url, desktop())
	m.sit(p)
	p.open("/kmeng/works/" + id)
	p.press("#share form button")
	link := p.text("#slink")
	stranger.open(link[len(s.url):])
	stranger.until("the picture is loaded", `document.querySelector('img')?.naturalWidth > 0`)
	p.press("#share button.d")
	p.until("a link is offered anew", `!document.querySelector('#slink') && document.querySelector('#share form')`)
	if got := p.status(link[len(s.url):]); got != 410 {
		t.Errorf("after that the link answers %d, want 410", got)
	}
	other := s.member("aifitting")
	out := other.reach(other.task("avatar", "").ID, "succeeded").Outputs[0].ID
	other.sit(p)
	p.open("/aifitting/works/" + out)
	p.there("#fav")
	if p.count("#share") != 0 {
		t.Error("an app whose policy lets nobody share offers it")
	}
}
