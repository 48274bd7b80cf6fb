package server

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/server/backup"
	"vow.example/vow/internal/store/desk"
	"vow.example/vow/internal/store/people"
)

// backedUp backs the folder of a server up that does not run.
func backedUp(t *testing.T, data string, apps ...privacy.AppID) (to string) {
	t.Helper()
	to = filepath.Join(t.TempDir(), "backup")
	o := backup.Order{Data: data, To: to, Region: "US", Created: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
	for _, a := range apps {
		o.Apps = append(o.Apps, backup.App{App: a})
	}
	if _, err := backup.Create(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	return to
}

// putBack does what an operator does.
func putBack(t *testing.T, from, data string) {
	t.Helper()
	list, err := os.ReadDir(data)
	for _, d := range list {
		if !slices.Contains([]string{"keyring.bin", ".vow-demo", "clock"}, d.Name()) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(data, d.Name())))
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := backup.Restore(t.Context(), from, data); err != nil {
		t.Fatal(err)
	}
}

// dies ends a server in the middle of a task, at a point.
func dies(t *testing.T, v *victim, p plot, do func(*victim), point string, nth int32) {
	t.Helper()
	first := newChild(t, errand{Dir: p.dir, Root: p.root, Outside: v.base, Point: point, Nth: nth})
	v.person = &person{t: t, url: first.url, header: http.Header{}}
	v.signIn(pixplus)
	do(v)
	first.died(t, point)
}

// TestATaskOfABackupIsNeverSentAgain backs up a server that died at every stage of a task, lets the task
// come to its end, and puts the backup back: what has left meanwhile, the rows of then do not know.
func TestATaskOfABackupIsNeverSentAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		point string
		nth   int32
		end   string // of the task, had nothing been put back
	}{
		{"review.cleared", 1, "succeeded"}, {"send.prepared", 1, "succeeded"},
		{"send.saved", 2, "succeeded"}, {"send.done", 1, "failed"}, {"send.recorded", 1, "succeeded"},
	} {
		t.Run(c.point, func(t *testing.T) {
			t.Parallel()
			clk := clock.NewFast(1)
			v := &victim{outside: newOutside(t, clk), photo: newCanary(t, c.point, 1), replies: map[string]reply{}}
			p := plot{dir: t.TempDir(), root: newRoot(), clock: clk, log: io.Discard}
			dies(t, v, p, job("a happy portrait"), c.point, c.nth)
			copied := backedUp(t, p.dir, pixplus)

			h := rebuild(t, v.outside, p)
			v.url = h.url
			v.until(v.accepted(), c.end)
			if n := len(v.wire.arrivals("upload")); n != 1 {
				t.Fatalf("control: the photo was sent %d times", n)
			}
			if err := h.close(); err != nil {
				t.Fatal(err)
			}
			putBack(t, copied, p.dir)
			heard := len(v.wire.arrivals(""))
			h = rebuild(t, v.outside, p)
			v.url = h.url
			v.endedByTheRestore(h, heard)
			v.sound(h)
		})
	}
}

// endedByTheRestore: the task has ended before anybody could ask, truthfully, and the recipient heard nothing.
func (v *victim) endedByTheRestore(h *house, heard int) {
	v.t.Helper()
	k := v.task0()
	if k.State != "failed" || k.Error == nil || k.Error.Code != "restored" || !k.Error.WasSent || !k.WasSent || !k.Error.Retry {
		v.t.Errorf("%s, %+v, was_sent %t", k.State, k.Error, k.WasSent)
	}
	if open, err := h.core.db.OpenTasks(v.t.Context()); err != nil || len(open) > 0 {
		v.t.Errorf("%d tasks are open, %v", len(open), err)
	}
	jobs := 0
	if err := h.core.db.Everywhere().QueryRowContext(v.t.Context(), `SELECT count(*) FROM river_job`).Scan(&jobs); err != nil || jobs > 0 {
		v.t.Errorf("%d jobs wait, %v", jobs, err)
	}
	if len(k.Transfers) != 1 || len(k.Transfers[0].Held) == 0 {
		v.t.Errorf("the ledger says %+v", k.Transfers)
	}
	time.Sleep(10 * testPoll)
	if n := len(v.wire.arrivals("")); n != heard {
		v.t.Errorf("the recipient heard %d more calls", n-heard)
	}
	h.later(v.t, 24*time.Hour)
	if n := len(rows(v.t, h.core, pixplus)); n > 0 {
		v.t.Errorf("%d things are left after a day", n)
	}
}

// task0 reads the one task there is.
func (v *victim) task0() client.Task {
	v.t.Helper()
	var list client.Page[client.Task]
	v.get("/v1/tasks").want(http.StatusOK, &list)
	if len(list.Data) != 1 {
		v.t.Fatalf("%d tasks", len(list.Data))
	}
	v.task = list.Data[0].ID
	return v.person.task(v.task)
}

// TestAStartAfterARestoreThatIsCutOffIsDoneAgain kills the first server after a restore at each point of it.
func TestAStartAfterARestoreThatIsCutOffIsDoneAgain(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"restored.rows", "settle.done", "restored.tasks"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			clk := clock.NewFast(1)
			v := &victim{outside: newOutside(t, clk), photo: newCanary(t, point, 1), replies: map[string]reply{}}
			p := plot{dir: t.TempDir(), root: newRoot(), clock: clk, log: io.Discard}
			dies(t, v, p, job("a happy portrait"), "send.recorded", 1)
			putBack(t, backedUp(t, p.dir, pixplus), p.dir)

			startsAndDies(t, errand{Dir: p.dir, Root: p.root, Outside: v.base, Point: point, Nth: 1})
			if _, pending, err := backup.PutBack(p.dir); err != nil || !pending {
				t.Fatalf("the restore counts as settled: %v", err)
			}
			heard := len(v.wire.arrivals(""))
			h := rebuild(t, v.outside, p)
			v.url = h.url
			if _, pending, err := backup.PutBack(p.dir); err != nil || pending {
				t.Errorf("the restore is not settled: %v", err)
			}
			v.endedByTheRestore(h, heard)
			if n := leaves(t, h, "restored"); n != len(h.core.apps.order) {
				t.Errorf("%d leaves about one restore of %d apps", n, len(h.core.apps.order))
			}
			if err := h.close(); err != nil {
				t.Fatal(err)
			}
			h = rebuild(t, v.outside, p) // an ordinary start ends nothing
			if h.core.restored != "" || leaves(t, h, "restored") != len(h.core.apps.order) {
				t.Errorf("done once more: %q", h.core.restored)
			}
		})
	}
}

// startsAndDies runs a server that dies before it serves.
func startsAndDies(t *testing.T, e errand) {
	t.Helper()
	told, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	cmd := childOf(t, string(told))
	err = cmd.Run()
	if status, _ := cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGKILL {
		t.Fatalf("it did not die at %s: %v", e.Point, err)
	}
}

// leaves counts the leaves of a kind.
func leaves(t *testing.T, h *house, kind string) (n int) {
	t.Helper()
	size, err := h.core.db.Log().Size(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range size {
		leaf, err := h.core.db.Log().Leaf(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(leaf.Payload), `"kind":"`+kind+`"`) {
			n++
		}
	}
	return n
}

func TestABackupOfAnAppThatIsNotServedIsNotStartedOn(t *testing.T) {
	t.Parallel()
	p := plot{dir: t.TempDir(), root: newRoot(), clock: clock.NewFast(1), log: io.Discard}
	h := rebuild(t, nil, p)
	if err := h.close(); err != nil {
		t.Fatal(err)
	}
	putBack(t, backedUp(t, p.dir, "another"), p.dir)
	if h, err := raise(t.Context(), p); err == nil || !strings.Contains(err.Error(), "another") {
		t.Errorf("started: %v, %v", h, err)
	}
	if _, pending, err := backup.PutBack(p.dir); err != nil || !pending {
		t.Errorf("it counts as settled: %v", err)
	}
}

// demoIn starts the demonstration in a folder.
func demoIn(t *testing.T, dir string) *told {
	t.Helper()
	l, err := listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d, err := startDemo(t.Context(), DemoOptions{Dir: dir, RealTime: true, Out: io.Discard}, l)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return &told{t: t, demo: d}
}

func (w *told) ends() {
	w.t.Helper()
	w.demo.closeSims()
	if err := w.demo.core.close(); err != nil {
		w.t.Fatal(err)
	}
}

// status makes a call and returns how it was answered.
func (w *told) status(method, path, body string) (int, string) {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+w.token)
	r.Header.Set("Content-Type", "application/json")
	a := httptest.NewRecorder()
	w.demo.core.handler.ServeHTTP(a, r)
	var p client.Problem
	_ = json.Unmarshal(a.Body.Bytes(), &p)
	return a.Code, p.Code
}

// TestNothingThatStoodInABackupStandsUntilItIsSaidAnew puts a whole demonstration back.
func TestNothingThatStoodInABackupStandsUntilItIsSaidAnew(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	w := demoIn(t, dir)
	w.enter("android")
	w.send(http.MethodPut, "/v1/me/privacy-settings", `{"analytics":true,"diagnostics":true}`, nil)
	w.send(http.MethodPut, "/v1/me/objections", `{"safety_review":true}`, nil)
	w.send(http.MethodPut, "/v1/me/permissions?platform=android", `{"notifications":"granted","camera":"denied"}`, nil)
	given := w.agrees("text_to_image")
	before := w.staff()
	w.ends()
	copied := backedUp(t, dir, "mixoo")
	w = w.again(dir)
	w.send(http.MethodDelete, "/v1/consents/"+given, "", nil) // what the backup does not know
	w.send(http.MethodPut, "/v1/me/privacy-settings", `{"analytics":false}`, nil)
	w.ends()
	putBack(t, copied, dir)
	w = w.again(dir)
	defer w.ends()

	if line := w.demo.core.restored; !strings.Contains(line, "2026-11-22 10:00 UTC") || !strings.Contains(line, " 1 consents") || !strings.Contains(line, "1 people") {
		t.Errorf("the operator is told %q", line)
	}
	var list client.Page[client.Consent]
	w.send(http.MethodGet, "/v1/consents", "", &list)
	if len(list.Data) != 1 || list.Data[0].Decision != "revoked" || list.Data[0].Reason != "restored" || list.Data[0].WithdrawnAt == nil {
		t.Errorf("the person's list says %+v", list.Data)
	}
	if status, code := w.status(http.MethodPost, "/v1/tasks", `{"feature":"text_to_image","prompt":"a lake","consent":"`+given+`"}`); status != http.StatusForbidden || code != "consent-required" {
		t.Errorf("the consent of then: %d %s", status, code)
	}
	p := w.profile()
	for id, on := range p.Switches {
		if on {
			t.Errorf("%s is on", id)
		}
	}
	if len(p.Switches) != 3 || len(p.Objections) != 1 || p.Permissions["notifications"] || len(p.Permissions) != 1 {
		t.Errorf("%+v", p)
	}
	for _, id := range w.staff() {
		if slices.Contains(before, id) {
			t.Error("a credential of then works")
		}
	}
	again := w.agrees("text_to_image") // asked anew, it works
	if again == given {
		t.Error("the same consent")
	}
}

// again brings the demonstration up on what is left, for the same person.
func (w *told) again(dir string) *told {
	w.t.Helper()
	next := demoIn(w.t, dir)
	next.token = w.token
	return next
}

// agrees agrees to a feature that is sent to Tencent.
func (w *told) agrees(feature string) string {
	w.t.Helper()
	var screen client.Disclosure
	w.send(http.MethodGet, "/v1/features/"+feature+"/disclosure", "", &screen)
	var c client.Consent
	w.send(http.MethodPost, "/v1/consents", `{"feature":"`+feature+`","recipient":"tencent_cloud","disclosure_hash":"`+screen.Hash+`","decision":"granted"}`, &c)
	return c.ID
}

// staff lists who works at the desk.
func (w *told) staff() (list []privacy.StaffID) {
	w.t.Helper()
	all, err := desk.AllStaff(w.t.Context(), w.demo.core.db.Everywhere())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, s := range all {
		list = append(list, s.ID)
	}
	return list
}

// profile reads the choices of the person.
func (w *told) profile() people.Profile {
	w.t.Helper()
	var me client.Me
	w.send(http.MethodGet, "/v1/me", "", &me)
	p, err := people.ProfileOf(w.t.Context(), w.demo.core.db.App("mixoo"), privacy.SubjectID(me.ID), w.demo.core.clock.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}
