package sealed_test

import (
	"bytes"
	"testing"

	"vow.example/vow/internal/task/sealed"
)

func TestWhatIsSealedOpensUnderItsKeyAndUnchanged(t *testing.T) {
	t.Parallel()
	b, other := sealed.New([32]byte{1}), sealed.New([32]byte{2})
	raw := b.Seal([]byte("job 42"))
	if got, err := b.Open(raw); err != nil || string(got) != "job 42" || bytes.Contains(raw, []byte("42")) {
		t.Errorf("%q %v", got, err)
	}
	if _, err := other.Open(raw); err == nil {
		t.Error("another key opens it")
	}
	raw[len(raw)-1] ^= 1
	if _, err := b.Open(raw); err == nil {
		t.Error("a changed one opens")
	}
	for _, empty := range [][]byte{nil, b.Seal(nil)} {
		if got, err := b.Open(empty); got != nil || err != nil {
			t.Errorf("nothing opens as %q, %v", got, err)
		}
	}
}
