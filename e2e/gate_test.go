package e2e

import (
	"errors"
	"testing"

	"vow.example/vow/client"
)

// grown answers what the app asks on the first visit, in the sheet or on the page that asks it: old enough,
// and yes to the policy where it is asked about.
func (p *tab) grown(app client.App) {
	p.t.Helper()
	for _, ask := range app.Asks {
		if ask == "age" {
			p.press("#welcome button[value=over]")
		}
	}
	for _, ask := range app.Asks {
		if ask == "acceptance" {
			p.press("#welcome button[value=accepted]")
		}
	}
	p.until("nothing is asked any more", `!document.querySelector('#welcome')`)
}

// agree says yes on the consent sheet and, where this is the person's first act in the app, answers what
// the app asks before anything is taken.
func (p *tab) agree() {
	p.t.Helper()
	p.press("dialog button[value=granted]")
	p.first()
}

// first answers the first visit that an act has opened, once per person and app.
func (p *tab) first() {
	p.t.Helper()
	id := read[string](p, `document.getElementById('main').dataset.app`)
	if p.known[id] {
		return
	}
	p.known[id] = true
	p.grown(read[client.App](p, call(`(id) => fetch('/v1/apps/' + id).then((r) => r.json())`, id)))
}

// app is what the server says about an app.
func (s *stage) app(id string) client.App {
	s.t.Helper()
	for a, err := range s.client().Apps(s.t.Context()) {
		if err != nil {
			s.t.Fatal(err)
		}
		if a.ID == id {
			return a
		}
	}
	s.t.Fatalf("the server has no app %q", id)
	return client.App{}
}

// enter opens the first visit of an app and goes through it.
func (s *stage) enter(p *tab, app string) {
	s.t.Helper()
	p.open("/" + app + "/welcome")
	p.grown(s.app(app))
	p.until("the app is open", call(`(a) => location.pathname === '/' + a + '/'`, app))
}

// admitted opens a session through the API and takes it to where data may be handled.
func (s *stage) admitted(app string) client.Session {
	s.t.Helper()
	made, err := client.New(s.url, s.keys[app], nil).NewSession(s.t.Context(), client.SessionCreate{App: app, AgeBand: "over"})
	if err != nil {
		s.t.Fatal(err)
	}
	if made.Standing != "policy-not-accepted" {
		return made
	}
	api := client.New(s.url, made.AccessToken, nil)
	r, err := api.Reading(s.t.Context(), "en")
	if err == nil {
		_, err = api.Accept(s.t.Context(), client.Acceptance{Version: r.Version, Hash: r.Hash, Decision: "accepted"})
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return made
}

// TestWhoeverIsTooYoungStaysOutAndLeavesNothing answers "under", and then tries every way back.
func TestWhoeverIsTooYoungStaysOutAndLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		app     string
		feature string
		scripts bool
	}{{"pixplus", "avatar", true}, {"pixplus", "avatar", false}, {"picwiz", "portrait_enhance", true}} {
		name := tc.app
		if !tc.scripts {
			name += "-scriptless"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			p := newTab(t, s.url, phone())
			set := p.watchCookies()
			effect := "/" + tc.app + "/e/" + tc.feature
			if tc.scripts {
				p.open(effect)
				p.press("input[value='astronaut.jpg']")
				p.press("#go")
				p.press("dialog button[value=granted]")
			} else {
				p.scriptless()
				p.open(effect + "/consent")
				p.press("button[value=granted]")
			}
			p.press("#welcome button[value=under]")
			p.until("the page says that it ends", call(`(a) => location.pathname === '/' + a + '/age'`, tc.app))
			p.there(".end .ok")
			if tc.app == "picwiz" {
				p.noCookies(set)
			}
			p.open("/" + tc.app + "/welcome")
			p.until("there is no second try", call(`(a) => location.pathname === '/' + a + '/age'`, tc.app))
			s.nothingReceived()
		})
	}
}

// TestWhoeverDeclinesThePolicyIsErased says no to the policy of an app that asks about it.
func TestWhoeverDeclinesThePolicyIsErased(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := newTab(t, s.url, desktop())
	p.open("/kmeng/welcome")
	p.press("#welcome button[value=over]")
	p.there("#welcome .reading .mark")
	held := p.cookies()
	if len(held) != 1 {
		t.Fatalf("%d cookies", len(held))
	}
	if n := p.count("#welcome :checked"); n != 0 {
		t.Errorf("%d inputs are ticked beforehand", n)
	}
	p.press("#welcome button[value=declined]")
	p.until("the page says so", `location.pathname === '/kmeng/declined'`)
	_, err := client.New(s.url, held[0].Value, nil).Me(t.Context())
	if problem := (*client.Problem)(nil); !errors.As(err, &problem) || problem.Status != 401 {
		t.Errorf("the account is still there: %v", err)
	}
	if left := p.cookies(); len(left) != 0 {
		t.Errorf("%d cookies are left", len(left))
	}
}

// TestAGuardianOpensTheAppOnTheirOwnPage goes the whole way of a minor, with and without scripts.
func TestAGuardianOpensTheAppOnTheirOwnPage(t *testing.T) {
	t.Parallel()
	for _, scripts := range []bool{true, false} {
		s := newStage(t)
		p, g := newTab(t, s.url, phone()), newTab(t, s.url, desktop())
		if !scripts {
			p.scriptless()
			g.scriptless()
		}
		p.open("/aifitting/welcome?next=/aifitting/works")
		p.press("#welcome button[value=under]")
		p.until("a guardian is asked for", `location.pathname === '/aifitting/guardian'`)
		p.write("#gmail", "parent@example.org")
		p.press("#ask button")
		link := p.text("#glink")
		g.open(link[len(s.url):])
		g.write("#gmail", "child@example.org")
		g.press("button[value=agreed]")
		g.there("[role=alert]")
		g.write("#gmail", "parent@example.org")
		g.press("button[value=agreed]")
		code := g.text(".code strong")
		p.write("#gcode", "00000000")
		p.press("#code button")
		p.there("#code [role=alert]")
		p.write("#gcode", code)
		p.press("#code button")
		p.press("#welcome button[value=accepted]")
		p.until("the person is where they wanted to be", `location.pathname === '/aifitting/works'`)
	}
}

// TestAStrangerComplainsAfterTheFirstVisit reads who gets a complaint, goes through the first visit before anything
// is typed, and comes back to the form.
func TestAStrangerComplainsAfterTheFirstVisit(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := newTab(t, s.url, desktop())
	p.open("/kmeng/complaints/ip")
	p.there("#passed")
	if forms := read[int](p, `document.querySelectorAll('form.letter').length`); forms != 0 {
		t.Error("a stranger types what the first visit would lose")
	}
	p.press("a.btn.p[href*='/kmeng/welcome']")
	p.grown(s.app("kmeng"))
	p.there("form.letter")
	for _, field := range [][2]string{{"#f-work", "the boat on the lake"}, {"#f-text", "I drew it."}, {"#f-name", "Ann"}, {"#f-email", "ann@example.org"}} {
		p.write(field[0], field[1])
	}
	p.press("form.letter button")
	p.until("it has a number", `/itk_/.test(document.querySelector('.note.ok[role=status]')?.textContent)`)
	p.open("/kmeng/privacy/items")
	p.until("the complaint is listed", `document.body.textContent.includes('Complaints')`)
}

// TestWhatWasTypedIsStillThereAfterTheFirstVisit types a question, goes through consent and first visit, and
// finds it in its field.
func TestWhatWasTypedIsStillThereAfterTheFirstVisit(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := newTab(t, s.url, phone())
	p.open("/kmeng/chat")
	p.write("#say", "How tall is a giraffe?")
	p.press("[data-say] button:not([type=button])")
	p.there(pageRoot)
	p.press("button[value=granted]")
	p.grown(s.app("kmeng"))
	p.there(pageRoot)
	p.press("button[value=granted]")
	p.there("#say")
	if said := read[string](p, `document.getElementById('say').value`); said != "How tall is a giraffe?" {
		t.Errorf("the field holds %q", said)
	}
	p.press("[data-say] button:not([type=button])")
	p.there("#last")
}
