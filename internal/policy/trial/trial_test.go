package trial_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"vow.example/vow/apps"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/policy/trial"
)

func TestEveryAppHoldsItsOwnCases(t *testing.T) {
	t.Parallel()
	reports, err := trial.FS(apps.FS, "apps")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range reports {
		if len(r.Results) == 0 {
			t.Errorf("%s has no case", r.File)
		}
		for _, x := range r.Results {
			if !x.OK {
				t.Errorf("%s:%d: %s\n  want %s\n  got  %s", r.File, x.Line, x.Case, x.Want, x.Got)
			}
		}
	}
}

// run runs one case against the full policy.
func run(t *testing.T, lines string) trial.Result {
	t.Helper()
	src := "format: vow/policy-test/1\ncases:\n  - name: case\n    clause: X-1\n    " + strings.ReplaceAll(strings.TrimSpace(lines), "\n", "\n    ") + "\n"
	report, err := trial.Run("policy.yaml", policytest.Full(), "policy_test.yaml", []byte(src))
	if err != nil {
		t.Fatalf("%v\n%s", err, src)
	}
	if len(report.Results) != 1 || report.Results[0].Line != 3 || report.Results[0].Clause != "X-1" || report.App != "sample" {
		t.Fatalf("%+v", report)
	}
	return report.Results[0]
}

func TestAQuestionIsAnsweredByThePolicy(t *testing.T) {
	t.Parallel()
	for question, want := range map[string]string{
		"age: 13":                               "allowed: the age is 13",
		"age: 12":                               "refused: below 13 a guardian",
		"ground: legal_demand, of: disclosures": "allowed: the ground needs [document]",
		"ground: your_consent, of: disclosures, category: account":          "allowed",
		"ground: your_consent, of: disclosures, category: source_photo":     "refused: the closed list disclosures",
		"ground: other, of: refusals":                                       "refused",
		"ground: court_order, of: holds":                                    "allowed",
		"ground: court_order, of: secrets":                                  "refused: there is no list secrets",
		"sdk: firebase_kit, platform: ios":                                  "allowed",
		"sdk: firebase_kit, platform: web":                                  "refused: the kit firebase_kit is not built in on web",
		"sdk: adjust_kit":                                                   "refused: the register",
		"vendor: crash_vendor, field: fault_code":                           "allowed",
		"vendor: crash_vendor, field: country":                              "refused: the schema",
		"vendor: somebody":                                                  "refused: no vendor",
		"intake: device, field: os_version":                                 "allowed",
		"intake: device, field: build, platform: ios":                       "refused",
		"intake: device, field: build, platform: android":                   "allowed",
		"intake: sign_in, platform: ios":                                    "refused: the intake sign_in takes nothing from ios",
		"intake: app_use, field: screen":                                    "allowed",
		"intake: app_use, event: app_opened, field: screen":                 "refused",
		"intake: app_use, event: closed":                                    "refused: the intake app_use does not list the event closed",
		"intake: nothing":                                                   "refused: there is no intake",
		"field: os_version":                                                 "allowed",
		"field: oaid, platform: ios":                                        "refused: no intake lists",
		"field: oaid, platform: android":                                    "allowed",
		"field: latitude":                                                   "refused",
		"right: erase, within: P7D working":                                 "allowed",
		"right: erase, within: P5D working":                                 "refused",
		"right: erase, within: P30D":                                        "refused",
		"right: withdraw, within: PT1H":                                     "allowed",
		"right: withdraw":                                                   "allowed",
		"right: forget":                                                     "refused: there is no right",
		"region: US":                                                        "allowed",
		"region: CN":                                                        "refused: people in CN may not read; what opens it: consent",
		"cookie: sid":                                                       "refused",
		"switch: analytics":                                                 "allowed",
		"switch: ads":                                                       "refused",
		"permission: camera, platform: ios":                                 "allowed",
		"permission: camera, platform: web":                                 "refused",
		"permission: camera, feature: sketch":                               "allowed",
		"permission: tracking, feature: sketch":                             "refused: the feature sketch does not use",
		"permission: contacts":                                              "refused",
		"recipient: own_servers, feature: sketch, category: source_photo":   "allowed: own_servers receives photo",
		"recipient: firebase, field: screen, platform: ios":                 "allowed",
		"recipient: firebase, category: device_info":                        "refused",
		"recipient: adjust, platform: ios":                                  "refused: adjust may not be reached from ios",
		"recipient: adjust, platform: android, field: os_version":           "allowed",
		"recipient: umeng":                                                  "refused: the policy does not declare",
		"recipient: aws_s3":                                                 "refused: nothing in the policy sends this",
		"feature: sketch, field: photo":                                     "allowed: the feature sketch goes to own_servers",
		"feature: sketch, field: prompt":                                    "refused",
		"feature: face_swap":                                                "refused",
		"category: source_photo, purpose: requested_feature":                "allowed",
		"category: source_photo, purpose: training":                         "refused",
		"category: precise_location":                                        "refused",
		"category: device_info":                                             "allowed",
		"category: device_info, within: P30D":                               "allowed",
		"category: device_info, within: P29D":                               "refused: device_info is kept for P30D",
		"category: source_photo, starts: task_succeeded, within: immediate": "allowed",
		"category: source_photo, within: PT1H":                              "refused",
		"category: source_photo, starts: last_active":                       "refused: no clock",
		"category: source_photo, within: soon":                              "refused",
		"purpose: requested_feature":                                        "allowed",
		"purpose: sale":                                                     "refused",
	} {
		expect, because, _ := strings.Cut(want, ": ")
		if r := run(t, "ask: {"+question+", expect: "+expect+", because: "+quoted(because)+"}"); !r.OK {
			t.Errorf("%s: want %s, got %s", question, r.Want, r.Got)
		}
		other := map[string]string{"allowed": "refused", "refused": "allowed"}[expect]
		if r := run(t, "ask: {"+question+", expect: "+other+"}"); r.OK {
			t.Errorf("%s passes with either answer", question)
		}
	}
}

func quoted(s string) string { return `"` + s + `"` }

func TestAPlannedFeatureIsNotOffered(t *testing.T) {
	t.Parallel()
	if r := run(t, "mutate: [{replace: \"state: live\", with: \"state: planned\"}]\nask: {feature: sketch, expect: refused, because: planned}"); !r.OK {
		t.Error(r.Got)
	}
	if r := run(t, "mutate: [{replace: \"    once\", with: x}]\nask: {feature: sketch, expect: refused}"); r.OK {
		t.Error("a mutation that applies nowhere passes")
	}
}

func TestAKitThatWaitsForItsCheckIsOut(t *testing.T) {
	t.Parallel()
	if r := run(t, "mutate: [{replace: 'version: \"12.1\"', with: 'version: \"12.2\"'}]\nask: {sdk: firebase_kit, expect: refused, because: pending}"); !r.OK {
		t.Error(r.Got)
	}
}

func TestAChangeMustBeRefusedForTheReasonThatIsGiven(t *testing.T) {
	t.Parallel()
	for lines, ok := range map[string]bool{
		"mutate: [{replace: \"cipher: AES-256\", with: \"cipher: chacha20\"}]\nerror: WIZ-5-02":                                 true,
		"mutate: [{replace: \"cipher: AES-256\", with: \"cipher: chacha20\"}]\nerror: \"write cipher: AES-256\"":                true,
		"mutate: [{replace: \"cipher: AES-256\", with: \"cipher: chacha20\"}]\nerror: WIZ-5-02\nat: cipher":                     true,
		"mutate: [{replace: \"cipher: AES-256\", with: \"cipher: chacha20\"}]\nerror: WIZ-5-02\nat: features":                   false,
		"mutate: [{replace: \"cipher: AES-256\", with: \"cipher: chacha20\"}]\nerror: data broker":                              false,
		"mutate: [{replace: \"statistics: 10\", with: \"statistics: 20\"}]\nerror: show single ones":                            false,
		"mutate: [{replace: \"not in the file\", with: x}]\nerror: x":                                                           false,
		"mutate: [{add: \"colour: red\"}]\nerror: is unknown":                                                                   true,
		"mutate: [{replace: \"P30D\", with: \"P31D\", all: true}, {replace: \"lead: P31D\", with: \"lead: P1D\"}]\nerror: P31D": true,
	} {
		if r := run(t, lines); r.OK != ok || r.Got == "" || r.Want == "" {
			t.Errorf("%s: %+v", lines, r)
		}
	}
}

func TestACaseThatCannotFailIsRefused(t *testing.T) {
	t.Parallel()
	const mutate = "mutate: [{replace: a, with: b}]"
	for name, src := range map[string]string{
		"no name":                  "  - {error: x, " + mutate + "}",
		"nothing":                  "  - {name: x}",
		"no expected error":        "  - {name: x, " + mutate + "}",
		"both":                     "  - {name: x, error: y, ask: {purpose: sale, expect: refused}}",
		"a change of nothing":      "  - {name: x, error: y, mutate: [{replace: a, with: a}]}",
		"a change and an addition": "  - {name: x, error: y, mutate: [{replace: a, with: b, add: c}]}",
		"no change":                "  - {name: x, error: y, mutate: [{with: b}]}",
		"no answer":                "  - {name: x, ask: {purpose: sale}}",
		"an unknown answer":        "  - {name: x, ask: {purpose: sale, expect: maybe}}",
		"no question":              "  - {name: x, ask: {platform: ios, expect: refused}}",
		"keys that do not fit":     "  - {name: x, ask: {cookie: sid, field: photo, expect: refused}}",
		"an unknown key":           "  - {name: x, ask: {colour: red, expect: refused}}",
		"an unknown platform":      "  - {name: x, ask: {permission: camera, platform: watch, expect: refused}}",
		"a ground of no list":      "  - {name: x, ask: {ground: other, expect: refused}}",
	} {
		_, err := trial.Run("policy.yaml", policytest.Full(), "policy_test.yaml", []byte("format: vow/policy-test/1\ncases:\n"+src+"\n"))
		var problems *policy.Problems
		if !errors.As(err, &problems) || problems.Findings[0].Line != 3 || problems.Findings[0].File != "policy_test.yaml" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAFileThatIsNoFileOfCasesIsRefused(t *testing.T) {
	t.Parallel()
	for _, src := range []string{"", "format: vow/policy/1\ncases: []", "cases: [{name: x}]", "format: vow/policy-test/1", "a: &x 1\nb: *x", "[", "format: vow/policy-test/1\ncases: []\nmore: 1"} {
		_, err := trial.Run("policy.yaml", policytest.Full(), "policy_test.yaml", []byte(src))
		var problems *policy.Problems
		if !errors.As(err, &problems) {
			t.Errorf("%q: %v", src, err)
		}
	}
	_, err := trial.Run("policy.yaml", policytest.Full(), "policy_test.yaml", []byte("format: vow/policy-test/1\ncases:\n  - {error: x}\n  - {name: held, ask: {purpose: sale, expect: refused}}\n  - {name: x}\n"))
	if all := (*policy.Problems)(nil); !errors.As(err, &all) || len(all.Findings) != 2 || all.Findings[0].Line != 3 || all.Findings[1].Line != 5 {
		t.Errorf("two cases are wrong: %v", err)
	}
	for src, want := range map[string]string{"words": "1:1: this is a string and no mapping (fix: ", "format: vow/policy-test/1\ncases: 7": "cases cannot be a number"} {
		if _, err := trial.Run("policy.yaml", policytest.Full(), "policy_test.yaml", []byte(src)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", src, err)
		}
	}
	if _, err := trial.Run("policy.yaml", []byte("x"), "policy_test.yaml", nil); err == nil {
		t.Error("cases run against a policy that does not load")
	}
}

func TestAFolderOfAppsAndTheFolderOfOneAreRunAlike(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	app := filepath.Join(dir, "sample")
	if err := os.Mkdir(app, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, src := range map[string]string{
		"policy.yaml": string(policytest.Full()),
		trial.File:    "format: vow/policy-test/1\ncases:\n  - {name: held, ask: {purpose: sale, expect: refused}}\n  - {name: broken, clause: X-1, ask: {purpose: sale, expect: allowed}}\n",
	} {
		if err := os.WriteFile(filepath.Join(app, name), []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, where := range []string{dir, app, app + "/"} {
		reports, err := trial.Dir(where)
		if err != nil || len(reports) != 1 || len(reports[0].Results) != 2 || reports[0].Failed() != 1 {
			t.Fatalf("%s: %+v %v", where, reports, err)
		}
		text := reports[0].String()
		if strings.Contains(text, "held") || !strings.Contains(text, "sample/policy_test.yaml:4: broken X-1\n    want allowed\n    got  refused: ") || strings.Contains(text, "ok  ") {
			t.Errorf("%s", text)
		}
	}
	if _, err := trial.Dir(filepath.Join(dir, "nowhere")); err == nil {
		t.Error("a folder that is not there passes")
	}
}

func TestAFolderWithoutCasesIsSaid(t *testing.T) {
	t.Parallel()
	if _, err := trial.FS(fstest.MapFS{"a/policy.yaml": {Data: policytest.Full()}}, "x"); err == nil {
		t.Error("nothing was run and nothing is said")
	}
	if _, err := trial.FS(fstest.MapFS{"a/policy_test.yaml": {Data: []byte("x")}}, "x"); err == nil {
		t.Error("a missing policy passes")
	}
	if _, err := trial.App(fstest.MapFS{"a/policy.yaml": {Data: policytest.Full()}}, "a", "x"); err == nil {
		t.Error("missing cases pass")
	}
	reports, err := trial.FS(fstest.MapFS{
		"sample/policy.yaml":      {Data: policytest.Full()},
		"sample/policy_test.yaml": {Data: []byte("format: vow/policy-test/1\ncases:\n  - {name: x, ask: {purpose: sale, expect: allowed}}\n")},
	}, "x")
	if err != nil || len(reports) != 1 || reports[0].Failed() != 1 || reports[0].File != "x/sample/policy_test.yaml" {
		t.Errorf("%+v %v", reports, err)
	}
}
