-- +goose Up
-- Which declared part of a request a rule was about: a name from the policy, never what stood in it.
ALTER TABLE verdicts ADD COLUMN field TEXT NOT NULL DEFAULT '';

-- +goose Down
SELECT RAISE(ABORT, 'erased rows do not come back');
