package policy_test

import (
	"errors"
	"strings"
	"testing"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
)

// change replaces one piece of a valid policy. The finding must stand in the line that holds the
// text of line (of the changed source) and say want.
type change struct {
	name, app, old, new, line, want string
}

func TestAPolicyThatContradictsItselfIsRefused(t *testing.T) {
	t.Parallel()
	for _, group := range [][]change{peopleChanges(), dataChanges(), routeChanges(), wordChanges(), moreChanges(), chainChanges(), transportChanges(), faceChanges(), termChanges(), settingChanges(), markChanges(), pointChanges(),
		intakeChanges(), fieldChanges(), forwardChanges(), kitChanges(), recipientChanges(), dutyChanges(), groundChanges(), nameChanges(), inboundChanges(), stayChanges()} {
		for _, tc := range group {
			t.Run(tc.name, func(t *testing.T) {
				t.Parallel()
				tc.check(t)
			})
		}
	}
}

func (tc change) check(t *testing.T) {
	t.Helper()
	src := policytest.Minimal()
	switch tc.app {
	case "":
	case "full":
		src = policytest.Full()
	default:
		src = policytest.Source(t, tc.app)
	}
	src = policytest.Mutate(t, src, tc.old, tc.new)
	_, err := policy.Load("p.yaml", src)
	var problems *policy.Problems
	if !errors.As(err, &problems) {
		t.Fatalf("the policy was accepted: %v", err)
	}
	lines := strings.Split(string(src), "\n")
	for _, f := range problems.Findings {
		if f.What == "" || f.Fix == "" || f.Line < 1 || f.Column < 1 || f.File != "p.yaml" {
			t.Errorf("an incomplete finding: %+v", f)
		}
		if strings.Contains(f.What, tc.want) && strings.Contains(lines[f.Line-1], tc.line) {
			return
		}
	}
	t.Errorf("no finding says %q in the line of %q:\n%v", tc.want, tc.line, err)
}

func peopleChanges() []change {
	return []change{
		{"a blank contact is refused", "", "email: privacy@sample.example", `email: ""`, "contacts:", "blank"},
		{"an obfuscated contact is refused", "", "email: privacy@sample.example", `email: "[email protected]"`, "contacts:", "obfuscated"},
		{"a contact nobody can read is refused", "", "email: privacy@sample.example", "email: privacy@localhost", "contacts:", "nobody can receive mail"},
		{"a joint operator without an address is refused", "aifitting", "      email: operator@aifitting.example # blank in the published text (C-FIT-18)\n", "", "name: {en: \"Chengdu", "blank"},
		{"a right without a deadline is refused", "", "deadline: P7D working, ", "", "id: erase", "has no deadline"},
		{"a right with a vague deadline is refused", "", "deadline: P7D working", "deadline: soon", "deadline: soon", "no ISO 8601 duration"},
		{"working days that are hours are refused", "", "deadline: P7D working", "deadline: PT7H working", "PT7H working", "counted in days"},
		{"a policy without the right to erase is refused", "", "id: erase", "id: access", "rights:", "no right to erase"},
		{"a language missing on a consent text is refused", "pixplus", "decline: {en: Not now, zh-Hans: 暂不同意}", "decline: {en: Not now}", "decline: {en: Not now}", "missing in zh-Hans"},
		{"a language the app does not offer is refused", "", "accept: {en: Continue}", "accept: {en: Continue, zh-Hans: 继续}", "accept:", "does not offer"},
		{"a missing accept label is refused", "", "    accept: {en: Continue}\n", "", "id: photo", `"accept" is missing`},
		{"a blank accept label is refused", "", "accept: {en: Continue}", `accept: {en: " "}`, "accept:", "missing in en"},
		{"a screen that does not name the recipient is refused", "pixplus", "en: \"This effect runs on {recipient}, a separate company.", "en: \"This effect runs elsewhere.", "runs elsewhere", "does not name the recipient"},
		{"cookies in an app that uses none are refused", "", "cookies: {mode: none}", "cookies: {mode: none, list: [{name: sid, purpose: legal_duty, lifetime: session, text: {en: x}}]}", "cookies:", "uses no cookies"},
		{"a guardian rule without a place for the consent is refused", "", "below: refuse", "below: guardian", "below: guardian", "guardian_consent is not declared"},
		{"a guardian's age that the lowest age covers is refused", "picwiz", "below: refuse, ask", "below: refuse, guardian_below: 12, ask", "guardian_below: 12", "guardian_below is 12, but below 13 nobody is let in anyway"},
		{"a guardian's age that is the lowest age is refused", "picwiz", "below: refuse, ask", "below: refuse, guardian_below: 13, ask", "guardian_below: 13", "guardian_below is 13"},
		{"a second age beside a guardian at the first one is refused", "picwiz", "below: refuse, ask", "below: guardian, guardian_below: 18, ask", "guardian_below: 18", "asks a guardian at the first one already"},
		{"a guardian's age that nobody is asked about is refused", "", "below: refuse", "below: refuse, guardian_below: 18", "guardian_below: 18", "nobody is asked"},
		{"a guardian's age without a place for the consent is refused", "picwiz", "below: refuse, ask", "below: refuse, guardian_below: 18, ask", "guardian_below: 18", "guardian_consent is not declared"},
		{"a guardian's age that the policy page does not tell is refused", "picwiz", "below: refuse, ask", "below: refuse, guardian_below: 18, ask", "page:", "in zh-Hans does not say below which age a guardian must agree"},
		{"a guardian's age of nobody is refused", "picwiz", "below: refuse, ask", "below: refuse, guardian_below: 0, ask", "guardian_below: 0", "got 0, want 2"},
		{"a policy page that tells of a guardian's age where there is none is refused", "picwiz", "under {min_age}. The app", "under {min_age}, or {guardian_below}. The app", "{guardian_below}", "{guardian_below}"},
		{"an accent that cannot be read is refused", "", "app: {id: sample, name: {en: Sample}}", "app: {id: sample, name: {en: Sample}, accent: \"#FFD700\"}", "accent", "contrast of 1.4"},
		{"a policy page without a contact is refused", "", "Write to {email}.", "Write to us.", "page:", "gives no contact"},
		{"a policy page without the retention schedule is refused", "", "{list retention}", "See elsewhere.", "page:", "lacks {list retention}"},
	}
}

func dataChanges() []change {
	return []change{
		{"a category without a clock is refused", "", "  - {category: account, starts: last_active, limit: P180D, end: destroy, chosen_by: operator}\n", "", "id: account", "has no clock"},
		{"keeping something forever is refused", "", "limit: P180D", "limit: forever", "limit: forever", `would be kept "forever"`},
		{"a limit that is no duration is refused", "", "limit: P180D", "limit: half a year", "half a year", "no ISO 8601 duration"},
		{"a limit of nothing is refused", "", "limit: P180D", "limit: PT0S", "PT0S", "duration of nothing"},
		{"a missing work retention is refused", "aifitting", "  - {category: generated_image, starts: result_stored", "  - {category: generated_image, starts: task_succeeded", "result: generated_image", "work retention is missing"},
		{"an upload that no task uses needs a clock", "", "starts: unused", "starts: item_written", "category: source_photo", "no clock for an upload that no task uses"},
		{"a failed task needs a clock", "pixplus", "  - {category: prompt, starts: task_failed", "  - {category: prompt, starts: unused", "category: prompt", "no clock for a task that fails"},
		{"counts of the server's own log are refused", "full", "{category: operational_log, starts: item_written, limit: P30D, end: destroy", "{category: operational_log, starts: item_written, limit: P30D, end: aggregate", "category: operational_log, starts", "nothing counts what is written as operational_log"},
		{"counts of tasks are refused", "full", "{category: task_metadata, starts: item_written, limit: P30D, end: destroy", "{category: task_metadata, starts: item_written, limit: P30D, end: aggregate", "category: task_metadata, starts", "nothing counts what is written as task_metadata"},
		{"counts of digests at a sign-in are refused", "full", "{category: hardware_ids, starts: item_written, limit: P90D, end: destroy", "{category: hardware_ids, starts: item_written, limit: P90D, end: aggregate", "category: hardware_ids, starts", "nothing counts what is written as hardware_ids"},
		{"counts of what no intake brings are refused", "picwiz", "{category: network_info, starts: item_written, limit: P7D, end: destroy", "{category: network_info, starts: item_written, limit: P7D, end: aggregate", "category: network_info, starts", "nothing counts what is written as network_info"},
		{"counts of what goes at once are refused", "full", "starts: task_succeeded, limit: immediate, end: destroy", "starts: task_succeeded, limit: immediate, end: aggregate", "category: source_photo, starts: task_succeeded", "goes at once and leaves no count"},
		{"a repeated rule is refused", "", "  - {category: consent_record,", "  - {category: audit_entry,", "category: audit_entry", "given twice"},
		{"a clock of an undeclared category is refused", "", "  - {category: account,", "  - {category: chat_message,", "chat_message", "not declared as a category"},
		{"a forbidden category is refused", "aifitting", "{id: usage_events,", "{id: precise_location,", "precise_location", "declared and forbidden"},
		{"a face template is refused in every app", "pixplus", "{id: usage_events,", "{id: face_template,", "face_template", "forbidden in every app"},
		{"face values on disk are refused", "", "storage: memory", "storage: disk", "id: face_landmarks", "may rest on disk"},
		{"face photos on disk are refused where faces stay in memory", "aifitting", "storage: memory, purposes: [requested_feature, safety_review]", "storage: disk, purposes: [requested_feature, safety_review]", "category: source_photo", "faces stay in memory"},
		{"a face photo that outlives its task is refused", "aifitting", "starts: task_failed, limit: immediate", "starts: task_failed, limit: PT24H", "limit: PT24H", "outlives its task"},
		{"advertising with content is refused", "pixplus", "purposes: [requested_feature, safety_review, fault_recovery], origin: subject, sensitive: true, clause: PIX-1-01}", "purposes: [requested_feature, advertising], clause: PIX-1-01}", "id: source_photo", "may not serve advertising"},
		{"training with content is refused", "", "short: {en: the result}, storage: disk, purposes: [requested_feature]", "short: {en: the result}, storage: disk, purposes: [training]", "id: generated_image", "may not serve training"},
		{"profiling with face points is refused", "", "storage: memory, purposes: [requested_feature]", "storage: memory, purposes: [profiling]", "id: face_landmarks", "may not serve profiling"},
		{"an undeclared purpose is refused", "", "purposes: [legal_duty]}\n  - {id: audit_entry", "purposes: [security]}\n  - {id: audit_entry", "id: disclosure_record", "not declared as a purpose"},
		{"a promise to keep something without end is refused", "", "starts: last_active, limit: P180D,", "starts: last_active, limit: P180D, floor: true,", "category: account", "a promise to keep"},
		{"a screen that cannot say how long something is kept is refused", "", ", text: {en: deleted at once}", "", "screen: photo", "cannot say how long face_landmarks"},
		{"a number written by hand is refused", "", "Write to {email}.", "Write to {email}; photos die after 24 hours.", "24 hours", "written by hand"},
		{"a slot that nothing fills is refused", "", "Write to {email}.", "Write to {email} or {fax}.", "{fax}", "nothing in the file fills {fax}"},
		{"what the server writes must be declared", "", "  - {id: disclosure_record, name: {en: Transfers}, storage: disk, purposes: [legal_duty]}\n", "", "categories:", "writes disclosure_record"},
	}
}

func routeChanges() []change {
	const contract = "    contract:\n      use_limit: true # PIX-5-02\n      no_training: true # PIX-6-01\n      equal_protection: true # PIX-5-04\n      reference: \"demo: replace by the signed terms with RunningHub\"\n      reviewed: \"2026-06-01\"\n"
	return []change{
		{"a face feature of AI Fitting routed to RunningHub is refused", "aifitting", "    recipient: own_servers\n    effect: cartoon\n", "    recipient: runninghub\n", "recipient: runninghub", "not declared"},
		{"a face feature in an app whose faces are shared with nobody is refused", "pixplus", "shared_with: [runninghub]", "shared_with: []", "recipient: runninghub", "faces are shared with nobody"},
		{"a picture counts as a face", "pixplus", "face: true", "face: false", "face: false", "not marked as a face feature"},
		{"a memory-only photo is not routed outside", "pixplus", "short: {en: your photo, zh-Hans: 您的照片}, storage: disk", "short: {en: your photo, zh-Hans: 您的照片}, storage: memory", "recipient: runninghub", "in memory only and may not be sent"},
		{"a recipient without a contract record is refused", "pixplus", contract, "", "id: runninghub", "no contract record"},
		{"a contract without a training ban is refused", "pixplus", "no_training: true", "no_training: false", "no_training", "lacks no_training"},
		{"a contract without a reference is refused", "pixplus", "\"demo: replace by the signed terms with RunningHub\"", "TBD", "reference", "has no reference"},
		{"a recipient without a link is refused", "pixplus", "    policy_url: https://www.runninghub.ai/policy\n", "", "id: runninghub", "no link to its own policy"},
		{"a recipient of unknown retention must say so", "pixplus", "    provider_retention: {inputs: unknown, outputs: P15D} # C-PIX-16, PIX-7-07\n", "", "id: runninghub", "how long runninghub keeps"},
		{"a route without a consent mode is refused", "pixplus", "consent: per_task # C-PIX-07", "consent: none", "consent: none", "no consent mode"},
		{"a field that is no input is not sent", "pixplus", "optional: [strength]", "optional: []", "field: strength", "no input of the feature"},
		{"a field outside the recipient's list is not sent", "pixplus", "fields: [photo, prompt, style, strength, effect]", "fields: [photo, prompt, style, effect]", "field: strength", "not in the list of fields"},
		{"an input that nobody needs is not asked for", "pixplus", "{field: prompt, transport: text}, {field: style, transport: text}]", "{field: prompt, transport: text}]", "id: avatar", "used by nobody"},
		{"a photo does not travel as text", "pixplus", "{field: photo, transport: bytes}", "{field: photo, transport: text}", "transport: text", "cannot travel"},
		{"face swap is refused in PixPlus", "pixplus", "- id: talking_photo", "- id: face_swap", "id: face_swap", "declared and forbidden"},
		{"a region outside the pin is refused", "aifitting", "    class: local\n    region: US", "    class: local\n    region: CN", "region: CN", "outside the pinned regions"},
		{"a pinned app needs the region of each recipient", "aifitting", "    class: local\n    region: US\n", "    class: local\n", "id: own_servers", "has no region"},
		{"an advertiser is refused", "pixplus", "  - id: runninghub", "  - id: advertising", "id: advertising", "may never go to advertising"},
		{"an unknown class of recipient is refused", "pixplus", "class: third_party_ai", "class: partner", "class: partner", "no permitted class"},
		{"somebody else's server is not local", "pixplus", "class: third_party_ai", "class: local", "class: local", "cannot be local"},
		{"an undeclared outside Qwen is refused", "pixplus", "prompt_review: rules", "prompt_review: external_qwen", "prompt_review: external_qwen", "no declared recipient"},
		{"a text without review is refused", "pixplus", "review: [prompt_rules, media_gate]", "review: [media_gate]", "review: [media_gate]", "prompt_rules does not check it"},
		{"an undeclared screen is refused", "pixplus", "screen: text", "screen: none", "screen: none", "not declared"},
	}
}

func wordChanges() []change {
	return []change{
		{"an invented category is refused with advice", "", "id: audit_entry", "id: audit_entri", "audit_entri", "no category of the vocabulary"},
		{"an invented recipient is refused", "pixplus", "  - id: runninghub", "  - id: runninghubb", "runninghubb", "no recipient of the vocabulary"},
		{"an invented feature is refused", "", "id: sketch", "id: face_match", "face_match", "no feature of the vocabulary"},
		{"an invented purpose is refused", "", "id: legal_duty", "id: fun", "id: fun", "no purpose of the vocabulary"},
		{"an unknown event is refused", "", "starts: last_active", "starts: whenever", "whenever", "not one of the permitted values"},
	}
}

func moreChanges() []change {
	return []change{
		{"an unbounded photo is refused", "", "    max_pixels: 50000000\n", "", "field: photo", "not bounded"},
		{"a default outside the choices is refused", "pixplus", "default: medium", "default: huge", "field: strength", "none of the choices"},
		{"a category of the wrong kind is refused", "", "category: source_photo", "category: account", "category: account", "a photo is no account"},
		{"a repeated feature is refused", "pixplus", "- id: talking_photo", "- id: avatar", "id: avatar", "given twice"},
		{"an effect for a third party is refused", "pixplus", "    recipient: runninghub\n", "    recipient: runninghub\n    effect: cartoon\n", "recipient: runninghub", "belongs to the own engine"},
	}
}

func TestAFaceFeatureOfAIFittingIsRefusedEvenWhenRunningHubIsDeclaredInFull(t *testing.T) {
	t.Parallel()
	src := policytest.Source(t, "aifitting")
	src = policytest.Mutate(t, src, "recipients:\n  - id: own_servers", `recipients:
  - id: runninghub
    name: {en: RunningHub, zh-Hans: RunningHub}
    class: third_party_ai
    region: US
    policy_url: https://www.runninghub.ai/policy
    policy_name: {en: P, zh-Hans: P}
    fields: [photo, style]
    provider_retention: {inputs: unknown, outputs: P15D}
    contract: {use_limit: true, no_training: true, equal_protection: true, reference: a, reviewed: "2026-01-01"}
  - id: own_servers`)
	if _, err := policy.Load("p.yaml", src); err != nil {
		t.Fatalf("a declared recipient that no feature uses is refused: %v", err)
	}
	src = policytest.Mutate(t, src, "    recipient: own_servers\n    effect: cartoon\n", "    recipient: runninghub\n")
	_, err := policy.Load("p.yaml", src)
	if err == nil {
		t.Fatal("a face goes to RunningHub")
	}
	for _, want := range []string{"a face feature is routed to runninghub, but faces are shared with nobody", "source_photo is in memory only and may not be sent to runninghub"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("missing: %s\n%v", want, err)
		}
	}
}
