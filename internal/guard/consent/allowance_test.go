package consent_test

import (
	"context"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"testing"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
)

// choices is a person who has chosen.
type choices struct {
	on, granted, objected bool
	standing              error
	asked                 *[]string
}

func (c choices) note(what string) {
	if c.asked != nil {
		*c.asked = append(*c.asked, what)
	}
}

func (c choices) SwitchOn(_ context.Context, _ privacy.AppID, _ privacy.SubjectID, id string) bool {
	c.note("switch " + id)
	return c.on
}

func (c choices) Objected(_ context.Context, _ privacy.AppID, _ privacy.SubjectID, p privacy.Purpose) bool {
	c.note("purpose " + string(p))
	return c.objected
}

func (c choices) Granted(_ context.Context, _ privacy.AppID, _ privacy.SubjectID, p string) bool {
	c.note("permission " + p)
	return c.granted
}

func (c choices) StandingOf(context.Context, privacy.AppID, privacy.SubjectID) error {
	return c.standing
}

func yes() choices { return choices{on: true, granted: true} }

func wish(r privacy.RecipientID, p terms.Platform) consent.Wish {
	return consent.Wish{Subject: ada, Batch: "fwd_1", Recipient: r, Platform: p, Intake: "usage"}
}

func letter(p terms.Platform) consent.Wish {
	return consent.Wish{Subject: ada, Batch: "fwd_1", Recipient: "notification_gateway", Platform: p}
}

func TestASwitchThatIsOnAllowsItsBatchAndNothingElse(t *testing.T) {
	t.Parallel()
	p := policytest.Mixoo(t)
	var asked []string
	c := yes()
	c.asked = &asked
	a, err := consent.CheckSwitch(t.Context(), c, p, wish("adjust", terms.Android))
	if err != nil || !a.Valid() {
		t.Fatal(err)
	}
	if fmt.Sprint(asked) != "[switch analytics purpose usage_analysis]" {
		t.Errorf("asked %v", asked)
	}
	f, ok := a.Forward()
	if !ok || f.Recipient != "adjust" || a.Wish().Subject != ada {
		t.Errorf("it names %s", f.Recipient)
	}
	if _, ok := a.Gateway(); ok {
		t.Error("a report is carried as a message")
	}
	for name, covered := range map[string]bool{
		"what it was made for": a.Covers(p, "fwd_1"),
		"another batch":        !a.Covers(p, "fwd_2"),
		"another app":          !a.Covers(policytest.PixPlus(t), "fwd_1"),
		"no policy":            !a.Covers(nil, "fwd_1"),
		"a policy that moved":  !a.Covers(policytest.Load(t, policytest.Mutate(t, policytest.Source(t, "mixoo"), "Usage statistics", "Statistics of use")), "fwd_1"),
	} {
		if !covered {
			t.Errorf("wrong cover of %q", name)
		}
	}
}

func TestAReportIsRefusedWithItsReason(t *testing.T) {
	t.Parallel()
	p := policytest.Mixoo(t)
	restricted := fault.New(fault.Refused, "processing-restricted", "Restricted.")
	for name, tt := range map[string]struct {
		choices consent.Choices
		policy  *policy.Policy
		wish    consent.Wish
		code    string
	}{
		"the switch is off":         {choices{}, p, wish("firebase", terms.IOS), "switched-off"},
		"the person objects":        {choices{on: true, objected: true}, p, wish("firebase", terms.IOS), "switched-off"},
		"processing is restricted":  {choices{on: true, standing: restricted}, p, wish("firebase", terms.IOS), "processing-restricted"},
		"adjust from ios":           {yes(), p, wish("adjust", terms.IOS), "recipient-not-allowed"},
		"umeng from ios":            {yes(), p, wish("umeng", terms.IOS), "recipient-not-allowed"},
		"firebase from the web":     {yes(), p, wish("firebase", terms.Web), "recipient-not-allowed"},
		"a platform of nobody":      {yes(), p, wish("firebase", "watch"), "recipient-not-allowed"},
		"a recipient of features":   {yes(), p, wish("gemini", terms.IOS), "recipient-not-allowed"},
		"the gateway":               {yes(), p, wish("notification_gateway", terms.IOS), "recipient-not-allowed"},
		"an undeclared recipient":   {yes(), p, wish("advertising", terms.IOS), "recipient-not-allowed"},
		"an intake not forwarded":   {yes(), p, consent.Wish{Subject: ada, Batch: "fwd_1", Recipient: "firebase", Platform: terms.IOS, Intake: "support"}, "recipient-not-allowed"},
		"an app that forwards none": {yes(), policytest.PixPlus(t), wish("firebase", terms.IOS), "recipient-not-allowed"},
		"nobody":                    {yes(), p, consent.Wish{Batch: "fwd_1", Recipient: "firebase", Platform: terms.IOS, Intake: "usage"}, "recipient-not-allowed"},
		"no batch":                  {yes(), p, consent.Wish{Subject: ada, Recipient: "firebase", Platform: terms.IOS, Intake: "usage"}, "recipient-not-allowed"},
		"nobody to ask":             {nil, p, wish("firebase", terms.IOS), "recipient-not-allowed"},
		"no policy":                 {yes(), nil, wish("firebase", terms.IOS), "recipient-not-allowed"},
	} {
		a, err := consent.CheckSwitch(t.Context(), tt.choices, tt.policy, tt.wish)
		if fault.CodeOf(err) != tt.code || a.Valid() {
			t.Errorf("%s: %v, want %s", name, err, tt.code)
		}
	}
}

func TestAMessageNeedsTheSwitchAndThePermission(t *testing.T) {
	t.Parallel()
	p := policytest.Mixoo(t)
	waits, restricted := fault.New(fault.Refused, "notice-required", "Read it."), fault.New(fault.Refused, "processing-restricted", "Restricted.")
	for name, tt := range map[string]struct {
		choices consent.Choices
		wish    consent.Wish
		code    string
	}{
		"everything is on":         {yes(), letter(terms.IOS), ""},
		"a notice waits":           {choices{on: true, granted: true, standing: waits}, letter(terms.Web), ""},
		"the switch is off":        {choices{granted: true}, letter(terms.IOS), "switched-off"},
		"no permission":            {choices{on: true}, letter(terms.IOS), "switched-off"},
		"the person objects":       {choices{on: true, granted: true, objected: true}, letter(terms.IOS), "switched-off"},
		"processing is restricted": {choices{on: true, granted: true, standing: restricted}, letter(terms.IOS), "processing-restricted"},
		"an analytics company":     {yes(), consent.Wish{Subject: ada, Batch: "fwd_1", Recipient: "firebase", Platform: terms.IOS}, "recipient-not-allowed"},
		"a report":                 {yes(), wish("notification_gateway", terms.IOS), "recipient-not-allowed"},
		"nobody to ask":            {nil, letter(terms.IOS), "recipient-not-allowed"},
	} {
		a, err := consent.CheckMessage(t.Context(), tt.choices, p, tt.wish)
		if got := code(err); got != tt.code || a.Valid() != (tt.code == "") {
			t.Errorf("%s: %q, want %q", name, got, tt.code)
		}
		if _, ok := a.Gateway(); ok != a.Valid() {
			t.Errorf("%s: the gateway is not named", name)
		}
		if _, ok := a.Forward(); ok {
			t.Errorf("%s: a message is sent as a report", name)
		}
	}
}

func code(err error) string {
	if err == nil {
		return ""
	}
	return fault.CodeOf(err)
}

func TestTheZeroAllowanceAllowsNothingAndNoneIsKept(t *testing.T) {
	t.Parallel()
	p := policytest.Mixoo(t)
	var zero consent.Allowance
	if zero.Valid() || zero.Covers(p, "") || zero.Wish() != (consent.Wish{}) {
		t.Error("the zero allowance says something")
	}
	a, err := consent.CheckSwitch(t.Context(), yes(), p, wish("firebase", terms.Android))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(a); !errors.Is(err, consent.ErrNotStorable) {
		t.Errorf("json: %v", err)
	}
	if err := gob.NewEncoder(io.Discard).Encode(a); !errors.Is(err, consent.ErrNotStorable) {
		t.Errorf("gob: %v", err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%d", "%s"} {
		if got := fmt.Sprintf(verb, a); got != "[allowance]" {
			t.Errorf("%s prints %s", verb, got)
		}
	}
}
