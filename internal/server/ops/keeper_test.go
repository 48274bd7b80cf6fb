package ops

import (
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
)

func TestTheLogKeeperIsToldTheShortestClockOfServiceLogs(t *testing.T) {
	t.Parallel()
	const row = "{category: operational_log, starts: item_written, limit: P30D,"
	with := func(limit string) *policy.Policy {
		return policytest.Load(t, policytest.Mutate(t, policytest.Minimal(), row, strings.Replace(row, "P30D", limit, 1)))
	}
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for want, limits := range map[string][]string{
		"no app gives":         nil,
		"within 30 days":       {"P30D"},
		"MaxRetentionSec=6day": {"P30D", "P7D", "P14D"},
		"maxage 6, rotate 6":   {"P7D"},
		"less than two days":   {"P1D"},
		"StandardError=null":   {"P30D", "PT12H"},
	} {
		policies := map[privacy.AppID]*policy.Policy{}
		for _, l := range limits {
			policies[privacy.AppID(l)] = with(l)
		}
		if got := LogKeeper(policies, now); !strings.Contains(got, want) {
			t.Errorf("%v: %s", limits, got)
		}
	}
}
