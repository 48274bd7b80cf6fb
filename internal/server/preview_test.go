package server

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"testing"

	"vow.example/vow/client"
)

// preview asks for a small version of a feature of the own engine. The answer of a dead server has the
// status 0.
func (p *person) preview(feature, consent string, photo []byte) reply {
	p.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	_ = form.WriteField("request", `{"feature":"`+feature+`","consent":"`+consent+`"}`) // a buffer does not fail
	part, err := form.CreateFormFile("photo", "photo.jpg")
	if err != nil {
		p.t.Fatal(err)
	}
	_, _ = part.Write(photo)
	_ = form.Close()
	return p.send("POST", "/v1/previews", form.FormDataContentType(), b.Bytes(), nil)
}

// previewOnly asks for a preview and for nothing else.
func previewOnly(v *victim) {
	if got := v.preview("avatar", v.agree("avatar"), v.photo.picture); got.status != 0 {
		v.t.Errorf("the dead server answered %d", got.status)
	}
}

// TestAYesThatIsTakenBackWhileAPreviewWaitsIsNone withdraws between the review and the drawing.
func TestAYesThatIsTakenBackWhileAPreviewWaitsIsNone(t *testing.T) {
	t.Parallel()
	s := &stage{}
	h := newHouse(t, s.at)
	p := h.person(t, aifitting)
	photo, consent := newCanary(t, "preview", 1), p.agree("avatar")
	p.preview("avatar", consent, photo.picture).want(http.StatusOK, nil)
	here := s.hold("preview.cleared")
	answered := make(chan reply, 1)
	go func() { answered <- p.preview("avatar", consent, photo.picture) }()
	here.wait(t)
	p.delete("/v1/consents/"+consent).want(http.StatusOK, nil)
	here.release()
	(<-answered).refused(http.StatusForbidden, "consent-withdrawn")
	nothingKept(&victim{person: p, outside: h.outside}, h)
}

// TestAPreviewShowsThePictureAndKeepsNothing compares what is there before and after.
func TestAPreviewShowsThePictureAndKeepsNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	p := h.person(t, aifitting)
	photo, consent := newCanary(t, "shown", 1), p.agree("avatar")
	before := h.counts(t)
	got := p.preview("avatar", consent, photo.picture)
	if got.want(http.StatusOK, nil); !photo.shown(got.body) {
		t.Error("the preview is not of the photo")
	}
	if after := h.counts(t); after != before {
		t.Errorf("rows before %v, after %v", before, after)
	}
	nothingKept(&victim{person: p, outside: h.outside}, h)
	var k client.Task
	u := p.upload(photo.picture)
	p.post("/v1/tasks", order(u.ID, consent, "")).want(http.StatusAccepted, &k) // the yes is unused
	p.until(k.ID, "succeeded")
	if h.counts(t) == before {
		t.Error("control: a task leaves no row")
	}
}

// counts counts the rows in which something could be told of a request.
func (h *house) counts(t *testing.T) (n [6]int) {
	t.Helper()
	for i, table := range []string{"objects", "tasks", "task_events", "verdicts", "audit_leaves", "receipts"} {
		if err := h.core.db.Writer().QueryRowContext(t.Context(), "SELECT count(*) FROM "+table).Scan(&n[i]); err != nil {
			t.Fatal(err)
		}
	}
	return n
}
