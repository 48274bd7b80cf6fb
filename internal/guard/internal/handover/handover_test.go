package handover

import "testing"

func TestOnlyAKeyFromNewOpens(t *testing.T) {
	t.Parallel()
	if (Key{}).Opens() || !New().Opens() {
		t.Error("the zero key opens, or a real one does not")
	}
}
