package server

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/effects/samples"
	"vow.example/vow/internal/sim/alibaba"
)

// farCrash is one place to die at while a company works, and what must be true afterwards.
type farCrash struct {
	feature string
	point   string // of ours
	nth     int32  // the how-manieth time; 0: the first
	on      string // or a call of the company's, as soon as it arrives
	lost    string // or one whose answer is on its way
	prompt  string
	before  func(*far) // sets the company up
	do      func(*far) // after the order; nil: nothing
	large   bool       // the photo is larger than the company takes
	reads   int        // rows of links that are there after the restart, at least
	then    func(*far, *house)
}

func (c farCrash) name() string {
	if c.point != "" {
		return fmt.Sprintf("%s dies at %s, time %d%s", c.feature, c.point, max(c.nth, 1), c.prompt)
	}
	if c.on != "" {
		return c.feature + " dies when " + c.on + " arrives"
	}
	return c.feature + " dies before the answer to " + c.lost + " comes"
}

// arm lets the company's wire kill the server.
func (c farCrash) arm(w *wire, first *child) {
	if c.point != "" {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = func(a arrival, answered bool) {
		if a.call() == c.on && !answered || a.call() == c.lost && answered {
			first.kill()
		}
	}
}

// TestACrashWhileACompanyWorksIsToldAsItWas kills the server with SIGKILL while each kind of
// recipient works: one that answers at once, one that reads through a link, one that makes a
// template first.
func TestACrashWhileACompanyWorksIsToldAsItWas(t *testing.T) {
	t.Parallel()
	photo, err := samples.Open(samples.Astronaut)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range farCrashes() {
		t.Run(c.name(), func(t *testing.T) {
			t.Parallel()
			clk := clock.NewFast(1)
			f := featureOf(t, c.feature)
			v := &far{company: newCompany(t, clk, f.Recipient), feature: f}
			p := plot{dir: t.TempDir(), root: newRoot(), clock: clk, log: io.Discard, companies: []address{v.at}}
			if c.before != nil {
				c.before(v)
			}
			first := newChild(t, errand{Dir: p.dir, Root: p.root, Point: c.point, Nth: max(c.nth, 1), Companies: p.companies})
			c.arm(v.wire, first)
			v.person = &person{t: t, url: first.url, header: http.Header{}}
			v.signIn(mixoo)
			picture := photo
			if c.large {
				picture = enlarged(t, photo)
			}
			v.order = v.fill(f, picture, "a quiet lake"+c.prompt)
			v.ask()
			if c.do != nil {
				c.do(v)
			}
			first.died(t, c.name())

			v.wire.mu.Lock()
			v.wire.cut = nil
			v.wire.mu.Unlock()
			links := v.wire.links()
			h := rebuild(t, nil, p)
			v.url = h.url
			v.dead(h, links)
			c.then(v, h)
			if n := v.reads(h); n < c.reads {
				t.Errorf("%d rows of links that were read, want %d", n, c.reads)
			}
			v.sound(h)
		})
	}
}

const lostReply = "job/lost-reply/open"

// farCrashes is every place to die at while a company works.
func farCrashes() []farCrash {
	return slices.Concat(atOnce(), throughALink(), withATemplate(), refusedThere(), stopped())
}

// atOnce are recipients whose answer holds the result.
func atOnce() []farCrash {
	const log, inputs = "log/no-erase-call/open", "inputs/no-erase-call/open"
	return []farCrash{
		{feature: "nano_banana", point: "send.prepared", then: made(log)},
		{feature: "nano_banana", point: "send.saved", then: interrupted(lostReply)}, // before the call, which nobody can know
		{feature: "nano_banana", on: "generateContent", then: interrupted(lostReply)},
		{feature: "nano_banana", lost: "generateContent", reads: 1, then: interrupted(lostReply)},
		{feature: "nano_banana", point: "send.done", reads: 1, then: interrupted(lostReply)},
		{feature: "nano_banana", point: "send.recorded", reads: 1, then: interrupted(log)},
		{feature: "nano_banana", point: "collect.done", reads: 1, then: interrupted(log)},
		{feature: "nano_banana", point: "result.sealed", reads: 1, then: interrupted(log)},
		{feature: "nano_banana", point: "result.recorded", reads: 1, then: made(log)},
		{feature: "nano_banana", point: "forget.asked", reads: 1, then: made(log)},
		{feature: "text_to_image", on: "TextToImageLite", then: interrupted(lostReply)},
		{feature: "text_to_image", lost: "TextToImageLite", then: interrupted(lostReply)},
		{feature: "text_to_image", point: "send.recorded", then: interrupted(inputs)},
		{feature: "text_to_image", point: "result.recorded", then: made(inputs)},
		{feature: "face_detection", lost: "DetectFace", reads: 1, then: interrupted(lostReply)},
		{feature: "face_detection", point: "send.recorded", reads: 1, then: interrupted(inputs)},
		{feature: "face_detection", point: "result.recorded", reads: 1, then: made(inputs)},
	}
}

// throughALink are recipients that read the photo from us, and die with the link alive.
func throughALink() []farCrash {
	const inputs, result = "inputs/no-erase-call/open", "result/no-erase-call/open"
	return []farCrash{
		{feature: "cartoonize", large: true, point: "fit.sealed", then: made(inputs, result)},
		{feature: "cartoonize", large: true, point: "fit.recorded", then: made(inputs, result)},
		{feature: "cartoonize", on: "GenerateHumanAnimeStyle", then: interrupted(lostReply)},
		{feature: "cartoonize", lost: "GenerateHumanAnimeStyle", reads: 1, then: interrupted(lostReply)},
		{feature: "cartoonize", point: "send.recorded", reads: 1, then: made(inputs, result)},
		{feature: "cartoonize", point: "forget.asked", reads: 1, then: made(inputs, result)},
		{feature: "image_to_video_volc", lost: "tasks", reads: 1, then: interrupted(lostReply)},
		{feature: "image_to_video_volc", point: "send.recorded", reads: 1, then: made(result)},
		{feature: "image_to_video_volc", point: "collect.done", reads: 1, then: made(result)},
		{feature: "image_to_video_volc", point: "forget.asked", reads: 1, then: made(result)},
	}
}

// withATemplate is a face swap, which leaves a template that must be gone.
func withATemplate() []farCrash {
	const inputs, result, template = "inputs/no-erase-call/open", "result/no-erase-call/open", "template/erase-failed/overdue"
	return []farCrash{
		{feature: "face_swap", lost: "AddFaceImageTemplate", reads: 1, then: unnamedTemplate},
		{feature: "face_swap", point: "send.saved", nth: 2, reads: 1, then: noTemplate(made(inputs, result))}, // between the two calls: known to be
		{feature: "face_swap", point: "send.saved", nth: 3, reads: 1, then: noTemplate(interrupted(inputs, lostReply))},
		{feature: "face_swap", on: "MergeImageFace", reads: 1, then: noTemplate(interrupted(inputs, lostReply))},
		{feature: "face_swap", lost: "MergeImageFace", reads: 2, then: noTemplate(interrupted(inputs, lostReply))},
		{feature: "face_swap", point: "send.saved", nth: 4, reads: 2, then: noTemplate(made(inputs, result))},
		{feature: "face_swap", lost: "DeleteFaceImageTemplate", reads: 2, then: noTemplate(interrupted(inputs, lostReply, result))},
		{feature: "face_swap", point: "forget.asked", reads: 2, then: noTemplate(made(inputs, result))},
		{feature: "face_swap", point: "send.saved", nth: 3, prompt: ", one deletion fails", before: failsToDelete(1), reads: 1,
			then: owed(interrupted(inputs, lostReply, template))},
		{feature: "face_swap", point: "forget.asked", prompt: ", deletions fail", before: failsToDelete(3), reads: 2,
			then: owed(made(inputs, result, template))},
		{feature: "face_swap", point: "retry.asked", before: failsToDelete(2), do: sweepsLater, reads: 2, then: owed(made(inputs, result, template))},
	}
}

// refusedThere are orders that the company refuses: the reason outlives the crash.
func refusedThere() []farCrash {
	return []farCrash{
		{feature: "text_to_image", point: "settle.rewrapped", prompt: " test:refused", then: ended("content-refused")},
		{feature: "cartoonize", point: "settle.rewrapped", before: refuses("InvalidFile.Content"), then: ended("picture-refused")},
		{feature: "nano_banana", point: "settle.rewrapped", prompt: " test:refused", then: ended("content-refused")},
		{feature: "image_to_video_volc", point: "settle.rewrapped", prompt: " test:refused", then: ended("content-refused")},
		{feature: "image_to_video_volc", point: "forget.asked", prompt: " test:fail", then: ended("provider-refused")}, // its record there is gone by then
	}
}

// enlarged is a photo of more pixels than the company takes.
func enlarged(t *testing.T, photo []byte) []byte {
	t.Helper()
	small, _, err := image.Decode(bytes.NewReader(photo))
	if err != nil {
		t.Fatal(err)
	}
	large := image.NewYCbCr(image.Rect(0, 0, 2304, 2304), image.YCbCrSubsampleRatio420)
	from := small.Bounds()
	for y := range 2304 {
		for x := range 2304 {
			r, g, b, _ := small.At(x*from.Dx()/2304, y*from.Dy()/2304).RGBA()
			luma, cb, cr := color.RGBToYCbCr(uint8(r>>8), uint8(g>>8), uint8(b>>8))
			large.Y[large.YOffset(x, y)], large.Cb[large.COffset(x, y)], large.Cr[large.COffset(x, y)] = luma, cb, cr
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, large, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// stopped are jobs that run there when the person stops them. What cannot be erased yet is owed.
func stopped() []farCrash {
	const result, record = "result/no-erase-call/open", "task record/erase-failed/overdue"
	return []farCrash{
		{feature: "image_to_video_volc", point: "stop.requested", prompt: " test:slow", do: cancels, reads: 1, then: canceledThere(result, record)},
		{feature: "image_to_video_volc", point: "forget.asked", prompt: " test:slow", do: cancels, reads: 1, then: canceledThere(result, record)},
		{feature: "image_to_video_volc", point: "forget.asked", prompt: " test:slow, then leaves", do: leavesEarly, then: left},
		{feature: "image_to_video_volc", point: "account.key", prompt: " test:slow", do: leavesEarly, then: left},
	}
}

// What the company does.

func failsToDelete(times int) func(*far) {
	return func(v *far) {
		for range times {
			v.Service.(*alibaba.Sim).Next(alibaba.Script{Action: "DeleteFaceImageTemplate", Code: "InternalError"})
		}
	}
}

func refuses(code string) func(*far) {
	return func(v *far) { v.Service.(*alibaba.Sim).Next(alibaba.Script{Code: code}) }
}

// sweepsLater moves the first server's clock to where what is owed is tried again.
func sweepsLater(v *far) {
	v.ended("succeeded")
	v.post("/demo/clock", map[string]string{"advance": "PT2M"})
}

// running waits until the company itself says that it works on the task: one that still waits there is
// just taken out of its queue.
func (v *far) running() {
	v.t.Helper()
	const percentRunning = 60
	for range 500 {
		if v.until(v.task, "generating").Progress.Percent >= percentRunning {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	v.t.Fatal("the company never begins")
}

// cancels stops the task while the company works on it.
func cancels(v *far) {
	v.running()
	v.post("/v1/tasks/"+v.task+"/cancel", struct{}{})
}

// leavesEarly erases the account while the company works on a task of it.
func leavesEarly(v *far) {
	v.running()
	v.delete("/v1/me")
}

// What is true after the server is back.

// noted requires the entries of what the company holds, each once.
func (v *far) noted(h *house, want []string) {
	v.t.Helper()
	if got := v.entries(h); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		v.t.Errorf("noted %v, want %v", got, want)
	}
}

// made requires that the task ends with its result, and notes.
func made(want ...string) func(*far, *house) {
	return func(v *far, h *house) {
		v.t.Helper()
		if k := v.ended("succeeded"); !k.WasSent || len(k.Outputs) != 1 {
			v.t.Errorf("succeeded with was_sent %t and %d results", k.WasSent, len(k.Outputs))
		} else if r := v.get(k.Outputs[0].ContentURL); r.status != http.StatusOK || len(r.body) == 0 {
			v.t.Errorf("the result answers %d", r.status)
		}
		v.noted(h, want)
	}
}

// interrupted requires an honest failure, and notes.
func interrupted(want ...string) func(*far, *house) {
	return func(v *far, h *house) {
		v.t.Helper()
		k := v.ended("failed")
		if k.Error == nil || k.Error.Code != "provider-interrupted" || !k.Error.WasSent || !k.WasSent || len(k.Outputs) > 0 {
			v.t.Errorf("failed with %+v, was_sent %t", k.Error, k.WasSent)
		}
		v.noted(h, want)
		h.later(v.t, 24*time.Hour)
		for id, err := range h.core.blobs.List(v.t.Context()) {
			v.t.Errorf("%s is on disk after a day (%v)", id, err)
		}
	}
}

// ended requires a failure with that code.
func ended(code string) func(*far, *house) {
	return func(v *far, _ *house) {
		v.t.Helper()
		if k := v.ended("failed"); k.Error == nil || k.Error.Code != code || !k.WasSent {
			v.t.Errorf("failed with %+v, was_sent %t, want %s", k.Error, k.WasSent, code)
		}
	}
}

// canceledThere requires that the stop happens and is told as it was, and notes.
func canceledThere(want ...string) func(*far, *house) {
	return func(v *far, h *house) {
		v.t.Helper()
		if k := v.ended("canceled"); !k.WasSent || k.CancelOutcome != "may_finish_there" || len(k.Outputs) > 0 {
			v.t.Errorf("outcome %q, was_sent %t, %d results", k.CancelOutcome, k.WasSent, len(k.Outputs))
		}
		v.noted(h, want)
	}
}

// left requires that an account can be erased to the end, and that what the company owes is not lost
// with it: it stays without a name.
func left(v *far, h *house) {
	v.t.Helper()
	if v.get("/v1/me").status == http.StatusOK {
		v.delete("/v1/me").want(http.StatusOK, nil)
	}
	v.get("/v1/me").refused(http.StatusUnauthorized, "unauthenticated")
	empty(v.t, h)
	var owed, named int
	err := h.core.db.Writer().QueryRowContext(v.t.Context(),
		"SELECT count(*) FILTER (WHERE state = 'overdue'), count(*) FILTER (WHERE subject IS NOT NULL OR task <> '' OR transfer <> '') FROM held").Scan(&owed, &named)
	if err != nil || owed != 1 || named != 0 {
		v.t.Errorf("%d entries are owed, %d of all name somebody (%v)", owed, named, err)
	}
	v.erased = true
}

// noTemplate requires that no template is left.
func noTemplate(then func(*far, *house)) func(*far, *house) {
	return func(v *far, h *house) {
		v.t.Helper()
		then(v, h)
		if v.holds("template") > 0 {
			v.t.Error("a template is left")
		}
	}
}

// unnamedTemplate is what a lost answer leaves: a template whose name nobody here knows. It is owned
// up to.
func unnamedTemplate(v *far, h *house) {
	v.t.Helper()
	interrupted(lostReply)(v, h)
	if v.holds("template") != 1 {
		v.t.Error("control: the company made no template")
	}
}

// owed requires an entry that is overdue, and that it is worked on until the template is gone.
func owed(then func(*far, *house)) func(*far, *house) {
	return func(v *far, h *house) {
		v.t.Helper()
		then(v, h)
		for end := time.Now().Add(patience); ; {
			h.later(v.t, 5*time.Minute)
			time.Sleep(20 * time.Millisecond)
			if slices.Contains(v.entries(h), "template/erase-failed/closed") {
				break
			}
			if time.Now().After(end) {
				v.t.Fatalf("the template is owed for ever: %v", v.entries(h))
			}
		}
		if v.holds("template") > 0 {
			v.t.Error("the entry is closed and the template is left")
		}
	}
}
