-- +goose Up
-- Words to some people only go with the last of those whom they were written to: nobody is left to read them.
-- +goose StatementBegin
CREATE TRIGGER directed_notices_go AFTER DELETE ON acks
BEGIN DELETE FROM notices WHERE id = OLD.notice AND app = OLD.app AND directed
  AND NOT EXISTS (SELECT 1 FROM acks WHERE notice = OLD.notice AND app = OLD.app); END;
-- +goose StatementEnd
DELETE FROM notices WHERE directed AND NOT EXISTS (SELECT 1 FROM acks k WHERE k.notice = notices.id AND k.app = notices.app);

-- +goose Down
SELECT RAISE(ABORT, 'erased rows do not come back');
