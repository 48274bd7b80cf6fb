-- +goose Up
-- What staff did, and the proof that they did nothing else.
CREATE TABLE staff (
  id TEXT NOT NULL PRIMARY KEY, role TEXT NOT NULL, region TEXT NOT NULL, app TEXT NOT NULL, -- '': every app
  token_digest BLOB NOT NULL UNIQUE, at INTEGER NOT NULL
);

CREATE TABLE cases (
  app TEXT NOT NULL, id TEXT NOT NULL PRIMARY KEY, subject TEXT NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL,
  staff TEXT NOT NULL, at INTEGER NOT NULL, closes_at INTEGER NOT NULL, expires_at INTEGER NOT NULL
);
CREATE INDEX cases_subject ON cases (app, subject);
CREATE INDEX cases_expiry ON cases (expires_at);

-- One row for each reading by staff, committed before the first byte.
CREATE TABLE accesses (
  app TEXT NOT NULL, id TEXT NOT NULL PRIMARY KEY, subject TEXT NOT NULL, case_id TEXT NOT NULL, staff TEXT NOT NULL, role TEXT NOT NULL,
  region TEXT NOT NULL, object TEXT NOT NULL, category TEXT NOT NULL, purpose TEXT NOT NULL, ground TEXT NOT NULL, reason TEXT NOT NULL,
  policy_hash TEXT NOT NULL, at INTEGER NOT NULL, expires_at INTEGER NOT NULL
);
CREATE INDEX accesses_subject ON accesses (app, subject);
CREATE INDEX accesses_expiry ON accesses (expires_at);

-- What needs a ground of the policy and, mostly, a second person: holds, keeps, disclosures, overrides, exemptions.
CREATE TABLE orders (
  app TEXT NOT NULL, id TEXT NOT NULL PRIMARY KEY, subject TEXT NOT NULL, kind TEXT NOT NULL, ground TEXT NOT NULL,
  object TEXT NOT NULL, -- what it is about; '': the subject
  categories TEXT NOT NULL, document TEXT NOT NULL, consent TEXT NOT NULL, abroad INTEGER NOT NULL,
  words TEXT NOT NULL,  -- the sealed object that holds reason, receiver and what else people wrote
  staff TEXT NOT NULL, needed INTEGER NOT NULL, state TEXT NOT NULL,
  at INTEGER NOT NULL, until INTEGER NOT NULL, ended_at INTEGER, expires_at INTEGER NOT NULL
);
CREATE INDEX orders_subject ON orders (app, subject);
CREATE INDEX orders_expiry ON orders (expires_at);

CREATE TABLE approvals (
  app TEXT NOT NULL, subject TEXT NOT NULL, order_id TEXT NOT NULL, staff TEXT NOT NULL, at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  PRIMARY KEY (order_id, staff)
);
CREATE INDEX approvals_subject ON approvals (app, subject);
CREATE INDEX approvals_expiry ON approvals (expires_at);

CREATE TABLE closings (
  app TEXT NOT NULL PRIMARY KEY, notice TEXT NOT NULL, staff TEXT NOT NULL, at INTEGER NOT NULL, purge_at INTEGER NOT NULL, purged_at INTEGER
);

CREATE TABLE templates (
  app TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, digest TEXT NOT NULL, state TEXT NOT NULL,
  author TEXT NOT NULL, reviewer TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (app, kind, id)
);

-- A recorded hold is the only thing that keeps an object beyond its clock. The clock itself never moves.
ALTER TABLE objects ADD COLUMN hold TEXT NOT NULL DEFAULT '';
ALTER TABLE objects ADD COLUMN hold_until INTEGER;
CREATE INDEX objects_hold ON objects (app, subject) WHERE hold_until IS NOT NULL;

-- +goose Down
SELECT RAISE(ABORT, 'erased rows do not come back');
