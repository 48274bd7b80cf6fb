// Package prove says of every promise whether it is kept, from outside: by calls, by what recipients
// received, and by searching everything that is on disk.
//
// It promises that a promise counts as kept only where a check that could have failed has seen it kept,
// and that what has not been looked at is called that. It never reads the server's own opinion of itself.
package prove

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/prove/probe"
	"vow.example/vow/internal/prove/register"
	"vow.example/vow/internal/prove/scratch"
)

// Status is what is known of one promise.
type Status string

// The statuses.
const (
	Kept   Status = "kept"       // seen kept
	People Status = "by people"  // people keep it; that it is tracked was seen
	Shown  Status = "text shown" // people are told; the text was seen
	NotYet Status = "not yet"    // nothing here keeps or shows it
	Broken Status = "broken"     // seen broken
	Unseen Status = "not seen"   // this server cannot be looked at closely enough
)

// Proof is how one promise is checked. Either Check or Missing is set.
type Proof struct {
	Promise string
	How     string // what is done and what must be seen, in a sentence
	Check   func(*probe.Probe)
	Missing string // why there is no check yet
}

// Result is what came of one promise.
type Result struct {
	Promise register.Promise `json:"-"`
	ID      string           `json:"id"`
	App     string           `json:"app"`
	Kind    string           `json:"kind"`
	Level   string           `json:"level"`
	Text    string           `json:"promise"`
	Status  Status           `json:"status"`
	How     string           `json:"how,omitempty"`
	Seen    []string         `json:"seen,omitempty"`
	Why     string           `json:"why,omitempty"`
	Took    time.Duration    `json:"-"`
	Millis  int64            `json:"milliseconds"`
}

// Plan is a run.
type Plan struct {
	Promises []register.Promise
	Proofs   map[string]Proof // by promise
	URL      string           // of a running demonstration; "": a scratch server of each app
	Scratch  scratch.Options
	Progress func(done, all int, r Result) // after every promise; calls do not overlap
}

// Run checks every promise of the plan: the apps side by side, the promises of an app one after the other,
// because its clock is moved. It fails only where nothing could be looked at.
func (p Plan) Run(ctx context.Context) ([]Result, error) {
	if p.URL != "" {
		if err := probe.NewWorld(p.URL, p.Scratch.Binary, nil).Answers(ctx); err != nil {
			return nil, fmt.Errorf("prove: %w", err)
		}
	}
	byApp := map[string][]register.Promise{}
	var apps []string
	for _, x := range p.Promises {
		if byApp[x.App] == nil {
			apps = append(apps, x.App)
		}
		byApp[x.App] = append(byApp[x.App], x)
	}
	done := make(chan Result)
	failed := make([]error, len(apps))
	var work sync.WaitGroup
	for i, app := range apps {
		work.Go(func() { failed[i] = p.app(ctx, byApp[app], done) })
	}
	go func() { work.Wait(); close(done) }()
	var list []Result
	for r := range done {
		list = append(list, r)
		if p.Progress != nil {
			p.Progress(len(list), len(p.Promises), r)
		}
	}
	order := map[string]int{}
	for i, x := range p.Promises {
		order[x.ID] = i
	}
	slices.SortFunc(list, func(a, b Result) int { return order[a.ID] - order[b.ID] })
	return list, errors.Join(failed...)
}

// app checks the promises of one app on a server of its own.
func (p Plan) app(ctx context.Context, list []register.Promise, done chan<- Result) error {
	world, end, err := p.world(ctx)
	if err != nil {
		return err
	}
	defer end()
	for _, x := range list {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		done <- p.one(ctx, world, x)
	}
	return nil
}

func (p Plan) world(ctx context.Context) (*probe.World, func(), error) {
	if p.URL != "" {
		return probe.NewWorld(p.URL, p.Scratch.Binary, nil), func() {}, nil
	}
	s, err := scratch.Start(ctx, p.Scratch)
	if err != nil {
		return nil, nil, fmt.Errorf("prove: %w", err)
	}
	w := probe.NewWorld(s.URL, p.Scratch.Binary, s)
	w.Another = p.world
	return w, func() { _ = s.Close() }, nil // what is left lies in the folder for temporary files
}

func (p Plan) one(ctx context.Context, w *probe.World, x register.Promise) Result {
	r := Result{Promise: x, ID: x.ID, App: x.App, Kind: x.Kind, Level: string(x.Level), Text: x.Text}
	proof, ok := p.Proofs[x.ID]
	if !ok || proof.Check == nil {
		r.Status, r.Why = NotYet, proof.Missing
		if r.Why == "" {
			r.Why = "nobody has written down how this is checked"
		}
		return r
	}
	r.How = proof.How
	began := clock.Real{}.Now()
	look := probe.New(ctx, w, x.App)
	through(proof.Check, look)
	r.Took = clock.Real{}.Now().Sub(began)
	r.Millis = r.Took.Milliseconds()
	r.Seen = look.Seen()
	switch err := look.Err(); {
	case err == nil:
		r.Status = keptAs(x.Level)
	case errors.Is(err, probe.ErrElsewhere), errors.Is(err, probe.ErrForgotten):
		r.Status, r.Why = Unseen, err.Error()
	default:
		r.Status, r.Why = Broken, err.Error()
	}
	return r
}

// through runs a check to its end. One that stumbles over an answer which it cannot make sense of has seen
// something broken.
func through(check func(*probe.Probe), look *probe.Probe) {
	defer func() {
		if stumbled := recover(); stumbled != nil {
			look.Failf("the answers make no sense: %v", stumbled)
		}
	}()
	check(look)
}

// keptAs names what it means that the check of a promise of this level saw what it should.
func keptAs(l register.Level) Status {
	switch l {
	case register.Enforced:
		return Kept
	case register.Workflow:
		return People
	default:
		return Shown
	}
}

// Count counts results by status.
func Count(list []Result) map[Status]int {
	n := map[Status]int{}
	for _, r := range list {
		n[r.Status]++
	}
	return n
}
