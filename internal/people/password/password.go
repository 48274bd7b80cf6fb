// Package password judges, hashes and checks passwords.
//
// It promises that a password is kept as a salted argon2id hash which is sealed under a key of the server,
// that a check takes as long for a wrong one as for the right one, and that hashing never takes more
// memory than two hashes need. It never keeps, prints or returns a password.
package password

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/task"
	"vow.example/vow/internal/task/sealed"
)

// How a password is hashed (OWASP's first choice for argon2id), and how long it is.
const (
	hashPasses = 2
	hashMemory = 19 << 10 // KiB
	hashLanes  = 1
	hashBytes  = 32
	saltBytes  = 16
	parallel   = 2 // hashes at one time

	shortest = 10
	longest  = 128
)

// Hasher hashes and checks. It is safe for concurrent use.
type Hasher struct {
	box   sealed.Box
	turns chan struct{}
}

// New returns a Hasher whose hashes open under that key only.
func New(key [32]byte) *Hasher { return &Hasher{sealed.New(key), make(chan struct{}, parallel)} }

// Turn is one of the few in which something is hashed. Whoever has it calls Done.
type Turn struct{ of *Hasher }

// Turn waits for a turn. Whoever waits may leave; what is hashed in a turn is hashed to its end, so that
// nobody has the hash begun and the time saved.
func (h *Hasher) Turn(ctx context.Context) (Turn, error) {
	if err := ctx.Err(); err != nil {
		return Turn{}, err
	}
	select {
	case h.turns <- struct{}{}:
		return Turn{h}, nil
	case <-ctx.Done():
		return Turn{}, ctx.Err()
	}
}

// Done gives the turn back.
func (t Turn) Done() { <-t.of.turns }

// Hash returns the sealed hash of a password under a fresh salt.
func (t Turn) Hash(password privacy.Text) []byte {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails: crypto/rand ends the program instead
	return t.of.box.Seal(append(salt, derive(password, salt)...))
}

// Match reports whether the password is the one whose sealed hash was kept.
func (t Turn) Match(password privacy.Text, kept []byte) (bool, error) {
	plain, err := t.of.box.Open(kept)
	if err != nil || len(plain) != saltBytes+hashBytes {
		return false, errors.Join(errors.New("password: what is kept does not open"), err)
	}
	return hmac.Equal(derive(password, plain[:saltBytes]), plain[saltBytes:]), nil
}

func derive(password privacy.Text, salt []byte) []byte {
	plain := []byte(password.Reveal())
	defer clear(plain)
	return argon2.IDKey(plain, salt, hashPasses, hashMemory, hashLanes, hashBytes)
}

// Weakness names the rule that a password breaks, beside a login as it is kept; its code is empty for a
// good one.
func Weakness(password privacy.Text, login string) task.FieldError {
	plain := strings.ToLower(password.Reveal())
	n := utf8.RuneCountInString(plain)
	switch {
	case n < shortest:
		return task.FieldError{Code: "too_short", Detail: "A password has at least 10 characters."}
	case n > longest:
		return task.FieldError{Code: "too_long", Detail: "A password has at most 128 characters."}
	case login != "" && plain == login:
		return task.FieldError{Code: "same_as_login", Detail: "The password is not the login."}
	case common(plain):
		return task.FieldError{Code: "too_common", Detail: "This is one of the commonest passwords. Use a strong one that you use nowhere else."}
	default:
		return task.FieldError{}
	}
}

// common reports whether a password is one that is tried first: on the list, or a word of the list with
// digits and signs around it, or one that repeats or counts.
func common(plain string) bool {
	word := strings.TrimFunc(plain, func(r rune) bool { return !unicode.IsLetter(r) })
	for _, known := range strings.Fields(commonest) {
		if plain == known || word == known {
			return true
		}
	}
	different, steps := map[rune]bool{}, map[rune]int{}
	before := rune(0)
	for i, r := range plain {
		if different[r] = true; i > 0 {
			steps[r-before]++
		}
		before = r
	}
	n := utf8.RuneCountInString(plain)
	return len(different) < 4 || steps[1] > n*2/3 || steps[-1] > n*2/3
}

// commonest are the words and rows of keys that lists of stolen passwords begin with.
const commonest = `password passwort passw0rd p@ssword p@ssw0rd qwerty qwertyuiop qwerty123456 qwertyuiop123 qazwsxedc 1q2w3e4r5t 1qaz2wsx3edc asdfghjkl asdfghjkl1 zxcvbnm zxcvbnm123
	q1w2e3r4t5 q1w2e3r4t5y6 1234567890 0123456789 12345678910 0987654321 9876543210 1234567891 1111111111 0000000000 123123123123 1029384756 iloveyou iloveyousomuch letmein welcome
	welcome1234 admin administrator changeme secret superman batman princess sunshine football baseball monkey dragon master shadow michael jordan charlie starwars whatever
	trustno1 freedom hello computer internet samsung google facebook instagram tiktok pokemon minecraft liverpool chelsea arsenal barcelona login abc abcd abcdef abcdefghij
	woaini woaini1314 woaini520 wang wanghao zhang zhangwei 5201314520 1314520520 a123456789 aa123456789 qq123456789 asd123456789 password123 password1234 mypassword thisismypassword
	unknown default guest testtest test mixoo pixplus picwiz aifitting kmeng`
