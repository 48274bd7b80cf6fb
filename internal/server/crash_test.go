package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
)

// crash is one place to die at, and what must be true afterwards.
type crash struct {
	app   string
	point string
	nth   int32 // the how-manieth time; 0: the first
	do    func(*victim)
	then  func(*victim, *house)
}

func (c crash) name() string {
	return fmt.Sprintf("%s dies at %s, time %d", c.app, c.point, max(c.nth, 1))
}

// victim is a person whose server dies, and who comes back when it lives again.
type victim struct {
	*person
	*outside
	photo   *canary
	source  string // upload
	agreed  string // consent
	task    string
	output  string
	held    string // by an order of staff
	replies map[string]reply
}

const crashKey = "the-same-request"

// TestACrashAnywhereLosesNothingAndSendsNothingTwice kills the server with SIGKILL at every named
// point and brings another one up on what is left.
func TestACrashAnywhereLosesNothingAndSendsNothingTwice(t *testing.T) {
	t.Parallel()
	for _, c := range crashes() {
		t.Run(c.name(), func(t *testing.T) {
			t.Parallel()
			clk := clock.NewFast(1)
			v := &victim{outside: newOutside(t, clk), photo: newCanary(t, c.app, 1), replies: map[string]reply{}}
			p := plot{dir: t.TempDir(), root: newRoot(), clock: clk, log: io.Discard}
			first := newChild(t, errand{Dir: p.dir, Root: p.root, Outside: v.base, Point: c.point, Nth: max(c.nth, 1)})
			v.person = &person{t: t, url: first.url, header: http.Header{}}
			v.signIn(c.app)
			c.do(v)
			first.died(t, c.point)

			h := rebuild(t, v.outside, p)
			v.url = h.url
			c.then(v, h)
			v.sound(h)
		})
	}
}

// sound checks what must hold after every crash: nothing half written, nothing without a deadline,
// nothing sent twice, and a ledger that tells what happened.
func (v *victim) sound(h *house) {
	v.t.Helper()
	intact(v.t, h)
	uploads, creates := len(v.wire.arrivals("upload")), len(v.wire.arrivals("create"))
	if uploads > 1 || creates > 1 {
		v.t.Errorf("sent %d photos and %d tasks, at most one each", uploads, creates)
	}
	if odd := v.sim.Received().Violations; len(odd) > 0 {
		v.t.Errorf("the recipient saw %q", odd)
	}
	v.truthful(h, uploads > 0)
}

// intact checks what is on disk: nothing half written, nothing without a row or a deadline.
func intact(t *testing.T, h *house) {
	t.Helper()
	ctx := t.Context()
	for id, err := range h.core.blobs.List(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		if known, err := h.core.db.HasObject(ctx, privacy.ObjectID(id)); err != nil || !known {
			t.Errorf("blob %s has no row (%v)", id, err)
		}
	}
	if rest, err := os.ReadDir(filepath.Join(h.core.dataDir, "objects", "incoming")); err != nil || len(rest) > 0 {
		t.Errorf("half written: %v %v", rest, err)
	}
	for app := range h.core.apps.policies {
		for _, o := range rows(t, h.core, app) {
			if !h.core.vault.Holds(ctx, o.Ref) {
				t.Errorf("row %s has no content", o.Object)
			}
			if o.ExpiresAt.IsZero() || o.DestroyAt.IsZero() || o.DestroyAt.After(o.ExpiresAt) {
				t.Errorf("row %s has no deadline", o.Object)
			}
		}
	}
}

// truthful compares the ledger with what the recipient really got.
func (v *victim) truthful(h *house, arrived bool) {
	v.t.Helper()
	if v.task == "" {
		if arrived {
			v.t.Error("something left without a task")
		}
		return
	}
	list, err := h.core.db.App("pixplus").TaskTransfers(v.t.Context(), privacy.TaskID(v.task))
	if err != nil {
		v.t.Fatal(err)
	}
	told := ""
	for _, row := range list {
		told = row.Outcome
	}
	switch {
	case len(list) > 1:
		v.t.Errorf("%d ledger rows for one sending", len(list))
	case arrived && told != "sent" && told != "unknown":
		v.t.Errorf("the recipient got the photo and the ledger says %q", told)
	case !arrived && told == "sent":
		v.t.Error("the recipient got nothing and the ledger says sent")
	}
}

// rows returns every object row of an app.
func rows(t *testing.T, c *core, app privacy.AppID) []store.Object {
	t.Helper()
	var list []store.Object
	found, err := c.db.DueObjects(t.Context(), time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC), 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range found {
		if o.App == app {
			list = append(list, o)
		}
	}
	return list
}

// TestEveryPointHasACrash keeps the table complete: a new point needs a crash.
func TestEveryPointHasACrash(t *testing.T) {
	t.Parallel()
	tested := map[string]bool{}
	for _, c := range crashes() {
		tested[c.point] = true
	}
	for _, c := range farCrashes() {
		tested[c.point] = true
	}
	inRoom, err := os.ReadFile(filepath.Join("..", "forward", "forward_test.go")) // its power cuts are shown there
	if err != nil {
		t.Fatal(err)
	}
	points := regexp.MustCompile(`\.At\("([a-z.]+)"\)`)
	for _, room := range []string{"task", filepath.Join("task", "ledger"), "erasure", "forward"} {
		files, err := filepath.Glob(filepath.Join("..", room, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatal("no source to look at", err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range points.FindAllStringSubmatch(string(text), -1) {
				there := room == "forward" && regexp.MustCompile(`"`+regexp.QuoteMeta(m[1])+`": +\{`).Match(inRoom)
				if !tested[m[1]] && !there {
					t.Errorf("%s: nobody dies at %s", filepath.Base(file), m[1])
				}
			}
		}
	}
}

// TestALateSweeperKeepsNothingReadable stops the sweeper, lets every deadline pass, and asks for
// everything once more.
func TestALateSweeperKeepsNothingReadable(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	p := h.person(t, "pixplus")
	photo := newCanary(t, "late", 1).picture
	done := p.until(p.begin(photo, "a happy portrait").ID, "succeeded")
	failed := p.until(p.begin(photo, "test:fail").ID, "failed")
	waiting := p.until(p.begin(photo, "test:rewrite").ID, "awaiting_confirmation")
	unused := p.upload(photo)
	p.get("/v1/outputs/"+done.Outputs[0].ID).want(http.StatusOK, nil)

	stopSweeper(t, h)
	h.clock.Advance(8 * 24 * time.Hour)
	for _, path := range []string{
		"/v1/outputs/" + done.Outputs[0].ID, done.Outputs[0].ContentURL, "/v1/uploads/" + failed.Inputs[0].ID,
		"/v1/uploads/" + unused.ID, "/v1/uploads/" + waiting.Inputs[0].ID,
	} {
		p.get(path).refused(http.StatusGone, "erased")
	}
	p.post("/v1/tasks", order(unused.ID, p.agree("avatar"), "")).refused(http.StatusGone, "erased")
	if k := p.task(waiting.ID); k.Review != nil && k.Review.ShownPrompt != "" {
		t.Error("a proposed wording is shown after its time")
	}
	if k := p.task(done.ID); len(k.Outputs) > 0 {
		t.Error("a result is shown after its time")
	}
	var outputs client.Page[client.Output]
	if p.get("/v1/outputs").want(http.StatusOK, &outputs); len(outputs.Data) > 0 {
		t.Error("a result is listed after its time")
	}
	var holdings client.Holdings
	p.get("/v1/privacy/holdings").want(http.StatusOK, &holdings)
	for _, one := range holdings.Data {
		if one.Count > 0 && one.Where != "database" {
			t.Errorf("%d %s are counted after their time", one.Count, one.Category)
		}
	}
	if len(rows(t, h.core, "pixplus")) == 0 {
		t.Error("control: the sweeper has run")
	}
}

// stopSweeper ends the sweeper alone. What close waits for is given back.
func stopSweeper(t *testing.T, h *house) {
	t.Helper()
	h.core.stop()
	select {
	case err := <-h.core.swept:
		h.core.swept <- err
	case <-time.After(patience):
		t.Fatal("the sweeper does not stop")
	}
}

// TestAServerThatIsStoppedGoesOnWhereItWas stops in good order instead of dying.
func TestAServerThatIsStoppedGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"review.start", "review.cleared", "send.prepared", "send.recorded", "collect.done", "result.recorded"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			clk := clock.NewFast(1)
			o, s := newOutside(t, clk), &stage{}
			plan := plot{dir: t.TempDir(), root: newRoot(), clock: clk, log: io.Discard, at: s.at}
			h := rebuild(t, o, plan)
			p := h.person(t, "pixplus")
			here := s.hold(point)
			k := p.begin(newCanary(t, "stopped", 1).picture, "")
			here.wait(t)
			stopped := make(chan error, 1)
			go func() { stopped <- h.close() }()
			time.Sleep(50 * time.Millisecond) // the stop reaches the worker, wherever exactly
			here.release()
			if err := <-stopped; err != nil && !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			p.url = rebuild(t, o, plan).url
			if k = p.until(k.ID, "succeeded", "failed"); k.State == "failed" && (k.Error.Code != "provider-interrupted" || !k.WasSent) {
				t.Errorf("ended with %+v", k.Error)
			}
			if n := len(o.wire.arrivals("upload")); n > 1 {
				t.Errorf("the photo was sent %d times", n)
			}
			if strings.HasPrefix(point, "review") && k.State != "succeeded" {
				t.Error("nothing was sent, and yet the task failed")
			}
		})
	}
}
