package report_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/prove"
	"vow.example/vow/internal/prove/report"
)

func sample() report.Document {
	at := time.Date(2026, 11, 21, 14, 0, 0, 0, time.UTC)
	return report.New(at, "1.2.3", []prove.Result{
		{ID: "A-1", App: "alpha", Status: prove.Kept, Text: "Nothing leaves.", Seen: []string{"no recipient received <anything>"}},
		{ID: "A-2", App: "alpha", Status: prove.NotYet, Text: "A letter is answered.", Why: "nobody writes letters"},
		{ID: "B-1", App: "beta", Status: prove.Unseen, Text: "Nothing stays.", Why: "elsewhere"},
	})
}

func TestTheTableCountsEachAppAndNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := sample().Text(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"app", "alpha", "beta", "NOT YET    A-2  A letter is answered.", "nobody writes letters", "1 were not seen", "--url"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "A-1") {
		t.Error("what is kept is a count on the terminal")
	}
}

func TestThePageShowsWhatWasSeenAsText(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := sample().HTML(&b); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	if !strings.Contains(page, "no recipient received &lt;anything&gt;") || strings.Contains(page, "<anything>") {
		t.Error("an observation is not shown as text")
	}
	for _, want := range []string{"A-1", "A-2", "B-1", "nobody writes letters", "its disks not searched"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "http://") || strings.Contains(page, "<script") {
		t.Error("the page loads something or runs something")
	}
}

func TestOneBrokenPromiseIsNotFine(t *testing.T) {
	t.Parallel()
	d := sample()
	var b bytes.Buffer
	if err := d.JSON(&b); err != nil {
		t.Fatal(err)
	}
	var doc report.Document
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil || len(doc.Results) != 3 || !doc.OK() {
		t.Errorf("%v: %s", err, b.Bytes())
	}
	bad := report.New(d.At, d.Version, []prove.Result{{ID: "A-1", App: "alpha", Status: prove.Broken, Why: "it left"}})
	if bad.OK() {
		t.Error("a broken promise is fine")
	}
}
