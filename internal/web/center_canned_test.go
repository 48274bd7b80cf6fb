package web

import (
	"strings"
	"time"

	"vow.example/vow/client"
)

// onePolicy reads the lists of every app's policy as those of PixPlus.
func onePolicy(key string) string {
	rest, ok := strings.CutPrefix(key, "GET /v1/apps/")
	if app, what, found := strings.Cut(rest, "/policy/"); ok && found && app != "" {
		return "GET /v1/apps/pixplus/policy/" + what
	}
	return key
}

func change(zh bool, class string) client.PolicyChange {
	return client.PolicyChange{Kind: "clock.longer", What: "generated_image.result_stored", Class: class, From: "P7D", To: "P14D", ReducesRights: class == "material", Reconsent: class == "material",
		Text: pick(zh, "Results are kept 14 days instead of 7.", "结果保存 14 天，而不是 7 天。")}
}

func noticeNew(zh bool) client.Notice {
	return client.Notice{ID: "ntc_2", Kind: "policy_change", Title: pick(zh, "PixPlus changes its privacy policy on 2026-12-21", "PixPlus 的隐私政策将于 2026-12-21 变更"), Version: "pixplus/v2", Prominent: true,
		Changes: []client.PolicyChange{change(zh, "material"), change(zh, "protects")}, CreatedAt: day(), ShownAt: day(), EffectiveAt: *at(30 * 24 * time.Hour), NeedsConsent: true}
}

func cannedCenter(zh bool) map[string]any {
	a := cannedLists(zh)
	end := client.Notice{ID: "ntc_1", Kind: "end_of_service", Title: "PixPlus", Lines: []string{pick(zh, "Video effects end on 1 January.", "视频效果将于 1 月 1 日停止。")}, CreatedAt: day().Add(-time.Hour), ShownAt: day(), EffectiveAt: day(), AcknowledgedAt: at(-time.Minute)}
	seen := noticeNew(zh)
	seen.AcknowledgedAt = at(0)
	a["GET /v1/notices"] = client.Page[client.Notice]{Data: []client.Notice{noticeNew(zh), end}}
	a["GET /v1/notices/waiting"] = client.NoticeCount{Count: 1}
	a["POST /v1/notices/ntc_2/ack"] = seen
	a["GET /v1/privacy/items"] = client.Page[client.Item]{Data: []client.Item{
		{ID: "out_1", Category: "generated_image", Text: pick(zh, "Result", "生成结果"), Bytes: 88_000, Where: "disk", Feature: "avatar", WrittenAt: day(), Clock: client.Clock{Starts: "result_stored", DeleteAt: at(7 * 24 * time.Hour)}},
		{ID: "upl_9", Category: "source_photo", Text: pick(zh, "Photo", "照片"), Bytes: 41_000, Where: "disk", WrittenAt: day(), Held: "order"}}}
	a["DELETE /v1/privacy/items/out_1"] = receipt("rcp_1")
	a["DELETE /v1/privacy/items/upl_9"] = client.Problem{Status: 409, Code: "conflict"}
	a["GET /v1/privacy/access"] = client.Page[client.Access]{Data: []client.Access{{ID: "acc_1", At: day(), Role: "moderator", Region: "US", Case: "cas_1", Category: "source_photo", Text: pick(zh, "Photo", "照片"), Why: pick(zh, "answer you", "回复您"), Reason: "An appeal asked for it."}}}
	a["GET /v1/privacy/measures"] = client.Page[client.Measure]{Data: []client.Measure{{ID: "ord_1", Kind: "hold", Text: pick(zh, "a court demands it", "法院要求"), State: "in_force", Approved: 1, Needed: 1, At: day(), Until: *at(time.Hour)}}}
	a["GET /v1/consents/con_1/text"] = disclosure(zh)
	t := client.SupportThread{ID: "thr_1", State: "open", CreatedAt: day(), UpdatedAt: day(), ClosesAt: *at(14 * 24 * time.Hour), DeleteBy: *at(44 * 24 * time.Hour)}
	a["GET /v1/support"] = client.Page[client.SupportThread]{Data: []client.SupportThread{t}}
	full := t
	full.Messages = []client.SupportMessage{{Author: "subject", At: day(), Text: "Where is <b>my</b> picture?", Email: "me@example.org"}, {Author: "staff", At: day(), Text: "It was deleted on time."}, {Author: "subject", At: day(), Erased: true}}
	a["GET /v1/support/thr_1"], a["POST /v1/support"], a["POST /v1/support/thr_1/messages"] = full, t, full
	full.State = "closed"
	a["POST /v1/support/thr_1/close"] = full
	a["POST /v1/feedback"] = client.Accepted{Accepted: 1}
	a["POST /v1/complaints/ip"] = client.Complaint{ID: "itk_1", Source: "ip", At: day(), DeleteBy: *at(30 * 24 * time.Hour)}
	for _, key := range []string{"PATCH /v1/me", "PUT /v1/me/objections", "PUT /v1/me/restriction", "DELETE /v1/me/restriction"} {
		a[key] = client.Me{ID: "sub_1"}
	}
	a["PUT /v1/account"] = map[string]string{}
	return a
}

func cannedLists(zh bool) map[string]any {
	at := "GET /v1/apps/pixplus/policy/"
	entry := func(id, en, other, deadline string) client.PolicyEntry {
		return client.PolicyEntry{ID: id, Text: pick(zh, en, other), Deadline: deadline}
	}
	text := client.PolicyField{ID: "text", Name: pick(zh, "your message", "您的消息"), Kind: "text", Max: 2000, Required: true}
	row := client.RetentionRow{Category: "support_message", Starts: "case_closed", Limit: "P30D", Storage: "disk", Text: pick(zh, "Deleted 30 days after the case is closed.", "关闭后 30 天删除。")}
	earlier, effective := day().Add(-100*24*time.Hour), *at30()
	return map[string]any{
		at + "purposes": client.Page[client.PolicyEntry]{Data: []client.PolicyEntry{entry("requested_feature", "make what you asked for", "完成您的请求", ""), entry("support", "answer you", "回复您", "")}},
		at + "categories": client.Page[client.PolicyCategory]{Data: []client.PolicyCategory{
			{ID: "generated_image", Name: pick(zh, "Picture made for you", "生成的图片"), Storage: "disk", Purposes: []string{"requested_feature"}, Origin: "server", Clocks: []client.RetentionRow{}},
			{ID: "support_message", Name: pick(zh, "Messages to support", "客服消息"), Storage: "disk", Purposes: []string{"support"}, Origin: "subject", Clocks: []client.RetentionRow{row}},
			{ID: "complaint", Name: pick(zh, "Complaints", "投诉"), Storage: "disk", Purposes: []string{"support"}, Origin: "subject", Clocks: []client.RetentionRow{row}},
			{ID: "credentials", Name: pick(zh, "Login and password digest", "登录名和密码摘要"), Storage: "disk", Purposes: []string{"support"}, Origin: "subject", Special: true, Clocks: []client.RetentionRow{}}}},
		at + "permissions": client.Page[client.PolicyPermission]{Data: []client.PolicyPermission{{ID: "camera", Name: pick(zh, "Camera", "相机"), Text: pick(zh, "take a photo", "拍照"), Help: pick(zh, "Settings of the device", "设备设置"), Platforms: []string{"ios"}}}},
		at + "collection": client.Page[client.PolicySchema]{Data: []client.PolicySchema{
			{ID: "support", Kind: "support", Category: "support_message", Purpose: "support", Fields: []client.PolicyField{text, {ID: "email", Name: pick(zh, "an address", "邮箱"), Kind: "mail"}}},
			{ID: "feedback", Kind: "feedback", Category: "support_message", Purpose: "support", Fields: []client.PolicyField{text, {ID: "stars", Kind: "number", Least: 1, Most: 5}}},
			{ID: "ip", Kind: "complaint", Category: "complaint", Purpose: "support", PassedOn: &client.PolicyEntry{ID: "respondent", Text: pick(zh, "a complaint, to whom it is about", "应请求，向被投诉方")},
				Fields: []client.PolicyField{{ID: "work", Name: pick(zh, "the work", "作品"), Kind: "text", Max: 500, Required: true}, text, {ID: "email", Name: pick(zh, "an address", "邮箱"), Kind: "mail"}, {ID: "app_only", Name: "app", Kind: "word", Platforms: []string{"ios"}}}},
			{ID: "loud", Kind: "complaint", Category: "complaint", Fields: []client.PolicyField{{ID: "note", Kind: "text", Max: 500}}},
			{ID: "phone", Kind: "complaint", Category: "complaint", Platforms: []string{"ios"}, Fields: []client.PolicyField{text}},
			{ID: "usage", Kind: "events", Category: "usage_events", Purpose: "support", Switch: "analytics", Permission: "camera", Events: []client.PolicyEvent{{ID: "app_open", Fields: []client.PolicyField{{ID: "app_version", Name: pick(zh, "app version", "应用版本")}}}}}}},
		at + "sdks":       client.Page[client.PolicySDK]{Data: []client.PolicySDK{{ID: "kit", Name: "CrashKit", Company: "Kit Ltd.", PolicyURL: "https://kit.example/privacy", Text: "crash reports", Fields: []string{"device_model"}, Pending: true}}},
		at + "recipients": client.Page[client.RecipientRef]{Data: []client.RecipientRef{runningHub(), {ID: "own_servers", Name: "PixPlus", Kind: "local"}, {ID: "umeng", Name: "Umeng", Kind: "analytics", Region: "CN"}}},
		at + "rights":     client.Page[client.PolicyEntry]{Data: []client.PolicyEntry{entry("erase", "Delete everything", "删除全部", "P30D"), entry("access", "Get a copy", "获取副本", "P15D working"), entry("complain", "Complain", "投诉", "P15D working"), entry("withdraw", "Withdraw", "撤回", "immediate")}},
		at + "grounds":    client.Page[client.PolicyEntry]{Data: []client.PolicyEntry{{ID: "law", List: "disclosures", Text: "a law demands it"}, {ID: "contested", List: "restrictions", Text: pick(zh, "you contest that the data is right", "您对准确性有异议")}}},
		at + "refused":    client.Page[client.PolicyEntry]{Data: []client.PolicyEntry{entry("contacts_calls_sms", "contacts and calls", "通讯录和通话", "")}},
		at + "contacts":   client.Page[client.PolicyContact]{Data: []client.PolicyContact{{Kind: "controller", Name: "PixPlus"}, {Kind: "joint", Name: "Second Ltd.", Region: "CN", Email: "joint@second.org"}, {Kind: "contact", Name: "PixPlus team", Email: "support@pixplus.example", Phone: "+86 1", Platform: "ios"}}},
		at + "versions":   client.Page[client.PolicyVersion]{Data: []client.PolicyVersion{{Version: "pixplus/v1", Number: 1, Hash: "sha256:00", Updated: "2026-06", State: "in_force", PublishedAt: earlier}, {Version: "pixplus/v2", Number: 2, Hash: "sha256:11", Updated: "2026-11", State: "upcoming", PublishedAt: day(), EffectiveAt: &effective}}},
		at + "versions/1": document(zh), at + "versions/2": document(zh),
		at + "diff": client.PolicyDiff{From: "pixplus/v1", To: "pixplus/v2", Class: "material", ReducesRights: true, Reconsent: []string{"avatar"}, Changes: []client.PolicyChange{change(zh, "material"), change(zh, "neutral"), change(zh, "significant")}},
	}
}

func at30() *time.Time { return at(30 * 24 * time.Hour) }

func document(zh bool) client.PolicyDocument {
	return client.PolicyDocument{App: "pixplus", Version: "pixplus/v2", Hash: "sha256:11", Updated: "2026-11", Title: pick(zh, "PixPlus Privacy Policy", "PixPlus 隐私政策"), Sections: []client.PolicySection{{ID: "s1", Title: "One", Body: []string{"Two."}}}}
}
