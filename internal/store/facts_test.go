package store

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store/rows"
)

// fillRest writes one row of a subject into every personal table that holds none yet, whatever its columns
// are: a table that is declared tomorrow is part of the promise too.
func fillRest(ctx context.Context, tx *Tx, s privacy.SubjectID, until time.Time) error {
	for name, table := range schema() {
		var n int
		if !table.personal || name == "objects" {
			continue
		}
		if err := tx.tx.QueryRowContext(ctx, `SELECT count(*) FROM `+name+` WHERE subject = ?`, s).Scan(&n); err != nil || n > 0 {
			if err != nil {
				return err
			}
			continue
		}
		var columns, marks []string
		var values []any
		for c, class := range table.columns {
			columns, marks = append(columns, c), append(marks, "?")
			switch {
			case c == "app":
				values = append(values, "pixplus")
			case c == "subject":
				values = append(values, s)
			case c == "expires_at":
				values = append(values, rows.Ms(until))
			case class == moment:
				values = append(values, rows.Ms(at0()))
			case class == count:
				values = append(values, 1)
			case published(c):
				values = append(values, "sha256:published")
			case class == digest || class == sealed:
				values = append(values, []byte("secret "+name+c+string(s)))
			default:
				values = append(values, name+"_"+c+"_"+string(s))
			}
		}
		if err := tx.exec(ctx, `INSERT INTO `+name+` (`+strings.Join(columns, ",")+`) VALUES (`+strings.Join(marks, ",")+`)`, values...); err != nil {
			return err
		}
	}
	return nil
}

func TestASubjectGetsEveryRowOfItsOwnWithoutDigestsAndSecrets(t *testing.T) {
	t.Parallel()
	db, ctx := open(t), context.Background()
	for _, s := range []privacy.SubjectID{"sub_1", "sub_2"} {
		must(t, write(t, db, func(ctx context.Context, tx *Tx) error { return fill(ctx, tx, s) }))
	}
	facts, err := db.App("pixplus").Facts(ctx, "sub_1")
	must(t, err)
	for name, table := range schema() {
		if !table.personal || name == "objects" {
			continue
		}
		if len(facts[name]) == 0 {
			t.Errorf("%s is missing", name)
		}
		for c, class := range table.columns {
			for _, f := range facts[name] {
				if _, shown := f[c]; shown && (class == digest && !published(c) || class == sealed) {
					t.Errorf("%s.%s is handed out", name, c)
				}
			}
		}
	}
	all, err := json.Marshal(facts)
	must(t, err)
	if strings.Contains(string(all), "sub_2") || strings.Contains(string(all), "secret") {
		t.Errorf("somebody else's, or a secret: %s", all)
	}
	if at, ok := facts["subjects"][0]["created_at"].(time.Time); !ok || !at.Equal(at0()) {
		t.Errorf("a moment is no time: %v", facts["subjects"][0])
	}
	if other, err := db.App("mixoo").Facts(ctx, "sub_1"); err != nil || len(other) != 0 {
		t.Errorf("another app sees %d tables, %v", len(other), err)
	}
}
