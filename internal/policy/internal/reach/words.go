package reach

import (
	"strings"

	"vow.example/vow/internal/policy/internal/report"
)

// Groups of words that a rule of this package depends on.
const (
	// neverCategories come in nowhere, whatever a published text allows.
	neverCategories = "precise_location contacts_calls_sms sensor_data clipboard background_media face_template ad_profile_tags"
	// riskCategories come in at a login only, as keyed digests.
	riskCategories = "hardware_ids advertising_id"
	// neverFields name the same things where a category is called something harmless.
	neverFields = "latitude longitude lat lon lng gps gps_location location precise_location coordinates wlan_access_points wifi_access_points " +
		"ssid bssid wifi_info bluetooth base_station base_stations cell_id contacts address_book call_log call_logs calendar sms " +
		"phone_number sim_info clipboard gyroscope gravity accelerometer process_list running_processes " +
		"process_and_software_list software_installation_list installed_apps app_list photos audio_video"
	// adFields and hardwareFields follow a device through every app on it.
	adFields       = "advertising_id ad_id idfa gaid aaid adid oaid"
	hardwareFields = "imei imsi iccid meid mac mac_address android_id serial serial_number device_serial_number sn suci supi udid open_udid device_unique_id"
	// contentFields are what a person hands over, by the names that it would have in a report.
	contentFields = "photo image picture video prompt negative_prompt chat message messages chat_message voice audio recording " +
		"face faces face_points landmarks face_id faceprint"
	// contentOwners and contentParts make further names of content: prompt_text, photo_url.
	contentOwners = "prompt chat photo image video voice audio face"
	contentParts  = "text body content data bytes base64 url points features message file"
	// joinFields are what outside data could be joined by.
	joinFields = "device_id device_identifier device_identifiers uuid idfv app_instance_id installation_id firebase_installation_id fingerprint"
	// neverPermissions open what is never accepted.
	neverPermissions = "contacts location precise_location fine_location background_location sms call_log calendar sensors bluetooth clipboard " +
		"phone_state phone accessibility background_camera background_microphone motion"
	// measuring kinds take what a machine sees, writing kinds what a person says.
	measuring = "telemetry events crash login_risk share_targets"
	writing   = "support feedback survey complaint"
	// notIOS are recipients that no app on iOS may reach (MIX-1.4-03).
	notIOS = "adjust umeng"
	// forwardClasses may receive what an intake took.
	forwardClasses = "analytics infrastructure"
	// letterFields are what whoever carries messages gets, and deviceNames the category of its addresses.
	letterFields = "address message"
	deviceNames  = "device_identifiers"
	// itemEvents start the clock of something that no task touches.
	itemEvents = "item_written last_active request_done case_closed"
)

const (
	ios       = "ios"
	apps      = "installed_apps"
	targets   = "share_targets"
	loginRisk = "login_risk"
)

// isContentField reports whether a name is one of content, or of a part of it, such as prompt_text.
func isContentField(id string) bool {
	of, part, _ := strings.Cut(id, "_")
	return report.Is(contentFields, id) || report.Is(contentOwners, of) && report.Is(contentParts, part)
}

// reaches reports whether a list of platforms holds one; an empty list holds all.
func reaches(list []string, platform string) bool {
	if len(list) == 0 {
		return true
	}
	for _, p := range list {
		if p == platform {
			return true
		}
	}
	return false
}

// outside returns the first platform of the one list that the other one lacks, or "".
func outside(list, of []string) string {
	for _, p := range []string{ios, "android", "web"} {
		if reaches(list, p) && !reaches(of, p) {
			return p
		}
	}
	return ""
}
