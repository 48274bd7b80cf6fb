package checks

import "vow.example/vow/internal/prove"

const hub = "runninghub"

func pixplusProofs() []prove.Proof {
	avatar := job{feature: "avatar", photo: "photo", prompt: "a friendly portrait", to: hub}
	words := job{feature: "image_generation", prompt: "a quiet garden", to: hub}
	return []prove.Proof{
		says("PIX-0-01", "Last updated", "最后更新"),
		proof("PIX-4-01", "A task without consent is refused with its screen, and nobody receives anything.", avatar.withoutConsent),
		proof("PIX-4-05", "Saying no erases the upload at once and sends nothing.", avatar.declined),
		proof("PIX-5-01", "RunningHub alone receives a task, with the fields of the screen and nothing of the person or the file's metadata.", both(avatar.reaches, words.reaches)),
		proof("PIX-7-04", "When a picture with a face is done, its source is gone: no clock is moved.", avatar.sourceGoneAtOnce),
		proof("PIX-7-06", "A result can be read for seven days and is gone at their end.", avatar.resultGone("P6DT23H", "PT1H")),
		proof("PIX-7-09", "A result that its owner deletes is gone at once.", avatar.deletedNow),
		proof("PIX-9-04", "A policy that names a data broker is refused.", refuses("a data broker", "", "class: third_party_ai", "class: data_broker")),
		proof("PIX-12-04", "After a withdrawal the task is refused and RunningHub receives nothing.", avatar.withdrawn),
	}
}
