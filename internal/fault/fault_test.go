package fault

import (
	"errors"
	"fmt"
	"io"
	"testing"
)

func TestFaultsKeepTheirCodeThroughWrapping(t *testing.T) {
	t.Parallel()
	base := New(Refused, "consent-required", "Nobody agreed to this.")
	err := fmt.Errorf("task: submit: %w", base.Because(io.EOF).With("recipient", "runninghub"))
	if CodeOf(err) != "consent-required" || KindOf(err) != Refused {
		t.Errorf("code %q kind %v", CodeOf(err), KindOf(err))
	}
	if !errors.Is(err, io.EOF) || !errors.Is(err, base) {
		t.Error("the chain is broken")
	}
	if base.Extra() != nil || errors.Unwrap(base) != nil {
		t.Error("With or Because changed the original")
	}
	if CodeOf(io.EOF) != "internal" || KindOf(io.EOF) != Internal {
		t.Error("an unclassified failure must be internal")
	}
}
