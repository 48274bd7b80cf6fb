package form_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vow.example/vow/internal/intake/form"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
)

// collecting reads the policy once for all tests: it never changes.
var collecting = sync.OnceValues(func() (*policy.Policy, error) { return policy.Load("policy.yaml", policytest.Collection()) })

func now() time.Time { return time.Date(2026, 11, 21, 14, 10, 0, 0, time.UTC) }

// sheet returns one schema of the collecting policy.
func sheet(t testing.TB, id string, platform terms.Platform) form.Sheet {
	t.Helper()
	p, err := collecting()
	if err != nil {
		t.Fatal(err)
	}
	all := p.Terms()
	in, ok := all.Intake(id)
	if !ok {
		t.Fatalf("no intake %s", id)
	}
	return form.Sheet{Terms: all, Kind: in.Kind, Category: in.Category, Clause: in.Clause, Fields: in.Fields, Platform: platform, At: "/data", Now: now()}
}

// refused returns the refusal of a body that must not pass.
func refused(t *testing.T, s form.Sheet, body string) *form.Refusal {
	t.Helper()
	_, err := s.Judge(json.RawMessage(body))
	var r *form.Refusal
	if !errors.As(err, &r) || len(r.Wrong) == 0 {
		t.Fatalf("%s: %v", body, err)
	}
	return r
}

func TestEveryListedFieldPasses(t *testing.T) {
	t.Parallel()
	a, err := sheet(t, "device", terms.Android).Judge(json.RawMessage(`{"device_model":"iPhone15,3","os_version":"17.5.1","language":"zh-Hans","country":"DE","memory_mb":3.5,
		"low_power":false,"orientation":"portrait","first_open":"2026-01-02T03:04:05+08:00","carrier":"T-Mobile"}`))
	if err != nil {
		t.Fatal(err)
	}
	v := a.Values()
	if len(v) != 9 || v["first_open"] != "2026-01-01T19:04:05Z" || v["memory_mb"] != 3.5 || v["low_power"] != false || a.Needs()["carrier"] != "network_state" {
		t.Errorf("%v, needs %v", v, a.Needs())
	}
	if a, err := sheet(t, "device", terms.IOS).Judge(nil); err != nil || len(a.Values()) != 0 {
		t.Errorf("nothing at all: %v", err)
	}
}

func TestAFieldThatIsNotListedIsRefusedByNameAndNeverByValue(t *testing.T) {
	t.Parallel()
	const canary = "canary-8842"
	for name, tt := range map[string]struct {
		schema                string
		platform              terms.Platform
		body                  string
		code, pointer, clause string
	}{
		"unknown":                          {"device", terms.IOS, `{"mood":"` + canary + `"}`, form.CodeField, "/data/mood", "MIX-1.1-01"},
		"listed for another platform":      {"device", terms.IOS, `{"carrier":"` + canary + `"}`, form.CodeField, "/data/carrier", "MIX-1.1-01"},
		"an address from the body":         {"device", terms.IOS, `{"ip_address":"203.0.113.7"}`, form.CodeField, "/data/ip_address", "MIX-1.1-01"},
		"refused by the policy":            {"device", terms.IOS, `{"gps":"` + canary + `"}`, form.CodeCategory, "/data/gps", "KME-C.b-02"},
		"refused as a whole category":      {"device", terms.IOS, `{"clipboard":"` + canary + `"}`, form.CodeCategory, "/data/clipboard", "KME-C.a-01"},
		"known by another name":            {"device", terms.IOS, `{"pasteboard":"` + canary + `"}`, form.CodeCategory, "/data/pasteboard", "KME-C.a-01"},
		"a sensor":                         {"device", terms.Web, `{"gyroscope":1}`, form.CodeCategory, "/data/gyroscope", "KME-C.b-04"},
		"hardware outside a login":         {"device", terms.Android, `{"imei":"490154203237518"}`, form.CodeCategory, "/data/imei", ""},
		"contacts":                         {"device", terms.Android, `{"contacts":["` + canary + `"]}`, form.CodeCategory, "/data/contacts", ""},
		"an advertising id":                {"device", terms.Android, `{"gaid":"` + canary + `"}`, form.CodeCategory, "/data/gaid", ""},
		"an advertising id at an iOS one":  {"login", terms.IOS, `{"oaid":"` + canary + `"}`, form.CodeCategory, "/data/oaid", ""},
		"a name that is a value":           {"device", terms.IOS, `{"anna@example.com":1}`, form.CodeField, "/data", "MIX-1.1-01"},
		"a name that is a number":          {"device", terms.IOS, `{"a490154203237518":1}`, form.CodeField, "/data", "MIX-1.1-01"},
		"the gravest of several is told":   {"device", terms.IOS, `{"mood":"x","os_version":9,"latitude":1}`, form.CodeCategory, "/data/latitude", "KME-C.b-02"},
		"a sentence beside a stranger":     {"device", terms.IOS, `{"device_model":"I am Anna","mood":"x"}`, form.CodeField, "/data/mood", "MIX-1.1-01"},
		"what is not an object":            {"device", terms.IOS, `["` + canary + `"]`, form.CodeRule, "/data", ""},
		"a required field that is missing": {"crash", terms.IOS, `{}`, form.CodeRule, "/data/signal", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := refused(t, sheet(t, tt.schema, tt.platform), tt.body)
			if r.Code != tt.code || r.Wrong[0].Pointer != tt.pointer || r.Clause != tt.clause {
				t.Errorf("%+v", r)
			}
			if told := fmt.Sprintf("%+v %s", *r, r); strings.Contains(told, canary) || strings.Contains(told, "anna") || strings.Contains(told, "4901542") {
				t.Errorf("the value is repeated: %s", told)
			}
		})
	}
}

func TestAWordIsAWord(t *testing.T) {
	t.Parallel()
	s := sheet(t, "device", terms.Web)
	for _, w := range []string{"Pixel-8", "SM-G991B", "iPhone15,3", "Asia/Shanghai", "1170x2532", "com.mixoo.app", "home/effects/avatar/result", "SettingsPrivacyExportViewController2",
		"SIGSEGV", "arm64-v8a", "page_settings_privacy_export", "v2.1.0+build.77", "1763733000000"} {
		if _, err := s.Judge(object(t, "device_model", w)); err != nil {
			t.Errorf("%s is refused: %v", w, err)
		}
	}
	for name, w := range map[string]string{
		"a sentence":                      "I am tired today",
		"a sentence with hyphens":         "i-am-so-very-tired-of-all-this-today",
		"a sentence in pieces":            "i/am/so/tired/of/all/this/today/and/tomorrow/and/the/day/after/it/too/my/friend",
		"a sentence without spaces":       "我今天很难过",
		"a mail address":                  "anna@example.com",
		"a web address":                   "https://example.com/anna",
		"a web address without a scheme":  "//example.com/anna",
		"a web address in its short form": "www.example.com",
		"a file in base64":                "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ",
		"a random name":                   "dGhpcyBpcyBhIHNlY3JldA4x9Kq2Lm",
		"an IMEI":                         "490154203237518",
		"an IMEI with dashes":             "49-015420-323751-8",
		"an ICCID":                        "8949301234567890123",
		"a MAC address":                   "00:1b:44:11:3a:b7",
		"a MAC address without colons":    "001b44113ab7",
		"an Android id":                   "9774d56d682e549c",
		"a UUID":                          "38400000-8cf0-11bd-b23e-10b96e40000d",
		"a telephone number":              "+8613800138000",
		"a network address":               "203.0.113.7",
		"a long network address":          "2001:db8::1",
		"a place":                         "52.5200,13.4050",
		"an identifier of ours":           "sub_06awh5k3x7m2q8r4t9v1z6y3b0",
		"nothing":                         "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := refused(t, s, string(object(t, "device_model", w)))
			if r.Code != form.CodeRule || r.Wrong[0].Pointer != "/data/device_model" || w != "" && strings.Contains(r.Error()+r.Wrong[0].Detail, w) {
				t.Errorf("%+v", r)
			}
		})
	}
}

func object(t testing.TB, name string, value any) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(map[string]any{name: value})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestEveryKindHasItsBounds(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ schema, body, rule string }{
		"too long":                         {"device", `{"device_model":"` + strings.Repeat("a", 65) + `"}`, "too_long"},
		"a word that is a number":          {"device", `{"device_model":7}`, "not_a_string"},
		"a null":                           {"device", `{"device_model":null}`, "not_a_string"},
		"a version in words":               {"device", `{"os_version":"the newest"}`, "not_a_version"},
		"a version that is a serial":       {"device", `{"os_version":"490154203237518"}`, "not_a_version"},
		"a version with a tail":            {"device", `{"os_version":"1.2-490154203237518"}`, "not_a_version"},
		"a version in four parts of one":   {"device", `{"os_version":"49015420.3237518.0.1"}`, "not_a_version"},
		"a language with an identifier":    {"device", `{"language":"en-49015420-3237518"}`, "not_a_language"},
		"a number with an identifier":      {"device", `{"memory_mb":490154203237.518}`, "out_of_bounds"},
		"five parts":                       {"device", `{"os_version":"1.2.3.4.5"}`, "not_a_version"},
		"no language":                      {"device", `{"language":"German please"}`, "not_a_language"},
		"no region":                        {"device", `{"country":"Germany"}`, "not_a_region"},
		"a street":                         {"device", `{"country":"DE-Berlin Mitte"}`, "not_a_region"},
		"below the least":                  {"device", `{"memory_mb":-1}`, "out_of_bounds"},
		"above the most":                   {"device", `{"memory_mb":1000001}`, "out_of_bounds"},
		"a number in quotes":               {"device", `{"memory_mb":"7"}`, "not_a_number"},
		"a flag in quotes":                 {"device", `{"low_power":"true"}`, "not_a_flag"},
		"none of the choices":              {"device", `{"orientation":"sideways"}`, "not_a_choice"},
		"no time":                          {"device", `{"first_open":"yesterday"}`, "not_a_moment"},
		"a time in the future":             {"device", `{"first_open":"2026-11-23T00:00:00Z"}`, "out_of_bounds"},
		"a time before phones":             {"device", `{"first_open":"1996-11-23T00:00:00Z"}`, "out_of_bounds"},
		"an identifier with a space":       {"login", `{"imei":"49 0154"}`, "not_a_digest"},
		"an address without a host":        {"support", `{"message":"hi","answer_to":"anna"}`, "not_a_mail"},
		"an address with a header":         {"support", `{"message":"hi","answer_to":"anna@example.com\nBcc: x@y.example"}`, "not_a_mail"},
		"two addresses":                    {"support", `{"message":"hi","answer_to":"anna@example.com,b@example.com"}`, "not_a_mail"},
		"a file instead of words":          {"support", `{"message":"` + strings.Repeat("iVBORw0KGgo", 30) + `"}`, "not_a_text"},
		"a message with control codes":     {"support", `{"message":"a\u0000b"}`, "not_a_text"},
		"a message of blanks":              {"support", `{"message":"  \n "}`, "not_a_text"},
		"a message that is too long":       {"support", `{"message":"` + strings.Repeat("wort ", 500) + `"}`, "too_long"},
		"a message without what it is for": {"support", `{"topic":"bug"}`, "required"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := refused(t, sheet(t, tt.schema, terms.Android), tt.body)
			if r.Code != form.CodeRule || r.Wrong[0].Code != tt.rule {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestWhatAPersonWritesPasses(t *testing.T) {
	t.Parallel()
	a, err := sheet(t, "support", terms.Web).Judge(json.RawMessage(`{"message":"Hello! Why is https://example.com/x slow?\n照片呢？","answer_to":"anna.b+x@mail.example.com","topic":"bug"}`))
	if err != nil || len(a.Values()) != 3 {
		t.Errorf("%v", err)
	}
	if s := fmt.Sprintf("%v %+v %#v %s", a, a, a, a); strings.Contains(s, "anna") {
		t.Errorf("it prints: %s", s)
	}
}

func TestAnIdentifierAtALoginIsSetApartFromWhatIsKept(t *testing.T) {
	t.Parallel()
	a, err := sheet(t, "login", terms.Android).Judge(json.RawMessage(`{"imei":"490154203237518","oaid":"38400000-8cf0-11bd-b23e-10b96e40000d","mac_address":"00:1b:44:11:3a:b7"}`))
	if err != nil || len(a.Values()) != 0 || len(a.Digests()) != 3 || a.Needs()["mac_address"] != "device_check" {
		t.Errorf("%v: %d values, %d digests, needs %v", err, len(a.Values()), len(a.Digests()), a.Needs())
	}
	if got := sheet(t, "login", terms.Android).Tracking(); len(got) != 1 || got[0] != "oaid" {
		t.Errorf("on android %v", got)
	}
	if got := sheet(t, "login", terms.IOS).Tracking(); len(got) != 0 {
		t.Errorf("on ios %v", got)
	}
}

func TestAnEnvelopeHasItsMembersOnly(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"platform":"ios"}`:            "",
		`{"platform":"ios","mood":1}`:   form.CodeField,
		`{"platform":"ios","idfa":"x"}`: form.CodeCategory,
		`{"platform":"ios","imei":"x"}`: form.CodeCategory,
		``:                              form.CodeRule,
		`[]`:                            form.CodeRule,
		`null`:                          form.CodeRule,
		`{"platform":`:                  form.CodeRule,
	} {
		_, err := form.Envelope([]byte(body), "platform")
		var r *form.Refusal
		if want == "" && err != nil || want != "" && (!errors.As(err, &r) || r.Code != want) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestAnAdvertisingIDIsFoundWhereverItIsNamed(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bool{
		`{"data":{"idfa":"x"}}`:                         true,
		`{"data":{"kind":"IDFA","value":"x"}}`:          true,
		`{"a":[{"b":[{"Advertising-ID":1}]}]}`:          true,
		`{"a":["x","gaid"]}`:                            true,
		`{"idfa":1,"idfa":2}`:                           true,
		`{"a":1} {"idfa":1}`:                            true,
		`{"data":{"oaid":"x"}}`:                         false, // permitted below
		`{"data":{"name":"oaid"}}`:                      true,  // but not as a value
		`{"data":{"page":"ideas"},"events":[{"a":[]}]}`: false,
		`{"data":`: false,
	} {
		if got := form.Tracks([]byte(body), []string{"oaid"}); got != want {
			t.Errorf("%s: %v", body, got)
		}
	}
}

// FuzzJudge feeds bodies to every schema: whatever passes is listed, of its kind and within its bounds, and
// a refusal repeats no value.
func FuzzJudge(f *testing.F) {
	for _, seed := range []string{`{}`, `{"device_model":"Pixel-8","memory_mb":3}`, `{"imei":"490154203237518"}`, `{"message":"hello","answer_to":"a@b.example"}`,
		`{"page":"home","seconds":1e9}`, `{"gps":"secret-value"}`, `{"first_open":"2026-01-02T03:04:05Z"}`, `{"device_model":"a b"}`, `[1]`, `{"wechat":true}`} {
		f.Add(seed)
	}
	var sheets []form.Sheet
	for _, id := range strings.Fields("device network crash login support feedback spring share") {
		for _, p := range []terms.Platform{terms.IOS, terms.Android, terms.Web} {
			sheets = append(sheets, sheet(f, id, p))
		}
	}
	f.Fuzz(func(t *testing.T, body string) {
		for _, s := range sheets {
			a, err := s.Judge(json.RawMessage(body))
			if err != nil {
				silent(t, body, err)
				continue
			}
			for id, v := range a.Values() {
				passed(t, s, id, v)
			}
			if len(a.Digests()) > 0 && s.Kind != terms.LoginRisk {
				t.Errorf("identifiers of hardware passed outside a login: %q", body)
			}
		}
	})
}

// FuzzTracks feeds whole bodies: none ends the program, and a name that stands in a readable body is found.
func FuzzTracks(f *testing.F) {
	for _, seed := range []string{`{"idfa":1}`, `[[{"a":"GAID"}]]`, `{"a":{"b":[1,"x"]}}`, `}{`, `{"a":`, `""`, `[]]`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		found := form.Tracks([]byte(body), nil)
		var whole any
		if json.Unmarshal([]byte(body), &whole) == nil && found != names(whole) && !found {
			t.Errorf("overlooked in %q", body)
		}
		if _, err := form.Envelope([]byte(body), "a"); err == nil && names(whole) && !found {
			t.Errorf("passes: %q", body)
		}
	})
}

// names reports whether a value names an advertising identifier.
func names(v any) bool {
	switch v := v.(type) {
	case string:
		return privacy.NamesAdvertisingID(v)
	case []any:
		return slices.ContainsFunc(v, names)
	case map[string]any:
		for k, x := range v {
			if privacy.NamesAdvertisingID(k) || names(x) {
				return true
			}
		}
	}
	return false
}

// silent fails where a refusal repeats a value of the body.
func silent(t *testing.T, body string, err error) {
	t.Helper()
	var given map[string]any
	if json.Unmarshal([]byte(body), &given) != nil {
		return
	}
	for _, v := range given {
		if s, ok := v.(string); ok && len(s) > 12 && strings.Contains(err.Error(), s) {
			t.Errorf("%q is repeated in %q", s, err)
		}
	}
}

func passed(t *testing.T, s form.Sheet, id string, v any) {
	t.Helper()
	for _, field := range s.Fields {
		if field.ID != id {
			continue
		}
		if field.Kind == terms.Address || field.Kind == terms.Digest || !terms.On(field.Platforms, s.Platform) {
			t.Errorf("%s passed on %s", id, s.Platform)
		}
		word, ok := v.(string)
		if ok && field.Kind == terms.Word && (strings.ContainsAny(word, " @\n\x00") || len(word) > field.Max) {
			t.Errorf("%s passed as a word: %q", id, word)
		}
		if n, ok := v.(float64); ok && (n < field.Least || n > field.Most) {
			t.Errorf("%s passed as %g", id, n)
		}
		return
	}
	t.Errorf("%s passed and is not listed", id)
}

func TestAnObjectThatSaysSomethingTwiceIsNone(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]bool{
		`{"a":1,"a":2}`: false, `{"a":{"x":1},"b":2,"a":{}}`: false, `{"a":1,"\u0061":2}`: false, `{"a":{"b":1},"b":{"a":1}}`: true, `{}`: true, ` {"a":[1,{"c":2}]} `: true,
	} {
		if _, ok := form.Object(json.RawMessage(raw)); ok != want {
			t.Errorf("%s: %v", raw, ok)
		}
	}
}
