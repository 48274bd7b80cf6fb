package checks

import (
	"os"
	"path/filepath"
	"strings"

	"vow.example/vow/client"
	"vow.example/vow/internal/prove/probe"
)

// notInBackup: a work and an account that were erased after a backup stay erased when the backup is put
// back, while what stays can be read; a consent of then opens nothing, and nothing of then is sent. The
// second start, after a kill, changes nothing.
func (j job) notInBackup(p *probe.Probe) {
	p.Alone(func(p *probe.Probe) {
		who, leaver := p.Person(), p.Person()
		o, _ := j.order(p, who)
		k := who.Make(o)
		o, _ = j.order(p, who)
		stays := who.Make(o)
		file, t := content(who, k), j.lives(p, leaver)
		open, _, _ := j.start(p, who)
		given := who.Decide(j.feature, "granted").ID
		p.Backup() // the task goes on after it
		path := "/v1/outputs/" + last(k.Outputs).ID
		who.Get(path + "/content").Is(200)
		p.Somewhere("the work", piece(file))
		p.Somewhere("the work of somebody who leaves", piece(t.file))
		p.Somewhere("the letter", []byte(t.letter))
		who.Send("DELETE", path, nil).Fine()
		leaver.Send("DELETE", "/v1/me", nil).Is(200)
		who.Send("DELETE", "/v1/consents/"+given, nil).Fine()
		who.Wait(open.ID)
		for _, again := range []func(){p.Restore, p.Restart} {
			again()
			who.Accept()
			then := who.Task(open.ID)
			p.Must(then.State == "succeeded" || then.State == "failed" && then.Error != nil && then.Error.Code == "restored", "the task of then has ended: %s", then.State)
			p.Silent(nil) // the recipients count from each start
			who.Get(path+"/content").IsOne([]int{410, 404}, "erased", "not-found")
			who.Get("/v1/outputs").Is(200).Lacks(last(k.Outputs).ID)
			who.Get("/v1/outputs/" + last(stays.Outputs).ID + "/content").Is(200)
			leaver.Get("/v1/me").Is(401)
			p.Send("POST", "/v1/sessions", client.SessionCreate{App: p.App, Login: t.login, Password: t.password}).Is(401)
			p.Nowhere("the erased work", piece(file))
			p.Nowhere("whatever the person left", t.marks()...)
		}
		j.asksAnew(p, who, given)
		var receipts client.Page[client.Receipt]
		who.Get("/v1/privacy/receipts").Fine().Into(&receipts)
		n := 0
		for _, r := range receipts.Data {
			if r.Reason == "restored" {
				n++
			}
		}
		p.Must(n == 1, "one receipt says that the work came back with a backup and was erased again")
	})
}

// asksAnew: the consent that a backup knows as given, and that was withdrawn since, opens nothing. The
// person's list says that the server ended it, and a new one works.
func (j job) asksAnew(p *probe.Probe, who *probe.Person, given string) {
	var list client.Page[client.Consent]
	who.Get("/v1/consents").Fine().Into(&list)
	shown := false
	for _, c := range list.Data {
		shown = shown || c.ID == given && c.Decision == "revoked" && c.Reason == "restored" && c.WithdrawnAt != nil
	}
	p.Must(shown, "the person's list says that the consent of then ended because a backup was put back")
	o, _ := j.order(p, who)
	o.Consent = given
	who.Try(o).Is(403, "consent-required")
	p.Silent(nil)
	o, _ = j.order(p, who)
	who.Make(o)
}

// backupMustBe: a backup of a stopped server is refused for other places, with app, promise and pin, before
// anything is written; in the right one it is made, and holds no key.
func backupMustBe(clause string, right []string, others ...string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		p.Folder(func(dir string) {
			data, to := filepath.Join(dir, "srv"), filepath.Join(dir, "backup")
			server(p, dir, data)
			for _, region := range others {
				said, ok := p.Vow("backup", "create", "--data-dir", data, "--to", to, "--region", region)
				_, err := os.Lstat(to)
				p.Must(!ok && strings.Contains(said, p.App+" pins storage to") && strings.Contains(said, "("+clause+")"), "a backup in %s is refused: “%s”", region, lineWith(said, "policy of "+p.App))
				p.Must(os.IsNotExist(err), "and nothing was written")
			}
			for _, region := range right {
				said, ok := p.Vow("backup", "create", "--data-dir", data, "--to", to+region, "--region", region)
				p.Must(ok, "in %s it is made: %s", region, lineWith(said, "files"))
				_, err := os.Lstat(filepath.Join(to+region, "data", "vow.db"))
				p.Check(err)
				_, err = os.Lstat(filepath.Join(to+region, "data", "keyring.bin"))
				p.Must(os.IsNotExist(err), "and holds no key")
			}
		})
	}
}

// server leaves the folder of a server that does not run.
func server(p *probe.Probe, dir, data string) {
	key := filepath.Join(dir, "root.key")
	for _, args := range [][]string{{"keys", "create-root", key}, {"staff", "add", "--role", "auditor", "--region", "US", "--data-dir", data, "--root-key", "file:" + key}} {
		if said, ok := p.Vow(args...); !ok {
			p.Failf("vow %s: %.300s", args[0], said)
		}
	}
}
