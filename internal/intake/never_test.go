package intake_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/intake"
	"vow.example/vow/internal/intake/bound"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	people "vow.example/vow/internal/store/people"
	"vow.example/vow/internal/task"
)

const (
	canary = "canary-5f1c"
	imei   = "490154203237518"
	idfa   = "38400000-8cf0-11bd-b23e-10b96e40000d"
)

// TestWhatIsRefusedIsNeverWritten is the promise of this package: after each refusal the data folder, the
// database and the vault hold what they held before, and nothing of what was sent.
func TestWhatIsRefusedIsNeverWritten(t *testing.T) {
	t.Parallel()
	const open = `"app_state":"foreground"`
	for name, tt := range map[string]struct {
		kind terms.IntakeKind
		body string
		code string
	}{
		"an extra field":                          {terms.Telemetry, `{"platform":"ios",` + open + `,"schema":"device","data":{"device_model":"Pixel-8","mood":"` + canary + `"}}`, "field-not-allowed"},
		"contacts":                                {terms.Telemetry, `{"platform":"ios",` + open + `,"schema":"device","data":{"contacts":"` + canary + `"}}`, "category-not-allowed"},
		"a place":                                 {terms.Telemetry, `{"platform":"ios",` + open + `,"schema":"device","data":{"gps":"` + canary + `"}}`, "category-not-allowed"},
		"the clipboard":                           {terms.Telemetry, `{"platform":"ios",` + open + `,"schema":"device","data":{"clipboard":"` + canary + `"}}`, "category-not-allowed"},
		"hardware outside a login":                {terms.Telemetry, `{"platform":"android",` + open + `,"schema":"device","data":{"imei":"` + imei + `"}}`, "category-not-allowed"},
		"hardware hidden in a word":               {terms.Telemetry, `{"platform":"android",` + open + `,"schema":"device","data":{"device_model":"` + imei + `"}}`, "validation"},
		"an advertising id on ios":                {terms.Telemetry, `{"platform":"ios",` + open + `,"schema":"device","data":{"idfa":"` + idfa + `"}}`, "category-not-allowed"},
		"an advertising id beside the data":       {terms.Telemetry, `{"platform":"ios",` + open + `,"schema":"device","idfa":"` + idfa + `"}`, "category-not-allowed"},
		"an advertising id by its value":          {terms.Events, `{"platform":"ios",` + open + `,"events":[{"name":"page_viewed","at":"2026-11-21T14:10:00Z","data":{"page":"idfa"}}]}`, "category-not-allowed"},
		"an unknown platform":                     {terms.Telemetry, `{"platform":"symbian",` + open + `,"data":{"device_model":"` + canary + `"}}`, "field-not-allowed"},
		"a schema of another platform":            {terms.Telemetry, `{"platform":"ios",` + open + `,"schema":"network","data":{"network_status":"wifi"}}`, "field-not-allowed"},
		"no schema where there are two":           {terms.Telemetry, `{"platform":"android",` + open + `,"data":{"device_model":"` + canary + `"}}`, "field-not-allowed"},
		"the background":                          {terms.Telemetry, `{"platform":"ios","app_state":"background","schema":"device","data":{"device_model":"` + canary + `"}}`, "validation"},
		"a state that is not said":                {terms.Telemetry, `{"platform":"ios","schema":"device","data":{"device_model":"` + canary + `"}}`, "validation"},
		"events in telemetry":                     {terms.Telemetry, `{"platform":"ios",` + open + `,"schema":"device","events":["` + canary + `"]}`, "field-not-allowed"},
		"a permission that was not reported":      {terms.Telemetry, `{"platform":"android",` + open + `,"schema":"device","data":{"carrier":"` + canary + `"}}`, "permission-required"},
		"a schema whose permission is missing":    {terms.Telemetry, `{"platform":"android",` + open + `,"schema":"network","data":{"network_status":"wifi"}}`, "permission-required"},
		"an unknown event":                        {terms.Events, `{"platform":"ios",` + open + `,"events":[{"name":"` + "prompt_typed" + `","at":"2026-11-21T14:10:00Z","data":{"page":"` + canary + `"}}]}`, "field-not-allowed"},
		"a prompt in an event":                    {terms.Events, `{"platform":"ios",` + open + `,"events":[{"name":"page_viewed","at":"2026-11-21T14:10:00Z","data":{"page":"home","prompt":"` + canary + `"}}]}`, "field-not-allowed"},
		"a sentence in an event":                  {terms.Events, `{"platform":"ios",` + open + `,"events":[{"name":"page_viewed","at":"2026-11-21T14:10:00Z","data":{"page":"` + canary + ` is a sentence"}}]}`, "validation"},
		"one bad event among good ones":           {terms.Events, `{"platform":"ios",` + open + `,"events":[{"name":"page_viewed","at":"2026-11-21T14:10:00Z","data":{"page":"` + canary + `"}},{"name":"page_viewed","at":"2026-11-21T14:10:00Z","data":{}}]}`, "validation"},
		"an event of last week":                   {terms.Events, `{"platform":"ios",` + open + `,"events":[{"name":"page_viewed","at":"2026-11-14T14:10:00Z","data":{"page":"` + canary + `"}}]}`, "validation"},
		"an event of next week":                   {terms.Events, `{"platform":"ios",` + open + `,"events":[{"name":"page_viewed","at":"2026-11-28T14:10:00Z","data":{"page":"` + canary + `"}}]}`, "validation"},
		"no event at all":                         {terms.Events, `{"platform":"ios",` + open + `,"events":[]}`, "validation"},
		"fifty-one events":                        {terms.Events, `{"platform":"ios",` + open + `,"events":[` + strings.TrimSuffix(strings.Repeat(`{"name":"app_opened","at":"2026-11-21T14:10:00Z"},`, 51), ",") + `]}`, "validation"},
		"a body that is too long":                 {terms.Crash, `{"platform":"ios",` + open + `,"data":{"signal":"` + strings.Repeat("a", intake.MaxBytes) + canary + `"}}`, "media-too-large"},
		"what is not JSON":                        {terms.Crash, canary, "validation"},
		"data of a crash that is required":        {terms.Crash, `{"platform":"ios",` + open + `,"data":{"app_version":"1.0"}}`, "validation"},
		"a file in letters":                       {terms.Crash, `{"platform":"ios",` + open + `,"data":{"signal":"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"}}`, "validation"},
		"a member of the body that is not listed": {terms.Crash, `{"platform":"ios",` + open + `,"note":"` + canary + `"}`, "field-not-allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			who := w.person(app)
			before := w.held()
			_, err := w.Take(t.Context(), tt.kind, call(who, tt.body))
			code(t, err, tt.code, canary, imei, idfa)
			if after := w.held(); after != before {
				t.Errorf("held %+v, before %+v", after, before)
			}
			w.scan(canary, imei, idfa)
		})
	}
}

func TestWhatAPersonSwitchedOffOrObjectsToIsDropped(t *testing.T) {
	t.Parallel()
	const device = `{"platform":"ios","app_state":"foreground","schema":"device","data":{"device_model":"canary-5f1c"}}`
	for name, p := range map[string]people.Profile{
		"switched off":                {Switches: map[string]bool{"diagnostics": false}},
		"objects to a purpose":        {Objections: []privacy.Purpose{"service_operation"}},
		"off for one, on for another": {Switches: map[string]bool{"diagnostics": false, "analytics": true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			who := w.person(app)
			w.chooses(who, p)
			before := w.held()
			if n := w.takes(terms.Telemetry, call(who, device)); n != 0 {
				t.Errorf("%d accepted", n)
			}
			if after := w.held(); after != before || len(w.taken) != 0 {
				t.Errorf("held %+v, before %+v; told of %d", after, before, len(w.taken))
			}
			w.scan(canary)
		})
	}
	w := newWorld(t)
	who := w.person(app)
	w.chooses(who, people.Profile{Switches: map[string]bool{"diagnostics": false}})
	_, err := w.Take(t.Context(), terms.Telemetry, call(who, strings.Replace(device, "device_model", "gps", 1)))
	code(t, err, "category-not-allowed", canary)
}

func TestNobodyElseIsToldOfWhatWasNotKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	before := w.held()
	w.fail = errors.New("the outbox is full")
	if _, err := w.Take(t.Context(), terms.Telemetry, call(who, `{"platform":"ios","app_state":"foreground","schema":"device","data":{"device_model":"canary-5f1c"}}`)); err == nil {
		t.Error("taken")
	}
	if after := w.held(); after != before {
		t.Errorf("held %+v, before %+v", after, before)
	}
	w.scan(canary)
}

func TestAnAccountThatIsGoneTakesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	_, err := w.Eraser.Subject(t.Context(), app, who.Subject)
	must(t, err)
	before := w.held()
	ask := map[string]func() error{
		"telemetry": func() error {
			_, err := w.Take(t.Context(), terms.Telemetry, call(who, `{"platform":"ios","app_state":"foreground","schema":"device","data":{"device_model":"canary-5f1c"}}`))
			return err
		},
		"support": func() error {
			_, err := w.Write(t.Context(), "", call(who, `{"platform":"ios","text":"canary-5f1c"}`))
			return err
		},
		"a login": func() error {
			_, err := w.AtLogin(t.Context(), call(who, `{"platform":"ios","data":{"imei":"490154203237518"}}`))
			return err
		},
	}
	for name, f := range ask {
		t.Run(name, func(t *testing.T) { code(t, f(), "unauthenticated") })
	}
	if after := w.held(); after != before {
		t.Errorf("held %+v, before %+v", after, before)
	}
	w.scan(canary, imei)
}

func TestALateReportToASealedAccountLeavesWhatAnOrderKeeps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	_, err := w.Write(t.Context(), "", call(who, `{"platform":"ios","text":"a letter"}`))
	must(t, err)
	list, err := w.DB.App(app).Objects(t.Context(), who.Subject)
	if err != nil || len(list) == 0 {
		t.Fatal("nothing was kept", err)
	}
	must(t, w.DB.Write(t.Context(), func(tx *store.Tx) error {
		return tx.HoldObject(t.Context(), list[0].Ref, store.HoldOrder, w.clock.Now().Add(time.Hour))
	}))
	_, err = w.Eraser.Subject(t.Context(), app, who.Subject)
	must(t, err)
	_, err = w.Write(t.Context(), "", call(who, `{"platform":"ios","text":"canary-5f1c"}`))
	code(t, err, "unauthenticated")
	if !w.Vault.Holds(t.Context(), list[0].Ref) || !w.Ring.HasSubject(app, who.Subject) {
		t.Error("what the order keeps cannot be opened any more")
	}
}

func TestACallerWhoComesTooOftenWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, neighbour := w.person(app), w.person(app)
	const body = `{"platform":"symbian"}`
	for range bound.PerMinute {
		_, err := w.Take(t.Context(), terms.Crash, call(who, body))
		code(t, err, "field-not-allowed")
	}
	_, err := w.Take(t.Context(), terms.Crash, call(who, body))
	code(t, err, "rate-limited")
	_, err = w.Take(t.Context(), terms.Crash, call(neighbour, body))
	code(t, err, "field-not-allowed")
	w.clock.Advance(time.Minute)
	_, err = w.Take(t.Context(), terms.Crash, call(who, body))
	code(t, err, "field-not-allowed")
}

func TestANetworkAddressIsNeverWrittenWholeOutsideItsOwnCategory(t *testing.T) {
	t.Parallel()
	for peer, prefix := range map[string]string{"203.0.113.77": "203.0.113.0/24", "2001:db8:aa:bb::7": "2001:db8:aa::/48", "::ffff:203.0.113.77": "203.0.113.0/24"} {
		w := newWorld(t)
		who := w.person(app)
		c := call(who, `{"platform":"web","app_state":"foreground","schema":"device"}`)
		c.Peer = netip.MustParseAddr(peer)
		if n := w.takes(terms.Telemetry, c); n != 1 {
			t.Fatalf("%d accepted", n)
		}
		if r := w.read(w.objects(who)[0]); r.Network["ip_address"] != prefix {
			t.Errorf("%s is kept as %s", peer, r.Network["ip_address"])
		}
		w.scan("113.77", "bb::7")
	}
}

func TestShareTargetsAreAnsweredAndNotKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	share := func(targets string) ([]string, error) {
		return w.Share(t.Context(), call(who, `{"platform":"android","targets":`+targets+`}`))
	}
	_, err := share(`{"wechat":true}`)
	code(t, err, "permission-required")
	w.grants(who, "installed_apps")
	before := w.held()
	list, err := share(`{"wechat":true,"qq":false}`)
	if err != nil || len(list) != 1 || list[0] != "wechat" {
		t.Errorf("%v, %v", list, err)
	}
	_, err = share(`{"wechat":true,"com.canary.app":true}`)
	code(t, err, "field-not-allowed", "com.canary")
	_, err = share(`["wechat","qq","canary-5f1c"]`)
	code(t, err, "validation", canary)
	if after := w.held(); after != before {
		t.Errorf("held %+v, before %+v", after, before)
	}
	w.scan("wechat", canary)
	if got := intake.Targets(who.Policy, terms.Web); len(got) != 2 {
		t.Errorf("offered: %v", got)
	}
	if got := intake.Targets(who.Policy, "symbian"); len(got) != 0 {
		t.Errorf("offered: %v", got)
	}
}

func TestAnIdentifierIsKeptAsADigestOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	r, err := w.AtLogin(context.Background(), call(who, `{"platform":"android","data":{"imei":"490154203237518","android_id":"9774d56d682e549c","oaid":"38400000-8cf0-11bd-b23e-10b96e40000d"}}`))
	if err != nil || r != (intake.Risk{}) {
		t.Errorf("%+v, %v", r, err)
	}
	w.scan(imei, "9774d56d682e549c", idfa)
	_, err = w.AtLogin(t.Context(), call(who, `{"platform":"ios","data":{"oaid":"38400000-8cf0-11bd-b23e-10b96e40000d"}}`))
	code(t, err, "category-not-allowed", idfa)
	_, err = w.AtLogin(t.Context(), call(who, `{"platform":"android","data":{"mac_address":"00:1b:44:11:3a:b7"}}`))
	code(t, err, "permission-required", "00:1b")
	_, err = w.AtLogin(t.Context(), call(task.Who{Policy: who.Policy, Subject: who.Subject}, `{"platform":"android","data":{"serial":"canary-5f1c"}}`))
	code(t, err, "category-not-allowed", canary)
	w.scan("00:1b:44", "001b4411", canary)
}
