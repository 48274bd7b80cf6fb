package policy

import (
	"fmt"

	"vow.example/vow/internal/policy/internal/say"
	"vow.example/vow/internal/policy/internal/source"
	"vow.example/vow/internal/privacy"
)

// ParseLimit reads "immediate" or a finite ISO 8601 duration.
func ParseLimit(s string) (Limit, error) {
	p, err := source.ReadPeriod(s)
	if err != nil {
		return Limit{}, fmt.Errorf("policy: limit: %w", err)
	}
	return limitOf(p, s), nil
}

func limitOf(p source.Period, iso string) Limit {
	return Limit{Immediate: p.Immediate, Years: p.Years, Months: p.Months, Days: p.Days, Time: p.Time, ISO: iso}
}

// Words says the limit in a person's language: "24 hours", "7 天", "at once".
func (l Limit) Words(lang privacy.Lang) string {
	return say.Period(source.Period{Immediate: l.Immediate, Years: l.Years, Months: l.Months, Days: l.Days, Time: l.Time}, lang)
}
