package checks

import "vow.example/vow/internal/prove"

func pixplusCollection() []prove.Proof {
	device := sheet{path: "/v1/telemetry", platform: "ios", word: "device_model", more: map[string]any{"os_version": "17.1", "app_version": "1.2", "language": "en"}}
	usage := sheet{path: "/v1/events", platform: "ios", event: "page_view", more: map[string]any{"analytics_data": "home"}}
	avatar := pixAvatar()
	return []prove.Proof{
		proof("PIX-0-01", "The policy is served without a session with its date and its hash, says what it covers, and a consent names its version.",
			both(dated("2026-06", "This policy covers the PixPlus mobile app and its services.", "本政策适用于 PixPlus 移动应用及其服务。"), avatar.namesVersion)),
		proof("PIX-1-01", "A photo, a text and options are taken where the feature asks for them; a video or a text where it does not are refused.",
			both(noVideo, avatar.takesOnly("video", "second_photo"), job{feature: "portrait_enhance", photo: "photo"}.takesNoText, pixFilm().reaches)),
		proof("PIX-1-02", "Everything works without an account; an account takes a login and a password and no other field.", both(pixWords().reaches, closedAccount)),
		proof("PIX-1-03", "A letter to support is sealed on disk, in the person's copy, for nobody else, and gone with the account.", both(letter{path: "/v1/support", text: "text"}.ownWill, letterIsOwn)),
		proof("PIX-1-04", "The listed facts about the device are taken; beside one that is not listed nothing is.",
			device.closed("imei", "contacts", "gps", "idfa", "carrier", "android_id")),
		proof("PIX-2-01", "The purposes are these and no other, and nobody reads for another one.",
			both(purposesAre("requested_feature", "safety_review", "fault_recovery", "service_operation", "troubleshooting", "support", "security", "legal_duty"),
				serves("source_photo", []string{"requested_feature", "safety_review", "fault_recovery"}, "support", "security", "service_operation", "advertising"),
				serves("prompt", []string{"requested_feature", "safety_review"}, "support", "troubleshooting", "profiling"),
				serves("usage_events", []string{"service_operation"}, "requested_feature", "support"))),
		later("PIX-2-02", "talking photos are declared and not offered (state planned); the five other features run in PIX-4-03"),
		proof("PIX-2-03", "A policy in which content serves advertising is refused; usage events take no text of a person; RunningHub alone receives content.",
			both(refuses("advertising with photos", "may not serve advertising", "storage: disk, purposes: [requested_feature,", "storage: disk, purposes: [requested_feature, advertising,"),
				refuses("profiling with face points", "may not serve profiling", "storage: memory, purposes: [requested_feature], origin: server", "storage: memory, purposes: [requested_feature, profiling], origin: server"),
				refuses("a text in a report about the device", "is content in a report", "{id: device_model, name:", "{id: prompt, name:"),
				usage.onlyListed("prompt", "text", "face_landmarks"), serves("prompt", []string{"requested_feature"}, "advertising", "profiling", "tracking"), avatar.reaches)),
	}
}

func pixplusFaces() []prove.Proof {
	avatar, own := pixAvatar(), pixOwn()
	points := "{id: face_landmarks, name: {en: Face points, zh-Hans: 人脸特征点}, short: {en: face points, zh-Hans: 人脸特征点}, storage: memory"
	return []prove.Proof{
		proof("PIX-3-01", "An upload with a face starts nothing: no task, no transfer, no fact about a face, and time changes nothing; the task that the person starts does.", avatar.waits),
		proof("PIX-3-02", "Points of a face, known from an app that hands them out, are nowhere on disk or at RunningHub while and after the same photo is worked on; a policy that keeps them on disk is refused.",
			both(own.noPoints, avatar.noPoints, refuses("face points on disk", "may rest on disk", points, points[:len(points)-len("memory")]+"disk"))),
		proof("PIX-3-03", "No feature and no category of recognition can be declared, no route looks for faces, and two people with one face stay strangers.",
			both(refuses("a comparison of faces", "is no feature of the vocabulary", "  - id: avatar\n", "  - id: face_match\n"),
				refuses("a face template", "face_template is forbidden", "{id: face_landmarks, name:", "{id: face_template, name:"), noSearch, own.strangers)),
		proof("PIX-3-04", "Face data is read for the requested feature alone; a policy with another purpose is refused.",
			both(serves("face_landmarks", []string{"requested_feature"}, "support", "security", "advertising", "troubleshooting"),
				refuses("security with face points", "may serve the requested feature only", "storage: memory, purposes: [requested_feature], origin: server", "storage: memory, purposes: [requested_feature, security], origin: server"))),
		proof("PIX-3-05", "The feature that makes pictures from words takes no photo, and a policy that sends one there is refused.",
			both(pixWords().takesOnly("photo"), refuses("a photo for a feature of words", "is no input of the feature", "send: [{field: prompt, transport: text}]", "send: [{field: prompt, transport: text}, {field: photo, transport: bytes}]"))),
		proof("PIX-3-06", "Face swap is not offered, not listed, has no screen and no template, and cannot be declared.",
			both(notOffered("face_swap"), avatar.takesOnly("second_photo", "template"), noTemplates,
				refuses("face swap", "face_swap is declared and forbidden", "  - id: avatar\n", "  - id: face_swap\n"))),
	}
}
