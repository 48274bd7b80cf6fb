package checks

import (
	"slices"
	"strings"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/prove/probe"
)

// unaccepted is a person who has said the age band and nothing about the policy.
func unaccepted(p *probe.Probe) *probe.Person {
	who := p.Stranger(p.App)
	who.Send("PUT", "/v1/me/age", client.AgeStatement{Band: "over"}).Fine()
	return who
}

// beforeAgreement: before a person agrees every data call is refused and leaves nothing; after a no the
// account is over and nothing of it is anywhere; after a yes the same calls work.
func beforeAgreement(s sheet) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who, f := unaccepted(p), p.NewPhoto()
		who.TryUpload(f).Is(403, "policy-not-accepted")
		who.Get("/v1/tasks").Is(403, "policy-not-accepted")
		word := probe.Mark("word")
		who.Send("POST", "/v1/account", client.Account{Login: word, Password: word}).Is(403, "policy-not-accepted")
		s.give(p, who, s.data(word)).Is(403, "policy-not-accepted")
		var r client.Reading
		who.Get("/v1/me/acceptance").Fine().Into(&r)
		who.Send("POST", "/v1/me/acceptance", client.Acceptance{Version: r.Version, Hash: r.Hash, Decision: "declined"}).Is(200)
		who.Get("/v1/me").Is(401)
		p.Nowhere("what was handed over before a no", append(f.Marks(), []byte(word), []byte(who.Token))...)
		yes := s.person(p)
		yes.Get("/v1/tasks").Is(200)
		p.Must(s.taken(p, yes, probe.Mark("word")) == 1, "after a yes the same facts are taken")
	}
}

// highlighted: the text that is shown for agreement marks parts that touch rights, and agreement to
// another text is refused.
func highlighted(p *probe.Probe) {
	who := unaccepted(p)
	var r client.Reading
	who.Get("/v1/me/acceptance").Fine().Into(&r)
	p.Must(r.Required && len(r.Highlights) > 2, "the parts that touch rights are marked: %s", strings.Join(r.Highlights, ", "))
	for _, id := range r.Highlights {
		p.Must(slices.ContainsFunc(r.Sections, func(s client.PolicySection) bool { return s.ID == id && len(s.Body) > 0 }), "%s is shown", id)
	}
	who.Send("POST", "/v1/me/acceptance", client.Acceptance{Version: r.Version, Hash: "sha256:" + strings.Repeat("0", 64), Decision: "accepted"}).Is(409)
	who.Get("/v1/tasks").Is(403, "policy-not-accepted")
}

// articles: the published policy has these sections, in this order.
func articles(ids ...string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		for _, lang := range []string{"en", "zh-Hans"} {
			var got []string
			for _, s := range p.Policy(lang).Sections {
				got = append(got, s.ID)
			}
			p.Must(slices.Equal(got, ids), "in %s the policy has %d articles, beginning with %s", lang, len(got), first(got))
		}
	}
}

// wholePolicy: the policy is read without a session, and is shown whole before it is agreed to.
func wholePolicy(p *probe.Probe) {
	public := p.Policy("en")
	p.Must(len(public.Sections) > 5, "the public policy has %d articles", len(public.Sections))
	var r client.Reading
	unaccepted(p).Get("/v1/me/acceptance?lang=en").Is(200).Into(&r)
	for i, s := range public.Sections {
		if i >= len(r.Sections) || !slices.Equal(r.Sections[i].Body, s.Body) {
			p.Failf("the text that is shown for agreement lacks %q", s.Title)
		}
	}
	p.Saw("the text that is shown for agreement is the whole policy")
	p.Ask("GET", "/"+p.App+"/policy", nil).Is(200).Holds(first(public.Sections).Title)
}

// minor is a person below the age who needs a guardian.
func minor(p *probe.Probe) *probe.Person {
	who := p.Stranger(p.App)
	who.Send("PUT", "/v1/me/age", client.AgeStatement{Band: "under"}).Fine()
	return who
}

// guardianOf lets a guardian agree for a minor, who then accepts the policy.
func guardianOf(p *probe.Probe, who *probe.Person) {
	address := "guardian@family.example"
	var asked client.GuardianState
	who.Send("POST", "/v1/me/guardian", client.GuardianStep{Email: address}).Fine().Into(&asked)
	var r client.GuardianRequest
	p.Ask("GET", "/v1/guardian/"+asked.Link, nil).Fine().Into(&r)
	items := []string{}
	for _, i := range r.Items {
		items = append(items, i.ID)
	}
	var shown client.GuardianAnswer
	p.Send("POST", "/v1/guardian/"+asked.Link, client.GuardianDecision{Email: address, Decision: "agreed", Hash: r.Hash, Items: items}).Fine().Into(&shown)
	who.Get("/v1/tasks").Is(403)
	who.Send("POST", "/v1/me/guardian", client.GuardianStep{Code: "0000000"}).Is(403, "guardian-required")
	who.Send("POST", "/v1/me/guardian", client.GuardianStep{Code: shown.Code}).Is(200).Holds("confirmed")
	who.Accept()
}

// guarded: below the age nothing works, by the person's own word neither, until a guardian has agreed.
func guarded(p *probe.Probe) {
	who := minor(p)
	who.Accept()
	who.Get("/v1/tasks").Is(403, "guardian-required")
	who.TryUpload(p.NewPhoto()).Is(403, "guardian-required")
	who.Send("PUT", "/v1/me/age", client.AgeStatement{Band: "over"}).Is(403, "guardian-required")
	guardianOf(p, who)
	who.Get("/v1/tasks").Is(200)
	who.TryUpload(p.NewPhoto()).Is(201)
}

// minorAlone: a minor's own consent opens nothing; the guardian's opens the effect.
func minorAlone(j job) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who, before := minor(p), p.Traffic()
		who.Accept()
		who.Send("POST", "/v1/consents", client.ConsentCreate{Feature: j.feature, Recipient: "own_servers", Decision: "granted", DisclosureHash: "sha256:" + strings.Repeat("0", 64)}).Is(403, "guardian-required")
		who.Try(probe.Order{Feature: j.feature}).Is(403, "guardian-required")
		p.Silent(before)
		guardianOf(p, who)
		o, _ := j.order(p, who)
		who.Make(o)
		p.Saw("with the guardian's consent the effect works")
	}
}

// markedMinor: the mark of staff erases everything of a minor without a guardian, with no clock moved.
func markedMinor(p *probe.Probe) {
	who, word := minor(p), probe.Mark("letter")
	who.Send("POST", "/v1/support", client.Letter{Platform: "ios", Text: word}).Fine()
	p.Somewhere("what the minor wrote", []byte(word))
	moderator.send(p, "POST", "subjects/"+who.Subject+"/underage?app="+p.App, nil).Is(200).Holds("true")
	who.Get("/v1/me").Is(401)
	p.Nowhere("what the minor wrote", []byte(word))
}

// guardianRefuses: a guardian's no erases everything of the minor.
func guardianRefuses(p *probe.Probe) {
	who, word := minor(p), probe.Mark("letter")
	who.Send("POST", "/v1/support", client.Letter{Platform: "ios", Text: word}).Fine()
	p.Somewhere("what the minor wrote", []byte(word))
	var asked client.GuardianState
	who.Send("POST", "/v1/me/guardian", client.GuardianStep{Email: "guardian@family.example"}).Fine().Into(&asked)
	p.Send("POST", "/v1/guardian/"+asked.Link, client.GuardianDecision{Email: "guardian@family.example", Decision: "declined"}).Is(200).Holds("declined")
	who.Get("/v1/me").Is(401)
	p.Nowhere("what the minor wrote", []byte(word))
}

// remembers has the person's device remembered.
func remembers(who *probe.Person, platform string) (k client.Keepsake) {
	who.Send("PUT", "/v1/me/remembered", client.RememberCreate{Platform: platform}).Fine().Into(&k)
	return k
}

func signsIn(p *probe.Probe, token, platform string) probe.Answer {
	return p.Send("POST", "/v1/sessions/remembered", client.RememberedSession{App: p.App, Token: token, Platform: platform})
}

// rememberedOnce: the token of a device signs in on that kind of device, once.
func rememberedOnce(p *probe.Probe) {
	k := remembers(p.Person(), "web")
	signsIn(p, k.Token, "ios").Is(401, "unauthenticated")
	k = remembers(p.Person(), "web")
	signsIn(p, k.Token, "web").Is(201)
	signsIn(p, k.Token, "web").Is(401, "unauthenticated")
}

// oneClick: a second start needs no password and lists the works that were made before.
func oneClick(j job) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who := p.Person()
		o, _ := j.order(p, who)
		made := who.Make(o)
		k := remembers(who, "web")
		who.Send("DELETE", "/v1/sessions/current", nil).Fine()
		who.Get("/v1/outputs").Is(401)
		var s client.Session
		signsIn(p, k.Token, "web").Is(201).Into(&s)
		p.Must(s.Subject == who.Subject, "the second start is the same person")
		who.Token = s.AccessToken
		who.Get("/v1/outputs").Is(200).Holds(last(made.Outputs).ID)
	}
}

// visits goes through the pages that set cookies: the first answer, agreement, settings.
func visits(p *probe.Probe, remember bool) *probe.Browser {
	b := p.Browse()
	b.Post("/welcome", map[string]string{"band": "over"})
	var r client.Reading
	p.Stranger(p.App).Get("/v1/me/acceptance?lang=en").Fine().Into(&r)
	b.Post("/welcome", map[string]string{"decision": "accepted", "version": r.Version, "hash": r.Hash})
	b.Post("/settings/language", map[string]string{"lang": "zh-Hans"})
	if remember {
		b.Post("/settings/remember", nil)
	}
	b.Look("/works")
	return b
}

// cookies: over a visit, the cookies are those of the policy's register and no other.
func cookies(app string, remember bool) func(*probe.Probe) {
	return func(p *probe.Probe) {
		b := visits(p, remember)
		names := []string{"sid-" + app}
		if remember {
			names = append(names, "remember-"+app)
		}
		for _, name := range names {
			p.Says("__Host-"+name, "__Host-"+name)
			p.Must(b.Kept[name] != "", "the visit sets %s", name)
		}
		for _, c := range b.Set {
			p.Must(slices.Contains(names, strings.TrimPrefix(c.Name, "__Host-")), "%s stands in the register", c.Name)
			p.Must(c.Shut && c.Seconds <= int((30*24*time.Hour).Seconds()), "%s is out of scripts' and other sites' reach and ends within 30 days", c.Name)
		}
		for _, path := range []string{"/", "/works", "/privacy", "/policy", "/e/avatar"} {
			a := p.Ask("GET", "/"+p.App+path, nil)
			p.Must(len(a.Header.Values("Set-Cookie")) == 0, "looking at %s sets no cookie", path)
		}
	}
}

// cookieNowhere: what a cookie holds reaches no recipient, and is nowhere in plain form.
func cookieNowhere(j job) func(*probe.Probe) {
	return func(p *probe.Probe) {
		b := visits(p, true)
		who := p.Person()
		for name, value := range b.Kept {
			who.With("Cookie", name+"="+value)
		}
		o, _ := j.order(p, who)
		who.Make(o)
		for name, value := range b.Kept {
			p.NotReceived("the cookie "+name, []byte(value))
			p.Nowhere("the cookie "+name, []byte(value))
		}
	}
}

// settingsShow: the settings show user id and membership, in both languages, from the report of the operator's
// own server on until it ends, is called back or the person is gone; nobody else's report counts.
func settingsShow(p *probe.Probe) {
	who, other := p.Person(), p.Person()
	path, until := "subjects/"+who.Subject+"/membership", p.Now().Add(48*time.Hour).Truncate(time.Second)
	reports := func(by staff, level string) probe.Answer {
		return by.send(p, "PUT", path, map[string]any{"level": level, "until": until})
	}
	isMember(p, who, "free", "")
	reports(officer, "member").Is(403, "forbidden")
	reports(owner, "member").Is(403, "forbidden")
	reports(staff(who.Token), "member").Is(401)
	reports(backend, "platinum").Is(422, "validation")
	isMember(p, who, "free", "")
	reports(backend, "member").Is(200)
	me := isMember(p, who, "member", "Member")
	p.Must(me.MembershipUntil != nil && me.MembershipUntil.Equal(until), "the settings say until when")
	isMember(p, other, "free", "")
	who.CopyHolds("the membership and its record", `"memberships"`, `"subscriptions"`)
	who.Get("/v1/privacy/holdings").Is(200).Holds("membership_status", "subscription_record")
	b := p.Browse()
	b.Post("/welcome", map[string]string{"band": "over"})
	for name := range b.Kept {
		b.Kept[name] = who.Token
	}
	b.Look("/settings?lang=en").Holds(who.Subject, "Member · until")
	b.Look("/settings?lang=zh-Hans").Holds(who.Subject, "会员 · 有效期至")
	backend.send(p, "DELETE", path+"?app="+p.App, nil).Is(200)
	isMember(p, who, "free", "")
	reports(backend, "member").Is(200)
	isMember(p, who, "member", "Member")
	p.Advance("P2D")
	isMember(p, who, "free", "")
	b.Look("/settings?lang=en").Holds(who.Subject).Lacks("Member · until")
}

// isMember ends the check unless the settings of somebody show the user id and that membership.
func isMember(p *probe.Probe, who *probe.Person, level, name string) client.Me {
	var me client.Me
	who.Get("/v1/me").Is(200).Into(&me)
	p.Must(me.UserID == who.Subject && me.Membership == level && me.MembershipName == name, "the settings show the user id and the membership %q", me.Membership)
	return me
}
