package policy_test

import (
	"bytes"
	"testing"
	"time"

	"vow.example/vow/internal/policy/policytest"
)

func TestAContractLapsesWithTheFirstMomentOfItsDay(t *testing.T) {
	t.Parallel()
	src := bytes.ReplaceAll(policytest.Full(), []byte(`reviewed: "2026-05-01"}`), []byte(`reviewed: "2026-05-01", review_by: "2027-05-01"}`))
	p := policytest.Load(t, src)
	r, ok := p.Recipient("firebase")
	day := time.Date(2027, 5, 1, 4, 0, 0, 0, time.UTC) // midnight in New York, whose days the policy counts
	if !ok || !r.Contract.Ends.Equal(day) {
		t.Fatalf("it ends at %s", r.Contract.Ends)
	}
	if r.Contract.Lapsed(day.Add(-time.Nanosecond)) || !r.Contract.Lapsed(day) || !r.Contract.Lapsed(day.AddDate(9, 0, 0)) {
		t.Error("it lapses at another moment")
	}
}

func TestAContractWithoutADayNeverLapses(t *testing.T) {
	t.Parallel()
	r, _ := policytest.Load(t, policytest.Full()).Recipient("firebase")
	if r.Contract.Reference == "" || r.Contract.Lapsed(time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", r.Contract)
	}
}

func TestAFeatureKnowsTheContractWithItsRecipient(t *testing.T) {
	t.Parallel()
	p := policytest.Mixoo(t)
	abroad, here := 0, 0
	for _, f := range p.Features() {
		to, _ := p.Recipient(f.Recipient)
		switch {
		case f.Contract != to.Contract:
			t.Errorf("%s knows another contract than %s has", f.ID, f.Recipient)
		case f.IsLocal():
			here++
		case f.Contract.Ends.IsZero():
			t.Errorf("the contract behind %s never lapses", f.ID)
		default:
			abroad++
		}
	}
	if abroad == 0 {
		t.Errorf("%d features abroad, %d here", abroad, here)
	}
}
