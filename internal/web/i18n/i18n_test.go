package i18n_test

import (
	"bytes"
	"html/template"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/web/i18n"
)

func load(t *testing.T, lang string) *i18n.Catalog {
	t.Helper()
	c, err := i18n.Load(lang)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEveryLanguageHasTheSameKeysAndArguments(t *testing.T) {
	t.Parallel()
	names := regexp.MustCompile(`\{([a-z]+)`)
	arguments := func(m string) []string {
		var out []string
		for _, f := range names.FindAllStringSubmatch(m, -1) {
			out = append(out, f[1])
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	en, zh := load(t, "en"), load(t, "zh-Hans")
	if !slices.Equal(en.Keys(), zh.Keys()) {
		t.Fatal("the catalogues have different keys")
	}
	texts, other := en.WithPrefix(""), zh.WithPrefix("")
	for _, k := range en.Keys() {
		if strings.TrimSpace(texts[k]) == "" || strings.TrimSpace(other[k]) == "" {
			t.Errorf("%s is empty", k)
		}
		if a, b := arguments(texts[k]), arguments(other[k]); !slices.Equal(a, b) {
			t.Errorf("%s takes %v in English and %v in Chinese", k, a, b)
		}
	}
}

func TestTheVoiceAvoidsItsForbiddenWords(t *testing.T) {
	t.Parallel()
	bad := regexp.MustCompile(`(?i)such as|reasonable|we value|violat|!|！`)
	for _, lang := range i18n.Languages() {
		for k, m := range load(t, lang).WithPrefix("") {
			if hit := bad.FindString(m); hit != "" {
				t.Errorf("%s in %s says %q", k, lang, hit)
			}
		}
	}
}

func TestAMissingKeyOrArgumentIsAnError(t *testing.T) {
	t.Parallel()
	c := load(t, "en")
	for name, args := range map[string][]any{"no.such.key": nil, "badge.sent": nil, "badge.here": {"odd"}} {
		if s, err := c.Text(name, args...); err == nil {
			t.Errorf("%s gave %q", name, s)
		}
	}
}

func TestPluralsFollowTheLanguage(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ lang, n, want string }{
		{"en", "1", "1 item erased"}, {"en", "5", "5 items erased"}, {"zh-Hans", "1", "1 项内容"},
	} {
		s, err := load(t, tc.lang).Text("delete.done.text", "n", tc.n, "time", "14:02:31")
		if err != nil || !strings.Contains(s, tc.want) {
			t.Errorf("%s %s: %q, %v", tc.lang, tc.n, s, err)
		}
	}
}

func TestTheBestLanguageIsFoundForTagsAndHeaders(t *testing.T) {
	t.Parallel()
	for wanted, want := range map[string]string{"": "en", "zh": "zh-Hans", "zh-CN": "zh-Hans", "en-GB": "en", "de, zh-CN;q=0.8, en;q=0.5": "zh-Hans", "fr": "en", "%%": "en"} {
		if got := i18n.Match(wanted); got != want {
			t.Errorf("%q gave %s", wanted, got)
		}
	}
}

// write runs a template with the functions of a language.
func write(t *testing.T, lang, text string, data any) string {
	t.Helper()
	now := time.Date(2026, 11, 21, 14, 2, 31, 0, time.UTC)
	tm, err := template.New("x").Funcs(load(t, lang).Funcs(func() time.Time { return now })).Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := tm.Execute(&b, data); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTimesAreAbsoluteAndRelative(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 28, 13, 2, 31, 0, time.UTC)
	next := at.AddDate(1, 0, 0)
	var never *time.Time
	for _, tc := range []struct {
		lang, text string
		data       any
		want       string
	}{
		{"en", "{{moment .}}", at, `<time datetime="2026-11-28T13:02:31Z" data-form="moment">28 Nov, 13:02 UTC</time>`},
		{"zh-Hans", "{{moment .}}", &at, "11 月 28 日 13:02 UTC"},
		{"en", "{{moment .}}", next, "28 Nov 2027, 13:02 UTC"},
		{"zh-Hans", "{{moment .}}", next, "2027 年 11 月 28 日"},
		{"en", "{{moment .}}", never, "–"},
		{"en", "{{second .}}", at, ">13:02:31<"},
		{"en", "{{left .}}", at, ">6 d 23 h<"},
		{"zh-Hans", "{{left .}}", at.Add(-6 * 24 * time.Hour), ">23 小时 0 分钟<"},
		{"en", "{{left .}}", at.Add(-7*24*time.Hour + time.Hour + 90*time.Second), ">1 min<"},
		{"en", "{{left .}}", at.AddDate(-1, 0, 0), ">less than a minute<"},
		{"zh-Hans", `{{dated "A <b> 期限：2026-11-28 13:02 UTC。" "2026-11-28 13:02 UTC" .}}`, &at, `A &lt;b&gt; 期限：<time datetime="2026-11-28T13:02:31Z" data-form="moment">11 月 28 日 13:02 UTC</time>。`},
		{"en", `{{dated "Until: not stated." "not stated" .}}`, never, "Until: not stated."},
		{"en", `{{dated "No longer there." "2026-11-28 13:02 UTC" .}}`, at, "No longer there."},
		{"en", "{{due .}}", at, "i"},
		{"en", "{{due .}}", at.Add(-6*24*time.Hour - 12*time.Hour), "warn"},
		{"en", "{{due .}}", at.Add(-7 * 24 * time.Hour), "bad"},
	} {
		if got := write(t, tc.lang, tc.text, tc.data); !strings.Contains(got, tc.want) {
			t.Errorf("%s %s gave %q, want %q", tc.lang, tc.text, got, tc.want)
		}
	}
}

func TestSizesAreShort(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 41_331: "41 kB", 1_250_000: "1.2 MB", 20_000_000: "20 MB"} {
		if got := strings.ReplaceAll(write(t, "en", "{{bytes .}}", n), "\u00a0", " "); got != want {
			t.Errorf("%d gave %q", n, got)
		}
	}
}

func TestArgumentsAreEscapedUnlessTheyAreOurOwnMarkup(t *testing.T) {
	t.Parallel()
	got := write(t, "en", `{{th "badge.sent" "name" .}} {{th "work.only" "time" (moment "x")}}`, "<b>RunningHub</b>")
	if strings.Contains(got, "<b>") || !strings.Contains(got, "&lt;b&gt;") {
		t.Errorf("gave %q", got)
	}
	if got := write(t, "en", `{{tor "kind." "source_photo"}}, {{tor "kind." "new_kind"}}`, nil); got != "Photo you uploaded, new kind" {
		t.Errorf("gave %q", got)
	}
}

func TestALimitIsSaidInWords(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ lang, limit, want string }{
		{"en", "immediate", "at once"}, {"en", "PT24H", "within 24 hours"}, {"en", "P30D", "within 30 days"}, {"en", "P1D", "within 1 day"}, {"en", "P15D working", "within 15 working days"},
		{"en", "P1M", "within 1 month"}, {"en", "P2Y", "within 2 years"}, {"en", "P2W", "within 2 weeks"}, {"en", "P1Y2M", "P1Y2M"}, {"en", "PT5M", "PT5M"}, {"en", "", ""}, {"en", "P", "P"},
		{"zh-Hans", "P7D working", "7 个工作日内"}, {"zh-Hans", "PT24H", "24 小时内"}, {"zh-Hans", "immediate", "立即"},
	} {
		page := template.Must(template.New("").Funcs(load(t, tt.lang).Funcs(time.Now)).Parse(`{{within .}}`))
		var b bytes.Buffer
		if err := page.Execute(&b, tt.limit); err != nil || b.String() != tt.want {
			t.Errorf("%s in %s is %q, not %q (%v)", tt.limit, tt.lang, b.String(), tt.want, err)
		}
	}
}
