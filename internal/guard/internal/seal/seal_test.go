package seal

import "testing"

// mint stands for a Mint function; forge shows that type inference hands over the zero Key.
func mint(k Key) bool { k.Check(); return true }

func forge[K any](f func(K) bool) bool {
	var k K
	return f(k)
}

func TestAKeyConjuredUpByTypeInferenceOpensNothing(t *testing.T) {
	t.Parallel()
	if !mint(New()) {
		t.Fatal("a real key does not open")
	}
	defer func() {
		if recover() == nil {
			t.Error("the zero key opened")
		}
	}()
	forge(mint)
}
