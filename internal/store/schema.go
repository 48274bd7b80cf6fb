package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store/rows"
)

// class says what a column may hold. There is no class for content.
type class string

const (
	id     class = "id"     // random identifier or vocabulary word
	code   class = "code"   // enumerated word, list of words, version
	moment class = "time"   // Unix milliseconds
	count  class = "count"  // number
	ref    class = "ref"    // identifier of a row or object elsewhere
	digest class = "digest" // keyed or salted digest, policy hash
	sealed class = "sealed" // ciphertext, or a commitment's opening that is erased with its owner
)

// table is the declared shape of one table.
type table struct {
	personal bool // it has an owner column and an expiry
	columns  map[string]class
	fate     fate
	category privacy.Category // under which its rows count as held; "": they are no data of their own
	since    string           // the column that says how old a row is; "": none
}

// fate says how rows of a personal table end.
type fate int

const (
	elsewhere   fate = iota // by a path of its own: objects, receipts, leaves, entries of what others hold
	sweeps                  // at their expiry without anything else, and with the account
	sweepsOnly              // at their expiry; the account's end unlinks them
	withAccount             // with the account only
)

// schema returns every table by name.
func schema() map[string]table {
	all := map[string]table{}
	for _, part := range []map[string]table{mainSchema(), peopleSchema(), editionsSchema(), deskSchema(), intakeSchema(), talkSchema(), forwardSchema(), abuseSchema()} {
		maps.Copy(all, part)
	}
	return all
}

func mainSchema() map[string]table {
	return map[string]table{
		"subjects": {personal: true, fate: withAccount, category: "account", since: "created_at", columns: map[string]class{"app": id, "subject": id, "locale": code, "created_at": moment, "seen_at": moment, "expires_at": moment}},
		"sessions": {personal: true, fate: sweeps, columns: map[string]class{"app": id, "id": id, "subject": ref, "token_digest": digest, "created_at": moment, "expires_at": moment}},
		"objects": {personal: true, columns: map[string]class{"app": id, "id": id, "subject": ref, "category": code, "media_type": code, "storage": code,
			"bytes": count, "width": count, "height": count, "orientation": code, "stripped": code, "task": ref, "role": code, "feature": code,
			"rule": code, "starts": code, "policy_hash": digest, "epoch": moment, "labelled": code, "written_at": moment, "idle_at": moment,
			"destroy_at": moment, "expires_at": moment, "ending": code, "earlier": ref, "origin": code, "notices": code, "hold": code, "hold_until": moment}},
		"consents": {personal: true, fate: sweeps, category: "consent_record", since: "at", columns: map[string]class{"app": id, "id": id, "subject": ref, "feature": code, "recipient": code, "decision": code, "screen": digest,
			"language": code, "policy_hash": digest, "version": code, "mode": code, "task": ref, "at": moment, "changed_at": moment, "expires_at": moment}},
		"tasks": {personal: true, fate: sweeps, category: "task_metadata", since: "created_at", columns: map[string]class{"app": id, "id": id, "subject": ref, "feature": code, "recipient": code, "consent": ref, "policy_hash": digest,
			"state": code, "language": code, "params": code, "prompt": ref, "rewrite": ref, "texts": ref, "was_sent": code, "attempts": count, "percent": count,
			"queue_position": count, "error_code": code, "error_class": code, "rule": code, "cancel_outcome": code, "produce": ref, "result_limit": count,
			"cancel_at": moment, "stop_reason": code, "created_at": moment, "overdue_at": moment, "ended_at": moment, "expires_at": moment}},
		"task_events": {personal: true, fate: sweeps, columns: map[string]class{"app": id, "subject": ref, "task": ref, "seq": count, "kind": code, "data": code, "at": moment, "expires_at": moment}},
		"verdicts": {personal: true, fate: sweeps, category: "moderation_record", since: "at", columns: map[string]class{"app": id, "subject": ref, "task": ref, "feature": code, "seq": count, "pass": count, "outcome": code, "rule": code, "field": code, "prompt_mac": digest,
			"policy_hash": digest, "at": moment, "expires_at": moment}},
		"transfers": {personal: true, fate: sweeps, category: "disclosure_record", since: "at", columns: map[string]class{"app": id, "id": id, "subject": ref, "task": ref, "consent": ref, "feature": code, "recipient": code,
			"fields": code, "purpose": code, "policy_hash": digest, "outcome": code, "bytes": count, "at": moment, "keeps_until": moment, "expires_at": moment}},
		"tickets": {personal: true, fate: sweeps, columns: map[string]class{"app": id, "subject": ref, "task": ref, "transfer": ref, "progress": sealed, "ticket": sealed,
			"sent_fields": code, "hook_digest": digest, "polls": count, "answered": code, "created_at": moment, "expires_at": moment}},
		"held": {personal: true, fate: sweepsOnly, category: "disclosure_record", since: "at", columns: map[string]class{"app": id, "id": id, "subject": ref, "task": ref, "transfer": ref, "recipient": code, "what": code, "reason": code,
			"until": moment, "state": code, "tries": count, "next_at": moment, "ticket": sealed, "at": moment, "closed_at": moment, "expires_at": moment}},
		"link_fetches": {personal: true, fate: sweeps, category: "disclosure_record", since: "at", columns: map[string]class{"app": id, "subject": ref, "task": ref, "transfer": ref, "recipient": code, "field": code,
			"number": count, "bytes": count, "at": moment, "expires_at": moment}},
		"receipts": {personal: true, fate: sweepsOnly, columns: map[string]class{"app": id, "id": id, "subject": ref, "task": ref, "object": ref, "category": code, "rule": code,
			"reason": code, "method": code, "recipient": code, "keeps_until": moment, "leaf": count, "due_at": moment, "deleted_at": moment, "expires_at": moment}},
		"idempotency": {personal: true, fate: sweeps, columns: map[string]class{"app": id, "subject": ref, "key_digest": digest, "request_digest": digest, "resource": ref,
			"at": moment, "expires_at": moment}},
		"audit_leaves": {personal: true, category: "audit_entry", columns: map[string]class{"leaf": count, "data": digest, "salt": sealed, "payload": sealed, "app": id, "subject": ref,
			"object": ref, "expires_at": moment}},
		"audit_hashes": {columns: map[string]class{"idx": count, "hash": digest}},
	}
}

// tables returns the names of the tables whose rows end in one of those ways, sorted.
func tables(fates ...fate) []string {
	var names []string
	for name, t := range schema() {
		if slices.Contains(fates, t.fate) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// foreign reports whether a table belongs to a library that stores identifiers only: River's jobs
// carry a task identifier, goose's table a version number.
func foreign(name string) bool {
	return strings.HasPrefix(name, "river_") || name == "goose_db_version" || strings.HasPrefix(name, "sqlite_")
}

// CheckSchema compares the database with the declared classes. A table or column without a class,
// or a personal table without an owner and a NOT NULL expiry, is an error: the server must not start.
func CheckSchema(ctx context.Context, db *sql.DB) error {
	declared, found := schema(), map[string]bool{}
	names, err := columnOf(ctx, db, `SELECT name FROM sqlite_master WHERE type = 'table'`)
	if err != nil {
		return fmt.Errorf("store: list tables: %w", err)
	}
	var wrong []string
	for _, name := range names {
		if foreign(name) {
			continue
		}
		found[name] = true
		want, ok := declared[name]
		if !ok {
			wrong = append(wrong, "table "+name+" has no class")
			continue
		}
		problems, err := checkTable(ctx, db, name, want)
		if err != nil {
			return err
		}
		wrong = append(wrong, problems...)
	}
	for name := range declared {
		if !found[name] {
			wrong = append(wrong, "table "+name+" is missing")
		}
	}
	if len(wrong) > 0 {
		sort.Strings(wrong)
		return fmt.Errorf("store: schema: %s", strings.Join(wrong, "; "))
	}
	return nil
}

func checkTable(ctx context.Context, db *sql.DB, name string, want table) ([]string, error) {
	rows, err := db.QueryContext(ctx, `SELECT name, "notnull" FROM pragma_table_info(?)`, name)
	if err != nil {
		return nil, fmt.Errorf("store: columns of %s: %w", name, err)
	}
	defer rows.Close()
	var wrong []string
	owner, expiry := false, false
	for rows.Next() {
		var column string
		var notNull bool
		if err := rows.Scan(&column, &notNull); err != nil {
			return nil, fmt.Errorf("store: columns of %s: %w", name, err)
		}
		if _, ok := want.columns[column]; !ok {
			wrong = append(wrong, "column "+name+"."+column+" has no class")
		}
		owner = owner || column == "subject"
		expiry = expiry || (column == "expires_at" && notNull)
	}
	if want.personal && (!owner || !expiry) {
		wrong = append(wrong, "personal table "+name+" lacks an owner or an expiry")
	}
	return wrong, rows.Err()
}

func columnOf(ctx context.Context, q rows.Queryer, query string, args ...any) ([]string, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, rows.Err()
}
