package editions

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
)

func TestNoChoiceSilencesAnIncidentASecurityAlertOrAChangeOfThePolicy(t *testing.T) {
	t.Parallel()
	rule := notices("lead: immediate, channels: [in_app, push], kinds: [security_alert, incident, support_answer, task_status, unheard_of]")
	w := newWorld(t, rule)
	anna := w.person()
	w.Silenced = func(context.Context, privacy.AppID, privacy.SubjectID, string, string) (bool, error) {
		return true, nil
	} // everything, if it were asked
	told := func(kind string) (outside, inApp bool) {
		w.told = nil
		w.after(time.Second)
		list, err := w.Notices(t.Context(), sample, anna)
		must(t, err)
		unseen, err := w.Unseen(t.Context(), sample, anna)
		must(t, err)
		inApp = slices.ContainsFunc(list, func(n Notice) bool { return n.Kind == kind })
		if len(list) != len(unseen) {
			t.Errorf("%s: %d notices, %d of them unseen", kind, len(list), len(unseen))
		}
		return slices.ContainsFunc(w.told, func(m Message) bool { return m.Kind == kind && m.Subject == anna }), inApp
	}
	for kind, want := range map[string][2]bool{
		"security_alert": {true, true}, "incident": {true, true}, "unheard_of": {true, true}, "support_answer": {false, true}, "task_status": {false, false},
	} {
		_, err := w.Announce(t.Context(), Announcement{App: sample, Kind: kind, Text: policy.Localized{"en": "A word."}, Subjects: []privacy.SubjectID{anna}})
		must(t, err)
		if outside, inApp := told(kind); outside != want[0] || inApp != want[1] {
			t.Errorf("%s: outside %t, in the app %t", kind, outside, inApp)
		}
	}
	w.publish(2, 2*day, rule)
	if outside, inApp := told(PolicyChange); !outside || !inApp {
		t.Errorf("a change of the policy: outside %t, in the app %t", outside, inApp)
	}
	w.Silenced = nil
	if list, err := w.Notices(t.Context(), sample, anna); err != nil || len(list) != 6 {
		t.Errorf("switched on again, %d notices are there: %v", len(list), err)
	}
}

func TestAMessageOfWhichNobodyKnowsWhetherItIsWantedWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, notices("lead: immediate, channels: [in_app, push], kinds: [support_answer]"))
	anna := w.person()
	w.Silenced = func(context.Context, privacy.AppID, privacy.SubjectID, string, string) (bool, error) {
		return false, errors.New("unreadable")
	}
	_, err := w.Announce(t.Context(), Announcement{App: sample, Kind: "support_answer", Text: policy.Localized{"en": "A word."}, Subjects: []privacy.SubjectID{anna}})
	must(t, err)
	w.clock.Advance(time.Second)
	if _, err := w.Sweep(t.Context(), w.clock.Now()); err == nil || len(w.told) != 0 {
		t.Errorf("%d messages left, %v", len(w.told), err)
	}
	w.Silenced = nil
	w.after(time.Minute)
	if len(w.told) != 1 {
		t.Errorf("later %d messages left", len(w.told))
	}
}
