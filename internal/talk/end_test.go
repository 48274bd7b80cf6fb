package talk_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	storetalk "vow.example/vow/internal/store/talk"
	"vow.example/vow/internal/talk"
	"vow.example/vow/internal/task"
)

// gone fails where anything is left of a conversation, or of a task that was asked in it.
func (w *world) gone(id privacy.ChatID, k store.Task) {
	w.t.Helper()
	if _, err := w.Find(w.t.Context(), w.who, id); !errors.Is(err, store.ErrNotFound) {
		w.t.Errorf("the conversation is still there: %v", err)
	}
	if k.ID == "" {
		return
	}
	if k, err := w.DB.App(w.who.App()).Task(w.t.Context(), w.who.Subject, k.ID); !errors.Is(err, store.ErrNotFound) {
		w.t.Errorf("its last question is still there, %s: %v", k.State, err)
	}
}

func TestAQuestionAskedWhileTheConversationEndsEndsWithItOrIsNotTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.start()
	w.ask(id, "Is the river high?")
	var k store.Task
	said := func() {
		var err error
		if k, err = w.Say(t.Context(), w.who, id, talk.Say{Text: privacy.NewText("My secret word is kingfisher"), Language: "en"}); err == nil {
			t.Errorf("taken as %s, although its conversation was being erased", k.ID)
		}
	}
	w.between.Store(&said)
	_, err := w.Erase(t.Context(), w.who, id)
	w.must(err)
	if w.between.Load() != nil {
		t.Fatal("the test proves nothing: no key was erased")
	}
	w.gone(id, k)
	w.silent("kingfisher")
}

func TestATurnThatIsAddedMeanwhileIsErasedWithTheOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.start()
	w.ask(id, "Is the river high?")
	var k store.Task
	added := func() {
		var err error
		k, _, err = w.Tasks.Submit(t.Context(), w.who, task.Request{
			Feature: "ai_chat", Texts: map[privacy.Field]privacy.Text{"message": privacy.NewText("My secret word is kingfisher")}, Language: "en",
		})
		w.must(err)
		c, err := w.Find(t.Context(), w.who, id)
		w.must(err)
		w.must(w.DB.Write(t.Context(), func(tx *store.Tx) error {
			return storetalk.AddTurn(t.Context(), tx, w.who.App(), c, storetalk.Turn{Task: k.ID, At: k.CreatedAt})
		}))
	}
	w.between.Store(&added)
	receipts, err := w.Erase(t.Context(), w.who, id)
	if err != nil || k.ID == "" || len(receipts) < 2 {
		t.Fatalf("%q, %d receipts: %v", k.ID, len(receipts), err)
	}
	w.gone(id, k)
	w.silent("kingfisher")
}

func TestEndingAConversationWaitsForTheQuestionThatIsBeingTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 10 {
		id := w.start()
		var both sync.WaitGroup
		var k store.Task
		both.Go(func() {
			var err error
			k, err = w.Say(t.Context(), w.who, id, talk.Say{Text: privacy.NewText("My secret word is kingfisher"), Language: "en"})
			if err != nil && !errors.Is(err, talk.ErrBusy) && !errors.Is(err, store.ErrNotFound) {
				t.Error(err)
			}
		})
		both.Go(func() {
			if _, err := w.Erase(t.Context(), w.who, id); err != nil {
				t.Error(err)
			}
		})
		both.Wait()
		w.gone(id, k)
	}
	w.silent("kingfisher")
}

func TestWhoeverWaitsToEndAConversationMayLeave(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.start()
	w.ask(id, "Is the river high?")
	left := func() {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if _, err := w.Erase(ctx, w.who, id); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a second erasure beside the first: %v", err)
		}
	}
	w.between.Store(&left)
	_, err := w.Erase(t.Context(), w.who, id)
	w.must(err)
	w.gone(id, store.Task{})
}
