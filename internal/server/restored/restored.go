// Package restored ends, at the first start after a backup was put back, what the backup says still stands.
//
// It promises that this is complete before anything else begins, that a start which is cut off does it
// again, and that the audit log of every app says how much was ended. It never brings anything back, asks
// no recipient anything, and knows nobody: counts and codes are all it sees.
package restored

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/server/backup"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/past"
)

// Parts are what Settle works with.
type Parts struct {
	Data     string // the data directory
	DB       *store.DB
	Eraser   *erasure.Eraser
	Policies erasure.Policies
	Clock    clock.Clock
	Apps     []privacy.AppID                 // that the server serves
	EndTasks func(ctx context.Context) error // ends every task that is marked
	At       func(point string)              // called where a crash may hit
}

// Settle ends what a backup has brought back and returns a line about it for the operator; "" where no
// backup was put back since the last start.
func Settle(ctx context.Context, p Parts) (line string, err error) {
	m, found, err := backup.PutBack(p.Data)
	if err != nil || !found {
		return "", err
	}
	for _, app := range m.Apps {
		if !slices.Contains(p.Apps, app) {
			return "", fmt.Errorf("restored: the backup that was put back holds people of the app %s: serve it, so that what stood then is ended", app)
		}
	}
	line = "completed what an earlier start had begun to end"
	err = p.DB.Write(ctx, func(tx *store.Tx) error {
		if done, err := past.Noted(ctx, tx, m.ID); err != nil || done {
			return err
		}
		line, err = p.end(ctx, tx, m.ID)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("restored: %w", err)
	}
	p.At("restored.rows")
	if err := p.EndTasks(ctx); err != nil {
		return "", fmt.Errorf("restored: end tasks: %w", err)
	}
	p.At("restored.tasks")
	return fmt.Sprintf("A backup of %s was put back: %s.\n", m.Created.Format("2006-01-02 15:04 MST"), line), backup.Settled(p.Data)
}

// end ends the rows of every app with a leaf for each, and the credentials of staff.
func (p Parts) end(ctx context.Context, tx *store.Tx, restore string) (line string, err error) {
	staff, err := past.EndStaff(ctx, tx)
	if err != nil {
		return "", err
	}
	now, all := p.Clock.Now(), past.Counts{}
	for _, app := range p.Apps {
		c, err := past.End(ctx, tx, past.App{ID: app, Switches: p.switches(app, now)}, now)
		if err != nil {
			return "", err
		}
		if err := p.note(ctx, tx, app, restore, c); err != nil {
			return "", err
		}
		all = all.Plus(c)
	}
	return fmt.Sprintf("ended %d tasks, %d consents and %d links to works, dropped %d reports and messages, switched off what %d people had on, ended %d staff credentials",
		all.Tasks, all.Consents, all.Shares, all.Waiting, all.People, staff), nil
}

// switches are those of every policy that may bind somebody. One is preset where any policy presets it.
func (p Parts) switches(app privacy.AppID, now time.Time) map[string]bool {
	all := map[string]bool{}
	for _, pol := range p.Policies.Binding(app, now) {
		for _, w := range pol.Terms().Switches {
			all[w.ID] = all[w.ID] || w.Default
		}
	}
	return all
}

func (p Parts) note(ctx context.Context, tx *store.Tx, app privacy.AppID, restore string, c past.Counts) error {
	data := map[string]string{}
	for name, n := range map[string]int{"tasks": c.Tasks, "consents": c.Consents, "shares": c.Shares, "waiting": c.Waiting, "people": c.People} {
		data[name] = strconv.Itoa(n)
	}
	return p.Eraser.Note(ctx, tx, audit.Event{Kind: past.Restored, App: app, Object: restore, Data: data})
}
