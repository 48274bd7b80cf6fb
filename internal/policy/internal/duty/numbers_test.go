package duty

import "testing"

func TestAWrongNameOfANumberGetsTheOneThatIsMeant(t *testing.T) {
	t.Parallel()
	names := []string{"notices.lead", "holds.most", "statistics"}
	for id, want := range map[string]string{
		"notice.lead": "did you mean notices.lead?",
		"statistic":   "did you mean statistics?",
		"rights":      "remove it, or name one of: notices.lead, holds.most, statistics",
	} {
		if got := nearest(id, names); got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
}
