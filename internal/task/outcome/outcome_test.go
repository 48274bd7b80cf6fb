package outcome_test

import (
	"testing"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/task/outcome"
)

func TestEveryClassOfFailureHasOneRowWithWordsAndAdvice(t *testing.T) {
	t.Parallel()
	want := map[egress.Class]string{
		egress.Throttled: "provider-unavailable", egress.Transient: "provider-unavailable", egress.Waiting: "provider-unavailable",
		egress.ContentRefused: "content-refused", egress.RealPersonRefused: "real-person-refused", egress.NoFace: "no-face",
		egress.BadMedia: "picture-refused", egress.Failed: "provider-refused", egress.Quota: "provider-account", egress.Auth: "provider-account",
		egress.Gone: "provider-lost", egress.Bug: "provider-mismatch", egress.UnknownOutcome: "provider-interrupted", egress.Blocked: "egress-refused",
		egress.Unclassified: "internal", "a class of tomorrow": "internal",
	}
	for class, code := range want {
		if got := outcome.Of(class).Code; got != code {
			t.Errorf("%q leads to %s, want %s", class, got, code)
		}
	}
	codes, classes := map[string]bool{}, map[egress.Class]bool{}
	for _, r := range outcome.Table() {
		if codes[r.Code] || r.Title.EN == "" || r.Title.ZH == "" || r.Detail.EN == "" || r.Detail.ZH == "" || r.Advice == "" {
			t.Errorf("%s stands twice or lacks words", r.Code)
		}
		codes[r.Code] = true
		for _, c := range r.Classes {
			if classes[c] {
				t.Errorf("%s stands in two rows", c)
			}
			classes[c] = true
		}
	}
}

func TestThePersonIsToldWhatToDo(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]outcome.Advice{
		"provider-unavailable": outcome.Wait, "content-refused": outcome.ChangeInput, "real-person-refused": outcome.AnotherPhoto,
		"no-face": outcome.AnotherPhoto, "picture-refused": outcome.AnotherPhoto, "provider-account": outcome.Nothing,
		"upload-again": outcome.AnotherPhoto, "review-blocked": outcome.ChangeInput, "expired": outcome.Wait, "canceled": outcome.Nothing, "restored": outcome.Wait,
	} {
		if got := outcome.AdviceFor(code); got != want || got.Words().In("en") == got.Words().In("zh-Hans") {
			t.Errorf("%s: %s", code, got)
		}
	}
}

func TestALedgerSaysWhatIsKnownOfATransfer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		left, unknown bool
		want          string
	}{{false, false, "refused"}, {true, false, "sent"}, {false, true, "unknown"}, {true, true, "unknown"}} {
		if got := outcome.Word(c.left, c.unknown); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}
