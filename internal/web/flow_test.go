package web

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// upload sends the form of the upload page.
func (b *browser) upload(fields map[string]string, photo string) *http.Response {
	b.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, value := range fields {
		if err := form.WriteField(name, value); err != nil {
			b.t.Fatal(err)
		}
	}
	name := ""
	if photo != "" {
		name = "IMG_private_name.jpg"
	}
	part, err := form.CreateFormFile("file.photo", name)
	if err != nil {
		b.t.Fatal(err)
	}
	_, _ = part.Write([]byte(photo))
	if err := form.Close(); err != nil {
		b.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/pixplus/e/avatar/upload", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(r)
}

func TestWithoutScriptsConsentComesBeforeTheUpload(t *testing.T) {
	t.Parallel()
	site, api := newSite(t, nil)
	b := newBrowser(t, site)
	_, effect := b.get("/pixplus/e/avatar")
	if !strings.Contains(effect, `href="/pixplus/e/avatar/consent"`) {
		t.Fatal("the effect page does not lead to the consent page")
	}
	_, sheet := b.get("/pixplus/e/avatar/consent")
	no, yes := strings.Index(sheet, `value="declined">Not now`), strings.Index(sheet, `value="granted">Agree &amp; Continue`)
	if no < 0 || yes < no {
		t.Fatal("the buttons are not decline first, then agree")
	}
	resp, _ := b.post("/pixplus/e/avatar/consent", url.Values{"hash": {"sha256:4f"}, "decision": {"granted"}})
	if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != "/pixplus/e/avatar/upload?consent=con_new" || b.cookies["sid-pixplus"] != fakeToken {
		t.Fatalf("answered %d to %s, cookies %v", resp.StatusCode, resp.Header.Get("Location"), b.cookies)
	}
	q, _ := api.last(http.MethodPost, "/v1/consents")
	for _, want := range []string{`"feature":"avatar"`, `"recipient":"runninghub"`, `"decision":"granted"`, `"disclosure_hash":"sha256:4f"`, `"scope":"single_job"`} {
		if !strings.Contains(q.Body, want) {
			t.Errorf("the consent %s lacks %s", q.Body, want)
		}
	}
	if _, page := b.get("/pixplus/e/avatar/upload?consent=con_new"); !strings.Contains(page, `name="file.photo"`) {
		t.Fatal("there is no file input")
	}
	resp = b.upload(map[string]string{"consent": "con_new", "text.prompt": "in a hat", "param.style": "ink"}, "JPEG BYTES")
	if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != "/pixplus/tasks/tsk_new" {
		t.Fatalf("answered %d to %s", resp.StatusCode, resp.Header.Get("Location"))
	}
	up, _ := api.last(http.MethodPost, "/v1/uploads")
	if up.Body != "JPEG BYTES" || strings.Contains(up.Header.Get("Content-Disposition"), "private") {
		t.Errorf("the API received %q", up.Body)
	}
	task, _ := api.last(http.MethodPost, "/v1/tasks")
	for _, want := range []string{`"upload":"upl_new"`, `"prompt":"in a hat"`, `"style":"ink"`, `"consent":"con_new"`} {
		if !strings.Contains(task.Body, want) {
			t.Errorf("the task %s lacks %s", task.Body, want)
		}
	}
}

func TestASampleStandsInForAPhotoAndAFileWins(t *testing.T) {
	t.Parallel()
	site, api := newSite(t, nil)
	b := signedIn(t, site)
	b.upload(map[string]string{"consent": "con_1", "sample.photo": "coffee.jpg"}, "")
	if up, _ := api.last(http.MethodPost, "/v1/uploads"); up.Body != "jpeg" {
		t.Errorf("the API received %q", up.Body)
	}
	b.upload(map[string]string{"consent": "con_1", "sample.photo": "coffee.jpg"}, "OWN")
	if up, _ := api.last(http.MethodPost, "/v1/uploads"); up.Body != "OWN" {
		t.Errorf("the API received %q", up.Body)
	}
	if resp := b.upload(map[string]string{"consent": "con_1", "sample.photo": "../secret"}, ""); resp.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("an unknown sample answered %d", resp.StatusCode)
	}
}

func TestARefusedTaskTakesItsUploadsBack(t *testing.T) {
	t.Parallel()
	site, api := newSite(t, nil)
	api.reject = "validation"
	b := signedIn(t, site)
	if resp := b.upload(map[string]string{"consent": "con_1"}, "JPEG"); resp.StatusCode != http.StatusUnprocessableEntity {
		t.Fatalf("answered %d", resp.StatusCode)
	}
	if _, erased := api.last(http.MethodDelete, "/v1/uploads/upl_new"); !erased {
		t.Error("the photo of a task that never began is still there")
	}
}

func TestDecliningSendsNothingAndMakesNobodyKnown(t *testing.T) {
	t.Parallel()
	site, api := newSite(t, nil)
	b := newBrowser(t, site)
	resp, _ := b.post("/pixplus/e/avatar/consent", url.Values{"hash": {"sha256:4f"}, "decision": {"declined"}})
	if resp.Header.Get("Location") != "/pixplus/e/avatar?declined=1" || len(b.cookies) != 0 {
		t.Errorf("went to %s with cookies %v", resp.Header.Get("Location"), b.cookies)
	}
	for _, q := range api.requests {
		if q.Method != http.MethodGet {
			t.Errorf("%s %s", q.Method, q.Path)
		}
	}
	known := signedIn(t, site)
	known.post("/pixplus/e/avatar/consent", url.Values{"hash": {"sha256:4f"}, "decision": {"declined"}})
	if q, _ := api.last(http.MethodPost, "/v1/consents"); !strings.Contains(q.Body, `"decision":"declined"`) {
		t.Errorf("the refusal of somebody known was recorded as %q", q.Body)
	}
}

func TestAChangedDisclosureIsShownAgainBeforeAnythingElse(t *testing.T) {
	t.Parallel()
	site, api := newSite(t, nil)
	api.stale = true
	resp, body := signedIn(t, site).post("/pixplus/e/avatar/consent", url.Values{"hash": {"sha256:old"}, "decision": {"granted"}})
	if resp.StatusCode != http.StatusConflict || !strings.Contains(body, "changed since you opened it") || !strings.Contains(body, `value="sha256:4f"`) {
		t.Errorf("answered %d", resp.StatusCode)
	}
}

func TestTheUploadPageNeedsAConsent(t *testing.T) {
	t.Parallel()
	site, _ := newSite(t, nil)
	if resp, _ := signedIn(t, site).get("/pixplus/e/avatar/upload"); resp.Header.Get("Location") != "/pixplus/e/avatar/consent" {
		t.Errorf("without consent the page leads to %q", resp.Header.Get("Location"))
	}
	if resp, _ := signedIn(t, site).get("/pixplus/e/visual_effect/upload"); resp.StatusCode != http.StatusOK {
		t.Errorf("with a standing consent it answered %d", resp.StatusCode)
	}
}

func TestProgressSaysTheTruthInEveryState(t *testing.T) {
	t.Parallel()
	site, _ := newSite(t, nil)
	b := signedIn(t, site)
	for path, want := range map[string][]string{
		"tsk_running":               {`<noscript><meta http-equiv="refresh" content="2">`, `value="45"`, "already sent to RunningHub", "Keep going"},
		"tsk_awaiting_confirmation": {"a portrait in a summer dress", `value="yes"`, "Nothing was sent to RunningHub."},
		"tsk_blocked":               {"We did not make this", "no undressing", "Nothing was sent to RunningHub."},
		"tsk_failed":                {"RunningHub cannot be reached.", "What you handed over as “Your photo”.", "again=upl_1", "from=tsk_failed", "Nothing was sent to RunningHub."},
		"tsk_canceled":              {"may finish there", "6 Dec"},
	} {
		_, body := b.get("/pixplus/tasks/" + path)
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("%s lacks %q", path, w)
			}
		}
	}
	if resp, _ := b.get("/pixplus/tasks/tsk_done"); resp.Header.Get("Location") != "/pixplus/works/out_1" {
		t.Errorf("a finished task leads to %q", resp.Header.Get("Location"))
	}
}

func TestCancelAndConfirmAreForms(t *testing.T) {
	t.Parallel()
	site, api := newSite(t, nil)
	b := signedIn(t, site)
	b.post("/pixplus/tasks/tsk_running/cancel", nil)
	if _, ok := api.last(http.MethodPost, "/v1/tasks/tsk_running/cancel"); !ok {
		t.Error("cancel did not reach the API")
	}
	for form, want := range map[string]string{"yes": "true", "no": "false"} {
		b.post("/pixplus/tasks/tsk_awaiting_confirmation/confirm", url.Values{"accept": {form}})
		if q, _ := api.last(http.MethodPost, "/v1/tasks/tsk_awaiting_confirmation/confirm"); !strings.Contains(q.Body, want) {
			t.Errorf("%s was sent as %s", form, q.Body)
		}
	}
}

func TestTheResultPageShowsClocksRecipientAndLabel(t *testing.T) {
	t.Parallel()
	site, _ := newSite(t, nil)
	b := signedIn(t, site)
	_, body := b.get("/pixplus/works/out_1")
	for _, want := range []string{"AI-generated", "IPTC digital source type", "6 d 23 h", "28 Nov, 14:01 UTC", "Only the result is left.", "RunningHub", "/receipts/rcp_1", "download="} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, path := range []string{"/pixplus/works/out_2", "/pixplus/works/out_9"} {
		resp, body := b.get(path)
		if resp.StatusCode != http.StatusGone || !strings.Contains(body, "/receipts/rcp_1") {
			t.Errorf("%s answered %d", path, resp.StatusCode)
		}
	}
	resp, body := b.post("/pixplus/works/out_1/delete", nil)
	if resp.StatusCode != http.StatusOK || !strings.Contains(body, "key was destroyed") || !strings.Contains(body, "/receipts/rcp_1") {
		t.Errorf("delete now answered %d", resp.StatusCode)
	}
	_, zh := b.post("/pixplus/works/out_1/delete?lang=zh", nil)
	holds(t, zh, "RunningHub 仍保留的内容", "12 月 6 日")
	if strings.Contains(zh, "states in its own policy") {
		t.Error("the Chinese page shows the English statement of the receipt")
	}
}

func TestPrivacyRightsWorkAsPlainForms(t *testing.T) {
	t.Parallel()
	site, api := newSite(t, nil)
	b := signedIn(t, site)
	_, centre := b.get("/pixplus/privacy")
	for _, want := range []string{"Service logs", "41", "RunningHub", `action="/pixplus/consents/con_1/withdraw"`, `href="/receipts/rcp_1"`, "scope=account"} {
		if !strings.Contains(centre, want) {
			t.Errorf("the privacy centre lacks %q", want)
		}
	}
	if strings.Contains(centre, "consents/con_3/withdraw") {
		t.Error("a withdrawn consent can be withdrawn again")
	}
	b.post("/pixplus/consents/con_1/withdraw", nil)
	if _, ok := api.last(http.MethodDelete, "/v1/consents/con_1"); !ok {
		t.Error("withdraw did not reach the API")
	}
	b.post("/pixplus/privacy/withdraw", nil)
	if q, _ := api.last(http.MethodPost, "/v1/privacy/requests"); !strings.Contains(q.Body, "withdraw_all") {
		t.Errorf("withdraw all was sent as %q", q.Body)
	}
	_, ask := b.get("/pixplus/privacy/delete?scope=account")
	if !strings.Contains(ask, "What will happen") || !strings.Contains(ask, "6 Dec") {
		t.Error("the page does not say first what will happen")
	}
	resp, done := b.post("/pixplus/privacy/delete", url.Values{"scope": {"account"}})
	if !strings.Contains(done, "5 items erased") || !strings.Contains(done, "/receipts/rcp_1") || len(b.cookies) != 0 || !strings.Contains(resp.Header.Get("Clear-Site-Data"), "storage") {
		t.Errorf("answered %d, cookies %v", resp.StatusCode, b.cookies)
	}
}

func TestSigningOutForgetsTheBrowser(t *testing.T) {
	t.Parallel()
	site, api := newSite(t, nil)
	b := signedIn(t, site)
	resp, _ := b.post("/pixplus/sign-out", nil)
	if _, ok := api.last(http.MethodDelete, "/v1/sessions/current"); !ok || len(b.cookies) != 0 || resp.Header.Get("Location") != "/pixplus/" {
		t.Errorf("answered %d, cookies %v", resp.StatusCode, b.cookies)
	}
}

func TestTheTourMovesTheClockAndComesBack(t *testing.T) {
	t.Parallel()
	site, api := newSite(t, nil)
	resp, _ := newBrowser(t, site).post("/tour/clock?lang=zh", url.Values{"advance": {"PT25H"}})
	if q, _ := api.last(http.MethodPost, "/demo/clock"); !strings.Contains(q.Body, `"PT25H"`) || resp.Header.Get("Location") != "/?advanced=1&lang=zh-Hans#clock" {
		t.Errorf("sent %q, went to %q", q.Body, resp.Header.Get("Location"))
	}
}

func TestAReceiptIsCheckedForAnybody(t *testing.T) {
	t.Parallel()
	site, _ := newSite(t, nil)
	b := newBrowser(t, site)
	_, body := b.get("/receipts/rcp_1")
	for _, want := range []string{"The receipt is genuine.", "Signature of the statement", "Every step below was checked", "The proof leads from that entry", "noindex"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	resp, file := b.get("/receipts/rcp_1/file")
	if !strings.Contains(file, `"verifier_key"`) || !strings.Contains(resp.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("the file is %q", file)
	}
}
