package prove_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"vow.example/vow/apps"
	"vow.example/vow/internal/prove"
	"vow.example/vow/internal/prove/checks"
	"vow.example/vow/internal/prove/register"
	"vow.example/vow/internal/prove/scratch"
)

// aboutTheProgram are the promises that are kept before anybody is served: the checks run the program itself,
// with a configuration or a policy that it has to refuse beside one that it has to take.
func aboutTheProgram() map[string]string {
	const policy, start = "a policy without it does not load", "a server that would break it does not start"
	return map[string]string{
		"WIZ-5-01": start, "WIZ-3-01": start, "WIZ-1.2.3-02": start, "MIX-3-16": start, "KME-STORE-01": start,
		"PIX-5-02": policy, "PIX-5-04": policy, "MIX-3-17": policy, "MIX-3-19": policy, "MIX-3-20": policy, "MIX-2.4-02": policy, "MIX-1.6-15": policy,
		"MIX-1.4-02": policy, "FIT-5.1.2-02": policy,
	}
}

// TestNoCheckIsContentWithAServerThatKeepsNothing looks at servers that answer every call alike. A check that
// is content with one of them could not fail.
func TestNoCheckIsContentWithAServerThatKeepsNothing(t *testing.T) {
	t.Parallel()
	promises, err := register.Load(apps.FS)
	if err != nil {
		t.Fatal(err)
	}
	binary := build(t, mutant{})
	program := aboutTheProgram()
	for name, says := range map[string]struct {
		status int
		body   string
	}{
		"yes to everything": {http.StatusOK, `{"id":"x","data":[],"state":"succeeded"}`},
		"an empty yes":      {http.StatusNoContent, ""},
		"no to everything":  {http.StatusForbidden, `{"code":"consent-required","status":403}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			liar := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(says.status)
				_, _ = w.Write([]byte(says.body)) // whoever asked sees the rest
			}))
			defer liar.Close()
			list, err := prove.Plan{Promises: promises, Proofs: checks.All(), URL: liar.URL, Scratch: scratch.Options{Binary: binary}}.Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range list {
				if program[r.ID] == "" && r.Status != prove.Broken && r.Status != prove.NotYet && r.Status != prove.Unseen {
					t.Errorf("%s is %s: %v", r.ID, r.Status, r.Seen)
				}
			}
		})
	}
}
