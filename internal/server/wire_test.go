package server

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vow.example/vow/internal/privacy"
)

// updateWire rewrites the goldens under apps/<app>/wire.
var updateWire = flag.Bool("update", false, "rewrite the wire goldens")

// TestWhatTheScreenSaysIsWhatIsRecordedAndWhatArrives sends a sample for every feature of every app
// that leaves the server. The screen, the ledger and the simulated recipient must name the same
// fields, and the requests must be, byte for byte after masking, the goldens that an officer has read.
func TestWhatTheScreenSaysIsWhatIsRecordedAndWhatArrives(t *testing.T) {
	set, err := loadApps("", testKey)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range set.recipients() {
		trials, err := TryRecipient(t.Context(), TryOptions{Recipient: string(id), DryRun: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, trial := range trials {
			t.Run(trial.App+"/"+trial.Feature, func(t *testing.T) {
				if trial.Failure != "" {
					t.Fatalf("the task ended with %s", trial.Failure)
				}
				if !slices.Equal(trial.Disclosed, trial.Recorded) || !slices.Equal(trial.Disclosed, trial.Received) {
					t.Errorf("screen %v, ledger %v, recipient %v", trial.Disclosed, trial.Recorded, trial.Received)
				}
				compareWire(t, trial)
			})
		}
		checkNothingOdd(t, id, trials)
	}
}

func compareWire(t *testing.T, trial Trial) {
	t.Helper()
	name := filepath.Join("..", "..", "apps", trial.App, "wire", trial.Feature+".txt")
	got := []byte("What " + trial.Recipient + " receives for " + trial.App + "/" + trial.Feature + ": " + strings.Join(trial.Received, ", ") + "\n\n" + strings.Join(trial.Requests, "\n"))
	if *updateWire {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatalf("no golden (go test ./internal/server -run Screen -update writes it): %v", err)
	}
	if string(want) != string(got) {
		t.Errorf("the requests differ from %s:\n%s", name, got)
	}
}

// checkNothingOdd looks for what must not be in any request: our names for people, tasks and files,
// the address of this machine outside the link, a picture for a feature that has none.
func checkNothingOdd(t *testing.T, id privacy.RecipientID, trials []Trial) {
	t.Helper()
	for _, trial := range trials {
		for _, r := range trial.Requests {
			for _, odd := range []string{"sub_", "ses_", "tsk_", "upl_", "con_", "trf_", "astronaut", "127.0.0.1", "localhost", "Cookie", "X-Forwarded", "Referer"} {
				if strings.Contains(r, odd) {
					t.Errorf("%s receives %q for %s:\n%s", id, odd, trial.Feature, r)
				}
			}
			if trial.Feature == "text_to_image" && (strings.Contains(r, "image/jpeg") || strings.Contains(r, "/m/[token]")) {
				t.Errorf("text to image carries a picture:\n%s", r)
			}
		}
	}
}
