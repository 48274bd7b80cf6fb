package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
)

// progress is the durable fact about a begun sending. It holds names of fields and the driver's
// own notes (names of files at the recipient), never content. It is stored sealed.
type progress struct {
	Sent  []privacy.Field `json:"sent,omitempty"`  // have left, or may have
	Left  bool            `json:"left,omitempty"`  // content may have left at any time
	Open  bool            `json:"open,omitempty"`  // a call was started whose answer nobody has noted
	State []byte          `json:"state,omitempty"` // the driver's
	Again int64           `json:"again,omitempty"` // bytes of content that left in calls which the recipient did not take
}

func parse(raw []byte) (progress, error) {
	var p progress
	if len(raw) == 0 {
		return p, nil
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		return p, fmt.Errorf("provider: read progress: %w", err)
	}
	return p, nil
}

// Sent returns the fields that have left or may have left, for disclosure.Resume.
func Sent(raw []byte) ([]privacy.Field, error) {
	p, err := parse(raw)
	return p.Sent, err
}

// WasSent reports whether content may have left. Progress that cannot be read counts as sent.
func WasSent(raw []byte) bool {
	p, err := parse(raw)
	return err != nil || p.Left
}

// Again returns how many bytes of content left in calls that the recipient answered it did not take,
// beside those of the Disclosure that resumes.
func Again(raw []byte) int64 {
	p, err := parse(raw)
	if err != nil {
		return 0
	}
	return p.Again
}

// Interrupted reports whether a call was started and its answer never noted: the outcome is
// unknown, and Begin will refuse to go on.
func Interrupted(raw []byte) bool {
	p, err := parse(raw)
	return err != nil || p.Open
}

// sender gives a driver the use of one Disclosure, and notes durably, before each call, what the
// call may carry away.
type sender struct {
	egress   *egress.Egress
	d        disclosure.Disclosure
	save     func(ctx context.Context, progress []byte) error
	progress progress
	show     func(privacy.Text)
	last     []privacy.Field // fields of the latest call
	reached  bool            // it arrived, or may have
	carried  int64           // and so many bytes of content with it
}

// Fields returns the fields that may be sent.
func (s *sender) Fields() []privacy.Field { return s.d.Fields() }

// MediaType returns the media type behind a field, or "".
func (s *sender) MediaType(f privacy.Field) string { return s.d.MediaType(f) }

// Transport returns how the policy lets the field travel.
func (s *sender) Transport(f privacy.Field) string { return s.d.Transport(f) }

// Show passes a piece of a text result on.
func (s *sender) Show(piece privacy.Text) {
	if s.show != nil {
		s.show(piece)
	}
}

// Save notes the driver's state: the latest call is understood.
func (s *sender) Save(ctx context.Context, state []byte) error {
	s.progress.State, s.progress.Open = slices.Clone(state), false
	return s.store(ctx)
}

// Send notes the call, makes it, and takes the note back only where nothing can have arrived.
func (s *sender) Send(ctx context.Context, r wire.Request) (egress.Response, error) {
	return s.make(ctx, r, func() (egress.Response, error) { return s.egress.Send(ctx, s.d, r) })
}

// Stream is a Send whose answer is an event stream.
func (s *sender) Stream(ctx context.Context, r wire.Request, each func(data []byte) error) (egress.Response, error) {
	return s.make(ctx, r, func() (egress.Response, error) { return s.egress.Stream(ctx, s.d, r, each) })
}

func (s *sender) make(ctx context.Context, r wire.Request, call func() (egress.Response, error)) (egress.Response, error) {
	before := s.progress
	s.last = wire.Fields(r)
	s.progress.Open = true
	s.progress.Left = s.progress.Left || len(s.last) > 0
	s.progress.Sent = merge(before.Sent, s.last)
	if err := s.store(ctx); err != nil {
		s.progress = before
		return egress.Response{}, err
	}
	spent := s.d.SentBytes()
	resp, err := call()
	e := failureOf(err)
	s.carried = s.d.SentBytes() - spent
	s.reached = err == nil || e != nil && e.Class == egress.UnknownOutcome
	if err == nil {
		return resp, nil
	}
	if e != nil && e.Class != egress.UnknownOutcome {
		s.progress.Open = false
		s.progress.Sent = merge(before.Sent, s.d.Spent())
		s.progress.Left = before.Left || s.carried > 0 || s.lent()
	}
	return resp, err
}

// lent reports whether the latest call went out with the address of a medium in it: from then on
// the recipient may have read it, although the call itself carried no byte of it.
func (s *sender) lent() bool {
	spent := s.d.Spent()
	return slices.ContainsFunc(s.last, func(f privacy.Field) bool { return s.d.Transport(f) == "url" && slices.Contains(spent, f) })
}

// settle notes how a failed Begin ended. Where the recipient itself said "not now", what the last
// call carried may be sent again by a later attempt; where the answer was lost, never. Neither where
// a call with content arrived and failed there: nobody knows whether a job was made of it, whatever
// word the recipient has for that.
func (s *sender) settle(ctx context.Context, err error) error {
	e := failureOf(err)
	if e == nil {
		return err // ours: storing failed, or the context ended; the note on disk stands
	}
	if e.Class == egress.Transient && s.reached && len(s.last) > 0 {
		e.Class = egress.UnknownOutcome
	}
	s.progress.Open = e.Class == egress.UnknownOutcome
	if e.Class.Retryable() {
		s.egress.Untaken(s.d, s.last)
		s.progress.Again += s.carried
		s.progress.Sent = slices.DeleteFunc(slices.Clone(s.progress.Sent), func(f privacy.Field) bool { return slices.Contains(s.last, f) })
	}
	e.WasSent = s.progress.Left
	if err := s.store(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	return e
}

func (s *sender) store(ctx context.Context) error {
	raw, err := json.Marshal(s.progress)
	if err != nil {
		return fmt.Errorf("provider: write progress: %w", err)
	}
	if s.save == nil {
		return nil
	}
	if err := s.save(ctx, raw); err != nil {
		return fmt.Errorf("provider: save progress: %w", err)
	}
	return nil
}

func merge(a, b []privacy.Field) []privacy.Field {
	out := append(slices.Clone(a), b...)
	slices.Sort(out)
	return slices.Compact(out)
}
