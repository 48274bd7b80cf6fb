package policy_test

// The contradictions of what a policy says beside its features. Each one changes the full policy.

func intakeChanges() []change {
	const device = "    category: device_info\n    purpose: service_operation\n"
	return []change{
		{"an intake without a category is refused", "full", device, "    purpose: service_operation\n", "id: device", "has no category"},
		{"an intake without a purpose is refused", "full", device, "    category: device_info\n", "id: device", "has no declared purpose"},
		{"an intake for a purpose nobody declared is refused", "full", device, "    category: device_info\n    purpose: sale\n", "purpose: sale", "has no declared purpose"},
		{"an intake for a purpose its category lacks is refused", "full", device, "    category: device_info\n    purpose: support\n", "purpose: support", "device_info may not be used for support"},
		{"an intake of an undeclared category is refused", "full", device, "    category: network_info\n    purpose: service_operation\n", "category: network_info", "not declared as a category"},
		{"an intake whose clock starts with a task is refused", "full", "{category: device_info, starts: item_written", "{category: device_info, starts: task_failed", "category: device_info", "no clock of device_info starts"},
		{"an intake of a forbidden category is refused", "full", "categories: [face_template]", "categories: [face_template, device_info]", "    category: device_info", "which is forbidden"},
		{"an intake of a refused category is refused", "full", "{category: precise_location, text", "{category: device_info, text", "category: device_info", "refused as a whole"},
		{"an intake of a place is refused", "full", device, "    category: precise_location\n    purpose: service_operation\n", "category: precise_location", "never accepts"},
		{"an intake of contacts is refused", "full", device, "    category: contacts_calls_sms\n    purpose: service_operation\n", "category: contacts_calls_sms", "never accepts"},
		{"an intake of sensors is refused", "full", device, "    category: sensor_data\n    purpose: service_operation\n", "category: sensor_data", "never accepts"},
		{"an intake of the clipboard is refused", "full", device, "    category: clipboard\n    purpose: service_operation\n", "category: clipboard", "never accepts"},
		{"content in a report is refused", "full", device, "    category: source_photo\n    purpose: requested_feature\n", "category: source_photo", "takes content (source_photo)"},
		{"hardware numbers outside a login are refused", "full", "    kind: login_risk\n", "    kind: telemetry\n", "category: hardware_ids", "outside a login"},
		{"a list of apps outside share targets is refused", "full", "    kind: share_targets\n", "    kind: telemetry\n", "category: installed_apps", "takes a list of apps"},
		{"an intake without fields is refused", "full", "    fields: [{id: words, kind: text, max: 2000, required: true}, {id: reply_to, kind: mail}]\n", "", "id: help", "lists no field"},
		{"events of a report are refused", "full", "    kind: events\n", "    kind: telemetry\n", "    events:", "lists events but is of kind telemetry"},
		{"an intake behind an unknown switch is refused", "full", "    switch: analytics\n", "    switch: statistics\n", "switch: statistics", "used by the intake app_use but not declared"},
		{"a field behind an unknown permission is refused", "full", "permission: camera}", "permission: microphone}", "permission: microphone", "not declared"},
		{"a permission that no platform of the intake has is refused", "full", "platforms: [android], permission: camera}", "platforms: [android], permission: tracking}", "permission: tracking", "exists on no platform"},
		{"a feature with an unknown permission is refused", "full", "permissions: [camera]\n", "permissions: [microphone]\n", "permissions: [microphone]", "used by the feature sketch but not declared"},
		{"a permission that opens contacts is refused", "full", "{id: tracking, name", "{id: contacts, name", "id: contacts", "opens what this server never accepts"},
		{"two intakes with one name are refused", "full", "  - id: faults\n", "  - id: device\n", "- id: device", "device is given twice"},
		{"an unknown kind of intake is refused", "full", "    kind: crash\n", "    kind: background\n", "kind: background", "not one of the permitted values"},
	}
}

func fieldChanges() []change {
	const version = "{id: os_version, name: {en: Version of the system}, kind: version, required: true}"
	return []change{
		{"a field named after a place is refused", "full", version, "{id: latitude, kind: number, least: 0, most: 90}", "id: latitude", "is never accepted"},
		{"an advertising identifier on ios is refused", "full", version, "{id: idfa, kind: digest}", "id: idfa", "advertising identifier on ios"},
		{"an advertising identifier on android outside a login is refused", "full", version, "{id: gaid, kind: digest, platforms: [android]}", "id: gaid", "accepted at a login only"},
		{"an advertising identifier at a login on ios is refused", "full", "platforms: [android]\n    fields: [{id: android_id", "platforms: [ios]\n    fields: [{id: android_id", "id: oaid", "advertising identifier on ios"},
		{"a hardware number in telemetry is refused", "full", version, "{id: imei, kind: digest}", "id: imei", "accepted at a login only"},
		{"a hardware number that is kept as it is is refused", "full", "{id: android_id, kind: digest}", "{id: android_id, kind: word, max: 20}", "id: android_id", "kept as it is"},
		{"a prompt in telemetry is refused", "full", version, "{id: prompt, kind: word, max: 40}", "id: prompt", "is content in a report"},
		{"a chat in an event is refused", "full", "{id: screen, kind: word, max: 40}", "{id: chat_text, kind: word, max: 40}", "id: chat_text", "is content in a report of kind events"},
		{"a voice in a crash report is refused", "full", "fields: [{id: fault_code, kind: word, max: 64}]\n  - id: help", "fields: [{id: voice, kind: word, max: 64}]\n  - id: help", "id: voice", "is content in a report of kind crash"},
		{"a sentence in telemetry is refused", "full", version, "{id: remark, kind: text, max: 40}", "id: remark", "takes sentences in a report"},
		{"an address to write to in an event is refused", "full", "{id: screen, kind: word, max: 40}", "{id: reply_to, kind: mail}", "id: reply_to", "takes sentences in a report"},
		{"a word without a length is refused", "full", "{id: screen, kind: word, max: 40}", "{id: screen, kind: word}", "id: screen", "is not bounded"},
		{"a number without bounds is refused", "full", "least: 0, most: 100", "least: 0", "id: memory_usage", "is not bounded"},
		{"a number without room is refused", "full", "least: 0, most: 100", "least: 100, most: 100", "least: 100", "no number lies between"},
		{"bounds of a word are refused", "full", "{id: build, kind: word, max: 32,", "{id: build, kind: word, max: 32, most: 3,", "id: build", "bound a number"},
		{"a choice without choices is refused", "full", "kind: choice, choices: [wifi, mobile, none]", "kind: choice", "id: network_status", "choices belong to a choice"},
		{"a length of a version is refused", "full", "kind: version, required: true", "kind: version, max: 9, required: true", "max: 9", "has no number of characters"},
		{"a field given twice is refused", "full", "{id: reply_to, kind: mail}", "{id: words, kind: mail}", "id: words", "the field words is given twice"},
		{"a field where its intake is not is refused", "full", "{id: oaid, kind: digest}", "{id: oaid, kind: digest, platforms: [web]}", "platforms: [web]", "where its intake is not"},
		{"a share target that is more than yes or no is refused", "full", "{id: mail_app, kind: flag}", "{id: mail_app, kind: version}", "kind: version", "answered with yes or no"},
		{"a field that is refused and accepted is refused", "full", "fields: [device_name]", "fields: [os_version]", "fields: [os_version]", "refused and accepted by device"},
	}
}

func forwardChanges() []change {
	const firebase = "{recipient: firebase, intakes: [app_use], switch: analytics, fields: [screen, os_version], purpose: usage_analysis}"
	return []change{
		{"a forward to somebody unknown is refused", "full", "{recipient: firebase, intakes", "{recipient: umeng, intakes", "recipient: umeng", "not declared"},
		{"a forward to a company that runs AI is refused", "full", "{recipient: firebase, intakes", "{recipient: own_servers, intakes", "recipient: own_servers", "no analytics or infrastructure recipient"},
		{"a forward without a switch is refused", "full", "intakes: [app_use], switch: analytics", "intakes: [app_use]", "recipient: firebase", "nothing turns the forward"},
		{"a forward behind an unknown switch is refused", "full", "intakes: [app_use], switch: analytics", "intakes: [app_use], switch: ads", "switch: ads", "not declared"},
		{"a forward without a purpose is refused", "full", firebase, "{recipient: firebase, intakes: [app_use], switch: analytics, fields: [screen]}", "recipient: firebase", "has no declared purpose"},
		{"a forward for a purpose its data lacks is refused", "full", firebase, "{recipient: firebase, intakes: [app_use], switch: analytics, fields: [screen], purpose: support}", "intakes: [app_use]", "may not be forwarded for support"},
		{"a forward of an unknown intake is refused", "full", "intakes: [app_use]", "intakes: [clicks]", "intakes: [clicks]", "the intake clicks is not declared"},
		{"a forward of what people write is refused", "full", "intakes: [app_use]", "intakes: [help]", "intakes: [help]", "is forwarded to nobody"},
		{"a forward of sign-in identifiers is refused", "full", "intakes: [app_use]", "intakes: [sign_in]", "intakes: [sign_in]", "is forwarded to nobody"},
		{"a forwarded field that no intake has is refused", "full", "fields: [screen, os_version]", "fields: [screen, country]", "fields: [screen, country]", "no intake of the forward has it"},
		{"a forwarded field that the recipient's list lacks is refused", "full", "intakes: [device], platforms: [android], switch: analytics, fields: [os_version]", "intakes: [device], platforms: [android], switch: analytics, fields: [memory_usage]", "recipient: adjust", "not in the list of fields of adjust"},
		{"a forwarded prompt is refused", "full", "fields: [screen, os_version]", "fields: [prompt]", "fields: [prompt]", "the field prompt is forwarded to nobody"},
		{"Adjust on ios is refused", "full", "intakes: [device], platforms: [android]", "intakes: [device], platforms: [ios]", "platforms: [ios]", "may not be reached from ios"},
		{"Adjust that lists every platform is refused", "full", "    platforms: [android]\n    region: US\n    policy_url: https://www.adjust", "    region: US\n    policy_url: https://www.adjust", "id: adjust", "MIX-1.4-03"},
		{"Adjust that lists ios is refused", "full", "intakes: [device], platforms: [android], ", "intakes: [device], platforms: [ios, android], ", "platforms: [ios, android]", "MIX-1.4-03"},
		{"a forward of what leaves for nobody is refused", "full", "purposes: [usage_analysis], origin", "purposes: [usage_analysis], stays: true, origin", "intakes: [app_use]", "leaves for nobody"},
	}
}

func kitChanges() []change {
	const ours = "    checked: \"2026-05-01\"\n    checked_version: \"12.1\"\n"
	return []change{
		{"a kit that tracks on ios is refused", "full", ours, ours + "    tracking: true\n", "tracking: true", "MIX-1.4-04"},
		{"a kit without platforms is refused", "full", "    platforms: [ios, android]\n    purpose", "    purpose", "id: firebase_kit", "on which platforms"},
		{"an unchecked kit is refused", "full", ours, "", "id: firebase_kit", "is unchecked"},
		{"a checked kit of no version is refused", "full", "    checked_version: \"12.1\"\n", "", "id: firebase_kit", "was checked"},
		{"a kit without a recipient is refused", "full", "    recipient: firebase\n    version", "    version", "id: firebase_kit", "who receives"},
		{"a kit of an unknown recipient is refused", "full", "    recipient: firebase\n    version", "    recipient: umeng\n    version", "recipient: umeng", "not declared"},
		{"a kit for an unknown purpose is refused", "full", "    purpose: usage_analysis\n    fields: [os_version", "    purpose: analytics\n    fields: [os_version", "purpose: analytics", "not declared as a purpose"},
		{"a kit without a link is refused", "full", "    company: Google LLC\n    policy_url: https://firebase.google.com/support/privacy\n", "    company: Google LLC\n", "id: firebase_kit", "policy_url"},
		{"a kit that reads hardware numbers is refused", "full", "fields: [os_version, screen]\n    recipient", "fields: [imei]\n    recipient", "fields: [imei]", "may not handle imei"},
		{"a kit of Adjust on ios is refused", "full", "    recipient: firebase\n    version", "    recipient: adjust\n    version", "platforms: [ios, android]", "may not be reached from ios"},
		{"two kits with one name are refused", "full", "sdks:\n", "sdks:\n  - {id: firebase_kit, name: A, company: B, policy_url: https://b.com/p, text: {en: does it}}\n", "id: firebase_kit", "given twice"},
	}
}
