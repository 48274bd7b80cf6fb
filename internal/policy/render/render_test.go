package render_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/policy/render"
	"vow.example/vow/internal/privacy"
)

func full(t testing.TB) *policy.Policy { return policytest.Load(t, policytest.Full()) }

func write(t testing.TB, p *policy.Policy, lang privacy.Lang, what string) string {
	t.Helper()
	var out bytes.Buffer
	if err := render.Markdown(&out, p, lang, what); err != nil {
		t.Fatalf("%s %s: %v", what, lang, err)
	}
	return out.String()
}

func TestEveryViewOfEveryAppIsWhole(t *testing.T) {
	t.Parallel()
	for _, p := range []*policy.Policy{full(t), policytest.PixPlus(t), policytest.AIFitting(t), policytest.Mixoo(t), policytest.Picwiz(t)} {
		for _, what := range render.Views() {
			for _, lang := range p.Languages() {
				text := write(t, p, lang, what)
				if !strings.HasPrefix(text, "# ") || len(text) < 40 || strings.ContainsAny(text, "{}") || strings.Contains(text, "%!") {
					t.Errorf("%s %s %s:\n%s", p.App(), what, lang, text)
				}
				sameColumns(t, string(p.App())+" "+what, text)
			}
		}
	}
}

// sameColumns fails where a row of a table has another number of cells than the row above it.
func sameColumns(t *testing.T, name, text string) {
	t.Helper()
	last := 0
	for line := range strings.Lines(text) {
		n := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|")
		if !strings.HasPrefix(line, "|") {
			n = 0
		}
		if last > 0 && n > 0 && n != last {
			t.Errorf("%s: a row has %d cells beside %d: %s", name, n, last, line)
		}
		last = n
	}
}

func TestAChineseReaderGetsChineseWords(t *testing.T) {
	t.Parallel()
	for _, p := range []*policy.Policy{policytest.PixPlus(t), policytest.AIFitting(t), policytest.Mixoo(t), policytest.Picwiz(t)} {
		for what, words := range map[string][]string{
			"collected": {"个人信息收集清单", "存放位置"}, "shared": {"与第三方共享个人信息清单"}, "article30": {"处理活动记录", "法律依据", "删除期限", "安全措施"},
			"permissions": {"设备权限"}, "collection": {"应用可上报的内容"}, "retention": {"数据保存多久"},
		} {
			text := write(t, p, "zh-Hans", what)
			for _, w := range words {
				if !strings.Contains(text, w) {
					t.Errorf("%s %s lacks %s", p.App(), what, w)
				}
			}
			for _, en := range []string{" while ", "Purpose", "disk, encrypted", "the server writes", "only in"} {
				if strings.Contains(text, en) {
					t.Errorf("%s %s says %q in Chinese", p.App(), what, en)
				}
			}
		}
	}
}

func TestTheFirstListNamesEveryCategoryWithItsFieldsAndItsPurpose(t *testing.T) {
	t.Parallel()
	p := full(t)
	text := write(t, p, "en", "collected")
	for _, c := range p.Terms().Categories {
		if !strings.Contains(text, "| "+c.Name.In("en")+" |") {
			t.Errorf("%s is collected and not listed", c.ID)
		}
	}
	for _, want := range []string{
		"| Device and app version | Version of the system, memory usage, network status, build | keep the app running | Device, app and connection; on: all | disk, encrypted, United States |",
		"| What you use | screen, os version | see which functions are used | What you use in the app; on: all; only while “Usage statistics” is on |",
		"| Identifiers at sign-in | android id, oaid | notice a stolen account | Identifiers at sign-in, kept as digests only; on: Android |",
		"| Apps you can share to | mail app | keep the app running | Which apps you can share to, never stored; on: all | not kept |",
		"sent by Crash Desk",
		"| Photo | Photo | make what you asked for | Sketch |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the list lacks %q:\n%s", want, text)
		}
	}
}

func TestTheSecondListNamesEveryThirdParty(t *testing.T) {
	t.Parallel()
	text := write(t, full(t), "en", "shared")
	for _, want := range []string{
		"| Google Firebase | see which functions are used | screen, os version | from our server; on: all; only while “Usage statistics” is on | https://firebase.google.com/support/privacy |",
		"| Adjust | see which functions are used | os version | from our server; on: Android; only while “Usage statistics” is on | https://www.adjust.com/terms/privacy-policy/ |",
		"| Amazon S3 | storage | encrypted files under random names; it has no key | from our server | https://aws.amazon.com/privacy/ |",
		"| Firebase Analytics, Google LLC | see which functions are used | os version, screen | kit in the app (iOS, Android) | https://firebase.google.com/support/privacy |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the list lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "our own server |") {
		t.Error("our own server is listed as a third party")
	}
	pix := write(t, policytest.PixPlus(t), "en", "shared")
	for _, f := range policytest.PixPlus(t).Features() {
		if !f.IsLocal() != strings.Contains(pix, "— "+f.Title.In("en")+" |") {
			t.Errorf("%s is listed wrongly", f.ID)
		}
	}
}

func TestAListWithNothingInItSaysSo(t *testing.T) {
	t.Parallel()
	p := policytest.Load(t, policytest.Minimal())
	for what, want := range map[string]string{
		"shared": "No personal information is shared with a third party.", "permissions": "The app asks for no permission of your device.",
		"collection": "The app reports nothing beside what you hand over to a feature.",
	} {
		text := write(t, p, "en", what)
		if !strings.Contains(text, want) || strings.Contains(text, "|") {
			t.Errorf("%s:\n%s", what, text)
		}
	}
}

func TestAKitThatWaitsIsSaidToBeBuiltInNowhere(t *testing.T) {
	t.Parallel()
	p := policytest.Load(t, policytest.Mutate(t, policytest.Full(), `version: "12.1"`, `version: "12.2"`))
	if text := write(t, p, "en", "shared"); !strings.Contains(text, "built into no app: its check is pending") || strings.Contains(text, "kit in the app") {
		t.Error(text)
	}
}

func TestTheRecordHasTheSevenPartsOfArticle30(t *testing.T) {
	t.Parallel()
	text := write(t, full(t), "en", "article30")
	for _, want := range []string{
		"## 1. Controller", "- Controller: Sample", "- Joint controller: Sample Partner Ltd., China, partner@sample.example", "- Contact: Sample team, privacy@sample.example",
		"## 2. Purposes and legal bases", "| make what you asked for | consent |", "| answer you | contract |", "| prove what was done | legal obligation |",
		"## 3. Categories of people and of data", "younger than 13 years: with a guardian's consent only", "| Identifiers at sign-in (hardware_ids) | yes |", "| Logs (operational_log) | no |",
		"## 4. Recipients", "| Google Firebase | a separate company that measures use, United States | screen, os version |", "ciphertext alone", "ISO/IEC 27001 until 2027-05-01", "DPA-7; reviewed 2026-05-01",
		"legal_demand", "to an authority that shows a document of the law",
		"## 5. Transfers to other countries", "only in United States", "read only from United States", "each person's explicit consent opens it",
		"## 6. Time limits for erasure", "Device and app version: deleted no later than 30 days after being written",
		"## 7. Security measures", "AES-256-GCM", "Cipher pinned by the policy: AES-256", "needs 2 people who agree (our number; the published text gives none), and ends",
		"- Security audits: at least once every 90 days (our number; the published text gives none), covering who has access, the settings of the servers, the parts that the software is built from, a scan for vulnerabilities",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the record lacks %q", want)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
	for lang, words := range map[privacy.Lang]string{"en": "Security audits", "zh-Hans": "安全审计"} {
		if strings.Contains(write(t, policytest.Load(t, policytest.Minimal()), lang, "article30"), words) {
			t.Errorf("%s: the record tells of audits that the policy does not promise", lang)
		}
	}
}

func TestTheSchemasAreWrittenFieldByField(t *testing.T) {
	t.Parallel()
	text := write(t, full(t), "en", "collection")
	for _, want := range []string{
		"## Device, app and connection (device)", "| os_version (Version of the system) | a version | yes | all |", "| memory_usage | a number from 0 to 100 | no | all |",
		"| network_status | one of: wifi, mobile, none | no | all |", "| build | a short code, at most 32 characters | no | Android |",
		"### screen_opened", "### app_opened\n\nno fields", "| words | your own words, at most 2000 characters | yes | all |", "| android_id | an identifier, kept as a keyed digest only | no | all |",
		"## From Crash Desk (crash_vendor)", "## Never accepted", "- No place finer than a country is accepted\n", "- The name of your device is not accepted (device name)",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the schemas lack %q", want)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

func TestEachPermissionSaysWhoUsesItAndHowToTurnItOff(t *testing.T) {
	t.Parallel()
	text := write(t, full(t), "en", "permissions")
	if !strings.Contains(text, "| Camera (camera) | to take the picture that you want drawn | Sketch; Device, app and connection | iOS, Android | Turn it off in the settings of your phone |") ||
		!strings.Contains(text, "| Tracking (tracking) | never used | the app itself | iOS |") {
		t.Error(text)
	}
}

func TestForwardsStandAmongWhoReceivesWhat(t *testing.T) {
	t.Parallel()
	text := write(t, full(t), "en", "recipients")
	if !strings.Contains(text, "| Reports of the app (device) | Adjust | os_version | text | on: Android; only while “Usage statistics” is on |") || !strings.Contains(text, "stays on our server") {
		t.Error(text)
	}
}

func TestThePageListsWhatThePolicySaysBesideItsFeatures(t *testing.T) {
	t.Parallel()
	text := write(t, full(t), "en", "policy")
	for _, want := range []string{
		"Camera (iOS, Android): to take the picture that you want drawn. Turn it off in the settings of your phone",
		"Firebase Analytics (Google LLC) (iOS, Android): counts which functions are used. It handles: os version, screen. Its policy: https://firebase.google.com/support/privacy",
		"Device, app and connection: Version of the system, memory usage, network status, build; to keep the app running",
		"What you use in the app: screen, os version; to see which functions are used; only while “Usage statistics” is on",
		"Usage statistics: counts which functions are used",
		"No place finer than a country is accepted",
		"Adjust (Android) receives os version; to see which functions are used; only while “Usage statistics” is on. Its policy: https://www.adjust.com/terms/privacy-policy/",
		"to an authority that shows a document of the law", "it would hurt the privacy of others", "a court orders it",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

func TestAViewThatDoesNotExistIsRefused(t *testing.T) {
	t.Parallel()
	p := full(t)
	for _, what := range []string{"", "everything", "Policy", "screen"} {
		if err := render.Markdown(&bytes.Buffer{}, p, "en", what); fault.KindOf(err) != fault.Invalid || render.Known(what) {
			t.Errorf("%q: %v", what, err)
		}
	}
	if err := render.Markdown(&bytes.Buffer{}, p, "en", "screen:x"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("got %v", err)
	}
	if err := render.Markdown(failing{}, p, "en", "policy"); err == nil {
		t.Error("a failing writer goes unnoticed")
	}
	for _, what := range append(render.Views(), "screen:sketch") {
		if !render.Known(what) {
			t.Errorf("%s is not known", what)
		}
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("disk full") }
