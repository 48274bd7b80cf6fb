package kit

import (
	"maps"
	"slices"
	"strings"
)

// Fault is a way in which the service misbehaves. Simulators may have more of their own.
type Fault string

// The faults. The zero Fault is none. Of a call that meets Throttled the simulator answers in its
// own words, with Reply.Throttle, and does nothing; the three kinds of webhook are its matter too.
const (
	SlowReply        Fault = "slow_reply"        // answers late
	Hang             Fault = "hang"              // processes, never answers
	CutReply         Fault = "cut_reply"         // breaks off in the middle of the answer
	DuplicateReply   Fault = "duplicate_reply"   // answers twice
	LostReply        Fault = "lost_reply"        // processes, closes without an answer
	Unavailable      Fault = "unavailable"       // 503, does not process
	BadGateway       Fault = "gateway_error"     // processes, but the gateway answers 502
	FailedAfter      Fault = "failed_after"      // processes, then answers with the service's own internal error
	WrongType        Fault = "wrong_type"        // answers with a web page
	Oversize         Fault = "oversize"          // answers without end
	RedirectPrivate  Fault = "redirect_private"  // sends the client to a private address
	Throttled        Fault = "throttled"         // not now, does not process
	EarlyWebhook     Fault = "early_webhook"     // calls back before there is a result
	DuplicateWebhook Fault = "duplicate_webhook" // calls back twice
	ForgedWebhook    Fault = "forged_webhook"    // somebody calls back with lies and guesses
)

// Faults lists the faults that every service can meet.
func Faults() []Fault {
	return []Fault{
		SlowReply, Hang, CutReply, DuplicateReply, LostReply, Unavailable, BadGateway, FailedAfter, WrongType, Oversize, RedirectPrivate,
		Throttled, EarlyWebhook, DuplicateWebhook, ForgedWebhook,
	}
}

// Injection makes a fault strike the next calls that it is meant for.
type Injection struct {
	Fault Fault
	Path  string                         // prefix; "": any path
	Match func(method, path string) bool // nil: any call
	Times int
}

// Inject queues an injection. Scripted faults come before the dice.
func (k *Kit) Inject(i Injection) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.scripted = append(k.scripted, i)
}

// strike decides which fault a call meets.
func (k *Kit) strike(method, path string) Fault {
	k.mu.Lock()
	defer k.mu.Unlock()
	fits := func(f Fault) bool { return k.opts.Fits == nil || k.opts.Fits(f, method, path) }
	for n := range k.scripted {
		i := &k.scripted[n]
		if i.Times > 0 && strings.HasPrefix(path, i.Path) && (i.Match == nil || i.Match(method, path)) && fits(i.Fault) {
			i.Times--
			return i.Fault
		}
	}
	for _, f := range slices.Sorted(maps.Keys(k.opts.Rates)) {
		if fits(f) && k.dice.Float64() < k.opts.Rates[f] {
			return f
		}
	}
	return ""
}
