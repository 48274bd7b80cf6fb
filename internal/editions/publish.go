package editions

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/book"
	"vow.example/vow/internal/policy/diff"
	"vow.example/vow/internal/policy/matter"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	rows "vow.example/vow/internal/store/editions"
)

// Draft asks for a publication.
type Draft struct {
	App         privacy.AppID // "": whichever app the file is for
	YAML        []byte
	EffectiveAt time.Time
	By          privacy.StaffID // "": the operator, by the app's folder
	soonest     bool            // at the first moment that is allowed
}

const (
	slack     = 5 * time.Minute // between asking for the first moment that is allowed, and being answered
	popupLead = time.Hour       // in which people who are there see what pops up
)

// Published is what came of a publication.
type Published struct {
	book.Edition
	Diff   diff.Diff
	Notice string // id of the announcement
}

// Refused is a publication that breaks a rule.
type Refused struct{ Findings []policy.Finding }

// Error names the first finding.
func (r *Refused) Error() string {
	if len(r.Findings) == 0 {
		return "editions: refused"
	}
	return fmt.Sprintf("editions: refused: %s (%d findings)", r.Findings[0], len(r.Findings))
}

// Unwrap is the fault of every refusal.
func (r *Refused) Unwrap() error {
	return fault.New(fault.Invalid, "policy-refused", "This version cannot be published. See errors.")
}

// Publish makes a file the next version of its app, or says everything that speaks against it.
func (s *Service) Publish(ctx context.Context, d Draft) (Published, error) {
	p, err := policy.Load("policy.yaml", d.YAML)
	var problems *policy.Problems
	if errors.As(err, &problems) {
		return Published{}, &Refused{problems.Findings}
	}
	if err != nil {
		return Published{}, err
	}
	s.publishing.Lock()
	defer s.publishing.Unlock()
	list := s.All(p.App())
	if len(list) == 0 || d.App != "" && d.App != p.App() {
		return Published{}, &Refused{[]policy.Finding{finding("app.id", "this server does not run that app for you", "publish for an app of this server")}}
	}
	last := list[len(list)-1]
	changes := s.Between(last.Policy, p)
	earliest := s.earliest(last, p, changes)
	d.EffectiveAt = d.moment(earliest)
	if found := s.against(last, p, d, changes, earliest); len(found) > 0 {
		return Published{}, &Refused{found}
	}
	e := book.Edition{Policy: p, Number: last.Number + 1, PublishedAt: s.Clock.Now(), EffectiveAt: d.EffectiveAt}
	out := Published{Edition: e, Diff: changes, Notice: privacy.NewID(prefixNotice)}
	return out, s.record(ctx, e, d.YAML, written{class: changes.Class().String(), by: d.By, notice: s.announcement(out, last)})
}

// moment is when a draft would take effect: as it says, or at the first moment that is allowed where it
// asks for that or was only just too early.
func (d Draft) moment(earliest time.Time) time.Time {
	at := d.EffectiveAt.UTC().Truncate(time.Millisecond)
	if d.soonest || at.Before(earliest) && earliest.Sub(at) <= slack {
		return earliest
	}
	return at
}

const prefixNotice = "ntc"

func finding(path, what, fix string) policy.Finding {
	return policy.Finding{File: "policy.yaml", Line: 1, Column: 1, Path: path, What: what, Fix: fix}
}

// against lists the rules that a draft breaks.
func (s *Service) against(last book.Edition, p *policy.Policy, d Draft, changes diff.Diff, earliest time.Time) []policy.Finding {
	var found []policy.Finding
	if n, err := book.NumberOf(p); err != nil || n != last.Number+1 {
		found = append(found, finding("version", "the next version is v"+strconv.Itoa(last.Number+1), "write that number"))
	}
	if changes.Class() >= diff.Material && !newer(last.Policy.Updated(), p.Updated()) { // PIX-14-01
		found = append(found, finding("updated", "a "+changes.Class().String()+" change needs a later date than "+last.Policy.Updated(), "write the date of this version"))
	}
	if d.EffectiveAt.Before(earliest) {
		found = append(found, finding("effective", "it takes effect too early: people need the time that the policy promises them",
			"effective from "+earliest.Format(time.RFC3339)))
	}
	if !s.Demo {
		found = append(found, p.DemoOnly()...)
	}
	if s.Fits != nil {
		if err := s.Fits(p); err != nil {
			found = append(found, finding("recipients", "this server cannot run it: "+err.Error(), "wire it first, then publish"))
		}
	}
	return found
}

// newer reports whether a date or month is later than another. A day of a month is later than the month.
func newer(was, is string) bool { return is > was }

// earliest is the first moment at which a version may take effect. A material change waits for the lead
// that the version before promised, or the new one where that is longer; where changes pop up, they do so
// before any version takes effect (FIT-9.2-01).
func (s *Service) earliest(last book.Edition, p *policy.Policy, changes diff.Diff) time.Time {
	now := s.Clock.Now().Truncate(time.Millisecond)
	first := now
	was, is := last.Policy.Terms(), p.Terms()
	if changes.Class() >= diff.Material {
		first = later(was.Calendar.Due(was.Notices.Lead, now), is.Calendar.Due(is.Notices.Lead, now))
	}
	if (was.Notices.Popup || is.Notices.Popup) && !first.After(now) {
		first = now.Add(popupLead)
	}
	return later(first, last.EffectiveAt)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// written is what is recorded beside an edition.
type written struct {
	class  string
	by     privacy.StaffID
	notice *rows.Notice // nil: nobody has to be told
}

// record writes a version, its announcement and the leaf in one transaction, and then lets it count.
func (s *Service) record(ctx context.Context, e book.Edition, yaml []byte, w written) error {
	p := e.Policy
	until, err := s.firstEvidence(p)
	if err != nil {
		return err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := rows.Insert(ctx, tx, rows.Version{
			App: p.App(), Number: e.Number, Version: p.Version(), Hash: p.Hash(), Source: yaml, Class: w.class, By: w.by, PublishedAt: e.PublishedAt, EffectiveAt: e.EffectiveAt,
		}); err != nil {
			return err
		}
		if w.notice != nil {
			if err := rows.InsertNotice(ctx, tx, *w.notice); err != nil {
				return err
			}
		}
		_, err := audit.Append(ctx, tx.Tree("", until), audit.Event{
			Kind: "policy_published", App: p.App(), Object: string(w.by), At: s.Clock.Now(), PolicyHash: p.Hash(),
			Data: map[string]string{"version": p.Version(), "class": w.class, "effective": e.EffectiveAt.Format(time.RFC3339)},
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("editions: publish %s: %w", p.Version(), err)
	}
	return s.Add(e)
}

// firstEvidence is until when the leaf of a publication opens: by the versions that bind, or by the
// first one itself.
func (s *Service) firstEvidence(p *policy.Policy) (time.Time, error) {
	if len(s.All(p.App())) > 0 {
		return s.evidenceUntil(p.App())
	}
	row, ok := p.Row("audit_entry", policy.ItemWritten)
	if !ok {
		return time.Time{}, errors.New("editions: the policy has no clock for the audit log")
	}
	return row.Limit.After(s.Clock.Now()), nil
}

// announcement is what people are told of a version. A significant one goes over more channels, and
// nobody chooses that (FIT-9.2-03, FIT-9.2-04).
func (s *Service) announcement(out Published, last book.Edition) *rows.Notice {
	n := rows.Notice{
		App: out.Policy.App(), ID: out.Notice, Kind: PolicyChange, Class: out.Diff.Class().String(), Number: out.Number,
		CreatedAt: s.Clock.Now(), EffectiveAt: out.EffectiveAt,
	}
	n.Channels = matter.Outside(last.Policy.Terms().Notices, PolicyChange, out.Diff.Class() >= diff.Significant)
	return &n
}
