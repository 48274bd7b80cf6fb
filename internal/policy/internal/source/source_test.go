package source

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

func minimal(t testing.TB) string {
	t.Helper()
	src, err := os.ReadFile("../../policytest/minimal.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

func TestEveryValueHasItsPlace(t *testing.T) {
	t.Parallel()
	src := minimal(t)
	file, problems := Read([]byte(src))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	lines := strings.Split(src, "\n")
	for pointer, want := range map[string]string{
		"/app/id":                      "sample",
		"/app/name/en":                 "Sample",
		"/updated":                     `"2026-06"`,
		"/minors/min_age":              "13",
		"/contacts/0/email":            "privacy@sample.example",
		"/inputs/0/accept/1":           "image/png",
		"/features/0/send/0/transport": "bytes",
		"/features/0/review/0":         "media_gate",
		"/retention/2/limit":           "PT24H",
		"/retention/2/text/en":         `"at most {limit}"`,
		"/page/0/body/5/en":            `"Write to {email}."`,
		"key:/features/0/label_ai":     "label_ai",
		"key:/safety/steps/0/text":     "text",
		"key:/cookies":                 "cookies",
		"/limits/max_task_age":         "PT24H",
		"/forbidden/purposes/1":        "training",
		"key:/categories/1/storage":    "storage",
		"/recipients/0/name/en":        "our own server",
		"/screens/0/summary/en":        `"This runs on`,
		"key:/inputs/0/max_pixels":     "max_pixels",
		"/notices/channels/0":          "in_app",
		"/rights/1/deadline":           "immediate",
		"key:/regions/recipients":      "recipients",
		"/categories/0/purposes/0":     "requested_feature",
		"/purposes/1/text/en":          "prove what was done",
		"key:/controller":              "controller",
		"/faces/storage":               "disk",
		"key:/minors/below":            "below",
		"/languages/0":                 "en",
		"/training":                    "never",
	} {
		at, ok := file.Positions[pointer]
		if !ok {
			t.Errorf("%s has no place", pointer)
			continue
		}
		if got := lines[at.Line-1][at.Column-1:]; !strings.HasPrefix(got, want) {
			t.Errorf("%s is said to be at %d:%d, where %q stands", pointer, at.Line, at.Column, got)
		}
	}
}

func TestAMissingValueHasThePlaceOfItsNearestParent(t *testing.T) {
	t.Parallel()
	p := Positions{"": {1, 1}, "/a": {2, 3}, "key:/a": {2, 1}}
	for pointer, want := range map[string]Position{"/a/b/c": {2, 3}, "/a": {2, 3}, "/x": {1, 1}, "": {1, 1}} {
		if got := p.At(pointer); got != want {
			t.Errorf("%q: %v", pointer, got)
		}
	}
	if got := p.Key("/a"); got != (Position{2, 1}) {
		t.Errorf("the key is at %v", got)
	}
	if got := p.Key("/a/b"); got != (Position{2, 3}) {
		t.Errorf("a missing key is at %v", got)
	}
	if got := (Positions{}).At("/a"); got != (Position{1, 1}) {
		t.Errorf("an empty file gives %v", got)
	}
}

func TestKeysWithSlashesKeepTheirPlace(t *testing.T) {
	t.Parallel()
	_, problems := Read([]byte(strings.Replace(minimal(t), "training: never", "training: never\na/b~c: 1", 1)))
	if len(problems) != 1 || problems[0].Pointer != "/a~1b~0c" || problems[0].Line != 14 || problems[0].Column != 1 {
		t.Errorf("%+v", problems)
	}
}

func TestScalarsAreReadAsWritten(t *testing.T) {
	t.Parallel()
	src := minimal(t)
	for name, tc := range map[string]struct{ old, new, want string }{
		"a block text":           {"{en: Draws your photo.}", "\n      en: |\n        Draws your photo.", "Draws your photo.\n"},
		"a folded text":          {"{en: Draws your photo.}", "\n      en: >-\n        Draws\n        your photo.", "Draws your photo."},
		"a quoted text":          {"{en: Draws your photo.}", `{en: "Draws \"it\"."}`, `Draws "it".`},
		"a text with a colon":    {"{en: Draws your photo.}", `{en: "Draws: all"}`, "Draws: all"},
		"a text that looks like": {"{en: Draws your photo.}", `{en: "true"}`, "true"},
	} {
		file, problems := Read([]byte(strings.Replace(src, tc.old, tc.new, 1)))
		if len(problems) > 0 {
			t.Errorf("%s: %v", name, problems)
			continue
		}
		if got := file.Doc.Features[0].Summary["en"]; got != tc.want {
			t.Errorf("%s: %q", name, got)
		}
	}
	for name, bad := range map[string]string{"a bare true is no text": "{en: true}", "a number is no text": "{en: 12}", "a fraction is no text": "{en: 1.5}", "infinity is nothing": "{en: .inf}", "null is nothing": "{en: ~}"} {
		if _, problems := Read([]byte(strings.Replace(src, "{en: Draws your photo.}", bad, 1))); len(problems) == 0 {
			t.Errorf("%s, but it is accepted", name)
		}
	}
}

func TestADeclaredByteLimitSurvivesExactly(t *testing.T) {
	t.Parallel()
	file, problems := Read([]byte(strings.Replace(minimal(t), "max_bytes: 20000000", "max_bytes: 8589934592", 1)))
	if len(problems) > 0 || file.Doc.Inputs[0].MaxBytes != 8589934592 {
		t.Errorf("%v", problems)
	}
}

func TestTheSchemaAdvisesOnEveryMember(t *testing.T) {
	t.Parallel()
	var root any
	if err := json.Unmarshal(Schema(), &root); err != nil {
		t.Fatal(err)
	}
	r := reporter{schema: root}
	var visit func(path string, node map[string]any)
	visit = func(path string, node map[string]any) {
		properties, _ := node["properties"].(map[string]any)
		if node["type"] == "object" && properties != nil && node["additionalProperties"] != false {
			t.Errorf("%s accepts unknown keys", path)
		}
		for name, child := range properties {
			object, _ := child.(map[string]any)
			if r.fix("#"+path, "properties", name) == "" {
				t.Errorf("%s/%s has no advice", path, name)
			}
			visit(path+"/properties/"+name, object)
		}
		if items, ok := node["items"].(map[string]any); ok {
			visit(path+"/items", items)
		}
	}
	object, _ := root.(map[string]any)
	visit("", object)
	Schema()[0] = 'x'
	if Schema()[0] != '{' {
		t.Error("the schema can be changed through its copy")
	}
}

func TestPeriodsAndDeadlinesAreRead(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]Period{
		"immediate": {Immediate: true}, "PT24H": {Time: 24 * time.Hour}, "P1Y2M3D": {Years: 1, Months: 2, Days: 3},
		"P1W": {Days: 7}, "PT1M": {Time: time.Minute}, "P1M": {Months: 1}, "P100Y": {Years: 100},
	} {
		if got, err := ReadPeriod(s); err != nil || got != want {
			t.Errorf("%s: %+v, %v", s, got, err)
		}
	}
	for _, bad := range []string{"P101Y", "P1201M", "P2000000D", "PT2000000H", "P1S", "PT1D", "P1H", "1D", "PD", "P1DT", "P1Y1Y1Y1Y1Y1Y1Y1Y1Y1Y1Y1Y1Y1Y1Y1Y1Y"} {
		if got, err := ReadPeriod(bad); err == nil {
			t.Errorf("%s is accepted: %+v", bad, got)
		}
	}
	for s, want := range map[string]bool{"P7D working": true, "P15D working": true, "P30D": false, "immediate": false} {
		if _, working, err := ReadDeadline(s); err != nil || working != want {
			t.Errorf("%s: %v, %v", s, working, err)
		}
	}
	for _, bad := range []string{"working", " working", "P1M working", "P1DT1H working", "immediate working", "P7D  working", "P7D working "} {
		if _, _, err := ReadDeadline(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func TestTheNearestWordIsFound(t *testing.T) {
	t.Parallel()
	words := []string{"training", "title", "ab"}
	for s, want := range map[string]string{"trainning": "training", "titel": "title", "tranin": "training", "xyz": "", "": "", strings.Repeat("t", 100): ""} {
		if got := Nearest(s, words); got != want {
			t.Errorf("%.20q: %q, want %q", s, got, want)
		}
	}
}

func TestHostileNestingIsRefusedBeforeParsing(t *testing.T) {
	t.Parallel()
	for name, src := range map[string]string{
		"brackets in one line":    strings.Repeat("[", 100),
		"brackets in many lines":  strings.Repeat("[\n", 100),
		"braces":                  strings.Repeat("{a: ", 100),
		"compact sequences":       strings.Repeat("- ", 100) + "a",
		"explicit keys":           strings.Repeat("? ", 100) + "a",
		"indentation without end": "a:\n" + strings.Repeat(" ", 1000) + "b: c",
	} {
		_, problems := Read([]byte(src))
		if len(problems) != 1 || problems[0].What != "the file is nested too deeply" {
			t.Errorf("%s: %v", name, problems)
		}
	}
}

func TestAParserThatPanicsIsAProblemOfTheFile(t *testing.T) {
	t.Parallel()
	for _, src := range []string{"a: !!binary", "- !", "!", "*", "&", "? :", "a: |\n\t", "%", "--- >", "'", "\"", "a: [", "{", "a:\n- b\n c", "? ? ?", "<<: *a", ":", "- -\n-", "!<tag:x> a"} {
		if _, problems := Read([]byte(src)); len(problems) == 0 {
			t.Errorf("%q is accepted", src)
		}
	}
}

func TestAPeriodExceedsAnotherWhereItCanRunLonger(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		limit, most string
		want        bool
	}{
		{"P30D", "P30D", false}, {"P31D", "P30D", true}, {"P1M", "P30D", true}, {"P1M", "P1M", false}, {"P28D", "P1M", false}, {"P29D", "P1M", true},
		{"P1Y", "P365D", true}, {"P1Y", "P366D", false}, {"P365D", "P1Y", false}, {"PT24H", "P1D", false}, {"PT25H", "P1D", true}, {"immediate", "PT1S", false},
		{"PT1S", "immediate", true}, {"immediate", "immediate", false}, {"soon", "P1D", false}, {"P1D", "soon", false},
	} {
		if got := Exceeds(tt.limit, tt.most); got != tt.want {
			t.Errorf("%s exceeds %s: %t", tt.limit, tt.most, got)
		}
	}
}

func TestAPlainFileHasValuesAndPlaces(t *testing.T) {
	t.Parallel()
	plain, at, problems := Plain([]byte("a: [1, two]\nb:\n  - c: \"[[[\"\n"))
	object, ok := plain.(map[string]any)
	if !ok || len(problems) > 0 || len(object) != 2 || at.At("/b/0").Line != 3 || at.At("/a").Line != 1 {
		t.Errorf("%v %v %v", plain, at, problems)
	}
	other, at, problems := Plain([]byte("\ufeffa: [1, two]\r\nb:\r\n  - c: \"[[[\"\r\n"))
	if len(problems) > 0 || !reflect.DeepEqual(plain, other) || at.At("/b/0").Line != 3 {
		t.Errorf("as another editor writes it: %v %v %v", other, at, problems)
	}
	open := "a: \"" + strings.Repeat("[", maxDepth+1) + "\"\n"
	if _, _, problems := Plain([]byte(open)); len(problems) > 0 {
		t.Errorf("brackets in a text are refused: %v", problems)
	}
	if _, problems := Read([]byte(open)); len(problems) == 0 {
		t.Error("a policy file may open as many brackets")
	}
	for _, src := range []string{"", "a: 1\na: 2", "a: &x 1\nb: *x", "a: !!str 1", "[", "a: \xff"} {
		if _, _, problems := Plain([]byte(src)); len(problems) == 0 {
			t.Errorf("%q is read", src)
		}
	}
}
