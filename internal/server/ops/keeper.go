package ops

import (
	"fmt"
	"time"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
)

// LogKeeper says when whoever keeps the server's standard error must delete it: within the shortest clock that
// an app gives to its service logs, counted from a moment. The lines hold constants, codes and the numbers of
// requests; this process writes them once, and cannot take them back.
func LogKeeper(policies map[privacy.AppID]*policy.Policy, now time.Time) string {
	days, found := 0, false
	for _, p := range policies {
		for _, row := range p.Retention() {
			if row.Category != "operational_log" {
				continue
			}
			if n := int(row.Limit.After(now).Sub(now) / (24 * time.Hour)); !found || n < days {
				days, found = n, true
			}
		}
	}
	switch {
	case !found:
		return "no app gives its service logs a clock"
	case days < 2: // who rotates once a day keeps a line for up to two
		return "an app keeps its service logs for less than two days: let nobody keep standard error (systemd: StandardError=null)"
	default:
		return fmt.Sprintf("standard error is kept by others: delete it within %d days (journald: MaxFileSec=1day, MaxRetentionSec=%[2]dday; logrotate: daily, maxage %[2]d, rotate %[2]d)", days, days-1)
	}
}
