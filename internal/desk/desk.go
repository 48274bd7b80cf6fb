// Package desk is what staff may do, and the proof that they did nothing else: cases, readings, holds,
// disclosures, restrictions, the officer's mark, the end of an app, statistics, the review of templates.
//
// It promises that nothing of a person is read outside an open case, that the row of a reading is
// committed before its first byte, that nobody agrees to what they asked for, and that every act of staff
// is a leaf of the audit log. It never reaches from one app into another, never lengthens a clock without
// a recorded hold, and never hands out rows in bulk.
package desk

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/desk"
	"vow.example/vow/internal/task"
)

// Policies says which policy rules: in an app, for a subject, and for what was stored under an earlier one.
type Policies interface {
	InForce(app privacy.AppID, at time.Time) (*policy.Policy, bool)
	For(ctx context.Context, app privacy.AppID, s privacy.SubjectID) (*policy.Policy, error)
	ByHash(app privacy.AppID, hash privacy.PolicyHash) (*policy.Policy, bool)
}

// Message is what people of an app are told.
type Message struct {
	App     privacy.AppID
	Subject privacy.SubjectID // empty: everybody
	Kind    string            // of the policy's closed list
	Text    map[privacy.Lang]string
}

// Options are the parts that a Service works with.
type Options struct {
	DB       *store.DB
	Vault    *vault.Vault
	Eraser   *erasure.Eraser
	Policies Policies
	Clock    clock.Clock
	Digest   func(token string) []byte // stands for a credential

	Erase     func(ctx context.Context, who task.Who) error                    // stops what runs and erases the account; nil: the eraser does it
	Underage  func(ctx context.Context, who task.Who) (erased bool, err error) // marks somebody as too young; nil: the account is erased
	Tell      func(ctx context.Context, m Message) (id string, err error)      // writes a notice; nil: nobody can be told
	Materials func(app privacy.AppID) fs.FS                                    // drawn things that an app brought along; nil: none
}

// Service is the desk. It is safe for concurrent use.
type Service struct{ Options }

// New returns a Service.
func New(o Options) *Service {
	if o.Erase == nil {
		o.Erase = func(ctx context.Context, who task.Who) error {
			_, err := o.Eraser.Subject(ctx, who.App(), who.Subject)
			return err
		}
	}
	if o.Underage == nil {
		o.Underage = func(ctx context.Context, who task.Who) (bool, error) { return true, o.Erase(ctx, who) }
	}
	return &Service{o}
}

// The refusals of the desk.
var (
	ErrForbidden  = fault.New(fault.Refused, "forbidden", "Your role does not do this.")
	ErrRegion     = fault.New(fault.Refused, "region-not-allowed", "From your region nobody reads data of this app's people.")
	ErrRestricted = fault.New(fault.Refused, "processing-restricted", "This is restricted or sealed. It is read only under an override that stands.")
	ErrSame       = fault.New(fault.Refused, "same-person", "Somebody else has to agree: not who asked, and nobody twice.")

	errNotFound = fault.New(fault.NotFound, "not-found", "There is no such thing here.")
	errErased   = fault.New(fault.Gone, "erased", "This was erased. A hold or a disclosure does not bring it back.")
)

// act is what a role may do.
type act string

const (
	actCase       act = "case"     // open a case and read within it
	actOrder      act = "order"    // ask for a hold, a disclosure, an override; agree to one
	actUnderage   act = "underage" // mark somebody as too young
	actSuspend    act = "suspend"  // see signs of abuse, suspend an account, lift that
	actRestrict   act = "restrict" // restrict processing, decide about objections
	actApp        act = "app"      // end an app, write to people
	actCount      act = "count"    // counts without content
	actList       act = "list"     // see what the desk did
	actAuthor     act = "author"   // hand a template in
	actReview     act = "review"   // judge and publish templates
	actManageDesk act = "manage"   // see who works here
	actMember     act = "member"   // report who is a member
	actAudit      act = "audit"    // record that security was audited, and see when it must be again
)

// The roles.
const (
	Officer   = "officer"
	Moderator = "moderator"
	Support   = "support"
	Auditor   = "auditor"
	Developer = "developer"
	Owner     = "owner"
	Backend   = "backend" // no person: the operator's own server, which reports memberships and does nothing else
)

// Roles lists the roles.
func Roles() []string {
	return []string{Officer, Moderator, Support, Auditor, Developer, Owner, Backend}
}

func may(role string, a act) bool {
	switch role {
	case Officer:
		return a != actAuthor && a != actMember
	case Moderator:
		return slices.Contains([]act{actCase, actUnderage, actSuspend, actList, actReview}, a)
	case Support:
		return slices.Contains([]act{actCase, actList}, a)
	case Auditor:
		return slices.Contains([]act{actCount, actList, actAudit}, a)
	case Developer:
		return slices.Contains([]act{actCount, actAuthor}, a)
	case Owner:
		return slices.Contains([]act{actApp, actCount, actList, actManageDesk, actAudit}, a)
	case Backend:
		return a == actMember
	default:
		return false
	}
}

// inApp answers whether somebody may do something in an app: nil, or why not. Who works for one app
// learns nothing of another, not even that something is there (C-ALL-10).
func (s *Service) inApp(by facts.Staff, a act, app privacy.AppID) (*policy.Policy, error) {
	if !may(by.Role, a) {
		return nil, ErrForbidden
	}
	if by.App != "" && by.App != app {
		return nil, errNotFound
	}
	p, ok := s.Policies.InForce(app, s.Clock.Now())
	if !ok {
		return nil, errNotFound
	}
	return p, nil
}

// about answers whether somebody may do something that concerns a subject, and under which policy.
func (s *Service) about(ctx context.Context, by facts.Staff, a act, who Subject) (*policy.Policy, error) {
	if _, err := s.inApp(by, a, who.App); err != nil {
		return nil, err
	}
	if p, err := s.DB.App(who.App).Subject(ctx, who.ID); errors.Is(err, store.ErrNotFound) || err == nil && !s.Clock.Now().Before(p.ExpiresAt) {
		return nil, errNotFound
	} else if err != nil {
		return nil, err
	}
	p, err := s.Policies.For(ctx, who.App, who.ID)
	if err != nil {
		return nil, err
	}
	return p, s.near(ctx, by, p, who)
}

// Subject is whom an act concerns.
type Subject struct {
	App privacy.AppID
	ID  privacy.SubjectID
}

// near refuses staff outside the regions from which the policy lets people's data be read (FIT-12-01). Where
// the policy lets data cross with consent, the person's own written consent opens the way.
func (s *Service) near(ctx context.Context, by facts.Staff, p *policy.Policy, who Subject) error {
	t := p.Terms()
	if len(t.StaffRegions) == 0 || slices.Contains(t.StaffRegions, by.Region) {
		return nil
	}
	if t.Transfers == "consent" {
		ok, err := s.mayCross(ctx, who)
		if ok || err != nil {
			return err
		}
	}
	return ErrRegion
}

// mayList answers whether somebody may see what the desk did in an app. The lists name people, so they are
// read where people's data may be read; one person's consent to a transfer opens nobody else's row.
func (s *Service) mayList(by facts.Staff, app privacy.AppID) (*policy.Policy, error) {
	p, err := s.inApp(by, actList, app)
	if err == nil && len(p.Terms().StaffRegions) > 0 && !slices.Contains(p.Terms().StaffRegions, by.Region) {
		return nil, ErrRegion
	}
	return p, err
}

// note appends an act of staff to the audit log, inside its transaction.
func (s *Service) note(ctx context.Context, tx *store.Tx, by facts.Staff, e audit.Event) error {
	if e.Data == nil {
		e.Data = map[string]string{}
	}
	if by.ID != "" {
		e.Data["staff"], e.Data["role"] = string(by.ID), by.Role
	}
	return s.Eraser.Note(ctx, tx, e)
}

// unlessNotFound turns the absence of a row into the refusal that names it.
func unlessNotFound(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return errNotFound
	}
	return err
}

func invalid(pointer, code, detail string) error {
	return fault.New(fault.Invalid, "validation", "The request breaks a rule. See errors.").
		With("errors", []task.FieldError{{Pointer: pointer, Code: code, Detail: detail}})
}

// isCode reports whether s is a word that may stand in a row: a reason, a document's reference.
func isCode(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	return !slices.ContainsFunc([]byte(s), func(c byte) bool {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		return !letter && c != '_' && c != '-' && c != '.' && c != '/'
	})
}
