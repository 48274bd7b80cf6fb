package probe

import (
	"slices"
	"strings"

	"vow.example/vow/client"
)

// Advance moves the demo clock forward by an ISO 8601 duration and waits for a sweep.
func (p *Probe) Advance(by string) {
	p.Send("POST", "/demo/clock", client.ClockAdvance{Advance: by}).Fine()
	p.Saw("the clock was moved forward by %s", by)
}

// Received returns everything that a simulated recipient got and still holds.
func (p *Probe) Received(recipient string) client.Received {
	var r client.Received
	p.Ask("GET", "/demo/recipients/"+recipient+"/received", nil).Fine().Into(&r)
	return r
}

// Recipients lists the simulated recipients.
func (p *Probe) Recipients() []string {
	var page client.Page[client.DemoRecipient]
	p.Ask("GET", "/demo/recipients", nil).Fine().Into(&page)
	list := make([]string, len(page.Data))
	for i, r := range page.Data {
		list[i] = r.ID
	}
	if len(list) == 0 {
		p.Failf("there is no recipient to look at")
	}
	return list
}

// Traffic counts the requests that every recipient has received so far.
func (p *Probe) Traffic() map[string]int {
	var page client.Page[client.DemoRecipient]
	p.Ask("GET", "/demo/recipients", nil).Fine().Into(&page)
	counts := map[string]int{}
	for _, r := range page.Data {
		counts[r.ID] = r.Requests
	}
	if len(counts) == 0 {
		p.Failf("there is no recipient to look at")
	}
	return counts
}

// isStore reports whether a simulated recipient is a bucket: it holds what this server has encrypted, and
// what it holds is looked at by checks of its own.
func isStore(id string) bool { return slices.Contains([]string{"oss", "s3", "mixoo-oss"}, id) }

// Silent ends the check where a recipient received something since before, apart from those named and
// from buckets.
func (p *Probe) Silent(before map[string]int, except ...string) {
	for id, n := range p.Traffic() {
		if slices.Contains(except, id) || isStore(id) {
			continue
		}
		if n != before[id] {
			p.Failf("%s received %d requests", id, n-before[id])
			return
		}
	}
	if len(except) == 0 {
		p.Saw("no recipient received anything")
		return
	}
	p.Saw("nobody but %s received anything", strings.Join(except, ", "))
}

// Reached ends the check unless exactly this recipient received something since before.
func (p *Probe) Reached(before map[string]int, recipient string) {
	p.Silent(before, recipient)
	p.Must(p.Traffic()[recipient] > before[recipient], "%s received the request", recipient)
}

// Nowhere ends the check where one of the marks is found on disk, in the log, or in what the remaining
// keys still open.
func (p *Probe) Nowhere(what string, marks ...[]byte) {
	if !p.OK() {
		return
	}
	if p.World.Scratch == nil {
		p.Check(ErrElsewhere)
		return
	}
	where, err := p.World.Scratch.Find(p.ctx, marks...)
	p.Check(err)
	if where != "" {
		p.Failf("%s is still somewhere: %s", what, where)
		return
	}
	p.Saw("%s is nowhere: not on disk, not in the log, and no key that is left opens it", what)
}

// Somewhere ends the check unless one of the marks is found: the control of Nowhere.
func (p *Probe) Somewhere(what string, marks ...[]byte) {
	if !p.OK() {
		return
	}
	if p.World.Scratch == nil {
		p.Check(ErrElsewhere)
		return
	}
	where, err := p.World.Scratch.Find(p.ctx, marks...)
	p.Check(err)
	p.Must(where != "", "%s is still there before its time, so that the search can find it", what)
}

// Restart ends the server without warning and starts it again on the same folder.
func (p *Probe) Restart() {
	if !p.OK() {
		return
	}
	if p.World.Scratch == nil {
		p.Check(ErrElsewhere)
		return
	}
	url, err := p.World.Scratch.Restart(p.ctx, true)
	p.Check(err)
	p.World.URL = url
	p.Saw("the server was killed and started again")
}

// NotReceived ends the check where one of the marks is in anything that a recipient or a bucket ever read.
func (p *Probe) NotReceived(what string, marks ...[]byte) {
	for _, id := range p.Recipients() {
		n, all := p.read(id, marks)
		if n > 0 {
			p.Failf("%s received %s", id, what)
			return
		}
		p.remembers(id, all)
	}
	p.Saw("no recipient ever read %s", what)
}

// WasReceived ends the check unless the recipient has read every mark: the control of NotReceived.
func (p *Probe) WasReceived(recipient, what string, marks ...[]byte) {
	n, all := p.read(recipient, marks)
	if n < len(marks) {
		p.remembers(recipient, all)
	}
	p.Must(n == len(marks), "%s has read %s", recipient, what)
}

// read counts the marks that a recipient has read, raw, in JSON, in an address or in base64, and says whether
// the recipient still knows all that it ever read.
func (p *Probe) read(recipient string, marks [][]byte) (n int, all bool) {
	if !p.OK() {
		return 0, true
	}
	var found client.DemoFound
	p.Send("POST", "/demo/recipients/"+recipient+"/seen", client.DemoSearch{Marks: marks}).Fine().Into(&found)
	return len(found.Found), found.Forgotten == 0
}

// remembers ends the check where a recipient has forgotten something: what is not found may have been there.
// On a server that runs for this check alone nothing is forgotten, or nothing is proven.
func (p *Probe) remembers(recipient string, all bool) {
	switch {
	case all:
	case p.World.Scratch == nil:
		p.Check(ErrForgotten)
	default:
		p.Failf("%s has read more than it remembers: nobody can say what it did not receive", recipient)
	}
}

// Keys returns every name in the queries and bodies that a recipient received after the first n requests.
func Keys(r client.Received, n int) []string {
	var keys []string
	for _, q := range r.Requests[min(n, len(r.Requests)):] {
		keys = append(keys, q.Keys...)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// Fields returns the personal fields whose content a recipient received after the first n requests.
func Fields(r client.Received, n int) []string {
	var fields []string
	for _, q := range r.Requests[min(n, len(r.Requests)):] {
		fields = append(fields, q.Fields...)
	}
	slices.Sort(fields)
	return slices.Compact(fields)
}

// Within ends the check where the recipient received, after its first n requests, a personal field that
// is not among these.
func (p *Probe) Within(recipient string, n int, fields ...string) {
	got := Fields(p.Received(recipient), n)
	for _, f := range got {
		if !slices.Contains(fields, f) {
			p.Failf("%s received %s, which is not on the screen (%s)", recipient, f, strings.Join(fields, ", "))
			return
		}
	}
	p.Saw("%s received %s; the screen lists %s", recipient, strings.Join(got, ", "), strings.Join(fields, ", "))
}
