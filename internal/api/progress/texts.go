package progress

import (
	"strconv"
	"strings"

	"vow.example/vow/client"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
)

// said is a text in the languages of the API.
type said struct{ en, zh string }

func (s said) in(lang privacy.Lang) string {
	if lang == "zh-Hans" {
		return s.zh
	}
	return s.en
}

// stepText names the steps of the progress page.
func stepText(name, state string, lang privacy.Lang) string {
	texts := map[string]said{
		"received":             {"Received", "已收到"},
		"checked.todo":         {"Safety check", "安全审核"},
		"checked.doing":        {"Checking", "正在审核"},
		"checked.done":         {"Checked", "已审核"},
		"checked.failed":       {"Stopped by a safety rule", "被安全规则停止"},
		"sent.skipped":         {"Nothing is sent: made on our own server", "不发送：在我们自己的服务器上生成"},
		"sent.todo":            {"Sending to {who}", "发送给 {who}"},
		"sent.doing":           {"Sending to {who}", "正在发送给 {who}"},
		"sent.done":            {"Sent to {who}", "已发送给 {who}"},
		"sent.none":            {"Nothing was sent", "没有发送"},
		"sent.todo.copy":       {"Sending to {who}: a smaller copy, {sizes}", "发送给 {who}：缩小的副本，{sizes}"},
		"sent.doing.copy":      {"Sending to {who}: a smaller copy, {sizes}", "正在发送给 {who}：缩小的副本，{sizes}"},
		"sent.done.copy":       {"Sent to {who}: a smaller copy, {sizes}", "已发送给 {who}：缩小的副本，{sizes}"},
		"made.todo":            {"Making", "生成"},
		"made.doing":           {"Making", "正在生成"},
		"made.done":            {"Made", "已生成"},
		"made.failed":          {"Not made", "未生成"},
		"saved.todo":           {"Saving, encrypted", "加密保存"},
		"saved.doing":          {"Saving, encrypted", "正在加密保存"},
		"saved.done":           {"Saved, encrypted", "已加密保存"},
		"source_deleted.todo":  {"Deleting your photo", "删除您的照片"},
		"source_deleted.doing": {"Deleting your photo", "正在删除您的照片"},
		"source_deleted.done":  {"Your photo is deleted", "您的照片已删除"},
	}
	if t, ok := texts[name+"."+state]; ok {
		return t.in(lang)
	}
	if t, ok := texts[name]; ok {
		return t.in(lang)
	}
	return texts[name+".todo"].in(lang)
}

func sizeText(c client.SmallerCopy) string {
	return strconv.Itoa(c.Width) + " × " + strconv.Itoa(c.Height)
}

// Copy says what a smaller copy is for.
func Copy(c client.SmallerCopy, k store.Task, lang privacy.Lang) string {
	form := said{"A smaller copy, {size}, is sent in place of what you uploaded", "将发送缩小的副本（{size}），而不是您上传的原图"}
	switch {
	case k.Recipient == privacy.Own:
		form = said{"A smaller copy, {size}, is used", "使用缩小的副本（{size}）"}
	case k.WasSent:
		form = said{"A smaller copy, {size}, was sent", "已发送缩小的副本（{size}）"}
	case k.State.Ended():
		form = said{"A smaller copy, {size}, was made and not sent", "已生成缩小的副本（{size}），未发送"}
	}
	return strings.ReplaceAll(form.in(lang), "{size}", sizeText(c))
}

// State says in plain words what a task is doing.
func State(state string, lang privacy.Lang) string {
	texts := map[string]said{
		"reviewing":             {"Checking your request", "正在审核您的请求"},
		"awaiting_confirmation": {"We changed the wording. Please confirm it.", "我们修改了措辞，请确认。"},
		"queued":                {"Waiting for its turn", "正在排队"},
		"sending":               {"Sending what you agreed to", "正在发送您同意的内容"},
		"generating":            {"Making your result", "正在生成结果"},
		"storing":               {"Saving the result, encrypted", "正在加密保存结果"},
		"succeeded":             {"Your result is ready", "结果已完成"},
		"failed":                {"There is no result", "没有结果"},
		"blocked":               {"We did not make this", "我们没有生成"},
		"canceled":              {"Canceled", "已取消"},
		"expired":               {"Took too long and was ended", "超时，已结束"},
	}
	return texts[state].in(lang)
}
