package diff

import (
	"slices"
	"testing"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
)

// turned is one difference of the terms, and what each direction of it is.
type turned struct {
	name     string
	less, is terms.Terms // less protects more
	there    Kind        // from less to is
	class    Class
	reduces  bool
	back     Kind
	returns  Class
}

func text(s string) terms.Localized { return terms.Localized{"en": s, "zh-Hans": s} }

func intake(change func(*terms.Intake)) terms.Terms {
	in := terms.Intake{
		ID: "telemetry", Category: "device_info", Purpose: "security", Switch: "analytics", Platforms: []terms.Platform{terms.IOS},
		Fields: []terms.Field{{ID: "model", Kind: terms.Word, Max: 40, Choices: []string{"a"}}},
	}
	change(&in)
	return terms.Terms{Intakes: []terms.Intake{in}}
}

func ground(change func(*terms.Ground)) terms.Terms {
	g := terms.Ground{ID: "court", Text: text("A court asks"), Categories: []privacy.Category{"account"}, Needs: []string{"document"}, Approvals: 2, Abroad: "never"}
	change(&g)
	return terms.Terms{Disclosures: []terms.Ground{g}}
}

func cases() []turned {
	none, same := terms.Terms{}, func(*terms.Intake) {}
	return []turned{
		{"an intake", none, intake(same), "intake.added", Material, false, "intake.removed", Protects},
		{"a field", intake(same), intake(func(in *terms.Intake) { in.Fields = append(in.Fields, terms.Field{ID: "os"}) }), "intake_field.added", Material, false, "intake_field.removed", Protects},
		{"a longer field", intake(same), intake(func(in *terms.Intake) { in.Fields[0].Max = 80 }), "intake_field.widened", Material, false, "intake_field.narrowed", Protects},
		{"a field that is no digest any more", intake(func(in *terms.Intake) { in.Fields[0].Kind = terms.Digest }), intake(same), "intake_field.weaker", Material, false, "intake_field.stronger", Protects},
		{"a further choice", intake(same), intake(func(in *terms.Intake) { in.Fields[0].Choices = []string{"a", "b"} }), "intake_field.widened", Material, false, "intake_field.narrowed", Protects},
		{"a duty to tell", intake(same), intake(func(in *terms.Intake) { in.Fields[0].Required = true }), "intake_gate.removed", Material, false, "intake_gate.added", Protects},
		{"a switch that no longer counts", intake(same), intake(func(in *terms.Intake) { in.Switch = "" }), "intake_gate.removed", Material, true, "intake_gate.added", Protects},
		{"a further platform", intake(same), intake(func(in *terms.Intake) { in.Platforms = append(in.Platforms, terms.Android) }), "intake.widened", Material, false, "intake.narrowed", Protects},
		{"every platform", intake(same), intake(func(in *terms.Intake) { in.Platforms = nil }), "intake.widened", Material, false, "intake.narrowed", Protects},
		{"somebody whom it is handed on to", intake(same), intake(func(in *terms.Intake) { in.PassedOn = "complaint" }), "intake.widened", Material, true, "intake.narrowed", Protects},
		{"another purpose", intake(same), intake(func(in *terms.Intake) { in.Purpose = "support" }), "intake.changed", Significant, true, "intake.changed", Significant},
		{"an event", intake(same), intake(func(in *terms.Intake) { in.Events = []terms.EventSchema{{ID: "opened"}} }), "intake_field.added", Material, false, "intake_field.removed", Protects},
		{"what was never accepted", terms.Terms{Refused: []terms.Refused{{Category: "contacts", Text: text("never")}}}, none, "never_accepted.removed", Material, true, "never_accepted.added", Protects},
		{"a vendor", none, terms.Terms{Inbound: []terms.Inbound{{ID: "shop", Name: text("Shop")}}}, "vendor.added", Material, true, "vendor.removed", Protects},
		{"a permission", none, terms.Terms{Permissions: []terms.Permission{{ID: "camera", Name: text("Camera")}}}, "permission.added", Material, false, "permission.removed", Protects},
		{"a choice that is gone", terms.Terms{Switches: []terms.Switch{{ID: "analytics", Name: text("Analytics")}}}, none, "choice.removed", Material, true, "choice.added", Protects},
		{"a choice that is on from the start", terms.Terms{Switches: []terms.Switch{{ID: "analytics"}}}, terms.Terms{Switches: []terms.Switch{{ID: "analytics", Default: true}}}, "choice.weaker", Material, true, "choice.stronger", Protects},
		{"a cookie", none, terms.Terms{Cookies: []terms.Cookie{{Name: "session"}}}, "cookie.added", Material, false, "cookie.removed", Protects},
		{"an embedded kit", none, terms.Terms{SDKs: []terms.SDK{{ID: "crash", Name: "Crash", Version: "1"}}}, "sdk.added", Material, false, "sdk.removed", Protects},
		{"a field of a kit", terms.Terms{SDKs: []terms.SDK{{ID: "crash"}}}, terms.Terms{SDKs: []terms.SDK{{ID: "crash", Fields: []string{"stack"}}}}, "sdk.widened", Material, false, "sdk.narrowed", Protects},
		{"a forward", none, terms.Terms{Forwards: []terms.Forward{{Recipient: "umeng"}}}, "forward.added", Material, true, "forward.removed", Protects},
		{"a field of a forward", terms.Terms{Forwards: []terms.Forward{{Recipient: "umeng"}}}, terms.Terms{Forwards: []terms.Forward{{Recipient: "umeng", Fields: []string{"os"}}}}, "forward.widened", Material, true, "forward.narrowed", Protects},
		{"a reason to disclose", none, ground(func(*terms.Ground) {}), "disclosure.added", Material, true, "disclosure.removed", Protects},
		{"a proof less", ground(func(*terms.Ground) {}), ground(func(g *terms.Ground) { g.Needs = nil }), "disclosure.weaker", Material, true, "disclosure.stronger", Protects},
		{"an approval less", ground(func(*terms.Ground) {}), ground(func(g *terms.Ground) { g.Approvals = 1 }), "disclosure.weaker", Material, true, "disclosure.stronger", Protects},
		{"every category", ground(func(*terms.Ground) {}), ground(func(g *terms.Ground) { g.Categories = nil }), "disclosure.widened", Material, true, "disclosure.narrowed", Protects},
		{"an easier way abroad", ground(func(*terms.Ground) {}), ground(func(g *terms.Ground) { g.Abroad = "consent" }), "disclosure.weaker", Material, true, "disclosure.stronger", Protects},
		{"an exemption", none, terms.Terms{Exemptions: []terms.Ground{{ID: "law"}}}, "exemption.added", Material, true, "exemption.removed", Protects},
		{"a refusal", none, terms.Terms{Refusals: []terms.Ground{{ID: "law"}}}, "refusal.added", Material, true, "refusal.removed", Protects},
		{"an override", none, terms.Terms{Overrides: []terms.Ground{{ID: "claims"}}}, "override.added", Material, true, "override.removed", Protects},
		{"a restriction less", terms.Terms{Restrictions: []terms.Ground{{ID: "wrong"}}}, none, "restriction.removed", Material, true, "restriction.added", Protects},
		{"a longer hold", terms.Terms{Holds: terms.Hold{Most: terms.Deadline{Days: 30, ISO: "P30D"}}}, terms.Terms{Holds: terms.Hold{Most: terms.Deadline{Days: 90, ISO: "P90D"}}}, "hold.longer", Material, true, "hold.shorter", Protects},
		{"staff in another country", terms.Terms{StaffRegions: []string{"US"}}, terms.Terms{StaffRegions: []string{"US", "CN"}}, "staff_region.widened", Material, true, "staff_region.narrowed", Protects},
		{"staff anywhere", terms.Terms{StaffRegions: []string{"US"}}, none, "staff_region.widened", Material, true, "staff_region.narrowed", Protects},
		{"an easier transfer", terms.Terms{Transfers: "never"}, terms.Terms{Transfers: "law_and_written_consent"}, "transfer.weaker", Material, true, "transfer.stronger", Protects},
		{"a right that is gone", terms.Terms{Rights: []terms.Right{{ID: "erase", Text: text("Delete")}}}, none, "right.removed", Material, true, "right.added", Protects},
		{"a check before the deadline starts", terms.Terms{Rights: []terms.Right{{ID: "erase", Starts: "received"}}}, terms.Terms{Rights: []terms.Right{{ID: "erase", Starts: "verified"}}}, "right_deadline.longer", Material, true, "right_deadline.shorter", Protects},
		{"consent to reductions", terms.Terms{Notices: terms.Notices{Reductions: "consent"}}, terms.Terms{Notices: terms.Notices{Reductions: "notice"}}, "announcement.removed", Material, true, "announcement.added", Protects},
		{"a pop-up", terms.Terms{Notices: terms.Notices{Popup: true}}, none, "announcement.removed", Material, false, "announcement.added", Protects},
		{"a shorter lead", terms.Terms{Notices: terms.Notices{Lead: terms.Deadline{Days: 30, ISO: "P30D"}}}, terms.Terms{Notices: terms.Notices{Lead: terms.Deadline{Immediate: true, ISO: "immediate"}}}, "announcement.shorter", Material, true, "announcement.longer", Protects},
		{"a further kind of message", none, terms.Terms{Notices: terms.Notices{Kinds: []string{"update"}}}, "announcement.widened", Material, false, "announcement.narrowed", Protects},
		{"an acceptance that is not asked", terms.Terms{Acceptance: &terms.Acceptance{Text: text("Read")}}, none, "acceptance.removed", Material, false, "acceptance.added", Protects},
		{"an age that is not asked", terms.Terms{Minors: terms.Minors{Ask: true}}, none, "minors.removed", Material, false, "minors.added", Protects},
		{"shared works", none, terms.Terms{Share: terms.Share{Works: true}}, "sharing.added", Material, false, "sharing.removed", Neutral},
		{"smaller groups", terms.Terms{MinGroup: 20}, terms.Terms{MinGroup: 5}, "statistics.weaker", Material, true, "statistics.stronger", Protects},
		{"statistics", none, terms.Terms{MinGroup: 20}, "statistics.added", Material, true, "statistics.removed", Protects},
		{"a cipher that is not pinned", terms.Terms{Cipher: "AES-256"}, none, "cipher.weaker", Material, true, "cipher.stronger", Protects},
		{"people who learn of an incident later", figure("incidents.people", "PT72H"), figure("incidents.people", "P7D"), "incident.longer", Material, true, "incident.shorter", Protects},
		{"a regulator who is told at no time", figure("incidents.regulator", "PT72H"), none, "incident.removed", Material, true, "incident.added", Protects},
		{"a higher cap of clocks", figure("limits.most", "P30D"), figure("limits.most", "P60D"), "cap.longer", Material, true, "cap.shorter", Protects},
		{"no cap of clocks any more", figure("limits.most", "P30D"), none, "cap.removed", Material, true, "cap.added", Protects},
		{"a later audit", audited("P90D", 90, "access"), audited("P180D", 180, "access"), "audits.longer", Material, true, "audits.shorter", Protects},
		{"an audit of less", audited("P90D", 90, "access", "dependencies"), audited("P90D", 90, "access"), "audits.narrowed", Material, true, "audits.widened", Protects},
		{"no audits any more", audited("P90D", 90, "access"), none, "audits.removed", Material, true, "audits.added", Protects},
		{"a notice beside answers", terms.Terms{Answers: &terms.Answers{AI: text("AI")}}, none, "answers.removed", Material, false, "answers.added", Protects},
		{"another contact", terms.Terms{Contacts: []terms.Contact{{Platform: "ios", Phone: "1"}}}, terms.Terms{Contacts: []terms.Contact{{Platform: "ios", Phone: "2"}}}, "contact.changed", Significant, false, "contact.changed", Significant},
		{"a joint operator", none, terms.Terms{Joint: []terms.Joint{{Name: text("Two")}}}, "controller.added", Significant, false, "controller.removed", Significant},
		{"another basis", terms.Terms{Purposes: []terms.Purpose{{ID: "security", Basis: "consent"}}}, terms.Terms{Purposes: []terms.Purpose{{ID: "security", Basis: "interest"}}}, "purpose.changed", Material, false, "purpose.changed", Material},
		{"a kind of data", none, terms.Terms{Categories: []terms.Category{{ID: "support_message", Name: text("Letters")}}}, "category.added", Significant, false, "category.removed", Protects},
		{"data that leaves memory for the disk", terms.Terms{Categories: []terms.Category{{ID: "face_landmarks", Storage: "memory"}}}, terms.Terms{Categories: []terms.Category{{ID: "face_landmarks", Storage: "disk"}}}, "category.weaker", Material, true, "category.stronger", Protects},
		{"a guardian who opens the app", none, terms.Terms{Minors: terms.Minors{Guardian: true}}, "minors.added", Material, false, "minors.removed", Protects},
		{"a guardian who is asked for fewer people", terms.Terms{Minors: terms.Minors{GuardianBelow: 18}}, terms.Terms{Minors: terms.Minors{GuardianBelow: 16}}, "minors.weaker", Material, false, "minors.stronger", Protects},
		{"a guardian who is asked no more", terms.Terms{Minors: terms.Minors{GuardianBelow: 18}}, none, "minors.weaker", Material, false, "minors.stronger", Protects},
		{"a source of data", terms.Terms{Categories: []terms.Category{{ID: "account", Origin: "subject"}}}, terms.Terms{Categories: []terms.Category{{ID: "account", Origin: "vendor"}}}, "category.changed", Material, false, "category.changed", Material},
	}
}

func figure(id, value string) terms.Terms {
	return terms.Terms{Numbers: []terms.Figure{{ID: id, Kind: "period", Value: value}}}
}

func audited(iso string, days int, scope ...string) terms.Terms {
	return terms.Terms{Audits: terms.Audits{Every: terms.Deadline{Days: days, ISO: iso}, Scope: scope}}
}

func TestEveryDifferenceOfTheTermsIsFoundInBothDirections(t *testing.T) {
	t.Parallel()
	p := policytest.Load(t, policytest.Minimal())
	for _, x := range cases() {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			one(t, p, x.less, x.is, x.there, x.class, x.reduces)
			one(t, p, x.is, x.less, x.back, x.returns, x.returns == x.class && x.reduces)
		})
	}
}

func one(t *testing.T, p *policy.Policy, was, is terms.Terms, kind Kind, class Class, reduces bool) {
	t.Helper()
	list := (&comparison{was: p, is: p, a: &was, b: &is}).all()
	i := slices.IndexFunc(list, func(c Change) bool { return c.Kind == kind })
	if i < 0 || len(list) != 1 {
		t.Fatalf("%v, want one %s", kinds(Diff{Changes: list}), kind)
	}
	if list[i].Class != class || list[i].Reduces != reduces {
		t.Errorf("%s is %s, reduces %v", kind, list[i].Class, list[i].Reduces)
	}
}

func TestOnlySensitiveKindsOfDataCountAsSensitive(t *testing.T) {
	t.Parallel()
	p := policytest.Load(t, policytest.Minimal())
	plain := &terms.Terms{Categories: []terms.Category{{ID: "account"}}}
	for want, is := range map[string]*terms.Terms{
		"new":     {Categories: []terms.Category{{ID: "account"}, {ID: "health", Special: true}}},
		"turned":  {Categories: []terms.Category{{ID: "account", Special: true}}},
		"neither": {Categories: []terms.Category{{ID: "account"}, {ID: "health"}}},
	} {
		d := Diff{Changes: (&comparison{was: p, is: p, a: plain, b: is}).all()}
		if d.SensitiveNew() != (want != "neither") || d.Class() < Material {
			t.Errorf("%s: %v", want, kinds(d))
		}
	}
}

func TestEveryAreaAndTurnHasWordsInBothLanguages(t *testing.T) {
	t.Parallel()
	for area, words := range areas() {
		for turn, how := range turns() {
			k := KindOf(area, turn)
			if k.Label("en") != words[0]+" "+how[0] || k.Label("zh-Hans") != how[1]+words[1] || words[0] == "" || words[1] == "" {
				t.Errorf("%s: %s, %s", k, k.Label("en"), k.Label("zh-Hans"))
			}
		}
	}
}
