package intake_test

import (
	"strings"
	"sync"
	"testing"

	"vow.example/vow/apps"
	"vow.example/vow/internal/intake"
	"vow.example/vow/internal/intake/device"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/book"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
)

// delivered reads the policies of the apps once for all worlds.
var delivered = sync.OnceValues(func() (map[privacy.AppID]*policy.Policy, error) { return policy.LoadFS(apps.FS) })

// shipped is a world with the policy of an app as it is delivered.
func shipped(t *testing.T, id privacy.AppID) *world {
	t.Helper()
	all, err := delivered()
	must(t, err)
	p := all[id]
	must(t, intake.Check(p, p.Limits().MaxTaskAge.After(clockStart())))
	return worldOf(t, book.Fixed{id: p})
}

// TestTheAppsTakeWhatTheyPublishAndNothingElse runs the evidence that the register of promises asks for.
func TestTheAppsTakeWhatTheyPublishAndNothingElse(t *testing.T) {
	t.Parallel()
	const seventeen = `"sdk_version":"3.1","api_version":"1","platform":"ios","timestamp":"2026-11-21T14:10:00Z","app_identifier":"com.mixoo.app","app_version":"2.0.1",
		"device_model":"iPhone15,3","os_version":"17.5.1","language":"en","time_zone":"Asia/Shanghai","network_status":"wifi","screen_resolution":"1170x2532","memory_usage":512,
		"storage_usage":1024,"crash_info":"render.go:12","diagnostic_info":"E17"`
	for _, tt := range []struct {
		clause   string
		app      privacy.AppID
		platform terms.Platform
		schema   string
		data     string
		grants   string
		code     string
	}{
		{"MIX-1.1-01", "mixoo", terms.IOS, "device", seventeen, "", ""},
		{"MIX-1.1-01 contacts", "mixoo", terms.IOS, "device", seventeen + `,"contacts":"canary-5f1c"`, "", "category-not-allowed"},
		{"MIX-1.1-01 imei", "mixoo", terms.Android, "device", seventeen + `,"imei":"490154203237518"`, "", "category-not-allowed"},
		{"MIX-1.1-03 idfa", "mixoo", terms.IOS, "device", seventeen + `,"idfa":"38400000-8cf0-11bd-b23e-10b96e40000d"`, "", "category-not-allowed"},
		{"MIX-1.2-02 a place", "mixoo", terms.IOS, "device", seventeen + `,"latitude":52.5`, "", "category-not-allowed"},
		{"PIX-1-04", "pixplus", terms.IOS, "device", `"device_model":"iPhone15,3","os_version":"17.5.1","app_version":"2.0","language":"en","log_info":"E17"`, "", ""},
		{"PIX-1-04 imei", "pixplus", terms.Android, "device", `"imei":"490154203237518"`, "", "category-not-allowed"},
		{"PIX-1-04 gps", "pixplus", terms.Android, "device", `"gps":"canary-5f1c"`, "", "category-not-allowed"},
		{"PIX-1-04 contacts", "pixplus", terms.Android, "device", `"contacts":"canary-5f1c"`, "", "category-not-allowed"},
		{"FIT-5.1.1-04 imei", "aifitting", terms.Android, "", `"imei":"490154203237518"`, "", "field-not-allowed"}, // it has no telemetry at all
		{"WIZ-1.1-01", "picwiz", terms.Android, "", `"hardware_model":"Pixel-8","os_version":"15","app_version":"1.0.0","system_language":"zh-Hans"`, "", ""},
		{"WIZ-1.1-01 a sixth key", "picwiz", terms.Android, "", `"hardware_model":"Pixel-8","timezone":"canary-5f1c"`, "", "field-not-allowed"},
		{"WIZ-1.1-01 a device id", "picwiz", terms.Android, "", `"hardware_model":"Pixel-8","device_id":"canary-5f1c"`, "", "field-not-allowed"},
		{"KME-0-03 without a scenario", "kmeng", terms.Android, "", `"device_model":"Pixel-8"`, "network", "field-not-allowed"},
		{"KME-C-02 before the permission", "kmeng", terms.Android, "device", `"device_model":"Pixel-8"`, "", "permission-required"},
		{"KME-C-02 after it", "kmeng", terms.Android, "device", `"device_model":"Pixel-8"`, "network", ""},
		{"KME-C.a-01", "kmeng", terms.Web, "log", `"browser_type":"Firefox","browsing_history":"home/chat/works","session_duration":300,"push_open":true`, "", ""},
		{"KME-C.a-01 clipboard", "kmeng", terms.Web, "log", `"clipboard":"canary-5f1c"`, "", "category-not-allowed"},
		{"KME-C.b-01 ssid", "kmeng", terms.Android, "device", `"ssid":"canary-5f1c"`, "network", "category-not-allowed"},
		{"KME-C.b-02 gps", "kmeng", terms.Android, "device", `"gps_location":"canary-5f1c"`, "network", "category-not-allowed"},
		{"KME-C.b-03 contacts", "kmeng", terms.Android, "device", `"call_logs":"canary-5f1c"`, "network", "category-not-allowed"},
		{"KME-C.b-04", "kmeng", terms.Android, "device", `"gyroscope":"canary-5f1c"`, "network", "category-not-allowed"},
	} {
		t.Run(tt.clause, func(t *testing.T) {
			t.Parallel()
			w := shipped(t, tt.app)
			who := w.person(tt.app)
			p := everything(who)
			p.Permissions = map[string]bool{tt.grants: tt.grants != ""}
			w.chooses(who, p)
			before := w.held()
			n, err := w.Take(t.Context(), terms.Telemetry, call(who, `{"platform":"`+string(tt.platform)+`","app_state":"foreground","schema":"`+tt.schema+`","data":{`+tt.data+`}}`))
			switch {
			case tt.code == "" && (err != nil || n != 1):
				t.Errorf("%d, %v", n, err)
			case tt.code != "":
				code(t, err, tt.code, canary, imei, idfa)
				if after := w.held(); after != before {
					t.Errorf("held %+v, before %+v", after, before)
				}
			}
			w.scan(canary, imei, idfa, "203.0.113.77")
		})
	}
}

func TestEveryAppAnswersWhoeverWrites(t *testing.T) {
	t.Parallel()
	for _, id := range []privacy.AppID{"mixoo", "pixplus", "aifitting", "picwiz", "kmeng"} {
		w := shipped(t, id)
		who := w.person(id)
		thread := w.writes(who, "", `{"platform":"web","text":"canary-5f1c"}`) // no address is asked for
		if list := w.said(who, thread.ID); len(list) != 1 || list[0].Data["text"] != canary {
			t.Errorf("%s: %d messages", id, len(list))
		}
		must(t, w.Close(t.Context(), who, thread.ID))
		w.sweep(31 * day)
		w.scan(canary)
	}
}

func TestTheNameOfADeviceIsTakenFromItsOwnerAlone(t *testing.T) {
	t.Parallel()
	w := shipped(t, "pixplus")
	who, stranger := w.person("pixplus"), w.person("pixplus")
	names := &device.Service{DB: w.DB, Eraser: w.Eraser, Clock: w.clock}
	mine, err := names.Name(t.Context(), who, terms.Android, "")
	must(t, err)
	body := `{"platform":"android","app_state":"foreground","schema":"device","data":{"device_identifier":"` + mine.ID + `"}}`
	if n := w.takes(terms.Telemetry, call(who, body)); n != 1 {
		t.Errorf("%d accepted", n)
	}
	before := w.held()
	_, err = w.Take(t.Context(), terms.Telemetry, call(stranger, body))
	code(t, err, "validation", mine.ID)
	_, err = w.Take(t.Context(), terms.Telemetry, call(stranger, strings.Replace(body, mine.ID, "9774d56d682e549c", 1)))
	code(t, err, "validation", "9774d56d")
	if after := w.held(); after != before {
		t.Errorf("held %+v, before %+v", after, before)
	}
}

func TestALoginOfTheAppThatWatchesKeepsDigestsOnly(t *testing.T) {
	t.Parallel()
	w := shipped(t, "kmeng")
	who := w.person("kmeng")
	if r := w.login(who, `{"platform":"android","data":{"imei":"490154203237518","mac_address":"00:1b:44:11:3a:b7"}}`); r.StepUp || r.Reduced {
		t.Errorf("%+v", r)
	}
	if r := w.login(who, `{"platform":"android","data":{"imei":"356938035643809"}}`); !r.StepUp {
		t.Errorf("%+v", r)
	}
	if r := w.login(who, `{"platform":"android"}`); !r.Reduced {
		t.Errorf("%+v", r)
	}
	if r := w.login(who, `{"platform":"ios"}`); r.Reduced { // there it does not watch
		t.Errorf("%+v", r)
	}
	_, err := w.AtLogin(t.Context(), call(who, `{"platform":"ios","data":{"imei":"490154203237518"}}`))
	code(t, err, "field-not-allowed", imei)
	_, err = w.Take(t.Context(), terms.Events, call(who, `{"platform":"android","app_state":"foreground","events":[{"name":"app_open","at":"2026-11-21T14:10:00Z","data":{"imei":"490154203237518"}}]}`))
	code(t, err, "category-not-allowed", imei)
	w.scan(imei, "001b4411", "00:1b:44")
}
