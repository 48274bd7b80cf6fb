package audits

import (
	"context"
	"errors"
	"testing"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/storetest"
)

func TestTheLatestAuditOfEachPartIsTheOneThatCounts(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	db := storetest.Open(t, now, now.AddDate(1, 0, 0), "pixplus", "mixoo")
	put := func(app privacy.AppID, part, report string, at time.Time) error {
		return db.Write(t.Context(), func(tx *store.Tx) error {
			return Audit{App: app, Part: part, At: at, Report: report, Staff: "stf_1", NotedAt: at.Add(time.Hour)}.Insert(context.WithoutCancel(t.Context()), tx)
		})
	}
	for _, x := range []struct {
		app          privacy.AppID
		part, report string
		at           time.Time
	}{{"pixplus", "access", "r2", now}, {"pixplus", "access", "r1", now.Add(-time.Hour)}, {"pixplus", "dependencies", "r3", now.Add(-time.Minute)}, {"mixoo", "access", "r4", now.Add(time.Hour)}} {
		if err := put(x.app, x.part, x.report, x.at); err != nil {
			t.Fatal(err)
		}
	}
	if err := put("pixplus", "access", "other", now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the same moment twice: %v", err)
	}
	list, err := Last(t.Context(), db.App("pixplus"))
	if err != nil || len(list) != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	if a := list[0]; a.Part != "access" || a.Report != "r2" || !a.At.Equal(now) || !a.NotedAt.Equal(now.Add(time.Hour)) || a.Staff != "stf_1" || a.App != "pixplus" {
		t.Errorf("%+v", a)
	}
	if list[1].Part != "dependencies" || list[1].Report != "r3" {
		t.Errorf("%+v", list[1])
	}
}
