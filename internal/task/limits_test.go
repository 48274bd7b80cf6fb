package task

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/media"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
)

func TestARequestThatBreaksARuleIsRefusedByFieldAndRule(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("pixplus")
	good := w.ask(who, "")
	many := map[privacy.Field]string{}
	for i := range 1000 {
		many[privacy.Field(fmt.Sprint("p", i))] = "x"
	}
	for name, c := range map[string]struct {
		change func(*Request)
		want   string
	}{
		"no photo":             {func(r *Request) { r.Inputs = nil }, "/inputs required"},
		"an unknown role":      {func(r *Request) { r.Inputs = map[privacy.Field]privacy.ObjectID{"photo": "upl_1", "mask": "upl_2"} }, "/inputs not_an_input"},
		"an unknown option":    {func(r *Request) { r.Params = map[privacy.Field]string{"seed": "1"} }, "/params not_an_input"},
		"no choice":            {func(r *Request) { r.Params = map[privacy.Field]string{"style": "oil"} }, "/params/style not_a_choice"},
		"a long text":          {func(r *Request) { r.Texts = words(strings.Repeat("字", 301)) }, "/prompt too_long"},
		"a text for nobody":    {func(r *Request) { r.Feature, r.Texts = "portrait_enhance", words("hi") }, "/prompt not_an_input"},
		"no duration":          {func(r *Request) { r.ExpiresIn = "forever" }, "/expires_in duration"},
		"a negative duration":  {func(r *Request) { r.ExpiresIn = "-PT1H" }, "/expires_in duration"},
		"too short a life":     {func(r *Request) { r.ExpiresIn = "PT59S" }, "/expires_in duration"},
		"an endless duration":  {func(r *Request) { r.ExpiresIn = "P99999999Y" }, "/expires_in duration"},
		"a thousand questions": {func(r *Request) { r.Params = many }, "/params not_an_input"},
	} {
		r := good
		c.change(&r)
		_, _, err := w.Submit(t.Context(), who, r)
		var told *fault.Error
		if !errors.As(err, &told) || told.Code() != "validation" {
			t.Errorf("%s: %v", name, err)
			continue
		}
		list, _ := told.Extra()["errors"].([]FieldError)
		if len(list) == 0 || len(list) > 20 || list[0].Pointer+" "+list[0].Code != c.want {
			t.Errorf("%s: %v", name, list)
		}
	}
	if w.held() != 1 {
		t.Error("a refused request left something")
	}
}

func TestAnUploadServesItsOwnerAndOneTask(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, ben := w.person("pixplus"), w.person("pixplus")
	r := w.ask(ann, "")
	k := w.submit(ann, r)
	for name, c := range map[string]struct {
		who  Who
		code string
		edit func(*Request)
	}{
		"another person":     {ben, "not-found", func(r *Request) { r.Consent = w.agree(ben, "avatar") }},
		"a second task":      {ann, "conflict", func(r *Request) { r.Consent = w.agree(ann, "avatar") }},
		"a used consent":     {ann, "consent-required", func(r *Request) { r.Inputs = map[privacy.Field]privacy.ObjectID{"photo": w.upload(ann).Object} }},
		"an unknown feature": {ann, "feature-unavailable", func(r *Request) { r.Feature = "face_swap" }},
		"a planned feature":  {ann, "feature-unavailable", func(r *Request) { r.Feature = "talking_photo" }},
	} {
		again := r
		c.edit(&again)
		if _, _, err := w.Submit(t.Context(), c.who, again); fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.Discard(t.Context(), ann, r.Inputs["photo"]); fault.CodeOf(err) != "conflict" {
		t.Errorf("an upload was taken from its task: %v", err)
	}
	must(t, w.Cancel(t.Context(), ann, k.ID))
	first, err := w.Discard(t.Context(), ann, r.Inputs["photo"])
	must(t, err)
	if second, err := w.Discard(t.Context(), ann, r.Inputs["photo"]); err != nil || second.ID != first.ID {
		t.Errorf("erased twice: %v, %v", second, err)
	}
	again := r
	again.Consent = w.agree(ann, "avatar")
	if _, _, err := w.Submit(t.Context(), ann, again); fault.CodeOf(err) != "erased" {
		t.Errorf("an erased upload was taken: %v", err)
	}
	if _, err := w.Discard(t.Context(), ben, r.Inputs["photo"]); fault.CodeOf(err) != "not-found" {
		t.Errorf("a stranger learned of an erasure: %v", err)
	}
}

func TestOneKeyMakesOneTask(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("pixplus")
	r := w.ask(who, "words")
	r.Key = "k-1"
	var tasks sync.Map
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			k, _, err := w.Submit(t.Context(), who, r)
			if err != nil {
				t.Error(err)
				return
			}
			tasks.Store(k.ID, true)
		})
	}
	all.Wait()
	n := 0
	tasks.Range(func(any, any) bool { n++; return true })
	if n != 1 || w.held() != 2 {
		t.Errorf("%d tasks, %d things on the disk", n, w.held())
	}
	r.ExpiresIn = "PT1H"
	if _, _, err := w.Submit(t.Context(), who, r); fault.CodeOf(err) != "idempotency-mismatch" {
		t.Errorf("%v", err)
	}
}

func TestAFileIsWhatItSaysItIsOrNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("pixplus")
	for name, c := range map[string]struct {
		in   Incoming
		code string
	}{
		"another type declared":  {Incoming{Declared: media.PNG}, media.CodeUnsupported},
		"no type of a picture":   {Incoming{Declared: "application/pdf"}, media.CodeUnsupported},
		"another ending":         {Incoming{Name: "me.png"}, media.CodeUnsupported},
		"an ending we know not":  {Incoming{Name: "me.exe"}, media.CodeUnsupported},
		"text":                   {Incoming{Body: strings.NewReader("hello")}, media.CodeUnsupported},
		"half a picture":         {Incoming{Body: bytes.NewReader(photo()[:300])}, media.CodeUnreadable},
		"nothing":                {Incoming{Body: strings.NewReader("")}, media.CodeUnsupported},
		"jpg, as some say":       {Incoming{Declared: "image/jpg; q=1", Name: "ME.JPEG"}, ""},
		"a form's type":          {Incoming{Declared: "application/octet-stream"}, ""},
		"a type with parameters": {Incoming{Declared: "IMAGE/JPEG;charset=x"}, ""},
	} {
		if c.in.Body == nil {
			c.in.Body = bytes.NewReader(photo())
		}
		before := w.held()
		_, err := w.Upload(t.Context(), who, c.in)
		if (err != nil) != (c.code != "") || err != nil && fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && w.held() != before {
			t.Errorf("%s left something", name)
		}
	}
}

func TestUploadsThatNobodyUsesHaveALimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("pixplus")
	for range maxUnusedFor {
		_, left := w.live.Arrive(who.Subject) // as many come in right now
		defer left()
	}
	if _, err := w.Upload(t.Context(), who, Incoming{Body: bytes.NewReader(photo())}); fault.CodeOf(err) != "rate-limited" {
		t.Errorf("%v", err)
	}
}

func TestATaskThatIsTooOldEndsWithoutWaitingForARecipient(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("pixplus")
	w.rewrites(privacy.NewText("bad"), privacy.NewText("good"))
	waiting := w.work(w.submit(who, w.ask(who, "bad")), in(store.AwaitingConfirmation))
	w.says(review.Opinion{Decision: review.Allow})
	sent := w.work(w.submit(who, w.ask(who, "test:slow")), func(k store.Task) bool { return k.State == store.Generating })
	w.clock.Advance(24 * time.Hour)
	for range 20 {
		must(t, w.Overdue(t.Context()))
	}
	if k := w.task(waiting); k.State != store.Expired || k.WasSent {
		t.Errorf("%+v", k)
	}
	if n := w.jobs(sent); n != 2 { // its own, and one hurried, however often the sweep comes by
		t.Errorf("%d jobs", n)
	}
	if k := w.finish(sent); k.State != store.Expired || !k.WasSent || k.ErrorCode != "expired" {
		t.Errorf("%+v", k)
	}
}

func TestAHintIsBelievedOnceAndOnlyWithItsToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("pixplus")
	k := w.work(w.submit(who, w.ask(who, "test:slow")), in(store.Generating))
	if err := w.Hook(t.Context(), "guess"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("%v", err)
	}
	if err := w.Hook(t.Context(), ""); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an empty token: %v", err)
	}
	for range 50 {
		must(t, w.Nudge(t.Context(), k.App, k.ID))
	}
	if n := w.jobs(k); n != 2 {
		t.Errorf("%d jobs", n)
	}
	must(t, w.Cancel(t.Context(), who, k.ID))
}

// jobs counts the jobs of a task.
func (w *world) jobs(k store.Task) (n int) {
	w.t.Helper()
	must(w.t, w.DB.Writer().QueryRow(`SELECT count(*) FROM river_job WHERE json(args) LIKE '%' || ? || '%'`, string(k.ID)).Scan(&n))
	return n
}

func TestAfterARestartEveryOpenTaskHasAJob(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("pixplus")
	open, ended := w.submit(who, w.ask(who, "")), w.submit(who, w.ask(who, ""))
	must(t, w.Cancel(t.Context(), who, ended.ID))
	if _, err := w.DB.Writer().Exec(`DELETE FROM river_job`); err != nil { // as a new queue does
		t.Fatal(err)
	}
	n, err := w.Recover(t.Context())
	if err != nil || n != 1 || w.jobs(open) != 1 || w.jobs(ended) != 0 {
		t.Errorf("%d tasks, %d and %d jobs, %v", n, w.jobs(open), w.jobs(ended), err)
	}
}

func TestWhoWatchesATaskHearsOfItAndNothingIsLeftOfAWatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("pixplus")
	k := w.submit(who, w.ask(who, ""))
	news, done := w.Watch(k.ID)
	w.finish(k)
	select {
	case <-news:
	default:
		t.Error("nothing was heard")
	}
	done()
	if !w.live.Idle() {
		t.Error("something is left of a task that has ended")
	}
}

func TestTheBackOffDoublesAndIsBounded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		attempt    int
		hint, want time.Duration
	}{{1, 0, firstWait}, {3, 0, 4 * firstWait}, {1, 7 * time.Second, 7 * time.Second}, {2, 24 * time.Hour, longestWait}} {
		if got := wait(c.attempt, c.hint); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
