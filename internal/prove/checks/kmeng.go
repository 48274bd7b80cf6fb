package checks

import (
	"vow.example/vow/internal/prove"
	"vow.example/vow/internal/prove/probe"
)

// kmePicture is the picture that kmeng makes from words, which nobody else has asked for.
func kmePicture() job {
	return job{feature: "image_generation", prompt: "a lighthouse with the sign " + probe.Mark("light"), to: "own_ai"}
}

// What kmeng's app hands over beside words.
func kmeDevice() sheet {
	return sheet{path: "/v1/telemetry", schema: "device", grants: []string{"network"}, word: "device_model", more: map[string]any{"client_version": "3.1.0", "network_environment": "wifi"}}
}

func kmeLog() sheet {
	return sheet{path: "/v1/telemetry", schema: "log", word: "browser_type", more: map[string]any{"language": "zh-CN", "session_duration": 60}}
}

func kmeUsage() sheet {
	return sheet{path: "/v1/events", event: "page_view", switches: []string{"analytics"}, more: map[string]any{"page": "chat", "seconds": 5}}
}

func kmeCrash() sheet {
	return sheet{path: "/v1/crash-reports", switches: []string{"diagnostics"}, word: "reason", more: map[string]any{"client_version": "3.1.0"}}
}

// kmeComplaint is kmeng's form for rights in works.
func kmeComplaint() complaint {
	return complaint{source: "ip", ground: "ip_complaint", words: "work", contact: "email", more: map[string]any{"text": "I drew it.", "name": "Ann Example"}}
}

func kmengProofs() []prove.Proof {
	var all []prove.Proof
	for _, part := range [][]prove.Proof{kmeEntry(), kmeCollected(), kmeDisclosed(), kmeStored(), kmeAllowed(), kmeKept(), kmeRights(), kmeWorks(), kmeMachine()} {
		all = append(all, part...)
	}
	return all
}

// kmeEntry are the introduction and section A: entry, login and payment security.
func kmeEntry() []prove.Proof {
	return []prove.Proof{
		says("KME-0-01", "Last updated: 2025-03-17", "最后更新：2025-03-17"),
		proof("KME-0-02", "Before agreement no data call works and nothing of it is kept; a no ends the account; after a yes the same calls work.", both(beforeAgreement(kmeLog()), highlighted)),
		proof("KME-0-03", "Facts are taken under a named scenario only: without one, or with a kind of data that is not of it, the call is refused and nothing of it is found.", both(namedScenario, kmeDevice().closed("reason", "page"))),
		proof("KME-A-01", "Identifiers are taken at a login and nowhere else; none is found in plain form, and after thirty days their digests are gone.", loginIdentifiers),
		proof("KME-A-02", "A login from another device asks for more; the digests serve security and nothing else.", both(changedDevice, serves("hardware_ids", []string{"security"}, "advertising", "improvement", "service_operation"))),
		proof("KME-A-03", "A login without identifiers works, and is told that the account's security is reduced.", withoutIdentifiers),
	}
}

// kmeCollected are sections B and C: kits and collection.
func kmeCollected() []prove.Proof {
	return []prove.Proof{
		proof("KME-B-01", "An app on each platform is told of the kits of the policy's list and of no other; today there is none, and a policy that gives a kit chats is refused.", both(kits(map[string][]string{"android": {}, "ios": {}, "web": {}}), kitWithChats)),
		proof("KME-B-02", "A kit without a check of its version is published as pending, and no app is told of it.", uncheckedKit),
		says("KME-B-03", "its own site says what holds", "以其网站说明为准"),
		proof("KME-C-01", "Listed events are taken, others refused; they are in the person's copy, and gone after thirty days.", both(unlistedEvents, usageEnds)),
		proof("KME-C.a-01", "A log takes its own fields; clipboard and SIM end the call and are nowhere; what was taken is there before thirty days and nowhere after.", both(kmeLog().closed("clipboard", "sim_info", "login_account"), kmeLog().lasts("P29DT23H", "PT2H"), kmeCrash().lasts("P29DT23H", "PT2H"))),
		proof("KME-C.b-01", "Device facts need the reported permission; identifiers, Wi-Fi names and lists of software end the call and are nowhere.", both(kmeDevice().needs("network"), kmeDevice().closed("ssid", "wifi_info", "imei", "imsi", "mac", "idfa", "process_and_software_list", "device_settings", "open_udid"))),
		proof("KME-C.b-02", "Places, Bluetooth, base stations, processes and the clipboard end the call and are nowhere.", kmeDevice().closed("gps_location", "wlan_access_points", "bluetooth", "base_station", "running_processes", "clipboard")),
		proof("KME-C.b-03", "Nothing is taken from an app in the background; contacts, calls, calendar, messages and media are refused always, and a photo is no input.", both(notInBackground, kmeDevice().closed("imei", "meid", "iccid", "software_installation_list", "contacts", "call_logs", "calendar", "sms", "phone_number", "photos", "audio_video"), noPhotos)),
		proof("KME-C.b-04", "Motion sensors end the call and are nowhere.", kmeDevice().closed("gyroscope", "gravity", "accelerometer")),
		proof("KME-C-02", "Device facts are refused before the permission was reported, and taken after.", both(neverReported, kmeDevice().needs("network"))),
		proof("KME-C-03", "Stricter than the text: with every permission denied the chat and pictures work.", allDenied),
	}
}

// kmeDisclosed are the grounds of disclosure.
func kmeDisclosed() []prove.Proof {
	demand := complete("disclosure", "legal_demand", "account")
	violation := complete("disclosure", "violation", "account")
	provider := complete("disclosure", "service_provider", "account")
	deal := complete("disclosure", "transaction", "account")
	return []prove.Proof{
		proof("KME-DISC-01", "Nothing is handed over without a ground; what people make leaves under a demand of the law alone; each disclosure stands in the person's ledger.", both(
			violation.noOther(""), violation.opensNot("chat_message", "generated_image", "prompt"), violation.handedOver(1), complete("disclosure", "legal_demand", "chat_message").needs(422, "ground-required", "document"))),
		proof("KME-DISC.A-01", "Ground A needs the person's own consent to this receiver and this kind of data, given before the disclosure.", consentedDisclosure),
		proof("KME-DISC.B-01", "Ground B needs the request, opens no chat and no picture, and no other company is connected.", both(provider.needs(409, "conflict", "request"), provider.opensNot("chat_message", "generated_image", "voice_audio"), ownHostOnly)),
		proof("KME-DISC.C-01", "Ground C needs a document and two others; then what it names is handed over, with a row for the person.", both(demand.needs(422, "ground-required", "document"), demand.handedOver(2))),
		proof("KME-DISC.D-01", "Ground D needs the rule that was broken, and another's agreement; it opens account and review decisions only.", both(violation.needs(422, "ground-required", "rule"), violation.handedOver(1), violation.opensNot("device_info"))),
		proof("KME-DISC.E-01", "Ground E hands one complaint about a right, with its writer's contact, to whoever asked for it on record: the form says so before it is written, nothing else opens it, nothing else is with it, and the writer's ledger has the row.", both(
			kmeComplaint().saidFirst, kmeComplaint().handedOn("consent", "service_provider", "violation", "transaction"), kmeComplaint().notElsewhere("  - {id: noise, kind: complaint, category: complaint, purpose: legal_duty, fields: [{id: text, name: {en: what, zh-Hans: 内容}, kind: text, max: 500}], clause: KME-DISC.E-01}\n", "refused:\n"),
			refuses("a ground for complaints that no form names", "handed to nobody on it", "    passed_on: ip_complaint # C-KME-11\n", ""), refuses("letters to support that are handed on", "is of kind support and handed on", "    kind: support\n", "    kind: support\n    passed_on: ip_complaint\n"), kmeComplaint().ends("P29DT23H", "PT2H"))),
		proof("KME-DISC.F-01", "Ground F needs a recorded performance and a request, and opens contact details only.", both(deal.needs(409, "conflict", "performance", "request"), deal.opensNot("chat_message", "device_info"), deal.handedOver(1))),
		proof("KME-DISC.G-01", "An open ground does not exist: words like other are refused, and a policy that lists one is refused.", both(
			demand.noOther("other", "deemed_fitting", "site_policy"), refuses("an open ground", "anything fits behind it", "  - {id: transaction, text", "  - {id: deemed_fitting, text"))),
	}
}

// kmeStored is where data is.
func kmeStored() []prove.Proof {
	return []prove.Proof{
		proof("KME-STORE-01", "A server that people would reach over plain HTTP does not start.", httpsOnly),
		proof("KME-STORE-02", "What was said lies on the server's own disks, unreadable without a key; a policy with a store of others is refused.", both(ownDisks, refuses("a store of somebody else", "", "    class: own_host", "    class: storage"))),
		proof("KME-STORE-03", "Chats, pictures and voice reach the operator's own server and nobody else; a policy that sends them to another company is refused.", both(
			remembersTurns, kmePicture().reaches, voiceInMemory, refuses("another company behind the chat", "own_ai is no third party", "class: own_host", "class: third_party_ai"))),
		proof("KME-STORE-04", "A photo is refused and nowhere; a recording whose server is killed is nowhere; a policy that stores faces on disk is refused.", both(noPhotos, voiceKilled, refuses("values of faces on disk", "may rest on disk", "  - {category: transcript, starts:", "  - {category: face_landmarks, starts: item_written, limit: P30D, end: destroy, chosen_by: operator, clause: KME-STORE-04}\n  - {category: transcript, starts:", "  - {id: transcript, name:", "  - {id: face_landmarks, name: {en: Faces, zh-Hans: 人脸}, storage: disk, purposes: [requested_feature], origin: server, sensitive: true, clause: KME-STORE-04}\n  - {id: transcript, name:"))),
	}
}

// kmeAllowed are the permissions of the device.
func kmeAllowed() []prove.Proof {
	return []prove.Proof{
		proof("KME-PERM-01", "The policy lists four permissions; another one cannot be reported.", both(fourPermissions, unknownPermissions("contacts", "location", "camera"))),
		proof("KME-PERM-02", "With the microphone denied a recording is refused and the chat by text works.", needsMicrophone),
		proof("KME-PERM-03", "A device says yes or no for a short list of apps and nothing is kept; a longer list is refused; without the permission it is refused.", shareTargets),
		proof("KME-PERM-04", "A conversation has several turns, can be stopped and deleted; words become a picture.", both(remembersTurns, stopped, chatDeleted, kmePicture().reaches)),
		proof("KME-PERM-05", "A made picture is handed to its owner to save; pictures of the library are refused.", both(ownedResult(kmePicture()), noPhotos)),
		proof("KME-PERM-06", "A recording becomes text that is read once, and is nowhere before and after.", both(voiceInMemory, needsMicrophone)),
	}
}

// kmeKept is how long things are kept, and what for.
func kmeKept() []prove.Proof {
	return []prove.Proof{
		proof("KME-RET-01", "A chat, a picture, words and a log are there until shortly before thirty days and gone at them; a policy with a day more is refused.", both(
			chatLasts("P29DT23H", "PT2H"), kmePicture().resultGone("P29DT23H", "PT2H"), kmePicture().promptGone("P30DT1H"), kmeDevice().lasts("P29DT23H", "PT2H"),
			refuses("thirty-one days", "longer than the P30D of limits.most", "{category: usage_events, starts: item_written, limit: P30D,", "{category: usage_events, starts: item_written, limit: P31D,"))),
		proof("KME-RET-02", "Usage and crash facts may serve improvement; chats, pictures and voice may not.", both(serves("usage_events", []string{"improvement"}), serves("crash_report", []string{"improvement"}), serves("chat_message", []string{"requested_feature"}, "improvement", "training"), serves("generated_image", []string{"requested_feature"}, "improvement"))),
		proof("KME-RET-03", "After the time the words are nowhere; what is left of a log of ten people is how many lines they were, of nine people nothing, and who erased an account is in no number.", both(
			kmeCrash().lasts("", "P30DT1H"), smallGroups(kmePicture()), kmeLog().leavesCounts("operational_log"))),
		proof("KME-DEV-01", "A microphone that is taken back closes the transcription with the next call.", needsMicrophone),
	}
}

// kmeRights are the rights.
func kmeRights() []prove.Proof {
	return []prove.Proof{
		proof("KME-RIGHTS-01", "The person's own copy holds the chat, the picture and what the app handed over.", ownCopy),
		proof("KME-RIGHTS-02", "A person corrects what may be corrected.", corrects),
		proof("KME-RIGHTS-03", "An erasure is done when it is answered, and nothing is anywhere.", both(kmePicture().erasedAll, chatDeleted)),
		proof("KME-RIGHTS-04", "While processing is restricted the chat and pictures are refused, and the rights stay.", both(kmePicture().restricted("accuracy_contested", "unlawful", "objection_pending"), restrictedChat)),
		proof("KME-RIGHTS-05", "After an objection to improvement events are dropped and nowhere; without it they are kept.", objected),
		proof("KME-RIGHTS-06", "The copy is an archive whose data fit the published schema's version.", archive),
		later("KME-RIGHTS-07", notTracked+"the address is published and must not be blank, but a request that comes by mail cannot be entered with a due date"),
		proof("KME-RIGHTS-08", "A link dies with the work and with its owner's word, the share stands in the ledger, and the policy says what cannot be called back.", both(kmePicture().shareable, func(p *probe.Probe) {
			p.Says("copied before that, we cannot delete", "已复制的内容，我们无法删除")
		})),
	}
}

// kmeWorks are works, service and liability.
func kmeWorks() []prove.Proof {
	return []prove.Proof{
		proof("KME-IP-01", "A result says that it is the person's, and the policy that the platform holds no right.", both(ownedByMaker, func(p *probe.Probe) {
			p.Says("What you make belongs to you; the platform holds no right in it.", "您生成的内容归您所有，平台不享有权利。")
		})),
		proof("KME-IP-02", "A work is unseen until its owner makes a link, which the owner ends; nobody else can use the work for one of their own.", both(kmePicture().shareable, notReused)),
		says("KME-IP-03", "Whoever uses pictures of other people unlawfully bears the consequences.", "非法使用他人图片者自行承担后果。"),
		proof("KME-SVC-01", "Without a key nothing that was said can be read from any disk, and a stranger's credential finds nothing.", both(ownDisks, ownedResult(kmePicture()))),
		proof("KME-SVC-02", "Usage events may serve improvement, and chats may not; with the switch off nothing is taken.", both(serves("usage_events", []string{"improvement", "service_operation"}, "advertising"), serves("chat_message", []string{"requested_feature"}, "improvement"), kmeUsageFollows)),
		proof("KME-SVC-03", "Stricter than the text: when the app ends it takes nothing from then on, people are told, and after thirty days nothing is anywhere.", both(func(p *probe.Probe) {
			p.Says("The published text lets us change or end the service without notice.", "公开文本允许不经通知变更或终止服务。")
		}, kmePicture().closes("P30DT1H"))),
		says("KME-LIAB-01", "We are not liable for damage from use or from not being able to use kmeng", "对使用或无法使用 kmeng 造成的损失及其后果，我们不承担责任"),
		later("KME-LIAB-02", noIncident+"; tasks do go on after a server was killed, and there is no page that says how the service is"),
	}
}

// kmeMachine are answers of a machine.
func kmeMachine() []prove.Proof {
	return []prove.Proof{
		proof("KME-AI-01", "Every answer and picture says that a machine made it; the picture's file too.", saysMachine(kmePicture())),
		proof("KME-AI-02", "Medical and legal questions in both languages are answered with their notice, and a recipe is not.", both(
			advised("medical", []string{"What dose of ibuprofen helps against fever?", "我发烧头疼应该吃什么药？"}, []string{"Give me a recipe for tomato pasta."}),
			advised("legal", []string{"Can I sue my landlord over this contract?", "我想起诉房东，合同怎么解除？"}, []string{"Give me a recipe for tomato pasta."}))),
		says("KME-AI-03", "nor for what follows from using it", "造成的损失及其后果，我们不承担责任"),
	}
}
