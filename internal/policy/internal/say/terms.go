package say

import (
	"fmt"
	"strings"

	"vow.example/vow/internal/policy/internal/source"
	"vow.example/vow/internal/privacy"
)

// UpTo says how long another company keeps something, or that it does not say.
func UpTo(period string, lang privacy.Lang) string {
	p, err := source.ReadPeriod(period)
	if err != nil {
		return Pick(lang, "it states no period", "对方没有说明期限")
	}
	return fmt.Sprintf(Pick(lang, "for up to %s", "最长 %s"), Period(p, lang))
}

// Copies says how long a recipient keeps what it received, and what it made of it.
func Copies(k *source.Keeps, lang privacy.Lang) string {
	if k == nil {
		k = &source.Keeps{}
	}
	return fmt.Sprintf(Pick(lang, "received: %s; result: %s", "收到的内容：%s；结果：%s"), UpTo(k.Inputs, lang), UpTo(k.Outputs, lang))
}

// Called names a recipient, with its model where one is named.
func Called(name, model string, lang privacy.Lang) string {
	if model != "" {
		name += Pick(lang, " ("+model+")", "（"+model+"）")
	}
	return name
}

// Stop ends a sentence and begins the next one.
func Stop(lang privacy.Lang) string { return Pick(lang, ". ", "。") }

// Fields lists the names of fields; an underscore of the file reads as a space.
func Fields(names []string, lang privacy.Lang) string {
	return strings.ReplaceAll(strings.Join(names, Pick(lang, ", ", "、")), "_", " ")
}

// On remarks on which platforms something is; an empty list means all and needs no remark.
func On(platforms []string, lang privacy.Lang) string {
	if len(platforms) == 0 {
		return ""
	}
	return Pick(lang, " (", "（") + Platforms(platforms, lang) + Pick(lang, ")", "）")
}

// Platforms names platforms; an empty list means all of them.
func Platforms(list []string, lang privacy.Lang) string {
	if len(list) == 0 {
		return Pick(lang, "all", "全部")
	}
	names := make([]string, len(list))
	for i, p := range list {
		names[i] = map[string]string{"ios": "iOS", "android": "Android", "web": Pick(lang, "web", "网页")}[p]
	}
	return strings.Join(names, Pick(lang, ", ", "、"))
}

// Kind names what an intake takes.
func Kind(kind string, lang privacy.Lang) string {
	words := map[string][2]string{
		"telemetry": {"Device, app and connection", "设备、应用和网络"}, "events": {"What you use in the app", "应用内操作"},
		"crash": {"Crash and fault reports", "崩溃和故障报告"}, "support": {"Messages to support", "客服消息"},
		"feedback": {"Feedback", "意见反馈"}, "survey": {"Answers to questions", "问卷回答"}, "complaint": {"Complaints", "投诉"},
		"login_risk": {"Identifiers at sign-in, kept as digests only", "登录时的标识，仅保留摘要"}, "share_targets": {"Which apps you can share to, never stored", "可分享到的应用，不保存"},
	}
	w, ok := words[kind]
	if !ok {
		return kind
	}
	return Pick(lang, w[0], w[1])
}

// PassedOn says on which ground what people write is handed on.
func PassedOn(ground string, lang privacy.Lang) string {
	return Pick(lang, "; handed on in one case: ", "；仅在一种情形下转交：") + ground
}

// Audited names the parts of security that are audited.
func Audited(scope []string, lang privacy.Lang) string {
	words := map[string][2]string{
		"access": {"who has access", "访问权限"}, "configuration": {"the settings of the servers", "服务器配置"},
		"dependencies": {"the parts that the software is built from", "软件所用的组件"}, "vulnerabilities": {"a scan for vulnerabilities", "漏洞扫描"},
	}
	named := make([]string, len(scope))
	for i, part := range scope {
		named[i] = part
		if w, ok := words[part]; ok {
			named[i] = Pick(lang, w[0], w[1])
		}
	}
	return strings.Join(named, Pick(lang, ", ", "、"))
}

// Basis names a legal basis; a policy that names none rests on the consent that every feature asks for.
func Basis(basis string, lang privacy.Lang) string {
	words := map[string][2]string{
		"consent": {"consent", "同意"}, "contract": {"contract", "履行合同"}, "legal_obligation": {"legal obligation", "法定义务"},
		"legitimate_interests": {"legitimate interests", "合法利益"}, "vital_interests": {"vital interests", "重大利益"}, "public_task": {"public task", "公共任务"},
	}
	w, ok := words[basis]
	if !ok {
		return Pick(lang, "not stated", "未写明")
	}
	return Pick(lang, w[0], w[1])
}

// Class names what a recipient is.
func Class(class string, lang privacy.Lang) string {
	words := map[string][2]string{
		"local": {"our own server", "我们自己的服务器"}, "own_host": {"a machine of our own that runs AI", "我们自己运行 AI 的机器"},
		"analytics": {"a separate company that measures use", "另一家提供统计的公司"}, "infrastructure": {"a separate company that runs infrastructure", "另一家提供基础设施的公司"},
		"storage": {"a separate company that stores ciphertext", "另一家存放密文的公司"},
	}
	w, ok := words[class]
	if !ok {
		return Pick(lang, "a separate company that runs AI", "另一家提供 AI 的公司")
	}
	return Pick(lang, w[0], w[1])
}
