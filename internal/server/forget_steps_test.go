package server

import (
	"net/http"
	"os"
	"path/filepath"
	"time"

	"vow.example/vow/client"
)

// kept is something that lives until a deadline.
type kept struct {
	object string
	is     func([]byte) bool
	from   time.Time // when its clock started
	prompt string
}

// success is PixPlus' main job: the source ends with it, the result and the text stay for their time.
func (f *forgetting) success() kept {
	photo := f.watch.picture(f.t, newCanary(f.t, "success", 1))
	const prompt = "canary-prompt-of-success, write to canary.person@mail.example please"
	const file = "canary-file-name-of-success.jpg"
	f.watch.secret("prompt", []byte(prompt[:24]))
	f.watch.secret("e-mail", []byte("canary.person@mail.example"))
	f.watch.secret("file name", []byte(file))
	p := f.visitor("pixplus", "success")
	u := p.uploadFile(photo.picture, file)
	f.step("after an upload")
	f.opens("an upload", u.ID, source(photo))

	sending := f.stage.hold("send.prepared")
	var k client.Task
	p.post("/v1/tasks", order(u.ID, p.agree("avatar"), prompt)).want(http.StatusAccepted, &k)
	sending.wait(f.t)
	f.step("while sending")
	f.opens("a source in use", u.ID, source(photo))
	sending.release()
	k = p.until(k.ID, "succeeded")
	f.gone("a source after success", u.ID, source(photo))
	result := k.Outputs[0].ID
	f.opens("a result", result, photo.shown)
	var shown []byte
	if answer := p.get(k.Outputs[0].ContentURL); answer.status == http.StatusOK {
		shown = answer.body
	}
	if !photo.shown(shown) {
		f.t.Error("control: the result is not what was asked for")
	}
	f.watch.secret("pixels of a result", shown[len(shown)/2:len(shown)/2+32])
	f.step("after a download")
	f.opens("a text", f.textOf(holds(prompt)), holds(prompt))
	return kept{object: result, is: photo.shown, from: k.Outputs[0].CreatedAt, prompt: prompt}
}

// textOf finds which object holds a text.
func (f *forgetting) textOf(is func([]byte) bool) string {
	for id, plain := range openable(f.t, f.core) {
		if is(plain) {
			return id
		}
	}
	return ""
}

// failure leaves its source for another try, for a day.
func (f *forgetting) failure() kept {
	photo := f.watch.picture(f.t, newCanary(f.t, "failure", 1))
	const prompt = "canary-prompt-of-failure test:fail"
	f.watch.secret("prompt", []byte(prompt[:24]))
	p := f.visitor("pixplus", "failure")
	k := p.until(p.begin(photo.picture, prompt).ID, "failed")
	f.step("after a failure")
	f.opens("a failed task's source", k.Inputs[0].ID, source(photo))
	f.opens("a failed task's text", f.textOf(holds(prompt)), holds(prompt))
	return kept{object: k.Inputs[0].ID, is: source(photo), from: *k.EndedAt, prompt: prompt}
}

// face is AI Fitting's main job: the photo is in memory only, and ends before the picture is made.
func (f *forgetting) face() kept {
	photo := f.watch.picture(f.t, newCanary(f.t, "face", 1))
	p := f.visitor("aifitting", "face")
	u := p.uploadFile(photo.picture, "canary-file-name-of-face.jpg")
	f.watch.secret("file name", []byte("canary-file-name-of-face"))
	f.step("after a face came")
	f.opens("a face in memory", u.ID, source(photo))
	drawing := f.stage.hold("make.analysed")
	var k client.Task
	p.post("/v1/tasks", order(u.ID, p.agree("avatar"), "")).want(http.StatusAccepted, &k)
	drawing.wait(f.t)
	f.gone("a face after its analysis", u.ID, photo.shown)
	drawing.release()
	k = p.until(k.ID, "succeeded")
	f.step("after a face was drawn")
	if f.watch.ever(u.ID) {
		f.t.Error("a face was on disk")
	}
	if !f.watch.ever(k.Outputs[0].ID) {
		f.t.Error("control: the watch does not see blobs")
	}
	for _, a := range f.wire.arrivals("") {
		if photo.shown(a.body) || source(photo)(a.body) {
			f.t.Error("a face left")
		}
	}
	f.opens("a drawn face", k.Outputs[0].ID, photo.shown)
	return kept{object: k.Outputs[0].ID, is: photo.shown, from: k.Outputs[0].CreatedAt}
}

// unused is an upload, stored sideways by its camera, that no task takes.
func (f *forgetting) unused() kept {
	photo := f.watch.picture(f.t, newCanary(f.t, "unused", 6))
	p := f.visitor("pixplus", "unused")
	u := p.upload(photo.picture)
	f.step("after a picture was turned upright")
	turned := photo.turned().shown
	f.opens("an unused upload", u.ID, turned)
	for id, plain := range openable(f.t, f.core) {
		if source(photo)(plain) {
			f.t.Errorf("%s: the sideways picture %s", stillOpens, id)
		}
	}
	return kept{object: u.ID, is: turned, from: f.clock.Now()}
}

// declined is an upload whose disclosure was declined: it ends at once.
func (f *forgetting) declined() {
	photo := f.watch.picture(f.t, newCanary(f.t, "declined", 1))
	p := f.visitor("pixplus", "declined")
	u := p.upload(photo.picture)
	p.decide("avatar", "declined").want(http.StatusCreated, nil)
	f.gone("a declined upload", u.ID, source(photo))
}

// deleted is a result that its person deletes.
func (f *forgetting) deleted() {
	photo := f.watch.picture(f.t, newCanary(f.t, "deleted", 1))
	p := f.visitor("pixplus", "deleted")
	k := p.until(p.begin(photo.picture, "").ID, "succeeded")
	f.opens("a result before it is deleted", k.Outputs[0].ID, photo.shown)
	p.delete("/v1/outputs/"+k.Outputs[0].ID).want(http.StatusOK, nil)
	f.gone("a deleted result", k.Outputs[0].ID, photo.shown)
}

// erased is an account with an upload and a result, erased as a whole.
func (f *forgetting) erased() {
	photo := f.watch.picture(f.t, newCanary(f.t, "erased", 1))
	p := f.visitor("pixplus", "erased")
	k := p.until(p.begin(photo.picture, "canary-prompt-of-erased").ID, "succeeded")
	f.watch.secret("prompt", []byte("canary-prompt-of-erased"))
	u := p.upload(photo.picture)
	f.opens("an account's upload", u.ID, source(photo))
	p.delete("/v1/me").want(http.StatusOK, nil)
	f.gone("an erased account", k.Outputs[0].ID, func(plain []byte) bool { return photo.shown(plain) || holds("canary-prompt-of-erased")(plain) })
}

// at moves the clock to a moment and sweeps.
func (f *forgetting) at(moment time.Time) { f.later(f.t, moment.Sub(f.clock.Now())) }

// passing lets time pass over what is left: each thing opens until its deadline, and not after it.
func (f *forgetting) passing(failed, unused, made, fitted kept) {
	f.at(failed.from.Add(23 * time.Hour))
	f.opens("a failed task's source", failed.object, failed.is)
	f.opens("an unused upload", unused.object, unused.is)
	f.opens("a text", f.textOf(holds(made.prompt)), holds(made.prompt))
	f.at(failed.from.Add(24 * time.Hour))
	f.gone("a failed task's source", failed.object, failed.is)
	f.gone("the text of a failed task", "", holds(failed.prompt))
	f.gone("the text of a task", "", holds(made.prompt))
	f.at(unused.from.Add(24 * time.Hour))
	f.gone("an unused upload", unused.object, unused.is)
	f.at(made.from.Add(6*24*time.Hour + 23*time.Hour))
	f.opens("a result", made.object, made.is)
	f.at(made.from.Add(7 * 24 * time.Hour))
	f.gone("a result", made.object, made.is)
	f.opens("a drawn face", fitted.object, fitted.is)
	f.at(fitted.from.Add(30 * 24 * time.Hour))
	f.gone("a drawn face after 30 days", fitted.object, fitted.is)
	f.empty()
}

// empty requires that nothing is left on disk, opened or not.
func (f *forgetting) empty() {
	f.t.Helper()
	if left := openable(f.t, f.core); len(left) > 0 {
		f.t.Errorf("%s: %d things at the end", stillOpens, len(left))
	}
	blobs, _ := filepath.Glob(filepath.Join(f.core.dataDir, "objects", "*", "*", "*"))
	for _, blob := range blobs {
		if info, err := os.Stat(blob); err == nil && info.Mode().IsRegular() {
			f.t.Errorf("%s is left at the end", filepath.Base(blob))
		}
	}
}
