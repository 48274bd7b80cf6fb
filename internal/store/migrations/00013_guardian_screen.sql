-- +goose Up
-- The hash of the text that a guardian read: the consent names that text, in that language.
ALTER TABLE guardians ADD COLUMN screen TEXT NOT NULL DEFAULT '';

-- +goose Down
SELECT RAISE(ABORT, 'erased rows do not come back');
