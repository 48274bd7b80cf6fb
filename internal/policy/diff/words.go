package diff

import (
	"strings"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/internal/say"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
)

// Kind names a change: an area and a turn, for example "recipient.added".
type Kind string

// Area is what a change is about.
type Area string

// The areas.
const (
	Controller    Area = "controller"
	ContactPoint  Area = "contact"
	Recipient     Area = "recipient"
	TheirCopy     Area = "recipient_copy"
	TheirTerms    Area = "recipient_terms"
	Purpose       Area = "purpose"
	Category      Area = "category"
	CategoryUse   Area = "category_use"
	Feature       Area = "feature"
	SentField     Area = "sent_field"
	Review        Area = "review"
	Consent       Area = "consent"
	Screen        Area = "screen"
	Clock         Area = "clock"
	TaskAge       Area = "task_age"
	Right         Area = "right"
	Deadline      Area = "right_deadline"
	Disclosure    Area = "disclosure"
	Exemption     Area = "exemption"
	Refusal       Area = "refusal"
	Override      Area = "override"
	Restriction   Area = "restriction"
	Hold          Area = "hold"
	Intake        Area = "intake"
	IntakeField   Area = "intake_field"
	IntakeGate    Area = "intake_gate"
	NeverAccepted Area = "never_accepted"
	Permission    Area = "permission"
	Choice        Area = "choice"
	Cookie        Area = "cookie"
	Vendor        Area = "vendor"
	Forward       Area = "forward"
	SDK           Area = "sdk"
	Storage       Area = "storage_region"
	Staff         Area = "staff_region"
	Transfer      Area = "transfer"
	Minors        Area = "minors"
	Announcement  Area = "announcement"
	Acceptance    Area = "acceptance"
	Sharing       Area = "sharing"
	Statistics    Area = "statistics"
	Cipher        Area = "cipher"
	Audits        Area = "audits"
	Incident      Area = "incident"
	Cap           Area = "cap"
	Mark          Area = "mark"
	Faces         Area = "faces"
	Answers       Area = "answers"
	Text          Area = "text"
)

// Turn is which way something changed.
type Turn string

// The turns.
const (
	Added    Turn = "added"
	Removed  Turn = "removed"
	Changed  Turn = "changed"
	Longer   Turn = "longer"
	Shorter  Turn = "shorter"
	Widened  Turn = "widened"
	Narrowed Turn = "narrowed"
	Weaker   Turn = "weaker"
	Stronger Turn = "stronger"
)

// KindOf returns the kind of a turn in an area.
func KindOf(a Area, t Turn) Kind { return Kind(string(a) + "." + string(t)) }

// Label returns the kind in a person's language: "Recipient added", "新增接收方".
func (k Kind) Label(lang privacy.Lang) string {
	area, turn, _ := strings.Cut(string(k), ".")
	a, t := areas()[Area(area)], turns()[Turn(turn)]
	return say.Pick(lang, a[0]+" "+t[0], t[1]+a[1])
}

// areas says every area in English and Chinese.
func areas() map[Area][2]string {
	return map[Area][2]string{
		Controller: {"Operator", "运营方"}, ContactPoint: {"Contact", "联系方式"}, Recipient: {"Recipient", "接收方"},
		TheirCopy: {"Recipient's own copy", "接收方副本的保存期限"}, TheirTerms: {"Terms with a recipient", "与接收方的约定"},
		Purpose: {"Purpose", "使用目的"}, Category: {"Kind of data", "数据类别"}, CategoryUse: {"Use of data", "数据用途"},
		Feature: {"Feature", "功能"}, SentField: {"What is sent", "发送的内容"}, Review: {"Safety check", "安全审核"},
		Consent: {"How often you are asked", "征求同意的方式"}, Screen: {"Consent screen", "同意页面"},
		Clock: {"How long data is kept", "保存期限"}, TaskAge: {"Longest time of a task", "任务最长时间"},
		Right: {"Your right", "您的权利"}, Deadline: {"Time to answer a right", "权利的处理期限"},
		Disclosure: {"Reason to hand data to others", "对外提供的理由"}, Exemption: {"Use without consent", "无需同意的使用"},
		Refusal: {"Reason to refuse a right", "拒绝权利请求的理由"}, Override: {"Reading of restricted data", "受限数据的读取"},
		Restriction: {"Reason to restrict processing", "限制处理的理由"}, Hold: {"Keeping beyond the clock", "超期保留"},
		Intake: {"Collection", "收集"}, IntakeField: {"Collected fact", "收集的信息"}, IntakeGate: {"Your say over a collection", "对收集的控制"},
		NeverAccepted: {"What is never accepted", "从不接收的内容"}, Permission: {"Device permission", "设备权限"}, Choice: {"Your choice", "您的选择"},
		Cookie: {"Cookie", "Cookie"}, Vendor: {"Data from a vendor", "来自供应方的数据"}, Forward: {"What an analytics company gets", "提供给分析公司的内容"},
		SDK: {"Embedded kit", "内嵌 SDK"}, Storage: {"Where data is kept", "存放地区"}, Staff: {"From where staff may read", "工作人员访问地区"},
		Transfer: {"Transfer abroad", "跨境传输"}, Minors: {"Age rule", "年龄规则"}, Announcement: {"How changes are announced", "变更的告知方式"},
		Acceptance: {"Acceptance of the policy", "对政策的同意"}, Sharing: {"Sharing of works", "作品分享"}, Statistics: {"Statistics", "统计"},
		Cipher: {"Encryption", "加密"}, Audits: {"Security audits", "安全审计"},
		Incident: {"Time to tell of an incident", "安全事件的告知时限"}, Cap: {"Longest that anything is kept", "数据的最长保存时间"}, Mark: {"AI label", "AI 标识"}, Faces: {"Faces stay with us", "人脸不外传"},
		Answers: {"Notice beside answers", "回答旁的提示"}, Text: {"Wording", "文字"},
	}
}

func turns() map[Turn][2]string {
	return map[Turn][2]string{
		Added: {"added", "新增"}, Removed: {"removed", "移除"}, Changed: {"changed", "更改"}, Longer: {"longer", "延长"},
		Shorter: {"shorter", "缩短"}, Widened: {"widened", "扩大"}, Narrowed: {"narrowed", "缩小"}, Weaker: {"weaker", "减弱"}, Stronger: {"stronger", "加强"},
	}
}

// plain is a word that is the same in every language.
func plain(s string) policy.Localized {
	if s == "" {
		return nil
	}
	return policy.Localized{"en": s, "zh-Hans": s}
}

// told says something in every language.
func told(say func(privacy.Lang) string) policy.Localized {
	return policy.Localized{"en": say("en"), "zh-Hans": say("zh-Hans")}
}

func list(words []string) policy.Localized {
	return policy.Localized{"en": strings.Join(words, ", "), "zh-Hans": strings.Join(words, "、")}
}

func everything() policy.Localized { return policy.Localized{"en": "everything", "zh-Hans": "全部"} }

func limit(l policy.Limit) policy.Localized { return told(l.Words) }

// due says a deadline; one that cannot be read stands as it is written.
func due(d terms.Deadline) policy.Localized {
	return told(func(lang privacy.Lang) string {
		words, err := say.Deadline(d.ISO, lang)
		if err != nil {
			return d.ISO
		}
		return words
	})
}

// countries says regions by name.
func countries(codes []string) policy.Localized {
	if len(codes) == 0 {
		return policy.Localized{"en": "anywhere", "zh-Hans": "不限"}
	}
	return told(func(lang privacy.Lang) string { return say.Regions(codes, lang) })
}
