// Package say holds the words that a policy file leaves to the server: periods, moments, ways of
// travelling, countries.
//
// It promises that each of them is said the same way wherever it stands, in English and in
// Chinese. It never reads a file, and it never decides anything.
package say

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"vow.example/vow/internal/policy/internal/source"
	"vow.example/vow/internal/privacy"
)

// Pick returns the Chinese text for a Chinese reader and the English one for everybody else.
func Pick(lang privacy.Lang, en, zh string) string {
	if strings.HasPrefix(string(lang), "zh") {
		return zh
	}
	return en
}

// Period says a period: "24 hours", "7 天", "at once".
func Period(p source.Period, lang privacy.Lang) string {
	if p.Immediate {
		return Pick(lang, "at once", "立即")
	}
	hours := int(p.Time / time.Hour)
	minutes := int(p.Time % time.Hour / time.Minute)
	seconds := int(p.Time % time.Minute / time.Second)
	units := []struct {
		n      int
		en, zh string
	}{{p.Years, "year", "年"}, {p.Months, "month", "个月"}, {p.Days, "day", "天"}, {hours, "hour", "小时"}, {minutes, "minute", "分钟"}, {seconds, "second", "秒"}}
	var parts []string
	for _, u := range units {
		if u.n > 0 {
			parts = append(parts, fmt.Sprintf("%d ", u.n)+Pick(lang, plural(u.n, u.en), u.zh))
		}
	}
	return strings.Join(parts, Pick(lang, " and ", " "))
}

func plural(n int, unit string) string {
	if n == 1 {
		return unit
	}
	return unit + "s"
}

// Deadline says a right's deadline: "at once", "30 days", "7 working days".
func Deadline(deadline string, lang privacy.Lang) (string, error) {
	p, working, err := source.ReadDeadline(deadline)
	switch {
	case err != nil:
		return "", fmt.Errorf("policy: deadline: %w", err)
	case working:
		return fmt.Sprintf("%d ", p.Days) + Pick(lang, "working "+plural(p.Days, "day"), "个工作日"), nil
	default:
		return Period(p, lang), nil
	}
}

// Within puts a period into a promise: "within 30 days".
func Within(words string, lang privacy.Lang) string {
	return Pick(lang, "within "+words, words+"内")
}

// Ours remarks that the operator chose a number.
func Ours(lang privacy.Lang) string {
	return Pick(lang, " (our number; the published text gives none)", "（公开文本没有数字，由我们选定）")
}

// How says the way a medium travels, as a person can picture it: a link, or the picture itself.
func How(transport, kind string, lang privacy.Lang) string {
	switch {
	case transport == "url":
		return Pick(lang, "as a short-lived link", "以短时有效的链接发送")
	case kind == "video":
		return Pick(lang, "as the video itself", "发送视频本身")
	case kind == "voice":
		return Pick(lang, "as the recording itself", "发送录音本身")
	default:
		return Pick(lang, "as the picture itself", "发送图片本身")
	}
}

// Moment names an event as the moment at which something happens.
func Moment(event string, lang privacy.Lang) string {
	switch event {
	case "analysis_ended":
		return Pick(lang, "when the analysis ends", "分析结束时")
	case "task_succeeded":
		return Pick(lang, "when the result is ready", "结果完成时")
	case "task_failed":
		return Pick(lang, "when the task fails, is refused, cancelled or expires", "任务失败、被拒绝、取消或过期时")
	default:
		return Since(event, lang)
	}
}

// Since names an event as the start of a clock.
func Since(event string, lang privacy.Lang) string {
	switch event {
	case "item_written":
		return Pick(lang, "after being written", "自写入起")
	case "unused":
		return Pick(lang, "after upload, if no task uses it", "上传后若未使用，")
	case "analysis_ended":
		return Pick(lang, "after the analysis ends", "自分析结束起")
	case "task_succeeded":
		return Pick(lang, "after the task succeeds", "自任务成功起")
	case "task_failed":
		return Pick(lang, "after the task fails, is refused, cancelled or expires", "自任务失败、被拒绝、取消或过期起")
	case "result_stored":
		return Pick(lang, "after the result is ready", "自结果完成起")
	case "last_active":
		return Pick(lang, "after you last use the app", "自您最后一次使用起")
	case "request_done":
		return Pick(lang, "after your request is done", "自请求完成起")
	case "case_closed":
		return Pick(lang, "after the case is closed", "自事项关闭起")
	default:
		return event
	}
}

// Regions names countries in the reader's language.
func Regions(codes []string, lang privacy.Lang) string {
	namer := display.Regions(language.Make(string(lang)))
	var out []string
	for _, code := range codes {
		r, err := language.ParseRegion(code)
		if err != nil || namer == nil {
			out = append(out, code)
			continue
		}
		out = append(out, namer.Name(r))
	}
	return strings.Join(out, Pick(lang, ", ", "、"))
}

// maxHeader bounds the part of an Accept-Language header that is read.
const maxHeader = 256

// Match returns the offered language that fits an Accept-Language header or a language tag best;
// the first offered one where nothing fits.
func Match(lang string, offered []privacy.Lang) privacy.Lang {
	switch {
	case len(offered) == 0:
		return "en"
	case slices.Contains(offered, privacy.Lang(lang)):
		return privacy.Lang(lang)
	case len(lang) > maxHeader:
		lang = lang[:max(strings.LastIndexByte(lang[:maxHeader], ','), 0)]
	}
	tags := make([]language.Tag, len(offered))
	for i, o := range offered {
		tags[i] = language.Make(string(o))
	}
	wanted, _, err := language.ParseAcceptLanguage(lang)
	if err != nil {
		return offered[0]
	}
	_, i, _ := language.NewMatcher(tags).Match(wanted...)
	return offered[i]
}
