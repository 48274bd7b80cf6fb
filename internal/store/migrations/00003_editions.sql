-- +goose Up
-- Published versions of policies, what was announced of them, and whom they bind. Policy files and
-- announcements are public texts; everything else is identifiers, codes, times and counts.
CREATE TABLE policy_versions (
  app TEXT NOT NULL, number INTEGER NOT NULL, version TEXT NOT NULL, hash TEXT NOT NULL, source BLOB NOT NULL, class TEXT NOT NULL,
  published_by TEXT NOT NULL, published_at INTEGER NOT NULL, effective_at INTEGER NOT NULL, PRIMARY KEY (app, number)
);
-- +goose StatementBegin
CREATE TRIGGER policy_versions_stay BEFORE UPDATE ON policy_versions
BEGIN SELECT RAISE(ABORT, 'a published version never changes'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER policy_versions_remain BEFORE DELETE ON policy_versions
BEGIN SELECT RAISE(ABORT, 'a published version never goes'); END;
-- +goose StatementEnd

CREATE TABLE notices (
  app TEXT NOT NULL, id TEXT NOT NULL PRIMARY KEY, kind TEXT NOT NULL, class TEXT NOT NULL,
  number INTEGER NOT NULL, -- of the version it announces; 0: it announces none
  text TEXT NOT NULL, -- by language; '': the list of changes is the text
  channels TEXT NOT NULL, -- beside the app itself
  directed INTEGER NOT NULL, -- only to those who have a row in acks
  created_at INTEGER NOT NULL, effective_at INTEGER NOT NULL,
  reached INTEGER NOT NULL, -- how far the list of accounts was told, by row
  told_at INTEGER -- when it was told to the end
);
CREATE INDEX notices_app ON notices (app, created_at);
CREATE INDEX notices_untold ON notices (told_at) WHERE told_at IS NULL;

CREATE TABLE acks (
  app TEXT NOT NULL, subject TEXT NOT NULL, notice TEXT NOT NULL, shown_at INTEGER, acked_at INTEGER,
  at INTEGER NOT NULL, expires_at INTEGER NOT NULL, PRIMARY KEY (app, subject, notice)
);
CREATE INDEX acks_notice ON acks (notice);

CREATE TABLE bindings (
  app TEXT NOT NULL, subject TEXT NOT NULL, number INTEGER NOT NULL, how TEXT NOT NULL,
  at INTEGER NOT NULL, expires_at INTEGER NOT NULL, PRIMARY KEY (app, subject, number)
);

-- +goose Down
SELECT RAISE(ABORT, 'published versions do not go away');
