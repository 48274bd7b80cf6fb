package forward_test

import (
	"fmt"
	"strings"
	"testing"

	"vow.example/vow/internal/forward"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/store"
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
