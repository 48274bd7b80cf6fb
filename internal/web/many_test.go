package web

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"vow.example/vow/client"
	"vow.example/vow/internal/task/outcome"
	"vow.example/vow/internal/web/i18n"
	"vow.example/vow/internal/web/public"
)

// holds fails the test for every text that a page lacks.
func holds(t *testing.T, body string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(body, w) {
			t.Errorf("the page lacks %q", w)
		}
	}
}

// inOrder fails the test unless the texts follow each other.
func inOrder(t *testing.T, body string, want ...string) {
	t.Helper()
	for _, w := range want {
		_, rest, found := strings.Cut(body, w)
		if !found {
			t.Fatalf("%q does not follow", w)
		}
		body = rest
	}
}

func TestAnAppWithManyRecipientsIsGroupedByWhoReceives(t *testing.T) {
	t.Parallel()
	site, _ := newMixoo(t)
	_, home := inMixoo(t, site).get("/mixoo/")
	inOrder(t, home, `href="#g-own_servers"`, `href="#g-alibaba_cloud"`, `id="g-own_servers"`, "/mixoo/e/stylize", `id="g-alibaba_cloud"`, "sent to Alibaba Cloud (demo double)", "/mixoo/e/face_swap", `id="g-tencent_cloud"`, `id="g-gemini"`, "Nano Banana Pro</span>")
	if n := strings.Count(home, "Not available now"); n != 1 {
		t.Errorf("%d effects are not available, want the one of Volcengine", n)
	}
	holds(t, home, "The operator has paused ByteDance Volcengine.", "For people from 13 years.")
	_, start := newBrowser(t, site).get("/")
	holds(t, start, "each sent to one of 5 companies", "Alibaba Cloud, Tencent Cloud, Zhipu AI, ByteDance Volcengine, Google Gemini.", "all 21 effects")
	if strings.Contains(start, "/mixoo/e/cartoonize") {
		t.Error("the start page names every effect of an app with twenty")
	}
}

func TestAnEffectThatIsNotAvailableAsksForNothingAndTakesNothing(t *testing.T) {
	t.Parallel()
	site, api := newMixoo(t)
	b := inMixoo(t, site)
	_, page := b.get("/mixoo/e/image_to_video_volc")
	holds(t, page, "Not available now", "The operator has paused ByteDance Volcengine.", `disabled aria-describedby="off"`)
	for _, no := range []string{"<dialog", `id="create"`, "/consent", `type="file"`} {
		if strings.Contains(page, no) {
			t.Errorf("the page holds %q", no)
		}
	}
	for _, path := range []string{"consent", "upload?consent=con_1"} {
		if resp, _ := b.get("/mixoo/e/image_to_video_volc/" + path); resp.Header.Get("Location") != "/mixoo/e/image_to_video_volc" {
			t.Errorf("%s answered %d", path, resp.StatusCode)
		}
	}
	b.post("/mixoo/e/image_to_video_volc/consent", url.Values{"decision": {"granted"}, "hash": {"sha256:1"}})
	b.post("/mixoo/e/image_to_video_volc/upload", url.Values{"consent": {"con_1"}})
	for _, q := range api.requests {
		if q.Method != http.MethodGet {
			t.Errorf("%s %s reached the API", q.Method, q.Path)
		}
	}
}

func TestInputsFitWhatAnEffectTakes(t *testing.T) {
	t.Parallel()
	site, _ := newMixoo(t)
	b := inMixoo(t, site)
	for path, want := range map[string][]string{
		"face_swap":      {`name="file.template_photo"`, `name="file.photo"`, "What happens to your pictures"},
		"nano_banana":    {`data-role="photo"`, `<details class="add"><summary`, `name="sample.third_photo" value="" checked`, `<select id="p-aspect_ratio"`, `<option value="1:1" selected>`},
		"text_to_image":  {`name="text.negative_prompt"`, `name="param.style" value="anime" checked`, `<select id="p-resolution"`, "What happens to your text"},
		"image_to_video": {`<select id="p-size"`, `name="param.fps" value="30" checked`, "Model: CogVideoX-3"},
	} {
		_, page := b.get("/mixoo/e/" + path)
		holds(t, page, want...)
	}
	_, text := b.get("/mixoo/e/text_to_image")
	if strings.Contains(text, `type="file"`) || strings.Contains(text, "camera data and the file name are removed") {
		t.Error("an effect without pictures speaks of pictures")
	}
}

func TestWithoutScriptsEveryPictureTextAndOptionArrives(t *testing.T) {
	t.Parallel()
	site, api := newMixoo(t)
	b := inMixoo(t, site)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, f := range [][2]string{{"consent", "con_1"}, {"text.prompt", "a boat"}, {"text.negative_prompt", "people"}, {"param.style", ""}, {"param.aspect_ratio", "16:9"}, {"sample.photo", "coffee.jpg"}, {"sample.second_photo", ""}} {
		if err := form.WriteField(f[0], f[1]); err != nil {
			t.Fatal(err)
		}
	}
	part, err := form.CreateFormFile("file.third_photo", "me.jpg")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write([]byte("OWN"))
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/mixoo/e/nano_banana/upload", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if resp := b.do(r); resp.StatusCode != http.StatusSeeOther {
		t.Fatalf("answered %d", resp.StatusCode)
	}
	q, _ := api.last(http.MethodPost, "/v1/tasks")
	holds(t, q.Body, `"prompt":"a boat"`, `"negative_prompt":"people"`, `"aspect_ratio":"16:9"`, `"role":"photo"`, `"role":"third_photo"`)
	if strings.Contains(q.Body, "second_photo") || strings.Contains(q.Body, `"style"`) {
		t.Errorf("what was left out is in the task: %s", q.Body)
	}
}

func TestTheSheetShowsTheChainTheModelAndTheFixedSettings(t *testing.T) {
	t.Parallel()
	site, _ := newMixoo(t)
	b := inMixoo(t, site)
	for _, path := range []string{"/mixoo/e/age_change", "/mixoo/e/age_change/consent", "/mixoo/e/age_change/sheet"} {
		_, page := b.get(path)
		inOrder(t, page, "Settings that go along with every task", "the target age is 60", `<ol class="chain">`, "own content review</strong>", "checks what you hand over first", "Tencent Cloud</strong>, China", "receives what is listed above", "</ol>")
	}
	_, veo := b.get("/mixoo/e/veo_3_1/sheet")
	holds(t, veo, "Model: Veo 3.1", "as the picture itself")
	_, own := b.get("/mixoo/e/stylize/consent")
	inOrder(t, own, `<ol class="chain">`, "makes the result, on our own server")
	_, single := signedIn(t, site).get("/pixplus/e/avatar/consent")
	if strings.Contains(single, `class="chain"`) {
		t.Error("one recipient is shown as a chain")
	}
}

func TestEveryKindOfResultHasItsPageAndItsTile(t *testing.T) {
	t.Parallel()
	site, _ := newMixoo(t)
	b := inMixoo(t, site)
	for id, want := range map[string][]string{
		"out_film":    {"<video", "controls", "Marked in the video.", "download="},
		"out_seen":    {"2 faces in the picture", `<th scope="col">Estimated age</th>`, "20–29", "female", `value="81"`, "34 of 100", "Estimated by AI", "Nothing here says who anybody is"},
		"out_empty":   {"0 faces in the picture"},
		"out_words":   {"A cup of coffee\non a &lt;b&gt;table", "AI-generated"},
		"out_picture": {`class="after"`, "Marked in the picture.", "Picture 2: deleted on", "Your pictures were deleted on"},
	} {
		_, page := b.get("/mixoo/works/" + id)
		holds(t, page, want...)
		if strings.Contains(page, "poster") || id != "out_picture" && strings.Contains(page, `id="compare"`) {
			t.Errorf("%s has a poster or offers to compare", id)
		}
	}
	_, grid := b.get("/mixoo/works")
	holds(t, grid, "Video</span>", "Measurement</span>", "Text</span>", "<img")
}

func TestTransfersSayWhatWasReadAndWhatIsStillHeld(t *testing.T) {
	t.Parallel()
	site, _ := newMixoo(t)
	b := inMixoo(t, site)
	_, centre := b.get("/mixoo/privacy")
	inOrder(t, centre, "Who has something of mine", "Overdue. We keep trying.", "erasing it there has failed", "Reminder set for", "No date is stated", "Everything that was sent", "Reading 1 through our link: picture to change", "79", "treat it as sent", "Gone since")
	if theirs, _, _ := strings.Cut(centre, "Everything that was sent"); strings.Contains(theirs, "Zhipu AI held the result") {
		t.Error("what is gone is listed as held")
	}
	_, refused := b.get("/mixoo/tasks/tsk_refused")
	inOrder(t, refused, "The recipient refused the content", "What you can do:", "Change the text or the picture", "Your text was already sent to Google Gemini.", "because its answer was lost", "We cannot look it up there.")
	if strings.Contains(refused, "Try again</a>") {
		t.Error("a task that makes no sense again offers to try again")
	}
	_, strip := newBrowser(t, site).get("/")
	if _, own := b.get("/"); !strings.Contains(own, "through a link of Mixoo:") || strings.Contains(strip, "through a link") {
		t.Error("the strip shows readings to others than the person, or not at all")
	}
}

// TestEveryWordOfThePoliciesHasItsWords walks the shipped apps: nothing that a page names by its
// identifier may appear as one.
func TestEveryWordOfThePoliciesHasItsWords(t *testing.T) {
	t.Parallel()
	keys := []string{"recipient.own_host", "transfer.prepared", "transfer.refused", "transfer.unknown", "held.open", "held.overdue", "held.closed", "meta.iptc", "where.disk", "where.memory", "where.database", "country.CN", "country.US"}
	for _, sentence := range []string{"cancel.sent", "canceled.may", "canceled.stopped", "task.wasSent"} {
		for _, n := range []int{0, 1, 2} {
			keys = append(keys, taskData{Task: client.Task{Inputs: make([]client.Upload, n)}}.Of(sentence))
		}
	}
	for _, app := range []string{"pixplus", "aifitting", "mixoo", "picwiz", "kmeng"} {
		p := policyOf(t, app)
		for _, f := range p.Features() {
			keys = append(keys, "recipient."+string(f.Recipient), "purpose."+string(f.Purpose), "kind."+string(f.Result))
			for _, s := range f.Fields {
				keys = append(keys, "field."+string(s.Field))
			}
			for _, in := range f.Inputs {
				keys = append(keys, "field."+string(in.Field), "kind."+string(in.Category))
				for _, kind := range in.Accept {
					keys = append(keys, "type."+kind)
				}
			}
		}
		for _, r := range p.Recipients() {
			keys = append(keys, "recipient."+string(r.ID))
			if r.Region != "" {
				keys = append(keys, "country."+r.Region)
			}
		}
		for _, row := range p.Retention() {
			keys = append(keys, "kind."+string(row.Category), "starts."+string(row.Starts), "where."+string(p.StorageOf(row.Category)))
		}
		for _, id := range p.Purposes() {
			keys = append(keys, "purpose."+string(id))
		}
	}
	pages, err := public.Problems()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range outcome.Table() {
		keys = append(keys, "problem."+row.Code+".title")
		if !strings.Contains(strings.Join(codes(pages), " ")+" ", row.Code+" ") {
			t.Errorf("the failure %s has no page", row.Code)
		}
	}
	plain := regexp.MustCompile(`_`)
	for _, lang := range i18n.Languages() {
		words, err := i18n.Load(lang)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range keys {
			if s, err := words.Text(k, "name", "RunningHub"); err != nil || plain.MatchString(s) {
				t.Errorf("%s in %s is %q", k, lang, s)
			}
		}
	}
}

func codes(list []public.Problem) []string {
	out := make([]string, len(list))
	for i, p := range list {
		out[i] = p.Code
	}
	return out
}
