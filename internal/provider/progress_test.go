package provider_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
)

// studio is a recipient that answers every call with one status.
type studio struct {
	*egress.Egress
	status atomic.Int32
	calls  atomic.Int32
}

func newStudio(t *testing.T, status int32) *studio {
	t.Helper()
	s := &studio{}
	s.status.Store(status)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		s.calls.Add(1)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(int(s.status.Load()))
		_, _ = io.WriteString(w, `{}`)
	}))
	t.Cleanup(srv.Close)
	e, err := egress.New([]egress.Config{{Recipient: "runninghub", BaseURL: srv.URL, AllowLoopback: true}}, log.Logger{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	s.Egress = e
	return s
}

// teller is a driver of one call with content, which then says what the answer meant; "": success.
func (s *studio) teller(t *testing.T, class *egress.Class) *provider.Pool {
	t.Helper()
	p, err := provider.NewPool(s.Egress, wired(), map[string]driver.Driver{"x": scripted{begin: func(ctx context.Context, out driver.Sender, _ driver.Order) (driver.Begun, error) {
		if _, err := out.Send(ctx, wire.Request{Method: "POST", Path: "/x", Body: wire.JSON{"p": wire.Text("prompt")}}); err != nil && *class == "" {
			return driver.Begun{}, err
		}
		if *class != "" {
			return driver.Begun{}, driver.Fail(*class, "theirs")
		}
		return driver.Begun{Ticket: driver.Ticket("{}")}, nil
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func keep(progress *[]byte) func(context.Context, []byte) error {
	return func(_ context.Context, p []byte) error { *progress = slices.Clone(p); return nil }
}

// TestACallWithContentThatFailedAtTheRecipientIsNeverMadeAgain: recipients have no key against
// duplicates, so "try again" is not for the content of a call that arrived,
// whatever word the recipient has for it. "Not now" is: it says that the call was not taken.
func TestACallWithContentThatFailedAtTheRecipientIsNeverMadeAgain(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		status     int32
		says, want egress.Class // says: of the driver; "": what the gate says
	}{
		"an internal error with a code of theirs":  {500, egress.Transient, egress.UnknownOutcome},
		"an internal error in a success":           {200, egress.Transient, egress.UnknownOutcome},
		"an internal error nobody understands":     {500, "", egress.UnknownOutcome},
		"a time-out of theirs":                     {504, egress.Transient, egress.UnknownOutcome},
		"a full queue in a success":                {200, egress.Throttled, egress.Throttled},
		"a full queue":                             {429, "", egress.Throttled},
		"503, the call was not taken":              {503, "", egress.Transient},
		"503 with a code of theirs":                {503, egress.Transient, egress.Transient},
		"a refusal, which is final in another way": {200, egress.ContentRefused, egress.ContentRefused},
	} {
		s := newStudio(t, tc.status)
		p := s.teller(t, &tc.says)
		var progress []byte
		d := avatar()
		_, err := p.Begin(t.Context(), d, provider.Start{Save: keep(&progress)})
		unknown, again := tc.want == egress.UnknownOutcome, tc.want.Retryable()
		if e := asError(t, err); e.Class != tc.want || !e.WasSent || provider.Interrupted(progress) != unknown || !provider.WasSent(progress) {
			t.Errorf("%s: %+v, progress %s", name, e, progress)
		}
		sent, _ := provider.Sent(progress)
		if slices.Contains(sent, "prompt") == again || (provider.Again(progress) > 0) != again || slices.Contains(d.Spent(), "prompt") == again {
			t.Errorf("%s: %v counts as sent, %d bytes count once more", name, sent, provider.Again(progress))
		}
		s.status.Store(http.StatusOK)
		tc.says = ""
		_, err = p.Begin(t.Context(), avatar(sent...), provider.Start{Progress: progress, Save: keep(&progress)})
		if n := s.calls.Load(); again != (err == nil) || again != (n == 2) {
			t.Errorf("%s: the second attempt: %v, %d calls", name, err, n)
		}
		if e := new(egress.Error); unknown && (!errors.As(err, &e) || e.Code != "interrupted" || e.Class.Retryable() || !e.WasSent) {
			t.Errorf("%s: the second attempt: %v", name, err)
		}
	}
}

func TestAFailedCallWithoutContentMayBeMadeAgain(t *testing.T) {
	t.Parallel()
	s := newStudio(t, http.StatusOK)
	p, err := provider.NewPool(s.Egress, wired(), map[string]driver.Driver{"x": scripted{begin: func(ctx context.Context, out driver.Sender, o driver.Order) (driver.Begun, error) {
		if o.Resume == nil {
			if _, err := out.Send(ctx, wire.Request{Method: "POST", Path: "/x", Body: wire.JSON{"p": wire.Text("prompt")}}); err != nil {
				return driver.Begun{}, err
			}
			if err := out.Save(ctx, []byte("uploaded")); err != nil {
				return driver.Begun{}, err
			}
		}
		if _, err := out.Send(ctx, wire.Request{Method: "POST", Path: "/run", Body: wire.JSON{"id": wire.Literal("1")}}); err != nil || o.Resume != nil {
			return driver.Begun{Ticket: driver.Ticket("{}")}, err
		}
		return driver.Begun{}, driver.Fail(egress.Transient, "theirs")
	}}})
	if err != nil {
		t.Fatal(err)
	}
	var progress []byte
	_, err = p.Begin(t.Context(), avatar(), provider.Start{Save: keep(&progress)})
	sent, _ := provider.Sent(progress)
	if e := asError(t, err); e.Class != egress.Transient || !e.WasSent || provider.Interrupted(progress) || !slices.Contains(sent, "prompt") || provider.Again(progress) != 0 {
		t.Fatalf("got %+v, progress %s", e, progress)
	}
	if _, err := p.Begin(t.Context(), avatar(sent...), provider.Start{Progress: progress, Save: keep(&progress)}); err != nil || s.calls.Load() != 3 {
		t.Errorf("the second attempt: %v, %d calls", err, s.calls.Load())
	}
}

// TestBytesOfACallThatWasNotTakenCountOnceMore lets a queue be full twice: the content leaves three
// times, and each time is counted.
func TestBytesOfACallThatWasNotTakenCountOnceMore(t *testing.T) {
	t.Parallel()
	s := newStudio(t, http.StatusTooManyRequests)
	p := s.teller(t, new(egress.Class))
	var progress []byte
	var left int64
	for n := range int64(3) {
		if n == 2 {
			s.status.Store(http.StatusOK)
		}
		sent, err := provider.Sent(progress)
		if err != nil {
			t.Fatal(err)
		}
		before, d := provider.Again(progress), avatar(sent...)
		_, err = p.Begin(t.Context(), d, provider.Start{Progress: progress, Save: keep(&progress)})
		if (err == nil) != (n == 2) || d.SentBytes() == 0 || before != left {
			t.Fatalf("attempt %d: %v, %d bytes left, %d of %d counted before", n+1, err, d.SentBytes(), before, left)
		}
		if n < 2 {
			left += d.SentBytes()
		}
	}
	if got := provider.Again(progress); got != left || s.calls.Load() != 3 {
		t.Errorf("%d bytes count once more, want %d; %d calls", got, left, s.calls.Load())
	}
	var untouched []byte
	if _, err := pool(t, scripted{begin: func(context.Context, driver.Sender, driver.Order) (driver.Begun, error) {
		return driver.Begun{}, driver.Fail(egress.Throttled, "before-any-call")
	}}).Begin(t.Context(), avatar(), provider.Start{Save: keep(&untouched)}); asError(t, err).WasSent || provider.Again(untouched) != 0 {
		t.Errorf("nothing left, and %d bytes count", provider.Again(untouched))
	}
	if provider.Again(nil) != 0 || provider.Again([]byte("{")) != 0 {
		t.Error("bytes are made up")
	}
}
