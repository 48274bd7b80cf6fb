package policytest

import (
	"bytes"
	"testing"

	"vow.example/vow/internal/policy"
)

// asks are blocks that Minimal does not have: the app asks for the age band and for acceptance, has
// choices, and lets people share works.
const asks = `
acceptance: {text: {en: Please read it.}, accept: {en: I accept}, decline: {en: I do not}, highlights: []}
switches:
  - {id: analytics, name: {en: Analytics}, text: {en: Counts.}, default: false}
  - {id: diagnostics, name: {en: Diagnostics}, text: {en: Faults.}, default: true}
permissions:
  - {id: camera, name: {en: Camera}, text: {en: To take photos.}, help: {en: In the settings.}}
  - {id: tracking, name: {en: Tracking}, text: {en: Never used.}, help: {en: In the settings.}, platforms: [ios]}
share: {works: link, text: {en: Anybody with the link.}}
restrictions:
  - {id: accuracy_contested, text: {en: you say it is wrong}}
`

// Asking returns the source of Minimal for an app that asks who somebody is, and lets people choose.
func Asking(t testing.TB) []byte {
	t.Helper()
	src := Mutate(t, Minimal(), "below: refuse}", "below: refuse, ask: true}")
	src = Mutate(t, src, "\ncategories:\n", "\ncategories:\n  - {id: age_assertion, name: {en: Age band}, storage: disk, purposes: [legal_duty]}\n")
	src = Mutate(t, src, "\nretention:\n", "\nretention:\n  - {category: age_assertion, starts: last_active, limit: P180D, end: destroy, chosen_by: operator}\n")
	return append(bytes.TrimRight(src, "\n"), asks...)
}

// Members returns a source in which people can be members: of one level, for as long as they use the
// account, and with a record of what was reported that ends after 60 days.
func Members(t testing.TB, src []byte) []byte {
	t.Helper()
	src = Mutate(t, src, "\ncategories:\n", `
categories:
  - {id: membership_status, name: {en: Membership}, storage: disk, purposes: [requested_feature]}
  - {id: subscription_record, name: {en: Subscriptions}, storage: disk, purposes: [legal_duty]}
`)
	src = Mutate(t, src, "\nretention:\n", `
retention:
  - {category: membership_status, starts: last_active, limit: P180D, end: destroy, chosen_by: operator}
  - {category: subscription_record, starts: item_written, limit: P60D, end: destroy, chosen_by: operator}
`)
	return append(bytes.TrimRight(src, "\n"), "\nmemberships:\n  - {id: member, name: {en: Member}}\n  - {id: gold, name: {en: Gold member}}\n"...)
}

// OneClick returns the policy of a shipped app, of which the register also names a cookie that signs in
// again.
func OneClick(t testing.TB, app string) *policy.Policy {
	t.Helper()
	src, cookie := Source(t, app), "__Host-remember-"+app
	if !bytes.Contains(src, []byte(cookie)) {
		src = Mutate(t, src, "    - {name: __Host-sid-", "    - {name: "+cookie+", purpose: service_operation, lifetime: P30D, text: {en: signs you in with one click, zh-Hans: 一键登录}}\n    - {name: __Host-sid-")
	}
	return Load(t, src)
}

// Guarding returns the source of Picwiz for an operator who lets minors of 13 to 17 in with a guardian's
// consent. Picwiz as it is shipped asks for no guardian.
func Guarding(t testing.TB) []byte {
	t.Helper()
	src := Mutate(t, Source(t, "picwiz"), "minors: {min_age: 13, below: refuse, ask", "minors: {min_age: 13, below: refuse, guardian_below: 18, ask")
	src = Mutate(t, src, "\n  - {id: age_assertion,", "\n  - {id: guardian_consent, name: {en: Guardian's consent, zh-Hans: 监护人同意}, storage: disk, purposes: [legal_duty], origin: subject, sensitive: true}\n  - {id: age_assertion,")
	src = Mutate(t, src, "\n  - {category: age_assertion,", "\n  - {category: guardian_consent, starts: last_active, limit: P180D, end: destroy, chosen_by: operator}\n  - {category: age_assertion,")
	src = Mutate(t, src, "\n  minors.min_age: policy", "\n  minors.guardian_below: operator\n  minors.min_age: policy")
	src = Mutate(t, src, "is not for people under {min_age}.", "is not for people under {min_age}. Under {guardian_below} a parent or guardian has to agree first.")
	return Mutate(t, src, "不面向未满 {min_age} 岁的人。", "不面向未满 {min_age} 岁的人。未满 {guardian_below} 岁须先经父母或监护人同意。")
}
