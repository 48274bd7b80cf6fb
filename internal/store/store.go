// Package store keeps facts: rows of identifiers, codes, times, counts and digests, in one
// encrypted SQLite file.
//
// It promises that every table is classified (an unclassified table, or a personal one without
// owner and expiry, stops the server), that an app sees only its own rows because every query
// starts from App, and that a business change and its audit leaf commit together. It never holds
// content: media, prompts and texts live in the vault.
package store

import (
	"context"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"
	_ "github.com/ncruces/go-sqlite3/vfs/xts" // registers the encrypting file layer
	"github.com/pressly/goose/v3"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store/rows"
)

//go:embed migrations/*.sql
var migrations embed.FS

// ErrNotFound says that the app has no such row.
var ErrNotFound = rows.ErrNotFound

// ErrNested says that something inside of a transaction has asked for another one, which would wait for ever
// for the one that it is part of.
var ErrNested = errors.New("store: a transaction was asked for inside of another one")

// DB is the database: one writer, several readers.
type DB struct {
	write *sql.DB
	read  *sql.DB
}

// Open opens or creates the database file. key is 64 bytes of AES-256-XTS key material; the whole
// file, its journal and temporary files are encrypted under it.
func Open(ctx context.Context, path string, key [64]byte) (*DB, error) {
	pragmas := `PRAGMA busy_timeout=10000; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;
		PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=ON;`
	unlock := `PRAGMA hexkey='` + hex.EncodeToString(key[:]) + `';`
	open := func(more string) func(*sqlite3.Conn) error {
		return func(c *sqlite3.Conn) error { return c.Exec(unlock + pragmas + more) }
	}
	write, err := driver.Open("file:"+path+"?vfs=xts&_txlock=immediate", open(""))
	if err != nil {
		return nil, fmt.Errorf("store: open: %w", err)
	}
	write.SetMaxOpenConns(1)
	if err := write.PingContext(ctx); err != nil {
		_ = write.Close()
		return nil, fmt.Errorf("store: the database cannot be opened (wrong root key, or no database): %w", err)
	}
	read, err := driver.Open("file:"+path+"?vfs=xts", open("PRAGMA query_only=ON;"))
	if err != nil {
		_ = write.Close()
		return nil, fmt.Errorf("store: open reader: %w", err)
	}
	read.SetMaxOpenConns(4)
	db := &DB{write: write, read: read}
	if err := db.migrate(ctx); err != nil {
		_ = db.Close()
		return nil, err
	}
	return db, nil
}

func (d *DB) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("store: migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, d.write, files)
	if err != nil {
		return fmt.Errorf("store: migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("store: migrate: %w", err)
	}
	return CheckSchema(ctx, d.write)
}

// Close closes the database.
func (d *DB) Close() error { return errors.Join(d.read.Close(), d.write.Close()) }

// Writer returns the single writing handle, for the job engine that shares the file.
func (d *DB) Writer() *sql.DB { return d.write }

// Checkpoint copies the journal into the file and empties it, so that erased rows leave both.
func (d *DB) Checkpoint(ctx context.Context) error {
	var busy, logged, moved int
	if err := d.write.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &logged, &moved); err != nil {
		return fmt.Errorf("store: checkpoint: %w", err)
	}
	return nil
}

// App is the view of one app: every query of user data starts here.
type App struct {
	q  rows.Queryer
	id privacy.AppID
}

// App returns the reading view of an app.
func (d *DB) App(id privacy.AppID) App { return App{q: d.read, id: id} }

// Rows returns what the rooms below this one read an app's rows with, and the app itself: every query of
// theirs names it.
func (a App) Rows() (rows.Queryer, privacy.AppID) { return a.q, a.id }

// Everywhere returns what the few questions that no app starts are asked with: what is due, whose a
// credential is.
func (d *DB) Everywhere() rows.Queryer { return d.read }

// Tx is one business transaction. All of its changes and its audit leaves commit together.
type Tx struct {
	tx *sql.Tx
	db *DB
}

// inside marks what runs inside of a transaction of a database.
type inside struct{ db *DB }

// Write runs f in one transaction: it commits when f returns nil and leaves nothing otherwise. There is one
// at a time, so f asks for no other: under a context of Tx.Within that is ErrNested.
func (d *DB) Write(ctx context.Context, f func(*Tx) error) error {
	if ctx.Value(inside{d}) != nil {
		return ErrNested
	}
	tx, err := d.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("store: begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	if err := f(&Tx{tx: tx, db: d}); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("store: commit: %w", err)
	}
	return nil
}

// Within returns the context for what other services do inside of the transaction: whoever of them begins
// another one is told, and does not wait for it.
func (t *Tx) Within(ctx context.Context) context.Context {
	return context.WithValue(ctx, inside{t.db}, true)
}

// SQL returns the transaction for the job engine, which enqueues in it.
func (t *Tx) SQL() *sql.Tx { return t.tx }

// App returns the view of an app inside the transaction.
func (t *Tx) App(id privacy.AppID) App { return App{q: t.tx, id: id} }

func (t *Tx) exec(ctx context.Context, query string, args ...any) error {
	return rows.Exec(ctx, t.tx, query, args...)
}

func (t *Tx) execOne(ctx context.Context, query string, args ...any) error {
	return rows.ExecOne(ctx, t.tx, query, args...)
}
