// Package abuse counts what abuse looks like: wrong passwords, and tasks in a burst. Past a limit the
// answer is no for a while, and a signal is written for a moderator (MIX-2.4-03).
//
// It promises that a try is counted before it is answered, so that tries sent at once count each; that
// what is counted by is a keyed digest, in memory only; and that a signal is kept only where the app's
// policy names signs of abuse, under that clock. It never keeps a login, a password or an address, and
// it never decides about a person: counting ends by itself, and a measure is a person's decision.
package abuse

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/abuse"
)

// Policies says which policy of an app is in force.
type Policies interface {
	InForce(app privacy.AppID, at time.Time) (*policy.Policy, bool)
}

// Options are the parts that a Service works with.
type Options struct {
	DB       *store.DB
	Clock    clock.Clock
	Policies Policies
	Key      [sha256.Size]byte                                                // of the digests that are counted by
	Until    func(privacy.AppID, privacy.Category) (end time.Time, err error) // the clock of a row that is written now
}

// Service counts. It is safe for concurrent use.
type Service struct {
	Options
	mu    sync.Mutex
	kinds map[Kind]*counts
}

// counts are the bursts of one kind, in two generations, so that memory has a bound. Each kind has its own:
// what is cheap to fill, such as tasks of new accounts, makes nobody forget a wrong password.
type counts struct {
	most       limit
	young, old map[digest]*burst
}

// digest stands for whom a burst is of.
type digest [sha256.Size]byte

// burst is how often something was tried since it began.
type burst struct {
	began   time.Time
	last    time.Time // the latest try
	rest    time.Time // no answer before; where the kind has a pause
	tries   int
	answers int    // tries that were answered; where the kind has a pause
	told    int    // tries when the signal was last written
	signal  string // its identifier; empty: none yet
}

// mostBursts bounds a generation. When it is full the older one is forgotten, but for those in it that are
// at their limit: of these at most mostCarried go along. Whatever is tried again moves to the younger one.
// Otherwise whoever tries many logins would end the pause of one. To push out one that rests for an hour
// takes as many wrong passwords with each of mostCarried others, and each of them the time of a slow hash.
const (
	mostBursts  = 1 << 16
	mostCarried = mostBursts / 2
)

// errTooMany says nothing about whether a login exists.
var errTooMany = fault.New(fault.Unavailable, "rate-limited", "Too many tries in a short time. Wait before the next one.")

// category is where signals are kept, in apps whose policy has it.
const category = privacy.Category("security_signals")

const prefixSignal = "sig"

// New returns a Service that has counted nothing yet.
func New(o Options) *Service {
	s := &Service{Options: o, kinds: map[Kind]*counts{}}
	for _, k := range []Kind{WrongPasswords, WrongInNetwork, TakenLogins, ManyTasks} {
		s.kinds[k] = &counts{most: limitOf(k)}
	}
	return s
}

// Guess is one try with a password.
type Guess struct {
	App     privacy.AppID
	Subject privacy.SubjectID // whose login it is; empty: nobody's
	Login   []byte            // its keyed digest
	Network privacy.Text      // the first bits of where it comes from; empty: not known
}

// Guessed counts a try with a password before anybody looks at it, and refuses it past the limits. By
// network it counts only where the app's policy names signs of abuse; a network that is past its limit
// counts against no login. A nil Service counts nothing.
func (s *Service) Guessed(ctx context.Context, g Guess) error {
	if s == nil {
		return nil
	}
	if s.network(g) {
		if err := s.count(ctx, subject{App: g.App}, WrongInNetwork, s.networkOf(g)); err != nil {
			return err
		}
	}
	return s.count(ctx, subject{g.App, g.Subject}, WrongPasswords, g.Login)
}

// Right takes the count of a try back: the password was the right one. Whoever knows the password starts
// anew; the network keeps what others did there.
func (s *Service) Right(g Guess) {
	if s == nil {
		return
	}
	now, own, there := s.Clock.Now(), s.digest(g.App, WrongPasswords, g.Login), s.digest(g.App, WrongInNetwork, s.networkOf(g))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kinds[WrongPasswords].forget(own)
	if b := s.kinds[WrongInNetwork].find(there, now); b != nil && b.tries > 0 {
		b.tries--
	}
}

// Taken counts a try of an account to get a login, which tells whether somebody has it. New accounts cost
// nothing, so it counts by network like a password. A nil Service counts nothing.
func (s *Service) Taken(ctx context.Context, g Guess) error {
	if s == nil {
		return nil
	}
	if s.network(g) {
		if err := s.count(ctx, subject{App: g.App}, WrongInNetwork, s.networkOf(g)); err != nil {
			return err
		}
	}
	return s.count(ctx, subject{g.App, g.Subject}, TakenLogins, []byte(g.Subject))
}

// Task counts a task that somebody is about to start, and refuses it past the limit.
func (s *Service) Task(ctx context.Context, app privacy.AppID, who privacy.SubjectID) error {
	return s.count(ctx, subject{app, who}, ManyTasks, []byte(who))
}

// subject is whom a signal is about; without an ID, nobody is known.
type subject struct {
	App privacy.AppID
	ID  privacy.SubjectID
}

// network reports whether a guess is counted by where it comes from.
func (s *Service) network(g Guess) bool { return !g.Network.Empty() && s.signs(g.App) }

func (s *Service) networkOf(g Guess) []byte { return []byte(g.Network.Reveal()) }

// signs reports whether the app's policy names signs of abuse.
func (s *Service) signs(app privacy.AppID) bool {
	p, ok := s.Policies.InForce(app, s.Clock.Now())
	return ok && p.HasCategory(category)
}

// digest is what is counted by: it says nothing without the key.
func (s *Service) digest(app privacy.AppID, k Kind, of []byte) (d digest) {
	h := hmac.New(sha256.New, s.Key[:])
	h.Write([]byte(app))
	h.Write([]byte{0})
	h.Write([]byte(k))
	h.Write([]byte{0})
	h.Write(of)
	h.Sum(d[:0])
	return d
}

// count counts one try and refuses it past the limit. The signal is written when the limit is passed, and
// again whenever the tries have doubled: a burst costs few writes, however long it is.
func (s *Service) count(ctx context.Context, about subject, k Kind, by []byte) error {
	now := s.Clock.Now()
	t := s.add(k, s.digest(about.App, k, by), now)
	if !t.refused {
		return nil
	}
	var refused error = errTooMany.With("retry_at", t.until).With("retry_after", t.until.Sub(now))
	if !t.tell || !s.signs(about.App) {
		return refused
	}
	return errors.Join(refused, s.write(ctx, facts.Signal{App: about.App, ID: t.signal, Subject: about.ID, Kind: string(k), Tries: t.tries, At: t.began, SeenAt: now}))
}

// try is what came of one try.
type try struct {
	burst
	until   time.Time // there is no answer before
	refused bool
	tell    bool // it is time to write down what came of the burst
}

// add counts one try.
func (s *Service) add(k Kind, by digest, now time.Time) try {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.kinds[k]
	most, found := c.most, c.find(by, now)
	if found == nil || found.over(now, most) {
		found = &burst{began: now}
		c.keep(by, found, now)
	}
	found.last = now
	t := try{}
	if t.until, t.refused = found.answered(now, most); t.refused && (found.told == 0 || found.tries >= 2*found.told) {
		if found.signal == "" {
			found.signal = privacy.NewID(prefixSignal)
		}
		found.told, t.tell = found.tries, true
	}
	t.burst = *found
	return t
}

// find returns a burst, among the young ones from now on.
func (c *counts) find(by digest, now time.Time) *burst {
	if b := c.young[by]; b != nil {
		return b
	}
	b := c.old[by]
	if b != nil {
		c.keep(by, b, now)
	}
	return b
}

func (c *counts) keep(by digest, b *burst, now time.Time) {
	if c.young == nil || len(c.young) >= mostBursts {
		c.old, c.young = c.young, c.carried(now)
	}
	c.young[by] = b
}

// carried returns what goes along when the older generation is forgotten: whoever is at the limit, and of too
// many those who have tried most.
func (c *counts) carried(now time.Time) map[digest]*burst {
	along := map[digest]*burst{}
	for by, b := range c.old {
		if c.young[by] == nil && b.full(c.most) && !b.over(now, c.most) {
			along[by] = b
		}
	}
	if len(along) <= mostCarried {
		return along
	}
	list := slices.SortedFunc(maps.Keys(along), func(x, y digest) int { return along[x].spent(c.most) - along[y].spent(c.most) })
	for _, by := range list[:len(list)-mostCarried] {
		delete(along, by)
	}
	return along
}

func (c *counts) forget(by digest) {
	delete(c.young, by)
	delete(c.old, by)
}

func (s *Service) write(ctx context.Context, f facts.Signal) error {
	until, err := s.Until(f.App, category)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error { return f.Put(ctx, tx, until) })
}
