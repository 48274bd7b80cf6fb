package checks

import (
	"slices"

	"vow.example/vow/internal/prove"
)

const wizBucket = "oss"

// wizFaces are the features of Picwiz that look for a face; wizOthers look at pixels alone.
func wizFaces() []job {
	return []job{
		{feature: "portrait_enhance", photo: "photo", params: map[string]string{"strength": "0.6"}},
		{feature: "hairstyle", photo: "photo", params: map[string]string{"hair": "bob"}},
		{feature: "hair_color", photo: "photo", params: map[string]string{"color": "brown"}},
		{feature: "background_blur", photo: "photo"}, {feature: "portrait_light", photo: "photo"}, wizSwap(), {feature: "portrait_points", photo: "photo"},
	}
}

func wizOthers() []job {
	return []job{
		wizTint(), {feature: "art_style", photo: "photo"}, {feature: "upscale", photo: "photo"}, {feature: "denoise", photo: "photo"}, {feature: "auto_fix", photo: "photo"},
		{feature: "color_transfer", photo: "photo", also: "palette_photo"}, {feature: "portrait_frame", photo: "photo"},
	}
}

func wizSwap() job {
	return job{feature: "face_swap", photo: "photo", params: map[string]string{"template": "knight"}}
}

func wizTint() job {
	return job{feature: "tint", photo: "photo", params: map[string]string{"palette": "sepia"}}
}

func wizDevice() sheet {
	return sheet{path: "/v1/telemetry", platform: "ios", word: "hardware_model", more: map[string]any{"os_version": "17.1", "app_version": "1.2", "system_language": "en"}}
}

// picwizProofs are the proofs of Picwiz, in the order of its register.
func picwizProofs() []prove.Proof {
	return slices.Concat(picwizCollection(), picwizFaces(), picwizPlaces(), picwizSharing(), picwizSecurity(), picwizRights())
}

func picwizCollection() []prove.Proof {
	device := wizDevice()
	return []prove.Proof{
		proof("WIZ-0-01", "Every category says what it is needed for; what no list names is refused at every door, and what is listed is taken.",
			both(needed, device.closed("time_zone", "carrier"), closedAccount, letterTakesOnly("email", "phone"), wizTint().takesOnly("second_photo"))),
		proof("WIZ-0-02", "Photo, letter and result are held under their keys alone; others and staff without a role are refused; the server is not reached over plain HTTP.",
			both(wizTint().sealed, wizTint().ownersOnly, staffHaveRoles, noPlainHTTP)),
		proof("WIZ-1.1-01", "Four facts about the device are taken and the beginning of the address that the server sees; a sixth fact, an identifier or an address of the app's own is refused.",
			both(device.closed("device_id", "timezone", "imei", "idfa", "android_id", "ip_address", "gps"), device.shortAddress)),
		proof("WIZ-1.1-02", "Facts about the device are read to keep the service working, to repair it and to secure it, and for nothing else.",
			serves("device_info", []string{"service_operation", "troubleshooting", "security"}, "requested_feature", "support", "advertising", "profiling")),
		proof("WIZ-1.1-03", "Nobody receives facts about the device; a policy in which they serve advertising or go to an advertiser is refused.",
			both(device.nobody, serves("network_info", []string{"security"}, "advertising", "profiling", "tracking"),
				refuses("advertising with facts about the device", "advertising is used and forbidden", "purposes: [service_operation, troubleshooting, security], origin: automatic", "purposes: [service_operation, advertising], origin: automatic"),
				refuses("an advertiser", "never receives data", "class: storage", "class: advertising"))),
		later("WIZ-1.1-04", "pictures from words are declared and not offered (state planned); processing and download run in WIZ-1.2.3-01"),
	}
}

func picwizFaces() []prove.Proof {
	swap, tint, hair := wizSwap(), wizTint(), wizFaces()[1]
	return []prove.Proof{
		proof("WIZ-1.2.1-01", "Portrait effects and hairstyles need a face in the photo and are made where there is one; the others never look for one, and no fact about a face is kept.",
			both(eachJob(wizFaces(), job.needsFace), eachJob(wizOthers(), job.needsNoFace), eachJob(wizFaces()[:3], job.made))),
		proof("WIZ-1.2.2-01", "Faces are swapped into the drawn template that the person picks; another template gives another picture.", swap.picks("template", "knight", "pirate")),
		proof("WIZ-1.2.2-02", "The photo arrives at the server without what the camera wrote in it: that is nowhere, not in the result either.", tint.stripped),
		proof("WIZ-1.2.2-03", "Points and hair are handed once to their owner alone, with no-store; nobody else gets them, they are on no disk, and unfetched they end in a day.", both(pointsOnce, pointsEnd)),
		proof("WIZ-1.2.2-04", "The drawn materials are served with their pictures and masks, so that a device makes the effect from the points alone; the server makes it too.", both(materials, hair.made)),
		proof("WIZ-1.2.2-05", "Photo, result and what is in the bucket are there for a day and gone at its end: after a success, a failure, unused, and after a crash.",
			both(tint.dayOver("PT23H", "PT1H"), tint.noFaceGone("PT24H"), unusedSource("PT23H", "PT1H"))),
		proof("WIZ-1.2.3-01", "Nobody receives anything of any feature; the bucket gets ciphertext; a policy that would hand a face to a company is refused, and staff hand none over with consent.",
			both(eachJob(wizFaces(), job.nobody), eachJob(wizOthers(), job.nobody), tint.onlyCiphertext, neverShared("source_photo", "face_landmarks", "generated_image"),
				refuses("a company that gets a face", "stores and makes nothing", "    class: storage\n    region: US # C-WIZ-03", "    class: third_party_ai\n    region: US"))),
	}
}

func picwizPlaces() []prove.Proof {
	abroad := complete("disclosure", "legal_requirement", "account").with("abroad", true)
	return []prove.Proof{
		proof("WIZ-1.2.3-02", "A server whose bucket lies outside the United States does not start; with one inside, that is not what it complains of; a policy with a store elsewhere is refused.",
			both(bucketMustBe("oss-us-west-1", "oss-cn-hangzhou", "oss-eu-central-1", "oss-moon-1"), refuses("a store in China", "stores in CN, outside the pinned storage", "    class: storage\n    region: US # C-WIZ-03", "    class: storage\n    region: CN"))),
		proof("WIZ-2-01", "No page and no answer of a whole run sets a cookie or an ETag, loads anything from elsewhere or holds a beacon; a cookie that is sent opens nothing and is nowhere.", wizTint().cookieless),
		proof("WIZ-3-01", "A server whose bucket lies elsewhere does not start, and a backup elsewhere is refused, naming app, promise and pin, before anything is written; inside the United States it is made, without keys.",
			both(bucketMustBe("oss-us-west-1", "oss-cn-hangzhou", "oss-eu-central-1"), backupMustBe("WIZ-3-01", []string{"US", "us-east-1"}, "eu", "DE", "CN", "eu-central-1", "moon-1"))),
		proof("WIZ-3-02", "What goes abroad needs a demand of the law and the person's written consent: with one of the two it is refused, with both the person sees the row; staff abroad read nothing.",
			both(abroad.bothNeeded, nobodyFromAbroad)),
		proof("WIZ-3-03", "Every category has a clock with a number; facts about the device are gone in thirty days, a closed letter too; only a hold on a legal ground keeps something longer.",
			both(clocksFor("prompt", "device_info", "support_message", "account"), wizDevice().lasts("P29DT23H", "PT1H"), letterLasts("P29D", "P1D"), groundsAre("holds", "legal_retention"), held("legal_retention", "P2D"),
				refuses("an account for ever", "would be kept \"forever\"", "limit: P180D, end: destroy, chosen_by: operator, clause: WIZ-3-04", "limit: forever, end: destroy, chosen_by: operator, clause: WIZ-3-04"))),
		proof("WIZ-3-04", "An account lives until its owner cancels it, and then neither session nor login opens anything.", both(wizTint().erased("/v1/me"), idle("P180D"))),
	}
}
