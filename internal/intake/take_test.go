package intake_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/intake"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
)

const day = 24 * time.Hour

func TestWhatIsListedIsTakenUnderItsClock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	w.grants(who, "network_state")
	n := w.takes(terms.Telemetry, call(who, `{"platform":"android","app_state":"foreground","schema":"device","data":{"device_model":"canary-5f1c","os_version":"17.5.1","carrier":"T-Mobile"}}`))
	list := w.objects(who)
	if n != 1 || len(list) != 1 {
		t.Fatalf("%d accepted, %d objects", n, len(list))
	}
	o := list[0]
	if o.Category != "device_info" || o.Role != "device" || o.Origin != intake.FromAutomatic || o.Rule != "collector/v1#retention.device_info.item_written" ||
		!o.ExpiresAt.Equal(w.clock.Now().Add(30*day)) || o.MediaType != "application/json" {
		t.Errorf("%+v", o)
	}
	r := w.read(o)
	if r.Items[0].Data["device_model"] != canary || r.Items[0].Data["carrier"] != "T-Mobile" || r.Platform != terms.Android || r.Kind != terms.Telemetry || r.Network["ip_address"] != "203.0.113.0/24" {
		t.Errorf("%d items", len(r.Items))
	}
	if s := fmt.Sprintf("%v %+v %#v", r, r, &r); strings.Contains(s, canary) {
		t.Errorf("it prints: %s", s)
	}
	if len(w.taken) != 1 || w.taken[0].Object != o.Object || w.taken[0].Intake.ID != "device" || w.taken[0].Items != 1 || w.taken[0].Platform != terms.Android {
		t.Errorf("told: %+v", w.taken)
	}
	if found := w.finds(canary); len(found) != 1 || !strings.HasPrefix(found[0], "object ") {
		t.Errorf("it lies outside the vault, or the scan is blind: %v", found)
	}
	w.sweep(30 * day)
	if len(w.objects(who)) != 0 {
		t.Error("it outlives its clock")
	}
	if _, err := w.DB.App(app).ReceiptOf(t.Context(), who.Subject, o.Object); err != nil {
		t.Errorf("no receipt: %v", err)
	}
	w.scan(canary)
}

func TestReadingNeedsAPurposeOfThePolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	w.takes(terms.Crash, call(who, `{"platform":"web","app_state":"foreground","data":{"signal":"SIGSEGV"}}`))
	o := w.objects(who)[0]
	for purpose, want := range map[privacy.Purpose]string{"service_operation": "", "advertising": "purpose-not-allowed", "usage_analysis": "purpose-not-allowed"} {
		_, err := w.Read(t.Context(), o, vault.Reading{Why: vault.ForDisclosure, Purpose: purpose, Policy: who.Policy})
		if want == "" && err != nil {
			t.Errorf("%s: %v", purpose, err)
		} else if want != "" {
			code(t, err, want)
		}
	}
}

func TestEventsAreTakenAllAndInTheirOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	n := w.takes(terms.Events, call(who, `{"platform":"ios","app_state":"foreground","events":[
		{"name":"app_opened","at":"2026-11-21T14:09:00Z","data":{"count":3}},
		{"name":"page_viewed","at":"2026-11-21T22:09:30.75+08:00","data":{"page":"home/effects","seconds":4.5}}]}`))
	list := w.objects(who)
	if n != 2 || len(list) != 1 {
		t.Fatalf("%d accepted, %d objects", n, len(list))
	}
	items := w.read(list[0]).Items
	if len(items) != 2 || items[0].Name != "app_opened" || items[1].Data["seconds"] != 4.5 || !items[1].At.Equal(time.Date(2026, 11, 21, 14, 9, 30, 0, time.UTC)) {
		t.Errorf("%d items", len(items))
	}
	if w.taken[0].Items != 2 {
		t.Errorf("told of %d", w.taken[0].Items)
	}
}

func TestNothingAtAllIsTakenAsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	c := call(who, `{"platform":"ios","app_state":"foreground","schema":"device","data":{}}`)
	c.Peer = netip.Addr{}
	before := w.held()
	if n := w.takes(terms.Telemetry, c); n != 0 || w.held() != before {
		t.Errorf("%d accepted, %+v", n, w.held())
	}
}

func TestAWholeAddressGoesAfterItsWindowAndOnlyItsBeginningStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	w.grants(who, "network_state")
	w.takes(terms.Telemetry, call(who, `{"platform":"android","app_state":"foreground","schema":"network","data":{"network_status":"wifi"}}`))
	list := w.objects(who)
	if len(list) != 2 {
		t.Fatalf("%d objects", len(list))
	}
	clocks := map[privacy.Category]time.Duration{"network_info": 7 * day, "device_info": 30 * day}
	for _, o := range list {
		if !o.ExpiresAt.Equal(w.clock.Now().Add(clocks[o.Category])) {
			t.Errorf("%s until %s", o.Category, o.ExpiresAt)
		}
	}
	if found := w.finds("203.0.113.77"); len(found) != 1 {
		t.Errorf("the whole address: %v", found)
	}
	w.sweep(7 * day)
	w.scan("203.0.113.77", "wifi")
	if list = w.objects(who); len(list) != 1 || w.read(list[0]).Network["ip_address"] != "203.0.113.0/24" {
		t.Errorf("%d objects are left", len(list))
	}
}

func TestWhatWasTakenGoesWithTheAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	w.takes(terms.Crash, call(who, `{"platform":"web","app_state":"foreground","data":{"signal":"canary-5f1c"}}`))
	_, err := w.AtLogin(t.Context(), call(who, `{"platform":"android","data":{"imei":"490154203237518"}}`))
	must(t, err)
	_, err = w.Write(t.Context(), "", call(who, `{"platform":"web","text":"canary-5f1c"}`))
	must(t, err)
	counts, err := w.DB.App(app).CountRows(t.Context(), who.Subject)
	must(t, err)
	held := map[privacy.Category]int{}
	for _, c := range counts {
		held[c.Category] += c.Count
	}
	if held["hardware_ids"] != 1 {
		t.Errorf("held: %v", held)
	}
	_, err = w.Eraser.Subject(t.Context(), app, who.Subject)
	must(t, err)
	if m := w.held(); m.objects != 0 || m.files != 0 {
		t.Errorf("%+v", m)
	}
	w.scan(canary, imei)
}

func TestAPolicyUnderWhichSomethingWouldStayForeverIsRefused(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 14, 10, 0, 0, time.UTC)
	all, err := delivered()
	must(t, err)
	for _, p := range all {
		if err := intake.Check(p, at); err != nil {
			t.Errorf("%s: %v", p.App(), err)
		}
	}
	src := policytest.Mutate(t, policytest.Collection(), "category: crash_report, starts: item_written", "category: crash_report, starts: last_active")
	if p, err := policy.Load("policy.yaml", src); err == nil {
		if err := intake.Check(p, at); err == nil || !strings.Contains(err.Error(), "crash") {
			t.Errorf("%v", err)
		}
	}
}

func TestRevokingAPermissionErasesWhatStoodUnderIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	w.grants(who, "network_state", "device_check")
	w.takes(terms.Telemetry, call(who, `{"platform":"android","app_state":"foreground","schema":"network","data":{"network_status":"wifi"}}`))
	w.takes(terms.Crash, call(who, `{"platform":"android","app_state":"foreground","data":{"signal":"SIGSEGV"}}`))
	_, err := w.AtLogin(t.Context(), call(who, `{"platform":"android","data":{"mac_address":"00:1b:44:11:3a:b7","imei":"490154203237518"}}`))
	must(t, err)
	n, err := w.Revoke(t.Context(), who, "network_state")
	if err != nil || n != 2 || len(w.objects(who)) != 1 {
		t.Errorf("%d went, %d are left, %v", n, len(w.objects(who)), err)
	}
	if n, err = w.Revoke(t.Context(), who, "device_check"); err != nil || n != 1 || w.held().rows != 1+2+1 { // the profile, two receipts, one digest
		t.Errorf("%d went, %+v, %v", n, w.held(), err)
	}
	if n, err = w.Revoke(t.Context(), who, "photos"); err != nil || n != 0 {
		t.Errorf("%d went, %v", n, err)
	}
}
