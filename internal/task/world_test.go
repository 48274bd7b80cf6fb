package task

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"vow.example/vow/apps"
	"vow.example/vow/internal/blob"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/media"
	"vow.example/vow/internal/moderate/advice"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/book"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/provider/openai"
	"vow.example/vow/internal/provider/runninghub"
	"vow.example/vow/internal/provider/traffic"
	"vow.example/vow/internal/queue"
	sim "vow.example/vow/internal/sim/runninghub"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task/ledger"
)

const (
	abroad   = privacy.RecipientID("runninghub")
	simKey   = "0123456789abcdef0123456789abcdef"
	patience = 20 * time.Second // only a test that fails waits so long
)

// world is the pipeline on real parts and a simulated recipient. The clock stands still, and nobody
// works unless the test does: every interleaving is the test's own.
type world struct {
	*Service
	t     *testing.T
	clock *clock.Adjustable
	blobs *blob.File
	sim   *sim.Sim
	other *other // every recipient of Mixoo

	mu    sync.Mutex
	hooks map[string]func() // run once, when the point is reached
	judge func(prompt privacy.Text) review.Opinion
}

// builtIn reads the policies once for all worlds: they never change.
var builtIn = sync.OnceValues(func() (map[privacy.AppID]*policy.Policy, error) { return policy.LoadFS(apps.FS) })

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, clock: clock.NewFake(time.Date(2026, 11, 21, 14, 10, 0, 0, time.UTC)), hooks: map[string]func(){}}
	w.says(review.Opinion{Decision: review.Allow})
	w.sim = sim.New(sim.Options{Clock: w.clock, Seed: 1, Key: simKey, Workflows: sim.DemoWorkflows(), Render: same, Slow: time.Minute})
	srv := httptest.NewServer(w.sim)
	t.Cleanup(func() {
		w.sim.Close()
		srv.Close()
	})
	var root [32]byte
	_, _ = rand.Read(root[:])
	dir := t.TempDir()
	ring, err := keyring.Open(filepath.Join(dir, "keyring.bin"), keyring.RootFromBytes(root))
	must(t, err)
	db, err := store.Open(t.Context(), filepath.Join(dir, "vow.db"), [64]byte{1, 2, 3})
	must(t, err)
	w.blobs, err = blob.NewFile(filepath.Join(dir, "objects"))
	must(t, err)
	policies, err := builtIn()
	must(t, err)
	wiring, err := provider.LoadWiring(apps.FS)
	must(t, err)
	w.other = newOther(t, w.clock)
	out, err := egress.New(append(w.other.configs(wiring), egress.Config{
		Recipient: abroad, BaseURL: srv.URL, AllowLoopback: true, CallbackBase: "http://127.0.0.1:9/hooks",
		Credentials: map[string]egress.Credential{runninghub.Credential: egress.NewCredential(simKey)},
	}), log.Logger{})
	must(t, err)
	drivers := map[string]driver.Driver{runninghub.Name: runninghub.Driver{}, openai.Name: openai.Driver{}}
	for _, route := range wiring["mixoo"] {
		if drivers[route.Driver] == nil {
			drivers[route.Driver] = w.other
		}
	}
	pool, err := provider.NewPool(out, wiring, drivers)
	must(t, err)
	pool.Govern(traffic.New(w.clock, map[privacy.RecipientID]traffic.Limits{"tencent_cloud": {Parallel: 1}}, w.other))
	v := vault.New(ring, w.blobs, w.clock, 64<<20)
	eraser := erasure.New(erasure.Options{DB: db, Vault: v, Ring: ring, Clock: w.clock, Log: log.Logger{}, Policies: book.Fixed(policies)})
	w.other.fetches = ledger.Links{DB: db, Eraser: eraser}
	reads, err := advice.New()
	must(t, err)
	w.Service = New(Options{
		Links: w.other.book,
		DB:    db, Vault: v, Ring: ring, Eraser: eraser, Providers: pool, Policies: book.Fixed(policies), Clock: w.clock, Log: log.Logger{}, Advice: reads,
		Gates:   map[string]review.Gate{"prompt_rules": gate{"prompt_rules", w}, "media_gate": gate{"media_gate", w}},
		HookURL: "http://127.0.0.1:9/hooks", PollEvery: 5 * time.Millisecond, GiveUp: time.Minute, At: w.reached,
	})
	q, err := queue.New(t.Context(), db.Writer(), w.Work)
	must(t, err)
	w.Attach(q)
	t.Cleanup(func() {
		out.Close()
		must(t, errors.Join(db.Close(), w.blobs.Close(), ring.Close()))
	})
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// same is a recipient that gives the photo back.
func same(_ context.Context, _ string, photo []byte, _ string, _ map[string]string) ([]byte, string, error) {
	return photo, media.JPEG, nil
}

// gate lets everything through, or says of a prompt what the world says.
type gate struct {
	name string
	w    *world
}

func (g gate) Name() string { return g.name }

func (g gate) Judge(_ context.Context, r review.Request) (review.Opinion, error) {
	g.w.mu.Lock()
	defer g.w.mu.Unlock()
	if g.name != "prompt_rules" || r.Prompt.Empty() {
		return review.Opinion{Decision: review.Allow}, nil
	}
	return g.w.judge(r.Prompt), nil
}

// says makes the gate say the same of every text.
func (w *world) says(o review.Opinion) {
	w.judge = func(privacy.Text) review.Opinion { return o }
}

// rewrites makes the gate propose another wording for one text.
func (w *world) rewrites(bad, good privacy.Text) {
	w.judge = func(prompt privacy.Text) review.Opinion {
		if prompt.Reveal() == bad.Reveal() {
			return review.Opinion{Decision: review.Rewrite, Rule: "soft.1", Text: good}
		}
		return review.Opinion{Decision: review.Allow}
	}
}

// when runs do the next time the pipeline comes to a point.
func (w *world) when(point string, do func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hooks[point] = do
}

func (w *world) reached(point string) {
	w.mu.Lock()
	do := w.hooks[point]
	delete(w.hooks, point)
	w.mu.Unlock()
	if do != nil {
		do()
	}
}

// person starts an account of an app.
func (w *world) person(app privacy.AppID) Who {
	w.t.Helper()
	p, err := w.Policies.For(w.t.Context(), app, "")
	must(w.t, err)
	who := Who{Policy: p, Subject: privacy.SubjectID(privacy.NewID(privacy.PrefixSubject))}
	now := w.clock.Now()
	w.write(func(tx *store.Tx) error {
		return tx.InsertSubject(w.t.Context(), app, store.Subject{ID: who.Subject, Locale: "en", CreatedAt: now, ExpiresAt: now.AddDate(0, 6, 0)})
	})
	return who
}

func (w *world) write(f func(*store.Tx) error) {
	w.t.Helper()
	must(w.t, w.DB.Write(w.t.Context(), f))
}

// words are the texts of a request with a prompt only.
func words(prompt string) map[privacy.Field]privacy.Text {
	return map[privacy.Field]privacy.Text{"prompt": privacy.NewText(prompt)}
}

// photo is a small JPEG.
func photo() []byte {
	img := image.NewNRGBA(image.Rect(0, 0, 48, 48))
	for i := range 48 * 48 {
		img.Set(i%48, i/48, color.NRGBA{uint8(i), uint8(i / 48 * 5), 120, 255})
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, img, nil) // a buffer takes everything
	return b.Bytes()
}

func (w *world) upload(who Who) store.Object {
	w.t.Helper()
	o, err := w.Upload(w.t.Context(), who, Incoming{Body: bytes.NewReader(photo()), Declared: media.JPEG, Name: "me.jpg"})
	must(w.t, err)
	return o
}

// agree records a consent to a feature.
func (w *world) agree(who Who, f privacy.FeatureID) privacy.ConsentID {
	w.t.Helper()
	feature, ok := who.Policy.Feature(f)
	if !ok {
		w.t.Fatalf("no feature %s", f)
	}
	screen, err := who.Policy.Screen(f, "en")
	must(w.t, err)
	now := w.clock.Now()
	c := consent.Record{
		ID: privacy.ConsentID(privacy.NewID(privacy.PrefixConsent)), App: who.App(), Subject: who.Subject, Feature: f, Recipient: feature.Recipient,
		Decision: consent.Given, Screen: screen.Hash, Language: screen.Language, PolicyHash: who.Policy.Hash(), Version: who.Policy.Version(), Mode: feature.Consent, At: now,
	}
	w.write(func(tx *store.Tx) error { return tx.InsertConsent(w.t.Context(), c, now.AddDate(1, 0, 0)) })
	return c.ID
}

// ask is a request for an avatar from a fresh upload, after consent.
func (w *world) ask(who Who, prompt string) Request {
	w.t.Helper()
	return Request{
		Feature: "avatar", Inputs: map[privacy.Field]privacy.ObjectID{"photo": w.upload(who).Object}, Texts: words(prompt),
		Consent: w.agree(who, "avatar"), Language: "en",
	}
}

func (w *world) submit(who Who, r Request) store.Task {
	w.t.Helper()
	k, replayed, err := w.Submit(w.t.Context(), who, r)
	must(w.t, err)
	if replayed {
		w.t.Fatal("replayed")
	}
	return k
}

// work works on a task until done says so, as the queue would.
func (w *world) work(k store.Task, done func(store.Task) bool) store.Task {
	w.t.Helper()
	end := time.Now().Add(patience)
	for time.Now().Before(end) {
		again, err := w.turnOnce(k)
		if !errors.Is(err, context.Canceled) { // a cancel reached it
			must(w.t, err)
		}
		if now := w.task(k); done(now) {
			return now
		}
		time.Sleep(min(again, 10*time.Millisecond))
	}
	w.t.Fatalf("the task stays %s", w.task(k).State)
	return k
}

// turnOnce is one turn of a worker.
func (w *world) turnOnce(k store.Task) (time.Duration, error) {
	unlock := w.queue.Lock(k.ID)
	defer unlock()
	return w.Work(w.t.Context(), k.App, k.ID)
}

func (w *world) finish(k store.Task) store.Task {
	w.t.Helper()
	return w.work(k, func(k store.Task) bool { return k.State.Ended() })
}

func in(s store.TaskState) func(store.Task) bool {
	return func(k store.Task) bool { return k.State == s }
}

func (w *world) task(k store.Task) store.Task {
	w.t.Helper()
	k, err := w.DB.App(k.App).TaskByID(w.t.Context(), k.ID)
	must(w.t, err)
	return k
}

// ledgerRow returns the only ledger row of a task.
func (w *world) ledgerRow(k store.Task) store.Transfer {
	w.t.Helper()
	list, err := w.DB.App(k.App).TaskTransfers(w.t.Context(), k.ID)
	must(w.t, err)
	if len(list) != 1 {
		w.t.Fatalf("%d ledger rows", len(list))
	}
	return list[0]
}

// held counts what lies on the disk.
func (w *world) held() (n int) {
	w.t.Helper()
	for _, err := range w.blobs.List(w.t.Context()) {
		must(w.t, err)
		n++
	}
	return n
}

// calls counts the calls of one kind that reached the recipient.
func (w *world) calls(path string) (n int) {
	for _, r := range w.sim.Received().Requests {
		if r.Path == "/task/openapi/"+path {
			n++
		}
	}
	return n
}

func (w *world) receipt(who Who, id privacy.ObjectID) store.Receipt {
	w.t.Helper()
	r, err := w.DB.App(who.App()).ReceiptOf(w.t.Context(), who.Subject, id)
	must(w.t, err)
	return r
}

// later erases what is due after the clock has moved.
func (w *world) later(d time.Duration) {
	w.t.Helper()
	w.clock.Advance(d)
	_, err := w.Eraser.Sweep(w.t.Context(), w.clock.Now())
	must(w.t, err)
}
