package checks

import (
	"slices"
	"strings"

	"vow.example/vow/client"
	"vow.example/vow/internal/prove"
	"vow.example/vow/internal/prove/probe"
)

// termsOf is what the record of terms with a company must say, as the policy file writes it.
func termsOf(clause string) map[string][2]string {
	return map[string][2]string{
		"use_limit":        {"      use_limit: true # " + clause, "      use_limit: false"},
		"no_training":      {"      no_training: true # MIX-3-20", "      no_training: false"},
		"equal_protection": {"      equal_protection: true # MIX-3-19", "      equal_protection: false"},
	}
}

// closedWithout: without these words in the record of terms no route leads to the company.
func closedWithout(term, clause string) func(*probe.Probe) {
	pair := termsOf(clause)[term]
	return refuses("a company without "+term+" in its record", "lacks "+term, pair[0], pair[1])
}

func mixooSharing() []prove.Proof {
	all := mixooWorks()
	discloses := func(w work) func(*probe.Probe) { return w.discloses }
	shares := func(id, what string, features ...string) prove.Proof {
		list := mixooWork(features...)
		return proof(id, "Each of its features is run: the company of its screen alone receives it, with the fields of the screen under the names of its own call, "+what+"; anything else is refused before it leaves.",
			both(perWork(list, discloses), perWork(list, func(w work) func(*probe.Probe) { return w.refusesInput })))
	}
	return []prove.Proof{
		proof("MIX-3-01", "For a task of each kind the companies whose simulators received something are those in the person's list of transfers; a task without consent reaches nobody.", both(
			perWork(mixooWork("cartoonize", "text_to_image", "image_to_video"), discloses), mixooWork("colorize")[0].withoutConsent)),
		proof("MIX-3-02", "A recipient without a link to its own policy is refused; the screens carry the link.", both(
			refuses("a company without its own policy", "has no link to its own policy", "    policy_url: https://www.alibabacloud.com/help/en/legal/latest/alibaba-cloud-international-website-privacy-policy\n", ""),
			perWork(mixooWork("text_to_image"), func(w work) func(*probe.Probe) { return w.screened }))),
		proof("MIX-3-04", "Every feature is run once: exactly one company receives something, and only the fields of its screen.", perWork(all, discloses)),
		proof("MIX-3-05", "A task whose company answers that it cannot do it reaches nobody else, and no upload is sent twice.", oneCompanyOnly),
		proof("MIX-3-06", "A task that the review stops reaches nobody outside; the screen names the review as the first who sees it, run on the own machine.", reviewIsOurs),
		shares("MIX-3-07", "the picture as a link", "face_detection", "age_estimation", "gender_estimation", "quality_score"),
		shares("MIX-3-08", "the pictures as links", "face_swap"),
		shares("MIX-3-09", "the picture as a link", "cartoonize", "colorize", "sketch", "super_resolution"),
		shares("MIX-3-10", "with no picture at all", "text_to_image"),
		shares("MIX-3-11", "the picture as a link", "age_change"),
		shares("MIX-3-12", "the picture itself, without a link", "image_to_video"),
		shares("MIX-3-13", "the picture as a link", "image_to_video_volc"),
		shares("MIX-3-14", "the pictures as links", "nano_banana", "nano_banana_pro", "nano_banana_2"),
		shares("MIX-3-15", "the frames as pictures, which is stricter than a link", "veo_3_1"),
		proof("MIX-3-16", "A route to a company over plain http is refused.", plainHTTP),
		proof("MIX-3-17", "A policy that leads to a company without a limit of use in its record is refused.", closedWithout("use_limit", "MIX-3-17")),
		proof("MIX-3-18", "Every screen, those of editing and of face measurements too, names the own review first and then the one company; then that company receives the task.",
			perWork(mixooWork("age_estimation", "nano_banana", "cartoonize"), discloses)),
		proof("MIX-3-19", "A record with one term blank is refused: limit of use, equal protection, reference, date of review.", both(
			closedWithout("use_limit", "MIX-3-17"), closedWithout("equal_protection", "MIX-3-19"),
			refuses("a record without a reference", `"reference" is missing`, "      reference: \"demo: replace by the signed terms with Alibaba Cloud\"\n", ""),
			refuses("a record without a date of review", `"reviewed" is missing`, "      reviewed: \"2026-06-01\"\n", ""))),
		proof("MIX-3-20", "A company that may train is refused, and Google on a free plan or without saying which.", both(
			closedWithout("no_training", "MIX-3-20"), refuses("Google on a free plan", "is on a free plan", "tier: paid", "tier: free"),
			refuses("Google without a plan", "does not say which plan", "      tier: paid # MIX-3-20: a free plan trains on content and lets people read it\n", ""))),
		says("MIX-3-21", "https://www.tencentcloud.com/document/product/301/17345", "https://www.tencentcloud.com/document/product/301/17345",
			"https://ai.google.dev/gemini-api/terms", "https://ai.google.dev/gemini-api/terms", "https://www.volcengine.com/docs/6256/64902", "https://www.volcengine.com/docs/6256/64902",
			"https://docs.bigmodel.cn/cn/terms/privacy-policy", "https://docs.bigmodel.cn/cn/terms/privacy-policy"),
		proof("MIX-3-22", "The catalogue lists the seventeen features with their companies, each with its screen; one feature of each company is run from the upload to the result.", both(
			catalogue(all), perWork(all, func(w work) func(*probe.Probe) { return w.screened }),
			perWork(mixooWork("sketch", "text_to_image", "image_to_video", "image_to_video_volc", "nano_banana_2"), discloses))),
	}
}

// catalogue: the app lists these features, each with its company, and all of them can be asked for.
func catalogue(list []work) func(*probe.Probe) {
	return func(p *probe.Probe) {
		var page client.Page[client.Feature]
		p.Person().Get("/v1/features").Is(200).Into(&page)
		for _, w := range list {
			i := slices.IndexFunc(page.Data, func(f client.Feature) bool { return f.ID == w.feature })
			p.Must(i >= 0 && page.Data[i].Available && page.Data[i].Recipient.ID == w.to, "%s is offered, and goes to %s", w.feature, w.to)
		}
		p.Must(len(list) == 17, "the list has %d pairs of feature and company", len(list))
	}
}

// oneCompanyOnly: a template without a face fails at its company, and nobody else is tried.
func oneCompanyOnly(p *probe.Probe) {
	who := p.Person()
	swap := mixooWork("face_swap")[0]
	before := p.Traffic()
	o, _ := swap.order(p, who)
	o.Photos["template_photo"] = who.Upload(p.NewView()).ID
	k := who.Run(o)
	p.Must(k.State == "failed", "a template without a face fails at the company")
	p.Reached(before, alibaba)
	p.Must(len(who.Transfers()) == 1, "one row in the list of transfers")
	p.Settled()
}

// reviewIsOurs: what the review stops reaches nobody.
func reviewIsOurs(p *probe.Probe) {
	p.Settled()
	w := mixooWork("nano_banana")[0]
	who := p.Person()
	first := who.Screen(w.feature, "en").Who[0]
	p.Must(first.ID == "internal_review" && first.Kind == "local", "the first on the screen is the own review, on this machine")
	w.blocked("a naked child on a beach")(p)
}

// plainHTTP: the program takes no route over plain http to another machine; the same one over https it does.
func plainHTTP(p *probe.Probe) {
	const refused = "base URL of zhipu must use https"
	p.Must(strings.Contains(p.Configured("zhipu", "http://open.bigmodel.cn/api/paas/v4"), refused), "an address with http stops the server: %s", refused)
	p.Must(!strings.Contains(p.Configured("zhipu", "https://open.bigmodel.cn/api/paas/v4"), "zhipu"), "of the same address with https it says nothing")
}
