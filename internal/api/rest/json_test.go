package rest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestABodySaysEverythingOnce(t *testing.T) {
	for raw, want := range map[string]bool{
		`{"a":1,"a":2}`: true, `{"a":1,"\u0061":2}`: true, `{"a":{"b":1,"c":[{"d":1},{"d":2,"d":3}]}}`: true, `[{"a":1,"a":1}]`: true,
		`{"a":"b","b":"a"}`: false, `{"a":{"a":{"a":[]}},"b":["a","a"]}`: false, `{"a":{},"b":{},"c":[[],{}],"d":null}`: false, `{}`: false, `"a"`: false, ``: false,
		`{"a":1,`: false, `{"a"`: false, `}`: false, `{"a":1}{"a":2}`: false,
	} {
		if got := saysTwice([]byte(raw)); got != want {
			t.Errorf("%s: %v", raw, got)
		}
	}
}

func TestADecisionThatIsMadeTwiceIsNone(t *testing.T) {
	calls := 0
	s := &Server{Base: "https://vow.example"}
	s.Open("1")
	Register(s, Op{Method: "POST", Path: "/decide", ID: "decide", Summary: "Decide", Open: true}, func(_ context.Context, in *struct {
		Body struct {
			Decision string `json:"decision" enum:"granted,declined"`
		}
	}) (*Answer[int], error) {
		calls++
		return Reply(1)
	})
	h := s.Handler()
	for body, want := range map[string]int{
		`{"decision":"declined","decision":"granted"}`: http.StatusBadRequest, `{"decision":"declined","Decision":"granted"}`: http.StatusUnprocessableEntity,
		`{"decision":"declined","DECISION":"perhaps"}`: http.StatusUnprocessableEntity, `{"Decision":"declined"}`: http.StatusUnprocessableEntity,
		`{"decision":"declined"}`: http.StatusOK,
	} {
		r := httptest.NewRequest(http.MethodPost, "/decide", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != want || want != http.StatusOK && !strings.Contains(w.Body.String(), `"validation"`) {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
	if calls != 1 {
		t.Errorf("%d decisions were taken", calls)
	}
}
