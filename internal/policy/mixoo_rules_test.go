package policy_test

// The contradictions that a policy with several recipients, models and ways of travelling can have.

func chainChanges() []change {
	const chain = "    recipient: own_servers\n    effect: portrait_enhance\n"
	return []change{
		{"a declared review that reviews nothing is refused", "mixoo", "  recipient: internal_review # C-MIX-05: first on every screen\n", "", "id: internal_review", "reviews nothing"},
		{"an undeclared internal review is refused", "pixplus", "prompt_review: rules", "prompt_review: rules\n  recipient: internal_review", "recipient: internal_review", "no declared recipient"},
		{"an internal review of another company is refused", "mixoo", "class: local", "class: third_party_ai", "class: third_party_ai", "is no third party"},
		{"a review that reads what its list lacks is refused", "mixoo", "first_frame, last_frame, prompt, negative_prompt]\n    clause: MIX-3-06", "first_frame, prompt, negative_prompt]\n    clause: MIX-3-06", "recipient: internal_review", "reads last_frame"},
		{"a review that makes something is refused", "mixoo", chain, "    recipient: internal_review\n    effect: portrait_enhance\n", "recipient: internal_review", "makes nothing"},
		{"a screen that keeps quiet about the review is refused", "mixoo", "First {reviewer} reads your text. Then {recipient}", "{recipient}", "makes the picture", "does not name the internal review"},
		{"a screen that names the review last is refused", "mixoo", "First {reviewer} reads your text. Then {recipient}", "{recipient} works after {reviewer}", "makes the picture", "before the recipient"},
		{"a slot for a review that nobody names is refused", "pixplus", "en: \"This effect runs on {recipient}", "en: \"{reviewer} reads. This effect runs on {recipient}", "{reviewer}", "slot that nothing fills"},
		{"a model of the own engine is refused", "mixoo", chain, "    recipient: own_servers\n    model: Ours\n    effect: portrait_enhance\n", "recipient: own_servers", "not to the own engine"},
		{"a vendor that calls itself our own host is refused", "mixoo", "class: third_party_ai", "class: own_host", "class: own_host", "somebody else's"},
		{"an own host as another company is refused", "pixplus", "  - id: runninghub", "  - id: own_host", "class: third_party_ai", "is no third party"},
	}
}

func transportChanges() []change {
	const strength = "{field: photo, transport: bytes}, {field: strength"
	return []change{
		{"a link to the own engine is refused", "mixoo", strength, "{field: photo, transport: url}, {field: strength", "field: strength", "own engine reads the photo itself"},
		{"an encoded photo for the own engine is refused", "mixoo", strength, "{field: photo, transport: base64}, {field: strength", "field: strength", "own engine reads the photo itself"},
		{"a text as a link is refused", "mixoo", "{field: prompt, transport: text}", "{field: prompt, transport: url}", "field: prompt, transport: url", "a text cannot travel as url"},
		{"an option as a file is refused", "mixoo", "{field: style, transport: text}", "{field: style, transport: bytes}", "field: style, transport: bytes", "a choice cannot travel as bytes"},
		{"a link that the screen keeps quiet about is refused", "mixoo", `line: {en: "the photo you chose, {how}"`, `line: {en: "the photo you chose"`, "the photo you chose\"", "does not say so"},
		{"a way of travelling of an option is refused", "mixoo", "line: {en: the style you picked,", `line: {en: "the style you picked, {how}",`, "{how}", "slot that nothing fills"},
		{"a negative text for a company whose list lacks it is refused", "mixoo", "recipient: tencent_cloud\n    send: [{field: prompt", "recipient: zhipu\n    send: [{field: prompt", "field: negative_prompt", "not in the list of fields of zhipu"},
		{"two texts of which none says what to make are refused", "mixoo", "  - id: prompt_short # Tencent Cloud takes 256 characters\n    field: prompt\n", "  - id: prompt_short\n    field: caption\n", "id: text_to_image", "none of them is prompt"},
		{"two inputs for one field are refused", "mixoo", "optional: [style_cartoon]", "optional: [style_cartoon, style_sketch]", "id: cartoonize", "are the field style"},
		{"a repeated input is refused", "mixoo", "  - id: style_sketch", "  - id: style_cartoon", "id: style_cartoon", "given twice"},
		{"an option that is no word is refused", "mixoo", `value: "16:9"`, `value: "16 to 9"`, "16 to 9", "does not match pattern"},
		{"a fixed setting whose value is not said is refused", "mixoo", "the target age is {value}", "the target age is {age}", "{age}", "slot that nothing fills"},
	}
}

func faceChanges() []change {
	return []change{
		{"a face feature for a company that faces are not shared with is refused", "mixoo", "shared_with: [alibaba_cloud, tencent_cloud, zhipu,", "shared_with: [alibaba_cloud, zhipu,", "recipient: tencent_cloud", "faces are shared with alibaba_cloud, zhipu"},
		{"a vector as a category is refused", "mixoo", "{id: usage_events,", "{id: face_template,", "id: face_template", "forbidden in every app"},
		{"a vector as a result is refused", "mixoo", "result: face_attributes", "result: face_template", "result: face_template", "no declared result"},
		{"face points as a result are refused", "mixoo", "result: face_attributes", "result: face_landmarks", "result: face_landmarks", "work retention is missing: face_landmarks"},
		{"recognition as a feature is refused", "mixoo", "- id: gender_estimation", "- id: face_recognition", "id: face_recognition", "no feature of the vocabulary"},
		{"a measurement by a feature that measures nothing is refused", "mixoo", "result: generated_image", "result: face_attributes", "result: face_attributes", "is no analysis"},
		{"a mark on a measurement is refused", "mixoo", "label_ai: false", "label_ai: true", "label_ai: true", "no picture to mark"},
		{"a measurement on disk that nobody asked for is refused", "pixplus", "{id: face_alignment_features, name: {en: Face alignment values, zh-Hans: 人脸对齐数值}, storage: memory", "{id: face_attributes, name: {en: Face facts, zh-Hans: 人脸信息}, storage: disk", "id: face_attributes", "may rest on disk"},
		{"a measurement without a clock is refused", "mixoo", "  - {category: face_attributes, starts: result_stored", "  - {category: face_attributes, starts: item_written", "result: face_attributes", "work retention is missing"},
		{"a measurement for analysis of use is refused", "mixoo", "{en: the measurement, zh-Hans: 测量结果}, storage: disk, purposes: [requested_feature]", "{en: the measurement, zh-Hans: 测量结果}, storage: disk, purposes: [usage_analysis]", "id: face_attributes", "may not serve usage_analysis"},
		{"the own engine needs a clock for face points", "mixoo", "  - {category: face_landmarks, starts: task_failed", "  - {category: face_landmarks, starts: unused", "face: true", "no clock for each ending"},
		{"an advertising identifier is refused", "mixoo", "{id: device_info,", "{id: advertising_id,", "id: advertising_id", "declared and forbidden"},
	}
}

func termChanges() []change {
	return []change{
		{"a free plan closes the route", "mixoo", "tier: paid", "tier: free", "tier: free", "free plan"},
		{"a plan that is not recorded closes the route", "mixoo", "      tier: paid # MIX-3-20: a free plan trains on content and lets people read it\n", "", "contract:", "does not say which plan"},
		{"a company's own copy of one feature needs a number or unknown", "mixoo", "provider_retention: {inputs: unknown, outputs: unknown} # the answer", "provider_retention: {inputs: briefly, outputs: unknown} # the answer", "briefly", "no ISO 8601 duration"},
		{"a blank contact of one platform is refused", "mixoo", "email: android@mixoo.example", `email: ""`, "email: \"\"", "blank"},
		{"an unknown platform on the page is refused", "mixoo", "{email android}", "{email web}", "{email web}", "nothing in the file fills"},
	}
}
