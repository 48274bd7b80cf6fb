-- +goose Up
-- What a result must be shown with: codes such as "ai_generated,medical". Empty: it is no result.
ALTER TABLE objects ADD COLUMN notices TEXT NOT NULL DEFAULT '';

-- +goose Down
SELECT RAISE(ABORT, 'erased rows do not come back');
