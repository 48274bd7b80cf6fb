package checks

import (
	"slices"

	"vow.example/vow/client"
	"vow.example/vow/internal/prove"
	"vow.example/vow/internal/prove/probe"
)

func mixooUse() []prove.Proof {
	picture, words, _ := mixooPlain()
	consent := func(check func(job) func(*probe.Probe), list ...work) func(*probe.Probe) {
		return perWork(list, func(w work) func(*probe.Probe) { return check(w.job) })
	}
	return []prove.Proof{
		proof("MIX-2.1-01", "Facts about crashes and use can be looked at to repair and improve; photos, texts and results cannot.", both(
			serves("crash_report", []string{"troubleshooting", "improvement"}, "advertising"), serves("usage_events", []string{"improvement", "service_operation"}, "training"),
			serves("source_photo", []string{"requested_feature"}, "improvement", "usage_analysis"), serves("prompt", []string{"requested_feature"}, "improvement", "usage_analysis"))),
		proof("MIX-2.2-01", "Every purpose says its basis; once a person objects to one that rests on a legitimate interest, staff read nothing of them for it and the app's facts for it are dropped.", both(
			bases(map[string]string{"improvement": "legitimate_interests", "support": "legitimate_interests"}), dropsOnObjection)),
		proof("MIX-2.2-02", "People are written to for a kind on the list; a message of another kind is refused and reaches nobody.", writesOnlyFor("security_alert", "marketing", "promotion", "newsletter")),
		proof("MIX-2.3-01", "Running the service rests on the contract; a task is made for what was asked for, and its transfer says that purpose.", both(
			bases(map[string]string{"service_operation": "contract", "fault_recovery": "contract", "requested_feature": "consent"}), picture.told)),
		proof("MIX-2.3-02", "A text against the rules ends the task before anything is sent, whatever its company; a policy with a feature without review is refused.", both(
			perWork(mixooWork("text_to_image", "image_to_video", "image_to_video_volc", "nano_banana"), func(w work) func(*probe.Probe) {
				return w.blocked("a naked child on a beach")
			}), reviewOpen, refuses("a feature without review", "list review steps", "    review: [prompt_rules, media_gate]\n", "    review: []\n"))),
		proof("MIX-2.3.1-01", "Without consent each of the seventeen features is refused with its screen and nobody receives anything; agreeing to another text than that in force is refused; with the served one the task runs; a yes to one task opens no second.", both(
			consent(func(j job) func(*probe.Probe) { return j.withoutConsent }, mixooWorks()...),
			consent(func(j job) func(*probe.Probe) { return j.staleScreen }, mixooWorks()...), words.discloses, words.eachTime, picture.eachTime)),
		proof("MIX-2.3.1-02", "The screen of each feature says in both languages what is sent, to whom, why, and asks; the company that then receives something is that one, with those fields.", both(
			perWork(mixooWorks(), func(w work) func(*probe.Probe) { return w.screened }), perWork(oneOfEach(), func(w work) func(*probe.Probe) { return w.discloses }))),
		proof("MIX-2.3.1-03", "Saying no erases the upload, starts nothing and reaches nobody, with a feature of each company.", consent(func(j job) func(*probe.Probe) { return j.declined }, oneOfEach()...)),
		proof("MIX-2.4-01", "What is stored is under its own key only; nobody else finds it; staff have roles, and the log of what they did verifies.", both(picture.sealed, picture.ownersOnly, staffHaveRoles, logVerifies)),
		proof("MIX-2.4-02", "A company without equal protection in its record is refused, one that counts use too.", both(
			closedWithout("equal_protection", "MIX-3-19"), refuses("no equal protection", "lacks equal_protection", "      equal_protection: true # MIX-2.4-02", "      equal_protection: false"))),
		proof("MIX-2.4-03", "Five wrong passwords, or sixty tasks in ten minutes, end in 429 with the time to wait, for that login or person alone; a moderator sees a sign with a count and no content, and it ends with its clock or the account.", both(
			guessed, words.burst("P30D"), words.signGoes)),
		proof("MIX-2.4-04", "A moderator who has read in a case suspends an account for a reason of the list, and no other role does: tasks and uploads are refused, nobody receives anything; export, settings and deletion work, the person sees it, the log has its leaf, and lifted it works again.", picture.suspends),
		says("MIX-2.4-05", "No way of sending or storing data is wholly secure", "没有任何传输或存储方式是绝对安全的", "what you publish elsewhere can be taken by others", "您在别处公开的内容可能被他人使用"),
		proof("MIX-4-01", "With the camera denied a picture from the camera is refused; a picture from the library is taken, every feature stays available and one is made.", cameraAlone),
		says("MIX-4-02", "to pick pictures and videos for editing, and to save, export and share results", "用于选取要编辑的图片和视频，以及保存、导出和分享结果"),
		proof("MIX-4-03", "An upload from the camera is refused while the permission is denied, and taken once it is granted.", both(asksForCamera, cameraAlone)),
		proof("MIX-4-04", "No feature asks for sound, a recording is refused and found nowhere, and the policy says so.", noSound),
		says("MIX-4-06", "to reach our servers, and through them the companies that a function names", "用于连接我们的服务器，并由其连接功能所列的公司"),
		proof("MIX-5-01", "Every purpose rests on one of the four bases; a policy that sends data to an AI company on another basis than consent is refused.", both(
			bases(map[string]string{"requested_feature": "consent"}),
			refuses("a transfer on the basis of a contract", "MIX-5-01", "basis: consent, clause: MIX-2.3-01", "basis: contract, clause: MIX-2.3-01"),
			refuses("a purpose without a basis", "has no legal basis", "basis: consent, clause: MIX-2.3-01", "clause: MIX-2.3-01"))),
		says("MIX-5-02", "Without the data that a feature needs, that feature cannot run", "没有某项功能所需的数据，该功能无法运行"),
	}
}

// dropsOnObjection: what rests on a purpose that a person objects to is dropped, and not read for it.
func dropsOnObjection(p *probe.Probe) {
	page := mixooEvent("page_view", "page_sequence", nil)
	who := page.person(p)
	in := officer.opens(p, who, "rights")
	read := func(purpose string) probe.Answer {
		return p.Send("POST", "/v1/admin/cases/"+in+"/records", map[string]any{"category": "usage_events", "purpose": purpose, "reason": "ticket-1"}, "Authorization", "Bearer "+string(officer))
	}
	kept, dropped := probe.Word(), probe.Word()
	p.Must(page.taken(p, who, kept) == 1, "before the objection an event is kept")
	read("service_operation").Is(200)
	who.Send("PUT", "/v1/me/objections", map[string]bool{"usage_analysis": true, "service_operation": false}).Is(200)
	before := p.Traffic()
	p.Must(page.taken(p, who, dropped) == 0, "after it nothing is kept")
	p.Silent(before)
	p.Nowhere("what came after the objection", []byte(dropped))
	read("usage_analysis").Is(423, "processing-restricted")
	read("service_operation").Is(200)
	who.Send("PUT", "/v1/me/objections", map[string]bool{"usage_analysis": false}).Is(200)
	p.Must(page.taken(p, who, probe.Word()) == 1, "once it is taken back an event is kept again")
}

// reviewOpen: the steps of a task that was made show the review before the sending.
func reviewOpen(p *probe.Probe) {
	w := mixooWork("text_to_image")[0]
	who := p.Person()
	o, _ := w.order(p, who)
	k := who.Make(o)
	at := func(name string) int {
		return slices.IndexFunc(k.Steps, func(s client.Step) bool { return s.Name == name && s.State == "done" && s.At != nil })
	}
	checked, sent := at("checked"), at("sent")
	p.Must(k.Review != nil && checked >= 0 && sent > checked && !k.Steps[sent].At.Before(*k.Steps[checked].At), "the task was checked before it was sent")
}

// cameraAlone: without the camera only what comes from it is refused.
func cameraAlone(p *probe.Probe) {
	who, f := p.Person(), p.NewPhoto()
	grant(who, "denied", "camera")
	who.UploadFrom("capture", f).Is(409, "permission-required")
	p.Nowhere("the picture from the camera", f.Marks()...)
	who.UploadFrom("library", p.NewPhoto()).Is(201)
	var page client.Page[client.Feature]
	who.Get("/v1/features").Is(200).Into(&page)
	for _, x := range page.Data {
		if x.State == "live" && !x.Available {
			p.Failf("%s is not available without the camera", x.ID)
		}
	}
	o, _ := mixooWork("colorize")[0].order(p, who)
	who.Make(o)
	p.Saw("all %d features stay available, and one is made", len(page.Data))
}

// asksForCamera: with the permission granted a picture from the camera is taken.
func asksForCamera(p *probe.Probe) {
	who := p.Person()
	grant(who, "denied", "camera")
	who.UploadFrom("capture", p.NewPhoto()).Is(409, "permission-required")
	grant(who, "granted", "camera")
	who.UploadFrom("capture", p.NewPhoto()).Is(201)
}

// noSound: no feature takes a recording, and none is kept.
func noSound(p *probe.Probe) {
	who, mark := p.Person(), probe.Mark("sound")
	who.Get("/v1/features").Is(200).Lacks(`"kind":"voice"`)
	wave := "RIFF\x00\x10\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x40\x1f\x00\x00\x01\x00\x08\x00data\x00\x0f\x00\x00"
	for len(wave) < 4096 {
		wave += mark
	}
	a := who.TryUpload(probe.Photo{File: []byte(wave), Type: "audio/wav"})
	p.Must(a.Status == 415 || a.Status == 422, "a recording is answered with %d %s", a.Status, a.Code())
	p.Nowhere("the recording", []byte(mark))
	p.Says("to record sound, where a video function has sound; none has today", "用于在有声视频功能中录音；目前没有这样的功能")
}
