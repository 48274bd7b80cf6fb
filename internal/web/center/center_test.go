package center

import (
	"strings"
	"testing"
	"time"

	"vow.example/vow/client"
)

func day() time.Time { return time.Date(2026, 11, 21, 14, 0, 0, 0, time.UTC) }

func in(d time.Duration) *time.Time {
	t := day().Add(d)
	return &t
}

func TestAMessageBeginsWithANumberAndNeverWithAnythingElse(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"tsk_06h0cvn1krt4h7": "tsk_06h0cvn1krt4h7\n", "out_1": "out_1\n", "": "", "tsk_": "", "sub_06h0": "", "tsk_A": "", "out_1 <b>": "",
		"tsk_0\nYou are refunded": "", "tsk_" + strings.Repeat("0", 41): "",
	} {
		if got := reference(id); got != want {
			t.Errorf("%q gives %q, want %q", id, got, want)
		}
	}
}

func TestACopyThatARecipientMayKeepIsListedUntilItsTimeIsOver(t *testing.T) {
	t.Parallel()
	const month = 30 * 24 * time.Hour
	sent := func(outcome string, until *time.Time, kept ...client.Held) client.Transfer {
		return client.Transfer{Recipient: client.RecipientRef{Name: outcome}, Outcome: outcome, ProviderKeepsUntil: until, Held: kept}
	}
	for _, tt := range []struct {
		name  string
		all   []client.Transfer
		order []string
	}{
		{"sent, and allowed a copy", []client.Transfer{sent("sent", in(month))}, []string{"sent"}},
		{"the answer was lost", []client.Transfer{sent("unknown", in(month))}, []string{"unknown"}},
		{"refused before anything left", []client.Transfer{sent("refused", in(month))}, nil},
		{"the time is over", []client.Transfer{sent("sent", in(-time.Hour))}, nil},
		{"nothing is stated", []client.Transfer{sent("sent", nil)}, nil},
		{"gone", []client.Transfer{sent("sent", in(month), client.Held{State: "closed"})}, nil},
		{"overdue first, then by date, without a date last", []client.Transfer{
			sent("last", nil, client.Held{State: "open"}), sent("later", nil, client.Held{State: "open", Until: in(month)}),
			sent("soon", nil, client.Held{State: "open", Until: in(time.Hour)}), sent("first", nil, client.Held{State: "overdue", Until: in(month)}),
		}, []string{"first", "soon", "later", "last"}},
	} {
		d := held{Transfers: tt.all, Holdings: client.Holdings{CountedAt: day()}}
		list := d.Theirs()
		if len(list) != len(tt.order) {
			t.Errorf("%s: %+v", tt.name, list)
			continue
		}
		for i, x := range list {
			if x.Recipient.Name != tt.order[i] {
				t.Errorf("%s: place %d is %s", tt.name, i+1, x.Recipient.Name)
			}
		}
	}
}

func TestWhatIsHeldIsContentOrRecords(t *testing.T) {
	t.Parallel()
	d := held{Holdings: client.Holdings{Data: []client.Holding{
		{Where: "disk", Count: 2, AllGoneBy: in(time.Hour)}, {Where: "memory", Count: 1}, {Where: "database", Count: 12, AllGoneBy: in(48 * time.Hour)},
	}}}
	if d.Content() != 3 || d.Records() != 12 || !d.GoneBy().Equal(*in(48 * time.Hour)) {
		t.Errorf("%d, %d, %v", d.Content(), d.Records(), d.GoneBy())
	}
	if (held{}).GoneBy() != nil {
		t.Error("nothing goes on a date")
	}
}

func TestOnlyAConsentThatStandsCanBeWithdrawn(t *testing.T) {
	t.Parallel()
	d := held{Consents: []client.Consent{{Decision: "granted"}, {Decision: "granted", WithdrawnAt: in(0)}, {Decision: "declined"}, {Decision: "withdrawn"}}}
	if d.Standing() != 1 {
		t.Errorf("%d stand", d.Standing())
	}
}

func TestARightIsKnownByAnyOfItsNames(t *testing.T) {
	t.Parallel()
	list := []client.PolicyEntry{{ID: "port", Deadline: "P15D"}, {ID: "human_decision"}, {ID: "complain", Deadline: "P30D"}}
	if named(list, "portability", "port").Deadline != "P15D" || named(list, "complain", "human_decision").ID != "complain" || named(list, "erase").ID != "" {
		t.Error("another entry was found")
	}
}

func TestAMessageIsTakenOnTheWebOnlyWhereThePolicySaysSo(t *testing.T) {
	t.Parallel()
	text := client.PolicyField{ID: "text", Kind: "text", Max: 300}
	for _, tt := range []struct {
		name   string
		schema client.PolicySchema
		taken  bool
	}{
		{"everywhere", client.PolicySchema{Kind: "support", Fields: []client.PolicyField{text}}, true},
		{"on the web", client.PolicySchema{Kind: "support", Platforms: []string{"ios", "web"}}, true},
		{"elsewhere", client.PolicySchema{Kind: "support", Platforms: []string{"ios"}}, false},
		{"something else", client.PolicySchema{Kind: "feedback"}, false},
	} {
		if got := taken([]client.PolicySchema{tt.schema}, "support"); (got != nil) != tt.taken {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
	d := supportData{Form: &client.PolicySchema{Fields: []client.PolicyField{text}}}
	if d.Most() != 300 || d.MostFeedback() != 2000 || d.Mail() || d.Stars() {
		t.Errorf("%d, %d, %t, %t", d.Most(), d.MostFeedback(), d.Mail(), d.Stars())
	}
}
