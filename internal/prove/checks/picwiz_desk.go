package checks

import "vow.example/vow/internal/prove"

func picwizSharing() []prove.Proof {
	court := complete("disclosure", "legal_requirement", "account")
	return []prove.Proof{
		proof("WIZ-4-01", "A policy that names a broker or a sale is refused, and selling is no ground of staff.",
			both(refuses("a data broker", "never receives data", "class: storage", "class: data_broker"), court.noOther("sale", "rental", "commercial"),
				refuses("a sale", "sale is used and forbidden", "purposes: [service_operation, troubleshooting, security], origin: automatic", "purposes: [service_operation, sale], origin: automatic"))),
		proof("WIZ-4-02", "What a person connects gets the account after consent to just that, and nothing before; photos, faces and results go nowhere even with consent.", both(withConsent("your_consent", "account"), neverShared("source_photo", "face_landmarks", "generated_image"))),
		proof("WIZ-4-03", "A legal demand needs its document and two other people; the person sees the row, and the order is spent.", both(court.needs(422, "ground-required", "document"), court.handedOver(2))),
		proof("WIZ-4-04", "Counts are shown of groups of ten and more, and of nine nothing; rows leave in no export.",
			both(wizTint().counted(10), neverInBulk("service_operation", "source_photo", "device_info", "account", "anonymous_statistics"), refuses("statistics of single people", "show single ones", "statistics: 10 #", "statistics: 1 #"))),
		proof("WIZ-4.1-01", "The policy names one kit of another company, and no app is given another one.", kitsAre("alibaba_cloud_oss")),
		proof("WIZ-4.1-02", "The bucket holds ciphertext under random names, in calls that store, read and erase and never process.", wizTint().onlyCiphertext),
		proof("WIZ-4.1-03", "No call to the bucket tells of a person, a device or a thing; two photos of one person lie there unrelated.", wizTint().unrelated),
		later("WIZ-4.1-04", "the certificate and its end stand in the policy and its kit links the company's own text, but nothing reminds anybody when it ends"),
	}
}

func picwizSecurity() []prove.Proof {
	return []prove.Proof{
		proof("WIZ-5-01", "A server that people would reach over plain HTTP does not start, nor one whose bucket would be.", both(noPlainHTTP, noPlainBucket)),
		proof("WIZ-5-02", "What lies in the bucket says that it is AES-256-GCM, and nothing is readable without its key; a policy with another cipher is refused.",
			both(wizTint().cipher, wizTint().sealed, refuses("another cipher", "WIZ-5-02", "cipher: AES-256", "cipher: ChaCha20-Poly1305"))),
		proof("WIZ-5-03", "The address that the server saw is kept by its beginning alone, and the facts about the device are gone in thirty days.", both(wizDevice().shortAddress, wizDevice().lasts("P29DT23H", "PT1H"))),
		proof("WIZ-5-04", "Staff read within a case, for a purpose, with a role; each reading is one row that the person sees; the log verifies.", both(staffHaveRoles, onlyInACase("requested_feature", "support", "service_operation"), readOnce, logVerifies)),
		proof("WIZ-5-05", "An audit is recorded with the digest of its report by who may; ninety days later each part is late, for staff and for the operator's health page; a policy whose text promises audits without a number is refused.",
			both(auditsFallDue, logVerifies, saidInBoth("Our security is audited at least once every 90 days (our number; the published text gives none)", "我们至少每 90 天进行一次安全审计（公开文本没有数字，由我们选定）"),
				refuses("audits without a number", "nothing in the file fills {audit every}", "audits: {every: P90D, scope: [access, configuration, dependencies, vulnerabilities], chosen_by: operator, clause: WIZ-5-05} # C-WIZ-14\n", ""),
				refuses("audits every second year", "is not regular", "audits: {every: P90D", "audits: {every: P2Y"))),
		proof("WIZ-5-06", "People are told; a weak password is refused.", both(saidInBoth("No system is wholly secure. Use a strong password that you use nowhere else, and keep it to yourself.", "没有绝对安全的系统。请使用仅用于此处的强密码，并妥善保管。"), closedAccount)),
		later("WIZ-5-07", "no incident with its affected people and a log of delivery; staff can send a security_alert to one person or to all"),
		later("WIZ-5-08", "no switch that freezes uploads, egress or sessions during an incident"),
	}
}

func picwizRights() []prove.Proof {
	tint := wizTint()
	const clock = "{category: device_info, starts: item_written, limit: "
	return []prove.Proof{
		proof("WIZ-6-01", "A person reads everything in a copy, corrects what can be corrected, and erases one thing at once.", both(tint.copied, corrected, tint.deletedNow, rightWithin("access", "P15D working"), rightWithin("correct", "P15D working"))),
		proof("WIZ-6-02", "A permission that is taken back counts with the next call: what comes through it is refused; a consent too; what was before stays on record.", both(cameraOff, tint.consentEnds)),
		proof("WIZ-6-03", "Cancelling an account leaves nothing of it: no session, no login, no letter, no fact about the device, no photo, no result, not in the bucket either; the log still verifies.",
			both(tint.cancelled, rightWithin("erase", "PT24H"), logVerifies)),
		later("WIZ-6-04", "a complaint is a letter to support without a due date of fifteen working days"),
		proof("WIZ-7-01", "Nothing is taken before the age band is said; a child is sent away and leaves nothing.", ageAsked),
		proof("WIZ-7-02", "An officer's mark erases everything of a minor at once, with no clock moved.", markedTooYoung),
		proof("WIZ-8-01", "A material change in less than thirty days is refused; announced, the old terms hold for each person until thirty days after it was shown.", keepsOldTerms(clock+"P30D", clock+"P45D")),
		proof("WIZ-8-02", "Going on after the date is on record as acceptance; it opens no disclosure without consent.", both(goesOn(clock+"P30D", clock+"P45D"), withConsent("your_consent", "account"))),
		proof("WIZ-9-01", "The policy names the address.", saysText("huakehuake@gmail.com")),
		later("WIZ-9-02", "letters to support have no due date and no mark when they are late"),
	}
}
