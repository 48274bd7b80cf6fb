package server

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"vow.example/vow/client"
	"vow.example/vow/internal/evidence"
	"vow.example/vow/internal/privacy"
)

func TestNothingIsSentWithoutConsent(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	p, stranger := h.person(t, pixplus), h.person(t, pixplus)
	photo := newCanary(t, "consent", 1).picture
	u := p.upload(photo).ID
	var no client.Consent
	for name, consent := range map[string]string{"none": "", "of nobody": "con_nobody", "of somebody else": stranger.agree("avatar"), "for another feature": p.agree("visual_effect")} {
		problem := p.post("/v1/tasks", order(u, consent, "a happy portrait")).refused(http.StatusForbidden, "consent-required")
		if problem.WasSent == nil || *problem.WasSent || problem.DisclosureHash == "" || problem.Links["disclosure"] == "" || problem.Recipient != "runninghub" {
			t.Errorf("consent %s: the refusal does not show what to agree to: %+v", name, problem)
		}
	}
	used := p.agree("avatar")
	p.post("/v1/tasks", order(u, used, "")).want(http.StatusAccepted, nil)
	sent := len(h.wire.arrivals("create"))
	p.post("/v1/tasks", order(p.upload(photo).ID, used, "")).refused(http.StatusForbidden, "consent-required") // one consent serves one task
	p.decide("avatar", "declined").want(http.StatusCreated, &no)
	p.post("/v1/tasks", order(p.upload(photo).ID, no.ID, "")).refused(http.StatusForbidden, "consent-required")
	fitting := h.person(t, aifitting)
	fitting.post("/v1/tasks", order(fitting.upload(photo).ID, "", "")).refused(http.StatusForbidden, "consent-required")
	if n := len(h.wire.arrivals("create")); n > sent+1 {
		t.Errorf("%d tasks reached the recipient for one consent", n)
	}
}

func TestARefusedRequestReachesNobody(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	p := h.person(t, pixplus)
	u := p.upload(newCanary(t, "nobody", 1).picture).ID
	p.post("/v1/tasks", order(u, "", "")).refused(http.StatusForbidden, "consent-required")
	if n := len(h.wire.arrivals("")) + len(h.sim.Received().Requests); n > 0 {
		t.Errorf("the recipient was called %d times", n)
	}
}

func TestDecliningLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, app := range []string{pixplus, aifitting} {
		h := newHouse(t, nil)
		p := h.person(t, app)
		u := p.upload(newCanary(t, "decline", 1).picture)
		p.decide("avatar", "declined").want(http.StatusCreated, nil)
		p.get("/v1/uploads/"+u.ID).refused(http.StatusGone, "erased")
		for range h.core.blobs.List(t.Context()) {
			t.Errorf("%s: a file is left", app)
		}
		if n := len(rows(t, h.core, privacy.AppID(app))) + len(openable(t, h.core)) + len(h.wire.arrivals("")); n > 0 {
			t.Errorf("%s: %d things are left or left for somewhere", app, n)
		}
		var receipts client.Page[client.Receipt]
		if p.get("/v1/privacy/receipts").want(http.StatusOK, &receipts); len(receipts.Data) != 1 || receipts.Data[0].Reason != "declined" {
			t.Errorf("%s: receipts: %+v", app, receipts.Data)
		}
	}
}

// TestOnlyTheListedFieldsArrive searches everything that crossed the wire for everything that must
// not, in every form.
func TestOnlyTheListedFieldsArrive(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	p := h.person(t, pixplus)
	photo := newCanary(t, "fields", 1)
	secrets := newFinder()
	for where, text := range photo.hidden {
		secrets.add(where, []byte(text))
	}
	for _, field := range []string{"User-Agent", "X-Forwarded-For", "Referer", "Cookie"} {
		p.header.Set(field, "canary-"+field)
		secrets.add(field, []byte("canary-"+field))
	}
	var me client.Me
	p.get("/v1/me").want(http.StatusOK, &me)
	u := p.uploadFile(photo.picture, "canary-file-name.jpg")
	consent := p.agree("avatar")
	ask := order(u.ID, consent, "a happy canary prompt")
	ask.Params = map[string]string{"style": "pencil"}
	var k client.Task
	p.post("/v1/tasks", ask).want(http.StatusAccepted, &k)
	p.until(k.ID, "succeeded")
	for name, id := range map[string]string{"subject": me.ID, "upload": u.ID, "consent": consent, "task": k.ID, "token": p.token, "file name": "canary-file-name"} {
		secrets.add(name, []byte(id))
		secrets.add(name+" without prefix", []byte(id[strings.Index(id, "_")+1:]))
	}
	var personal []string
	for _, r := range h.sim.Received().Requests {
		personal = append(personal, r.Fields...)
	}
	slices.Sort(personal)
	if got := strings.Join(personal, " "); got != "photo prompt style" {
		t.Errorf("the recipient got the fields %q, want each listed one once", got)
	}
	if odd := h.sim.Received().Violations; len(odd) > 0 {
		t.Errorf("the recipient saw %q", odd)
	}
	for _, a := range h.wire.arrivals("") {
		head, _ := json.Marshal(a.header)
		if found := secrets.in(slices.Concat([]byte(a.path), head, a.body)); found != nil {
			t.Errorf("%s carries %q", a.path, found)
		}
	}
	if sent := h.wire.arrivals("upload"); len(sent) != 1 || !bytes.Contains(sent[0].body, photo.coded()[1]) {
		t.Error("control: the photo did not cross this wire")
	}
	if sent := h.wire.arrivals("create"); len(sent) != 1 || !bytes.Contains(sent[0].body, []byte("a happy canary prompt")) {
		t.Error("control: the prompt did not cross this wire")
	}
	ledger := p.task(k.ID).Transfers
	if len(ledger) != 1 || strings.Join(ledger[0].Fields, " ") != "photo prompt style" || ledger[0].Outcome != "sent" || ledger[0].Bytes < int64(len(photo.picture)/2) {
		t.Errorf("the ledger says %+v", ledger)
	}
}

func TestARepeatedRequestIsOneTask(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	v := &victim{person: h.person(t, pixplus), outside: h.outside, photo: newCanary(t, "again", 1)}
	v.submit("a happy portrait")
	first := v.task
	for range 3 {
		var k client.Task
		if v.order("a happy portrait").want(http.StatusAccepted, &k); k.ID != first {
			t.Fatal("the same key made another task")
		}
	}
	v.order("another prompt").refused(http.StatusConflict, "idempotency-mismatch")
	v.until(first, "succeeded")
	v.order("a happy portrait").want(http.StatusAccepted, nil)
	if n := len(h.wire.arrivals("create")); n != 1 {
		t.Errorf("%d tasks at the recipient", n)
	}
	other := &victim{person: h.person(t, pixplus), photo: v.photo}
	if other.submit("a happy portrait"); other.task == "" || other.task == first {
		t.Error("somebody else's key is not somebody else's")
	}
}

func TestForeignIdentifiersAreNotThere(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	owner := h.person(t, pixplus)
	photo := newCanary(t, "foreign", 1).picture
	k := owner.until(owner.begin(photo, "").ID, "succeeded")
	waiting := owner.until(owner.begin(photo, "test:rewrite").ID, "awaiting_confirmation")
	u, consent := owner.upload(photo).ID, owner.agree("avatar")
	for _, app := range []string{pixplus, aifitting} {
		p := h.person(t, app)
		for _, path := range []string{
			"/v1/uploads/" + u, "/v1/outputs/" + k.Outputs[0].ID, k.Outputs[0].ContentURL, "/v1/tasks/" + k.ID, "/v1/tasks/" + k.ID + "/events", "/v1/tasks/" + waiting.ID + "/texts",
		} {
			p.get(path).refused(http.StatusNotFound, "not-found")
		}
		for _, path := range []string{"/v1/uploads/" + u, "/v1/outputs/" + k.Outputs[0].ID, "/v1/tasks/" + k.ID, "/v1/consents/" + consent} {
			p.delete(path).refused(http.StatusNotFound, "not-found")
		}
		p.post("/v1/tasks/"+waiting.ID+"/cancel", struct{}{}).refused(http.StatusNotFound, "not-found")
		p.post("/v1/tasks/"+waiting.ID+"/confirm", map[string]bool{"accept": true}).refused(http.StatusNotFound, "not-found")
		p.post("/v1/tasks", order(u, p.agree("avatar"), "")).refused(http.StatusNotFound, "not-found")
		p.post("/v1/tasks", order(p.upload(photo).ID, consent, "")).refused(http.StatusForbidden, "consent-required")
		var page client.Page[struct{}]
		for _, path := range []string{"/v1/outputs", "/v1/tasks", "/v1/privacy/transfers", "/v1/privacy/receipts"} {
			if p.get(path).want(http.StatusOK, &page); len(page.Data) > 0 {
				t.Errorf("%s shows %d things of somebody else", path, len(page.Data))
			}
		}
	}
	if s := owner.task(waiting.ID).State; s != "awaiting_confirmation" {
		t.Errorf("a stranger moved a task to %s", s)
	}
	owner.get("/v1/uploads/"+u).want(http.StatusOK, nil)
}

func TestAnErasedAccountLeavesReceiptsThatAnyoneCanCheck(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	p := h.person(t, pixplus)
	photo := newCanary(t, "account", 1).picture
	done := p.until(p.begin(photo, "a happy portrait").ID, "succeeded")
	p.until(p.begin(photo, "test:fail").ID, "failed")
	p.upload(photo)
	running := p.begin(photo, "test:slow")
	p.until(running.ID, "generating")
	var before client.Page[client.Receipt]
	p.get("/v1/privacy/receipts").want(http.StatusOK, &before)

	var r client.RightsRequest
	p.delete("/v1/me").want(http.StatusOK, &r)
	if r.State != "done" || r.Erased < 5 || len(r.Receipts) != r.Erased {
		t.Errorf("erased %d things with %d receipts", r.Erased, len(r.Receipts))
	}
	for _, path := range []string{"/v1/me", "/v1/tasks/" + done.ID, done.Outputs[0].ContentURL, "/v1/privacy/holdings"} {
		p.get(path).refused(http.StatusUnauthorized, "unauthenticated")
	}
	empty(t, h)
	if n := len(openable(t, h.core)); n > 0 {
		t.Errorf("%d things still open", n)
	}
	if len(h.wire.arrivals("cancel")) != 1 {
		t.Error("the recipient was not asked to stop")
	}
	p.token = ""
	for _, one := range slices.Concat(before.Data, r.Receipts) {
		var again client.Receipt
		p.get("/v1/receipts/"+one.ID).want(http.StatusOK, &again)
		for _, receipt := range []client.Receipt{one, again} {
			report, err := evidence.VerifyReceipt(receipt, h.core.signer.VerifierKey())
			if err != nil || !report.OK {
				t.Errorf("receipt %s: %v\n%s", receipt.ID, err, report.Text())
			}
		}
		if forged := again; forged.Object != "" {
			forged.Object = "upl_another"
			if report, err := evidence.VerifyReceipt(forged, h.core.signer.VerifierKey()); err == nil || report.OK {
				t.Error("control: a forged receipt verifies")
			}
		}
	}
}
