package apps_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/alibaba"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/provider/gemini"
	"vow.example/vow/internal/provider/openai"
	"vow.example/vow/internal/provider/runninghub"
	"vow.example/vow/internal/provider/tencent"
	"vow.example/vow/internal/provider/volcengine"
	"vow.example/vow/internal/provider/zhipu"
)

// drivers are the drivers that the wirings of the apps name.
func drivers() map[string]driver.Driver {
	return map[string]driver.Driver{
		alibaba.Name: alibaba.Driver{}, gemini.Name: gemini.Driver{}, openai.Name: openai.Driver{}, runninghub.Name: runninghub.Driver{},
		tencent.Name: tencent.Driver{}, volcengine.Name: volcengine.Driver{}, zhipu.Name: zhipu.Driver{},
	}
}

// listener is a Sender that sends nothing: it notes which fields the first call would carry.
type listener struct {
	feature policy.Feature
	heard   []privacy.Field
}

// heard ends a call that was listened to.
type heard struct{}

func (heard) Error() string { return "heard" }

func (l *listener) Fields() []privacy.Field {
	var fields []privacy.Field
	for _, s := range l.feature.Fields {
		fields = append(fields, s.Field)
	}
	slices.Sort(fields)
	return fields
}

func (l *listener) MediaType(f privacy.Field) string {
	switch in, _ := l.feature.Input(f); in.Kind {
	case policy.Photo:
		return "image/jpeg"
	case policy.Voice:
		return "audio/wav"
	default:
		return ""
	}
}

func (l *listener) Transport(f privacy.Field) string {
	for _, s := range l.feature.Fields {
		if s.Field == f {
			return s.Transport
		}
	}
	return ""
}

func (l *listener) Send(_ context.Context, r wire.Request) (egress.Response, error) {
	l.heard = append(l.heard, wire.Fields(r)...)
	return egress.Response{}, heard{}
}

func (l *listener) Stream(ctx context.Context, r wire.Request, _ func([]byte) error) (egress.Response, error) {
	return l.Send(ctx, r)
}

func (l *listener) Show(privacy.Text) {}

func (l *listener) Save(context.Context, []byte) error { return nil }

func TestTheDriverOfEveryLiveFeatureAcceptsItsWorkflow(t *testing.T) {
	t.Parallel()
	_, wirings := both(t)
	routes(t, func(app privacy.AppID, f policy.Feature, flow driver.Workflow) {
		d := drivers()[wirings[app][f.Recipient].Driver]
		if d == nil {
			t.Errorf("%s: nobody speaks with %s", app, f.Recipient)
			return
		}
		l := &listener{feature: f}
		_, err := d.Begin(t.Context(), l, driver.Order{Feature: f.ID, Workflow: flow, Key: "8f14e45f-ceea-467f-a0e6-0d0d1f5c1a11"})
		var refused *egress.Error
		if errors.As(err, &refused) || len(l.heard) == 0 {
			t.Errorf("%s %s: the driver refuses the workflow: %v", app, f.ID, err)
		}
		for _, field := range l.heard {
			if !f.Sends(field) {
				t.Errorf("%s %s: the first call carries %s", app, f.ID, field)
			}
		}
	})
}
