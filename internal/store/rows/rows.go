// Package rows holds what every room with SQL does alike: scan rows, count what a change hit, turn times
// into milliseconds and back.
//
// It promises that an error names what failed and never a value. It never knows a table.
package rows

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// ErrNotFound says that the app has no such row.
var ErrNotFound = errors.New("store: no such row")

// Queryer reads rows: of the database, or of a transaction.
type Queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Execer changes rows within a transaction.
type Execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// Scanner is one row.
type Scanner interface{ Scan(dest ...any) error }

// All scans every row of a query.
func All[T any](ctx context.Context, q Queryer, scan func(Scanner) (T, error), query string, args ...any) ([]T, error) {
	found, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("store: query: %w", err)
	}
	defer found.Close()
	var list []T
	for found.Next() {
		item, err := scan(found)
		if err != nil {
			return nil, fmt.Errorf("store: scan: %w", err)
		}
		list = append(list, item)
	}
	return list, found.Err()
}

// Exec makes a change.
func Exec(ctx context.Context, x Execer, query string, args ...any) error {
	if _, err := x.ExecContext(ctx, query, args...); err != nil {
		return fmt.Errorf("store: write: %w", err)
	}
	return nil
}

// ExecOne makes a change that must hit exactly one row; otherwise it fails with ErrNotFound.
func ExecOne(ctx context.Context, x Execer, query string, args ...any) error {
	n, err := ExecCount(ctx, x, query, args...)
	if err == nil && n != 1 {
		err = ErrNotFound
	}
	return err
}

// ExecCount makes a change and returns how many rows it hit.
func ExecCount(ctx context.Context, x Execer, query string, args ...any) (int, error) {
	res, err := x.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, fmt.Errorf("store: write: %w", err)
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// NotFound turns the absence of a row into ErrNotFound and leaves every other error as it is.
func NotFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// Ms returns a time as Unix milliseconds.
func Ms(t time.Time) int64 { return t.UnixMilli() }

// MsOrNull returns a time as Unix milliseconds, or NULL for no time.
func MsOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// At returns the time of Unix milliseconds.
func At(v int64) time.Time { return time.UnixMilli(v).UTC() }

// AtNull returns the time of Unix milliseconds, or no time for NULL.
func AtNull(v sql.NullInt64) time.Time {
	if !v.Valid {
		return time.Time{}
	}
	return At(v.Int64)
}
