package page

import (
	"slices"
	"strings"
	"testing"

	"vow.example/vow/internal/policy/internal/source"
	"vow.example/vow/internal/privacy"
)

// choosing is the full policy with more numbers of the operator's.
func choosing(t testing.TB) *source.Doc {
	t.Helper()
	doc := &read(t, "full").Doc
	doc.ChosenBy["minors.min_age"], doc.ChosenBy["notices.lead"], doc.ChosenBy["cookies.lifetime"] = operator, operator, operator
	doc.Cookies.List = []source.Cookie{{Name: "sid", Lifetime: "P30D", Text: source.Text{"en": "keeps you in", "zh-Hans": "保持登录"}}, {Name: "one", Lifetime: "session", Text: source.Text{"en": "one visit", "zh-Hans": "一次"}}}
	doc.Incidents = source.Incidents{People: "PT72H", Regulator: "P1D", ChosenBy: operator}
	return doc
}

func TestANumberOfTheOperatorsIsRemarkedOnWhereverItIsTold(t *testing.T) {
	t.Parallel()
	const en, zh = " (our number; the published text gives none)", "（公开文本没有数字，由我们选定）"
	for _, x := range []struct {
		lang       privacy.Lang
		text, want string
	}{
		{"en", "Not for people under {min_age}. Others can.", "Not for people under 13" + en + ". Others can."},
		{"zh-Hans", "不面向 {min_age} 岁以下儿童。其他人可以。", "不面向 13 岁以下儿童" + zh + "。其他人可以。"},
		{"en", "Under {min_age}, no; {min_age} and older, yes.", "Under 13" + en + ", no; 13 and older, yes."},
		{"en", "{lead} before", "30 days before" + en},
		{"zh-Hans", "提前 {lead} 告知，并删除。", "提前 30 天 告知" + zh + "，并删除。"},
		{"en", "Told within {incident people}: what happened. Regulators within {incident regulator}.", "Told within 72 hours" + en + ": what happened. Regulators within 1 day" + en + "."},
		{"en", "Audited at least once every {audit every}: {audit scope}.", "Audited at least once every 90 days" + en + ": who has access, the settings of the servers, the parts that the software is built from, a scan for vulnerabilities."},
		{"zh-Hans", "至少每 {audit every}审计一次：{audit scope}。", "至少每 90 天审计一次" + zh + "：访问权限、服务器配置、软件所用的组件、漏洞扫描。"},
		{"en", "Cookies: {cookies}. No others.", "Cookies: sid (keeps you in, 30 days); one (one visit, until you close the browser)" + en + ". No others."},
		{"en", "{right erase}; {deadline erase}", "within 7 working days" + en + "; 7 working days" + en},
		{"en", "Kept for {limit support_message.case_closed} (see {email}), then gone", "Kept for 60 days (see privacy@sample.example)" + en + ", then gone"},
		{"en", "From {min_age} on, {limit source_photo.task_failed} at most.", "From 13 on" + en + ", 24 hours at most."},
		{"en", "{app} by {team}, {right withdraw}.", "Sample by Sample team, at once."},
	} {
		lines, unknown := Of(choosing(t)).paragraph(x.text, x.lang)
		if len(unknown) > 0 || len(lines) != 1 || lines[0] != x.want {
			t.Errorf("%s\n got %q %q\nwant %q", x.text, lines, unknown, x.want)
		}
	}
}

func TestANumberOfTheTextOrOfNobodyHasNoRemark(t *testing.T) {
	t.Parallel()
	doc := choosing(t)
	doc.ChosenBy, doc.Incidents.ChosenBy = map[string]string{"minors.min_age": "policy"}, "policy"
	doc.Audits.ChosenBy = "policy"
	for _, text := range []string{"{audit every}", "{min_age}", "{lead}", "{cookies}", "{incident people}", "{incident regulator}"} {
		if lines, _ := written(t, doc, text); strings.Contains(lines[0], "our number") {
			t.Errorf("%s: %q", text, lines)
		}
	}
}

func TestTheListOfNumbersTellsEachOneAndWhoChoseIt(t *testing.T) {
	t.Parallel()
	lines, unknown := written(t, choosing(t), "{list numbers}")
	if len(unknown) > 0 || len(lines) != 11 {
		t.Fatalf("%d %q %q", len(lines), lines, unknown)
	}
	for _, want := range []string{
		"Longest life of a cookie: 30 days (our number; the published text gives none)",
		"Smallest group that statistics show: 10 people (our number; the published text gives none)",
		"Longest that one such order lasts: 180 days (our number; the published text gives none)",
		"Longest time between two security audits: 90 days (our number; the published text gives none)",
		"Time until people are told of an incident: 72 hours (our number; the published text gives none)",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("no line %q in %q", want, lines)
		}
	}
	if chinese, _ := Of(choosing(t)).list("numbers", "zh-Hans"); len(chinese) != 11 || !slices.Contains(chinese, "统计数据所示的最小群体：10 人（公开文本没有数字，由我们选定）") {
		t.Errorf("%q", chinese)
	}
	for _, n := range choosing(t).Numbers() {
		if what, value := Number(n.ID, n.Kind, n.Value, "en"); what == n.ID || value == "" {
			t.Errorf("%s is called %q and is %q", n.ID, what, value)
		}
	}
}
