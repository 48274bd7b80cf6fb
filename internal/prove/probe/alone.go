package probe

import (
	"context"
	"strings"
	"time"

	"vow.example/vow/client"
)

// Alone runs a check on a server of its own, which ends with it: for what no other check could be looked
// at after, such as another version of the policy or the end of an app.
func (p *Probe) Alone(check func(*Probe)) {
	if !p.OK() {
		return
	}
	if p.World.Another == nil {
		p.Check(ErrElsewhere)
		return
	}
	w, end, err := p.World.Another(p.ctx)
	if err != nil {
		p.Check(err)
		return
	}
	defer end()
	shared := p.World
	p.World = w
	check(p)
	p.World = shared
}

// Edited returns the app's policy file with every old text (pairs of old and new) replaced once.
func (p *Probe) Edited(pairs ...string) string {
	text := p.source()
	for i := 0; i+1 < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			p.Failf("the policy file does not contain %q", pairs[i])
			return text
		}
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	return text
}

// Now reads the demo clock.
func (p *Probe) Now() time.Time {
	var s client.ClockState
	p.Ask("GET", "/demo/clock", nil).Fine().Into(&s)
	return s.Now
}

// Backup has a backup made, as an operator would: everything but the keys.
func (p *Probe) Backup() {
	p.anew("a backup without the keys was made", func(s Scratch) func(context.Context) (string, error) { return s.Backup })
}

// Restore has the last backup put back, beside the keys of now.
func (p *Probe) Restore() {
	p.anew("the backup was put back", func(s Scratch) func(context.Context) (string, error) { return s.Restore })
}

func (p *Probe) anew(what string, how func(Scratch) func(context.Context) (string, error)) {
	if !p.OK() {
		return
	}
	if p.World.Scratch == nil {
		p.Check(ErrElsewhere)
		return
	}
	url, err := how(p.World.Scratch)(p.ctx)
	p.Check(err)
	p.World.URL = url
	p.Saw("%s", what)
}

// Unreadable ends the check where somebody who has every disk and the log, but no key, finds one of the
// marks.
func (p *Probe) Unreadable(what string, marks ...[]byte) {
	if !p.OK() {
		return
	}
	if p.World.Scratch == nil {
		p.Check(ErrElsewhere)
		return
	}
	where, err := p.World.Scratch.Plain(marks...)
	p.Check(err)
	if where != "" {
		p.Failf("%s can be read without a key: %s", what, where)
		return
	}
	p.Saw("without a key %s cannot be read from any disk or the log", what)
}
