-- +goose Up
-- Why an object is being erased, written before its key goes: an interrupted erasure is finished by the sweeper.
ALTER TABLE objects ADD COLUMN ending TEXT NOT NULL DEFAULT '';

-- +goose Down
SELECT RAISE(ABORT, 'erased rows do not come back');
