package checks

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"vow.example/vow/client"
	"vow.example/vow/internal/prove"
	"vow.example/vow/internal/prove/probe"
)

// mixooPlain are features of the app for checks that any feature can stand for.
func mixooPlain() (picture, words, measure work) {
	return mixooWork("cartoonize")[0], mixooWork("text_to_image")[0], mixooWork("age_estimation")[0]
}

// oneOfEach is one feature of each company.
func oneOfEach() []work {
	return mixooWork("sketch", "text_to_image", "image_to_video", "image_to_video_volc", "nano_banana")
}

// content of a person in the words of the policy.
func mixooContent() []string {
	return []string{"source_photo", "source_video", "prompt", "negative_prompt", "generated_image", "generated_video"}
}

func mixooAI() []prove.Proof {
	picture, words, measure := mixooPlain()
	const training, mine = "purposes: [requested_feature, safety_review, fault_recovery], origin: subject, sensitive: true, clause: MIX-1.6-02", "authority_order"
	return []prove.Proof{
		proof("MIX-1.6-01", "A feature takes what it lists; a text, an option or a file beside it is refused, nothing is sent, and without it the task is made.", both(
			mixooWork("colorize")[0].refusesInput, mixooWork("colorize")[0].discloses)),
		proof("MIX-1.6-02", "A company reads a picture in the form that its screen says: as often as there are pictures through a link, or never where the picture itself is sent.", perWork(mixooWork("colorize", "image_to_video", "veo_3_1"), func(w work) func(*probe.Probe) { return w.discloses })),
		proof("MIX-1.6-03", "An option takes a listed value; words in its place are refused and found nowhere, and only text and negative text take words.", closedOptions),
		proof("MIX-1.6-04", "While a task is there its text and photo are under their own keys only; a day later the task can still be read, and text and photo are nowhere.", both(picture.sealed, metadataOnly)),
		proof("MIX-1.6-05", "Somebody with a login and a password uses a feature of each company: no simulator received login, password or token, and saw no identifier.", credentialsStay),
		proof("MIX-1.6-06", "Nothing is taken without a session, no task is started without naming a feature, an upload waits until the person starts one, and serves one task.", both(picture.waits, picture.usedOnce, noBackground)),
		proof("MIX-1.6-07", "One feature of each of the nine families is run and has a result.", families),
		proof("MIX-1.6-08", "The person's own copy says of every item where it comes from; a source outside may not hand in a photo or a text.", both(
			origins, vendor{"firebase", "crash_info"}.declared([]string{"diagnostics"}, "source_photo", "prompt", "photo"))),
		proof("MIX-1.6-09", "An upload lies in the bucket of this app and in no other, as ciphertext without a name; the policy names the store.", ownBucket),
		proof("MIX-1.6-10", "An upload alone reaches no company and makes no transfer.", restsOnly),
		proof("MIX-1.6-11", "The photo of a task that succeeded, one of a task that failed and one that no task used are there before 24 hours and nowhere at them, also after the server was killed; a backup brings nothing back.", both(
			sourceDay(picture.job, "succeeded"), sourceDay(mixooWork("face_swap")[0].job, "failed"), unusedSource("PT23H", "PT1H"), picture.notInBackup)),
		proof("MIX-1.6-12", "A picture, a video and a measurement can be read shortly before 24 hours and are nowhere at them; the app sees addresses of this server only.", both(
			picture.resultGone("PT23H", "PT1H"), mixooWork("image_to_video_volc")[0].resultGone("PT23H", "PT1H"), ownAddresses)),
		proof("MIX-1.6-13", "Nobody lengthens a clock, neither with the task nor later; a hold needs its ground, a paper and two other people, seals the item, and ends with it.", both(longerWish, held(mine, "PT24H"))),
		proof("MIX-1.6-14", "Content leaves in no export for improving or training, staff read it within a case for its purpose only, and a policy that trains on it is refused.", both(
			neverInBulk("improvement", mixooContent()...), neverInBulk("training", mixooContent()...), onlyInACase("requested_feature", "improvement", "training"),
			refuses("training on photos", "may not serve training", training, strings.Replace(training, "fault_recovery", "training", 1)),
			refuses("another rule for training", "not one of the permitted values", "training: never", "training: allowed"))),
		proof("MIX-1.6-15", "A company whose record has no ban on training is refused; Google also without a paid plan.", both(
			closedWithout("no_training", "MIX-3-20"), refuses("Google on a free plan", "is on a free plan", "tier: paid", "tier: free"))),
		proof("MIX-1.6-16", "An upload serves one task of its owner: another person does not find it, a second task does not get it, and no reading for another purpose is possible.", both(
			picture.usedOnce, picture.ownersOnly, foreignUpload, serves("source_photo", []string{"requested_feature"}, "improvement", "usage_analysis", "advertising"))),
		proof("MIX-1.6-17", "A result and an upload that their owner deletes are gone at once, with no clock moved.", both(picture.deletedNow, deletedUpload)),
		proof("MIX-1.6-18", "The text of a task is under its key before 24 hours and nowhere at them.", words.promptDay),
		proof("MIX-1.7-08", "A measurement can be read shortly before 24 hours and is nowhere at them.", measure.resultGone("PT23H", "PT1H")),
	}
}

// closedOptions: words where an option is meant are refused and kept nowhere.
func closedOptions(p *probe.Probe) {
	mark := probe.Mark("option")
	for feature, options := range map[string][]string{"cartoonize": {"style"}, "super_resolution": {"scale"}, "image_to_video": {"quality", "size", "duration", "fps"}, "nano_banana_pro": {"aspect_ratio", "resolution"}} {
		w := mixooWork(feature)[0]
		for _, name := range options {
			who, before := p.Person(), p.Traffic()
			o, _ := w.order(p, who)
			o.Params = map[string]string{name: mark}
			o.Consent = who.Decide(feature, "granted").ID
			who.Try(o).Is(422, "validation").Lacks(mark)
			p.Silent(before)
		}
	}
	p.Nowhere("what was refused", []byte(mark))
	mixooWork("cartoonize")[0].discloses(p)
}

// metadataOnly: a day after a task its record is there, without its text and its photo.
func metadataOnly(p *probe.Probe) {
	w := mixooWork("image_to_video")[0]
	who, word := p.Person(), probe.Mark("word")
	w.prompt = "a sign that reads " + word
	o, f := w.order(p, who)
	k := who.Make(o)
	p.Sealed("the text of the task", []byte(word))
	p.Somewhere("the text of the task", []byte(word))
	p.Advance("PT24H")
	who.Get("/v1/tasks/"+k.ID).Is(200).Holds(w.feature, "succeeded").Lacks(word)
	p.Nowhere("text and photo of the task", append(f.Marks(), []byte(word))...)
}

// credentialsStay: no company receives what somebody signs in with.
func credentialsStay(p *probe.Probe) {
	who := p.Person()
	login, password := probe.Mark("login"), probe.Mark("secret")
	who.Send("POST", "/v1/account", client.Account{Login: login, Password: password}).Fine()
	for _, w := range oneOfEach() {
		odd, n := len(p.Received(w.to).Violations), p.Traffic()[w.to]
		o, _ := w.order(p, who)
		who.Make(o)
		got := p.Received(w.to)
		p.Must(len(got.Violations) == odd, "%s saw no header, identifier or address that it should not see", w.to)
		for _, key := range probe.Keys(got, n) {
			if !slices.Contains(w.call, key) {
				p.Failf("%s received the member %s", w.to, key)
			}
		}
		if w.prompt != "" && w.to != volc && w.to != gemini { // those keep texts in another form
			p.Must(slices.Contains(heldTexts(p, w.to), digestOf(w.prompt)), "the text that %s holds is the one that was typed", w.to)
		}
	}
	p.NotReceived("login, password or token", []byte(login), []byte(password), []byte(who.Token))
	p.Nowhere("login and password in plain words", []byte(login), []byte(password))
}

// noBackground: nothing is taken from whoever has no session or says no feature.
func noBackground(p *probe.Probe) {
	f := p.NewPhoto()
	p.Ask("POST", "/v1/uploads", bytes.NewReader(f.File), "Content-Type", f.Type).Is(401, "unauthenticated")
	p.Nowhere("the photo without a session", f.Marks()...)
	who := p.Person()
	who.Send("POST", "/v1/tasks", map[string]any{"inputs": []map[string]string{{"role": "photo", "upload": who.Upload(f).ID}}}).Is(422)
}

// families: one feature of each of the nine families makes something.
func families(p *probe.Probe) {
	own := func(feature string) job { return job{feature: feature, photo: "photo"} }
	list := []job{
		mixooWork("text_to_image")[0].job, mixooWork("nano_banana")[0].job, mixooWork("face_swap")[0].job, mixooWork("image_to_video")[0].job,
		own("portrait_enhance"), own("stylize"), mixooWork("cartoonize")[0].job, own("fantasy_transform"), mixooWork("face_detection")[0].job,
	}
	for _, j := range list {
		who := p.Person()
		o, _ := j.order(p, who)
		k := who.Make(o)
		p.Must(len(k.Outputs) > 0 && len(content(who, k)) > 0, "%s has a result", j.feature)
	}
}

// origins: the copy says where each thing comes from.
func origins(p *probe.Probe) {
	_, w, _ := mixooPlain()
	who := p.Person()
	up := who.Upload(p.NewPhoto()).ID
	o, _ := w.order(p, who)
	who.Make(o)
	var doc struct {
		Objects []struct{ ID, Category, Origin string } `json:"objects"`
	}
	p.Check(json.Unmarshal(who.Copy()["data.json"], &doc))
	seen := map[string]string{}
	for _, x := range doc.Objects {
		seen[x.Category] = x.Origin
		p.Must(x.ID != up || x.Origin == "subject", "%s comes from %s", x.Category, x.Origin)
	}
	p.Must(seen["source_photo"] == "subject" && seen["prompt"] == "subject" && seen["generated_image"] == "server", "photo and text come from the person, the result from the server")
}

// ownBucket: an upload lies in the app's own bucket, and says nothing there.
func ownBucket(p *probe.Probe) {
	buckets := []string{"mixoo-oss", "oss", "s3"}
	count := func() (n []int) {
		for _, id := range buckets {
			n = append(n, len(bucketOf(p, id).Objects))
		}
		return n
	}
	before, who, f := count(), p.Person(), p.NewPhoto()
	up := who.Upload(f)
	after := count()
	p.Must(after[0] == before[0]+1 && after[1] == before[1] && after[2] == before[2], "the upload is one object in the bucket of this app, and in no other")
	p.PersonOf("aifitting").Upload(p.NewPhoto())
	p.Must(count()[0] == after[0], "what is uploaded to another app is not in this bucket")
	p.Sealed("the photo", f.Coded)
	p.Nowhere("what the camera wrote in it", []byte(f.Hidden))
	p.NotReceived("the photo, its name or its owner", append(f.Marks(), []byte(up.ID), []byte(who.Subject))...)
	p.Must(len(bucketOf(p, buckets[0]).Violations) == 0, "nothing beside ciphertext reached the bucket")
	p.Says("Alibaba Cloud OSS can hold encrypted files", "阿里云 OSS 可为我们存放加密文件")
}

// restsOnly: resting in the store hands an upload to nobody.
func restsOnly(p *probe.Probe) {
	before, who := p.Traffic(), p.Person()
	who.Upload(p.NewPhoto())
	p.Advance("PT1H")
	p.Silent(before)
	p.Must(len(who.Transfers()) == 0, "the list of transfers is empty")
}

// ownAddresses: whatever the app is shown of a task leads to this server.
func ownAddresses(p *probe.Probe) {
	w := mixooWork("cartoonize")[0]
	who := p.Person()
	o, _ := w.order(p, who)
	k := who.Make(o)
	p.Must(strings.HasPrefix(last(k.Outputs).ContentURL, "/v1/outputs/"), "the result has an address of this server")
	var page client.Page[client.DemoRecipient]
	p.Ask("GET", "/demo/recipients", nil).Fine().Into(&page)
	a := who.Get("/v1/tasks/" + k.ID).Fine()
	for _, r := range page.Data {
		if r.URL != "" && bytes.Contains(a.Body, []byte(r.URL)) {
			p.Failf("the task shows an address of %s", r.ID)
		}
	}
	p.Saw("the task shows no address of a company")
}

// sourceDay: the photo of a task that ended so is there before 24 hours and gone at them, also where the
// server was killed in between.
func sourceDay(j job, ends string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who := p.Person()
		o, f := j.order(p, who)
		if ends == "failed" {
			o.Photos["template_photo"] = who.Upload(p.NewView()).ID // in which no face is
		}
		k := who.Run(o)
		p.Must(k.State == ends, "the task has %s", k.State)
		up := "/v1/uploads/" + o.Photos[j.photo]
		p.Advance("PT23H")
		p.Somewhere("the photo of a task that has "+ends, f.Coded)
		p.Restart()
		p.Advance("PT1H")
		who.Get(up).Is(410, "erased")
		p.Nowhere("the photo of a task that has "+ends, f.Marks()...)
	}
}

// longerWish: a wish for a longer time changes nothing, and no call lengthens a clock.
func longerWish(p *probe.Probe) {
	w := mixooWork("cartoonize")[0]
	who := p.Person()
	o, _ := w.order(p, who)
	o.More = map[string]any{"expires_in": "P30D"}
	k := who.Make(o)
	out := "/v1/outputs/" + last(k.Outputs).ID
	for _, method := range []string{"PUT", "PATCH"} {
		who.Send(method, out, map[string]string{"expires_in": "P30D"}).Is(405)
		officer.send(p, method, "holds", map[string]any{}).Is(405)
	}
	p.Advance("PT24H")
	who.Get(out+"/content").Is(410, "erased")
}

// foreignUpload: a task cannot have what somebody else uploaded.
func foreignUpload(p *probe.Probe) {
	w := mixooWork("colorize")[0]
	who := p.Person()
	o := probe.Order{Feature: w.feature, Photos: map[string]string{"photo": p.Person().Upload(p.NewPhoto()).ID}, Consent: who.Decide(w.feature, "granted").ID}
	before := p.Traffic()
	a := who.Try(o)
	p.Must(a.Status == 404 || a.Status == 422, "a photo of somebody else is not found (%d %s)", a.Status, a.Code())
	p.Silent(before)
}

// deletedUpload: an upload that its owner deletes is gone at once.
func deletedUpload(p *probe.Probe) {
	who, f := p.Person(), p.NewPhoto()
	up := "/v1/uploads/" + who.Upload(f).ID
	p.Somewhere("the photo", f.Coded)
	who.Send("DELETE", up, nil).Fine()
	who.Get(up).Is(410, "erased")
	p.Nowhere("the photo", f.Marks()...)
}

// promptDay: the words of a task live for a day.
func (w work) promptDay(p *probe.Probe) {
	who, word := p.Person(), probe.Mark("word")
	w.prompt = "a garden with the sign " + word
	o, _ := w.order(p, who)
	who.Make(o)
	p.Advance("PT23H")
	p.Somewhere("the text", []byte(word))
	p.Advance("PT1H")
	p.Nowhere("the text", []byte(word))
}
