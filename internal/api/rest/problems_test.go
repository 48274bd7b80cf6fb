package rest

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/task"
)

func TestEveryProblemHasATitleAndADetailInBothLanguages(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, p := range Problems() {
		if seen[p.Code] {
			t.Errorf("%s is listed twice", p.Code)
		}
		seen[p.Code] = true
		for _, lang := range []privacy.Lang{"en", "zh-Hans"} {
			if p.Title(lang) == "" || p.Detail(lang) == "" || strings.Contains(p.Title(lang)+p.Detail(lang), "!") {
				t.Errorf("%s in %s: %q %q", p.Code, lang, p.Title(lang), p.Detail(lang))
			}
		}
		if p.Title("en") == p.Title("zh-Hans") {
			t.Errorf("%s is not translated", p.Code)
		}
	}
	if ProblemOf("no such code").Code != "internal" {
		t.Error("an unknown code must be ours")
	}
}

func TestEveryCodeHasItsStatus(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]struct {
		kind   fault.Kind
		status int
	}{
		"consent-required": {fault.Refused, 403}, "consent-stale": {fault.Conflict, 409}, "media-unsupported": {fault.Invalid, 415},
		"media-too-large": {fault.Invalid, 413}, "media-unreadable": {fault.Invalid, 422}, "erased": {fault.Gone, 410}, "not-found": {fault.NotFound, 404},
		"unauthenticated": {fault.Refused, 401}, "rate-limited": {fault.Unavailable, 429}, "provider-unavailable": {fault.Unavailable, 503}, "internal": {fault.Internal, 500},
		"feature-not-in-region": {fault.Refused, 451},
	} {
		if got := statusOf(code, want.kind); got != want.status {
			t.Errorf("%s: %d, want %d", code, got, want.status)
		}
	}
}

func TestAFaultBecomesAProblemWithItsMembers(t *testing.T) {
	t.Parallel()
	s := &Server{Base: "https://vow.example"}
	when := time.Date(2026, 11, 21, 14, 0, 0, 0, time.UTC)
	err := fault.New(fault.Gone, "erased", "").With("receipt", "rcp_1").With("deleted_at", when).With("was_sent", true).With("max_bytes", int64(9)).
		With("accepted", []string{"image/png"}).With("rule", "r").With("state", "failed").With("recipient", "runninghub").With("explanation", "e").
		With("errors", []task.FieldError{{Pointer: "/a", Code: "b", Detail: "c"}})
	var p *problem
	if !errors.As(s.Fail(t.Context(), err), &p) {
		t.Fatal("no problem")
	}
	if p.Status != 410 || p.Receipt != "rcp_1" || !p.DeletedAt.Equal(when) || !*p.WasSent || p.MaxBytes != 9 || p.Accepted[0] != "image/png" ||
		p.Rule != "r" || p.State != "failed" || p.Recipient != "runninghub" || p.Explanation != "e" || p.Errors[0].Pointer != "/a" || p.Type != "https://vow.example/problems/erased" {
		t.Errorf("%+v", p)
	}
	if !errors.As(s.Fail(t.Context(), io.ErrUnexpectedEOF), &p) || p.Code != "internal" || strings.Contains(p.Detail, "EOF") {
		t.Errorf("an unknown error shows itself: %+v", p)
	}
}

func TestAPointerNamesFieldsAndNeverWhatSomebodyElseWrote(t *testing.T) {
	t.Parallel()
	for location, want := range map[string]string{
		"body.inputs[0].role": "/inputs/0/role", "query.from": "/from", "header.Vow-Signature": "/Vow-Signature", "body": "", "": "",
		"body.anna@example.org": "", "body.inputs[0].Anna Smith": "/inputs/0", "body.安娜": "", "body." + strings.Repeat("a", 41): "",
	} {
		if got := pointer(location); got != want {
			t.Errorf("%q: %q, want %q", location, got, want)
		}
	}
}

func TestPagesAreCutAtTheLimit(t *testing.T) {
	t.Parallel()
	id, same := func(s string) string { return s }, func(s string) string { return s }
	if p := Page([]string{"a", "b", "c"}, 2, id, same); !p.HasMore || p.NextCursor != "b" || len(p.Data) != 2 {
		t.Errorf("%+v", p)
	}
	if p := Page([]string{"a", "b"}, 2, id, same); p.HasMore || p.NextCursor != "" || len(p.Data) != 2 {
		t.Errorf("%+v", p)
	}
	if p := Page(nil, 2, id, same); p.Data == nil {
		t.Error("an empty list must be [] and not null")
	}
}
