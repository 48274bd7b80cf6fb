package abuse

import "time"

// Kind says what somebody did too often.
type Kind string

// The kinds.
const (
	WrongPasswords Kind = "wrong_passwords"         // with one login
	WrongInNetwork Kind = "wrong_passwords_network" // with any logins, from one network
	ManyTasks      Kind = "many_tasks"              // of one person
)

// limit is how many tries are answered within a window. A window begins with its first try; the tries
// that are refused do not lengthen it.
type limit struct {
	most   int
	within time.Duration
}

// limitOf returns the limit of a kind. All of them stand here.
func limitOf(k Kind) limit {
	switch k {
	case WrongPasswords:
		// Who mistypes needs a handful and then looks the password up; who guesses needs thousands. The login
		// itself rests after five wrong ones already: this one also counts logins that do not exist.
		return limit{10, 15 * time.Minute}
	case WrongInNetwork:
		// A whole office may sit behind one address, and most of them type well. Somebody who tries one
		// password with many logins passes this within a minute.
		return limit{100, 15 * time.Minute}
	default: // ManyTasks
		// One task every ten seconds for ten minutes: nobody looks at results that fast, and a recipient is
		// paid for each of them.
		return limit{60, 10 * time.Minute}
	}
}
