package matter

import (
	"slices"
	"testing"

	"vow.example/vow/internal/policy/terms"
)

// channels are every channel that a policy may name.
func channels() []string { return []string{InApp, "push", "email", "sms", Board} }

func TestWhatPeopleAreOwedIsOffNowhere(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{PolicyChange, SecurityAlert, Incident, "end_of_service", "", "a_kind_that_nobody_knows"} {
		for _, channel := range channels() {
			if MayBeOff(kind, channel) {
				t.Errorf("%q may be off on %s", kind, channel)
			}
		}
	}
}

func TestAnAnswerIsAlwaysThereInTheAppAndOffOutsideWhereThePersonLikes(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{SupportAnswer, ServiceNotice, Update} {
		for _, channel := range channels() {
			if want := channel != InApp && channel != Board; MayBeOff(kind, channel) != want {
				t.Errorf("%s on %s may be off: %t", kind, channel, !want)
			}
		}
	}
	for _, kind := range []string{TaskStatus, Expiring, StaffAccess} {
		if !MayBeOff(kind, InApp) || !MayBeOff(kind, "push") || MayBeOff(kind, Board) {
			t.Errorf("%s is off somewhere else than thought", kind)
		}
	}
}

func TestAKindGoesWhereThePolicyHasSomebodyWhoCarriesIt(t *testing.T) {
	t.Parallel()
	n := terms.Notices{
		Channels: []string{InApp, Board}, Major: []string{"push", "sms"}, Kinds: []string{SupportAnswer, PolicyChange, Expiring}, Clause: "C-1",
		Gateways: []terms.Gateway{{Channel: "push", Switch: "notifications", Clause: "C-2"}},
	}
	if got := Outside(n, PolicyChange, false); !slices.Equal(got, []string{Board}) {
		t.Errorf("a change goes over %v", got)
	}
	if got := Outside(n, PolicyChange, true); !slices.Equal(got, []string{Board, "push", "sms"}) {
		t.Errorf("a significant change goes over %v", got)
	}
	for major, want := range map[bool][]string{false: {"push"}, true: {"push", "sms"}} {
		if got := Outside(n, SupportAnswer, major); !slices.Equal(got, want) {
			t.Errorf("an answer goes over %v: it is published nowhere", got)
		}
	}
	list := Of(n)
	var kinds []string
	for _, m := range list {
		kinds = append(kinds, m.Kind)
		if len(m.Ways) != 4 || m.Ways[0] != (Way{Channel: InApp, Sent: true}) || m.Ways[3].Sent {
			t.Errorf("%s: %+v", m.Kind, m.Ways)
		}
	}
	if !slices.Equal(kinds, []string{PolicyChange, SupportAnswer, Expiring, StaffAccess}) {
		t.Errorf("the kinds are %v", kinds)
	}
	if w := list[1].Ways[2]; w != (Way{Channel: "push", Sent: true, Switch: "notifications"}) || list[1].Clause != "C-2" || list[0].Clause != "C-1" {
		t.Errorf("%+v", list[1])
	}
	if list[3].Ways[2].Sent || !list[3].Own || list[2].Own {
		t.Error("a notice of the app itself leaves it")
	}
}
