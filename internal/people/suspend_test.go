package people

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"vow.example/vow/internal/abuse"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/people/password"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/abuse"
	peoplefacts "vow.example/vow/internal/store/people"
	"vow.example/vow/internal/task"
)

func (w *world) suspend(who task.Who, reason string) facts.Suspension {
	w.t.Helper()
	x := facts.Suspension{
		App: who.App(), ID: privacy.NewID("sus"), Subject: who.Subject, Case: "cas_1", Reason: reason, Staff: "stf_1", At: w.clock.Now(), Until: w.clock.Now().AddDate(0, 1, 0),
	}
	must(w.t, w.DB.Write(w.t.Context(), func(tx *store.Tx) error { return x.Insert(w.t.Context(), tx) }))
	return x
}

func TestASuspendedAccountHasNoStandingUntilThatEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, other := w.settled("mixoo"), w.settled("mixoo")
	w.stands(who, "")
	x := w.suspend(who, "fraud")
	w.stands(who, "suspended")
	w.stands(other, "")
	if err := w.StandingOf(t.Context(), who.App(), who.Subject); fault.CodeOf(err) != "suspended" {
		t.Errorf("asked without a policy: %v", err)
	}
	must(t, w.DB.Write(t.Context(), func(tx *store.Tx) error { return x.Lift(t.Context(), tx, "stf_1", w.clock.Now()) }))
	w.stands(who, "")
	w.suspend(who, "abuse")
	w.stands(who, "suspended")
	w.clock.Advance(32 * 24 * time.Hour)
	w.stands(who, "")
}

func TestWhatAPersonMustSayFirstComesBeforeASuspension(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	young, _ := w.enter("mixoo", "")
	w.suspend(young, "fraud")
	w.stands(young, "age-required")
	who := w.settled("mixoo")
	w.suspend(who, "fraud")
	must(t, w.Restrict(t.Context(), who, "accuracy_contested"))
	w.stands(who, "suspended")
}

// counted is a world whose tries with passwords are counted.
func counted(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.Guesses = abuse.New(abuse.Options{DB: w.DB, Clock: w.clock, Policies: w.policies, Key: w.Ring.Subkey("abuse"), Until: w.Eraser.EvidenceUntil})
	return w
}

func (w *world) signals() []facts.Signal {
	w.t.Helper()
	list, err := facts.Signals(w.t.Context(), w.DB.App("mixoo"), w.clock.Now(), "", 10)
	must(w.t, err)
	return list
}

const mostWrong = 5 // with one login

func TestABurstOfWrongPasswordsIsRefusedWhetherTheLoginExistsOrNot(t *testing.T) {
	t.Parallel()
	w := counted(t)
	who := w.settled("mixoo")
	must(t, w.SetLogin(t.Context(), who, Credentials{Login: text("me@example.org"), Password: text(good)}))
	for _, login := range []string{"me@example.org", "nobody@example.org"} {
		for range mostWrong {
			_, err := w.back("mixoo", login, "not the password")
			wantCode(t, err, "unauthenticated")
		}
		_, err := w.back("mixoo", login, "not the password")
		wantCode(t, err, "rate-limited")
	}
	_, err := w.back("mixoo", "me@example.org", good)
	wantCode(t, err, "rate-limited")
	list := w.signals()
	if len(list) != 2 || list[0].Subject != "" || list[1].Subject != who.Subject || list[1].Kind != string(abuse.WrongPasswords) {
		t.Errorf("%+v", list)
	}
	w.clock.Advance(time.Hour)
	if _, err := w.back("mixoo", "me@example.org", good); err != nil {
		t.Errorf("after the window: %v", err)
	}
}

func TestATryThatIsLeftBeforeItsTurnToBeHashedIsNotCounted(t *testing.T) {
	t.Parallel()
	w := counted(t)
	must(t, w.SetLogin(t.Context(), w.settled("mixoo"), Credentials{Login: text("me@example.org"), Password: text(good)}))
	var free []func()
	for range 2 { // every turn is somebody's
		turn, err := w.passwords.Turn(t.Context())
		must(t, err)
		free = append(free, turn.Done)
	}
	var left sync.WaitGroup
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	for _, login := range []string{"me@example.org", "nobody@example.org"} {
		for range 2 * mostWrong {
			left.Go(func() {
				_, err := w.Enter(ctx, Entry{Policy: w.policies["mixoo"], Platform: terms.Web, Login: text(login), Password: text("not the password")})
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Error(err)
				}
			})
		}
	}
	left.Wait()
	for _, done := range free {
		done()
	}
	if _, err := w.back("mixoo", "me@example.org", good); err != nil {
		t.Errorf("tries that cost nothing were counted: %v", err)
	}
	_, err := w.back("mixoo", "nobody@example.org", good)
	wantCode(t, err, "unauthenticated")
}

func TestNobodyComesInByAPasswordThatIsReplacedMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.settled("mixoo")
	must(t, w.SetLogin(t.Context(), who, Credentials{Login: text("me@example.org"), Password: text(good)}))
	l, err := peoplefacts.LoginOf(t.Context(), w.DB.App("mixoo"), who.Subject)
	must(t, err)
	var turns []password.Turn
	for range 2 {
		turn, err := w.passwords.Turn(t.Context())
		must(t, err)
		turns = append(turns, turn)
	}
	entered := make(chan error)
	go func() {
		_, err := w.Enter(t.Context(), Entry{Policy: w.policies["mixoo"], Platform: terms.Web, Login: text("me@example.org"), Password: text(good)})
		entered <- err
	}()
	time.Sleep(200 * time.Millisecond) // it has read what is kept, and waits for its turn
	l.Password = turns[0].Hash(text("another good one 12"))
	must(t, w.DB.Write(t.Context(), func(tx *store.Tx) error { return peoplefacts.SetPassword(t.Context(), tx, "mixoo", l) }))
	for _, turn := range turns {
		turn.Done()
	}
	wantCode(t, <-entered, "unauthenticated")
	if _, err := w.back("mixoo", "me@example.org", "another good one 12"); err != nil {
		t.Error(err)
	}
}

func TestNoAnswerTellsALoginThatExistsFromOneThatDoesNot(t *testing.T) {
	t.Parallel()
	w := counted(t)
	for _, app := range []privacy.AppID{"mixoo", "picwiz"} { // with and without signs of abuse
		must(t, w.SetLogin(t.Context(), w.settled(app), Credentials{Login: text("me@example.org"), Password: text(good)}))
		answers := map[string][]string{}
		for i := range 10 {
			for _, login := range []string{"me@example.org", "nobody@example.org"} {
				_, err := w.back(app, login, "not the password")
				var f *fault.Error
				if !errors.As(err, &f) {
					t.Fatal(err)
				}
				answers[login] = append(answers[login], fmt.Sprint(f.Code(), " ", f.Error(), " ", f.Extra()))
			}
			if i >= 6 {
				w.clock.Advance(time.Minute)
			}
		}
		if !slices.Equal(answers["me@example.org"], answers["nobody@example.org"]) {
			t.Errorf("%s:\n%s\n%s", app, answers["me@example.org"], answers["nobody@example.org"])
		}
	}
}

func TestWhoAsksForOneLoginAfterTheOtherWaits(t *testing.T) {
	t.Parallel()
	w := counted(t)
	must(t, w.SetLogin(t.Context(), w.settled("mixoo"), Credentials{Login: text("me@example.org"), Password: text(good)}))
	who := w.settled("mixoo")
	ask := func(by task.Who, network string) error {
		return w.SetLogin(t.Context(), by, Credentials{Login: text("me@example.org"), Password: text(good), Network: text(network)})
	}
	for range 10 {
		wantCode(t, ask(who, ""), "conflict")
	}
	wantCode(t, ask(who, ""), "rate-limited")
	for w.Guesses.Taken(t.Context(), abuse.Guess{App: "mixoo", Subject: privacy.SubjectID(privacy.NewID("sub")), Network: text("203.0.113.0/24")}) == nil {
	}
	other := w.settled("mixoo")
	wantCode(t, ask(other, "203.0.113.0/24"), "rate-limited")
	must(t, w.SetLogin(t.Context(), other, Credentials{Login: text("free@example.org"), Password: text(good), Network: text("198.51.100.0/24")}))
	if list := w.signals(); len(list) != 2 || list[1].Subject != who.Subject || list[1].Kind != string(abuse.TakenLogins) {
		t.Errorf("%+v", list)
	}
}

func TestARightPasswordForgivesTheWrongOnesBefore(t *testing.T) {
	t.Parallel()
	w := counted(t)
	who := w.settled("mixoo")
	must(t, w.SetLogin(t.Context(), who, Credentials{Login: text("me@example.org"), Password: text(good)}))
	for range mostWrong {
		_, err := w.back("mixoo", "me@example.org", "not the password")
		wantCode(t, err, "unauthenticated")
		if _, err := w.back("mixoo", "me@example.org", good); err != nil {
			t.Fatal(err)
		}
	}
	if len(w.signals()) != 0 {
		t.Errorf("%+v", w.signals())
	}
}

func TestOnePasswordForManyLoginsIsABurstOfItsNetwork(t *testing.T) {
	t.Parallel()
	w := counted(t)
	guess := func(network string) error {
		return w.Guesses.Guessed(t.Context(), abuse.Guess{App: "mixoo", Login: []byte(privacy.NewID("x")), Network: text(network)})
	}
	for guess("203.0.113.0/24") == nil { // 100 hashes would take their time here
	}
	entry := Entry{Policy: w.policies["mixoo"], Platform: terms.Web, Login: text("somebody@example.org"), Password: text(good)}
	entry.Network = text("203.0.113.0/24")
	_, err := w.Enter(t.Context(), entry)
	wantCode(t, err, "rate-limited")
	entry.Network = text("198.51.100.0/24")
	_, err = w.Enter(t.Context(), entry)
	wantCode(t, err, "unauthenticated")
}

func TestAGuesserOfTheOldPasswordIsCountedToo(t *testing.T) {
	t.Parallel()
	w := counted(t)
	who := w.settled("mixoo")
	must(t, w.SetLogin(t.Context(), who, Credentials{Login: text("me@example.org"), Password: text(good)}))
	for range mostWrong + 1 {
		if err := w.ChangePassword(t.Context(), who, "", text("guessed"), text("another good one 12")); err == nil {
			t.Fatal("a wrong password changes the password")
		}
	}
	if list := w.signals(); len(list) != 1 || list[0].Subject != who.Subject {
		t.Errorf("%+v", list)
	}
	wantCode(t, w.EraseLogin(t.Context(), who, text(good)), "rate-limited")
}
