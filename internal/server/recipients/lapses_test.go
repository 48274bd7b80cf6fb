package recipients_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/server/recipients"
)

func TestTheOperatorHearsOfContractsThatLapseWithinThirtyDays(t *testing.T) {
	t.Parallel()
	src := policytest.Mutate(t, policytest.Source(t, "mixoo"), "reference: \"demo: replace by the signed terms with Zhipu AI\"\n      reviewed: \"2026-06-01\"\n      review_by: \"2030-06-01\"", "reference: \"demo: replace by the signed terms with Zhipu AI\"\n      reviewed: \"2026-06-01\"\n      review_by: \"2027-03-01\"")
	policies := map[privacy.AppID]*policy.Policy{"mixoo": policytest.Load(t, src), "pixplus": policytest.PixPlus(t)}
	order := []privacy.AppID{"pixplus", "mixoo"}
	day := time.Date(2027, 2, 28, 16, 0, 0, 0, time.UTC) // midnight in Shanghai
	for _, tt := range []struct {
		name string
		now  time.Time
		want string
	}{
		{"a month and a moment before, nothing is said", day.AddDate(0, 0, -30).Add(-time.Second), ""},
		{"thirty days before, it is", day.AddDate(0, 0, -30), "lapses on 2027-03-01"},
		{"in the last second too", day.Add(-time.Second), "lapses on 2027-03-01"},
		{"from the day on nothing is sent", day, "lapsed on 2027-03-01: nothing is sent"},
	} {
		list := recipients.Lapses(policies, order, tt.now)
		if tt.want == "" {
			if len(list) != 0 {
				t.Errorf("%s: %v", tt.name, list)
			}
			continue
		}
		if len(list) != 1 || list[0].App != "mixoo" || list[0].Recipient != "zhipu" || !strings.Contains(list[0].Says, tt.want) {
			t.Errorf("%s: %v", tt.name, list)
		}
	}
}

func TestAStoreWhoseContractLapsedIsToldOfAsWhatItIs(t *testing.T) {
	t.Parallel()
	p := policytest.Load(t, bytes.ReplaceAll(policytest.Source(t, "mixoo"), []byte(`review_by: "2030-06-01"`), []byte(`review_by: "2027-03-01"`)))
	said := map[privacy.RecipientID]string{}
	for _, l := range recipients.Lapses(map[privacy.AppID]*policy.Policy{"mixoo": p}, []privacy.AppID{"mixoo"}, time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC)) {
		said[l.Recipient] = l.Says
	}
	if told := recipients.Told([]recipients.Lapse{{App: "mixoo", Recipient: "zhipu", Says: "soon"}}, "zhipu"); len(told) != 1 || told[0] != "mixoo: soon" {
		t.Errorf("%v", told)
	}
	if len(said) != 11 || !strings.Contains(said["object_storage"], "ciphertext") || !strings.Contains(said["adjust"], "nothing is sent") {
		t.Errorf("%v", said)
	}
}
