package checks

import (
	"slices"

	"vow.example/vow/internal/prove"
)

const hub = "runninghub"

// The features of PixPlus that checks use most.
func pixAvatar() job {
	return job{feature: "avatar", photo: "photo", prompt: "a friendly portrait", to: hub}
}

func pixWords() job { return job{feature: "image_generation", prompt: "a quiet garden", to: hub} }

func pixFilm() job {
	return job{feature: "image_to_video", photo: "photo", prompt: "slowly turning", to: hub}
}

// pixSent are the features that run at RunningHub.
func pixSent() []job {
	return []job{
		pixAvatar(), pixWords(), pixFilm(),
		{feature: "portrait_enhance", photo: "photo", params: map[string]string{"strength": "light"}, to: hub},
		{feature: "visual_effect", photo: "photo", params: map[string]string{"effect": "cartoon"}, to: hub},
	}
}

func pixOwn() job { return job{feature: "portrait_own", photo: "photo"} }

// pixplusProofs are the proofs of PixPlus, in the order of its register.
func pixplusProofs() []prove.Proof {
	return slices.Concat(pixplusCollection(), pixplusFaces(), pixplusConsent(), pixplusRecipient(), pixplusClocks(), pixplusSafety(), pixplusRights(), pixplusChanges())
}

func pixplusSafety() []prove.Proof {
	avatar, words := pixAvatar(), pixWords()
	return []prove.Proof{
		proof("PIX-8-01", "Prohibited texts in several languages and spellings end before anybody receives anything, with a photo and without; a harmless text is made.",
			both(words.blocked("nude woman on a beach", "n a k e d", "take off her dress", "n4k3d portrait", "脱光她的衣服", "裸体女人"), avatar.blocked("undress her"), words.reaches)),
		proof("PIX-8-02", "A risky text waits for the person with another wording; once that is agreed to, RunningHub receives the new words and never the old ones. A policy with an outside reviewer that it does not name is refused.",
			both(words.rewritten("a woman in a bikini", "她穿着比基尼"), refuses("an outside Qwen that nobody is told of", "it is no declared recipient", "prompt_review: rules # C-PIX-02: an outside Qwen would be a recipient", "prompt_review: external_qwen"))),
		proof("PIX-8-03", "A risky text whose safe wording the person declines ends there, and so does one that no wording makes safe: nothing is sent.", both(words.notReworded("a woman in a bikini"), words.blocked("naked woman, keep her naked"))),
		proof("PIX-8-04", "A drawn thing that is new or was rejected is not published; its author does not judge it; what is handed in again is taken off the list until somebody else approved it. PixPlus, which draws on no such thing, takes none.",
			both(noTemplates, templateStates)),
	}
}

func pixplusRights() []prove.Proof {
	avatar := pixAvatar()
	court := complete("disclosure", "legal_requirement", "generated_image")
	danger := complete("disclosure", "protection_of_rights_and_safety", "generated_image").with("document", nil)
	return []prove.Proof{
		proof("PIX-9-01", "Staff hand something over on one of the three grounds alone, and RunningHub alone receives a task; a policy that routes a feature to somebody unnamed is refused.",
			both(court.noOther("marketing", "partner", "sale"), groundsAre("disclosures", "service_provider", "legal_requirement", "protection_of_rights_and_safety"), avatar.reaches,
				refuses("a recipient that nobody named", "is not declared", "    recipient: runninghub\n    send", "    recipient: qwen\n    send"))),
		proof("PIX-9-02", "A legal demand needs its document and two other people, then yields the named kinds of data once, with a row that the person sees; what has expired is not in it.",
			both(court.needs(422, "ground-required", "document"), court.handedOver(2), avatar.scoped("legal_requirement"))),
		proof("PIX-9-03", "A disclosure for safety needs a written reason and two other people, and the person sees its row.", both(danger.needs(422, "ground-required", "reason"), danger.handedOver(2))),
		proof("PIX-9-04", "A policy that names a data broker is refused, and a sale is no ground.", both(refuses("a data broker", "never receives data", "class: third_party_ai", "class: data_broker"), court.noOther("sale"))),
		proof("PIX-10-01", "What people hand over and get is readable nowhere on disk but through its key; others and staff without a role are refused; a reading by staff is recorded for the person; the log of the server verifies.",
			both(avatar.sealed, avatar.ownersOnly, staffHaveRoles, onlyInACase("fault_recovery", "support", "security"), logVerifies)),
		says("PIX-10-02", "No way of sending or storing data is wholly secure.", "没有任何传输或存储方式是绝对安全的。"),
		proof("PIX-11-01", "Nothing is taken before the age band is said; a child is sent away and leaves nothing; somebody old enough is let in.", ageAsked),
		proof("PIX-11-02", "An officer's mark erases everything of a child at once, with no clock moved; others cannot set it.", markedTooYoung),
		proof("PIX-12-01", "The person's own copy holds the photo's facts, the text, the result, the letter, consents and transfers, and every item that the server lists.", avatar.copied),
		proof("PIX-12-02", "A person corrects what can be corrected, and the copy holds the new value only.", corrected),
		proof("PIX-12-03", "A request for deletion erases everything at once: session, login, letter, text, result.", avatar.erased("/v1/privacy/requests")),
		proof("PIX-12-04", "After a withdrawal the task is refused and RunningHub receives nothing.", avatar.withdrawn),
		proof("PIX-12-05", "The person reads who received which fields, why and until when, and that is what RunningHub has received.", both(avatar.told, pixWords().told)),
		later("PIX-12-06", "letters to support and requests for rights have no queue for staff in which both kinds stand with their due dates"),
		proof("PIX-13-01", "A picture and a film that their owner deletes are gone at once.", both(avatar.deletedNow, pixFilm().deletedNow)),
		proof("PIX-13-02", "A request for deletion is done when it is answered; the published time is thirty days; a policy without a number is refused.",
			both(avatar.erased("/v1/privacy/requests"), rightWithin("erase", "P30D"), groundsAre("refusals", "legal", "security", "operational"),
				refuses("no time for deletion", "the right erase has no deadline", "zh-Hans: 删除全部数据，包括账户}, deadline: P30D,", "zh-Hans: 删除全部数据，包括账户},"))),
	}
}
