-- +goose Up
-- What looks like abuse: somebody tried more often than a limit allows. subject: NULL where nobody is known.
CREATE TABLE signals (
  app TEXT NOT NULL, id TEXT NOT NULL PRIMARY KEY, subject TEXT, kind TEXT NOT NULL, tries INTEGER NOT NULL,
  at INTEGER NOT NULL,      -- when the tries began
  seen_at INTEGER NOT NULL, -- when they were last written down
  expires_at INTEGER NOT NULL
);
CREATE INDEX signals_subject ON signals (app, subject);
CREATE INDEX signals_expiry ON signals (expires_at);

-- Accounts that may start nothing for now, and who decided that. The reason is a code.
CREATE TABLE suspensions (
  app TEXT NOT NULL, id TEXT NOT NULL PRIMARY KEY, subject TEXT NOT NULL, case_id TEXT NOT NULL, reason TEXT NOT NULL,
  staff TEXT NOT NULL, at INTEGER NOT NULL,
  lifted_at INTEGER, lifted_by TEXT NOT NULL DEFAULT '',
  expires_at INTEGER NOT NULL -- the record ends then, and the suspension with it
);
CREATE INDEX suspensions_subject ON suspensions (app, subject);
CREATE INDEX suspensions_expiry ON suspensions (expires_at);

-- +goose Down
SELECT RAISE(ABORT, 'erased rows do not come back');
