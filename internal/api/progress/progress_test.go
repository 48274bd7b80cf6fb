package progress

import (
	"strings"
	"testing"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
)

func TestEveryEndOfACopyHasItsWords(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, k := range []store.Task{
		{Recipient: privacy.Own}, {Recipient: "alibaba_cloud", State: store.Sending}, {Recipient: "alibaba_cloud", WasSent: true}, {Recipient: "alibaba_cloud", State: store.Canceled},
	} {
		for _, lang := range []privacy.Lang{"en", "zh-Hans"} {
			text := Copy(client.SmallerCopy{Width: 20, Height: 10}, k, lang)
			if seen[text] || !strings.Contains(text, "20 × 10") {
				t.Errorf("%+v: %q", k, text)
			}
			seen[text] = true
		}
	}
}

// shown is the state of every step, in order, and the text of the sending.
func shown(list []client.Step) (states, sent string) {
	for _, s := range list {
		states += s.State + " "
		if s.Name == "sent" {
			sent = s.Text
		}
	}
	return strings.TrimSpace(states), sent
}

func TestEveryStepFollowsFromFacts(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 14, 0, 0, 0, time.UTC)
	cleared := review.Verdict{Outcome: review.Cleared, At: at}
	left := []client.Transfer{{At: at}}
	source, small := privacy.ObjectID(privacy.NewID(privacy.PrefixUpload)), privacy.ObjectID(privacy.NewID("cpy"))
	for name, c := range map[string]struct {
		facts  Facts
		view   client.Task
		states string
		sent   string
	}{
		"a task that is checked": {Facts{Task: store.Task{State: store.Reviewing}}, client.Task{}, "done doing todo todo todo todo", "Sending to Acme"},
		"one that is sent": {
			Facts{Task: store.Task{State: store.Sending}, Verdict: cleared}, client.Task{Transfers: left},
			"done done doing todo todo todo", "Sending to Acme",
		},
		"one that is made": {
			Facts{Task: store.Task{State: store.Generating, WasSent: true}, Verdict: cleared},
			client.Task{Transfers: left, Copies: []client.SmallerCopy{{Width: 2, Height: 1}, {Width: 4, Height: 3}}},
			"done done done doing todo todo", "Sent to Acme: a smaller copy, 2 × 1, 4 × 3",
		},
		"one that is saved": {
			Facts{Task: store.Task{State: store.Storing, WasSent: true}, Verdict: cleared}, client.Task{Transfers: left},
			"done done done todo doing todo", "Sent to Acme",
		},
		"one that is blocked": {
			Facts{Task: store.Task{State: store.Blocked}, Verdict: review.Verdict{Outcome: review.Blocked, At: at}},
			client.Task{Copies: []client.SmallerCopy{{Width: 2, Height: 1}}},
			"done failed skipped skipped skipped todo", "Nothing was sent",
		},
		"one of our own": {
			Facts{Task: store.Task{State: store.Generating, Recipient: privacy.Own}, Verdict: cleared},
			client.Task{Copies: []client.SmallerCopy{{Width: 2, Height: 1}}},
			"done done skipped doing todo todo", "Nothing is sent: made on our own server",
		},
		"one that ended well": {
			Facts{Task: store.Task{State: store.Succeeded, WasSent: true}, Verdict: cleared, Receipts: []store.Receipt{{Object: small, DeletedAt: at}, {Object: source, DeletedAt: at}}},
			client.Task{Transfers: left, Outputs: []client.Output{{CreatedAt: at}}},
			"done done done done done done", "Sent to Acme",
		},
		"one whose copy alone is erased": {
			Facts{Task: store.Task{State: store.Failed}, Verdict: cleared, Receipts: []store.Receipt{{Object: small, DeletedAt: at}}},
			client.Task{}, "done done skipped failed skipped todo", "Nothing was sent",
		},
	} {
		c.view.Recipient.Name = "Acme"
		c.facts.Task.CreatedAt = at
		if states, sent := shown(Steps(c.facts, c.view, "en")); states != c.states || sent != c.sent {
			t.Errorf("%s: %s, %q", name, states, sent)
		}
	}
}

func TestEveryStateHasItsWords(t *testing.T) {
	t.Parallel()
	for _, s := range []store.TaskState{
		store.Reviewing, store.AwaitingConfirmation, store.Blocked, store.Queued, store.Sending, store.Generating, store.Storing, store.Succeeded,
		store.Failed, store.Canceled, store.Expired,
	} {
		if en, zh := State(string(s), "en"), State(string(s), "zh-Hans"); en == "" || zh == "" || en == zh {
			t.Errorf("%s: %q %q", s, en, zh)
		}
	}
}
