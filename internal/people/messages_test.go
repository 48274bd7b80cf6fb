package people

import (
	"strings"
	"testing"

	"vow.example/vow/internal/policy/matter"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/people"
)

func TestNoChoiceSilencesWhatPeopleAreOwed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.settled("mixoo")
	ctx := t.Context()
	owed := map[string][]string{
		matter.PolicyChange: {"in_app", "push"}, matter.SecurityAlert: {"in_app", "push"}, matter.SupportAnswer: {"in_app"}, matter.ServiceNotice: {"in_app"}, matter.Update: {"in_app"},
	}
	for kind, channels := range owed {
		for _, channel := range channels {
			if r := rule(w.SetMessages(ctx, who, []MessageChoice{{matter.TaskStatus, "push", true}, {kind, channel, true}})); r != "/1/off always_sent" {
				t.Errorf("%s on %s: %q", kind, channel, r)
			}
		}
	}
	if off, err := w.Silenced(ctx, who.App(), who.Subject, matter.TaskStatus, "push"); err != nil || off {
		t.Errorf("half of a refused change was made: %v", err)
	}
	must(t, w.DB.Write(ctx, func(tx *store.Tx) error { // as if somebody had written it all the same
		p, err := w.Profile(ctx, who)
		if err != nil {
			return err
		}
		for kind, channels := range owed {
			for _, channel := range channels {
				p.Switches[MessageChoice{Kind: kind, Channel: channel}.name()] = false
			}
		}
		return facts.PutProfile(ctx, tx, facts.Owner{App: who.App(), Subject: who.Subject, Now: w.clock.Now()}, p)
	}))
	p, err := w.Profile(ctx, who)
	must(t, err)
	for kind, channels := range owed {
		for _, channel := range channels {
			if off, err := w.Silenced(ctx, who.App(), who.Subject, kind, channel); err != nil || off || MessageOff(p, kind, channel) {
				t.Errorf("%s on %s is silenced, %v", kind, channel, err)
			}
		}
	}
}

func TestAChoiceAboutMessagesHoldsForItsKindAndChannelAndPersonAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, other := w.settled("mixoo"), w.settled("mixoo")
	ctx := t.Context()
	must(t, w.SetSwitches(ctx, who, map[string]bool{"notifications": true}))
	must(t, w.SetMessages(ctx, who, []MessageChoice{{matter.TaskStatus, "push", true}, {matter.Expiring, "in_app", true}, {matter.SecurityAlert, "push", false}}))
	off := func(kind, channel string) bool {
		silent, err := w.Silenced(ctx, who.App(), who.Subject, kind, channel)
		must(t, err)
		return silent
	}
	if !off(matter.TaskStatus, "push") || off(matter.TaskStatus, "in_app") || !off(matter.Expiring, "in_app") || off(matter.SupportAnswer, "push") {
		t.Error("what was chosen is not what holds")
	}
	if silent, err := w.Silenced(ctx, other.App(), other.Subject, matter.TaskStatus, "push"); err != nil || silent {
		t.Errorf("it holds for somebody else: %v", err)
	}
	p, err := w.Profile(ctx, who)
	must(t, err)
	if got := Switches(who, p); len(got) != len(who.Policy.Terms().Switches) || !got["notifications"] || !w.SwitchOn(ctx, who.App(), who.Subject, "notifications") {
		t.Errorf("the switches of the policy are %v", got)
	}
	must(t, w.SetMessages(ctx, who, []MessageChoice{{matter.TaskStatus, "push", false}}))
	if off(matter.TaskStatus, "push") || !off(matter.Expiring, "in_app") {
		t.Error("what was switched on again is off, or the rest is on")
	}
	for c, want := range map[MessageChoice]string{
		{"marketing", "push", true}:        "/0/kind not_a_kind",
		{"", "", false}:                    "/0/kind not_a_kind",
		{matter.TaskStatus, "email", true}: "/0/channel not_a_channel",
		{matter.Expiring, "push", true}:    "/0/channel not_a_channel", // a notice of the app itself
	} {
		if r := rule(w.SetMessages(ctx, who, []MessageChoice{c})); r != want {
			t.Errorf("%+v: %q", c, r)
		}
	}
}

func TestChoicesAboutMessagesEndWithTheAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.settled("picwiz")
	must(t, w.SetMessages(t.Context(), who, []MessageChoice{{matter.StaffAccess, "in_app", true}}))
	if all, _ := w.everything(); !strings.Contains(all, "message.staff_access.in_app=0") {
		t.Fatal("the choice stands nowhere")
	}
	must(t, w.erase(t.Context(), who))
	if all, _ := w.everything(); strings.Contains(all, "message.staff_access") {
		t.Error("the choice outlives the account")
	}
	if silent, err := w.Silenced(t.Context(), who.App(), who.Subject, matter.Expiring, "in_app"); err != nil || !silent {
		t.Errorf("who is gone is told something: %v", err)
	}
	if r := w.SetMessages(t.Context(), who, []MessageChoice{{matter.StaffAccess, "in_app", true}}); r == nil {
		t.Error("a choice is written for an account that is gone")
	}
}
