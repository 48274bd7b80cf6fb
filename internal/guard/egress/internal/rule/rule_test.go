package rule

import (
	"errors"
	"fmt"
	"testing"
)

func TestARuleIsFoundBehindWhateverWrapsIt(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("dial: %w", errors.Join(errors.New("x"), Broken("private-address")))
	if Of(err) != "private-address" || Of(errors.New("network")) != "" || Of(nil) != "" {
		t.Errorf("got %q", Of(err))
	}
	if Broken("path").Error() != "egress: blocked by path" {
		t.Errorf("prints %v", Broken("path"))
	}
}
