package abuse

import "time"

// Kind says what somebody did too often.
type Kind string

// The kinds.
const (
	WrongPasswords Kind = "wrong_passwords"         // with one login
	WrongInNetwork Kind = "wrong_passwords_network" // with any logins, from one network
	TakenLogins    Kind = "taken_logins"            // asked for by one account
	ManyTasks      Kind = "many_tasks"              // of one person
)

// limit is how many tries are answered. Where there is a pause, the last of them begins one, the next is
// answered after it, and each further one begins a pause of double the length; all of it is forgotten after
// within without a try. Where there is none, that many are answered within a window, which begins with its
// first try. Tries that are refused lengthen neither.
type limit struct {
	most           int
	within         time.Duration
	pause, longest time.Duration
}

// limitOf returns the limit of a kind. All of them stand here.
func limitOf(k Kind) limit {
	switch k {
	case WrongPasswords:
		// Who mistypes needs a handful and then looks the password up; who guesses needs thousands, and gets one
		// an hour. A login that does not exist rests as long: the pause tells nobody which ones do.
		return limit{5, 24 * time.Hour, time.Minute, time.Hour}
	case WrongInNetwork:
		// A whole office may sit behind one address, and most of them type well. Somebody who tries one
		// password with many logins passes this within a minute.
		return limit{most: 100, within: 15 * time.Minute}
	case TakenLogins:
		// Whoever looks for a name that is free finds one in a handful; who asks for one after the other wants to
		// know who is here.
		return limit{10, 24 * time.Hour, time.Minute, time.Hour}
	default: // ManyTasks
		// One task every ten seconds for ten minutes: nobody looks at results that fast, and a recipient is
		// paid for each of them.
		return limit{most: 60, within: 10 * time.Minute}
	}
}

// answered counts one try that is about to be answered, and returns until when there is no answer, if so.
func (b *burst) answered(now time.Time, most limit) (until time.Time, refused bool) {
	b.tries++
	switch {
	case most.pause == 0:
		return b.began.Add(most.within), b.tries > most.most
	case now.Before(b.rest):
		return b.rest, true
	}
	if b.answers++; b.answers >= most.most {
		b.rest = now.Add(min(most.longest, most.pause<<min(b.answers-most.most, 10)))
	}
	return b.rest, false
}

// over reports whether nothing of a burst counts any more.
func (b *burst) over(now time.Time, most limit) bool {
	since := b.began
	if most.pause > 0 {
		since = b.last
	}
	return !now.Before(since.Add(most.within))
}

// spent is how many tries a burst has cost whoever tries: one that is refused in a pause costs nothing.
func (b *burst) spent(most limit) int {
	if most.pause > 0 {
		return b.answers
	}
	return b.tries
}

// full reports whether a burst has had every try that is answered without a wait.
func (b *burst) full(most limit) bool { return b.spent(most) >= most.most }
