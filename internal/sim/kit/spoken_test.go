package kit_test

import (
	"io"
	"net/http"
	"testing"

	"vow.example/vow/internal/sim/kit"
)

func TestAnAnswerWithoutABodyCanBeSpoiledToo(t *testing.T) {
	t.Parallel()
	for fault, spoiled := range map[kit.Fault]bool{"": false, kit.DuplicateReply: false, kit.CutReply: true, kit.WrongType: true, kit.Oversize: true} {
		k := kit.New("silent", kit.Options{Oversize: 1 << 20}, func(*kit.Call) kit.Reply { return kit.Reply{Status: http.StatusNoContent} })
		defer k.Close()
		base, err := k.Start("127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		k.Inject(kit.Injection{Fault: fault, Times: 1})
		answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(get(t, base+"/x"))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if seen := err != nil || len(body) > 0; seen != spoiled {
			t.Errorf("%q: %d, %d bytes, %v", fault, answer.StatusCode, len(body), err)
		}
	}
}

func get(t *testing.T, address string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
