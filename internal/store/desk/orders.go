package desk

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/rows"
)

// The kinds of orders.
const (
	Hold       = "hold"       // keep beyond the clock, by law
	Keep       = "keep"       // keep beyond the clock, by the person's wish
	Disclosure = "disclosure" // hand over to somebody
	Override   = "override"   // read what is restricted or sealed
	Exemption  = "exemption"  // read beyond the purposes
)

// The states of an order.
const (
	Asked   = "asked"
	InForce = "in_force"
	Done    = "done" // handed over
	Ended   = "ended"
)

// Order is the fact that somebody asked for what needs a ground of the policy.
type Order struct {
	App        privacy.AppID
	ID         string
	Subject    privacy.SubjectID
	Kind       string
	Ground     string
	Object     privacy.ObjectID // empty: the subject
	Categories []privacy.Category
	Document   string
	Consent    privacy.ConsentID
	Abroad     bool
	Words      privacy.ObjectID // sealed: reason, receiver
	Staff      privacy.StaffID  // empty: the person
	Needed     int              // people who must agree, beside who asked
	State      string
	At         time.Time
	Until      time.Time
	EndedAt    time.Time
	Approvals  []privacy.StaffID
}

// StandsAt reports whether the order is in force at that moment.
func (o Order) StandsAt(now time.Time) bool { return o.State == InForce && now.Before(o.Until) }

const orderColumns = `app, id, subject, kind, ground, object, categories, document, consent, abroad, words, staff, needed, state, at, until, ended_at`

const orderFacts = orderColumns + `, (SELECT coalesce(group_concat(a.staff), '') FROM approvals a WHERE a.order_id = orders.id)`

func scanOrder(r rows.Scanner) (Order, error) {
	var o Order
	var categories, approvals string
	var at, until int64
	var ended sql.NullInt64
	err := r.Scan(&o.App, &o.ID, &o.Subject, &o.Kind, &o.Ground, &o.Object, &categories, &o.Document, &o.Consent, &o.Abroad, &o.Words, &o.Staff,
		&o.Needed, &o.State, &at, &until, &ended, &approvals)
	o.Categories, o.Approvals = list[privacy.Category](categories), list[privacy.StaffID](approvals)
	o.At, o.Until, o.EndedAt = rows.At(at), rows.At(until), rows.AtNull(ended)
	return o, rows.NotFound(err)
}

// list reads a list of codes.
func list[T ~string](s string) (words []T) {
	for _, w := range strings.Split(s, ",") {
		if w != "" {
			words = append(words, T(w))
		}
	}
	return words
}

// Insert writes the order about a living subject. It fails with store.ErrNotFound where the account
// is gone.
func (o Order) Insert(ctx context.Context, tx *store.Tx, expires time.Time) error {
	var categories []string
	for _, c := range o.Categories {
		categories = append(categories, string(c))
	}
	return rows.ExecOne(ctx, tx.SQL(), `INSERT INTO orders (`+orderColumns+`, expires_at) SELECT ?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,NULL,?17
		WHERE EXISTS (SELECT 1 FROM subjects WHERE app = ?1 AND subject = ?3 AND expires_at > ?15)`,
		o.App, o.ID, o.Subject, o.Kind, o.Ground, o.Object, strings.Join(categories, ","), o.Document, o.Consent, o.Abroad, o.Words, o.Staff,
		o.Needed, o.State, rows.Ms(o.At), rows.Ms(o.Until), rows.Ms(expires))
}

// Approve writes that somebody agrees to the order. It fails with store.ErrNotFound where that somebody
// asked for it, has agreed before, or where it waits for nobody.
func (o Order) Approve(ctx context.Context, tx *store.Tx, by privacy.StaffID, now time.Time) error {
	return rows.ExecOne(ctx, tx.SQL(), `INSERT INTO approvals (app, subject, order_id, staff, at, expires_at)
		SELECT app, subject, id, ?2, ?3, expires_at FROM orders WHERE id = ?1 AND state = 'asked' AND staff <> ?2 AND until > ?3 ON CONFLICT DO NOTHING`, o.ID, by, rows.Ms(now))
}

// Move takes the order from the state that it was read in to the next one. It fails with
// store.ErrNotFound where it has left that state since: an order is used once.
func (o Order) Move(ctx context.Context, tx *store.Tx, to string, now time.Time) error {
	ended := any(nil)
	if to == Done || to == Ended {
		ended = rows.Ms(now)
	}
	return rows.ExecOne(ctx, tx.SQL(), `UPDATE orders SET state = ?, ended_at = coalesce(?, ended_at) WHERE id = ? AND state = ?`, to, ended, o.ID, o.State)
}

// OrderByID returns an order of any app: its identifier decides the app.
func OrderByID(ctx context.Context, q rows.Queryer, id string) (Order, error) {
	return scanOrder(q.QueryRowContext(ctx, `SELECT `+orderFacts+` FROM orders WHERE id = ?`, id))
}

// Orders returns the orders about a subject, newest first; of every subject of the app where s is empty.
func Orders(ctx context.Context, a store.App, s privacy.SubjectID, limit int) ([]Order, error) {
	q, app := a.Rows()
	return rows.All(ctx, q, scanOrder, `SELECT `+orderFacts+` FROM orders WHERE app = ?1 AND ?2 IN ('', subject) ORDER BY id DESC LIMIT ?3`, app, s, limit)
}

// Keeps returns what a subject asked to keep and what is in force, or about to be.
func Keeps(ctx context.Context, a store.App, s privacy.SubjectID) ([]Order, error) {
	q, app := a.Rows()
	return rows.All(ctx, q, scanOrder, `SELECT `+orderFacts+` FROM orders WHERE app = ? AND subject = ? AND kind = 'keep' AND state IN ('asked', 'in_force') ORDER BY id`, app, s)
}

// Standing returns the orders in force that keep an object of a subject, the object's age considered: an
// order about a subject keeps what was there when it was asked for.
func Standing(ctx context.Context, a store.App, o store.Object, now time.Time) ([]Order, error) {
	q, app := a.Rows()
	found, err := rows.All(ctx, q, scanOrder, `SELECT `+orderFacts+` FROM orders WHERE app = ?1 AND subject = ?2 AND kind IN ('hold', 'keep')
		AND state = 'in_force' AND until > ?4 AND (object = ?3 OR object = '' AND at >= ?5) ORDER BY id`, app, o.Subject, o.Object, rows.Ms(now), rows.Ms(o.WrittenAt))
	if err != nil {
		return nil, fmt.Errorf("desk: orders that keep an object: %w", err)
	}
	return found, nil
}
