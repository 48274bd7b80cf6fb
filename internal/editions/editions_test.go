package editions

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	rows "vow.example/vow/internal/store/editions"
)

func TestAPublicationThatBreaksARuleIsRefusedWithEveryFinding(t *testing.T) {
	t.Parallel()
	popup := notices("lead: immediate, channels: [in_app], popup: true")
	w := newWorld(t, popup)
	now := w.clock.Now()
	month := edit{"2026-06-02", "2026-06"}
	for name, c := range map[string]struct {
		draft Draft
		want  []string
	}{
		"a file that contradicts itself":       {Draft{YAML: source(t, 2, edit{"limit: P7D", "limit: forever"}), EffectiveAt: now.Add(time.Hour)}, []string{"retention"}},
		"no policy at all":                     {Draft{YAML: []byte("hello"), EffectiveAt: now.Add(time.Hour)}, []string{"policy.yaml:1"}},
		"a number too high":                    {Draft{YAML: source(t, 3), EffectiveAt: now.Add(time.Hour)}, []string{"the next version is v2"}},
		"a pop-up that comes with the effect":  {Draft{YAML: source(t, 2), EffectiveAt: now}, []string{"too early"}},
		"no moment":                            {Draft{YAML: source(t, 2)}, []string{"too early"}},
		"a material change under the old date": {Draft{YAML: source(t, 2, month, popup, unused("PT48H")), EffectiveAt: now.Add(time.Hour)}, []string{"needs a later date"}},
		"two rules at once":                    {Draft{YAML: source(t, 3, edit{"2026-06-03", "2026-06"}, unused("PT48H")), EffectiveAt: now.Add(time.Hour)}, []string{"needs a later date", "the next version"}},
		"another app's officer":                {Draft{App: "other", YAML: source(t, 2), EffectiveAt: now.Add(time.Hour)}, []string{"does not run that app"}},
		"an app that is not here":              {Draft{YAML: policytest.Source(t, "pixplus"), EffectiveAt: now.Add(time.Hour)}, []string{"does not run that app"}},
	} {
		t.Run(name, func(t *testing.T) {
			found := w.refused(c.draft)
			for _, want := range c.want {
				if !strings.Contains(found, want) {
					t.Errorf("%q is not in %s", want, found)
				}
			}
		})
	}
	if _, err := w.Publish(t.Context(), Draft{YAML: source(t, 2, month, popup, edit{"Write to {email}.", "Write: {email}."}), EffectiveAt: now.Add(time.Hour)}); err != nil {
		t.Errorf("a change of wording under the same date: %v", err)
	}
	if (&Refused{}).Error() == "" || fault.CodeOf(&Refused{}) != "policy-refused" {
		t.Error("a refusal has no code")
	}
}

func TestAMomentThatIsOnlyJustTooEarlyBecomesTheFirstThatIsAllowed(t *testing.T) {
	t.Parallel()
	rule := notices("lead: P30D, channels: [in_app], reductions: notice")
	w := newWorld(t, rule)
	p := w.publish(2, 30*day-time.Minute, rule, unused("PT48H")) // a minute passes between the question and the answer
	if want := w.clock.Now().Add(30 * day); !p.EffectiveAt.Equal(want) {
		t.Errorf("in force from %s, want %s", p.EffectiveAt, want)
	}
	if found := w.refused(Draft{YAML: source(t, 3, rule, unused("PT49H")), EffectiveAt: w.clock.Now().Add(30*day - time.Hour)}); !strings.Contains(found, "too early") {
		t.Errorf("an hour too early: %s", found)
	}
}

func TestAContactThatNobodyReadsIsPublishedInADemoOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Demo = false
	if found := w.refused(Draft{YAML: source(t, 2), EffectiveAt: w.clock.Now()}); !strings.Contains(found, "contacts") {
		t.Errorf("found %s", found)
	}
	w.Demo = true
	w.publish(2, 0)
}

func TestAVersionThatThisServerCannotRunIsNotPublished(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Fits = func(p *policy.Policy) error { return errors.New(p.Version() + " has no wiring") }
	if found := w.refused(Draft{YAML: source(t, 2), EffectiveAt: w.clock.Now()}); !strings.Contains(found, "sample/v2 has no wiring") {
		t.Errorf("found %s", found)
	}
}

func TestAVersionNeverOvertakesTheOneBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publish(2, 10*day)
	if found := w.refused(Draft{YAML: source(t, 3), EffectiveAt: w.clock.Now().Add(9 * day)}); !strings.Contains(found, "too early") {
		t.Errorf("found %s", found)
	}
	w.publish(3, 10*day)
}

func TestAPopUpStandsBeforeEverythingElseUntilItIsSeen(t *testing.T) {
	t.Parallel()
	rule := notices("lead: immediate, channels: [in_app], reductions: notice, popup: true")
	w := newWorld(t, rule)
	anna, gone := w.person(), privacy.SubjectID("sub_gone")
	if w.asks(anna) {
		t.Error("somebody waits for nothing")
	}
	w.publish(2, time.Hour, rule, unused("PT48H"))
	if !w.asks(anna) || w.asks(gone) {
		t.Error("a change pops up for nobody, or for an account that is not there")
	}
	w.after(2 * time.Hour)
	if !w.asks(anna) || w.how(anna, 2) != "" {
		t.Error("who has not seen it goes on")
	}
	if w.asks(w.person()) {
		t.Error("a new account is told of what it never knew otherwise")
	}
	id, _, err := w.Waiting(t.Context(), sample, anna)
	must(t, err)
	w.say(anna, id, Seen)
	if w.asks(anna) || w.how(anna, 2) != rows.Continued {
		t.Errorf("going on counts as %q", w.how(anna, 2))
	}
}

func TestGoingOnCountsFromTheDateOfEffectOnly(t *testing.T) {
	t.Parallel()
	rule := notices("lead: immediate, channels: [in_app], reductions: notice")
	w := newWorld(t, rule)
	anna := w.person()
	w.publish(2, day, rule, unused("PT48H"))
	if w.asks(anna); w.how(anna, 2) != "" {
		t.Error("going on before the date counts")
	}
	w.after(day)
	if w.waits(anna) || w.how(anna, 2) != "" {
		t.Error("doing nothing counts, or what the server asks meanwhile")
	}
	if w.asks(anna); w.how(anna, 2) != rows.Continued {
		t.Error("going on after the date does not count")
	}
	w.say(anna, w.only(anna).ID, Agree)
	if w.asks(anna); w.how(anna, 2) != rows.Agreed {
		t.Error("going on replaces an agreement")
	}
}

func TestANoticeSaysWhatChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.person()
	w.publish(2, day, edit{"privacy@sample.example", "help@sample.example"}, unused("PT12H"))
	n := w.only(anna)
	lines := Lines(n, "en")
	if n.Kind != PolicyChange || n.Version != "sample/v2" || !n.Prominent || n.ShownAt.IsZero() || !n.AckedAt.IsZero() || n.Binds ||
		!slices.Contains(lines, "Contact changed: Sample team (privacy@sample.example → help@sample.example)") ||
		!slices.Contains(lines, "How long data is kept shorter: Photo, after upload, if no task uses it (24 hours → 12 hours)") {
		t.Errorf("%+v\n%s", n, strings.Join(lines, "\n"))
	}
	p, _ := w.ByVersion(sample, 1)
	if got := Title(p, n, "en"); got != "Sample changes its privacy policy on 2026-11-22" {
		t.Errorf("title: %s", got)
	}
	if err := w.Acknowledge(t.Context(), rows.Bound{App: sample, Subject: anna}, "ntc_other", Seen); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a notice that is not there: %v", err)
	}
}

func TestASignificantChangeGoesOverEveryChannelOnceToEverybody(t *testing.T) {
	t.Parallel()
	rule := notices("lead: immediate, channels: [in_app, push], major_channels: [sms], reductions: notice")
	w := newWorld(t, rule)
	var all []privacy.SubjectID
	for range tellBatch + 3 {
		all = append(all, w.person())
	}
	w.publish(2, day, rule, edit{"privacy@sample.example", "help@sample.example"})
	w.down = true
	if _, err := w.Sweep(t.Context(), w.clock.Now()); err == nil {
		t.Error("that nobody answers goes unnoticed")
	}
	if _, err := w.Sweep(t.Context(), w.clock.Now()); err != nil {
		t.Error("who does not answer is asked again at once")
	}
	w.down = false
	for range 4 {
		w.after(tellAgain)
	}
	got := map[privacy.SubjectID][]string{}
	for _, m := range w.told {
		got[m.Subject] = append(got[m.Subject], m.Channel)
		if !m.Prominent || len(m.Lines) == 0 || m.Title == "" || m.Kind != PolicyChange {
			t.Fatalf("%+v", m)
		}
	}
	for _, s := range all {
		if !slices.Equal(got[s], []string{"push", "sms"}) {
			t.Fatalf("%s was told over %v", s, got[s])
		}
	}
	f, err := rows.FactsOf(t.Context(), w.DB.App(sample), all[0])
	must(t, err)
	if f.Shown[2].IsZero() {
		t.Error("who was reached has not been told")
	}
	w.told = nil
	w.publish(3, 2*day, rule, edit{"Write to {email}.", "Write: {email}."}, edit{"privacy@sample.example", "help@sample.example"})
	w.after(time.Second)
	if len(w.told) == 0 || slices.ContainsFunc(w.told, func(m Message) bool { return m.Channel != "push" || m.Prominent }) {
		t.Error("a change of wording goes over the channels of significant ones")
	}
}

func TestPeopleAreWrittenToAboutAClosedListOfMatters(t *testing.T) {
	t.Parallel()
	w := newWorld(t, notices("lead: immediate, channels: [in_app, push], kinds: [security_alert, incident]"))
	text := policy.Localized{"en": "Change your password.", "zh-Hans": "请更改密码。"}
	for _, kind := range []string{"marketing", "newsletter", "", "Security_Alert"} {
		if _, err := w.Announce(t.Context(), Announcement{App: sample, Kind: kind, Text: text}); !errors.Is(err, ErrKind) {
			t.Errorf("%q: %v", kind, err)
		}
	}
	if err := w.Allowed("other", "incident"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another app: %v", err)
	}
	for name, a := range map[string]Announcement{"no text": {App: sample, Kind: "incident"}, "a change of the policy by hand": {App: sample, Kind: PolicyChange, Text: text}} {
		if _, err := w.Announce(t.Context(), a); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.Announce(t.Context(), Announcement{App: sample, Kind: "security_alert", Text: text}); err != nil {
		t.Error(err)
	}
}

func TestAnIncidentReachesThoseWhomItConcernsAndNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, notices("lead: immediate, channels: [in_app, push], major_channels: [sms], kinds: [incident]"))
	anna, ben, cleo := w.person(), w.person(), w.person()
	_, err := w.Announce(t.Context(), Announcement{
		App: sample, Kind: "incident", Text: policy.Localized{"en": "A copy was lost."}, Subjects: []privacy.SubjectID{anna, cleo, "sub_gone"}, Major: true,
	})
	must(t, err)
	w.after(time.Second)
	got := map[privacy.SubjectID]int{}
	for _, m := range w.told {
		if got[m.Subject]++; !slices.Equal(m.Lines, []string{"A copy was lost."}) || m.Title != "Sample" {
			t.Errorf("%+v", m)
		}
	}
	if got[anna] != 2 || got[cleo] != 2 || len(got) != 2 {
		t.Errorf("reached: %v", got)
	}
	if list, err := w.Notices(t.Context(), sample, ben); err != nil || len(list) != 0 {
		t.Errorf("somebody else sees it: %d, %v", len(list), err)
	}
	n := w.only(anna)
	if err := w.Acknowledge(t.Context(), rows.Bound{App: sample, Subject: anna}, n.ID, Agree); fault.KindOf(err) != fault.Conflict {
		t.Errorf("an incident is agreed to: %v", err)
	}
	w.say(anna, n.ID, Seen)
	if n = w.only(anna); n.AckedAt.IsZero() || n.Text.In("zh-Hans") != "A copy was lost." || w.waits(anna) {
		t.Errorf("%+v", n)
	}
}

func TestWordsToAPersonGoWithTheLastOfThoseWhomTheyWereWrittenTo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, notices("lead: immediate, channels: [in_app], kinds: [incident]"))
	anna, ben := w.person(), w.person()
	write := func(to ...privacy.SubjectID) string {
		id, err := w.Announce(t.Context(), Announcement{App: sample, Kind: "incident", Text: policy.Localized{"en": "Dear reader"}, Subjects: to})
		must(t, err)
		return id
	}
	left := func() (ids []string) {
		list, err := w.DB.Everywhere().QueryContext(t.Context(), `SELECT id FROM notices WHERE text <> '' ORDER BY created_at, id`)
		must(t, err)
		defer list.Close()
		for list.Next() {
			var id string
			must(t, list.Scan(&id))
			ids = append(ids, id)
		}
		return ids
	}
	both, public := write(anna, ben), write()
	alone := write(anna)
	if got := left(); len(got) != 3 || !slices.Contains(got, alone) {
		t.Fatalf("%v", got)
	}
	_, err := w.eraser.Subject(t.Context(), sample, anna)
	must(t, err)
	if got := left(); len(got) != 2 || slices.Contains(got, alone) {
		t.Errorf("after the first: %v", got)
	}
	_, err = w.eraser.Subject(t.Context(), sample, ben)
	must(t, err)
	if got := left(); !slices.Equal(got, []string{public}) || slices.Contains(got, both) {
		t.Errorf("after the last: %v, want what everybody may read", got)
	}
	_, err = w.Announce(t.Context(), Announcement{App: sample, Kind: "incident", Text: policy.Localized{"en": "Dear reader"}, Subjects: []privacy.SubjectID{anna}})
	if fault.KindOf(err) != fault.NotFound || len(left()) != 1 {
		t.Errorf("to nobody: %v", err)
	}
}

func TestWhereNobodyDeliversTheAppTells(t *testing.T) {
	t.Parallel()
	rule := notices("lead: immediate, channels: [in_app, email]")
	w := newWorld(t, rule)
	w.Service.Deliver = nil
	anna := w.person()
	w.publish(2, day, rule, unused("PT12H"))
	w.after(time.Second)
	open, err := rows.Untold(t.Context(), w.DB)
	if err != nil || len(open) > 0 || w.only(anna).Version != "sample/v2" {
		t.Errorf("%d left, %v", len(open), err)
	}
}

func TestARunningTaskIsNotCutShortByAStricterClockThatHasNotStarted(t *testing.T) {
	t.Parallel()
	rule := notices("lead: immediate, channels: [in_app], reductions: notice")
	w := newWorld(t, rule)
	anna := w.person()
	photo := w.keep(anna, "source_photo")
	now := w.clock.Now()
	k := store.Task{ID: privacy.TaskID(privacy.NewID(privacy.PrefixTask)), App: sample, Subject: anna, Feature: "sketch", State: store.Generating, CreatedAt: now, OverdueAt: now.Add(day), ExpiresAt: now.AddDate(0, 1, 0)}
	must(t, w.DB.Write(t.Context(), func(tx *store.Tx) error {
		if err := tx.InsertTask(t.Context(), k); err != nil {
			return err
		}
		return tx.TakeObject(t.Context(), sample, anna, photo.Object, k.ID, "photo", "sketch")
	}))
	short := []edit{rule, {"source_photo, starts: task_failed, limit: PT24H", "source_photo, starts: task_failed, limit: PT1H"}}
	w.publish(2, 0, short...)
	w.after(20 * time.Hour)
	if !w.holds(photo) {
		t.Error("a photo is erased under a task that runs")
	}
	k.State, k.EndedAt = store.Failed, w.clock.Now()
	must(t, w.DB.Write(t.Context(), func(tx *store.Tx) error { return tx.UpdateTask(t.Context(), k) }))
	w.after(time.Hour - time.Minute)
	if !w.holds(photo) {
		t.Error("a photo is erased before its clock ends")
	}
	w.after(2 * time.Minute)
	if w.holds(photo) {
		t.Error("the clock of v2 does not reach a task of v1")
	}
}
