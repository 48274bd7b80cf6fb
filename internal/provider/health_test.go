package provider_test

import (
	"context"
	"testing"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/guardtest"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/provider/traffic"
)

type pauses map[privacy.RecipientID]bool

func (p pauses) Paused(r privacy.RecipientID) (bool, time.Time) { return p[r], time.Time{} }

func order(task privacy.TaskID) disclosure.Disclosure {
	e := disclosure.Entry{ID: "trf_x", App: "pixplus", Task: task, Feature: "avatar", Recipient: "runninghub"}
	return guardtest.Disclosure(e, disclosure.Content{"prompt": disclosure.Text(privacy.NewText("a fox"))})
}

func TestATaskWhoseTurnHasNotComeIsNotEvenShownToTheDriver(t *testing.T) {
	t.Parallel()
	asked := 0
	p := pool(t, scripted{begin: func(context.Context, driver.Sender, driver.Order) (driver.Begun, error) {
		asked++
		return driver.Begun{Ticket: driver.Ticket("job")}, nil
	}})
	p.Govern(traffic.New(clock.Real{}, map[privacy.RecipientID]traffic.Limits{"runninghub": {Parallel: 1}}, nil))
	if _, err := p.Begin(t.Context(), order("tsk_1"), provider.Start{}); err != nil {
		t.Fatal(err)
	}
	left := []byte(`{"sent":["photo"],"left":true}`)
	for progress, sent := range map[string]bool{"": false, string(left): true} {
		_, err := p.Begin(t.Context(), order("tsk_2"), provider.Start{Progress: []byte(progress)})
		if e := asError(t, err); e.Class != egress.Waiting || e.Code != traffic.Parallel || e.WasSent != sent || asked != 1 {
			t.Errorf("%+v after %d orders", e, asked)
		}
	}
	if h := p.Health(); len(h) != 1 || h[0].Recipient != "runninghub" || h[0].InFlight != 1 || h[0].Parallel != 1 || h[0].State != "ok" || h[0].LastOK.IsZero() {
		t.Errorf("%+v", h)
	}
	p.Release("tsk_1")
	p.Occupy("runninghub", "tsk_3")
	if _, err := p.Begin(t.Context(), order("tsk_2"), provider.Start{}); asError(t, err).Class != egress.Waiting {
		t.Error("a place that is taken was given")
	}
}

func TestADriverThatPanicsKeepsNoCallOpen(t *testing.T) {
	t.Parallel()
	p := pool(t, scripted{begin: func(context.Context, driver.Sender, driver.Order) (driver.Begun, error) { panic("a bug") }})
	p.Govern(traffic.New(clock.Real{}, nil, nil))
	func() {
		defer func() { _ = recover() }()
		_, _ = p.Begin(t.Context(), order("tsk_1"), provider.Start{})
	}()
	if h := p.Health(); h[0].State != "ok" || h[0].InFlight != 1 { // until the task ends
		t.Errorf("%+v", h)
	}
}

func TestAPoolSaysWhoTakesNoTask(t *testing.T) {
	t.Parallel()
	p := pool(t, scripted{})
	if p.Refuses("runninghub") != "" || p.Refuses("tencent") != provider.Unconfigured {
		t.Errorf("%q %q", p.Refuses("runninghub"), p.Refuses("tencent"))
	}
	p.Govern(traffic.New(clock.Real{}, nil, pauses{"runninghub": true}))
	if p.Refuses("runninghub") != provider.Paused || p.Health()[0].State != "paused" {
		t.Errorf("%q %+v", p.Refuses("runninghub"), p.Health())
	}
	nobody, err := provider.NewPool(nil, wired(), map[string]driver.Driver{"x": scripted{}})
	if err != nil || nobody.Health()[0].State != "unconfigured" || nobody.Refuses("runninghub") != provider.Unconfigured {
		t.Errorf("%v", err)
	}
}
