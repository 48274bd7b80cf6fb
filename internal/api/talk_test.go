package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/blob"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/moderate"
	"vow.example/vow/internal/moderate/advice"
	"vow.example/vow/internal/policy/book"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/provider/openai"
	"vow.example/vow/internal/queue"
	"vow.example/vow/internal/sim/kit"
	talksim "vow.example/vow/internal/sim/openai"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task"
)

// phone is a person with an app for conversations and speech, in front of the API on real parts.
type phone struct {
	t       *testing.T
	url     string
	dir     string
	tasks   *task.Service
	who     task.Who
	machine *talksim.Sim
}

func newPhone(t *testing.T, slow time.Duration) *phone {
	t.Helper()
	p := &phone{t: t, dir: t.TempDir(), machine: talksim.New(talksim.Options{Options: kit.Options{Slow: slow}, Fields: map[string]string{"user": "message", "file": "voice"}})}
	machine := httptest.NewServer(p.machine)
	db, err := store.Open(t.Context(), filepath.Join(p.dir, "vow.db"), [64]byte{1})
	must(t, err)
	root := filepath.Join(p.dir, "root")
	must(t, keyring.CreateRootFile(root))
	ring, err := keyring.Open(filepath.Join(p.dir, "keyring.bin"), keyring.RootFromFile(root))
	must(t, err)
	blobs, err := blob.NewFile(filepath.Join(p.dir, "objects"))
	must(t, err)
	policies := book.Fixed{"talk": policytest.Load(t, policytest.Talk())}
	out, err := egress.New([]egress.Config{{Recipient: "own_ai", BaseURL: machine.URL, AllowLoopback: true}}, log.Logger{})
	must(t, err)
	pool, err := provider.NewPool(out, map[privacy.AppID]provider.Wiring{"talk": {"own_ai": {Driver: openai.Name, Workflows: map[privacy.FeatureID]driver.Workflow{
		"ai_chat":        {Call: "chat/completions", ID: "local-model", Nodes: map[privacy.Field]driver.Node{"message": {Name: "user"}, "history": {Name: "history"}}},
		"speech_to_text": {Call: "audio/transcriptions", ID: "whisper-1", Nodes: map[privacy.Field]driver.Node{"voice": {Name: "file"}}},
	}}}}, map[string]driver.Driver{openai.Name: openai.Driver{}})
	must(t, err)
	reads, err := advice.New()
	must(t, err)
	rules, err := moderate.NewPromptRules()
	must(t, err)
	v := vault.New(ring, blobs, clock.Real{}, 16<<20)
	eraser := erasure.New(erasure.Options{DB: db, Vault: v, Ring: ring, Clock: clock.Real{}, Policies: policies})
	p.tasks = task.New(task.Options{
		DB: db, Vault: v, Ring: ring, Eraser: eraser, Providers: pool, Policies: policies, Clock: clock.Real{}, Advice: reads,
		Gates: map[string]review.Gate{"prompt_rules": rules}, PollEvery: 5 * time.Millisecond, GiveUp: time.Minute,
	})
	q, err := queue.New(t.Context(), db.Writer(), p.tasks.Work)
	must(t, err)
	p.tasks.Attach(q)
	must(t, q.Start(t.Context()))
	h, err := New(Options{
		DB: db, Vault: v, Tasks: p.tasks, Eraser: eraser, Policies: policies, Clock: clock.Real{}, PublicURL: "http://127.0.0.1:8420",
		Digest: func(token string) []byte { return []byte(token) },
	})
	must(t, err)
	front := httptest.NewServer(h)
	p.url = front.URL
	t.Cleanup(func() {
		p.machine.Close()
		front.Close()
		must(t, q.Stop(context.WithoutCancel(t.Context())))
		out.Close()
		machine.Close()
		must(t, errors.Join(db.Close(), blobs.Close(), ring.Close()))
	})
	now := clock.Real{}.Now()
	year := now.AddDate(1, 0, 0)
	p.who = task.Who{Policy: policies["talk"], Subject: "sub_1"}
	must(t, db.Write(t.Context(), func(tx *store.Tx) error {
		if err := tx.InsertSubject(t.Context(), "talk", store.Subject{ID: "sub_1", Locale: "en", CreatedAt: now, ExpiresAt: year}); err != nil {
			return err
		}
		return tx.InsertSession(t.Context(), store.Session{ID: "ses_1", App: "talk", Subject: "sub_1", ExpiresAt: year}, []byte("me"), now)
	}))
	return p
}

// call makes a request and reads the answer into out; out may be nil.
func (p *phone) call(method, path, contentType string, body io.Reader, out any) *http.Response {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.url+path, body)
	must(p.t, err)
	r.Header.Set("Authorization", "Bearer me")
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	res, err := http.DefaultClient.Do(r)
	must(p.t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	must(p.t, err)
	if out != nil && json.Unmarshal(raw, out) != nil {
		p.t.Fatalf("%s %s: %d %s", method, path, res.StatusCode, raw)
	}
	res.Body = io.NopCloser(bytes.NewReader(raw))
	return res
}

func (p *phone) post(path string, in, out any) *http.Response {
	p.t.Helper()
	raw, err := json.Marshal(in)
	must(p.t, err)
	return p.call(http.MethodPost, path, "application/json", bytes.NewReader(raw), out)
}

func (p *phone) agree(feature string) string {
	p.t.Helper()
	var d client.Disclosure
	p.call(http.MethodGet, "/v1/features/"+feature+"/disclosure", "", nil, &d)
	var c client.Consent
	res := p.post("/v1/consents", client.ConsentCreate{Feature: feature, Recipient: "own_ai", Decision: "granted", DisclosureHash: d.Hash}, &c)
	if raw, _ := io.ReadAll(res.Body); c.ID == "" {
		p.t.Fatalf("no consent to %s: %d %s", feature, res.StatusCode, raw)
	}
	return c.ID
}

// TestAYesHoldsAsLongAsThePersonSays: the policy remembers a yes; whoever says it for one task is asked again, and
// what is not offered is refused by name.
func TestAYesHoldsAsLongAsThePersonSays(t *testing.T) {
	p := newPhone(t, 0)
	var d client.Disclosure
	p.call(http.MethodGet, "/v1/features/ai_chat/disclosure", "", nil, &d)
	if d.Scope != "until_policy_changes" || !slices.Equal(d.Scopes, []string{"single_job", "until_policy_changes"}) {
		t.Fatalf("the screen offers %v, and says %s", d.Scopes, d.Scope)
	}
	for said, recorded := range map[string]string{"": d.Scope, "single_job": "single_job", "until_policy_changes": "until_policy_changes"} {
		var c client.Consent
		p.post("/v1/consents", client.ConsentCreate{Feature: d.Feature, Recipient: "own_ai", Decision: "granted", DisclosureHash: d.Hash, Scope: said}, &c)
		if c.Scope != recorded {
			t.Errorf("%q was recorded as %q", said, c.Scope)
		}
	}
	var problem client.Problem
	res := p.post("/v1/consents", client.ConsentCreate{Feature: d.Feature, Recipient: "own_ai", Decision: "granted", DisclosureHash: d.Hash, Scope: "for_ever"}, &problem)
	if res.StatusCode != http.StatusUnprocessableEntity || len(problem.Errors) != 1 || problem.Errors[0].Pointer != "/scope" {
		t.Errorf("an unknown scope: %d, %+v", res.StatusCode, problem)
	}
}

// say begins a turn, as the service of conversations does.
func (p *phone) say(message, history string) store.Task {
	p.t.Helper()
	k, _, err := p.tasks.Submit(p.t.Context(), p.who, task.Request{
		Feature: "ai_chat", Texts: map[privacy.Field]privacy.Text{"message": privacy.NewText(message)}, Earlier: privacy.NewText(history),
		Consent: privacy.ConsentID(p.agree("ai_chat")), Language: "en",
	})
	must(p.t, err)
	return k
}

// heard is what one reading of an event stream showed.
type heard struct {
	kinds   []string
	last    string // id
	text    string
	notices []string // with the last piece
	output  client.Output
}

// follow reads the events of a task, until the stream ends or enough says so.
func (p *phone) follow(k store.Task, after string, enough func(heard) bool) (h heard) {
	p.t.Helper()
	ctx, leave := context.WithTimeout(p.t.Context(), 20*time.Second)
	defer leave()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"/v1/tasks/"+string(k.ID)+"/events", nil)
	must(p.t, err)
	r.Header.Set("Authorization", "Bearer me")
	if after != "" {
		r.Header.Set("Last-Event-ID", after)
	}
	res, err := http.DefaultClient.Do(r)
	must(p.t, err)
	defer res.Body.Close()
	kind := ""
	for lines := bufio.NewScanner(res.Body); lines.Scan() && !enough(h); {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch name {
		case "id":
			h.last = value
		case "event":
			kind = value
			h.kinds = append(h.kinds, kind)
		case "data":
			h.take(p.t, kind, value)
		}
	}
	return h
}

func (h *heard) take(t *testing.T, kind, data string) {
	t.Helper()
	switch kind {
	case "text":
		var piece client.TextPiece
		must(t, json.Unmarshal([]byte(data), &piece))
		if piece.At != 0 && piece.At != len(h.text) {
			t.Errorf("a piece at %d after %d bytes: a hole", piece.At, len(h.text))
		}
		h.text, h.notices = h.text[:min(piece.At, len(h.text))]+piece.Piece, piece.Notices
	case "output":
		must(t, json.Unmarshal([]byte(data), &h.output))
	}
}

func toTheEnd(heard) bool { return false }

func TestATurnIsReadAlongAndAgainAfterTheLineBroke(t *testing.T) {
	t.Parallel()
	p := newPhone(t, 4*time.Second)
	const before = `[{"role":"user","text":"I call my cat Morris"},{"role":"assistant","text":"A fine name."}]`
	k := p.say("test:slow My landlord wants to evict me and my doctor is ill", before)
	first := p.follow(k, "", func(h heard) bool { return len(h.text) > 30 })
	if slices.Contains(first.kinds, "done") || first.last == "" {
		t.Fatalf("the line did not break in the middle: %+v", first)
	}
	rest := p.follow(k, first.last, toTheEnd)
	if !strings.HasPrefix(rest.text, first.text) || !strings.Contains(rest.text, "First you said: “I call my cat Morris”") || !strings.HasSuffix(rest.text, ".") {
		t.Errorf("%q, and after the line broke %q", first.text, rest.text)
	}
	if n := len(rest.kinds); n < 3 || rest.kinds[n-1] != "done" || slices.Index(rest.kinds, "output") < slices.Index(rest.kinds, "text") {
		t.Errorf("%v", rest.kinds)
	}
	var out client.Output
	p.call(http.MethodGet, "/v1/outputs/"+rest.output.ID, "", nil, &out)
	want := []string{"ai_generated", "medical", "legal"}
	if !slices.Equal(out.Notices, want) || !slices.Equal(rest.notices, want) || !slices.Equal(rest.output.Notices, want) || out.Kind != "text" || out.Once {
		t.Errorf("the last piece has %v, the event %v, the result %v", rest.notices, rest.output.Notices, out)
	}
	content := p.call(http.MethodGet, "/v1/outputs/"+out.ID+"/content", "", nil, nil)
	whole, _ := io.ReadAll(content.Body)
	if string(whole) != rest.text || content.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("%q, %s", whole, content.Header.Get("Content-Type"))
	}
	if over := p.call(http.MethodGet, "/v1/tasks/"+string(k.ID)+"/events", "", nil, nil); over.StatusCode != http.StatusOK {
		t.Errorf("%d", over.StatusCode)
	}
	var view client.Task
	p.call(http.MethodGet, "/v1/tasks/"+string(k.ID), "", nil, &view)
	if len(view.Transfers) != 1 || !slices.Equal(view.Transfers[0].Fields, []string{"history", "message"}) {
		t.Errorf("%+v", view.Transfers)
	}
}

func TestAStopInTheMiddleOfAnAnswerSaysWhatWasSent(t *testing.T) {
	t.Parallel()
	p := newPhone(t, time.Hour)
	k := p.say("test:slow tell me a story", "")
	for end := time.Now().Add(20 * time.Second); len(p.machine.Received().Requests) == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("nothing ever arrived")
		}
	}
	var view client.Task
	if res := p.post("/v1/tasks/"+string(k.ID)+"/cancel", nil, &view); res.StatusCode != http.StatusOK || view.State != "canceled" || !view.WasSent || view.CancelOutcome != "may_finish_there" {
		t.Errorf("%d, %+v", res.StatusCode, view)
	}
	if len(view.Outputs) != 0 || len(view.Transfers) != 1 {
		t.Errorf("%d results, %d transfers", len(view.Outputs), len(view.Transfers))
	}
	for end := time.Now().Add(20 * time.Second); p.machine.Received().Left == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the machine still talks to somebody who has left")
		}
	}
}

// tone is a WAV file of a second with a title.
func tone(title string) []byte {
	le := func(n int) string { return string([]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)}) }
	sound := strings.Repeat(title+"~", 8000)[:8000]
	body := "WAVEfmt " + le(16) + "\x01\x00\x01\x00" + le(8000) + le(8000) + "\x01\x00\x08\x00" + "LIST" + le(len(title)) + title + "data" + le(len(sound)) + sound
	return []byte("RIFF" + le(len(body)) + body)
}

func TestARecordingIsWrittenDownOnceAndLeavesNoByte(t *testing.T) {
	t.Parallel()
	p := newPhone(t, 0)
	const title = "CANARY12"
	var up client.Upload
	if res := p.call(http.MethodPost, "/v1/uploads", "audio/wav", bytes.NewReader(tone(title)), &up); res.StatusCode != http.StatusCreated || up.Storage != "memory" || up.MediaType != "audio/wav" || len(up.Stripped) != 1 {
		t.Fatalf("%d, %+v", res.StatusCode, up)
	}
	create := client.TaskCreate{Feature: "speech_to_text", Inputs: []client.TaskInput{{Role: "voice", Upload: up.ID}}}
	var problem client.Problem
	if res := p.post("/v1/tasks", create, &problem); res.StatusCode != http.StatusForbidden || problem.Code != "consent-required" {
		t.Errorf("without consent: %d, %+v", res.StatusCode, problem)
	}
	create.Consent = p.agree("speech_to_text")
	var view client.Task
	p.post("/v1/tasks", create, &view)
	h := p.follow(store.Task{ID: privacy.TaskID(view.ID)}, "", toTheEnd)
	var out client.Output
	p.call(http.MethodGet, "/v1/outputs/"+h.output.ID, "", nil, &out)
	if !out.Once || !slices.Equal(out.Notices, []string{"ai_generated"}) || out.Kind != "text" {
		t.Fatalf("%v, %+v", h.kinds, out)
	}
	path := "/v1/outputs/" + out.ID + "/content"
	if res := p.call(http.MethodHead, path, "", nil, nil); res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("%d, %v", res.StatusCode, res.Header)
	}
	res := p.call(http.MethodGet, path, "", nil, nil)
	words, _ := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusOK || len(words) < 10 {
		t.Errorf("%d %q", res.StatusCode, words)
	}
	if again := p.call(http.MethodGet, path, "", nil, &problem); again.StatusCode != http.StatusGone {
		t.Errorf("a second time: %d", again.StatusCode)
	}
	if gone := p.call(http.MethodGet, "/v1/uploads/"+up.ID, "", nil, nil); gone.StatusCode != http.StatusGone {
		t.Errorf("the recording: %d", gone.StatusCode)
	}
	must(t, filepath.WalkDir(p.dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(name)
		if bytes.Contains(raw, []byte(title)) || bytes.Contains(raw, words) || strings.Contains(name, "objects") && len(raw) > 0 {
			t.Errorf("%s holds something of it", strconv.Quote(filepath.Base(name)))
		}
		return err
	}))
}
