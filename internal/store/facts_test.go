package store

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/policy"
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

func TestEverythingIsGoneThroughPageByPage(t *testing.T) {
	t.Parallel()
	db, ctx := open(t), context.Background()
	want := []string{}
	must(t, write(t, db, func(ctx context.Context, tx *Tx) error {
		for i, app := range []privacy.AppID{"pixplus", "mixoo", "pixplus", "pixplus", "mixoo"} {
			s := privacy.SubjectID("sub_" + string(rune('a'+i)))
			want = append(want, string(app)+"/"+string(s))
			if err := tx.InsertSubject(ctx, app, Subject{ID: s, Locale: "en", CreatedAt: at0(), ExpiresAt: at0().Add(time.Hour)}); err != nil {
				return err
			}
			o := object(app, s, "upl_"+string(rune('a'+i)))
			if err := tx.InsertObject(ctx, o, deadline(t, policy.TaskFailed, at0()), retention.Deadline{}); err != nil {
				return err
			}
		}
		return nil
	}))
	var people, things []string
	for last, more := privacy.SubjectID(""), true; more; {
		list, err := db.SubjectsAfter(ctx, last, 2)
		must(t, err)
		for _, s := range list {
			last = s.Subject
			if people = append(people, string(s.App)+"/"+string(s.Subject)); !s.ExpiresAt.Equal(at0().Add(time.Hour)) {
				t.Errorf("%s ends at %v", s.Subject, s.ExpiresAt)
			}
		}
		more = len(list) == 2
	}
	for last, more := privacy.ObjectID(""), true; more; {
		list, err := db.ObjectsAfter(ctx, last, 2)
		must(t, err)
		for _, o := range list {
			last = o.Object
			things = append(things, string(o.App)+"/"+string(o.Subject))
		}
		more = len(list) == 2
	}
	if !slices.Equal(people, want) || !slices.Equal(things, want) {
		t.Errorf("accounts %v, objects %v, want %v", people, things, want)
	}
}
