package checks

import (
	"slices"
	"strings"

	"vow.example/vow/internal/prove/probe"
)

// work is a feature with everything that its one company may see.
type work struct {
	job
	call  []string // names in the queries and bodies of its requests
	links int      // pictures that the company reads through short-lived links
}

const (
	alibaba = "alibaba_cloud"
	tencent = "tencent_cloud"
	zhipu   = "zhipu"
	volc    = "volcengine"
	gemini  = "gemini"
)

// mixooWorks are the features that go to a company, in the order of section 3.
func mixooWorks() []work {
	face := func(feature, asks string) work {
		return work{job{feature: feature, photo: "photo", to: alibaba}, []string{asks, "ImageURL", "MaxFaceNumber"}, 1}
	}
	fetch := []string{"Expires", "OSSAccessKeyId", "Signature", "JobId"} // of the result
	picture := func(feature string, params map[string]string, call ...string) work {
		return work{job{feature: feature, photo: "photo", params: params, to: alibaba}, append(call, fetch...), 1}
	}
	words := map[string]string{"style": "ink", "resolution": "768:768"}
	count := work{job{feature: "face_detection", photo: "photo", to: alibaba}, []string{"ImageURL", "Landmark", "MaxFaceNumber", "Pose", "Quality"}, 1}
	swap := work{job{feature: "face_swap", photo: "photo", also: "template_photo", to: alibaba}, append([]string{
		"ImageURL", "MergeInfos.1.ImageURL", "MergeInfos.1.TemplateFaceID", "ModelVersion", "TemplateId", "PageNo", "PageSize",
	}, fetch...), 2}
	return append([]work{
		count, face("age_estimation", "Age"), face("gender_estimation", "Gender"), face("quality_score", "Quality"), swap,
		picture("cartoonize", map[string]string{"style": "comic"}, "AlgoType", "ImageURL"),
		picture("colorize", nil, "ImageURL"),
		picture("sketch", map[string]string{"style": "full"}, "ImageURL", "ReturnType"),
		picture("super_resolution", map[string]string{"scale": "2"}, "Url", "UpscaleFactor"),
		{job{feature: "text_to_image", prompt: "a quiet garden", params: words, more: map[string]any{"negative_prompt": "fog"}, to: tencent},
			[]string{"LogoAdd", "NegativePrompt", "Prompt", "Resolution", "RspImgType", "Style"}, 0},
		{job{feature: "age_change", photo: "photo", to: tencent}, []string{"Age", "AgeInfos", "RspImgType", "Url"}, 1},
	}, mixooModels()...)
}

// mixooModels are the features that a named model makes.
func mixooModels() []work {
	banana := func(feature string, params map[string]string) work {
		return work{job{feature: feature, photo: "photo", also: "second_photo", prompt: "put a hat on her", params: params, to: gemini}, []string{
			"aspectRatio", "contents", "fileData", "fileUri", "generationConfig", "imageConfig", "imageSize", "mimeType", "parts", "responseModalities", "role", "store", "text",
		}, 2}
	}
	sharp := map[string]string{"aspect_ratio": "4:3", "resolution": "1K"}
	return []work{
		{job{feature: "image_to_video", photo: "photo", prompt: "slow pan", params: map[string]string{"fps": "30", "duration": "5"}, to: zhipu},
			[]string{"duration", "fps", "image_url", "model", "prompt", "quality", "request_id", "size"}, 0},
		{job{feature: "image_to_video_volc", photo: "photo", prompt: "slow pan", params: map[string]string{"ratio": "1:1"}, to: volc}, []string{
			"callback_url", "content", "duration", "execution_expires_after", "image_url", "model", "ratio", "resolution", "role", "text", "type", "url",
			"watermark", "X-Tos-Expires", "X-Tos-Signature",
		}, 1},
		banana("nano_banana", map[string]string{"aspect_ratio": "4:3"}), banana("nano_banana_pro", sharp), banana("nano_banana_2", sharp),
		{job{feature: "veo_3_1", photo: "first_frame", also: "last_frame", prompt: "slow pan", to: gemini}, []string{
			"alt", "aspectRatio", "bytesBase64Encoded", "durationSeconds", "image", "instances", "lastFrame", "mimeType", "parameters", "prompt", "resolution",
		}, 0},
	}
}

// mixooWork returns the named ones.
func mixooWork(features ...string) []work {
	return slices.DeleteFunc(mixooWorks(), func(w work) bool { return !slices.Contains(features, w.feature) })
}

// perWork runs a check for every work.
func perWork(list []work, check func(work) func(*probe.Probe)) func(*probe.Probe) {
	return func(p *probe.Probe) {
		for _, w := range list {
			if p.OK() {
				check(w)(p)
			}
		}
	}
}

// discloses: the screen names the review and then one company; that company alone receives the task: the
// fields of the screen, under the names of its own call, nothing that tells who asks, and a picture in the
// declared form; the person's list of transfers says the same.
func (w work) discloses(p *probe.Probe) {
	who := p.Person()
	screen := who.Screen(w.feature, "en")
	order := []string{}
	for _, r := range screen.Who {
		order = append(order, r.ID)
	}
	p.Must(slices.Equal(order, []string{"internal_review", w.to}), "the screen of %s names the own review and then %s", w.feature, w.to)
	before, odd := p.Traffic(), len(p.Received(w.to).Violations)
	o, _ := w.order(p, who)
	k := who.Make(o)
	p.Reached(before, w.to)
	p.Within(w.to, before[w.to], linesOf(screen)...)
	got := p.Received(w.to)
	for _, key := range probe.Keys(got, before[w.to]) {
		if !slices.Contains(w.call, key) {
			p.Failf("%s received the member %s, which is not part of the call", w.to, key)
		}
	}
	p.Must(len(got.Violations) == odd, "%s saw no identifier, no header and no metadata that it should not see", w.to)
	w.listed(p, who, k.ID, linesOf(screen))
}

// listed: the ledger has exactly one row of the task, with the company, the fields and the links read.
func (w work) listed(p *probe.Probe, who *probe.Person, task string, fields []string) {
	rows := who.Transfers()
	if len(rows) != 1 {
		p.Failf("one task, and %d transfers", len(rows))
		return
	}
	row := rows[0]
	p.Must(row.Task == task && row.Recipient.ID == w.to && row.Outcome == "sent" && row.Consent != "", "the list of transfers names %s, the task and its consent", w.to)
	for _, f := range row.Fields {
		if !slices.Contains(fields, f) {
			p.Failf("the list of transfers names %s, which the screen does not", f)
		}
	}
	p.Must(len(row.Fetches) == w.links, "%d pictures were read through a link of this server", w.links)
}

// refusesInput: a member that the feature does not list is refused before anything leaves.
func (w work) refusesInput(p *probe.Probe) {
	who, before := p.Person(), p.Traffic()
	mark := probe.Mark("extra")
	for _, extra := range []map[string]any{
		{"user_id": mark}, {"params": map[string]string{"mood": mark}}, {"negative_prompt": mark}, {"prompt": mark, "feature": "colorize"},
		{"params": map[string]string{"style": mark}}, {"inputs": []map[string]string{{"role": "voice", "upload": "upl_none"}}},
	} {
		if _, text := extra["negative_prompt"]; text && w.feature == "text_to_image" {
			continue
		}
		o := probe.Order{Feature: w.feature, Prompt: w.prompt, More: extra}
		o.Consent = who.Decide(w.feature, "granted").ID
		who.Try(o).Is(422, "validation")
	}
	p.Silent(before)
	p.Nowhere("what was refused", []byte(mark))
}

// screened: the screen says what is sent, to whom, why, and asks; its links lead to the company's policy.
func (w work) screened(p *probe.Probe) {
	who := p.Person()
	for _, lang := range []string{"en", "zh-Hans"} {
		s := who.Screen(w.feature, lang)
		ok := len(s.What) > 0 && s.Why != "" && s.AcceptLabel != "" && s.DeclineLabel != "" && last(s.Who).Name != ""
		p.Must(ok, "%s: the screen in %s says what, to whom and why, and asks", w.feature, lang)
		url := last(s.Who).PolicyURL
		linked := false
		for _, l := range s.Links {
			linked = linked || l.URL == url
		}
		p.Must(linked && strings.HasPrefix(url, "https://"), "it links to %s", url)
	}
}
