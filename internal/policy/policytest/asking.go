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
