package bucket_test

import (
	"context"
	"net/http/httptest"
	"testing"

	"vow.example/vow/internal/guard/vault"
)

func TestAReadingEndsWithItsClose(t *testing.T) {
	t.Parallel()
	h := newHouse(t, account(), httptest.NewServer)
	name := id()
	if err := h.put(t, name, []byte("content")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	f, err := h.Open(ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	cancel() // the call that opened it is over: the reading goes on
	if n, err := f.ReadAt(make([]byte, 3), vault.HeaderSize); n != 3 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := f.ReadAt(make([]byte, 3), vault.HeaderSize); err == nil {
		t.Error("a closed blob reads on")
	}
	if _, err := f.ReadAt(make([]byte, 3), -1); err == nil {
		t.Error("it reads before the start")
	}
}
