package disclosure_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/guardtest"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
)

// Nothing leaves for a company whose contract was not reviewed in time, whichever way it would: as a task, a
// report or a message, anew or under a row that exists. The control is the last moment before.
func TestNothingLeavesUnderAContractThatHasLapsed(t *testing.T) {
	t.Parallel()
	p := policytest.Mixoo(t)
	f := feature(t, p, "text_to_image")
	c := disclosure.Case{
		Policy: p, Task: task, Permit: guardtest.Permit(p, someone, task, f, record), Clearance: guardtest.Clearance(p, task, f),
		Content: disclosure.Content{"prompt": disclosure.Text(privacy.NewText("a fox"))},
	}
	report, message := opened(t, p), spoken(t, p)
	type way struct {
		prepare func(context.Context, disclosure.Ledger, clock.Clock) (disclosure.Disclosure, error)
		resume  func(context.Context, disclosure.Ledger, clock.Clock, privacy.TransferID) (disclosure.Disclosure, error)
	}
	for name, tt := range map[string]way{
		"a task": {
			func(ctx context.Context, l disclosure.Ledger, clk clock.Clock) (disclosure.Disclosure, error) {
				return disclosure.Prepare(ctx, l, clk, c)
			},
			func(ctx context.Context, l disclosure.Ledger, clk clock.Clock, id privacy.TransferID) (disclosure.Disclosure, error) {
				return disclosure.Resume(ctx, l, clk, id, c, nil)
			},
		},
		"a report": {
			func(ctx context.Context, l disclosure.Ledger, clk clock.Clock) (disclosure.Disclosure, error) {
				return disclosure.PrepareReport(ctx, l, clk, report)
			},
			func(ctx context.Context, l disclosure.Ledger, clk clock.Clock, id privacy.TransferID) (disclosure.Disclosure, error) {
				return disclosure.ResumeReport(ctx, l, clk, id, report)
			},
		},
		"a message": {
			func(ctx context.Context, l disclosure.Ledger, clk clock.Clock) (disclosure.Disclosure, error) {
				return disclosure.PrepareMessage(ctx, l, clk, message)
			},
			func(ctx context.Context, l disclosure.Ledger, clk clock.Clock, id privacy.TransferID) (disclosure.Disclosure, error) {
				return disclosure.ResumeMessage(ctx, l, clk, id, message)
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, clk := newLedger(), clock.NewFake(f.Contract.Ends.Add(-time.Second))
			first, err := tt.prepare(t.Context(), l, clk)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := tt.resume(t.Context(), l, clk, first.ID()); err != nil || !again.Valid() {
				t.Fatalf("a second before: %v", err)
			}
			clk.Advance(time.Second)
			for what, try := range map[string]func() (disclosure.Disclosure, error){
				"anew":  func() (disclosure.Disclosure, error) { return tt.prepare(t.Context(), l, clk) },
				"again": func() (disclosure.Disclosure, error) { return tt.resume(t.Context(), l, clk, first.ID()) },
			} {
				d, err := try()
				if d.Valid() || !errors.Is(err, disclosure.ErrLapsed) || fault.CodeOf(err) != "recipient-lapsed" || len(l.rows) != 1 {
					t.Errorf("%s: %v, %d rows", what, err, len(l.rows))
				}
			}
		})
	}
}
