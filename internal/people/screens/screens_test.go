package screens

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/policy/policytest"
)

func TestEveryChangeOfWhatIsReadChangesItsHash(t *testing.T) {
	t.Parallel()
	src := policytest.Asking(t)
	first, asked, err := ReadingOf(policytest.Load(t, src), "en")
	if err != nil || !asked || !strings.HasPrefix(first.Hash, "sha256:") || first.Accept != "I accept" || len(first.Sections) == 0 {
		t.Fatalf("%+v %v %v", first, asked, err)
	}
	for _, change := range [][2]string{{"Please read it.", "Read it."}, {"I accept", "Yes"}, {"I do not", "No"}, {"All of it", "Everything"}, {"version: v1", "version: v2"}, {"make what you asked for", "make it"}} {
		r, _, err := ReadingOf(policytest.Load(t, policytest.Mutate(t, src, change[0], change[1])), "en")
		if err != nil || r.Hash == first.Hash {
			t.Errorf("%q: the hash stays, %v", change[0], err)
		}
	}
	again, _, err := ReadingOf(policytest.Load(t, src), "zh-CN")
	if err != nil || again.Hash != first.Hash {
		t.Errorf("the same text has another hash: %v", err)
	}
}

func TestOnlyTheTextInForceIsFound(t *testing.T) {
	t.Parallel()
	p := policytest.Load(t, policytest.Asking(t))
	r, _, err := ReadingOf(p, "en")
	if err != nil {
		t.Fatal(err)
	}
	if found, err := FindReading(p, r.Version, r.Hash); err != nil || found.Hash != r.Hash {
		t.Errorf("%v", err)
	}
	for _, wrong := range [][2]string{{r.Version, "sha256:x"}, {"sample/v2", r.Hash}, {"", ""}} {
		if _, err := FindReading(p, wrong[0], wrong[1]); !errors.Is(err, consent.ErrStale) {
			t.Errorf("%v: %v", wrong, err)
		}
	}
	if _, err := FindReading(policytest.Load(t, policytest.Minimal()), "sample/v1", r.Hash); fault.CodeOf(err) != "not-found" {
		t.Error(err)
	}
}

func TestAGuardianReadsEveryPurposeForWhichSomebodyElseReceivesData(t *testing.T) {
	t.Parallel()
	p := policytest.PixPlus(t)
	list := Pairs(p)
	if !slices.Contains(list, Pair("requested_feature", "runninghub")) || slices.ContainsFunc(list, func(s string) bool { return strings.HasSuffix(s, ":own_servers") }) {
		t.Errorf("%v", list)
	}
	c, err := ConsentingOf(p, "zh")
	if err != nil || len(c.Items) != len(list) || !strings.Contains(c.Statement, "监护人") || !strings.Contains(c.Items[0].Text, "RunningHub") {
		t.Errorf("%+v %v", c, err)
	}
	if found, ok := FindConsenting(p, c.Hash); !ok || found.Language != "zh-Hans" {
		t.Errorf("%+v %v", found, ok)
	}
	if _, ok := FindConsenting(p, "sha256:x"); ok {
		t.Error("a text that nobody was shown is found")
	}
	if none, err := ConsentingOf(policytest.Load(t, policytest.Minimal()), "en"); err != nil || len(none.Items) != 0 {
		t.Errorf("%+v %v", none, err)
	}
}
