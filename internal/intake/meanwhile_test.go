package intake_test

import (
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/intake"
	people "vow.example/vow/internal/store/people"
	"vow.example/vow/internal/task"
)

// sealed counts the files of the vault.
func (w *world) sealed() (n int) {
	w.t.Helper()
	must(w.t, filepath.WalkDir(filepath.Join(w.dir, "objects"), func(_ string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			n++
		}
		return err
	}))
	return n
}

// meanwhile commits a change while a call that has judged and sealed waits for its turn to write.
func (w *world) meanwhile(call func() error, change func(*store.Tx) error) error {
	w.t.Helper()
	before, done := w.sealed(), make(chan error, 1)
	must(w.t, w.DB.Write(w.t.Context(), func(tx *store.Tx) error {
		go func() { done <- call() }()
		for range 100 { // what seals nothing has had its time to judge then
			if time.Sleep(5 * time.Millisecond); w.sealed() > before {
				break
			}
		}
		return change(tx)
	}))
	return <-done
}

func telemetry(w *world, who task.Who) error {
	_, err := w.Take(w.t.Context(), terms.Telemetry, call(who, `{"platform":"android","app_state":"foreground","schema":"device","data":{"carrier":"ACME","device_model":"Pixel-8"}}`))
	return err
}

func answers(w *world, who task.Who) error {
	_, err := w.Say(w.t.Context(), terms.Feedback, "", call(who, `{"platform":"ios","text":"nice"}`))
	return err
}

func asks(w *world, who task.Who) error {
	_, err := w.Write(w.t.Context(), "", call(who, `{"platform":"ios","text":"help"}`))
	return err
}

func vendor(w *world, who task.Who) error {
	_, err := w.Receive(w.t.Context(), w.delivery(`{"subject":"`+string(who.Subject)+`","data":{"signal":"SIGSEGV"}}`))
	return err
}

func login(w *world, who task.Who) error {
	_, err := w.AtLogin(w.t.Context(), call(who, `{"platform":"android","data":{"mac_address":"02:00:5e:10:00:01"}}`))
	return err
}

func denies(permission string) func(*people.Profile) {
	return func(p *people.Profile) { p.Permissions[permission] = false }
}

func objects(purpose privacy.Purpose) func(*people.Profile) {
	return func(p *people.Profile) { p.Objections = append(p.Objections, purpose) }
}

func turnsOff(id string) func(*people.Profile) {
	return func(p *people.Profile) { p.Switches = map[string]bool{id: false} }
}

func restricts(p *people.Profile) { p.Restriction = "accuracy" }

func TestAChoiceThatIsMadeWhileSomethingIsBeingSealedCounts(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		call   func(*world, task.Who) error
		choose func(*people.Profile)
		code   string
	}{
		"a permission is taken back":       {telemetry, denies("network_state"), "permission-required"},
		"a switch goes off":                {telemetry, turnsOff("diagnostics"), ""},
		"an objection":                     {telemetry, objects("service_operation"), ""},
		"a restriction":                    {telemetry, restricts, "processing-restricted"},
		"an answer, an objection":          {answers, objects("support"), ""},
		"an answer, a restriction":         {answers, restricts, "processing-restricted"},
		"support, an objection":            {asks, objects("support"), "conflict"},
		"a vendor, a switch goes off":      {vendor, turnsOff("diagnostics"), ""},
		"a vendor, an objection":           {vendor, objects("service_operation"), ""},
		"a vendor, a restriction":          {vendor, restricts, ""},
		"a login, a permission taken back": {login, denies("device_check"), "permission-required"},
		"a login, an objection":            {login, objects("security"), ""},
		"a login, a restriction":           {login, restricts, "processing-restricted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			who, p := w.person(app), people.Profile{Permissions: map[string]bool{"network_state": true, "device_check": true}}
			w.chooses(who, p)
			before := w.held()
			err := w.meanwhile(func() error { return tt.call(w, who) }, func(tx *store.Tx) error {
				tt.choose(&p)
				return people.PutProfile(t.Context(), tx, people.Owner{App: app, Subject: who.Subject, Now: w.clock.Now()}, p)
			})
			if tt.code == "" {
				must(t, err)
			} else {
				code(t, err, tt.code)
			}
			if after := w.held(); after != before || len(w.taken) > 0 {
				t.Errorf("held %+v, before %+v, told of %d", after, before, len(w.taken))
			}
		})
	}
}

func TestWhoeverRestrictsProcessingMeanwhileIsStillHeardBySupport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	must(t, w.meanwhile(func() error { return asks(w, who) }, func(tx *store.Tx) error {
		return people.PutProfile(t.Context(), tx, people.Owner{App: app, Subject: who.Subject, Now: w.clock.Now()}, people.Profile{Restriction: "accuracy"})
	}))
	if list := w.objects(who); len(list) != 1 {
		t.Errorf("%d messages", len(list))
	}
}

func TestAnotherSwitchThatGoesOffMeanwhileStopsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	kept := -1
	must(t, w.meanwhile(func() (err error) {
		kept, err = w.Take(t.Context(), terms.Telemetry, call(who, `{"platform":"ios","app_state":"foreground","schema":"device","data":{"device_model":"iPhone15"}}`))
		return err
	}, func(tx *store.Tx) error {
		return people.PutProfile(t.Context(), tx, people.Owner{App: app, Subject: who.Subject, Now: w.clock.Now()}, people.Profile{Switches: map[string]bool{"analytics": false}})
	}))
	if list := w.objects(who); len(list) != 1 || kept != 1 {
		t.Errorf("%d kept, %d there: another switch counted", kept, len(list))
	}
}

func TestWhatIsSaidWhileAConversationIsClosedEndsWithIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	thread := w.writes(who, "", `{"platform":"ios","text":"one"}`)
	late := w.writes(who, "", `{"platform":"ios","text":"two"}`) // sealed, and not yet said there
	post := w.objects(who)[1]
	must(t, w.meanwhile(func() error { return w.Close(t.Context(), who, thread.ID) }, func(tx *store.Tx) error {
		if _, err := tx.SQL().Exec(`DELETE FROM posts WHERE thread = ?`, late.ID); err != nil {
			return err
		}
		return facts.InsertPost(t.Context(), tx, app, who.Subject, facts.Post{Object: post.Object, Thread: thread.ID, Author: facts.ByStaff, At: w.clock.Now()})
	}))
	for _, o := range w.objects(who) {
		if !o.ExpiresAt.Equal(w.clock.Now().Add(30*day)) || o.Starts != "case_closed" {
			t.Errorf("%s by %s", o.ExpiresAt, o.Starts)
		}
	}
}
