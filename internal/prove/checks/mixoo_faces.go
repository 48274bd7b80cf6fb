package checks

import (
	"encoding/json"
	"slices"
	"strings"

	"vow.example/vow/internal/prove"
	"vow.example/vow/internal/prove/probe"
)

func mixooFaces() []prove.Proof {
	_, _, measure := mixooPlain()
	picture := mixooWork("cartoonize")[0]
	purposes := []string{"requested_feature"}
	others := []string{"improvement", "usage_analysis", "security", "service_operation", "advertising", "profiling", "training"}
	opened := mixooEvent("app_open", "landing_page", nil)
	broker := refuses("a data broker", "data_broker never receives data", "class: third_party_ai", "class: data_broker")
	return []prove.Proof{
		proof("MIX-1.7-01", "Of each company's answer the one measurement of the feature is left: no point, box or vector, though the simulator sends them.", both(
			measures("face_detection", "face_count"), measures("age_estimation", "ages"), measures("gender_estimation", "genders"), measures("quality_score", "quality"))),
		proof("MIX-1.7-02", "A feature that makes a picture asks for no measurement; an age estimate asks for the age alone, once.", both(noMeasuring, oneMeasure)),
		proof("MIX-1.7-03", "Measurements serve the feature that was asked for and no other purpose; events take no fact about a face.", both(
			serves("face_attributes", purposes, others...), opened.closed("face_count", "age_range", "gender", "quality_score"))),
		proof("MIX-1.7-04", "A policy with a feature that recognises or matches faces is refused, no route looks for faces, and the same face in two accounts joins nothing.", both(
			refuses("a feature that matches faces", "is declared and forbidden", "  - id: face_detection\n    title", "  - id: face_match\n    title"),
			notOffered("face_recognition"), noSearch, measure.strangers)),
		proof("MIX-1.7-05", "A policy that shares faces with a company that counts use, a data broker or an advertiser is refused; no company that counts use receives anything of a task.", both(
			refuses("faces for a company that counts use", "faces are shared with google_analytics, which makes nothing", "shared_with: [alibaba_cloud,", "shared_with: [google_analytics, alibaba_cloud,"),
			broker, refuses("an advertiser", "advertising never receives data", "class: analytics", "class: advertising"), measure.discloses)),
		proof("MIX-1.7-06", "A policy that leads a feature with faces to a company outside the list is refused; a task has one transfer, to the company of its screen.", both(
			refuses("a company outside the list", "a face feature is routed to alibaba_cloud", "shared_with: [alibaba_cloud, tencent_cloud,", "shared_with: [tencent_cloud,"),
			measure.discloses, mixooWork("face_swap")[0].discloses)),
		proof("MIX-1.7-07", "A policy that declares a template of a face is refused; a vector in an answer reaches neither the app nor the disk; an app cannot hand one in.", both(
			refuses("a template of a face", "forbidden in every app", "{id: face_landmarks, name", "{id: face_template, name"),
			measures("quality_score", "quality"), opened.closed("face_template", "face_vector"))),
		proof("MIX-1.8-01", "A call that carries an advertising identifier in its body, its address or a header is refused as a whole, on every route tried, and the value is nowhere.", noAdvertisingID),
		proof("MIX-1.8-02", "Data from outside may not carry an identifier of a device; a device has another random name in each app.", both(
			vendor{"firebase", "crash_info"}.declared([]string{"diagnostics"}, "device_id", "analytics_id", "idfv"), ownDeviceNames("aifitting", "pixplus", "kmeng", "picwiz"))),
		proof("MIX-1.8-03", "A policy that names a data broker or an advertiser is refused, none is among the recipients, and a task reaches nobody but its company.", both(
			broker, refuses("an advertiser", "advertising never receives data", "class: analytics", "class: advertising"), noSeller, picture.discloses)),
		proof("MIX-1.8-04", "A policy that gathers an advertising identifier on iOS, or holds a kit that tracks there, is refused; until there is a version that may, every such call is refused.", both(
			refuses("an advertising identifier on iOS", "is an advertising identifier on ios", "{id: device_model, name: {en: device model, zh-Hans: 设备型号}, kind: word, max: 64}", "{id: idfa, name: {en: ad id, zh-Hans: 广告}, kind: word, max: 64}"),
			refuses("a kit that tracks on iOS", "MIX-1.4-04", "    purpose: usage_analysis\n    fields: [app_version, device_model, system", "    tracking: true\n    purpose: usage_analysis\n    fields: [app_version, device_model, system"),
			noAdvertisingID)),
		proof("MIX-2.3-03", "An upload and its review ask for no measurement; one is asked for when the person starts a feature that shows it.", both(restsOnly, noMeasuring, oneMeasure)),
	}
}

// measures: the result of a feature is its one measurement and nothing else, in the answer and on disk.
func measures(feature, member string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		w := mixooWork(feature)[0]
		who := p.Person()
		o, _ := w.order(p, who)
		k := who.Make(o)
		var doc map[string]any
		p.Check(json.Unmarshal(content(who, k), &doc))
		_, there := doc[member]
		p.Must(len(doc) == 1 && there, "the result of %s is %s and nothing else", feature, member)
		who.CopyLacks("points, boxes or vectors of a face", `"Landmark`, `"landmark`, `"Landmarks`, `"FaceRect`, `"Pupils`, `"Embedding`, `"DenseFeature`)
		p.Nowhere("a point, box or vector of an answer", []byte(`"Landmarks"`), []byte(`"FaceRectangles"`), []byte(`"DenseFeatures"`), []byte(`"Pupils"`))
	}
}

// asked returns the names in the requests of one task that reached Alibaba Cloud.
func asked(p *probe.Probe, w work) (names []string, requests int) {
	who, n := p.Person(), p.Traffic()[alibaba]
	o, _ := w.order(p, who)
	who.Make(o)
	got := p.Received(alibaba)
	return probe.Keys(got, n), len(got.Requests) - n
}

// noMeasuring: features that make a picture ask for no measurement.
func noMeasuring(p *probe.Probe) {
	for _, w := range mixooWork("cartoonize", "sketch") {
		names, _ := asked(p, w)
		for _, word := range []string{"Age", "Gender", "Quality", "MaxFaceNumber", "Landmark"} {
			p.Must(!slices.Contains(names, word), "%s asks for no %s", w.feature, strings.ToLower(word))
		}
	}
}

// oneMeasure: an age estimate asks for the age, in one request.
func oneMeasure(p *probe.Probe) {
	names, n := asked(p, mixooWork("age_estimation")[0])
	p.Must(n == 1 && slices.Contains(names, "Age"), "an age estimate asks for the age in one request")
	for _, word := range []string{"Gender", "Quality", "Expression", "Beauty", "Mask", "Hat", "Glass"} {
		p.Must(!slices.Contains(names, word), "it does not ask for %s", strings.ToLower(word))
	}
}

// noAdvertisingID: whatever call carries an advertising identifier is refused whole.
func noAdvertisingID(p *probe.Probe) {
	device := mixooDevice()
	device.platform, device.more = "ios", map[string]any{"app_version": "2.1.0"}
	who, id := device.person(p), probe.Word()
	for _, name := range []string{"idfa", "advertising_id", "IDFA"} {
		d := device.data(probe.Word())
		d[name] = id
		device.give(p, who, d).Is(422, "category-not-allowed")
		who.Get("/v1/features?"+name+"="+id).Is(422, "category-not-allowed")
		who.Send("POST", "/v1/tasks?"+name+"="+id, map[string]any{"feature": "colorize"}).Is(422, "category-not-allowed")
	}
	p.Ask("GET", "/v1/me", nil, "Authorization", "Bearer "+who.Token, "X-IDFA", id).Is(422, "category-not-allowed")
	nested := map[string]any{"platform": "ios", "app_state": "foreground", "data": map[string]any{"app_version": "2.1.0"}, "device": map[string]any{"idfa": id}}
	who.Send("POST", "/v1/telemetry", nested).Is(422)
	p.Nowhere("the identifier", []byte(id))
	p.Must(device.taken(p, who, probe.Word()) == 1, "without it the call is taken")
}
