package forward_test

import (
	"fmt"
	"strings"
	"testing"

	"vow.example/vow/internal/forward"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/people"
	"vow.example/vow/internal/policy/matter"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task"
)

func TestAMessageSaysThatThereIsSomethingAndNeverWhat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(mixoo)
	d, err := w.devices.Name(t.Context(), who, terms.IOS, "")
	must(t, err)
	tell := func(says disclosure.Sentence, topic string) {
		must(t, w.db.Write(t.Context(), func(tx *store.Tx) error {
			return w.Tell(t.Context(), tx, forward.Person{App: mixoo, Subject: who.Subject}, says, topic)
		}))
	}
	tell(disclosure.TaskDone, "tsk_1")
	if w.queued() != 0 {
		t.Error("a message waits for the permission")
	}
	must(t, w.people.SetPermissions(t.Context(), who, terms.IOS, map[string]bool{"notifications": true}))
	tell(disclosure.TaskDone, "tsk_2")
	tell(disclosure.TaskDone, "tsk_2") // of the same, once
	w.sweep()
	got := w.text("notification_gateway")
	if len(w.got("notification_gateway")) != 1 || !strings.Contains(got, `"body":{"address":"`+d.ID+`","channel":"push","message":{"body":"Your result is ready.","title":"Mixoo"}}`) {
		t.Errorf("it got %s", got)
	}
	if got := w.outcomes(who); fmt.Sprint(got) != "[notification_gateway sent]" {
		t.Errorf("the ledger says %v", got)
	}
	tell(disclosure.PolicyChanged, "ntc_1")
	w.switches(who, map[string]bool{"notifications": false})
	w.sweep()
	tell(disclosure.TaskFailed, "tsk_3")
	w.sweep()
	if n := len(w.got("notification_gateway")); n != 1 || w.queued() != 0 {
		t.Errorf("after a no it has %d messages, %d wait", n, w.queued())
	}
	w.switches(who, map[string]bool{"notifications": true})
	tell(disclosure.TaskFailed, "tsk_4")
	must(t, w.devices.Forget(t.Context(), who, d.ID))
	w.sweep()
	if n := len(w.got("notification_gateway")); n != 1 || w.queued() != 0 {
		t.Errorf("to a device that was forgotten: %d messages, %d wait", n, w.queued())
	}
}

func TestWhoHasNoDeviceIsToldInTheAppOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(mixoo)
	must(t, w.db.Write(t.Context(), func(tx *store.Tx) error {
		return w.Tell(t.Context(), tx, forward.Person{App: mixoo, Subject: who.Subject}, disclosure.TaskDone, "tsk_1")
	}))
	if w.queued() != 0 {
		t.Error("a message waits for nobody")
	}
}

// aware opens an account with one device that may show messages.
func aware(w *world) (task.Who, func(says disclosure.Sentence, topic string)) {
	w.t.Helper()
	who := w.person(mixoo)
	_, err := w.devices.Name(w.t.Context(), who, terms.IOS, "")
	must(w.t, err)
	must(w.t, w.people.SetPermissions(w.t.Context(), who, terms.IOS, map[string]bool{"notifications": true}))
	return who, func(says disclosure.Sentence, topic string) {
		must(w.t, w.db.Write(w.t.Context(), func(tx *store.Tx) error {
			return w.Tell(w.t.Context(), tx, forward.Person{App: mixoo, Subject: who.Subject}, says, topic)
		}))
	}
}

func TestAKindThatIsSwitchedOffIsNeverHandedToTheGateway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, tell := aware(w)
	choose := func(kind string, off bool) {
		must(t, w.people.SetMessages(t.Context(), who, []people.MessageChoice{{Kind: kind, Channel: "push", Off: off}}))
	}
	tell(disclosure.TaskDone, "tsk_1")
	tell(disclosure.SupportAnswer, "ntc_1")
	choose(matter.TaskStatus, true) // one waits already
	if w.queued() != 1 {
		t.Errorf("%d messages wait after a no to one of two", w.queued())
	}
	tell(disclosure.TaskFailed, "tsk_2")
	w.sweep()
	if list := w.got("notification_gateway"); len(list) != 1 || !strings.Contains(w.text("notification_gateway"), "Support has answered you.") || strings.Contains(w.text("notification_gateway"), "result") {
		t.Errorf("the gateway got %s", w.text("notification_gateway"))
	}
	tell(disclosure.AppUpdate, "ntc_2")
	late := w.at
	w.at = func(point string) { // the no comes when the message is on its way already, and nothing has left
		if point == "forward.prepared" {
			w.at = late
			choose(matter.Update, true)
		}
	}
	w.sweep()
	choose(matter.SupportAnswer, true)
	choose(matter.ServiceNotice, true)
	tell(disclosure.SupportAnswer, "ntc_3")
	tell(disclosure.ServiceNotice, "ntc_4")
	w.sweep()
	if n := len(w.got("notification_gateway")); n != 1 || w.queued() != 0 {
		t.Errorf("it has %d messages, %d wait", n, w.queued())
	}
	choose(matter.TaskStatus, false)
	tell(disclosure.TaskDone, "tsk_3")
	w.sweep()
	if n := len(w.got("notification_gateway")); n != 2 {
		t.Errorf("switched on again, it has %d messages", n)
	}
}

func TestNoChoiceKeepsASecurityAlertOrAChangeOfThePolicyFromTheDevice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, tell := aware(w)
	for _, m := range matter.Of(who.Policy.Terms().Notices) {
		for _, way := range m.Ways {
			_ = w.people.SetMessages(t.Context(), who, []people.MessageChoice{{Kind: m.Kind, Channel: way.Channel, Off: true}}) // as much as can be
		}
	}
	tell(disclosure.TaskDone, "tsk_1")
	tell(disclosure.SecurityAlert, "ntc_1")
	tell(disclosure.PolicyChanged, "ntc_2")
	w.sweep()
	got := w.text("notification_gateway")
	if len(w.got("notification_gateway")) != 2 || !strings.Contains(got, "the security of your account") || !strings.Contains(got, "the privacy policy") {
		t.Errorf("the gateway got %s", got)
	}
}
