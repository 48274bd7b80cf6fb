// Package storetest opens a database for the tests of those who keep rows beside the store.
//
// It promises a real file that is closed when the test ends, and one subject of the same name in each app,
// so that a query which forgets the app is noticed. It is never part of a server.
package storetest

import (
	"path/filepath"
	"testing"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
)

// Subject is who lives in every app of the database.
const Subject privacy.SubjectID = "sub_1"

// Open returns a database in which Subject has an account with each app, from one moment to another.
func Open(t testing.TB, from, until time.Time, apps ...privacy.AppID) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "vow.db"), [64]byte{1})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	must(t, db.Write(t.Context(), func(tx *store.Tx) error {
		for _, app := range apps {
			if err := tx.InsertSubject(t.Context(), app, store.Subject{ID: Subject, Locale: "en", CreatedAt: from, ExpiresAt: until}); err != nil {
				return err
			}
		}
		return nil
	}))
	return db
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
