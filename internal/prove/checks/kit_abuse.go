package checks

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"vow.example/vow/client"
	"vow.example/vow/client/admin"
	"vow.example/vow/internal/prove/probe"
)

// What the product answers before it says no: these are its own documented limits.
const (
	wrongPasswords = 5
	tasksInAWindow = 60
)

// signals are the signs of abuse that a moderator sees of somebody.
func signals(p *probe.Probe, about string) (list []admin.Signal) {
	var page client.Page[admin.Signal]
	moderator.send(p, "GET", "signals?limit=100&app="+p.App, nil).Fine().Into(&page)
	return slices.DeleteFunc(page.Data, func(s admin.Signal) bool { return s.Subject != about })
}

// tooMany ends the check unless the answer says that there were too many tries, and when to come back.
func tooMany(p *probe.Probe, a probe.Answer, most int) {
	a.Is(429, "rate-limited")
	seconds, err := strconv.Atoi(a.Header.Get("Retry-After"))
	p.Must(err == nil && seconds > 0 && seconds <= most, "Retry-After says %d seconds", seconds)
}

// guessed: a burst of wrong passwords ends in 429, even for the right one, and a moderator sees it; a few
// of them are forgiven, and nothing is said about whether a login exists.
func guessed(p *probe.Probe) {
	who, clumsy, login, other := p.Person(), p.Person(), probe.Mark("login"), probe.Mark("other")
	const right = "a long word for this"
	who.Send("POST", "/v1/account", client.Account{Login: login, Password: right}).Fine()
	clumsy.Send("POST", "/v1/account", client.Account{Login: other, Password: right}).Fine()
	enter := func(login, password string) probe.Answer {
		return p.Send("POST", "/v1/sessions", map[string]string{"app": p.App, "login": login, "password": password})
	}
	for range 3 {
		enter(other, "a wrong one").Is(401, "unauthenticated")
	}
	enter(other, right).Is(201)
	for _, l := range []string{login, probe.Mark("nobody")} {
		for range wrongPasswords {
			enter(l, "a wrong one").Is(401, "unauthenticated")
		}
		for range wrongPasswords {
			tooMany(p, enter(l, "a wrong one"), 60)
		}
	}
	tooMany(p, enter(login, right), 60)
	seen := signals(p, who.Subject)
	p.Must(len(seen) == 1 && seen[0].Kind == "wrong_passwords" && seen[0].Tries > wrongPasswords, "a moderator sees one sign about the account, of %d tries", first(seen).Tries)
	p.Must(len(signals(p, clumsy.Subject)) == 0, "who mistyped three times is on no list")
	p.Nowhere("the login that was tried", []byte(login))
	p.Advance("PT1H")
	enter(login, right).Is(201)
}

// burst: more tasks than a person can look at end in 429 for a while, for this person alone; a moderator sees
// the sign, without content, until its clock has run out.
func (j job) burst(keeps string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who, calm := p.Person(), p.Person()
		o, _ := j.order(p, who)
		for range tasksInAWindow {
			if a := who.Try(o); a.Status != 403 {
				a.Is(403, "consent-required")
				return
			}
		}
		p.Saw("%d tries to start a task are answered one by one", tasksInAWindow)
		p.Must(len(signals(p, who.Subject)) == 0, "so far nothing is on the list")
		before := p.Traffic()
		tooMany(p, who.Try(o), 600)
		o.Consent = who.Decide(j.feature, "granted").ID
		tooMany(p, who.Try(o), 600)
		p.Silent(before)
		theirs, _ := j.order(p, calm)
		calm.Make(theirs)
		p.Saw("somebody else's task is made meanwhile")
		seen := signals(p, who.Subject)
		p.Must(len(seen) == 1 && seen[0].Kind == "many_tasks" && seen[0].Tries > tasksInAWindow, "a moderator sees one sign about the person, of %d tries", first(seen).Tries)
		for _, by := range []staff{auditor, developer, owner, helper} {
			by.send(p, "GET", "signals?app="+p.App, nil).Is(403, "forbidden")
		}
		who.CopyHolds("the sign", first(seen).ID)
		who.Get("/v1/privacy/holdings").Is(200).Holds("security_signals")
		p.Advance("PT10M")
		var k client.Task
		who.Try(o).Is(202).Into(&k)
		p.Must(who.Wait(k.ID).State == "succeeded", "after ten minutes the task is made")
		eraseAccount(calm)
		p.Advance(keeps)
		p.Must(len(signals(p, who.Subject)) == 0, "after %s the sign is gone", keeps)
	}
}

// signGoes: a sign ends with the account.
func (j job) signGoes(p *probe.Probe) {
	who := p.Person()
	for range tasksInAWindow + 1 {
		who.Try(probe.Order{Feature: j.feature})
	}
	p.Must(len(signals(p, who.Subject)) == 1, "a moderator sees the sign")
	eraseAccount(who)
	p.Must(len(signals(p, who.Subject)) == 0, "with the account the sign is gone")
}

// suspends: a moderator who has read within a case suspends an account for a reason of the list, and nobody
// else does; then nothing starts and nobody receives anything, while export, settings and deletion work; the
// person sees it, the log has its leaf, and it is lifted again.
func (j job) suspends(p *probe.Probe) {
	who, calm := p.Person(), p.Person()
	o, _ := j.order(p, who)
	who.Make(o)
	next, _ := j.order(p, who)
	in := moderator.opens(p, who, "moderation")
	decide := func(by staff, reason string) probe.Answer {
		return p.Send("POST", "/v1/admin/cases/"+in+"/suspend", admin.Suspend{Reason: reason}, "Authorization", "Bearer "+string(by))
	}
	decide(moderator, "fraud").Is(422, "validation").Holds("/case")
	p.Send("POST", "/v1/admin/cases/"+in+"/records", admin.Read{Category: "moderation_record", Purpose: "safety_review", Reason: "report-1"}, "Authorization", "Bearer "+string(moderator)).Is(200)
	decide(moderator, "because").Is(422)
	for _, by := range []staff{auditor, developer, owner, helper} {
		decide(by, "fraud").Is(403, "forbidden")
	}
	who.Send("POST", "/v1/admin/cases/"+in+"/suspend", admin.Suspend{Reason: "fraud"}).Is(401)
	spare := who.Upload(p.NewPhoto()).ID
	p.Saw("until somebody decides, uploads are taken")
	var x admin.Suspension
	decide(moderator, "fraud").Is(201).Into(&x)
	decide(moderator, "fraud").Is(409, "conflict")
	isSuspended(p, who, next)
	who.Send("DELETE", "/v1/uploads/"+spare, nil).Is(200)
	theirs, _ := j.order(p, calm)
	calm.Make(theirs)
	p.Saw("somebody else's task is made")
	decidedBy(p, who, x)
	p.Send("POST", "/v1/admin/suspensions/"+x.ID+"/lift", nil, "Authorization", "Bearer "+string(auditor)).Is(403, "forbidden")
	p.Send("POST", "/v1/admin/suspensions/"+x.ID+"/lift", nil, "Authorization", "Bearer "+string(moderator)).Is(200)
	who.Make(next)
	p.Saw("lifted, the task is made")
	decide(moderator, "abuse").Is(201)
	who.Try(next).Is(403, "suspended")
	eraseAccount(who)
	who.Get("/v1/me").Is(401)
	p.Saw("a suspended account is erased when its person asks for it")
}

// isSuspended: nothing starts, and rights and settings stay.
func isSuspended(p *probe.Probe, who *probe.Person, next probe.Order) {
	next.Consent = ""
	before := p.Traffic()
	f := p.NewPhoto()
	who.Try(next).Is(403, "suspended").Holds("fraud")
	who.TryUpload(f).Is(403, "suspended")
	p.Nowhere("the refused photo", f.Marks()...)
	p.Silent(before)
	who.Get("/v1/me").Is(200).Holds(`"standing":"suspended"`)
	who.Get("/v1/privacy/export").Is(200)
	who.Send("PATCH", "/v1/me", map[string]string{"locale": "zh-Hans"}).Is(200)
	who.Get("/v1/privacy/holdings").Is(200)
	var consents client.Page[client.Consent]
	who.Get("/v1/consents").Is(200).Into(&consents)
	who.Send("DELETE", "/v1/consents/"+first(consents.Data).ID, nil).Is(200)
}

// decidedBy: everybody concerned sees that a person decided: the desk, the person, the person's own copy
// with the leaf of the log, and the log itself verifies.
func decidedBy(p *probe.Probe, who *probe.Person, x admin.Suspension) {
	var all []admin.Staff
	owner.send(p, "GET", "staff", nil).Is(200).Into(&all)
	p.Must(slices.ContainsFunc(all, func(s admin.Staff) bool { return s.ID == x.Staff && s.Role == "moderator" }), "%s, a moderator, decided", x.Staff)
	moderator.send(p, "GET", "suspensions?app="+p.App, nil).Is(200).Holds(x.ID, x.Staff)
	who.Get("/v1/privacy/measures").Is(200).Holds(x.ID, `"kind":"suspension"`, "in_force")
	leaf := false
	for _, raw := range who.Copy() {
		var doc struct {
			Rows map[string][]map[string]any `json:"rows"`
		}
		if json.Unmarshal(raw, &doc) != nil {
			continue // a picture, a page
		}
		for _, row := range doc.Rows["audit_leaves"] {
			leaf = leaf || fmt.Sprint(row["object"]) == x.ID
		}
	}
	p.Must(leaf, "the log of the server has a leaf about the suspension")
	logVerifies(p)
}
