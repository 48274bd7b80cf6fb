package password

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"vow.example/vow/internal/privacy"
)

const good = "odd enough 47"

func TestAWeakPasswordIsNamedByTheRuleThatItBreaks(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"123456": "too_short", "": "too_short", "短密码": "too_short", "1234567890": "too_common", "12345678901234": "too_common", "Password2026!": "too_common",
		"qwertyuiop": "too_common", "aaaaaaaaaaaa": "too_common", "ababababab": "too_common", "abcdefghijk": "too_common", "zyxwvutsrqp": "too_common", "woaini1314520": "too_common",
		"me@example.org": "same_as_login", strings.Repeat("long and odd ", 10): "too_long", good: "", "correct horse battery": "", "不太常见的一个密码啊": "",
	} {
		if got := Weakness(privacy.NewText(given), "me@example.org"); got.Code != want {
			t.Errorf("%q: %q, want %q", given, got.Code, want)
		}
	}
	if got := Weakness(privacy.NewText("123456"), ""); got.Detail == "" || strings.Contains(got.Detail, "123456") {
		t.Errorf("%+v", got)
	}
}

func TestAPasswordIsKeptSealedUnderAFreshSalt(t *testing.T) {
	t.Parallel()
	h, ctx := New([32]byte{1}), t.Context()
	first, err := h.Hash(ctx, privacy.NewText(good))
	if err != nil {
		t.Fatal(err)
	}
	second, err := h.Hash(ctx, privacy.NewText(good))
	if err != nil || bytes.Equal(first, second) || bytes.Contains(first, []byte(good)) {
		t.Errorf("the same password shows: %v", err)
	}
	for given, want := range map[string]bool{good: true, good + " ": false, strings.ToUpper(good): false, "": false} {
		if ok, err := h.Match(ctx, privacy.NewText(given), first); ok != want || err != nil {
			t.Errorf("%q: %v %v", given, ok, err)
		}
	}
	if ok, err := New([32]byte{2}).Match(ctx, privacy.NewText(good), first); ok || err == nil {
		t.Errorf("another server's key opens it: %v", err)
	}
	for _, kept := range [][]byte{nil, {}, first[:len(first)-1], append(bytes.Clone(first), 0)} {
		if ok, err := h.Match(ctx, privacy.NewText(good), kept); ok || err == nil {
			t.Errorf("%d bytes match: %v", len(kept), err)
		}
	}
}

func TestWhoeverWaitsForATurnMayLeave(t *testing.T) {
	t.Parallel()
	h := New([32]byte{1})
	for range parallel {
		h.turns <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Hash(ctx, privacy.NewText(good)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
