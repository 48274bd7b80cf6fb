package say

import (
	"strings"
	"testing"

	"vow.example/vow/internal/policy/internal/source"
)

func TestPeriodsAreSaidInWords(t *testing.T) {
	t.Parallel()
	for iso, want := range map[string][2]string{
		"immediate": {"at once", "立即"}, "PT1H": {"1 hour", "1 小时"}, "PT24H": {"24 hours", "24 小时"}, "P7D": {"7 days", "7 天"},
		"P1Y": {"1 year", "1 年"}, "P2M": {"2 months", "2 个月"}, "P1DT30M": {"1 day and 30 minutes", "1 天 30 分钟"}, "PT10S": {"10 seconds", "10 秒"},
	} {
		p, err := source.ReadPeriod(iso)
		if err != nil || Period(p, "en") != want[0] || Period(p, "zh-Hans") != want[1] {
			t.Errorf("%s: %q %q %v", iso, Period(p, "en"), Period(p, "zh-Hans"), err)
		}
	}
}

func TestDeadlinesAreSaidInWords(t *testing.T) {
	t.Parallel()
	for iso, want := range map[string][2]string{
		"immediate": {"at once", "立即"}, "P30D": {"30 days", "30 天"}, "P7D working": {"7 working days", "7 个工作日"}, "P1D working": {"1 working day", "1 个工作日"},
	} {
		en, err := Deadline(iso, "en")
		zh, _ := Deadline(iso, "zh-Hans")
		if err != nil || en != want[0] || zh != want[1] {
			t.Errorf("%s: %q %q %v", iso, en, zh, err)
		}
	}
	if words, err := Deadline("soon", "en"); err == nil || words != "" {
		t.Errorf("a vague deadline is said: %q", words)
	}
	if Within("30 days", "en") != "within 30 days" || Within("30 天", "zh-Hans") != "30 天内" {
		t.Error("the promise reads wrongly")
	}
}

func TestAWayOfTravellingIsSaidAsAPersonCanPictureIt(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ transport, kind, en, zh string }{
		{"url", "photo", "link", "链接"}, {"url", "video", "link", "链接"}, {"bytes", "voice", "the recording itself", "录音本身"},
		{"bytes", "photo", "the picture itself", "图片本身"}, {"base64", "photo", "the picture itself", "图片本身"}, {"base64", "video", "the video itself", "视频本身"},
	} {
		if en, zh := How(tc.transport, tc.kind, "en"), How(tc.transport, tc.kind, "zh-Hans"); !strings.Contains(en, tc.en) || !strings.Contains(zh, tc.zh) {
			t.Errorf("%s by %s: %q %q", tc.kind, tc.transport, en, zh)
		}
	}
}

func TestEveryEventHasItsWords(t *testing.T) {
	t.Parallel()
	for _, event := range strings.Fields("item_written unused analysis_ended task_succeeded task_failed result_stored last_active request_done case_closed") {
		for _, lang := range []string{"en", "zh-Hans"} {
			if s, m := Since(event, "en"), Moment(event, "en"); s == event || m == event || s == "" || m == "" {
				t.Errorf("%s has no words in %s", event, lang)
			}
		}
	}
	if Since("someday", "en") != "someday" {
		t.Error("an unknown event is given words")
	}
}

func TestCountriesAreNamedInTheReadersLanguage(t *testing.T) {
	t.Parallel()
	if got := Regions([]string{"US", "CN"}, "en"); got != "United States, China" {
		t.Errorf("got %q", got)
	}
	if got := Regions([]string{"US", "??"}, "zh-Hans"); got != "美国、??" {
		t.Errorf("got %q", got)
	}
	if Ours("en") == Ours("zh-Hans") {
		t.Error("one remark in two languages")
	}
}
