package intake_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/intake"
	"vow.example/vow/internal/policy/terms"
	facts "vow.example/vow/internal/store/intake"
	people "vow.example/vow/internal/store/people"
	"vow.example/vow/internal/task"
)

func (w *world) writes(who task.Who, thread, body string) facts.Thread {
	w.t.Helper()
	t, err := w.Write(w.t.Context(), thread, call(who, body))
	must(w.t, err)
	return t
}

func (w *world) said(who task.Who, thread string) []intake.Message {
	w.t.Helper()
	_, list, err := w.Messages(w.t.Context(), who, thread, vault.Reading{Why: vault.ForSubject})
	must(w.t, err)
	return list
}

func TestAConversationGoesToAndFroAndEndsWithItsClock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	thread := w.writes(who, "", `{"platform":"web","text":"canary-5f1c is slow","email":"anna@example.com","data":{"topic":"bug"}}`)
	if !thread.ClosesAt.Equal(w.clock.Now().Add(90*day)) || !thread.ExpiresAt.Equal(w.clock.Now().Add(120*day)) {
		t.Errorf("%+v", thread)
	}
	w.clock.Advance(time.Hour)
	must(t, w.Answer(t.Context(), who, thread.ID, "Which page is it?"))
	w.clock.Advance(time.Hour)
	w.writes(who, thread.ID, `{"platform":"web","text":"The first one."}`)
	list := w.said(who, thread.ID)
	if len(list) != 3 || list[0].Author != facts.BySubject || list[0].Data["text"] != "canary-5f1c is slow" || list[0].Data["email"] != "anna@example.com" || list[0].Data["topic"] != "bug" ||
		list[1].Author != facts.ByStaff || list[1].Data["text"] != "Which page is it?" || list[2].Data["text"] != "The first one." {
		t.Fatalf("%d messages", len(list))
	}
	if s := fmt.Sprintf("%v %+v", list, list[0]); strings.Contains(s, "anna") {
		t.Errorf("it prints: %s", s)
	}
	for _, o := range w.objects(who) {
		if o.Category != "support_message" || o.Role != "support" || (o.Origin != intake.FromSubject && o.Origin != intake.FromStaff) || !o.ExpiresAt.Equal(thread.ExpiresAt) {
			t.Errorf("%+v", o)
		}
	}
	if found := w.finds(canary); len(found) != 1 {
		t.Errorf("%v", found)
	}
	if open, err := facts.ThreadOf(t.Context(), w.DB.App(app), who.Subject, thread.ID); err != nil || open.Closed(w.clock.Now()) || !open.ChangedAt.Equal(w.clock.Now()) {
		t.Errorf("open: %+v, %v", open, err)
	}
	must(t, w.Close(t.Context(), who, thread.ID))
	closed := w.clock.Now()
	for _, o := range w.objects(who) {
		if !o.ExpiresAt.Equal(closed.Add(30*day)) || o.Starts != "case_closed" {
			t.Errorf("after the end: %s by %s", o.ExpiresAt, o.Starts)
		}
	}
	must(t, w.Close(t.Context(), who, thread.ID)) // once more is no error
	_, err := w.Write(t.Context(), thread.ID, call(who, `{"platform":"web","text":"One more thing"}`))
	code(t, err, "conflict")
	code(t, w.Answer(t.Context(), who, thread.ID, "Too late"), "conflict")
	if list := w.said(who, thread.ID); len(list) != 3 || list[0].Data == nil {
		t.Errorf("%d messages can be read after the end", len(list))
	}
	w.sweep(30 * day)
	if m := w.held(); m.objects != 0 || m.files != 0 {
		t.Errorf("%+v", m)
	}
	if _, err := facts.ThreadOf(t.Context(), w.DB.App(app), who.Subject, thread.ID); err == nil {
		t.Error("the row outlives what was said")
	}
	w.scan(canary, "anna@example.com")
}

func TestAConversationThatNobodyClosesClosesByItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	thread := w.writes(who, "", `{"platform":"ios","text":"hello"}`)
	w.sweep(89 * day)
	w.writes(who, thread.ID, `{"platform":"ios","text":"still there?"}`)
	w.sweep(day)
	_, err := w.Write(t.Context(), thread.ID, call(who, `{"platform":"ios","text":"hello?"}`))
	code(t, err, "conflict")
	if list := w.said(who, thread.ID); len(list) != 2 {
		t.Errorf("%d messages", len(list))
	}
	w.sweep(30 * day)
	if m := w.held(); m.objects != 0 {
		t.Errorf("%+v", m)
	}
}

func TestAMessageThatWasErasedLeavesItsPlaceUntilTheLastIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	thread := w.writes(who, "", `{"platform":"ios","text":"one"}`)
	w.clock.Advance(time.Minute)
	w.writes(who, thread.ID, `{"platform":"ios","text":"two"}`)
	list := w.objects(who)
	must(t, w.Vault.Erase(t.Context(), list[0].Ref)) // its row is still there
	if said := w.said(who, thread.ID); len(said) != 2 || said[0].Data != nil || said[1].Data["text"] != "two" {
		t.Errorf("%d messages", len(said))
	}
	for i, o := range list {
		_, err := w.Eraser.Object(t.Context(), o, "subject_request", nil)
		must(t, err)
		_, err = facts.ThreadOf(t.Context(), w.DB.App(app), who.Subject, thread.ID)
		if (err == nil) != (i == 0) {
			t.Errorf("after %d of 2: %v", i+1, err)
		}
	}
}

func TestSupportIsTheirsAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, stranger := w.person(app), w.person(app)
	thread := w.writes(who, "", `{"platform":"ios","text":"mine"}`)
	_, err := w.Write(t.Context(), thread.ID, call(stranger, `{"platform":"ios","text":"hm"}`))
	code(t, err, "not-found")
	_, _, err = w.Messages(t.Context(), stranger, thread.ID, vault.Reading{Why: vault.ForSubject})
	code(t, err, "not-found")
	code(t, w.Close(t.Context(), stranger, thread.ID), "not-found")
	code(t, w.Answer(t.Context(), stranger, thread.ID, "hm"), "not-found")
	if list, err := w.Threads(t.Context(), stranger, "", 10); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
	_, _, err = w.Messages(t.Context(), who, thread.ID, vault.Reading{Why: vault.ForStaff, Purpose: "support", Policy: who.Policy})
	code(t, err, "case-required")
	_, list, err := w.Messages(t.Context(), who, thread.ID, vault.Reading{Why: vault.ForStaff, Purpose: "support", Policy: who.Policy, Case: "cas_1"})
	if err != nil || len(list) != 1 {
		t.Errorf("%d, %v", len(list), err)
	}
}

func TestALetterThatIsNoneLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	before := w.held()
	for body, want := range map[string]string{
		`{"platform":"ios"}`:                                                                               "validation",
		`{"platform":"ios","text":""}`:                                                                     "validation",
		`{"platform":"ios","text":"canary-5f1c","email":"nobody"}`:                                         "validation",
		`{"platform":"ios","text":"canary-5f1c","data":{"phone":"1"}}`:                                     "field-not-allowed",
		`{"platform":"ios","text":"canary-5f1c","app_state":"background"}`:                                 "validation",
		`{"platform":"ios","text":"` + strings.Repeat("canary-5f1c ", 200) + `"}`:                          "validation",
		`{"platform":"ios","text":"canary-5f1c","data":{"clipboard":"x"}}`:                                 "category-not-allowed",
		`{"platform":"ios","text":"` + canary + strings.Repeat("iVBORw0KGgoAAAANSUhEUgAAAAEAA", 20) + `"}`: "validation",
	} {
		_, err := w.Write(t.Context(), "", call(who, body))
		code(t, err, want, canary)
	}
	if after := w.held(); after != before {
		t.Errorf("held %+v, before %+v", after, before)
	}
	w.scan(canary)
}

func TestFeedbackAndSurveysAreKeptAndNotAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	for _, tt := range []struct {
		kind terms.IntakeKind
		id   string
		body string
		kept int
		code string
	}{
		{terms.Feedback, "", `{"platform":"ios","text":"canary-5f1c","data":{"stars":5}}`, 1, ""},
		{terms.Feedback, "", `{"platform":"ios","data":{"stars":6}}`, 0, "validation"},
		{terms.Feedback, "", `{"platform":"ios","email":"anna@example.com"}`, 0, "field-not-allowed"},
		{terms.Feedback, "", `{"platform":"ios"}`, 0, ""},
		{terms.Survey, "spring", `{"platform":"ios","text":"because","data":{"likes":"films"}}`, 1, ""},
		{terms.Survey, "autumn", `{"platform":"ios","data":{"likes":"films"}}`, 0, "feature-unavailable"},
	} {
		n, err := w.Say(t.Context(), tt.kind, tt.id, call(who, tt.body))
		if n != tt.kept || tt.code == "" && err != nil {
			t.Errorf("%s: %d, %v", tt.body, n, err)
		} else if tt.code != "" {
			code(t, err, tt.code)
		}
	}
	if list := w.objects(who); len(list) != 2 || list[0].Category != "questionnaire_answer" || w.read(list[1]).Items[0].Data["text"] != "because" {
		t.Errorf("%d objects", len(list))
	}
	w.chooses(who, people.Profile{Objections: w.objections("support")})
	if n, err := w.Say(t.Context(), terms.Feedback, "", call(who, `{"platform":"ios","text":"x"}`)); n != 0 || err != nil {
		t.Errorf("after an objection: %d, %v", n, err)
	}
	before := w.held()
	_, err := w.Write(t.Context(), "", call(who, `{"platform":"ios","text":"canary-5f1c"}`))
	code(t, err, "conflict", canary)
	if after := w.held(); after != before {
		t.Errorf("held %+v, before %+v", after, before)
	}
}
