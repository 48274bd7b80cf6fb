package api

import (
	"strings"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task/ledger"
	"vow.example/vow/internal/task/outcome"
)

// said is a text in the languages of the API.
func said(en, zh string) outcome.Words { return outcome.Words{EN: en, ZH: zh} }

// reasonText says why a feature is not available.
func reasonText(reason string, lang privacy.Lang) string {
	return map[string]outcome.Words{
		"planned":      said("Not offered yet", "尚未提供"),
		"paused":       said("Not available now: its recipient is paused", "暂不可用：已暂停使用其接收方"),
		"lapsed":       said("Not available now: the contract with its recipient has to be reviewed first", "暂不可用：与其接收方的合同须先重新复核"),
		"permission":   said("Not available now: a permission of the device is denied", "暂不可用：设备权限被拒绝"),
		"unconfigured": said("Not available now: its recipient is not set up on this server", "暂不可用：此服务器未配置其接收方"),
	}[reason].In(lang)
}

// sampleText says what the sample of a feature is.
func sampleText(f client.Feature, illustration bool, lang privacy.Lang) string {
	words := said("Sample of “{effect}”", "“{effect}”示例图")
	if illustration {
		words = said("Illustration of “{effect}”; not made by {recipient}", "“{effect}”示意图；并非由{recipient}生成")
	}
	return strings.NewReplacer("{effect}", f.Title, "{recipient}", f.Recipient.Name).Replace(words.In(lang))
}

// strangerText names somebody who is no recipient of the policy: whoever has a link that the person made.
func strangerText(id string, lang privacy.Lang) string {
	if id == "public" {
		return said("Anyone with the link (shared by you)", "任何拥有链接的人（由您分享）").In(lang)
	}
	return id
}

// heldText puts into words what a recipient holds.
type heldText struct {
	who, what, reason, state string
	until                    time.Time
	lang                     privacy.Lang
}

func (h heldText) thing() string {
	if s, ok := map[string]outcome.Words{
		"inputs": said("what it received", "收到的内容"), "result": said("the result", "结果"), "template": said("an uploaded copy", "上传的副本"),
		"log": said("its log", "日志"), "job": said("the job", "任务"), "task record": said("a record of the task", "任务记录"),
	}[h.what]; ok {
		return s.In(h.lang)
	}
	return h.what
}

// end is the recipient's own date.
func (h heldText) end() string {
	if h.until.IsZero() {
		return said("not stated", "未说明").In(h.lang)
	}
	return h.until.UTC().Format("2006-01-02 15:04 UTC")
}

func (h heldText) why() string {
	return map[string]outcome.Words{
		ledger.NoEraseCall: said("cannot be shortened: the recipient has no erase call", "无法缩短：接收方没有删除接口"),
		ledger.EraseFailed: said("erasing it there failed; it is tried again", "在对方处删除失败，将再次尝试"),
		ledger.LostReply:   said("the answer was lost, so it is not known whether there is anything", "答复丢失，因此不知道是否存有内容"),
	}[h.reason].In(h.lang)
}

func (h heldText) sentence() string {
	form := said("{who} keeps {what}. Until: {until}. Why: {why}.", "{who} 保留{what}。期限：{until}。原因：{why}。")
	switch {
	case h.state == store.HeldClosed:
		form = said("{who} no longer keeps {what}.", "{who} 不再保留{what}。")
	case h.reason == ledger.LostReply:
		form = said("{who} may keep {what}. Until: {until}. Why: {why}.", "{who} 可能保留{what}。期限：{until}。原因：{why}。")
	}
	return strings.NewReplacer("{who}", h.who, "{what}", h.thing(), "{until}", h.end(), "{why}", h.why()).Replace(form.In(h.lang))
}
