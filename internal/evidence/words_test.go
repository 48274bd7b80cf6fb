package evidence_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/evidence"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/audit/audittest"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
)

func textOf(t *testing.T, e audit.Erasure, copies []evidence.Copy) string {
	t.Helper()
	tree := audittest.New()
	if _, err := audit.Append(context.Background(), tree, e.Event()); err != nil {
		t.Fatal(err)
	}
	r, err := evidence.BuildReceipt(context.Background(), tree, signer(t), evidence.Facts{Origin: origin, Leaf: tree.Leaf(0), Copies: copies})
	if err != nil {
		t.Fatal(err)
	}
	return r.Text
}

func TestAReceiptTextKeepsWhatWeEnforceApartFromWhatTheyPromised(t *testing.T) {
	t.Parallel()
	want := "Deleted here at 2026-11-21 14:02:11 UTC. The key was destroyed; nobody can open the file, including us. " +
		"Its time was up: rule pixplus/v1#retention.source_photo.task_failed, due by 2026-11-21 14:03:11 UTC. " +
		"RunningHub received a copy at 2026-11-21 13:02:11 UTC. " +
		"RunningHub does not state how long it keeps what it receives; we cannot answer for it. " +
		"RunningHub states that it keeps results up to 15 days (until 2026-12-06 14:02:11 UTC); we cannot shorten that."
	if got := receipt(t).Text; got != want {
		t.Errorf("text\n%s\nwant\n%s", got, want)
	}
}

func TestAReceiptTextNamesMethodAndReason(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		category       privacy.Category
		method, reason string
		want           string
	}{
		"memory":  {"face_landmarks", "memory_wiped", "task_ended", "never written to disk; that memory was overwritten. The task that needed it had ended: rule"},
		"row":     {"account", "row_erased", "account_erased", "The entry was removed from our database. Your account was erased"},
		"prompt":  {"prompt", "key_destroyed", "subject_request", "nobody can open the text, including us. You asked for it; rule"},
		"decline": {"source_photo", "key_destroyed", "declined", "You declined, so it was not needed."},
		"unused":  {"source_photo", "key_destroyed", "unused", "No task used it: rule"},
	} {
		e := erasure()
		e.Category, e.Method, e.Reason = tt.category, tt.method, tt.reason
		if got := textOf(t, e, nil); !strings.Contains(got, tt.want) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestAReceiptSpeaksOfOthersOnlyWhenItKnows(t *testing.T) {
	t.Parallel()
	if got := textOf(t, erasure(), nil); strings.Contains(got, "received") {
		t.Errorf("without a transfer record: %s", got)
	}
	if got := textOf(t, erasure(), []evidence.Copy{}); !strings.HasSuffix(got, "Our transfer record shows that nobody else received it.") {
		t.Errorf("with an empty transfer record: %s", got)
	}
	maker := evidence.Copy{Recipient: "RunningHub", Keeps: []evidence.Kept{{What: "results", Limit: "P15D"}}}
	got := textOf(t, erasure(), []evidence.Copy{maker})
	if strings.Contains(got, "received") || !strings.HasSuffix(got, "RunningHub states that it keeps results up to 15 days; we cannot shorten that.") {
		t.Errorf("made by a recipient: %s", got)
	}
}

func TestALimitIsSpeltInWordsAndCounted(t *testing.T) {
	t.Parallel()
	for limit, want := range map[string]string{
		"P15D":    "up to 15 days (until 2026-12-06 14:02:11 UTC)",
		"PT24H":   "up to 24 hours (until 2026-11-22 14:02:11 UTC)",
		"P1M":     "up to 1 month (until 2026-12-21 14:02:11 UTC)",
		"P1Y2W":   "up to 1 year 2 weeks (until 2027-12-05 14:02:11 UTC)",
		"PT1H30M": "up to 1 hour 30 minutes (until 2026-11-21 15:32:11 UTC)",
		"PT0S":    "up to 0 seconds (until 2026-11-21 14:02:11 UTC)",
		"unknown": "does not state how long",
		"":        "does not state how long",
	} {
		keeps := evidence.Promises(policy.ProviderRetention{Inputs: limit, Outputs: limit}, noon())
		if got := textOf(t, erasure(), []evidence.Copy{{Recipient: "X", Keeps: keeps}}); strings.Count(got, want) != 2 {
			t.Errorf("%q: %s", limit, got)
		}
	}
	if k := evidence.Promises(policy.ProviderRetention{Outputs: "P15D"}, time.Time{}); !k[1].Until.IsZero() {
		t.Error("a limit is counted from a moment that nobody knows")
	}
}
