package log

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"vow.example/vow/internal/fault"
)

func TestAnErrorIsLoggedByCodeOnly(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	secret := errors.New("open canary-7f3a.jpg")
	New(&out).Error("the step failed", Code(fmt.Errorf("x: %w", fault.New(fault.Invalid, "media-unreadable", "d").Because(secret))), Count(2))
	if line := out.String(); strings.Contains(line, "canary") || !strings.Contains(line, "code=media-unreadable") {
		t.Errorf("line: %s", line)
	}
	Logger{}.Info("a zero logger discards")
}

func TestWhatAnHTTPServerWritesBecomesAConstant(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	New(&b).ForServers().Printf("http: panic serving 203.0.113.7:4711: %s", "the words of a person")
	if got := b.String(); !strings.Contains(got, "the HTTP server reports") || strings.Contains(got, "203.0.113") || strings.Contains(got, "words") {
		t.Errorf("got %q", got)
	}
}
