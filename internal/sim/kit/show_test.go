package kit_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"vow.example/vow/internal/sim/kit"
)

func TestWhatABodySaysIsWrittenDownOnlyWhereThatWasAskedFor(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		show            bool
		mediaType, body string
		want            string
	}{
		"json":    {true, "application/json", `{"events":[{"name":"open","n":3}]}`, `{"events":[{"n":3,"name":"open"}]}`},
		"a form":  {true, "application/x-www-form-urlencoded", `data=%5B1%5D&version=2.4.0&_sign=secret`, `{"data":[1],"version":"2.4.0"}`},
		"unasked": {false, "application/json", `{"prompt":"a fox"}`, `null`},
		"no JSON": {true, "application/json", `{`, `{}`},
	} {
		k := kit.New("show", kit.Options{Show: tt.show}, func(*kit.Call) kit.Reply { return kit.Reply{Status: http.StatusNoContent} })
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/x", strings.NewReader(tt.body))
		r.Header.Set("Content-Type", tt.mediaType)
		k.ServeHTTP(httptest.NewRecorder(), r)
		got, err := json.Marshal(k.Received().Requests[0].Body)
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: %s, %v", name, got, err)
		}
		k.Close()
	}
}
