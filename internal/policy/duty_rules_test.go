package policy_test

// The contradictions of what a policy promises beside its features.

func recipientChanges() []change {
	const contract = "    contract: {use_limit: true, no_training: true, equal_protection: true, reference: DPA-7, reviewed: \"2026-05-01\"}\n"
	return []change{
		{"an analytics recipient without a contract is refused", "full", contract, "", "id: firebase", "no contract record"},
		{"an analytics recipient without a link is refused", "full", "    policy_url: https://firebase.google.com/support/privacy\n    policy_name", "    policy_name", "id: firebase", "no link to its own policy"},
		{"an analytics recipient outside the pin is refused", "full", "    class: analytics\n    region: US\n", "    class: analytics\n    region: CN\n", "region: CN", "outside the pinned regions"},
		{"a data broker is refused", "full", "    class: analytics\n", "    class: data_broker\n", "class: data_broker", "never receives data"},
		{"an advertising network is refused", "full", "    class: analytics\n", "    class: ad_network\n", "class: ad_network", "never receives data"},
		{"an advertiser is refused", "full", "    class: analytics\n", "    class: advertising\n", "class: advertising", "never receives data"},
		{"an analytics recipient that runs AI is refused", "full", "    class: analytics\n", "    class: third_party_ai\n", "class: third_party_ai", "measures and makes nothing"},
		{"a feature of a recipient that only measures is refused", "full", "    recipient: own_servers\n    effect: pencil\n", "    recipient: firebase\n", "recipient: firebase", "makes nothing"},
		{"a store outside the pin is refused", "full", "    class: storage\n    region: US\n", "    class: storage\n    region: DE\n", "region: DE", "outside the pinned storage"},
		{"a store without a region is refused", "full", "    class: storage\n    region: US\n", "    class: storage\n", "id: aws_s3", "where aws_s3 stores"},
		{"a store without a certificate is refused", "full", "    certificate: {name: ISO/IEC 27001, reference: C-1, expires: \"2027-05-01\"}\n", "", "id: aws_s3", "has no certificate"},
		{"a certificate without an end is refused", "full", ", expires: \"2027-05-01\"", "", "certificate:", "expires"},
		{"a certificate that ends on no day is refused", "full", "expires: \"2027-05-01\"", "expires: \"2027-02-31\"", "expires: \"2027-02-31\"", "no day of the calendar"},
		{"a store without a contract is refused", "full", "    contract: {use_limit: true, no_training: true, equal_protection: true, reference: DPA-9, reviewed: \"2026-05-01\"}\n", "", "id: aws_s3", "no contract record"},
		{"a contract that never lapses beside one that does is refused", "full", "reference: DPA-7, reviewed: \"2026-05-01\"", "reference: DPA-7, reviewed: \"2026-05-01\", review_by: \"2027-05-01\"", "DPA-8", "never lapses, while others do"},
		{"a contract that lapses on no day is refused", "mixoo", "review_by: \"2030-06-01\" #", "review_by: \"2030-06-31\" #", "2030-06-31", "no day of the calendar"},
		{"a contract that lapses on the day of its review is refused", "mixoo", "review_by: \"2030-06-01\" #", "review_by: \"2026-06-01\" #", "review_by: \"2026-06-01\"", "lapses before it was reviewed"},
		{"a contract that was reviewed on no day is refused", "mixoo", "reviewed: \"2026-06-01\"", "reviewed: \"2026-06-31\"", "2026-06-31", "reviewed on no day"},
		{"a store that gets a field is refused", "full", "    fields: []\n", "    fields: [photo]\n", "fields: [photo]", "gets no field"},
		{"a store of another class is refused", "full", "    class: storage\n", "    class: infrastructure\n", "class: infrastructure", "stores and makes nothing"},
	}
}

func dutyChanges() []change {
	return []change{
		{"a transfer that rests on a contract is refused", "mixoo", "basis: consent, clause: MIX-2.3-01", "basis: contract, clause: MIX-2.3-01", "basis: contract", "MIX-5-01"},
		{"a transfer that rests on an interest is refused", "mixoo", "basis: consent, clause: MIX-2.3-01", "basis: legitimate_interests, clause: MIX-2.3-01", "basis: legitimate_interests", "MIX-5-01"},
		{"a purpose without a basis beside others is refused", "full", "text: {en: answer you}, basis: contract", "text: {en: answer you}", "id: support", "has no legal basis"},
		{"a clock beyond the cap is refused", "full", "most: P366D", "most: P30D", "category: support_message", "longer than the P30D of limits.most"},
		{"a clock of a month beyond a cap of days is refused", "full", "{category: operational_log, starts: item_written, limit: P30D", "{category: operational_log, starts: item_written, limit: P367D", "limit: P367D", "longer than the P366D"},
		{"a cap without an end is refused", "full", "most: P366D", "most: forever", "most: forever", "no limit of clocks"},
		{"a lead shorter than the text says is refused", "full", "lead: P30D, least", "lead: P7D, least", "lead: P7D", "but the text promises P30D"},
		{"no lead where the text promises one is refused", "full", "lead: P30D, least", "lead: immediate, least", "lead: immediate", "but the text promises P30D"},
		{"a missing lead is refused", "full", "lead: P30D, least: P30D, ", "", "notices:", "lead"},
		{"a shortest lead of nothing is refused", "full", "least: P30D", "least: immediate", "least: immediate", "no shortest lead"},
		{"ChaCha is refused", "full", "cipher: AES-256", "cipher: ChaCha20-Poly1305", "cipher: ChaCha20", "WIZ-5-02"},
		{"a weaker cipher is refused", "full", "cipher: AES-256", "cipher: AES-128", "cipher: AES-128", "no cipher that may be pinned"},
		{"a zone that does not exist is refused", "full", "America/New_York", "America/Atlantis", "America/Atlantis", "no time zone"},
		{"the zone of the machine is refused", "full", "America/New_York", "Local", "time_zone: Local", "no time zone"},
		{"a holiday that is no day is refused", "full", "2026-11-26", "2026-11-31", "2026-11-31", "no day of the calendar"},
		{"staff outside the pinned store are refused", "picwiz", "staff: {regions: [US], clause: WIZ-3-01}\ntransfers: law_and_written_consent\n", "staff: {regions: [US, CN], clause: WIZ-3-01}\ntransfers: never\n", "staff: {regions", "people in CN may read"},
		{"a joint operator outside the staff pin is refused", "full", "transfers: consent", "transfers: never", "region: CN", "no transfer consent exists"},
		{"statistics about few people are refused", "full", "statistics: 10", "statistics: 3", "statistics: 3", "show single ones"},
		{"a number that nobody chose is refused", "full", "  notices.lead: policy\n", "", "lead: P30D", "it is not said who chose notices.lead"},
		{"a smallest group that nobody chose is refused", "full", "  statistics: operator\n", "", "statistics: 10", "it is not said who chose statistics"},
		{"a choice of no number is refused", "full", "  notices.lead: policy\n", "  notices.lead: policy\n  notices.led: operator\n", "notices.led", "no number notices.led"},
		{"a choice of a number that stands in a row is refused", "full", "  statistics: operator\n", "  statistics: operator\n  rights.erase: operator\n", "rights.erase", "no number rights.erase"},
		{"a choice of a number that is not given is refused", "full", "statistics: 10\n", "", "  statistics: operator", "no number statistics"},
		{"a number that somebody else chose is refused", "full", "notices.lead: policy", "notices.lead: lawyer", "lawyer", "not one of the permitted values"},
		{"a highlight of a section that is not there is refused", "full", "highlights: [all]", "highlights: [faces]", "highlights: [faces]", "no section faces"},
		{"audits at no time are refused", "full", "every: P90D", "every: regularly", "audits:", "no time between two audits"},
		{"audits every nothing are refused", "full", "every: P90D", "every: P0D", "audits:", "no time between two audits"},
		{"audits every less than nothing are refused", "full", "every: P90D", "every: -P90D", "audits:", "no time between two audits"},
		{"audits at once are refused", "full", "every: P90D", "every: immediate", "audits:", "no time between two audits"},
		{"audits once in two years are refused", "full", "every: P90D", "every: P2Y", "audits:", "is not regular"},
		{"audits without a number are refused", "full", "audits: {every: P90D, ", "audits: {", "audits:", "\"every\" is missing"},
		{"audits of nothing are refused", "full", "scope: [access, configuration, dependencies, vulnerabilities]", "scope: []", "audits:", "minItems: got 0, want 1"},
		{"audits that do not say of what are refused", "full", "scope: [access, configuration, dependencies, vulnerabilities], ", "", "audits:", "\"scope\" is missing"},
		{"audits of the same twice are refused", "full", "scope: [access, configuration", "scope: [access, access", "audits:", "items at 0 and 1 are equal"},
		{"audits of something unknown are refused", "full", "scope: [access", "scope: [everything", "audits:", "\"everything\" is not one of the permitted values"},
		{"audits whose number nobody chose are refused", "full", "dependencies, vulnerabilities], chosen_by: operator}", "dependencies, vulnerabilities]}", "audits:", "\"chosen_by\" is missing"},
		{"audits whose number somebody else chose are refused", "full", "vulnerabilities], chosen_by: operator}", "vulnerabilities], chosen_by: auditor}", "audits:", "\"auditor\" is not one of the permitted values"},
		{"the number of audits under chosen_by is refused", "full", "  statistics: operator\n", "  statistics: operator\n  audits.every: operator\n", "audits.every: operator", "no number audits.every"},
		{"a page that promises audits without a number is refused", "picwiz", "audits: {every: P90D, scope: [access, configuration, dependencies, vulnerabilities], chosen_by: operator, clause: WIZ-5-05} # C-WIZ-14\n", "", "{audit every}", "nothing in the file fills {audit every}"},
		{"sign-in identifiers for analysis are refused", "full", "purposes: [auth_security], sensitive", "purposes: [auth_security, usage_analysis], sensitive", "id: hardware_ids", "serve security alone"},
		{"a right with no number is refused", "full", "deadline: P7D working, starts", "starts", "id: erase", "has no deadline"},
		{"a right whose number nobody chose is refused", "full", "starts: received, chosen_by: operator", "starts: received", "id: erase", "who chose"},
	}
}

func groundChanges() []change {
	return []change{
		{"an open ground is refused", "full", "{id: your_consent, text", "{id: other, text", "id: other", "anything fits behind it"},
		{"an open ground of a refusal is refused", "full", "{id: privacy_of_others, text", "{id: miscellaneous, text", "id: miscellaneous", "anything fits behind it"},
		{"an open ground of a hold is refused", "full", "{id: court_order, text", "{id: deemed_fit, text", "id: deemed_fit", "anything fits behind it"},
		{"a ground that says nothing is refused", "full", "text: {en: to whom you name yourself}", "text: {en: \"...\"}", "text: {en: \"...\"}", "says nothing"},
		{"a ground whose text is to come is refused", "full", "text: {en: to whom you name yourself}", "text: {en: TBD}", "text: {en: TBD}", "says nothing"},
		{"a ground of an unknown category is refused", "full", "categories: [account], needs: [consent]", "categories: [complaint], needs: [consent]", "categories: [complaint]", "not declared as a category"},
		{"two grounds with one name are refused", "full", "{id: your_consent, text", "{id: legal_demand, text", "to whom you name", "given twice"},
		{"abroad without a border is refused", "full", "regions: {storage: [US], recipients: [US]}", "regions: {storage: [], recipients: []}", "abroad: never", "no region is pinned"},
		{"a hold that one person decides is refused", "full", "  approvals: 2\n  most", "  approvals: 1\n  most", "approvals: 1", "one person alone"},
		{"a ground of a hold that one person decides is refused", "full", "needs: [document]}]\n  approvals: 2", "needs: [document], approvals: 1}]\n  approvals: 2", "approvals: 1", "one person alone"},
		{"a hold without a ground is refused", "full", "  grounds: [{id: court_order, text: {en: a court orders it}, needs: [document]}]\n", "  grounds: []\n", "grounds: []", "has no ground"},
		{"an endless hold is refused", "full", "  most: P180D\n", "  most: forever\n", "most: forever", "has no end"},
	}
}

func nameChanges() []change {
	return []change{
		{"a company to be named is refused", "full", "company: Google LLC", "company: TBD", "company: TBD", "placeholder for the name of the company"},
		{"a company in brackets is refused", "full", "company: Google LLC", "company: \"[company]\"", "[company]", "placeholder"},
		{"a company of crosses is refused", "full", "company: Google LLC", "company: Xxx Ltd.", "Xxx Ltd.", "placeholder"},
		{"a recipient to be named is refused", "full", "name: {en: Adjust}", "name: {en: To be confirmed (tbc)}", "(tbc)", "placeholder for the name of the recipient adjust"},
		{"a controller to be named is refused", "full", "  name: {en: Sample}\n", "  name: {en: Your company}\n", "Your company", "placeholder for the name of the controller"},
		{"a vendor to be named is refused", "full", "name: {en: Crash Desk}", "name: {en: \"???\"}", "???", "placeholder for the name of the vendor"},
		{"a link to an example is refused", "full", "policy_url: https://www.adjust.com/terms/privacy-policy/", "policy_url: https://example.com/privacy", "example.com", "leads nowhere"},
		{"a link that is to come is refused", "full", "policy_url: https://www.adjust.com/terms/privacy-policy/", "policy_url: https://xxx.com/privacy", "xxx.com", "leads nowhere"},
		{"a link to this machine is refused", "full", "policy_url: https://www.adjust.com/terms/privacy-policy/", "policy_url: https://localhost/privacy", "localhost", "no full https address"},
	}
}

func inboundChanges() []change {
	const vendor = "category: crash_report, purpose: service_operation, fields: [{id: fault_code, kind: word, max: 64}]}"
	return []change{
		{"a vendor that sends pictures is refused", "full", vendor, "category: generated_image, purpose: requested_feature, fields: [{id: fault_code, kind: word, max: 64}]}", "category: generated_image, purpose", "only the app itself may hand over"},
		{"a vendor without a category is refused", "full", vendor, "purpose: service_operation, fields: [{id: fault_code, kind: word, max: 64}]}", "id: crash_vendor", "has no category"},
		{"a vendor that joins devices is refused", "full", vendor, "category: crash_report, purpose: service_operation, fields: [{id: device_id, kind: digest}]}", "id: device_id", "could join outside data"},
		{"a vendor that sends sentences about faults is refused", "full", vendor, "category: crash_report, purpose: service_operation, fields: [{id: remark, kind: text, max: 64}]}", "id: remark", "takes sentences"},
		{"a vendor that sends an advertising identifier is refused", "full", vendor, "category: crash_report, purpose: service_operation, fields: [{id: idfa, kind: digest}]}", "id: idfa", "advertising identifier"},
	}
}

func stayChanges() []change {
	const photo = "short: {en: your photo, zh-Hans: 您的照片}, storage: disk, "
	return []change{
		{"a photo that leaves for nobody but is sent is refused", "pixplus", photo, photo + "stays: true, ", "recipient: runninghub", "leaves for nobody, but avatar sends it"},
		{"a result that leaves for nobody but is made elsewhere is refused", "mixoo", "id: generated_video, ", "id: generated_video, stays: true, ", "recipient: zhipu", "leaves for nobody"},
		{"a ground that opens what leaves for nobody is refused", "full", "categories: [account], needs: [consent]", "needs: [consent]", "id: your_consent", "leaves for nobody, but the ground your_consent opens it"},
	}
}
