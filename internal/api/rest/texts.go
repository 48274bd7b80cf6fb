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
		{"field-not-allowed", said("This field is not accepted", "不接受此字段"), said("The app's policy does not list this field here. See errors for its name. Nothing of the request was kept.", "应用的政策未在此列出该字段，请在 errors 中查看其名称。请求中的任何内容均未保存。")},
		{"category-not-allowed", said("This kind of data is never accepted", "从不接受此类数据"), said("The server takes no data of this kind, whatever the permissions of the device. Nothing of the request was kept.", "无论设备授予何种权限，服务器都不接受此类数据。请求中的任何内容均未保存。")},
		{"permission-required", said("A permission is missing", "缺少权限"), said("This needs a permission of the device that was not granted, or was taken back. Everything else works without it. Nothing was kept.", "此操作需要设备的某项权限，而该权限尚未授予或已被收回。其他功能不受影响。未保存任何内容。")},
		{"unauthenticated", said("No valid session", "没有有效会话"), said("Start a session first and send its token.", "请先建立会话并发送其令牌。")},
		{"age-required", said("Say your age band first", "请先选择年龄段"), said("Say which age band you belong to. Only the band is kept; nothing else is asked, and nothing happens before.", "请选择您的年龄段。只保存年龄段，不询问其他信息；在此之前不会进行任何操作。")},
		{"age-not-allowed", said("This app is not for you yet", "您还不能使用此应用"), said("The policy of this app does not allow people of your age to use it. Nothing of you was kept.", "此应用的政策不允许您这个年龄段的人使用。没有保存您的任何信息。")},
		{"guardian-required", said("A guardian has to agree", "需要监护人同意"), said("A parent or guardian has to agree first. Until then nothing is collected and nothing is sent.", "需要父母或监护人先同意。在此之前不收集、不发送任何内容。")},
		{"policy-not-accepted", said("Read the privacy policy first", "请先阅读隐私政策"), said("The app works after you accept its privacy policy. Nothing was collected before. See links.policy.", "接受隐私政策后即可使用此应用。此前没有收集任何信息。请查看 links.policy。")},
		{"processing-restricted", said("Processing is restricted", "处理已受限制"), said("Your data stays where it is and nothing is done with it. Your rights remain: export, correct, erase, or lift the restriction.", "您的数据保持原样，不作任何处理。您的权利不受影响：可导出、更正、删除或解除限制。")},
		{"suspended", said("The account is suspended", "账户已被暂停"), said("Staff have suspended this account: nothing new is started. Your rights remain: export, correct, erase. See rule for the reason.", "工作人员已暂停此账户：不能开始新的任务。您的权利不受影响：可导出、更正和删除。原因请查看 rule。")},
		{"app-closed", said("This app has ended", "此应用已停止服务"), said("This app has ended and takes nothing any more. Your rights remain.", "此应用已停止服务，不再接收任何内容。您的权利不受影响。")},
		{"notice-required", said("A notice waits", "有一则通知"), said("Read the notice first. Nothing else happens before.", "请先阅读通知，在此之前不会进行其他操作。")},
		{"policy-refused", said("This version cannot be published", "此版本无法发布"), said("Something speaks against the publication. See errors for each finding and how to repair it. Nothing was published.", "有内容不符合发布规则，请在 errors 中查看每一项及修复方法。未发布任何内容。")},
		{"message-kind-not-allowed", said("No such messages here", "不允许此类消息"), said("The app's policy lists what people are written to about, and this is not on the list. Nothing was sent.", "应用的政策列明了可以向用户发送的消息种类，此类不在其中。未发送任何消息。")},
		{"share-ended", said("This link has ended", "此链接已失效"), said("Whoever made this link took it back, or the work was erased.", "创建者已撤回此链接，或作品已删除。")},
		{"purpose-not-allowed", said("Not for this purpose", "不得用于此目的"), said("The app's policy does not list this purpose for this kind of data. Nothing was read. See explanation.", "应用的政策未将此目的列入该类数据。没有读取任何内容。请查看 explanation。")},
		{"case-required", said("A case is needed", "需要案件编号"), said("Staff read only within an open case of their own app and role. Nothing was read.", "工作人员只能在本应用、本职责范围内的未结案件中读取。没有读取任何内容。")},
		{"region-not-allowed", said("Not from this region", "此地区不允许"), said("The app's policy does not let data be read or received there. Nothing left.", "应用的政策不允许在该地区读取或接收数据。没有发送任何内容。")},
		{"recipient-not-allowed", said("Shared with nobody", "不向任何人提供"), said("The app shares this kind of data with nobody but by a demand of the law. Nothing left.", "除法律要求外，应用不向任何人提供此类数据。没有发送任何内容。")},
		{"second-person-required", said("Somebody else has to agree", "需要他人同意"), said("Other people have to agree first. Nothing was done.", "需要其他人先同意。没有进行任何操作。")},
		{"same-person", said("Not the same person", "不能是同一人"), said("Nobody agrees to what they asked for, and nobody agrees twice.", "不得同意自己提出的请求，也不得重复同意。")},
		{"ground-required", said("A ground is needed", "需要依据"), said("The app's policy has a closed list of grounds. This one is not on it, or what it needs is not on file.", "应用的政策列有封闭的依据清单。此依据不在其中，或缺少其所需的材料。")},
		{"hold-too-long", said("The hold is too long", "保留时间过长"), said("A hold ends within the time that the policy gives one order. A new order is needed after it.", "保留须在政策为一项命令规定的时间内结束，之后需要新的命令。")},
		{"memory-only", said("Only in memory", "仅在内存中"), said("This lives in memory until its work is done. No order keeps it.", "此内容仅在处理期间存在于内存中，任何命令都无法保留。")},
		{"held", said("Kept under an order", "依命令保留"), said("A legal order keeps this for now. It is sealed: nobody can open it, and it is erased when the order ends.", "因法律命令暂时保留。内容已封存，无人可以打开，命令结束后即删除。")},
		{"forbidden", said("Not allowed", "不允许"), said("This is not allowed.", "不允许此操作。")},
		{"not-found", said("Not found", "未找到"), said("There is no such thing here.", "这里没有此内容。")},
		{"conflict", said("Not possible in this state", "当前状态不可行"), said("The thing is in a state that does not allow this.", "当前状态不允许此操作。")},
		{"expired", said("Took too long", "处理超时"), said("The task passed its greatest age and was ended.", "任务超过最长时间，已结束。")},
		{"canceled", said("Canceled", "已取消"), said("You canceled this task.", "您已取消此任务。")},
		{"account-erased", said("Account erased", "账户已删除"), said("The account was erased, so the work stopped.", "账户已删除，处理已停止。")},
		{"timeout", said("The upload took too long", "上传超时"), said("The request took too long. Nothing was kept.", "请求超时，未保存任何内容。")},
		{"storage-unavailable", said("The storage does not answer", "存储服务无响应"), said("The storage of this app does not answer. Nothing of this was kept. Try again in a minute.", "此应用的存储服务暂无响应，未保存此次的任何内容。请一分钟后再试。")},
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
