package apps_test

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"vow.example/vow/apps"
	"vow.example/vow/internal/policy/render"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/prove/register"
)

// sentences says which words of the policy page keep each promise that is kept by telling people.
func sentences() map[string][2]string {
	return map[string][2]string{
		"MIX-2.4-05": {"No way of sending or storing data is wholly secure. Mixoo has no public area; what you publish elsewhere can be taken by others", "没有任何传输或存储方式是绝对安全的。Mixoo 没有公开区域；您在别处公开的内容可能被他人使用"},
		"MIX-3-02":   {"its own policy, which together with our contract governs what it does", "它们的处理遵循该政策和我们的合同"},
		"MIX-3-21":   {"Its policy: https://ai.google.dev/gemini-api/terms", "其政策：https://ai.google.dev/gemini-api/terms"},
		"MIX-4-02":   {"to pick pictures and videos for editing, and to save, export and share results", "用于选取要编辑的图片和视频，以及保存、导出和分享结果"},
		"MIX-4-06":   {"to reach our servers, and through them the companies that a function names", "用于连接我们的服务器，并由其连接功能所列的公司"},
		"MIX-5-02":   {"Without the data that a feature needs, that feature cannot run", "没有某项功能所需的数据，该功能无法运行"},
		"MIX-6.4-02": {"While accuracy is checked, the service can be interrupted for you in part or in full", "在核实准确性期间，服务可能对您部分或全部中断"},
		"MIX-9-01":   {"One policy covers both versions", "两个版本适用同一政策"},
		"MIX-9-02":   {"On iOS: ios@mixoo.example. On Android: android@mixoo.example. One policy covers both versions. Deletion can be asked for at https://mixooai.com/data-deletion.html", "iOS：ios@mixoo.example。Android：android@mixoo.example。两个版本适用同一政策。也可以在 https://mixooai.com/data-deletion.html 请求删除"},

		"PIX-0-01":  {"This policy covers the PixPlus mobile app and its services", "本政策适用于 PixPlus 移动应用及其服务"},
		"PIX-5-03":  {"Its policy: https://www.runninghub.ai/policy", "其政策：https://www.runninghub.ai/policy"},
		"PIX-10-02": {"No way of sending or storing data is wholly secure", "没有任何传输或存储方式是绝对安全的"},
		"PIX-15-01": {"PixPlus Support Team: support@pixplus.example, +86 19241509232", "PixPlus 支持团队：support@pixplus.example，+86 19241509232"},

		"FIT-0-01":     {"Updated 2024-02-01, in force since 2024-02-01", "更新于 2024-02-01，自 2024-02-01 起生效"},
		"FIT-0-03":     {"## 1. Facial data", "## 1. 人脸数据"},
		"FIT-2-01":     {"an advertising identifier (IDFA) included. Records of operation that point to nobody are none", "广告标识符（IDFA）也属于个人信息。不指向任何人的操作记录不属于个人信息"},
		"FIT-2-03":     {"between AI Fitting and whoever works with us or elsewhere, is your own choice and risk", "您自行选择在 AI Fitting、合作方或其他地方透露的信息，由您自行决定并承担风险"},
		"FIT-5.1.1-05": {"Amazon S3 (Amazon Web Services, Inc.)", "Amazon S3（Amazon Web Services, Inc.）"},
		"FIT-6-04":     {"The Internet is not fully secure. Keep your password to yourself; our measures cover this app only", "互联网并非绝对安全。请保管好您的密码；我们的措施仅覆盖本应用"},
		"FIT-10-01":    {"This policy covers all of AI Fitting: downloading, installing, activating, browsing and using it. What is offered depends on phone, system and version", "本政策适用于 AI Fitting 的全部服务：下载、安装、激活、浏览和使用。可用功能取决于手机、系统和版本"},
		"FIT-11-01":    {"AI Fitting customer service in the app, or privacy@aifitting.example", "应用内的 AI Fitting 客服，或 privacy@aifitting.example"},
		"FIT-11-03":    {"you can turn to the regulator or the competent court", "您可以向监管部门投诉或向有管辖权的法院起诉"},
		"FIT-11-04":    {"The policy's text belongs to its operator. It changes only by a new version, never by reading it differently", "本政策文本归运营方所有。只能通过新版本修改，不能通过解释改变"},

		"WIZ-5-06": {"No system is wholly secure. Use a strong password that you use nowhere else, and keep it to yourself", "没有绝对安全的系统。请使用仅用于此处的强密码，并妥善保管"},
		"WIZ-9-01": {"Questions and complaints: huakehuake@gmail.com", "咨询和投诉：huakehuake@gmail.com"},

		"KME-0-01":      {"what kmeng collects, uses, keeps and shows to others. Last updated: 2025-03-17", "最后更新：2025-03-17"},
		"KME-B-03":      {"What such a partner takes can change with its updates; its own site says what holds", "合作方收集的信息可能随更新变化，以其网站说明为准"},
		"KME-RIGHTS-08": {"What other people, companies or social media copied before that, we cannot delete", "在此之前其他用户、第三方或社交媒体已复制的内容，我们无法删除"},
		"KME-IP-01":     {"What you make belongs to you; the platform holds no right in it", "您生成的内容归您所有，平台不享有权利"},
		"KME-IP-03":     {"Whoever uses pictures of other people unlawfully bears the consequences", "非法使用他人图片者自行承担后果"},
		"KME-SVC-03":    {"The published text lets us change or end the service without notice", "公开文本允许不经通知变更或终止服务"},
		"KME-LIAB-01":   {"We are not liable for damage from use or from not being able to use kmeng", "对使用或无法使用 kmeng 造成的损失及其后果，我们不承担责任"},
		"KME-AI-03":     {"nor for what follows from using it", "造成的损失及其后果，我们不承担责任"},
	}
}

func TestAPromiseThatIsKeptByTellingPeopleIsToldInEveryLanguage(t *testing.T) {
	t.Parallel()
	promises, err := register.Load(apps.FS)
	if err != nil {
		t.Fatal(err)
	}
	pages := map[string]string{}
	policies, _ := both(t)
	for id, p := range policies {
		for _, lang := range []privacy.Lang{"en", "zh-Hans"} {
			var page bytes.Buffer
			if err := render.Markdown(&page, p, lang, "policy"); err != nil {
				t.Fatal(err)
			}
			pages[string(id)+string(lang)] = page.String()
		}
	}
	told := sentences()
	for _, p := range promises {
		if p.Level != register.Published {
			continue
		}
		words, ok := told[p.ID]
		if !ok {
			t.Errorf("%s (%s) has no sentence", p.ID, p.Text)
		}
		delete(told, p.ID)
		if !strings.Contains(pages[p.App+"en"], words[0]) {
			t.Errorf("%s: the page in English does not say %q", p.ID, words[0])
		}
		if !strings.Contains(pages[p.App+"zh-Hans"], words[1]) {
			t.Errorf("%s: the page in Chinese does not say %q", p.ID, words[1])
		}
	}
	if left := slices.Sorted(maps.Keys(told)); len(left) > 0 {
		t.Errorf("sentences for promises that are not in the register: %v", left)
	}
}

func TestEveryNumberOfAnAppSaysWhoChoseIt(t *testing.T) {
	t.Parallel()
	all, _ := both(t)
	own, _ := example(t)
	all[own.App()] = own
	for _, p := range all {
		for _, n := range p.Terms().Numbers {
			if n.Chosen != "policy" && n.Chosen != "operator" {
				t.Errorf("%s: nobody chose %s", p.App(), n.ID)
			}
		}
	}
}

func TestEveryClauseThatAPolicyNamesIsInItsRegister(t *testing.T) {
	t.Parallel()
	promises, err := register.Load(apps.FS)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, p := range promises {
		known[p.ID] = true
	}
	for row := range rowsOfConflicts() {
		known[row] = true
	}
	policies, _ := both(t)
	for id := range policies {
		raw, err := apps.FS.ReadFile(string(id) + "/policy.yaml")
		if err != nil {
			t.Fatal(err)
		}
		for _, clause := range clauses(raw) {
			if !known[clause] {
				t.Errorf("%s names %s, which is no promise and no row of the conflicts", id, clause)
			}
		}
	}
}
