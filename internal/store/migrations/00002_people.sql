-- +goose Up
-- Who a subject is to an app: statements and choices, each one a code, a digest or a time.
CREATE TABLE profiles (
  app TEXT NOT NULL, subject TEXT NOT NULL,
  acceptance TEXT NOT NULL, -- the consent record that said so; '': nothing is accepted
  accepted_version TEXT NOT NULL, accepted_hash TEXT NOT NULL, accepted_at INTEGER,
  restriction TEXT NOT NULL, restricted_at INTEGER, -- a ground of the policy; '': nothing is restricted
  objections TEXT NOT NULL, switches TEXT NOT NULL, permissions TEXT NOT NULL,
  at INTEGER NOT NULL, expires_at INTEGER NOT NULL, PRIMARY KEY (app, subject)
);

CREATE TABLE ages (
  app TEXT NOT NULL, subject TEXT NOT NULL, band TEXT NOT NULL,
  at INTEGER NOT NULL, expires_at INTEGER NOT NULL, PRIMARY KEY (app, subject)
);
CREATE INDEX ages_expiry ON ages (expires_at);

-- Devices on which somebody said to be too young. They belong to nobody: no account was made.
CREATE TABLE refusals (
  app TEXT NOT NULL, device BLOB NOT NULL, at INTEGER NOT NULL, expires_at INTEGER NOT NULL, PRIMARY KEY (app, device)
);
CREATE INDEX refusals_expiry ON refusals (expires_at);

CREATE TABLE guardians (
  app TEXT NOT NULL, subject TEXT NOT NULL, state TEXT NOT NULL, contact BLOB NOT NULL, link BLOB NOT NULL UNIQUE, code BLOB NOT NULL,
  tries INTEGER NOT NULL, scope TEXT NOT NULL, consent TEXT NOT NULL, at INTEGER NOT NULL, expires_at INTEGER NOT NULL, PRIMARY KEY (app, subject)
);
CREATE INDEX guardians_expiry ON guardians (expires_at);

CREATE TABLE logins (
  app TEXT NOT NULL, subject TEXT NOT NULL, login BLOB NOT NULL, password BLOB NOT NULL,
  at INTEGER NOT NULL, expires_at INTEGER NOT NULL, PRIMARY KEY (app, subject)
);
CREATE UNIQUE INDEX logins_login ON logins (app, login);

CREATE TABLE remembered (
  app TEXT NOT NULL, id TEXT NOT NULL PRIMARY KEY, subject TEXT NOT NULL, token BLOB NOT NULL UNIQUE, platform TEXT NOT NULL,
  at INTEGER NOT NULL, expires_at INTEGER NOT NULL
);
CREATE INDEX remembered_subject ON remembered (app, subject);
CREATE INDEX remembered_expiry ON remembered (expires_at);

CREATE TABLE favourites (
  app TEXT NOT NULL, subject TEXT NOT NULL, object TEXT NOT NULL, at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  PRIMARY KEY (app, subject, object)
);
CREATE INDEX favourites_expiry ON favourites (expires_at);

CREATE TABLE shares (
  app TEXT NOT NULL, subject TEXT NOT NULL, object TEXT NOT NULL, token BLOB NOT NULL UNIQUE, transfer TEXT NOT NULL,
  at INTEGER NOT NULL, expires_at INTEGER NOT NULL, PRIMARY KEY (app, subject, object)
);
CREATE INDEX shares_expiry ON shares (expires_at);

-- A work takes its mark and its link along, in the transaction that erases its row.
-- +goose StatementBegin
CREATE TRIGGER objects_gone AFTER DELETE ON objects
BEGIN
  DELETE FROM favourites WHERE app = OLD.app AND object = OLD.id;
  DELETE FROM shares WHERE app = OLD.app AND object = OLD.id;
END;
-- +goose StatementEnd

-- What is withdrawn counts no more, and stays so when the record itself has reached the end of its clock.
-- +goose StatementBegin
CREATE TRIGGER consents_taken_back AFTER UPDATE OF decision ON consents WHEN NEW.decision <> OLD.decision
BEGIN
  UPDATE profiles SET acceptance = '' WHERE app = NEW.app AND subject = NEW.subject AND acceptance = NEW.id;
  UPDATE guardians SET state = 'declined' WHERE app = NEW.app AND subject = NEW.subject AND consent = NEW.id;
END;
-- +goose StatementEnd

-- Use of the account moves its clock, and by the same step the clocks of what belongs to it.
-- +goose StatementBegin
CREATE TRIGGER subjects_used AFTER UPDATE OF expires_at ON subjects WHEN NEW.expires_at <> OLD.expires_at
BEGIN
  UPDATE profiles SET expires_at = expires_at + NEW.expires_at - OLD.expires_at WHERE app = NEW.app AND subject = NEW.subject;
  UPDATE logins SET expires_at = expires_at + NEW.expires_at - OLD.expires_at WHERE app = NEW.app AND subject = NEW.subject;
  UPDATE ages SET expires_at = expires_at + NEW.expires_at - OLD.expires_at WHERE app = NEW.app AND subject = NEW.subject;
  UPDATE guardians SET expires_at = expires_at + NEW.expires_at - OLD.expires_at WHERE app = NEW.app AND subject = NEW.subject AND state = 'confirmed';
END;
-- +goose StatementEnd

-- +goose Down
SELECT RAISE(ABORT, 'erased rows do not come back');
