-- +goose Up
-- What remains of things whose clock ran out where the policy says that counts remain: how many were written
-- on a day, and of how many people at least. No row is about one person, and none names a thing.
CREATE TABLE tallies (
  app TEXT NOT NULL, category TEXT NOT NULL,
  day INTEGER NOT NULL,    -- when the things were written: the beginning of that day, in UTC
  things INTEGER NOT NULL,
  people INTEGER NOT NULL, -- never more than there were; nobody can be counted twice
  expires_at INTEGER,      -- NULL: the policy gives counts no clock
  PRIMARY KEY (app, category, day)
);
CREATE INDEX tallies_expiry ON tallies (expires_at) WHERE expires_at IS NOT NULL;

-- +goose Down
SELECT RAISE(ABORT, 'erased rows do not come back');
