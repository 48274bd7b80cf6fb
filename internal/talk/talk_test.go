package talk_test

import (
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vow.example/vow/internal/blob"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/moderate"
	"vow.example/vow/internal/moderate/advice"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/book"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/provider/openai"
	"vow.example/vow/internal/queue"
	"vow.example/vow/internal/sim/kit"
	machinesim "vow.example/vow/internal/sim/openai"
	"vow.example/vow/internal/store"
	storetalk "vow.example/vow/internal/store/talk"
	"vow.example/vow/internal/talk"
	"vow.example/vow/internal/task"
)

// world is conversations on real parts, with a machine of the operator's own.
type world struct {
	*talk.Service
	t       *testing.T
	clock   *clock.Adjustable
	machine *machinesim.Sim
	who     task.Who
	between atomic.Pointer[func()] // done once when keys are gone and their rows are still there
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, clock: clock.NewFake(time.Date(2026, 11, 21, 14, 0, 0, 0, time.UTC))}
	w.machine = machinesim.New(machinesim.Options{Options: kit.Options{Clock: w.clock}, Fields: map[string]string{"user": "message"}})
	machine := httptest.NewServer(w.machine)
	dir := t.TempDir()
	db, err := store.Open(t.Context(), filepath.Join(dir, "vow.db"), [64]byte{1})
	w.must(err)
	root := filepath.Join(dir, "root")
	w.must(keyring.CreateRootFile(root))
	ring, err := keyring.Open(filepath.Join(dir, "keyring.bin"), keyring.RootFromFile(root))
	w.must(err)
	blobs, err := blob.NewFile(filepath.Join(dir, "objects"))
	w.must(err)
	p := policytest.Load(t, policytest.Talk())
	policies := book.Fixed{p.App(): p}
	out, err := egress.New([]egress.Config{{Recipient: "own_ai", BaseURL: machine.URL, AllowLoopback: true}}, log.Logger{})
	w.must(err)
	pool, err := provider.NewPool(out, map[privacy.AppID]provider.Wiring{p.App(): {"own_ai": {Driver: openai.Name, Workflows: map[privacy.FeatureID]driver.Workflow{
		"ai_chat": {Call: "chat/completions", ID: "local-model", Nodes: map[privacy.Field]driver.Node{"message": {Name: "user"}, "history": {Name: "history"}}},
	}}}}, map[string]driver.Driver{openai.Name: openai.Driver{}})
	w.must(err)
	reads, err := advice.New()
	w.must(err)
	rules, err := moderate.NewPromptRules()
	w.must(err)
	v := vault.New(ring, blobs, w.clock, 16<<20)
	eraser := erasure.New(erasure.Options{DB: db, Vault: v, Ring: ring, Clock: w.clock, Policies: policies, At: w.at})
	tasks := task.New(task.Options{
		DB: db, Vault: v, Ring: ring, Eraser: eraser, Providers: pool, Policies: policies, Clock: w.clock, Advice: reads,
		Gates: map[string]review.Gate{"prompt_rules": rules}, PollEvery: 5 * time.Millisecond, GiveUp: time.Minute,
	})
	q, err := queue.New(t.Context(), db.Writer(), tasks.Work)
	w.must(err)
	tasks.Attach(q)
	w.must(q.Start(t.Context()))
	w.Service = &talk.Service{DB: db, Vault: v, Tasks: tasks, Eraser: eraser, Clock: w.clock}
	w.who = w.person(p, "sub_1")
	t.Cleanup(func() {
		w.machine.Close()
		w.must(q.Stop(context.WithoutCancel(t.Context())))
		out.Close()
		machine.Close()
		w.must(errors.Join(db.Close(), blobs.Close(), ring.Close()))
	})
	return w
}

func (w *world) at(point string) {
	if point != "erase.destroyed" {
		return
	}
	if f := w.between.Swap(nil); f != nil {
		(*f)()
	}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// person is somebody who has agreed to the chat.
func (w *world) person(p *policy.Policy, id privacy.SubjectID) task.Who {
	w.t.Helper()
	now := w.clock.Now()
	screen, err := p.Screen("ai_chat", "en")
	w.must(err)
	w.must(w.DB.Write(w.t.Context(), func(tx *store.Tx) error {
		if err := tx.InsertSubject(w.t.Context(), p.App(), store.Subject{ID: id, Locale: "en", CreatedAt: now, ExpiresAt: now.AddDate(1, 0, 0)}); err != nil {
			return err
		}
		return tx.InsertConsent(w.t.Context(), consent.Record{
			ID: privacy.ConsentID(privacy.NewID(privacy.PrefixConsent)), App: p.App(), Subject: id, Feature: "ai_chat", Recipient: "own_ai",
			Decision: consent.Given, Screen: screen.Hash, Language: "en", PolicyHash: p.Hash(), Version: p.Version(), Mode: policy.PerFeature, At: now,
		}, now.AddDate(1, 0, 0))
	}))
	return task.Who{Policy: p, Subject: id}
}

func (w *world) start() privacy.ChatID {
	w.t.Helper()
	c, err := w.Start(w.t.Context(), w.who)
	w.must(err)
	return c.ID
}

// ask asks and waits for the answer.
func (w *world) ask(id privacy.ChatID, words string) talk.Turn {
	w.t.Helper()
	k, err := w.Say(w.t.Context(), w.who, id, talk.Say{Text: privacy.NewText(words), Language: "en"})
	w.must(err)
	for range 1000 {
		turns, err := w.Turns(w.t.Context(), w.who, id)
		w.must(err)
		if last := turns[len(turns)-1]; last.Task == k.ID && last.State.Ended() {
			return last
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.t.Fatal("no answer")
	return talk.Turn{}
}

func TestANewQuestionTakesTheTurnsBeforeAlong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.start()
	first := w.ask(id, "What is a heron called in Dutch?")
	if first.State != store.Succeeded || first.Answer.Empty() || len(first.Notices) == 0 {
		t.Fatalf("the first turn: %s, %v", first.State, first.Notices)
	}
	second := w.ask(id, "And what did I ask before?")
	if !strings.Contains(second.Answer.Reveal(), "heron") {
		t.Errorf("the machine has not seen the first question: %q", second.Answer.Reveal())
	}
	other := w.start()
	if third := w.ask(other, "And what did I ask before?"); strings.Contains(third.Answer.Reveal(), "heron") {
		t.Error("another conversation knows the words of the first")
	}
	list, err := w.List(t.Context(), w.who, storetalk.Page{Limit: 10})
	if err != nil || len(list) != 2 || list[0].ID != other || list[1].Turns != 2 {
		t.Errorf("the list: %+v, %v", list, err)
	}
}

func TestAConversationIsItsOwnersAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.start()
	stranger := w.person(w.who.Policy, "sub_2")
	if _, err := w.Find(t.Context(), stranger, id); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("found by a stranger: %v", err)
	}
	if _, err := w.Say(t.Context(), stranger, id, talk.Say{Text: privacy.NewText("hello")}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a stranger spoke: %v", err)
	}
	if _, err := w.Erase(t.Context(), stranger, id); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a stranger erased it: %v", err)
	}
	if list, err := w.List(t.Context(), stranger, storetalk.Page{Limit: 10}); err != nil || len(list) != 0 {
		t.Errorf("a stranger's list: %v, %v", list, err)
	}
}

func TestOfQuestionsThatComeAtOnceNoneIsAskedWithoutTheAnswerBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.start()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := w.Say(t.Context(), w.who, id, talk.Say{Text: privacy.NewText("and then?"), Language: "en"}); err != nil && !errors.Is(err, talk.ErrBusy) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	w.ask(w.start(), "somewhere else") // which waits for nobody
	turns, err := w.Turns(t.Context(), w.who, id)
	w.must(err)
	for i := range turns[:len(turns)-1] {
		k, err := w.DB.App(w.who.App()).Task(t.Context(), w.who.Subject, turns[i].Task)
		w.must(err)
		next, err := w.DB.App(w.who.App()).Task(t.Context(), w.who.Subject, turns[i+1].Task)
		w.must(err)
		earlier, err := w.DB.App(w.who.App()).TaskObjects(t.Context(), next.ID)
		w.must(err)
		if !slices.ContainsFunc(earlier, func(o store.Object) bool { return o.Role == review.Earlier }) {
			t.Errorf("turn %d was asked while turn %d, %s, had no answer", i+1, i, k.State)
		}
	}
}

func TestAConversationIsSomebodysAndNobodyHasThemWithoutEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	insert := func(subject privacy.SubjectID) error {
		now := w.clock.Now()
		c := storetalk.Chat{ID: privacy.ChatID(privacy.NewID(privacy.PrefixChat)), Subject: subject, At: now, TouchedAt: now, ExpiresAt: now.Add(time.Hour)}
		return w.DB.Write(t.Context(), func(tx *store.Tx) error { return storetalk.Insert(t.Context(), tx, w.who.App(), c, 2) })
	}
	w.must(insert("sub_1"))
	w.must(insert("sub_1"))
	for _, subject := range []privacy.SubjectID{"sub_1", "sub_erased"} {
		if err := insert(subject); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", subject, err)
		}
	}
	w.clock.Advance(2 * time.Hour)
	w.must(insert("sub_1"))
	gone := w.who
	gone.Subject = "sub_erased"
	if _, err := w.Start(t.Context(), gone); fault.CodeOf(err) != "rate-limited" {
		t.Errorf("for whoever is gone: %v", err)
	}
}

func TestAKeyOfOneConversationIsNoneOfAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, two := w.start(), w.start()
	same := talk.Say{Text: privacy.NewText("the same words"), Language: "en", Key: "key"}
	a, err := w.Say(t.Context(), w.who, one, same)
	w.must(err)
	b, err := w.Say(t.Context(), w.who, two, same)
	w.must(err)
	turns, err := w.Turns(t.Context(), w.who, two)
	w.must(err)
	if a.ID == b.ID || len(turns) != 1 || turns[0].Task != b.ID {
		t.Errorf("%s %s %+v", a.ID, b.ID, turns)
	}
}

func TestEndingAConversationErasesEveryWordOfIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, kept := w.start(), w.start()
	w.ask(id, "My secret word is kingfisher")
	w.ask(id, "Say it again")
	w.ask(kept, "Something else")
	receipts, err := w.Erase(t.Context(), w.who, id)
	if err != nil || len(receipts) != 4 { // two questions, two answers; what went along ended with its task
		t.Fatalf("%d receipts, %v", len(receipts), err)
	}
	if _, err := w.Find(t.Context(), w.who, id); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the conversation is still there: %v", err)
	}
	w.silent("kingfisher")
	if turns, err := w.Turns(t.Context(), w.who, kept); err != nil || len(turns) != 1 || turns[0].Question.Empty() {
		t.Errorf("the other conversation: %+v, %v", turns, err)
	}
}

// silent fails where anything that still opens holds the word.
func (w *world) silent(word string) {
	w.t.Helper()
	w.must(w.Vault.TryOpenAll(w.t.Context(), func(object string, err error, plain io.Reader) {
		if err != nil {
			return
		}
		if raw, _ := io.ReadAll(plain); strings.Contains(string(raw), word) {
			w.t.Errorf("%s still opens and holds the words", object)
		}
	}))
}

func TestATurnThatHasEndedItsClockIsInNoLaterOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.start()
	first := w.ask(id, "My secret word is kingfisher")
	written := w.clock.Now()
	w.clock.Advance(20 * 24 * time.Hour)
	w.ask(id, "Is it still warm?")
	w.clock.Advance(10*24*time.Hour + time.Minute) // the first turn is thirty days old, the second ten
	later := w.ask(id, "What did I ask before?")
	if strings.Contains(later.Answer.Reveal(), "My secret word") {
		t.Errorf("words that have ended their clock went along: %q", later.Answer.Reveal())
	}
	turns, err := w.Turns(t.Context(), w.who, id)
	w.must(err)
	for _, turn := range turns {
		if turn.Task == first.Task && !turn.Question.Empty() || strings.Contains(turn.Question.Reveal(), "kingfisher") {
			t.Error("words that have ended their clock can still be read")
		}
	}
	if d, err := retention.For(w.who.Policy, "chat_message", policy.ItemWritten, written); err != nil || w.clock.Now().Before(d.At()) {
		t.Fatalf("the test proves nothing: %v, %v", d.At(), err)
	}
	if first.GoneBy.IsZero() {
		t.Error("the first turn did not say when it goes")
	}
}

func TestAnAppWithoutAChatSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := task.Who{Policy: policytest.PixPlus(t), Subject: "sub_1"}
	var refused *fault.Error
	if _, err := w.Start(t.Context(), who); !errors.As(err, &refused) {
		t.Errorf("got %v", err)
	}
}
