package task

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/media"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task/ask"
)

// picture is a JPEG of that size; noise makes it heavy.
func picture(w, h int, noise bool) []byte {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	dice := rand.New(rand.NewPCG(1, 2))
	for i := range img.Pix {
		img.Pix[i] = 255
		if i%4 != 3 && noise {
			img.Pix[i] = byte(dice.Uint32())
		} else if i%4 != 3 {
			img.Pix[i] = byte(i / 4 % w * 255 / w)
		}
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, img, &jpeg.Options{Quality: 100}) // a buffer takes everything
	return b.Bytes()
}

// hand uploads bytes.
func (w *world) hand(who Who, raw []byte) store.Object {
	w.t.Helper()
	o, err := w.Upload(w.t.Context(), who, Incoming{Body: bytes.NewReader(raw)})
	must(w.t, err)
	return o
}

// with is a request of Mixoo for one picture.
func (w *world) with(who Who, f privacy.FeatureID, o store.Object) Request {
	w.t.Helper()
	r := w.fill(who, f, nil)
	r.Inputs["photo"] = o.Object
	return r
}

// copies lists the smaller copies that a task has.
func (w *world) copies(k store.Task) (list []store.Object) {
	w.t.Helper()
	all, err := w.DB.App(k.App).TaskObjects(w.t.Context(), k.ID)
	must(w.t, err)
	for _, o := range all {
		if isCopy(o) {
			list = append(list, o)
		}
	}
	return list
}

// told returns the copies that the person was told of.
func (w *world) told(k store.Task) (list []store.Event) {
	w.t.Helper()
	all, err := w.DB.App(k.App).Events(w.t.Context(), k.ID, 0)
	must(w.t, err)
	for _, e := range all {
		if e.Kind == "copy" {
			list = append(list, e)
		}
	}
	return list
}

func TestAPictureThatIsTooLargeLeavesAsASmallerCopyAndNeverItself(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		feature privacy.FeatureID
		raw     []byte
		w, h    int // of what leaves
	}{
		"too many pixels":                    {"cartoonize", picture(2400, 1600, false), 2000, 1333},
		"one side too long":                  {"cartoonize", picture(2600, 1300, false), 2000, 1000},
		"too many bytes":                     {"image_to_video", picture(2400, 1600, true), 0, 0},
		"too many bytes, in a link":          {"cartoonize", picture(1900, 1500, true), 0, 0},
		"the best that the company can take": {"super_resolution", picture(2400, 1350, false), 1920, 1080},
	} {
		w := newWorld(t)
		w.other.answers(driver.Result{Inline: photo()})
		who := w.person("mixoo")
		source := w.hand(who, c.raw)
		k := w.submit(who, w.with(who, c.feature, source))
		in, _ := func() (policy.Input, bool) { f, _ := who.Policy.Feature(c.feature); return f.Input("photo") }()
		if limit, _ := ask.TooLarge(in, source); limit == "" {
			t.Fatalf("%s: control: nothing is too large", name)
		}
		_ = w.finish(k)
		left := w.other.pictures()
		if len(left) != 1 || int64(len(left[0])) > in.MaxBytes || bytes.Equal(left[0], c.raw) {
			t.Fatalf("%s: %d pictures left, the first has %d bytes", name, len(left), len(left[0]))
		}
		size, kind, err := image.DecodeConfig(bytes.NewReader(left[0]))
		if err != nil || kind != "jpeg" || int64(size.Width)*int64(size.Height) > in.MaxPixels || in.MaxSide > 0 && max(size.Width, size.Height) > in.MaxSide {
			t.Errorf("%s: %s %dx%d %v", name, kind, size.Width, size.Height, err)
		}
		if c.w > 0 && (size.Width != c.w || size.Height != c.h) {
			t.Errorf("%s: %dx%d", name, size.Width, size.Height)
		}
		var news struct {
			Role          string
			Width, Height int
		}
		if list := w.told(k); len(list) != 1 || json.Unmarshal(list[0].Data, &news) != nil || news.Role != "photo" || news.Width != size.Width {
			t.Errorf("%s: the person was told %+v %+v", name, list, news)
		}
	}
}

// pictures returns what was sent of pictures, whichever way they travelled.
func (o *other) pictures() [][]byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	list := o.read
	for _, body := range o.got {
		if s, ok := body["photo"].(string); ok && !strings.HasPrefix(s, o.srv.URL) {
			raw, _ := base64.StdEncoding.DecodeString(s)
			list = append(list, raw)
		}
	}
	return list
}

func TestASmallerCopyEndsWithItsTaskAndHasAReceipt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.other.slow()
	who := w.person("mixoo")
	source := w.hand(who, picture(2100, 1400, false))
	k := w.work(w.submit(who, w.with(who, "cartoonize", source)), in(store.Generating))
	list := w.copies(k)
	if len(list) != 1 || list[0].Category != source.Category || list[0].Due().After(source.WrittenAt.AddDate(0, 0, 4)) || list[0].Bytes >= source.Bytes {
		t.Fatalf("%+v", list)
	}
	must(t, w.Cancel(t.Context(), who, k.ID))
	if got := w.receipt(who, list[0].Object); got.Category != source.Category || got.Task != k.ID || got.Recipient != "alibaba_cloud" {
		t.Errorf("%+v", got)
	}
	if len(w.copies(k)) != 0 {
		t.Error("the copy outlives its task")
	}

	w.other.answers(driver.Result{Inline: photo()})
	again := w.finish(w.submit(who, w.with(who, "cartoonize", source))) // the upload itself waits for another try
	if again.State != store.Succeeded || len(w.copies(again)) != 0 {
		t.Errorf("%+v", again)
	}
	w.later(30 * 24 * time.Hour)
	if n := w.held(); n != 0 {
		t.Errorf("%d things after the clocks", n)
	}
}

func TestAServerThatDiesWhileItMakesACopyLeavesNoneBehind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.other.answers(driver.Result{Inline: photo()})
	who := w.person("mixoo")
	k := w.submit(who, w.with(who, "cartoonize", w.hand(who, picture(2100, 1400, false))))
	w.dies(k, "fit.sealed")
	if w.held() != 2 || len(w.copies(k)) != 0 {
		t.Fatalf("%d things, %d copies", w.held(), len(w.copies(k)))
	}
	must(t, w.Eraser.Recover(t.Context()))
	if w.held() != 1 {
		t.Errorf("%d things after the restart", w.held())
	}
	w.dies(k, "fit.recorded")
	must(t, w.Eraser.Recover(t.Context()))
	if len(w.copies(k)) != 1 || w.copies(k)[0].ExpiresAt.IsZero() {
		t.Errorf("%+v", w.copies(k))
	}
	if k = w.finish(k); k.State != store.Succeeded || len(w.told(k)) != 1 || len(w.other.pictures()) != 1 {
		t.Errorf("%+v after %d copies", k, len(w.told(k)))
	}
}

func TestATaskThatIsStoppedWhileItsCopyIsMadeKeepsNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("mixoo")
	k := w.submit(who, w.with(who, "cartoonize", w.hand(who, picture(2100, 1400, false))))
	ctx, stop := context.WithCancel(t.Context())
	w.when("fit.sealed", stop)
	if _, err := w.Work(ctx, k.App, k.ID); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if w.held() != 1 || len(w.copies(k)) != 0 {
		t.Errorf("%d things, %d copies", w.held(), len(w.copies(k)))
	}
	must(t, w.Cancel(t.Context(), who, k.ID))
	if k = w.task(k); k.WasSent || w.held() != 0 {
		t.Errorf("%+v, %d things", k, w.held())
	}
}

func TestWhenACopyIsGoneWhatItWasMadeOfIsNotSentInstead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.other.answers(driver.Result{Inline: photo()})
	who := w.person("mixoo")
	k := w.submit(who, w.with(who, "cartoonize", w.hand(who, picture(2100, 1400, false))))
	w.dies(k, "review.cleared")
	_, err := w.Eraser.Object(t.Context(), w.copies(k)[0], erasure.AtDeadline, nil)
	must(t, err)
	if k = w.finish(k); k.State != store.Failed || k.ErrorCode != "upload-again" || k.WasSent || w.other.calls() != 0 {
		t.Errorf("%+v after %d calls", k, w.other.calls())
	}
}

func TestAPictureThatCannotBeOpenedIsNotSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("mixoo")
	raw := picture(2400, 1600, false)
	start := bytes.Index(raw, []byte{0xFF, 0xDA}) + 16
	damaged := bytes.Clone(raw)
	for i := start; i < len(damaged)-2; i++ { // what is coded becomes one marker after the other
		damaged[i] = []byte{0xFF, 0xD0}[i%2]
	}
	o, err := w.Upload(t.Context(), who, Incoming{Body: bytes.NewReader(damaged)})
	must(t, err)
	k := w.finish(w.submit(who, w.with(who, "cartoonize", o)))
	if k.State != store.Failed || k.ErrorCode != media.CodeUnreadable || k.WasSent || w.other.calls() != 0 || len(w.copies(k)) != 0 {
		t.Errorf("%+v", k)
	}
}

func TestACopyOfWhatStaysInMemoryStaysInMemory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("aifitting")
	feature := who.Policy.Features()[0]
	for _, f := range who.Policy.Features() {
		if f.Live {
			feature = f
		}
	}
	r := Request{Feature: feature.ID, Inputs: map[privacy.Field]privacy.ObjectID{"photo": w.upload(who).Object}, Consent: w.agree(who, feature.ID), Language: "en"}
	k := w.submit(who, r)
	j, err := w.load(t.Context(), k.App, k.ID)
	must(t, err)
	j.feature.Inputs = append([]policy.Input{}, j.feature.Inputs...)
	for i := range j.feature.Inputs {
		j.feature.Inputs[i].MaxPixels = 24 * 24
	}
	byRole, err := w.fitting(t.Context(), j)
	must(t, err)
	if o := byRole["photo"]; !isCopy(o) || !o.Memory || o.Width != 24 || o.Height != 24 || w.held() != 0 {
		t.Errorf("%+v, %d things on the disk", o, w.held())
	}
	if k = w.finish(k); k.State != store.Succeeded {
		t.Fatalf("%+v", k)
	}
	list, err := w.DB.App(k.App).TaskObjects(t.Context(), k.ID)
	must(t, err)
	receipts, err := w.DB.App(k.App).TaskReceipts(t.Context(), k.ID)
	must(t, err)
	if len(list) != 1 || len(receipts) != 2 {
		t.Errorf("%d objects and %d receipts", len(list), len(receipts))
	}
}

func TestAVideoThatIsTooLargeIsRefusedByFieldAndLimit(t *testing.T) {
	t.Parallel()
	clip := policy.Input{Field: "clip", Kind: policy.Video, MaxBytes: 10}
	o := store.Object{Width: 10, Height: 20}
	o.Bytes = 11
	var told *fault.Error
	if err := ask.Fits(clip, o); !errors.As(err, &told) || told.Code() != media.CodeTooLarge || told.Extra()["field"] != "clip" || told.Extra()["max_bytes"] != int64(10) {
		t.Errorf("%v", err)
	}
	for _, in := range []policy.Input{{Kind: policy.Photo, MaxBytes: 10}, {Kind: policy.Video, MaxBytes: 11, MaxPixels: 200, MaxSide: 20}} {
		if err := ask.Fits(in, o); err != nil {
			t.Errorf("%+v: %v", in, err)
		}
	}
	for limit, in := range map[string]policy.Input{"max_pixels": {MaxPixels: 199}, "max_side": {MaxSide: 19}, "max_bytes": {MaxBytes: 10, MaxSide: 1}, "": {}} {
		if got, _ := ask.TooLarge(in, o); got != limit {
			t.Errorf("%q, want %q", got, limit)
		}
	}
}

func TestAnUploadMayBeAsLargeAsTheWidestInputTakes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := ask.Wanted(w.person("mixoo").Policy, media.JPEG)
	if in == nil || in.MaxBytes != 20_000_000 || in.MaxPixels != 50_000_000 {
		t.Errorf("%+v", in)
	}
}
