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

// turn waits for one that the test gives back.
func turn(t *testing.T, h *Hasher) Turn {
	t.Helper()
	got, err := h.Turn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(got.Done)
	return got
}

func TestAPasswordIsKeptSealedUnderAFreshSalt(t *testing.T) {
	t.Parallel()
	h, other := turn(t, New([32]byte{1})), turn(t, New([32]byte{2}))
	first := h.Hash(privacy.NewText(good))
	if second := h.Hash(privacy.NewText(good)); bytes.Equal(first, second) || bytes.Contains(first, []byte(good)) {
		t.Error("the same password shows")
	}
	for given, want := range map[string]bool{good: true, good + " ": false, strings.ToUpper(good): false, "": false} {
		if ok, err := h.Match(privacy.NewText(given), first); ok != want || err != nil {
			t.Errorf("%q: %v %v", given, ok, err)
		}
	}
	if ok, err := other.Match(privacy.NewText(good), first); ok || err == nil {
		t.Errorf("another server's key opens it: %v", err)
	}
	for _, kept := range [][]byte{nil, {}, first[:len(first)-1], append(bytes.Clone(first), 0)} {
		if ok, err := h.Match(privacy.NewText(good), kept); ok || err == nil {
			t.Errorf("%d bytes match: %v", len(kept), err)
		}
	}
}

func TestWhoeverWaitsForATurnMayLeave(t *testing.T) {
	t.Parallel()
	h := New([32]byte{1})
	ctx, cancel := context.WithCancel(t.Context())
	var taken []Turn
	for range parallel {
		taken = append(taken, turn(t, h))
	}
	left := make(chan error)
	go func() {
		_, err := h.Turn(ctx)
		left <- err
	}()
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	free := New([32]byte{1})
	for range 100 * len(taken) {
		if _, err := free.Turn(ctx); !errors.Is(err, context.Canceled) {
			t.Fatal("whoever has left gets a turn that is free")
		}
	}
}
