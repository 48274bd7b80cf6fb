package intake_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/intake"
	"vow.example/vow/internal/intake/bound"
	"vow.example/vow/internal/privacy"
	people "vow.example/vow/internal/store/people"
	"vow.example/vow/internal/task"
)

func (w *world) objections(list ...privacy.Purpose) []privacy.Purpose { return list }

// delivery is what firebase sends about somebody, signed now.
func (w *world) delivery(body string) intake.Delivery {
	d := intake.Delivery{App: app, Source: "firebase", Body: []byte(body), Stamp: bound.Stamp{Timestamp: strconv.FormatInt(w.clock.Now().Unix(), 10)}}
	d.Signature = bound.Sign([]byte(secret), d.Timestamp, d.Body)
	return d
}

func TestAVendorsDataIsTakenWithItsOrigin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	n, err := w.Receive(t.Context(), w.delivery(`{"subject":"`+string(who.Subject)+`","data":{"signal":"SIGSEGV","crashes":3}}`))
	list := w.objects(who)
	if err != nil || n != 1 || len(list) != 1 {
		t.Fatalf("%d, %v, %d objects", n, err, len(list))
	}
	if o, r := list[0], w.read(list[0]); o.Origin != "firebase" || r.Origin != "firebase" || o.Category != "crash_report" || r.Items[0].Data["crashes"] != 3.0 {
		t.Errorf("%+v", o)
	}
	if len(w.taken) != 0 {
		t.Error("what a vendor sent goes on to another")
	}
}

func TestAVendorWhoCannotProveItIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	body := `{"subject":"` + string(who.Subject) + `","data":{"signal":"canary-5f1c"}}`
	for name, tt := range map[string]struct {
		change func(*intake.Delivery)
		code   string
	}{
		"another source":      {func(d *intake.Delivery) { d.Source = "umeng" }, "not-found"},
		"another app":         {func(d *intake.Delivery) { d.App = "nobody" }, "not-found"},
		"no secret is set up": {func(d *intake.Delivery) { d.App = other }, "unauthenticated"},
		"no signature":        {func(d *intake.Delivery) { d.Signature = "" }, "unauthenticated"},
		"another secret":      {func(d *intake.Delivery) { d.Signature = bound.Sign([]byte("guess"), d.Timestamp, d.Body) }, "unauthenticated"},
		"another body":        {func(d *intake.Delivery) { d.Body = append(d.Body, ' ') }, "unauthenticated"},
		"another time":        {func(d *intake.Delivery) { d.Timestamp += "0" }, "unauthenticated"},
		"no time":             {func(d *intake.Delivery) { d.Timestamp = "" }, "unauthenticated"},
	} {
		d := w.delivery(body)
		tt.change(&d)
		before := w.held()
		_, err := w.Receive(t.Context(), d)
		code(t, err, tt.code, canary)
		if after := w.held(); after != before {
			t.Errorf("%s: held %+v, before %+v", name, after, before)
		}
	}
	late := w.delivery(body)
	w.clock.Advance(5*time.Minute + time.Second)
	_, err := w.Receive(t.Context(), late)
	code(t, err, "unauthenticated")
	early := w.delivery(body)
	early.Timestamp = strconv.FormatInt(w.clock.Now().Add(6*time.Minute).Unix(), 10)
	early.Signature = bound.Sign([]byte(secret), early.Timestamp, early.Body)
	_, err = w.Receive(t.Context(), early)
	code(t, err, "unauthenticated")
	w.scan(canary)
	twice := w.delivery(body)
	if n, err := w.Receive(t.Context(), twice); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	_, err = w.Receive(t.Context(), twice)
	code(t, err, "unauthenticated")
}

func TestAVendorMayNotSendMoreThanIsListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	before := w.held()
	for body, want := range map[string]string{
		`{"subject":"SUB","data":{"signal":"SIGSEGV","device_id":"canary-5f1c"}}`:    "field-not-allowed",
		`{"subject":"SUB","data":{"signal":"SIGSEGV","imei":"490154203237518"}}`:     "category-not-allowed",
		`{"subject":"SUB","data":{"signal":"SIGSEGV","source_photo":"canary-5f1c"}}`: "field-not-allowed",
		`{"subject":"SUB","data":{"signal":"SIGSEGV"},"idfa":"canary-5f1c"}`:         "category-not-allowed",
		`{"subject":"SUB","data":{"signal":"38400000-8cf0-11bd-b23e-10b96e40000d"}}`: "validation",
		`{"subject":"SUB","device":"canary-5f1c","data":{"signal":"SIGSEGV"}}`:       "field-not-allowed",
		`{"data":{"signal":"SIGSEGV"}}`:                                              "validation",
		`{"subject":"anna@example.com","data":{"signal":"SIGSEGV"}}`:                 "validation",
	} {
		_, err := w.Receive(t.Context(), w.delivery(strings.Replace(body, `"SUB"`, `"`+string(who.Subject)+`"`, 1)))
		code(t, err, want, canary, imei)
	}
	if after := w.held(); after != before {
		t.Errorf("held %+v, before %+v", after, before)
	}
	w.scan(canary, imei, idfa)
}

func TestAVendorBringsNothingAboutWhoDoesNotStandOrSwitchedThatOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	refused := fault.New(fault.Refused, "age-required", "")
	w.Standing = func(context.Context, task.Who) error { return refused }
	before, body := w.held(), `{"subject":"`+string(who.Subject)+`","data":{"signal":"SIGSEGV"}}`
	if n, err := w.Receive(t.Context(), w.delivery(body)); n != 0 || err != nil {
		t.Errorf("no standing: %d, %v", n, err)
	}
	w.Standing = func(context.Context, task.Who) error { return context.DeadlineExceeded }
	if _, err := w.Receive(t.Context(), w.delivery(body+" ")); err == nil {
		t.Error("what cannot be asked is taken for a yes")
	}
	if after := w.held(); after != before {
		t.Errorf("held %+v, before %+v", after, before)
	}
	w.Standing = nil
	w.chooses(who, people.Profile{Switches: map[string]bool{"diagnostics": false}})
	before = w.held() // with the row of the choice
	if n, err := w.Receive(t.Context(), w.delivery(body+"  ")); n != 0 || err != nil {
		t.Errorf("switched off: %d, %v", n, err)
	}
	if after := w.held(); after != before {
		t.Errorf("held %+v, before %+v", after, before)
	}
}

func TestAVendorLearnsNothingAboutWhoIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	restricted, objects, foreign := w.person(app), w.person(app), w.person(other)
	w.chooses(restricted, people.Profile{Restriction: "accuracy_contested", RestrictedAt: w.clock.Now()})
	w.chooses(objects, people.Profile{Objections: w.objections("service_operation")})
	before := w.held()
	for name, s := range map[string]privacy.SubjectID{
		"nobody": privacy.SubjectID(privacy.NewID(privacy.PrefixSubject)), "who is restricted": restricted.Subject, "who objects": objects.Subject, "who uses another app": foreign.Subject,
	} {
		n, err := w.Receive(t.Context(), w.delivery(`{"subject":"`+string(s)+`","data":{"signal":"SIGSEGV"}}`))
		if n != 0 || err != nil {
			t.Errorf("%s: %d, %v", name, n, err)
		}
	}
	if after := w.held(); after != before {
		t.Errorf("held %+v, before %+v", after, before)
	}
}
