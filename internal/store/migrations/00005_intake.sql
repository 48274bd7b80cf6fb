-- +goose Up
-- Where a stored thing came from: 'capture', 'library' or 'import' of an upload, 'subject' or 'automatic' of
-- what an app handed over, or the vendor that sent it. '': the server made it, or nothing was said.
ALTER TABLE objects ADD COLUMN origin TEXT NOT NULL DEFAULT '';

-- A name that this server made for an app on a device. It is drawn at random and says nothing about the device.
CREATE TABLE devices (
  app TEXT NOT NULL, id TEXT NOT NULL PRIMARY KEY, subject TEXT NOT NULL, platform TEXT NOT NULL,
  at INTEGER NOT NULL, seen_at INTEGER NOT NULL, expires_at INTEGER NOT NULL
);
CREATE INDEX devices_subject ON devices (app, subject, platform, seen_at);
CREATE INDEX devices_expiry ON devices (expires_at);

-- Identifiers of a device at a login, as keyed digests.
CREATE TABLE risks (
  app TEXT NOT NULL, subject TEXT NOT NULL, field TEXT NOT NULL, digest BLOB NOT NULL, category TEXT NOT NULL,
  known INTEGER NOT NULL, -- 0: seen only at logins that asked for a further proof
  at INTEGER NOT NULL, expires_at INTEGER NOT NULL, PRIMARY KEY (app, subject, field, digest)
);
CREATE INDEX risks_expiry ON risks (expires_at);

-- A conversation with support. What was said lies in the vault.
CREATE TABLE threads (
  app TEXT NOT NULL, id TEXT NOT NULL PRIMARY KEY, subject TEXT NOT NULL, intake TEXT NOT NULL, platform TEXT NOT NULL,
  at INTEGER NOT NULL, changed_at INTEGER NOT NULL,
  closes_at INTEGER NOT NULL, -- by itself, where nobody closes it
  closed_at INTEGER, expires_at INTEGER NOT NULL
);
CREATE INDEX threads_subject ON threads (app, subject, at);
CREATE INDEX threads_expiry ON threads (expires_at);

CREATE TABLE posts (
  app TEXT NOT NULL, subject TEXT NOT NULL, thread TEXT NOT NULL, object TEXT NOT NULL PRIMARY KEY, author TEXT NOT NULL,
  at INTEGER NOT NULL, expires_at INTEGER NOT NULL
);
CREATE INDEX posts_thread ON posts (app, thread, at);
CREATE INDEX posts_subject ON posts (app, subject);
CREATE INDEX posts_expiry ON posts (expires_at);

-- What was said takes its row along, and the last of it the conversation.
-- +goose StatementBegin
CREATE TRIGGER posts_gone AFTER DELETE ON objects
BEGIN
  DELETE FROM threads WHERE app = OLD.app AND id IN (SELECT thread FROM posts WHERE object = OLD.id)
    AND NOT EXISTS (SELECT 1 FROM posts WHERE thread = threads.id AND object <> OLD.id);
  DELETE FROM posts WHERE object = OLD.id;
END;
-- +goose StatementEnd

-- +goose Down
SELECT RAISE(ABORT, 'erased rows do not come back');
