-- +goose Up
-- The tasks that used an object before and failed: a receipt names everyone who had the object, whichever try sent it.
ALTER TABLE objects ADD COLUMN earlier TEXT NOT NULL DEFAULT '';
-- The sweep looks four times a second; payloads that are wiped already must not be looked at again.
DROP INDEX audit_leaves_expiry;
CREATE INDEX audit_leaves_expiry ON audit_leaves (expires_at) WHERE payload IS NOT NULL;
CREATE INDEX tasks_overdue ON tasks (overdue_at) WHERE ended_at IS NULL;

-- +goose Down
SELECT RAISE(ABORT, 'erased rows do not come back');
