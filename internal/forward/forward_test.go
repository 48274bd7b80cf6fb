package forward_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/sim/kit"
	"vow.example/vow/internal/task"
	"vow.example/vow/internal/task/sealed"
)

// everyone are the recipients of reports and messages.
func everyone() []privacy.RecipientID {
	return []privacy.RecipientID{"google_analytics", "firebase", "adjust", "umeng", "notification_gateway"}
}

// nothingLeft fails where a recipient got something.
func (w *world) nothingLeft(name string) {
	w.t.Helper()
	for _, r := range everyone() {
		if n := len(w.got(r)); n > 0 {
			w.t.Errorf("%s: %s received %d requests", name, r, n)
		}
	}
}

func TestEachCompanyGetsItsOwnListAndNoFieldBesides(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(mixoo)
	w.reports(who, terms.Android, open(3),
		item{Name: "page_view", Data: map[string]any{"page_sequence": "home/create", "page_dwell_time": 12.5, "click_count": 4, "app_version": "2.4.0"}},
		item{Name: "feature_use", Data: map[string]any{"feature_health": "ok", "request_time": 800, "feature_use_time": "2026-11-22T11:59:00Z", "usage_diagnostics": "E42", "app_version": "2.4.0"}},
		item{Name: "permission_change", Data: map[string]any{"permission_status": "camera:granted"}})
	w.sweep()
	want := map[privacy.RecipientID]string{
		"google_analytics": "app_open{app_version country_or_region landing_page system_language} feature_use{app_version feature_health} page_view{app_version page_dwell_time page_sequence}",
		"firebase":         "app_open{app_open_count app_version country_or_region system_language} feature_use{app_version feature_health feature_use_time} page_view{app_version}",
		"umeng":            "app_open{app_open_count app_version} feature_use{app_version} page_view{app_version page_dwell_time}",
	}
	for r, events := range want {
		if got := eventsOf(t, w.got(r)); got != events {
			t.Errorf("%s got %s, want %s", r, got, events)
		}
	}
	if got := w.got("adjust"); len(got) != 1 || !strings.Contains(w.text("adjust"), `"callback_params":{"app_open_count":3,"app_version":"2.4.0","country_or_region":"GB"}`) {
		t.Errorf("adjust got %s", w.text("adjust"))
	}
	for _, r := range everyone() {
		for _, stays := range []string{"Pixel-8", "wifi", "camera", "E42", "click_count", string(who.Subject), "fwd_", "itk_", "trf_"} {
			if strings.Contains(w.text(r), stays) {
				t.Errorf("%s got %s", r, stays)
			}
		}
	}
	if got := w.outcomes(who); fmt.Sprint(got) != "[adjust sent firebase sent google_analytics sent umeng sent]" || w.queued() != 0 {
		t.Errorf("the ledger says %v, %d wait", got, w.queued())
	}
	for _, row := range w.transfers(who) {
		if row.Recipient == "adjust" && fmt.Sprint(row.Fields) != "[analytics_id app_open_count app_version country_or_region]" {
			t.Errorf("the row names %v", row.Fields)
		}
		if row.Recipient == "firebase" && !row.KeepsUntil.After(noon().AddDate(1, 0, 0)) {
			t.Errorf("it keeps until %s", row.KeepsUntil)
		}
		held, err := w.db.App(mixoo).HeldOf(t.Context(), row.ID)
		if err != nil || len(held) != 1 || held[0].Reason != "no-erase-call" || row.Bytes == 0 {
			t.Errorf("%s holds %v of %d bytes: %v", row.Recipient, held, row.Bytes, err)
		}
	}
}

// eventsOf lists the events of requests with the names of their parameters, sorted.
func eventsOf(t *testing.T, list []kit.Request) string {
	t.Helper()
	var out []string
	for _, r := range list {
		events := r.Body["events"]
		if events == nil {
			events = r.Body["data"]
		}
		raw, err := json.Marshal(events)
		must(t, err)
		var read []struct {
			Name   string         `json:"name"`
			Params map[string]any `json:"params"`
		}
		must(t, json.Unmarshal(raw, &read))
		for _, e := range read {
			out = append(out, e.Name+"{"+strings.Join(slices.Sorted(maps.Keys(e.Params)), " ")+"}")
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func TestOnIOSTwoCompaniesHearNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(mixoo)
	w.reports(who, terms.IOS, open(1))
	w.sweep()
	if len(w.got("adjust"))+len(w.got("umeng")) > 0 || len(w.got("firebase")) != 1 || len(w.got("google_analytics")) != 1 {
		t.Errorf("the ledger says %v", w.outcomes(who))
	}
}

func TestWhoSwitchedItOffIsNotReported(t *testing.T) {
	t.Parallel()
	for name, say := range map[string]func(w *world, who task.Who){
		"the switch is off": func(w *world, who task.Who) { w.switches(who, map[string]bool{"analytics": false}) },
		"the person objects": func(w *world, who task.Who) {
			must(w.t, w.people.Object(w.t.Context(), who, map[privacy.Purpose]bool{"usage_analysis": true}))
		},
		"use is restricted": func(w *world, who task.Who) { must(w.t, w.people.Restrict(w.t.Context(), who, "accuracy_contested")) },
		"the account is gone": func(w *world, who task.Who) {
			_, err := w.eraser.Subject(w.t.Context(), who.App(), who.Subject)
			must(w.t, err)
		},
		"the report is erased": func(w *world, who task.Who) { w.eraseAll(who) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			who := w.person(mixoo)
			w.reports(who, terms.Android, open(1))
			if w.queued() != 4 {
				t.Fatalf("%d wait", w.queued())
			}
			say(w, who)
			if n := w.queued(); n != 0 {
				t.Errorf("%d wait after a no", n)
			}
			w.sweep()
			w.nothingLeft(name)
			if n := w.count(`SELECT count(*) FROM transfers`); n != 0 {
				t.Errorf("%d rows of the ledger", n)
			}
		})
	}
}

func (w *world) eraseAll(who task.Who) {
	list, err := w.db.App(who.App()).Objects(w.t.Context(), who.Subject)
	must(w.t, err)
	_, err = w.eraser.Objects(w.t.Context(), list, "subject_request", nil)
	must(w.t, err)
}

func TestEverythingIsJudgedAgainWhenItLeaves(t *testing.T) {
	t.Parallel()
	for name, meanwhile := range map[string]func(w *world, who task.Who){
		"the recipient is not wired any more": func(w *world, _ task.Who) { clear(w.lanes) },
		"no policy lists the forward": func(w *world, _ task.Who) {
			w.policies = maps.Clone(w.policies)
			w.policies[mixoo] = changed(w.t, "intakes: [usage], switch: analytics, fields: [landing_page, page_sequence", "intakes: [crash], switch: analytics, fields: [app_version] ,purpose: troubleshooting, clause: MIX-3-03}\n  #")
		},
		"the contract has lapsed": func(w *world, _ task.Who) {
			w.policies = maps.Clone(w.policies)
			w.policies[mixoo] = lapsing(w.t, w.clock.Now().AddDate(0, 0, 1))
			w.clock.Advance(24 * time.Hour)
		},
		"its clock has run out": func(w *world, _ task.Who) { w.clock.Advance(72 * time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			delete(w.lanes, "firebase")
			delete(w.lanes, "adjust")
			delete(w.lanes, "umeng")
			who := w.person(mixoo)
			w.reports(who, terms.Web, open(1))
			meanwhile(w, who)
			if name == "no policy lists the forward" || name == "the contract has lapsed" {
				w.start(sealed.New([32]byte{}))
			}
			w.sweep()
			w.nothingLeft(name)
		})
	}
}

func TestTwoAppsAndTwoCompaniesShareNoIdentifier(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seen := map[string]string{}
	is := regexp.MustCompile(`"(?:client_id|app_instance_id|adid|clientId)":"?([0-9a-f]{32})`)
	for _, app := range []privacy.AppID{mixoo, other} {
		who := w.person(app)
		for range 2 {
			w.reports(who, terms.Android, open(1))
			w.sweep()
		}
	}
	for _, r := range everyone()[:4] {
		found := is.FindAllStringSubmatch(w.text(r), -1)
		if len(found) != 4 || found[0][1] != found[1][1] || found[2][1] != found[3][1] {
			t.Fatalf("%s: %v", r, found)
		}
		for _, at := range []int{0, 2} {
			if before, twice := seen[found[at][1]]; twice {
				t.Errorf("%s and %s know a person by the same name", before, r)
			}
			seen[found[at][1]] = string(r)
		}
	}
	if n := w.count(`SELECT count(*) FROM analytics_ids`); n != 8 {
		t.Errorf("%d identifiers are kept", n)
	}
}

func TestAnIdentifierEndsWithItsClockASwitchOrTheAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	delete(w.lanes, "firebase")
	who := w.person(mixoo)
	name := func() (s string) {
		w.reports(who, terms.IOS, open(1))
		w.sweep()
		must(t, w.db.Everywhere().QueryRowContext(t.Context(), `SELECT name FROM analytics_ids`).Scan(&s))
		return s
	}
	first := name()
	if again := name(); again != first {
		t.Error("each report has another identifier")
	}
	w.switches(who, map[string]bool{"analytics": false})
	if n := w.count(`SELECT count(*) FROM analytics_ids`); n != 0 {
		t.Errorf("%d identifiers of somebody who switched it off", n)
	}
	w.switches(who, map[string]bool{"analytics": true})
	second := name()
	w.clock.Advance(31 * 24 * time.Hour)
	third := name()
	if first == second || second == third {
		t.Error("an identifier came back")
	}
	if _, err := w.eraser.Subject(t.Context(), mixoo, who.Subject); err != nil || w.count(`SELECT count(*) FROM analytics_ids`) != 0 {
		t.Errorf("an identifier outlives the account: %v", err)
	}
}

func TestARecipientThatIsDownIsTriedUntilTheReportIsOld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, r := range []privacy.RecipientID{"google_analytics", "adjust", "umeng"} {
		delete(w.lanes, r)
	}
	who := w.person(mixoo)
	w.sims["firebase"].Inject(kit.Injection{Fault: kit.Throttled, Times: 2})
	w.reports(who, terms.IOS, open(1))
	for range 3 {
		w.sweep()
		w.machine.Advance(20 * time.Minute)
	}
	if got := w.outcomes(who); fmt.Sprint(got) != "[firebase sent]" || len(w.got("firebase")) != 3 {
		t.Errorf("after two refusals: %v, %d requests", got, len(w.got("firebase")))
	}
	if hits := eventsOf(t, w.got("firebase")[2:]); !strings.Contains(hits, "app_open") {
		t.Errorf("it took %s", hits)
	}
	w.sims["firebase"].Close() // for good
	w.reports(who, terms.IOS, open(2))
	for range 4 {
		w.sweep()
		w.machine.Advance(20 * time.Minute)
	}
	if w.queued() != 1 {
		t.Errorf("%d wait", w.queued())
	}
	w.clock.Advance(72 * time.Hour)
	for range 2 {
		if _, err := w.eraser.Sweep(t.Context(), w.clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.outcomes(who); fmt.Sprint(got) != "[firebase refused firebase sent]" || w.queued() != 0 {
		t.Errorf("at the end: %v, %d wait", got, w.queued())
	}
}

func TestALostAnswerIsOnTheListAndNothingIsSentTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, r := range []privacy.RecipientID{"google_analytics", "firebase", "umeng"} {
		delete(w.lanes, r)
	}
	who := w.person(mixoo)
	w.sims["adjust"].Inject(kit.Injection{Fault: kit.FailedAfter, Times: 1})
	w.reports(who, terms.Android, open(1))
	for range 3 {
		w.sweep()
		w.machine.Advance(20 * time.Minute)
	}
	if got := w.outcomes(who); fmt.Sprint(got) != "[adjust unknown]" || len(w.got("adjust")) != 1 || w.queued() != 0 {
		t.Errorf("%v, %d requests, %d wait", got, len(w.got("adjust")), w.queued())
	}
	held, err := w.db.App(mixoo).HeldOf(t.Context(), w.transfers(who)[0].ID)
	if err != nil || len(held) != 1 || held[0].Reason != "lost-reply" {
		t.Errorf("held: %v, %v", held, err)
	}
}

func TestAPowerCutSendsNothingTwice(t *testing.T) {
	t.Parallel()
	for point, want := range map[string]struct {
		requests int
		outcomes string
	}{
		"forward.prepared": {1, "[adjust sent]"},    // nothing had left: it goes on under its row
		"forward.saved":    {0, "[adjust unknown]"}, // it may have left
		"forward.sent":     {1, "[adjust unknown]"}, // it has left, and nobody noted the answer
		"forward.recorded": {1, "[adjust sent]"},
	} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for _, r := range []privacy.RecipientID{"google_analytics", "firebase", "umeng"} {
				delete(w.lanes, r)
			}
			who := w.person(mixoo)
			w.reports(who, terms.Android, open(1))
			w.at = func(name string) {
				if name == point {
					runtime.Goexit() // the sending goroutine ends here, and nothing after it happens
				}
			}
			w.sweep()
			w.at = nil
			w.start(sealed.New([32]byte{1}))
			must(t, w.Recover(t.Context()))
			for range 2 {
				w.sweep()
				w.machine.Advance(time.Hour)
			}
			if got := w.outcomes(who); fmt.Sprint(got) != want.outcomes || len(w.got("adjust")) != want.requests || w.queued() != 0 {
				t.Errorf("%v, %d requests, %d wait; want %s, %d", got, len(w.got("adjust")), w.queued(), want.outcomes, want.requests)
			}
		})
	}
}

func TestALongReportLeavesInOrdersOfItsRecipientsSize(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(mixoo)
	list := make([]item, 50)
	for i := range list {
		list[i] = open(i)
	}
	w.reports(who, terms.Android, list...)
	for range 60 {
		w.sweep()
	}
	for r, n := range map[privacy.RecipientID]int{"google_analytics": 2, "firebase": 2, "umeng": 2, "adjust": 50} {
		if got := len(w.got(r)); got != n {
			t.Errorf("%s got %d orders, want %d", r, got, n)
		}
	}
	for i := range list {
		if want := fmt.Sprintf(`"app_open_count":%d,`, i); strings.Count(w.text("adjust"), want) != 1 {
			t.Errorf("adjust got event %d %d times", i, strings.Count(w.text("adjust"), want))
		}
	}
	if n := len(w.transfers(who)); n != 56 || w.queued() != 0 {
		t.Errorf("%d rows, %d wait", n, w.queued())
	}
}

func TestAReportLeavesUntilTheContractLapsesAndNoneWaitsForTheNext(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policies = maps.Clone(w.policies)
	w.policies[mixoo] = lapsing(t, noon().AddDate(0, 0, 1))
	w.start(sealed.New([32]byte{}))
	who := w.person(mixoo)
	w.reports(who, terms.Android, open(1))
	w.sweep()
	if len(w.got("firebase")) != 1 {
		t.Fatal("nothing left before the day")
	}
	w.clock.Advance(24 * time.Hour)
	w.reports(who, terms.Android, open(2))
	w.sweep()
	if len(w.got("firebase")) != 1 || w.queued() != 0 {
		t.Errorf("%d requests, %d wait", len(w.got("firebase")), w.queued())
	}
}
