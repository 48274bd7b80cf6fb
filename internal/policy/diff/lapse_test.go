package diff

import (
	"testing"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
)

func TestTheDayOnWhichAContractLapsesIsCompared(t *testing.T) {
	t.Parallel()
	until := func(day string) *policy.Policy {
		return policytest.Load(t, policytest.Mutate(t, policytest.Source(t, "pixplus"), `reviewed: "2026-06-01"`, `reviewed: "2026-06-01"`+day))
	}
	none, soon, late := until(""), until("\n      review_by: \"2027-06-01\""), until("\n      review_by: \"2028-06-01\"")
	for name, tt := range map[string]struct {
		was, is *policy.Policy
		kind    Kind
		class   Class
		reduces bool
	}{
		"a day at last":     {none, soon, "recipient_terms.stronger", Protects, false},
		"no day any more":   {soon, none, "recipient_terms.weaker", Material, true},
		"another day":       {soon, late, "recipient_terms.changed", Neutral, false},
		"the earlier again": {late, soon, "recipient_terms.changed", Neutral, false},
	} {
		d := Between(tt.was, tt.is)
		if len(d.Changes) != 1 || d.Changes[0].Kind != tt.kind || d.Changes[0].What != "runninghub" || d.Class() != tt.class || d.Reduces() != tt.reduces || len(d.Reconsent()) != 0 {
			t.Errorf("%s: %+v", name, d.Changes)
		}
	}
	if d := Between(soon, soon); len(d.Changes) != 0 {
		t.Errorf("the same day: %+v", d.Changes)
	}
}
