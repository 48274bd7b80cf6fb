package web

import (
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"time"

	"vow.example/vow/apps"
	"vow.example/vow/client"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
)

const mixooToken = "tok_mixoo"

// policyOf compiles the policy of an app as it is shipped.
func policyOf(t *testing.T, app string) *policy.Policy {
	t.Helper()
	src, err := fs.ReadFile(apps.FS, app+"/policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Load(app, src)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// mixoo serves an app with many recipients: features and screens of its real policy, and tasks
// and results of every kind. Other paths are those of the plain fake.
type mixoo struct {
	*fakeAPI
	policy *policy.Policy
}

func newMixoo(t *testing.T) (http.Handler, *mixoo) {
	t.Helper()
	m := &mixoo{policy: policyOf(t, "mixoo")}
	site, plain := newSite(t, func(o *Options) { m.fakeAPI, o.API = o.API.(*fakeAPI), m })
	m.fakeAPI = plain
	return site, m
}

// inMixoo has a session with Mixoo.
func inMixoo(t *testing.T, site http.Handler) *browser {
	t.Helper()
	b := newBrowser(t, site)
	b.cookies["sid-mixoo"] = mixooToken
	return b
}

func (m *mixoo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	bearer := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if r.URL.Path == "/v1/apps" {
		list := cannedReads(false)["GET /v1/apps"].(client.Page[client.App])
		list.Data = append(list.Data, client.App{ID: "mixoo", Name: "Mixoo", PolicyVersion: "mixoo/v1", MinAge: 13, AppKey: "pk_test_mixoo", Demo: true})
		reply(w, 200, list)
		return
	}
	if bearer != mixooToken && bearer != "pk_test_mixoo" {
		m.fakeAPI.ServeHTTP(w, r)
		return
	}
	key, lang := r.Method+" "+r.URL.Path, privacy.Lang("en")
	if strings.Contains(r.URL.Query().Get("lang")+r.Header.Get("Accept-Language"), "zh") {
		lang = "zh-Hans"
	}
	if content, ok := strings.CutSuffix(key, "/content"); ok && !strings.HasSuffix(content, "out_picture") {
		m.content(w, content)
		return
	}
	answers := m.answers(lang)
	v, ok := answers[key]
	if !ok {
		r.Header.Set("Authorization", "Bearer "+fakeToken)
		m.fakeAPI.ServeHTTP(w, r)
		return
	}
	reply(w, 200, v)
}

func (m *mixoo) content(w http.ResponseWriter, key string) {
	two := 2
	switch {
	case strings.HasSuffix(key, "out_seen"):
		reply(w, 200, client.Attributes{FaceCount: &two, Ages: []string{"20-29", "60-69"}, Genders: []string{"female", "male"}, Quality: []int{81, 34}})
	case strings.HasSuffix(key, "out_empty"):
		reply(w, 200, client.Attributes{FaceCount: new(int)})
	case strings.HasSuffix(key, "out_words"):
		w.Header().Set("Content-Type", "text/plain")
		_, _ = w.Write([]byte("A cup of coffee\non a <b>table</b>."))
	default:
		w.Header().Set("Content-Type", "video/mp4")
	}
}

func (m *mixoo) ref(id privacy.RecipientID, lang privacy.Lang) client.RecipientRef {
	r, _ := m.policy.Recipient(id)
	return client.RecipientRef{ID: string(id), Name: r.Name.In(lang), Kind: string(r.Class), Region: r.Region, PolicyURL: r.PolicyURL}
}

// feature is what the API says about a feature. Volcengine is paused.
func (m *mixoo) feature(f policy.Feature, lang privacy.Lang) client.Feature {
	out := client.Feature{ID: string(f.ID), App: "mixoo", Title: f.Title.In(lang), Summary: f.Summary.In(lang), State: "live", Available: true, Makes: f.ResultKind(),
		Model: f.Model, Recipient: m.ref(f.Recipient, lang), Consent: "each_time", MinAge: 13}
	if f.Recipient == "volcengine" {
		out.Available, out.Reason, out.ReasonText = false, "paused", pick(lang != "en", "The operator has paused ByteDance Volcengine.", "运营者已暂停使用字节跳动火山引擎。")
	}
	for _, in := range f.Inputs {
		v := client.Input{Role: string(in.Field), Kind: string(in.Kind), Required: in.Required, Label: in.Label.In(lang), Accept: in.Accept, MaxBytes: in.MaxBytes, MaxLength: in.MaxLength, Default: in.Default}
		for _, c := range in.Choices {
			v.Choices = append(v.Choices, client.Choice{Value: c.Value, Label: c.Label.In(lang)})
		}
		out.Inputs = append(out.Inputs, v)
	}
	return out
}

func (m *mixoo) disclosure(f policy.Feature, lang privacy.Lang) client.Disclosure {
	s, _ := m.policy.Screen(f.ID, lang)
	out := client.Disclosure{Hash: s.Hash, Language: string(lang), PolicyVersion: s.PolicyVersion, Feature: string(f.ID), Title: s.Title, Summary: s.Summary, NotSent: s.NotSent,
		Model: s.Model, Fixed: s.Fixed, Why: s.Why, AcceptLabel: s.Accept, DeclineLabel: s.Decline, Scope: "single_job"}
	for _, l := range s.What {
		out.What = append(out.What, client.DisclosureItem{Field: string(l.Field), Text: l.Text, Sensitive: l.Sensitive})
	}
	for _, r := range s.Who {
		out.Who = append(out.Who, m.ref(r.ID, lang))
	}
	for _, k := range s.Keep {
		out.Keep = append(out.Keep, client.DisclosureKeep{Where: k.Where, What: k.What, Text: k.Text})
	}
	for _, l := range s.Links {
		out.Links = append(out.Links, client.Link{Text: l.Text, URL: l.URL})
	}
	return out
}

// transfers are rows with everything that can hang on them.
func (m *mixoo) transfers(lang privacy.Lang) []client.Transfer {
	zh := lang != "en"
	swap := client.Transfer{ID: "trf_1", Task: "tsk_seen", Recipient: m.ref("alibaba_cloud", lang), Feature: "face_swap", Fields: []string{"template_photo", "photo"}, Bytes: 2_410, Purpose: "requested_feature", Consent: "con_0123456789abcdef", Outcome: "sent", At: day().Add(-time.Minute),
		Fetches: []client.LinkFetch{{Field: "template_photo", At: day().Add(-58 * time.Second), Number: 1, Bytes: 79_000}, {Field: "photo", At: day().Add(-57 * time.Second), Number: 1, Bytes: 75_000}}}
	swap.Held = []client.Held{
		{What: "template", Text: pick(zh, "Alibaba Cloud holds the template: erasing it there has failed.", "阿里云仍持有模板：在对方处删除失败。"), Reason: "erase-failed", State: "overdue"},
		{What: "result", Text: pick(zh, "Alibaba Cloud holds the result until 21 Nov, 14:31: its link to it cannot be shortened.", "阿里云持有结果直到 11 月 21 日 14:31：其链接无法提前失效。"), Until: at(30 * time.Minute), Reason: "no-erase-call", State: "open"},
		{What: "inputs", Text: pick(zh, "Alibaba Cloud states no period for what was sent.", "阿里云没有说明发送内容的保存期限。"), Reason: "no-erase-call", State: "open"}}
	lost := client.Transfer{ID: "trf_2", Task: "tsk_film", Recipient: m.ref("gemini", lang), Feature: "veo_3_1", Fields: []string{"prompt", "first_frame", "aspect_ratio", "resolution", "duration"}, Bytes: 1_240_000, Purpose: "requested_feature", Consent: "con_0123456789abcdef", Outcome: "unknown", At: day().Add(-time.Hour),
		Held: []client.Held{{What: "job", Text: pick(zh, "Google Gemini may have a job of yours that we cannot name, because its answer was lost.", "Google Gemini 可能有一个我们无法指明的任务，因为其答复丢失了。"), Reason: "lost-reply", State: "open"}}}
	done := client.Transfer{ID: "trf_3", Task: "tsk_words", Recipient: m.ref("zhipu", lang), Feature: "image_to_video", Fields: []string{"photo", "prompt", "quality", "size", "duration", "fps"}, Bytes: 99_000, Purpose: "requested_feature", Consent: "con_0123456789abcdef", Outcome: "sent", At: day().Add(-25 * time.Hour), ProviderKeepsUntil: at(-time.Hour),
		Held: []client.Held{{What: "result", Text: pick(zh, "Zhipu AI held the result for a day.", "智谱 AI 曾持有结果一天。"), State: "closed", ClosedAt: at(-time.Hour)}}}
	return []client.Transfer{swap, lost, done}
}

// works are one result of every kind.
func (m *mixoo) works() []client.Output {
	var list []client.Output
	for _, k := range [][4]string{{"out_film", "video", "video/mp4", "image_to_video"}, {"out_seen", "attributes", "application/json", "age_estimation"}, {"out_words", "text", "text/plain", "nano_banana"}, {"out_picture", "image", "image/jpeg", "face_swap"}, {"out_empty", "attributes", "application/json", "face_detection"}} {
		o := output(k[0])
		o.Kind, o.MediaType, o.Feature, o.Task = k[1], k[2], k[3], "tsk_"+k[0][4:]
		o.AILabel.Visible = k[1] != "attributes"
		list = append(list, o)
	}
	return list
}

func (m *mixoo) answers(lang privacy.Lang) map[string]any {
	a := map[string]any{}
	var all []client.Feature
	for _, f := range m.policy.Features() {
		v := m.feature(f, lang)
		all, a["GET /v1/features/"+v.ID] = append(all, v), v
		a["GET /v1/features/"+v.ID+"/disclosure"] = m.disclosure(f, lang)
	}
	a["GET /v1/apps/mixoo/policy"] = cannedReads(lang != "en")["GET /v1/apps/pixplus/policy"]
	a["GET /v1/features"] = client.Page[client.Feature]{Data: all}
	a["GET /v1/outputs"] = client.Page[client.Output]{Data: m.works()}
	a["GET /v1/privacy/transfers"] = client.Page[client.Transfer]{Data: m.transfers(lang)}
	a["GET /v1/consents"] = client.Page[client.Consent]{Data: []client.Consent{{ID: "con_1", Feature: "face_swap", Recipient: "alibaba_cloud", Decision: "granted", PolicyVersion: "mixoo/v1", Scope: "until_policy_changes", CreatedAt: day()}}}
	for i, o := range m.works() {
		a["GET /v1/outputs/"+o.ID] = o
		t := task("done")
		t.ID, t.Feature, t.Transfers, t.Outputs = o.Task, o.Feature, m.transfers(lang)[i%3:i%3+1], []client.Output{o}
		if o.Feature == "face_swap" {
			t.Inputs = append(t.Inputs, t.Inputs[0])
		}
		a["GET /v1/tasks/"+t.ID] = t
	}
	failed := task("failed")
	failed.ID, failed.WasSent, failed.Recipient, failed.Feature, failed.Inputs, failed.Transfers = "tsk_refused", true, m.ref("gemini", lang), "nano_banana", nil, m.transfers(lang)[1:2]
	failed.Error = &client.TaskError{Code: "content-refused", Title: pick(lang != "en", "The recipient refused the content", "接收方拒绝了内容"), Detail: pick(lang != "en", "The recipient's own rules do not allow this text or picture.", "接收方自己的规则不允许此文字或图片。"), WasSent: true, Advice: "change_input", AdviceText: pick(lang != "en", "Change the text or the picture and try again.", "请修改文字或图片后再试。")}
	a["GET /v1/tasks/tsk_refused"] = failed
	return a
}
