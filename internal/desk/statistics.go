package desk

import (
	"cmp"
	"context"
	"slices"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/desk"
	"vow.example/vow/internal/store/tally"
)

// What statistics serve, and what they count beside things that are gone.
const (
	countedFor = tally.Purpose
	countedIn  = privacy.Category("task_metadata")
)

var errNoStatistics = fault.New(fault.Refused, "purpose-not-allowed", "This app makes no statistics, or none of single people.")

// Day is what one day shows: groups that are large enough, and the sum of all only where nobody could be
// found in what it hides.
type Day struct {
	Day    string
	Groups []facts.Group
	Hidden bool // groups are left out because they are too small, or would give one away that is
	Total  int  // tasks of every group, hidden ones too; 0 where it would give one away
}

// Numbers are what an app's statistics say.
type Numbers struct {
	Days    []Day
	Remains []tally.Day // of things whose clock ran out
}

// Statistics counts tasks by day, feature and outcome, in groups of at least as many people as the policy
// says, and gives the counts that remain of things whose clock ran out, of days with as many people. Where
// the policy says nothing there are none (WIZ-4-04, FIT-5.1-01: "no row with group < k").
func (s *Service) Statistics(ctx context.Context, by facts.Staff, app privacy.AppID, from, to time.Time) (n Numbers, err error) {
	p, err := s.inApp(by, actCount, app)
	if err != nil {
		return n, err
	}
	least := p.Terms().MinGroup
	if least == 0 {
		return n, errNoStatistics
	}
	if ok, explanation := p.PurposeAllowed(countedIn, countedFor); !ok {
		return n, vault.ErrNotAllowed.With("explanation", explanation)
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		return s.note(ctx, tx, by, audit.Event{Kind: "counted", App: app, Data: map[string]string{"category": string(countedIn), "purpose": string(countedFor)}})
	})
	if err != nil {
		return n, err
	}
	groups, err := facts.Groups(ctx, s.DB.App(app), from, to, countedFor)
	if err != nil {
		return n, err
	}
	n.Days = days(groups, least)
	n.Remains, err = tally.Days(ctx, s.DB.App(app), tally.Question{From: from, To: to, Least: least, Now: s.Clock.Now()})
	n.Remains = slices.DeleteFunc(n.Remains, func(d tally.Day) bool { ok, _ := p.PurposeAllowed(d.Category, countedFor); return !ok })
	return n, err
}

// days splits groups, which are sorted by day.
func days(groups []facts.Group, least int) (list []Day) {
	for len(groups) > 0 {
		n := slices.IndexFunc(groups, func(g facts.Group) bool { return g.Day != groups[0].Day })
		if n < 0 {
			n = len(groups)
		}
		list = append(list, suppressed(groups[:n], least))
		groups = groups[n:]
	}
	return list
}

// suppressed hides the groups of a day that are too small, and as many others as it takes that the
// difference to the total says nothing about a small one: at least two are hidden, and one of them is of
// enough people by itself, because the people of several groups may be the same ones.
func suppressed(groups []facts.Group, least int) Day {
	d := Day{Day: groups[0].Day}
	bySize := slices.SortedStableFunc(slices.Values(groups), func(a, b facts.Group) int { return cmp.Compare(a.People, b.People) })
	hidden, largest := 0, 0
	for _, g := range bySize {
		if g.People >= least && (hidden == 0 || hidden >= 2 && largest >= least) {
			break
		}
		hidden, largest = hidden+1, g.People
	}
	d.Groups, d.Hidden = bySize[hidden:], hidden > 0
	slices.SortFunc(d.Groups, func(a, b facts.Group) int {
		return cmp.Or(cmp.Compare(a.Feature, b.Feature), cmp.Compare(a.Outcome, b.Outcome))
	})
	if hidden == 0 || hidden >= 2 && largest >= least {
		for _, g := range groups {
			d.Total += g.Tasks
		}
	}
	return d
}

// Export refuses: nobody takes rows out of here, for whatever purpose (MIX-1.6-14). What may leave are
// statistics, and disclosures about one person on a ground of the policy.
func (s *Service) Export(ctx context.Context, by facts.Staff, app privacy.AppID, c privacy.Category, u privacy.Purpose) error {
	p, err := s.inApp(by, actCount, app)
	if err != nil {
		return err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		return s.note(ctx, tx, by, audit.Event{Kind: "export_refused", App: app, Data: map[string]string{"category": code(string(c)), "purpose": code(string(u))}})
	})
	if err != nil {
		return err
	}
	if ok, explanation := p.PurposeAllowed(c, u); !ok {
		return vault.ErrNotAllowed.With("explanation", explanation)
	}
	return errNoStatistics
}

// code returns s where it may stand in a row, and otherwise a word that says that it may not.
func code(s string) string {
	if isCode(s) {
		return s
	}
	return "unreadable"
}
