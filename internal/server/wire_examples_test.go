package server

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestTheExampleSendsWhatItsScreensSay does for the example that an operator can copy what is done
// for the apps of the house.
func TestTheExampleSendsWhatItsScreensSay(t *testing.T) {
	const examples = "../../docs/examples"
	set, err := loadApps(examples, testKey)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, id := range set.recipients() {
		trials, err := TryRecipient(t.Context(), TryOptions{Server: ServeOptions{AppsDir: examples}, Recipient: string(id), DryRun: true})
		if err != nil {
			t.Fatal(err)
		}
		checkNothingOdd(t, id, trials)
		for _, trial := range trials {
			seen++
			if trial.Failure != "" || !slices.Equal(trial.Disclosed, trial.Recorded) || !slices.Equal(trial.Disclosed, trial.Received) {
				t.Errorf("%s: %s; screen %v, ledger %v, recipient %v", trial.Feature, trial.Failure, trial.Disclosed, trial.Recorded, trial.Received)
			}
			name := filepath.Join(examples, trial.App, "wire", trial.Feature+".txt")
			got := []byte("What " + trial.Recipient + " receives for " + trial.App + "/" + trial.Feature + ": " + strings.Join(trial.Received, ", ") + "\n\n" + strings.Join(trial.Requests, "\n"))
			if *updateWire {
				if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(name, got, 0o644); err != nil {
					t.Fatal(err)
				}
				continue
			}
			if want, err := os.ReadFile(name); err != nil || !bytes.Equal(want, got) {
				t.Errorf("%v: the requests differ from %s:\n%s", err, name, got)
			}
		}
	}
	if seen != 4 {
		t.Errorf("%d features were tried", seen)
	}
}
