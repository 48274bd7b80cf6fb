package policy

import (
	"fmt"
	"strings"
	"time"

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
	if l.Immediate {
		return pick(lang, "at once", "立即")
	}
	hours := int(l.Time / time.Hour)
	minutes := int(l.Time % time.Hour / time.Minute)
	seconds := int(l.Time % time.Minute / time.Second)
	units := []struct {
		n      int
		en, zh string
	}{{l.Years, "year", "年"}, {l.Months, "month", "个月"}, {l.Days, "day", "天"}, {hours, "hour", "小时"}, {minutes, "minute", "分钟"}, {seconds, "second", "秒"}}
	var parts []string
	for _, u := range units {
		if u.n > 0 {
			parts = append(parts, fmt.Sprintf("%d ", u.n)+pick(lang, plural(u.n, u.en), u.zh))
		}
	}
	return strings.Join(parts, pick(lang, " and ", " "))
}

func plural(n int, unit string) string {
	if n == 1 {
		return unit
	}
	return unit + "s"
}

// pick returns the Chinese text for a Chinese reader and the English one for everybody else.
func pick(lang privacy.Lang, en, zh string) string {
	if strings.HasPrefix(string(lang), "zh") {
		return zh
	}
	return en
}

// deadlineWords says a right's deadline: "at once", "30 days", "7 working days".
func deadlineWords(deadline string, lang privacy.Lang) (string, error) {
	p, working, err := source.ReadDeadline(deadline)
	switch {
	case err != nil:
		return "", fmt.Errorf("policy: deadline: %w", err)
	case working:
		return fmt.Sprintf("%d ", p.Days) + pick(lang, "working "+plural(p.Days, "day"), "个工作日"), nil
	default:
		return limitOf(p, deadline).Words(lang), nil
	}
}
