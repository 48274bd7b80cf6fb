package task

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/sosodev/duration"

	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/store"
)

const (
	maxAttempts = 6
	firstWait   = 500 * time.Millisecond
	longestWait = 2 * time.Minute
)

// send hands the task to its one recipient. Every proof is derived again; the ledger row is
// committed before the first byte; a retry goes to the same recipient and sends only what has not
// left yet.
func (s *Service) send(ctx context.Context, j job) (time.Duration, error) {
	ticket, err := s.DB.App(j.App).Ticket(ctx, j.ID)
	known := err == nil
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return 0, err
	}
	c, err := s.disclosable(ctx, j)
	if errors.Is(err, errErased) {
		return 0, s.fail(ctx, j, failure{code: "upload-again"})
	}
	if err != nil {
		return 0, err
	}
	var d disclosure.Disclosure
	var progress []byte
	hook := ""
	if known {
		if progress, err = s.ticketed.open(ticket.Progress); err != nil {
			return 0, err
		}
		var sent []privacy.Field
		if sent, err = provider.Sent(progress); err != nil {
			return 0, err
		}
		d, err = disclosure.Resume(ctx, ledger{s, j, nil}, ticket.Transfer, c, sent)
	} else {
		hook = s.hookToken()
		d, err = disclosure.Prepare(ctx, ledger{s, j, s.digest("hook", hook)}, s.Clock, c)
	}
	if err != nil {
		return 0, err
	}
	s.At("send.prepared")
	return s.begin(ctx, j, d, provider.Start{Webhook: s.hookURL(hook), Progress: progress, Save: s.saver(j)})
}

// disclosable derives the proofs and opens the content of the task.
func (s *Service) disclosable(ctx context.Context, j job) (disclosure.Case, error) {
	permit, err := s.permit(ctx, j)
	if err != nil {
		return disclosure.Case{}, err
	}
	prompt, err := s.read(ctx, j, j.Prompt)
	if err != nil {
		return disclosure.Case{}, err
	}
	verdict, err := s.DB.App(j.App).Verdict(ctx, j.ID)
	if err != nil {
		return disclosure.Case{}, fmt.Errorf("task: verdict: %w", err)
	}
	clearance, err := review.Clear(verdict, s.mac, prompt, j.pol)
	if err != nil {
		return disclosure.Case{}, err
	}
	content, err := s.content(ctx, j, prompt)
	return disclosure.Case{Policy: j.pol, Permit: permit, Clearance: clearance, Task: j.ID, Content: content}, err
}

// content gathers what the policy lets the recipient receive, and nothing else.
func (s *Service) content(ctx context.Context, j job, prompt privacy.Text) (disclosure.Content, error) {
	byRole, err := s.inputs(ctx, j)
	if err != nil {
		return nil, err
	}
	content := disclosure.Content{}
	for _, in := range j.feature.Inputs {
		switch in.Kind {
		case policy.Prompt:
			if !prompt.Empty() {
				content[in.Field] = disclosure.Text(prompt)
			}
		case policy.Option:
			if v := j.Params[in.Field]; v != "" {
				content[in.Field] = disclosure.Code(v)
			}
		default:
			o, ok := byRole[in.Field]
			if !ok {
				continue
			}
			lease, err := s.Vault.Lend(ctx, o.Ref, o.Due(), vault.ForDisclosure)
			if err != nil {
				return nil, orErased(err)
			}
			content[in.Field] = disclosure.Media(lease)
		}
	}
	return content, nil
}

// orErased names the end of an object that was to be used; any other failure stays what it is.
func orErased(err error) error {
	if errors.Is(err, vault.ErrErased) {
		return errErased
	}
	return err
}

// begin runs the driver and records what came of it.
func (s *Service) begin(ctx context.Context, j job, d disclosure.Disclosure, start provider.Start) (time.Duration, error) {
	begun, err := s.Providers.Begin(ctx, d, start)
	s.At("send.done")
	after := context.WithoutCancel(ctx) // what has left is recorded even when the task must stop
	if err == nil {
		return 0, s.sent(after, j, d, begun.Ticket)
	}
	e := s.failureOf(after, j, d, err)
	s.Log.Info("the recipient did not take the task", log.Task(j.ID), log.Recipient(j.Recipient), log.Count(j.Attempts+1))
	if ctx.Err() != nil {
		return 0, ctx.Err() // stopped, or continued after a restart: the durable progress says what has left
	}
	if e.Class.Retryable() && j.Attempts+1 < maxAttempts {
		k := j.Task
		k.State, k.Attempts, k.WasSent = store.Sending, j.Attempts+1, j.WasSent || e.WasSent
		return wait(k.Attempts, e.RetryAfter), s.advance(after, k, nil)
	}
	t := store.Transfer{Entry: disclosure.Entry{ID: d.ID(), Recipient: d.Recipient(), Fields: d.Fields()}, Bytes: d.SentBytes()}
	if err := s.outcome(after, j, t, wordOf(e.WasSent, e.Class == egress.UnknownOutcome)); err != nil {
		return 0, err
	}
	return 0, s.fail(after, j, failure{code: codeOf(e.Class), class: string(e.Class)})
}

// failureOf gives every failure of sending a class. Where the driver gave none, the durable
// progress says what may have left.
func (s *Service) failureOf(ctx context.Context, j job, d disclosure.Disclosure, err error) *egress.Error {
	var e *egress.Error
	if errors.As(err, &e) {
		return e
	}
	e = &egress.Error{Class: egress.Unclassified, WasSent: d.SentBytes() > 0}
	row, err := s.DB.App(j.App).Ticket(ctx, j.ID)
	if err != nil {
		return e
	}
	progress, err := s.ticketed.open(row.Progress)
	if err != nil || provider.Interrupted(progress) {
		e.Class, e.WasSent = egress.UnknownOutcome, true
	}
	e.WasSent = e.WasSent || provider.WasSent(progress)
	return e
}

// sent records that the recipient has the task.
func (s *Service) sent(ctx context.Context, j job, d disclosure.Disclosure, remote driver.Ticket) error {
	row, err := s.DB.App(j.App).Ticket(ctx, j.ID)
	if err != nil {
		return err
	}
	row.Ticket = s.ticketed.seal(remote)
	now := s.Clock.Now()
	keeps := s.keepsUntil(j, now)
	k := j.Task
	k.State, k.Percent, k.WasSent, k.Attempts = store.Generating, 40, true, 0
	defer s.At("send.recorded")
	return s.advance(ctx, k, func(tx *store.Tx) error {
		if err := tx.PutTicket(ctx, row, now, k.ExpiresAt); err != nil {
			return err
		}
		if err := tx.FinishTransfer(ctx, d.ID(), "sent", d.SentBytes(), keeps); err != nil {
			return err
		}
		if err := s.note(ctx, tx, k, "sent", map[string]string{"transfer": string(d.ID()), "recipient": string(d.Recipient())}); err != nil {
			return err
		}
		return tx.AddEvent(ctx, k, "transfer", map[string]any{"id": d.ID(), "recipient": d.Recipient(), "fields": d.Fields(), "bytes": d.SentBytes()}, now)
	})
}

// wordOf is the ledger's word for a transfer that did not become a job there.
func wordOf(left, unknown bool) string {
	switch {
	case unknown:
		return "unknown"
	case left:
		return "sent"
	default:
		return "refused" // nothing left
	}
}

// conclude gives the ledger row of a task that ends in the middle of being sent its true outcome, by
// the durable progress.
func (s *Service) conclude(ctx context.Context, j job) error {
	row, err := s.DB.App(j.App).Ticket(ctx, j.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	progress, errProgress := s.ticketed.open(row.Progress)
	list, errList := s.DB.App(j.App).TaskTransfers(ctx, j.ID)
	if err := errors.Join(err, errProgress, errList); err != nil {
		return err
	}
	for _, t := range list {
		if t.Outcome == "prepared" {
			err = errors.Join(err, s.outcome(ctx, j, t, wordOf(provider.WasSent(progress), provider.Interrupted(progress))))
		}
	}
	return err
}

// outcome records how a transfer ended that did not become a job there.
func (s *Service) outcome(ctx context.Context, j job, t store.Transfer, word string) error {
	keeps := time.Time{}
	if word != "refused" {
		keeps = s.keepsUntil(j, s.Clock.Now())
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if word != "refused" {
			if err := tx.MarkSent(ctx, j.App, j.ID); err != nil {
				return err
			}
			data := map[string]any{"id": t.ID, "recipient": t.Recipient, "fields": t.Fields, "bytes": t.Bytes}
			if err := tx.AddEvent(ctx, j.Task, "transfer", data, s.Clock.Now()); err != nil {
				return err
			}
		}
		return tx.FinishTransfer(ctx, t.ID, word, t.Bytes, keeps)
	})
}

// keepsUntil is when the recipient's copy is gone by its own statement; zero where it states nothing.
func (s *Service) keepsUntil(j job, now time.Time) time.Time {
	r, ok := j.pol.Recipient(j.Recipient)
	if !ok {
		return time.Time{}
	}
	d, err := duration.Parse(r.Retention.Outputs)
	if err != nil {
		return time.Time{}
	}
	return now.Add(d.ToTimeDuration())
}

// wait is the back-off before the next attempt: doubling, not shorter than the hint, and bounded.
func wait(attempt int, hint time.Duration) time.Duration {
	d := firstWait << (attempt - 1)
	return min(max(d, hint), longestWait)
}

// codeOf turns a recipient's class of failure into what the person is told.
func codeOf(c egress.Class) string {
	switch c {
	case egress.NoFace:
		return "no-face"
	case egress.ContentRefused, egress.RealPersonRefused, egress.BadMedia, egress.Failed:
		return "provider-refused"
	case egress.UnknownOutcome:
		return "provider-interrupted"
	case egress.Blocked:
		return "egress-refused"
	default:
		return "provider-unavailable"
	}
}

func (s *Service) hookToken() string {
	if s.HookURL == "" {
		return ""
	}
	return rand.Text()
}

func (s *Service) hookURL(token string) string {
	if token == "" {
		return ""
	}
	return s.HookURL + "/" + token
}

// saver makes the driver's progress durable before every call, and with it the fact that content
// may have left.
func (s *Service) saver(j job) func(context.Context, []byte) error {
	return func(ctx context.Context, progress []byte) error {
		row, err := s.DB.App(j.App).Ticket(ctx, j.ID)
		if err != nil {
			return err
		}
		row.Progress = s.ticketed.seal(progress)
		if row.Sent, err = provider.Sent(progress); err != nil {
			return err
		}
		err = s.DB.Write(ctx, func(tx *store.Tx) error {
			mark := tx.UnmarkSent // the recipient was not reached after all
			if provider.WasSent(progress) {
				mark = tx.MarkSent
			}
			if err := mark(ctx, j.App, j.ID); err != nil {
				return err
			}
			return tx.PutTicket(ctx, row, s.Clock.Now(), j.ExpiresAt)
		})
		s.At("send.saved")
		return err
	}
}

// ledger is the disclosure ledger for one task. It implements disclosure.Ledger.
type ledger struct {
	s    *Service
	j    job
	hook []byte
}

// Prepare writes the row that must exist before anything leaves, with the task's empty ticket.
func (l ledger) Prepare(ctx context.Context, e disclosure.Entry) error {
	until, err := l.s.Eraser.EvidenceUntil(e.App, "disclosure_record")
	if err != nil {
		return err
	}
	k := l.j.Task
	k.State, k.Percent = store.Sending, 30
	return l.s.advance(ctx, k, func(tx *store.Tx) error {
		if err := tx.InsertTransfer(ctx, e, until); err != nil {
			return err
		}
		if err := l.s.note(ctx, tx, k, "disclosure_prepared", map[string]string{"transfer": string(e.ID), "recipient": string(e.Recipient)}); err != nil {
			return err
		}
		row := store.Ticket{Task: k.ID, App: k.App, Subject: k.Subject, Transfer: e.ID, Progress: l.s.ticketed.seal(nil), Hook: l.hook}
		return tx.PutTicket(ctx, row, e.At, k.ExpiresAt)
	})
}

// Entry returns a prepared row.
func (l ledger) Entry(ctx context.Context, id privacy.TransferID) (disclosure.Entry, error) {
	list, err := l.s.DB.App(l.j.App).TaskTransfers(ctx, l.j.ID)
	for _, t := range list {
		if t.ID == id {
			return t.Entry, nil
		}
	}
	return disclosure.Entry{}, errors.Join(err, store.ErrNotFound)
}
