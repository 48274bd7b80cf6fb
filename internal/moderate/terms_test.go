package moderate

import (
	"slices"
	"strings"
	"testing"
)

func TestTermsAreFoundAsTheRulesReadThem(t *testing.T) {
	t.Parallel()
	terms, err := NewTerms(map[string][]string{"law": {"court", "sue", "litigat*", "律师"}, "food": {"bean*"}}, []string{"tennis court", "jelly bean"})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"See you in COURT":                  "law:court",
		"a tennis court":                    "",
		"a tennis court, and a court":       "law:court",
		"litigating again":                  "law:litigat",
		"the sueded shoes of Suez":          "",
		"ｓｕｅ":                               "law:sue",
		"c\u200bourt":                       "law:court",
		"找律師":                               "law:律师",
		"beans in court, and jelly bean":    "food:bean law:court",
		"s u e them":                        "law:sue",
		"nothing at all":                    "",
		"to su edward is no word, nor is e": "",
	} {
		var got []string
		for _, f := range terms.Find(text) {
			if f.To <= 0 || f.To > len(text) {
				t.Errorf("%q: %+v ends outside", text, f)
			}
			got = append(got, f.List+":"+f.Term)
		}
		slices.Sort(got)
		if strings.Join(slices.Compact(got), " ") != want {
			t.Errorf("%q: %v, want %s", text, got, want)
		}
	}
}

func TestTermsThatFindNothingAreRefused(t *testing.T) {
	t.Parallel()
	for name, lists := range map[string]map[string][]string{"an empty list": {"law": nil}, "a term without letters": {"law": {"!!"}}} {
		if _, err := NewTerms(lists, nil); err == nil {
			t.Errorf("%s passes", name)
		}
	}
	if _, err := NewTerms(map[string][]string{"law": {"court"}}, []string{"…"}); err == nil {
		t.Error("a harmless phrase without letters passes")
	}
}
