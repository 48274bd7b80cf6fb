package intake_test

import (
	"strings"
	"testing"

	"vow.example/vow/internal/intake"
	people "vow.example/vow/internal/store/people"
)

const complained = `{"platform":"ios","text":"my picture canary-5f1c","email":"anna@example.com"`

func TestAComplaintIsKeptWhereItsWriterWasTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	o, err := w.Complain(t.Context(), "ip", call(who, complained+`,"passed_on":"respondent"}`))
	must(t, err)
	list := w.objects(who)
	if len(list) != 1 || list[0].Object != o.Object || o.Category != "complaint" || o.Role != "ip" || o.Origin != intake.FromSubject || !o.Due().After(w.clock.Now()) {
		t.Fatalf("%+v", list)
	}
	r := w.read(o)
	if d := r.Items[0].Data; d["text"] != "my picture canary-5f1c" || d["email"] != "anna@example.com" || r.Platform != "" || r.Network != nil {
		t.Error("kept is what was written, and not on which device")
	}
	if n, err := w.Complain(t.Context(), "noise", call(who, `{"platform":"web","text":"too loud"}`)); err != nil || n.Role != "noise" {
		t.Errorf("one that goes to nobody: %+v, %v", n, err)
	}
	w.sweep(o.Due().Sub(w.clock.Now()))
	if m := w.held(); m.objects != 0 || m.files != 0 {
		t.Errorf("%+v", m)
	}
	w.scan(canary, "anna@example.com")
}

func TestAComplaintWhoseWriterWasNotToldLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	before := w.held()
	for _, tt := range []struct{ name, source, body, code string }{
		{"nobody was told", "ip", complained + `}`, "validation"},
		{"they were told something else", "ip", complained + `,"passed_on":"consent"}`, "validation"},
		{"they were told no word", "ip", complained + `,"passed_on":true}`, "validation"},
		{"they were told what is not so", "noise", `{"platform":"ios","text":"canary-5f1c","passed_on":"respondent"}`, "validation"},
		{"no address", "ip", `{"platform":"ios","text":"canary-5f1c","passed_on":"respondent"}`, "validation"},
		{"an unlisted field", "ip", complained + `,"passed_on":"respondent","data":{"phone":"1"}}`, "field-not-allowed"},
		{"a field of another source", "noise", complained + `}`, "field-not-allowed"},
		{"what is never taken", "ip", complained + `,"passed_on":"respondent","data":{"clipboard":"x"}}`, "category-not-allowed"},
		{"no such source", "work", complained + `,"passed_on":"respondent"}`, "feature-unavailable"},
		{"a source of letters", "support", `{"platform":"ios","text":"canary-5f1c"}`, "feature-unavailable"},
		{"no words", "noise", `{"platform":"ios"}`, "validation"},
		{"too many words", "ip", `{"platform":"ios","text":"` + strings.Repeat("canary-5f1c ", 100) + `","email":"anna@example.com","passed_on":"respondent"}`, "validation"},
	} {
		_, err := w.Complain(t.Context(), tt.source, call(who, tt.body))
		t.Run(tt.name, func(t *testing.T) { code(t, err, tt.code, canary, "anna") })
	}
	for _, body := range []string{complained + `,"passed_on":"respondent"}`, `{"platform":"ios","text":"canary-5f1c","passed_on":""}`} {
		_, err := w.Write(t.Context(), "", call(who, body)) // a letter is told on nobody's ground
		code(t, err, "field-not-allowed", canary)
	}
	w.chooses(who, people.Profile{Objections: w.objections("support")})
	_, err := w.Complain(t.Context(), "ip", call(who, complained+`,"passed_on":"respondent"}`))
	code(t, err, "conflict", canary) // it is not dropped without a word
	after := w.held()
	if after.rows = before.rows; after != before {
		t.Errorf("held %+v, before %+v", after, before)
	}
	w.scan(canary)
}
