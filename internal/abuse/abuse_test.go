package abuse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/policy/book"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/abuse"
)

// mixoo names signs of abuse in its policy; sample does not.
const (
	mixoo  = privacy.AppID("mixoo")
	sample = privacy.AppID("sample")
)

type world struct {
	*Service
	t     *testing.T
	clock *clock.Adjustable
	dir   string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, clock: clock.NewFake(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)), dir: t.TempDir()}
	db, err := store.Open(t.Context(), filepath.Join(w.dir, "vow.db"), [64]byte{1})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	w.Service = New(Options{
		DB: db, Clock: w.clock, Policies: book.Fixed{mixoo: policytest.Load(t, policytest.Source(t, "mixoo")), sample: policytest.Load(t, policytest.Minimal())},
		Key:   [32]byte{7},
		Until: func(privacy.AppID, privacy.Category) (time.Time, error) { return w.clock.Now().AddDate(0, 0, 30), nil },
	})
	for _, app := range []privacy.AppID{mixoo, sample} {
		must(t, db.Write(t.Context(), func(tx *store.Tx) error {
			return tx.InsertSubject(t.Context(), app, store.Subject{ID: "sub_1", Locale: "en", CreatedAt: w.clock.Now(), ExpiresAt: w.clock.Now().AddDate(1, 0, 0)})
		}))
	}
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused ends the test unless err says to wait that long.
func refused(t *testing.T, err error, wait time.Duration) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Code() != "rate-limited" || f.Kind() != fault.Unavailable || f.Extra()["retry_after"] != wait {
		t.Fatalf("%v, want a wait of %v", err, wait)
	}
}

func (w *world) signals(app privacy.AppID) []facts.Signal {
	w.t.Helper()
	list, err := facts.Signals(w.t.Context(), w.DB.App(app), w.clock.Now(), "", 100)
	must(w.t, err)
	return list
}

func (w *world) guess(app privacy.AppID, login, network string) error {
	return w.Guessed(w.t.Context(), Guess{App: app, Subject: "sub_1", Login: []byte(login), Network: privacy.NewText(network)})
}

func TestTasksPastTheLimitWaitUntilTheWindowEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	most := limitOf(ManyTasks)
	for range most.most {
		must(t, w.Task(t.Context(), mixoo, "sub_1"))
	}
	w.clock.Advance(time.Minute)
	refused(t, w.Task(t.Context(), mixoo, "sub_1"), most.within-time.Minute)
	must(t, w.Task(t.Context(), mixoo, "sub_2"))
	must(t, w.Task(t.Context(), sample, "sub_1"))
	w.clock.Advance(most.within - time.Minute)
	must(t, w.Task(t.Context(), mixoo, "sub_1"))
	list := w.signals(mixoo)
	if len(list) != 1 || list[0].Subject != "sub_1" || list[0].Kind != string(ManyTasks) || list[0].Tries != most.most+1 {
		t.Errorf("%+v", list)
	}
}

func TestRefusedTriesDoNotLengthenThePauseAndCostFewWrites(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	most, burst := limitOf(WrongPasswords), 1000
	written, last := 0, 0
	for range burst {
		_ = w.guess(mixoo, "a login", "")
		if list := w.signals(mixoo); len(list) == 1 && list[0].Tries != last {
			written, last = written+1, list[0].Tries
		}
	}
	if written > 10 || last < burst/2 || len(w.signals(mixoo)) != 1 {
		t.Errorf("%d writes, the last of %d tries, %+v", written, last, w.signals(mixoo))
	}
	refused(t, w.guess(mixoo, "a login", ""), most.pause)
	w.clock.Advance(most.pause)
	must(t, w.guess(mixoo, "a login", ""))
}

func TestEachFurtherWrongPasswordDoublesThePauseUpToAnHour(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	most := limitOf(WrongPasswords)
	for range most.most {
		must(t, w.guess(sample, "a login", ""))
	}
	for _, pause := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute, time.Hour, time.Hour} {
		refused(t, w.guess(sample, "a login", ""), pause)
		w.clock.Advance(pause)
		must(t, w.guess(sample, "a login", ""))
	}
	w.clock.Advance(most.within - time.Second)
	must(t, w.guess(sample, "a login", ""))
	refused(t, w.guess(sample, "a login", ""), time.Hour)
	w.clock.Advance(most.within)
	for range most.most {
		must(t, w.guess(sample, "a login", ""))
	}
	refused(t, w.guess(sample, "a login", ""), time.Minute)
}

func TestANetworkPastItsLimitMakesNoLoginRestAndNobodyForget(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	net := limitOf(WrongInNetwork)
	for i := range net.most {
		must(t, w.guess(mixoo, fmt.Sprint("somebody's ", i), "203.0.113.0/24"))
	}
	for i := range 3 * mostBursts {
		if w.guess(mixoo, fmt.Sprint("flood ", i), "203.0.113.0/24") == nil {
			t.Fatalf("after %d more tries the network is forgotten", i)
		}
	}
	for range limitOf(WrongPasswords).most {
		refused(t, w.guess(mixoo, "a victim's", "203.0.113.0/24"), net.within)
	}
	must(t, w.guess(mixoo, "a victim's", "198.51.100.0/24"))
}

func TestTasksOfNewAccountsMakeNobodyForgetAWrongPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range limitOf(WrongPasswords).most {
		must(t, w.guess(sample, "a login", ""))
	}
	for i := range 3 * mostBursts {
		w.add(ManyTasks, w.digest(sample, ManyTasks, fmt.Append(nil, i)), w.clock.Now())
	}
	refused(t, w.guess(sample, "a login", ""), time.Minute)
}

func TestALoginThatRestsIsNotForgottenHoweverManyOthersAreTried(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range limitOf(WrongPasswords).most {
		must(t, w.guess(sample, "a victim's", ""))
	}
	refused(t, w.guess(sample, "a victim's", ""), time.Minute)
	flood := func(as string) {
		for i := range 2*mostBursts + 2 {
			w.add(WrongPasswords, w.digest(sample, WrongPasswords, fmt.Append(nil, as, i)), w.clock.Now())
		}
	}
	flood("first")
	refused(t, w.guess(sample, "a victim's", ""), time.Minute)
	w.clock.Advance(time.Minute)
	flood("later")
	must(t, w.guess(sample, "a victim's", "")) // the pause is over, the tries are not forgotten
	refused(t, w.guess(sample, "a victim's", ""), 2*time.Minute)
}

func TestOfTooManyThatRestThoseGoOnRestingThatHaveTriedMost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	victim := w.digest(sample, WrongPasswords, []byte("a victim's"))
	for range limitOf(WrongPasswords).most {
		w.add(WrongPasswords, victim, w.clock.Now())
	}
	w.clock.Advance(time.Minute)
	w.add(WrongPasswords, victim, w.clock.Now())
	for i := range 2*mostBursts + 2 {
		by := w.digest(sample, WrongPasswords, fmt.Append(nil, i))
		for range limitOf(WrongPasswords).most + 2 { // those past the limit cost nothing, and count for nothing
			w.add(WrongPasswords, by, w.clock.Now())
		}
		if c := w.kinds[WrongPasswords]; len(c.young)+len(c.old) > 2*mostBursts {
			t.Fatalf("%d bursts in memory", len(c.young)+len(c.old))
		}
	}
	if got := w.add(WrongPasswords, victim, w.clock.Now()); !got.refused || got.answers != 6 {
		t.Errorf("the one with the longest pause is forgotten: %+v", got)
	}
}

func TestTriesThatComeAtOnceCountEach(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var passed atomic.Int32
	var all sync.WaitGroup
	const burst = 60
	for range burst {
		all.Go(func() {
			if w.guess(mixoo, "a login", "203.0.113.0/24") == nil {
				passed.Add(1)
			}
			_ = w.Task(context.Background(), sample, "sub_9")
		})
	}
	all.Wait()
	if n := int(passed.Load()); n != limitOf(WrongPasswords).most {
		t.Errorf("%d tries passed", n)
	}
}

func TestARightPasswordStartsAnewAndTheNetworkKeepsWhatOthersDid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	login, net := limitOf(WrongPasswords).most, limitOf(WrongInNetwork).most
	for range login {
		must(t, w.guess(mixoo, "mine", "203.0.113.0/24"))
	}
	w.Right(Guess{App: mixoo, Login: []byte("mine"), Network: privacy.NewText("203.0.113.0/24")})
	must(t, w.guess(mixoo, "mine", "203.0.113.0/24"))
	for i := range net - login {
		must(t, w.guess(mixoo, fmt.Sprint("somebody's ", i), "203.0.113.0/24"))
	}
	refused(t, w.guess(mixoo, "one more", "203.0.113.0/24"), limitOf(WrongInNetwork).within)
	must(t, w.guess(mixoo, "one more", "198.51.100.0/24"))
	must(t, w.guess(sample, "one more", "203.0.113.0/24"))
	list := w.signals(mixoo)
	if len(list) != 1 || list[0].Kind != string(WrongInNetwork) || list[0].Subject != "" {
		t.Errorf("%+v", list)
	}
}

func TestAnAppWithoutSignsOfAbuseCountsNoNetworkAndKeepsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range limitOf(WrongInNetwork).most + 1 {
		must(t, w.guess(sample, fmt.Sprint("somebody's ", i), "203.0.113.0/24"))
	}
	for range limitOf(WrongPasswords).most {
		must(t, w.guess(sample, "a login", ""))
	}
	refused(t, w.guess(sample, "a login", ""), time.Minute)
	if list := w.signals(sample); len(list) != 0 {
		t.Errorf("%+v", list)
	}
}

func TestNobodyGoneGetsASignAndASignBelongsToOneApp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range limitOf(ManyTasks).most + 1 {
		_ = w.Task(t.Context(), mixoo, "sub_gone")
	}
	if list := w.signals(mixoo); len(list) != 0 {
		t.Errorf("about somebody who is not there: %+v", list)
	}
	for range limitOf(ManyTasks).most + 1 {
		_ = w.Task(t.Context(), mixoo, "sub_1")
	}
	if len(w.signals(mixoo)) != 1 || len(w.signals(sample)) != 0 {
		t.Errorf("%+v %+v", w.signals(mixoo), w.signals(sample))
	}
	w.clock.Advance(31 * 24 * time.Hour)
	if list := w.signals(mixoo); len(list) != 0 {
		t.Errorf("after its clock: %+v", list)
	}
}

func TestARefusalStaysOneWhenItsSignCannotBeWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	broken := errors.New("the disk is full")
	w.Until = func(privacy.AppID, privacy.Category) (time.Time, error) { return time.Time{}, broken }
	for range limitOf(ManyTasks).most {
		must(t, w.Task(t.Context(), mixoo, "sub_1"))
	}
	err := w.Task(t.Context(), mixoo, "sub_1")
	refused(t, err, limitOf(ManyTasks).within)
	if !errors.Is(err, broken) {
		t.Error("nobody learns that the sign is missing")
	}
}

func TestMemoryHasABoundAndForgetsTheOldestFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	now := w.clock.Now()
	try := func(i int) int {
		return w.add(WrongPasswords, w.digest(sample, WrongPasswords, fmt.Append(nil, i)), now).tries
	}
	for i := range mostBursts + mostBursts/2 {
		try(i)
	}
	if try(0) != 2 {
		t.Error("a burst of the generation before is forgotten")
	}
	for i := range 3 * mostBursts {
		try(i + 10*mostBursts)
	}
	if c := w.kinds[WrongPasswords]; len(c.young)+len(c.old) > 2*mostBursts {
		t.Errorf("%d bursts in memory", len(c.young)+len(c.old))
	}
	if try(0) != 1 {
		t.Error("the oldest is never forgotten")
	}
}

func TestWhatIsCountedBySaysNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_ = w.guess(mixoo, "me@example.org", "203.0.113.0/24")
	if len(w.kinds[WrongPasswords].young) != 1 {
		t.Error("nothing is counted")
	}
	for d := range w.kinds[WrongPasswords].young {
		if bytes.Contains(d[:], []byte("me@example")) || bytes.Contains(d[:], []byte("203.0")) {
			t.Errorf("%x", d)
		}
	}
	a, b := w.digest(mixoo, WrongPasswords, []byte("x")), w.digest(sample, WrongPasswords, []byte("x"))
	w.Key[0]++
	if c := w.digest(mixoo, WrongPasswords, []byte("x")); a == b || a == c {
		t.Error("a digest is the same in another app or under another key")
	}
}

func TestWithoutAServiceNothingIsCounted(t *testing.T) {
	t.Parallel()
	var none *Service
	for range 100 {
		must(t, none.Guessed(t.Context(), Guess{App: mixoo, Login: []byte("x")}))
		none.Right(Guess{})
	}
}
