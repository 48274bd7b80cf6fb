package web

import (
	"time"

	"vow.example/vow/client"
)

func pick(zh bool, en, other string) string {
	if zh {
		return other
	}
	return en
}

func runningHub() client.RecipientRef {
	return client.RecipientRef{ID: "runninghub", Name: "RunningHub", Kind: "third_party_ai", Region: "CN", PolicyURL: "https://www.runninghub.ai/policy"}
}

func feature(id, title, state string, zh bool) client.Feature {
	f := client.Feature{ID: id, App: "pixplus", Title: title, State: state, Recipient: runningHub(), Consent: "each_time", MinAge: 13, Available: state == "live", Makes: "image",
		Summary: pick(zh, "A drawn picture of you, made from one photo.", "用一张照片生成您的卡通头像。")}
	f.Inputs = []client.Input{
		{Role: "photo", Kind: "photo", Required: true, Label: pick(zh, "Photo", "照片"), Accept: []string{"image/jpeg", "image/png", "image/webp"}, MaxBytes: 20_000_000},
		{Role: "prompt", Kind: "text", Label: pick(zh, "What should it look like?", "想要什么样子？"), MaxLength: 300},
		{Role: "style", Kind: "choice", Label: pick(zh, "Style", "风格"), Default: "soft", Choices: []client.Choice{{Value: "soft", Label: pick(zh, "Soft", "柔和")}, {Value: "bold", Label: pick(zh, "Bold", "鲜明")}, {Value: "ink", Label: pick(zh, "Ink", "水墨")}}},
	}
	return f
}

func disclosure(zh bool) client.Disclosure {
	d := client.Disclosure{Hash: "sha256:4f", Language: "en", PolicyVersion: "pixplus/v1", Feature: "avatar", Scope: "single_job",
		Title:       pick(zh, "Before we send your photo", "发送照片之前"),
		Summary:     pick(zh, "This effect runs on RunningHub, a separate company. If you say no, nothing leaves PixPlus.", "此效果由另一家公司 RunningHub 处理。如果您拒绝，任何内容都不会离开 PixPlus。"),
		Who:         []client.RecipientRef{runningHub()},
		Why:         pick(zh, "only to make the result you asked for; no advertising, no training", "仅用于生成您请求的结果；不用于广告，不用于训练模型"),
		Links:       []client.Link{{Text: pick(zh, "PixPlus Privacy Policy", "PixPlus 隐私政策"), URL: "/pixplus/policy"}, {Text: "RunningHub", URL: "https://www.runninghub.ai/policy"}},
		AcceptLabel: pick(zh, "Agree & Continue", "同意并继续"), DeclineLabel: pick(zh, "Not now", "暂不同意")}
	d.What = []client.DisclosureItem{{Field: "photo", Text: pick(zh, "the photo you chose", "您选择的照片")}, {Field: "prompt", Text: pick(zh, "the text you typed", "您输入的文字")}, {Field: "photo", Text: pick(zh, "faces in the photo (part of the picture)", "照片中的人脸（照片的一部分）"), Sensitive: true}}
	d.Keep = []client.DisclosureKeep{{Where: "PixPlus", What: pick(zh, "your photo", "您的照片"), Text: pick(zh, "at most 24 hours, even if it fails", "最长 24 小时，失败也一样")}, {Where: "PixPlus", What: pick(zh, "the result", "结果"), Text: pick(zh, "7 days", "7 天")}, {Where: "RunningHub", What: pick(zh, "the result", "结果"), Text: pick(zh, "up to 15 days", "最长 15 天")}}
	return d
}

func transfer() client.Transfer {
	return client.Transfer{ID: "trf_1", Task: "tsk_running", Recipient: runningHub(), Feature: "avatar", Fields: []string{"photo", "prompt"}, Bytes: 41_331, Purpose: "requested_feature", Consent: "con_0123456789abcdef", Outcome: "sent", At: day().Add(-time.Minute), ProviderKeepsUntil: at(15 * 24 * time.Hour)}
}

func steps(now string) []client.Step {
	names := []string{"received", "checked", "sent", "made", "saved", "source_deleted"}
	texts := []string{"Received (EXIF removed)", "Checked by PixPlus", "Sent to RunningHub", "Making", "Saving encrypted", "Deleting your photo"}
	out, state := make([]client.Step, len(names)), "done"
	for i, n := range names {
		if n == now {
			state = "doing"
		}
		out[i] = client.Step{Name: n, State: state, Text: texts[i]}
		if state == "done" || state == "doing" {
			out[i].At = at(time.Duration(i-6) * time.Second)
		}
		if state == "doing" {
			state = "todo"
		}
	}
	return out
}

// task returns a canned task; its id is "tsk_" and its state.
func task(state string) client.Task {
	t := client.Task{ID: "tsk_" + state, Feature: "avatar", State: state, Recipient: runningHub(), Consent: "con_1", Steps: steps("checked"), CreatedAt: day().Add(-time.Minute), Transfers: []client.Transfer{}, Receipts: []string{},
		Inputs: []client.Upload{{ID: "upl_1", State: "ready", Clock: client.Clock{DeleteAt: at(24 * time.Hour)}}}}
	switch state {
	case "running":
		t.State, t.WasSent, t.Transfers, t.Steps = "generating", true, []client.Transfer{transfer()}, steps("made")
		t.Progress = client.Progress{Percent: 45, Message: "Making your picture"}
	case "awaiting_confirmation":
		t.Review = &client.ReviewResult{Outcome: "rewritten", Explanation: "One word of your text is not allowed here.", ShownPrompt: "a portrait in a summer dress"}
	case "blocked":
		t.Review = &client.ReviewResult{Outcome: "blocked", Rule: "R-12", Explanation: "no undressing or nudity. Your text asked to remove clothing.", Field: "prompt", FieldLabel: "What should it look like?", Change: "Say what people wear instead."}
	case "failed":
		t.Error = &client.TaskError{Code: "provider-unavailable", Title: "RunningHub cannot be reached.", Detail: "It did not answer three times in a row.", Retry: true, Advice: "wait", AdviceText: "Wait a little and try again.", Field: "photo", FieldLabel: "Your photo"}
	case "canceled":
		t.WasSent, t.CancelOutcome, t.Transfers = true, "may_finish_there", []client.Transfer{transfer()}
	case "done":
		t.State, t.WasSent, t.Transfers, t.Steps, t.Receipts = "succeeded", true, []client.Transfer{transfer()}, steps("none"), []string{"rcp_1"}
		t.Inputs[0].State, t.Inputs[0].Clock = "deleted", client.Clock{DeletedAt: at(-time.Second), Receipt: "rcp_1"}
		t.Outputs = []client.Output{output("out_1")}
	}
	return t
}

// newTask is the task that POST makes: it runs for some looks and then is done.
func newTask(polls int) client.Task {
	t := task("running")
	if polls > 50 {
		t = task("done")
	}
	t.ID = "tsk_new"
	for i := range t.Outputs {
		t.Outputs[i].ID, t.Outputs[i].Task = "out_4", "tsk_new"
	}
	return t
}

func output(id string) client.Output {
	return client.Output{ID: id, Task: "tsk_done", Feature: "avatar", MediaType: "image/jpeg", Kind: "image", Bytes: 88_000, Width: 600, Height: 400, ContentURL: "/v1/outputs/" + id + "/content",
		AILabel: client.AILabel{Visible: true, Metadata: []string{"iptc"}}, CreatedAt: day().Add(-time.Minute), Clock: client.Clock{Rule: "pixplus/v1#retention.generated_image.result_stored", Starts: "result_stored", DeleteAt: at(7*24*time.Hour - time.Minute)}}
}

func receipt(id string) client.Receipt {
	return client.Receipt{ID: id, App: "pixplus", Object: "upl_01jd8k2m3n4p5q6r7s8t9v0w1x", ObjectKind: "source_photo", Rule: "pixplus/v1#retention.source_photo.task_succeeded", Reason: "deadline", DueAt: day(), DeletedAt: day().Add(-time.Second), Method: "key_destroyed",
		Text: "The key of this photo was destroyed on this server. RunningHub states in its own policy that it deletes its copy within 15 days; that we cannot prove.", LogIndex: 41, Checkpoint: "vow.example/log\n88\nq1w2e3=\n", VerifierKey: "vow-log+1234+AAAA", Payload: "{}"}
}

// cannedMessages are a kind that is always sent, one that is switched off in the app, and one of the app itself.
func cannedMessages() client.Page[client.MessageKind] {
	return client.Page[client.MessageKind]{Data: []client.MessageKind{
		{Kind: "policy_change", Ways: []client.MessageWay{{Channel: "in_app", Sent: true}, {Channel: "push", Sent: true, Switch: "analytics"}, {Channel: "email"}}},
		{Kind: "task_status", Ways: []client.MessageWay{{Channel: "in_app", Sent: true, CanBeOff: true, Off: true}, {Channel: "push", Sent: true, CanBeOff: true, Switch: "analytics"}}},
		{Kind: "result_expiring", Ways: []client.MessageWay{{Channel: "in_app", Sent: true, CanBeOff: true}, {Channel: "push"}}},
		{Kind: "staff_access", Ways: []client.MessageWay{{Channel: "in_app", Sent: true, CanBeOff: true}, {Channel: "push"}}},
	}}
}

func cannedReads(zh bool) map[string]any {
	a := map[string]any{}
	apps := []client.App{{ID: "pixplus", Name: "PixPlus", PolicyVersion: "pixplus/v1", MinAge: 13, AppKey: "pk_test_pixplus", Demo: true}, {ID: "aifitting", Name: "AI Fitting", PolicyVersion: "aifitting/v1", AppKey: "pk_test_aifitting", Demo: true}}
	a["GET /v1/apps"] = client.Page[client.App]{Data: apps}
	live := []client.Feature{feature("avatar", pick(zh, "Cartoon portrait", "卡通头像"), "live", zh), feature("portrait_enhance", pick(zh, "Portrait enhancement", "人像增强"), "live", zh), feature("visual_effect", pick(zh, "Pencil sketch", "铅笔素描"), "live", zh), feature("talking_photo", pick(zh, "Talking photo", "会说话的照片"), "planned", zh), feature("image_to_video", pick(zh, "Photo to video", "照片转视频"), "planned", zh)}
	live[2].Recipient, live[2].Consent = client.RecipientRef{ID: "own_servers", Name: "PixPlus", Kind: "local"}, "once_per_version"
	a["GET /v1/features"] = client.Page[client.Feature]{Data: live}
	for _, f := range live {
		a["GET /v1/features/"+f.ID] = f
		a["GET /v1/features/"+f.ID+"/disclosure"] = disclosure(zh)
	}
	for _, s := range []string{"running", "awaiting_confirmation", "blocked", "failed", "canceled", "done"} {
		a["GET /v1/tasks/tsk_"+s] = task(s)
		a["GET /v1/tasks/tsk_"+s+"/texts"] = client.Page[client.TaskText]{Data: []client.TaskText{}}
	}
	a["GET /v1/tasks/tsk_blocked/texts"] = client.Page[client.TaskText]{Data: []client.TaskText{
		{Field: "negative_prompt", Label: "Not this", Text: "rain"}, {Field: "prompt", Label: "What should it look like?", Text: "雪中 <b>nude</b> & quiet", Marks: []client.Mark{{From: 6, To: 10}}}}}
	fresh := output("out_4")
	fresh.Task, a["GET /v1/outputs/out_4"] = "tsk_new", &fresh
	a["GET /v1/outputs"] = client.Page[client.Output]{Data: []client.Output{output("out_1"), output("out_3")}}
	a["GET /v1/outputs/out_1"], a["GET /v1/outputs/out_2"], a["GET /v1/outputs/out_9"] = output("out_1"), client.Problem{Status: 410, Code: "erased", DeletedAt: at(-time.Hour), Receipt: "rcp_1"}, client.Problem{Status: 410, Code: "erased"}
	a["GET /v1/uploads/upl_1"] = task("failed").Inputs[0]
	a["GET /v1/me"] = client.Me{ID: "sub_01jd8k2m3n4p5q6r7s8t9v0w1x", App: "pixplus", Membership: "free", CreatedAt: day()}
	a["GET /v1/me/privacy-settings"] = client.Page[client.Setting]{Data: []client.Setting{{ID: "analytics", Name: pick(zh, "Usage facts", "使用信息"), Text: pick(zh, "which functions are used", "使用了哪些功能")}}}
	a["GET /v1/me/permissions"] = client.Page[client.DevicePermission]{Data: []client.DevicePermission{{ID: "camera", Name: pick(zh, "Camera", "相机"), Text: pick(zh, "to take a picture", "用于拍照"), Help: pick(zh, "Settings, then Camera.", "设置 → 相机。"), Platforms: []string{"ios"}, State: "granted"}}}
	for _, app := range apps {
		a["GET /v1/apps/"+app.ID+"/policy/messages"] = client.Page[client.PolicyMessage]{Data: []client.PolicyMessage{{Kind: "policy_change", Channels: []string{"in_app", "sms"}}, {Kind: "task_status", Channels: []string{"in_app", "push"}, CanBeOff: []string{"in_app", "push"}, Switch: "analytics"}}}
	}
	a["GET /v1/me/messages"] = cannedMessages()
	a["GET /v1/privacy/export"] = client.ExportSize{Files: 2, Bytes: 176_000, Rows: 9}
	a["GET /v1/consents"] = client.Page[client.Consent]{Data: []client.Consent{{ID: "con_1", Feature: "avatar", Recipient: "runninghub", Decision: "granted", PolicyVersion: "pixplus/v1", Scope: "single_job", CreatedAt: day()}, {ID: "con_2", Feature: "visual_effect", Recipient: "own_servers", Decision: "granted", DisclosureHash: "sha256:4f", Language: "en", PolicyVersion: "pixplus/v1", Scope: "until_policy_changes", CreatedAt: day()}, {ID: "con_3", Feature: "avatar", Recipient: "runninghub", Decision: "withdrawn", PolicyVersion: "pixplus/v1", Scope: "single_job", CreatedAt: day(), WithdrawnAt: at(0)}}}
	a["GET /v1/privacy/holdings"] = client.Holdings{CountedAt: day(), Data: []client.Holding{{Category: "source_photo", Text: pick(zh, "Uploaded photos", "上传的照片"), Where: "disk"}, {Category: "generated_image", Text: pick(zh, "Results", "生成结果"), Count: 3, Bytes: 264_000, Where: "disk", AllGoneBy: at(7 * 24 * time.Hour)}, {Category: "face_landmarks", Text: pick(zh, "Face points", "人脸特征点"), Where: "memory"}, {Category: "operational_log", Text: pick(zh, "Service logs", "服务日志"), Count: 41, Where: "database", AllGoneBy: at(30 * 24 * time.Hour)}}}
	a["GET /v1/privacy/transfers"] = client.Page[client.Transfer]{Data: []client.Transfer{transfer()}}
	ended, before := receipt("rcp_3"), receipt("rcp_4")
	ended.Object, ended.ObjectKind = "out_01jd8k2m3n4p5q6r7s8t9v0w1x", "generated_image"
	before.Object, before.ObjectKind, before.DeletedAt = "out_02jd8k2m3n4p5q6r7s8t9v0w1x", "generated_image", day().Add(-8*24*time.Hour)
	a["GET /v1/privacy/receipts"] = client.Page[client.Receipt]{Data: []client.Receipt{receipt("rcp_1"), receipt("rcp_2"), ended, before}}
	a["GET /v1/receipts/rcp_1"] = receipt("rcp_1")
	a["GET /v1/apps/pixplus/policy"] = client.PolicyDocument{App: "pixplus", Version: "pixplus/v1", Hash: "sha256:00112233445566778899", Updated: "2026-06", Title: pick(zh, "PixPlus Privacy Policy", "PixPlus 隐私政策"), Sections: []client.PolicySection{{ID: "s1", Title: pick(zh, "Information we collect", "我们收集的信息"), Body: []string{"Photos, prompts and instructions that you choose to hand over.", "Account information where accounts apply."}}}, Retention: []client.RetentionRow{{Category: "source_photo", Starts: "task_succeeded", Limit: "PT24H", Storage: "disk", Text: pick(zh, "Deleted at most 24 hours after the task ended.", "任务结束后最长 24 小时内删除。"), ChosenBy: "policy"}, {Category: "account", Starts: "last_active", Limit: "P90D", Storage: "disk", Text: "Deleted 90 days after the last use.", ChosenBy: "operator"}}, Purposes: []string{"requested_feature", "security"}}
	a["GET /demo/recipients"] = client.Page[client.DemoRecipient]{Data: []client.DemoRecipient{{ID: "runninghub", Name: "RunningHub"}}}
	a["GET /demo/recipients/runninghub/received"] = client.Received{Recipient: "runninghub", Requests: []client.ReceivedRequest{{At: day().Add(-time.Minute), Method: "POST", Path: "/task/openapi/upload", Fields: []string{"photo"}, Bytes: 40_900}, {At: day().Add(-59 * time.Second), Method: "POST", Path: "/task/openapi/create", Fields: []string{"prompt"}, Bytes: 431}}}
	a["GET /openapi.json"] = openAPI()
	return a
}

func openAPI() map[string]any {
	ref := map[string]any{"application/json": map[string]any{"schema": map[string]any{"$ref": "#/components/schemas/Task"}}}
	return map[string]any{"openapi": "3.1.0", "info": map[string]any{"title": "Vow", "version": "1"},
		"paths": map[string]any{"/v1/tasks": map[string]any{
			"post": map[string]any{"summary": "Ask for one generation", "requestBody": map[string]any{"content": ref}, "responses": map[string]any{"202": map[string]any{"description": "Accepted", "content": ref}}},
			"get":  map[string]any{"summary": "List tasks", "parameters": []any{map[string]any{"name": "cursor", "in": "query", "schema": map[string]any{"type": "string"}}}, "responses": map[string]any{"200": map[string]any{"description": "OK"}}}}},
		"components": map[string]any{"schemas": map[string]any{"Task": map[string]any{"type": "object", "required": []string{"id"}, "properties": map[string]any{"id": map[string]any{"type": "string", "description": "tsk_…"}, "steps": map[string]any{"type": "array", "items": map[string]any{"$ref": "#/components/schemas/Step"}}}}, "Step": map[string]any{"type": "object", "properties": map[string]any{"state": map[string]any{"type": "string", "enum": []any{"todo", "done"}}}}}}}
}
