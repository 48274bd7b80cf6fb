package checks

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"

	"vow.example/vow/client"
	"vow.example/vow/internal/prove/probe"
)

// More people at the desk.
const (
	developer staff = "rk_demo_developer"
	helper    staff = "rk_demo_support"
)

// writes sends a letter to support and returns its conversation.
func writes(who *probe.Person, text string) (t client.SupportThread) {
	who.Send("POST", "/v1/support", client.Letter{Platform: "ios", Text: text}).Fine().Into(&t)
	return t
}

// traces are what one person leaves by using the app in full.
type traces struct {
	login, password, letter, word string
	photo                         probe.Photo
	task                          client.Task
	file                          []byte // of the result
}

func (t traces) marks() [][]byte {
	list := append(t.photo.Marks(), []byte(t.letter), []byte(t.login), piece(t.file))
	if t.word != "" {
		list = append(list, []byte(t.word))
	}
	return list
}

// lives has somebody use the app in full: a login, a letter, a photo that waits, a task with its result.
func (j job) lives(p *probe.Probe, who *probe.Person) (t traces) {
	t = traces{login: probe.Mark("login"), password: "a long word for this", letter: probe.Mark("letter")}
	who.Send("POST", "/v1/account", client.Account{Login: t.login, Password: t.password}).Fine()
	writes(who, "please help: "+t.letter)
	if j.prompt != "" {
		t.word = probe.Mark("word")
		j.prompt += " " + t.word
	}
	o, _ := j.order(p, who)
	t.task = who.Make(o)
	t.file = content(who, t.task)
	t.photo = p.NewPhoto()
	who.Upload(t.photo)
	return t
}

// erased: a request for deletion ends everything of a person when it is answered; path is the call.
func (j job) erased(path string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who := p.Person()
		t := j.lives(p, who)
		for _, m := range t.marks()[1:2] {
			p.Somewhere("the photo that waits", m)
		}
		p.Somewhere("the letter", []byte(t.letter))
		p.Somewhere("the result", piece(t.file))
		var done client.RightsRequest
		if path == "/v1/me" {
			who.Send("DELETE", path, nil).Is(200).Into(&done)
		} else {
			who.Send("POST", path, client.RightsRequestCreate{Kind: "erase", Scope: "account"}).Fine().Into(&done)
		}
		p.Must(done.State == "done" && len(done.Receipts) > 0, "the answer says that it is done, with %d receipts", len(done.Receipts))
		who.Get("/v1/me").Is(401)
		p.Send("POST", "/v1/sessions", map[string]string{"app": p.App, "login": t.login, "password": t.password}).Is(401)
		p.Nowhere("whatever the person left", t.marks()...)
	}
}

// copied: the person's own copy holds everything that is held of them, and it is theirs alone.
func (j job) copied(p *probe.Probe) {
	who := p.Person()
	t := j.lives(p, who)
	files := who.Copy()
	all := bytes.Join(slices.Collect(values(files)), []byte("\n"))
	for what, mark := range map[string][]byte{"the letter": []byte(t.letter), "the text": []byte(t.word), "the result": piece(t.file), "the photo that waits": t.photo.Coded} {
		p.Must(bytes.Contains(all, mark), "the copy holds %s", what)
	}
	names := map[string]bool{}
	for name := range files {
		names[strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))] = true
	}
	for _, i := range itemsOf(who) {
		if !names[i.ID] {
			p.Failf("the copy lacks %s, which is held as %s", i.ID, i.Category)
		}
	}
	p.Saw("every item that the server lists is a file of the copy")
	p.Must(bytes.Contains(files["consents.json"], []byte(t.task.Consent)), "consents.json holds the consent")
	for _, x := range who.Transfers() {
		p.Must(bytes.Contains(files["transfers.csv"], []byte(x.ID)), "transfers.csv holds the transfer")
	}
	p.Person().CopyLacks("anything of another person", t.letter, who.Subject)
}

func values(m map[string][]byte) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for _, v := range m {
			if !yield(v) {
				return
			}
		}
	}
}

// corrected: a person corrects the language, and nothing else by this way; the copy holds the new value.
func corrected(p *probe.Probe) {
	who := p.Person()
	p.Must(bytes.Contains(who.Copy()["data.json"], []byte(`"locale": "en"`)), "the copy holds the old language")
	who.Send("PATCH", "/v1/me", client.MeUpdate{Locale: "zh-Hans"}).Is(200).Holds(`"locale":"zh-Hans"`)
	file := who.Copy()["data.json"]
	p.Must(bytes.Contains(file, []byte(`"locale": "zh-Hans"`)) && !bytes.Contains(file, []byte(`"locale": "en"`)), "the copy holds the new language only")
	who.Send("PATCH", "/v1/me", map[string]string{"membership": "gold"}).Is(422)
}

// told: what the person reads about a task is what the recipient received.
func (j job) told(p *probe.Probe) {
	who, before := p.Person(), p.Traffic()
	o, _ := j.order(p, who)
	k := who.Make(o)
	list := who.Transfers()
	if len(list) != 1 {
		p.Failf("%d transfers are listed", len(list))
		return
	}
	x := list[0]
	got := probe.Fields(p.Received(j.to), before[j.to])
	fields := slices.Sorted(slices.Values(x.Fields))
	p.Must(slices.Equal(fields, got), "the ledger says that %s received %s, and so does %s", x.Recipient.ID, strings.Join(fields, ", "), j.to)
	p.Must(x.Recipient.ID == j.to && x.Purpose == "requested_feature" && x.Task == k.ID && x.Consent == k.Consent, "it names the recipient, the purpose, the task and the consent")
	var h client.Holdings
	who.Get("/v1/privacy/holdings").Is(200).Into(&h)
	for _, i := range itemsOf(who) {
		p.Must(i.Clock.DeleteAt != nil && slices.ContainsFunc(h.Data, func(x client.Holding) bool { return x.Category == i.Category && x.Count > 0 }), "%s is counted and has its end", i.Category)
	}
}

// closedAccount: an account takes a login and a password, and no other field; a weak word is refused.
func closedAccount(p *probe.Probe) {
	who, login := p.Person(), probe.Mark("login")
	extra := probe.Mark("phone")
	body := map[string]string{"login": login, "password": "a long word for this"}
	for _, field := range []string{"phone", "name", "birthday", "email"} {
		more := map[string]string{field: extra}
		for k, v := range body {
			more[k] = v
		}
		who.Send("POST", "/v1/account", more).Is(422)
	}
	p.Nowhere("the refused field", []byte(extra))
	who.Send("POST", "/v1/account", client.Account{Login: login, Password: "123456"}).Is(422)
	who.Send("POST", "/v1/account", body).Is(204)
	p.Send("POST", "/v1/sessions", map[string]string{"app": p.App, "login": login, "password": body["password"]}).Is(201)
	p.Nowhere("the login and the password in plain words", []byte(login), []byte(body["password"]))
}

// letterIsOwn: a letter is sealed and nobody else's.
func letterIsOwn(p *probe.Probe) {
	who, mark := p.Person(), probe.Mark("letter")
	t := writes(who, mark)
	p.Sealed("the letter", []byte(mark))
	who.Get("/v1/support/" + t.ID).Is(200).Holds(mark)
	p.Person().Get("/v1/support/" + t.ID).Is(404)
}

// letterLasts: a letter that was answered and closed is there until shortly before its time.
func letterLasts(still, rest string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who, mark := p.Person(), probe.Mark("letter")
		t := writes(who, mark)
		who.Send("POST", "/v1/support/"+t.ID+"/close", nil).Is(200)
		p.Advance(still)
		p.Somewhere("the closed letter", []byte(mark))
		p.Advance(rest)
		p.Nowhere("the closed letter", []byte(mark))
	}
}

// idle: an account that nobody uses ends with what is in it.
func idle(after string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who, mark := p.Person(), probe.Mark("letter")
		writes(who, mark)
		who.Get("/v1/me").Is(200)
		p.Advance(after)
		p.Advance("P1D")
		who.Get("/v1/me").Is(401)
		p.Nowhere("the letter of the account", []byte(mark))
	}
}

// ageAsked: before the age band is said nothing is taken; a child leaves nothing; others are let in.
func ageAsked(p *probe.Probe) {
	child, f, device := p.Stranger(p.App), p.NewPhoto(), probe.Mark("device")
	child.TryUpload(f).Is(403, "age-required")
	writes(child, device) // whoever is shut out may ask why; it goes with the rest
	child.Send("PUT", "/v1/me/age", client.AgeStatement{Band: "under", Device: device}).Is(403, "age-not-allowed")
	child.Get("/v1/me").Is(401)
	p.Send("POST", "/v1/sessions", map[string]string{"app": p.App, "age_band": "under"}).Is(403, "age-not-allowed")
	p.Nowhere("whatever the child handed in", append(f.Marks(), []byte(device))...)
	who := p.Person()
	who.TryUpload(f).Is(201)
	p.Somewhere("the photo of somebody old enough", f.Coded)
	who.Send("PUT", "/v1/me/age", client.AgeStatement{Band: "under"}).Is(403, "age-not-allowed")
	p.Nowhere("the photo of somebody who turned out to be a child", f.Marks()...)
}

// sealed: while they live, photo, text, result and letter are held under their keys alone.
func (j job) sealed(p *probe.Probe) {
	who := p.Person()
	t := j.lives(p, who)
	marks := [][]byte{t.photo.Coded, []byte(t.letter), piece(t.file)}
	if t.word != "" {
		marks = append(marks, []byte(t.word))
	}
	p.Sealed("photo, letter, result or text", marks...)
	p.Nowhere("what the camera wrote, the login and the password", []byte(t.photo.Hidden), []byte(t.login), []byte(t.password))
}

// ownersOnly: nobody else reads what is mine: not another person, nobody without a session.
func (j job) ownersOnly(p *probe.Probe) {
	who, other := p.Person(), p.Person()
	o, _ := j.order(p, who)
	k := who.Make(o)
	for _, path := range []string{"/v1/tasks/" + k.ID, "/v1/outputs/" + last(k.Outputs).ID + "/content", "/v1/uploads/" + first(k.Inputs).ID} {
		other.Get(path).Is(404)
		p.Ask("GET", path, nil).Is(401)
	}
	who.Get("/v1/outputs/" + last(k.Outputs).ID + "/content").Is(200)
}

// staffHaveRoles: who has no role for it opens no case, agrees to nothing, marks nobody; without a
// credential nobody is staff.
func staffHaveRoles(p *probe.Probe) {
	who := p.Person()
	open := map[string]any{"subject": who.Subject, "kind": "support", "reason": "ticket-1"}
	for _, by := range []staff{auditor, developer, owner} {
		by.send(p, "POST", "cases", open).Is(403, "forbidden")
		by.send(p, "POST", "subjects/"+who.Subject+"/underage?app="+p.App, nil).Is(403, "forbidden")
	}
	moderator.send(p, "POST", "cases", open).Is(403, "forbidden")
	staff("rk_demo_nobody").send(p, "POST", "cases", open).Is(401)
	who.Send("POST", "/v1/admin/cases", open).Is(401)
	helper.send(p, "POST", "cases", open).Is(201)
}

// logVerifies: the log of the server is copied and verifies; a copy with one byte changed does not.
func logVerifies(p *probe.Probe) {
	p.Folder(func(dir string) {
		said, ok := p.Vow("audit", "export", dir, "--url", p.World.URL)
		p.Must(ok, "the audit log is copied and verified: “%s”", firstLine(said))
		said, ok = p.Vow("audit", "verify", dir)
		p.Must(ok, "the copy verifies without the server: “%s”", firstLine(said))
		spoil(p, dir)
		_, ok = p.Vow("audit", "verify", dir)
		p.Must(!ok, "a copy with one byte changed does not verify")
	})
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

// scoped: an archive for a ground holds the named kinds of data and what still exists, and no more.
func (j job) scoped(ground string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who := p.Person()
		o, _ := j.order(p, who)
		old := last(who.Make(o).Outputs).ID
		p.Advance("P7DT1H")
		o, _ = j.order(p, who)
		now := last(who.Make(o).Outputs).ID
		who.Upload(p.NewPhoto())
		files := complete("disclosure", ground, "generated_image").archive(p, who).Files()
		list, err := json.Marshal(slices.Sorted(keys(files)))
		p.Check(err)
		p.Must(bytes.Contains(list, []byte(now)) && len(files) == 1, "the archive holds the result that still exists, and nothing else: %s", list)
		p.Must(!bytes.Contains(list, []byte(old)), "what has expired is not in it")
	}
}

func keys(m map[string][]byte) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// archive has an order agreed to by the others that it needs and returns the archive.
func (g ground) archive(p *probe.Probe, who *probe.Person) probe.Answer {
	id := named(g.asked(p, officer, who))
	for _, by := range []staff{officer2, officer3} {
		if a := by.send(p, "POST", g.kind+"s/"+id+"/approve", nil).Fine(); bytes.Contains(a.Body, []byte(`"in_force"`)) {
			break
		}
	}
	return officer.send(p, "POST", g.kind+"s/"+id+"/archive", nil).Is(200)
}

// noSearch: no route of the server looks for, compares or tells faces, also not for staff.
func noSearch(p *probe.Probe) {
	var doc struct {
		Paths map[string]any `json:"paths"`
	}
	p.Ask("GET", "/openapi.json", nil).Is(200).Into(&doc)
	p.Must(len(doc.Paths) > 50, "the server documents %d paths", len(doc.Paths))
	for path := range doc.Paths {
		for _, word := range []string{"face", "search", "compare", "recogni", "identi", "biometric", "match"} {
			if strings.Contains(path, word) {
				p.Failf("there is a route %s", path)
			}
		}
	}
	p.Saw("none of them looks for or compares faces")
	for _, path := range []string{"faces", "faces/search", "subjects/compare"} {
		officer.send(p, "POST", path, map[string]any{}).Is(404)
	}
}
