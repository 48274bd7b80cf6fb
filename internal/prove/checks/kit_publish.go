package checks

import (
	"fmt"
	"strings"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/prove/probe"
)

// day is a day of a policy's lead.
const day = 24 * time.Hour

// nextEdition is the app's policy file as the version after the one in force, with the changes: pairs of
// old and new. An empty date keeps that of the version in force.
func nextEdition(p *probe.Probe, date string, pairs ...string) string {
	var page client.Page[client.PolicyVersion]
	p.Ask("GET", "/v1/apps/"+p.App+"/policy/versions", nil).Fine().Into(&page)
	newest := last(page.Data)
	if date == "" {
		date = newest.Updated
	}
	text := p.Edited(append([]string{"version: v1", fmt.Sprintf("version: v%d", newest.Number+1)}, pairs...)...)
	head, rest, _ := strings.Cut(text, "updated: \"")
	_, rest, found := strings.Cut(rest, "\"")
	if !found {
		p.Failf("the policy file says no date")
	}
	return head + "updated: \"" + date + "\"" + rest
}

// today is a date that is later than that of any version published before.
func today(p *probe.Probe) string { return p.Now().Format(time.DateOnly) }

// announcedNow: a material change needs a later date; with it, it is published, and everybody is told, each
// until they have acknowledged it.
func announcedNow(from, to string) func(*probe.Probe) {
	waiting := func(who *probe.Person) []string {
		var b client.Bootstrap
		who.Get("/v1/bootstrap?platform=ios").Is(200).Into(&b)
		return b.Notices
	}
	return alone(func(p *probe.Probe) {
		people := []*probe.Person{p.Person(), p.Person(), p.Person()}
		publishes(p, nextEdition(p, "", from, to), time.Minute).Is(422, "policy-refused").Holds("needs a later date")
		date := today(p)
		publishes(p, nextEdition(p, date, from, to), time.Minute).Is(201).Holds(`"class":"material"`)
		for i, who := range people {
			n, list := first(notices(who)), waiting(who)
			p.Must(len(list) == 1 && list[0] == n.ID, "the next start of the app carries the notice, for person %d of %d", i+1, len(people))
			p.Must(len(n.Changes) > 0, "it lists the change: “%s”", first(n.Changes).Text)
		}
		answers(p, people[0], "seen")
		p.Must(len(waiting(people[0])) == 0 && len(waiting(people[1])) == 1, "whoever has acknowledged it is told no more, the others are")
		p.Advance("PT1H")
		p.Must(p.Policy("en").Updated == date, "the policy in force is dated %s", date)
	})
}

// asksAgain: a version that changes what the screen says ends the old consent: the task is refused with
// the new screen, and made after another yes.
func (j job) asksAgain(from, to, words string, lead time.Duration, wait string) func(*probe.Probe) {
	return alone(func(p *probe.Probe) {
		who := p.Person()
		o, _ := j.order(p, who)
		was := who.Screen(j.feature, "en")
		o.Consent = who.Decide(j.feature, "granted").ID
		publishes(p, nextEdition(p, today(p), from, to), lead).Is(201)
		answers(p, who, "seen")
		p.Advance(wait)
		o.Photos = map[string]string{j.photo: who.Upload(p.NewPhoto()).ID}
		before := p.Traffic()
		who.Try(o).Is(409, "consent-stale")
		o.Consent = ""
		who.Try(o).Is(403, "consent-required").Holds("disclosure")
		p.Silent(before)
		now := who.Screen(j.feature, "en")
		p.Must(now.Hash != was.Hash && now.PolicyVersion != was.PolicyVersion, "the screen is another one now, of %s", now.PolicyVersion)
		said := ""
		for _, line := range now.Keep {
			said += line.Text + "\n"
		}
		p.Must(strings.Contains(said, words), "it says “%s”", words)
		p.Must(who.Run(o).State == "succeeded", "after another yes the task is made")
		p.Must(first(notices(who)).Binds, "going on is on record: the version binds")
	})
}
