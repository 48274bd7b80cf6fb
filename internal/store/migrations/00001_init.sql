-- +goose Up
-- Times are Unix milliseconds. No column holds content: see schema.go for the class of each.
CREATE TABLE subjects (
  app TEXT NOT NULL, subject TEXT NOT NULL, locale TEXT NOT NULL,
  created_at INTEGER NOT NULL, seen_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  PRIMARY KEY (app, subject)
);
CREATE INDEX subjects_expiry ON subjects (expires_at);

CREATE TABLE sessions (
  app TEXT NOT NULL, id TEXT NOT NULL PRIMARY KEY, subject TEXT NOT NULL,
  token_digest BLOB NOT NULL UNIQUE, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL
);
CREATE INDEX sessions_subject ON sessions (app, subject);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE objects (
  app TEXT NOT NULL, id TEXT NOT NULL PRIMARY KEY, subject TEXT NOT NULL,
  category TEXT NOT NULL, media_type TEXT NOT NULL, storage TEXT NOT NULL,
  bytes INTEGER NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL, orientation INTEGER NOT NULL,
  stripped TEXT NOT NULL, task TEXT NOT NULL, role TEXT NOT NULL, feature TEXT NOT NULL,
  rule TEXT NOT NULL, starts TEXT NOT NULL, policy_hash TEXT NOT NULL, epoch INTEGER NOT NULL,
  labelled INTEGER NOT NULL, written_at INTEGER NOT NULL, idle_at INTEGER,
  destroy_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  -- Why it is being erased, written before its key goes: an interrupted erasure is finished by the sweeper.
  ending TEXT NOT NULL DEFAULT '',
  -- The tasks that used it before and failed: a receipt names everyone who had it, whichever try sent it.
  earlier TEXT NOT NULL DEFAULT ''
);
CREATE INDEX objects_due ON objects (destroy_at);
CREATE INDEX objects_idle ON objects (idle_at) WHERE idle_at IS NOT NULL;
CREATE INDEX objects_subject ON objects (app, subject, written_at);
CREATE INDEX objects_task ON objects (app, task);
-- A deadline may only move earlier.
-- +goose StatementBegin
CREATE TRIGGER objects_deadline BEFORE UPDATE OF expires_at, destroy_at ON objects
WHEN NEW.expires_at > OLD.expires_at OR NEW.destroy_at > OLD.destroy_at
BEGIN SELECT RAISE(ABORT, 'a deadline may only move earlier'); END;
-- +goose StatementEnd

CREATE TABLE consents (
  app TEXT NOT NULL, id TEXT NOT NULL PRIMARY KEY, subject TEXT NOT NULL,
  feature TEXT NOT NULL, recipient TEXT NOT NULL, decision INTEGER NOT NULL, screen TEXT NOT NULL,
  language TEXT NOT NULL, policy_hash TEXT NOT NULL, version TEXT NOT NULL, mode TEXT NOT NULL,
  task TEXT NOT NULL, at INTEGER NOT NULL, changed_at INTEGER, expires_at INTEGER NOT NULL
);
CREATE INDEX consents_subject ON consents (app, subject, feature, recipient, at);
CREATE INDEX consents_expiry ON consents (expires_at);

CREATE TABLE tasks (
  app TEXT NOT NULL, id TEXT NOT NULL PRIMARY KEY, subject TEXT NOT NULL,
  feature TEXT NOT NULL, recipient TEXT NOT NULL, consent TEXT NOT NULL, policy_hash TEXT NOT NULL,
  state TEXT NOT NULL, language TEXT NOT NULL, params TEXT NOT NULL, prompt TEXT NOT NULL, rewrite TEXT NOT NULL,
  texts TEXT NOT NULL, -- further texts: identifiers of sealed objects by field
  was_sent INTEGER NOT NULL, attempts INTEGER NOT NULL, percent INTEGER NOT NULL, queue_position INTEGER NOT NULL,
  error_code TEXT NOT NULL, error_class TEXT NOT NULL, rule TEXT NOT NULL, cancel_outcome TEXT NOT NULL,
  produce TEXT NOT NULL, -- the pseudonym in the file that was made; it says nothing once this row is gone
  result_limit INTEGER NOT NULL, cancel_at INTEGER, stop_reason TEXT NOT NULL,
  created_at INTEGER NOT NULL, overdue_at INTEGER NOT NULL, ended_at INTEGER, expires_at INTEGER NOT NULL
);
CREATE INDEX tasks_subject ON tasks (app, subject, created_at);
CREATE INDEX tasks_open ON tasks (state) WHERE ended_at IS NULL;
CREATE INDEX tasks_consent ON tasks (app, consent);
CREATE INDEX tasks_expiry ON tasks (expires_at);
CREATE INDEX tasks_overdue ON tasks (overdue_at) WHERE ended_at IS NULL;

CREATE TABLE task_events (
  app TEXT NOT NULL, subject TEXT NOT NULL, task TEXT NOT NULL, seq INTEGER NOT NULL,
  kind TEXT NOT NULL, data TEXT NOT NULL, at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  PRIMARY KEY (task, seq)
);
CREATE INDEX task_events_expiry ON task_events (expires_at);

CREATE TABLE verdicts (
  app TEXT NOT NULL, subject TEXT NOT NULL, task TEXT NOT NULL, feature TEXT NOT NULL, seq INTEGER NOT NULL, pass INTEGER NOT NULL,
  outcome INTEGER NOT NULL, rule TEXT NOT NULL, prompt_mac TEXT NOT NULL, policy_hash TEXT NOT NULL,
  at INTEGER NOT NULL, expires_at INTEGER NOT NULL, PRIMARY KEY (task, seq)
);
CREATE INDEX verdicts_expiry ON verdicts (expires_at);

CREATE TABLE transfers (
  app TEXT NOT NULL, id TEXT NOT NULL PRIMARY KEY, subject TEXT NOT NULL, task TEXT NOT NULL,
  consent TEXT NOT NULL, feature TEXT NOT NULL, recipient TEXT NOT NULL, fields TEXT NOT NULL,
  purpose TEXT NOT NULL, policy_hash TEXT NOT NULL, outcome TEXT NOT NULL, bytes INTEGER NOT NULL,
  at INTEGER NOT NULL, keeps_until INTEGER, expires_at INTEGER NOT NULL
);
CREATE INDEX transfers_subject ON transfers (app, subject, at);
CREATE INDEX transfers_task ON transfers (app, task);
CREATE INDEX transfers_expiry ON transfers (expires_at);

CREATE TABLE tickets (
  app TEXT NOT NULL, subject TEXT NOT NULL, task TEXT NOT NULL PRIMARY KEY, transfer TEXT NOT NULL,
  progress BLOB NOT NULL, ticket BLOB NOT NULL, sent_fields TEXT NOT NULL, hook_digest BLOB NOT NULL,
  polls INTEGER NOT NULL,
  answered INTEGER NOT NULL, -- the recipient has answered with the result itself, which is not stored yet
  created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL
);
CREATE INDEX tickets_hook ON tickets (hook_digest);
CREATE INDEX tickets_expiry ON tickets (expires_at);

-- What a recipient still holds after the work. One whose erasure there has failed keeps its sealed
-- ticket, and outlives the account without naming it: it is tried again until it is gone.
CREATE TABLE held (
  app TEXT NOT NULL, id TEXT NOT NULL PRIMARY KEY, subject TEXT, task TEXT NOT NULL, transfer TEXT NOT NULL,
  recipient TEXT NOT NULL, what TEXT NOT NULL, reason TEXT NOT NULL, until INTEGER, state TEXT NOT NULL,
  tries INTEGER NOT NULL, next_at INTEGER, ticket BLOB NOT NULL, at INTEGER NOT NULL, closed_at INTEGER, expires_at INTEGER NOT NULL
);
CREATE INDEX held_due ON held (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX held_transfer ON held (app, transfer);
CREATE INDEX held_subject ON held (app, subject);
CREATE INDEX held_expiry ON held (expires_at);

CREATE TABLE link_fetches (
  app TEXT NOT NULL, subject TEXT NOT NULL, task TEXT NOT NULL, transfer TEXT NOT NULL, recipient TEXT NOT NULL,
  field TEXT NOT NULL, number INTEGER NOT NULL, bytes INTEGER NOT NULL, at INTEGER NOT NULL, expires_at INTEGER NOT NULL
);
CREATE INDEX link_fetches_transfer ON link_fetches (app, transfer);
CREATE INDEX link_fetches_subject ON link_fetches (app, subject);
CREATE INDEX link_fetches_expiry ON link_fetches (expires_at);

CREATE TABLE receipts (
  app TEXT NOT NULL, id TEXT NOT NULL PRIMARY KEY, subject TEXT, task TEXT NOT NULL, object TEXT NOT NULL UNIQUE,
  category TEXT NOT NULL, rule TEXT NOT NULL, reason TEXT NOT NULL, method TEXT NOT NULL,
  recipient TEXT NOT NULL, keeps_until INTEGER, leaf INTEGER NOT NULL,
  due_at INTEGER NOT NULL, deleted_at INTEGER NOT NULL, expires_at INTEGER NOT NULL
);
CREATE INDEX receipts_subject ON receipts (app, subject, deleted_at);
CREATE INDEX receipts_task ON receipts (app, task);
CREATE INDEX receipts_expiry ON receipts (expires_at);

CREATE TABLE idempotency (
  app TEXT NOT NULL, subject TEXT NOT NULL, key_digest BLOB NOT NULL PRIMARY KEY, request_digest BLOB NOT NULL,
  resource TEXT NOT NULL, at INTEGER NOT NULL, expires_at INTEGER NOT NULL
);
CREATE INDEX idempotency_expiry ON idempotency (expires_at);

CREATE TABLE audit_leaves (
  leaf INTEGER PRIMARY KEY, data BLOB NOT NULL, salt BLOB, payload BLOB,
  app TEXT NOT NULL, subject TEXT, object TEXT, expires_at INTEGER NOT NULL
);
CREATE INDEX audit_leaves_subject ON audit_leaves (app, subject);
-- The sweep looks four times a second; payloads that are wiped already must not be looked at again.
CREATE INDEX audit_leaves_expiry ON audit_leaves (expires_at) WHERE payload IS NOT NULL;
CREATE TABLE audit_hashes (idx INTEGER PRIMARY KEY, hash BLOB NOT NULL);

-- +goose Down
SELECT RAISE(ABORT, 'erased rows do not come back');
