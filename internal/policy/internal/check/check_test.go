package check

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"vow.example/vow/internal/policy/internal/report"
	"vow.example/vow/internal/policy/internal/source"
)

func minimal(t testing.TB) *source.File {
	t.Helper()
	src, err := os.ReadFile("../../policytest/minimal.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file, problems := source.Read(src)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return file
}

func run(file *source.File) *report.Report {
	r := &report.Report{Doc: &file.Doc, At: file.Positions}
	Check(r)
	return r
}

func TestThePolicyWithoutContradictionHasNoFinding(t *testing.T) {
	t.Parallel()
	file := minimal(t)
	result := run(file)
	if len(result.Problems) > 0 || len(result.Demo) != 1 {
		t.Errorf("%+v", result)
	}
}

// brokenDoc breaks the document in memory; table tests with source lines are in package policy.
type brokenDoc struct {
	mutate      func(*source.Doc)
	at, problem string
}

func brokenRoutes() map[string]brokenDoc {
	return map[string]brokenDoc{
		"a recipient that faces are shared with but nobody declared": {
			func(d *source.Doc) { d.Faces.SharedWith = []string{"gemini"} }, "/faces/shared_with/0", "not declared"},
		"a company that counts use and gets faces": {
			func(d *source.Doc) {
				d.Recipients = append(d.Recipients, source.Recipient{ID: "google_analytics", Class: "analytics"})
				d.Faces.SharedWith = append(d.Faces.SharedWith, "google_analytics")
			}, "/faces/shared_with/0", "makes nothing from them"},
		"a reviewer without an outside review": {
			func(d *source.Doc) { d.Safety.Recipient = "qwen" }, "/safety/recipient", "no outside model reviews"},
		"a local feature without an effect": {
			func(d *source.Doc) { d.Features[0].Effect = "" }, "/features/0/recipient", "belongs to the own engine"},
		"a purpose that is forbidden": {
			func(d *source.Doc) { d.Forbidden.Purposes = []string{"legal_duty"} }, "/categories/3/purposes/0", "used and forbidden"},
		"a feature for an unrelated purpose": {
			func(d *source.Doc) {
				d.Purposes = append(d.Purposes, source.Purpose{ID: "analytics", Text: source.Text{"en": "x"}})
				d.Features[0].Purpose = "analytics"
			}, "/features/0/purpose", "no permitted purpose"},
		"a photo used for a purpose it does not have": {
			func(d *source.Doc) { d.Features[0].Purpose = "legal_duty" }, "/features/0/purpose", "may not be used for legal_duty"},
		"an input listed twice": {
			func(d *source.Doc) { d.Features[0].Optional = []string{"photo"} }, "/features/0", "listed twice"},
		"an input nobody declared": {
			func(d *source.Doc) { d.Features[0].Optional = []string{"voice"} }, "/features/0", "the input voice is not declared"},
		"a field sent twice": {
			func(d *source.Doc) { d.Features[0].Send = append(d.Features[0].Send, d.Features[0].Send[0]) }, "/features/0/send/1/field", "sent twice"},
		"a review step without a sentence": {
			func(d *source.Doc) { d.Features[0].Review = append(d.Features[0].Review, "prompt_rules") }, "/features/0/review/1", "no sentence about prompt_rules"},
	}
}

func brokenData() map[string]brokenDoc {
	return map[string]brokenDoc{
		"a task without time": {
			func(d *source.Doc) { d.Limits.MaxTaskAge = "immediate" }, "/limits/max_task_age", "needs some time"},
		"a lead time that is no time": {
			func(d *source.Doc) { d.Notices.Lead = "some days" }, "/notices/lead", "no ISO 8601 duration"},
		"an incident rule without a number": {
			func(d *source.Doc) { d.Incidents = source.Incidents{People: "promptly", Regulator: "PT72H"} }, "/incidents/people", "no ISO 8601 duration"},
		"a memory row that is to be counted": {
			func(d *source.Doc) { d.Retention[3].End = "aggregate" }, "/retention/3/end", "in memory only"},
		"face points without a clock for a failure": {
			func(d *source.Doc) { d.Retention[4].Starts = "analysis_ended" }, "/features/0/face", "no clock for each ending"},
		"own servers as a third party": {
			func(d *source.Doc) { d.Recipients[0].Class = "third_party_ai" }, "/recipients/0/class", "no third party"},
		"a right whose chooser is unknown": {
			func(d *source.Doc) { d.Rights[0].ChosenBy = "" }, "/rights/0", "who chose the deadline"},
		"an empty cookie register": {
			func(d *source.Doc) { d.Cookies.Mode = "register" }, "/cookies", "register is empty"},
		"a cookie for advertising": {
			func(d *source.Doc) {
				d.Cookies = source.Cookies{Mode: "register", List: []source.Cookie{{Name: "ads", Purpose: "advertising", Lifetime: "P9999Y"}}}
			}, "/cookies/list/0/purpose", "no permitted purpose"},
		"a result without a declaration": {
			func(d *source.Doc) { d.Features[0].Result = "account" }, "/features/0/result", "no declared result"},
		"words about a picture of a person": {
			func(d *source.Doc) { wordsAsResult(d) }, "/features/0/result", "could measure a face"},
		"a mark on words": {
			func(d *source.Doc) {
				wordsAsResult(d)
				d.Features[0].Face, d.Features[0].LabelAI = false, true
			}, "/features/0/label_ai", "no picture to mark"},
		"words without a clock": {
			func(d *source.Doc) {
				wordsAsResult(d)
				d.Retention = d.Retention[:len(d.Retention)-1]
			}, "/features/0/result", "work retention is missing"},
		"words for advertising": {
			func(d *source.Doc) {
				wordsAsResult(d)
				d.Categories[len(d.Categories)-1].Purposes = []string{"advertising"}
			}, "/categories/10/purposes/0", "may not serve advertising"},
		"a slot in a plain text": {
			func(d *source.Doc) { d.Rights[0].Text = source.Text{"en": "Delete {all}"} }, "/rights/0/text/en", "slot that nothing fills"},
		"a number by hand in a screen": {
			func(d *source.Doc) { d.Screens[0].Why = source.Text{"en": "kept 7 days"} }, "/screens/0/why/en", "written by hand"},
		"a Chinese number by hand": {
			func(d *source.Doc) { d.Screens[0].Why = source.Text{"en": "保存 7 天"} }, "/screens/0/why/en", "written by hand"},
		"a face category for another purpose": {
			func(d *source.Doc) { d.Categories[1].Purposes = []string{"legal_duty"} }, "/categories/1/purposes/0", "requested feature only"},
		"a text input without a bound": {
			func(d *source.Doc) {
				d.Inputs = append(d.Inputs, source.Input{Field: "prompt", Kind: "text", Category: "prompt"})
			}, "/inputs/1", "not bounded"},
	}
}

// wordsAsResult lets the feature make words, declared and with a clock.
func wordsAsResult(d *source.Doc) {
	d.Features[0].Result = "generated_text"
	d.Categories = append(d.Categories, source.Category{ID: "generated_text", Name: source.Text{"en": "Answer"}, Short: source.Text{"en": "the answer"}, Storage: "disk", Purposes: []string{"requested_feature"}})
	d.Retention = append(d.Retention, source.Row{Category: "generated_text", Starts: "result_stored", Limit: "P7D", End: "destroy", ChosenBy: "policy", Text: source.Text{"en": "{limit}"}})
}

func TestNoMachineOfOursIsAThirdParty(t *testing.T) {
	t.Parallel()
	for _, id := range strings.Fields(ownWords) {
		for _, class := range []string{"third_party_ai", "local"} {
			found := &report.Report{Doc: &source.Doc{}}
			c := &checker{doc: found.Doc, found: found}
			c.class(0, source.Recipient{ID: id, Class: class})
			if len(found.Problems) == 0 {
				t.Errorf("%s may be %s", id, class)
			}
		}
		if !isWord(recipientWords, id) {
			t.Errorf("%s is no word", id)
		}
	}
}

func TestADocumentIsRefusedFor(t *testing.T) {
	t.Parallel()
	cases := brokenRoutes()
	maps.Copy(cases, brokenData())
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := minimal(t)
			tc.mutate(&file.Doc)
			found := run(file).Problems
			if !slices.ContainsFunc(found, func(p source.Problem) bool {
				return p.Pointer == tc.at && strings.Contains(p.What, tc.problem) && p.Fix != "" && p.Line > 0 && p.Column > 0
			}) {
				t.Errorf("no finding %q at %s: %+v", tc.problem, tc.at, found)
			}
		})
	}
}

func TestAddressesThatNobodyReadsAreRefused(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"privacy@company.org": "", "a.b+c@mail.company.org": "",
		"privacy@company.example": "demo",
		"":                        "refused", "  ": "refused", "[email protected]": "refused", "[email\u00a0protected]": "refused",
		"email protected": "refused", "privacy(at)company.org": "refused", "privacy@": "refused", "@company.org": "refused",
		"Privacy <privacy@company.org>": "refused", "a@b@c.org": "refused", "privacy@localhost": "refused",
		"privacy@example.com": "refused", "x@y.invalid": "refused", "x@y.test": "refused", "todo": "refused",
	} {
		found := &report.Report{Doc: &source.Doc{}}
		c := &checker{doc: found.Doc, found: found}
		c.email(address, "contacts", 0, "email")
		got := ""
		switch {
		case len(found.Problems) > 0:
			got = "refused"
		case len(found.Demo) > 0:
			got = "demo"
		}
		if got != want {
			t.Errorf("%q is %q, want %q", address, got, want)
		}
	}
}

func TestTheContrastIsThatOfTheStandard(t *testing.T) {
	t.Parallel()
	for colour, want := range map[string]float64{"#000000": 21, "#FFFFFF": 1, "#767676": 4.54, "#0A58CA": 6.44} {
		if got := contrastOnWhite(colour); got < want-0.01 || got > want+0.01 {
			t.Errorf("%s: %.3f, want %.2f", colour, got, want)
		}
	}
}

func TestEachWordOfTheVocabularyHasOneMeaning(t *testing.T) {
	t.Parallel()
	for name, words := range map[string]string{"categories": categoryWords, "recipients": recipientWords, "features": featureWords, "purposes": purposeWords} {
		list := strings.Fields(words)
		slices.Sort(list)
		if len(slices.Compact(slices.Clone(list))) != len(list) {
			t.Errorf("%s: a word stands twice", name)
		}
	}
	groups := map[string][2]string{
		"content": {contentWords, categoryWords}, "face": {derivedFaceWords, contentWords}, "trade": {tradeWords, recipientWords},
		"unrelated": {unrelatedWords, purposeWords}, "record": {recordWords, categoryWords},
	}
	for name, g := range groups {
		for _, w := range strings.Fields(g[0]) {
			if !isWord(g[1], w) {
				t.Errorf("%s: %s is no word of its list", name, w)
			}
		}
	}
}

func TestEveryUnrelatedPurposeIsRefusedForEveryContent(t *testing.T) {
	t.Parallel()
	for _, category := range strings.Fields(contentWords) {
		for _, purpose := range strings.Fields(unrelatedWords) {
			found := &report.Report{Doc: &source.Doc{Purposes: []source.Purpose{{ID: purpose}}}}
			c := &checker{doc: found.Doc, found: found}
			c.categoryPurpose(category, purpose, "categories", 0)
			if len(found.Problems) == 0 {
				t.Errorf("%s may serve %s", category, purpose)
			}
		}
	}
}
