-- +goose Up
-- What waits to leave for a recipient that no feature names: reports of the app, and messages to its people.
-- What it holds lies in the vault; here is who may get it, and how far that is.
CREATE TABLE outbox (
  app TEXT NOT NULL, id TEXT NOT NULL PRIMARY KEY, subject TEXT NOT NULL,
  kind TEXT NOT NULL,   -- "report", or the sentence of a message
  intake TEXT NOT NULL, -- of a report
  recipient TEXT NOT NULL, platform TEXT NOT NULL,
  object TEXT NOT NULL, -- the report in the vault; of a message: the name of a device
  topic TEXT NOT NULL,  -- of a message: what it is about, so that nobody is told twice
  done INTEGER NOT NULL, -- so many events of the report have left
  state TEXT NOT NULL,  -- "queued"; "prepared": its ledger row exists and nothing has left; "leaving": it may have
  transfer TEXT NOT NULL, was_sent INTEGER NOT NULL, bytes INTEGER NOT NULL, tries INTEGER NOT NULL,
  next_at INTEGER NOT NULL, -- by the machine's clock, as all traffic
  at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  UNIQUE (app, subject, recipient, object, kind, topic)
);
CREATE INDEX outbox_due ON outbox (next_at);
CREATE INDEX outbox_object ON outbox (object);
CREATE INDEX outbox_expiry ON outbox (expires_at);

-- By what a recipient tells one person's events: drawn for one app and one recipient, good for nothing else.
CREATE TABLE analytics_ids (
  app TEXT NOT NULL, subject TEXT NOT NULL, recipient TEXT NOT NULL, name TEXT NOT NULL,
  at INTEGER NOT NULL, expires_at INTEGER NOT NULL, PRIMARY KEY (app, subject, recipient)
);
CREATE INDEX analytics_ids_expiry ON analytics_ids (expires_at);

-- A report that is erased does not leave any more, nor a message to a device that was forgotten.
-- +goose StatementBegin
CREATE TRIGGER outbox_report_gone AFTER DELETE ON objects
BEGIN
  DELETE FROM outbox WHERE object = OLD.id AND state <> 'leaving';
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER outbox_device_gone AFTER DELETE ON devices
BEGIN
  DELETE FROM outbox WHERE object = OLD.id AND state <> 'leaving';
END;
-- +goose StatementEnd

-- However a thing ends its waiting, its ledger row says what became of it.
-- +goose StatementBegin
CREATE TRIGGER outbox_ended AFTER DELETE ON outbox WHEN OLD.transfer <> ''
BEGIN
  UPDATE transfers SET bytes = max(bytes, OLD.bytes), outcome = CASE WHEN OLD.state = 'leaving' THEN 'unknown' WHEN OLD.was_sent THEN 'sent' ELSE 'refused' END
    WHERE id = OLD.transfer AND outcome = 'prepared';
END;
-- +goose StatementEnd

-- +goose Down
SELECT RAISE(ABORT, 'erased rows do not come back');
