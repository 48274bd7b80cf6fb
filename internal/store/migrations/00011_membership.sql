-- +goose Up
-- Who is a member of what, as the operator's own server reported it last. It ends with the membership, or
-- with the policy's clock where that is earlier.
CREATE TABLE memberships (
  app TEXT NOT NULL, subject TEXT NOT NULL,
  level TEXT NOT NULL,      -- of the policy's closed list
  starts TEXT NOT NULL,     -- what the policy's clock counts from
  ends_at INTEGER NOT NULL, -- as reported
  due_at INTEGER NOT NULL,  -- by the policy's clock
  at INTEGER NOT NULL, expires_at INTEGER NOT NULL, PRIMARY KEY (app, subject)
);
CREATE INDEX memberships_expiry ON memberships (expires_at);

-- What was reported, one row for each report that said something new. An end before its time is one.
CREATE TABLE subscriptions (
  app TEXT NOT NULL, id TEXT NOT NULL PRIMARY KEY, subject TEXT NOT NULL, level TEXT NOT NULL,
  ends_at INTEGER NOT NULL, at INTEGER NOT NULL, expires_at INTEGER NOT NULL
);
CREATE INDEX subscriptions_subject ON subscriptions (app, subject);
CREATE INDEX subscriptions_expiry ON subscriptions (expires_at);

-- Use of the account moves a clock that counts from it, and never beyond the end of the membership.
-- +goose StatementBegin
CREATE TRIGGER subjects_used_as_member AFTER UPDATE OF expires_at ON subjects WHEN NEW.expires_at <> OLD.expires_at
BEGIN
  UPDATE memberships SET due_at = due_at + NEW.expires_at - OLD.expires_at, expires_at = min(ends_at, due_at + NEW.expires_at - OLD.expires_at)
    WHERE app = NEW.app AND subject = NEW.subject AND starts = 'last_active';
END;
-- +goose StatementEnd

-- +goose Down
SELECT RAISE(ABORT, 'erased rows do not come back');
