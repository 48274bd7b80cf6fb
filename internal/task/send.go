package task

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"vow.example/vow/internal/fault"
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
	"vow.example/vow/internal/task/answer"
	"vow.example/vow/internal/task/ask"
	"vow.example/vow/internal/task/outcome"
	"vow.example/vow/internal/task/result"
)

const (
	maxAttempts = 6
	firstWait   = 500 * time.Millisecond
	longestWait = 2 * time.Minute
	turnWait    = 5 * time.Second // until a task asks again whether its turn has come
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
	start := provider.Start{Save: s.saver(j), Show: s.shower(ctx, &j)}
	hook := s.hookToken()
	if known {
		d, start.Progress, err = s.resume(ctx, j, c, ticket, hook)
	} else {
		d, err = disclosure.Prepare(ctx, rows{s, j, s.hookDigest(hook)}, s.Clock, c)
	}
	if errors.Is(err, disclosure.ErrLapsed) {
		return 0, s.fail(ctx, j, failure{code: fault.CodeOf(err)})
	}
	if err != nil {
		return 0, err
	}
	s.At("send.prepared")
	start.Webhook = s.hookURL(hook)
	return s.begin(ctx, j, d, start)
}

// shower returns what takes the pieces of an answer: who reads along has its notices with them.
func (s *Service) shower(ctx context.Context, j *job) func(privacy.Text) {
	if s.Advice == nil || j.feature.ResultKind() != result.Text {
		return func(piece privacy.Text) { s.live.Show(j.ID, piece, answer.Machine()) }
	}
	j.answer = answer.New(s.Advice, s.question(ctx, *j), func(piece privacy.Text, notices []string) { s.live.Show(j.ID, piece, notices) })
	return j.answer.Add
}

// resume goes on under the ledger row that exists: what has left counts as spent. The recipient is
// told a new token, because nobody knows the old one any more.
func (s *Service) resume(ctx context.Context, j job, c disclosure.Case, row store.Ticket, hook string) (d disclosure.Disclosure, progress []byte, err error) {
	if progress, err = s.ticketed.Open(row.Progress); err != nil {
		return d, nil, err
	}
	sent, err := provider.Sent(progress)
	if err != nil {
		return d, nil, err
	}
	row.Hook = s.hookDigest(hook)
	if err := s.DB.Write(ctx, func(tx *store.Tx) error { return tx.PutTicket(ctx, row, s.Clock.Now(), j.ExpiresAt) }); err != nil {
		return d, nil, err
	}
	d, err = disclosure.Resume(ctx, rows{s, j, nil}, s.Clock, row.Transfer, c, sent)
	return d, progress, err
}

// disclosable derives the proofs and opens the content of the task.
func (s *Service) disclosable(ctx context.Context, j job) (disclosure.Case, error) {
	permit, err := s.permit(ctx, j)
	if err != nil {
		return disclosure.Case{}, err
	}
	texts, err := s.texts(ctx, j, vault.ForDisclosure)
	if err != nil {
		return disclosure.Case{}, orErased(err)
	}
	verdict, err := s.DB.App(j.App).Verdict(ctx, j.ID)
	if err != nil {
		return disclosure.Case{}, fmt.Errorf("task: verdict: %w", err)
	}
	clearance, err := review.Clear(verdict, s.mac, texts, j.pol)
	if err != nil {
		return disclosure.Case{}, err
	}
	content, err := s.content(ctx, j, texts)
	return disclosure.Case{Policy: j.pol, Permit: permit, Clearance: clearance, Task: j.ID, Content: content}, err
}

// content gathers what the policy lets the recipient receive, and nothing else.
func (s *Service) content(ctx context.Context, j job, texts map[privacy.Field]privacy.Text) (disclosure.Content, error) {
	byRole, err := s.inputs(ctx, j)
	if err != nil {
		return nil, err
	}
	content := disclosure.Content{}
	for _, in := range j.feature.Inputs {
		switch in.Kind {
		case policy.Prompt:
			if text := texts[in.Field]; !text.Empty() {
				content[in.Field] = disclosure.Text(text)
			}
		case policy.Option, policy.Number:
			if v := j.Params[in.Field]; v != "" {
				content[in.Field] = disclosure.Code(v)
			}
		default:
			o, ok := byRole[in.Field]
			if !ok {
				continue
			}
			if limit, _ := ask.TooLarge(in, o); limit != "" { // the copy that was reviewed is gone: what it was made of never leaves
				return nil, errErased
			}
			lease, err := s.Vault.Lend(ctx, o.Ref, o.Due(), j.reading(vault.ForDisclosure))
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
		return 0, s.taken(after, j, d, begun)
	}
	e := s.failureOf(after, j, d, err)
	if ctx.Err() != nil {
		return 0, ctx.Err() // stopped, or continued after a restart: the durable progress says what has left
	}
	if e.Class == egress.Waiting {
		return min(cmp.Or(e.RetryAfter, turnWait), longestWait), s.awaitTurn(after, j)
	}
	s.Log.Info("the recipient did not take the task", log.Task(j.ID), log.Recipient(j.Recipient), log.Count(j.Attempts+1))
	if e.Class.Retryable() && j.Attempts+1 < maxAttempts {
		k := j.Task
		k.State, k.Attempts, k.WasSent = store.Sending, j.Attempts+1, j.WasSent || e.WasSent
		return wait(k.Attempts, e.RetryAfter), s.advance(after, k, nil)
	}
	t := store.Transfer{Entry: disclosure.Entry{ID: d.ID(), App: j.App, Subject: j.Subject, Task: j.ID, Recipient: d.Recipient(), Fields: d.Fields()}, Bytes: d.SentBytes() + provider.Again(start.Progress)}
	if err := s.because(after, j, failed(e.Class)); err != nil {
		return 0, err
	}
	if err := s.outcome(after, j, t, outcome.Word(e.WasSent, e.Class == egress.UnknownOutcome)); err != nil {
		return 0, err
	}
	return 0, s.fail(after, j, failed(e.Class))
}

// failed is the end of a task by a recipient's class of failure.
func failed(c egress.Class) failure { return failure{code: outcome.Of(c).Code, class: string(c)} }

// awaitTurn shows that the task waits for its turn at the recipient. That counts as no attempt: nothing
// of it left by asking.
func (s *Service) awaitTurn(ctx context.Context, j job) error {
	k, err := s.DB.App(j.App).TaskByID(ctx, j.ID)
	if err != nil || k.State == store.Queued {
		return err
	}
	k.State = store.Queued
	return s.advance(ctx, k, nil)
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
	progress, err := s.ticketed.Open(row.Progress)
	if err != nil || provider.Interrupted(progress) {
		e.Class, e.WasSent = egress.UnknownOutcome, true
	}
	e.WasSent = e.WasSent || provider.WasSent(progress)
	return e
}

// taken goes on with what came of a sending: a job to ask about, or the result itself.
func (s *Service) taken(ctx context.Context, j job, d disclosure.Disclosure, begun driver.Begun) error {
	if err := s.sent(ctx, j, d, begun); err != nil || begun.Status == nil {
		return err
	}
	words := j.answer
	j, err := s.load(ctx, j.App, j.ID)
	if err != nil {
		return err
	}
	j.answer = words
	if begun.Status.State != driver.Done || len(begun.Status.Results) == 0 {
		return s.fail(ctx, j, failed(cmp.Or(begun.Status.Class, egress.Failed)))
	}
	err = s.take(ctx, j, begun.Status.Results[0])
	if e := unread(err); e != nil {
		return s.fail(ctx, j, failed(e.Class))
	}
	return s.refuseResult(ctx, j, err)
}

// sent records that the recipient has the task. Where it has answered with the result itself, that is
// recorded too, before the result is stored: when the process dies in between, the answer is lost and
// the task ends as interrupted.
func (s *Service) sent(ctx context.Context, j job, d disclosure.Disclosure, begun driver.Begun) error {
	row, err := s.DB.App(j.App).Ticket(ctx, j.ID)
	if err != nil {
		return err
	}
	row.Ticket, row.Answered = s.ticketed.Seal(begun.Ticket), begun.Status != nil
	progress, err := s.ticketed.Open(row.Progress)
	if err != nil {
		return err
	}
	left := d.SentBytes() + provider.Again(progress)
	now := s.Clock.Now()
	keeps := s.keepsUntil(j, now)
	k := j.Task
	k.State, k.Percent, k.WasSent, k.Attempts = store.Generating, 40, true, 0
	defer s.At("send.recorded")
	return s.advance(ctx, k, func(tx *store.Tx) error {
		if err := tx.PutTicket(ctx, row, now, k.ExpiresAt); err != nil {
			return err
		}
		if err := tx.FinishTransfer(ctx, d.ID(), "sent", left, keeps); err != nil {
			return err
		}
		if err := s.note(ctx, tx, k, "sent", map[string]string{"transfer": string(d.ID()), "recipient": string(d.Recipient())}); err != nil {
			return err
		}
		return tx.AddEvent(ctx, k, "transfer", map[string]any{"id": d.ID(), "recipient": d.Recipient(), "fields": d.Fields(), "bytes": left}, now)
	})
}

// wait is the back-off before the next attempt: doubling, not shorter than the hint, and bounded.
func wait(attempt int, hint time.Duration) time.Duration {
	d := firstWait << (attempt - 1)
	return min(max(d, hint), longestWait)
}

func (s *Service) hookToken() string {
	if s.HookURL == "" {
		return ""
	}
	return rand.Text()
}

// hookDigest is what is kept of a token.
func (s *Service) hookDigest(token string) []byte {
	if token == "" {
		return nil
	}
	return s.digest("hook", token)
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
	waited := j.State == store.Queued
	return func(ctx context.Context, progress []byte) error {
		if waited { // its turn has come
			waited = false
			if k, err := s.DB.App(j.App).TaskByID(ctx, j.ID); err == nil && k.State == store.Queued {
				k.State = store.Sending
				if err := s.advance(ctx, k, nil); err != nil {
					return err
				}
			}
		}
		row, err := s.DB.App(j.App).Ticket(ctx, j.ID)
		if err != nil {
			return err
		}
		row.Progress = s.ticketed.Seal(progress)
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

// rows is the disclosure ledger for one task. It implements disclosure.Ledger.
type rows struct {
	s    *Service
	j    job
	hook []byte
}

// Prepare writes the row that must exist before anything leaves, with the task's empty ticket.
func (l rows) Prepare(ctx context.Context, e disclosure.Entry) error {
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
		row := store.Ticket{Task: k.ID, App: k.App, Subject: k.Subject, Transfer: e.ID, Progress: l.s.ticketed.Seal(nil), Hook: l.hook}
		return tx.PutTicket(ctx, row, e.At, k.ExpiresAt)
	})
}

// Entry returns a prepared row.
func (l rows) Entry(ctx context.Context, id privacy.TransferID) (disclosure.Entry, error) {
	list, err := l.s.DB.App(l.j.App).TaskTransfers(ctx, l.j.ID)
	for _, t := range list {
		if t.ID == id {
			return t.Entry, nil
		}
	}
	return disclosure.Entry{}, errors.Join(err, store.ErrNotFound)
}
