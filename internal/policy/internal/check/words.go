package check

import (
	"fmt"
	"strings"

	"vow.example/vow/internal/policy/internal/report"
	"vow.example/vow/internal/policy/internal/source"
)

// The controlled words of the register. A policy cannot invent a category, a recipient or a
// feature: each word has one meaning in all apps.
const (
	categoryWords = "source_photo source_video prompt negative_prompt generation_params task_metadata face_image " +
		"face_attributes face_landmarks face_alignment_features face_template hair_mask generated_image " +
		"generated_video generated_text account credentials membership_status subscription_record transaction favorite " +
		"contact_details push_token device_info device_identifiers hardware_ids advertising_id analytics_ids " +
		"network_info approximate_region precise_location sensor_data installed_apps clipboard " +
		"contacts_calls_sms background_media permission_status usage_events anonymous_statistics " +
		"ad_profile_tags cookie crash_report operational_log security_signals support_message " +
		"questionnaire_answer complaint rights_request voice_audio chat_message transcript template consent_record " +
		"guardian_consent age_assertion disclosure_record moderation_record incident_record audit_entry " +
		"policy_version legal_hold backup_copy"
	recipientWords = "alibaba_cloud tencent_cloud zhipu volcengine gemini runninghub qwen any_ai_provider " +
		"internal_review object_storage alibaba_cloud_oss aws_s3 own_servers affiliate analytics " +
		"google_analytics firebase adjust umeng infrastructure notification_gateway sdk_vendor service_provider advertising " +
		"data_broker cooperative_unit third_party authority regulator safety_recipient ip_respondent " +
		"transaction_counterparty joint_operator_cn successor other_controller user_authorised_integration " +
		"public any any_outside_region " + ownWords
	featureWords = "any_ai ai_generation ai_edit face_effect face_analysis face_detection age_estimation " +
		"gender_estimation quality_score media_analysis face_swap cartoonize colorize sketch super_resolution " +
		"age_change text_to_image image_generation image_to_video nano_banana nano_banana_2 nano_banana_pro " +
		"veo_3_1 portrait_enhance portrait_effect stylize fantasy_transform avatar talking_photo visual_effect " +
		"hairstyle image_processing video_making template_catalog capture import save export download share " +
		"community ai_chat speech_to_text my_work favorites membership settings customer_service " +
		"one_click_login login payment notifications image_to_video_volc " + effectWords
	purposeWords = "requested_feature safety_review fault_recovery service_operation troubleshooting support " +
		"security auth_security convenience usage_analysis recognise_user legal_duty improvement advertising " +
		"profiling tracking training analytics sale"
)

// effectWords name one effect each where the register says portrait_effect or image_processing: a
// consent is for one of them.
const effectWords = "portrait_points portrait_own background_blur portrait_light hair_color portrait_frame art_style " +
	"tint color_transfer upscale denoise auto_fix stylize_video"

// Groups of words that a rule depends on.
const (
	// contentWords are what a person hands over and what is made of it, face data included.
	contentWords = report.Content
	// derivedFaceWords are computed from a face: memory only, and for the requested feature only.
	derivedFaceWords = "face_attributes face_landmarks face_alignment_features"
	// tradeWords are recipients that buy, trade or publish personal data; no route may lead there.
	tradeWords = "advertising data_broker third_party public any any_ai_provider any_outside_region"
	// unrelatedWords are purposes that are never valid for content.
	unrelatedWords = "advertising profiling tracking training analytics sale usage_analysis recognise_user improvement"
	// insideWords are recipients inside this process, ownWords machines of the operator's own, and
	// vendorWords those that never are ours.
	insideWords = "own_servers internal_review"
	ownWords    = "own_host own_comfyui own_ai"
	vendorWords = "alibaba_cloud tencent_cloud zhipu volcengine gemini runninghub qwen"
	// fallenClasses are classes of recipients that no policy may have.
	fallenClasses = "data_broker advertising ad_network ad_partner sale public"
	// analystWords and storeWords are recipients that have one class and no other.
	analystWords = "analytics google_analytics firebase adjust umeng"
	storeWords   = "object_storage alibaba_cloud_oss aws_s3"
	// readerClasses receive what is forwarded or stored, and make no result.
	readerClasses = "analytics infrastructure storage"
	// tieredWords are recipients with a free plan that breaks the promises; the record must say paid.
	tieredWords = "gemini"
	// neverWords are features that no app has; a policy can only forbid them.
	neverWords = "face_recognition face_search face_match"
	// analysisWords are the features whose result is a measurement of a face (MIX-1.7-02).
	analysisWords = "face_detection age_estimation gender_estimation quality_score"
	// resultWords are what a feature can make.
	resultWords = "generated_image generated_video face_attributes face_landmarks " + textResults
	// textResults are results that are words.
	textResults = "generated_text chat_message transcript"
	// recordWords are what the server itself writes for every app.
	recordWords = "task_metadata account operational_log moderation_record consent_record disclosure_record audit_entry"
)

const (
	own            = "own_servers"
	ownHost        = "own_host"
	reviewer       = "internal_review"
	facePoints     = "face_landmarks"
	faceFacts      = "face_attributes"
	externalModel  = "external_qwen"
	pointsOfEngine = "own_engine"
	noPoints       = "none"
)

func isWord(words, w string) bool { return report.Is(words, w) }

// word refuses a word that the register does not know.
func (c *checker) word(kind, words, w string, steps ...any) {
	if isWord(words, w) {
		return
	}
	fix := "use a word of the register's vocabulary"
	if near := source.Nearest(w, strings.Fields(words)); near != "" {
		fix = fmt.Sprintf("did you mean %q?", near)
	}
	c.refuse(fmt.Sprintf("%q is no %s of the vocabulary", w, kind), fix, steps...)
}

func (c *checker) vocabulary() {
	for i, x := range c.doc.Categories {
		c.word("category", categoryWords, x.ID, "categories", i, "id")
	}
	for i, x := range c.doc.Recipients {
		c.word("recipient", recipientWords, x.ID, "recipients", i, "id")
	}
	for i, x := range c.doc.Features {
		c.word("feature", featureWords, x.ID, "features", i, "id")
	}
	for i, x := range c.doc.Purposes {
		c.word("purpose", purposeWords, x.ID, "purposes", i, "id")
	}
	for i, x := range c.doc.Refused {
		c.word("category", categoryWords, x.Category, "refused", i, "category")
	}
	for i, x := range c.doc.Forbidden.Features {
		c.word("feature", featureWords+" "+neverWords, x, "forbidden", "features", i)
	}
	for i, x := range c.doc.Forbidden.Categories {
		c.word("category", categoryWords, x, "forbidden", "categories", i)
	}
	for i, x := range c.doc.Forbidden.Purposes {
		c.word("purpose", purposeWords, x, "forbidden", "purposes", i)
	}
}
