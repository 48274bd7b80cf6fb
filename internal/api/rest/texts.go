package rest

import (
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/task/outcome"
)

// said is a text in the languages of the API.
func said(en, zh string) outcome.Words { return outcome.Words{EN: en, ZH: zh} }

// Problem is one documented problem code.
type Problem struct {
	Code   string
	title  outcome.Words
	detail outcome.Words
}

// Title returns the short title, the same for every occurrence.
func (p Problem) Title(lang privacy.Lang) string { return p.title.In(lang) }

// Detail returns what to do about it.
func (p Problem) Detail(lang privacy.Lang) string { return p.detail.In(lang) }

// Problems lists every problem code with its texts.
func Problems() []Problem {
	list := []Problem{
		{"consent-required", said("You have not agreed yet", "您尚未同意"), said("This feature starts only after you agree to its disclosure. Nothing was sent.", "您同意告知内容后，此功能才会开始。没有发送任何内容。")},
		{"consent-stale", said("The disclosure has changed", "告知内容已变更"), said("What would be sent, to whom or for how long has changed since you were asked. Please read it again. Nothing was sent.", "发送内容、接收方或保存时间已变更，请重新阅读。没有发送任何内容。")},
		{"consent-withdrawn", said("You withdrew this consent", "您已撤回同意"), said("You withdrew this consent, so the work stopped.", "您已撤回同意，处理已停止。")},
		{"feature-unavailable", said("Feature not offered", "不提供此功能"), said("This app does not offer this feature.", "此应用不提供此功能。")},
		{"review-blocked", said("We did not make this", "我们没有生成"), said("A safety rule stopped this request before anything was sent.", "安全规则在发送任何内容之前停止了此请求。")},
		{"review-held", said("The safety check could not finish", "安全审核未能完成"), said("Our safety check could not finish, so we did not make this. Nothing was sent. Try again in a minute.", "安全审核未能完成，因此我们没有生成。没有发送任何内容。请一分钟后再试。")},
		{"review-required", said("The rules changed meanwhile", "规则已变更"), said("The app's policy changed while this was waiting, so we did not go on. Nothing more was sent. Please start again.", "等待期间应用的政策已变更，因此我们没有继续，也没有再发送任何内容。请重新开始。")},
		{"media-unsupported", said("This kind of file is not accepted", "不支持此类文件"), said("Use a JPEG, PNG or WebP picture whose name and content agree.", "请使用名称与内容一致的 JPEG、PNG 或 WebP 图片。")},
		{"media-too-large", said("The file is too large", "文件过大"), said("The file has more bytes or pixels than this feature accepts.", "文件的大小或像素超过此功能的上限。")},
		{"media-unreadable", said("The file cannot be read", "无法读取文件"), said("The file is damaged or incomplete. Use another one.", "文件已损坏或不完整，请换一个。")},
		{"upload-again", said("Please upload again", "请重新上传"), said("The photo is gone before a result was made, so we could not go on. Please choose it again.", "在生成结果之前照片已不存在，因此无法继续。请重新选择。")},
		{"erased", said("Erased", "已删除"), said("This was erased. The key was destroyed; nobody can open it, including us.", "已删除。密钥已销毁，任何人（包括我们）都无法打开。")},
		{"idempotency-mismatch", said("Key used for another request", "该键已用于其他请求"), said("This idempotency key was used for another request.", "该幂等键已用于其他请求。")},
		{"idempotency-in-progress", said("Already in progress", "正在处理"), said("A request with this idempotency key is being handled right now.", "使用该幂等键的请求正在处理。")},
		{"not-cancelable", said("Nothing to cancel", "无法取消"), said("This task has already ended.", "此任务已结束。")},
		{"rate-limited", said("Too many requests", "请求过多"), said("Wait a little before the next try.", "请稍后再试。")},
		{"validation", said("The request breaks a rule", "请求不符合规则"), said("The request breaks a rule. See errors for the field and the rule.", "请求不符合规则，请查看 errors 中的字段和规则。")},
		{"unauthenticated", said("No valid session", "没有有效会话"), said("Start a session first and send its token.", "请先建立会话并发送其令牌。")},
		{"forbidden", said("Not allowed", "不允许"), said("This is not allowed.", "不允许此操作。")},
		{"not-found", said("Not found", "未找到"), said("There is no such thing here.", "这里没有此内容。")},
		{"conflict", said("Not possible in this state", "当前状态不可行"), said("The thing is in a state that does not allow this.", "当前状态不允许此操作。")},
		{"expired", said("Took too long", "处理超时"), said("The task passed its greatest age and was ended.", "任务超过最长时间，已结束。")},
		{"canceled", said("Canceled", "已取消"), said("You canceled this task.", "您已取消此任务。")},
		{"account-erased", said("Account erased", "账户已删除"), said("The account was erased, so the work stopped.", "账户已删除，处理已停止。")},
		{"timeout", said("The upload took too long", "上传超时"), said("The request took too long. Nothing was kept.", "请求超时，未保存任何内容。")},
		{"busy", said("Busy right now", "当前繁忙"), said("The server has no room for this right now. Nothing was kept. Try again in a minute.", "服务器暂时没有空间，未保存任何内容。请一分钟后再试。")},
		{"method-not-allowed", said("No such method here", "不支持此方法"), said("This path does not know this method. The header Allow names those it knows.", "此路径不支持该方法，Allow 标头列出了支持的方法。")},
		{"not-acceptable", said("No such form of answer", "无法提供该格式"), said("The answer is available as JSON only.", "仅提供 JSON 格式。")},
	}
	for _, r := range outcome.Table() {
		list = append(list, Problem{r.Code, r.Title, r.Detail})
	}
	return append(list, Problem{"internal", said("Something on our side failed", "我们这边出错了"), said("Something on our side failed. Try again in a minute.", "我们这边出错了，请一分钟后再试。")})
}

// ProblemOf returns the texts of a problem code. A code that nobody documented is a failure of ours.
func ProblemOf(code string) Problem {
	list := Problems()
	for _, p := range list {
		if p.Code == code {
			return p
		}
	}
	return list[len(list)-1]
}
