package checks

import (
	"vow.example/vow/internal/prove"
	"vow.example/vow/internal/prove/probe"
)

const (
	amazon = "s3" // the simulated bucket of AI Fitting

	notTracked = "nothing tracks this step: "
	noIncident = notTracked + "the product has no register of incidents with plan, notices and dates"
	noRequests = notTracked + "complaints arrive as support threads, which have no due date in working days, no escalation and no note about courts"
)

// The jobs of AI Fitting: all of them are done by the own engine.
func fitAvatar() job { return job{feature: "avatar", photo: "photo"} }
func fitSwap() job   { return job{feature: "face_swap", photo: "photo"} }
func fitFilm() job {
	return job{feature: "video_making", photo: "photo", params: map[string]string{"seconds": "2"}}
}

// fitEvents is what AI Fitting takes beside photos.
func fitEvents() sheet {
	return sheet{path: "/v1/events", platform: "ios", event: "app_open", switches: []string{"analytics"}, more: map[string]any{"app_version": "2.1.0"}}
}

func aifittingProofs() []prove.Proof {
	var all []prove.Proof
	for _, part := range [][]prove.Proof{fitFaces(), fitCollected(), fitStored(), fitShared(), fitProtected(), fitRights(), fitChanged(), fitOperated()} {
		all = append(all, part...)
	}
	return all
}

// fitFaces are articles 0 and 1: facial data.
func fitFaces() []prove.Proof {
	return []prove.Proof{
		says("FIT-0-01", "Updated 2024-02-01, in force since 2024-02-01", "更新于 2024-02-01，自 2024-02-01 起生效", "downloading, installing, activating, browsing and using it", "下载、安装、激活、浏览和使用"),
		proof("FIT-0-02", "Before agreement no data call works and nothing of it is kept; a no ends the account; the shown text marks what touches rights.", both(beforeAgreement(fitEvents()), highlighted)),
		proof("FIT-0-03", "The published policy has twelve articles, facial data first, in both languages.", articles("faces", "collect", "cookies", "storage", "sharing", "protection", "rights", "minors", "changes", "scope", "contact", "operator")),
		proof("FIT-1.1-01", "A face swap runs while no recipient receives anything, and points of a face serve the requested effect alone.", both(fitSwap().nobody, servesOnly("face_landmarks", "requested_feature"))),
		proof("FIT-1.1-02", "After a job, and after a server that was killed in the middle of one, nothing of the face is on disk, in the log or under a key, and the API returns no points.", both(fitSwap().sourceGoneAtOnce, fitSwap().killed, noPoints)),
		proof("FIT-1.1-03", "After a no to the face swap that effect is refused, and works, favourites, settings and templates answer.", declinedAlone),
		proof("FIT-1.2-01", "Two templates give two different pictures of the same face, and the catalogue lists both.", twoTemplates),
		proof("FIT-1.2-02", "The server refuses to be reached over plain HTTP from elsewhere, and a photo that has arrived is in plain form nowhere.", both(httpsOnly, memoryOnly)),
		proof("FIT-1.2-03", "The job ends with a picture that its owner reads, and another person does not find.", ownedResult(fitSwap())),
		proof("FIT-1.2-04", "A work can be read until shortly before thirty days and is gone then, from the list too; a policy without the number is refused.", both(
			fitAvatar().resultGone("P29DT23H", "PT1H"), worksList,
			refuses("works kept without end", "nothing is kept without end", "{category: generated_image, starts: result_stored, limit: P30D,", "{category: generated_image, starts: result_stored, limit: forever,"))),
		proof("FIT-1.2-05", "At the first answer that the task is done the photo is gone; after a task that was stopped or killed too.", both(fitAvatar().sourceGoneAtOnce, job{feature: "video_making", photo: "photo", params: map[string]string{"seconds": "8"}}.canceled, fitAvatar().killed)),
		proof("FIT-1.3-01", "During a job no recipient and no bucket gets anything made of the photo, and a policy that sends it to a company is refused.", both(
			fitSwap().nobody, fitSwap().noSource(amazon),
			refuses("photos for the store", "gets no field", "fields: [] # ciphertext of works under random names; a photo never (C-FIT-03)", "fields: [photo]"),
			refuses("a company behind the face swap", "", "class: local\n    region: US", "class: third_party_ai\n    region: US"))),
		proof("FIT-1.3-02", "While the film is still being made, its photo can no longer be read and is nowhere.", job{feature: "video_making", photo: "photo", params: map[string]string{"seconds": "8"}}.goneBeforeResult),
	}
}

// fitCollected are articles 2 and 3: what is collected, permissions, cookies.
func fitCollected() []prove.Proof {
	refused := []string{"idfa", "android_id", "imei", "device_model", "wifi_info", "network_operator", "installed_apps", "contacts", "gps_location"}
	research := complete("exemption", "academic_research_deidentified")
	return []prove.Proof{
		says("FIT-2-01", "an advertising identifier (IDFA) included", "广告标识符（IDFA）也属于个人信息", "Records of operation that point to nobody are none", "不指向任何人的操作记录不属于个人信息"),
		proof("FIT-2-02", "A cooperating unit is no ground and no recipient; an authority with a document is.", both(complete("disclosure", "criminal_justice", "account").noOther("cooperative_unit", "contract"), noRecipient("cooperative_unit"))),
		says("FIT-2-03", "is your own choice and risk", "由您自行决定并承担风险"),
		proof("FIT-2.1.1-01", "With the camera denied a taken picture is refused, and one of the album, templates and works answer.", opens("camera", "capture", "library")),
		proof("FIT-2.1.2-01", "Stricter than the text: an advertising identifier is refused with the permission too and is nowhere, and no data may be read for advertising.", both(noIdentifier("granted"), serves("account", []string{"auth_security"}, "advertising", "tracking"))),
		proof("FIT-2.1.2-02", "With tracking denied every effect works, and the identifier is refused and nowhere.", both(withoutTracking, noIdentifier("denied"))),
		proof("FIT-2.1.3-01", "With photos denied a picture of the album is refused, and one of the camera is taken.", opens("photos", "library", "capture")),
		proof("FIT-2.1.3-02", "A photo becomes an avatar, and a film that a player recognises.", makesBoth),
		proof("FIT-2.2-01", "Listed events are taken; anything beside them ends the call and is nowhere; there is no door for facts about the device.", both(closedEvents(refused...), noTelemetry)),
		proof("FIT-2.3-01", "A second version gives old data a new purpose: staff may not read a work for it until its owner agreed to the version, and then only works made later.", newPurpose),
		proof("FIT-2.4-01", "Staff read a work for a purpose that it has not only under one of ten codes, with a reason and the agreement of another; a code that is on no list is refused.", both(tenExemptions, research.noOther("convenience", "business_need"), research.needs(422, "ground-required", "reason"))),
		proof("FIT-3-01", "Over a visit with every page that sets one, the cookies are those of the register and no other, out of scripts' reach.", cookies("aifitting", true)),
		proof("FIT-3.1-01", "The token that a device keeps signs in on that kind of device once, and on another kind not at all.", rememberedOnce),
		proof("FIT-3.2-01", "A second start with what the device kept needs no password, and lists the works made before.", oneClick(fitAvatar())),
		proof("FIT-3-02", "What a cookie holds reaches no recipient.", cookieNowhere(fitAvatar())),
	}
}

// fitStored is article 4: where and how long.
func fitStored() []prove.Proof {
	return []prove.Proof{
		proof("FIT-4.1-01", "Works rest in the bucket as ciphertext that says nothing; a policy with a store elsewhere is refused; the policy names the place.", both(
			fitAvatar().inBucketAsCiphertext(amazon),
			refuses("a store in Germany", "outside the pinned storage", "    class: storage\n    region: US\n", "    class: storage\n    region: DE\n"),
			saysOnly("Data is stored in: United States.", "Amazon S3", "Amazon S3"))),
		proof("FIT-4.1-02", "Staff abroad read nothing and nothing is handed to somebody abroad until the person has agreed in writing; then the person sees it. A recipient elsewhere is refused.", both(
			fromAbroad("account", "service_operation"), handOverAbroad,
			refuses("an engine in China", "", "class: local\n    region: US", "class: local\n    region: CN"))),
		proof("FIT-4.2-01", "A closed letter to support is there before thirty days and nowhere after; an option of a task after a day; a policy with something kept forever is refused.", both(
			closedLetterGone("P29DT23H", "PT2H"),
			refuses("usage kept without end", "nothing is kept without end", "{category: usage_events, starts: item_written, limit: P30D,", "{category: usage_events, starts: item_written, limit: forever,"))),
	}
}

// fitShared is article 5: sharing and publishing.
func fitShared() []prove.Proof {
	authority := complete("disclosure", "criminal_justice", "account")
	return []prove.Proof{
		proof("FIT-5.1-01", "A task without consent is refused and nobody receives anything; rows leave for nobody; counts name no small group.", both(fitAvatar().withoutConsent, neverInBulk("service_operation", "account", "generated_image"), smallGroups(fitAvatar()))),
		proof("FIT-5.1.1-01", "After a run no advertising partner exists or received anything; what anybody may get are counts without small groups.", both(fitAvatar().nobody, noRecipient("advertising"), smallGroups(fitAvatar()))),
		proof("FIT-5.1.1-02", "A policy with an advertising partner, or with a purpose of advertising, is refused; nothing may be read for it.", both(
			refuses("an advertising partner", "never receives data", "    class: storage\n", "    class: advertising\n"),
			serves("generated_image", []string{"requested_feature"}, "advertising", "profiling"),
			neverInBulk("advertising", "generated_image"))),
		later("FIT-5.1.1-03", notTracked+"the register of kits is published and keeps kits without a check out of the app, but a review that runs out raises no task"),
		proof("FIT-5.1.1-04", "No call to the bucket carries anything of a device; each of the kit's twelve fields is refused at the door.", both(
			fitAvatar().withoutDevice(amazon), closedEvents("device_model", "device_name", "os_info", "android_id", "imei", "imsi", "iccid", "idfa", "wifi_info", "network_operator", "network_type", "network_status"))),
		proof("FIT-5.1.1-05", "The policy's list of kits names the company and its policy; blank ones are refused.", both(
			kitsNamed, refuses("a kit of nobody", "placeholder for the name of the company", "company: Amazon Web Services, Inc.", "company: TBD"))),
		proof("FIT-5.1.2-01", "When a second version sends one field more, the consent that was given before opens nothing any more.", widened),
		proof("FIT-5.1.2-02", "A policy whose recipient lacks the bound use, equal protection or the review is refused.", both(
			refuses("no bound use", "", "use_limit: true # FIT-5.1.2-01", "use_limit: false"),
			refuses("weaker protection", "", "equal_protection: true # FIT-5.1.2-02", "equal_protection: false"),
			refuses("no review", "", `reviewed: "2026-06-01"`, `reviewed: ""`))),
		later("FIT-5.1.3-01", notTracked+"there is no succession of operators, and no export for a successor"),
		proof("FIT-5.2-01", "A work has no public address: no link can be made, without a credential it is refused, another person does not find it; handing over without a code is refused.", both(unpublished(fitAvatar()), authority.noOther("", "publicity"))),
		proof("FIT-5.3-01", "Six codes open a disclosure, and the others of the ten do not; criminal justice is handed over once two others agreed, with a row for the person.", both(
			sixGrounds, authority.noOther("academic_research_deidentified", "contract", "security_and_stability", "other_law"), authority.needs(422, "ground-required", "document"), authority.handedOver(2))),
	}
}

// fitProtected is article 6: protection and incidents.
func fitProtected() []prove.Proof {
	return []prove.Proof{
		proof("FIT-6-01", "A work is opened by its owner alone: not without a credential, not by others, not by staff outside a case; each reading of staff is shown.", both(ownedResult(fitAvatar()), staffNeedCase(fitAvatar()))),
		proof("FIT-6-02", "Files that are no pictures, and pictures that unpack beyond bounds, are refused by name and leave nothing.", hostileFiles),
		proof("FIT-6-03", "The policy publishes who answers, and a policy file without them is refused.", both(
			contactsNamed("privacy@aifitting.example", "operator@aifitting.example"), refuses("nobody to write to", "", "email: privacy@aifitting.example", `email: ""`))),
		says("FIT-6-04", "The Internet is not fully secure. Keep your password to yourself; our measures cover this app only.", "互联网并非绝对安全。请保管好您的密码；我们的措施仅覆盖本应用。"),
		later("FIT-6-05", noIncident),
		later("FIT-6-06", noIncident),
		later("FIT-6-07", noIncident),
		later("FIT-6-08", noIncident),
	}
}

// fitRights is article 7: rights.
func fitRights() []prove.Proof {
	return []prove.Proof{
		proof("FIT-7.1-01", "A permission that is taken back closes its door at once; permissions and data that nothing explains are refused always.", both(revoked("camera", "capture"), unknownPermissions("phone_info", "installed_apps", "system_settings", "floating_window", "notifications"), closedEvents("installed_apps", "phone_info"))),
		proof("FIT-7.2-01", "The operator's server reports a membership: the settings and the copy show it with the user id until it ends; no other credential and no other level counts.", settingsShow),
		proof("FIT-7.3-01", "A work that its owner deletes is gone at once, from the list and from every disk.", both(fitAvatar().deletedNow, worksList)),
		proof("FIT-7.3-02", "A favourite is listed, and after its deletion it is not, while the work stays.", favourites(fitAvatar())),
		proof("FIT-7.3-03", "The policy promises seven working days; an erasure that is asked for is done at once, and nothing is anywhere.", both(rightWithin("erase", "P7D working"), fitAvatar().erasedAll)),
		proof("FIT-7.3-04", "A backup holds no key. A work and an account erased after it come back in no way when it is put back: no reading, no session, no sign-in, nothing on disk or for a key; what stays is read. A consent withdrawn since opens nothing and is asked anew, a task of then has ended, and nothing of it is sent.", fitAvatar().notInBackup),
		later("FIT-7.4-01", noRequests),
		proof("FIT-7.5-01", "The whole policy is read without a session, and is shown whole before it is agreed to.", wholePolicy),
		proof("FIT-7.6-01", "When the app ends it takes nothing from then on, people are told, and thirty days later nothing is anywhere.", fitAvatar().closes("P30DT1H")),
	}
}

// fitChanged are articles 8 and 9: minors and changes.
func fitChanged() []prove.Proof {
	longer := []string{"{category: generated_image, starts: result_stored, limit: P30D,", "{category: generated_image, starts: result_stored, limit: P60D,"}
	return []prove.Proof{
		proof("FIT-8-01", "Under eighteen nothing works until somebody who knows the guardian's address has agreed at the guardian's own link, and the code is typed.", guarded),
		proof("FIT-8-02", "A minor's own consent opens nothing; with the guardian's it does; staff act for a minor's protection under that one code only.", both(minorAlone(fitAvatar()), complete("override", "protect_minor").noOther("curiosity"))),
		proof("FIT-8-03", "A minor without a guardian's consent is marked, and everything of them is gone at once; a guardian's no does the same.", both(markedMinor, guardianRefuses)),
		later("FIT-8-04", noRequests),
		proof("FIT-9.1-01", "Every version is listed with its hash, can be read, and cannot be written.", immutable),
		proof("FIT-9.1-02", "A version that keeps works twice as long binds whoever agreed; whoever has only seen it loses the work at the old time.", fitAvatar().bindsWhoAgreed(longer[0], longer[1], "P30D", "P30D")),
		proof("FIT-9.2-01", "A version that takes effect at once is refused; an announced one is shown to each person before any other call works.", popup(longer[0], longer[1])),
		proof("FIT-9.2-02", "A version with a new sensitive kind of data does not bind, and its door stays shut, until the person agrees.", newSensitive),
		proof("FIT-9.2-03", "A significant version is announced prominently, with the list of what changes.", classed(map[string][]string{"the address for complaints": {"email: privacy@aifitting.example", "email: help@aifitting.example"}})),
		proof("FIT-9.2-04", "A change of purposes, operator, recipients or contact is significant by itself.", classed(map[string][]string{
			"the address for complaints": {"email: privacy@aifitting.example", "email: help@aifitting.example"},
			"the operators":              {`- name: {en: "Chengdu Yunmi Technology Co., Ltd.", zh-Hans: "Chengdu Yunmi Technology Co., Ltd."}`, `- name: {en: "Another Technology Co., Ltd.", zh-Hans: "Another Technology Co., Ltd."}`},
			"the purposes":               {"purposes: [requested_feature, service_operation], origin: server, clause: FIT-1.2-04}", "purposes: [requested_feature, service_operation, troubleshooting], origin: server, clause: FIT-1.2-04}"},
		})),
	}
}

// fitOperated are articles 10 to 12: scope, contact, operator.
func fitOperated() []prove.Proof {
	return []prove.Proof{
		says("FIT-10-01", "What is offered depends on phone, system and version.", "可用功能取决于手机、系统和版本。"),
		proof("FIT-11-01", "A letter to support opens a thread, and the policy names the address; a blank one is refused.", both(
			letter{path: "/v1/support", text: "text"}.ownWill, saysOnly("privacy@aifitting.example", "AI Fitting customer service", "AI Fitting 客服"),
			refuses("nobody to write to", "", "email: privacy@aifitting.example", `email: ""`))),
		later("FIT-11-02", noRequests),
		says("FIT-11-03", "If it does not satisfy you, you can turn to the regulator or the competent court.", "如不满意，您可以向监管部门投诉或向有管辖权的法院起诉。"),
		proof("FIT-12-01", "People of the joint operator read nothing of a person without a transfer consent, and the policy names the operator.", both(fromAbroad("account", "service_operation"), contactsNamed("Chengdu Yunmi Technology Co., Ltd.", "operator@aifitting.example"))),
		later("FIT-12-02", notTracked+"both addresses are published and must not be blank, but there is no intake of complaints for people without an account"),
		proof("FIT-11-04", "A published version cannot be written, and the policy says that only a new version changes it.", both(immutable, func(p *probe.Probe) {
			p.Says("It changes only by a new version, never by reading it differently.", "只能通过新版本修改，不能通过解释改变。")
		})),
	}
}
