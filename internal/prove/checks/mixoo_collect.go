package checks

import (
	"vow.example/vow/internal/prove"
	"vow.example/vow/internal/prove/probe"
)

// mixooDevice are the seventeen facts of section 1.1, apart from the address, which the server sees itself,
// and the time.
func mixooDevice() sheet {
	return sheet{path: "/v1/telemetry", platform: "android", switches: []string{"analytics"}, word: "device_model", more: map[string]any{
		"sdk_version": "1.2.3", "api_version": "34", "platform": "android", "app_identifier": "com.mixoo.app", "app_version": "2.1.0", "os_version": "14",
		"language": "en", "time_zone": "Asia/Shanghai", "network_status": "wifi", "screen_resolution": "1080x2400", "memory_usage": 512,
		"storage_usage": 2048, "crash_info": "main.go-17", "diagnostic_info": "E42",
	}}
}

func mixooCrash() sheet {
	return sheet{path: "/v1/crash-reports", switches: []string{"diagnostics"}, word: "crash_info", more: map[string]any{"app_version": "2.1.0"}}
}

// mixooEvent is one event of section 1.2.
func mixooEvent(event, word string, more map[string]any) sheet {
	return sheet{path: "/v1/events", event: event, switches: []string{"analytics"}, word: word, more: more}
}

func mixooCollect() []prove.Proof {
	device, phone := mixooDevice(), mixooDevice()
	phone.platform = "ios"
	phone.more = map[string]any{"app_version": "2.1.0"}
	page := mixooEvent("page_view", "page_sequence", map[string]any{"page_dwell_time": 4, "click_count": 3})
	opened := mixooEvent("app_open", "landing_page", map[string]any{"app_open_count": 3, "country_or_region": "DE", "system_language": "en", "network_status": "wifi"})
	used := mixooEvent("feature_use", "usage_diagnostics", map[string]any{"feature_health": "ok", "request_time": 800})
	permission := mixooEvent("permission_change", "permission_status", nil)
	kitsOf := map[string][]string{"ios": {"firebase", "google_analytics"}, "android": {"adjust", "firebase", "google_analytics", "umeng"}}
	return []prove.Proof{
		proof("MIX-1.1-01", "Telemetry with the listed fields is taken; one field more, of any kind, refuses the whole call, and nothing of it is found.", device.closed("contacts", "imei", "idfa", "gps", "mood")),
		proof("MIX-1.1-02", "Facts about devices can be looked at for faults and for running the service, and for no advertising or profiling; within a case the reading is shown to the person with its purpose.", both(
			serves("device_info", []string{"troubleshooting", "service_operation"}, "advertising", "profiling", "tracking"), telemetryRead)),
		proof("MIX-1.1-03", "On iOS an advertising identifier is refused; a device gets another random name from each app, and the name of one is not taken by the other.", both(
			phone.closed("idfa", "advertising_id"), ownDeviceNames("aifitting", "pixplus", "kmeng", "picwiz"))),
		proof("MIX-1.1-04", "What a device handed over is in the person's own copy and gone with the account.", both(device.belongs, page.belongs)),
		proof("MIX-1.1-05", "While usage statistics are off nothing of the device or its use is kept or passed on; the same with crash reports.", both(device.follows, page.follows, mixooCrash().follows)),
		proof("MIX-1.2-01", "Each listed event is taken; a sentence, a prompt or an event that is not listed is refused and found nowhere.", both(
			page.closed("prompt", "note"), unlistedEvent)),
		proof("MIX-1.2-02", "The further listed facts are taken with a region of two letters; a coordinate is refused and found nowhere.", both(
			opened.closed("latitude", "longitude"), used.closed("prompt"), permission.closed("contacts"), coarseRegion)),
		proof("MIX-1.2-06", "Usage events can be looked at for statistics, running and improving the app, and for nothing else.", serves("usage_events", []string{"usage_analysis", "service_operation", "improvement"}, "profiling", "advertising", "training")),
		proof("MIX-1.2-07", "A policy that names a data broker or an advertiser is refused, and no recipient of the app is one.", both(
			refuses("a data broker", "data_broker never receives data", "class: third_party_ai", "class: data_broker"),
			refuses("an advertiser", "advertising never receives data", "class: analytics", "class: advertising"),
			refuses("the purpose sale", "", "purposes: [improvement], origin: subject", "purposes: [sale], origin: subject"), noSeller)),
		proof("MIX-1.3-01", "Data from a source that the policy does not name, with a wrong signature or with a field more is refused; what is signed and listed is kept with its origin.",
			vendor{"firebase", "crash_info"}.declared([]string{"diagnostics"}, "mood", "source_photo", "device_id")),
		proof("MIX-1.4-01", "The app on each platform is shown exactly the kits of its register, with their data and purposes.", kits(kitsOf)),
		proof("MIX-1.4-02", "A company that counts use, without its terms on record, is refused; so is one contract that never lapses among those that do. Once the day has come by which contracts had to be reviewed anew, a feature says so, its tasks are refused, and neither a task nor an event reaches anybody.", both(
			refuses("no limit of use", "lacks use_limit", "      use_limit: true # MIX-1.4-02", "      use_limit: false"),
			refuses("no equal protection", "lacks equal_protection", "      equal_protection: true # MIX-2.4-02", "      equal_protection: false"),
			refuses("a contract that never lapses", "never lapses, while others do", "      review_by: \"2030-06-01\"\n    clause: MIX-1.4-03", "    clause: MIX-1.4-03"),
			job{feature: "text_to_image", prompt: "a quiet garden", to: tencent}.lapses(opened, "firebase"))),
		proof("MIX-1.4-04", "On iOS an advertising identifier ends every call, and the kits that the app is shown there are those of its register; a policy with a kit that follows people, or that handles such an identifier, is refused with the number of the promise.", both(
			noAdvertisingID, kits(kitsOf),
			refuses("a kit that tracks on iOS", "MIX-1.4-04", "    purpose: usage_analysis\n    fields: [app_version, device_model, system", "    tracking: true\n    purpose: usage_analysis\n    fields: [app_version, device_model, system"),
			refuses("a kit with an advertising identifier", "may not handle idfa", "    fields: [app_version, device_model, system_language, country_or_region]\n", "    fields: [app_version, idfa]\n"))),
		proof("MIX-1.5-01", "Support, feedback and the survey take a letter from somebody who gives no address; it is in the person's own copy and goes with the account; every feature runs without an address.", both(
			letter{"/v1/support", nil, "text"}.ownWill, letter{"/v1/feedback", map[string]any{"stars": 4}, "text"}.ownWill,
			letter{"/v1/surveys/experience", map[string]any{"satisfaction": 4}, "comment"}.ownWill)),
	}
}

// telemetryRead: staff see records of a category within a case, and the person sees that with its purpose.
func telemetryRead(p *probe.Probe) {
	s := mixooDevice()
	who := s.person(p)
	s.taken(p, who, probe.Word())
	in := officer.opens(p, who, "security")
	read := func(purpose string) probe.Answer {
		return p.Send("POST", "/v1/admin/cases/"+in+"/records", map[string]any{"category": "device_info", "purpose": purpose, "reason": "ticket-1"}, "Authorization", "Bearer "+string(officer))
	}
	read("advertising").Is(403, "purpose-not-allowed")
	read("troubleshooting").Is(200).Holds("device_info")
	who.Get("/v1/privacy/access").Is(200).Holds(`"category":"device_info"`, `"purpose":"troubleshooting"`).Lacks("advertising")
}

// ownDeviceNames: a device has another name in every app, and an app does not take the name from another.
func ownDeviceNames(others ...string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		mine := named(p.Person().Send("POST", "/v1/devices", map[string]any{"platform": "ios"}))
		tried := 0
		for _, app := range others {
			a := p.PersonOf(app).Send("PUT", "/v1/devices", map[string]any{"platform": "ios", "id": mine})
			if a.Status/100 != 2 { // that app gives devices no names: nothing could join
				a.Is(422, "category-not-allowed")
				continue
			}
			tried++
			p.Must(named(a) != mine, "%s does not take over the name that this app gave the device", app)
		}
		who := p.Person()
		first, second := named(who.Send("POST", "/v1/devices", map[string]any{"platform": "ios"})), named(p.Person().Send("POST", "/v1/devices", map[string]any{"platform": "ios", "id": mine}))
		p.Must(first != mine && second != mine && first != second, "two people of this app have different names, and one does not get the other's")
		p.Saw("%d other apps give devices names", tried)
	}
}

// unlistedEvent: an event without a schema is refused.
func unlistedEvent(p *probe.Probe) {
	s := mixooEvent("purchase", "page_sequence", nil)
	who := s.person(p)
	mark := probe.Word()
	s.give(p, who, s.data(mark)).Is(422, "field-not-allowed")
	listed := mixooEvent("page_view", "page_sequence", nil)
	listed.give(p, who, map[string]any{"page_sequence": "a whole sentence with " + mark}).Is(422)
	p.Nowhere("what was refused", []byte(mark))
	p.Must(listed.taken(p, who, probe.Word()) == 1, "the listed event is taken")
}

// coarseRegion: of a place a region of two letters is kept and nothing finer.
func coarseRegion(p *probe.Probe) {
	s := mixooEvent("app_open", "landing_page", nil)
	who := s.person(p)
	s.give(p, who, map[string]any{"country_or_region": "52.5200,13.4050"}).Is(422)
	s.give(p, who, map[string]any{"country_or_region": "DE"}).Is(202)
	who.CopyHolds("the region as two letters", `"country_or_region":"DE"`)
	who.CopyLacks("a coordinate", "52.5200", "latitude")
}

// noSeller: nobody who may receive data sells or advertises.
func noSeller(p *probe.Probe) {
	p.Facts("recipients").Is(200).Holds(`"third_party_ai"`, `"analytics"`, `"umeng"`).Lacks(`"data_broker"`, `"advertising"`)
}
