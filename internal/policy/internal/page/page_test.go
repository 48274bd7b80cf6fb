package page

import (
	"os"
	"strings"
	"testing"

	"vow.example/vow/internal/policy/internal/source"
)

func read(t testing.TB, name string) *source.File {
	t.Helper()
	src, err := os.ReadFile("../../policytest/" + name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	file, problems := source.Read(src)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return file
}

// written fills one paragraph of the full policy.
func written(t testing.TB, doc *source.Doc, text string) (lines, unknown []string) {
	t.Helper()
	return Of(doc).paragraph(text, "en")
}

func TestASlotStandsForWhatTheFileSays(t *testing.T) {
	t.Parallel()
	doc := &read(t, "full").Doc
	for text, want := range map[string]string{
		"{app} by {team}":                         "Sample by Sample team",
		"{email}":                                 "privacy@sample.example",
		"from {min_age} years":                    "from 13 years",
		"{lead} before":                           "30 days before",
		"{joint}, {joint_email}":                  "Sample Partner Ltd., partner@sample.example",
		"in {regions}":                            "in United States",
		"{limit support_message.case_closed}":     "60 days (our number; the published text gives none)",
		"{limit source_photo.task_failed}":        "24 hours",
		"{deadline withdraw}":                     "at once",
		"{right withdraw}":                        "at once",
		"{recipient adjust}: {policy_url adjust}": "Adjust: https://www.adjust.com/terms/privacy-policy/",
		"{email all}":                             "privacy@sample.example",
		"{accept}":                                "Continue",
		"{features}":                              "Sketch",
		"Cookies: {cookies}":                      "Cookies: none",
		"Version of {updated}":                    "Version of 2026-06",
	} {
		lines, unknown := written(t, doc, text)
		if len(unknown) > 0 || len(lines) != 1 || lines[0] != want {
			t.Errorf("%q: %q %q, want %q", text, lines, unknown, want)
		}
	}
}

func TestAListHasOneLinePerItem(t *testing.T) {
	t.Parallel()
	doc := &read(t, "full").Doc
	for name, want := range map[string]int{
		"categories": 16, "purposes": 6, "retention": 19, "recipients": 1, "rights": 2, "sdks": 1, "permissions": 2, "switches": 1, "collection": 6,
		"refused": 2, "forwards": 2, "grounds": 2, "refusals": 1, "exemptions": 1, "restrictions": 1, "overrides": 1, "holds": 1,
	} {
		lines, unknown := written(t, doc, "{list "+name+"}")
		if len(unknown) > 0 || len(lines) != want {
			t.Errorf("%s: %d lines, want %d: %q %q", name, len(lines), want, lines, unknown)
		}
		for _, line := range lines {
			if strings.TrimSpace(line) == "" || strings.ContainsAny(line, "{}") || strings.Contains(line, "%!") {
				t.Errorf("%s: %q", name, line)
			}
		}
	}
}

func TestASlotThatNothingFillsIsNamedWithItsPlace(t *testing.T) {
	t.Parallel()
	file := read(t, "minimal")
	slots := []string{"{list permissions}", "{list sdks}", "{list collection}", "{list refusals}", "{list secrets}", "{joint}", "{recipient gemini}", "{limit voice.unused}", "{right fly}", "{a b c d}", "{}", "{keeps own_servers inputs x}"}
	for _, s := range slots {
		if _, unknown := written(t, &file.Doc, s); len(unknown) != 1 || unknown[0] != s {
			t.Errorf("%s: %q", s, unknown)
		}
	}
	file.Doc.Page[0].Body = append(file.Doc.Page[0].Body, source.Text{"en": "{list permissions}"})
	found := Of(&file.Doc).Unfilled(file.Positions)
	if len(found) != 1 || found[0].Pointer != "/page/0/body/6/en" || !strings.Contains(found[0].What, "{list permissions}") || found[0].Fix == "" || found[0].Line < 2 {
		t.Errorf("%+v", found)
	}
}

func TestWhatIsNotDeclaredIsCalledByItsWord(t *testing.T) {
	t.Parallel()
	p := Of(&read(t, "full").Doc)
	if p.Category("device_info", "en") != "Device and app version" || p.Category("sensor_data", "en") != "sensor_data" || p.Purpose("sale", "en") != "sale" {
		t.Error("a word differs")
	}
	if got := p.Row(source.Row{Category: "sensor_data", Starts: "item_written", Limit: "P1D"}, "en"); got != "sensor_data: deleted no later than 1 day after being written; in memory only" {
		t.Error(got)
	}
	if got := p.Conditions("nothing", "nothing", "en"); len(got) > 0 {
		t.Error(got)
	}
	if got := p.Conditions("analytics", "camera", "zh-Hans"); len(got) != 2 || got[0] != "仅在“Usage statistics”开启时" {
		t.Error(got)
	}
}
