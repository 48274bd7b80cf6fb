-- +goose Up
-- When the security of an app was audited, part by part. The report stays with whoever made it: its digest
-- says which one it was.
CREATE TABLE security_audits (
  app TEXT NOT NULL, part TEXT NOT NULL,
  at INTEGER NOT NULL,       -- when the audit took place
  report TEXT NOT NULL,      -- SHA-256 of the report
  staff TEXT NOT NULL,       -- who recorded it
  noted_at INTEGER NOT NULL, -- when
  PRIMARY KEY (app, part, at)
);

-- +goose Down
SELECT RAISE(ABORT, 'what was recorded stays recorded');
