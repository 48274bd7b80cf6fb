package server

import (
	"bytes"
	"net/http"
	"slices"

	"vow.example/vow/client"
	"vow.example/vow/internal/effects/samples"
	"vow.example/vow/internal/privacy"
)

// picwiz is the app whose feature points are handed over once.
const picwiz = "picwiz"

// ownCrashes is every place to die at where the own engine works on several photos, or hands over what
// may be read once.
func ownCrashes() (list []crash) {
	for _, point := range []string{"review.cleared", "make.start", "erase.destroyed", "make.analysed", "result.sealed"} {
		list = append(list, crash{aifitting, point, 0, makeFilm, filmLost})
	}
	for _, point := range []string{"result.recorded", "settle.start", "settle.done"} {
		list = append(list, crash{aifitting, point, 0, makeFilm, filmMade})
	}
	return append(list,
		crash{aifitting, "preview.cleared", 0, previewOnly, nothingKept},
		crash{picwiz, "make.analysed", 0, findPoints, pointsNeverMade},
		crash{picwiz, "result.sealed", 0, findPoints, pointsNeverMade},
		crash{picwiz, "settle.done", 0, findPoints, pointsGone},
		crash{picwiz, "erase.destroyed", 2, takePoints, pointsGone}, // the first time is the end of the task; here the key is gone, no receipt is written, nobody has the points
	)
}

// makeFilm asks for a film of two photos.
func makeFilm(v *victim) {
	first, second := v.upload(v.photo.picture), v.upload(newCanary(v.t, "second", 1).picture)
	v.commission(client.TaskCreate{
		Feature: "video_making", Consent: v.agree("video_making"), Params: map[string]string{"motion": "cross_fade", "seconds": "2"},
		Inputs: []client.TaskInput{{Role: "photo", Upload: first.ID}, {Role: "photo_2", Upload: second.ID}},
	})
}

// commission sends an order and notes the task if there was an answer.
func (v *victim) commission(in client.TaskCreate) {
	r := v.post("/v1/tasks", in)
	var k client.Task
	if r.status == http.StatusAccepted {
		r.want(http.StatusAccepted, &k)
		v.task = k.ID
	}
}

// bothGone requires that each photo of a film is gone, with a receipt that says so.
func (v *victim) bothGone(k client.Task) {
	v.t.Helper()
	if len(k.Inputs) != 2 {
		v.t.Fatalf("the task names %d photos", len(k.Inputs))
	}
	var receipts client.Page[client.Receipt]
	v.get("/v1/privacy/receipts").want(http.StatusOK, &receipts)
	for i, in := range k.Inputs {
		v.get("/v1/uploads/"+in.ID).refused(http.StatusGone, "erased")
		if !slices.ContainsFunc(receipts.Data, func(r client.Receipt) bool { return r.Object == in.ID && r.Method == "memory_wiped" }) {
			v.t.Errorf("photo %d has no receipt", i)
		}
	}
}

func filmLost(v *victim, h *house) {
	v.t.Helper()
	failsWith("upload-again", false)(v, h)
	v.bothGone(v.person.task(v.task))
}

func filmMade(v *victim, h *house) {
	v.t.Helper()
	k := v.until(v.accepted(), "succeeded")
	v.bothGone(k)
	if len(k.Outputs) != 1 || v.get(k.Outputs[0].ContentURL).status != http.StatusOK || v.blobs(h) != 1 {
		v.t.Errorf("of a film that was finished %d results and %d files are left", len(k.Outputs), v.blobs(h))
	}
	if len(v.wire.arrivals("")) > 0 {
		v.t.Error("a face left")
	}
}

// findPoints asks for the feature points of a photo.
func findPoints(v *victim) {
	photo, err := samples.Open(samples.Astronaut)
	if err != nil {
		v.t.Fatal(err)
	}
	v.source = v.upload(photo).ID
	v.commission(client.TaskCreate{
		Feature: "portrait_points", Consent: v.agree("portrait_points"), Inputs: []client.TaskInput{{Role: "photo", Upload: v.source}},
	})
}

// takePoints asks for them and for their content; the answer never comes.
func takePoints(v *victim) {
	findPoints(v)
	k := v.until(v.task, "succeeded")
	v.output = k.Outputs[0].ID
	if got := v.get(k.Outputs[0].ContentURL); got.status == http.StatusOK && len(got.body) > 0 {
		v.t.Error("the answer came although the server had died before it")
	}
}

// photoKept requires that nothing but the points is gone: the photo has its day.
func (v *victim) photoKept(h *house) {
	v.t.Helper()
	v.get("/v1/uploads/"+v.source).want(http.StatusOK, nil)
	if n := v.blobs(h); n != 1 || len(v.wire.arrivals("")) > 0 {
		v.t.Errorf("%d files, want the photo; %d calls went out", n, len(v.wire.arrivals("")))
	}
}

func pointsNeverMade(v *victim, h *house) {
	v.t.Helper()
	k := v.until(v.accepted(), "succeeded", "failed")
	if k.State == "succeeded" && len(k.Outputs) == 1 { // made again from the photo, which rests on the disk
		if got := v.get(k.Outputs[0].ContentURL); got.status != http.StatusOK || !bytes.Contains(got.body, []byte("left_pupil")) {
			v.t.Errorf("the points are %d %.80s", got.status, got.body)
		}
		v.get(k.Outputs[0].ContentURL).refused(http.StatusGone, "erased")
	} else if k.Error == nil || k.WasSent {
		v.t.Errorf("ended with %+v", k.Error)
	}
	v.photoKept(h)
}

// pointsGone requires that points which were in memory when the power failed are gone, and told so.
func pointsGone(v *victim, h *house) {
	v.t.Helper()
	k := v.until(v.accepted(), "succeeded")
	if v.output == "" {
		if len(k.Outputs) > 0 {
			v.t.Errorf("the points outlived the power: %+v", k.Outputs)
		}
		v.photoKept(h)
		return
	}
	p := v.get("/v1/outputs/"+v.output+"/content").refused(http.StatusGone, "erased")
	var r client.Receipt
	v.get("/v1/receipts/"+p.Receipt).want(http.StatusOK, &r)
	if r.Object != v.output || r.Method != "memory_wiped" || r.Reason != "handed_over" && r.Reason != "restart" {
		v.t.Errorf("the receipt says %q, %q about %s", r.Reason, r.Method, r.Object)
	}
	if n := len(rows(v.t, h.core, privacy.AppID(picwiz))); n != 1 {
		v.t.Errorf("%d rows, want the photo's", n)
	}
	v.photoKept(h)
}
