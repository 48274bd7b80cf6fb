package checks

import "vow.example/vow/internal/prove"

func pixplusConsent() []prove.Proof {
	avatar, words := pixAvatar(), pixWords()
	return []prove.Proof{
		proof("PIX-4-01", "A task of any feature without consent is refused with its screen, and nobody receives anything.", eachJob(pixSent(), job.withoutConsent)),
		proof("PIX-4-02", "The screen of each feature says what is sent, who receives it, why and how long it is kept at both places, with both policies; a policy without the recipient's period is refused.",
			both(eachJob(pixSent(), screenSays("24 hours", "7 days here", "up to 15 days", "30 days", "deleted as soon as the result is ready")), avatar.linksTo("/pixplus/policy", "https://www.runninghub.ai/policy"),
				refuses("no period at RunningHub", "it is not said how long runninghub keeps its copy", "    provider_retention: {inputs: unknown, outputs: P15D} # C-PIX-16, PIX-7-07\n", ""))),
		proof("PIX-4-03", "Each feature's screen names who then receives it, and the fields; the feature without sending reaches nobody.", both(eachJob(pixSent(), job.reaches), pixOwn().nobody)),
		proof("PIX-4-04", "The button reads Agree & Continue; a decision that is missing, is another word, or answers another text is no consent.", both(avatar.button("Agree & Continue", "同意并继续"), avatar.noDecision, avatar.staleScreen)),
		proof("PIX-4-05", "Saying no erases the upload at once and sends nothing; stopping before anything was sent does the same.", both(avatar.declined, words.stoppedEarly)),
	}
}

func pixplusRecipient() []prove.Proof {
	avatar, words := pixAvatar(), pixWords()
	return []prove.Proof{
		proof("PIX-5-01", "RunningHub alone receives a task, with the fields of the screen and nothing of the person or the file's metadata.", both(avatar.reaches, words.reaches, avatar.carriesNothingElse)),
		proof("PIX-5-02", "Without the recorded limit of use no route leads to RunningHub: the policy is refused.", refuses("no limit of use", "lacks use_limit", "use_limit: true", "use_limit: false")),
		proof("PIX-5-03", "The policy page and every screen link RunningHub's own policy.", both(saysText("https://www.runninghub.ai/policy"), eachJob(pixSent(), linking("https://www.runninghub.ai/policy")))),
		proof("PIX-5-04", "Without the recorded promise of equal protection no route leads to RunningHub: the policy is refused.", refuses("no equal protection", "lacks equal_protection", "equal_protection: true", "equal_protection: false")),
		proof("PIX-5-05", "A policy that names an advertiser or a broker is refused, and a sale is no ground of staff.",
			both(refuses("an advertiser", "never receives data", "class: third_party_ai", "class: advertising"), refuses("a data broker", "never receives data", "class: third_party_ai", "class: data_broker"),
				complete("disclosure", "legal_requirement", "generated_image").noOther("sale", "advertising"))),
		proof("PIX-6-01", "Agreeing to a generation opens no training: no consent to it exists, no export and no reading for it, and no policy with it loads.",
			both(avatar.noTraining, neverInBulk("training", "source_photo", "prompt", "generated_image", "face_landmarks"), serves("source_photo", []string{"requested_feature"}, "training"),
				refuses("training", "is not one of the permitted values", "training: never", "training: with_consent"), refuses("no term against training", "lacks no_training", "no_training: true", "no_training: false"))),
	}
}

func pixplusClocks() []prove.Proof {
	avatar, words := pixAvatar(), pixWords()
	device := sheet{path: "/v1/telemetry", platform: "ios", word: "device_model"}
	crash := sheet{path: "/v1/crash-reports", platform: "ios", word: "crash_report"}
	return []prove.Proof{
		proof("PIX-7-01", "Every category that the policy lists has a clock with a number; a policy without one is refused.",
			both(clocksFor("source_photo", "face_landmarks", "generated_image", "generated_video", "operational_log"),
				refuses("a category without a clock", "usage_events has no clock", "  - {category: usage_events, starts: item_written, limit: P30D, end: aggregate, chosen_by: operator, clause: PIX-7-11}\n", ""))),
		proof("PIX-7-02", "The photo of a failed task can be used for a day and is gone at its end, also after a crash; so is a photo that was never used; of a successful task it is gone already.",
			both(avatar.failedSource("PT23H", "PT1H"), unusedSource("PT23H", "PT1H"), avatar.sourceGone("PT24H"))),
		proof("PIX-7-03", "The photo of a failed task serves its retry; that of a successful one serves nothing; staff read it in a case for that purpose alone.", both(avatar.retried, avatar.usedOnce, onlyInACase("fault_recovery", "support", "security"))),
		proof("PIX-7-04", "When a picture with a face is done, its source is gone: no clock is moved.", both(avatar.sourceGoneAtOnce, pixOwn().sourceGoneAtOnce)),
		proof("PIX-7-05", "A face leaves no fact behind: after a task nothing of a face is listed, copied or on disk, the same face is worked on anew, and a policy with a template of faces is refused.",
			both(pixOwn().noPoints, pixOwn().faceless, refuses("a face template", "face_template is forbidden", "{id: face_landmarks, name:", "{id: face_template, name:"))),
		proof("PIX-7-06", "A result can be read for seven days and is gone at their end.", avatar.resultGone("P6DT23H", "PT1H")),
		proof("PIX-7-07", "The screen says fifteen days, the ledger names their end, and the person never gets an address of RunningHub.", avatar.heldThere("P15D")),
		proof("PIX-7-08", "A crash report is there shortly before thirty days and nowhere after; a hold on one of the two grounds alone keeps something longer; the server's log holds nothing of a person.",
			both(crash.lasts("P29DT23H", "PT1H"), groundsAre("holds", "legal", "security"), held("legal", "P2D"), words.unlogged)),
		proof("PIX-7-09", "A result that its owner deletes is gone at once.", avatar.deletedNow),
		proof("PIX-7-10", "Account and everything linked to it are gone when the request is answered, long before its thirty days.", both(avatar.erased("/v1/privacy/requests"), rightWithin("erase", "P30D"))),
		proof("PIX-7-11", "Text and options of a task are gone in a day, facts about the device in thirty, a closed letter in thirty, an account that nobody uses in half a year.",
			both(words.promptGone("PT24H"), device.lasts("P29DT23H", "PT1H"), letterLasts("P29D", "P1D"), idle("P180D"), clocksFor("prompt", "generation_params", "source_video", "account", "support_message", "usage_events"))),
	}
}

// pixplusChanges are looked at on servers of their own: they publish versions of the policy.
func pixplusChanges() []prove.Proof {
	const clock = "{category: generated_image, starts: result_stored, limit: "
	return []prove.Proof{
		proof("PIX-14-01", "A material change with the old date is refused; with a later one it is published, and the next start of the app carries its notice.", announcedNow(clock+"P7D", clock+"P14D")),
		proof("PIX-14-02", "After a change of how long something is kept the old consent opens nothing: the task is refused with the new screen; going on is on record.", pixAvatar().asksAgain(clock+"P7D", clock+"P14D", "14 days here", 0, "PT1H")),
		proof("PIX-15-01", "The policy names team, telephone and an address; one that is blanked is refused.",
			both(saysText("+86 19241509232", "support@pixplus.example"), refuses("a blanked address", "obfuscated", "email: support@pixplus.example", "email: \"[email protected]\""))),
	}
}
