package gateway_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/sim/gateway"
	"vow.example/vow/internal/sim/kit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	secret = "whsec_ZmFrZWZha2VmYWtlZmFrZWZha2VmYWtl"
	letter = `{"channel":"email","address":"jo@mail.example","message":{"title":"Done","body":"Your picture is ready."}}`
)

func start(t *testing.T) (*gateway.Sim, *clock.Adjustable) {
	t.Helper()
	fake := clock.NewFake(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	s := gateway.New(gateway.Options{Options: kit.Options{Clock: fake}, Secret: secret, Gone: []string{"a-lost-phone"}})
	t.Cleanup(s.Close)
	return s, fake
}

// post sends a body, signed at a time with a secret.
func post(t *testing.T, s http.Handler, id, body, key string, at time.Time) (int, string) {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(key, "whsec_"))
	if err != nil {
		t.Fatal(err)
	}
	h := hmac.New(sha256.New, raw)
	_, _ = fmt.Fprintf(h, "%s.%d.%s", id, at.Unix(), body)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/messages", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("webhook-id", id)
	r.Header.Set("webhook-timestamp", fmt.Sprint(at.Unix()))
	r.Header.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(h.Sum(nil)))
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func TestAMessageIsTakenOnceAndKeptForATime(t *testing.T) {
	t.Parallel()
	s, fake := start(t)
	for range 2 {
		if status, body := post(t, s, "m1", letter, secret, fake.Now()); status != http.StatusAccepted || body != `{"status":"accepted"}` {
			t.Fatalf("%d %s", status, body)
		}
	}
	want := gateway.Message{ID: "m1", Channel: "email", Address: "jo@mail.example", Title: "Done", Body: "Your picture is ready."}
	if got := s.Delivered(); len(got) != 1 || got[0] != want {
		t.Errorf("delivered %+v", got)
	}
	e := s.Received()
	if got := strings.Join(e.Requests[0].Fields, " "); got != "address message" || len(e.Holds) != 2 || len(e.Violations) > 0 {
		t.Errorf("carried %s, holds %d, noticed %v", got, len(e.Holds), e.Violations)
	}
	fake.Advance(30 * 24 * time.Hour)
	if n := len(s.Received().Holds); n != 0 {
		t.Errorf("after thirty days %d things are kept", n)
	}
}

func TestEveryRefusalHasItsCode(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		id, body, key string
		late          time.Duration
		status        int
		code          string
	}{
		"another secret":      {"m", letter, "b3RoZXJvdGhlcm90aGVyb3RoZXI=", 0, 401, "bad-signature"},
		"no name":             {"", letter, secret, 0, 401, "bad-signature"},
		"an old signature":    {"m", letter, secret, -6 * time.Minute, 401, "stale"},
		"one of tomorrow":     {"m", letter, secret, 24 * time.Hour, 401, "stale"},
		"a member too many":   {"m", strings.Replace(letter, `"channel"`, `"photo":"x","channel"`, 1), secret, 0, 422, "invalid"},
		"a text for a letter": {"m", `{"channel":"push","address":"a","message":"hello"}`, secret, 0, 422, "invalid"},
		"an unknown channel":  {"m", strings.Replace(letter, "email", "fax", 1), secret, 0, 422, "invalid"},
		"no address":          {"m", strings.Replace(letter, "jo@mail.example", "", 1), secret, 0, 422, "invalid"},
		"no JSON":             {"m", "hello", secret, 0, 422, "invalid"},
		"a lost phone":        {"m", strings.Replace(letter, "jo@mail.example", "a-lost-phone", 1), secret, 0, 410, "gone"},
	} {
		s, fake := start(t)
		status, body := post(t, s, c.id, c.body, c.key, fake.Now().Add(c.late))
		if status != c.status || body != `{"error":"`+c.code+`"}` || len(s.Delivered()) > 0 {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	s, fake := start(t)
	for code, want := range map[string]int{"unknown-address": 422, "rejected": 422, "too-many": 429, "internal": 500} {
		s.Next(code)
		if status, body := post(t, s, "m", letter, secret, fake.Now()); status != want || !strings.Contains(body, code) {
			t.Errorf("%s: %d %s", code, status, body)
		}
	}
	s.Inject(kit.Injection{Fault: kit.Throttled, Times: 1})
	if status, _ := post(t, s, "m", letter, secret, fake.Now()); status != http.StatusTooManyRequests || len(s.Delivered()) > 0 {
		t.Errorf("throttled: %d", status)
	}
	s.Inject(kit.Injection{Fault: kit.FailedAfter, Times: 1})
	if status, _ := post(t, s, "m", letter, secret, fake.Now()); status != http.StatusInternalServerError || len(s.Delivered()) != 1 {
		t.Errorf("failed after: %d, %d delivered", status, len(s.Delivered()))
	}
}

func TestAnIdentifierOfTheAppIsNoticedOutsideOfAMessage(t *testing.T) {
	t.Parallel()
	s, fake := start(t)
	_, _ = post(t, s, "tsk_01jd3v9q8w", letter, secret, fake.Now())
	if odd := s.Received().Violations; len(odd) != 1 || !strings.Contains(odd[0], "identifier of the app") {
		t.Errorf("noticed %v", odd)
	}
}
