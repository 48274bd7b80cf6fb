package editions

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/policy/diff"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
)

// shipped runs editions of one of the apps that come with Vow.
func shipped(t *testing.T, app privacy.AppID) (*Service, *clock.Adjustable) {
	t.Helper()
	clk := clock.NewFake(time.Date(2027, 1, 4, 9, 0, 0, 0, time.UTC))
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "vow.db"), [64]byte{1})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	yaml := policytest.Source(t, string(app))
	s, err := Open(t.Context(), Options{DB: db, Clock: clk, Log: log.Logger{}, Demo: true}, map[privacy.AppID]Source{app: {Policy: policytest.Load(t, yaml), YAML: yaml}})
	must(t, err)
	return s, clk
}

// TestTheShippedAppsKeepWhatTheirTextsSayAboutChanges publishes what each text speaks of, too early and in
// time.
func TestTheShippedAppsKeepWhatTheirTextsSayAboutChanges(t *testing.T) {
	t.Parallel()
	const address = "support@pixplus.example"
	for name, c := range map[string]struct {
		app         privacy.AppID
		old, new    string // a change of the file
		early, late time.Duration
		sameDate    bool
		class       diff.Class
		popup       bool
		binds       string // whom nobody told and who agreed to nothing
	}{
		"AI Fitting keeps works twice as long (FIT-9.1-02, FIT-9.2-01)": {app: "aifitting", old: "starts: result_stored, limit: P30D", new: "starts: result_stored, limit: P60D", early: 6 * day, late: 7 * day, class: diff.Material, popup: true, binds: "aifitting/v1"},
		"AI Fitting changes a word, with the pop-up (FIT-9.2-01)":       {app: "aifitting", old: "only to make the result you asked for", new: "just to make the result you asked for", early: 0, late: 2 * time.Hour, sameDate: true, class: diff.Neutral, popup: true, binds: "aifitting/v2"},
		"Picwiz keeps logs longer (WIZ-8-01)":                           {app: "picwiz", old: "{category: audit_entry, starts: item_written, limit: P1Y", new: "{category: audit_entry, starts: item_written, limit: P2Y", early: 29 * day, late: 30 * day, class: diff.Material, binds: "picwiz/v1"},
		"PixPlus keeps results longer, under the old date (PIX-14-01)":  {app: "pixplus", old: "limit: P7D", new: "limit: P8D", early: -1, late: 0, class: diff.Material, binds: "pixplus/v2"},
		"PixPlus has another address (PIX-15-01)":                       {app: "pixplus", old: address, new: "help@pixplus.example", early: -1, late: 0, class: diff.Significant, binds: "pixplus/v2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, clk := shipped(t, c.app)
			must(t, s.DB.Write(t.Context(), func(tx *store.Tx) error {
				return tx.InsertSubject(t.Context(), c.app, store.Subject{ID: "sub_anna", Locale: "en", CreatedAt: clk.Now(), ExpiresAt: clk.Now().AddDate(1, 0, 0)})
			}))
			clk.Advance(time.Minute)
			first, _ := s.InForce(c.app, clk.Now())
			same := policytest.Mutate(t, policytest.Mutate(t, policytest.Source(t, string(c.app)), "version: v1", "version: v2"), c.old, c.new)
			dated := policytest.Mutate(t, same, `updated: "`+first.Updated()+`"`, `updated: "2027-01-04"`)
			var refused *Refused
			if c.early >= 0 {
				if _, err := s.Publish(t.Context(), Draft{YAML: dated, EffectiveAt: clk.Now().Add(c.early)}); !errors.As(err, &refused) || !strings.Contains(err.Error(), "too early") {
					t.Errorf("in %s: %v", c.early, err)
				}
			}
			p, err := s.Publish(t.Context(), Draft{YAML: same, EffectiveAt: clk.Now().Add(c.late)})
			if (err == nil) != c.sameDate {
				t.Fatalf("under the old date: %v", err)
			}
			if !c.sameDate {
				p, err = s.Publish(t.Context(), Draft{YAML: dated, EffectiveAt: clk.Now().Add(c.late)})
				must(t, err)
			}
			if p.Diff.Class() != c.class {
				t.Errorf("the change is %s", p.Diff.Class())
			}
			if _, waits, err := s.Waiting(t.Context(), c.app, "sub_anna"); err != nil || waits != c.popup {
				t.Errorf("pops up: %v, %v", waits, err)
			}
			clk.Advance(c.late + time.Hour)
			if got, err := s.For(t.Context(), c.app, "sub_anna"); err != nil || got.Version() != c.binds {
				t.Errorf("%s binds, %v", got.Version(), err)
			}
		})
	}
}
