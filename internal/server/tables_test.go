package server

import "testing"

// empty requires that no table holds anything of anybody: every account was erased.
func empty(t *testing.T, h *house) {
	t.Helper()
	for _, query := range []string{
		"SELECT count(*) FROM subjects", "SELECT count(*) FROM sessions", "SELECT count(*) FROM objects", "SELECT count(*) FROM consents",
		"SELECT count(*) FROM tasks", "SELECT count(*) FROM task_events", "SELECT count(*) FROM verdicts", "SELECT count(*) FROM transfers",
		"SELECT count(*) FROM tickets", "SELECT count(*) FROM idempotency", "SELECT count(*) FROM receipts WHERE subject IS NOT NULL OR task <> ''",
		"SELECT count(*) FROM audit_leaves WHERE subject IS NOT NULL AND subject <> ''",
		"SELECT count(*) FROM audit_leaves WHERE payload IS NOT NULL AND leaf NOT IN (SELECT leaf FROM receipts) AND object <> ''",
	} {
		var n int
		if err := h.core.db.Writer().QueryRowContext(t.Context(), query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			t.Errorf("%d: %s", n, query)
		}
	}
}
