package checks

import (
	"strings"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/prove/probe"
)

const lead = 7 * 24 * time.Hour // what the policies promise before a change

// alone runs a check on a server of its own.
func alone(check func(*probe.Probe)) func(*probe.Probe) {
	return func(p *probe.Probe) { p.Alone(check) }
}

// secondVersion is the app's policy as its second version, with a later date and the changes: pairs of
// old and new.
func secondVersion(p *probe.Probe, pairs ...string) string {
	text := p.Edited(append([]string{"version: v1", "version: v2"}, pairs...)...)
	head, rest, found := strings.Cut(text, "updated: \"")
	if !found {
		p.Failf("the policy file says no date")
		return text
	}
	_, rest, _ = strings.Cut(rest, "\"")
	return head + "updated: \"" + p.Now().Format(time.DateOnly) + "\"" + rest
}

// publishes hands a policy file in, to take effect after a while.
func publishes(p *probe.Probe, text string, after time.Duration) probe.Answer {
	return p.Send("POST", "/v1/admin/policies", client.PolicyDraft{YAML: text, EffectiveAt: p.Now().Add(after)}, "Authorization", "Bearer "+string(officer))
}

// notices reads what a person is told.
func notices(who *probe.Person) []client.Notice {
	var page client.Page[client.Notice]
	who.Get("/v1/notices").Fine().Into(&page)
	return page.Data
}

// answers says to the newest notice that it was seen, or agrees.
func answers(p *probe.Probe, who *probe.Person, decision string) client.Notice {
	list := notices(who)
	if len(list) == 0 {
		p.Failf("the person is told nothing")
		return client.Notice{}
	}
	who.Send("POST", "/v1/notices/"+list[0].ID+"/ack", client.NoticeAck{Decision: decision}).Fine()
	return list[0]
}

// bindsWhoAgreed: a version that keeps results twice as long binds whoever agreed to it; whoever has only
// seen it loses the result at the old time.
func (j job) bindsWhoAgreed(from, to, oldTime, more string) func(*probe.Probe) {
	return alone(func(p *probe.Probe) {
		agrees, sees := p.Person(), p.Person()
		publishes(p, secondVersion(p, from, to), lead+time.Minute).Is(201)
		n := answers(p, agrees, "agree")
		p.Must(n.NeedsConsent, "the notice says that the change needs consent")
		answers(p, sees, "seen")
		p.Advance("P7DT1H")
		results := map[*probe.Person]string{}
		files := map[*probe.Person][]byte{}
		for _, who := range []*probe.Person{agrees, sees} {
			o, _ := j.order(p, who)
			k := who.Make(o)
			results[who], files[who] = last(k.Outputs).ID, content(who, k)
		}
		p.Advance(oldTime)
		sees.Get("/v1/outputs/"+results[sees]+"/content").Is(410, "erased")
		p.Nowhere("the result of the one who did not agree", piece(files[sees]))
		agrees.Get("/v1/outputs/" + results[agrees] + "/content").Is(200)
		p.Somewhere("the result of the one who agreed", piece(files[agrees]))
		p.Advance(more)
		agrees.Get("/v1/outputs/"+results[agrees]+"/content").Is(410, "erased")
	})
}

// popup: a version that takes effect now is refused; one with its lead is announced, and whoever comes
// later sees the announcement before anything else works.
func popup(from, to string) func(*probe.Probe) {
	return alone(func(p *probe.Probe) {
		who := p.Person()
		text := secondVersion(p, from, to)
		publishes(p, text, 0).Is(422, "policy-refused")
		who.Get("/v1/tasks").Is(200)
		publishes(p, text, lead+time.Minute).Is(201)
		who.Get("/v1/tasks").Is(403, "notice-required")
		var b client.Bootstrap
		bootstrap := who.Get("/v1/bootstrap?platform=ios")
		p.Must(bootstrap.Status == 403 || bootstrap.Status == 200, "what the app asks at its start is answered with %d %s", bootstrap.Status, bootstrap.Code())
		if bootstrap.Status == 200 {
			bootstrap.Into(&b)
			p.Must(len(b.Notices) == 1, "the start of the app names the notice")
		}
		p.Advance("P8D")
		who.Get("/v1/tasks").Is(403, "notice-required")
		n := answers(p, who, "seen")
		p.Must(len(n.Changes) > 0, "the notice lists what changes: “%s”", first(n.Changes).Text)
		who.Get("/v1/tasks").Is(200)
	})
}

func first[T any](list []T) (x T) {
	if len(list) > 0 {
		x = list[0]
	}
	return x
}

// classed: a change of these kinds is significant by itself, and its notice is prominent and lists it.
func classed(changes map[string][]string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		for what, pairs := range changes {
			p.Alone(func(p *probe.Probe) {
				who := p.Person()
				var out client.PublishedPolicy
				publishes(p, secondVersion(p, pairs...), 40*24*time.Hour).Fine().Into(&out)
				n := first(notices(who))
				p.Must(out.Diff.Class == "significant" && n.Prominent && len(n.Changes) > 0, "a change of %s is significant, prominent and spelled out: “%s”", what, first(n.Changes).Text)
			})
		}
	}
}

// immutable: every version can be read by everybody with its hash, and none can be written.
func immutable(p *probe.Probe) {
	var page client.Page[client.PolicyVersion]
	path := "/v1/apps/" + p.App + "/policy/versions"
	p.Ask("GET", path, nil).Is(200).Into(&page)
	for _, v := range page.Data {
		p.Must(strings.HasPrefix(v.Hash, "sha256:") && len(v.Hash) > 40, "%s is listed with its hash", v.Version)
	}
	p.Must(len(page.Data) > 0, "%d versions are listed", len(page.Data))
	p.Ask("GET", path+"/1?lang=en", nil).Is(200).Holds("sections")
	for _, method := range []string{"PUT", "PATCH", "DELETE"} {
		p.Ask(method, path+"/1", strings.NewReader("{}"), "Authorization", "Bearer rk_demo_officer", "Content-Type", "application/json").Is(405)
	}
}

// closes: an app that ends takes nothing from then on, tells people, and has nothing left in time.
func (j job) closes(by string) func(*probe.Probe) {
	return alone(func(p *probe.Probe) {
		who, f := p.Person(), p.NewPhoto()
		o, _ := j.order(p, who)
		k := who.Make(o)
		file := content(who, k)
		word := probe.Mark("letter")
		who.Send("POST", "/v1/support", client.Letter{Platform: "web", Text: word}).Fine()
		p.Somewhere("the result and the letter", piece(file))
		owner.send(p, "POST", "app/close", map[string]any{"notice": map[string]string{"en": "We close.", "zh-Hans": "我们停止运营。"}}).Is(200)
		who.TryUpload(f).Is(410, "app-closed")
		p.Must(len(notices(who)) > 0, "the person is told of the end")
		who.Get("/v1/privacy/holdings").Is(200)
		p.Advance(by)
		p.Nowhere("the result and the letter", piece(file), []byte(word))
	})
}
