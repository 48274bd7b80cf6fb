package checks

import (
	"slices"
	"strings"

	"vow.example/vow/client"
	"vow.example/vow/internal/prove/probe"
)

// eachJob runs a check for every job of a list.
func eachJob(list []job, check func(job, *probe.Probe)) func(*probe.Probe) {
	return func(p *probe.Probe) {
		for _, j := range list {
			if p.OK() {
				p.Saw("now: %s", j.feature)
				check(j, p)
			}
		}
	}
}

// dated: the policy is served to everybody with its date and its hash, and says these things.
func dated(updated, en, zh string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		doc := p.Policy("en")
		p.Must(doc.Updated == updated, "the policy says that it was updated %s", updated)
		p.Must(strings.HasPrefix(doc.Hash, "sha256:") && len(doc.Hash) == len("sha256:")+64, "it has the hash %.18s…", doc.Hash)
		p.Says(en, zh)
	}
}

// saysText: the policy says the same words in both languages.
func saysText(words ...string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		for _, w := range words {
			p.Says(w, w)
		}
	}
}

// entries lists the identifiers of a part of the policy; list is one of several in that part, or "".
func entries(p *probe.Probe, part, list string) (ids []string) {
	var page client.Page[client.PolicyEntry]
	p.Facts(part).Fine().Into(&page)
	for _, e := range page.Data {
		if e.List == list {
			ids = append(ids, e.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

func sameList(p *probe.Probe, what string, got, want []string) {
	want = slices.Sorted(slices.Values(want))
	p.Must(slices.Equal(got, want), "%s are %s", what, strings.Join(want, ", "))
}

// purposesAre: the purposes are these and no other.
func purposesAre(want ...string) func(*probe.Probe) {
	return func(p *probe.Probe) { sameList(p, "the purposes", entries(p, "purposes", ""), want) }
}

// groundsAre: a list of grounds is closed.
func groundsAre(list string, want ...string) func(*probe.Probe) {
	return func(p *probe.Probe) { sameList(p, "the grounds of "+list, entries(p, "grounds", list), want) }
}

// categoriesOf reads what the policy lists with its clocks.
func categoriesOf(p *probe.Probe) []client.PolicyCategory {
	var page client.Page[client.PolicyCategory]
	p.Facts("categories").Fine().Into(&page)
	p.Must(len(page.Data) > 0, "%d categories are listed", len(page.Data))
	return page.Data
}

// clocksFor: every category of the policy has a clock with a number, these among them.
func clocksFor(named ...string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		seen := map[string]bool{}
		for _, c := range categoriesOf(p) {
			seen[c.ID] = true
			if len(c.Clocks) == 0 {
				p.Failf("%s has no clock", c.ID)
			}
			for _, r := range c.Clocks {
				if r.Limit != "immediate" && !strings.HasPrefix(r.Limit, "P") {
					p.Failf("the clock of %s has no number: %q", c.ID, r.Limit)
				}
			}
		}
		for _, id := range named {
			p.Must(seen[id], "%s is listed with its clock", id)
		}
	}
}

// needed: every category says what it is needed for.
func needed(p *probe.Probe) {
	for _, c := range categoriesOf(p) {
		if len(c.Purposes) == 0 || c.Name == "" {
			p.Failf("the policy does not say what %s is needed for", c.ID)
		}
	}
	p.Saw("each says what it is needed for")
}

// rightWithin: the policy says how soon a right is done.
func rightWithin(right, deadline string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		var page client.Page[client.PolicyEntry]
		p.Facts("rights").Fine().Into(&page)
		for _, e := range page.Data {
			if e.ID == right {
				p.Must(e.Deadline == deadline, "%s is promised within %s", right, deadline)
				return
			}
		}
		p.Failf("the policy has no right %s", right)
	}
}

// kitsAre: the policy names these kits of others, and an app is given none beside them.
func kitsAre(ids ...string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		var page client.Page[client.PolicySDK]
		p.Facts("sdks").Fine().Into(&page)
		got := []string{}
		for _, k := range page.Data {
			got = append(got, k.ID)
			p.Must(strings.HasPrefix(k.PolicyURL, "https://") && k.Company != "" && k.Text != "", "%s of %s is explained and links its own policy", k.ID, k.Company)
		}
		sameList(p, "the kits of the policy", got, ids)
		who := p.Person()
		for _, platform := range []string{"ios", "android", "web"} {
			var b client.Bootstrap
			who.Get("/v1/bootstrap?platform=" + platform).Fine().Into(&b)
			for _, k := range b.SDKs {
				if !slices.Contains(ids, k.ID) {
					p.Failf("an app on %s is given the kit %s", platform, k.ID)
				}
			}
		}
		p.Saw("an app on no platform is given another")
	}
}
