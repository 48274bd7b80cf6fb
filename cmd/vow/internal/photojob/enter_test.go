package photojob

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"vow.example/vow/client"
)

// aged says no to the question about age until one asks for no more than its years.
type aged struct {
	*fakeUI
	years int
	asked []string
}

func (u *aged) Confirm(_ context.Context, question string) (bool, error) {
	u.asked = append(u.asked, question)
	limit := 13
	if strings.Contains(question, "18 or older") {
		limit = 18
	}
	return u.years >= limit, nil
}

func TestTheTerminalTakesEachBandOfAnAppWithTwoLimits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		guardian, years, questions int
		band                       string
	}{{18, 12, 2, "under"}, {18, 15, 2, "minor"}, {18, 18, 1, "over"}, {0, 12, 1, "under"}, {0, 15, 1, "over"}} {
		f := newFakeServer(t)
		inner, band := f.Config.Handler, ""
		f.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			switch r.Method + " " + r.URL.Path {
			case "POST /v1/sessions":
				_ = json.NewEncoder(w).Encode(client.Session{AccessToken: "tok", Standing: "age-required"})
			case "GET /v1/apps/pixplus":
				_ = json.NewEncoder(w).Encode(client.App{ID: "pixplus", MinAge: 13, GuardianBelow: c.guardian})
			case "PUT /v1/me/age":
				var in client.AgeStatement
				_ = json.NewDecoder(r.Body).Decode(&in)
				band = in.Band
				_ = json.NewEncoder(w).Encode(client.Me{Standing: "guardian-required"})
			default:
				inner.ServeHTTP(w, r)
			}
		})
		o, ui := options(t, f), &aged{fakeUI: &fakeUI{}, years: c.years}
		o.Answer = Ask
		_, err := Run(t.Context(), client.New(f.URL, "", nil), o, ui)
		if err == nil || band != c.band || len(ui.asked) != c.questions || slices.Contains(f.calls, "POST /v1/uploads") {
			t.Errorf("%d years: %q after %q, %v, %v", c.years, band, ui.asked, err, f.calls)
		}
	}
}
