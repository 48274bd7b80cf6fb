package terminal

import "strings"

// headings are the words around a disclosure, in its own language.
type headings struct {
	what, notSent, who, why, keep, more string
	sensitive, stays, thirdParty        string
	model, fixed                        string
}

func headingsIn(lang string) headings {
	if strings.HasPrefix(lang, "zh") {
		return headings{
			what: "发送什么", notSent: "不会发送：", who: "谁会收到", why: "为什么", keep: "保存多久", more: "了解更多",
			sensitive: "（敏感）", stays: "留在运营者处", thirdParty: "第三方人工智能",
			model: "模型：", fixed: "每个任务都会附带、对所有人相同的设置：",
		}
	}
	return headings{
		what: "What is sent", notSent: "Not sent: ", who: "Who receives it", why: "Why", keep: "How long it is kept", more: "Read more",
		sensitive: "  (sensitive)", stays: "stays with the operator", thirdParty: "third-party AI",
		model: "Model: ", fixed: "Settings that go along with every task, the same for everyone:",
	}
}
