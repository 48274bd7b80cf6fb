package probe_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"vow.example/vow/internal/prove/probe"
)

// own stands for a server that runs for one check alone; nothing of it is looked at here.
type own struct{ probe.Scratch }

func TestWhatIsForgottenProvesNothing(t *testing.T) {
	t.Parallel()
	notReceived := func(p *probe.Probe) { p.NotReceived("the photo", []byte("mark")) }
	wasReceived := func(p *probe.Probe) { p.WasReceived("a", "the photo", []byte("mark")) }
	for _, tt := range []struct {
		name, seen string
		own        bool
		check      func(*probe.Probe)
		want       string // of the error; empty: the check is content
		elsewhere  bool   // another server may show it
	}{
		{"nothing was read", `{"found":[],"forgotten":0}`, false, notReceived, "", false},
		{"it was read", `{"found":[0],"forgotten":0}`, false, notReceived, "a received the photo", false},
		{"it was read, and older things are forgotten", `{"found":[0],"forgotten":3}`, false, notReceived, "a received the photo", false},
		{"it may be among the forgotten", `{"found":[],"forgotten":3}`, false, notReceived, "forgotten", true},
		{"a server of the check's own forgets", `{"found":[],"forgotten":3}`, true, notReceived, "more than it remembers", false},
		{"the control finds it", `{"found":[0],"forgotten":0}`, true, wasReceived, "", false},
		{"the control finds it in what is left", `{"found":[0],"forgotten":3}`, true, wasReceived, "", false},
		{"the control finds nothing", `{"found":[],"forgotten":0}`, true, wasReceived, "not so", false},
		{"the control may be among the forgotten", `{"found":[],"forgotten":3}`, false, wasReceived, "forgotten", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				answer := tt.seen
				if r.Method == http.MethodGet {
					answer = `{"data":[{"id":"a"},{"id":"b"}]}`
				}
				_, _ = io.WriteString(w, answer)
			}))
			defer s.Close()
			world := probe.NewWorld(s.URL, "", nil)
			if tt.own {
				world = probe.NewWorld(s.URL, "", own{})
			}
			p := probe.New(context.Background(), world, "mixoo")
			tt.check(p)
			err := p.Err()
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) || errors.Is(err, probe.ErrForgotten) != tt.elsewhere {
				t.Errorf("%v", err)
			}
		})
	}
}
