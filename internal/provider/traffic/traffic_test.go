package traffic_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/traffic"
)

const abroad = privacy.RecipientID("abroad")

func failed(c egress.Class, after time.Duration) error {
	return &egress.Error{Class: c, Code: "x1", RetryAfter: after}
}

// waits returns the code and the pause of a "not now", or "".
func waits(t *testing.T, err error) (string, time.Duration) {
	t.Helper()
	if err == nil {
		return "", 0
	}
	var e *egress.Error
	if !errors.As(err, &e) || e.Class != egress.Waiting || e.WasSent {
		t.Fatalf("%v is no waiting", err)
	}
	return e.Code, e.RetryAfter
}

func newControl(l traffic.Limits, p traffic.Pauses) (*traffic.Control, *clock.Adjustable) {
	clk := clock.NewFake(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	return traffic.New(clk, map[privacy.RecipientID]traffic.Limits{abroad: l}, p), clk
}

func TestNoMoreJobsAreThereThanTheRecipientTakes(t *testing.T) {
	t.Parallel()
	c, _ := newControl(traffic.Limits{Parallel: 1}, nil)
	done, err := c.Order(abroad, "tsk_1")
	if err != nil {
		t.Fatal(err)
	}
	done(nil)
	if code, after := waits(t, second(c.Order(abroad, "tsk_2"))); code != traffic.Parallel || after <= 0 {
		t.Errorf("a second job: %q after %v", code, after)
	}
	if code, _ := waits(t, second(c.Order(abroad, "tsk_1"))); code != "" {
		t.Errorf("a task waits for its own slot: %s", code)
	}
	if code, _ := waits(t, second(c.Order("elsewhere", "tsk_3"))); code != "" {
		t.Errorf("another recipient is held back: %s", code)
	}
	c.Release("tsk_1")
	c.Release("tsk_1")
	c.Release("tsk_unknown")
	if code, _ := waits(t, second(c.Order(abroad, "tsk_2"))); code != "" {
		t.Errorf("a free slot is not given: %s", code)
	}
	c.Occupy(abroad, "tsk_9")
	c.Occupy(abroad, "tsk_9")
	if v := c.View(abroad); v.InFlight != 2 || v.Parallel != 1 {
		t.Errorf("a job that is there already counts as %+v", v)
	}
}

func second(_ func(error), err error) error { return err }

func TestOrdersComeAtTheAgreedRate(t *testing.T) {
	t.Parallel()
	c, clk := newControl(traffic.Limits{PerMinute: 12, Parallel: 100}, nil)
	if code, _ := waits(t, second(c.Order(abroad, "tsk_1"))); code != "" {
		t.Fatal(code)
	}
	code, after := waits(t, second(c.Order(abroad, "tsk_2")))
	if code != traffic.Rate || after != 5*time.Second {
		t.Errorf("%q after %v", code, after)
	}
	if v := c.View(abroad); v.InFlight != 1 {
		t.Errorf("a task that waits has a slot: %+v", v)
	}
	clk.Advance(5 * time.Second)
	if code, _ := waits(t, second(c.Order(abroad, "tsk_2"))); code != "" {
		t.Errorf("after its pause: %s", code)
	}
}

func TestWhatOneTaskIsToldToWaitForEveryOtherOneWaitsFor(t *testing.T) {
	t.Parallel()
	c, clk := newControl(traffic.Limits{}, nil)
	done, err := c.Order(abroad, "tsk_1")
	if err != nil {
		t.Fatal(err)
	}
	done(failed(egress.Throttled, time.Minute))
	_, order := c.Order(abroad, "tsk_2")
	_, question := c.Question(abroad)
	for _, err := range []error{order, question} {
		if code, after := waits(t, err); code != traffic.Asked || after != time.Minute {
			t.Errorf("%q after %v", code, after)
		}
	}
	if v := c.View(abroad); v.State != "waiting" || v.LastCode != "throttled/x1" {
		t.Errorf("%+v", v)
	}
	clk.Advance(time.Minute)
	if _, err := c.Question(abroad); err != nil || c.View(abroad).State != "ok" {
		t.Errorf("after the minute: %v", err)
	}
}

func TestABrokenRecipientIsLeftAloneAndThenTriedOnce(t *testing.T) {
	t.Parallel()
	c, _ := newControl(traffic.Limits{Failures: 3, Rest: 50 * time.Millisecond}, nil)
	for i := range 3 {
		done, err := c.Question(abroad)
		if err != nil {
			t.Fatalf("call %d: %v", i, err)
		}
		done(failed(egress.Transient, 0))
	}
	if code, after := waits(t, second(c.Order(abroad, "tsk_1"))); code != traffic.Open || after <= 0 {
		t.Errorf("%q after %v", code, after)
	}
	if v := c.View(abroad); v.State != "open" || v.Failures != 3 || v.InFlight != 0 {
		t.Errorf("%+v", v)
	}
	var done func(error)
	for end := time.Now().Add(10 * time.Second); done == nil && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		done, _ = c.Question(abroad)
	}
	if done == nil {
		t.Fatal("it is never tried again")
	}
	if code, _ := waits(t, second(c.Question(abroad))); code != traffic.Open {
		t.Errorf("two calls try at once: %q", code)
	}
	done(nil)
	if v := c.View(abroad); v.State != "ok" || v.Failures != 0 || v.LastOK.IsZero() {
		t.Errorf("%+v", v)
	}
}

func TestARefusalIsAnAnswerAndOursSaysNothing(t *testing.T) {
	t.Parallel()
	c, _ := newControl(traffic.Limits{Failures: 1}, nil)
	for _, err := range []error{
		failed(egress.ContentRefused, 0), failed(egress.NoFace, 0), failed(egress.Auth, 0), failed(egress.Throttled, 0),
		failed(egress.Blocked, 0), failed(egress.Waiting, time.Hour), context.Canceled, nil,
	} {
		done, refused := c.Question(abroad)
		if refused != nil {
			t.Fatalf("before %v: %v", err, refused)
		}
		done(err)
	}
	if v := c.View(abroad); v.State != "ok" || v.LastCode != "throttled/x1" {
		t.Errorf("%+v", v)
	}
}

type paused map[privacy.RecipientID]time.Time

func (p paused) Paused(r privacy.RecipientID) (bool, time.Time) {
	since, ok := p[r]
	return ok, since
}

func TestAPausedRecipientGetsNothingNewAndEndsWhatItHas(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	c, _ := newControl(traffic.Limits{}, paused{abroad: since})
	if code, _ := waits(t, second(c.Order(abroad, "tsk_1"))); code != traffic.Paused {
		t.Errorf("%q", code)
	}
	if _, err := c.Question(abroad); err != nil {
		t.Error(err)
	}
	if v := c.View(abroad); v.State != "paused" || !v.Since.Equal(since) {
		t.Errorf("%+v", v)
	}
	if is, at := c.Paused(abroad); !is || !at.Equal(since) {
		t.Error("the pause is not told")
	}
}

func TestWhatIsLeftOutHasADefault(t *testing.T) {
	t.Parallel()
	c, _ := newControl(traffic.Limits{Parallel: -1}, nil)
	if v := c.View(abroad); v.Parallel != 32 || v.State != "ok" {
		t.Errorf("%+v", v)
	}
	for i := range 32 {
		if _, err := c.Order(abroad, privacy.TaskID(fmt.Sprint("tsk_", i))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Order(abroad, "tsk_33"); err == nil {
		t.Error("there is no cap")
	}
}

func TestAPoolUnderTestHasNoRules(t *testing.T) {
	t.Parallel()
	var c *traffic.Control
	c.Occupy(abroad, "tsk_1")
	c.Release("tsk_1")
	for range 100 {
		order, err := c.Order(abroad, "tsk_1")
		question, err2 := c.Question(abroad)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		order(failed(egress.Transient, time.Hour))
		question(failed(egress.Transient, time.Hour))
	}
	if paused, _ := c.Paused(abroad); paused || c.View(abroad).State != "ok" {
		t.Error("rules hold that nobody made")
	}
}
